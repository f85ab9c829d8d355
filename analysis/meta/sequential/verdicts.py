"""What a sequential method can say, and under which assumptions it says it."""

from enum import StrEnum
from typing import Literal


class Verdict(StrEnum):
    """The outcome of monitoring, by its stopping rule."""

    BENEFIT = "benefit"
    """A boundary was crossed in the direction that helps."""
    HARM = "harm"
    """A boundary was crossed in the other direction."""
    FUTILITY = "futility"
    """The futility boundary was crossed: the anticipated effect is unlikely."""
    INFORMATION_REACHED = "information_reached"
    """The required information was reached and nothing crossed: no effect of the anticipated size."""
    INCONCLUSIVE = "inconclusive"
    """Nothing was crossed and the required information was not reached: go on."""


Assumption = Literal[
    "anticipated_effect",
    "common_effect",
    "continuous_monitoring",
    "futility_may_be_disregarded",
    "futility_stops",
    "independent_increments",
    "independent_studies",
    "known_variances",
    "one_outcome",
    "prior_on_tau2",
    "required_size_fixed",
]

ASSUMPTIONS: dict[Assumption, str] = {
    "anticipated_effect": "The size of effect that matters was fixed before the results were known.",
    "common_effect": "All studies share one effect; under heterogeneity the evidence is only heuristic.",
    "continuous_monitoring": (
        "The boundary holds for looks at any time; with few looks the test is stricter than its level."
    ),
    "futility_may_be_disregarded": (
        "The type I error holds whether or not the studies stop at futility; the power holds only if they do."
    ),
    "futility_stops": "Studies stop at futility; where they go on, the type I error is exceeded.",
    "independent_increments": (
        "Estimate and precision accumulate like a Brownian motion, which random effects with a tau2 "
        "estimated anew at each look do only roughly."
    ),
    "independent_studies": "Studies are independent of each other.",
    "known_variances": "Sampling variances, and tau2 where there is one, are taken as known.",
    "one_outcome": "One outcome is monitored; the error is not shared out over several.",
    "prior_on_tau2": "The prior on tau2 was fixed before the results were known.",
    "required_size_fixed": (
        "The required information was fixed before the results were known; a diversity taken from the same "
        "studies makes it a moving target."
    ),
}
"""A sentence for each code that a result holds in `assumptions`."""
