"""One estimate of tau2, by nine estimators, with its standard error."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.batched.estimates import tau2_of
from analysis.meta.batched.problems import Problems, problem_of
from analysis.meta.checks import Vector, checked_effects, checked_option
from analysis.meta.linear import checked_design, intercept, mean_traces
from analysis.meta.scale import refuse_extremes
from analysis.meta.tau2.single import Found, likelihood_maximum, q_root
from analysis.meta.tau2_methods import TAU2_METHODS, Tau2Method

# Studies up to which P is written out for a standard error; above, its products are summed.
_EXPLICIT = 400


@dataclass(frozen=True, slots=True)
class Tau2:
    """An estimate of the between-study variance.

    Attributes
    ----------
    method : {"EE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"}
    value : float
        Truncated at 0; exactly 0 under "EE" (equal effects) and with as many coefficients as studies.
    se : float or None
        Asymptotic standard error; None where it is not defined.
    iterations : int or None
        Newton steps; None for the closed forms.
    maxima : int or None
        How many maxima the likelihood has (ML and REML); above 1 the estimate is the highest, and
        another value explains the data nearly as well.
    """

    method: Tau2Method
    value: float
    se: float | None
    iterations: int | None = None
    maxima: int | None = None


def estimate_tau2(
    yi: ArrayLike, vi: ArrayLike, *, method: Tau2Method = "REML", design: Vector | None = None
) -> Tau2:
    """Estimate tau2, also with moderators.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
        Effects on the analysis scale and their sampling variances.
    method : {"EE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"}
        Equal effects (no tau2), DerSimonian-Laird, Hedges (variance component), Hunter-Schmidt,
        Sidik-Jonkman, maximum likelihood, restricted maximum likelihood, empirical Bayes (Morris) and
        Paule-Mandel. EB and PM are the same number; they differ in nothing but their names.
    design : ndarray of shape (k, p), optional
        Columns of the model; a column of ones where it is not given.

    Returns
    -------
    Tau2

    Raises
    ------
    UnknownOption, ShapeMismatch, NotFinite, NotPositive, IllScaled, NoVariation, NonConvergence

    Notes
    -----
    ML and REML maximise the likelihood over the whole of tau2 >= 0: a grid up to a bound beyond which the
    score is negative brackets every maximum, each is refined, the highest likelihood wins. Fisher scoring
    alone may cycle, or stop at the nearer of two maxima. PM and EB are the root of the generalised Q.

    References
    ----------
    Hedges and Olkin (1985), Statistical Methods for Meta-Analysis, chapter 9 (HE).
    DerSimonian and Laird (1986), doi:10.1016/0197-2456(86)90046-2 (DL).
    Hunter and Schmidt (2004), Methods of Meta-Analysis (HS).
    Sidik and Jonkman (2005), doi:10.1111/j.1467-9876.2005.00489.x (SJ).
    Morris (1983), doi:10.1080/01621459.1983.10477920 (EB).
    Paule and Mandel (1982), doi:10.6028/jres.087.022 (PM).
    Viechtbauer (2005), doi:10.3102/10769986030003261 (ML, REML, standard errors).

    Examples
    --------
    >>> estimate_tau2([0.0, 2.0], [0.5, 0.5], method="DL").value
    1.5
    """
    effects, variances = checked_effects(yi, vi)
    checked_option("tau2 method", method, TAU2_METHODS)
    refuse_extremes(effects, variances, p=1 if design is None else 2)
    if design is None:
        return tau2_of_mean(effects, variances, method)
    columns = checked_design(design, effects.size)
    if method == "EE" or effects.size <= columns.shape[1]:
        return Tau2(method, 0.0, None)
    found = _iterated(effects, variances, method, columns)
    if found is not None:
        se = standard_error(effects, variances, method, found.value, columns)
        return _reported(method, found, se)
    value = float(tau2_of(problem_of(effects, variances, columns), method)[0])
    return Tau2(method, value, standard_error(effects, variances, method, value, columns))


def tau2_of_mean(yi: Vector, vi: Vector, method: Tau2Method) -> Tau2:
    """tau2 of a pooled mean, of studies and options that were checked."""
    k = yi.size
    if method == "EE" or k < 2:
        return Tau2(method, 0.0, None)
    found = _iterated(yi, vi, method, None)
    if found is None:
        value = float(tau2_of(Problems(yi[:, None], vi[:, None], None, (None,), 1), method)[0])
        return Tau2(method, value, standard_error(yi, vi, method, value, intercept(k)))
    w = 1.0 / (vi + found.value)
    if method == "REML":
        se = (2 / mean_traces(w)[1]) ** 0.5
    elif method == "ML":
        se = (2 / float(w.dot(w))) ** 0.5
    else:
        se = (2 * k**2 / (k - 1)) ** 0.5 / float(np.add.reduce(w))
    return _reported(method, found, se)


def _iterated(yi: Vector, vi: Vector, method: Tau2Method, columns: Vector | None) -> Found | None:
    if method in ("ML", "REML"):
        return likelihood_maximum(yi, vi, restricted=method == "REML", columns=columns)
    if method in ("PM", "EB"):
        p = 1 if columns is None else columns.shape[1]
        return q_root(yi, vi, float(yi.size - p), columns=columns)
    return None


def _reported(method: Tau2Method, found: Found, se: float | None) -> Tau2:
    return Tau2(method, found.value, se, found.steps, found.maxima if method in ("ML", "REML") else None)


def standard_error(yi: Vector, vi: Vector, method: Tau2Method, tau2: float, design: Vector) -> float | None:
    """Asymptotic standard error of tau2.

    Parameters
    ----------
    yi, vi : ndarray of shape (k,)
    method : Tau2Method
        Not "EE".
    tau2 : float
    design : ndarray of shape (k, p), of full rank, p < k

    Notes
    -----
    For an estimator that is a quadratic form y'Ay less a constant, the variance under normality is
    2 tr((A (V + tau2 I))^2); ML and REML take the inverse of their expected information.
    """
    k, p = design.shape
    if method in ("ML", "REML", "EB", "PM"):
        w = 1 / (vi + tau2)
        if method == "REML":
            return float(np.sqrt(2 / _traces(w, design, vi)[2]))
        return float(np.sqrt(2 / (w @ w)) if method == "ML" else np.sqrt(2 * k**2 / (k - p)) / w.sum())
    if method in ("DL", "HS"):
        w = 1 / vi
        variances, mixed, squares = _traces(w, design, vi)
        divisor = float(w.sum()) if method == "HS" else mixed
    elif method == "HE":
        variances, mixed, squares = _traces(np.ones(k), design, vi)
        divisor = float(k - p)
    else:
        start = float(np.var(yi))
        if start == 0:
            return 0.0
        variances, mixed, squares = _traces(1 / (vi + start), design, vi)
        divisor = (k - p) / start
    return float(np.sqrt(2 * variances + 4 * tau2 * mixed + 2 * tau2**2 * squares)) / divisor


def _traces(w: Vector, design: Vector, vi: Vector) -> tuple[float, float, float]:
    """tr(PVPV), tr(PVP) and tr(PP), with P of the weights w."""
    root = np.sqrt(w)
    basis = np.linalg.qr(design * root[:, None])[0]
    if vi.size <= _EXPLICIT:
        # P itself: its squares are summed, so that nothing cancels where weights are very unequal.
        entries = (np.eye(vi.size) - basis @ basis.T) * root[:, None] * root
        entries *= entries
        once = entries @ vi
        return float(vi @ once), float(np.add.reduce(once)), float(np.add.reduce(entries, axis=None))
    basis *= root[:, None]
    lengths = (basis**2).sum(axis=1)
    plain = basis.T @ basis
    scaled = basis.T @ (basis * vi[:, None])
    wv = w * vi
    return (
        float(wv @ wv - 2 * (wv * vi) @ lengths + np.sum(scaled * scaled)),
        float(w @ wv - 2 * wv @ lengths + np.sum(plain * scaled)),
        float(w @ w - 2 * w @ lengths + np.sum(plain * plain)),
    )
