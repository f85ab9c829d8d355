"""Weighted least squares with an additive between-study variance, for any design matrix.

The tau2 estimators, the pooled estimate, subgroups with a common tau2 and regression tests are all one
linear model y = X b + u + e with var(u) = tau2 and var(e) = vi. P denotes W - W X (X'WX)^-1 X'W throughout.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.checks import Vector
from analysis.meta.errors import NotFinite, NoVariation, ShapeMismatch

_LOG_TWO_PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A weighted fit at one tau2.

    Attributes
    ----------
    beta : ndarray of shape (p,)
    cov : ndarray of shape (p, p)
        (X'WX)^-1, with no dispersion factor.
    rss : float
        y'Py, the weighted residual sum of squares.
    trace_p, trace_pp : float
        tr(P) and tr(PP).
    log_det : float
        log |X'WX|.
    """

    beta: Vector
    cov: Vector
    rss: float
    trace_p: float
    trace_pp: float
    log_det: float
    projected: Vector


def intercept(k: int) -> Vector:
    """The design of a pooled mean: one column of ones."""
    return np.ones((k, 1), dtype=np.float64)


def orthonormal(design: Vector) -> tuple[Vector, Vector]:
    """Return Q and R of the design, after refusing columns that say the same.

    P does not change when the columns are recombined, and orthonormal ones keep X'WX well conditioned
    for predictors such as 1/n whose scale is far from the intercept's.

    Raises
    ------
    NoVariation
    """
    scale = np.linalg.norm(design, axis=0)
    if design.shape[0] < design.shape[1] or np.any(scale == 0):
        raise NoVariation(
            "The design has more columns than studies, or an empty one; leave the predictor out."
        )
    q, r = np.linalg.qr(design / scale)
    if np.min(np.abs(np.diag(r))) < 1e-9:
        raise NoVariation("The predictor is the same in every study; there is no slope to estimate.")
    return q, r * scale


def checked_design(design: ArrayLike, k: int) -> Vector:
    """Orthonormal columns that span a design of k studies.

    Raises
    ------
    ShapeMismatch, NotFinite, NoVariation
    """
    columns = np.asarray(design, dtype=np.float64)
    if columns.ndim != 2 or columns.shape[0] != k or columns.shape[1] < 1:
        raise ShapeMismatch(f"design has shape {columns.shape}; pass one row for each of {k} studies.")
    if not np.all(np.isfinite(columns)):
        row, column = (int(place[0]) for place in np.nonzero(~np.isfinite(columns)))
        raise NotFinite(f"design[{row}, {column}] is {columns[row, column]}; leave that study out.")
    return orthonormal(columns)[0]


def fit(yi: Vector, weights: Vector, design: Vector) -> Fit:
    """Fit by weighted least squares.

    Parameters
    ----------
    yi, weights : ndarray of shape (k,)
    design : ndarray of shape (k, p), of full rank

    Returns
    -------
    Fit
    """
    if design.shape[1] == 1:
        return _fit_single(yi, weights, design[:, 0])
    wx = design * weights[:, None]
    gram = design.T @ wx
    cov: Vector = np.asarray(np.linalg.inv(gram), dtype=np.float64)
    beta = cov @ (wx.T @ yi)
    residuals = yi - design @ beta
    projected = weights * residuals
    second = wx.T @ wx
    third = wx.T @ (wx * weights[:, None])
    product = cov @ second
    trace_pp = np.sum(weights**2) - 2 * np.trace(cov @ third) + np.trace(product @ product)
    return Fit(
        beta=beta,
        cov=cov,
        rss=float(np.sum(projected * residuals)),
        trace_p=float(np.sum(weights) - np.trace(product)),
        trace_pp=float(trace_pp),
        log_det=float(np.linalg.slogdet(gram)[1]),
        projected=projected,
    )


def _fit_single(yi: Vector, weights: Vector, column: Vector) -> Fit:
    """The same with one column, whose matrices are numbers."""
    wx = weights * column
    norm = wx.dot(column)
    beta = wx.dot(yi) / norm
    residuals = yi - column * beta
    projected = weights * residuals
    share = float(wx.dot(wx) / norm)
    if np.all(column == column[0]):
        trace_p, trace_pp = mean_traces(weights)
    else:
        trace_p = float(np.add.reduce(weights)) - share
        trace_pp = float(weights.dot(weights)) - 2 * float((wx * weights).dot(wx) / norm) + share**2
    return Fit(
        beta=np.array([beta]),
        cov=np.array([[1 / norm]]),
        rss=float(projected.dot(residuals)),
        trace_p=trace_p,
        trace_pp=trace_pp,
        log_det=float(np.log(norm)),
        projected=projected,
    )


def mean_traces(weights: Vector) -> tuple[float, float]:
    """tr(P) and tr(PP) of a mean, P = W - ww'/sum(w), as sums of positive terms only.

    The plain formulas subtract sums of which one precise study makes up nearly all.
    """
    rest = np.zeros_like(weights)
    rest[1:] = np.cumsum(weights[:-1])
    rest[:-1] += np.cumsum(weights[:0:-1])[::-1]
    total = np.add.reduce(weights)
    diagonal = weights * (rest / total)
    squares = weights * weights
    beside = 2 * squares[1:].dot(np.cumsum(squares)[:-1]) / total**2
    return float(np.add.reduce(diagonal)), float(diagonal.dot(diagonal) + beside)


def log_likelihood(model: Fit, variances: Vector, design: Vector, *, restricted: bool) -> float:
    """Log-likelihood of a fit with weights 1 / variances, with all its constants.

    Parameters
    ----------
    model : Fit
    variances : ndarray of shape (k,)
        vi + tau2.
    design : ndarray of shape (k, p)
        The columns of the fit.
    restricted : bool
        Of the residuals alone (REML), so that only models with the same columns can be compared.

    References
    ----------
    Harville (1974), doi:10.1093/biomet/61.2.383, equation 2.
    """
    k, p = design.shape
    value = float(np.add.reduce(np.log(variances))) + model.rss
    if not restricted:
        return float(-0.5 * (value + k * _LOG_TWO_PI))
    gram = design.T @ design
    own = float(np.log(gram[0, 0])) if p == 1 else float(np.linalg.slogdet(gram)[1])
    return float(-0.5 * (value + (k - p) * _LOG_TWO_PI + model.log_det - own))
