"""Rank correlation tests for funnel plot asymmetry."""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.bias.hypergeometric import conditional_moments
from analysis.meta.bias.kendall import exact_two_sided_p, kendall
from analysis.meta.bias.sizes import arcsine_differences
from analysis.meta.bias.tables import Tables, checked_tables
from analysis.meta.checks import Vector, checked_effects, checked_option
from analysis.meta.distributions import two_sided_p
from analysis.meta.errors import ImpossibleData, NotFinite, NoVariation, TooFewStudies

RankP = Literal["auto", "exact", "normal"]

# Differences of effects from their mean that are smaller than this, relative to the effects, are rounding.
_ROUNDING = 1e-13


@dataclass(frozen=True, slots=True)
class RankTest:
    """A rank correlation of standardised effects with their precision.

    Attributes
    ----------
    code : str
        Key of the test in `BIAS_TESTS`.
    k : int
        Studies that the test used.
    tau : float
        Kendall's tau-b.
    score, score_se : float
        Concordant minus discordant pairs, and its standard error with ties accounted for.
    statistic : float
        The score in standard errors, less 1 towards 0 before that where `continuity`.
    p_value : float
    p_method : {"exact", "normal"}
        Whether the p-value counts permutations or takes the statistic as normal.
    ties : bool
    continuity : bool
        Whether the normal p-value was corrected for continuity.
    """

    code: str
    k: int
    tau: float
    score: int
    score_se: float
    statistic: float
    p_value: float
    p_method: Literal["exact", "normal"]
    ties: bool
    continuity: bool


def begg(yi: ArrayLike, vi: ArrayLike, *, p_value: RankP = "auto", continuity: bool = False) -> RankTest:
    """Begg and Mazumdar's test: rank correlation of standardised effects with their variances.

    Parameters
    ----------
    yi, vi : array_like of shape (k,), k >= 2
        Effects on the analysis scale and their sampling variances.
    p_value : {"auto", "exact", "normal"}
        "auto" is exact where there are no ties, else normal. R's metafor does as "auto", meta as "normal".
    continuity : bool
        For the normal approximation.

    Returns
    -------
    RankTest

    Raises
    ------
    TooFewStudies, NoVariation, ShapeMismatch, NotFinite, NotPositive, UnknownOption

    Notes
    -----
    With weights w = 1 / v each effect is compared with the mean of all by (y - mu) / sqrt(v - 1 / sum w).
    Variances that differ by rounding only count as tied, so that the order of addition does not choose the
    test. Has little power below 25 studies.

    References
    ----------
    Begg and Mazumdar (1994), doi:10.2307/2533446.

    Examples
    --------
    >>> found = begg([0.1, 0.3, 0.6, 0.5], [0.01, 0.04, 0.09, 0.16])
    >>> found.score, round(found.p_value, 3)
    (4, 0.333)
    """
    checked_option("p_value", p_value, ("auto", "exact", "normal"))
    effects, variances = checked_effects(yi, vi, at_least=2)
    return _rank_test("begg", _standardised(effects, variances), variances, p_value, continuity=continuity)


def ruecker_begg(
    events1: ArrayLike,
    totals1: ArrayLike,
    events2: ArrayLike,
    totals2: ArrayLike,
    *,
    p_value: RankP = "auto",
    continuity: bool = False,
) -> RankTest:
    """Ruecker's AS-Begg test: Begg and Mazumdar's on arcsine differences.

    Parameters
    ----------
    events1, totals1, events2, totals2 : array_like of shape (k,), k >= 2
        No study drops out: the arcsine difference exists without events, too.
    p_value, continuity
        As in `begg`.

    Returns
    -------
    RankTest

    Raises
    ------
    TooFewStudies, NoVariation, ShapeMismatch, NotFinite, ImpossibleData, UnknownOption

    References
    ----------
    Ruecker, Schwarzer and Carpenter (2008), doi:10.1002/sim.2971.

    Examples
    --------
    >>> ruecker_begg([9, 4, 3, 0], [50, 30, 20, 12], [14, 9, 8, 6], [50, 31, 19, 12]).score
    -6
    """
    yi, vi = arcsine_differences(checked_tables(events1, totals1, events2, totals2))
    return replace(begg(yi, vi, p_value=p_value, continuity=continuity), code="ruecker_begg")


def schwarzer(
    events1: ArrayLike,
    totals1: ArrayLike,
    events2: ArrayLike,
    totals2: ArrayLike,
    *,
    log_or: float | None = None,
    p_value: RankP = "normal",
    continuity: bool = False,
) -> RankTest:
    """Schwarzer's test: rank correlation of standardised event counts with their inverse variances.

    Parameters
    ----------
    events1, totals1, events2, totals2 : array_like of shape (k,)
        Studies with only or no events in both arms say nothing and drop out; at least 2 others are needed.
    log_or : float, optional
        Common log odds ratio under which the counts are expected; by default that of Mantel and Haenszel,
        with 0.5 added to all cells of studies with an empty one.
    p_value, continuity
        As in `begg`.

    Returns
    -------
    RankTest

    Raises
    ------
    TooFewStudies, NoVariation, ShapeMismatch, NotFinite, ImpossibleData, UnknownOption

    Notes
    -----
    Given the margins and the odds ratio, the events of the first arm follow Fisher's noncentral
    hypergeometric distribution, whose mean and variance do not depend on the observed effect.

    References
    ----------
    Schwarzer, Antes and Schumacher (2007), doi:10.1002/sim.2588.

    Examples
    --------
    >>> schwarzer([9, 4, 3, 0], [50, 30, 20, 12], [14, 9, 8, 6], [50, 31, 19, 12]).score
    -6
    """
    checked_option("p_value", p_value, ("auto", "exact", "normal"))
    tables = checked_tables(events1, totals1, events2, totals2)
    tables = tables.rows(tables.informative)
    if tables.events1.size < 2:
        raise TooFewStudies(
            "Schwarzer's test needs at least 2 studies with both events and non-events, "
            f"not {tables.events1.size}."
        )
    if np.mod([tables.events1, tables.totals1, tables.events2, tables.totals2], 1).any():
        raise ImpossibleData("A count is no whole number; Schwarzer's test needs events that were counted.")
    effect = _mantel_haenszel(tables) if log_or is None else float(log_or)
    if not math.isfinite(effect):
        raise NotFinite(f"log_or is {effect}; give a finite common log odds ratio.")
    mean, variance = conditional_moments(tables, effect)
    standardised = (tables.events1 - mean) / np.sqrt(variance)
    return _rank_test("schwarzer", standardised, 1 / variance, p_value, continuity=continuity)


def _standardised(yi: Vector, vi: Vector) -> Vector:
    """(y - mu) / sqrt(v - 1 / sum w), from the other studies alone: nothing cancels where one dominates."""
    weights = 1 / vi
    total = float(weights.sum())
    centre = float(weights @ yi) / total
    off = yi - centre
    others = _sums_without(weights)
    away = off - _sums_without(weights * off) / others
    away[np.abs(away) <= _ROUNDING * float(np.max(np.abs(yi)))] = 0.0
    return np.asarray(away * np.sqrt(weights * others / total))


def _sums_without(values: Vector) -> Vector:
    """For each element the sum of all others."""
    before = np.concatenate([[0.0], np.cumsum(values[:-1])])
    after = np.concatenate([np.cumsum(values[:0:-1])[::-1], [0.0]])
    return np.asarray(before + after)


def _rank_test(code: str, effects: Vector, precision: Vector, method: RankP, *, continuity: bool) -> RankTest:
    k = effects.size
    found = kendall(effects, precision)
    if math.isnan(found.tau):
        raise NoVariation(
            "All studies have the same precision or the same effect; there is no correlation to test."
        )
    exact = method == "exact" or (method == "auto" and not found.ties)
    if exact and found.ties:
        raise NoVariation("There are ties, so no exact p-value exists; ask for p_value='normal'.")
    score_se = math.sqrt(found.variance)
    corrected = continuity and not exact
    size = max(0, abs(found.score) - 1) if corrected else abs(found.score)
    statistic = math.copysign(size / score_se, found.score) if found.score else 0.0
    return RankTest(
        code=code,
        k=k,
        tau=found.tau,
        score=found.score,
        score_se=score_se,
        statistic=statistic,
        p_value=exact_two_sided_p(found.score, k) if exact else two_sided_p(statistic, df=None),
        p_method="exact" if exact else "normal",
        ties=found.ties,
        continuity=corrected,
    )


def _mantel_haenszel(tables: Tables) -> float:
    a, c = tables.events1, tables.events2
    b, d = tables.totals1 - a, tables.totals2 - c
    add = 0.5 * ((a == 0) | (b == 0) | (c == 0) | (d == 0))
    total = tables.total + 4 * add
    return math.log(
        float(((a + add) * (d + add) / total).sum()) / float(((b + add) * (c + add) / total).sum())
    )
