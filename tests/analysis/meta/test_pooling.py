"""Pooling, tau2 and intervals against metafor 3.8-1, and at the edges."""

from typing import Any

import numpy as np
import pytest

from analysis.meta import (
    IllScaled,
    Interval,
    NotFinite,
    NotPositive,
    ShapeMismatch,
    TooFewStudies,
    UnknownOption,
    estimate_tau2,
    heterogeneity,
    pool,
    prediction_interval,
    q_profile,
)
from analysis.meta.linear import fit, intercept
from tests.analysis.meta import bcg

CLOSED = 1e-10
ITERATIVE = 1e-9


@pytest.mark.parametrize(
    ("method", "estimate", "se", "tau2", "se_tau2", "i2", "h2"),
    [
        ("EE", -0.430285163654091, 0.0404987517108638, 0, None, 92.1173468545621, 12.6860840068644),
        (
            "DL",
            -0.714117222073227,
            0.178742089535403,
            0.308760262862376,
            0.229869992511026,
            92.1173468545621,
            12.6860840068644,
        ),
        (
            "PM",
            -0.714968153493444,
            0.180892191537624,
            0.318068452205024,
            0.173663027462756,
            92.3303379541533,
            13.0383841429039,
        ),
        (
            "REML",
            -0.714532342158139,
            0.179781516105206,
            0.313243258136481,
            0.166425752836971,
            92.221384521269,
            12.8557582353092,
        ),
    ],
)
def test_risk_ratios_of_bcg_are_those_of_metafor(
    method: Any, estimate: float, se: float, tau2: float, se_tau2: float | None, i2: float, h2: float
) -> None:
    data = bcg.risk_ratios()

    found = pool(data.yi, data.vi, tau2_method=method)

    assert found.estimate == pytest.approx(estimate, rel=ITERATIVE)
    assert found.se == pytest.approx(se, rel=ITERATIVE)
    assert found.tau2.value == pytest.approx(tau2, rel=ITERATIVE)
    assert found.tau2.se == (None if se_tau2 is None else pytest.approx(se_tau2, rel=ITERATIVE))
    assert found.heterogeneity.i2 == pytest.approx(i2, rel=ITERATIVE)
    assert found.heterogeneity.h2 == pytest.approx(h2, rel=ITERATIVE)
    assert found.heterogeneity.q == pytest.approx(152.233008082373, rel=CLOSED)
    assert found.heterogeneity.q_p == pytest.approx(1.99676459084597e-26, rel=1e-8)
    assert found.weights.sum() == pytest.approx(100)


def test_hartung_knapp_is_that_of_metafor() -> None:
    data = bcg.risk_ratios()

    found = pool(data.yi, data.vi, ci_method="hk")

    assert found.se == pytest.approx(0.180791744092848, rel=ITERATIVE)
    assert found.df == 12
    assert found.statistic == pytest.approx(-3.95223988652481, rel=ITERATIVE)
    assert found.p_value == pytest.approx(0.00192001509605729, rel=1e-8)
    assert [found.ci.low, found.ci.high] == pytest.approx(
        [-1.10844371368555, -0.320620970630728], rel=ITERATIVE
    )


@pytest.mark.parametrize(
    ("method", "ci_method", "low", "high", "df"),
    [
        ("S", "wald", -1.86669221790289, 0.437627533586608, None),
        ("V", "wald", -1.9953419585091, 0.566277274192826, 12),
        ("HTS", "wald", -2.00837590692258, 0.579311222606299, 11),
        ("HK", "hk", -1.9960168341962, 0.566952149879924, 12),
        ("HK-PR", "hk", -2.00905765037111, 0.579992966054834, 11),
    ],
)
def test_prediction_intervals_are_those_of_metafor(
    method: Any, ci_method: Any, low: float, high: float, df: int | None
) -> None:
    data = bcg.risk_ratios()

    found = pool(data.yi, data.vi, ci_method=ci_method, prediction=method).prediction

    assert found is not None
    assert [found.low, found.high] == pytest.approx([low, high], rel=ITERATIVE)
    assert found.df == df


def test_prediction_by_hartung_knapp_does_not_depend_on_the_confidence_interval() -> None:
    data = bcg.risk_ratios()

    assert (
        pool(data.yi, data.vi, prediction="HK").prediction
        == pool(data.yi, data.vi, ci_method="hk", prediction="HK").prediction
    )


def test_q_profile_is_that_of_metafor() -> None:
    data = bcg.risk_ratios()

    found = q_profile(data.yi, data.vi)

    assert [found.low, found.high] == pytest.approx([0.119718361141248, 1.11147908406093], rel=ITERATIVE)
    assert not found.empty


def test_q_profile_is_empty_where_effects_are_too_equal() -> None:
    found = q_profile([1.0, 1.0, 1.0], [1.0, 2.0, 3.0])

    assert (found.low, found.high, found.empty) == (0.0, 0.0, True)


def test_reml_is_where_its_score_vanishes() -> None:
    data = bcg.risk_ratios()

    tau2 = estimate_tau2(data.yi, data.vi, method="REML").value

    model = fit(data.yi, 1 / (data.vi + tau2), intercept(13))
    assert float(np.sum(model.projected**2)) == pytest.approx(model.trace_p, rel=1e-12)


@pytest.mark.parametrize("outlier", [0.5, 0.6, 0.65, 0.7])
def test_reml_takes_the_higher_of_two_maxima(outlier: float) -> None:
    # Two precise studies that agree and a vaguer one apart: the likelihood has a hill at 0 and one beyond.
    yi, vi = np.array([outlier, 0.0, 0.0]), np.array([0.054, 0.001, 0.002])
    grid = np.concatenate([[0.0], np.geomspace(1e-5, 10, 600)])
    heights = np.array([_restricted(yi, vi, float(point)) for point in grid])

    tau2 = estimate_tau2(yi, vi, method="REML").value

    assert _restricted(yi, vi, tau2) >= heights.max() - 1e-12
    if outlier > 0.5:
        valley = heights[1:-1] < np.minimum(heights[:-2], heights[2:])
        assert valley.any(), "the case no longer has two maxima"


def _restricted(yi: np.ndarray, vi: np.ndarray, tau2: float) -> float:
    model = fit(yi, 1 / (vi + tau2), intercept(yi.size))
    return -0.5 * (float(np.log(vi + tau2).sum()) + model.log_det + model.rss)


@pytest.mark.parametrize("method", ["EE", "DL", "PM", "REML"])
def test_one_study_is_its_own_estimate(method: Any) -> None:
    found = pool([0.3], [0.04], tau2_method=method, ci_method="hk", prediction="V")

    assert (found.estimate, found.tau2.value) == (0.3, 0.0)
    assert found.se == pytest.approx(0.2)
    assert (found.ci_method, found.df, found.prediction) == ("wald", None, None)
    assert (found.heterogeneity.q, found.heterogeneity.i2, found.heterogeneity.h2) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("method", ["DL", "PM", "REML"])
def test_equal_effects_leave_no_heterogeneity(method: Any) -> None:
    found = pool([0.7] * 5, [0.1, 0.2, 0.3, 0.4, 0.5], tau2_method=method)

    assert found.tau2.value == 0.0
    assert found.heterogeneity.i2 == 0.0
    assert found.estimate == pytest.approx(0.7)


@pytest.mark.parametrize("method", ["DL", "PM", "REML"])
def test_two_studies_far_apart_have_the_same_tau2_by_every_estimator_if_equally_precise(method: Any) -> None:
    # With equal variances every estimator is the sample variance less the sampling variance.
    assert estimate_tau2([0.0, 2.0], [0.5, 0.5], method=method).value == pytest.approx(1.5, rel=1e-12)


@pytest.mark.parametrize("method", ["DL", "PM", "REML"])
def test_huge_variances_and_tiny_ones_pool_together(method: Any) -> None:
    found = pool([1.0, 2.0, 500.0], [1e-10, 1e-10, 1e12], tau2_method=method)

    assert found.estimate == pytest.approx(1.5, rel=1e-3)
    assert found.tau2.value > 0


def test_hartung_knapp_has_no_width_for_equal_effects_and_its_modification_has() -> None:
    plain = pool([0.5, 0.5], [0.1, 0.2], ci_method="hk")
    modified = pool([0.5, 0.5], [0.1, 0.2], ci_method="hk_adhoc")

    assert plain.ci.width == pytest.approx(0.0, abs=1e-12)
    assert modified.se == pytest.approx(modified.se_wald)


def test_a_prediction_needs_two_studies_and_common_effects_have_none() -> None:
    with pytest.raises(TooFewStudies):
        prediction_interval(0.0, se=1.0, se_hk=1.0, tau2=0.0, k=1)
    assert pool([0.1, 0.2], [0.1, 0.1], tau2_method="EE", prediction="V").prediction is None


def test_bad_vectors_are_named() -> None:
    with pytest.raises(TooFewStudies):
        pool([], [])
    with pytest.raises(TooFewStudies):
        q_profile([0.1], [0.1])
    with pytest.raises(NotFinite, match=r"yi\[1\]"):
        pool([0.1, np.inf], [0.1, 0.1])
    with pytest.raises(NotFinite, match=r"vi\[0\]"):
        pool([0.1, 0.2], [np.nan, 0.1])
    with pytest.raises(NotPositive, match=r"vi\[1\]"):
        pool([0.1, 0.2], [0.1, 0.0])
    with pytest.raises(ShapeMismatch):
        pool([0.1, 0.2], [0.1])
    with pytest.raises(UnknownOption, match="EE, DL, HE, HS, SJ, ML, REML, EB, PM"):
        pool([0.1], [0.1], tau2_method="GENQ")  # type: ignore[arg-type]  # the refusal is the test
    with pytest.raises(UnknownOption, match="such as"):
        pool([0.1], [0.1], level=95)


@pytest.mark.parametrize("method", ["EE", "DL", "PM", "REML", "ML"])
def test_numbers_that_leave_no_digits_are_named(method: Any) -> None:
    with pytest.raises(IllScaled, match="Effects reach 1e"):
        pool([0.0, 1e200], [0.5, 0.5], tau2_method=method)
    with pytest.raises(IllScaled, match="square"):
        pool([0.0, 1.0], [1e-200, 1e-200], tau2_method=method)
    with pytest.raises(IllScaled, match="check the smallest"):
        pool([0.0, 1.0, 2.0], [1e-30, 1.0, 1.0], tau2_method=method)
    with pytest.raises(IllScaled, match="check the smallest"):
        estimate_tau2(
            [0.0, 1.0, 2.0], [1e-12, 1.0, 1.0], method=method, design=np.array([[1.0, 0], [1, 1], [1, 3]])
        )


def test_one_very_precise_study_leaves_the_others_their_spread() -> None:
    # In exact rational arithmetic: (Q - 2) / tr(P) = 1.1666666666594445.
    found = pool([1.0, 2.0, 4.0], [1e-11, 1.0, 2.0], tau2_method="DL")

    assert found.tau2.value == pytest.approx(1.1666666666594445, rel=1e-12)


def test_nothing_is_known_where_estimate_and_standard_error_are_both_0() -> None:
    found = pool([0.0, 0.0, 0.0], [0.1, 0.2, 0.3], ci_method="hk")

    assert (found.estimate, found.se, found.ci) == (0.0, 0.0, Interval(0.0, 0.0))
    assert np.isnan(found.statistic)
    assert np.isnan(found.p_value)


def test_equal_effects_other_than_0_are_infinitely_far_from_0_under_hartung_knapp() -> None:
    found = pool([0.25, 0.25, 0.25], [0.5, 0.5, 0.5], ci_method="hk")

    assert (found.statistic, found.p_value) == (np.inf, 0.0)


def test_heterogeneity_and_prediction_refuse_by_name_what_they_are_handed_directly() -> None:
    assert heterogeneity([0.1, 0.2], [0.1, 0.1], tau2=0.0).q == pytest.approx(0.05)
    with pytest.raises(NotFinite, match=r"yi\[1\] is nan"):
        heterogeneity([0.1, np.nan], [0.1, 0.1], tau2=0.0)
    with pytest.raises(TooFewStudies):
        heterogeneity([], [], tau2=None)
    with pytest.raises(NotPositive, match="tau2 is -1"):
        heterogeneity([0.1, 0.2], [0.1, 0.1], tau2=-1.0)
    with pytest.raises(NotPositive, match=r"tau2 is -0\.5"):
        prediction_interval(0.1, se=0.1, se_hk=0.1, tau2=-0.5, k=5)
