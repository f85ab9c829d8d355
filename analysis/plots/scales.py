"""From values to inches: linear and logarithmic axes, their limits and ticks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from matplotlib.ticker import MaxNLocator

from analysis.plots.numbers import number, power_of_ten

# How many typical half-intervals beyond the outermost estimate an axis goes before it clips intervals.
REACH = 2.5


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis between two positions on the sheet.

    Attributes
    ----------
    low, high : float
        Limits, as displayed (not logged).
    left, right : float
        Inches.
    is_log : bool
        Whether distance is proportional to the logarithm.
    """

    low: float
    high: float
    left: float
    right: float
    is_log: bool

    def at(self, value: float) -> float:
        """Return the position of a value, in inches, also beyond the limits."""
        low, high, x = (_log(v, self.is_log) for v in (self.low, self.high, value))
        return self.left + (x - low) / (high - low) * (self.right - self.left)

    def clip(self, value: float) -> float:
        """Return the nearest value within the limits."""
        return min(max(value, self.low), self.high)

    def ticks(self) -> list[float]:
        """Return round values within the limits, at most nine.

        A logarithmic axis has 1, 2 and 5; one so short that fewer than three of them lie on it has the evenly
        spaced values of a plain axis, and a long one has powers of ten, not each of them.
        """
        if not self.is_log:
            return self._even()
        exponents = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for steps in ((1, 2, 5), (1, 3), (1,)):
            ticks = [step * 10.0**e for e in exponents for step in steps]
            inside = [t for t in ticks if self.low * (1 - 1e-9) <= t <= self.high * (1 + 1e-9)]
            if len(inside) <= 8:
                return inside if len(inside) > 2 else max(self._even(), inside, key=len)
        # From 1 outwards, so that the null line of a ratio keeps its tick.
        apart = math.ceil(len(inside) / 8)
        return [tick for tick in inside if round(math.log10(tick)) % apart == 0]

    def _even(self) -> list[float]:
        found = MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]).tick_values(self.low, self.high)
        span = self.high - self.low
        inside = [float(t) for t in found if self.low - 1e-9 * span <= t <= self.high + 1e-9 * span]
        return [tick for tick in inside if tick > 0] if self.is_log else inside


def limits(
    intervals: Sequence[tuple[float, float, float]], *, always: Sequence[float], is_log: bool
) -> tuple[float, float]:
    """Choose the limits of an axis so that one wide interval does not flatten all others.

    Parameters
    ----------
    intervals : sequence of (low, estimate, high)
        As displayed. Infinite limits are allowed.
    always : sequence of float
        Values that must be inside: null line, summary, prediction limits.
    is_log : bool
        Whether the axis is logarithmic.

    Returns
    -------
    (float, float)
        Limits as displayed; intervals that reach further are to be clipped.
    """
    logged = [tuple(_log(value, is_log) for value in triple) for triple in intervals]
    must = [value for value in (_log(v, is_log) for v in always) if math.isfinite(value)]
    estimates = [estimate for _, estimate, _ in logged if math.isfinite(estimate)] or must or [0.0]
    halves = [half for low, _, high in logged if math.isfinite(half := (high - low) / 2)]
    reach = REACH * (median(halves) if halves else 1.0)
    inner_low, inner_high = min([*estimates, *must]), max([*estimates, *must])
    low = min(inner_low, max(min([low for low, _, _ in logged], default=inner_low), inner_low - reach))
    high = max(inner_high, min(max([high for _, _, high in logged], default=inner_high), inner_high + reach))
    if high - low < 1e-9:
        low, high = low - 1.0, high + 1.0
    margin = 0.04 * (high - low)
    low, high = low - margin, high + margin
    return (math.exp(low), math.exp(high)) if is_log else (low, high)


def tick_label(value: float) -> str:
    """Print a tick without needless zeros.

    Parameters
    ----------
    value : float

    Returns
    -------
    str
    """
    shortest = f"{value:.6g}"
    return power_of_ten(value, 6) if "e" in shortest else number(value, len(shortest.partition(".")[2]))


def _log(value: float, is_log: bool) -> float:
    if not is_log:
        return value
    return math.log(value) if value > 0 else -math.inf
