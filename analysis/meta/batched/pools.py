"""Pooled estimates of many sets of studies at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, ndtr, ndtri, stdtr, stdtrit

from analysis.meta.batched.estimates import tau2_of
from analysis.meta.batched.problems import Problems, checked_problems
from analysis.meta.batched.terms import fitted
from analysis.meta.checks import Vector, checked_level, checked_option
from analysis.meta.intervals import CI_METHODS, CiMethod
from analysis.meta.tau2_methods import TAU2_METHODS, Tau2Method


@dataclass(frozen=True, slots=True, eq=False)
class PoolMany:
    """B pooled estimates on the analysis scale; every array has the shape (B,).

    Attributes
    ----------
    tau2_method, ci_method, level
        As asked for. A problem of one study has its Wald interval, whatever was asked.
    k : ndarray
        Studies of each problem. Without any, all numbers are NaN.
    estimate, se : ndarray
        `se` is that of the interval method.
    se_wald, se_hk : ndarray
        Both standard errors; equal where k = 1.
    df : ndarray
        k - 1; infinite for z, that is for Wald intervals and where k = 1.
    tau2 : ndarray
    q, i2, h2 : ndarray
        Cochran's Q about the equal-effects mean; I2 in percent and H2, from tau2 under random effects and
        from Q under equal effects.
    """

    tau2_method: Tau2Method
    ci_method: CiMethod
    level: float
    k: Vector
    estimate: Vector
    se: Vector
    se_wald: Vector
    se_hk: Vector
    df: Vector
    tau2: Vector
    q: Vector
    i2: Vector
    h2: Vector

    @property
    def statistic(self) -> Vector:
        """Estimate over standard error; infinite where that is 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.estimate / self.se

    @property
    def p_value(self) -> Vector:
        """Two-sided p-value of no effect."""
        lower = -np.abs(self.statistic)
        return np.asarray(2 * np.where(np.isinf(self.df), ndtr(lower), stdtr(self.df, lower)))

    @property
    def ci_low(self) -> Vector:
        """Lower confidence limits."""
        return self.estimate - self._margin

    @property
    def ci_high(self) -> Vector:
        """Upper confidence limits."""
        return self.estimate + self._margin

    @property
    def q_p(self) -> Vector:
        """p-values of Q; 1 where k = 1."""
        df = self.k - 1
        return np.asarray(np.where(df > 0, chdtrc(np.maximum(df, 1), self.q), np.where(df == 0, 1.0, np.nan)))

    @property
    def _margin(self) -> Vector:
        upper = 0.5 + self.level / 2
        crit = np.where(
            np.isinf(self.df), ndtri(upper), stdtrit(np.where(np.isinf(self.df), 1.0, self.df), upper)
        )
        return np.asarray(crit * self.se)


def pool_many(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    weights_mask: ArrayLike | None = None,
    tau2_method: Tau2Method = "REML",
    ci_method: CiMethod = "wald",
    level: float = 0.95,
) -> PoolMany:
    """Pool B sets of studies by inverse variance in one go.

    Parameters
    ----------
    yi, vi : array_like of shape (k,) or (B, k)
        Effects and their variances.
    weights_mask : array_like of bool, shape (B, k), optional
        The studies of each set; all where it is not given.
    tau2_method : {"EE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"}
    ci_method : {"wald", "t", "hk", "hk_adhoc"}
    level : float

    Returns
    -------
    PoolMany

    Raises
    ------
    UnknownOption, ShapeMismatch, NotFinite, NotPositive, IllScaled, NonConvergence

    Notes
    -----
    The numbers are those of `pool`; see `estimate_tau2_many` on tau2.

    Examples
    --------
    >>> import numpy as np
    >>> found = pool_many([0.0, 1.0, 3.0], [0.5, 0.5, 0.5], weights_mask=~np.eye(3, dtype=bool))
    >>> found.estimate
    array([2. , 1.5, 0.5])
    """
    checked_option("tau2_method", tau2_method, TAU2_METHODS)
    checked_option("ci_method", ci_method, CI_METHODS)
    checked_level(level)
    problems = checked_problems(yi, vi, weights_mask, None)
    rows = np.empty((8, problems.count))
    for part, chunk in problems.chunks():
        _pool(chunk, tau2_method, rows[:, part])
    k, estimate, se_wald, se_hk, tau2, q, i2, h2 = rows
    alone = k <= 1
    df = np.full(k.size, np.inf) if ci_method == "wald" else np.where(alone, np.inf, k - 1)
    used = {"wald": se_wald, "t": se_wald, "hk": se_hk, "hk_adhoc": np.maximum(se_wald, se_hk)}[ci_method]
    return PoolMany(
        tau2_method, ci_method, level, k, estimate, used, se_wald, se_hk, df, tau2, q=q, i2=i2, h2=h2
    )


def _pool(problems: Problems, method: Tau2Method, out: Vector) -> None:
    """Write k, estimate, both standard errors, tau2, Q, I2 and H2 of a part of the problems."""
    sizes = problems.sizes()
    tau2 = tau2_of(problems, method)
    df = sizes - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        flat = fitted(problems, problems.weights(np.zeros(problems.count)))
        model = flat if method == "EE" else fitted(problems, problems.weights(np.nan_to_num(tau2)))
        variance = 1 / model.norms[0]
        many = df > 0
        hk = np.where(many, variance * model.rss() / df, variance)
        q = np.where(many, flat.rss(), 0.0)
        if method == "EE":
            i2 = np.where(q > 0, 100 * np.maximum(0.0, (q - df) / q), 0.0)
            h2 = np.where(many, q / df, 1.0)
        else:
            within = df / flat.trace_p()
            i2 = np.where(many, 100 * tau2 / (tau2 + within), 0.0)
            h2 = np.where(many, tau2 / within + 1, 1.0)
    out[:] = sizes, model.coefficients[0], np.sqrt(variance), np.sqrt(hk), tau2, q, i2, h2
    out[1:, sizes == 0] = np.nan
