"""From a stored result to its forest plot, in the style of the house and in those of journals."""

from collections.abc import Mapping
from typing import Any

from analysis import bridge, comparison, wording
from analysis.plots import (
    Effect,
    ForestData,
    LeftOut,
    PooledRow,
    Prediction,
    StudyGroup,
    StudyRow,
    forest_result,
)
from analysis.synthesis_settings import CONTINUOUS_MEASURES, MEASURE_WORDS, NO_EFFECT, PROPORTIONS, RATIOS
from reviews.templatetags.perennial import p_value

Values = Mapping[str, Any]

_HEADERS = {
    "proportion": ("Events", "Total"),
    "binary": ("Experimental", "Comparator"),
    "continuous": ("Experimental\nmean (SD), n", "Comparator\nmean (SD), n"),
}
# More names than these would make the small print longer than the figure.
_MOST_NAMED = 12


def forest_of(result: comparison.Outcome) -> ForestData:
    """The forest plot of a result that the engine did not refuse."""
    settings, outputs = result.settings, result.outputs
    measure = settings["measure"]
    percent = measure in PROPORTIONS
    heading = "Proportion, %" if percent else MEASURE_WORDS[measure]
    rows = {study["id"]: _row(study, measure) for study in outputs["studies"]}
    grouped = {key for group in outputs["subgroups"] for key in group["study_ids"]}
    return ForestData(
        title=result.inputs["spec"],
        measure_label=f"{heading} [{wording.level(settings)} CI]",
        rows=() if grouped else tuple(rows.values()),
        groups=_groups(result, rows, grouped),
        column_headers=_HEADERS[_kind(measure)],
        total=_total(result),
        prediction=_prediction(result),
        footer=tuple(_footer(result)),
        notes=tuple(_notes(result)),
        log_scale=measure in RATIOS,
        null_line=NO_EFFECT.get(measure),
        favours=_favours(measure, result.inputs["direction"]),
        axis_label=result.inputs["outcome"],
        percent=percent,
        decimals=0 if percent else 2,
    )


def journal_forest_of(result: comparison.Outcome) -> ForestData:
    """The forest plot of a result for the styles of journals: each number of the arms, tests of each pool."""
    return forest_result.forest_of(
        bridge.synthesis_of(result.outputs),
        title=result.inputs["spec"],
        arms=("Experimental", "Comparator"),
        favours=_favours(result.settings["measure"], result.inputs["direction"]),
        axis_label=result.inputs["outcome"],
        subgroup=result.inputs["subgroup"],
        left_out=tuple(
            LeftOut(other["label"], wording.OTHER_STATUS[other["status"]].lower())
            for other in result.inputs["others"]
        ),
    )


def _kind(measure: str) -> str:
    if measure in PROPORTIONS:
        return "proportion"
    return "continuous" if measure in CONTINUOUS_MEASURES else "binary"


def _row(study: Values, measure: str) -> StudyRow:
    effect = None
    if study["estimate"] is not None:
        effect = Effect(study["estimate"], study["ci_low"], study["ci_high"])
    return StudyRow(
        label=study["label"],
        columns=_columns(study["arms"], measure),
        effect=effect,
        weight_percent=study["weight_percent"],
        is_corrected=study["corrected"],
    )


def _columns(arms: list[Values], measure: str) -> tuple[str, ...]:
    if measure in PROPORTIONS:
        return str(arms[0]["events"]), str(arms[0]["total"])
    return tuple(comparison.data_text([arm]) for arm in arms)


def _groups(
    result: comparison.Outcome, rows: Mapping[str, StudyRow], grouped: set[str]
) -> tuple[StudyGroup, ...]:
    if not grouped:
        return ()
    groups = [
        StudyGroup(
            heading=f"{result.inputs['subgroup']}: {group['name']}",
            rows=tuple(rows[key] for key in group["study_ids"]),
            subtotal=_diamond("Subtotal", group["summary"]),
            notes=_group_notes(group["summary"]),
        )
        for group in result.outputs["subgroups"]
    ]
    rest = tuple(row for key, row in rows.items() if key not in grouped)
    if rest:
        groups.append(StudyGroup(heading=f"{result.inputs['subgroup']}: not reported", rows=rest))
    return tuple(groups)


def _group_notes(summary: Values) -> tuple[str, ...]:
    if summary["status"] != "pooled":
        return ("One study, not pooled",) if summary["status"] == "single" else ()
    return (f"Heterogeneity: {wording.heterogeneity(summary)}",)


def _total(result: comparison.Outcome) -> PooledRow | None:
    return _diamond(f"Total, {wording.model_name(result.settings)}", result.outputs["overall"])


def _diamond(label: str, summary: Values) -> PooledRow | None:
    pooled = summary["pooled"]
    if pooled is None:
        return None
    return PooledRow(label, Effect(pooled["estimate"], pooled["ci_low"], pooled["ci_high"]))


def _prediction(result: comparison.Outcome) -> Prediction | None:
    found = result.outputs["overall"]["prediction"]
    if found is None:
        return None
    few = " (fewer than 5 studies)" if found["marked"] else ""
    return Prediction(found["low"], found["high"], f"Prediction interval{few}")


def _footer(result: comparison.Outcome) -> list[str]:
    summary = result.outputs["overall"]
    found = [f"{wording.contributors(result)}."]
    if result.status == "pooled":
        found.append(f"Model: {wording.method(result)}.")
        found.append(f"Heterogeneity: {wording.heterogeneity(summary)}.")
    test = result.outputs["subgroup_test"]
    if test is not None:
        p = p_value(test["p_value"])
        equals = "" if p[0] in "<>" else "= "
        found.append(f"Subgroup differences: Q = {test['q']:.2f}, df = {test['df']} (p {equals}{p}).")
    return found


def _notes(result: comparison.Outcome) -> list[str]:
    by_status: dict[str, list[str]] = {}
    for other in result.inputs["others"]:
        by_status.setdefault(other["status"], []).append(other["label"])
    found = []
    for status, labels in by_status.items():
        named = ", ".join(labels[:_MOST_NAMED])
        more = f" and {len(labels) - _MOST_NAMED} more" if len(labels) > _MOST_NAMED else ""
        found.append(f"{wording.OTHER_STATUS[status]}: {named}{more}.")
    return found


def _favours(measure: str, direction: str) -> tuple[str, str] | None:
    if measure not in NO_EFFECT or direction == "neither":
        return None
    better, worse = "Favours experimental", "Favours comparator"
    return (worse, better) if direction == "higher" else (better, worse)
