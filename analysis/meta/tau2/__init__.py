"""The between-study variance: its estimators, and the intervals around it."""

from analysis.meta.tau2.estimate import Tau2, estimate_tau2
from analysis.meta.tau2.profile import Tau2Interval, profile_likelihood, q_profile
from analysis.meta.tau2_methods import TAU2_METHODS, Tau2Method

__all__ = [
    "TAU2_METHODS",
    "Tau2",
    "Tau2Interval",
    "Tau2Method",
    "estimate_tau2",
    "profile_likelihood",
    "q_profile",
]
