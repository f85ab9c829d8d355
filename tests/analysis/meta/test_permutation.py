"""Permutation tests against metafor 3.8-1 and plain loops."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest

from analysis.meta import (
    TooFewStudies,
    TooManySubsets,
    UnknownOption,
    design_matrix,
    permutation_test,
    regress,
)
from tests.analysis.meta import bcg

LATITUDE = [44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33]


def test_the_mean_by_all_signs_is_that_of_metafor() -> None:
    data = bcg.risk_ratios()

    found = permutation_test(data.yi[:8], data.vi[:8])

    assert (found.n, found.exact, found.names) == (256, True, ("(Intercept)",))
    assert found.p_value == pytest.approx([0.015625])
    assert found.moderator_p == pytest.approx(0.015625)
    assert found.simulation_se.tolist() == [0.0]


def test_a_category_by_all_arrangements_is_that_of_metafor() -> None:
    data = bcg.risk_ratios()

    found = permutation_test(data.yi[:7], data.vi[:7], design_matrix({"alloc": bcg.ALLOCATION[:7]}))

    assert (found.n, found.exact) == (21, True)
    assert found.p_value == pytest.approx([0.23809524, 0.04761905])


@pytest.mark.parametrize("ci_method", ["wald", "hk", "hk_adhoc"])
@pytest.mark.parametrize("method", ["REML", "DL", "EE"])
def test_all_arrangements_are_those_of_a_loop(ci_method: Any, method: Any) -> None:
    data = bcg.risk_ratios()
    yi, vi = data.yi[:5], data.vi[:5]
    design = np.column_stack([np.ones(5), LATITUDE[:5], [0, 1, 0, 1, 1]])
    options: dict[str, Any] = {"tau2_method": method, "ci_method": ci_method}

    found = permutation_test(yi, vi, design, **options)

    fits = [regress(yi, vi, design[list(order)], **options) for order in permutations(range(5))]
    own = regress(yi, vi, design, **options)
    beyond = np.mean([np.abs(fit.statistic) >= np.abs(own.statistic) - 1e-8 for fit in fits], axis=0)
    together = np.mean([fit.moderator_test.statistic >= own.moderator_test.statistic - 1e-8 for fit in fits])
    assert found.n == 120
    assert found.statistic == pytest.approx(own.statistic, rel=1e-8)
    assert found.p_value == pytest.approx(beyond)
    assert found.moderator_p == pytest.approx(together)


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("method", ["REML", "ML", "DL"])
def test_a_design_without_an_intercept_is_that_of_a_loop(columns: int, method: Any) -> None:
    yi, vi = [1.0, 2.0, 3.0, 4.0], [0.01, 0.02, 0.01, 0.03]
    design = np.array([[1, 0.3], [2, 1], [3, 0.2], [4.5, 5.0]])[:, :columns]

    found = permutation_test(yi, vi, design, tau2_method=method)

    fits = [regress(yi, vi, design[list(order)], tau2_method=method) for order in permutations(range(4))]
    beyond = np.mean([np.abs(fit.statistic) >= np.abs(found.statistic) - 1e-7 for fit in fits], axis=0)
    assert found.statistic == pytest.approx(fits[0].statistic, rel=1e-8)
    assert found.p_value == pytest.approx(beyond)
    assert found.p_value.min() >= 1 / 24


def test_a_line_through_all_effects_is_beyond_all_others_but_its_mirror_image() -> None:
    design = np.column_stack([np.ones(4), [1.0, 2.0, 3.0, 4.0]])

    found = permutation_test([0.1, 0.2, 0.3, 0.4], [1.0] * 4, design, ci_method="hk")

    assert found.statistic.tolist() == [0.0, np.inf]
    assert found.p_value == pytest.approx([1.0, 2 / 24])
    assert found.moderator_p == pytest.approx(2 / 24)


def test_equal_effects_are_beyond_all_other_signs() -> None:
    found = permutation_test([1.0, 1.0, 1.0], [1.0, 1.0, 1.0], ci_method="hk")

    assert found.statistic.tolist() == [np.inf]
    assert found.p_value.tolist() == [0.25]


def test_the_joint_statistic_is_that_of_the_regression() -> None:
    data = bcg.risk_ratios()
    design = np.column_stack([np.ones(5), LATITUDE[:5], [0, 1, 0, 1, 1]])

    found = permutation_test(data.yi[:5], data.vi[:5], design, ci_method="hk")
    fit = regress(data.yi[:5], data.vi[:5], design, ci_method="hk")

    assert found.moderator_statistic == pytest.approx(fit.moderator_test.statistic, rel=1e-8)


def test_a_sample_counts_the_observed_one_and_follows_its_seed() -> None:
    data = bcg.risk_ratios()
    design = design_matrix({"ablat": LATITUDE})

    first = permutation_test(data.yi, data.vi, design, n=200, seed=7)
    again = permutation_test(data.yi, data.vi, design, n=200, seed=np.random.default_rng(7))
    signs = permutation_test(data.yi, data.vi, n=300, seed=1)

    assert (first.n, first.exact) == (200, False)
    assert first.p_value.tolist() == again.p_value.tolist()
    assert first.p_value.min() >= 1 / 200
    assert first.p_value[1] < 0.05
    assert 0 < first.simulation_se[1] < 0.02
    assert (signs.n, signs.exact) == (300, False)
    assert 1 / 300 <= signs.p_value[0] < 0.05


def test_what_cannot_be_rearranged_is_named() -> None:
    data = bcg.risk_ratios()
    design = design_matrix({"ablat": LATITUDE})

    with pytest.raises(TooManySubsets, match="2000000"):
        permutation_test(data.yi, data.vi, design, exact=True)
    with pytest.raises(UnknownOption, match="seed is None"):
        permutation_test(data.yi, data.vi, design, seed=None)  # type: ignore[arg-type]  # the point of the test
    with pytest.raises(UnknownOption, match="n is 1"):
        permutation_test(data.yi, data.vi, design, n=1)
    with pytest.raises(TooFewStudies):
        permutation_test([0.1, 0.2], [0.1, 0.1], design_matrix({"x": [1, 2]}))
