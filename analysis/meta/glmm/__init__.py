"""Generalised linear mixed models for proportions, rates, odds ratios and rate ratios."""

from analysis.meta.glmm.door import glmm_odds_ratios, glmm_proportions, glmm_rate_ratios, glmm_rates
from analysis.meta.glmm.results import Glmm, GlmmMeasure, GlmmMethod, GlmmModel, GlmmTest

__all__ = [
    "Glmm",
    "GlmmMeasure",
    "GlmmMethod",
    "GlmmModel",
    "GlmmTest",
    "glmm_odds_ratios",
    "glmm_proportions",
    "glmm_rate_ratios",
    "glmm_rates",
]
