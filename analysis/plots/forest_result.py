"""From a synthesis of the engine to its forest plot: arms, pools, tests, methods, who is left out."""

from collections.abc import Mapping
from dataclasses import replace

from analysis.meta import MEASURES, Arm, Pooled, StudyResult, Summary, Synthesis
from analysis.plots.forest_data import (
    ArmNumbers,
    Effect,
    EffectTest,
    ForestData,
    GroupTest,
    Heterogeneity,
    Judgement,
    LeftOut,
    PooledRow,
    Prediction,
    StudyGroup,
    StudyRow,
)
from analysis.plots.forest_style import HOUSE
from analysis.plots.forest_words import effect_text

_NAMES = {
    "OR": "Odds ratio",
    "RR": "Risk ratio",
    "RD": "Risk difference",
    "AS": "Arcsine difference",
    "MD": "Mean difference",
    "SMD": "Std. mean difference",
    "SMDH": "Std. mean difference",
    "ROM": "Ratio of means",
}
_TAU2 = {
    "DL": "DerSimonian-Laird",
    "PM": "Paule-Mandel",
    "EB": "empirical Bayes",
    "SJ": "Sidik-Jonkman",
    "HE": "Hedges",
    "HS": "Hunter-Schmidt",
}
# Heads the estimates in RevMan, and names the model in the small print.
_POOLING = {"inverse": "IV", "mh": "M-H", "peto": "Peto", "glmm": "GLMM"}
_POOLING_NAMES = {"mh": "Mantel-Haenszel", "peto": "Peto", "glmm": "mixed model"}
_CI = {
    "wald": "Wald",
    "t": "t with the Wald standard error",
    "hk": "Hartung-Knapp",
    "hk_adhoc": "Hartung-Knapp, not below Wald",
}
_CI_REASON = {"k_below_3": "fewer than 3 studies", "tau2_zero": "tau² is 0"}
_NOTES = {
    "double_zero_kept": "Studies without events in either arm are kept, with the constant added.",
    "ci_zero_width": "All estimates are equal, so the Hartung-Knapp interval has no width.",
    "clipped": "An interval reached beyond what is possible and is cut there.",
}
_PREDICTION_DF = {"V": "k − 1", "HTS": "k − 2", "HK": "k − 1", "HK-PR": "k − 2"}
_LEFT_OUT = {
    "double_zero": "no events in either arm",
    "not_estimable": "effect not estimable",
    "zero_variance": "no variance, so no weight",
}


def forest_of(
    synthesis: Synthesis,
    *,
    title: str,
    arms: tuple[str, ...] = ("Experimental", "Control"),
    favours: tuple[str, str] | None = None,
    axis_label: str = "",
    subgroup: str = "",
    domains: tuple[str, ...] = (),
    judgements: Mapping[str, tuple[Judgement | None, ...]] | None = None,
    left_out: tuple[LeftOut, ...] = (),
) -> ForestData:
    """Lay out a synthesis as a forest plot: numbers of the arms, pools, tests, methods, who is left out.

    Parameters
    ----------
    synthesis : Synthesis
    title : str
    arms : tuple of str
        Names of the arms, experimental first; not used for proportions, which have one.
    favours : (str, str), optional
        Words under the left and the right side of the null line.
    axis_label : str
    subgroup : str
        What the groups differ in; stands before each group's name.
    domains : tuple of str
        Domains of risk of bias.
    judgements : mapping of study id to judgements, optional
        In the order of `domains`.
    left_out : tuple of LeftOut
        Studies that were not given to the engine, with the reason.

    Returns
    -------
    ForestData

    Examples
    --------
    >>> from analysis.meta import Settings, StudyData, synthesise
    >>> arms = [(Arm(events=4, total=123), Arm(events=11, total=139)),
    ...         (Arm(events=6, total=306), Arm(events=29, total=303))]
    >>> found = synthesise([StudyData(str(i), f"Trial {i}", a) for i, a in enumerate(arms)], Settings("RR"))
    >>> data = forest_of(found, title="Tuberculosis", arms=("BCG", "None"))
    >>> data.method, data.total.label
    ('IV, random', 'Total (95% CI)')
    """
    spec = MEASURES[synthesis.settings.measure]
    rows = {study.id: _row(study, domains, judgements or {}) for study in synthesis.studies}
    test = synthesis.subgroup_test
    prediction = synthesis.overall.prediction
    few = " (fewer than 5 studies)" if prediction is not None and prediction.marked else ""
    data = ForestData(
        title=title,
        measure_label=measure_label_of(synthesis),
        rows=() if synthesis.subgroups else tuple(rows.values()),
        groups=_groups(synthesis, rows, subgroup),
        total=_pooled_row("Total", synthesis.overall, synthesis),
        prediction=Prediction(prediction.low, prediction.high, f"Prediction interval{few}")
        if prediction is not None
        else None,
        notes=method_lines(synthesis),
        log_scale=spec.no_effect == 1.0,
        null_line=spec.no_effect,
        favours=favours if spec.no_effect is not None else None,
        axis_label=axis_label,
        percent=spec.kind == "proportion",
        arms=arms if spec.arms == 2 else (),
        method=f"{_POOLING[synthesis.settings.pooling]}, {synthesis.settings.model}",
        group_test=None if test is None else GroupTest(test.q, test.df, test.p_value, test.i2),
        left_out=left_out,
        domains=domains,
    )
    return replace(data, notes=(*data.notes, *_remarks(synthesis, data)))


def _remarks(synthesis: Synthesis, data: ForestData) -> list[str]:
    """Return what a reader must know beside the numbers."""
    found = [_NOTES[note] for note in synthesis.overall.notes if note in _NOTES]
    wald = synthesis.overall.alternative
    if wald is not None:
        shown = effect_text(effect_of(wald), data, HOUSE)
        found.append(f"The Hartung-Knapp interval is narrower than the Wald one, which gives {shown}.")
    return found


def _row(
    study: StudyResult, domains: tuple[str, ...], judgements: Mapping[str, tuple[Judgement | None, ...]]
) -> StudyRow:
    effect = None
    if study.estimate is not None and study.ci_low is not None and study.ci_high is not None:
        effect = Effect(study.estimate, study.ci_low, study.ci_high)
    return StudyRow(
        label=study.label,
        effect=effect,
        weight_percent=study.weight_percent,
        is_corrected=study.corrected,
        arms=tuple(_arm(arm) for arm in study.arms),
        judgements=judgements.get(study.id, (None,) * len(domains)),
        left_out="" if study.left_out is None else _LEFT_OUT[study.left_out],
    )


def _arm(arm: Arm) -> ArmNumbers:
    total = arm.total if arm.total is not None else arm.n
    return ArmNumbers(total=total or 0, events=arm.events, mean=arm.mean, sd=arm.sd)


def _groups(synthesis: Synthesis, rows: Mapping[str, StudyRow], subgroup: str) -> tuple[StudyGroup, ...]:
    if not synthesis.subgroups:
        return ()
    summaries = {group.name: group.summary for group in synthesis.subgroups}
    members: dict[str | None, list[StudyRow]] = {name: [] for name in summaries}
    for study in synthesis.studies:
        members.setdefault(study.subgroup, []).append(rows[study.id])
    # Those whose group is not known come last.
    unknown = members.pop(None, [])
    before = f"{subgroup}: " if subgroup else ""
    groups = []
    for name, studies in members.items():
        summary = summaries.get(name or "")
        single = ("One study, not pooled",) if summary is not None and summary.status == "single" else ()
        subtotal = None if summary is None else _pooled_row("Subtotal", summary, synthesis)
        groups.append(StudyGroup(f"{before}{name}", tuple(studies), subtotal, single))
    if unknown:
        groups.append(StudyGroup(f"{before}not reported", tuple(unknown)))
    return tuple(groups)


def _pooled_row(name: str, summary: Summary, synthesis: Synthesis) -> PooledRow | None:
    pooled = summary.pooled
    if pooled is None:
        return None
    heterogeneity = test = None
    level = synthesis.settings.level
    if (
        summary.q is not None
        and summary.q_df is not None
        and summary.q_p is not None
        and summary.i2 is not None
    ):
        limits = summary.tau2_ci_low, summary.tau2_ci_high
        heterogeneity = Heterogeneity(
            summary.q, summary.q_df, summary.q_p, summary.i2, summary.tau2, *limits, level
        )
    if pooled.statistic is not None and pooled.p_value is not None:
        test = EffectTest(pooled.statistic, pooled.p_value, pooled.df)
    return PooledRow(
        f"{name} ({_level(synthesis)} CI)", effect_of(pooled), heterogeneity=heterogeneity, test=test
    )


def method_lines(synthesis: Synthesis) -> tuple[str, ...]:
    """Return the label that every pooled result carries."""
    summary, settings = synthesis.overall, synthesis.settings
    if summary.pooled is None:
        return ()
    model = "Common effect" if settings.model == "common" else "Random effects"
    how = _POOLING_NAMES.get(settings.pooling, "")
    if settings.pooling == "inverse" and settings.model == "random":
        how = _TAU2.get(settings.tau2_method, settings.tau2_method)
    parts = [f"{model}, {how}" if how else model]
    reason = _CI_REASON.get(summary.ci_reason or "")
    parts.append(f"CI: {_CI[summary.pooled.ci_method]}" + (f" ({reason})" if reason else ""))
    if summary.prediction is not None:
        parts.append(f"PI: t({_PREDICTION_DF[summary.prediction.method]})")
    parts.append("I² from tau²" if summary.i2_basis == "tau2" else "I² from Q")
    return (f"{'; '.join(parts)}; engine {synthesis.engine_version}.",)


def measure_label_of(synthesis: Synthesis) -> str:
    measure = synthesis.settings.measure
    name = "Proportion, %" if MEASURES[measure].kind == "proportion" else _NAMES.get(measure, measure)
    return f"{name} [{_level(synthesis)} CI]"


def _level(synthesis: Synthesis) -> str:
    return f"{100 * synthesis.settings.level:g}%"


def effect_of(pooled: Pooled) -> Effect:
    return Effect(pooled.estimate, pooled.ci_low, pooled.ci_high)
