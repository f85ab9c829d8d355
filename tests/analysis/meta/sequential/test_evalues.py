"""e-values and anytime-valid intervals against the formulas of safestats, and at the edges."""

import math
from typing import Any

import numpy as np
import pytest

from analysis.meta import ImpossibleData, MetaError, NotFinite, ShapeMismatch, TooFewStudies, UnknownOption
from analysis.meta.errors import NoNullValue
from analysis.meta.sequential import EValues, Verdict, anytime_interval, combine_e_values, e_values
from tests.analysis.meta.sequential import perioxy


def evidence(z: float, information: float, **options: Any) -> EValues:
    """One study with this z and information."""
    chosen: dict[str, Any] = {"measure": "SMD", "benefit": "higher", **options}
    return e_values([z / math.sqrt(information)], [1 / information], **chosen)


def test_two_sided_evidence_against_an_effect_that_is_not_there() -> None:
    assert evidence(1, 100, effect=0.4).e_value == pytest.approx(0.0091609, abs=5e-8)


def test_strong_evidence_one_sided_and_two_sided() -> None:
    assert evidence(3, 100, effect=0.3).e_value == pytest.approx(45.0086, abs=5e-5)
    assert evidence(3, 100, effect=0.3, sides=1).e_value == pytest.approx(90.017, abs=5e-4)
    assert evidence(-3, 100, effect=0.3, sides=1, benefit="lower").e_value == pytest.approx(90.017, abs=5e-4)


def test_the_anytime_interval_is_that_of_safestats() -> None:
    found = anytime_interval(0.3, information=15, effect=0.2)

    assert (found.low, found.high) == pytest.approx((-0.7718, 1.3718), abs=5e-5)
    assert found.high - 0.3 == pytest.approx(1.07178, abs=5e-6)


def test_the_pooled_one_sided_value_is_the_product_over_the_studies() -> None:
    data = perioxy.risk_ratios()
    chosen: dict[str, Any] = {"effect": 0.2, "measure": "RR", "benefit": "lower", "sides": 1}

    single = [e_values([y], [v], **chosen).e_value for y, v in zip(data.yi, data.vi, strict=True)]
    pooled = e_values(data.yi, data.vi, **chosen)

    assert combine_e_values(single) == pytest.approx(pooled.e_value, rel=1e-12)


def test_a_meta_analysis_grows_look_by_look() -> None:
    data = perioxy.risk_ratios()

    found = e_values(data.yi, data.vi, effect=0.2, measure="RR", benefit="lower", dates=perioxy.YEARS)

    last = found.looks[-1]
    assert last.information == pytest.approx(1 / 0.004078, rel=1e-3)
    assert found.p_anytime == pytest.approx(math.exp(-max(look.log_e for look in found.looks)))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.tau2 == pytest.approx(0.065262, abs=5e-7)
    assert found.heuristic
    assert "common_effect" in found.assumptions
    expected = anytime_interval(last.estimate, information=last.information, effect=0.2)
    assert (last.ci.low, last.ci.high) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(
    ("z", "benefit", "sides", "verdict"),
    [
        (4, "higher", 2, Verdict.BENEFIT),
        (4, "lower", 2, Verdict.HARM),
        (-4, "lower", 2, Verdict.BENEFIT),
        (-4, "higher", 1, Verdict.INCONCLUSIVE),
        (1, "higher", 2, Verdict.INCONCLUSIVE),
    ],
)
def test_evidence_of_twenty_to_one_decides(z: float, benefit: str, sides: int, verdict: Verdict) -> None:
    found = evidence(z, 100, effect=0.3, benefit=benefit, sides=sides)

    assert found.verdict is verdict
    assert found.decided_at == (None if verdict is Verdict.INCONCLUSIVE else 0)


def test_the_first_look_with_enough_evidence_decides_for_good() -> None:
    found = e_values([0.6, -0.9], [0.01, 0.01], effect=0.3, measure="MD", benefit="higher")

    assert found.verdict is Verdict.BENEFIT
    assert found.decided_at == 0
    assert found.e_value < 1
    assert found.p_anytime < 0.05


def test_evidence_beyond_a_double_still_has_its_logarithm() -> None:
    found = evidence(100, 1e4, effect=1.0)

    assert found.e_value == math.inf
    assert found.looks[0].log_e == pytest.approx(1e4 - 5e3 - math.log(2))
    assert found.p_anytime == 0


def test_under_no_effect_the_error_holds_at_every_look() -> None:
    """2,000 series of 40 studies: the share that ever reaches 20 stays below 5 %."""
    rng = np.random.default_rng(11)
    vi = rng.uniform(0.01, 0.2, 40)
    ever = 0
    for _ in range(2000):
        yi = rng.standard_normal(40) * np.sqrt(vi)
        ever += e_values(yi, vi, effect=0.15, measure="MD", benefit="higher").decided_at is not None

    assert 0.005 < ever / 2000 < 0.05


def test_products_of_extreme_values_stay_in_range() -> None:
    assert combine_e_values([1e-200, 1e-200, 1e300, 1e150]) == pytest.approx(1e50, rel=1e-10)
    assert combine_e_values([1e200, 1e200]) == math.inf
    assert combine_e_values([0.0, 5.0]) == 0
    assert combine_e_values([math.inf, 5.0]) == math.inf


def test_what_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(NoNullValue, match="describes one group"):
        evidence(1, 10, effect=0.3, measure="PFT")
    with pytest.raises(UnknownOption, match="effect is"):
        evidence(1, 10, effect=-0.3)
    with pytest.raises(UnknownOption, match="alpha is 5"):
        evidence(1, 10, effect=0.3, alpha=5)
    with pytest.raises(UnknownOption, match="sides is 0"):
        evidence(1, 10, effect=0.3, sides=0)
    with pytest.raises(UnknownOption, match="effect is 1e-200"):
        evidence(1, 10, effect=1e-200)
    with pytest.raises(MetaError, match=r"1e\+200"):
        e_values([1e200], [1e-200], effect=0.3, measure="MD", benefit="lower")
    with pytest.raises(TooFewStudies):
        e_values([], [], effect=0.3, measure="MD", benefit="lower")
    with pytest.raises(NotFinite, match="estimate is nan"):
        anytime_interval(math.nan, information=1, effect=1)
    with pytest.raises(UnknownOption, match="information is 0"):
        anytime_interval(0.0, information=0, effect=1)
    with pytest.raises(ShapeMismatch, match="e_values has shape"):
        combine_e_values([[1.0]])
    with pytest.raises(TooFewStudies, match="e_values is empty"):
        combine_e_values([])
    with pytest.raises(ImpossibleData, match=r"e_values\[1\] is -1"):
        combine_e_values([1.0, -1.0])
    with pytest.raises(ImpossibleData, match="is nan"):
        combine_e_values([math.nan])
    with pytest.raises(ImpossibleData, match="both 0 and infinity"):
        combine_e_values([0.0, math.inf])
