"""Confidence and prediction intervals."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.meta.checks import checked_option
from analysis.meta.distributions import critical
from analysis.meta.errors import NotPositive, TooFewStudies

CiMethod = Literal["wald", "t", "hk", "hk_adhoc"]
CI_METHODS: tuple[CiMethod, ...] = ("wald", "t", "hk", "hk_adhoc")
PredictionMethod = Literal["V", "HTS", "HK", "HK-PR", "S"]
PREDICTION_METHODS: tuple[PredictionMethod, ...] = ("V", "HTS", "HK", "HK-PR", "S")


@dataclass(frozen=True, slots=True)
class Interval:
    """Lower and upper limit on the analysis scale."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """Distance between the limits."""
        return self.high - self.low


def interval(estimate: float, se: float, *, level: float, df: float | None) -> Interval:
    """Estimate plus and minus the critical value times its standard error.

    Parameters
    ----------
    estimate, se : float
    level : float
        As a proportion, such as 0.95.
    df : float or None
        Degrees of freedom of t; None for z.

    Returns
    -------
    Interval

    Examples
    --------
    >>> round(interval(0.0, 1.0, level=0.95, df=None).high, 2)
    1.96
    """
    margin = critical(level=level, df=df) * se
    return Interval(estimate - margin, estimate + margin)


def dispersion(rss: float, df: int, *, method: CiMethod) -> float:
    """The factor by which the interval method scales the variance of the estimate.

    1 for Wald, also with t; the weighted residual mean square for Hartung-Knapp; that, but at least 1, for
    its ad hoc modification, which cannot be narrower than what sampling error alone gives.

    References
    ----------
    Hartung and Knapp (2001), doi:10.1002/sim.1009.
    Rover, Knapp and Friede (2015), doi:10.1186/s12874-015-0091-1.
    """
    checked_option("ci_method", method, CI_METHODS)
    if method in ("wald", "t"):
        return 1.0
    factor = rss / df
    return max(1.0, factor) if method == "hk_adhoc" else factor


@dataclass(frozen=True, slots=True)
class Prediction:
    """Where the effect of a new study is expected.

    `df` is None where the normal distribution is used ("S").
    """

    method: PredictionMethod
    low: float
    high: float
    se: float
    df: int | None


def prediction_interval(
    estimate: float,
    *,
    se: float,
    se_hk: float,
    tau2: float,
    k: int,
    method: PredictionMethod = "V",
    level: float = 0.95,
) -> Prediction:
    """Interval for the true effect of a new study.

    Parameters
    ----------
    estimate, tau2 : float
    se, se_hk : float
        Wald and Hartung-Knapp standard error of the estimate.
    k : int
        Studies pooled, at least 2.
    method : {"V", "HTS", "HK", "HK-PR", "S"}
        V: Wald se, t(k - 1). HTS: Wald se, t(k - 2). HK: Hartung-Knapp se, t(k - 1).
        HK-PR: Hartung-Knapp se, t(k - 2). S: Wald se, normal.
    level : float

    Returns
    -------
    Prediction

    Raises
    ------
    UnknownOption
    NotPositive
        A negative tau2 or standard error.
    TooFewStudies
        Below k = 2.

    Notes
    -----
    With t(k - 2) and k = 2 there are no degrees of freedom left; 1 is used then, as in R's metafor.

    References
    ----------
    Higgins, Thompson and Spiegelhalter (2009), doi:10.1111/j.1467-985X.2008.00552.x.
    Partlett and Riley (2017), doi:10.1002/sim.7140.

    Examples
    --------
    >>> found = prediction_interval(0.3, se=0.1, se_hk=0.12, tau2=0.04, k=10)
    >>> round(found.low, 3), round(found.high, 3)
    (-0.206, 0.806)
    """
    checked_option("prediction", method, PREDICTION_METHODS)
    if k < 2:
        raise TooFewStudies(f"A prediction interval needs at least 2 studies, not {k}.")
    for name, value in (("tau2", tau2), ("se", se), ("se_hk", se_hk)):
        if value < 0:
            raise NotPositive(f"{name} is {value}; it cannot be below 0.")
    error = float(np.sqrt(tau2 + (se_hk if method in ("HK", "HK-PR") else se) ** 2))
    df = None if method == "S" else k - 1 if method in ("V", "HK") else max(1, k - 2)
    limits = interval(estimate, error, level=level, df=df)
    return Prediction(method=method, low=limits.low, high=limits.high, se=error, df=df)
