"""The test of small-study effects that a synthesis asks for: whether it suits, and what it found."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from analysis.meta.arms import Sample
from analysis.meta.bias import BIAS_TESTS, RankTest, RegressionTest
from analysis.meta.bias.registry import ADVISED_FROM
from analysis.meta.errors import (
    IllScaled,
    NonConvergence,
    NotFinite,
    NotPositive,
    NoVariation,
    TooFewStudies,
)
from analysis.meta.measures import MEASURES, Measure
from analysis.meta.results import BiasChoice, BiasMethod, BiasReason, BiasTest, Settings

Row = Sequence[int]

# A rank correlation of two studies exists, but its p-value is always 1.
FEWEST = 3
_ADDITIVE = ("thompson_sharp", "ruecker_thompson")


def suits(test: BiasChoice, measure: Measure) -> bool:
    """Whether a test can be asked of effects of a measure.

    Parameters
    ----------
    test : str
    measure : str

    Returns
    -------
    bool

    Notes
    -----
    Egger's, Thompson and Sharp's and Begg's read any effect with a variance. Harbord's has a score for odds
    and risk ratios, Ruecker's reads two arms of counts, Pustejovsky and Rodgers' the arm sizes of
    standardised mean differences. Peters' weights come from events of total, so it is open to every measure
    of counts although it was made for odds ratios.

    Examples
    --------
    >>> suits("harbord", "OR"), suits("harbord", "RD"), suits("peters", "RD")
    (True, False, True)
    """
    if test == "none":
        return True
    if test == "peters":
        return MEASURES[measure].kind != "continuous"
    made_for = BIAS_TESTS[test].measures
    return not made_for or measure in made_for


def small_study_test(
    sample: Sample, rows: Row, settings: Settings
) -> tuple[BiasTest | None, BiasReason | None]:
    """Do the test that the settings name, or say why not.

    Parameters
    ----------
    sample : Sample
    rows : sequence of int
        The studies that are pooled.
    settings : Settings

    Returns
    -------
    BiasTest or None
    str or None
        The reason, where there is no test.

    Notes
    -----
    A test that cannot be computed leaves the pool as it is: it never stops a synthesis. Additive models
    estimate their residual between-study variance by the settings' `tau2_method`, also under a common effect.
    """
    test = settings.bias_test
    reason = _reason_against(len(rows), settings)
    if reason is not None or test == "none":
        return None, reason
    try:
        found = _computed(test, sample, list(rows), settings)
    except NoVariation:
        return None, "no_variation"
    except TooFewStudies:
        # Peters' and Harbord's tests cannot use studies with only or no events.
        return None, "k_below_3"
    except (NonConvergence, IllScaled, NotFinite, NotPositive):
        return None, "not_computable"
    told = _of_ranks(found) if isinstance(found, RankTest) else _of_regression(test, found)
    return (told, None) if _is_finite(told) else (None, "not_computable")


def _reason_against(k: int, settings: Settings) -> BiasReason | None:
    if settings.bias_test == "none":
        return "not_requested"
    if not suits(settings.bias_test, settings.measure):
        return "needs_events" if settings.bias_test == "peters" else "unsuited"
    if k < FEWEST:
        return "k_below_3"
    if k < ADVISED_FROM and not settings.bias_test_on_request:
        return "k_below_10"
    return None


def _computed(
    test: BiasMethod, sample: Sample, rows: list[int], settings: Settings
) -> RegressionTest | RankTest:
    spec = BIAS_TESTS[test]
    options: dict[str, object] = {}
    if test in _ADDITIVE:
        options["tau2_method"] = settings.tau2_method
    if test == "harbord":
        options["measure"] = settings.measure
    data = _data(sample, rows)
    # Of numbers that overflow there is no test: what comes out is looked at instead.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        return spec.function(**{name: data[name] for name in spec.needs}, **options)


def _data(sample: Sample, rows: list[int]) -> dict[str, object]:
    """What tests need, by the names of `BIAS_TESTS`."""
    effects = sample.effects
    columns = {name: column[rows] for name, column in sample.columns.items()}
    found: dict[str, object] = {"yi": effects.yi[rows], "vi": effects.vi[rows], "totals": effects.ni[rows]}
    if "xi" in columns:
        return {**found, "events": columns["xi"]}
    found |= {"totals1": columns["n1i"], "totals2": columns["n2i"]}
    if "ai" in columns:
        first, second = columns["ai"], columns["ci"]
        found |= {"events": first + second, "events1": first, "events2": second}
    return found


def _of_regression(test: BiasMethod, found: RegressionTest) -> BiasTest:
    exact = not np.isfinite(found.statistic)
    return BiasTest(
        method=test,
        k=found.k,
        statistic=None if exact else found.statistic,
        df=found.df,
        p_value=None if exact else found.p_value,
        slope=found.slope,
        slope_se=found.slope_se,
        intercept=found.intercept,
        intercept_se=found.intercept_se,
        below_ten=found.k < ADVISED_FROM,
        p_method="t",
        tau2=found.tau2,
        tau2_method=found.tau2_method,
    )


def _of_ranks(found: RankTest) -> BiasTest:
    return BiasTest(
        method="begg",
        k=found.k,
        statistic=found.statistic,
        df=None,
        p_value=found.p_value,
        slope=None,
        slope_se=None,
        intercept=None,
        intercept_se=None,
        below_ten=found.k < ADVISED_FROM,
        p_method=found.p_method,
        tau=found.tau,
    )


def _is_finite(found: BiasTest) -> bool:
    values = [getattr(found, each.name) for each in fields(found)]
    return all(np.isfinite(value) for value in values if isinstance(value, float))
