"""Regression tests for funnel plot asymmetry: effects on a measure of study size."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.bias.line import Line, weighted_line
from analysis.meta.checks import Vector, checked_effects, checked_level, checked_option
from analysis.meta.distributions import two_sided_p
from analysis.meta.errors import NotFinite, NotPositive, ShapeMismatch, TooFewStudies
from analysis.meta.intervals import CI_METHODS, CiMethod, Interval, dispersion, interval
from analysis.meta.tau2 import Tau2Method, estimate_tau2

BiasModel = Literal["lm", "rma"]
# A line through two points leaves nothing over to judge its slope by.
FEWEST = 3


@dataclass(frozen=True, slots=True)
class RegressionTest:
    """A regression of effects on a measure of study size.

    Attributes
    ----------
    code : str
        Which test, as in `BIAS_TESTS`; "regression" for any other predictor, "pet" and "peese" in PET-PEESE.
    model : {"lm", "rma"}
        Multiplicative dispersion, or additive between-study variance.
    k : int
        Studies that the regression used.
    statistic, p_value : float
        Test that the slope is 0; `df` is None for z. Infinite where the line goes through every effect, as
        it does with three studies of which two are alike: such a test says nothing.
    intercept, intercept_se : float
        For predictors that vanish in an infinitely large study, the effect expected there;
        `limit` is its interval.
    slope, slope_se : float
    dispersion : float or None
        Residual standard deviation of the weighted regression, model "lm".
    tau2 : float or None
        Residual between-study variance, model "rma", by `tau2_method`.
    """

    code: str
    model: BiasModel
    k: int
    statistic: float
    df: int | None
    p_value: float
    intercept: float
    intercept_se: float
    slope: float
    slope_se: float
    limit: Interval
    level: float
    dispersion: float | None
    tau2: float | None
    tau2_method: Tau2Method | None


def regression_test(
    yi: ArrayLike,
    vi: ArrayLike,
    predictor: ArrayLike,
    *,
    model: BiasModel = "lm",
    tau2_method: Tau2Method = "REML",
    ci_method: CiMethod = "wald",
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> RegressionTest:
    """Regress effects on a predictor of study size.

    Parameters
    ----------
    yi, vi, predictor : array_like of shape (k,), k >= 3
        Effects on the analysis scale, their sampling variances, and for example sqrt(vi), vi, 1 / n or
        sqrt(1 / n).
    model : {"lm", "rma"}
        "lm": weighted regression with multiplicative dispersion, t(k - 2). "rma": additive tau2.
    tau2_method : str
        Estimator of the residual tau2 for "rma", any that `estimate_tau2` knows.
    ci_method : {"wald", "t", "hk", "hk_adhoc"}
        For "rma", the distribution and standard error of test and interval, as in `pool`: normal; t(k - 2);
        t(k - 2) with the standard error scaled as by Hartung and Knapp; that, but never scaled down.
    weights : array_like of shape (k,), optional
        For "lm", instead of 1 / vi.
    level : float
        Of the interval of the intercept.

    Returns
    -------
    RegressionTest

    Raises
    ------
    TooFewStudies, NoVariation, ShapeMismatch, NotFinite, NotPositive, UnknownOption, NonConvergence

    Notes
    -----
    The two models weight the same line differently: a multiplicative factor leaves the weights 1 / vi as
    they are, an additive tau2 makes them more alike, which suits heterogeneous studies and has less power
    where they agree.

    References
    ----------
    Egger, Davey Smith, Schneider and Minder (1997), doi:10.1136/bmj.315.7109.629.
    Sterne and Egger (2005), doi:10.1002/0470870168.ch6.
    Thompson and Sharp (1999), doi:10.1002/(SICI)1097-0258(19991030)18:20<2693::AID-SIM235>3.0.CO;2-V.

    Examples
    --------
    >>> found = regression_test([0.1, 0.3, 0.6, 0.5], [0.01, 0.04, 0.09, 0.16], [0.1, 0.2, 0.3, 0.4])
    >>> round(found.slope, 3), found.df
    (1.846, 2)
    """
    effects, variances = checked_effects(yi, vi)
    checked_option("model", model, ("lm", "rma"))
    checked_option("ci_method", ci_method, CI_METHODS)
    x = checked_column("predictor", predictor, k=effects.size)
    given = None if weights is None else checked_weights(weights, k=effects.size)
    if model == "lm":
        used = 1 / variances if given is None else given
        return fitted_test("regression", effects, x, used, level=level)
    return _additive(
        effects, variances, x, method=tau2_method, ci_method=ci_method, level=level, code="regression"
    )


def egger(yi: ArrayLike, vi: ArrayLike, *, level: float = 0.95) -> RegressionTest:
    """Egger's test: regression of the effect on its standard error, weighted by 1 / vi.

    Parameters
    ----------
    yi, vi : array_like of shape (k,), k >= 3
        Effects on the analysis scale and their sampling variances.
    level : float

    Returns
    -------
    RegressionTest
        `slope` is the bias, `intercept` the effect expected in an infinitely large study.

    Raises
    ------
    TooFewStudies, NoVariation, ShapeMismatch, NotFinite, NotPositive, UnknownOption

    Notes
    -----
    The same as the unweighted regression of yi / se on 1 / se, whose intercept is this slope. For odds
    ratios effect and standard error are correlated without any bias, so that the test rejects too often;
    `harbord`, `peters` and `ruecker_thompson` do not have that fault.

    References
    ----------
    Egger, Davey Smith, Schneider and Minder (1997), doi:10.1136/bmj.315.7109.629.

    Examples
    --------
    >>> round(egger([0.1, 0.3, 0.6, 0.5], [0.01, 0.04, 0.09, 0.16]).p_value, 3)
    0.048
    """
    effects, variances = checked_effects(yi, vi)
    return fitted_test("egger", effects, np.sqrt(variances), 1 / variances, level=level)


def thompson_sharp(
    yi: ArrayLike, vi: ArrayLike, *, tau2_method: Tau2Method = "REML", level: float = 0.95
) -> RegressionTest:
    """Thompson and Sharp's test: Egger's line with additive heterogeneity, t(k - 2).

    Parameters
    ----------
    yi, vi : array_like of shape (k,), k >= 3
    tau2_method : str
        Any that `estimate_tau2` knows.
    level : float

    Returns
    -------
    RegressionTest

    Raises
    ------
    TooFewStudies, NoVariation, ShapeMismatch, NotFinite, NotPositive, UnknownOption, NonConvergence

    References
    ----------
    Thompson and Sharp (1999), model 3b,
    doi:10.1002/(SICI)1097-0258(19991030)18:20<2693::AID-SIM235>3.0.CO;2-V.

    Examples
    --------
    >>> found = thompson_sharp([0.1, 0.5, 0.2, 0.9], [0.01, 0.02, 0.05, 0.1], tau2_method="DL")
    >>> found.df, round(found.slope, 3)
    (2, 2.582)
    """
    effects, variances = checked_effects(yi, vi)
    return _additive(
        effects,
        variances,
        np.sqrt(variances),
        method=tau2_method,
        ci_method="t",
        level=level,
        code="thompson_sharp",
    )


def checked_column(name: str, values: ArrayLike, *, k: int) -> Vector:
    """A finite vector of length k.

    Raises
    ------
    ShapeMismatch, NotFinite
    """
    column = np.asarray(values, dtype=np.float64)
    if column.shape != (k,):
        raise ShapeMismatch(f"{name} has shape {column.shape}; yi has {k} effects, give one value for each.")
    bad = np.flatnonzero(~np.isfinite(column))
    if bad.size:
        raise NotFinite(f"{name}[{bad[0]}] is {column[bad[0]]}; leave out studies that do not have it.")
    return column


def checked_weights(values: ArrayLike, *, k: int) -> Vector:
    """Weights above 0.

    Raises
    ------
    ShapeMismatch, NotFinite, NotPositive
    """
    weights = checked_column("weights", values, k=k)
    if np.any(weights <= 0):
        bad = int(np.flatnonzero(weights <= 0)[0])
        raise NotPositive(f"weights[{bad}] is {weights[bad]}; leave out studies without weight.")
    return weights


def fitted_test(code: str, yi: Vector, x: Vector, weights: Vector, *, level: float) -> RegressionTest:
    """The multiplicative model: residual mean square as dispersion, t(k - 2).

    Raises
    ------
    TooFewStudies, NoVariation, UnknownOption
    """
    _enough(yi.size)
    checked_level(level)
    line = weighted_line(yi, x, weights)
    factor = line.rss / (yi.size - 2)
    return _report(code, line, yi.size, model="lm", df=yi.size - 2, factor=factor, level=level)


def _additive(
    yi: Vector,
    vi: Vector,
    x: Vector,
    *,
    method: Tau2Method,
    ci_method: CiMethod,
    level: float,
    code: str,
) -> RegressionTest:
    _enough(yi.size)
    checked_level(level)
    design = np.column_stack([np.ones(yi.size), x])
    tau2 = estimate_tau2(yi, vi, method=method, design=design).value
    line = weighted_line(yi, x, 1 / (vi + tau2))
    factor = dispersion(line.rss, yi.size - 2, method=ci_method)
    df = None if ci_method == "wald" else yi.size - 2
    return _report(
        code, line, yi.size, model="rma", df=df, factor=factor, level=level, tau2=tau2, tau2_method=method
    )


def _enough(k: int) -> None:
    if k < FEWEST:
        raise TooFewStudies(f"A regression test needs at least {FEWEST} studies, not {k}.")


def _report(
    code: str,
    line: Line,
    k: int,
    *,
    model: BiasModel,
    df: int | None,
    factor: float,
    level: float,
    tau2: float | None = None,
    tau2_method: Tau2Method | None = None,
) -> RegressionTest:
    slope_se = float(np.sqrt(line.slope_var * factor))
    intercept_se = float(np.sqrt(line.intercept_var * factor))
    statistic = ratio(line.slope, slope_se)
    return RegressionTest(
        code=code,
        model=model,
        k=k,
        statistic=statistic,
        df=df,
        p_value=two_sided_p(statistic, df=df),
        intercept=line.intercept,
        intercept_se=intercept_se,
        slope=line.slope,
        slope_se=slope_se,
        limit=interval(line.intercept, intercept_se, level=level, df=df),
        level=level,
        dispersion=float(np.sqrt(factor)) if model == "lm" else None,
        tau2=tau2,
        tau2_method=tau2_method,
    )


def ratio(value: float, se: float) -> float:
    """The value in standard errors: infinite where it has none, 0 where it is 0 as well."""
    if se > 0:
        return value / se
    return float(np.copysign(np.inf, value)) if value else 0.0
