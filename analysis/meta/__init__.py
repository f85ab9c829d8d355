"""The statistics engine: effect sizes, pooling, intervals, heterogeneity, and one call for all of it.

Vectors go in, frozen results come out; nothing but NumPy and SciPy is needed. What for what:

From reports to effects
    effect_sizes (the one door), two_by_two, proportions, mean_differences, single_means, correlation_effects,
    incidence_rates, rate_comparisons, given_effects. MEASURES and EFFECT_MEASURES say what there is.
    One study's interval: proportion_interval.
Reported otherwise
    mean_sd_from_ci, mean_sd_from_quantiles, skewness_test, sd_from_se, sd_from_t, sd_from_p, sd_of_change,
    se_from_ci, combined_groups; smd_from_t, smd_from_f, smd_from_p; smd_from_log_or, log_or_from_smd,
    smd_from_r, r_from_smd, z_from_r, r_from_z.
Pool
    pool (inverse variance; CI_METHODS), pool_many (many at once), mantel_haenszel, mantel_haenszel_rates,
    peto, expected_events; mixed models: glmm_proportions, glmm_odds_ratios, glmm_rates, glmm_rate_ratios.
    Few studies: kenward_roger, modified_hartung_knapp.
    Everything that a review reports, in one call and ready to be stored: synthesise.
Heterogeneity
    estimate_tau2, estimate_tau2_many (TAU2_METHODS), q_profile, profile_likelihood, heterogeneity,
    i2_interval, interval, prediction_interval.
Explain differences
    regress with design_matrix; pool_by_group, between_groups, fit_common_tau2; permutation_test.
Small-study effects (BIAS_TESTS says which suits what)
    egger, thompson_sharp, begg, peters, harbord, macaskill, deeks, schwarzer, ruecker_begg, ruecker_thompson,
    pustejovsky_rodgers, regression_test; trim_and_fill, pet_peese; fail_safe_rosenthal, fail_safe_orwin,
    fail_safe_rosenberg.
Is the result stable?
    leave_one_out, influence, baujat, blup, cumulative, accumulate, gosh, fragility_index, multiverse.
Repeated looks
    information_size, trials_needed, diversity; trial_sequential with spending_boundaries,
    futility_boundaries, crossing_probabilities, inflation_factor and spent; sequential_meta_analysis with
    restricted_boundary and tau2_prior; e_values, anytime_interval, combine_e_values. A Verdict rests on
    ASSUMPTIONS.
Show
    displayed_pool, displayed_studies; shown, shown_many, double_arcsine_to_proportion, harmonic_mean,
    barendregt_doi_size.

What cannot be computed raises a MetaError with a name and says what to do. The version of the formulas is
ENGINE_VERSION; docs/statistical-methods.md states them all, docs/how-to/use-the-engine.md shows them in use.
"""

from analysis.meta.association import ChiSquareTest
from analysis.meta.backtransform import (
    Shown,
    barendregt_doi_size,
    double_arcsine_to_proportion,
    harmonic_mean,
    shown,
    shown_many,
)
from analysis.meta.batched import PoolMany, estimate_tau2_many, pool_many
from analysis.meta.bias import (
    BIAS_TESTS,
    BiasTestSpec,
    FailSafe,
    PetPeese,
    RankTest,
    RegressionTest,
    TrimFill,
    begg,
    deeks,
    egger,
    fail_safe_orwin,
    fail_safe_rosenberg,
    fail_safe_rosenthal,
    harbord,
    macaskill,
    pet_peese,
    peters,
    pustejovsky_rodgers,
    regression_test,
    ruecker_begg,
    ruecker_thompson,
    schwarzer,
    thompson_sharp,
    trim_and_fill,
)
from analysis.meta.conversion import (
    Converted,
    SkewnessTest,
    combined_groups,
    log_or_from_smd,
    mean_sd_from_ci,
    mean_sd_from_quantiles,
    r_from_smd,
    r_from_z,
    sd_from_p,
    sd_from_se,
    sd_from_t,
    sd_of_change,
    se_from_ci,
    skewness_test,
    smd_from_f,
    smd_from_log_or,
    smd_from_p,
    smd_from_r,
    smd_from_t,
    z_from_r,
)
from analysis.meta.design import Design, design_matrix
from analysis.meta.display import DisplayedPool, displayed_pool, displayed_studies
from analysis.meta.effects import (
    Effects,
    ProportionIntervals,
    correlation_effects,
    effect_sizes,
    given_effects,
    incidence_rates,
    mean_differences,
    proportion_interval,
    proportions,
    rate_comparisons,
    single_means,
    two_by_two,
)
from analysis.meta.errors import (
    IllScaled,
    ImpossibleData,
    MetaError,
    MissingArgument,
    NoInformation,
    NonConvergence,
    NoNullValue,
    NotFinite,
    NotPositive,
    NoVariation,
    RankDeficient,
    Separation,
    ShapeMismatch,
    TooFewStudies,
    TooManySubsets,
    UnknownOption,
)
from analysis.meta.expected_events import expected_events
from analysis.meta.fragility import (
    Fragility,
    Modification,
    Reversal,
    fragility_index,
)
from analysis.meta.glmm import (
    Glmm,
    glmm_odds_ratios,
    glmm_proportions,
    glmm_rate_ratios,
    glmm_rates,
)
from analysis.meta.gosh import Gosh, gosh
from analysis.meta.heterogeneity import Heterogeneity, heterogeneity
from analysis.meta.i2_interval import i2_interval
from analysis.meta.influence import (
    Baujat,
    Blup,
    Cumulative,
    Influence,
    baujat,
    blup,
    cumulative,
    influence,
    leave_one_out,
)
from analysis.meta.intervals import (
    CI_METHODS,
    Interval,
    Prediction,
    interval,
    prediction_interval,
)
from analysis.meta.kenward_roger import KenwardRoger, kenward_roger
from analysis.meta.mantel_haenszel import FixedPool, mantel_haenszel, mantel_haenszel_rates
from analysis.meta.measures import EFFECT_MEASURES, MEASURES, EffectMeasure, Measure, MeasureSpec
from analysis.meta.modified_hk import ModifiedHartungKnapp, modified_hartung_knapp
from analysis.meta.multiverse import Multiverse, Specification, ZeroCells, multiverse
from analysis.meta.permutation import PermutationTest, permutation_test
from analysis.meta.peto import peto
from analysis.meta.pooling import Pool, pool
from analysis.meta.regression import ModeratorTest, Predicted, Regression, regress
from analysis.meta.results import (
    Arm,
    BiasTest,
    FilledStudy,
    LeaveOneOut,
    Pooled,
    PredictionResult,
    Settings,
    StudyData,
    StudyInfluence,
    StudyResult,
    Subgroup,
    SubgroupTest,
    Summary,
    Synthesis,
    TrimFilled,
)
from analysis.meta.sensitivity import accumulate
from analysis.meta.sequential import (
    ASSUMPTIONS,
    Boundaries,
    Boundary,
    Crossing,
    EValues,
    EvidenceLook,
    InformationSize,
    RestrictedBoundary,
    SequentialLook,
    SequentialMetaAnalysis,
    Tau2Prior,
    TrialSequential,
    TrialSequentialLook,
    TrialsNeeded,
    Verdict,
    anytime_interval,
    combine_e_values,
    crossing_probabilities,
    diversity,
    e_values,
    futility_boundaries,
    inflation_factor,
    information_size,
    restricted_boundary,
    sequential_meta_analysis,
    spending_boundaries,
    spent,
    tau2_prior,
    trial_sequential,
    trials_needed,
)
from analysis.meta.subgroups import (
    CommonTau2Fit,
    DifferenceTest,
    between_groups,
    fit_common_tau2,
    pool_by_group,
)
from analysis.meta.synthesis import synthesise
from analysis.meta.tau2 import Tau2, Tau2Interval, estimate_tau2, profile_likelihood, q_profile
from analysis.meta.tau2_methods import TAU2_METHODS, Tau2Method
from analysis.meta.version import ENGINE_VERSION

__all__ = [
    "ASSUMPTIONS", "BIAS_TESTS", "CI_METHODS", "EFFECT_MEASURES", "ENGINE_VERSION", "MEASURES",
    "TAU2_METHODS", "Arm", "Baujat", "BiasTest", "BiasTestSpec", "Blup", "Boundaries", "Boundary",
    "ChiSquareTest", "CommonTau2Fit", "Converted", "Crossing", "Cumulative", "Design", "DifferenceTest",
    "DisplayedPool", "EValues", "EffectMeasure", "Effects", "EvidenceLook", "FailSafe", "FilledStudy",
    "FixedPool", "Fragility", "Glmm", "Gosh", "Heterogeneity", "IllScaled", "ImpossibleData", "Influence",
    "InformationSize", "Interval", "KenwardRoger", "LeaveOneOut", "Measure", "MeasureSpec", "MetaError",
    "MissingArgument", "ModeratorTest", "Modification", "ModifiedHartungKnapp", "Multiverse",
    "NoInformation", "NoNullValue", "NoVariation", "NonConvergence", "NotFinite", "NotPositive",
    "PermutationTest", "PetPeese", "Pool", "PoolMany", "Pooled", "Predicted", "Prediction",
    "PredictionResult", "ProportionIntervals", "RankDeficient", "RankTest", "Regression", "RegressionTest",
    "RestrictedBoundary", "Reversal", "Separation", "SequentialLook", "SequentialMetaAnalysis", "Settings",
    "ShapeMismatch", "Shown", "SkewnessTest", "Specification", "StudyData", "StudyInfluence", "StudyResult",
    "Subgroup", "SubgroupTest", "Summary", "Synthesis", "Tau2", "Tau2Interval", "Tau2Method", "Tau2Prior",
    "TooFewStudies", "TooManySubsets", "TrialSequential", "TrialSequentialLook", "TrialsNeeded", "TrimFill",
    "TrimFilled", "UnknownOption", "Verdict", "ZeroCells", "accumulate", "anytime_interval",
    "barendregt_doi_size", "baujat", "begg", "between_groups", "blup", "combine_e_values",
    "combined_groups", "correlation_effects", "crossing_probabilities", "cumulative", "deeks",
    "design_matrix", "displayed_pool", "displayed_studies", "diversity", "double_arcsine_to_proportion",
    "e_values", "effect_sizes", "egger", "estimate_tau2", "estimate_tau2_many", "expected_events",
    "fail_safe_orwin", "fail_safe_rosenberg", "fail_safe_rosenthal", "fit_common_tau2", "fragility_index",
    "futility_boundaries", "given_effects", "glmm_odds_ratios", "glmm_proportions", "glmm_rate_ratios",
    "glmm_rates", "gosh", "harbord", "harmonic_mean", "heterogeneity", "i2_interval", "incidence_rates",
    "inflation_factor", "influence", "information_size", "interval", "kenward_roger", "leave_one_out",
    "log_or_from_smd", "macaskill", "mantel_haenszel", "mantel_haenszel_rates", "mean_differences",
    "mean_sd_from_ci", "mean_sd_from_quantiles", "modified_hartung_knapp", "multiverse", "permutation_test",
    "pet_peese", "peters", "peto", "pool", "pool_by_group", "pool_many", "prediction_interval",
    "profile_likelihood", "proportion_interval", "proportions", "pustejovsky_rodgers", "q_profile",
    "r_from_smd", "r_from_z", "rate_comparisons", "regress", "regression_test", "restricted_boundary",
    "ruecker_begg", "ruecker_thompson", "schwarzer", "sd_from_p", "sd_from_se", "sd_from_t", "sd_of_change",
    "se_from_ci", "sequential_meta_analysis", "shown", "shown_many", "single_means", "skewness_test",
    "smd_from_f", "smd_from_log_or", "smd_from_p", "smd_from_r", "smd_from_t", "spending_boundaries",
    "spent", "synthesise", "tau2_prior", "thompson_sharp", "trial_sequential", "trials_needed",
    "trim_and_fill", "two_by_two", "z_from_r",
]  # fmt: skip
