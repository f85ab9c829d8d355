"""The test-based interval of I2, from Cochran's Q alone."""

from math import exp, log, sqrt

from analysis.meta.checks import checked_level
from analysis.meta.distributions import critical
from analysis.meta.intervals import Interval


def i2_interval(q: float, df: int, *, level: float = 0.95) -> Interval | None:
    """Limits of I2 in percent, through those of ln H = ln sqrt(Q / df).

    Parameters
    ----------
    q : float
        Cochran's Q.
    df : int
        Its degrees of freedom.
    level : float

    Returns
    -------
    Interval or None
        None where it is not defined: below df = 1, and at df = 1 where Q does not exceed k.

    Raises
    ------
    UnknownOption

    Notes
    -----
    The standard error of ln H is (ln Q - ln df) / (2 (sqrt(2 Q) - sqrt(2 df - 1))) where Q > df + 1, else
    sqrt((1 - 1 / (3 (df - 1)^2)) / (2 (df - 1))).
    The interval knows only Q: with few studies, the one that follows from the Q-profile of tau2 is better.

    References
    ----------
    Higgins and Thompson (2002), doi:10.1002/sim.1186, appendix.

    Examples
    --------
    >>> limits = i2_interval(35.83, 18)
    >>> round(limits.low, 1), round(limits.high, 1)
    (14.7, 70.4)
    """
    checked_level(level)
    if df < 1 or (df == 1 and q <= df + 1):
        return None
    log_h = max(0.5 * log(q / df), 0.0) if q > 0 else 0.0
    if q > df + 1:
        se = 0.5 * (log(q) - log(df)) / (sqrt(2 * q) - sqrt(2 * df - 1))
    else:
        se = sqrt((1 - 1 / (3 * (df - 1) ** 2)) / (2 * (df - 1)))
    margin = critical(level=level, df=None) * se
    low, high = (max(0.0, 1 - exp(-2 * limit)) for limit in (log_h - margin, log_h + margin))
    return Interval(100 * low, 100 * high)
