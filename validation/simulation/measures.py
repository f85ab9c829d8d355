"""What a simulation reports: shares and means, each with its Monte Carlo standard error."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """A mean over replicates and its Monte Carlo standard error; `failed` is the share without a number."""

    mean: float
    error: float
    failed: float = 0.0


def mean_of(values: Values) -> Measured:
    """Mean of what is finite.

    Parameters
    ----------
    values : ndarray of shape (replicates,)

    Returns
    -------
    Measured
        NaN where nothing is finite.
    """
    known = values[np.isfinite(values)]
    failed = 1 - known.size / values.size
    if known.size < 2:
        return Measured(float("nan"), float("nan"), failed)
    return Measured(float(known.mean()), float(known.std(ddof=1) / np.sqrt(known.size)), failed)


def coverage(low: Values, high: Values, truth: float) -> Measured:
    """Share of intervals that hold the truth, in percent; without a limit on either side none is counted."""
    known = np.isfinite(low) & np.isfinite(high)
    held = np.where(known, 100.0 * ((low <= truth) & (truth <= high)), np.nan)
    return mean_of(held)
