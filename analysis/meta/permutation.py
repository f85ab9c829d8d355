"""Permutation tests of a pooled mean and of the moderators of a meta-regression."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import factorial, prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.meta.batched.estimates import tau2_of
from analysis.meta.batched.problems import Problems
from analysis.meta.checks import Vector, checked_effects, checked_option, checked_seed
from analysis.meta.design import Design
from analysis.meta.errors import TooFewStudies, TooManySubsets, UnknownOption
from analysis.meta.intervals import CI_METHODS, CiMethod
from analysis.meta.linear import intercept
from analysis.meta.regression.fit import full_rank, named_columns, tested_columns
from analysis.meta.scale import refuse_extremes
from analysis.meta.tau2_methods import TAU2_METHODS, Tau2Method

# An exact test of more arrangements takes minutes and says no more than a large sample of them.
MOST_EXACT = 2_000_000
_CHUNK = 8192
# Arrangements that differ in nothing but rounding count as equal.
_EQUAL = 1e-8
# Relative size of residuals and of coefficients below which only rounding is left.
_ROUNDING = 1e-13

Arrangement = NDArray[np.int_]


@dataclass(frozen=True, slots=True, eq=False)
class PermutationTest:
    """p-values from rearranging the studies.

    Attributes
    ----------
    names : tuple of str, length p
    statistic : ndarray of shape (p,)
        As observed, z or t; infinite where a line goes through every effect and its errors are Hartung-Knapp.
    p_value : ndarray of shape (p,)
        Two-sided: share of arrangements with a statistic at least as far from 0.
    moderator_statistic, moderator_p : float
        The same of the test of all moderators together (chi-squared, or F with Hartung-Knapp); for a pooled
        mean, of the mean.
    n : int
        Arrangements, the observed one included.
    exact : bool
        Whether these were all there are.
    """

    names: tuple[str, ...]
    statistic: Vector
    p_value: Vector
    moderator_statistic: float
    moderator_p: float
    n: int
    exact: bool

    @property
    def simulation_se(self) -> Vector:
        """Standard error of each p-value from drawing arrangements; 0 for an exact test."""
        return np.asarray(np.sqrt(self.p_value * (1 - self.p_value) / self.n) * (not self.exact))


def permutation_test(
    yi: ArrayLike,
    vi: ArrayLike,
    design: Design | ArrayLike | None = None,
    *,
    names: Sequence[str] | None = None,
    tau2_method: Tau2Method = "REML",
    ci_method: CiMethod = "wald",
    n: int = 1000,
    exact: bool | None = None,
    seed: int | np.random.Generator = 0,
) -> PermutationTest:
    """Test moderators, or without a design the pooled mean, by rearranging the data.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
        Effects on the analysis scale and their sampling variances.
    design : Design or array_like of shape (k, p), optional
        As for `regress`. Its rows change places among the studies. Without one, or with an intercept alone,
        the signs of the effects change.
    names : sequence of str, length p, optional
    tau2_method, ci_method
        As for `regress`; tau2 is estimated anew in each arrangement.
    n : int
        How many arrangements to draw, the observed one included.
    exact : bool, optional
        All distinct arrangements. Where it is not given: if there are at most `n` of them.
    seed : int or numpy.random.Generator

    Returns
    -------
    PermutationTest

    Raises
    ------
    TooManySubsets
        An exact test of more than two million arrangements.
    TooFewStudies, RankDeficient, UnknownOption, and those of `regress`

    Notes
    -----
    The p-value of a sample counts the observed arrangement, so that it is never 0 and the test keeps its
    level. With few studies p-values are coarse: five studies with distinct moderators have 120 arrangements.

    References
    ----------
    Follmann and Proschan (1999), doi:10.1111/j.0006-341X.1999.00732.x.
    Higgins and Thompson (2004), doi:10.1002/sim.1752.
    Viechtbauer, Lopez-Lopez, Sanchez-Meca and Marin-Martinez (2015), doi:10.1037/met0000023.

    Examples
    --------
    >>> found = permutation_test([0.1, 0.4, 0.2, 0.6], [0.04, 0.02, 0.03, 0.05])
    >>> found.n, found.exact, float(found.p_value[0])
    (16, True, 0.125)
    """
    effects, variances = checked_effects(yi, vi)
    checked_option("tau2_method", tau2_method, TAU2_METHODS)
    checked_option("ci_method", ci_method, CI_METHODS)
    if not n >= 2:
        raise UnknownOption(f"n is {n}; draw at least 2 arrangements.")
    if not isinstance(seed, np.random.Generator):
        checked_seed(seed)
    k = effects.size
    matrix, labels = named_columns(intercept(k) if design is None else design, names, k)
    refuse_extremes(effects, variances, p=matrix.shape[1])
    if k <= matrix.shape[1]:
        raise TooFewStudies(f"{k} studies and {matrix.shape[1]} coefficients leave nothing to rearrange.")
    full_rank(matrix, labels)
    model = _Model(effects, variances, matrix, tau2_method, ci_method)
    chosen = model.arrangements() <= n if exact is None else exact
    if chosen and model.arrangements() > MOST_EXACT:
        raise TooManySubsets(
            f"An exact test has {model.arrangements()} arrangements, more than {MOST_EXACT}; "
            "draw n of them instead."
        )
    batches = model.all() if chosen else model.drawn(n, np.random.default_rng(seed))
    own, together = model.statistics(model.observed())
    beyond, beyond_together, count = np.zeros(own.shape[1]), 0, 0
    for batch in batches:
        each, joint = model.statistics(batch)
        beyond += (np.abs(each) >= _reached(np.abs(own))).sum(axis=0)
        beyond_together += int((joint >= _reached(together)).sum())
        count += len(each)
    return PermutationTest(
        names=labels,
        statistic=own[0],
        p_value=beyond / count,
        moderator_statistic=float(together[0]),
        moderator_p=beyond_together / count,
        n=count,
        exact=chosen,
    )


class _Model:
    """One model whose studies are rearranged: rows of the design move, or signs of the effects change."""

    def __init__(
        self, yi: Vector, vi: Vector, matrix: Vector, method: Tau2Method, ci_method: CiMethod
    ) -> None:
        self.yi, self.vi = yi, vi
        self.method, self.ci_method = method, ci_method
        p = matrix.shape[1]
        constant = [column for column in range(p) if np.all(matrix[:, column] == 1)]
        self.signs = p == 1 and bool(constant)
        self.tested = tested_columns(matrix)
        order = constant[:1] + [column for column in range(p) if column not in constant[:1]]
        basis = np.linalg.qr(matrix[:, order])[0]
        if constant:
            basis[:, 0] = 1.0
        self.constant = bool(constant)
        self.basis = basis
        # Coefficients of the moderators from those of the basis: matrix = basis @ turn.
        self.back = np.linalg.inv(np.linalg.lstsq(basis, matrix, rcond=None)[0])
        _, first, self.kind = np.unique(matrix, axis=0, return_index=True, return_inverse=True)
        self.first, self.counts = first, np.bincount(self.kind)

    def arrangements(self) -> int:
        """How many distinct ones there are."""
        if self.signs:
            return int(2**self.yi.size)
        return factorial(self.yi.size) // prod(factorial(int(count)) for count in self.counts)

    def observed(self) -> Arrangement:
        return np.ones((1, self.yi.size), dtype=np.int_) if self.signs else np.arange(self.yi.size)[None, :]

    def all(self) -> Iterator[Arrangement]:
        """All distinct arrangements."""
        k = self.yi.size
        if self.signs:
            total = 2**k
            for start in range(0, total, _CHUNK):
                numbers = np.arange(start, min(start + _CHUNK, total))
                yield 1 - 2 * ((numbers[:, None] >> np.arange(k)) & 1)
            return
        kinds = _orders(self.counts)
        for start in range(0, len(kinds), _CHUNK):
            yield self.first[kinds[start : start + _CHUNK]]

    def drawn(self, n: int, rng: np.random.Generator) -> Iterator[Arrangement]:
        """The observed arrangement and n - 1 random ones."""
        k = self.yi.size
        yield self.observed()
        for start in range(1, n, _CHUNK):
            size = min(_CHUNK, n - start)
            if self.signs:
                yield 1 - 2 * rng.integers(0, 2, size=(size, k))
            else:
                yield rng.permuted(np.broadcast_to(np.arange(k), (size, k)), axis=1)

    def statistics(self, arrangement: Arrangement) -> tuple[Vector, Vector]:
        """z or t of every coefficient, shape (n, p), and the joint test's statistic, shape (n,)."""
        n, k = arrangement.shape
        p = self.basis.shape[1]
        if self.signs:
            y, rows = self.yi * arrangement, np.broadcast_to(self.basis, (n, k, 1))
            problems = Problems(np.ascontiguousarray(y.T), self.vi[:, None], None, (None,), n)
        else:
            y, rows = self.yi[None, :], self.basis[arrangement]
            columns = tuple(
                None if self.constant and column == 0 else np.ascontiguousarray(rows[:, :, column].T)
                for column in range(p)
            )
            problems = Problems(self.yi[:, None], self.vi[:, None], None, columns, n)
        tau2 = tau2_of(problems, self.method)
        weighted = rows / (self.vi + tau2[:, None])[:, :, None]
        inverse = np.linalg.inv(weighted.transpose(0, 2, 1) @ rows)
        beta = (inverse @ (weighted.transpose(0, 2, 1) @ np.broadcast_to(y, (n, k))[:, :, None]))[:, :, 0]
        rounding = _ROUNDING**2 * (y**2 / (self.vi + tau2[:, None])).sum(axis=1)
        factor = self._factor(y - np.einsum("nkp,np->nk", rows, beta), tau2, rounding)
        each, joint = _wald(beta @ self.back.T, self.back @ inverse @ self.back.T, self.tested)
        if self.ci_method not in ("wald", "t"):
            joint = joint / len(self.tested)
        return (
            _scaled(np.where(each**2 <= rounding[:, None], 0.0, each), np.sqrt(factor)[:, None]),
            _scaled(np.where(joint <= rounding, 0.0, joint), factor),
        )

    def _factor(self, residuals: Vector, tau2: Vector, rounding: Vector) -> Vector:
        """What multiplies the variances; 0 where nothing but rounding is left of the residuals."""
        if self.ci_method in ("wald", "t"):
            return np.ones(tau2.size)
        squares = (residuals**2 / (self.vi + tau2[:, None])).sum(axis=1)
        factor = np.where(squares <= rounding, 0.0, squares) / (self.yi.size - self.basis.shape[1])
        return np.asarray(np.maximum(factor, 1.0) if self.ci_method == "hk_adhoc" else factor)


def _reached(statistic: Vector) -> Vector:
    """How large a statistic has to be to count as this one."""
    infinite = np.isinf(statistic)
    finite = np.where(infinite, 0.0, statistic)
    return np.where(infinite, np.inf, finite - _EQUAL * np.maximum(1.0, finite))


def _scaled(statistic: Vector, factor: Vector) -> Vector:
    """Infinite where an effect has no variance, and 0 where there is no effect either."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(statistic == 0, 0.0, statistic / factor))


def _wald(beta: Vector, covariance: Vector, tested: list[int]) -> tuple[Vector, Vector]:
    each = beta / np.sqrt(np.einsum("npp->np", covariance))
    if len(tested) == 1:
        return each, each[:, tested[0]] ** 2
    part = covariance[:, tested][:, :, tested]
    chosen = beta[:, tested]
    return each, np.einsum("np,np->n", chosen, np.linalg.solve(part, chosen[:, :, None])[:, :, 0])


def _orders(counts: NDArray[np.int_]) -> NDArray[np.int8]:
    """All distinct orders of a multiset with these counts of each kind, one in each row."""
    kinds = counts.size
    left = counts[None, :].astype(np.int8)
    rows = np.empty((1, 0), dtype=np.int8)
    for _ in range(int(counts.sum())):
        grown, remaining = [], []
        for kind in range(kinds):
            some = left[:, kind] > 0
            grown.append(np.column_stack([rows[some], np.full(int(some.sum()), kind, dtype=np.int8)]))
            fewer = left[some]
            fewer[:, kind] -= 1
            remaining.append(fewer)
        rows, left = np.concatenate(grown), np.concatenate(remaining)
    return rows
