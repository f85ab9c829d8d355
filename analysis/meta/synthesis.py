"""One call from arm data and settings to everything that is shown of a pooling."""

from collections.abc import Sequence

import numpy as np

from analysis.meta.arms import Sample, study_sample
from analysis.meta.backtransform import shown
from analysis.meta.effects import Effects
from analysis.meta.errors import ImpossibleData
from analysis.meta.intervals import interval
from analysis.meta.measures import MEASURES
from analysis.meta.results import (
    Arm,
    BiasTest,
    LeaveOneOut,
    LeftOut,
    Pooled,
    PredictionResult,
    Settings,
    StudyData,
    StudyResult,
    Subgroup,
    SubgroupTest,
    Summary,
    Synthesis,
)
from analysis.meta.sensitivity import study_influences, trim_fill_result
from analysis.meta.small_study import small_study_test
from analysis.meta.subgroups import between_groups, group_design, group_members
from analysis.meta.summary import Summarised, heterogeneity_i2, summarise, summarise_part
from analysis.meta.tau2 import Tau2, estimate_tau2
from analysis.meta.version import ENGINE_VERSION

__all__ = [
    "Arm",
    "BiasTest",
    "LeaveOneOut",
    "Pooled",
    "PredictionResult",
    "Settings",
    "StudyData",
    "StudyResult",
    "Subgroup",
    "SubgroupTest",
    "Summary",
    "Synthesis",
    "synthesise",
]


def synthesise(studies: Sequence[StudyData], settings: Settings) -> Synthesis:
    """Pool studies as the settings say.

    Parameters
    ----------
    studies : sequence of StudyData
        Any number, also none; the order is kept.
    settings : Settings

    Returns
    -------
    Synthesis
        With one usable study its own estimate and no pool; with none a status and nothing else.

    Raises
    ------
    ImpossibleData
        Arm data that are missing, of the wrong number of arms, or that no study can have.
    NonConvergence
        An iterative estimator found no solution.

    Examples
    --------
    >>> arms = [(16, 21), (32, 38)]
    >>> data = [StudyData(str(i), str(i), (Arm(events=x, total=n),)) for i, (x, n) in enumerate(arms)]
    >>> found = synthesise(data, Settings(measure="PLO", ci_method="wald")).pooled
    >>> round(100 * found.estimate), round(100 * found.ci_low), round(100 * found.ci_high)
    (81, 69, 89)
    """
    _refuse_duplicates(studies)
    sample = study_sample(studies, settings)
    effects = sample.effects
    reasons = _left_out(effects, settings)
    rows = [row for row, reason in enumerate(reasons) if reason is None]
    overall = summarise(sample, rows, settings)
    subgroups, test = _subgroups(studies, sample, rows, settings)
    bias, bias_reason = small_study_test(sample, rows, settings)
    filled, filled_reason = trim_fill_result(sample, rows, settings, overall.summary)
    return Synthesis(
        engine_version=ENGINE_VERSION,
        settings=settings,
        studies=_study_results(studies, effects, reasons, overall, settings),
        overall=overall.summary,
        subgroups=subgroups,
        subgroup_test=test,
        not_in_subgroup_test=tuple(studies[row].id for row in rows if studies[row].subgroup is None)
        if subgroups
        else (),
        bias=bias,
        bias_reason=bias_reason,
        leave_one_out=_leave_one_out(studies, sample, rows, settings),
        influence=study_influences([study.id for study in studies], sample, rows, settings, overall.summary),
        trim_fill=filled,
        trim_fill_reason=filled_reason,
    )


def _refuse_duplicates(studies: Sequence[StudyData]) -> None:
    seen: set[str] = set()
    for study in studies:
        if study.id in seen:
            raise ImpossibleData(f"Study {study.label!r} is given twice; pass each study once.")
        seen.add(study.id)


def _left_out(effects: Effects, settings: Settings) -> list[LeftOut | None]:
    reasons: list[LeftOut | None] = []
    for usable, double_zero, vi in zip(effects.usable, effects.double_zero, effects.vi, strict=True):
        if not usable:
            reasons.append("double_zero" if double_zero and settings.drop00 else "not_estimable")
        else:
            reasons.append(None if vi > 0 else "zero_variance")
    return reasons


def _study_results(
    studies: Sequence[StudyData],
    effects: Effects,
    reasons: Sequence[LeftOut | None],
    overall: Summarised,
    settings: Settings,
) -> tuple[StudyResult, ...]:
    weights = iter(overall.weights)
    # A generalised linear mixed model gives no study a weight.
    weighs = overall.summary.status == "pooled" and bool(overall.weights)
    return tuple(
        _study_result(
            study,
            effects,
            row,
            reason=reasons[row],
            weight=next(weights) if weighs and reasons[row] is None else None,
            settings=settings,
        )
        for row, study in enumerate(studies)
    )


def _study_result(
    study: StudyData,
    effects: Effects,
    row: int,
    *,
    reason: LeftOut | None,
    weight: float | None,
    settings: Settings,
) -> StudyResult:
    spec = MEASURES[settings.measure]
    values: list[float] | None = None
    clipped = False
    if reason in (None, "zero_variance"):
        yi, vi = float(effects.yi[row]), float(effects.vi[row])
        limits = interval(yi, float(np.sqrt(vi)), level=settings.level, df=None)
        size = float(effects.ni[row])
        found = [
            shown(value, scale=spec.scale, n=size, bounded=spec.kind == "proportion")
            for value in (yi, limits.low, limits.high)
        ]
        values, clipped = [item.value for item in found], any(item.clipped for item in found)
    return StudyResult(
        id=study.id,
        label=study.label,
        subgroup=study.subgroup,
        arms=study.arms,
        yi=float(effects.yi[row]) if values else None,
        vi=float(effects.vi[row]) if values else None,
        estimate=values[0] if values else None,
        ci_low=values[1] if values else None,
        ci_high=values[2] if values else None,
        weight_percent=weight,
        corrected=bool(effects.corrected[row]),
        double_zero=bool(effects.double_zero[row]),
        clipped=clipped,
        left_out=reason,
    )


def _subgroups(
    studies: Sequence[StudyData], sample: Sample, rows: Sequence[int], settings: Settings
) -> tuple[tuple[Subgroup, ...], SubgroupTest | None]:
    named = [(row, group) for row in rows if (group := studies[row].subgroup) is not None]
    members = group_members([group for _, group in named], len(named))
    shared = _shared_tau2(sample.effects, named, members, settings)
    groups: list[Subgroup] = []
    estimates: list[tuple[float, float]] = []
    for name, places in members.items():
        chosen = [named[place][0] for place in places]
        found = summarise_part(sample, chosen, settings, tau2=shared)
        if found.summary.status != "none":
            estimates.append((found.estimate, found.se))
        groups.append(Subgroup(name, tuple(studies[row].id for row in chosen), found.summary))
    return tuple(groups), _subgroup_test(estimates, settings)


def _shared_tau2(
    effects: Effects, named: Sequence[tuple[int, str]], members: dict[str, list[int]], settings: Settings
) -> Tau2 | None:
    if settings.subgroup_tau2 == "separate" or settings.model == "common" or len(members) < 2:
        return None
    rows = [row for row, _ in named]
    design = group_design(members, len(rows))
    return estimate_tau2(effects.yi[rows], effects.vi[rows], method=settings.tau2_method, design=design)


def _subgroup_test(estimates: Sequence[tuple[float, float]], settings: Settings) -> SubgroupTest | None:
    if len(estimates) < 2:
        return None
    test = between_groups([value for value, _ in estimates], [se for _, se in estimates])
    return SubgroupTest(
        q=test.statistic,
        df=test.df,
        p_value=test.p_value,
        i2=heterogeneity_i2(test.statistic, test.df),
        tau2=None if settings.model == "common" else settings.subgroup_tau2,
    )


def _leave_one_out(
    studies: Sequence[StudyData], sample: Sample, rows: Sequence[int], settings: Settings
) -> tuple[LeaveOneOut, ...]:
    # Without one of two studies a single one is left, which is no pool.
    if len(rows) < 3:
        return ()
    entries: list[LeaveOneOut] = []
    for left in rows:
        summary = summarise_part(sample, [row for row in rows if row != left], settings).summary
        if summary.pooled is None:
            continue
        assert summary.i2 is not None
        assert summary.q is not None
        assert summary.q_p is not None
        entries.append(
            LeaveOneOut(
                study_id=studies[left].id,
                pooled=summary.pooled,
                tau2=summary.tau2,
                i2=summary.i2,
                q=summary.q,
                q_p=summary.q_p,
            )
        )
    return tuple(entries)
