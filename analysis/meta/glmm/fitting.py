"""From a model to its estimates: equal effects first, then the random effect, then heterogeneity tests."""

import numpy as np

from analysis.meta.checks import Vector
from analysis.meta.errors import NonConvergence, Separation
from analysis.meta.glmm.cumulants import Binomial
from analysis.meta.glmm.likelihood import Model, Point
from analysis.meta.glmm.maximise import Maximum, maximise
from analysis.meta.glmm.results import Choices, Estimates
from analysis.meta.glmm.two_effects import TwoEffects, TwoEffectsMaximum, maximise_two

# A variance estimated from few studies may be 0 where the likelihood's is not; start well inside.
_LEAST_SPREAD = 0.3
# exp(-1e4) is 0: an arm with this offset expects no events, and 0 events there say nothing.
_NOWHERE = -1e4


def fit_one_effect(model: Model, start: Point, choices: Choices, *, k: int) -> Estimates:
    """Estimates of a model with one random effect, or none.

    Parameters
    ----------
    model : Model
        Its last beta is the pooled effect.
    start : Point
        Its tau is used for the random effect only.
    choices : Choices
    k : int
        Studies to report; those without information are not in `model`.

    Returns
    -------
    Estimates

    Raises
    ------
    NonConvergence
    """
    equal = maximise(model, start, nodes=None)
    best = equal
    if choices.method == "ML":
        inside = Point(equal.point.alpha, equal.point.beta, max(start.tau, _LEAST_SPREAD))
        found = maximise(model, inside, nodes=choices.nodes)
        # Two maxima are possible, one of them at tau = 0; there the integral is no integral.
        best = found if found.value > equal.value and found.point.tau > 0 else equal
    q_wald, saturated = _by_study(model)
    place = best.point.beta.size - 1
    covariance = np.linalg.inv(best.information)
    return Estimates(
        estimate=float(best.point.beta[place]),
        se=float(np.sqrt(covariance[place, place])),
        tau=best.point.tau if best is not equal else 0.0,
        se_tau=None if best is equal else float(np.sqrt(covariance[-1, -1])),
        sigma=None,
        log_likelihood=best.value + model.family.constant(model.x),
        q_wald=q_wald,
        q_lrt=2 * (saturated - equal.value),
        k=k,
        k_informative=model.k,
        steps=best.steps,
    )


def fit_two_effects(model: TwoEffects, start: Vector, choices: Choices) -> Estimates:
    """Estimates of the model with random study levels, and random or equal effects.

    Parameters
    ----------
    model : TwoEffects
    start : ndarray of shape (4,)
        Level, effect, standard deviation of the levels and of the effects.
    choices : Choices

    Returns
    -------
    Estimates

    Raises
    ------
    NonConvergence
    """
    level, mu, sigma, tau = (float(value) for value in start)
    both = np.stack([np.ones(2), model.share])
    same_level = Model(model.family, model.x, model.offset, None, both, np.ones(2))
    begin = Point(np.zeros(0), np.array([level, mu]), max(sigma, _LEAST_SPREAD))
    equal = _with_or_without_spread(same_level, begin, choices.nodes)
    q_wald, saturated = _by_study_of_random_levels(model, equal, choices.nodes)
    k = model.x.shape[1]
    if choices.method == "ML":
        inside = np.array([*equal.point.beta, max(equal.point.tau, 0.1), max(tau, _LEAST_SPREAD)])
        best = _nearby_first(model, inside, choices.nodes)
        theta, information, value, steps = best.theta, best.information, best.value, best.steps
    else:
        theta = np.array([*equal.point.beta, equal.point.tau, 0.0])
        information, value, steps = equal.information, equal.value, equal.steps
    covariance = np.linalg.inv(information)
    return Estimates(
        estimate=float(theta[1]),
        se=float(np.sqrt(covariance[1, 1])),
        tau=float(theta[3]),
        se_tau=float(np.sqrt(covariance[-1, -1])) if theta[3] > 0 else None,
        sigma=float(theta[2]),
        log_likelihood=value + model.family.constant(model.x),
        q_wald=q_wald,
        q_lrt=2 * (saturated - equal.value),
        k=k,
        k_informative=k,
        steps=steps,
    )


def _nearby_first(model: TwoEffects, start: Vector, nodes: int) -> TwoEffectsMaximum:
    """The maximum with `nodes`, from that of the Laplace approximation, which costs little."""
    if nodes > 1:
        try:
            rough = maximise_two(model, start, nodes=1).theta
        except NonConvergence:
            # The approximation may have no maximum where the integral has one.
            rough = start
        # At a spread of 0 the likelihood is level: start beside it.
        start = np.concatenate([rough[:2], np.maximum(rough[2:], 0.1)])
    return maximise_two(model, start, nodes=nodes)


def refuse_separation(x: Vector, low: Vector, high: Vector, *, random: bool, what: str) -> None:
    """Refuse counts for which the likelihood rises for ever.

    Parameters
    ----------
    x, low, high : ndarray of shape (k,)
        Counts, and the least and most that they can be; `high` is infinite for rates.
    random : bool
        Whether a between-study variance is to be estimated.
    what : str
        Names the counts, for the message.

    Raises
    ------
    Separation
    """
    least, most = x <= low, x >= high
    if bool(np.all(least)) or bool(np.all(most)):
        raise Separation(
            f"{what} as {'few' if np.all(least) else 'many'} as they can be in every study, so the maximum "
            "likelihood estimate is infinite; describe the studies, or pool another measure."
        )
    if random and bool(np.all(least | most)):
        raise Separation(
            f"{what} either as few or as many as they can be in every study, so the between-study variance "
            "has no finite maximum likelihood estimate; use the equal-effects model or describe the studies."
        )


def _by_study(model: Model) -> tuple[float, float]:
    """Wald statistic of homogeneity and log likelihood, with an effect for each study."""
    best, place, curvature = model.family.saturated(model.x)
    effects = place - model.offset
    with np.errstate(divide="ignore"):
        weights = 1 / (1 / curvature).sum(axis=0)
    effect = effects[0] if effects.shape[0] == 1 else effects[0] - effects[1]
    total = float(np.sum(weights))
    if total == 0:
        return 0.0, float(np.sum(best))
    # The place of an estimate at infinity has no meaning; its weight is 0.
    mean = float(np.sum(weights * effect)) / total
    return float(np.sum(weights * (effect - mean) ** 2)), float(np.sum(best))


def _with_or_without_spread(model: Model, start: Point, nodes: int) -> Maximum:
    found = maximise(model, start, nodes=nodes)
    none = maximise(model, start, nodes=None)
    if found.value > none.value and found.point.tau > 0:
        return found
    return Maximum(
        Point(none.point.alpha, none.point.beta, 0.0), none.value, none.information, None, none.steps
    )


def _by_study_of_random_levels(model: TwoEffects, equal: Maximum, nodes: int) -> tuple[float, float]:
    """As `_by_study`, with random study levels: an effect for each study on top of its level."""
    x, totals = model.x.copy(), None
    if isinstance(model.family, Binomial):
        # An arm without events, or with nothing but events, fits perfectly with an effect at infinity.
        totals = model.family.totals.copy()
        perfect = (x[0] == 0) | (x[0] == totals[0])
        totals[0, perfect] = 0.0
    else:
        perfect = x[0] == 0
    x[0, perfect] = 0.0
    family = model.family if totals is None else Binomial(totals)
    offset = model.offset.copy()
    if totals is None:
        offset[0, perfect] = _NOWHERE
    arms = Model(family, x, offset, np.array([1.0, 0.0]), np.ones((1, 2)), np.ones(2))
    level, mu = (float(value) for value in equal.point.beta)
    shift = model.share[1] * mu
    begin = Point(np.full(x.shape[1], mu), np.array([level + shift]), max(equal.point.tau, _LEAST_SPREAD))
    found = maximise(arms, begin, nodes=nodes)
    assert found.own_information is not None
    kept = np.flatnonzero(~perfect)
    information = found.own_information[np.ix_(kept, kept)]
    effects = found.point.alpha[kept]
    pull = information @ effects
    total = float(np.sum(information))
    q = float(effects @ pull) - float(np.sum(pull)) ** 2 / total if kept.size > 1 else 0.0
    return q, found.value
