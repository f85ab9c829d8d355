"""Meta-regression against metafor 3.8-1, and at the edges."""

from typing import Any

import numpy as np
import pytest

from analysis.meta import (
    NotFinite,
    RankDeficient,
    ShapeMismatch,
    TooFewStudies,
    UnknownOption,
    design_matrix,
    pool,
    regress,
)
from tests.analysis.meta import bcg

LATITUDE = [44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33]
ITERATIVE = 1e-8


def test_latitude_and_allocation_with_knapp_hartung_are_those_of_metafor() -> None:
    data = bcg.risk_ratios()
    design = design_matrix({"ablat": LATITUDE, "alloc": bcg.ALLOCATION})

    found = regress(data.yi, data.vi, design, ci_method="hk")

    assert found.names == ("(Intercept)", "ablat", "allocrandom", "allocsystematic")
    assert found.coefficients == pytest.approx(
        [0.2931943560033286, -0.0272757562981352, -0.2674912115129131, 0.0584612869282734], rel=ITERATIVE
    )
    assert found.se == pytest.approx(
        [0.41884262187428367, 0.00951387207097563, 0.36241070936536657, 0.39248720778129792], rel=ITERATIVE
    )
    test = found.moderator_test
    assert (test.df, test.df_error, found.df) == (3, 9, 9)
    assert [test.statistic, test.p_value] == pytest.approx([3.44710676347695, 0.06500697924364], rel=1e-7)
    assert [found.i2, found.h2, found.r2] == pytest.approx(
        [70.11024885056664857, 3.34562838947877150, 53.8396139092174], rel=1e-7
    )
    assert [found.residual_q, found.residual_p] == pytest.approx(
        [26.20343649164853517, 0.00189209572183586], rel=ITERATIVE
    )
    assert found.residual_df == 9


def test_predictions_at_new_points_are_those_of_metafor() -> None:
    data = bcg.risk_ratios()
    design = design_matrix({"ablat": LATITUDE, "alloc": bcg.ALLOCATION})
    found = regress(data.yi, data.vi, design, ci_method="hk")

    seen = found.predict(design.rows({"ablat": [40, 10], "alloc": ["random", "alternate"]}), prediction="HK")

    assert seen.estimate == pytest.approx([-1.065327107435, 0.020436793022], rel=1e-8)
    assert seen.se == pytest.approx([0.206792114192, 0.359594548707], rel=1e-8)
    assert seen.ci_low == pytest.approx([-1.533123369764, -0.793022591039], rel=1e-8)
    assert seen.ci_high == pytest.approx([-0.597530845106, 0.833896177083], rel=1e-8)
    assert seen.pi_low == pytest.approx([-2.044497009870, -1.163478965933], rel=1e-8)
    assert seen.pi_high == pytest.approx([-0.086157205000, 1.204352551977], rel=1e-8)
    assert seen.prediction_df == 9


def test_t_intervals_residuals_and_leverages_are_those_of_metafor() -> None:
    data = bcg.risk_ratios()
    design = design_matrix({"ablat": LATITUDE})

    found = regress(data.yi, data.vi, design, ci_method="t")

    assert found.ci_low == pytest.approx([-0.2967870613934442, -0.0449385334468674], rel=ITERATIVE)
    assert found.ci_high == pytest.approx([0.799723481408122, -0.013264916576431], rel=ITERATIVE)
    assert found.p_value == pytest.approx([0.3344135973633544, 0.0019334879984963], rel=1e-7)
    assert found.standardised[:3] == pytest.approx(
        [0.225955779513223, -0.492117840931293, -0.547724522894369], rel=1e-7
    )
    assert found.hat[:3] == pytest.approx(
        [0.0490232949590520, 0.1492658426052144, 0.0351420480336974], rel=1e-7
    )
    assert found.hat.sum() == pytest.approx(2)
    seen = found.predict(design.rows({"ablat": [10, 60]}))
    assert seen.pi_low == pytest.approx([-0.7734051958741587, -2.2892972362911541], rel=1e-8)


@pytest.mark.parametrize("method", ["EE", "DL", "REML", "ML"])
@pytest.mark.parametrize("ci_method", ["wald", "t", "hk", "hk_adhoc"])
def test_an_intercept_alone_is_a_pooled_mean(method: Any, ci_method: Any) -> None:
    data = bcg.risk_ratios()

    found = regress(data.yi, data.vi, np.ones((13, 1)), tau2_method=method, ci_method=ci_method)
    one = pool(data.yi, data.vi, tau2_method=method, ci_method=ci_method, prediction="V")

    assert found.names == ("(Intercept)",)
    assert [found.coefficients[0], found.se[0], found.p_value[0]] == pytest.approx(
        [one.estimate, one.se, one.p_value], rel=1e-8
    )
    assert [found.i2, found.h2, found.residual_q, found.log_likelihood] == pytest.approx(
        [one.heterogeneity.i2, one.heterogeneity.h2, one.heterogeneity.q, one.log_likelihood], rel=1e-8
    )
    assert found.weights == pytest.approx(one.weights, rel=1e-8)
    seen = found.predict([[1.0]])
    if one.prediction is not None:
        assert [seen.pi_low[0], seen.pi_high[0]] == pytest.approx(
            [one.prediction.low, one.prediction.high], rel=1e-8
        )
    else:
        assert (seen.pi_low[0], seen.pi_high[0]) == (seen.ci_low[0], seen.ci_high[0])


def test_units_of_a_moderator_do_not_matter() -> None:
    data = bcg.risk_ratios()
    plain = regress(data.yi, data.vi, design_matrix({"x": LATITUDE}))

    far = regress(data.yi, data.vi, design_matrix({"x": [1e6 + 1e-3 * value for value in LATITUDE]}))

    assert far.tau2.value == pytest.approx(plain.tau2.value, rel=1e-6)
    assert far.coefficients[1] == pytest.approx(1e3 * plain.coefficients[1], rel=1e-6)
    assert far.moderator_test.statistic == pytest.approx(plain.moderator_test.statistic, rel=1e-6)


def test_the_same_categories_with_and_without_intercept_fit_alike() -> None:
    data = bcg.risk_ratios()

    contrasts = regress(data.yi, data.vi, design_matrix({"alloc": bcg.ALLOCATION}))
    means = regress(data.yi, data.vi, design_matrix({"alloc": bcg.ALLOCATION}, intercept=False))

    assert means.names == ("allocalternate", "allocrandom", "allocsystematic")
    assert means.fitted == pytest.approx(contrasts.fitted, rel=1e-8)
    assert means.tau2.value == pytest.approx(contrasts.tau2.value, rel=1e-8)
    assert means.r2 is None
    assert contrasts.r2 is not None
    assert contrasts.test([1, 2]).statistic == pytest.approx(contrasts.moderator_test.statistic, rel=1e-12)
    assert means.moderator_test.df == 3


def test_a_study_that_determines_a_coefficient_alone_has_no_standardised_residual() -> None:
    design = design_matrix({"group": ["a", "a", "a", "b"]})

    found = regress([0.1, 0.2, 0.6, 0.9], [0.1, 0.1, 0.1, 0.1], design)

    assert np.isnan(found.standardised).tolist() == [False, False, False, True]
    assert found.hat[3] == pytest.approx(1)


def test_as_many_coefficients_as_studies_are_for_equal_effects_only() -> None:
    design = design_matrix({"x": [1, 2]})

    found = regress([0.1, 0.5], [0.1, 0.2], design, tau2_method="EE", ci_method="hk")

    assert (found.ci_method, found.df, found.residual_df, found.residual_q) == ("wald", None, 0, 0.0)
    assert found.coefficients == pytest.approx([-0.3, 0.4])
    with pytest.raises(TooFewStudies, match="tau2"):
        regress([0.1, 0.5], [0.1, 0.2], design)
    with pytest.raises(TooFewStudies):
        regress([0.1, 0.5], [0.1, 0.2], [[1, 2, 4], [1, 3, 5]], tau2_method="EE")


def test_equal_effects_have_no_spread_to_explain() -> None:
    found = regress([0.4] * 5, [0.1, 0.2, 0.1, 0.3, 0.2], design_matrix({"x": [1, 2, 3, 4, 6]}))

    assert (found.tau2.value, found.r2, found.i2) == (0.0, 0.0, 0.0)
    assert found.coefficients == pytest.approx([0.4, 0.0], abs=1e-12)


def test_what_repeats_another_column_is_named() -> None:
    data = bcg.risk_ratios()
    twice = np.column_stack([np.ones(13), LATITUDE, 2.0 * np.array(LATITUDE) + 3])

    with pytest.raises(RankDeficient, match="again"):
        regress(data.yi, data.vi, twice, names=["one", "latitude", "again"])
    with pytest.raises(RankDeficient, match="x1"):
        regress(data.yi, data.vi, np.column_stack([np.ones(13), np.zeros(13)]))


def test_bad_arguments_are_named() -> None:
    yi, vi, design = [0.1, 0.2, 0.4, 0.9], [0.1] * 4, design_matrix({"x": [1, 2, 3, 5]})
    found = regress(yi, vi, design)

    with pytest.raises(ShapeMismatch, match="4 studies"):
        regress(yi, vi, np.ones((3, 1)))
    with pytest.raises(ShapeMismatch, match="names"):
        regress(yi, vi, design.matrix, names=["x"])
    with pytest.raises(NotFinite, match=r"design\[2, 1\]"):
        regress(yi, vi, [[1.0, 1.0], [1.0, 2.0], [1.0, np.inf], [1.0, 4.0]])
    with pytest.raises(UnknownOption, match="wald"):
        regress(yi, vi, design, ci_method="auto")  # type: ignore[arg-type]  # the refusal is the test
    with pytest.raises(ShapeMismatch, match="points"):
        found.predict([[1.0]])
    with pytest.raises(NotFinite):
        found.predict([[1.0, np.nan]])
    with pytest.raises(UnknownOption):
        found.predict([[1.0, 2.0]], level=95)
    with pytest.raises(ShapeMismatch, match="columns"):
        found.test([2])
    with pytest.raises(ShapeMismatch):
        found.test([])


def test_a_line_through_every_effect_has_no_rounding_for_a_test() -> None:
    design = design_matrix({"x": [1.0, 2.0, 3.0, 4.0, 5.0]})

    found = regress([1.0, 2.0, 3.0, 4.0, 5.0], [0.1, 0.3, 0.2, 0.5, 0.1], design, ci_method="hk")

    assert found.coefficients == pytest.approx([0.0, 1.0])
    assert found.coefficients[0] == 0.0
    assert found.se.tolist() == [0.0, 0.0]
    assert np.isnan(found.statistic[0])
    assert np.isnan(found.p_value[0])
    assert (found.statistic[1], found.p_value[1]) == (np.inf, 0.0)
    assert (found.moderator_test.statistic, found.moderator_test.p_value) == (np.inf, 0.0)


def test_equal_effects_leave_nothing_for_a_moderator_to_say() -> None:
    design = design_matrix({"x": [1.0, 2.0, 3.0, 4.0]})

    found = regress([0.25] * 4, [0.1, 0.2, 0.3, 0.4], design, ci_method="hk")

    assert found.coefficients == pytest.approx([0.25, 0.0])
    assert np.isnan(found.moderator_test.statistic)
    assert np.isnan(found.moderator_test.p_value)
