"""What several figures read of a stored result: effects, how they were pooled, names of axes."""

from collections.abc import Mapping
from typing import Any

from analysis import comparison
from analysis.meta import Tau2Method
from analysis.synthesis_settings import MEASURE_WORDS, RATIOS

Values = Mapping[str, Any]

_AXES = {
    "PLO": "Logit of the proportion",
    "PLN": "Logarithm of the proportion",
    "PFT": "Double arcsine of the proportion",
    "PAS": "Arcsine of the square root of the proportion",
    "PR": "Proportion",
}


def pooled_studies(result: comparison.Outcome) -> list[Values]:
    """The studies that the pool holds, in the order of the result."""
    return [study for study in result.outputs["studies"] if study["left_out"] is None]


def tau2_method(result: comparison.Outcome) -> Tau2Method:
    """How the variance between the studies was estimated."""
    if result.settings["model"] == "common":
        return "EE"
    method: Tau2Method = result.settings["tau2_method"]
    return method


def axis_label(measure: str) -> str:
    """The measure on the scale of the analysis."""
    words = _AXES.get(measure, MEASURE_WORDS[measure])
    return f"{words} (log scale)" if measure in RATIOS else words
