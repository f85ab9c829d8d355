"""The list of tests: complete, callable by what it says it needs, with examples that run."""

import doctest
import re
from importlib import import_module

import pytest

from analysis.meta import BIAS_TESTS, TooFewStudies
from tests.analysis.meta import bcg


def data() -> dict[str, object]:
    effects = bcg.odds_ratios()
    events = [a + c for a, c in zip(bcg.EVENTS1, bcg.EVENTS2, strict=True)]
    return {
        "yi": effects.yi,
        "vi": effects.vi,
        "events": events,
        "totals": effects.ni,
        "events1": bcg.EVENTS1,
        "totals1": bcg.TOTALS1,
        "events2": bcg.EVENTS2,
        "totals2": bcg.TOTALS2,
    }


@pytest.mark.parametrize("code", list(BIAS_TESTS))
def test_every_test_runs_on_what_it_says_it_needs(code: str) -> None:
    spec = BIAS_TESTS[code]

    found = spec.function(**{name: data()[name] for name in spec.needs})

    assert found.code == code == spec.code
    assert 0 < found.p_value < 1
    assert found.k == 13


@pytest.mark.parametrize("code", list(BIAS_TESTS))
def test_every_test_refuses_fewer_studies_than_it_says(code: str) -> None:
    spec = BIAS_TESTS[code]
    few = {name: data()[name][: spec.fewest - 1] for name in spec.needs}  # type: ignore[index]  # columns by their names

    with pytest.raises(TooFewStudies):
        spec.function(**few)
    enough = {name: data()[name][: spec.fewest] for name in spec.needs}  # type: ignore[index]  # columns by their names
    assert spec.function(**enough).k == spec.fewest


@pytest.mark.parametrize("code", list(BIAS_TESTS))
def test_every_test_names_its_source_and_when_it_is_advised(code: str) -> None:
    spec = BIAS_TESTS[code]

    assert re.search(r"\(\d{4}\), doi:10\.\d{4}", spec.reference)
    assert spec.advised_from == 10
    assert spec.advice.endswith(".")


def test_the_list_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        BIAS_TESTS["mine"] = BIAS_TESTS["egger"]  # type: ignore[index]  # columns by their names


def test_the_examples_in_docstrings_run() -> None:
    for name in ("fail_safe", "pet_peese", "rank", "regression", "sizes", "trim_fill"):
        outcome = doctest.testmod(import_module(f"analysis.meta.bias.{name}"))
        assert outcome.attempted > 0
        assert outcome.failed == 0
