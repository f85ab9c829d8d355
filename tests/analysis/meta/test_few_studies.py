"""Adjustments for few studies, and the test-based interval of I2, against R's meta 8.2-1."""

import math
from fractions import Fraction

import pytest

from analysis.meta import (
    TooFewStudies,
    UnknownOption,
    expected_events,
    i2_interval,
    kenward_roger,
    modified_hartung_knapp,
    pool,
)

# Teachers' expectancy (metadat 1.2-0, dat.raudenbush1985).
YI = [
    0.03, 0.12, -0.14, 1.18, 0.26, -0.06, -0.02, -0.32, 0.27, 0.80,
    0.54, 0.18, -0.02, 0.23, -0.18, -0.06, 0.30, 0.07, -0.07,
]  # fmt: skip
VI = [
    0.0156, 0.0216, 0.0279, 0.1391, 0.1362, 0.0106, 0.0106, 0.0484, 0.0269, 0.0630,
    0.0912, 0.0497, 0.0835, 0.0841, 0.0253, 0.0279, 0.0193, 0.0088, 0.0303,
]  # fmt: skip


def test_kenward_roger_is_that_of_meta() -> None:
    found = kenward_roger(YI, VI)

    assert found.estimate == pytest.approx(0.0837012418833189, rel=1e-6)
    assert found.se == pytest.approx(0.052559634083968, rel=1e-6)
    assert found.df == pytest.approx(13.3437748096865, rel=1e-6)
    assert (found.ci.low, found.ci.high) == pytest.approx((-0.0295502905697134, 0.196952774336351), rel=1e-6)
    assert found.p_value == pytest.approx(0.134675893151191, rel=1e-6)
    assert found.prediction.low == pytest.approx(-0.232836541815136, rel=1e-6)
    assert found.prediction.high == pytest.approx(0.400239025581774, rel=1e-6)


def test_kenward_roger_needs_two_studies() -> None:
    with pytest.raises(TooFewStudies):
        kenward_roger([0.1], [0.1])


def test_equal_variances_leave_the_standard_error_as_it_is() -> None:
    found = kenward_roger([0.0, 1.0, 3.0, 5.0], [0.5] * 4)

    assert found.se == pytest.approx(pool([0.0, 1.0, 3.0, 5.0], [0.5] * 4).se)
    assert found.df == pytest.approx(3)


ALIKE = ([0.10, 0.11, 0.12], [0.04, 0.05, 0.06])
APART = ([-1.0, 0.2, 2.0], [0.04, 0.05, 0.06])


@pytest.mark.parametrize("modification", ["se", "iqwig6", "ci"])
def test_alike_effects_fall_back_on_the_wider_interval(modification: str) -> None:
    found = modified_hartung_knapp(*ALIKE, modification=modification)  # type: ignore[arg-type]

    assert found.is_modified
    assert found.se == pytest.approx(found.wald.se)
    assert found.ci.width >= found.hartung_knapp.ci.width
    assert found.df == (None if modification == "ci" else 2)


@pytest.mark.parametrize("modification", ["none", "se", "iqwig6", "ci"])
def test_effects_that_differ_keep_the_hartung_knapp_interval(modification: str) -> None:
    found = modified_hartung_knapp(*APART, modification=modification)  # type: ignore[arg-type]

    assert not found.is_modified
    assert found.ci == found.hartung_knapp.ci


def test_an_unknown_modification_is_named() -> None:
    with pytest.raises(UnknownOption, match="iqwig6"):
        modified_hartung_knapp(*APART, modification="IQWiG")  # type: ignore[arg-type]


def test_the_interval_of_i2_is_that_of_meta() -> None:
    limits = i2_interval(35.8295362995928, 18)

    assert limits is not None
    assert limits.low == pytest.approx(14.7086855333249, rel=1e-9)
    assert limits.high == pytest.approx(70.4091236405284, rel=1e-9)


def test_the_interval_of_i2_where_q_is_small_or_has_no_freedom() -> None:
    limits = i2_interval(0.435915386799591, 3)

    assert limits is not None
    assert limits.low == 0
    assert limits.high == pytest.approx(84.6878361262294, rel=1e-9)
    assert i2_interval(0.5, 1) is None
    assert i2_interval(0.0, 0) is None


def test_expected_events_of_the_warfarin_trials() -> None:
    # Stroke in atrial fibrillation (metadat 1.2-0, dat.hart1999).
    found = expected_events(
        [9, 8, 3, 6, 7, 20],
        [413, 263, 487, 237, 489, 507],
        [19, 19, 13, 9, 23, 50],
        [398, 245, 435, 241, 483, 405],
    )

    assert found.k == 6
    assert found.estimate == pytest.approx(-1.07350051243847, rel=1e-9)
    assert found.se == pytest.approx(0.162439901258229, rel=1e-9)
    assert (found.ci.low, found.ci.high) == pytest.approx((-1.39187686855684, -0.755124156320096), rel=1e-9)


def test_expected_events_need_a_study() -> None:
    with pytest.raises(TooFewStudies):
        expected_events([], [], [], [])


@pytest.mark.parametrize("precise", [0.5, 1e-1, 1e-2, 1e-3])
def test_kenward_roger_loses_nothing_beside_one_precise_study(precise: float) -> None:
    yi, vi = [0.0, 0.1, -0.1], [precise, 1.0, 2.0]

    found = kenward_roger(yi, vi)

    # The formulas of the Notes in exact fractions: REML finds no heterogeneity here.
    weights = [1 / Fraction(value) for value in vi]
    s1, s2, s3 = (sum(weight**power for weight in weights) for power in (1, 2, 3))
    information = (s2 - 2 * s3 / s1 + (s2 / s1) ** 2) / 2
    variance = 1 / s1 + 2 * (s3 - s2**2 / s1) / (information * s1**2)
    assert found.tau2.value == 0
    assert found.se == pytest.approx(float(variance) ** 0.5, rel=1e-12)
    assert found.df == pytest.approx(float(2 * information / (variance * s2) ** 2), rel=1e-12)


@pytest.mark.parametrize("precise", [1e-2, 1e-4, 1e-8, 1e-11])
def test_kenward_roger_without_degrees_of_freedom_knows_nothing(precise: float) -> None:
    found = kenward_roger([0.0, 0.0, 0.0], [precise, 1.0, 2.0])

    assert 0 < found.df < 1e-6
    assert (found.ci.low, found.ci.high) == (-math.inf, math.inf)
    assert (found.prediction.low, found.prediction.high) == (-math.inf, math.inf)
    assert found.p_value == pytest.approx(1.0)
