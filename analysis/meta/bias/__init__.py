"""Small-study effects: tests of funnel asymmetry, trim and fill, fail-safe numbers, PET-PEESE."""

from analysis.meta.bias.fail_safe import (
    FailSafe,
    fail_safe_orwin,
    fail_safe_rosenberg,
    fail_safe_rosenthal,
)
from analysis.meta.bias.pet_peese import PetPeese, pet_peese
from analysis.meta.bias.rank import RankTest, begg, ruecker_begg, schwarzer
from analysis.meta.bias.registry import BIAS_TESTS, BiasTestSpec
from analysis.meta.bias.regression import RegressionTest, egger, regression_test, thompson_sharp
from analysis.meta.bias.sizes import (
    deeks,
    harbord,
    macaskill,
    peters,
    pustejovsky_rodgers,
    ruecker_thompson,
)
from analysis.meta.bias.trim_fill import TrimFill, trim_and_fill

__all__ = [
    "BIAS_TESTS",
    "BiasTestSpec",
    "FailSafe",
    "PetPeese",
    "RankTest",
    "RegressionTest",
    "TrimFill",
    "begg",
    "deeks",
    "egger",
    "fail_safe_orwin",
    "fail_safe_rosenberg",
    "fail_safe_rosenthal",
    "harbord",
    "macaskill",
    "pet_peese",
    "peters",
    "pustejovsky_rodgers",
    "regression_test",
    "ruecker_begg",
    "ruecker_thompson",
    "schwarzer",
    "thompson_sharp",
    "trim_and_fill",
]
