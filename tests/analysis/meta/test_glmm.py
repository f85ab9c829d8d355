"""Mixed models of counts: exact maxima, metafor 3.8-1, and what has no answer."""

import doctest

import numpy as np
import pytest

from analysis.meta import (
    ImpossibleData,
    Separation,
    TooFewStudies,
    UnknownOption,
    glmm_odds_ratios,
    glmm_proportions,
    glmm_rate_ratios,
    glmm_rates,
)
from analysis.meta.glmm import Glmm, door
from tests.analysis.meta import bcg

EXACT = 1e-7
# Rates of stroke under warfarin and control (metadat 1.2-0, dat.hart1999): events and patient-years.
EVENTS1, YEARS1 = [9, 8, 3, 6, 2, 20], [413, 263, 487, 237, 241, 709.3]


def odds(model: str, **options: object) -> Glmm:
    return glmm_odds_ratios(
        bcg.EVENTS1,
        bcg.TOTALS1,
        bcg.EVENTS2,
        bcg.TOTALS2,
        model=model,  # type: ignore[arg-type]
        **options,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("model", "nodes", "estimate", "se", "tau2"),
    [
        # An independent adaptive quadrature with 7 and with 61 nodes.
        ("UM.FS", 7, -0.745003395013195, 0.175562228440734, 0.294886043810907),
        ("UM.FS", 61, -0.745003393924978, 0.175562228712239, 0.294886045477582),
        ("CM.AL", 7, -0.722119058066405, 0.174401002194258, 0.288706148688375),
        ("CM.AL", 61, -0.722119072765545, 0.174401049932485, 0.28870635615862),
        # lme4 1.1-31 with tightened tolerances, Laplace.
        ("UM.RS", 1, -0.761648934674897, 0.182141334971701, 0.319859758131842),
    ],
)
def test_odds_ratios_of_bcg_have_the_exact_maximum(
    model: str, nodes: int, estimate: float, se: float, tau2: float
) -> None:
    found = odds(model, nodes=nodes)

    assert found.estimate == pytest.approx(estimate, rel=EXACT)
    assert found.se == pytest.approx(se, rel=10 * EXACT)
    assert found.tau2 == pytest.approx(tau2, rel=EXACT)


def test_the_exact_conditional_model_of_bcg_is_that_of_metafor() -> None:
    found = odds("CM.EL")

    # metafor integrates exactly, but takes its standard error from a finite-difference Hessian.
    assert found.estimate == pytest.approx(-0.753810509099587, rel=EXACT)
    assert found.tau2 == pytest.approx(0.31163488229031, rel=EXACT)
    assert found.se == pytest.approx(0.180075847609789, rel=1e-4)
    assert found.q_lrt.statistic == pytest.approx(176.873839308222, rel=EXACT)


def test_proportions_have_the_exact_maximum_and_both_tests_of_homogeneity() -> None:
    found = glmm_proportions(bcg.EVENTS2, bcg.TOTALS2, test="t", prediction="V")

    assert found.estimate == pytest.approx(-4.11577928909541, rel=EXACT)
    assert found.se == pytest.approx(0.443666001126513, rel=EXACT)
    assert found.tau2 == pytest.approx(2.50297909367349, rel=EXACT)
    assert found.q_lrt.statistic == pytest.approx(2597.37312591943, rel=EXACT)
    assert found.q_wald.statistic == pytest.approx(3717.72082648032, rel=EXACT)
    assert (found.df, found.q_wald.df) == (12, 12)
    assert found.prediction is not None
    assert found.prediction.low < found.ci.low < found.ci.high < found.prediction.high
    assert found.se_tau2 is not None
    assert found.se_tau2 > 0


def test_rates_have_the_maximum_of_lme4() -> None:
    found = glmm_rates(EVENTS1, YEARS1)
    equal = glmm_rates(EVENTS1, YEARS1, method="EE")

    assert equal.estimate == pytest.approx(np.log(sum(EVENTS1) / sum(YEARS1)), rel=1e-12)
    assert equal.se == pytest.approx(1 / np.sqrt(sum(EVENTS1)), rel=1e-12)
    assert found.tau2 > 0
    assert found.se > equal.se


def test_equal_effects_of_proportions_are_the_crude_proportion() -> None:
    found = glmm_proportions([2, 0, 5], [20, 10, 30], method="EE")

    assert found.estimate == pytest.approx(np.log(7 / 53), rel=1e-12)
    assert found.se == pytest.approx(np.sqrt(1 / 7 + 1 / 53), rel=1e-12)
    assert (found.tau2, found.i2, found.h2, found.nodes) == (0, 0, 1, None)


def test_equal_rate_ratios_are_the_same_conditional_or_not() -> None:
    counts = (EVENTS1, YEARS1, [19, 19, 9, 19, 11, 48], [398, 245, 440, 212, 242, 660])
    fixed = glmm_rate_ratios(*counts, model="UM.FS", method="EE")
    conditional = glmm_rate_ratios(*counts, model="CM.EL", method="EE")

    assert fixed.estimate == pytest.approx(conditional.estimate, rel=1e-12)
    assert fixed.se == pytest.approx(conditional.se, rel=1e-12)
    assert fixed.q_lrt.statistic == pytest.approx(conditional.q_lrt.statistic, rel=1e-9)


@pytest.mark.parametrize("model", ["UM.FS", "UM.RS", "CM.AL", "CM.EL"])
def test_effects_that_are_alike_give_a_variance_of_exactly_0(model: str) -> None:
    found = glmm_odds_ratios([10, 20, 30], [100] * 3, [20, 37, 50], [100] * 3, model=model)  # type: ignore[arg-type]
    equal = glmm_odds_ratios(
        [10, 20, 30],
        [100] * 3,
        [20, 37, 50],
        [100] * 3,
        model=model,  # type: ignore[arg-type]
        method="EE",
    )

    assert (found.tau2, found.se_tau2, found.i2) == (0, None, 0)
    assert found.estimate == pytest.approx(equal.estimate, rel=1e-6)
    assert found.se == pytest.approx(equal.se, rel=1e-6)


@pytest.mark.parametrize("model", ["UM.FS", "CM.AL", "CM.EL"])
def test_one_trial_is_its_own_pool(model: str) -> None:
    found = glmm_odds_ratios([5], [20], [9], [22], model=model, test="t", prediction="V")  # type: ignore[arg-type]

    assert found.tau2 == 0
    assert (found.k, found.df, found.prediction) == (1, None, None)
    assert (found.q_wald.statistic, found.q_wald.p_value) == (0, 1)
    assert found.estimate < 0 < found.se


def test_one_proportion_is_its_own_logit() -> None:
    found = glmm_proportions([3], [12])

    assert found.estimate == pytest.approx(np.log(3 / 9), rel=1e-12)
    assert (found.tau2, found.i2) == (0, 0)


def test_counts_at_their_end_in_every_study_have_no_estimate() -> None:
    with pytest.raises(Separation, match="as few as they can be in every study"):
        glmm_proportions([0, 0, 0], [10, 20, 15])
    with pytest.raises(Separation, match="as many as they can be in every study"):
        glmm_proportions([10, 20], [10, 20], method="EE")
    with pytest.raises(Separation, match="between-study variance"):
        glmm_proportions([0, 20], [10, 20])
    for model in ("UM.FS", "UM.RS", "CM.AL", "CM.EL"):
        with pytest.raises(Separation):
            glmm_odds_ratios([0, 0, 0], [10, 20, 15], [2, 4, 1], [11, 19, 15], model=model)
    with pytest.raises(Separation):
        glmm_rates([0, 0], [10.5, 12])
    with pytest.raises(Separation):
        glmm_rate_ratios([0, 0], [10, 12], [2, 3], [9, 9])


def test_extreme_counts_of_both_kinds_have_an_equal_effect() -> None:
    found = glmm_proportions([0, 20], [10, 20], method="EE")

    assert found.estimate == pytest.approx(np.log(2), rel=1e-12)


def test_an_empty_arm_needs_no_correction_beside_other_trials() -> None:
    tables = ([0, 4, 6], [20, 30, 41], [3, 9, 11], [21, 30, 40])
    fixed, exact = (glmm_odds_ratios(*tables, model=model) for model in ("UM.FS", "CM.EL"))
    without = glmm_odds_ratios(*(column[1:] for column in tables), model="CM.EL")

    assert fixed.estimate == pytest.approx(exact.estimate, abs=0.02)
    assert exact.estimate < without.estimate < 0


def test_trials_without_events_say_nothing_but_may_be_counted() -> None:
    tables = ([2, 4, 0], [20, 30, 15], [5, 9, 0], [21, 30, 15])
    left_out = glmm_odds_ratios(*tables)
    kept = glmm_odds_ratios(*tables, drop00=False)

    assert (left_out.k, kept.k, kept.k_informative) == (2, 3, 2)
    assert kept.estimate == pytest.approx(left_out.estimate, rel=1e-12)
    assert kept.q_wald.df == 2
    with pytest.raises(TooFewStudies):
        glmm_odds_ratios([0], [10], [0], [10])


def test_the_coding_of_the_random_effect_matters_as_in_metafor() -> None:
    # rma.glmm(model="UM.FS", coding=1) and coding=0; metafor's optimiser is good to about 1e-3.
    second, first = odds("UM.FS", coding=1), odds("UM.FS", coding=0)

    assert second.estimate == pytest.approx(-0.7639531, abs=1e-6)
    assert second.tau2 == pytest.approx(0.2810174, abs=1e-5)
    assert first.estimate == pytest.approx(-0.7270745, abs=1e-4)
    with pytest.raises(UnknownOption, match="coding"):
        odds("UM.FS", coding=2)


def test_huge_tables_are_summed_where_they_matter() -> None:
    totals = [90_000, 70_000, 100_000]
    tables = ([36_200, 27_900, 40_500], totals, [37_800, 29_500, 42_000], totals)
    exact = glmm_odds_ratios(*tables, model="CM.EL", method="EE")
    fixed = glmm_odds_ratios(*tables, model="UM.FS", method="EE")

    # With such counts conditioning makes no difference beyond one in a total.
    assert exact.estimate == pytest.approx(fixed.estimate, rel=1e-4)
    assert exact.se == pytest.approx(fixed.se, rel=1e-4)


def test_swapping_arms_turns_the_sign() -> None:
    there = odds("CM.EL")
    back = glmm_odds_ratios(bcg.EVENTS2, bcg.TOTALS2, bcg.EVENTS1, bcg.TOTALS1, model="CM.EL")

    assert back.estimate == pytest.approx(-there.estimate, rel=1e-9)
    assert back.tau2 == pytest.approx(there.tau2, rel=1e-9)


def test_a_change_of_the_unit_of_time_moves_the_rate_only() -> None:
    years, months = glmm_rates(EVENTS1, YEARS1), glmm_rates(EVENTS1, np.multiply(YEARS1, 12))

    assert months.estimate == pytest.approx(years.estimate - np.log(12), rel=1e-10)
    assert months.tau2 == pytest.approx(years.tau2, rel=1e-8)


def test_unknown_options_and_broken_counts_are_refused_by_name() -> None:
    with pytest.raises(UnknownOption, match="nodes is 0"):
        glmm_proportions([1], [10], nodes=0)
    with pytest.raises(UnknownOption, match=r"nodes is 2\.5"):
        glmm_proportions([1], [10], nodes=2.5)  # type: ignore[arg-type]
    with pytest.raises(UnknownOption, match="model"):
        odds("CM")
    with pytest.raises(UnknownOption, match="method"):
        glmm_rates([1], [10], method="REML")  # type: ignore[arg-type]
    with pytest.raises(ImpossibleData, match="whole numbers"):
        glmm_odds_ratios([1.5, 2], [10, 10], [2, 3], [10, 10], model="CM.EL")
    with pytest.raises(TooFewStudies):
        glmm_proportions([], [])


def test_the_examples_run() -> None:
    outcome = doctest.testmod(door)

    assert outcome.attempted >= 4
    assert outcome.failed == 0


def test_the_binomial_approximation_has_an_answer_where_all_controls_had_the_event() -> None:
    tables = [3, 5, 2, 9], [20, 25, 18, 40], [15, 20, 11, 30], [15, 20, 11, 30]

    found = glmm_odds_ratios(*tables, model="CM.AL", method="EE")

    assert [found.estimate, found.se] == pytest.approx([-1.68703329488482, 0.256643282551332], rel=1e-6)
    with pytest.raises(Separation):
        glmm_odds_ratios(*tables, model="UM.FS", method="EE")
