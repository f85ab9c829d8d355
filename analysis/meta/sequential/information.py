"""How much information a meta-analysis needs before it can be expected to settle a question."""

import math
from dataclasses import dataclass
from typing import Literal

from numpy.typing import ArrayLike

from analysis.meta.checks import checked_effects
from analysis.meta.errors import IllScaled, UnknownOption
from analysis.meta.sequential.targets import (
    InformationMeasure,
    checked_tau2,
    quantile_sum,
    rounded_up,
    target,
)

Adjustment = Literal["none", "diversity", "i2"]


@dataclass(frozen=True, slots=True)
class InformationSize:
    """Participants that a meta-analysis needs, in all arms together.

    Attributes
    ----------
    measure : {"RR", "OR", "RD", "MD", "SMD"}
    effect : float
        The anticipated effect, as it is shown: a ratio, or a difference.
    control_risk, experimental_risk : float or None
        For RR, OR and RD.
    sd : float or None
        For MD; 1 for SMD.
    alpha, power : float
    sides : {1, 2}
    experimental_share : float
        Share of the participants in the experimental arm.
    exact : float
        Participants before rounding and adjustment.
    participants : int
        Rounded up, before adjustment.
    adjustment : {"none", "diversity", "i2"}
    heterogeneity : float
        The diversity or I2 of the adjustment, as a proportion; 0 without one.
    inflation : float
        Factor for repeated looks.
    required : int
        What is needed: adjusted, inflated, and rounded up.
    """

    measure: InformationMeasure
    effect: float
    control_risk: float | None
    experimental_risk: float | None
    sd: float | None
    alpha: float
    power: float
    sides: int
    experimental_share: float
    exact: float
    participants: int
    adjustment: Adjustment
    heterogeneity: float
    inflation: float
    required: int


def diversity(yi: ArrayLike, vi: ArrayLike, tau2: float) -> float:
    """Diversity D2: the share of the random-effects variance that a common effect would not have.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
        Effects, which are only checked, and sampling variances on the analysis scale.
    tau2 : float
        Between-study variance.

    Returns
    -------
    float
        1 - v_F / v_R with v_F = 1 / sum(1 / v) and v_R = 1 / sum(1 / (v + tau2)); from 0 to below 1.

    Raises
    ------
    ShapeMismatch, NotFinite, NotPositive, TooFewStudies, UnknownOption, IllScaled

    Notes
    -----
    Both variances are those of inverse-variance pooling. A Hartung-Knapp variance in the place of v_R would
    not be a diversity; one known program does that, and asks for more participants.

    References
    ----------
    Wetterslev, Thorlund, Brok and Gluud (2009), doi:10.1186/1471-2288-9-86.

    Examples
    --------
    >>> diversity([0.1, 0.3], [0.04, 0.04], 0.04)
    0.5
    """
    _, variances = checked_effects(yi, vi)
    checked_tau2(tau2)
    found = 1 - float((1 / (variances + tau2)).sum()) / float((1 / variances).sum())
    if not found < 1:
        raise IllScaled(
            f"tau2 is {tau2:g} beside a variance of {variances.min():g}: "
            "the diversity cannot be told from 1; check the smallest variance."
        )
    return found


def information_size(
    measure: InformationMeasure,
    *,
    effect: float,
    control_risk: float | None = None,
    sd: float | None = None,
    alpha: float = 0.05,
    power: float = 0.9,
    sides: int = 2,
    experimental_share: float = 0.5,
    diversity: float | None = None,
    i2: float | None = None,
    inflation: float = 1.0,
) -> InformationSize:
    """Required information size in participants.

    Parameters
    ----------
    measure : {"RR", "OR", "RD", "MD", "SMD"}
    effect : float
        The smallest effect that matters, as it is shown: a ratio for RR and OR, else a difference.
    control_risk : float, optional
        Needed for RR, OR and RD.
    sd : float, optional
        Needed for MD.
    alpha, power : float
    sides : {1, 2}
    experimental_share : float
        Share of the participants in the experimental arm.
    diversity, i2 : float, optional
        Heterogeneity to adjust for, as a proportion below 1; at most one of them.
    inflation : float
        Factor for repeated looks, at least 1, from `inflation_factor` or `futility_boundaries`.

    Returns
    -------
    InformationSize

    Raises
    ------
    UnknownOption, MissingArgument, ImpossibleData
    NoNullValue
        For measures of a single group.

    Notes
    -----
    One large trial needs (z_alpha + z_beta)^2 v / (s (1 - s) d^2) participants, with s the experimental
    share, d the difference of risks (or of means) and v = p (1 - p) at the mean of both risks (or the squared
    SD). A meta-analysis needs as much where all trials share one effect, and 1 / (1 - D2) times as much under
    heterogeneity. Each step is rounded up before the next, so that the figures shown multiply.

    References
    ----------
    Wetterslev, Thorlund, Brok and Gluud (2008), doi:10.1016/j.jclinepi.2007.03.013.
    Wetterslev, Thorlund, Brok and Gluud (2009), doi:10.1186/1471-2288-9-86.

    Examples
    --------
    >>> found = information_size("RR", effect=0.9, control_risk=0.2, power=0.8, diversity=0.3)
    >>> found.participants, found.required
    (12080, 17258)
    """
    quantiles = quantile_sum(alpha, power, sides)
    sought = target(measure, effect, control_risk, sd, experimental_share)
    adjustment, value = _adjustment(diversity, i2)
    if not (math.isfinite(inflation) and inflation >= 1):
        raise UnknownOption(
            f"inflation is {inflation!r}; looking never lowers what is needed: give 1 or more."
        )
    split = experimental_share * (1 - experimental_share)
    distance = quantiles / sought.difference
    exact = distance * distance * sought.variance / split
    participants = rounded_up(exact)
    adjusted = rounded_up(participants / (1 - value))
    return InformationSize(
        measure=measure,
        effect=effect,
        control_risk=sought.control_risk,
        experimental_risk=sought.experimental_risk,
        sd=sought.sd,
        alpha=alpha,
        power=power,
        sides=sides,
        experimental_share=experimental_share,
        exact=exact,
        participants=participants,
        adjustment=adjustment,
        heterogeneity=value,
        inflation=inflation,
        required=rounded_up(adjusted * inflation),
    )


def _adjustment(diversity: float | None, i2: float | None) -> tuple[Adjustment, float]:
    if diversity is not None and i2 is not None:
        raise UnknownOption("diversity and i2 are both given; adjust for one of them.")
    for name, value in (("diversity", diversity), ("i2", i2)):
        if value is not None and not 0 <= value < 1:
            raise UnknownOption(f"{name} is {value!r}; give a proportion from 0 to below 1, such as 0.25.")
    if diversity is not None:
        return "diversity", diversity
    return ("none", 0.0) if i2 is None else ("i2", i2)
