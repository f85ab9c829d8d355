"""tau2 of one set of studies: the iterative estimators, written for speed on a single small problem.

With one mean every matrix of the general formulas is a number: P = W - ww'/sum(w). The batched kernel does
the same for many problems; both share the grid, its bound and the stopping rule.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from analysis.meta.batched.likelihood import LAST_STEP, MOST_STEPS
from analysis.meta.batched.scan import geometric_grid, tau2_bound
from analysis.meta.checks import Vector
from analysis.meta.errors import NonConvergence


class Found(NamedTuple):
    """An estimate, the steps that the iteration took, and how many maxima the likelihood has."""

    value: float
    steps: int
    maxima: int


class Slope(NamedTuple):
    """At one tau2: twice the slope of the log-likelihood, and twice its curvature."""

    score: float
    curvature: float


Evaluate = Callable[[float], Slope]


def likelihood_maximum(yi: Vector, vi: Vector, *, restricted: bool, columns: Vector | None = None) -> Found:
    """The tau2 >= 0 with the highest (restricted) likelihood.

    Parameters
    ----------
    yi, vi : ndarray of shape (k,)
    restricted : bool
    columns : ndarray of shape (k, p), optional
        Orthonormal, p < k; the mean where they are not given.

    Raises
    ------
    NonConvergence
    """
    left_over = yi - np.add.reduce(yi) / yi.size if columns is None else yi - columns @ (columns.T @ yi)
    p = 1 if columns is None else columns.shape[1]
    df = float(yi.size - p if restricted else yi.size)
    smallest = float(np.minimum.reduce(vi))
    with np.errstate(over="ignore"):
        squares = np.asarray(left_over.dot(left_over))
    top = float(tau2_bound(squares, np.asarray(df), np.asarray(smallest), np.maximum.reduce(vi)))
    grid = geometric_grid(smallest, top)
    if columns is None:
        scores = _mean_scores(grid, left_over, vi, restricted=restricted)
    else:
        scores = _scores(grid, left_over, vi, columns, restricted=restricted)
    evaluate = _evaluator(left_over, vi, columns, restricted=restricted)
    up = scores > 0
    candidates = [] if up[0] else [0.0]
    steps = 0
    for place in np.flatnonzero(up[:-1] > up[1:]):
        left, right = float(grid[place]), float(grid[place + 1])
        guess = left + float(scores[place] / (scores[place] - scores[place + 1])) * (right - left)
        value, more = _newton(evaluate, left, right, guess, scale=smallest)
        candidates.append(value)
        steps += more
    if len(candidates) == 1:
        return Found(candidates[0], steps, 1)
    heights = [_log_likelihood(left_over, vi, tau2, columns, restricted=restricted) for tau2 in candidates]
    return Found(candidates[int(np.argmax(heights))], steps, len(candidates))


def q_root(yi: Vector, vi: Vector, target: float, *, columns: Vector | None = None) -> Found:
    """The tau2 at which the generalised Q comes down to `target`; 0 if it starts below.

    Newton's method on 1/Q, which is concave and rising: it approaches from below and never passes the root.

    Raises
    ------
    NonConvergence
    """
    tau2 = 0.0
    scale = 1e-6 * float(np.minimum.reduce(vi))
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(MOST_STEPS):
            w = 1.0 / (vi + tau2)
            r = _residuals(yi, w, columns)
            projected = w * r
            q = float(projected.dot(r))
            if q <= target:
                return Found(tau2, step, 1)
            change = q * (q / target - 1.0) / float(projected.dot(projected))
            tau2 += change
            if change <= LAST_STEP * (tau2 + scale):
                return Found(tau2, step + 1, 1)
            if not np.isfinite(tau2):
                break
    raise NonConvergence(
        "The generalised Q statistic does not come down to its target; check effects and variances."
    )


def _residuals(yi: Vector, w: Vector, columns: Vector | None) -> Vector:
    if columns is None:
        return np.asarray(yi - w.dot(yi) / np.add.reduce(w))
    wx = columns * w[:, None]
    return np.asarray(yi - columns @ np.linalg.solve(columns.T @ wx, wx.T @ yi))


def _mean_scores(grid: Vector, yi: Vector, vi: Vector, *, restricted: bool) -> Vector:
    """y'PPy - tr(P), or - tr(W), at every point of the grid."""
    w = 1.0 / (vi + grid[:, None])
    total = np.add.reduce(w, axis=1)
    projected = w * (yi - (w.dot(yi) / total)[:, None])
    ypp = np.einsum("gk,gk->g", projected, projected)
    if restricted:
        # tr(P) = 2 sum_{i<j} w_i w_j / sum w: nothing cancels beside one precise study.
        total = 2 * np.einsum("gk,gk->g", w[:, 1:], np.cumsum(w, axis=1)[:, :-1]) / total
    return np.asarray(ypp - total)


def _scores(grid: Vector, yi: Vector, vi: Vector, columns: Vector, *, restricted: bool) -> Vector:
    """The same with a design."""
    k, p = columns.shape
    w = 1.0 / (vi + grid[:, None])
    products = (columns[:, :, None] * columns[:, None, :]).reshape(k, p * p)
    inverse = np.linalg.inv((w @ products).reshape(-1, p, p))
    beta = (inverse @ ((w * yi) @ columns)[:, :, None])[:, :, 0]
    projected = w * (yi - beta @ columns.T)
    trace = np.add.reduce(w, axis=1)
    if restricted:
        trace = trace - np.einsum("gq,gq->g", inverse.reshape(-1, p * p), (w * w) @ products)
    return np.asarray(np.einsum("gk,gk->g", projected, projected) - trace)


def _evaluator(yi: Vector, vi: Vector, columns: Vector | None, *, restricted: bool) -> Evaluate:
    if columns is None:
        return lambda tau2: _mean_slope(tau2, yi, vi, restricted=restricted)
    return lambda tau2: _slope(tau2, yi, vi, columns, restricted=restricted)


def _mean_slope(tau2: float, yi: Vector, vi: Vector, *, restricted: bool) -> Slope:
    w = 1.0 / (vi + tau2)
    total = float(np.add.reduce(w))
    w2 = w * w
    squares = float(np.add.reduce(w2))
    z = w * (yi - w.dot(yi) / total)
    wz = w * z
    yppp = float(wz.dot(z)) - float(np.add.reduce(wz)) ** 2 / total
    ypp = float(z.dot(z))
    if not restricted:
        return Slope(ypp - total, squares - 2 * yppp)
    curvature = squares - 2 * float(w2.dot(w)) / total + (squares / total) ** 2 - 2 * yppp
    trace = 2 * float(w[1:].dot(np.cumsum(w)[:-1])) / total
    return Slope(ypp - trace, curvature)


def _slope(tau2: float, yi: Vector, vi: Vector, columns: Vector, *, restricted: bool) -> Slope:
    w = 1.0 / (vi + tau2)
    wx = columns * w[:, None]
    inverse = np.linalg.inv(columns.T @ wx)
    z = w * (yi - columns @ (inverse @ (wx.T @ yi)))
    moved = wx.T @ z
    yppp = float((w * z).dot(z)) - float(moved @ inverse @ moved)
    ypp = float(z.dot(z))
    total, squares = float(np.add.reduce(w)), float(w.dot(w))
    if not restricted:
        return Slope(ypp - total, squares - 2 * yppp)
    product = inverse @ (wx.T @ wx)
    third = float(np.vdot(inverse, wx.T @ (wx * w[:, None])))
    curvature = squares - 2 * third + float(np.vdot(product, product.T)) - 2 * yppp
    return Slope(ypp - total + float(product.trace()), curvature)


def _newton(evaluate: Evaluate, left: float, right: float, tau2: float, *, scale: float) -> tuple[float, int]:
    """Newton's method on the score, held inside its bracket."""
    for step in range(MOST_STEPS):
        at = evaluate(tau2)
        left, right = (tau2, right) if at.score > 0 else (left, tau2)
        following = tau2 - at.score / at.curvature if at.curvature < 0 else -1.0
        if not left <= following <= right:
            following = 0.5 * (left + right)
        if abs(following - tau2) <= LAST_STEP * (following + 1e-6 * scale):
            return following, step + 1
        tau2 = following
    raise NonConvergence(f"No maximum of the likelihood found in {MOST_STEPS} steps; check the variances.")


def _log_likelihood(
    yi: Vector, vi: Vector, tau2: float, columns: Vector | None, *, restricted: bool
) -> float:
    """The part that depends on tau2."""
    total = vi + tau2
    w = 1.0 / total
    r = _residuals(yi, w, columns)
    value = float(np.add.reduce(np.log(total))) + float(w.dot(r * r))
    if not restricted:
        return -0.5 * value
    if columns is None:
        return -0.5 * (value + float(np.log(np.add.reduce(w))))
    return -0.5 * (value + float(np.linalg.slogdet(columns.T @ (columns * w[:, None]))[1]))
