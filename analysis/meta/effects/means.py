"""Means: of two arms, their difference, standardised difference and ratio; and of one arm."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from analysis.meta.checks import Vector, checked_option
from analysis.meta.effects.reading import moments, same_length
from analysis.meta.effects.types import Effects, VarianceType, effects_without_cells
from analysis.meta.errors import ImpossibleData

ContinuousMeasure = Literal["MD", "SMD", "SMDH", "ROM"]
CONTINUOUS_MEASURES: tuple[ContinuousMeasure, ...] = get_args(ContinuousMeasure)
MeanMeasure = Literal["MN", "MNLN"]
MEAN_MEASURES: tuple[MeanMeasure, ...] = get_args(MeanMeasure)
BiasCorrection = Literal["exact", "approximate", "none", "second_order"]
_CORRECTIONS: dict[str, tuple[BiasCorrection, ...]] = {
    "SMD": ("exact", "approximate", "none"),
    "SMDH": ("exact",),
    "ROM": ("none", "second_order"),
    "MD": ("none",),
}
_VARIANCES: dict[str, tuple[VarianceType, ...]] = {
    "MD": ("LS", "UB", "HO"),
    "SMD": ("LS", "LS2", "UB", "AV"),
    "SMDH": ("LS",),
    "ROM": ("LS", "HO", "AV", "AVHO"),
}
_Arm = tuple[Vector, Vector, Vector]
# Degrees of freedom from which on a series of four terms is exact.
_MANY = 2000.0


def mean_differences(
    mean1: ArrayLike,
    sd1: ArrayLike,
    n1: ArrayLike,
    mean2: ArrayLike,
    sd2: ArrayLike,
    n2: ArrayLike,
    *,
    measure: ContinuousMeasure,
    vtype: VarianceType = "LS",
    correction: BiasCorrection | None = None,
) -> Effects:
    """Mean difference, standardised mean difference (Hedges' g, Bonett's), or log ratio of means.

    Parameters
    ----------
    mean1, sd1, n1, mean2, sd2, n2 : array_like of shape (k,)
    measure : {"MD", "SMD", "SMDH", "ROM"}
        SMD divides by the pooled SD, SMDH (arms that spread unequally) by the root of the average variance.
    vtype : {"LS", "LS2", "UB", "HO", "AV", "AVHO"}
        MD: "LS" (or "UB") separate variances, "HO" pooled. SMD: "LS" large-sample with the corrected g;
        "LS2" with the uncorrected d, times the squared correction; "UB" unbiased; "AV" with the mean g of all
        studies. ROM: "LS" separate, "HO" pooled variances; "AV" and "AVHO" with the coefficients of variation
        averaged over studies, by arm or over both.
    correction : {"exact", "approximate", "none", "second_order"}, optional
        SMD's small-sample bias: "exact" (default) by the gamma ratio; "approximate" by 1 - 3 / (4 N - 9),
        that goes with a variance of its own, 1/n1 + 1/n2 + g^2 / (2 (N - 3.94)), and leaves `vtype` unused;
        "none" is Cohen's d. ROM: "none" (default), or "second_order" bias of the logarithm.

    Returns
    -------
    Effects
        NaN for a ratio of means whose signs differ.

    Raises
    ------
    UnknownOption, ShapeMismatch, NotFinite, ImpossibleData, IllScaled

    References
    ----------
    Hedges (1981), doi:10.3102/10769986006002107. Viechtbauer (2007), doi:10.3102/1076998606298034.
    Bonett (2009), doi:10.1037/a0016619. Hedges, Gurevitch and Curtis (1999),
    doi:10.1890/0012-9658(1999)080[1150:TMAORR]2.0.CO;2. Lajeunesse (2015), doi:10.1890/14-2402.1.

    Examples
    --------
    >>> mean_differences([10.0], [2.0], [20], [9.0], [2.0], [20], measure="SMD").yi.round(4).tolist()
    [0.4901]
    """
    checked_option("measure", measure, CONTINUOUS_MEASURES)
    checked_option("vtype", vtype, _VARIANCES[measure])
    chosen = _CORRECTIONS[measure][0] if correction is None else correction
    checked_option("correction", chosen, _CORRECTIONS[measure])
    first, second = moments(mean1, sd1, n1), moments(mean2, sd2, n2)
    same_length(first[0], second[0])
    total = first[2] + second[2]
    if np.any(total < 4):
        raise ImpossibleData("A study has fewer than 4 participants in all; an SD cannot come from so few.")
    # What has no finite value, such as a ratio to a mean of next to nothing, is told by its NaN.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if measure == "MD":
            yi, vi = first[0] - second[0], _mean_variance(first, second, vtype)
        elif measure == "SMD":
            yi, vi = _standardised(first, second, vtype, chosen)
        elif measure == "SMDH":
            yi, vi = _bonett(first, second)
        else:
            yi, vi = _ratio(first, second, vtype, chosen)
    return effects_without_cells(yi, vi, ni=total, measure=measure, vtype=vtype)


def single_means(
    means: ArrayLike, sds: ArrayLike, totals: ArrayLike, *, measure: MeanMeasure = "MN"
) -> Effects:
    """Means of one arm, as they are or on the log scale.

    Parameters
    ----------
    means, sds, totals : array_like of shape (k,)
    measure : {"MN", "MNLN"}

    Returns
    -------
    Effects
        NaN for the logarithm of a mean that is not above 0.

    Raises
    ------
    UnknownOption, ShapeMismatch, NotFinite, ImpossibleData, IllScaled

    References
    ----------
    Hedges, Gurevitch and Curtis (1999), doi:10.1890/0012-9658(1999)080[1150:TMAORR]2.0.CO;2.

    Examples
    --------
    >>> single_means([5.0], [2.0], [16]).vi.tolist()
    [0.25]
    """
    checked_option("measure", measure, MEAN_MEASURES)
    m, s, n = moments(means, sds, totals)
    if measure == "MN":
        return effects_without_cells(m, s**2 / n, ni=n, measure=measure)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return effects_without_cells(np.log(m), s**2 / (n * m**2), ni=n, measure=measure)


def exact_correction(df: Vector) -> Vector:
    """Hedges' J, the gamma ratio that removes the bias of d with `df` degrees of freedom."""
    exact = np.exp(gammaln(df / 2) - 0.5 * np.log(df / 2) - gammaln((df - 1) / 2))
    # Differences of large logarithms lose their digits; the series in 1 / df then has all of them.
    many = np.maximum(df, _MANY)
    x = 2 / (many - 1)
    series = np.sqrt(1 - 1 / many) * (1 - x / 8 * (1 - x / 16 * (1 + x * 5 / 8)))
    return np.where(df > _MANY, series, exact)


def _pooled_variance(first: _Arm, second: _Arm) -> Vector:
    (_, s1, n1), (_, s2, n2) = first, second
    return ((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (n1 + n2 - 2)


def _mean_variance(first: _Arm, second: _Arm, vtype: VarianceType) -> Vector:
    if vtype == "HO":
        return _pooled_variance(first, second) * (1 / first[2] + 1 / second[2])
    return first[1] ** 2 / first[2] + second[1] ** 2 / second[2]


def _standardised(
    first: _Arm, second: _Arm, vtype: VarianceType, correction: BiasCorrection
) -> tuple[Vector, Vector]:
    total = first[2] + second[2]
    df = total - 2
    inverse = 1 / first[2] + 1 / second[2]
    d = (first[0] - second[0]) / np.sqrt(_pooled_variance(first, second))
    if correction == "approximate":
        g = (1 - 3 / (4 * df - 1)) * d
        return g, inverse + g**2 / (2 * (df - 1.94))
    j = exact_correction(df)
    g = d if correction == "none" else j * d
    if vtype == "LS2":
        return g, j**2 * (inverse + d**2 / (2 * total))
    if vtype == "UB":
        return g, inverse + (1 - (df - 2) / (df * j**2)) * g**2
    plugged = float(total @ g) / float(total.sum()) if vtype == "AV" else g
    return g, inverse + plugged**2 / (2 * total)


def _bonett(first: _Arm, second: _Arm) -> tuple[Vector, Vector]:
    """Standardised by the root of the average variance; arms may spread unequally."""
    (m1, s1, n1), (m2, s2, n2) = first, second
    average = (s1**2 + s2**2) / 2
    j = exact_correction(n1 + n2 - 2)
    g = j * (m1 - m2) / np.sqrt(average)
    spread = (s1**4 / (n1 - 1) + s2**4 / (n2 - 1)) / (8 * average**2)
    means = (s1**2 / (n1 - 1) + s2**2 / (n2 - 1)) / average
    return g, j**2 * (g**2 * spread + means)


def _ratio(
    first: _Arm, second: _Arm, vtype: VarianceType, correction: BiasCorrection
) -> tuple[Vector, Vector]:
    (m1, s1, n1), (m2, s2, n2) = first, second
    c1, c2 = s1 / m1, s2 / m2
    yi = np.log(m1 / m2)
    if correction == "second_order":
        yi = yi + (c1**2 / n1 - c2**2 / n2) / 2
    if vtype == "HO":
        pooled = _pooled_variance(first, second)
        return yi, pooled / (n1 * m1**2) + pooled / (n2 * m2**2)
    if vtype in ("AV", "AVHO"):
        c1, c2 = _averaged(c1, n1, c2, n2, together=vtype == "AVHO")
    return yi, c1**2 / n1 + c2**2 / n2


def _averaged(c1: Vector, n1: Vector, c2: Vector, n2: Vector, *, together: bool) -> tuple[Vector, Vector]:
    """Coefficients of variation averaged over studies, weighted by participants."""
    sum1, sum2 = float(c1 @ n1), float(c2 @ n2)
    total1, total2 = float(n1.sum()), float(n2.sum())
    if together:
        both = (sum1 + sum2) / (total1 + total2)
        return np.full_like(c1, both), np.full_like(c2, both)
    return np.full_like(c1, sum1 / total1), np.full_like(c2, sum2 / total2)
