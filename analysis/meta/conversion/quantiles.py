"""Mean and standard deviation from medians, quartiles and ranges, and a test whether the data are skewed."""

import math
from dataclasses import dataclass
from typing import Literal

from scipy.special import ndtri

from analysis.meta.checks import checked_option
from analysis.meta.conversion.record import Converted, checked_finite, converted
from analysis.meta.errors import ImpossibleData, MissingArgument

MeanMethod = Literal["luo", "wan"]
SdMethod = Literal["wan", "shi"]
Scenario = Literal["range", "quartiles", "five_numbers"]
_WAN = "Wan, Wang, Liu and Tong 2014, doi:10.1186/1471-2288-14-135"
_LUO = "Luo, Wan, Liu and Tong 2018, doi:10.1177/0962280216669183"
_SHI = "Shi, Luo, Weng and others 2020, doi:10.1002/jrsm.1429"


@dataclass(frozen=True, slots=True)
class SkewnessTest:
    """Whether quantiles are too lopsided for normal data, at the 5 % level.

    Attributes
    ----------
    statistic, critical : float
    skewed : bool
        The statistic exceeds the critical value.
    scenario : {"range", "quartiles", "five_numbers"}
    """

    statistic: float
    critical: float
    skewed: bool
    scenario: Scenario


@dataclass(frozen=True, slots=True)
class _Summary:
    n: float
    median: float
    quartiles: tuple[float, float] | None
    extremes: tuple[float, float] | None

    @property
    def scenario(self) -> Scenario:
        if self.quartiles and self.extremes:
            return "five_numbers"
        return "quartiles" if self.quartiles else "range"

    def given(self) -> dict[str, float]:
        named = {"n": self.n, "median": self.median}
        if self.quartiles:
            named |= {"q1": self.quartiles[0], "q3": self.quartiles[1]}
        if self.extremes:
            named |= {"low": self.extremes[0], "high": self.extremes[1]}
        return named


def mean_sd_from_quantiles(
    median: float,
    n: float,
    *,
    q1: float | None = None,
    q3: float | None = None,
    low: float | None = None,
    high: float | None = None,
    mean_method: MeanMethod = "luo",
    sd_method: SdMethod = "wan",
) -> Converted:
    """Mean and standard deviation of one group from its median with quartiles, range, or both.

    Parameters
    ----------
    median : float
    n : float
        Participants.
    q1, q3 : float, optional
        Quartiles, both or neither.
    low, high : float, optional
        Minimum and maximum, both or neither.
    mean_method : {"luo", "wan"}
        Weights that depend on n (optimal under normality), or fixed ones.
    sd_method : {"wan", "shi"}
        Equal weights for range and quartiles, or weights by n; they differ for five numbers only.

    Returns
    -------
    Converted
        `mean` and `sd`. A warning where the numbers speak against normal data, see `skewness_test`.

    Raises
    ------
    MissingArgument, ImpossibleData, NotFinite, UnknownOption

    Notes
    -----
    Scenario S1 is median and range, S2 median and quartiles, S3 all five, as in the papers.

    References
    ----------
    Wan, Wang, Liu and Tong (2014), doi:10.1186/1471-2288-14-135, scenarios C1 to C3.
    Luo, Wan, Liu and Tong (2018), doi:10.1177/0962280216669183, scenarios S1 to S3.
    Shi, Luo, Weng and others (2020), doi:10.1002/jrsm.1429 (SD from five numbers).

    Examples
    --------
    >>> found = mean_sd_from_quantiles(50.0, 100, q1=43.0, q3=57.0)
    >>> found["mean"], round(found["sd"], 2)
    (50.0, 10.53)
    """
    checked_option("mean_method", mean_method, ("luo", "wan"))
    checked_option("sd_method", sd_method, ("wan", "shi"))
    summary = _checked(median, n, (q1, q3), (low, high))
    mean = _mean(summary) if mean_method == "luo" else _mean_fixed(summary)
    weighted = sd_method == "shi" and summary.scenario == "five_numbers"
    sd = _sd_weighted(summary) if weighted else _sd(summary)
    return converted(
        {"mean": mean, "sd": sd},
        method=f"{mean_method}_{'shi' if weighted else 'wan'}_{summary.scenario}",
        assumption="The data of this group are about normally distributed.",
        inputs=summary.given(),
        reference=f"{_LUO if mean_method == 'luo' else _WAN}; {_SHI if weighted else _WAN}",
        warnings=_warnings(summary),
    )


def skewness_test(
    median: float,
    n: float,
    *,
    q1: float | None = None,
    q3: float | None = None,
    low: float | None = None,
    high: float | None = None,
) -> SkewnessTest:
    """Test from quantiles alone whether the data are skewed, at the 5 % level.

    Parameters
    ----------
    median, n, q1, q3, low, high
        As in `mean_sd_from_quantiles`.

    Returns
    -------
    SkewnessTest

    Raises
    ------
    MissingArgument, ImpossibleData, NotFinite

    Notes
    -----
    Not significant does not mean normal: with few participants the test sees only extreme skewness.

    References
    ----------
    Shi, Luo, Wan and others (2023), doi:10.1177/09622802231172043.

    Examples
    --------
    >>> skewness_test(30.0, 60, q1=10.0, q3=100.0).skewed
    True
    """
    return _skewness(_checked(median, n, (q1, q3), (low, high)))


def _skewness(summary: _Summary) -> SkewnessTest:
    n, root = summary.n, math.sqrt(summary.n)
    by_range = _lopsided(summary.median, summary.extremes)
    by_quartiles = _lopsided(summary.median, summary.quartiles)
    match summary.scenario:
        case "range":
            statistic, critical = by_range, 1 / math.log(n + 9) + 2.5 / (n + 1)
        case "quartiles":
            statistic, critical = by_quartiles, 2.65 / root - 6 / n**2
        case "five_numbers":
            statistic = max(2.65 * math.log(0.6 * n) / root * by_range, by_quartiles)
            critical = 3 / root - 40 / n**3
    return SkewnessTest(statistic, critical, statistic > critical, summary.scenario)


def _warnings(summary: _Summary) -> tuple[str, ...]:
    found = _skewness(summary)
    if not found.skewed:
        return ()
    return (
        f"The quantiles are lopsided beyond chance ({found.statistic:.3g}, limit {found.critical:.3g}): "
        "the data look skewed, and mean and SD from them may mislead.",
    )


def _lopsided(median: float, ends: tuple[float, float] | None) -> float:
    return 0.0 if ends is None else abs(ends[0] + ends[1] - 2 * median) / (ends[1] - ends[0])


def _mean(summary: _Summary) -> float:
    n, median = summary.n, summary.median
    by_range, by_quartiles = _total(summary.extremes) / 2, _total(summary.quartiles) / 2
    match summary.scenario:
        case "range":
            first, second = 4 / (4 + math.pow(n, 0.75)), 0.0
        case "quartiles":
            first, second = 0.0, 0.7 + 0.39 / n
        case "five_numbers":
            first, second = 2.2 / (2.2 + math.pow(n, 0.75)), 0.7 - 0.72 / math.pow(n, 0.55)
    return first * by_range + second * by_quartiles + (1 - first - second) * median


def _mean_fixed(summary: _Summary) -> float:
    median = summary.median
    match summary.scenario:
        case "range":
            return (_total(summary.extremes) + 2 * median) / 4
        case "quartiles":
            return (_total(summary.quartiles) + median) / 3
        case "five_numbers":
            return (_total(summary.extremes) + 2 * _total(summary.quartiles) + 2 * median) / 8


def _sd(summary: _Summary) -> float:
    by_range = _width(summary.extremes) / (2 * _range_quantile(summary.n))
    by_quartiles = _width(summary.quartiles) / (2 * _quartile_quantile(summary.n))
    both = summary.scenario == "five_numbers"
    return (by_range + by_quartiles) / 2 if both else by_range + by_quartiles


def _sd_weighted(summary: _Summary) -> float:
    power = math.pow(summary.n, 0.6)
    by_range = _width(summary.extremes) / ((2 + 0.14 * power) * _range_quantile(summary.n))
    by_quartiles = _width(summary.quartiles) / ((2 + 2 / (0.07 * power)) * _quartile_quantile(summary.n))
    return by_range + by_quartiles


def _range_quantile(n: float) -> float:
    return float(ndtri((n - 0.375) / (n + 0.25)))


def _quartile_quantile(n: float) -> float:
    return float(ndtri((0.75 * n - 0.125) / (n + 0.25)))


def _total(ends: tuple[float, float] | None) -> float:
    return 0.0 if ends is None else ends[0] + ends[1]


def _width(ends: tuple[float, float] | None) -> float:
    return 0.0 if ends is None else ends[1] - ends[0]


def _checked(
    median: float,
    n: float,
    quartiles: tuple[float | None, float | None],
    extremes: tuple[float | None, float | None],
) -> _Summary:
    pairs = [_pair(quartiles, "q1 and q3"), _pair(extremes, "low and high")]
    summary = _Summary(n, median, pairs[0], pairs[1])
    if not any(pairs):
        raise MissingArgument("Give q1 and q3, low and high, or all four beside the median.")
    checked_finite(**summary.given())
    if n < 3:
        raise ImpossibleData(f"n is {n:g}; quantiles of fewer than 3 participants carry no spread.")
    order = [pair[0] for pair in reversed(pairs) if pair], [pair[1] for pair in pairs if pair]
    inside = [*order[0], median, *order[1]]
    if inside != sorted(inside) or inside[0] == inside[-1] or (pairs[0] and pairs[0][0] == pairs[0][1]):
        raise ImpossibleData(
            f"{', '.join(f'{value:g}' for value in inside)} should ascend from minimum to maximum, and the "
            "quartiles differ; check which number is which."
        )
    return summary


def _pair(ends: tuple[float | None, float | None], names: str) -> tuple[float, float] | None:
    low, high = ends
    if low is None and high is None:
        return None
    if low is None or high is None:
        raise MissingArgument(f"Of {names} one is missing; give both or neither.")
    return low, high
