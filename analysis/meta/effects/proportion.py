"""Single proportions."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.checks import Vector, checked_option
from analysis.meta.effects.reading import counts
from analysis.meta.effects.types import (
    Convention,
    Effects,
    VarianceType,
    ZeroCellRule,
    both_or_neither,
)
from analysis.meta.effects.zero_cells import checked_addition, where_to_add

ProportionMeasure = Literal["PR", "PLN", "PLO", "PAS", "PFT"]
PROPORTION_MEASURES: tuple[ProportionMeasure, ...] = get_args(ProportionMeasure)
_VARIANCES = {"PR": ("LS", "UB", "AV"), "PLN": ("LS", "AV"), "PLO": ("LS", "AV")}


def proportions(
    events: ArrayLike,
    totals: ArrayLike,
    *,
    measure: ProportionMeasure,
    add: float | None = None,
    to: ZeroCellRule = "only0",
    vtype: VarianceType = "LS",
    convention: Convention = "metafor",
) -> Effects:
    """Single proportions: raw, log, logit, arcsine, or Freeman-Tukey double arcsine.

    Parameters
    ----------
    events, totals : array_like of shape (k,)
    measure : {"PR", "PLN", "PLO", "PAS", "PFT"}
    add : float, optional
        Added to events and to non-events where `to` says so; 1/2, and 0 for PAS and PFT.
    to : {"only0", "all", "if0all", "none"}
        Studies with an empty cell; all; all as soon as one has an empty cell; none.
    vtype : {"LS", "UB", "AV"}
        PR, PLN, PLO: large-sample; "AV" with the proportion of all studies together; PR also "UB", unbiased.
    convention : {"metafor", "meta"}
        "meta" corrects PR in the variance only; PLN by `add` on events and totals, but where all have the
        event by `add` on the total of the variance only.

    Returns
    -------
    Effects

    Raises
    ------
    UnknownOption, ShapeMismatch, NotFinite, ImpossibleData

    References
    ----------
    Freeman and Tukey (1950), doi:10.1214/aoms/1177729756.
    Stijnen, Hamza and Ozdemir (2010), doi:10.1002/sim.4040.

    Examples
    --------
    >>> proportions([3, 0], [20, 12], measure="PLO").yi.round(4).tolist()
    [-1.7346, -3.2189]
    """
    checked_option("measure", measure, PROPORTION_MEASURES)
    checked_option("vtype", vtype, _VARIANCES.get(measure, ("LS",)))
    checked_option("convention", convention, ("metafor", "meta"))
    x, n = counts(events, totals)
    amount = checked_addition(add, default=0.0 if measure in ("PAS", "PFT") else 0.5)
    assert not isinstance(amount, str)
    where = where_to_add((x == 0) | (x == n), add=amount, to=to)
    a, t = (x + amount * where, n + 2 * amount * where) if where.any() else (x, n)
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure in ("PAS", "PFT"):
            yi, vi = _arcsine(a, t, double=measure == "PFT")
        elif convention == "meta" and measure != "PLO":
            yi, vi = _as_meta(x, n, amount * where.astype(np.float64), measure)
        else:
            yi, vi = _plain(a, t, measure, vtype)
    yi, vi = both_or_neither(yi, vi)
    nothing = np.zeros(x.size, dtype=np.bool_)
    return Effects(yi, vi, n, where, nothing, measure=measure, vtype=vtype, add=amount, to=to)


def _arcsine(a: Vector, t: Vector, *, double: bool) -> tuple[Vector, Vector]:
    if not double:
        return np.arcsin(np.sqrt(a / t)), 1 / (4 * t)
    yi = 0.5 * (np.arcsin(np.sqrt(a / (t + 1))) + np.arcsin(np.sqrt((a + 1) / (t + 1))))
    return yi, 1 / (4 * t + 2)


def _plain(a: Vector, t: Vector, measure: ProportionMeasure, vtype: VarianceType) -> tuple[Vector, Vector]:
    p = a / t
    q = np.full_like(p, np.sum(a) / np.sum(t)) if vtype == "AV" else p
    if measure == "PR":
        return p, q * (1 - q) / (t - 1 if vtype == "UB" else t)
    if measure == "PLN":
        return np.log(p), 1 / (q * t) - 1 / t
    return np.log(a / (t - a)), 1 / (q * t) + 1 / ((1 - q) * t)


def _as_meta(x: Vector, n: Vector, amount: Vector, measure: ProportionMeasure) -> tuple[Vector, Vector]:
    if measure == "PLN":
        on_events = amount * (x < n).astype(np.float64)
        a = x + on_events
        return np.log(a / (n + on_events)), 1 / a - 1 / (n + amount)
    a, t = x + amount, n + 2 * amount
    return x / n, a * (t - a) / t**3
