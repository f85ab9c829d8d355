"""Trim and fill against metafor 3.8-1: BCG, and passive smoking (Hackshaw and others 1997)."""

import numpy as np
import pytest

from analysis.meta import NonConvergence, NoVariation, TooFewStudies, UnknownOption, trim_and_fill
from tests.analysis.meta import bcg

# dat.hackshaw1998 of metadat 1.2-0, to four decimals: log odds ratios of 37 studies, and their variances.
YI = [
    0.1655, 0.3716, 0.7031, 0.1823, -0.2877, 0.7275, 0.7561, -0.2231, -0.2357, 0.6981, 0.2070, 0.1823, 0.4187,
    0.0296, 0.4383, 0.0296, 0.8502, 0.5008, 0.1740, 0.4187, 0.7701, 0.0770, 0.9361, 0.4824, 0.0583, -0.2357,
    -0.3011, 0.8198, -0.0305, 0.4700, 0.1740, 0.5068, 0.2311, 0.0953, 0.5068, 0.1484, 0.1044,
]  # fmt: skip
VI = [
    0.0188, 0.0330, 0.5402, 0.0313, 0.0797, 0.2273, 0.0889, 0.1927, 0.3390, 0.0981, 0.0456, 0.2317, 0.0796,
    0.2174, 0.0770, 0.0715, 0.2926, 0.0324, 0.0363, 0.4839, 0.1238, 0.0711, 0.3982, 0.0896, 0.0337, 0.0161,
    0.1802, 0.3171, 0.0125, 0.1137, 0.0893, 0.1760, 0.0100, 0.0862, 0.0399, 0.0364, 0.0664,
]  # fmt: skip


def test_seven_studies_are_missing_from_passive_smoking() -> None:
    found = trim_and_fill(YI, VI, tau2_method="EE")

    assert (found.k0, found.side, found.side_chosen) == (7, "left", True)
    assert found.se_k0 == pytest.approx(4.04049584826842, rel=1e-10)
    assert found.adjusted.estimate == pytest.approx(0.155503408626011, rel=1e-10)
    assert found.adjusted.se == pytest.approx(0.0364194463378759, rel=1e-10)
    assert (found.observed.k, found.adjusted.k) == (37, 44)
    assert found.p_k0 is None


def test_the_other_estimators_are_those_of_metafor() -> None:
    rightmost = trim_and_fill(YI, VI, estimator="R0", tau2_method="EE")
    quadratic = trim_and_fill(YI, VI, estimator="Q0", tau2_method="EE")

    assert (rightmost.k0, rightmost.se_k0, rightmost.p_k0) == (7, 4.0, 0.00390625)
    assert quadratic.k0 == 10
    assert quadratic.se_k0 == pytest.approx(5.5427136641891, rel=1e-10)
    assert quadratic.adjusted.estimate == pytest.approx(0.130131243897508, rel=1e-10)


def test_search_and_pools_follow_their_methods() -> None:
    found = trim_and_fill(YI, VI, tau2_method="DL")
    scaled = trim_and_fill(YI, VI, tau2_method="DL", ci_method="hk")
    searched_apart = trim_and_fill(YI, VI, tau2_method="DL", search_method="EE")

    assert found.k0 == 7
    assert found.se_k0 == pytest.approx(4.04076135638217, rel=1e-10)
    assert [found.adjusted.estimate, found.adjusted.se] == pytest.approx(
        [0.173913005994347, 0.0487083914787664], rel=1e-9
    )
    assert found.adjusted.ci.low == pytest.approx(0.0784463129510873, rel=1e-8)
    assert (scaled.observed.ci_method, scaled.adjusted.ci_method, scaled.adjusted.df) == ("hk", "hk", 43)
    assert scaled.adjusted.estimate == found.adjusted.estimate
    assert searched_apart.centre == trim_and_fill(YI, VI, tau2_method="EE").centre


def test_images_follow_the_studies_and_mirror_the_most_extreme() -> None:
    data = bcg.risk_ratios()

    found = trim_and_fill(data.yi, data.vi, tau2_method="EE")

    assert (found.k0, found.side) == (4, "right")
    assert list(found.yi[found.filled]) == pytest.approx(
        [0.789292819260078, 0.859499205808599, 1.003336672988724, 1.038846239385685], rel=1e-10
    )
    extreme = np.argsort(data.yi)[:4][::-1]
    assert found.yi[found.filled] == pytest.approx(2 * found.centre - data.yi[extreme], rel=1e-10)
    assert list(found.vi[found.filled]) == list(data.vi[extreme])
    assert list(found.yi[~found.filled]) == list(data.yi)


def test_the_side_can_be_chosen() -> None:
    data = bcg.risk_ratios()

    found = trim_and_fill(data.yi, data.vi, estimator="R0", side="left", tau2_method="EE")

    assert found.k0 == 0
    assert found.se_k0 == pytest.approx(np.sqrt(2))
    assert found.p_k0 == 0.5
    assert not found.side_chosen
    assert found.adjusted is found.observed


def test_images_stay_within_limits() -> None:
    data = bcg.risk_ratios()

    found = trim_and_fill(data.yi, data.vi, estimator="R0", tau2_method="EE", limits=(-3.0, 0.5))

    assert list(found.yi[found.filled]) == [0.5] * 4
    assert found.adjusted.estimate == pytest.approx(-0.330456057033443, rel=1e-10)
    with pytest.raises(UnknownOption, match="limits"):
        trim_and_fill(data.yi, data.vi, limits=(1.0, -1.0))


def test_mirrored_data_lack_the_same_studies_on_the_other_side() -> None:
    plain, mirrored = trim_and_fill(YI, VI), trim_and_fill(-np.array(YI), VI)

    assert (mirrored.k0, mirrored.side) == (plain.k0, "right")
    assert mirrored.adjusted.estimate == pytest.approx(-plain.adjusted.estimate, rel=1e-9)


def test_order_does_not_matter() -> None:
    order = np.random.default_rng(1).permutation(37)

    shuffled = trim_and_fill(np.array(YI)[order], np.array(VI)[order], tau2_method="EE")

    assert shuffled.adjusted.estimate == pytest.approx(0.155503408626011, rel=1e-10)


@pytest.mark.parametrize("estimator", ["L0", "R0", "Q0"])
def test_identical_effects_lack_nothing(estimator: str) -> None:
    found = trim_and_fill([0.2] * 4, [0.01, 0.02, 0.03, 0.07], estimator=estimator, side="left")  # type: ignore[arg-type]

    assert found.k0 == 0
    assert found.adjusted is found.observed


def test_equal_precision_tells_no_side() -> None:
    with pytest.raises(NoVariation, match="side="):
        trim_and_fill([0.1, 0.2, 0.7], [0.1, 0.1, 0.1])
    assert trim_and_fill([0.1, 0.2, 0.7], [0.1, 0.1, 0.1], side="left").side == "left"


def test_two_studies_need_a_side_and_one_is_refused() -> None:
    with pytest.raises(NoVariation, match="side"):
        trim_and_fill([0.2, 0.4], [0.01, 0.02])
    found = trim_and_fill([0.2, 0.4], [0.01, 0.02], side="left")
    assert found.k0 == 1
    assert found.se_k0 == pytest.approx(1.5467, abs=1e-4)
    assert found.adjusted.tau2.value == pytest.approx(0.0159, abs=1e-4)
    with pytest.raises(TooFewStudies):
        trim_and_fill([0.2], [0.01], side="left")


def test_q0_without_a_solution_says_so() -> None:
    data = bcg.odds_ratios()

    with pytest.raises(NonConvergence, match="Q0"):
        trim_and_fill(data.yi, data.vi, estimator="Q0", tau2_method="EE")


def test_unknown_choices_are_named() -> None:
    with pytest.raises(UnknownOption, match="estimator"):
        trim_and_fill(YI, VI, estimator="T0")  # type: ignore[arg-type]
    with pytest.raises(UnknownOption, match="side"):
        trim_and_fill(YI, VI, side="top")  # type: ignore[arg-type]
