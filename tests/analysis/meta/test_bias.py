"""Tests of funnel plot asymmetry against meta 8.2-1 and metafor 3.8-1, and at the edges."""

import math

import numpy as np
import pytest

from analysis.meta import (
    ImpossibleData,
    NotFinite,
    NotPositive,
    NoVariation,
    ShapeMismatch,
    TooFewStudies,
    UnknownOption,
    deeks,
    egger,
    harbord,
    macaskill,
    peters,
    pustejovsky_rodgers,
    regression_test,
    ruecker_thompson,
    thompson_sharp,
)
from tests.analysis.meta import bcg

CLOSED = 1e-9
TABLES = (bcg.EVENTS1, bcg.TOTALS1, bcg.EVENTS2, bcg.TOTALS2)


def test_egger_is_that_of_r() -> None:
    data = bcg.odds_ratios()

    found = egger(data.yi, data.vi)

    assert found.statistic == pytest.approx(-1.50695069669431, rel=CLOSED)
    assert found.df == 11
    assert found.p_value == pytest.approx(0.159991485084265, rel=CLOSED)
    assert (found.slope, found.slope_se) == pytest.approx((-2.34534124207976, 1.55634902138774), rel=CLOSED)
    assert found.intercept == pytest.approx(-0.157098862735564, rel=CLOSED)
    assert [found.limit.low, found.limit.high] == pytest.approx(
        [-0.679111908365067, 0.364914182893939], rel=CLOSED
    )


def test_egger_with_additive_heterogeneity_is_that_of_metafor() -> None:
    data = bcg.odds_ratios()

    found = regression_test(data.yi, data.vi, np.sqrt(data.vi), model="rma")

    assert found.statistic == pytest.approx(-0.774290904413906, rel=1e-8)
    assert found.df is None
    assert found.tau2 == pytest.approx(0.335585588302158, rel=1e-8)


def test_peters_is_that_of_meta() -> None:
    data = bcg.odds_ratios()
    events = np.add(bcg.EVENTS1, bcg.EVENTS2)

    found = peters(data.yi, data.vi, events=events, totals=data.ni)

    assert found.statistic == pytest.approx(-1.36247619939701, rel=CLOSED)
    assert found.p_value == pytest.approx(0.200291792284136, rel=CLOSED)
    assert found.slope == pytest.approx(-563.688203913343, rel=CLOSED)


def test_peters_leaves_out_studies_with_only_or_no_events() -> None:
    yi, vi, n = [0.1, 0.4, 0.2, 0.8, 3.0], [0.1] * 5, [10, 20, 30, 40, 50]

    with_zero = peters(yi, vi, events=[5, 6, 7, 8, 0], totals=n)
    without = peters(yi[:4], vi[:4], events=[5, 6, 7, 8], totals=n[:4])

    assert with_zero == without
    assert with_zero.k == 4


def test_peters_needs_three_studies_that_have_both() -> None:
    with pytest.raises(TooFewStudies, match="both events and non-events"):
        peters([0.1, 0.2, 0.3], [0.1] * 3, events=[6, 6, 15], totals=[6, 6, 19])
    with pytest.raises(ImpossibleData):
        peters([0.1, 0.2, 0.3], [0.1] * 3, events=[6, 6, 20], totals=[6, 6, 19])


def test_equal_precision_allows_no_test() -> None:
    with pytest.raises(NoVariation):
        egger([0.1, 0.2, 0.4], [0.1, 0.1, 0.1])


def test_two_studies_allow_no_test() -> None:
    with pytest.raises(TooFewStudies):
        egger([0.1, 0.2], [0.1, 0.2])


def test_a_line_through_every_effect_is_no_evidence_and_says_so() -> None:
    found = egger([1.0, 1.0, 2.0], [1.0, 1.0, 4.0])

    assert found.dispersion == 0
    assert math.isinf(found.statistic)


def test_a_predictor_on_a_tiny_scale_is_no_reason_to_fail() -> None:
    yi, vi, n = [0.3, -0.2, 0.4, 0.1], [0.01, 0.02, 0.04, 0.03], np.array([1e7, 2e7, 3e7, 5e7])

    scaled, plain = regression_test(yi, vi, 1 / n), regression_test(yi, vi, 1e7 / n)

    assert scaled.statistic == pytest.approx(plain.statistic, rel=1e-9)


def test_vectors_of_other_lengths_are_refused() -> None:
    with pytest.raises(ShapeMismatch):
        regression_test([0.1, 0.2, 0.3], [0.1] * 3, [1, 2])
    with pytest.raises(ShapeMismatch):
        regression_test([0.1, 0.2, 0.3], [0.1] * 3, [1, 2, 3], weights=[1])
    with pytest.raises(ShapeMismatch):
        peters([0.1, 0.2, 0.3], [0.1] * 3, events=[1, 2], totals=[3, 4])


def test_the_test_of_a_mixed_effects_line_follows_the_interval_method() -> None:
    data = bcg.odds_ratios()

    scaled = regression_test(data.yi, data.vi, np.sqrt(data.vi), model="rma", ci_method="hk")
    with_t = regression_test(data.yi, data.vi, 1 / data.ni, model="rma", ci_method="t")

    assert [scaled.statistic, scaled.p_value] == pytest.approx([-0.75566381541291, 0.465724777824105], 1e-4)
    assert [with_t.statistic, with_t.p_value] == pytest.approx([-1.30011609523683, 0.22014285193231], 1e-4)
    assert scaled.df == with_t.df == 11


def test_thompson_and_sharp_is_that_of_metafor_with_t() -> None:
    data = bcg.odds_ratios()

    found = thompson_sharp(data.yi, data.vi)

    assert found.code == "thompson_sharp"
    assert found.statistic == pytest.approx(-0.774290904413906, rel=1e-8)
    assert found.p_value == pytest.approx(0.455079344434811, rel=1e-8)
    assert found.tau2 == pytest.approx(0.335585588302158, rel=1e-8)
    assert found.tau2_method == "REML"


def test_harbord_is_that_of_meta_for_odds_ratios() -> None:
    found = harbord(*TABLES)

    assert found.statistic == pytest.approx(-1.25647434404506, rel=CLOSED)
    assert (found.slope, found.slope_se) == pytest.approx((-2.09299154079424, 1.66576544178062), rel=CLOSED)
    assert found.intercept == pytest.approx(-0.230842623249441, rel=CLOSED)
    assert found.p_value == pytest.approx(0.234971952122066, rel=CLOSED)


def test_harbord_for_risk_ratios_counts_the_arms_as_they_are_unless_asked_to_do_as_meta() -> None:
    as_meta = harbord(*TABLES, measure="RR", information="equal_arms")
    exact = harbord(*TABLES, measure="RR")

    assert (as_meta.slope, as_meta.slope_se) == pytest.approx(
        (-1.69001756358499, 1.61509898817297), rel=CLOSED
    )
    assert exact.slope == pytest.approx(-1.8371778406746, rel=CLOSED)


def test_harbord_is_the_same_for_risk_ratios_where_arms_are_equal() -> None:
    arms = ([9, 4, 3, 1], [50, 30, 20, 12], [14, 9, 8, 6], [50, 30, 20, 12])

    fisher = harbord(*arms, measure="RR")

    assert fisher == harbord(*arms, measure="RR", information="equal_arms")


def test_harbord_leaves_out_studies_that_say_nothing() -> None:
    with_empty = harbord(
        [9, 4, 3, 1, 0, 10], [50, 30, 20, 12, 9, 10], [14, 9, 8, 6, 0, 9], [50, 30, 20, 12, 9, 9]
    )
    without = harbord([9, 4, 3, 1], [50, 30, 20, 12], [14, 9, 8, 6], [50, 30, 20, 12])

    assert with_empty == without
    assert with_empty.k == 4
    with pytest.raises(TooFewStudies):
        harbord([0, 1, 2], [9, 9, 9], [0, 2, 3], [9, 9, 9])


def test_macaskill_deeks_and_pustejovsky_are_those_of_meta() -> None:
    data = bcg.odds_ratios()
    n1, n2 = bcg.TOTALS1, bcg.TOTALS2

    by_size = macaskill(data.yi, data.vi, totals=data.ni)
    by_effective_size = deeks(data.yi, totals1=n1, totals2=n2)
    by_arms = pustejovsky_rodgers(data.yi, data.vi, totals1=n1, totals2=n2)

    assert [by_size.statistic, by_size.p_value] == pytest.approx([4.7114857245961, 0.000638170187086762])
    assert by_effective_size.statistic == pytest.approx(-1.8018125229584, rel=CLOSED)
    assert by_effective_size.slope == pytest.approx(-50.2971699400331, rel=CLOSED)
    assert [by_arms.statistic, by_arms.slope] == pytest.approx([-2.87801425441827, -21.1693657409869])


def test_ruecker_is_thompsons_test_of_arcsine_differences() -> None:
    found = ruecker_thompson(*TABLES)

    assert found.code == "ruecker_thompson"
    assert found.k == 13
    assert [found.slope, found.slope_se] == pytest.approx([-2.67894571241197, 0.994313307206635], rel=1e-7)
    assert found.p_value == pytest.approx(0.0208694277802881, rel=1e-7)


def test_arcsine_differences_exist_without_events() -> None:
    found = ruecker_thompson([0, 4, 3, 0], [50, 30, 20, 12], [0, 9, 8, 6], [50, 31, 19, 12])

    assert found.k == 4


def test_an_infinitely_large_study_is_where_the_line_of_any_scale_ends() -> None:
    yi, vi = np.array([0.3, -0.2, 0.4, 0.1]), np.array([0.01, 0.02, 0.04, 0.03])

    plain, far = egger(yi, vi), egger(yi + 1e6, vi)

    assert far.slope == pytest.approx(plain.slope, rel=1e-8)
    assert far.intercept - 1e6 == pytest.approx(plain.intercept, abs=1e-8)


@pytest.mark.parametrize("vi", [[1e-18, 2e-18, 5e-18, 3e-18], [1e18, 2e18, 5e18, 3e18]])
def test_tiny_and_huge_variances_change_the_scale_only(vi: list[float]) -> None:
    scale = np.sqrt(vi[0])
    yi = np.array([0.3, -0.2, 0.4, 0.1])

    found = egger(yi * scale, vi)

    assert found.statistic == pytest.approx(egger(yi, np.array(vi) / vi[0]).statistic, rel=1e-9)


def test_counts_that_no_study_can_have_are_refused_by_name() -> None:
    with pytest.raises(ImpossibleData, match=r"events1\[1\] is 31 of 30"):
        harbord([9, 31, 3], [50, 30, 20], [14, 9, 8], [50, 31, 19])
    with pytest.raises(ShapeMismatch, match="events2"):
        harbord([9, 3, 3], [50, 30, 20], [14, 9], [50, 31])
    with pytest.raises(NotFinite):
        ruecker_thompson([9, 3, math.nan], [50, 30, 20], [14, 9, 8], [50, 31, 19])
    with pytest.raises(ImpossibleData, match="totals1"):
        deeks([0.1, 0.2, 0.3], totals1=[4, 0, 5], totals2=[4, 5, 6])
    with pytest.raises(ShapeMismatch, match="totals2"):
        deeks([0.1, 0.2, 0.3], totals1=[4, 2, 5], totals2=[4, 5])
    with pytest.raises(NotFinite, match="totals"):
        macaskill([0.1, 0.2, 0.3], [0.1] * 3, totals=[4, math.inf, 5])


def test_options_are_named_when_they_are_unknown() -> None:
    yi, vi = [0.1, 0.2, 0.4], [0.1, 0.2, 0.3]
    with pytest.raises(UnknownOption, match="model"):
        regression_test(yi, vi, [1, 2, 3], model="glm")  # type: ignore[arg-type]
    with pytest.raises(UnknownOption, match="ci_method"):
        regression_test(yi, vi, [1, 2, 3], model="rma", ci_method="x")  # type: ignore[arg-type]
    with pytest.raises(UnknownOption, match="measure"):
        harbord(*TABLES, measure="RD")  # type: ignore[arg-type]
    with pytest.raises(NotPositive, match="weights"):
        regression_test(yi, vi, [1, 2, 3], weights=[1, 0, 1])
    with pytest.raises(NotFinite, match="predictor"):
        regression_test(yi, vi, [1, 2, math.nan])


@pytest.mark.parametrize("effect", [0.0, 0.2, -1234.5])
def test_identical_effects_have_no_slope(effect: float) -> None:
    yi, vi = [effect] * 4, [0.01, 0.03, 0.07, 0.3]

    found, additive = egger(yi, vi), thompson_sharp(yi, vi)

    assert (found.slope, found.statistic, found.p_value, found.dispersion) == (0, 0, 1, 0)
    assert found.intercept == pytest.approx(effect, rel=1e-14)
    assert (additive.tau2, additive.slope, additive.p_value) == (0, 0, 1)
