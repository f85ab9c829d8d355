"""Repeated looks at a growing meta-analysis: information, boundaries, monitoring, and e-values."""

from analysis.meta.sequential.boundaries import (
    Boundaries,
    Boundary,
    futility_boundaries,
    spending_boundaries,
)
from analysis.meta.sequential.crossing import Crossing, crossing_probabilities, inflation_factor
from analysis.meta.sequential.evalues import (
    EValues,
    EvidenceLook,
    anytime_interval,
    combine_e_values,
    e_values,
)
from analysis.meta.sequential.information import InformationSize, diversity, information_size
from analysis.meta.sequential.monitoring import TrialSequential, TrialSequentialLook, trial_sequential
from analysis.meta.sequential.restricted import (
    RestrictedBoundary,
    SequentialLook,
    SequentialMetaAnalysis,
    Tau2Prior,
    restricted_boundary,
    sequential_meta_analysis,
    tau2_prior,
)
from analysis.meta.sequential.spending import spent
from analysis.meta.sequential.trials import TrialsNeeded, trials_needed
from analysis.meta.sequential.verdicts import ASSUMPTIONS, Assumption, Verdict

__all__ = [
    "ASSUMPTIONS",
    "Assumption",
    "Boundaries",
    "Boundary",
    "Crossing",
    "EValues",
    "EvidenceLook",
    "InformationSize",
    "RestrictedBoundary",
    "SequentialLook",
    "SequentialMetaAnalysis",
    "Tau2Prior",
    "TrialSequential",
    "TrialSequentialLook",
    "TrialsNeeded",
    "Verdict",
    "anytime_interval",
    "combine_e_values",
    "crossing_probabilities",
    "diversity",
    "e_values",
    "futility_boundaries",
    "inflation_factor",
    "information_size",
    "restricted_boundary",
    "sequential_meta_analysis",
    "spending_boundaries",
    "spent",
    "tau2_prior",
    "trial_sequential",
    "trials_needed",
]
