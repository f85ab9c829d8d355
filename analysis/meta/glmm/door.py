"""Generalised linear mixed models: pooling by maximum likelihood on the counts themselves."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.checks import checked_option
from analysis.meta.counts import (
    checked_correction,
    checked_events,
    checked_incidence,
    checked_rates,
    checked_tables,
)
from analysis.meta.effects import ZeroCellRule
from analysis.meta.errors import UnknownOption
from analysis.meta.glmm.cumulants import Binomial, Poisson
from analysis.meta.glmm.models import (
    fit_rates,
    fit_single_arm,
    fit_tables,
    own_arm,
    own_rates,
    own_tables,
)
from analysis.meta.glmm.results import Glmm, GlmmMethod, GlmmTest, checked_choices
from analysis.meta.intervals import PredictionMethod

OddsModel = Literal["UM.FS", "UM.RS", "CM.AL", "CM.EL"]
RateModel = Literal["UM.FS", "UM.RS", "CM.EL"]

DEFAULT_NODES = 7
# The exact conditional model is elsewhere integrated to full accuracy; so it is here.
EXACT_NODES = 21


def glmm_proportions(
    xi: ArrayLike,
    ni: ArrayLike,
    *,
    method: GlmmMethod = "ML",
    nodes: int = DEFAULT_NODES,
    test: GlmmTest = "z",
    level: float = 0.95,
    prediction: PredictionMethod | None = None,
    add: float = 0.5,
    to: ZeroCellRule = "only0",
) -> Glmm:
    """Pool proportions by a binomial model with normal logits (PLO).

    Parameters
    ----------
    xi, ni : array_like of shape (k,)
        Events and participants.
    method : {"ML", "EE"}
        Maximum likelihood with a random intercept, or equal effects.
    nodes : int
        Of the quadrature, 1 (Laplace) to 101. Seven do unless the between-study variance is huge.
    test : {"z", "t"}
        Distribution of test and interval: normal, or t(k - 1).
    level : float
        Of the interval, as a proportion.
    prediction : {"V", "HTS", "HK", "HK-PR", "S"}, optional
        Also a prediction interval; "HK" equals "V" here, "HK-PR" equals "HTS".
    add, to
        Correction of empty cells for the studies' own variances, on which I2 rests; the model needs none.

    Returns
    -------
    Glmm

    Raises
    ------
    Separation
        Where no study has events, or all participants of all studies have.
    NonConvergence, TooFewStudies, UnknownOption, ShapeMismatch, NotFinite, ImpossibleData

    Notes
    -----
    Nothing is added to empty cells and no variance is treated as known, which is what makes the
    inverse-variance pool of logits fail with rare events. The integral over the random effect is adaptive
    Gauss-Hermite quadrature, the maximum is found by Newton's method with exact derivatives, and the
    standard error is from the observed information of all parameters. A between-study variance of 0 is an
    estimate like any other.

    References
    ----------
    Stijnen, Hamza and Ozdemir (2010), doi:10.1002/sim.4040, section 3.
    Pinheiro and Bates (1995), doi:10.1080/10618600.1995.10474663.

    Examples
    --------
    >>> found = glmm_proportions([2, 8, 1, 14], [20, 31, 25, 40])
    >>> round(found.estimate, 3), round(found.tau2, 3)
    (-1.578, 0.564)
    """
    choices = checked_choices(
        "PLO", "random-intercept", method=method, nodes=nodes, test=test, level=level, prediction=prediction
    )
    rule = checked_correction(add, to, drop00=False)
    x, n = checked_events(xi, ni)
    own = own_arm(x, n - x, rule, kind="proportion")
    return fit_single_arm(Binomial(n[None]), x, np.zeros(x.size), own, choices)


def glmm_rates(
    xi: ArrayLike,
    ti: ArrayLike,
    *,
    method: GlmmMethod = "ML",
    nodes: int = DEFAULT_NODES,
    test: GlmmTest = "z",
    level: float = 0.95,
    prediction: PredictionMethod | None = None,
    add: float = 0.5,
    to: ZeroCellRule = "only0",
) -> Glmm:
    """Pool incidence rates by a Poisson model with normal log rates (IRLN).

    Parameters
    ----------
    xi, ti : array_like of shape (k,)
        Events, and person-time in any one unit.
    method, nodes, test, level, prediction, add, to
        As in `glmm_proportions`.

    Returns
    -------
    Glmm
        On the log rate scale.

    Raises
    ------
    Separation
        Where no study has events.
    NonConvergence, TooFewStudies, UnknownOption, ShapeMismatch, NotFinite, ImpossibleData

    Notes
    -----
    As `glmm_proportions`, with log person-time as offset.

    References
    ----------
    Stijnen, Hamza and Ozdemir (2010), doi:10.1002/sim.4040, section 4.

    Examples
    --------
    >>> round(glmm_rates([9, 8, 3], [413, 263, 487]).estimate, 3)
    -4.093
    """
    choices = checked_choices(
        "IRLN", "random-intercept", method=method, nodes=nodes, test=test, level=level, prediction=prediction
    )
    rule = checked_correction(add, to, drop00=False)
    x, t = checked_incidence(xi, ti)
    return fit_single_arm(Poisson(), x, np.log(t), own_arm(x, t, rule, kind="rate"), choices)


def glmm_odds_ratios(
    ai: ArrayLike,
    n1i: ArrayLike,
    ci: ArrayLike,
    n2i: ArrayLike,
    *,
    model: OddsModel = "UM.FS",
    method: GlmmMethod = "ML",
    nodes: int | None = None,
    test: GlmmTest = "z",
    level: float = 0.95,
    prediction: PredictionMethod | None = None,
    add: float = 0.5,
    to: ZeroCellRule = "only0",
    drop00: bool = True,
    coding: float = 0.5,
) -> Glmm:
    """Pool odds ratios by a mixed logistic or a conditional model.

    Parameters
    ----------
    ai, n1i, ci, n2i : array_like of shape (k,)
        Events and participants, experimental arm first.
    model : {"UM.FS", "UM.RS", "CM.AL", "CM.EL"}
        Unconditional with fixed study levels; with random ones; conditional on the events of both arms,
        approximately (binomial); and exactly (noncentral hypergeometric).
    method, test, level, prediction
        As in `glmm_proportions`.
    nodes : int, optional
        Of the quadrature for each random effect; 1 is the Laplace approximation. Where not given, 21 for
        CM.EL and 7 otherwise.
    add, to
        Correction of empty cells for the studies' own variances, on which I2 rests.
    drop00 : bool
        Leave out trials without events, or with nothing but events, in both arms. Only UM.RS learns
        something from them; kept under another model they count in k and in degrees of freedom.
    coding : float
        UM.FS and UM.RS: the arms carry `coding` and `coding` - 1 times the random effect. At 0.5 the study
        level lies between the arms; at 1 it is that of the second arm.

    Returns
    -------
    Glmm
        On the log odds ratio scale.

    Raises
    ------
    Separation
        Where one arm is as extreme as it can be in every study.
    NonConvergence, TooFewStudies, UnknownOption, ShapeMismatch, NotFinite, ImpossibleData

    Notes
    -----
    UM.FS maximises over the study levels, which biases the between-study variance where studies are small;
    CM.EL conditions them away and is the exact answer, for the price of sums over all possible tables.
    CM.AL is close to it where events are rare. UM.RS assumes that study levels are normal.

    References
    ----------
    Stijnen, Hamza and Ozdemir (2010), doi:10.1002/sim.4040, sections 2.1 to 2.3.
    Jackson, Law, Stijnen, Viechtbauer and White (2018), doi:10.1002/sim.7588, models 2, 4, 6 and 7.

    Examples
    --------
    >>> found = glmm_odds_ratios([4, 6, 3], [123, 306, 231], [11, 29, 11], [139, 303, 220], model="CM.EL")
    >>> round(found.estimate, 3), found.tau2
    (-1.416, 0.0)
    """
    checked_option("model", model, ("UM.FS", "UM.RS", "CM.AL", "CM.EL"))
    count = (EXACT_NODES if model == "CM.EL" else DEFAULT_NODES) if nodes is None else nodes
    choices = checked_choices(
        "OR", model, method=method, nodes=count, test=test, level=level, prediction=prediction
    )
    _check_coding(coding)
    rule = checked_correction(add, to, drop00)
    raw = checked_tables(ai, n1i, ci, n2i)
    kept, _ = raw.corrected(checked_correction(0.0, "none", drop00))
    random_levels = model == "UM.RS"
    return fit_tables(kept, own_tables(raw, rule), choices, coding=coding, random_levels=random_levels)


def glmm_rate_ratios(
    x1i: ArrayLike,
    t1i: ArrayLike,
    x2i: ArrayLike,
    t2i: ArrayLike,
    *,
    model: RateModel = "UM.FS",
    method: GlmmMethod = "ML",
    nodes: int = DEFAULT_NODES,
    test: GlmmTest = "z",
    level: float = 0.95,
    prediction: PredictionMethod | None = None,
    add: float = 0.5,
    to: ZeroCellRule = "only0",
    drop00: bool = True,
    coding: float = 0.5,
) -> Glmm:
    """Pool incidence rate ratios by a mixed Poisson or a conditional model.

    Parameters
    ----------
    x1i, t1i, x2i, t2i : array_like of shape (k,)
        Events, and person-time in any one unit, experimental arm first.
    model : {"UM.FS", "UM.RS", "CM.EL"}
        Unconditional with fixed study levels; with random ones; conditional on the events of both arms,
        which is binomial.
    method, nodes, test, level, prediction
        As in `glmm_proportions`.
    add, to, drop00, coding
        As in `glmm_odds_ratios`; `drop00` concerns studies without events.

    Returns
    -------
    Glmm
        On the log rate ratio scale.

    Raises
    ------
    Separation
        Where one arm has no events in any study.
    NonConvergence, TooFewStudies, UnknownOption, ShapeMismatch, NotFinite, ImpossibleData

    Notes
    -----
    With equal effects, fixed levels and conditioning give the same estimate; with random ones they differ
    slightly, as the levels are maximised in one and conditioned away in the other.

    References
    ----------
    Stijnen, Hamza and Ozdemir (2010), doi:10.1002/sim.4040, section 4.

    Examples
    --------
    >>> round(glmm_rate_ratios([9, 8], [413, 263], [23, 20], [401, 260]).estimate, 3)
    -0.949
    """
    checked_option("model", model, ("UM.FS", "UM.RS", "CM.EL"))
    choices = checked_choices(
        "IRR", model, method=method, nodes=nodes, test=test, level=level, prediction=prediction
    )
    _check_coding(coding)
    rule = checked_correction(add, to, drop00)
    raw = checked_rates(x1i, t1i, x2i, t2i)
    kept, _ = raw.corrected(checked_correction(0.0, "none", drop00))
    random_levels = model == "UM.RS"
    return fit_rates(kept, own_rates(raw, rule), choices, coding=coding, random_levels=random_levels)


def _check_coding(coding: float) -> None:
    if not 0 <= coding <= 1:
        raise UnknownOption(f"coding is {coding!r}; give a number from 0 to 1, such as 0.5.")
