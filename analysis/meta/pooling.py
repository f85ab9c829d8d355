"""Inverse-variance pooling, under equal effects and under random effects."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.checks import Vector, checked_effects, checked_level, checked_option
from analysis.meta.distributions import two_sided_p
from analysis.meta.heterogeneity import Heterogeneity, heterogeneity
from analysis.meta.intervals import (
    CI_METHODS,
    PREDICTION_METHODS,
    CiMethod,
    Interval,
    Prediction,
    PredictionMethod,
    dispersion,
    interval,
    prediction_interval,
)
from analysis.meta.linear import fit, intercept, log_likelihood
from analysis.meta.scale import refuse_extremes
from analysis.meta.tau2.estimate import Tau2, tau2_of_mean
from analysis.meta.tau2_methods import TAU2_METHODS, Tau2Method


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """A pooled estimate on the analysis scale.

    Attributes
    ----------
    k : int
    estimate, se : float
        `se` is that of the interval method.
    se_wald, se_hk : float
        Both standard errors; equal where k = 1.
    statistic, p_value : float
        Test of a zero effect; `df` is None for z. Where `se` is 0 they are infinite and 0, and NaN
        for an estimate of 0.
    ci : Interval
    ci_method : {"wald", "t", "hk", "hk_adhoc"}
        The one used: "wald" where k = 1, whatever was asked.
    tau2 : Tau2
    heterogeneity : Heterogeneity
    weights : ndarray of shape (k,)
        In percent.
    prediction : Prediction or None
        None unless asked for, or where k = 1.
    log_likelihood : float
        Restricted for "REML", else full, with all constants; 0 for one study under "REML".
    """

    k: int
    estimate: float
    se: float
    se_wald: float
    se_hk: float
    statistic: float
    df: int | None
    p_value: float
    ci: Interval
    ci_method: CiMethod
    level: float
    tau2: Tau2
    heterogeneity: Heterogeneity
    weights: Vector
    prediction: Prediction | None
    log_likelihood: float


def pool(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    tau2_method: Tau2Method = "REML",
    ci_method: CiMethod = "wald",
    level: float = 0.95,
    prediction: PredictionMethod | None = None,
    tau2: Tau2 | None = None,
) -> Pool:
    """Pool effects by inverse variance.

    Parameters
    ----------
    yi, vi : array_like of shape (k,), k >= 1
    tau2_method : {"EE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"}
        "EE" is the equal-effects (common-effect) model.
    ci_method : {"wald", "t", "hk", "hk_adhoc"}
    level : float
    prediction : {"V", "HTS", "HK", "HK-PR", "S"}, optional
        Ignored under "EE", which has no between-study distribution to predict from.
    tau2 : Tau2, optional
        An estimate already at hand, to save finding it again.

    Returns
    -------
    Pool

    Raises
    ------
    UnknownOption, ShapeMismatch, NotFinite, NotPositive, IllScaled, TooFewStudies, NonConvergence

    Examples
    --------
    >>> round(pool([0.1, 0.3], [0.04, 0.04], tau2_method="EE").estimate, 3)
    0.2
    """
    effects, variances = checked_effects(yi, vi)
    refuse_extremes(effects, variances)
    _check_options(tau2_method, ci_method, prediction, level)
    k, between = effects.size, tau2 or tau2_of_mean(effects, variances, tau2_method)
    used: CiMethod = "wald" if k == 1 else ci_method
    total, ones = variances + between.value, intercept(k)
    weights = 1 / total
    model = fit(effects, weights, ones)
    estimate, se_wald = float(model.beta[0]), float(model.cov[0, 0]) ** 0.5
    se_hk = se_wald * (dispersion(model.rss, k - 1, method="hk") ** 0.5 if k > 1 else 1.0)
    se = se_wald * (dispersion(model.rss, k - 1, method=used) ** 0.5 if k > 1 else 1.0)
    df = None if used == "wald" else k - 1
    statistic = _statistic(estimate, se)
    random = tau2_method != "EE"
    return Pool(
        k=k,
        estimate=estimate,
        se=se,
        se_wald=se_wald,
        se_hk=se_hk,
        statistic=statistic,
        df=df,
        p_value=two_sided_p(statistic, df=df),
        ci=interval(estimate, se, level=level, df=df),
        ci_method=used,
        level=level,
        tau2=between,
        heterogeneity=heterogeneity(effects, variances, tau2=between.value if random else None),
        weights=weights * (100 / float(np.add.reduce(weights))),
        prediction=None
        if prediction is None or not random or k == 1
        else prediction_interval(
            estimate,
            se=se_wald,
            # An ad hoc interval takes its own standard error along.
            se_hk=se if used in ("hk", "hk_adhoc") else se_hk,
            tau2=between.value,
            k=k,
            method=prediction,
            level=level,
        ),
        log_likelihood=log_likelihood(model, total, ones, restricted=tau2_method == "REML"),
    )


def _statistic(estimate: float, se: float) -> float:
    """Estimate over standard error; nothing is known where both are 0, as with equal effects of 0."""
    if se > 0:
        return estimate / se
    return float(np.copysign(np.inf, estimate)) if estimate else float("nan")


def _check_options(
    tau2_method: Tau2Method, ci_method: CiMethod, prediction: PredictionMethod | None, level: float
) -> None:
    checked_option("tau2_method", tau2_method, TAU2_METHODS)
    checked_option("ci_method", ci_method, CI_METHODS)
    if prediction is not None:
        checked_option("prediction", prediction, PREDICTION_METHODS)
    checked_level(level)
