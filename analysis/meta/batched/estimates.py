"""tau2 of many problems at once, by every estimator."""

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.batched.likelihood import likelihood_maxima, q_roots
from analysis.meta.batched.problems import Problems, checked_problems
from analysis.meta.batched.scan import total_squares
from analysis.meta.batched.terms import deficient, fitted, total
from analysis.meta.checks import Vector, checked_option
from analysis.meta.tau2_methods import TAU2_METHODS, Tau2Method


def estimate_tau2_many(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    weights_mask: ArrayLike | None = None,
    method: Tau2Method = "REML",
    design: ArrayLike | None = None,
) -> Vector:
    """Estimate tau2 of B problems in one go.

    Parameters
    ----------
    yi, vi : array_like of shape (k,) or (B, k)
        Effects and their variances. With rows of their own, problems may hold anything, such as NaN, where
        the mask is False.
    weights_mask : array_like of bool, shape (B, k), optional
        The studies of each problem; all where it is not given.
    method : {"EE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"}
    design : array_like of shape (k, p) or (B, k, p), optional
        Columns of the model; a column of ones where it is not given.

    Returns
    -------
    ndarray of shape (B,)
        0 for problems with as many studies as columns; NaN for problems without a study, and for those
        whose studies cannot tell the columns apart.

    Raises
    ------
    UnknownOption, ShapeMismatch, NotFinite, NotPositive, IllScaled, NonConvergence

    Notes
    -----
    The numbers are those of `estimate_tau2`. For ML and REML that is the highest maximum of the likelihood
    over all tau2 >= 0: scores are evaluated on a grid that is geometric in tau2 + min(v), with a ratio of
    1.25, up to a bound beyond which none can be positive, every bracketed maximum is refined by Newton's
    method, and the highest is kept. Maxima closer together than the ratio may be taken for one.
    Problems are worked on in parts, so that memory does not grow with their number.

    References
    ----------
    Viechtbauer (2005), doi:10.3102/10769986030003261.

    Examples
    --------
    Without each of three studies in turn:

    >>> import numpy as np
    >>> estimate_tau2_many([0.0, 1.0, 3.0], [0.4, 0.4, 0.4], weights_mask=~np.eye(3, dtype=bool)).round(6)
    array([1.6, 4.1, 0.1])
    """
    checked_option("tau2 method", method, TAU2_METHODS)
    problems = checked_problems(yi, vi, weights_mask, design)
    found = np.empty(problems.count)
    for part, chunk in problems.chunks():
        found[part] = tau2_of(chunk, method)
    return found


def tau2_of(problems: Problems, method: Tau2Method) -> Vector:
    """tau2 of each problem, with NaN and 0 as `estimate_tau2_many` says."""
    sizes = problems.sizes()
    found = np.zeros(problems.count)
    unknown = sizes == 0
    if len(problems.columns) > 1:
        unknown = unknown | deficient(problems)
    found[unknown] = np.nan
    if method == "EE":
        return found
    usable = np.flatnonzero((sizes > len(problems.columns)) & ~unknown)
    if usable.size == 0:
        return found
    chosen = problems if usable.size == problems.count else problems.take(usable)
    found[usable] = _estimates(chosen, method)
    return found


def _estimates(problems: Problems, method: Tau2Method) -> Vector:
    if method in ("ML", "REML"):
        return likelihood_maxima(problems, likelihood=method)
    df = problems.sizes() - len(problems.columns)
    if method in ("PM", "EB"):
        return q_roots(problems, df)
    if method == "SJ":
        return _sidik_jonkman(problems, df)
    if method == "HE":
        flat = fitted(problems, _ones(problems))
        return np.asarray(
            np.maximum(0.0, (total_squares(flat.residuals, problems) - _trace_pv(problems)) / df)
        )
    fit = fitted(problems, problems.weights(np.zeros(problems.count)))
    if method == "HS":
        return np.asarray(np.maximum(0.0, (fit.rss() - problems.sizes()) / fit.w.sum(axis=0)))
    return np.asarray(np.maximum(0.0, (fit.rss() - df) / fit.trace_p()))


def _sidik_jonkman(problems: Problems, df: Vector) -> Vector:
    ones = _ones(problems)
    sizes = problems.sizes()
    deviations = problems.y - (problems.y * ones).sum(axis=0) / sizes
    start = total(deviations * ones, deviations) / sizes
    # Equal effects leave nothing to start from, and nothing between studies.
    some = start > 0
    fit = fitted(problems, problems.weights(np.where(some, start, 1.0)))
    return np.where(some, start * fit.rss() / df, 0.0)


def _trace_pv(problems: Problems) -> Vector:
    """tr(PV) with P of the unweighted fit."""
    ones = _ones(problems)
    flat = fitted(problems, ones)
    value: Vector = np.asarray((problems.v * ones).sum(axis=0))
    for column, norm in zip(flat.columns, flat.norms, strict=True):
        weighted = ones * problems.v
        if column is not None:
            weighted = weighted * column**2
        value -= weighted.sum(axis=0) / norm
    return value


def _ones(problems: Problems) -> Vector:
    return np.ones((problems.y.shape[0], problems.count)) if problems.mask is None else problems.mask
