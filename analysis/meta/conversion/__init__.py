"""From what reports give to what a meta-analysis needs, one study at a time and with the reason on record."""

from analysis.meta.conversion.between_measures import (
    OddsRatioMethod,
    log_or_from_smd,
    r_from_smd,
    r_from_z,
    smd_from_log_or,
    smd_from_r,
    z_from_r,
)
from analysis.meta.conversion.from_tests import smd_from_f, smd_from_p, smd_from_t
from analysis.meta.conversion.quantiles import (
    MeanMethod,
    SdMethod,
    SkewnessTest,
    mean_sd_from_quantiles,
    skewness_test,
)
from analysis.meta.conversion.record import Converted
from analysis.meta.conversion.spread import (
    combined_groups,
    mean_sd_from_ci,
    sd_from_p,
    sd_from_se,
    sd_from_t,
    sd_of_change,
    se_from_ci,
)

__all__ = [
    "Converted",
    "MeanMethod",
    "OddsRatioMethod",
    "SdMethod",
    "SkewnessTest",
    "combined_groups",
    "log_or_from_smd",
    "mean_sd_from_ci",
    "mean_sd_from_quantiles",
    "r_from_smd",
    "r_from_z",
    "sd_from_p",
    "sd_from_se",
    "sd_from_t",
    "sd_of_change",
    "se_from_ci",
    "skewness_test",
    "smd_from_f",
    "smd_from_log_or",
    "smd_from_p",
    "smd_from_r",
    "smd_from_t",
    "z_from_r",
]
