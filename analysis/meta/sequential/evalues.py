"""e-values and anytime-valid intervals: evidence that may be looked at whenever one likes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.batched import estimate_tau2_many
from analysis.meta.checks import Vector, checked_effects, checked_level, checked_option
from analysis.meta.errors import ImpossibleData, NotFinite, ShapeMismatch, TooFewStudies
from analysis.meta.intervals import Interval
from analysis.meta.sequential.checks import (
    SIDES,
    Dates,
    Side,
    checked_error,
    checked_null,
    checked_positive,
    checked_sides,
    date_order,
    look_sizes,
)
from analysis.meta.sequential.verdicts import Assumption, Verdict


@dataclass(frozen=True, slots=True)
class EvidenceLook:
    """The evidence at one look.

    Attributes
    ----------
    k : int
    information : float
        Sum of 1 / v.
    estimate, z : float
        Common-effect estimate, and its product with the root of the information.
    log_e : float
        Natural logarithm of the e-value.
    ci : Interval
        Anytime-valid interval.
    crossed : Verdict or None
        Benefit or harm, where the e-value is at least 1 / alpha.
    """

    k: int
    information: float
    estimate: float
    z: float
    log_e: float
    ci: Interval
    crossed: Verdict | None


@dataclass(frozen=True, slots=True)
class EValues:
    """e-values of a growing meta-analysis.

    Attributes
    ----------
    verdict : Verdict
        Benefit or harm by the first look at which e reached 1 / alpha, else inconclusive.
    decided_at : int or None
        Position in `looks`.
    p_anytime : float
        1 over the largest e-value so far, at most 1: a p-value at any look.
    looks : tuple of EvidenceLook
    order : tuple of int
        Positions of the given studies in the order in which they were added.
    effect : float
        The smallest effect that matters, without its sign.
    alpha : float
    sides : {1, 2}
    tau2 : float
        DerSimonian-Laird, of all studies.
    heuristic : bool
        Whether tau2 is above 0, so that the guarantee of a common effect does not hold.
    measure, benefit
        As asked for.
    assumptions : tuple of str
        Codes; `ASSUMPTIONS` has their sentences.
    """

    verdict: Verdict
    decided_at: int | None
    p_anytime: float
    looks: tuple[EvidenceLook, ...]
    order: tuple[int, ...]
    effect: float
    alpha: float
    sides: int
    tau2: float
    heuristic: bool
    measure: str
    benefit: Side
    assumptions: tuple[Assumption, ...]

    @property
    def e_value(self) -> float:
        """The e-value at the last look; infinite above 1.8e308, where its logarithm still stands."""
        return _exp(self.looks[-1].log_e)


def e_values(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    effect: float,
    measure: str,
    benefit: Side,
    sides: int = 2,
    alpha: float = 0.05,
    dates: Dates | None = None,
    looks: Sequence[int] | None = None,
) -> EValues:
    """Evidence against no effect that stays valid under any schedule of looks.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
        Effects on the analysis scale and their sampling variances.
    effect : float
        The smallest effect that matters, above 0, on the analysis scale.
    measure : str
        Code of the effect measure; "GEN" for any other effect with a null value of 0.
    benefit : {"lower", "higher"}
        The sign of effects that help.
    sides : {1, 2}
        1 looks for evidence of benefit only.
    alpha : float
    dates : sequence of date, str or number, shape (k,), optional
        When each study became known. Ties, and studies without `dates`, keep the order given.
    looks : sequence of int, optional
        Number of studies known at each look, the last with all k; every study is a look otherwise.

    Returns
    -------
    EValues

    Raises
    ------
    NoNullValue
        For a measure of single groups, which cannot be compared with no effect.
    UnknownOption, ShapeMismatch, NotFinite, NotPositive, IllScaled, ImpossibleData, TooFewStudies

    Notes
    -----
    With information I, sum of 1 / v, and S, sum of y / v, the likelihood ratio of an effect phi against none
    is exp(phi S - phi^2 I / 2): the one-sided e-value, the product of those of the single studies. The mean
    of both signs, exp(-phi^2 I / 2) cosh(phi S), is the two-sided one. Under no effect either is at least
    1 / alpha at any time, now or later, with probability at most alpha. No power is promised, and under
    heterogeneity the guarantee is heuristic.

    References
    ----------
    ter Schure and Grunwald (2022), doi:10.12688/f1000research.74223.1.

    Examples
    --------
    >>> found = e_values([0.3, 0.3], [0.02, 0.02], effect=0.3, measure="SMD", benefit="higher")
    >>> round(found.e_value, 3), found.verdict.value
    (45.009, 'benefit')
    """
    checked_null(measure)
    checked_option("benefit", benefit, SIDES)
    checked_positive("effect", effect)
    checked_error("alpha", alpha)
    checked_sides(sides)
    effects, variances = checked_effects(yi, vi)
    # First, since it refuses what no sum could hold.
    tau2 = float(estimate_tau2_many(effects[None, :], variances, method="DL")[0])
    order = date_order(dates, effects.size)
    sizes = np.array(look_sizes(looks, effects.size))
    weights = 1 / variances[list(order)]
    information = np.cumsum(weights)[sizes - 1]
    scores = np.cumsum(weights * effects[list(order)])[sizes - 1]
    log_e = _log_e(scores if benefit == "higher" else -scores, information, effect, sides)
    rows = _rows(sizes, scores, information, log_e, effect=effect, alpha=alpha, benefit=benefit)
    decided_at = next((at for at, row in enumerate(rows) if row.crossed is not None), None)
    return EValues(
        verdict=Verdict.INCONCLUSIVE
        if decided_at is None
        else rows[decided_at].crossed or Verdict.INCONCLUSIVE,
        decided_at=decided_at,
        p_anytime=math.exp(min(0.0, -float(log_e.max()))),
        looks=rows,
        order=order,
        effect=effect,
        alpha=alpha,
        sides=sides,
        tau2=tau2,
        heuristic=tau2 > 0,
        measure=measure,
        benefit=benefit,
        assumptions=(
            "anticipated_effect",
            "common_effect",
            "known_variances",
            "independent_studies",
            "one_outcome",
        ),
    )


def anytime_interval(estimate: float, *, information: float, effect: float, level: float = 0.95) -> Interval:
    """Interval that covers the common effect at every look at once.

    Parameters
    ----------
    estimate : float
        Common-effect estimate on the analysis scale.
    information : float
        Sum of 1 / v.
    effect : float
        Scale of the effects at which the interval is to be narrow, above 0; fixed in advance.
    level : float
        Probability that no look, now or later, misses the effect.

    Returns
    -------
    Interval

    Raises
    ------
    UnknownOption, NotFinite

    Notes
    -----
    It mixes likelihood ratios over effects distributed N(0, effect^2), and so need not agree exactly with an
    e-value that puts everything on one effect: the half width is sqrt((1 + g I)(ln(1 + g I) - 2 ln(1 -
    level))) / (I sqrt(g)) with g = effect^2.

    References
    ----------
    Robbins (1970), doi:10.1214/aoms/1177696786.
    Howard, Ramdas, McAuliffe and Sekhon (2021), doi:10.1214/20-AOS1991.

    Examples
    --------
    >>> found = anytime_interval(0.3, information=15, effect=0.2)
    >>> round(found.low, 4), round(found.high, 4)
    (-0.7718, 1.3718)
    """
    checked_level(level)
    checked_positive("information", information)
    checked_positive("effect", effect)
    if not math.isfinite(estimate):
        raise NotFinite(f"estimate is {estimate}; give a finite estimate.")
    margin = float(_anytime_margin(np.array(information), effect, 1 - level))
    return Interval(estimate - margin, estimate + margin)


def combine_e_values(e_values: ArrayLike) -> float:
    """Product of the e-values of independent studies, which is an e-value again.

    Parameters
    ----------
    e_values : array_like of shape (k,), k >= 1
        Not below 0; all against the same absence of effect.

    Returns
    -------
    float
        Infinite above 1.8e308.

    Raises
    ------
    ShapeMismatch, TooFewStudies, ImpossibleData

    Notes
    -----
    It holds for studies whose start or size depended on those before them, too. Two-sided e-values multiply
    as well, but their product is not the two-sided e-value of the pooled studies, which knows that all share
    a sign.

    References
    ----------
    ter Schure and Grunwald (2022), doi:10.12688/f1000research.74223.1.

    Examples
    --------
    >>> round(combine_e_values([2.0, 0.5, 8.0]), 6)
    8.0
    """
    values = np.asarray(e_values, dtype=np.float64)
    if values.ndim != 1:
        raise ShapeMismatch(f"e_values has shape {values.shape}; pass one value for each study.")
    if values.size == 0:
        raise TooFewStudies("e_values is empty; pass at least one.")
    bad = np.flatnonzero(~(values >= 0))
    if bad.size:
        raise ImpossibleData(f"e_values[{bad[0]}] is {values[bad[0]]}; an e-value is never below 0.")
    if np.any(values == 0) and np.any(np.isinf(values)):
        raise ImpossibleData("e_values holds both 0 and infinity, whose product has no value.")
    # By logarithms: a plain product could leave the range of a double on its way.
    return _exp(float(np.log(values).sum())) if values.all() else 0.0


def _log_e(scores: Vector, information: Vector, effect: float, sides: int) -> Vector:
    drift = effect * scores
    if sides == 2:
        # log cosh, without its overflow.
        size = np.abs(drift)
        drift = size + np.log1p(np.exp(-2 * size)) - math.log(2)
    return np.asarray(drift - effect**2 * information / 2)


def _anytime_margin(information: Vector, effect: float, alpha: float) -> Vector:
    grown = effect**2 * information
    return np.sqrt((1 + grown) * (np.log1p(grown) - 2 * math.log(alpha))) / (information * effect)


def _rows(
    sizes: Vector,
    scores: Vector,
    information: Vector,
    log_e: Vector,
    *,
    effect: float,
    alpha: float,
    benefit: Side,
) -> tuple[EvidenceLook, ...]:
    estimates = scores / information
    margins = _anytime_margin(information, effect, alpha)
    columns = (sizes, information, estimates, scores / np.sqrt(information), log_e, margins)
    threshold = -math.log(alpha)
    return tuple(
        EvidenceLook(
            k=k,
            information=amount,
            estimate=estimate,
            z=z,
            log_e=evidence,
            ci=Interval(estimate - margin, estimate + margin),
            crossed=None if evidence < threshold else _direction(z, benefit),
        )
        for k, amount, estimate, z, evidence, margin in zip(*(c.tolist() for c in columns), strict=True)
    )


def _direction(z: float, benefit: Side) -> Verdict:
    return Verdict.BENEFIT if (z > 0) == (benefit == "higher") else Verdict.HARM


def _exp(value: float) -> float:
    return math.exp(value) if value < 709 else math.inf
