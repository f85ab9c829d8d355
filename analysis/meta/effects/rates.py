"""Events over person-time: the rate of one arm, and two rates compared."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.checks import Vector, checked_option
from analysis.meta.effects import reading
from analysis.meta.effects.types import Convention, Effects, ZeroCellRule, both_or_neither
from analysis.meta.effects.zero_cells import checked_addition, where_to_add

RateMeasure = Literal["IR", "IRLN", "IRS", "IRFT"]
RATE_MEASURES: tuple[RateMeasure, ...] = get_args(RateMeasure)
RateComparison = Literal["IRR", "IRD", "IRSD"]
RATE_COMPARISONS: tuple[RateComparison, ...] = get_args(RateComparison)


def incidence_rates(
    events: ArrayLike,
    times: ArrayLike,
    *,
    measure: RateMeasure = "IRLN",
    add: float | None = None,
    to: ZeroCellRule = "only0",
    convention: Convention = "metafor",
) -> Effects:
    """Rates of one arm: raw, log, square root, or Freeman-Tukey.

    Parameters
    ----------
    events, times : array_like of shape (k,)
        Events and person-time, in any unit that all studies share.
    measure : {"IR", "IRLN", "IRS", "IRFT"}
    add : float, optional
        Added to the events where `to` says so; 1/2, and 0 for IRS and IRFT. Times stay.
    to : {"only0", "all", "if0all", "none"}
        Studies without events; all; all as soon as one has no events; none.
    convention : {"metafor", "meta"}
        IR: correct rate and variance, or the variance only.

    Returns
    -------
    Effects
        `ni` is the person-time.

    Raises
    ------
    UnknownOption, ShapeMismatch, NotFinite, ImpossibleData

    References
    ----------
    Freeman and Tukey (1950), doi:10.1214/aoms/1177729756.

    Examples
    --------
    >>> incidence_rates([4, 0], [100.0, 50.0], measure="IR").yi.tolist()
    [0.04, 0.01]
    """
    checked_option("measure", measure, RATE_MEASURES)
    checked_option("convention", convention, ("metafor", "meta"))
    x, t = reading.rates(events, times)
    amount = checked_addition(add, default=0.0 if measure in ("IRS", "IRFT") else 0.5)
    assert not isinstance(amount, str)
    where = where_to_add(x == 0, add=amount, to=to)
    a = x + amount * where if where.any() else x
    with np.errstate(divide="ignore", invalid="ignore"):
        match measure:
            case "IR":
                yi, vi = (a if convention == "metafor" else x) / t, a / t**2
            case "IRLN":
                yi, vi = np.log(a / t), 1 / a
            case "IRS":
                yi, vi = np.sqrt(a / t), 1 / (4 * t)
            case "IRFT":
                yi, vi = 0.5 * (np.sqrt(a / t) + np.sqrt((a + 1) / t)), 1 / (4 * t)
    yi, vi = both_or_neither(yi, vi)
    nothing = np.zeros(x.size, dtype=np.bool_)
    return Effects(yi, vi, t, where, nothing, measure=measure, add=amount, to=to)


def rate_comparisons(
    events1: ArrayLike,
    times1: ArrayLike,
    events2: ArrayLike,
    times2: ArrayLike,
    *,
    measure: RateComparison = "IRR",
    add: float | None = None,
    to: ZeroCellRule = "only0",
    drop00: bool = False,
    convention: Convention = "metafor",
) -> Effects:
    """Log ratio, difference, or difference of the square roots of two rates, first arm against second.

    Parameters
    ----------
    events1, times1, events2, times2 : array_like of shape (k,)
    measure : {"IRR", "IRD", "IRSD"}
    add : float, optional
        Added to the events of both arms where `to` says so; 1/2, and 0 for IRSD. Times stay.
    to : {"only0", "all", "if0all", "none"}
        Studies with an arm without events; all; all as soon as one has such an arm; none.
    drop00 : bool
        Leave out studies without events in both arms.
    convention : {"metafor", "meta"}
        IRD: correct difference and variance, or the variance only.

    Returns
    -------
    Effects
        `ni` is the person-time of both arms.

    Raises
    ------
    UnknownOption, ShapeMismatch, NotFinite, ImpossibleData

    References
    ----------
    Bagos and Nikolopoulos (2009), doi:10.2202/1557-4679.1168. Rothman, Greenland and Lash (2008), Modern
    Epidemiology.

    Examples
    --------
    >>> rate_comparisons([9], [434.0], [19], [429.0]).yi.round(4).tolist()
    [-0.7588]
    """
    checked_option("measure", measure, RATE_COMPARISONS)
    checked_option("convention", convention, ("metafor", "meta"))
    x1, t1 = reading.rates(events1, times1)
    x2, t2 = reading.rates(events2, times2)
    reading.same_length(x1, x2)
    amount = checked_addition(add, default=0.0 if measure == "IRSD" else 0.5)
    assert not isinstance(amount, str)
    double = (x1 == 0) & (x2 == 0)
    dropped = double if drop00 else np.zeros_like(double)
    where = where_to_add(((x1 == 0) | (x2 == 0)) & ~dropped, add=amount, to=to) & ~dropped
    a1, a2 = (x1 + amount * where, x2 + amount * where) if where.any() else (x1, x2)
    with np.errstate(divide="ignore", invalid="ignore"):
        yi, vi = _compared(measure, a1, t1, a2, t2)
    if measure == "IRD" and convention == "meta":
        yi = x1 / t1 - x2 / t2
    yi, vi = both_or_neither(np.where(dropped, np.nan, yi) if drop00 else yi, vi)
    return Effects(yi, vi, t1 + t2, where, double, measure=measure, add=amount, to=to)


def _compared(
    measure: RateComparison, a1: Vector, t1: Vector, a2: Vector, t2: Vector
) -> tuple[Vector, Vector]:
    match measure:
        case "IRR":
            return np.log((a1 / t1) / (a2 / t2)), 1 / a1 + 1 / a2
        case "IRD":
            return a1 / t1 - a2 / t2, a1 / t1**2 + a2 / t2**2
        case "IRSD":
            return np.sqrt(a1 / t1) - np.sqrt(a2 / t2), 1 / (4 * t1) + 1 / (4 * t2)
