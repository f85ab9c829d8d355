"""Effect sizes against metafor 3.8-1, and data that no study can have."""

import math
from typing import Any

import numpy as np
import pytest

from analysis.meta import (
    IllScaled,
    ImpossibleData,
    NotFinite,
    ShapeMismatch,
    UnknownOption,
    mean_differences,
    proportions,
    two_by_two,
)
from tests.analysis.meta import bcg

CLOSED = 1e-12
STROKE = ([55, 27], [47, 7], [155, 31], [75, 29], [64, 4], [156, 32])


@pytest.mark.parametrize(
    ("measure", "yi", "vi"),
    [
        ("OR", [-0.938694140870392, -1.66619072902655], [0.357124952253629, 0.208132393657186]),
        ("RR", [-0.889311333920205, -1.58538865720143], [0.325584765003961, 0.194581121398144]),
        ("RD", [-0.04661636544423, -0.0761017278198408], [0.000780068664855938, 0.000348462574726583]),
    ],
)
def test_two_arm_effects_are_those_of_metafor(measure: Any, yi: list[float], vi: list[float]) -> None:
    found = two_by_two(bcg.EVENTS1, bcg.TOTALS1, bcg.EVENTS2, bcg.TOTALS2, measure=measure)

    assert found.yi[:2] == pytest.approx(yi, rel=CLOSED)
    assert found.vi[:2] == pytest.approx(vi, rel=CLOSED)
    assert not found.corrected.any()


@pytest.mark.parametrize(
    ("measure", "vtype", "yi", "vi"),
    [
        ("MD", "LS", [-20, -2], [40.5080231596361, 2.08064516129032]),
        ("MD", "HO", [-20, -2], [40.58631541754, 2.04683368588049]),
        ("SMD", "LS", [-0.355169640940107, -0.347940022739099], [0.0130646755415297, 0.0644688760988567]),
        ("SMD", "UB", [-0.355169640940107, -0.347940022739099], [0.0130671503925683, 0.0645296321798948]),
        ("SMD", "LS2", [-0.355169640940107, -0.347940022739099], [0.0130022562030212, 0.0629093892520276]),
    ],
)
def test_differences_of_means_are_those_of_metafor(
    measure: Any, vtype: Any, yi: list[float], vi: list[float]
) -> None:
    found = mean_differences(*STROKE, measure=measure, vtype=vtype)

    assert found.yi == pytest.approx(yi, rel=CLOSED)
    assert found.vi == pytest.approx(vi, rel=CLOSED)


@pytest.mark.parametrize(
    ("measure", "yi", "vi", "corrected"),
    [
        ("PLO", [-2.56494935746154, -3.2188758248682], [2.15384615384615, 2.08], True),
        ("PR", [0.0714285714285714, 0.0384615384615385], [0.00947521865889213, 0.00284478834774693], True),
        ("PFT", [0.19379834332759, 0.140517450751407], [0.0384615384615385, 0.02], False),
    ],
)
def test_proportions_without_events_are_those_of_metafor(
    measure: Any, yi: list[float], vi: list[float], corrected: bool
) -> None:
    found = proportions([0, 0], [6, 12], measure=measure)

    assert found.yi == pytest.approx(yi, rel=CLOSED)
    assert found.vi == pytest.approx(vi, rel=CLOSED)
    assert found.corrected.tolist() == [corrected] * 2


def test_a_zero_cell_is_corrected_in_its_own_study_only() -> None:
    found = two_by_two([0, 4], [30, 123], [2, 11], [31, 139], measure="OR")

    assert found.corrected.tolist() == [True, False]
    assert found.yi == pytest.approx([-1.64277433270169, -0.938694140870392], rel=CLOSED)
    assert found.vi == pytest.approx([2.46668519033065, 0.357124952253629], rel=CLOSED)


def test_if0all_corrects_every_study_as_soon_as_one_has_a_zero_cell() -> None:
    with_zero = two_by_two([0, 4], [30, 123], [2, 11], [31, 139], measure="OR", to="if0all")
    without = two_by_two([3, 4], [30, 123], [2, 11], [31, 139], measure="OR", to="if0all")

    assert with_zero.corrected.all()
    assert not without.corrected.any()


def test_without_correction_a_zero_cell_has_no_odds_ratio() -> None:
    found = two_by_two([0, 4], [30, 123], [2, 11], [31, 139], measure="OR", to="none")

    assert found.usable.tolist() == [False, True]
    assert math.isnan(found.yi[0])


def test_double_zero_trials_are_kept_by_default_and_dropped_on_request() -> None:
    arguments = ([0, 4], [22, 123], [0, 11], [20, 139])
    kept = two_by_two(*arguments, measure="RR")
    dropped = two_by_two(*arguments, measure="RR", drop00=True)

    assert kept.double_zero.tolist() == dropped.double_zero.tolist() == [True, False]
    assert kept.yi[0] == pytest.approx(-0.0909717782057267, rel=CLOSED)
    assert dropped.usable.tolist() == [False, True]
    assert not dropped.corrected.any()


def test_the_conventions_of_the_two_r_packages_differ_only_where_cells_are_corrected() -> None:
    arguments = ([0, 4], [22, 123], [1, 11], [21, 139])
    metafor = two_by_two(*arguments, measure="RR")
    meta = two_by_two(*arguments, measure="RR", convention="meta")

    assert meta.yi[0] == pytest.approx(-1.14407466274487, rel=CLOSED)
    assert metafor.yi[0] == pytest.approx(-1.1430640512389434, rel=CLOSED)
    assert meta.yi[1] == metafor.yi[1]
    assert proportions([0], [6], measure="PR", convention="meta").yi[0] == 0


@pytest.mark.parametrize(("events", "totals"), [([7], [6]), ([-1], [6]), ([0], [0]), ([3, 7], [6, 6])])
def test_impossible_counts_are_refused(events: list[int], totals: list[int]) -> None:
    with pytest.raises(ImpossibleData, match="events lie between 0 and the total"):
        proportions(events, totals, measure="PLO")


@pytest.mark.parametrize(("sd", "n"), [(0, 10), (-1, 10), (1, 0)])
def test_impossible_moments_are_refused(sd: float, n: int) -> None:
    with pytest.raises(ImpossibleData, match="SD is above 0"):
        mean_differences([1], [sd], [n], [1], [1], [10], measure="MD")


def test_two_participants_cannot_give_a_standardised_difference() -> None:
    with pytest.raises(ImpossibleData, match="fewer than 4"):
        mean_differences([1], [1], [1], [2], [1], [1], measure="SMD")


def test_missing_and_mismatched_data_are_named() -> None:
    with pytest.raises(NotFinite):
        proportions([np.nan], [6], measure="PR")
    with pytest.raises(ShapeMismatch):
        proportions([1, 2], [6], measure="PR")
    with pytest.raises(ShapeMismatch):
        two_by_two([1], [6], [1, 2], [6, 6], measure="OR")
    with pytest.raises(UnknownOption, match="only0, all, if0all, none"):
        proportions([1], [6], measure="PR", to="some")  # type: ignore[arg-type]  # the refusal is the test
    with pytest.raises(UnknownOption):
        two_by_two([1], [6], [1], [6], measure="OR", vtype="UB")


@pytest.mark.parametrize("measure", ["MD", "SMD", "SMDH", "ROM"])
@pytest.mark.parametrize(("mean", "sd"), [(1.0, 1e80), (1.0, 1e-80), (-1e150, 1.0)])
def test_moments_without_squares_are_refused_by_name(measure: Any, mean: float, sd: float) -> None:
    with pytest.raises(IllScaled, match="smaller unit"):
        mean_differences([mean], [sd], [20], [1.0], [1.0], [20], measure=measure)


def test_a_ratio_to_a_mean_of_next_to_nothing_is_not_estimable() -> None:
    found = mean_differences([1.0], [1.0], [20], [1e-200], [1.0], [20], measure="ROM")

    assert np.isnan(found.yi[0])
    assert np.isnan(found.vi[0])
