"""Rank correlation tests against meta 8.2-1, metafor 3.8-1 and cor.test() of R 4.2.2, and at the edges."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from analysis.meta import (
    ImpossibleData,
    NotFinite,
    NoVariation,
    TooFewStudies,
    UnknownOption,
    begg,
    ruecker_begg,
    schwarzer,
)
from analysis.meta.bias.hypergeometric import conditional_moments
from analysis.meta.bias.kendall import exact_two_sided_p, kendall
from analysis.meta.bias.tables import checked_tables
from tests.analysis.meta import bcg

TABLES = (bcg.EVENTS1, bcg.TOTALS1, bcg.EVENTS2, bcg.TOTALS2)


def test_begg_is_exact_as_in_metafor_where_there_are_no_ties() -> None:
    data = bcg.odds_ratios()

    found = begg(data.yi, data.vi)

    assert found.tau == pytest.approx(0.0256410256410256, rel=1e-12)
    assert found.p_value == pytest.approx(0.952361907960866, rel=1e-12)
    assert (found.p_method, found.ties, found.k) == ("exact", False, 13)


def test_begg_is_normal_as_in_meta_on_request() -> None:
    data = bcg.odds_ratios()

    plain = begg(data.yi, data.vi, p_value="normal")
    corrected = begg(data.yi, data.vi, p_value="normal", continuity=True)

    assert plain.score == 2
    assert plain.score_se == pytest.approx(16.391054470859, rel=1e-12)
    assert plain.p_value == pytest.approx(0.90288494086971, rel=1e-12)
    assert corrected.statistic == pytest.approx(1 / 16.391054470859, rel=1e-12)
    assert corrected.continuity


def test_ties_turn_the_exact_p_value_into_a_normal_one() -> None:
    yi, vi = [0.1, 0.3, 0.6, 0.5, 0.2], [0.01, 0.04, 0.04, 0.16, 0.2]

    found = begg(yi, vi)

    assert found.ties
    assert found.p_method == "normal"
    with pytest.raises(NoVariation, match="ties"):
        begg(yi, vi, p_value="exact")


def test_variances_that_differ_by_rounding_are_tied() -> None:
    third = 0.1 + 0.2

    found = begg([0.1, 0.3, 0.6, 0.5], [0.3, third, 0.4, 0.5])

    assert third != 0.3
    assert found.ties


def test_one_dominant_study_costs_no_digits() -> None:
    yi, vi = [0.1, 0.3, 0.6, 0.05], [1e-22, 1.0, 2.0, 3.0]

    found = begg(yi, vi)

    # Standardised: -0.32 against the mean 0.336 of the others, then 0.2, 0.354 and -0.029 against 0.1.
    assert found.score == 2


def test_nothing_can_be_ranked_where_all_are_alike() -> None:
    with pytest.raises(NoVariation, match="precision"):
        begg([0.1, 0.2, 0.4], [0.1, 0.1, 0.1])
    with pytest.raises(NoVariation, match="effect"):
        begg([0.7, 0.7, 0.7], [0.1, 0.2, 0.3])


def test_two_studies_say_nothing_and_one_is_refused() -> None:
    assert begg([0.2, 0.3], [0.01, 0.02]).p_value == 1
    with pytest.raises(TooFewStudies):
        begg([0.2], [0.01])


def test_ruecker_is_beggs_test_of_arcsine_differences() -> None:
    found = ruecker_begg(*TABLES)

    assert found.code == "ruecker_begg"
    assert found.tau == pytest.approx(-0.282051282051282, rel=1e-12)
    assert found.p_value == pytest.approx(0.204366771667119, rel=1e-12)


def test_schwarzer_is_that_of_meta() -> None:
    found = schwarzer(*TABLES)

    assert found.score == 6
    assert found.score_se == pytest.approx(16.391054470859, rel=1e-12)
    assert found.p_value == pytest.approx(0.71432528466629, rel=1e-12)


def test_schwarzer_takes_arms_without_events() -> None:
    found = schwarzer([0] * 5, [30, 41, 22, 64, 51], [2, 1, 0, 5, 3], [31, 40, 20, 60, 52])

    # As meta: the trial without any event drops out.
    assert found.k == 4
    assert found.score == 6
    assert found.score_se == pytest.approx(2.94392028877595)


def test_schwarzer_refuses_what_it_cannot_use() -> None:
    with pytest.raises(TooFewStudies, match="both events and non-events"):
        schwarzer([0, 1], [9, 9], [0, 2], [9, 9])
    with pytest.raises(ImpossibleData, match="whole number"):
        schwarzer([1.5, 1, 2], [9, 9, 9], [0, 2, 3], [9, 9, 9])
    with pytest.raises(NotFinite, match="log_or"):
        schwarzer(*TABLES, log_or=math.inf)
    with pytest.raises(UnknownOption, match="p_value"):
        schwarzer(*TABLES, p_value="best")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arms", "psi", "mean", "variance"),
    [
        ((20, 30, 12), 2.5, 6.88153365878635, 2.23802687703216),
        ((13598, 12867, 310), 0.3, 75.3523637436711, 56.5441162852863),
    ],
)
def test_conditional_moments_are_those_summed_in_r(
    arms: tuple[int, int, int], psi: float, mean: float, variance: float
) -> None:
    n1, n2, m = arms
    tables = checked_tables([1], [n1], [m - 1], [n2])

    found = conditional_moments(tables, math.log(psi))

    assert [float(found[0][0]), float(found[1][0])] == pytest.approx([mean, variance], rel=1e-9)


def test_conditional_moments_of_the_central_distribution_are_in_closed_form() -> None:
    tables = checked_tables([5000, 3], [400000, 9], [5000, 2], [600000, 7])

    mean, variance = conditional_moments(tables, 0.0)

    n1, n2, m = tables.totals1, tables.totals2, tables.events
    n = n1 + n2
    assert mean == pytest.approx(m * n1 / n, rel=1e-11)
    assert variance == pytest.approx(m * n1 * n2 * (n - m) / (n**2 * (n - 1)), rel=1e-11)


@pytest.mark.parametrize("log_or", [-30.0, 30.0])
def test_conditional_moments_survive_extreme_odds_ratios(log_or: float) -> None:
    tables = checked_tables([5], [20], [7], [30])

    mean, variance = conditional_moments(tables, log_or)

    assert mean[0] == pytest.approx(0.0 if log_or < 0 else 12.0, abs=1e-9)
    assert 0 < variance[0] < 1e-9


def test_the_exact_p_value_counts_permutations() -> None:
    k = 6
    scores = []
    for order in itertools.permutations(range(k)):
        pairs = itertools.combinations(order, 2)
        scores.append(sum(1 if first < second else -1 for first, second in pairs))

    for score in sorted(set(scores)):
        share = Fraction(sum(abs(other) >= abs(score) for other in scores), len(scores))
        assert exact_two_sided_p(score, k) == pytest.approx(float(share), rel=1e-12)


@pytest.mark.parametrize(
    ("k", "score", "p_value"),
    [(41, 162, 0.0703716831700616), (100, -254, 0.452163691263127), (100, 1832, 2.19506224e-08)],
)
def test_the_exact_p_value_of_many_studies_is_that_of_r(k: int, score: int, p_value: float) -> None:
    assert exact_two_sided_p(score, k) == pytest.approx(p_value, rel=1e-8)


def test_the_exact_p_value_knows_its_far_tail() -> None:
    assert exact_two_sided_p(50 * 49 // 2, 50) == pytest.approx(2 / math.factorial(50), rel=1e-9)
    assert 0 < exact_two_sided_p(150_000, 1000) < 1e-20


def test_the_exact_p_value_of_a_thousand_studies_is_close_to_normal() -> None:
    deviation = math.sqrt(1000 * 999 * 2005 / 18)
    score = 2 * round(0.98 * deviation)

    found = exact_two_sided_p(score, 1000)

    assert found == pytest.approx(math.erfc((score - 1) / deviation / math.sqrt(2)), rel=1e-3)


@pytest.mark.parametrize("values", [3, 40, 10**9])
def test_pairs_are_counted_alike_whether_studies_are_few_or_many(values: int) -> None:
    rng = np.random.default_rng(3)
    x, y = rng.integers(0, values, (2, 300)).astype(np.float64)

    found = kendall(x, y)

    signs = np.sign(x[:, None] - x) * np.sign(y[:, None] - y)
    assert found.score == round(signs.sum() / 2)


def test_the_score_of_many_studies_changes_sign_with_the_effects() -> None:
    rng = np.random.default_rng(4)
    yi, vi = rng.normal(size=500), rng.uniform(0.1, 1, 500)

    assert begg(-yi, vi).score == -begg(yi, vi).score
