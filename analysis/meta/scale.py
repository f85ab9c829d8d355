"""What double precision can hold: effects and variances whose squares and ratios keep their digits."""

import numpy as np

from analysis.meta.checks import Vector
from analysis.meta.errors import IllScaled

# Sums hold up to w^3 y^2, which stays far below the largest number, 1e308, within these.
_SMALLEST_VARIANCE = 1e-60
_LARGEST_VARIANCE = 1e60
_LARGEST_EFFECT = 1e40
# Beyond this ratio of variances the precise studies alone determine the fit, and what the others add to a
# trace or a determinant is below its rounding.
_LARGEST_RATIO = 1e12
# With moderators differences of sums cannot be avoided, and cost as many digits as the ratio has.
_LARGEST_RATIO_BESIDE_MODERATORS = 1e9


def refuse_extremes(yi: Vector, vi: Vector, *, p: int = 1, several: bool = False) -> None:
    """Refuse effects and variances that double precision cannot sum.

    Parameters
    ----------
    yi, vi : ndarray of any shape, finite, vi above 0
    p : int
        Coefficients of the model. For one mean the two smallest variances must be comparable, for beside
        one study that is precise beyond all others the rest has no say; with more coefficients all of them.
    several : bool
        Whether these are studies of several problems, any two of which may meet in one.

    Raises
    ------
    IllScaled
    """
    if vi.size == 0:
        return
    low, high = float(np.minimum.reduce(vi, axis=None)), float(np.maximum.reduce(vi, axis=None))
    top = float(np.maximum.reduce(np.abs(yi), axis=None))
    if low < _SMALLEST_VARIANCE or high > _LARGEST_VARIANCE or top > _LARGEST_EFFECT:
        raise IllScaled(
            f"Effects reach {top:.3g} and variances run from {low:.3g} to {high:.3g}; "
            "divide effects by a number and variances by its square."
        )
    ratio = _LARGEST_RATIO if p == 1 else _LARGEST_RATIO_BESIDE_MODERATORS
    if high > ratio * low:
        second = high if several or p > 1 else float(np.partition(vi, 1)[1])
        if second > ratio * low:
            raise IllScaled(
                f"A variance is {low:.3g} and others reach {high:.3g}: beside it the others have no weight; "
                "check the smallest one."
            )
