"""Two arms with events: odds ratio, risk ratio, differences, Peto's odds ratio."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.checks import Flags, Vector, checked_option
from analysis.meta.effects.reading import counts, same_length
from analysis.meta.effects.types import (
    Addition,
    Convention,
    Effects,
    VarianceType,
    ZeroCellRule,
    both_or_neither,
)
from analysis.meta.effects.zero_cells import Correction, checked_addition, two_arm_correction

BinaryMeasure = Literal["OR", "RR", "RD", "AS", "PETO"]
BINARY_MEASURES: tuple[BinaryMeasure, ...] = get_args(BinaryMeasure)


def two_by_two(
    events1: ArrayLike,
    totals1: ArrayLike,
    events2: ArrayLike,
    totals2: ArrayLike,
    *,
    measure: BinaryMeasure,
    add: Addition | None = None,
    to: ZeroCellRule = "only0",
    drop00: bool = False,
    vtype: VarianceType = "LS",
    convention: Convention = "metafor",
) -> Effects:
    """Log odds ratio, log risk ratio, risk difference, arcsine difference or Peto's log odds ratio.

    Parameters
    ----------
    events1, totals1, events2, totals2 : array_like of shape (k,)
        The first arm is compared with the second.
    measure : {"OR", "RR", "RD", "AS", "PETO"}
    add : float or "tacc", optional
        Added to all four cells of the studies that `to` names: a constant (1/2; 0 for AS), or the
        treatment-arm correction, see Notes.
    to : {"only0", "all", "if0all", "none"}
        Studies with an empty cell; all; all as soon as one has an empty cell; none.
    drop00 : bool
        Leave out trials without events, or with nothing but events, in both arms.
    vtype : {"LS", "UB", "AV"}
        Variance of RD: large-sample, unbiased (divides by n - 1), or with the risks of all studies together.
    convention : {"metafor", "meta"}
        RR: `add` goes to all four cells, or to events and totals, and "meta" never drops a trial in which
        all have the event. RD: correct difference and variance, or the variance only. PETO: corrected like
        the others, or never.

    Returns
    -------
    Effects

    Raises
    ------
    UnknownOption, ShapeMismatch, NotFinite, ImpossibleData

    Notes
    -----
    `add="tacc"` adds n1 / (n1 + n2) to the cells of the first arm and n2 / (n1 + n2) to those of the second.

    References
    ----------
    Yusuf and others (1985), doi:10.1016/S0033-0620(85)80003-7 (Peto).
    Rücker, Schwarzer, Carpenter and Olkin (2009), doi:10.1002/sim.3511 (arcsine).
    Sweeting, Sutton and Lambert (2004), doi:10.1002/sim.1761 (empty cells).

    Examples
    --------
    >>> two_by_two([4], [123], [11], [139], measure="RR").yi.round(4).tolist()
    [-0.8893]
    """
    checked_option("measure", measure, BINARY_MEASURES)
    checked_option("vtype", vtype, ("LS", "UB", "AV") if measure == "RD" else ("LS",))
    checked_option("convention", convention, ("metafor", "meta"))
    x1, n1 = counts(events1, totals1)
    x2, n2 = counts(events2, totals2)
    same_length(x1, x2)
    untouched = measure == "AS" or (measure == "PETO" and convention == "meta")
    amount = checked_addition(add, default=0.0 if untouched else 0.5, arms=2)
    double = ((x1 == 0) & (x2 == 0)) | ((x1 == n1) & (x2 == n2))
    full = (x1 == n1) & (x2 == n2)
    of_meta = measure == "RR" and convention == "meta"
    dropped = (double & ~full if of_meta else double) & drop00
    empty = (x1 == 0) | (x1 == n1) | (x2 == 0) | (x2 == n2)
    added = two_arm_correction(empty, n1, n2, add=amount, to=to, dropped=dropped)
    total = n1 + n2
    if drop00:
        x1, x2 = np.where(dropped, np.nan, x1), np.where(dropped, np.nan, x2)
    with np.errstate(divide="ignore", invalid="ignore"):
        if of_meta:
            yi, vi = _risk_ratio_of_meta(x1, n1, x2, n2, added, full)
        else:
            yi, vi = _from_cells(measure, x1, n1, x2, n2, added, vtype)
    if measure == "RD" and convention == "meta":
        yi = x1 / n1 - x2 / n2
    yi, vi = both_or_neither(yi, vi)
    return Effects(yi, vi, total, added.where, double, measure=measure, vtype=vtype, add=amount, to=to)


def _from_cells(
    measure: BinaryMeasure,
    x1: Vector,
    n1: Vector,
    x2: Vector,
    n2: Vector,
    added: Correction,
    vtype: VarianceType,
) -> tuple[Vector, Vector]:
    a, t1 = x1 + added.first, n1 + 2 * added.first
    c, t2 = x2 + added.second, n2 + 2 * added.second
    match measure:
        case "OR":
            b, d = t1 - a, t2 - c
            return np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d
        case "RR":
            return _risk_ratio(a, t1, c, t2)
        case "RD":
            return _risk_difference(a, t1, c, t2, vtype)
        case "AS":
            return np.arcsin(np.sqrt(a / t1)) - np.arcsin(np.sqrt(c / t2)), 1 / (4 * t1) + 1 / (4 * t2)
        case "PETO":
            return _peto(a, t1, c, t2)


def _risk_ratio(a: Vector, t1: Vector, c: Vector, t2: Vector) -> tuple[Vector, Vector]:
    return np.log((a / t1) / (c / t2)), 1 / a - 1 / t1 + 1 / c - 1 / t2


def _risk_ratio_of_meta(
    x1: Vector, n1: Vector, x2: Vector, n2: Vector, added: Correction, full: Flags
) -> tuple[Vector, Vector]:
    """Events and totals are corrected; where all have the event, in the variance the totals alone."""
    a, t1, c, t2 = x1 + added.first, n1 + added.first, x2 + added.second, n2 + added.second
    variance = 1 / np.where(full, x1, a) - 1 / t1 + 1 / np.where(full, x2, c) - 1 / t2
    return np.log((a / t1) / (c / t2)), variance


def _risk_difference(
    a: Vector, t1: Vector, c: Vector, t2: Vector, vtype: VarianceType
) -> tuple[Vector, Vector]:
    p1, p2 = a / t1, c / t2
    less = 1.0 if vtype == "UB" else 0.0
    if vtype == "AV":
        kept = np.isfinite(a)
        q1 = np.full_like(p1, a[kept].sum() / t1[kept].sum())
        q2 = np.full_like(p2, c[kept].sum() / t2[kept].sum())
    else:
        q1, q2 = p1, p2
    return p1 - p2, q1 * (1 - q1) / (t1 - less) + q2 * (1 - q2) / (t2 - less)


def _peto(a: Vector, t1: Vector, c: Vector, t2: Vector) -> tuple[Vector, Vector]:
    """(O - E) / V and 1 / V, with the hypergeometric variance V of the events in the first arm."""
    events, n = a + c, t1 + t2
    variance = events * (n - events) * (t1 / n) * (t2 / n) / (n - 1)
    return (a - events * t1 / n) / variance, 1 / variance
