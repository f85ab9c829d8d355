"""Mantel-Haenszel pooling of two-arm counts: odds ratio, risk ratio, risk difference and rates."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.meta.association import ChiSquareTest, OddsTests, association, odds_tests
from analysis.meta.checks import Flags, Vector, checked_level, checked_option
from analysis.meta.counts import Correction, Rates, Tables, checked_correction, checked_rates, checked_tables
from analysis.meta.distributions import chi2_upper_p, two_sided_p
from analysis.meta.effects import Convention, ZeroCellRule
from analysis.meta.errors import TooFewStudies
from analysis.meta.intervals import Interval, interval

Rows = NDArray[np.intp]
MantelHaenszelMeasure = Literal["OR", "RR", "RD", "IRR", "IRD"]


@dataclass(frozen=True, slots=True, eq=False)
class FixedPool:
    """Counts pooled without a between-study variance, by Mantel-Haenszel, Peto or expected events.

    Attributes
    ----------
    measure : {"OR", "RR", "RD", "IRR", "IRD"}
    method : {"MH", "Peto", "expected"}
    k, k_effects : int
        Studies that enter the pooled estimate, and those with an effect of their own, which enter Q.
    estimate, se, statistic, p_value : float
        On the analysis scale (log for OR, RR and IRR), with a z test. NaN where the counts determine no
        estimate, as when one arm has no events in any study.
    q, q_df, q_p, i2, h2
        Cochran's Q of the studies' effects about `estimate`; I2 in percent, truncated at 0; H2 = Q / df.
    weights : ndarray of shape (k,)
        In percent. NaN where all are 0.
    used : ndarray of int, shape (k,)
        Rows of the input that entered the pooled estimate.
    cmh, cochran : ChiSquareTest or None
        Tests of no association, with the conditional and the unconditional variance; OR, and `cmh` for IRR.
    breslow_day, tarone : ChiSquareTest or None
        Tests that the odds ratio is the same in all studies; OR only.
    k_homogeneity : int or None
        Studies in the tests of homogeneity.
    """

    measure: MantelHaenszelMeasure
    method: Literal["MH", "Peto", "expected"]
    k: int
    k_effects: int
    estimate: float
    se: float
    statistic: float
    p_value: float
    ci: Interval
    level: float
    q: float
    q_df: int
    q_p: float
    i2: float
    h2: float
    weights: Vector
    used: Rows
    cmh: ChiSquareTest | None = None
    cochran: ChiSquareTest | None = None
    breslow_day: ChiSquareTest | None = None
    tarone: ChiSquareTest | None = None
    k_homogeneity: int | None = None


def mantel_haenszel(
    ai: ArrayLike,
    n1i: ArrayLike,
    ci: ArrayLike,
    n2i: ArrayLike,
    *,
    measure: Literal["OR", "RR", "RD"] = "OR",
    add: float = 0.5,
    to: ZeroCellRule = "only0",
    drop00: bool = True,
    add_pool: float = 0.0,
    to_pool: ZeroCellRule = "only0",
    drop00_pool: bool = False,
    convention: Convention = "metafor",
    correct: bool = True,
    level: float = 0.95,
) -> FixedPool:
    """Pool 2 x 2 tables by Mantel-Haenszel.

    Parameters
    ----------
    ai, n1i, ci, n2i : array_like of shape (k,)
        Events and participants, experimental arm first.
    measure : {"OR", "RR", "RD"}
        Log odds ratio, log risk ratio, risk difference.
    add, to, drop00
        Correction of empty cells for the studies' own effects, which enter Q and I2 only.
    add_pool, to_pool, drop00_pool
        Correction of the tables that are pooled. None by default: the estimator needs none, and adding
        to cells biases it when events are rare.
    convention : {"metafor", "meta"}
        How a correction works in the studies' own effects. RR: on all four cells, or on events and totals.
        RD: corrected difference and variance, or the variance only. And the standard error of a pooled RD:
        Sato's, or Greenland and Robins'.
    correct : bool
        Continuity correction of 0.5 in the tests of no association.
    level : float
        Of the confidence interval, as a proportion.

    Returns
    -------
    FixedPool

    Raises
    ------
    TooFewStudies, UnknownOption, ShapeMismatch, NotFinite, ImpossibleData

    Notes
    -----
    Mantel-Haenszel weights stay valid with few events in many studies, where inverse-variance weights rest
    on cells that are nearly empty. The standard errors are consistent both for few large and for many
    small studies. Where the sums determine no ratio the estimate is NaN and the tests of no association
    remain.

    References
    ----------
    Mantel and Haenszel (1959), doi:10.1093/jnci/22.4.719.
    Robins, Breslow and Greenland (1986), doi:10.2307/2531052 (variance of OR).
    Greenland and Robins (1985), doi:10.2307/2530643 (variances of RR, IRR and IRD).
    Sato, Greenland and Robins (1989), Biometrics 45, 1323-1324 (variance of RD).
    Tarone (1985), doi:10.1093/biomet/72.1.91.

    Examples
    --------
    >>> round(mantel_haenszel([4, 6], [123, 306], [11, 29], [139, 303]).estimate, 3)
    -1.422
    """
    checked_option("measure", measure, ("OR", "RR", "RD"))
    checked_option("convention", convention, ("metafor", "meta"))
    checked_level(level)
    raw = checked_tables(ai, n1i, ci, n2i)
    rule = checked_correction(add, to, drop00)
    pooling = checked_correction(add_pool, to_pool, drop00_pool, suffix="_pool")
    tables, kept = raw.corrected(pooling)
    _refuse_none(tables.a)
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "OR":
            estimate, se, weights = _odds_ratio(tables)
        elif measure == "RR":
            estimate, se, weights = _risk_ratio(tables)
        else:
            estimate, se, weights = _risk_difference(tables)
            if convention == "meta":
                estimate, se = _risk_difference_of_meta(raw, tables, weights, kept)
        effects = table_effects(raw, rule, measure=measure, convention=convention)
        tests = odds_tests(tables, estimate, correct=correct) if measure == "OR" else None
        return summed(
            measure, "MH", estimate, se, weights, kept=kept, effects=effects, level=level, tests=tests
        )


def mantel_haenszel_rates(
    x1i: ArrayLike,
    t1i: ArrayLike,
    x2i: ArrayLike,
    t2i: ArrayLike,
    *,
    measure: Literal["IRR", "IRD"] = "IRR",
    add: float = 0.5,
    to: ZeroCellRule = "only0",
    drop00: bool = True,
    add_pool: float = 0.0,
    to_pool: ZeroCellRule = "only0",
    drop00_pool: bool = False,
    correct: bool = True,
    level: float = 0.95,
) -> FixedPool:
    """Pool events over person-time by Mantel-Haenszel.

    Parameters
    ----------
    x1i, t1i, x2i, t2i : array_like of shape (k,)
        Events and person-time (any one unit), experimental arm first.
    measure : {"IRR", "IRD"}
        Log incidence rate ratio, incidence rate difference.
    add, to, drop00, add_pool, to_pool, drop00_pool, correct, level
        As in `mantel_haenszel`; `add` goes to the events of both arms, times stay.

    Returns
    -------
    FixedPool

    Raises
    ------
    TooFewStudies, UnknownOption, ShapeMismatch, NotFinite, ImpossibleData

    Notes
    -----
    The variances are those of Greenland and Robins for person-time data, as in `mantel_haenszel`.

    References
    ----------
    Greenland and Robins (1985), doi:10.2307/2530643.

    Examples
    --------
    >>> round(mantel_haenszel_rates([9, 8], [413, 263], [23, 20], [401, 260]).estimate, 3)
    -0.949
    """
    checked_option("measure", measure, ("IRR", "IRD"))
    checked_level(level)
    raw = checked_rates(x1i, t1i, x2i, t2i)
    rule = checked_correction(add, to, drop00)
    rates, kept = raw.corrected(checked_correction(add_pool, to_pool, drop00_pool, suffix="_pool"))
    _refuse_none(rates.x1)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate, se, weights = _rates(rates, measure=measure)
        effects = _rate_effects(raw, rule, measure=measure)
        cmh = None
        if measure == "IRR":
            total = rates.t1 + rates.t2
            cases = rates.x1 + rates.x2
            excess = float(np.sum(rates.x1 - rates.t1 * cases / total))
            spread = float(np.sum(cases * (rates.t1 / total) * (rates.t2 / total)))
            cmh = association(excess, spread, correct=correct)
        return summed(measure, "MH", estimate, se, weights, kept=kept, effects=effects, level=level, cmh=cmh)


def summed(
    measure: MantelHaenszelMeasure,
    method: Literal["MH", "Peto", "expected"],
    estimate: float,
    se: float,
    weights: Vector,
    *,
    kept: Flags,
    effects: tuple[Vector, Vector],
    level: float,
    k_effects: int | None = None,
    cmh: ChiSquareTest | None = None,
    tests: OddsTests | None = None,
) -> FixedPool:
    """The pooled estimate with everything that follows from it; ratios of zeros come out as NaN."""
    if not (np.isfinite(estimate) and np.isfinite(se)):
        estimate = se = np.nan
    statistic = float(np.divide(estimate, se))
    yi, vi = effects
    defined = np.isfinite(yi) & np.isfinite(vi)
    if k_effects is None:
        k_effects = int(np.count_nonzero(defined))
    df = max(k_effects - 1, 0)
    q = float(np.sum((yi - estimate)[defined] ** 2 / vi[defined])) if df else 0.0
    # max() would turn the NaN of an undefined estimate into 0.
    i2 = 100 * (q - df) / q if q > df or np.isnan(q) else 0.0
    return FixedPool(
        measure=measure,
        method=method,
        k=weights.size,
        k_effects=k_effects,
        estimate=estimate,
        se=se,
        statistic=statistic,
        p_value=two_sided_p(statistic, df=None),
        ci=interval(estimate, se, level=level, df=None),
        level=level,
        q=q,
        q_df=df,
        q_p=chi2_upper_p(q, df),
        i2=i2,
        h2=q / df if df else 1.0,
        weights=100 * weights / np.sum(weights),
        used=np.flatnonzero(kept),
        cmh=tests.cmh if tests else cmh,
        cochran=tests.cochran if tests else None,
        breslow_day=tests.breslow_day if tests else None,
        tarone=tests.tarone if tests else None,
        k_homogeneity=tests.k_homogeneity if tests else None,
    )


def table_effects(
    raw: Tables, rule: Correction, *, measure: Literal["OR", "RR", "RD"], convention: Convention = "metafor"
) -> tuple[Vector, Vector]:
    """Effects and variances of the studies themselves, not finite where they have none."""
    tables, kept = raw.corrected(rule)
    a, b, c, d = tables.a, tables.b, tables.c, tables.d
    if measure == "OR":
        return np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d
    n1, n2 = tables.n1, tables.n2
    if measure == "RR":
        if convention == "meta":
            n1, n2 = _totals_of_meta(raw, rule, kept)
        return np.log((a / n1) / (c / n2)), 1 / a - 1 / n1 + 1 / c - 1 / n2
    vi = a * b / n1**3 + c * d / n2**3
    if convention == "meta":
        return raw.a[kept] / raw.n1[kept] - raw.c[kept] / raw.n2[kept], vi
    return a / n1 - c / n2, vi


def _refuse_none(column: Vector) -> None:
    if column.size == 0:
        raise TooFewStudies("No study is left to pool; give at least one with events in one of its arms.")


def _totals_of_meta(raw: Tables, rule: Correction, kept: Flags) -> tuple[Vector, Vector]:
    """Totals to which the correction was added once, not once for events and once for non-events."""
    tables, _ = raw.corrected(rule)
    return raw.n1[kept] + (tables.a - raw.a[kept]), raw.n2[kept] + (tables.c - raw.c[kept])


def _odds_ratio(t: Tables) -> tuple[float, float, Vector]:
    n = t.n1 + t.n2
    r, s = t.a * t.d / n, t.b * t.c / n
    p, q = (t.a + t.d) / n, (t.b + t.c) / n
    total_r, total_s = np.sum(r), np.sum(s)
    variance = 0.5 * (
        np.sum(p * r) / total_r**2
        + (np.sum(p * s) + np.sum(q * r)) / (total_r * total_s)
        + np.sum(q * s) / total_s**2
    )
    return float(np.log(total_r / total_s)), float(np.sqrt(variance)), s


def _risk_ratio(t: Tables) -> tuple[float, float, Vector]:
    a, n1, c, n2 = t.a, t.n1, t.c, t.n2
    n = n1 + n2
    r, s = a * (n2 / n), c * (n1 / n)
    spread = np.sum((n1 / n) * (n2 / n) * (a + c) - (a / n) * c)
    total_r, total_s = np.sum(r), np.sum(s)
    return float(np.log(total_r / total_s)), float(np.sqrt(spread / (total_r * total_s))), s


def _risk_difference(t: Tables) -> tuple[float, float, Vector]:
    n1, n2 = t.n1, t.n2
    n = n1 + n2
    weights = n1 * n2 / n
    estimate = np.sum(t.a * (n2 / n) - t.c * (n1 / n)) / np.sum(weights)
    p = t.c * (n1 / n) ** 2 - t.a * (n2 / n) ** 2 + (n1 / n) * (n2 / n) * (n2 - n1) / 2
    q = (t.a * t.d / n + t.b * t.c / n) / 2
    variance = (estimate * np.sum(p) + np.sum(q)) / np.sum(weights) ** 2
    return float(estimate), float(np.sqrt(variance)), weights


def _risk_difference_of_meta(raw: Tables, t: Tables, weights: Vector, kept: Flags) -> tuple[float, float]:
    """Differences as they are, weights and Greenland and Robins' variance from the corrected cells."""
    differences = raw.a[kept] / raw.n1[kept] - raw.c[kept] / raw.n2[kept]
    n = t.n1 + t.n2
    share1, share2 = t.n1 / n, t.n2 / n
    spread = np.sum(t.a * t.b * share2**2 / t.n1 + t.c * t.d * share1**2 / t.n2)
    total = np.sum(weights)
    return float(np.sum(weights * differences) / total), float(np.sqrt(spread) / total)


def _rates(r: Rates, *, measure: Literal["IRR", "IRD"]) -> tuple[float, float, Vector]:
    total = r.t1 + r.t2
    share1, share2 = r.t1 / total, r.t2 / total
    if measure == "IRR":
        first, second = r.x1 * share2, r.x2 * share1
        spread = np.sum((r.x1 + r.x2) * share1 * share2)
        variance = spread / (np.sum(first) * np.sum(second))
        return float(np.log(np.sum(first) / np.sum(second))), float(np.sqrt(variance)), second
    weights = r.t1 * share2
    estimate = np.sum(r.x1 * share2 - r.x2 * share1) / np.sum(weights)
    spread = np.sum(r.x1 * share2**2 + r.x2 * share1**2)
    return float(estimate), float(np.sqrt(spread) / np.sum(weights)), weights


def _rate_effects(raw: Rates, rule: Correction, *, measure: Literal["IRR", "IRD"]) -> tuple[Vector, Vector]:
    r, _ = raw.corrected(rule)
    if measure == "IRR":
        return np.log((r.x1 / r.t1) / (r.x2 / r.t2)), 1 / r.x1 + 1 / r.x2
    return r.x1 / r.t1 - r.x2 / r.t2, r.x1 / r.t1**2 + r.x2 / r.t2**2
