"""Quantiles and tail probabilities, from scipy.special: scipy.stats takes seconds to import."""

from scipy.special import chdtrc, chdtri, fdtrc, ndtr, ndtri, stdtr, stdtrit


def critical(*, level: float, df: float | None) -> float:
    """Two-sided critical value: of the normal distribution where `df` is None, else of Student's t."""
    upper = 0.5 + level / 2
    return float(ndtri(upper)) if df is None else float(stdtrit(df, upper))


def two_sided_p(statistic: float, *, df: float | None) -> float:
    """Two-sided p-value of a z (`df` None) or t statistic, accurate far into the tail."""
    lower = -abs(statistic)
    return 2 * float(ndtr(lower) if df is None else stdtr(df, lower))


def chi2_upper_p(statistic: float, df: int) -> float:
    """Upper tail of chi-square; 1 where there are no degrees of freedom."""
    return float(chdtrc(df, statistic)) if df > 0 else 1.0


def chi2_quantile_upper(tail: float, df: int) -> float:
    """The value that a chi-square variate exceeds with probability `tail`."""
    return float(chdtri(df, tail))


def f_upper_p(statistic: float, *, df1: int, df2: int) -> float:
    """Upper tail of the F distribution."""
    return float(fdtrc(df1, df2, statistic))
