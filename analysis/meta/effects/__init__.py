"""Effect sizes and sampling variances, from arm data and from what reports give.

yi and vi are on the analysis scale: log for ratios, logit for PLO, double arcsine for PFT, Fisher's z for
ZCOR, as they are for differences. A study whose effect cannot be computed has NaN in both, and is named
in `Effects.usable`.
"""

from analysis.meta.checks import Flags
from analysis.meta.effects.binary import BinaryMeasure, two_by_two
from analysis.meta.effects.correlation import CorrelationMeasure, correlation_effects
from analysis.meta.effects.door import effect_sizes
from analysis.meta.effects.given import GivenAs, given_effects
from analysis.meta.effects.limits import (
    PROPORTION_INTERVALS,
    ProportionIntervalMethod,
    ProportionIntervals,
    proportion_interval,
)
from analysis.meta.effects.means import (
    BiasCorrection,
    ContinuousMeasure,
    MeanMeasure,
    exact_correction,
    mean_differences,
    single_means,
)
from analysis.meta.effects.proportion import ProportionMeasure, proportions
from analysis.meta.effects.rates import (
    RateComparison,
    RateMeasure,
    incidence_rates,
    rate_comparisons,
)
from analysis.meta.effects.types import (
    ZERO_CELL_RULES,
    Addition,
    Convention,
    Effects,
    VarianceType,
    ZeroCellRule,
)

__all__ = [
    "PROPORTION_INTERVALS",
    "ZERO_CELL_RULES",
    "Addition",
    "BiasCorrection",
    "BinaryMeasure",
    "ContinuousMeasure",
    "Convention",
    "CorrelationMeasure",
    "Effects",
    "Flags",
    "GivenAs",
    "MeanMeasure",
    "ProportionIntervalMethod",
    "ProportionIntervals",
    "ProportionMeasure",
    "RateComparison",
    "RateMeasure",
    "VarianceType",
    "ZeroCellRule",
    "correlation_effects",
    "effect_sizes",
    "exact_correction",
    "given_effects",
    "incidence_rates",
    "mean_differences",
    "proportion_interval",
    "proportions",
    "rate_comparisons",
    "single_means",
    "two_by_two",
]
