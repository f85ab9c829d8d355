"""What a generalised linear mixed model reports."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.meta.association import ChiSquareTest
from analysis.meta.checks import Vector, checked_level, checked_option
from analysis.meta.distributions import chi2_upper_p, two_sided_p
from analysis.meta.errors import TooFewStudies, UnknownOption
from analysis.meta.glmm.quadrature import hermite_nodes
from analysis.meta.intervals import Interval, Prediction, PredictionMethod, interval, prediction_interval

GlmmMeasure = Literal["PLO", "IRLN", "OR", "IRR"]
GlmmModel = Literal["random-intercept", "UM.FS", "UM.RS", "CM.AL", "CM.EL"]
GlmmMethod = Literal["ML", "EE"]
GlmmTest = Literal["z", "t"]


@dataclass(frozen=True, slots=True)
class Glmm:
    """A pooled estimate by maximum likelihood on the counts themselves.

    Attributes
    ----------
    measure : {"PLO", "IRLN", "OR", "IRR"}
        Logit proportion, log rate, log odds ratio, log rate ratio.
    model : {"random-intercept", "UM.FS", "UM.RS", "CM.AL", "CM.EL"}
    method : {"ML", "EE"}
        "EE" is the equal-effects model.
    nodes : int or None
        Of the quadrature; None where no integral is taken.
    k, k_informative : int
        Studies after `drop00`, and those whose counts say anything under the model.
    estimate, se : float
        On the analysis scale; `se` from the observed information, all parameters considered.
    statistic, p_value : float
        Test of a zero effect; `df` is None for z.
    tau2, se_tau2 : float, float or None
        Between-study variance, exactly 0 where its maximum is on the boundary; no `se_tau2` there.
    sigma2 : float or None
        Variance of the studies' levels, UM.RS only.
    i2, h2 : float
        From tau2 and `typical_variance`.
    typical_variance : float
        Of the studies' own effects, their empty cells corrected; infinite with fewer than two studies.
    q_wald, q_lrt : ChiSquareTest
        Tests that all studies share one effect, from the model with an effect for each study.
    log_likelihood : float
        With all constants of the counts.
    prediction : Prediction or None
    steps : int
        Of Newton's method.
    """

    measure: GlmmMeasure
    model: GlmmModel
    method: GlmmMethod
    nodes: int | None
    k: int
    k_informative: int
    estimate: float
    se: float
    statistic: float
    df: int | None
    p_value: float
    ci: Interval
    level: float
    tau2: float
    se_tau2: float | None
    sigma2: float | None
    i2: float
    h2: float
    typical_variance: float
    q_wald: ChiSquareTest
    q_lrt: ChiSquareTest
    log_likelihood: float
    prediction: Prediction | None
    steps: int


@dataclass(frozen=True, slots=True)
class Choices:
    """How a model is fitted and reported."""

    measure: GlmmMeasure
    model: GlmmModel
    method: GlmmMethod
    nodes: int
    test: GlmmTest
    level: float
    prediction: PredictionMethod | None


@dataclass(frozen=True, slots=True)
class Estimates:
    """The numbers that come out of the maximisation, before anything is derived from them."""

    estimate: float
    se: float
    tau: float
    se_tau: float | None
    sigma: float | None
    log_likelihood: float
    q_wald: float
    q_lrt: float
    k: int
    k_informative: int
    steps: int


def checked_choices(
    measure: GlmmMeasure,
    model: GlmmModel,
    *,
    method: GlmmMethod,
    nodes: int,
    test: GlmmTest,
    level: float,
    prediction: PredictionMethod | None,
) -> Choices:
    """Refuse what the engine does not know.

    Raises
    ------
    UnknownOption
    """
    checked_option("method", method, ("ML", "EE"))
    checked_option("test", test, ("z", "t"))
    checked_level(level)
    if not isinstance(nodes, (int, np.integer)):
        raise UnknownOption(f"nodes is {nodes!r}; give a whole number, such as 7.")
    hermite_nodes(int(nodes))
    return Choices(measure, model, method, int(nodes), test, level, prediction)


def report(found: Estimates, choices: Choices, typical: float) -> Glmm:
    """Everything that follows from the estimates.

    Parameters
    ----------
    found : Estimates
    choices : Choices
    typical : float
        See `typical_variance`.
    """
    k, tau2 = found.k, found.tau**2
    df = k - 1 if choices.test == "t" and k > 1 else None
    statistic = found.estimate / found.se
    random = choices.method == "ML"
    prediction = None
    if choices.prediction and random and k > 1:
        prediction = prediction_interval(
            found.estimate,
            se=found.se,
            se_hk=found.se,
            tau2=tau2,
            k=k,
            method=choices.prediction,
            level=choices.level,
        )
    return Glmm(
        measure=choices.measure,
        model=choices.model,
        method=choices.method,
        nodes=choices.nodes if random or choices.model == "UM.RS" else None,
        k=k,
        k_informative=found.k_informative,
        estimate=found.estimate,
        se=found.se,
        statistic=statistic,
        df=df,
        p_value=two_sided_p(statistic, df=df),
        ci=interval(found.estimate, found.se, level=choices.level, df=df),
        level=choices.level,
        tau2=tau2,
        se_tau2=None if found.se_tau is None else 2 * found.tau * found.se_tau,
        sigma2=None if found.sigma is None else found.sigma**2,
        i2=100 * tau2 / (tau2 + typical),
        h2=tau2 / typical + 1,
        typical_variance=typical,
        q_wald=_homogeneity(found.q_wald, k),
        q_lrt=_homogeneity(found.q_lrt, k),
        log_likelihood=found.log_likelihood,
        prediction=prediction,
        steps=found.steps,
    )


def refuse_none(k: int) -> None:
    """Refuse an empty set of studies."""
    if k == 0:
        raise TooFewStudies("No study is left to pool; give at least one whose counts are informative.")


def _homogeneity(statistic: float, k: int) -> ChiSquareTest:
    value = max(statistic, 0.0) if k > 1 else 0.0
    return ChiSquareTest(value, k - 1, chi2_upper_p(value, k - 1))


def typical_variance(variances: Vector) -> float:
    """The typical within-study variance (k - 1) / tr(P) of Higgins and Thompson.

    Parameters
    ----------
    variances : ndarray
        Of the studies' own effects; those that are not finite count for nothing.

    Returns
    -------
    float
        Infinite with fewer than two studies, so that I2 is 0.
    """
    weights = 1 / variances[np.isfinite(variances)]
    if weights.size < 2:
        return np.inf
    total = float(np.sum(weights))
    return (weights.size - 1) * total / (total**2 - float(np.sum(weights**2)))
