"""The nine estimators of tau2 and its intervals against metafor 3.8-1, and at the edges."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.meta import (
    TAU2_METHODS,
    NotFinite,
    RankDeficient,
    ShapeMismatch,
    TooFewStudies,
    UnknownOption,
    estimate_tau2,
    pool,
    profile_likelihood,
    q_profile,
)
from analysis.meta.errors import NoVariation
from analysis.meta.linear import fit, intercept, log_likelihood
from tests.analysis.meta import bcg

RANDOM = [method for method in TAU2_METHODS if method != "EE"]
LATITUDE = np.column_stack([np.ones(13), [44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33]])
EFFECT = st.integers(-300, 300).map(lambda value: value / 100)
VARIANCE = st.integers(1, 400).map(lambda value: value / 200)
DATA = st.lists(st.tuples(EFFECT, VARIANCE), min_size=2, max_size=9)


@pytest.mark.parametrize(
    ("method", "tau2", "se", "likelihood"),
    [
        ("DL", 0.308760262862376, 0.229869992511026, -12.682335781427907),
        ("HE", 0.328563857995769, 0.207087178298934, -12.710995051009986),
        ("HS", 0.228362863676907, 0.127904556613280, -12.742665301277214),
        ("SJ", 0.345515701598595, 0.149680511347343, -12.744022651400158),
        ("ML", 0.280028137268645, 0.144251949382764, -12.665076348276809),
        ("REML", 0.313243258136481, 0.166425752836971, -12.202371415493570),
        ("EB", 0.318068452205024, 0.173663027462757, -12.694336916215740),
        ("PM", 0.318068452205024, 0.173663027462756, -12.694336916215740),
    ],
)
def test_estimators_of_bcg_are_those_of_metafor(
    method: Any, tau2: float, se: float, likelihood: float
) -> None:
    data = bcg.risk_ratios()

    found = pool(data.yi, data.vi, tau2_method=method)

    assert found.tau2.value == pytest.approx(tau2, rel=1e-9)
    assert found.tau2.se == pytest.approx(se, rel=1e-9)
    assert found.log_likelihood == pytest.approx(likelihood, rel=1e-9)


@pytest.mark.parametrize(
    ("method", "tau2", "se"),
    [
        ("DL", 0.0633005024264152, 0.0548251478566262),
        ("HE", 0.209048026358876, 0.170711964616081),
        ("HS", 0.0290849078998511, 0.0162884567731663),
        ("SJ", 0.231843716118979, 0.119533780646106),
        ("ML", 0.0343514424813262, 0.0280141801206836),
        ("REML", 0.0763479639552553, 0.0590472289044703),
        ("EB", 0.1421319414727786, 0.0974985635157248),
        ("PM", 0.1421319414727561, 0.0974985635157134),
    ],
)
def test_residual_heterogeneity_beside_latitude_is_that_of_metafor(
    method: Any, tau2: float, se: float
) -> None:
    data = bcg.risk_ratios()

    found = estimate_tau2(data.yi, data.vi, method=method, design=LATITUDE)

    assert found.value == pytest.approx(tau2, rel=1e-9)
    assert found.se == pytest.approx(se, rel=1e-9)


def test_what_an_iteration_took_is_reported() -> None:
    data = bcg.risk_ratios()

    reml = estimate_tau2(data.yi, data.vi)
    closed = estimate_tau2(data.yi, data.vi, method="DL")

    assert reml.iterations is not None
    assert 1 <= reml.iterations <= 10
    assert reml.maxima == 1
    assert (closed.iterations, closed.maxima) == (None, None)
    assert estimate_tau2([0.7, 0.0, 0.0], [0.054, 0.001, 0.002]).maxima == 2


@pytest.mark.parametrize("method", RANDOM)
def test_equal_effects_have_no_tau2(method: Any) -> None:
    assert estimate_tau2([0.7] * 5, [0.1, 0.2, 0.3, 0.4, 0.5], method=method).value == 0.0


@pytest.mark.parametrize("method", TAU2_METHODS)
def test_one_study_has_no_tau2_and_no_error_of_it(method: Any) -> None:
    found = estimate_tau2([0.3], [0.04], method=method)

    assert (found.value, found.se) == (0.0, None)


@pytest.mark.parametrize("method", RANDOM)
def test_huge_and_tiny_variances_have_an_estimate(method: Any) -> None:
    found = estimate_tau2([1.0, 2.0, 500.0, 1.5], [1e-10, 1e-10, 1e12, 1e-3], method=method)

    assert np.isfinite(found.value)
    assert found.value >= 0


@settings(max_examples=60, deadline=None)
@given(data=DATA, method=st.sampled_from(["ML", "REML"]))
def test_no_tau2_is_likelier_than_the_estimate(data: Any, method: Any) -> None:
    yi, vi = (np.array(column) for column in zip(*data, strict=True))

    best = estimate_tau2(yi, vi, method=method).value

    def height(tau2: float) -> float:
        ones = intercept(yi.size)
        model = fit(yi, 1 / (vi + tau2), ones)
        return log_likelihood(model, vi + tau2, ones, restricted=method == "REML")

    others = np.concatenate([[0.0], np.geomspace(1e-6, 100, 400)])
    assert height(best) >= max(height(float(other)) for other in others) - 1e-10


@settings(max_examples=60, deadline=None)
@given(data=DATA, method=st.sampled_from(RANDOM), factor=st.sampled_from([1e-6, 0.5, 1e6]))
def test_rescaled_data_have_the_rescaled_estimate(data: Any, method: Any, factor: float) -> None:
    yi, vi = (np.array(column) for column in zip(*data, strict=True))

    plain = estimate_tau2(yi, vi, method=method).value
    scaled = estimate_tau2(yi * factor, vi * factor**2, method=method).value

    assert scaled == pytest.approx(plain * factor**2, rel=1e-7, abs=1e-9 * factor**2)


def test_a_profile_likelihood_interval_ends_where_the_likelihood_has_dropped() -> None:
    data = bcg.risk_ratios()
    ones = intercept(13)

    for method, low, high in (
        # To R's tolerance: uniroot() stops at 1e-4.
        ("REML", 0.115239399673, 0.964666425362),
        ("ML", 0.105051360635, 0.833913570507),
    ):
        found = profile_likelihood(data.yi, data.vi, method=method)  # type: ignore[arg-type]  # literals of a tuple
        best = estimate_tau2(data.yi, data.vi, method=method).value  # type: ignore[arg-type]  # literals of a tuple
        heights = [
            log_likelihood(
                fit(data.yi, 1 / (data.vi + tau2), ones), data.vi + tau2, ones, restricted=method == "REML"
            )
            for tau2 in (best, found.low, found.high)
        ]
        assert [heights[0] - height for height in heights[1:]] == pytest.approx([1.9207294] * 2, rel=1e-7)
        assert [found.low, found.high] == pytest.approx([low, high], abs=1e-4)
        assert (found.method, found.empty) == ("PL", False)


def test_a_profile_likelihood_interval_starts_at_zero_where_zero_is_not_rejected() -> None:
    found = profile_likelihood([0.1, 0.3, 0.2], [0.1, 0.2, 0.3])

    assert found.low == 0.0
    assert found.high > 0
    assert found.i2_high == pytest.approx(100 * (1 - 1 / found.h2_high))


def test_q_profile_of_residual_heterogeneity_is_that_of_metafor() -> None:
    data = bcg.odds_ratios()

    found = q_profile(data.yi, data.vi, design=LATITUDE)

    assert [found.low, found.high] == pytest.approx([0.00809694884429827, 0.792042780470754], rel=1e-9)
    assert [found.i2_low, found.i2_high] == pytest.approx([17.776835001137, 95.4851002390075], rel=1e-9)
    assert [found.h2_low, found.h2_high] == pytest.approx([1.21620227099483, 22.1488859761568], rel=1e-9)


def test_bad_designs_are_named() -> None:
    yi, vi = [0.1, 0.2, 0.4], [0.1, 0.1, 0.1]

    with pytest.raises(ShapeMismatch, match="3 studies"):
        estimate_tau2(yi, vi, design=np.ones((2, 1)))
    with pytest.raises(NotFinite, match=r"design\[1, 0\]"):
        estimate_tau2(yi, vi, design=np.array([[1.0], [np.nan], [1.0]]))
    with pytest.raises(NoVariation):
        estimate_tau2(yi, vi, design=np.ones((3, 2)))
    with pytest.raises(TooFewStudies):
        q_profile(yi[:2], vi[:2], design=np.array([[1.0, 0.0], [1.0, 1.0]]))
    with pytest.raises(TooFewStudies):
        profile_likelihood([0.1], [0.1])
    with pytest.raises(UnknownOption, match="ML, REML"):
        profile_likelihood(yi, vi, method="DL")  # type: ignore[arg-type]  # the refusal is the test
    assert issubclass(RankDeficient, NoVariation)
