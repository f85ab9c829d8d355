"""The test of small-study effects as a reader reads it."""

from typing import Any

import pytest

from analysis.meta import Settings, synthesise
from analysis.meta.results import BiasMethod
from analysis.synthesis_settings import CHOICES
from analysis.wording_small_study import NAMES, small_study
from tests.analysis.meta import bcg

CHANCE = "of such analyses."


def _words(**settings: Any) -> list[str]:
    found = synthesise(bcg.studies(), Settings(**{"measure": "OR", **settings}))
    return small_study(found.to_dict())


def test_a_regression_is_named_with_its_numbers_and_what_they_mean() -> None:
    assert _words(bias_test="peters") == [
        "Peters' regression test: t = −1.36, df = 11 (p = 0.20), k = 13.",
        "Smaller studies tend to lower values than larger ones; if size made no difference, chance alone "
        "would show a tendency at least as strong in 20\N{NARROW NO-BREAK SPACE}% of such analyses.",
    ]


def test_a_rank_correlation_has_no_slope_and_says_whether_its_p_is_exact() -> None:
    assert _words(bias_test="begg")[0] == (
        "Begg and Mazumdar's rank correlation test: Kendall's τ = 0.03 (exact p = 0.95), k = 13."
    )
    stored = synthesise(bcg.studies(), Settings(measure="OR", bias_test="begg")).to_dict()
    assert isinstance(stored["bias"], dict)
    tied = {**stored, "bias": {**stored["bias"], "p_method": "normal"}}
    assert "Kendall's τ = 0.03, z = 0.12 (p = 0.95)" in small_study(tied)[0]


@pytest.mark.parametrize("test", ["egger", "thompson_sharp", "begg", "peters", "harbord", "ruecker_thompson"])
def test_every_test_says_what_it_means_without_a_verdict(test: BiasMethod) -> None:
    lines = _words(bias_test=test)
    assert lines[0].startswith(NAMES[test])
    assert len(lines) == 2
    assert lines[1].endswith(CHANCE)
    assert "significan" not in " ".join(lines)


def test_every_choice_has_a_name() -> None:
    assert {"none", *NAMES} == set(CHOICES["bias_test"])


def test_a_test_on_request_is_marked_and_one_that_was_not_done_says_why() -> None:
    nine = synthesise(bcg.studies()[:9], Settings(measure="OR", bias_test="egger", bias_test_on_request=True))
    assert small_study(nine.to_dict())[-1].startswith("It was asked for although fewer than 10")
    assert _words(bias_test="pustejovsky_rodgers") == [
        "Not tested: the test that is asked for was not made for this measure."
    ]
    assert _words(bias_test="none") == ["No test of small-study effects is asked for."]


def test_a_result_that_was_stored_before_there_were_other_tests_still_reads() -> None:
    bias = {"method": "egger", "k": 12, "statistic": 0.0, "df": 10, "p_value": 1.0, "below_ten": False}
    assert small_study({"bias": bias}) == [
        "Egger's regression test: t = 0, df = 10 (p >\N{NARROW NO-BREAK SPACE}0.99), k = 12.",
        "Smaller studies give neither higher nor lower values than larger ones.",
    ]
