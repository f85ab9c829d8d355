"""Kendall's rank correlation: its score, the variance of that with ties, and the exact distribution."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.meta.checks import Vector
from analysis.meta.distributions import two_sided_p

Ranks = NDArray[np.int64]

# Values closer than this, relative to their size, differ by the order in which they were added up.
_TIE = 1e-12
# Up to here all pairs are compared at once; beyond, discordant pairs are counted bit by bit of the ranks.
_ALL_PAIRS = 256
# Up to here the exact distribution is always built up term by term; up to the second number of studies where
# the sum over its characteristic function, good to 1e-15, leaves too few digits of a small p-value.
_TERM_BY_TERM = 40
_TERM_BY_TERM_IN_TAIL = 400
_FEW_DIGITS = 1e-6
# Points of that sum and its range in units of 1 / spread, where the function has fallen to 1e-18.
_ANGLES = 160
_RANGE = 9.0
# Standard deviations beyond which it has no digits left.
_FAR = 8.0


@dataclass(frozen=True, slots=True)
class Kendall:
    """Concordant minus discordant pairs.

    Attributes
    ----------
    score : int
    tau : float
        Tau-b: the score over its largest value with these ties. NaN where one variable is constant.
    variance : float
        Of the score, with ties accounted for.
    ties : bool
    """

    score: int
    tau: float
    variance: float
    ties: bool


def kendall(x: Vector, y: Vector) -> Kendall:
    """Correlate two vectors by ranks.

    Parameters
    ----------
    x, y : ndarray of shape (k,), k >= 2

    Returns
    -------
    Kendall

    References
    ----------
    Kendall (1970), Rank Correlation Methods, chapters 1 to 5.
    """
    first, second = _ranks(x), _ranks(y)
    k = x.size
    tied_x, tied_y = _tie_sums(first), _tie_sums(second)
    pairs = k * (k - 1) // 2
    score = (
        _score_of_pairs(first, second) if k <= _ALL_PAIRS else _score_by_bits(first, second, tied_x, tied_y)
    )
    largest = math.sqrt((pairs - tied_x[0] / 2) * (pairs - tied_y[0] / 2))
    variance = (k * (k - 1) * (2 * k + 5) - tied_x[2] - tied_y[2]) / 18
    variance += tied_x[0] * tied_y[0] / (2 * k * (k - 1))
    if k > 2:
        variance += tied_x[1] * tied_y[1] / (9 * k * (k - 1) * (k - 2))
    return Kendall(
        score=score,
        tau=score / largest if largest > 0 else math.nan,
        variance=variance,
        ties=tied_x[0] + tied_y[0] > 0,
    )


def exact_two_sided_p(score: int, k: int) -> float:
    """Probability, without ties and under independence, of a score as far from 0 as this.

    Parameters
    ----------
    score : int
        Concordant minus discordant pairs.
    k : int

    Returns
    -------
    float
        Exact to rounding for k <= 400; above, to 1e-14 absolutely, and below 1e-14 its normal bound.

    Notes
    -----
    The number of discordant pairs is a sum of independent uniform variates on 0 .. i - 1 for i = 1 .. k.
    """
    pairs = k * (k - 1) // 2
    fewer = (pairs - abs(score)) // 2
    if 2 * fewer >= pairs - 1:
        return 1.0
    if k > _TERM_BY_TERM:
        found = _by_characteristic_function(pairs / 2 - fewer, k)
        if found > _FEW_DIGITS or k > _TERM_BY_TERM_IN_TAIL:
            return found
    return min(1.0, 2 * _lower_tail(fewer, k))


def _ranks(values: Vector) -> Ranks:
    """Dense ranks from 0, the same for values that differ by rounding only."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    steps = np.diff(ordered) > _TIE * np.abs(ordered[1:])
    ranks = np.zeros(values.size, dtype=np.int64)
    ranks[order[1:]] = np.cumsum(steps)
    return ranks


def _tie_sums(ranks: Ranks) -> tuple[float, float, float]:
    """Sums over groups of t tied values: t(t-1), t(t-1)(t-2), t(t-1)(2t+5)."""
    t = np.bincount(ranks).astype(np.float64)
    t = t[t > 1]
    pairs = t * (t - 1)
    return float(pairs.sum()), float(pairs @ (t - 2)), float(pairs @ (2 * t + 5))


def _score_of_pairs(first: Ranks, second: Ranks) -> int:
    signs = np.sign(first[:, None] - first) * np.sign(second[:, None] - second)
    return int(signs.sum()) // 2


def _score_by_bits(first: Ranks, second: Ranks, tied_x: tuple[float, ...], tied_y: tuple[float, ...]) -> int:
    k = first.size
    both = first * (int(second.max()) + 1) + second
    tied_both = _tie_sums(np.unique(both, return_inverse=True)[1].astype(np.int64))
    discordant = _inversions(second[np.lexsort((second, first))])
    tied = (tied_x[0] + tied_y[0] - tied_both[0]) / 2
    return round(k * (k - 1) / 2 - tied) - 2 * discordant


def _inversions(ranks: Ranks) -> int:
    """Pairs out of order: those that agree in the higher bits and first differ the wrong way in one."""
    count = 0
    for bit in range(int(ranks.max()).bit_length()):
        group = ranks >> (bit + 1)
        order = np.argsort(group, kind="stable")
        ones = (ranks[order] >> bit) & 1
        before = np.cumsum(ones) - ones
        grouped = group[order]
        starts = np.flatnonzero(np.diff(grouped, prepend=-1))
        base = np.repeat(before[starts], np.diff(starts, append=ranks.size))
        count += int(np.sum((before - base) * (1 - ones)))
    return count


def _lower_tail(fewer: int, k: int) -> float:
    """Probability of at most this many discordant pairs, adding one study at a time."""
    probabilities = np.zeros(fewer + 1)
    probabilities[0] = 1.0
    for i in range(2, k + 1):
        sums = np.cumsum(probabilities)
        sums[i:] -= sums[:-i].copy()
        probabilities = sums / i
    return float(probabilities.sum())


def _by_characteristic_function(distance: float, k: int) -> float:
    """Two-sided tail from the sum over the inside, by the trapezoidal rule on a rapidly falling integrand."""
    spread = math.sqrt(k * (k - 1) * (2 * k + 5) / 72)
    if distance > _FAR * spread:
        return two_sided_p(distance / spread, df=None)
    step = _RANGE / spread / _ANGLES
    half = (np.arange(_ANGLES) + 0.5) * step / 2
    i = np.arange(2, k + 1)[:, None]
    transform = np.prod(np.sin(i * half) / (i * np.sin(half)), axis=0)
    inside = np.sum(transform * np.sin((2 * distance - 1) * half) / np.sin(half)) * step / math.pi
    return min(1.0, max(0.0, 1.0 - float(inside)))
