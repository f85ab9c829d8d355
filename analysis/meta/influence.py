"""How the pooled estimate depends on single studies: left out, added one by one, and measured."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtr

from analysis.meta.batched import PoolMany, pool_many
from analysis.meta.checks import Vector, checked_effects
from analysis.meta.distributions import critical
from analysis.meta.effects import Flags
from analysis.meta.errors import ShapeMismatch
from analysis.meta.intervals import CiMethod
from analysis.meta.pooling import Pool, pool
from analysis.meta.tau2 import Tau2Method


def leave_one_out(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    tau2_method: Tau2Method = "REML",
    ci_method: CiMethod = "wald",
    level: float = 0.95,
) -> PoolMany:
    """Pool again without each study in turn, with tau2 estimated anew each time.

    Parameters
    ----------
    yi, vi : array_like of shape (k,), k >= 2
    tau2_method, ci_method, level
        As for `pool`.

    Returns
    -------
    PoolMany
        k pools; entry i leaves study i out.

    Raises
    ------
    TooFewStudies
        Below k = 2, and those of `pool`.

    Examples
    --------
    >>> leave_one_out([0.0, 1.0, 3.0], [0.5, 0.5, 0.5]).estimate
    array([2. , 1.5, 0.5])
    """
    effects, variances = checked_effects(yi, vi, at_least=2)
    return pool_many(
        effects,
        variances,
        weights_mask=~np.eye(effects.size, dtype=np.bool_),
        tau2_method=tau2_method,
        ci_method=ci_method,
        level=level,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Cumulative:
    """Pools of the first 1, 2, ... k studies.

    Attributes
    ----------
    order : ndarray of int, shape (k,)
        Position of the study that each step adds.
    pools : PoolMany
        Entry i holds the first i + 1 studies of `order`.
    """

    order: NDArray[np.intp]
    pools: PoolMany


def cumulative(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    by: ArrayLike | None = None,
    tau2_method: Tau2Method = "REML",
    ci_method: CiMethod = "wald",
    level: float = 0.95,
) -> Cumulative:
    """Pool the first study, the first two, and so on.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
    by : array_like of shape (k,), optional
        What the studies are ordered by, such as the year or the variance; equal values keep the order in
        which the studies are given, as all do where nothing is passed.
    tau2_method, ci_method, level
        As for `pool`.

    Returns
    -------
    Cumulative

    Raises
    ------
    ShapeMismatch, TooFewStudies, and those of `pool`

    References
    ----------
    Lau et al. (1992), doi:10.1056/NEJM199207233270406.

    Examples
    --------
    >>> found = cumulative([0.0, 1.0, 3.0], [0.5, 0.5, 0.5], by=[2003, 1999, 2001])
    >>> found.order, found.pools.estimate.round(2)
    (array([1, 2, 0]), array([1.  , 2.  , 1.33]))
    """
    effects, variances = checked_effects(yi, vi, at_least=1)
    keys = np.zeros(effects.size) if by is None else np.asarray(by)
    if keys.shape != effects.shape:
        raise ShapeMismatch(f"by has shape {keys.shape} and yi {effects.shape}; pass one value a study.")
    order = np.argsort(keys, kind="stable")
    pools = pool_many(
        effects[order],
        variances[order],
        weights_mask=np.tri(effects.size, dtype=np.bool_),
        tau2_method=tau2_method,
        ci_method=ci_method,
        level=level,
    )
    return Cumulative(order=order, pools=pools)


@dataclass(frozen=True, slots=True, eq=False)
class Influence:
    """What each study does to the pool; every array has the shape (k,).

    Attributes
    ----------
    pool : Pool
        With all studies.
    left_out : PoolMany
        Entry i leaves study i out: its tau2, Q and estimate are the "deleted" ones.
    rstudent : ndarray
        Externally standardised residual: the study against the pool of the others.
    dffits : ndarray
        Change of the study's fitted value, in standard errors.
    cook_d : ndarray
        Cook's distance: squared change of the estimate over its variance.
    cov_r : ndarray
        Variance of the estimate without the study over that with it; below 1, the study adds noise.
    hat : ndarray
        Its share of the weight, 0 to 1.
    dfbs : ndarray
        Change of the estimate in standard errors at the deleted tau2.
    influential : ndarray of bool
        |dffits| > 3 sqrt(1 / (k - 1)), or Cook's distance beyond the median of chi-square(1), or hat > 3 / k,
        or |dfbs| > 1. A flag to look, not a verdict.
    """

    pool: Pool
    left_out: PoolMany
    rstudent: Vector
    dffits: Vector
    cook_d: Vector
    cov_r: Vector
    hat: Vector
    dfbs: Vector
    influential: Flags


def influence(
    yi: ArrayLike, vi: ArrayLike, *, tau2_method: Tau2Method = "REML", ci_method: CiMethod = "wald"
) -> Influence:
    """Measure the influence of each study, with tau2 estimated anew without it.

    Parameters
    ----------
    yi, vi : array_like of shape (k,), k >= 2
    tau2_method : {"EE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"}
    ci_method : {"wald", "t", "hk", "hk_adhoc"}
        Whose variance of the estimate is meant.

    Returns
    -------
    Influence

    Raises
    ------
    TooFewStudies
        Below k = 2, and those of `pool`.

    References
    ----------
    Viechtbauer and Cheung (2010), doi:10.1002/jrsm.11, section 3.

    Examples
    --------
    >>> found = influence([0.1, 0.2, 0.9], [0.04, 0.04, 0.04])
    >>> found.cook_d.round(2)
    array([0.36, 0.16, 0.99])
    """
    effects, variances = checked_effects(yi, vi, at_least=2)
    k = effects.size
    whole = pool(effects, variances, tau2_method=tau2_method, ci_method=ci_method)
    without = leave_one_out(effects, variances, tau2_method=tau2_method, ci_method=ci_method)
    totals = variances + whole.tau2.value
    hat = (1 / totals) / np.sum(1 / totals)
    change = whole.estimate - without.estimate
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = (without.se / without.se_wald) ** 2
        deleted = variances[None, :] + without.tau2[:, None]
        dffits = change / np.sqrt(factor * hat * (without.tau2 + variances))
        dfbs = change / np.sqrt(factor / np.sum(1 / deleted, axis=1))
        cook_d = (change / whole.se) ** 2
        rstudent = (effects - without.estimate) / np.sqrt(factor * (variances + without.tau2) + without.se**2)
        cov_r = (without.se / whole.se) ** 2
        flags = (np.abs(dffits) > 3 * np.sqrt(1 / (k - 1))) | (hat > 3 / k) | (np.abs(dfbs) > 1)
        flags |= chdtr(1, cook_d) > 0.5
    return Influence(
        pool=whole,
        left_out=without,
        rstudent=rstudent,
        dffits=dffits,
        cook_d=cook_d,
        cov_r=cov_r,
        hat=hat,
        dfbs=dfbs,
        influential=flags,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Baujat:
    """Coordinates of Baujat's plot: what a study adds to the heterogeneity, and to the estimate.

    Attributes
    ----------
    heterogeneity : ndarray of shape (k,)
        Squared Pearson residual, (y - mu)^2 / (v + tau2).
    influence : ndarray of shape (k,)
        Squared change of the estimate without the study, over the variance of the estimate without it.
    """

    heterogeneity: Vector
    influence: Vector


def baujat(
    yi: ArrayLike, vi: ArrayLike, *, tau2_method: Tau2Method = "REML", ci_method: CiMethod = "wald"
) -> Baujat:
    """Find where the heterogeneity comes from, and whether it matters for the estimate.

    Parameters
    ----------
    yi, vi : array_like of shape (k,), k >= 2
    tau2_method : {"EE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"}
        "EE" gives the original plot.
    ci_method : {"wald", "t", "hk", "hk_adhoc"}
        Whose variance of the estimate scales the change.

    Returns
    -------
    Baujat

    Raises
    ------
    TooFewStudies
        Below k = 2, and those of `pool`.

    References
    ----------
    Baujat, Mahe, Pignon and Hill (2002), doi:10.1002/sim.1221.

    Examples
    --------
    >>> baujat([0.1, 0.2, 0.9], [0.04, 0.04, 0.04], tau2_method="EE").influence.round(3)
    array([1.125, 0.5  , 3.125])
    """
    effects, variances = checked_effects(yi, vi, at_least=2)
    whole = pool(effects, variances, tau2_method=tau2_method)
    without = leave_one_out(effects, variances, tau2_method=tau2_method, ci_method=ci_method)
    return Baujat(
        heterogeneity=(effects - whole.estimate) ** 2 / (variances + whole.tau2.value),
        influence=((whole.estimate - without.estimate) / without.se) ** 2,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Blup:
    """Best linear unbiased predictions of the studies' own true effects.

    Attributes
    ----------
    estimate, se, ci_low, ci_high : ndarray of shape (k,)
    """

    estimate: Vector
    se: Vector
    ci_low: Vector
    ci_high: Vector


def blup(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    tau2_method: Tau2Method = "REML",
    ci_method: CiMethod = "wald",
    level: float = 0.95,
) -> Blup:
    """Shrink each study's effect towards the pool by what tau2 and its own variance say.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
    tau2_method : {"DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"}
    ci_method : {"wald", "t", "hk", "hk_adhoc"}
        Whose variance of the pooled estimate counts, and whose distribution.
    level : float

    Returns
    -------
    Blup

    Raises
    ------
    Those of `pool`

    References
    ----------
    Raudenbush and Bryk (1985), doi:10.3102/10769986010002075.

    Examples
    --------
    >>> blup([0.1, 0.2, 0.9], [0.04, 0.04, 0.04]).estimate.round(3)
    array([0.163, 0.242, 0.795])
    """
    effects, variances = checked_effects(yi, vi)
    whole = pool(effects, variances, tau2_method=tau2_method, ci_method=ci_method, level=level)
    share = whole.tau2.value / (whole.tau2.value + variances)
    estimate = share * effects + (1 - share) * whole.estimate
    se = np.sqrt(share * variances + (1 - share) ** 2 * whole.se**2)
    margin = critical(level=level, df=whole.df) * se
    return Blup(estimate=estimate, se=se, ci_low=estimate - margin, ci_high=estimate + margin)
