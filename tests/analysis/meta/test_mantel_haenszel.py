"""Mantel-Haenszel pooling against metafor 3.8-1 and at the edges."""

import doctest
import sys

import numpy as np
import pytest

from analysis.meta import (
    FixedPool,
    ImpossibleData,
    NotFinite,
    ShapeMismatch,
    TooFewStudies,
    UnknownOption,
    mantel_haenszel,
    mantel_haenszel_rates,
)
from tests.analysis.meta import bcg

CLOSED = 1e-10
# Rates of bleeding under two treatments (metadat 1.2-0, dat.hart1999): events and patient-years.
EVENTS1, YEARS1 = [9, 8, 3, 6, 2, 20], [413, 263, 487, 237, 241, 709.3]
EVENTS2, YEARS2 = [19, 19, 9, 19, 11, 48], [398, 245, 440, 212, 242, 660]


def of_bcg(**options: object) -> FixedPool:
    return mantel_haenszel(bcg.EVENTS1, bcg.TOTALS1, bcg.EVENTS2, bcg.TOTALS2, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("measure", "estimate", "se", "q"),
    [
        ("OR", -0.473410988388585, 0.0410077784042314, 163.942579569193),
        ("RR", -0.453709604683754, 0.0393373668712944, 152.567553586657),
        ("RD", -0.003288181832613, 0.000286656748527374, 386.77594183656),
    ],
)
def test_tables_of_bcg_pool_as_in_metafor(measure: str, estimate: float, se: float, q: float) -> None:
    found = of_bcg(measure=measure)

    assert found.estimate == pytest.approx(estimate, rel=CLOSED)
    assert found.se == pytest.approx(se, rel=CLOSED)
    assert found.q == pytest.approx(q, rel=CLOSED)
    assert (found.k, found.k_effects, found.q_df) == (13, 13, 12)


def test_an_odds_ratio_comes_with_tests_of_association_and_homogeneity() -> None:
    found = of_bcg()

    assert found.cmh is not None
    assert found.cochran is not None
    assert found.breslow_day is not None
    assert found.tarone is not None
    assert found.cmh.statistic == pytest.approx(135.688943723906, rel=CLOSED)
    assert found.cochran.statistic == pytest.approx(135.70871485512, rel=CLOSED)
    assert found.breslow_day.statistic == pytest.approx(171.765366579396, rel=CLOSED)
    assert found.tarone.statistic == pytest.approx(171.756672993871, rel=CLOSED)
    assert found.breslow_day.df == found.tarone.df == 12
    assert found.weights[7] == pytest.approx(32.5984300430236, rel=CLOSED)


def test_without_continuity_correction_the_association_is_stronger() -> None:
    found = of_bcg(correct=False)

    assert found.cmh is not None
    assert found.cmh.statistic == pytest.approx(136.162976744635, rel=CLOSED)


def test_rates_pool_as_in_metafor() -> None:
    ratio = mantel_haenszel_rates([3, 0], [10, 9], [5, 2], [12, 8], to="all", add_pool=0.25, to_pool="if0all")

    # rma.mh(measure="IRR", add=c(.5, .25), to=c("all", "if0all")) of metafor 3.8-1.
    assert ratio.estimate == pytest.approx(-0.6379006, abs=1e-7)
    assert ratio.se == pytest.approx(0.6353852, abs=1e-7)
    assert ratio.q == pytest.approx(0.7844546, abs=1e-7)
    assert ratio.cmh is not None
    assert ratio.cmh.statistic == pytest.approx(0.5161980, abs=1e-7)


def test_a_rate_difference_is_pooled_where_one_arm_has_no_events() -> None:
    found = mantel_haenszel_rates([0, 0], [10, 11], [5, 1], [12, 11], measure="IRD")

    assert found.estimate == pytest.approx(-0.25311203, abs=1e-8)
    assert found.se == pytest.approx(0.10340196, abs=1e-8)
    assert found.cmh is None


def test_swapping_the_arms_turns_the_sign() -> None:
    there = mantel_haenszel_rates(EVENTS1, YEARS1, EVENTS2, YEARS2)
    back = mantel_haenszel_rates(EVENTS2, YEARS2, EVENTS1, YEARS1)

    assert back.estimate == pytest.approx(-there.estimate, rel=1e-12)
    assert back.se == pytest.approx(there.se, rel=1e-12)
    assert there.ci.high < 0


def test_an_arm_without_events_leaves_the_ratio_undefined_and_keeps_the_test() -> None:
    found = mantel_haenszel([0, 0], [10, 12], [5, 3], [12, 12])

    assert np.isnan([found.estimate, found.se, found.statistic, found.p_value, found.ci.low]).all()
    assert np.isnan([found.q, found.i2, found.q_p]).all()
    assert found.cmh is not None
    assert found.breslow_day is not None
    assert 0 < found.cmh.p_value < 0.05
    assert np.isnan(found.breslow_day.statistic)


def test_a_correction_when_pooling_makes_the_ratio_defined() -> None:
    found = mantel_haenszel([0, 0], [10, 12], [5, 3], [12, 12], add_pool=0.5)

    assert found.estimate < 0
    assert np.isfinite(found.se)


def test_studies_without_events_change_no_ratio_but_a_difference() -> None:
    events, totals, more, others = [3, 0], [10, 9], [5, 0], [12, 8]

    ratio = mantel_haenszel(events, totals, more, others)
    difference = mantel_haenszel(events, totals, more, others, measure="RD")

    assert ratio.estimate == pytest.approx(mantel_haenszel([3], [10], [5], [12]).estimate)
    assert (ratio.k, ratio.k_effects, ratio.k_homogeneity) == (2, 1, 1)
    assert abs(difference.estimate) < abs(3 / 10 - 5 / 12)


def test_one_study_is_its_own_pool() -> None:
    found = mantel_haenszel([3], [10], [5], [12])

    assert found.estimate == pytest.approx(np.log(3 * 7 / (7 * 5)))
    assert (found.q, found.q_df, found.q_p, found.i2, found.h2) == (0, 0, 1, 0, 1)
    assert found.breslow_day is not None
    assert np.isnan(found.breslow_day.p_value)


def test_the_convention_of_meta_corrects_the_variance_of_a_difference_only() -> None:
    events = ([0, 4], [10, 20], [2, 6], [12, 21])
    found = mantel_haenszel(*events, measure="RD", add_pool=0.5, convention="meta")

    first, second = 11 * 13 / 24, 20 * 21 / 41
    by_hand = (first * (0 - 2 / 12) + second * (4 / 20 - 6 / 21)) / (first + second)
    spread = 0.5 * 10.5 * (13 / 24) ** 2 / 11 + 2.5 * 10.5 * (11 / 24) ** 2 / 13
    spread += 4 * 16 * (21 / 41) ** 2 / 20 + 6 * 15 * (20 / 41) ** 2 / 21
    assert found.estimate == pytest.approx(by_hand, rel=1e-12)
    assert found.se == pytest.approx(np.sqrt(spread) / (first + second), rel=1e-12)


def test_impossible_input_is_refused_by_name() -> None:
    with pytest.raises(ImpossibleData, match=r"ai\[1\] is 11 and n1i\[1\] 10"):
        mantel_haenszel([1, 11], [10, 10], [2, 2], [10, 10])
    with pytest.raises(NotFinite, match=r"n2i\[0\]"):
        mantel_haenszel([1], [10], [2], [float("nan")])
    with pytest.raises(ShapeMismatch):
        mantel_haenszel([1, 2], [10], [2], [10])
    with pytest.raises(UnknownOption, match="measure"):
        mantel_haenszel([1], [10], [2], [10], measure="SMD")  # type: ignore[arg-type]
    with pytest.raises(UnknownOption, match="to_pool"):
        mantel_haenszel([1], [10], [2], [10], to_pool="some")  # type: ignore[arg-type]
    with pytest.raises(UnknownOption, match="add is -1"):
        mantel_haenszel([1], [10], [2], [10], add=-1)
    with pytest.raises(TooFewStudies):
        mantel_haenszel([], [], [], [])
    with pytest.raises(ImpossibleData, match=r"t1i\[0\] 0"):
        mantel_haenszel_rates([1], [0], [2], [10])


def test_the_examples_run() -> None:
    # The package's function of this name hides the module.
    outcome = doctest.testmod(sys.modules["analysis.meta.mantel_haenszel"])

    assert outcome.attempted >= 2
    assert outcome.failed == 0
