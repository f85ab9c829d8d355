"""How many more trials, and how large, a random-effects meta-analysis needs."""

import math
from dataclasses import dataclass

from analysis.meta.errors import UnknownOption
from analysis.meta.sequential.checks import checked_positive
from analysis.meta.sequential.targets import (
    InformationMeasure,
    checked_tau2,
    countable,
    quantile_sum,
    rounded_up,
    target,
)

# Doubles stop counting by ones here.
_UNCOUNTABLE = 2**53


@dataclass(frozen=True, slots=True)
class TrialsNeeded:
    """Trials, and participants in each, that a random-effects meta-analysis still needs.

    Attributes
    ----------
    trials : int
    participants_per_trial, participants : int
        In all arms; `participants` is their product with `trials`.
    minimum_trials : int
        With fewer, no number of participants suffices.
    tau2 : float
        Between-study variance on the analysis scale.
    existing_variance : float or None
        Of the pooled estimate already there.
    measure, effect, control_risk, experimental_risk, sd, alpha, power, sides, experimental_share
        As in `InformationSize`.
    """

    trials: int
    participants_per_trial: int
    participants: int
    minimum_trials: int
    tau2: float
    existing_variance: float | None
    measure: InformationMeasure
    effect: float
    control_risk: float | None
    experimental_risk: float | None
    sd: float | None
    alpha: float
    power: float
    sides: int
    experimental_share: float


def trials_needed(
    measure: InformationMeasure,
    *,
    effect: float,
    tau2: float,
    control_risk: float | None = None,
    sd: float | None = None,
    existing_variance: float | None = None,
    trials: int | None = None,
    alpha: float = 0.05,
    power: float = 0.9,
    sides: int = 2,
    experimental_share: float = 0.5,
) -> TrialsNeeded:
    """Fewest trials of a random-effects meta-analysis, and the participants that each then needs.

    Parameters
    ----------
    measure, effect, control_risk, sd, alpha, power, sides, experimental_share
        As in `information_size`.
    tau2 : float
        Between-study variance on the analysis scale.
    existing_variance : float, optional
        Variance of the random-effects estimate so far, with the same tau2; without it all trials are new.
    trials : int, optional
        A number of trials above the fewest, to see how far it lowers the participants.

    Returns
    -------
    TrialsNeeded

    Raises
    ------
    UnknownOption, MissingArgument, ImpossibleData, NoNullValue

    Notes
    -----
    A new trial of n participants adds 1 / (tau2 + u / n) to the precision of the estimate, u being the
    variance of one participant's share, and so never more than 1 / tau2. The precision still missing, I =
    (z_alpha + z_beta)^2 / theta^2 - 1 / existing_variance, therefore needs more than tau2 I trials, of
    u / (K / I - tau2) participants each.

    References
    ----------
    Kulinskaya and Wood (2014), doi:10.1002/jrsm.1104.

    Examples
    --------
    >>> found = trials_needed("RR", effect=0.9, tau2=0.05, control_risk=0.1, power=0.8)
    >>> found.trials, found.participants_per_trial
    (36, 41747)
    """
    quantiles = quantile_sum(alpha, power, sides)
    sought = target(measure, effect, control_risk, sd, experimental_share)
    checked_tau2(tau2)
    distance = quantiles / sought.on_scale
    missing = distance * distance
    if existing_variance is not None:
        checked_positive("existing_variance", existing_variance)
        missing -= 1 / existing_variance
    fewest = math.floor(countable(tau2 * missing) * (1 + 1e-12)) + 1 if missing > 0 else 0
    chosen = fewest if trials is None else trials
    if not (fewest <= chosen < _UNCOUNTABLE and chosen == int(chosen)):
        raise UnknownOption(
            f"trials is {trials}; give a whole number, for below {fewest} no number of participants suffices."
        )
    per_trial = rounded_up(sought.unit_variance / (chosen / missing - tau2)) if missing > 0 else 0
    return TrialsNeeded(
        trials=chosen,
        participants_per_trial=per_trial,
        participants=chosen * per_trial,
        minimum_trials=fewest,
        tau2=tau2,
        existing_variance=existing_variance,
        measure=measure,
        effect=effect,
        control_risk=sought.control_risk,
        experimental_risk=sought.experimental_risk,
        sd=sought.sd,
        alpha=alpha,
        power=power,
        sides=sides,
        experimental_share=experimental_share,
    )
