"""The sums over studies that every estimator is made of, for many models at once.

With weights w and design X, P = W - W X (X'WX)^-1 X'W. The columns are made orthogonal with respect to the
weights one by one (modified Gram-Schmidt), which needs no matrix inverse and keeps its precision.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.meta.batched.problems import DEFICIENT, Problems, stretch
from analysis.meta.checks import Vector


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """One weighted fit for each problem; `...` is the shape of tau2.

    Attributes
    ----------
    w : ndarray of shape (k, ...)
    columns : list of (ndarray of shape (k, ...) or None)
        Orthogonal with respect to w; None is the intercept.
    norms : list of ndarray of shape (...)
        Squared lengths x'Wx of the columns.
    coefficients : list of ndarray of shape (...)
        Of the orthogonal columns; with the intercept alone this is the weighted mean.
    residuals, projected : ndarray of shape (k, ...)
        y - Xb, and Py.
    """

    w: Vector
    columns: list[Vector | None]
    norms: list[Vector]
    coefficients: list[Vector]
    residuals: Vector
    projected: Vector

    def rss(self) -> Vector:
        """y'Py."""
        return total(self.projected, self.residuals)

    def ypp(self) -> Vector:
        """y'PPy."""
        return total(self.projected, self.projected)

    def yppp(self) -> Vector:
        """y'PPPy."""
        z = self.projected
        wz = self.w * z
        value: Vector = total(wz, z)
        for column, norm in zip(self.columns, self.norms, strict=True):
            value -= _times(wz, column) ** 2 / norm
        return value

    def trace_p(self) -> Vector:
        """tr(P)."""
        if len(self.columns) == 1 and self.columns[0] is None:
            # 2 sum_{i<j} w_i w_j / sum w: no difference of sums, of which one precise study leaves nothing.
            upto = np.cumsum(self.w, axis=0)
            return np.asarray(2 * total(self.w[1:], upto[:-1]) / self.norms[0])
        w2 = self.w * self.w
        value: Vector = np.asarray(self.w.sum(axis=0))
        for column, norm in zip(self.columns, self.norms, strict=True):
            value -= _square(w2, column) / norm
        return value

    def trace_pp(self) -> Vector:
        """tr(PP)."""
        w2 = self.w * self.w
        w3 = w2 * self.w
        value: Vector = np.asarray(w2.sum(axis=0))
        for i, column in enumerate(self.columns):
            value -= 2 * _square(w3, column) / self.norms[i]
            value += (_square(w2, column) / self.norms[i]) ** 2
            w2x = w2 if column is None else w2 * column
            for j in range(i):
                value += 2 * _times(w2x, self.columns[j]) ** 2 / (self.norms[i] * self.norms[j])
        return value

    def log_det(self) -> Vector:
        """log |X'WX|."""
        value = np.log(self.norms[0])
        for norm in self.norms[1:]:
            value += np.log(norm)
        return value


def total(first: Vector, second: Vector) -> Vector:
    """Sum over studies of a product."""
    return np.asarray(np.einsum("k...,k...->...", first, second))


def terms(problems: Problems, tau2: Vector) -> Terms:
    """Fit every problem at its tau2, of shape (B,) or (B, G)."""
    return fitted(problems, problems.weights(tau2))


def fitted(problems: Problems, w: Vector) -> Terms:
    """Fit every problem with given weights of shape (k, B) or (k, B, G)."""
    more = w.ndim - 2
    columns: list[Vector | None] = []
    norms: list[Vector] = []
    coefficients: list[Vector] = []
    residuals = stretch(problems.y, more)
    for given in problems.columns:
        column = given if given is None else stretch(given, more)
        if column is not None:
            for earlier, norm in zip(columns, norms, strict=True):
                share = _times(w * column, earlier) / norm
                column = column - (share if earlier is None else share * earlier)
        wx = w if column is None else w * column
        norm = _times(wx, column)
        share = np.einsum("k...,k...->...", wx, residuals) / norm
        residuals = residuals - (share if column is None else share * column)
        columns.append(column)
        norms.append(norm)
        coefficients.append(share)
    return Terms(w, columns, norms, coefficients, residuals, w * residuals)


def deficient(problems: Problems) -> NDArray[np.bool_]:
    """True where the studies of a problem cannot tell the columns of its design apart, shape (B,)."""
    w = np.ones((problems.y.shape[0], problems.count)) if problems.mask is None else problems.mask
    columns: list[Vector | None] = []
    norms: list[Vector] = []
    bad = np.zeros(problems.count, dtype=np.bool_)
    for given in problems.columns:
        column = given
        before = _square(w, column)
        if column is not None:
            for earlier, norm in zip(columns, norms, strict=True):
                share = _times(w * column, earlier) / np.where(norm > 0, norm, 1.0)
                column = column - (share if earlier is None else share * earlier)
        norm = _square(w, column)
        bad |= norm <= DEFICIENT * before
        columns.append(column)
        norms.append(norm)
    return bad


def _times(weighted: Vector, column: Vector | None) -> Vector:
    return np.asarray(weighted.sum(axis=0)) if column is None else total(weighted, column)


def _square(weights: Vector, column: Vector | None) -> Vector:
    return np.asarray(weights.sum(axis=0)) if column is None else total(weights * column, column)
