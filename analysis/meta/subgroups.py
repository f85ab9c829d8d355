"""Pooling within groups, and the test that groups differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.checks import Vector, checked_effects, checked_level
from analysis.meta.distributions import chi2_upper_p, critical, f_upper_p
from analysis.meta.errors import NotPositive, ShapeMismatch, TooFewStudies
from analysis.meta.intervals import CiMethod, dispersion
from analysis.meta.linear import fit
from analysis.meta.pooling import Pool, pool
from analysis.meta.regression.fit import explained
from analysis.meta.tau2.estimate import Tau2, estimate_tau2, tau2_of_mean
from analysis.meta.tau2_methods import Tau2Method


@dataclass(frozen=True, slots=True)
class DifferenceTest:
    """Test of equal effects in all groups.

    Chi-square with `df` degrees of freedom where `df_error` is None, else F with `df` and `df_error`.
    """

    statistic: float
    df: int
    df_error: int | None
    p_value: float


@dataclass(frozen=True, slots=True)
class CommonTau2Fit:
    """One model with a mean for each group and one tau2 for all.

    Attributes
    ----------
    levels : tuple of str
        In order of first appearance; `estimates`, `se`, `ci_low` and `ci_high` follow it.
    tau2 : Tau2
    df : int or None
        None for z.
    test : DifferenceTest
        Of all groups, in this model.
    residual_q, residual_df
        Cochran's Q within the groups.
    r2 : float or None
        Share of heterogeneity that the groups explain, in percent; as for `Regression`.
    """

    levels: tuple[str, ...]
    tau2: Tau2
    estimates: tuple[float, ...]
    se: tuple[float, ...]
    df: int | None
    test: DifferenceTest
    residual_q: float
    residual_df: int
    level: float
    ci_low: tuple[float, ...]
    ci_high: tuple[float, ...]
    r2: float | None


def pool_by_group(
    yi: ArrayLike,
    vi: ArrayLike,
    groups: Sequence[str],
    *,
    tau2_method: Tau2Method = "REML",
    ci_method: CiMethod = "wald",
    level: float = 0.95,
) -> dict[str, Pool]:
    """Pool each group by itself, with its own tau2; keys in order of first appearance.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
    groups : sequence of str, length k
    tau2_method, ci_method, level
        As for `pool`.

    Returns
    -------
    dict of str to Pool

    Raises
    ------
    ShapeMismatch, and those of `pool`

    Examples
    --------
    >>> found = pool_by_group([0.1, 0.3, 0.8], [0.04] * 3, ["a", "a", "b"])
    >>> {name: round(each.estimate, 3) for name, each in found.items()}
    {'a': 0.2, 'b': 0.8}
    """
    effects, variances = checked_effects(yi, vi)
    members = group_members(groups, effects.size)
    return {
        name: pool(effects[rows], variances[rows], tau2_method=tau2_method, ci_method=ci_method, level=level)
        for name, rows in members.items()
    }


def group_members(groups: Sequence[str], k: int) -> dict[str, list[int]]:
    """Row numbers of each group, in order of first appearance.

    Raises
    ------
    ShapeMismatch
    """
    if len(groups) != k:
        raise ShapeMismatch(f"{len(groups)} group names for {k} studies; give one for each.")
    members: dict[str, list[int]] = {}
    for row, name in enumerate(groups):
        members.setdefault(name, []).append(row)
    return members


def group_design(members: Mapping[str, Sequence[int]], k: int) -> Vector:
    """Indicator columns, one for each group."""
    design: Vector = np.zeros((k, len(members)), dtype=np.float64)
    for column, rows in enumerate(members.values()):
        design[list(rows), column] = 1.0
    return design


def between_groups(estimates: ArrayLike, se: ArrayLike) -> DifferenceTest:
    """Cochran's Q of the groups' estimates, each weighted by 1 / se^2.

    Parameters
    ----------
    estimates, se : array_like of shape (groups,), at least 2

    Returns
    -------
    DifferenceTest

    Raises
    ------
    TooFewStudies
        With fewer than two groups.
    NotPositive
        Where a group's standard error is 0, as Hartung-Knapp gives for identical effects.

    References
    ----------
    Borenstein and Higgins (2013), doi:10.1007/s11121-013-0377-7.

    Examples
    --------
    >>> found = between_groups([0.1, 0.5], [0.1, 0.1])
    >>> round(found.statistic, 6), found.df, round(found.p_value, 4)
    (8.0, 1, 0.0047)
    """
    errors: Vector = np.asarray(se, dtype=np.float64)
    if errors.size < 2:
        raise TooFewStudies(f"{errors.size} group given; a test of differences needs at least 2.")
    if np.any(errors <= 0):
        raise NotPositive("A group has a standard error of 0; use Wald intervals to compare groups.")
    q = pool(estimates, errors**2, tau2_method="EE").heterogeneity
    return DifferenceTest(statistic=q.q, df=q.q_df, df_error=None, p_value=q.q_p)


def fit_common_tau2(
    yi: ArrayLike,
    vi: ArrayLike,
    groups: Sequence[str],
    *,
    tau2_method: Tau2Method = "REML",
    ci_method: CiMethod = "wald",
    level: float = 0.95,
) -> CommonTau2Fit:
    """Estimate every group's mean with one tau2 shared by all.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
    groups : sequence of str, length k
    tau2_method, ci_method, level
        As for `pool`. But for plain Wald the test is F, and t has k - groups degrees of freedom.

    Returns
    -------
    CommonTau2Fit

    Raises
    ------
    TooFewStudies, ShapeMismatch, and those of `estimate_tau2`

    Examples
    --------
    >>> found = fit_common_tau2([0.1, 0.3, 0.8, 0.9], [0.04] * 4, ["a", "a", "b", "b"])
    >>> round(found.tau2.value, 3), round(found.test.p_value, 4)
    (0.0, 0.0012)
    """
    effects, variances = checked_effects(yi, vi)
    checked_level(level)
    members = group_members(groups, effects.size)
    if len(members) < 2:
        raise TooFewStudies(f"{len(members)} group given; a test of differences needs at least 2.")
    design = group_design(members, effects.size)
    between = estimate_tau2(effects, variances, method=tau2_method, design=design)
    model = fit(effects, 1 / (variances + between.value), design)
    df_error = effects.size - len(members)
    # With as many groups as studies nothing is left to estimate a dispersion from.
    used: CiMethod = "wald" if df_error == 0 else ci_method
    factor = dispersion(model.rss, max(df_error, 1), method=used)
    raw = _between(model.beta, np.diag(model.cov)) / factor
    m = len(members) - 1
    residual = fit(effects, 1 / variances, design).rss if df_error else 0.0
    whole = None if tau2_method == "EE" else tau2_of_mean(effects, variances, tau2_method).value
    df = None if used == "wald" else df_error
    errors = np.sqrt(np.diag(model.cov) * factor)
    margin = critical(level=level, df=df) * errors
    return CommonTau2Fit(
        levels=tuple(members),
        tau2=between,
        estimates=tuple(float(value) for value in model.beta),
        se=tuple(float(value) for value in errors),
        df=df,
        test=DifferenceTest(statistic=raw, df=m, df_error=None, p_value=chi2_upper_p(raw, m))
        if used == "wald"
        else DifferenceTest(raw / m, m, df_error, f_upper_p(raw / m, df1=m, df2=df_error)),
        residual_q=max(residual, 0.0),
        residual_df=df_error,
        level=level,
        ci_low=tuple(float(value) for value in model.beta - margin),
        ci_high=tuple(float(value) for value in model.beta + margin),
        r2=explained(effects, variances, residual, len(members), between.value, whole),
    )


def _between(estimates: Vector, variances: Vector) -> float:
    weights = 1 / variances
    centre = float(np.sum(weights * estimates)) / float(np.sum(weights))
    return float(np.sum(weights * (estimates - centre) ** 2))
