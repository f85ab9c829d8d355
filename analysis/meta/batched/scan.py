"""Where the likelihood's score changes its sign: a grid over tau2 for every problem at once.

The grid is geometric in tau2 + min(v), the scale on which a score can bend, and ends where no score can be
positive any more, so that it sees every maximum of the likelihood but those closer together than its step.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.meta.batched.problems import Problems
from analysis.meta.batched.terms import fitted, terms
from analysis.meta.checks import Vector
from analysis.meta.errors import NonConvergence

# Each term of a likelihood, log(v + tau2) + c / (v + tau2), bends on a scale of a factor of e; a quarter of
# that, on which two separate maxima cannot differ by a likelihood of interest, is more than fine enough.
GRID_RATIO = 1.25
_GRID_ELEMENTS = 262_144
# Sums of products of effects keep the score unless effects lie this far out compared with their spread.
_SAFE_OFFSET = 1e6


def tau2_bound(squares: Vector, df: Vector, smallest: Vector, largest: Vector) -> Vector:
    """A tau2 beyond which every score is negative.

    Parameters
    ----------
    squares : ndarray of shape (B,)
        Unweighted residual sum of squares.
    df : ndarray of shape (B,)
        k - p, or k for maximum likelihood.
    smallest, largest : ndarray of shape (B,)
        Of the variances.

    Returns
    -------
    ndarray of shape (B,)

    Notes
    -----
    With u = tau2 + min v, y'PPy is at most squares / u^2 and tr(P) at least df / (u + max v - min v), for the
    eigenvalues of P lie between the smallest and the largest weight. The score is negative where the first
    is below the second, which is beyond the root of u^2 = s (u + max v - min v), s = squares / df.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        spread = squares / df
        u = 0.5 * (spread + np.sqrt(spread**2 + 4 * spread * (largest - smallest)))
    return np.asarray(np.maximum(u - smallest, 0.0))


def geometric_grid(smallest: float, top: float) -> Vector:
    """Points from 0 to at least `top`, geometric in tau2 + smallest.

    Raises
    ------
    NonConvergence
        Where effects are so far apart that their squares overflow.
    """
    if not np.isfinite(top):
        raise NonConvergence("The effects are too far apart for a sum of squares; rescale them.")
    if top <= 0:
        return np.zeros(1)
    steps = int(np.ceil(np.log((top + smallest) / smallest) / np.log(GRID_RATIO))) + 1
    # expm1 keeps the first points exact where the smallest variance is far below the others.
    return np.asarray(smallest * np.expm1(np.arange(steps + 1) * np.log(GRID_RATIO)))


def down_crossings(problems: Problems, *, likelihood: str) -> tuple[NDArray[np.intp], Vector, Vector, Vector]:
    """Brackets of every maximum of each problem's likelihood.

    Parameters
    ----------
    problems : Problems
        Each with more studies than columns.
    likelihood : {"ML", "REML"}

    Returns
    -------
    problem, left, right, guess : ndarray of shape (n,)
        The score is above 0 at `left` and not above at `right`; both are 0 where the score falls from the
        boundary on.
    """
    flat = fitted(
        problems, np.ones((problems.y.shape[0], problems.count)) if problems.mask is None else problems.mask
    )
    squares = total_squares(flat.residuals, problems)
    sizes = problems.sizes()
    df = sizes if likelihood == "ML" else sizes - len(problems.columns)
    smallest = problems.smallest()
    tops = tau2_bound(squares, df, smallest, problems.largest())
    grid = geometric_grid(float(smallest.min()), float(tops.max()))
    scores = _scores(problems, grid, squares / df, likelihood=likelihood)
    return _brackets(scores, grid)


def total_squares(residuals: Vector, problems: Problems) -> Vector:
    """Unweighted residual sum of squares of each problem."""
    if problems.mask is None:
        return np.broadcast_to(np.einsum("k...,k...->...", residuals, residuals), (problems.count,))
    return np.asarray(np.einsum("k...,k...,k...->...", residuals, residuals, problems.mask))


def _brackets(scores: Vector, grid: Vector) -> tuple[NDArray[np.intp], Vector, Vector, Vector]:
    up = scores > 0
    problem, place = np.nonzero(up[:, :-1] & ~up[:, 1:])
    left, right = grid[place], grid[place + 1]
    high, low = scores[problem, place], scores[problem, place + 1]
    guess = left + (right - left) * high / (high - low)
    at_zero = np.flatnonzero(~up[:, 0])
    zeros = np.zeros(at_zero.size)
    return (
        np.concatenate([at_zero, problem]),
        np.concatenate([zeros, left]),
        np.concatenate([zeros, right]),
        np.concatenate([zeros, guess]),
    )


def _scores(problems: Problems, grid: Vector, spread: Vector, *, likelihood: str) -> Vector:
    """The score of every problem at every point of the grid, shape (B, G)."""
    if not problems.shared:
        return _direct_scores(problems, grid, likelihood=likelihood)
    y = problems.y[:, 0]
    scores = _product_scores(problems, grid, likelihood=likelihood)
    # Sums of products lose digits where effects lie far from their own problem's mean (or from 0, see there).
    offset = float(np.ptp(y)) if _has_intercept(problems) else float(np.abs(y).max())
    far = np.flatnonzero(spread * _SAFE_OFFSET**2 < offset**2)
    if far.size:
        scores[far] = _direct_scores(problems.take(far), grid, likelihood=likelihood)
    return scores


def _direct_scores(problems: Problems, grid: Vector, *, likelihood: str) -> Vector:
    found = np.empty((problems.count, grid.size))
    for part, chunk in problems.chunks(max(1, _GRID_ELEMENTS // grid.size)):
        tau2 = np.broadcast_to(grid, (chunk.count, grid.size))
        fit = terms(chunk, tau2)
        trace = fit.w.sum(axis=0) if likelihood == "ML" else fit.trace_p()
        found[part] = fit.ypp() - trace
    return found


def _product_scores(problems: Problems, grid: Vector, *, likelihood: str) -> Vector:
    """The scores by matrix products, for problems that share effects and variances."""
    y, v = problems.y, problems.v
    w = 1.0 / (v + grid)
    # Residuals do not change when effects shift, but only where the model has an intercept.
    centred = y - float(np.mean(y)) if _has_intercept(problems) else y
    found = np.empty((problems.count, grid.size))
    for part, chunk in problems.chunks(max(1, _GRID_ELEMENTS * y.size // (grid.size * 8))):
        gram1, cross1, _ = _products(chunk, w, centred)
        gram2, cross2, square2 = _products(chunk, w * w, centred)
        inverse = _inverse(gram1)
        found[part] = _ypp(inverse, cross1, gram2, cross2, square2) - _trace(
            chunk, w, inverse, gram1, gram2, likelihood=likelihood
        )
    return found


def _has_intercept(problems: Problems) -> bool:
    return any(column is None for column in problems.columns)


Matrix = list[list[Vector]]


def _products(problems: Problems, w: Vector, y: Vector) -> tuple[Matrix, list[Vector], Vector]:
    """X'WX, X'Wy and y'Wy of every problem (rows) at every point of the grid (columns)."""
    columns = problems.columns
    wy = w * y
    gram = [
        [_product(problems, _pair(columns[i], columns[j]), w) for j in range(i + 1)]
        for i in range(len(columns))
    ]
    return gram, [_product(problems, column, wy) for column in columns], _product(problems, None, wy * y)


def _pair(first: Vector | None, second: Vector | None) -> Vector | None:
    if first is None or second is None:
        return second if first is None else first
    return first * second


def _product(problems: Problems, column: Vector | None, w: Vector) -> Vector:
    """Sum over the studies of column * w, for w of shape (k, G)."""
    mask = problems.mask
    if column is not None and column.shape[1] > 1:
        return np.asarray((column if mask is None else column * mask).T @ w)
    if column is not None:
        w = w * column
    return np.asarray(w.sum(axis=0)[None, :] if mask is None else mask.T @ w)


def _inverse(gram: Matrix) -> Matrix:
    """Inverses of symmetric positive matrices given by their lower halves, as full matrices, by pivoting."""
    p = len(gram)
    a: Matrix = [[gram[max(i, j)][min(i, j)] for j in range(p)] for i in range(p)]
    for pivot in range(p):
        d = 1.0 / a[pivot][pivot]
        row = [a[pivot][j] * d for j in range(p)]
        for i in range(p):
            if i == pivot:
                continue
            factor = a[i][pivot]
            a[i] = [-factor * d if j == pivot else a[i][j] - factor * row[j] for j in range(p)]
        a[pivot] = [d if j == pivot else row[j] for j in range(p)]
    return a


def _ypp(
    inverse: Matrix, cross1: list[Vector], gram2: Matrix, cross2: list[Vector], square2: Vector
) -> Vector:
    p = range(len(inverse))
    beta = [sum((inverse[i][j] * cross1[j] for j in p), start=np.zeros(1)) for i in p]
    value = square2
    for i in p:
        value = value - 2 * beta[i] * cross2[i] + beta[i] ** 2 * gram2[i][i]
        for j in range(i):
            value = value + 2 * beta[i] * beta[j] * gram2[i][j]
    return np.asarray(value)


def _trace(
    problems: Problems, w: Vector, inverse: Matrix, gram1: Matrix, gram2: Matrix, *, likelihood: str
) -> Vector:
    value = gram1[0][0] if problems.columns[0] is None else _product(problems, None, w)
    if likelihood == "ML":
        return value
    for i in range(len(inverse)):
        value = value - inverse[i][i] * gram2[i][i]
        for j in range(i):
            value = value - 2 * inverse[i][j] * gram2[i][j]
    return np.asarray(value)
