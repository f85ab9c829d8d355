"""Sequential meta-analysis with an approximate-Bayes tau2 and Whitehead's restricted boundary."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_ndtr, ndtr, ndtri

from analysis.meta.batched import estimate_tau2_many
from analysis.meta.checks import Vector, checked_effects, checked_option
from analysis.meta.errors import IllScaled, UnknownOption
from analysis.meta.intervals import Interval
from analysis.meta.sequential.checks import (
    SIDES,
    Dates,
    Side,
    checked_error,
    checked_null,
    checked_positive,
    date_order,
    look_sizes,
)
from analysis.meta.sequential.roots import bracketed_root
from analysis.meta.sequential.verdicts import Assumption, Verdict
from analysis.meta.tau2 import Tau2Method

# Weight of all other studies beside the most precise one, below which they show no typical variance.
_NEGLIGIBLE = 1e-13


@dataclass(frozen=True, slots=True)
class RestrictedBoundary:
    """Boundary for the score U against its information V, for an effect of 1.

    Attributes
    ----------
    h : float
        |U| at or above `h` rejects no effect; for an effect delta it is `h` / delta.
    v_max : float
        Information beyond which monitoring stops; for an effect delta it is `v_max` / delta^2.
    alpha, beta : float
        Type I error of both sides, type II error.
    """

    h: float
    v_max: float
    alpha: float
    beta: float


@dataclass(frozen=True, slots=True)
class Tau2Prior:
    """Inverse-gamma prior on tau2.

    Attributes
    ----------
    shape, rate : float
        Its mean is rate / (shape - 1) where the shape is above 1.
    """

    shape: float
    rate: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.shape) and self.shape > 0.5):
            raise UnknownOption(
                f"shape is {self.shape!r}; it must be above 0.5 for one study to give a tau2."
            )
        if not (math.isfinite(self.rate) and self.rate >= 0):
            raise UnknownOption(f"rate is {self.rate!r}; give a finite number not below 0.")


@dataclass(frozen=True, slots=True)
class SequentialLook:
    """The score at one look.

    Attributes
    ----------
    k : int
    score, information : float
        U = sum(w y) and V = sum(w) with w = 1 / (v + tau2).
    fraction : float
        V over the largest information of the boundary.
    tau2_estimate, tau2 : float
        From the studies alone, and together with the prior; the latter is the one in use.
    estimate : float
        U / V.
    ci : Interval
        Repeated confidence interval, (U -+ boundary) / V.
    boundary : float
        For |U|. Beyond the largest information it grows with the root of V, which keeps the interval honest.
    crossed : Verdict or None
    """

    k: int
    score: float
    information: float
    fraction: float
    tau2_estimate: float
    tau2: float
    estimate: float
    ci: Interval
    boundary: float
    crossed: Verdict | None


@dataclass(frozen=True, slots=True)
class SequentialMetaAnalysis:
    """A sequential random-effects meta-analysis.

    Attributes
    ----------
    verdict : Verdict
        By the first look that stops; INFORMATION_REACHED stops for no effect of the anticipated size.
    decided_at : int or None
        Position in `looks`; None while inconclusive.
    looks : tuple of SequentialLook
    order : tuple of int
        Positions of the given studies in the order in which they were added.
    delta : float
        Anticipated effect, without its sign.
    boundary : RestrictedBoundary
    v_max : float
        Largest information, for `delta`.
    prior : Tau2Prior or None
    tau2_method, measure, benefit
        As asked for.
    assumptions : tuple of str
        Codes; `ASSUMPTIONS` has their sentences.
    """

    verdict: Verdict
    decided_at: int | None
    looks: tuple[SequentialLook, ...]
    order: tuple[int, ...]
    delta: float
    boundary: RestrictedBoundary
    v_max: float
    prior: Tau2Prior | None
    tau2_method: Tau2Method
    measure: str
    benefit: Side
    assumptions: tuple[Assumption, ...]


@cache
def restricted_boundary(*, alpha: float = 0.05, beta: float = 0.1) -> RestrictedBoundary:
    """The horizontal boundary that keeps both errors under monitoring at any time.

    Parameters
    ----------
    alpha, beta : float
        Type I error of both sides, and type II error at an effect of 1.

    Returns
    -------
    RestrictedBoundary

    Raises
    ------
    UnknownOption

    Notes
    -----
    A Brownian motion without drift leaves (-h, h) before v_max with probability 4 (1 - Phi(h / sqrt(v_max))),
    by reflection at either side, paths that reach both left aside; so h = a sqrt(v_max) with a the upper
    alpha / 4 quantile. With drift 1 it reaches h with probability Phi(r - a) + exp(2 a r) Phi(-r - a), r =
    sqrt(v_max); v_max makes that 1 - beta.

    References
    ----------
    Whitehead (1997), The design and analysis of sequential clinical trials, section 4.6.
    Higgins, Whitehead and Simmonds (2011), doi:10.1002/sim.4088.

    Examples
    --------
    >>> found = restricted_boundary(alpha=0.05, beta=0.1)
    >>> round(found.h, 3), round(found.v_max, 3)
    (7.461, 11.079)
    """
    checked_error("alpha", alpha)
    checked_error("beta", beta)
    if beta >= 1 - alpha / 2:
        raise UnknownOption(f"beta is {beta:g} with alpha {alpha:g}; that asks for no power.")
    a = -float(ndtri(alpha / 4))

    def miss(r: float) -> float:
        return 1 - beta - float(ndtr(r - a)) - math.exp(2 * a * r + float(log_ndtr(-r - a)))

    root = bracketed_root(miss, 0.0, a - float(ndtri(beta)), tolerance=1e-15)
    return RestrictedBoundary(h=a * root, v_max=root**2, alpha=alpha, beta=beta)


def tau2_prior(vi: ArrayLike, *, i2: float, studies: float) -> Tau2Prior:
    """A prior on tau2 centred on an I2, worth a number of studies.

    Parameters
    ----------
    vi : array_like of shape (k,), k >= 2
        Sampling variances that show the size of study to be expected.
    i2 : float
        Proportion of the variation that lies between studies, from 0 to below 1.
    studies : float
        How many studies the prior counts for.

    Returns
    -------
    Tau2Prior

    Raises
    ------
    UnknownOption, ShapeMismatch, NotFinite, NotPositive, IllScaled, TooFewStudies

    References
    ----------
    Higgins, Whitehead and Simmonds (2011), doi:10.1002/sim.4088.
    Higgins and Thompson (2002), doi:10.1002/sim.1186, equation 9 (the typical variance).

    Examples
    --------
    >>> tau2_prior([0.1, 0.1], i2=0.5, studies=4)
    Tau2Prior(shape=3.0, rate=0.2)
    """
    variances = np.asarray(vi, dtype=np.float64)
    _, variances = checked_effects(np.zeros_like(variances), variances, at_least=2)
    if not 0 <= i2 < 1:
        raise UnknownOption(f"i2 is {i2!r}; give a proportion from 0 to below 1, such as 0.5.")
    checked_positive("studies", studies)
    # Ascending and relative to the largest, so that pairs of weights add up without cancelling: the sum over
    # all pairs is half of (sum w)^2 - sum w^2.
    smallest = float(variances.min())
    weights = np.sort(smallest / variances)
    pairs = float(weights[1:] @ np.cumsum(weights)[:-1])
    if not pairs > _NEGLIGIBLE:
        raise IllScaled(f"vi: beside {smallest:g} the other variances have no weight; check the smallest.")
    typical = smallest * (variances.size - 1) * float(weights.sum()) / (2 * pairs)
    return Tau2Prior(shape=studies / 2 + 1, rate=studies * i2 * typical / (1 - i2) / 2)


def sequential_meta_analysis(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    delta: float,
    measure: str,
    benefit: Side,
    prior: Tau2Prior | None = None,
    tau2_method: Tau2Method = "DL",
    alpha: float = 0.05,
    beta: float = 0.1,
    dates: Dates | None = None,
    looks: Sequence[int] | None = None,
) -> SequentialMetaAnalysis:
    """Monitor a random-effects meta-analysis by its score and information.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
        Effects on the analysis scale and their sampling variances.
    delta : float
        The smallest effect that matters, above 0, on the analysis scale.
    measure : str
        Code of the effect measure; "GEN" for any other effect with a null value of 0.
    benefit : {"lower", "higher"}
        The sign of effects that help.
    prior : Tau2Prior, optional
        From `tau2_prior`; without it tau2 is the studies' own, which is 0 at the first.
    tau2_method : {"EE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"}
        Of the studies' own tau2.
    alpha, beta : float
    dates : sequence of date, str or number, shape (k,), optional
        When each study became known. Ties, and studies without `dates`, keep the order given.
    looks : sequence of int, optional
        Number of studies known at each look, the last with all k; every study is a look otherwise.

    Returns
    -------
    SequentialMetaAnalysis

    Raises
    ------
    NoNullValue
        For a measure of single groups, which cannot be compared with no effect.
    UnknownOption, ShapeMismatch, NotFinite, NotPositive, IllScaled, ImpossibleData, TooFewStudies,
    NonConvergence

    Notes
    -----
    The prior IG(shape, rate) and k studies with their own estimate t2 give the approximate posterior mean
    (2 rate + k t2) / (2 shape + k - 2). A look stops for benefit or harm where |U| >= h / delta while V is at
    most v_max / delta^2, and for no effect where V is larger. Beyond it the interval uses a sqrt(V), the
    boundary of a test that had aimed for that much.

    References
    ----------
    Higgins, Whitehead and Simmonds (2011), doi:10.1002/sim.4088.

    Examples
    --------
    >>> found = sequential_meta_analysis(
    ...     [0.6, 0.5, 0.7], [0.05, 0.05, 0.05], delta=0.5, measure="SMD", benefit="higher"
    ... )
    >>> found.verdict.value, found.decided_at
    ('benefit', 1)
    """
    checked_null(measure)
    checked_option("benefit", benefit, SIDES)
    checked_positive("delta", delta)
    boundary = restricted_boundary(alpha=alpha, beta=beta)
    effects, variances = checked_effects(yi, vi)
    order = date_order(dates, effects.size)
    sizes = np.array(look_sizes(looks, effects.size))
    known = np.arange(effects.size) < sizes[:, None]
    effects, variances = effects[list(order)], variances[list(order)]
    own = estimate_tau2_many(effects, variances, weights_mask=known, method=tau2_method)
    tau2 = own if prior is None else (2 * prior.rate + sizes * own) / (2 * prior.shape + sizes - 2)
    weights = known / (variances + tau2[:, None])
    scores, information = weights @ effects, weights.sum(axis=1)
    rows = _rows(sizes, scores, information, own, tau2, boundary, delta, benefit)
    verdict, decided_at = _verdict(rows)
    fixed: tuple[Assumption, ...] = () if prior is None else ("prior_on_tau2",)
    return SequentialMetaAnalysis(
        verdict=verdict,
        decided_at=decided_at,
        looks=rows,
        order=order,
        delta=delta,
        boundary=boundary,
        v_max=boundary.v_max / delta**2,
        prior=prior,
        tau2_method=tau2_method,
        measure=measure,
        benefit=benefit,
        assumptions=(
            "anticipated_effect",
            "continuous_monitoring",
            "independent_increments",
            "known_variances",
            "one_outcome",
            *fixed,
        ),
    )


def _rows(
    sizes: Vector,
    scores: Vector,
    information: Vector,
    own: Vector,
    tau2: Vector,
    boundary: RestrictedBoundary,
    delta: float,
    benefit: Side,
) -> tuple[SequentialLook, ...]:
    fractions = information * delta**2 / boundary.v_max
    limits = boundary.h / delta * np.sqrt(np.maximum(1.0, fractions))
    rows = []
    for at, (u, v, limit) in enumerate(
        zip(scores.tolist(), information.tolist(), limits.tolist(), strict=True)
    ):
        crossed = None
        if abs(u) >= limit and fractions[at] <= 1:
            crossed = Verdict.BENEFIT if (u > 0) == (benefit == "higher") else Verdict.HARM
        rows.append(
            SequentialLook(
                k=int(sizes[at]),
                score=u,
                information=v,
                fraction=float(fractions[at]),
                tau2_estimate=float(own[at]),
                tau2=float(tau2[at]),
                estimate=u / v,
                ci=Interval((u - limit) / v, (u + limit) / v),
                boundary=limit,
                crossed=crossed,
            )
        )
    return tuple(rows)


def _verdict(rows: Sequence[SequentialLook]) -> tuple[Verdict, int | None]:
    for at, row in enumerate(rows):
        if row.crossed is not None:
            return row.crossed, at
        if row.fraction > 1:
            return Verdict.INFORMATION_REACHED, at
    return Verdict.INCONCLUSIVE, None
