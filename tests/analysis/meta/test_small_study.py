"""The test of small-study effects in a synthesis: its numbers, whom it suits, and why it is not done."""

import doctest
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np
import pytest

from analysis.meta import (
    BIAS_TESTS,
    MEASURES,
    Arm,
    NonConvergence,
    Settings,
    StudyData,
    Synthesis,
    egger,
    pustejovsky_rodgers,
    small_study,
    synthesise,
)
from analysis.meta.results import BIAS_CHOICES
from tests.analysis.meta import bcg
from tests.analysis.meta.examples import two_means

ODDS_RATIO = Settings(measure="OR", tau2_method="DL")
EVERY = [test for test in BIAS_CHOICES if test != "none"]


@pytest.mark.parametrize(
    ("test", "statistic", "p_value", "tau2"),
    [
        # R 4.2.2: metafor 3.8-1's regtest() with test = "t", and lm() of Harbord's scores.
        ("egger", -1.50695069669431, 0.159991485084265, None),
        ("thompson_sharp", -0.771850048517161, 0.456465347311821, 0.337472134904735),
        ("harbord", -1.25647434404506, 0.234971952122066, None),
        ("ruecker_thompson", -4.15679040199496, 0.00159799619596589, 0.00070802370765724),
    ],
)
def test_regressions_are_those_of_r(test: Any, statistic: float, p_value: float, tau2: float | None) -> None:
    found = synthesise(bcg.studies(), replace(ODDS_RATIO, bias_test=test)).bias

    assert found is not None
    assert (found.method, found.k, found.df, found.below_ten) == (test, 13, 11, False)
    assert found.statistic == pytest.approx(statistic, rel=1e-9)
    assert found.p_value == pytest.approx(p_value, rel=1e-8)
    assert found.tau2 == (None if tau2 is None else pytest.approx(tau2, rel=1e-6))
    assert found.tau2_method == (None if tau2 is None else "DL")
    assert (found.p_method, found.tau) == ("t", None)


def test_the_rank_correlation_is_that_of_r() -> None:
    found = synthesise(bcg.studies(), replace(ODDS_RATIO, bias_test="begg")).bias

    assert found is not None
    assert found.tau == pytest.approx(0.0256410256410256, rel=1e-12)
    assert found.p_value == pytest.approx(0.952361907960866, rel=1e-12)
    assert (found.p_method, found.df, found.slope, found.intercept) == ("exact", None, None, None)


def test_standardised_mean_differences_have_their_own_test() -> None:
    data = two_means((1, 0), (2, 0), (3, 1), (4, 1.5))
    settings = Settings(measure="SMD", bias_test="pustejovsky_rodgers", bias_test_on_request=True)
    run = synthesise(data, settings)
    yi, vi = ([getattr(study, name) for study in run.studies] for name in ("yi", "vi"))

    alone = pustejovsky_rodgers(
        yi,
        vi,
        totals1=[study.arms[0].n or 0 for study in data],
        totals2=[study.arms[1].n or 0 for study in data],
    )

    assert run.bias is not None
    assert run.bias.slope == pytest.approx(alone.slope, rel=1e-12)
    assert run.bias.statistic == pytest.approx(alone.statistic, rel=1e-12)
    assert run.bias.below_ten


def test_harbord_s_score_is_that_of_the_measure() -> None:
    one, two = (
        synthesise(bcg.studies(), Settings(measure=measure, bias_test="harbord")).bias
        for measure in ("OR", "RR")
    )

    assert one is not None
    assert two is not None
    assert one.slope != pytest.approx(two.slope, rel=1e-3)


@pytest.mark.parametrize("test", EVERY)
def test_a_test_that_does_not_suit_leaves_the_pool_and_says_so(test: Any) -> None:
    suited = [measure for measure in MEASURES if small_study.suits(test, measure)]
    assert suited
    assert set(BIAS_TESTS[test].measures) <= set(suited)
    for measure in ("OR", "RR", "RD", "AS"):
        found = synthesise(bcg.studies(), Settings(measure=measure, bias_test=test))
        assert found.status == "pooled"
        if measure in suited:
            assert found.bias is not None
        else:
            assert (found.bias, found.bias_reason) == (None, "unsuited")


def test_peters_of_means_keeps_the_reason_that_it_always_had() -> None:
    means = two_means((1, 0), (2, 0), (3, 1))

    assert synthesise(means, Settings(measure="MD", bias_test="peters")).bias_reason == "needs_events"
    assert synthesise(means, Settings(measure="MD", bias_test="harbord")).bias_reason == "unsuited"


def test_studies_without_a_score_leave_harbord_s_test() -> None:
    arms = [(0, 20, 0, 21), (3, 30, 6, 28), (15, 15, 14, 14), (5, 40, 5, 38), (2, 60, 9, 61)]
    data = [
        StudyData(str(row), str(row), (Arm(events=a, total=n1), Arm(events=c, total=n2)))
        for row, (a, n1, c, n2) in enumerate(arms)
    ]
    settings = Settings(measure="OR", bias_test="harbord", bias_test_on_request=True)

    found = synthesise(data, settings)
    assert found.bias is not None
    assert (found.k, found.bias.k, found.bias.df) == (5, 3, 1)
    assert synthesise(data[:4], settings).bias_reason == "k_below_3"
    arcsine = synthesise(data[:4], replace(settings, bias_test="ruecker_thompson")).bias
    assert arcsine is not None
    assert arcsine.k == 4


@pytest.mark.parametrize("test", ["egger", "begg", "thompson_sharp"])
def test_studies_of_the_same_size_have_no_test(test: Any) -> None:
    data = [
        StudyData(str(row), str(row), (Arm(mean=row, sd=2.0, n=20), Arm(mean=0.0, sd=2.0, n=20)))
        for row in range(4)
    ]

    found = synthesise(data, Settings(measure="MD", bias_test=test, bias_test_on_request=True))

    assert (found.bias, found.bias_reason) == (None, "no_variation")


def test_an_estimator_without_a_solution_costs_the_test_and_not_the_pool(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(**_: object) -> NoReturn:
        raise NonConvergence("no solution")

    specs = {"egger": replace(BIAS_TESTS["egger"], function=fail)}
    monkeypatch.setattr(small_study, "BIAS_TESTS", specs)

    found = synthesise(bcg.studies(), replace(ODDS_RATIO, bias_test="egger"))

    assert found.pooled is not None
    assert (found.bias, found.bias_reason) == (None, "not_computable")


def test_an_overflow_in_the_test_costs_the_test_and_not_the_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    def overflow(**data: Any) -> Any:
        return replace(egger(**data), slope=np.inf)

    monkeypatch.setattr(small_study, "BIAS_TESTS", {"egger": replace(BIAS_TESTS["egger"], function=overflow)})

    found = synthesise(bcg.studies(), replace(ODDS_RATIO, bias_test="egger"))

    assert (found.bias, found.bias_reason) == (None, "not_computable")
    assert Synthesis.from_dict(found.to_dict()) == found


def test_the_example_in_the_docstring_runs() -> None:
    outcome = doctest.testmod(small_study)
    assert (outcome.attempted, outcome.failed) == (1, 0)


def test_wald_with_t_widens_the_interval_and_leaves_the_hartung_knapp_prediction_alone() -> None:
    # R 4.2.2, metafor 3.8-1: rma(method = "DL", test = "t"), and the prediction by hand from test = "knha".
    found = synthesise(bcg.studies(), replace(ODDS_RATIO, ci_method="t", prediction="HK"))

    assert found.pooled is not None
    assert (found.pooled.ci_method, found.pooled.statistic_name, found.pooled.df) == ("t", "t", 12)
    assert found.pooled.analysis_ci_low == pytest.approx(-1.16629711173883, rel=1e-9)
    assert found.pooled.analysis_ci_high == pytest.approx(-0.328487587725447, rel=1e-9)
    assert found.pooled.p_value == pytest.approx(0.00215896170897247, rel=1e-8)
    assert found.overall.alternative is None
    assert found.overall.prediction is not None
    assert found.overall.prediction.analysis_low == pytest.approx(-2.12780518484594, rel=1e-9)
    assert found.overall.prediction.analysis_high == pytest.approx(0.633020485381664, rel=1e-9)
