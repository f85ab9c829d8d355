"""An anticipated effect in the terms of the formulas for information."""

import math
from dataclasses import dataclass
from typing import Literal

from scipy.special import ndtri

from analysis.meta.checks import checked_option
from analysis.meta.errors import ImpossibleData, MissingArgument, UnknownOption
from analysis.meta.sequential.checks import checked_error, checked_null, checked_positive, checked_sides

InformationMeasure = Literal["RR", "OR", "RD", "MD", "SMD"]
INFORMATION_MEASURES: tuple[InformationMeasure, ...] = ("RR", "OR", "RD", "MD", "SMD")

# More than this many participants or trials is no answer; doubles stop counting by ones there.
_UNCOUNTABLE = 2.0**53


@dataclass(frozen=True, slots=True)
class Target:
    """The anticipated effect in the terms of the two formulas.

    `difference` and `variance` give the size of one trial; `on_scale` and `unit_variance` are the effect on
    the analysis scale and the variance that one participant's share of a trial has there.
    """

    control_risk: float | None
    experimental_risk: float | None
    sd: float | None
    difference: float
    variance: float
    on_scale: float
    unit_variance: float


def target(
    measure: InformationMeasure, effect: float, control_risk: float | None, sd: float | None, share: float
) -> Target:
    """Check the anticipated effect and put it into the terms of the formulas."""
    checked_null(measure)
    checked_option("measure", measure, INFORMATION_MEASURES)
    checked_error("experimental_share", share)
    if not math.isfinite(effect):
        raise UnknownOption(f"effect is {effect!r}; give the finite effect that is to be found.")
    if measure in ("MD", "SMD"):
        return _means(effect, 1.0 if measure == "SMD" else sd, share)
    if control_risk is None:
        raise MissingArgument(f"control_risk is missing; {measure} needs the risk in the control group.")
    checked_error("control_risk", control_risk)
    return _risks(measure, effect, control_risk, share)


def quantile_sum(alpha: float, power: float, sides: int) -> float:
    """How many standard errors away from none an effect lies that the test finds with this power."""
    checked_error("alpha", alpha)
    checked_error("power", power)
    checked_sides(sides)
    if power <= alpha / sides:
        raise UnknownOption(f"power is {power:g}; ask for more than alpha gives without any effect.")
    return float(ndtri(1 - alpha / sides) + ndtri(power))


def _means(effect: float, sd: float | None, share: float) -> Target:
    if sd is None:
        raise MissingArgument("sd is missing; MD needs the standard deviation within an arm.")
    checked_positive("sd", sd)
    if effect == 0:
        raise ImpossibleData("effect is 0, the value of no difference; nothing finds that.")
    return Target(None, None, sd, effect, sd**2, effect, sd**2 / (share * (1 - share)))


def _risks(measure: InformationMeasure, effect: float, control: float, share: float) -> Target:
    if measure == "RD":
        risk = control + effect
    else:
        checked_positive("effect", effect)
        odds = effect * control / (1 - control)
        risk = control * effect if measure == "RR" else odds / (1 + odds)
    if not 0 < risk < 1 or risk == control:
        raise ImpossibleData(
            f"effect {effect:g} makes a risk of {risk:g} out of {control:g}; give one that leads to another "
            "risk between 0 and 1."
        )
    mean = (control + risk) / 2
    per_arm = {
        "RR": (1 / risk - 1, 1 / control - 1),
        "OR": (1 / (risk * (1 - risk)), 1 / (control * (1 - control))),
        "RD": (risk * (1 - risk), control * (1 - control)),
    }[measure]
    return Target(
        control_risk=control,
        experimental_risk=risk,
        sd=None,
        difference=control - risk,
        variance=mean * (1 - mean),
        on_scale=effect if measure == "RD" else math.log(effect),
        unit_variance=per_arm[0] / share + per_arm[1] / (1 - share),
    )


def checked_tau2(tau2: float) -> None:
    """Refuse a between-study variance that is negative, infinite or missing."""
    if not (math.isfinite(tau2) and tau2 >= 0):
        raise UnknownOption(f"tau2 is {tau2!r}; a between-study variance is finite and not below 0.")


def countable(value: float) -> float:
    """Refuse a number of participants or trials that could never be counted."""
    if not value < _UNCOUNTABLE:
        raise ImpossibleData(f"effect is too small: it takes {value:g} to find it; give a larger one.")
    return value


def rounded_up(value: float) -> int:
    """Round up, but not for what is only the rounding of the sum."""
    return math.ceil(countable(value) * (1 - 1e-12))
