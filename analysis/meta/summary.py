"""The rules by which one set of studies is summed up: none, one, or a pool with its intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.meta.arms import Sample
from analysis.meta.backtransform import Shown, barendregt_doi_size, harmonic_mean, shown
from analysis.meta.count_pools import pool_counts
from analysis.meta.effects import Effects
from analysis.meta.errors import NoInformation, NonConvergence, Separation, TooFewStudies
from analysis.meta.intervals import Interval, prediction_interval
from analysis.meta.measures import MEASURES
from analysis.meta.pooling import Pool, pool
from analysis.meta.results import (
    CiReason,
    CiUsed,
    Note,
    Pooled,
    PredictionReason,
    PredictionResult,
    Settings,
    Summary,
)
from analysis.meta.tau2 import Tau2, Tau2Interval, Tau2Method, estimate_tau2, q_profile

LEAST_FOR_HARTUNG_KNAPP = 3
LEAST_FOR_PREDICTION = 3
FEW_FOR_PREDICTION = 5
# Below this share of the Wald standard error a Hartung-Knapp one is rounding noise: the effects are equal.
_NO_WIDTH = 1e-7


@dataclass(frozen=True, slots=True)
class Summarised:
    """A summary with the analysis-scale numbers that a test between groups needs.

    `estimate` and `se` are 0 where there is no study; a single study has its own. `se` is that of the
    reported interval, but the Wald one where that interval has no width, for a group cannot weigh infinitely.
    """

    summary: Summary
    estimate: float
    se: float
    weights: tuple[float, ...]


def summarise(
    sample: Sample, rows: Sequence[int], settings: Settings, *, tau2: Tau2 | None = None
) -> Summarised:
    """Sum up the studies in `rows`.

    Parameters
    ----------
    sample : Sample
    rows : sequence of int
        Usable studies.
    settings : Settings
    tau2 : Tau2, optional
        One shared with other groups.

    Returns
    -------
    Summarised

    Raises
    ------
    NonConvergence
    """
    effects, index = sample.effects, list(rows)
    yi, vi = effects.yi[index], effects.vi[index]
    if not index:
        return Summarised(_no_pool("none", 0, _notes(effects, index)), 0.0, 0.0, ())
    method: Tau2Method = "EE" if settings.model == "common" else settings.tau2_method
    if settings.pooling != "inverse" and len(index) > 1:
        return _of_counts(sample, index, settings)
    between = tau2 or estimate_tau2(yi, vi, method=method)
    if len(index) == 1:
        single = pool(yi, vi, tau2_method=method, tau2=between)
        return Summarised(_no_pool("single", 1, _notes(effects, index)), single.estimate, single.se, ())
    used, reason = _ci_rule(settings, k=len(index), tau2=between.value)
    found = pool(yi, vi, tau2_method=method, ci_method=used, level=settings.level, tau2=between)
    wald = pool(yi, vi, tau2_method=method, level=settings.level, tau2=between)
    # A shared tau2 belongs to all groups together: this group alone cannot give its interval.
    profile = q_profile(yi, vi, level=settings.level) if method != "EE" and tau2 is None else None
    summary = _summary(effects, index, settings, found=found, wald=wald, reason=reason, profile=profile)
    se = found.se_wald if _has_no_width(found) else found.se
    return Summarised(summary, found.estimate, se, tuple(float(weight) for weight in found.weights))


def summarise_part(
    sample: Sample, rows: Sequence[int], settings: Settings, *, tau2: Tau2 | None = None
) -> Summarised:
    """Sum up some of the studies, which may have no pool although all together have one.

    Parameters
    ----------
    sample, rows, settings, tau2
        As for `summarise`.

    Returns
    -------
    Summarised
        With status "none" where these studies alone determine no estimate, as tables without events do not,
        or where the model has no solution for them.
    """
    try:
        return summarise(sample, rows, settings, tau2=tau2)
    except (NoInformation, NonConvergence, Separation, TooFewStudies):
        return Summarised(_no_pool("none", len(rows), _notes(sample.effects, list(rows))), 0.0, 0.0, ())


def _of_counts(sample: Sample, index: list[int], settings: Settings) -> Summarised:
    found = pool_counts(sample, index, settings)
    asked = settings.ci_method != "wald"
    reason: CiReason | None = None
    if asked:
        reason = "common_model" if settings.model == "common" else "counts"
    summary = _summary(sample.effects, index, settings, found=found, wald=found, reason=reason, profile=None)
    return Summarised(summary, found.estimate, found.se, tuple(float(weight) for weight in found.weights))


def heterogeneity_i2(q: float, df: int) -> float:
    """I2 in percent from a chi-square statistic."""
    return 100 * max(0.0, (q - df) / q) if q > 0 else 0.0


def _has_no_width(found: Pool) -> bool:
    return found.se <= _NO_WIDTH * found.se_wald


def _ci_rule(settings: Settings, *, k: int, tau2: float) -> tuple[CiUsed, CiReason | None]:
    if settings.model == "common":
        return "wald", "common_model" if settings.ci_method != "wald" else None
    if settings.ci_method != "auto":
        return settings.ci_method, None
    if k < LEAST_FOR_HARTUNG_KNAPP:
        return "wald", "k_below_3"
    return ("hk", None) if tau2 > 0 else ("wald", "tau2_zero")


def _summary(
    effects: Effects,
    index: list[int],
    settings: Settings,
    *,
    found: Pool,
    wald: Pool,
    reason: CiReason | None,
    profile: Tau2Interval | None,
) -> Summary:
    size = _back_size(effects, index, settings, se=found.se_wald)
    pooled = as_pooled(found, settings, size=size)
    narrower = found.ci_method != "wald" and found.ci.width < wald.ci.width
    prediction, prediction_reason = _prediction(found, settings, size=size)
    random = settings.model == "random"
    spread = found.heterogeneity
    clipped = pooled.clipped
    notes = _notes(effects, index)
    if _has_no_width(found):
        notes.append("ci_zero_width")
    if clipped:
        notes.append("clipped")
    return Summary(
        status="pooled",
        k=found.k,
        pooled=pooled,
        alternative=as_pooled(wald, settings, size=size) if narrower else None,
        ci_reason=reason,
        prediction=prediction,
        prediction_reason=prediction_reason,
        tau2=found.tau2.value if random else None,
        tau=float(np.sqrt(found.tau2.value)) if random else None,
        tau2_se=found.tau2.se if random else None,
        tau2_ci_low=profile.low if profile else None,
        tau2_ci_high=profile.high if profile else None,
        q=spread.q,
        q_df=spread.q_df,
        q_p=spread.q_p,
        i2=spread.i2,
        i2_basis="tau2" if random else "q",
        i2_q=spread.i2_q,
        h=float(np.sqrt(spread.h2)),
        back_n=size,
        notes=tuple(notes),
    )


def _back_size(effects: Effects, index: list[int], settings: Settings, *, se: float) -> float | None:
    if MEASURES[settings.measure].scale != "arcsine":
        return None
    return (
        barendregt_doi_size(se) if settings.pft_size == "barendregt_doi" else harmonic_mean(effects.ni[index])
    )


def _show(value: float, settings: Settings, size: float | None) -> Shown:
    spec = MEASURES[settings.measure]
    return shown(value, scale=spec.scale, n=size, bounded=spec.kind == "proportion")


def as_pooled(found: Pool, settings: Settings, *, size: float | None) -> Pooled:
    """A pool on both scales; `size` is that of a double arcsine's back-transformation."""
    ci: Interval = found.ci
    seen = [_show(value, settings, size) for value in (found.estimate, ci.low, ci.high)]
    # A proportion has no "no effect": a test of its transformed zero would be one of 50 %.
    tested = MEASURES[settings.measure].no_effect is not None and not _has_no_width(found)
    return Pooled(
        estimate=seen[0].value,
        ci_low=seen[1].value,
        ci_high=seen[2].value,
        analysis_estimate=found.estimate,
        analysis_ci_low=ci.low,
        analysis_ci_high=ci.high,
        se=found.se,
        statistic_name="z" if found.df is None else "t",
        statistic=found.statistic if tested else None,
        df=found.df,
        p_value=found.p_value if tested else None,
        ci_method=found.ci_method,
        clipped=any(item.clipped for item in seen),
    )


def _prediction(
    found: Pool, settings: Settings, *, size: float | None
) -> tuple[PredictionResult | None, PredictionReason | None]:
    if settings.prediction == "none":
        return None, "not_requested"
    if settings.model == "common":
        return None, "common_model"
    if found.k < LEAST_FOR_PREDICTION:
        return None, "k_below_3"
    limits = prediction_interval(
        found.estimate,
        se=found.se_wald,
        se_hk=found.se if found.ci_method in ("hk", "hk_adhoc") else found.se_hk,
        tau2=found.tau2.value,
        k=found.k,
        method=settings.prediction,
        level=settings.level,
    )
    assert limits.df is not None
    return PredictionResult(
        method=settings.prediction,
        low=_show(limits.low, settings, size).value,
        high=_show(limits.high, settings, size).value,
        analysis_low=limits.low,
        analysis_high=limits.high,
        df=limits.df,
        marked=found.k < FEW_FOR_PREDICTION,
    ), None


def _notes(effects: Effects, index: list[int]) -> list[Note]:
    notes: list[Note] = []
    if bool(np.any(effects.corrected[index])):
        notes.append("continuity_correction")
    if bool(np.any(effects.double_zero[index])):
        notes.append("double_zero_kept")
    return notes


def _no_pool(status: str, k: int, notes: list[Note]) -> Summary:
    return Summary(
        status="single" if status == "single" else "none",
        k=k,
        pooled=None,
        alternative=None,
        ci_reason=None,
        prediction=None,
        prediction_reason=None,
        tau2=None,
        tau=None,
        tau2_se=None,
        tau2_ci_low=None,
        tau2_ci_high=None,
        q=None,
        q_df=None,
        q_p=None,
        i2=None,
        i2_basis=None,
        i2_q=None,
        h=None,
        back_n=None,
        notes=tuple(notes),
    )
