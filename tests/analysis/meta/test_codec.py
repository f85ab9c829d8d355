"""Results as text: exact, and nothing that JSON cannot say."""

import json
import math
from typing import Any

import numpy as np
import pytest

from analysis.meta import (
    Crossing,
    NotFinite,
    ShapeMismatch,
    Verdict,
    crossing_probabilities,
    e_values,
    futility_boundaries,
    information_size,
    restricted_boundary,
    sequential_meta_analysis,
    spending_boundaries,
    tau2_prior,
    trial_sequential,
    trials_needed,
)
from analysis.meta.codec import decode, encode

YI, VI = [-0.4, -0.5, -0.4], [0.02, 0.02, 0.02]


def test_numbers_become_plain_and_minus_zero_zero() -> None:
    stored = encode((np.float64(0.1), -0.0, 3, True, None, "x"))

    assert stored == [0.1, 0.0, 3, True, None, "x"]
    assert isinstance(stored, list)
    assert type(stored[0]) is float
    assert isinstance(stored[1], float)
    assert math.copysign(1, stored[1]) == 1


@pytest.mark.parametrize("value", [float("inf"), float("nan"), -np.inf])
def test_infinite_and_missing_numbers_are_refused(value: float) -> None:
    with pytest.raises(NotFinite):
        encode(value)


def test_other_types_are_refused() -> None:
    with pytest.raises(ShapeMismatch):
        encode({1, 2})


@pytest.mark.parametrize(
    "found",
    [
        trial_sequential(YI, VI, [400, 400, 400], required=2000, measure="RR", benefit="lower"),
        trial_sequential(
            YI, VI, [400, 400, 400], required=9000, measure="RR", benefit="lower", futility="nonbinding"
        ),
        sequential_meta_analysis(
            YI, VI, delta=0.3, measure="RR", benefit="higher", prior=tau2_prior(VI, i2=0.5, studies=4)
        ),
        e_values(YI, VI, effect=0.3, measure="RR", benefit="lower"),
        spending_boundaries([0.01, 1.0]),
        futility_boundaries([0.5, 1.0]),
        information_size("RR", effect=0.8, control_risk=0.2, diversity=0.3),
        trials_needed("MD", effect=0.5, tau2=0.1, sd=1.0, existing_variance=0.05),
        restricted_boundary(),
    ],
    ids=lambda found: type(found).__name__,
)
def test_results_of_repeated_looks_are_read_back_as_they_were(found: Any) -> None:
    stored = json.loads(json.dumps(encode(found)))

    assert decode(type(found), stored) == found


def test_a_verdict_is_stored_as_its_word() -> None:
    assert type(encode(Verdict.HARM)) is str

    found = trial_sequential(YI, VI, [1, 1, 1], required=9, measure="RR", benefit="lower")
    stored = encode(found)
    assert isinstance(stored, dict)
    assert decode(type(found), stored).verdict is Verdict(str(stored["verdict"]))
    with pytest.raises(ShapeMismatch, match="verdict: 'perhaps'"):
        decode(type(found), {**stored, "verdict": "perhaps"})


def test_arrays_are_stored_as_lists() -> None:
    found = crossing_probabilities(spending_boundaries([0.5, 1.0]))

    read = decode(Crossing, json.loads(json.dumps(encode(found))))

    assert read.upper.dtype == np.float64
    assert read.upper.tolist() == found.upper.tolist()
    wrongs: list[Any] = [["a"], [[1.0], [1.0, 2.0]], [None], 1.0, {"a": 1}]
    for wrong in wrongs:
        with pytest.raises(ShapeMismatch, match="upper"):
            decode(Crossing, {"drift": 0.0, "upper": wrong, "lower": [], "futility": []})
