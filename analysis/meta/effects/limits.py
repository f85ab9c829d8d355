"""Confidence intervals of single proportions, study by study."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from analysis.meta.backtransform import shown_many
from analysis.meta.checks import Vector, checked_level, checked_option
from analysis.meta.distributions import critical
from analysis.meta.effects.proportion import ProportionMeasure, proportions
from analysis.meta.effects.reading import counts
from analysis.meta.effects.types import Convention
from analysis.meta.measures import EFFECT_MEASURES

ProportionIntervalMethod = Literal["CP", "WS", "WSCC", "AC", "SA", "SACC", "NAsm"]
PROPORTION_INTERVALS: tuple[ProportionIntervalMethod, ...] = get_args(ProportionIntervalMethod)
_Limits = tuple[Vector, Vector]


@dataclass(frozen=True, slots=True, eq=False)
class ProportionIntervals:
    """Intervals of k single proportions.

    Attributes
    ----------
    estimate, low, high : ndarray of shape (k,)
        Proportions, 0 to 1; `estimate` is events / total.
    method : str
    level : float
    """

    estimate: Vector
    low: Vector
    high: Vector
    method: ProportionIntervalMethod
    level: float


def proportion_interval(
    xi: ArrayLike,
    ni: ArrayLike,
    *,
    method: ProportionIntervalMethod = "CP",
    level: float = 0.95,
    measure: ProportionMeasure = "PLO",
    convention: Convention = "metafor",
) -> ProportionIntervals:
    """Confidence intervals of single proportions.

    Parameters
    ----------
    xi, ni : array_like of shape (k,)
        Events and participants.
    method : {"CP", "WS", "WSCC", "AC", "SA", "SACC", "NAsm"}
        Clopper-Pearson (exact); Wilson's score interval without and with continuity correction;
        Agresti-Coull; normal approximation without and with continuity correction; normal approximation on
        the scale of `measure`.
    level : float
    measure : {"PLO", "PLN", "PAS", "PFT", "PR"}
        For "NAsm".
    convention : {"metafor", "meta"}
        "meta" reproduces the R package: "WSCC" keeps its formula where it has no meaning, see Notes, and
        "NAsm" corrects empty cells as meta does.

    Returns
    -------
    ProportionIntervals

    Raises
    ------
    UnknownOption, ShapeMismatch, NotFinite, ImpossibleData

    Notes
    -----
    Limits are cut off at 0 and 1. The corrected score interval starts at 0 where there are no events and
    ends at 1 where there is nothing else (Newcombe 1998, method 4); its formula alone would leave the
    observed proportion outside.

    References
    ----------
    Clopper and Pearson (1934), doi:10.1093/biomet/26.4.404. Agresti and Coull (1998),
    doi:10.1080/00031305.1998.10480550. Newcombe (1998),
    doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E.

    Examples
    --------
    >>> found = proportion_interval([81], [263], method="WS")
    >>> round(float(found.low[0]), 4), round(float(found.high[0]), 4)
    (0.2553, 0.3662)
    """
    checked_option("method", method, PROPORTION_INTERVALS)
    checked_option("convention", convention, ("metafor", "meta"))
    checked_level(level)
    x, n = counts(xi, ni)
    if method == "CP":
        low, high = _clopper_pearson(x, n, (1 - level) / 2)
    elif method == "NAsm":
        low, high = _on_scale(x, n, critical(level=level, df=None), measure, convention)
    else:
        z = critical(level=level, df=None)
        low, high = _approximate(x, n, z, method)
        if method == "WSCC" and convention == "metafor":
            low, high = np.where(x == 0, 0.0, low), np.where(x == n, 1.0, high)
    return ProportionIntervals(x / n, np.clip(low, 0, 1), np.clip(high, 0, 1), method, level)


def _clopper_pearson(x: Vector, n: Vector, tail: float) -> _Limits:
    # A beta distribution with a parameter of 0 has no quantiles; the limits are then the ends themselves.
    low = np.where(x == 0, 0.0, betaincinv(np.maximum(x, 1), n - x + 1, tail))
    high = np.where(x == n, 1.0, betaincinv(x + 1, np.maximum(n - x, 1), 1 - tail))
    return low, high


def _approximate(x: Vector, n: Vector, z: float, method: ProportionIntervalMethod) -> _Limits:
    p = x / n
    if method in ("SA", "SACC"):
        half = z * np.sqrt(p * (1 - p) / n) + (0.5 / n if method == "SACC" else 0.0)
        return p - half, p + half
    if method == "AC":
        size = n + z**2
        centre = (x + z**2 / 2) / size
        half = z * np.sqrt(centre * (1 - centre) / size)
        return centre - half, centre + half
    twice, centre = 2 * (n + z**2), 2 * x + z**2
    if method == "WS":
        half = z * np.sqrt(z**2 + 4 * x * (1 - p))
        # The root is z exactly at the ends, and rounding must not leave a limit beside them.
        low = np.where(x == 0, 0.0, (centre - half) / twice)
        return low, np.where(x == n, 1.0, (centre + half) / twice)
    below = z**2 - 2 - 1 / n + 4 * p * (n - x + 1)
    above = z**2 + 2 - 1 / n + 4 * p * (n - x - 1)
    low = (centre - 1 - z * np.sqrt(np.maximum(below, 0))) / twice
    return low, (centre + 1 + z * np.sqrt(np.maximum(above, 0))) / twice


def _on_scale(x: Vector, n: Vector, z: float, measure: ProportionMeasure, convention: Convention) -> _Limits:
    found = proportions(x, n, measure=measure, convention=convention)
    scale = EFFECT_MEASURES[measure].scale
    low, high = found.yi - z * found.sei, found.yi + z * found.sei
    return shown_many(low, scale=scale, n=n), shown_many(high, scale=scale, n=n)
