"""From the analysis scale to the scale on which people read."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from analysis.meta.checks import Vector
from analysis.meta.errors import NotPositive, UnknownOption
from analysis.meta.measures import Scale

_LARGEST_EXPONENT = 700.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A value on the display scale.

    `clipped` says that the value lay outside what the display scale can express, and was set to its end.
    """

    value: float
    clipped: bool


def double_arcsine_to_proportion(value: float, *, n: float) -> Shown:
    """Undo the Freeman-Tukey transformation for a sample of size `n`.

    Parameters
    ----------
    value : float
    n : float
        Sample size, above 0; for a pooled value an effective one, see `harmonic_mean` and
        `barendregt_doi_size`.

    Returns
    -------
    Shown
        0 or 1, and clipped, outside what x = 0 ... n can give.

    Raises
    ------
    NotPositive

    References
    ----------
    Miller (1978), doi:10.1080/00031305.1978.10479283.

    Examples
    --------
    >>> round(double_arcsine_to_proportion(0.6, n=50).value, 4)
    0.3152
    """
    if not n > 0:
        raise NotPositive(f"The sample size for the back-transformation is {n}; it must be above 0.")
    lowest = 0.5 * float(np.arcsin(np.sqrt(1 / (n + 1))))
    highest = 0.5 * float(np.pi / 2 + np.arcsin(np.sqrt(1 / (1 + 1 / n))))
    # A hair of room: x = 0 and x = n transform to the very ends, and rounding must not call them clipped.
    room = 4 * np.finfo(np.float64).eps
    if value <= lowest:
        return Shown(0.0, clipped=bool(value < lowest - room))
    if value >= highest:
        return Shown(1.0, clipped=bool(value > highest + room))
    sine = float(np.sin(2 * value))
    inner = 1 - (sine + (sine - 1 / sine) / n) ** 2
    root = float(np.sqrt(max(inner, 0.0)))
    return Shown(0.5 * (1 - float(np.sign(np.cos(2 * value))) * root), clipped=False)


def harmonic_mean(ni: ArrayLike) -> float:
    """Harmonic mean of sample sizes, the usual `n` of a pooled double arcsine.

    Parameters
    ----------
    ni : array_like of shape (k,)

    Returns
    -------
    float

    Raises
    ------
    NotPositive

    Examples
    --------
    >>> round(harmonic_mean([10, 40]), 6)
    16.0
    """
    sizes: Vector = np.asarray(ni, dtype=np.float64)
    if sizes.size == 0 or not np.all(sizes > 0):
        raise NotPositive("Sample sizes must be above 0, and there must be at least one.")
    return sizes.size / float(np.sum(1 / sizes))


def barendregt_doi_size(se: float) -> float:
    """The sample size at which the double arcsine has this standard error, 1 / (4 se^2).

    Infinite for a standard error of 0, as Hartung-Knapp gives for equal effects: the back-transformation is
    then the squared sine.

    Parameters
    ----------
    se : float

    Returns
    -------
    float

    Raises
    ------
    NotPositive
        For a negative standard error.

    References
    ----------
    Barendregt, Doi, Lee, Norman and Vos (2013), doi:10.1136/jech-2013-203104.

    Examples
    --------
    >>> round(barendregt_doi_size(0.05), 6)
    100.0
    """
    if not se >= 0:
        raise NotPositive(f"The standard error is {se}; it cannot be below 0.")
    square = 4 * se * se
    return 1 / square if square > 0 else float("inf")


def tukey_rate(value: float, *, t: float) -> Shown:
    """Undo the Freeman-Tukey transformation of a rate for a person-time of `t`.

    Parameters
    ----------
    value : float
    t : float
        Person-time, above 0; for a pooled value the harmonic mean of the studies'.

    Returns
    -------
    Shown
        0, and clipped, below what no events at all give.

    Raises
    ------
    NotPositive

    Notes
    -----
    With a = sqrt(x/t) and b = sqrt((x + 1)/t), a + b is twice the value and b^2 - a^2 = 1/t, hence
    a = value - 1/(4 t value), and the rate is its square.

    References
    ----------
    Freeman and Tukey (1950), doi:10.1214/aoms/1177729756.
    """
    if not t > 0:
        raise NotPositive(f"The person-time for the back-transformation is {t}; it must be above 0.")
    lowest = 0.5 / float(np.sqrt(t))
    if value <= lowest:
        return Shown(0.0, clipped=bool(value < lowest * (1 - 4 * np.finfo(np.float64).eps)))
    return Shown(float((value - 1 / (4 * t * value)) ** 2), clipped=False)


def shown(value: float, *, scale: Scale, n: float | None = None, bounded: bool = False) -> Shown:
    """Bring one value to the display scale.

    Parameters
    ----------
    value : float
    scale : str
        "identity", "exp", "logistic"; "arcsine" (double arcsine of a proportion), "sine_squared" (arcsine),
        "tanh" (Fisher's z), "square" (square root of a rate), "rate_arcsine" (Freeman-Tukey rate).
    n : float, optional
        Sample size for "arcsine", person-time for "rate_arcsine".
    bounded : bool
        The display value is a proportion: a limit beyond 0 or 1, of raw or log proportions, is set there.

    Returns
    -------
    Shown

    Raises
    ------
    UnknownOption
    NotPositive
        "arcsine" or "rate_arcsine" without a size.

    Examples
    --------
    >>> round(shown(0.5, scale="tanh").value, 6)
    0.462117
    """
    if scale == "arcsine":
        return double_arcsine_to_proportion(value, n=0.0 if n is None else n)
    if scale == "rate_arcsine":
        return tukey_rate(value, t=0.0 if n is None else n)
    if scale not in _BY_SCALE:
        raise UnknownOption(f"scale is {scale!r}; choose one of {', '.join(get_args(Scale))}.")
    found = _BY_SCALE[scale](value)
    if bounded and not 0 <= found.value <= 1:
        return Shown(float(np.clip(found.value, 0, 1)), clipped=True)
    return found


def _exponential(value: float) -> Shown:
    # Beyond this a double has no room; intervals with one degree of freedom at a high level get there.
    return Shown(math.exp(min(value, _LARGEST_EXPONENT)), clipped=bool(value > _LARGEST_EXPONENT))


def _sine_squared(value: float) -> Shown:
    inside = min(max(value, 0.0), math.pi / 2)
    return Shown(math.sin(inside) ** 2, clipped=bool(inside != value))


_BY_SCALE: dict[Scale, Callable[[float], Shown]] = {
    "identity": lambda value: Shown(value, clipped=False),
    "exp": _exponential,
    "logistic": lambda value: Shown(float(expit(value)), clipped=False),
    "tanh": lambda value: Shown(math.tanh(value), clipped=False),
    "sine_squared": _sine_squared,
    "square": lambda value: Shown(max(value, 0.0) ** 2, clipped=bool(value < 0)),
}


def shown_many(values: ArrayLike, *, scale: Scale, n: ArrayLike | None = None) -> Vector:
    """Bring many values to the display scale, each with its own size.

    Parameters
    ----------
    values : array_like of shape (k,)
    scale : str
        As in `shown`.
    n : array_like of shape (k,) or float, optional
        Sample sizes for "arcsine", person-times for "rate_arcsine".

    Returns
    -------
    ndarray of shape (k,)
        Set to the end of the scale where `shown` would clip; NaN stays NaN.

    Raises
    ------
    UnknownOption, NotPositive

    Examples
    --------
    >>> shown_many([-1.0, 0.0, 1.0], scale="tanh").round(4).tolist()
    [-0.7616, 0.0, 0.7616]
    """
    y: Vector = np.asarray(values, dtype=np.float64)
    if scale in ("arcsine", "rate_arcsine"):
        sizes: Vector = np.asarray(0.0 if n is None else n, dtype=np.float64)
        if not np.all(sizes > 0):
            raise NotPositive("The sizes for the back-transformation must be given and above 0.")
        return _many_proportions(y, sizes) if scale == "arcsine" else _many_rates(y, sizes)
    if scale not in _MANY:
        raise UnknownOption(f"scale is {scale!r}; choose one of {', '.join(get_args(Scale))}.")
    return _MANY[scale](y)


_MANY: dict[Scale, Callable[[Vector], Vector]] = {
    "identity": np.copy,
    "exp": lambda y: np.exp(np.minimum(y, _LARGEST_EXPONENT)),
    "logistic": expit,
    "tanh": np.tanh,
    "sine_squared": lambda y: np.sin(np.clip(y, 0, np.pi / 2)) ** 2,
    "square": lambda y: np.maximum(y, 0) ** 2,
}


def _many_proportions(y: Vector, n: Vector) -> Vector:
    lowest = 0.5 * np.arcsin(np.sqrt(1 / (n + 1)))
    highest = 0.5 * (np.pi / 2 + np.arcsin(np.sqrt(1 / (1 + 1 / n))))
    with np.errstate(divide="ignore", invalid="ignore"):
        sine = np.sin(2 * y)
        root = np.sqrt(np.maximum(1 - (sine + (sine - 1 / sine) / n) ** 2, 0))
        inside = 0.5 * (1 - np.sign(np.cos(2 * y)) * root)
        return np.where(y <= lowest, 0.0, np.where(y >= highest, 1.0, inside))


def _many_rates(y: Vector, t: Vector) -> Vector:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(y <= 0.5 / np.sqrt(t), 0.0, (y - 1 / (4 * t * y)) ** 2)
