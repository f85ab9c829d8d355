"""Intervals of tau2: by inverting the generalised Q statistic, and from the profile likelihood."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.batched.likelihood import log_likelihoods
from analysis.meta.batched.problems import Problems, problem_of
from analysis.meta.batched.scan import GRID_RATIO
from analysis.meta.checks import Vector, checked_effects, checked_level, checked_option
from analysis.meta.distributions import chi2_quantile_upper
from analysis.meta.errors import NonConvergence, TooFewStudies
from analysis.meta.linear import checked_design, fit, intercept
from analysis.meta.scale import refuse_extremes
from analysis.meta.tau2.estimate import estimate_tau2
from analysis.meta.tau2.single import q_root

# Ratio of one point of the outward search to the one before; a profile beyond its last maximum only falls.
_OUTWARD = 2.0
_MOST_POINTS = 4000
_HALVINGS = 200

Profile = Callable[[Vector], Vector]


@dataclass(frozen=True, slots=True)
class Tau2Interval:
    """Interval of tau2, and of I2 and H2 which follow from it.

    Attributes
    ----------
    low, high : float
    level : float
    empty : bool
        Even tau2 = 0 leaves less spread than sampling error alone would give at this level: the interval is
        then the empty set and both limits are 0.
    i2_low, i2_high : float
        In percent.
    h2_low, h2_high : float
    method : {"QP", "PL"}
        Q-profile, or profile likelihood.
    """

    low: float
    high: float
    level: float
    empty: bool
    i2_low: float
    i2_high: float
    h2_low: float
    h2_high: float
    method: Literal["QP", "PL"]


def q_profile(
    yi: ArrayLike, vi: ArrayLike, *, level: float = 0.95, design: Vector | None = None
) -> Tau2Interval:
    """Interval of tau2 by inverting the generalised Q statistic.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
        More studies than columns of the design, so at least two.
    level : float
    design : ndarray of shape (k, p), optional
        Columns of the model; a column of ones where it is not given.

    Returns
    -------
    Tau2Interval
        The upper limit is not capped.

    Raises
    ------
    TooFewStudies, NonConvergence, and those of `estimate_tau2`

    Notes
    -----
    The generalised Q at the true tau2 is chi-square with k - p degrees of freedom whatever tau2 is, so the
    interval is exact where the effects are normal with known variances.

    References
    ----------
    Viechtbauer (2007), doi:10.1002/sim.2514.

    Examples
    --------
    >>> found = q_profile([0.0, 2.0], [0.5, 0.5])
    >>> round(found.low, 3), round(found.high)
    (0.0, 2036)
    """
    effects, variances = checked_effects(yi, vi, at_least=2)
    checked_level(level)
    tail = (1 - level) / 2
    refuse_extremes(effects, variances, p=1 if design is None else 2)
    columns = None if design is None else checked_design(design, effects.size)
    df = _residual_df(effects.size, 1 if columns is None else columns.shape[1])
    target_high = chi2_quantile_upper(1 - tail, df)
    low = q_root(effects, variances, chi2_quantile_upper(tail, df), columns=columns).value
    high = q_root(effects, variances, target_high, columns=columns).value
    model = fit(effects, 1 / variances, intercept(effects.size) if columns is None else columns)
    return _interval(low, high, level, df / model.trace_p, empty=model.rss < target_high, method="QP")


def profile_likelihood(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    method: Literal["ML", "REML"] = "REML",
    level: float = 0.95,
    design: Vector | None = None,
) -> Tau2Interval:
    """Interval of tau2 from its profile likelihood.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
        More studies than columns of the design, so at least two.
    method : {"ML", "REML"}
    level : float
    design : ndarray of shape (k, p), optional

    Returns
    -------
    Tau2Interval
        From the smallest to the largest tau2 that the test does not reject; where the likelihood has two
        hills this may span a valley between them.

    Raises
    ------
    TooFewStudies, UnknownOption, NonConvergence, and those of `estimate_tau2`

    Notes
    -----
    All tau2 whose log-likelihood is within half a chi-square quantile with one degree of freedom of the
    maximum. Below about ten studies the Q-profile interval keeps its level better.

    References
    ----------
    Hardy and Thompson (1996), doi:10.1002/(SICI)1097-0258(19960330)15:6<619::AID-SIM188>3.0.CO;2-A.
    Viechtbauer (2007), doi:10.1002/sim.2514.

    Examples
    --------
    >>> found = profile_likelihood([0.0, 1.0, 3.0], [0.5, 0.5, 0.5], method="ML")
    >>> round(found.low, 2), round(found.high, 1)
    (0.0, 13.1)
    """
    effects, variances = checked_effects(yi, vi, at_least=2)
    checked_option("method", method, ("ML", "REML"))
    checked_level(level)
    refuse_extremes(effects, variances, p=1 if design is None else 2)
    columns = intercept(effects.size) if design is None else checked_design(design, effects.size)
    df = _residual_df(effects.size, columns.shape[1])
    best = estimate_tau2(effects, variances, method=method, design=design).value
    problem = problem_of(effects, variances, columns)
    drop = 0.5 * chi2_quantile_upper(1 - level, 1)

    def excess(tau2: Vector) -> Vector:
        repeated = problem.take(np.zeros(tau2.size, dtype=np.intp))
        return log_likelihoods(repeated, tau2, likelihood=method)

    floor = float(excess(np.array([best]))[0]) - drop
    low, high = _crossings(excess, floor, best, problem)
    within = df / fit(effects, 1 / variances, columns).trace_p
    return _interval(low, high, level, within, empty=False, method="PL")


def _residual_df(k: int, p: int) -> int:
    if k <= p:
        raise TooFewStudies(
            f"{k} studies and {p} coefficients leave nothing to estimate tau2 from; use fewer."
        )
    return k - p


def _crossings(excess: Profile, floor: float, best: float, problem: Problems) -> tuple[float, float]:
    """The outermost tau2 at which the profile is at `floor`; 0 below where it never comes down to it."""
    smallest = float(problem.smallest()[0])
    inward = smallest * np.expm1(
        np.arange(int(np.log1p(best / smallest) / np.log(GRID_RATIO)) + 1) * np.log(GRID_RATIO)
    )
    grid = [0.0, *inward[inward < best][1:], best] if best > 0 else [0.0]
    point = best + smallest
    while len(grid) < _MOST_POINTS:
        grid.append(point)
        if excess(np.array([point]))[0] < floor and point > 4 * (best + smallest):
            break
        point *= _OUTWARD
    else:
        raise NonConvergence("The profile likelihood does not fall; check effects and variances.")
    points = np.array(grid)
    inside = np.flatnonzero(excess(points) >= floor)
    first, last = int(inside[0]), int(inside[-1])
    low = 0.0 if first == 0 else _bisect(excess, floor, points[first - 1], points[first])
    return low, _bisect(excess, floor, points[last + 1], points[last])


def _bisect(excess: Profile, floor: float, outside: float, inside: float) -> float:
    """Narrow down by sixteenths, each time with one evaluation for all of them."""
    for _ in range(_HALVINGS):
        points = np.linspace(outside, inside, 17)
        first = int(np.argmax(excess(points) >= floor))
        if first == 0:
            return float(points[0])
        if abs(points[first] - points[first - 1]) <= 1e-15 * abs(points[first]):
            return float(points[first])
        outside, inside = float(points[first - 1]), float(points[first])
    raise NonConvergence("The limit of the profile likelihood was not found; check the variances.")


def _interval(
    low: float, high: float, level: float, within: float, *, empty: bool, method: Literal["QP", "PL"]
) -> Tau2Interval:
    return Tau2Interval(
        low=low,
        high=high,
        level=level,
        empty=empty,
        i2_low=100 * low / (low + within),
        i2_high=100 * high / (high + within),
        h2_low=low / within + 1,
        h2_high=high / within + 1,
        method=method,
    )
