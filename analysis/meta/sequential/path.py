"""The distribution of a Brownian score over looks at which it may have been stopped.

The score at information fraction t is S = Z sqrt(t), which without an effect is Brownian motion. What is kept
is its density on the region in which monitoring goes on, as mass on quadrature nodes. With an effect the
same paths are weighted by their likelihood ratio exp(drift S - drift^2 t / 2), so that one recursion without
effect serves every drift.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import ndtr, ndtri

from analysis.meta.checks import Vector
from analysis.meta.errors import NonConvergence

# Gauss-Legendre points in a panel, and the widest panel in standard deviations of the finest detail on it.
_POINTS = 16
_PANEL = 6.0
# Beyond this many standard deviations lies no mass that a boundary could depend on (1e-19).
_REACH = 9.0
# How far from its centre a step is followed: what is left out is below 1e-31 of what is counted.
_KERNEL_REACH = 12.0
_ROWS = 256
_NEWTON_STEPS = 100
_SQRT_2PI = math.sqrt(2 * math.pi)


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Mass of the paths that were never stopped, at the last look.

    Attributes
    ----------
    time : float
        Information fraction of that look; 0 before the first.
    nodes, mass : ndarray of shape (m,)
        Values of the score, and the probability that each stands for without an effect.
    drift : float
        The largest drift that will be asked for, so that its paths are covered too.
    """

    time: float
    nodes: Vector
    mass: Vector
    drift: float

    def above(self, score: float, time: float, *, drift: float = 0.0) -> float:
        """Probability to be unstopped so far and above `score` at `time`."""
        step = time - self.time
        return float(self._under(drift) @ ndtr((self.nodes + drift * step - score) / math.sqrt(step)))

    def below(self, score: float, time: float, *, drift: float = 0.0) -> float:
        """Probability to be unstopped so far and below `score` at `time`."""
        step = time - self.time
        return float(self._under(drift) @ ndtr((score - self.nodes - drift * step) / math.sqrt(step)))

    def total(self, *, drift: float = 0.0) -> float:
        """Probability to be unstopped so far."""
        return float(self._under(drift).sum())

    def upper_quantile(self, probability: float, time: float) -> float:
        """The score that unstopped paths exceed at `time` with this probability, without an effect."""
        return -_quantile(-self.nodes, self.mass, probability, start=self.time, time=time)

    def lower_quantile(self, probability: float, time: float, *, drift: float = 0.0) -> float:
        """The score that unstopped paths fall below at `time` with this probability."""
        centres = self.nodes - drift * self.time
        return drift * time + _quantile(centres, self._under(drift), probability, start=self.time, time=time)

    def advance(self, intervals: Sequence[tuple[float, float]], time: float, *, next_time: float) -> "Path":
        """Go on to `time` with the paths whose score then lies in one of the intervals.

        Parameters
        ----------
        intervals : sequence of (lower, upper)
            On the scale of the score, ascending and apart; ends may be infinite.
        time, next_time : float
            Of this look and of the one after it.

        Returns
        -------
        Path
        """
        reach = _REACH * math.sqrt(time)
        lowest, highest = min(self.drift, 0.0) * time - reach, max(self.drift, 0.0) * time + reach
        step = time - self.time
        # The density bends on the scale of the last step, and will be met by a kernel as wide as the next.
        detail = 1 / math.sqrt(1 / step + 1 / (next_time - time))
        panels = [_panels(max(low, lowest), min(high, highest), detail) for low, high in intervals]
        nodes, weights = np.concatenate(panels, axis=1)
        return Path(time=time, nodes=nodes, mass=weights * self._density(nodes, step), drift=self.drift)

    def _density(self, scores: Vector, step: float) -> Vector:
        sd = math.sqrt(step)
        density = np.empty(scores.size)
        for first in range(0, scores.size, _ROWS):
            rows = scores[first : first + _ROWS]
            ends = (rows[0] - _KERNEL_REACH * sd, rows[-1] + _KERNEL_REACH * sd)
            left, right = np.searchsorted(self.nodes, ends)
            distance = (rows[:, None] - self.nodes[left:right]) / sd
            density[first : first + _ROWS] = np.exp(-0.5 * distance * distance) @ self.mass[left:right]
        return density / (sd * _SQRT_2PI)

    def _under(self, drift: float) -> Vector:
        if drift == 0:
            return self.mass
        return self.mass * np.exp(drift * self.nodes - 0.5 * drift**2 * self.time)


def start(*, drift: float = 0.0) -> Path:
    """Every path begins at a score of 0, with no information."""
    return Path(time=0.0, nodes=np.zeros(1), mass=np.ones(1), drift=drift)


def _quantile(centres: Vector, weights: Vector, probability: float, *, start: float, time: float) -> float:
    """Solve sum(weights * Phi((x - centres) / sd)) = probability for x.

    The sum is the distribution function of a log-concave density, so its logarithm is concave, and Newton's
    steps from below the solution rise to it without overshooting.
    """
    left = float(weights.sum())
    if probability >= left:
        raise NonConvergence(
            f"Information {time:g}: {probability:g} is to be spent, and only {left:g} is left."
        )
    sd = math.sqrt(time - start)
    # Two points below the solution: had no path been stopped, and had all of them come down to the lowest.
    unstopped = math.sqrt(time) * float(ndtri(probability))
    x = max(unstopped, float(centres.min()) + sd * float(ndtri(probability / left)))
    for _ in range(_NEWTON_STEPS):
        scaled = (x - centres) / sd
        reached = float(weights @ ndtr(scaled))
        slope = float(weights @ np.exp(-0.5 * scaled * scaled)) / (sd * _SQRT_2PI)
        move = math.log(probability / reached) * reached / slope
        x += move
        if abs(move) <= 1e-12 * max(abs(x), sd):
            return x
    raise NonConvergence(f"Information {time:g}: no boundary spends {probability:g}; merge close looks.")


def _panels(low: float, high: float, detail: float) -> Vector:
    """Composite Gauss-Legendre nodes, and below them their weights, between two scores."""
    points, weights = _gauss_legendre()
    count = max(1, math.ceil((high - low) / (_PANEL * detail)))
    half = (high - low) / (2 * count)
    middles = low + half * (2 * np.arange(count) + 1)
    return np.stack([(middles[:, None] + half * points).ravel(), np.tile(half * weights, count)])


@cache
def _gauss_legendre() -> tuple[Vector, Vector]:
    points, weights = np.polynomial.legendre.leggauss(_POINTS)
    return points, weights
