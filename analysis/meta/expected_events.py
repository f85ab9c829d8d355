"""Rate ratios pooled by the expected events of the exposed arm, as in early cohort studies of smoking."""

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.checks import checked_level
from analysis.meta.counts import checked_correction, checked_rates
from analysis.meta.effects import ZeroCellRule
from analysis.meta.errors import TooFewStudies
from analysis.meta.mantel_haenszel import FixedPool, summed


def expected_events(
    x1i: ArrayLike,
    t1i: ArrayLike,
    x2i: ArrayLike,
    t2i: ArrayLike,
    *,
    add: float = 0.5,
    to: ZeroCellRule = "only0",
    drop00: bool = False,
    level: float = 0.95,
) -> FixedPool:
    """Pool log rate ratios with the events that the first arm would have at the second arm's rate as weights.

    Parameters
    ----------
    x1i, t1i, x2i, t2i : array_like of shape (k,)
        Events and person-time (any one unit) of the exposed and of the comparison arm.
    add, to, drop00
        Correction of empty cells for the studies' own effects; weights and variance take the counts as they
        are.
    level : float

    Returns
    -------
    FixedPool

    Raises
    ------
    TooFewStudies, UnknownOption, ShapeMismatch, NotFinite, ImpossibleData

    Notes
    -----
    The weight is t1 x2 / t2, the variance 1 / sum x1 + 1 / sum x2. Offered to repeat old analyses (R's meta
    calls it Cochran's method); for new ones Mantel-Haenszel is better.

    References
    ----------
    Bayne-Jones et al. (1964), Smoking and Health, chapter 8.

    Examples
    --------
    >>> found = expected_events([5, 8], [100, 200], [9, 12], [100, 180])
    >>> round(found.estimate, 3), round(found.se, 3)
    (-0.542, 0.353)
    """
    checked_level(level)
    raw = checked_rates(x1i, t1i, x2i, t2i)
    rates, kept = raw.corrected(checked_correction(add, to, drop00))
    x1, t1, x2, t2 = raw.x1[kept], raw.t1[kept], raw.x2[kept], raw.t2[kept]
    if x1.size == 0:
        raise TooFewStudies("No study is left to pool; give at least one with events in one of its arms.")
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        weights = t1 * x2 / t2
        yi = np.log(rates.x1 / rates.t1) - np.log(rates.x2 / rates.t2)
        vi = 1 / rates.x1 + 1 / rates.x2
        defined = np.isfinite(yi) & (weights > 0)
        estimate = float(np.sum((weights * yi)[defined]) / np.sum(weights[defined]))
        se = float(np.sqrt(1 / np.sum(x1) + 1 / np.sum(x2)))
        return summed("IRR", "expected", estimate, se, weights, kept=kept, effects=(yi, vi), level=level)
