"""Kenward and Roger's adjustment of a random-effects pool, for few studies."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr

from analysis.meta.checks import Vector, checked_effects, checked_level
from analysis.meta.distributions import critical, two_sided_p
from analysis.meta.intervals import Interval
from analysis.meta.tau2 import Tau2, estimate_tau2


@dataclass(frozen=True, slots=True)
class KenwardRoger:
    """A pooled estimate with Kenward-Roger standard error and degrees of freedom.

    Attributes
    ----------
    estimate, se : float
    df : float
        Satterthwaite degrees of freedom; not a whole number.
    statistic, p_value : float
        t test of a zero effect.
    ci, prediction : Interval
    level : float
    tau2 : Tau2
    """

    estimate: float
    se: float
    df: float
    statistic: float
    p_value: float
    ci: Interval
    prediction: Interval
    level: float
    tau2: Tau2


def kenward_roger(yi: ArrayLike, vi: ArrayLike, *, level: float = 0.95) -> KenwardRoger:
    """Pool by REML, with the variance of the estimate corrected for that of tau2.

    Parameters
    ----------
    yi, vi : array_like of shape (k,), k >= 2
    level : float

    Returns
    -------
    KenwardRoger

    Raises
    ------
    TooFewStudies
        Below k = 2, and those of `pool`.

    Notes
    -----
    With S_j = sum w^j and I, the expected information of tau2 under REML,
    I = (S_2 - 2 S_3 / S_1 + (S_2 / S_1)^2) / 2, the variance is
    1 / S_1 + 2 (S_3 - S_2^2 / S_1) / (I S_1^2) and its degrees of freedom 2 I / (variance S_2)^2.
    The prediction interval takes the same degrees of freedom. One study that outweighs all others leaves far
    less than one: t then has no quantile that a double could hold, and the intervals are infinite.

    References
    ----------
    Kenward and Roger (1997), doi:10.2307/2533558.
    Partlett and Riley (2017), doi:10.1002/sim.7140, section 2.2.

    Examples
    --------
    >>> found = kenward_roger([0.0, 1.0, 3.0], [0.5, 0.5, 0.5])
    >>> round(found.estimate, 3), round(found.se, 3), round(found.df, 3)
    (1.333, 0.882, 2.0)
    """
    effects, variances = checked_effects(yi, vi, at_least=2)
    checked_level(level)
    tau2 = estimate_tau2(effects, variances, method="REML")
    weights = 1 / (variances + tau2.value)
    estimate = float(weights @ effects) / float(weights.sum())
    variance, df = _adjusted(weights)
    quantile = _quantile(level, df)
    se, spread = variance**0.5, (tau2.value + variance) ** 0.5
    statistic = estimate / se
    return KenwardRoger(
        estimate=estimate,
        se=se,
        df=df,
        statistic=statistic,
        p_value=two_sided_p(statistic, df=df),
        ci=Interval(estimate - quantile * se, estimate + quantile * se),
        prediction=Interval(estimate - quantile * spread, estimate + quantile * spread),
        level=level,
        tau2=tau2,
    )


def _adjusted(weights: Vector) -> tuple[float, float]:
    """Variance and degrees of freedom.

    The differences of the Notes are taken as sums over pairs of studies, i < j in ascending order of weight,
    since beside one precise study nothing would be left of a difference: S_3 - S_2^2 / S_1 is
    sum w_i w_j (w_i - w_j)^2 / S_1, and the information sum w_i^2 (S_1 - w_i)^2 + 2 sum w_i^2 w_j^2 over
    2 S_1^2.
    """
    w = np.sort(weights)
    s1, s2 = float(w.sum()), float(w @ w)
    # Sums over the studies before each one.
    one, two, three = (np.cumsum(w**power) - w**power for power in (1, 2, 3))
    others = s1 - w
    others[-1] = float(w[:-1].sum())
    information = float(w**2 @ others**2 + 2 * (w**2 @ two)) / (2 * s1**2)
    unequal = max(float(w**3 @ one - 2 * (w**2 @ two) + w @ three), 0.0)
    variance = 1 / s1 + 2 * unequal / (information * s1**3)
    return variance, 2 * information / (variance * s2) ** 2


def _quantile(level: float, df: float) -> float:
    """Of t, infinite where it is too far out for a double."""
    found, probability = critical(level=level, df=df), (1 + level) / 2
    exact = abs(float(stdtr(df, found)) - probability) < 1e-6 * (1 - probability)
    return found if exact else float("inf")
