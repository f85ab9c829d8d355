"""Regression tests that measure a study by its participants, or by its score, rather than its standard error.

The standard error of an odds ratio or of a standardised mean difference contains the effect itself, so that
small and large effects lie asymmetrically in a funnel plot without any bias. The predictors here do not.
"""

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.bias.regression import RegressionTest, fitted_test, thompson_sharp
from analysis.meta.bias.tables import Tables, checked_counts, checked_sizes, checked_tables
from analysis.meta.checks import Vector, checked_effects, checked_option
from analysis.meta.errors import TooFewStudies
from analysis.meta.tau2 import Tau2Method


def peters(
    yi: ArrayLike, vi: ArrayLike, *, events: ArrayLike, totals: ArrayLike, level: float = 0.95
) -> RegressionTest:
    """Peters' test: regression of the effect on 1 / n, weighted by 1 / (1/events + 1/non-events).

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
        Log odds ratios (or logits of single proportions) and their sampling variances; vi is checked only.
    events, totals : array_like of shape (k,)
        Over both arms. A study with only or no events has weight 0 and drops out, so at least 3 others are
        needed; `k` of the result counts those.
    level : float

    Returns
    -------
    RegressionTest

    Raises
    ------
    TooFewStudies, NoVariation, ShapeMismatch, NotFinite, NotPositive, ImpossibleData, UnknownOption

    References
    ----------
    Peters, Sutton, Jones, Abrams and Rushton (2006), doi:10.1001/jama.295.6.676.

    Examples
    --------
    >>> found = peters([0.1, 0.4, 0.3, 0.8], [0.1] * 4, events=[50, 30, 20, 9], totals=[400, 200, 150, 60])
    >>> round(found.statistic, 3), found.df
    (3.331, 2)
    """
    effects, _ = checked_effects(yi, vi)
    x, n = checked_counts(events, totals, names=("events", "totals"), k=effects.size)
    mixed = (x > 0) & (x < n)
    if np.count_nonzero(mixed) < 3:
        raise TooFewStudies(
            "Peters' test needs at least 3 studies with both events and non-events, "
            f"not {np.count_nonzero(mixed)}."
        )
    weights = x[mixed] * (n - x)[mixed] / n[mixed]
    return fitted_test("peters", effects[mixed], 1 / n[mixed], weights, level=level)


def macaskill(yi: ArrayLike, vi: ArrayLike, *, totals: ArrayLike, level: float = 0.95) -> RegressionTest:
    """Macaskill's test: regression of the effect on the number of participants, weighted by 1 / vi.

    Parameters
    ----------
    yi, vi : array_like of shape (k,), k >= 3
    totals : array_like of shape (k,)
        Participants of both arms.
    level : float

    Returns
    -------
    RegressionTest
        `intercept` belongs to a study without participants here, so it is no limit of large studies.

    Raises
    ------
    TooFewStudies, NoVariation, ShapeMismatch, NotFinite, NotPositive, ImpossibleData, UnknownOption

    References
    ----------
    Macaskill, Walter and Irwig (2001), doi:10.1002/sim.698.

    Examples
    --------
    >>> found = macaskill([0.1, 0.4, 0.3, 0.8], [0.02, 0.05, 0.06, 0.2], totals=[400, 200, 150, 60])
    >>> round(found.slope, 5)
    -0.00136
    """
    effects, variances = checked_effects(yi, vi)
    n = checked_sizes("totals", totals, k=effects.size)
    return fitted_test("macaskill", effects, n, 1 / variances, level=level)


def deeks(yi: ArrayLike, *, totals1: ArrayLike, totals2: ArrayLike, level: float = 0.95) -> RegressionTest:
    """Deeks' test: regression on 1 / sqrt(ESS), weighted by the effective sample size ESS.

    Parameters
    ----------
    yi : array_like of shape (k,), k >= 3
        Log diagnostic odds ratios.
    totals1, totals2 : array_like of shape (k,)
        Participants with and without the condition. ESS = 4 n1 n2 / (n1 + n2).
    level : float

    Returns
    -------
    RegressionTest

    Raises
    ------
    TooFewStudies, NoVariation, ShapeMismatch, NotFinite, ImpossibleData, UnknownOption

    References
    ----------
    Deeks, Macaskill and Irwig (2005), doi:10.1016/j.jclinepi.2005.01.016.

    Examples
    --------
    >>> found = deeks([2.1, 2.6, 3.0, 3.9], totals1=[90, 60, 40, 20], totals2=[150, 90, 45, 20])
    >>> round(found.slope, 2)
    19.89
    """
    effects, _ = checked_effects(yi, np.ones(np.shape(yi)))
    inverse = _inverse_sizes(totals1, totals2, k=effects.size)
    return fitted_test("deeks", effects, np.sqrt(inverse) / 2, 4 / inverse, level=level)


def pustejovsky_rodgers(
    yi: ArrayLike, vi: ArrayLike, *, totals1: ArrayLike, totals2: ArrayLike, level: float = 0.95
) -> RegressionTest:
    """Pustejovsky and Rodgers' test for standardised mean differences: on sqrt(1/n1 + 1/n2), weights 1 / vi.

    Parameters
    ----------
    yi, vi : array_like of shape (k,), k >= 3
        Standardised mean differences and their sampling variances.
    totals1, totals2 : array_like of shape (k,)
        Participants of each arm.
    level : float

    Returns
    -------
    RegressionTest

    Raises
    ------
    TooFewStudies, NoVariation, ShapeMismatch, NotFinite, NotPositive, ImpossibleData, UnknownOption

    Notes
    -----
    The predictor is the part of the standard error that does not contain the effect.

    References
    ----------
    Pustejovsky and Rodgers (2019), doi:10.1002/jrsm.1332.

    Examples
    --------
    >>> found = pustejovsky_rodgers(
    ...     [0.2, 0.3, 0.7, 0.9], [0.02, 0.05, 0.1, 0.2], totals1=[100, 40, 20, 10], totals2=[100, 40, 20, 11]
    ... )
    >>> round(found.slope, 3)
    2.459
    """
    effects, variances = checked_effects(yi, vi)
    inverse = _inverse_sizes(totals1, totals2, k=effects.size)
    return fitted_test("pustejovsky_rodgers", effects, np.sqrt(inverse), 1 / variances, level=level)


def harbord(
    events1: ArrayLike,
    totals1: ArrayLike,
    events2: ArrayLike,
    totals2: ArrayLike,
    *,
    measure: Literal["OR", "RR"] = "OR",
    information: Literal["fisher", "equal_arms"] = "fisher",
    level: float = 0.95,
) -> RegressionTest:
    """Harbord's test: regression of Z / V on 1 / sqrt(V), weighted by V, the score and its variance.

    Parameters
    ----------
    events1, totals1, events2, totals2 : array_like of shape (k,)
        Studies with only or no events in both arms say nothing and drop out; at least 3 others are needed.
    measure : {"OR", "RR"}
    information : {"fisher", "equal_arms"}
        For "RR", the information of the score: "fisher" for the arms as they are; "equal_arms" as if both
        had half of the participants, which is what R's package meta does.
    level : float

    Returns
    -------
    RegressionTest

    Raises
    ------
    TooFewStudies, NoVariation, ShapeMismatch, NotFinite, ImpossibleData, UnknownOption

    Notes
    -----
    With a, c events of n1, n2, m = a + c and N = n1 + n2 the score of the log odds ratio at 0 is
    Z = a - m n1 / N with hypergeometric variance V = n1 n2 m (N - m) / (N^2 (N - 1)); that of the log risk
    ratio is Z = (a N - m n1) / (N - m) with V = n1 n2 m / (N (N - m)). Neither needs a correction of empty
    cells.

    References
    ----------
    Harbord, Egger and Sterne (2006), doi:10.1002/sim.2380.

    Examples
    --------
    >>> found = harbord([9, 4, 3, 1], [50, 30, 20, 12], [14, 9, 8, 6], [50, 31, 19, 12])
    >>> found.k, round(found.slope, 3)
    (4, -3.321)
    """
    checked_option("measure", measure, ("OR", "RR"))
    checked_option("information", information, ("fisher", "equal_arms"))
    tables = checked_tables(events1, totals1, events2, totals2)
    tables = tables.rows(tables.informative)
    score, variance = _score(tables, measure, equal_arms=information == "equal_arms")
    return fitted_test("harbord", score / variance, 1 / np.sqrt(variance), variance, level=level)


def ruecker_thompson(
    events1: ArrayLike,
    totals1: ArrayLike,
    events2: ArrayLike,
    totals2: ArrayLike,
    *,
    tau2_method: Tau2Method = "REML",
    level: float = 0.95,
) -> RegressionTest:
    """Ruecker's AS-Thompson test: Thompson and Sharp's on arcsine differences.

    Parameters
    ----------
    events1, totals1, events2, totals2 : array_like of shape (k,), k >= 3
        No study drops out: the arcsine difference exists without events, too.
    tau2_method : str
        Any that `estimate_tau2` knows.
    level : float

    Returns
    -------
    RegressionTest

    Raises
    ------
    TooFewStudies, NoVariation, ShapeMismatch, NotFinite, ImpossibleData, UnknownOption, NonConvergence

    Notes
    -----
    The variance 1 / (4 n1) + 1 / (4 n2) of arcsine differences depends on the arm sizes alone.

    References
    ----------
    Ruecker, Schwarzer and Carpenter (2008), doi:10.1002/sim.2971.

    Examples
    --------
    >>> found = ruecker_thompson([9, 4, 3, 0], [50, 30, 20, 12], [14, 9, 8, 6], [50, 31, 19, 12])
    >>> found.k, round(found.slope, 3)
    (4, -5.509)
    """
    yi, vi = arcsine_differences(checked_tables(events1, totals1, events2, totals2))
    found = thompson_sharp(yi, vi, tau2_method=tau2_method, level=level)
    return replace(found, code="ruecker_thompson")


def arcsine_differences(tables: Tables) -> tuple[Vector, Vector]:
    """asin sqrt(p1) - asin sqrt(p2) and 1 / (4 n1) + 1 / (4 n2)."""
    first = np.arcsin(np.sqrt(tables.events1 / tables.totals1))
    second = np.arcsin(np.sqrt(tables.events2 / tables.totals2))
    return first - second, 1 / (4 * tables.totals1) + 1 / (4 * tables.totals2)


def _inverse_sizes(totals1: ArrayLike, totals2: ArrayLike, *, k: int) -> Vector:
    first = checked_sizes("totals1", totals1, k=k)
    return 1 / first + 1 / checked_sizes("totals2", totals2, k=k)


def _score(tables: Tables, measure: Literal["OR", "RR"], *, equal_arms: bool) -> tuple[Vector, Vector]:
    n, m = tables.total, tables.events
    arms = tables.totals1 * tables.totals2
    cross = tables.events1 * tables.totals2 - tables.events2 * tables.totals1
    if measure == "OR":
        return cross / n, arms * m * (n - m) / (n**2 * (n - 1))
    return cross / (n - m), (n**2 / 4 if equal_arms else arms) * m / (n * (n - m))
