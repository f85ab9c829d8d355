"""Which tool fits a study, from its design; and why RoB 2 does not fit where there is no randomisation."""

from dataclasses import dataclass
from enum import StrEnum


class StudyDesign(StrEnum):
    """Designs that the suggestion tells apart."""

    PARALLEL_RCT = "parallel_rct"
    CLUSTER_RCT = "cluster_rct"
    CROSSOVER_RCT = "crossover_rct"
    NON_RANDOMISED = "non_randomised"
    CASE_CONTROL = "case_control"
    SINGLE_ARM = "single_arm"
    SINGLE_ARM_EXTERNAL_CONTROL = "single_arm_external_control"
    CASE_SERIES = "case_series"
    PREVALENCE = "prevalence"
    DIAGNOSTIC_ACCURACY = "diagnostic_accuracy"
    UNCLEAR = "unclear"


ROB2 = "rob2-parallel"


@dataclass(frozen=True, slots=True)
class ToolSuggestion:
    """What to appraise a study with.

    Attributes
    ----------
    applicable : bool
        Whether RoB 2 for parallel-group trials may be offered.
    tool : str or None
        Id of the tool that fits best; None while the design is not recorded.
    reason : str
        Code for the sentence: "randomised_parallel_groups", "cluster_variant_differs",
        "crossover_variant_differs",
        "no_randomisation_no_comparator", "external_control", "not_randomised", "frequency_estimate",
        "diagnostic_accuracy", "design_not_recorded".
    alternatives : tuple of str
        Ids of other tools that fit.
    """

    applicable: bool
    tool: str | None
    reason: str
    alternatives: tuple[str, ...]


_SUGGESTIONS = {
    StudyDesign.PARALLEL_RCT: ToolSuggestion(True, ROB2, "randomised_parallel_groups", ()),
    # The 2021 cluster and crossover documents add a domain and questions; the parallel form is offered with
    # that warning.
    StudyDesign.CLUSTER_RCT: ToolSuggestion(True, ROB2, "cluster_variant_differs", ()),
    StudyDesign.CROSSOVER_RCT: ToolSuggestion(True, ROB2, "crossover_variant_differs", ()),
    StudyDesign.SINGLE_ARM: ToolSuggestion(
        False, "jbi-case-series", "no_randomisation_no_comparator", ("minors", "jbi-prevalence")
    ),
    StudyDesign.CASE_SERIES: ToolSuggestion(
        False, "jbi-case-series", "no_randomisation_no_comparator", ("minors", "jbi-prevalence")
    ),
    StudyDesign.SINGLE_ARM_EXTERNAL_CONTROL: ToolSuggestion(
        False, "robins-i-2016", "external_control", ("robins-i-v2-draft",)
    ),
    StudyDesign.NON_RANDOMISED: ToolSuggestion(
        False, "robins-i-2016", "not_randomised", ("robins-i-v2-draft", "nos-cohort")
    ),
    StudyDesign.CASE_CONTROL: ToolSuggestion(False, "robins-i-2016", "not_randomised", ("nos-case-control",)),
    StudyDesign.PREVALENCE: ToolSuggestion(False, "jbi-prevalence", "frequency_estimate", ()),
    StudyDesign.DIAGNOSTIC_ACCURACY: ToolSuggestion(False, "quadas-2", "diagnostic_accuracy", ()),
    StudyDesign.UNCLEAR: ToolSuggestion(False, None, "design_not_recorded", ()),
}


def suggest_tool(design: str) -> ToolSuggestion:
    """Suggest a risk-of-bias tool for a study design.

    Parameters
    ----------
    design : str
        A value of `StudyDesign`.

    Returns
    -------
    ToolSuggestion

    Raises
    ------
    ValueError
        If the design is not one of `StudyDesign`.

    Examples
    --------
    >>> suggest_tool("single_arm").applicable
    False
    """
    return _SUGGESTIONS[StudyDesign(design)]
