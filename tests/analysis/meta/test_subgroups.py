"""Subgroups against metafor 3.8-1, and at the edges."""

from typing import Any

import pytest

from analysis.meta import (
    NotPositive,
    ShapeMismatch,
    TooFewStudies,
    between_groups,
    design_matrix,
    fit_common_tau2,
    pool_by_group,
    regress,
)
from tests.analysis.meta import bcg

ITERATIVE = 1e-9


def test_groups_with_their_own_tau2_are_those_of_metafor() -> None:
    data = bcg.risk_ratios()

    groups = pool_by_group(data.yi, data.vi, bcg.ALLOCATION)

    assert list(groups) == ["random", "alternate", "systematic"]
    assert [found.estimate for found in groups.values()] == pytest.approx(
        [-0.970964704263104, -0.540792961849346, -0.424207391510876], rel=ITERATIVE
    )
    assert [found.tau2.value for found in groups.values()] == pytest.approx(
        [0.392528006900871, 0.132577039878093, 0.400345880175083], rel=ITERATIVE
    )
    test = between_groups(
        [found.estimate for found in groups.values()], [found.se for found in groups.values()]
    )
    assert test.statistic == pytest.approx(1.86144494615456, rel=ITERATIVE)
    assert (test.df, test.df_error) == (2, None)
    assert test.p_value == pytest.approx(0.3942687588856, rel=ITERATIVE)


def test_groups_with_one_tau2_are_those_of_metafor() -> None:
    data = bcg.risk_ratios()

    found = fit_common_tau2(data.yi, data.vi, bcg.ALLOCATION)

    assert found.tau2.value == pytest.approx(0.361503664324018, rel=ITERATIVE)
    assert found.estimates == pytest.approx(
        [-0.965774178545846, -0.517955777155295, -0.428917560923577], rel=ITERATIVE
    )
    assert found.se == pytest.approx([0.267244094065263, 0.441194460386851, 0.344945367625299], rel=ITERATIVE)
    assert found.test.statistic == pytest.approx(1.76751140193171, rel=ITERATIVE)
    assert found.residual_q == pytest.approx(132.367638262708, rel=ITERATIVE)
    assert found.residual_df == 10


def test_one_tau2_comes_with_limits_and_the_share_explained() -> None:
    data = bcg.odds_ratios()

    found = fit_common_tau2(data.yi, data.vi, bcg.ALLOCATION, level=0.95)

    assert found.levels == ("random", "alternate", "systematic")
    assert found.ci_low == pytest.approx([-1.53632296914147, -1.50851708725964, -1.133093278539], rel=1e-8)
    assert found.ci_high == pytest.approx(
        [-0.447972625308982, 0.294633169701472, 0.268084669974414], rel=1e-8
    )
    assert (found.r2, found.level) == (0.0, 0.95)


@pytest.mark.parametrize("ci_method", ["t", "hk", "hk_adhoc"])
def test_one_tau2_with_t_compares_groups_by_f(ci_method: Any) -> None:
    data = bcg.odds_ratios()

    found = fit_common_tau2(data.yi, data.vi, bcg.ALLOCATION, ci_method=ci_method)

    model = regress(data.yi, data.vi, design_matrix({"g": bcg.ALLOCATION}), ci_method=ci_method)
    assert found.test.statistic == pytest.approx(model.moderator_test.statistic, rel=1e-8)
    assert (found.test.df, found.test.df_error, found.df) == (2, 10, 10)
    assert found.test.p_value == pytest.approx(model.moderator_test.p_value, rel=1e-8)


def test_as_many_groups_as_studies_leave_nothing_between_studies() -> None:
    found = fit_common_tau2([0.1, 0.9], [0.1, 0.2], ["a", "b"], ci_method="hk")

    assert found.tau2.value == 0.0
    assert found.df is None
    assert found.test.statistic == pytest.approx(0.8**2 / 0.3)


def test_a_test_needs_two_groups_with_errors_above_zero() -> None:
    with pytest.raises(TooFewStudies):
        between_groups([0.1], [0.1])
    with pytest.raises(NotPositive, match="Wald"):
        between_groups([0.1, 0.2], [0.1, 0.0])
    with pytest.raises(TooFewStudies):
        fit_common_tau2([0.1, 0.2], [0.1, 0.1], ["a", "a"])
    with pytest.raises(ShapeMismatch):
        pool_by_group([0.1, 0.2], [0.1, 0.1], ["a"])
