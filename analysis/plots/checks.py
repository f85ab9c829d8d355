"""What a figure refuses: values that have no place on an axis. The message names the value."""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

# Squares and products of what is drawn stay finite below it.
LARGEST = 1e100


def check_finite(where: str, **values: float | None) -> None:
    """Refuse what is not a finite number, or too large a one to draw.

    Parameters
    ----------
    where : str
        The study or the part of the figure, for the message.
    **values : float or None
        By name; None is not looked at.

    Raises
    ------
    ValueError
    """
    for name, value in values.items():
        if value is not None and not math.isfinite(value):
            raise ValueError(f"{name} of {where!r} is {value}; leave out what has no finite value")
        if value is not None and abs(value) > LARGEST:
            raise ValueError(f"{name} of {where!r} is {value}; beyond {LARGEST:g} nothing can be drawn")


def check_vectors(length: int, **vectors: NDArray[np.float64]) -> None:
    """Refuse arrays of another length or with values that are not finite, or too large to draw.

    Parameters
    ----------
    length : int
        What all must have.
    **vectors : ndarray of shape (length,)
        By name.

    Raises
    ------
    ValueError
    """
    for name, vector in vectors.items():
        if vector.shape != (length,):
            raise ValueError(f"{name} has shape {vector.shape}, not ({length},)")
        if not np.isfinite(vector).all():
            first = int(np.flatnonzero(~np.isfinite(vector))[0])
            raise ValueError(f"{name}[{first}] is {vector[first]}; leave out what has no finite value")
        if vector.size and np.abs(vector).max() > LARGEST:
            raise ValueError(
                f"{name} reaches {np.abs(vector).max()}; beyond {LARGEST:g} nothing can be drawn"
            )


def check_level(level: float) -> None:
    """Refuse a level that is no probability.

    Parameters
    ----------
    level : float

    Raises
    ------
    ValueError
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level is {level}; give a value between 0 and 1, e.g. 0.95")


def normal_quantile(level: float) -> float:
    """Return the two-sided normal quantile of a level, e.g. 1.96 of 0.95.

    Parameters
    ----------
    level : float
        Between 0 and 1.

    Returns
    -------
    float
    """
    return NormalDist().inv_cdf(0.5 + level / 2)
