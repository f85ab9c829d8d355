"""Look after look: the boundaries at which the errors that may be spent are spent."""

import math
from dataclasses import dataclass

import numpy as np

from analysis.meta.checks import Vector
from analysis.meta.sequential.path import Path, start

# A look at which less than this may be spent has no boundary that a double could tell from infinity.
UNREACHABLE = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class Wedge:
    """Efficacy and futility boundaries under one inflation.

    Attributes
    ----------
    efficacy, futility : ndarray of shape (m,)
        On the scale of Z; infinite, or minus infinite, where not reachable.
    shortfall : float
        Type II error at the last look beyond what may be spent; below 0 where information is too plentiful.
    """

    efficacy: Vector
    futility: Vector
    shortfall: float


def efficacy_boundaries(times: Vector, spent: Vector, *, sides: int) -> Vector:
    """Boundaries for Z that spend a type I error, on one side or on each of two.

    Parameters
    ----------
    times, spent : ndarray of shape (m,)
        Information fractions, and the cumulative error of one side.
    sides : {1, 2}

    Returns
    -------
    ndarray of shape (m,)
    """
    path, done = start(), 0.0
    found = np.full(times.size, math.inf)
    for at, time in enumerate(times.tolist()):
        share = float(spent[at]) - done
        if share < UNREACHABLE:
            continue
        done = float(spent[at])
        score = path.upper_quantile(share, time)
        found[at] = score / math.sqrt(time)
        if at + 1 < times.size:
            low = -score if sides == 2 else -math.inf
            path = path.advance([(low, score)], time, next_time=float(times[at + 1]))
    return found


def wedge(
    times: Vector, alpha_spent: Vector, beta_spent: Vector, *, drift: float, sides: int, binding: bool
) -> Wedge:
    """Boundaries for efficacy and futility, seen from the side of the anticipated effect.

    Parameters
    ----------
    times, alpha_spent, beta_spent : ndarray of shape (m,)
        Information fractions, and the cumulative errors of one side.
    drift : float
        Mean of Z at fraction 1 under the anticipated effect.
    sides : {1, 2}
    binding : bool

    Returns
    -------
    Wedge
    """
    futility = np.full(times.size, -math.inf)
    if not binding:
        efficacy = efficacy_boundaries(times, alpha_spent, sides=sides)
    else:
        efficacy = np.full(times.size, math.inf)
    path, beta_done, alpha_done = start(drift=drift), 0.0, 0.0
    for at, time in enumerate(times.tolist()):
        root, share = math.sqrt(time), float(beta_spent[at]) - beta_done
        alpha_share = float(alpha_spent[at]) - alpha_done
        if binding and alpha_share >= UNREACHABLE:
            if alpha_share >= path.total():
                break
            alpha_done = float(alpha_spent[at])
            efficacy[at] = path.upper_quantile(alpha_share, time) / root
        if at + 1 == times.size:
            futility[at] = efficacy[at]
            return Wedge(efficacy, futility, path.below(efficacy[at] * root, time, drift=drift) - share)
        if share >= UNREACHABLE:
            if share >= path.total(drift=drift):
                break
            beta_done = float(beta_spent[at])
            futility[at] = path.lower_quantile(share, time, drift=drift) / root
        if futility[at] >= efficacy[at]:
            break
        path = path.advance(
            [(futility[at] * root, efficacy[at] * root)], time, next_time=float(times[at + 1])
        )
    # So much information that futility leaves less than the errors to spend: a shortfall of the other sign.
    return Wedge(efficacy, futility, -1.0)


def continuation(efficacy: float, futility: float, *, sides: int) -> list[tuple[float, float]]:
    """Scores with which monitoring goes on, as intervals in ascending order."""
    if sides == 1:
        return [(futility, efficacy)]
    if futility <= 0:
        return [(-efficacy, efficacy)]
    return [(-efficacy, -futility), (futility, efficacy)]


def next_path(path: Path, times: Vector, at: int, intervals: list[tuple[float, float]]) -> Path:
    """Go on to look `at`, unless it is the last or nothing stops there."""
    if at + 1 == times.size or intervals == [(-math.inf, math.inf)]:
        return path
    return path.advance(intervals, float(times[at]), next_time=float(times[at + 1]))
