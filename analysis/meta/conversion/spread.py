"""Standard deviations and standard errors, from standard errors, intervals, t and p."""

import math
from typing import Literal

from scipy.special import stdtrit

from analysis.meta.checks import checked_level, checked_option
from analysis.meta.conversion.record import (
    Converted,
    checked_above,
    checked_finite,
    checked_interval,
    checked_size,
    converted,
)
from analysis.meta.distributions import critical
from analysis.meta.errors import ImpossibleData

Distribution = Literal["z", "t"]
_HANDBOOK = "Cochrane Handbook for Systematic Reviews of Interventions, version 6.5"
# How far, on the log scale and relative to the half width, an estimate may lie from the middle of its
# interval before something other than rounding must be the cause.
_OFF_CENTRE = 0.1
# With fewer degrees of freedom the quantile of t leaves the range of numbers.
_FEWEST_DF = 0.05


def sd_from_se(se: float, n: float) -> Converted:
    """Standard deviation of one group from the standard error of its mean.

    Parameters
    ----------
    se : float
    n : float
        Participants of the group.

    Returns
    -------
    Converted
        `sd`.

    Raises
    ------
    ImpossibleData, NotFinite

    References
    ----------
    Cochrane Handbook 6.5, section 6.5.2.2.

    Examples
    --------
    >>> sd_from_se(0.5, 100)["sd"]
    5.0
    """
    checked_above(0, se=se)
    checked_size(n=n)
    return converted(
        {"sd": se * math.sqrt(n)},
        method="sd_from_se",
        assumption="The reported figure is the standard error of the mean of this group.",
        inputs={"se": se, "n": n},
        reference=f"{_HANDBOOK}, section 6.5.2.2",
    )


def mean_sd_from_ci(
    low: float, high: float, n: float, *, level: float = 0.95, distribution: Distribution = "t"
) -> Converted:
    """Mean and standard deviation of one group from the confidence interval of its mean.

    Parameters
    ----------
    low, high : float
    n : float
        Participants of the group.
    level : float
    distribution : {"t", "z"}
        "t" with n - 1 degrees of freedom, which nearly every program uses; "z" for large samples.

    Returns
    -------
    Converted
        `mean`, `sd` and `se`.

    Raises
    ------
    ImpossibleData, NotFinite, UnknownOption

    References
    ----------
    Cochrane Handbook 6.5, section 6.5.2.2.

    Examples
    --------
    >>> round(mean_sd_from_ci(30.0, 34.2, 25)["sd"], 2)
    5.09
    """
    checked_interval(low, high)
    checked_size(n=n)
    checked_level(level)
    checked_option("distribution", distribution, ("z", "t"))
    width = critical(level=level, df=n - 1 if distribution == "t" else None)
    se = (high - low) / (2 * width)
    return converted(
        {"mean": (low + high) / 2, "sd": se * math.sqrt(n), "se": se},
        method=f"mean_sd_from_ci_{distribution}",
        assumption="The interval is symmetric about the mean of this group and rests on its own SD.",
        inputs={"low": low, "high": high, "n": n, "level": level},
        reference=f"{_HANDBOOK}, section 6.5.2.2",
    )


def se_from_ci(
    low: float,
    high: float,
    *,
    estimate: float | None = None,
    level: float = 0.95,
    ratio: bool = False,
    df: float | None = None,
) -> Converted:
    """Standard error, and the estimate where it is not given, from a confidence interval.

    Parameters
    ----------
    low, high : float
    estimate : float, optional
        As reported; the middle of the interval otherwise.
    level : float
    ratio : bool
        The numbers are ratios (odds, risk, hazard, rate); results are on the log scale.
    df : float, optional
        Degrees of freedom of a t interval; None for a normal one.

    Returns
    -------
    Converted
        `estimate` and `se`, logarithms for ratios. A warning where the estimate is not in the middle of the
        interval: a slip of the pen, or an interval of another kind.

    Raises
    ------
    ImpossibleData, NotFinite, UnknownOption

    References
    ----------
    Cochrane Handbook 6.5, sections 6.3.1 and 6.3.2.

    Examples
    --------
    >>> found = se_from_ci(0.45, 0.80, estimate=0.60, ratio=True)
    >>> round(found["estimate"], 4), round(found["se"], 4)
    (-0.5108, 0.1468)
    """
    checked_interval(low, high)
    checked_level(level)
    inputs = {"low": low, "high": high, "level": level}
    if estimate is not None:
        checked_finite(estimate=estimate)
        inputs["estimate"] = estimate
    if df is not None:
        checked_above(_FEWEST_DF, df=df)
        inputs["df"] = df
    if ratio:
        checked_above(0, low=low, **({} if estimate is None else {"estimate": estimate}))
        low, high = math.log(low), math.log(high)
        estimate = None if estimate is None else math.log(estimate)
    half, centre = (high - low) / 2, (low + high) / 2
    scale = "log" if ratio else "reported"
    return converted(
        {"estimate": centre if estimate is None else estimate, "se": half / critical(level=level, df=df)},
        method="se_from_ci_ratio" if ratio else "se_from_ci",
        assumption=f"The interval is a Wald interval, symmetric about the estimate on the {scale} scale.",
        inputs=inputs,
        reference=f"{_HANDBOOK}, sections 6.3.1 and 6.3.2",
        warnings=_off_centre(estimate, centre, half),
    )


def sd_from_t(difference: float, t: float, n1: float, n2: float) -> Converted:
    """Standard deviation common to two groups from their difference of means and its t statistic.

    Parameters
    ----------
    difference : float
        Difference of the means.
    t : float
        Statistic of the unpaired t test.
    n1, n2 : float
        Participants.

    Returns
    -------
    Converted
        `sd` and `se` of the difference.

    Raises
    ------
    ImpossibleData, NotFinite

    References
    ----------
    Cochrane Handbook 6.5, section 6.5.2.3.

    Examples
    --------
    >>> round(sd_from_t(3.8, 2.78, 25, 22)["se"], 2)
    1.37
    """
    checked_finite(difference=difference, t=t)
    checked_size(n1=n1, n2=n2)
    if t == 0 or difference == 0:
        raise ImpossibleData(
            f"difference is {difference:g} and t is {t:g}; from a difference of 0 no SD can be recovered."
        )
    se = abs(difference / t)
    return converted(
        {"sd": se / math.sqrt(1 / n1 + 1 / n2), "se": se},
        method="sd_from_t",
        assumption="The statistic is of an unpaired t test with equal variances; both groups get one SD.",
        inputs={"difference": difference, "t": t, "n1": n1, "n2": n2},
        reference=f"{_HANDBOOK}, section 6.5.2.3",
    )


def sd_from_p(difference: float, p: float, n1: float, n2: float) -> Converted:
    """Standard deviation common to two groups from their difference of means and its p-value.

    Parameters
    ----------
    difference : float
    p : float
        Two-sided, exact: a bound such as p < 0.05 gives a bound of the SD only.
    n1, n2 : float

    Returns
    -------
    Converted
        `sd`, `se` of the difference, and `t`.

    Raises
    ------
    ImpossibleData, NotFinite

    References
    ----------
    Cochrane Handbook 6.5, section 6.5.2.3.

    Examples
    --------
    >>> round(sd_from_p(3.8, 0.008, 25, 22)["t"], 2)
    2.78
    """
    checked_size(n1=n1, n2=n2)
    t = t_from_p(p, df=n1 + n2 - 2)
    found = sd_from_t(difference, t, n1, n2)
    return converted(
        {**found.values, "t": t},
        method="sd_from_p",
        assumption="The p-value is two-sided, exact, and of an unpaired t test with equal variances.",
        inputs={"difference": difference, "p": p, "n1": n1, "n2": n2},
        reference=found.reference,
    )


def combined_groups(mean1: float, sd1: float, n1: float, mean2: float, sd2: float, n2: float) -> Converted:
    """Mean and standard deviation of two groups taken together.

    Parameters
    ----------
    mean1, sd1, n1, mean2, sd2, n2 : float

    Returns
    -------
    Converted
        `mean`, `sd` and `n`: exactly those of all participants as one sample.

    Raises
    ------
    ImpossibleData, NotFinite

    References
    ----------
    Cochrane Handbook 6.5, section 6.5.2.10, table 6.5.a.

    Examples
    --------
    >>> found = combined_groups(1.0, 1.0, 10, 3.0, 1.0, 10)
    >>> found["mean"], round(found["sd"], 4)
    (2.0, 1.4142)
    """
    checked_finite(mean1=mean1, mean2=mean2)
    checked_above(0, sd1=sd1, sd2=sd2)
    checked_size(n1=n1, n2=n2)
    n = n1 + n2
    inside = (n1 - 1) * sd1**2 + (n2 - 1) * sd2**2
    between = n1 * n2 / n * (mean1 - mean2) ** 2
    return converted(
        {"mean": (n1 * mean1 + n2 * mean2) / n, "sd": math.sqrt((inside + between) / (n - 1)), "n": n},
        method="combined_groups",
        assumption="The groups have no participant in common.",
        inputs={"mean1": mean1, "sd1": sd1, "n1": n1, "mean2": mean2, "sd2": sd2, "n2": n2},
        reference=f"{_HANDBOOK}, section 6.5.2.10",
    )


def sd_of_change(sd_before: float, sd_after: float, correlation: float) -> Converted:
    """Standard deviation of changes from those before and after.

    Parameters
    ----------
    sd_before, sd_after : float
    correlation : float
        Between the two measurements, mostly borrowed from another study: vary it in a sensitivity analysis.

    Returns
    -------
    Converted
        `sd`.

    Raises
    ------
    ImpossibleData, NotFinite

    References
    ----------
    Cochrane Handbook 6.5, section 6.5.2.8.

    Examples
    --------
    >>> round(sd_of_change(4.0, 4.4, 0.8)["sd"], 2)
    2.68
    """
    checked_above(0, sd_before=sd_before, sd_after=sd_after)
    checked_finite(correlation=correlation)
    if not -1 < correlation < 1:
        raise ImpossibleData(f"correlation is {correlation:g}; it lies between -1 and 1.")
    # The sum of two squares and a product, less their difference, where nothing cancels.
    square = (sd_before - sd_after) ** 2 + 2 * (1 - correlation) * sd_before * sd_after
    return converted(
        {"sd": math.sqrt(square)},
        method="sd_of_change",
        assumption=f"Measurements before and after correlate with {correlation:g}.",
        inputs={"sd_before": sd_before, "sd_after": sd_after, "correlation": correlation},
        reference=f"{_HANDBOOK}, section 6.5.2.8",
    )


def t_from_p(p: float, *, df: float) -> float:
    """The size of t that has a two-sided p-value, for `df` degrees of freedom.

    Raises
    ------
    ImpossibleData
        p is not above 0 and at most 1.
    """
    checked_finite(p=p)
    checked_above(0, df=df)
    if not 0 < p <= 1:
        raise ImpossibleData(f"p is {p:g}; it must be above 0 and at most 1, and exact.")
    return abs(float(stdtrit(df, p / 2)))


def _off_centre(estimate: float | None, centre: float, half: float) -> tuple[str, ...]:
    if estimate is None or abs(estimate - centre) <= _OFF_CENTRE * half:
        return ()
    share = 100 * abs(estimate - centre) / half
    return (
        f"The estimate lies {share:.0f} % of the half width from the middle of its interval; "
        "check both numbers and the scale.",
    )
