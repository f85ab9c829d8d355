"""Sequential meta-analysis: the boundary re-derived, the prior, and the stopping rule."""

import math
from typing import Any

import numpy as np
import pytest

from analysis.meta import MetaError, NotPositive, TooFewStudies, UnknownOption, estimate_tau2
from analysis.meta.errors import NoNullValue
from analysis.meta.sequential import (
    SequentialMetaAnalysis,
    Tau2Prior,
    Verdict,
    restricted_boundary,
    sequential_meta_analysis,
    tau2_prior,
)
from tests.analysis.meta.sequential import perioxy


@pytest.mark.parametrize(
    ("alpha", "beta", "h", "v_max"),
    [
        (0.05, 0.2, 6.457, 8.299),
        (0.05, 0.1, 7.461, 11.079),
        (0.05, 0.05, 8.288, 13.673),
        (0.01, 0.2, 9.779, 12.138),
        (0.01, 0.1, 11.029, 15.438),
        (0.01, 0.05, 12.061, 18.461),
        (0.001, 0.2, 14.576, 17.535),
        (0.001, 0.1, 16.120, 21.447),
        (0.001, 0.05, 17.394, 24.972),
    ],
)
def test_the_boundary_is_that_of_the_published_table(
    alpha: float, beta: float, h: float, v_max: float
) -> None:
    found = restricted_boundary(alpha=alpha, beta=beta)

    assert (found.h, found.v_max) == pytest.approx((h, v_max), abs=5.1e-4)


def test_simulated_paths_keep_both_errors() -> None:
    found = restricted_boundary(alpha=0.05, beta=0.1)
    rng = np.random.default_rng(7)
    steps = 1500
    width = found.v_max / steps
    paths = np.cumsum(rng.standard_normal((4000, steps)) * math.sqrt(width), axis=1)
    drift = width * np.arange(1, steps + 1)

    level = np.mean(np.abs(paths).max(axis=1) >= found.h)
    power = np.mean((paths + drift).max(axis=1) >= found.h)

    assert level == pytest.approx(0.05, abs=0.012)
    assert power == pytest.approx(0.9, abs=0.02)


def monitor(yi: list[float], *, vi: float = 0.05, **options: Any) -> SequentialMetaAnalysis:
    chosen: dict[str, Any] = {"delta": 0.5, "measure": "SMD", "benefit": "higher", **options}
    return sequential_meta_analysis(yi, [vi] * len(yi), **chosen)


def test_score_and_information_are_weighted_sums_with_the_tau2_in_use() -> None:
    data = perioxy.risk_ratios()
    prior = tau2_prior(data.vi, i2=0.4, studies=5)

    found = sequential_meta_analysis(
        data.yi, data.vi, delta=0.2, measure="RR", benefit="lower", prior=prior, looks=[4, 15]
    )

    for look in found.looks:
        own = estimate_tau2(data.yi[: look.k], data.vi[: look.k], method="DL").value
        tau2 = (2 * prior.rate + look.k * own) / (2 * prior.shape + look.k - 2)
        weights = 1 / (data.vi[: look.k] + tau2)
        assert look.tau2_estimate == pytest.approx(own, abs=1e-12)
        assert look.tau2 == pytest.approx(tau2, rel=1e-12)
        assert look.score == pytest.approx(np.sum(weights * data.yi[: look.k]), rel=1e-12)
        assert look.information == pytest.approx(np.sum(weights), rel=1e-12)
        assert look.estimate == pytest.approx(look.score / look.information)
        margin = found.boundary.h / 0.2 / look.information
        assert look.ci.high - look.estimate == pytest.approx(margin)


def test_a_prior_is_centred_on_its_i2() -> None:
    vi = [0.1, 0.1, 0.1]

    found = tau2_prior(vi, i2=0.5, studies=4)

    assert found.rate / (found.shape - 1) == pytest.approx(0.1)
    assert tau2_prior(vi, i2=0.0, studies=4).rate == 0


def test_the_typical_variance_is_that_of_higgins_and_thompson() -> None:
    vi = np.array([0.02, 0.3, 0.11, 0.05])
    w = 1 / vi
    typical = 3 * w.sum() / (w.sum() ** 2 - (w**2).sum())

    found = tau2_prior(vi, i2=0.25, studies=6)

    assert found.rate == pytest.approx(6 * typical / 3 / 2)


def test_a_strong_prior_rules_and_without_one_the_first_study_has_no_tau2() -> None:
    strong = monitor([0.1, 0.9], prior=Tau2Prior(shape=1e6, rate=0.2e6))

    assert [look.tau2 for look in strong.looks] == pytest.approx([0.2, 0.2], rel=1e-5)
    assert monitor([0.3, 0.4]).looks[0].tau2 == 0


@pytest.mark.parametrize(
    ("yi", "benefit", "verdict", "decided_at"),
    [
        ([0.6, 0.5], "higher", Verdict.BENEFIT, 1),
        ([0.6, 0.5], "lower", Verdict.HARM, 1),
        ([-0.6, -0.5], "lower", Verdict.BENEFIT, 1),
        ([0.0, 0.1, 0.0], "higher", Verdict.INFORMATION_REACHED, 2),
        ([0.1, 0.1], "higher", Verdict.INCONCLUSIVE, None),
    ],
)
def test_the_stopping_rule(yi: list[float], benefit: str, verdict: Verdict, decided_at: int | None) -> None:
    found = monitor(yi, benefit=benefit)

    assert (found.verdict, found.decided_at) == (verdict, decided_at)


def test_a_look_beyond_the_largest_information_stops_for_no_effect_with_an_honest_interval() -> None:
    found = monitor([0.4], vi=0.005)
    look = found.looks[0]

    assert look.fraction > 1
    assert found.verdict is Verdict.INFORMATION_REACHED
    a = found.boundary.h / math.sqrt(found.boundary.v_max)
    assert look.ci.high - look.estimate == pytest.approx(a / math.sqrt(look.information))


def test_boundaries_scale_with_the_effect() -> None:
    found = monitor([0.1], delta=0.25)

    assert found.v_max == pytest.approx(found.boundary.v_max / 0.0625)
    assert found.looks[0].boundary == pytest.approx(found.boundary.h / 0.25)


def test_what_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(NoNullValue, match="describes one group"):
        monitor([0.1], measure="PLO")
    with pytest.raises(UnknownOption, match="delta is"):
        monitor([0.1], delta=-0.5)
    with pytest.raises(UnknownOption, match="benefit"):
        monitor([0.1], benefit="up")
    with pytest.raises(UnknownOption, match="shape is"):
        Tau2Prior(shape=0.5, rate=1.0)
    with pytest.raises(UnknownOption, match="rate is"):
        Tau2Prior(shape=1.5, rate=-1.0)
    with pytest.raises(UnknownOption, match="i2 is 40"):
        tau2_prior([0.1, 0.2], i2=40, studies=5)
    with pytest.raises(UnknownOption, match="studies is 0"):
        tau2_prior([0.1, 0.2], i2=0.4, studies=0)
    with pytest.raises(TooFewStudies):
        tau2_prior([0.1], i2=0.4, studies=5)
    with pytest.raises(MetaError, match="check the smallest"):
        tau2_prior([1e-300, 1e300, 0.1], i2=0.4, studies=5)
    with pytest.raises(NotPositive):
        tau2_prior([0.1, -0.1], i2=0.4, studies=5)
    with pytest.raises(UnknownOption, match="asks for no power"):
        restricted_boundary(alpha=0.05, beta=0.98)
    with pytest.raises(TooFewStudies):
        monitor([])
    with pytest.raises(MetaError, match=r"1e\+200"):
        monitor([1e200], vi=1e-200)
