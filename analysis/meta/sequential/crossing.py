"""How likely a monitored test is to stop, look by look."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.checks import Vector
from analysis.meta.errors import NotFinite, UnknownOption
from analysis.meta.sequential.boundaries import (
    Boundaries,
    drift_at_full_information,
    inflation_root,
    spending_boundaries,
)
from analysis.meta.sequential.checks import checked_error, checked_times
from analysis.meta.sequential.path import start
from analysis.meta.sequential.recursion import continuation, next_path
from analysis.meta.sequential.spending import Spending

# Its square has to be a number; a thousandth of it already crosses any boundary for certain.
_LARGEST_DRIFT = 1e100


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """Probabilities to stop for the first time at each look.

    Attributes
    ----------
    drift : float
        Mean of Z at information fraction 1.
    upper, lower, futility : ndarray of shape (m,)
        For efficacy above, for efficacy below (0 where the test is one-sided), for futility (0 where there is
        none, or where it is disregarded).
    """

    drift: float
    upper: Vector
    lower: Vector
    futility: Vector

    @property
    def reached_upper(self) -> float:
        """Probability ever to stop for efficacy above: the power, where the drift is positive."""
        return float(self.upper.sum())

    @property
    def rejected(self) -> float:
        """Probability ever to stop for efficacy: without drift the type I error."""
        return float(self.upper.sum() + self.lower.sum())


def crossing_probabilities(
    boundaries: Boundaries, *, drift: float = 0.0, obey_futility: bool = True
) -> Crossing:
    """Probabilities to cross each boundary at each look.

    Parameters
    ----------
    boundaries : Boundaries
    drift : float
        Mean of Z at information fraction 1; 0 for no effect.
    obey_futility : bool
        Whether monitoring ends at futility.

    Returns
    -------
    Crossing

    Raises
    ------
    NotFinite

    Examples
    --------
    >>> found = spending_boundaries([0.5, 1.0], alpha=0.05)
    >>> round(crossing_probabilities(found).rejected, 6)
    0.05
    """
    if not abs(drift) <= _LARGEST_DRIFT:
        raise NotFinite(f"drift is {drift}; give the mean of Z at full information, a finite number.")
    times, sides = boundaries.times, boundaries.sides
    upper, lower, futility = np.zeros((3, times.size))
    path = start(drift=drift)
    for at, (look, time) in enumerate(zip(boundaries.looks, times.tolist(), strict=True)):
        root = math.sqrt(time)
        high = math.inf if look.efficacy is None else look.efficacy * root
        stop = -math.inf if look.futility is None or not obey_futility else look.futility * root
        upper[at] = path.above(high, time, drift=drift)
        if sides == 2:
            lower[at] = path.below(-high, time, drift=drift)
        if stop > -math.inf:
            futility[at] = path.below(stop, time, drift=drift)
            if sides == 2:
                futility[at] -= path.below(-stop, time, drift=drift)
        path = next_path(path, times, at, continuation(high, stop, sides=sides))
    return Crossing(drift=drift, upper=upper, lower=lower, futility=futility)


def inflation_factor(
    times: ArrayLike,
    *,
    alpha: float = 0.05,
    power: float = 0.9,
    sides: int = 2,
    spending: Spending = "obrien_fleming",
) -> float:
    """Factor by which looking raises the information needed for the power of a single look.

    Parameters
    ----------
    times : array_like of shape (m,)
        Information fractions of the looks, rising to exactly 1.
    alpha, power : float
    sides : {1, 2}
    spending : {"obrien_fleming", "pocock"}

    Returns
    -------
    float
        At least 1. It counts crossings on the side of the anticipated effect.

    Raises
    ------
    UnknownOption, ShapeMismatch, NonConvergence

    References
    ----------
    Jennison and Turnbull (2000), doi:10.1201/9780367805326, chapter 7.

    Examples
    --------
    >>> round(inflation_factor([0.5, 0.75, 1.0], power=0.8), 3)
    1.02
    """
    fractions = checked_times(times)
    checked_error("power", power)
    if fractions[-1] != 1:
        raise UnknownOption(f"times ends at {fractions[-1]:g}; a test has its power at 1.")
    if power <= alpha / sides:
        raise UnknownOption(f"power is {power:g}; ask for more than alpha gives without any effect.")
    found = spending_boundaries(fractions, alpha=alpha, sides=sides, spending=spending)

    def shortfall(factor: float) -> float:
        drift = drift_at_full_information(alpha_per_side=alpha / sides, beta=1 - power, inflation=factor)
        return power - crossing_probabilities(found, drift=drift).reached_upper

    return inflation_root(shortfall)
