"""Results in words: the line of settings, the sentence for a paper, causes and differences.

Everything is read from the stored result, so that a page, a figure and the report say the same.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from analysis import comparison
from analysis.selectors.appraisals import OVERALL, Light
from analysis.synthesis_settings import CONTINUOUS_MEASURES, MEASURE_WORDS, PROPORTIONS
from analysis.wording_small_study import small_study
from reviews.templatetags.perennial import THIN, decimal, p_value, pct, thin

Values = Mapping[str, Any]
_THOUSANDS = re.compile(r"(?<![\d.])\d{4,}(?![\d.])")

_SHORT_MEASURE = {
    "PR": "raw proportions",
    "PLN": "log proportions",
    "PLO": "logit proportions",
    "PAS": "arcsine proportions",
    "PFT": "double arcsine proportions",
    "OR": "odds ratio",
    "RR": "risk ratio",
    "RD": "risk difference",
    "AS": "arcsine difference",
    "MD": "mean difference",
    "SMD": "standardised mean difference",
    "SMDH": "standardised mean difference (unequal variances)",
    "ROM": "ratio of means",
}
_TAU2 = {
    "REML": "REML",
    "DL": "DerSimonian-Laird",
    "PM": "Paule-Mandel",
    "ML": "maximum likelihood",
    "EB": "empirical Bayes",
    "SJ": "Sidik-Jonkman",
    "HE": "Hedges",
    "HS": "Hunter-Schmidt",
}
_POOLING = {"mh": "Mantel-Haenszel", "peto": "Peto", "glmm": "generalised linear mixed model"}
_CI = {
    "wald": "Wald interval",
    "t": "Wald interval with t",
    "hk": "Hartung-Knapp interval",
    "hk_adhoc": "Hartung-Knapp interval (not below Wald)",
}
_CI_REASON = {
    "common_model": "Wald, because the common-effect model has no other interval",
    "counts": "Wald, because the model of the counts has no other interval",
    "k_below_3": "Wald, because Hartung-Knapp needs at least 3 studies",
    "tau2_zero": "Wald, because tau² is 0 and Hartung-Knapp could be too narrow",
}
_PREDICTION_REASON = {
    "not_requested": "No prediction interval is asked for.",
    "common_model": "The common-effect model has no prediction interval.",
    "k_below_3": "No prediction interval: it needs at least 3 studies.",
}
OTHER_STATUS = {
    "not_extracted": "Not yet extracted",
    "not_reported": "Result not reported",
    "unusable": "Reported but unusable",
    "one_arm": "No agreed data of the arms that this measure needs",
    "outside": "Outside the studies that this analysis is about",
    "filter_not_reported": "The characteristic that this analysis asks for is not reported",
    "question": "Two results: a person has to choose",
}
NOTES = {
    "continuity_correction": "A constant was added to the cells of studies with an empty one.",
    "double_zero_kept": "Studies without events in either arm are kept, with the constant added.",
    "ci_zero_width": "All estimates are equal, so the Hartung-Knapp interval has no width.",
    "clipped": "An interval reached beyond what is possible and is cut there.",
}
LEFT_OUT = {
    "double_zero": "no events in either arm",
    "not_estimable": "effect not estimable",
    "zero_variance": "no variance, so no weight",
}
_CAUSES = {
    "spec_created": "The analysis was planned",
    "spec_revised": "The settings were changed (version {version}): {reason}",
    "study_included": "{label} was included",
    "study_removed": "{label} was taken out",
    "study_changed": "{label} was changed",
    "datum_agreed": "The result of {label} was agreed or corrected",
    "characteristic_agreed": "A characteristic of {label} was agreed or corrected",
    "protocol_frozen": "The protocol was frozen",
    "protocol_amended": "The protocol was amended",
    "engine_changed": "The statistics engine has a new version",
    "asked": "Somebody asked for it",
}
_MOST_CAUSES = 4
_MANY = {
    "spec_revised": "The settings were changed {n} times",
    "study_included": "{n} studies were included",
    "study_removed": "{n} studies were taken out",
    "study_changed": "{n} studies were changed",
    "datum_agreed": "{n} results were agreed or corrected",
    "characteristic_agreed": "{n} characteristics were agreed or corrected",
    "protocol_amended": "The protocol was amended {n} times",
}
_SETTING_NAMES = {
    "measure": "measure",
    "pooling": "way of pooling",
    "model": "model",
    "tau2_method": "estimator of tau²",
    "ci_method": "interval",
    "level": "confidence level",
    "prediction": "prediction interval",
    "add": "continuity correction",
    "to": "where the correction is added",
    "drop00": "studies without events",
    "subgroup_tau2": "tau² of subgroups",
    "bias_test": "test of small-study effects",
    "bias_test_on_request": "test below 10 studies",
    "pft_size": "size for the back-transformation",
    "chosen": "choice of results",
}


def counted(n: int, one: str, many: str) -> str:
    """A number with its noun: "1 study", "13 studies"."""
    return f"{thin(n)} {one if n == 1 else many}"


def is_proportion(settings: Values) -> bool:
    return settings["measure"] in PROPORTIONS


def display(value: float, settings: Values) -> str:
    """One number on the display scale."""
    return pct(value) if is_proportion(settings) else decimal(value, 2)


def level(settings: Values) -> str:
    return f"{100 * float(settings['level']):g}{THIN}%"


def with_interval(estimate: Values, settings: Values) -> str:
    """An estimate with its interval: "81 % (95 % CI 69 to 89)"."""
    low, high = (display(estimate[name], settings) for name in ("ci_low", "ci_high"))
    if is_proportion(settings):
        low, high = low.removesuffix(f"{THIN}%"), high.removesuffix(f"{THIN}%")
    return f"{display(estimate['estimate'], settings)} ({level(settings)} CI {low} to {high})"


def model_name(settings: Values) -> str:
    """The model with its estimator: "random effects (REML)"."""
    pooling = settings.get("pooling", "inverse")
    if settings["model"] == "common":
        return "common effect" if pooling == "inverse" else f"common effect ({_POOLING[pooling]})"
    return f"random effects ({_TAU2[settings['tau2_method']] if pooling == 'inverse' else _POOLING[pooling]})"


def method(result: comparison.Outcome) -> str:
    """Model and interval as used: "random effects (REML), Wald interval"."""
    model = model_name(result.settings)
    pooled = result.outputs["overall"]["pooled"] if result.status == "pooled" else None
    return f"{model}, {_CI[pooled['ci_method']]}" if pooled else model


def settings_line(settings: Values, *, subgroup: str = "", filters: Values | None = None) -> str:
    """The settings of a spec in one line of words."""
    parts = [MEASURE_WORDS[settings["measure"]], model_name(settings)]
    if settings["model"] == "random":
        choice = settings["ci_method"]
        parts.append("Hartung-Knapp where possible, else Wald" if choice == "auto" else _CI[choice])
    if subgroup:
        parts.append(f"by {subgroup.lower()}")
    parts += [
        f"only {key.replace('_', ' ').replace('-', ' ')}: {value}" for key, value in (filters or {}).items()
    ]
    return ", ".join(parts)


def contributors(result: comparison.Outcome) -> str:
    """Who contributes: "4 of 18 included studies; 14 without a result"."""
    k, every = comparison.k_of(result), comparison.included(result)
    statuses = [other["status"] for other in result.inputs["others"]]
    outside = sum(status in {"outside", "filter_not_reported"} for status in statuses)
    asked = statuses.count("question")
    # What the engine itself left out (no events, say) is without a usable result too.
    without = every - k - outside - asked
    parts = [f"{without} without a result"] if without else []
    parts += [f"{outside} outside this analysis"] if outside else []
    parts += [f"{asked} waiting for a choice of result"] if asked else []
    line = f"{k} of {counted(every, 'included study', 'included studies')}"
    return f"{line}; {', '.join(parts)}" if parts else line


def participants(result: comparison.Outcome) -> int:
    """People in the studies that contribute."""
    size = "n" if result.settings["measure"] in CONTINUOUS_MEASURES else "total"
    arms = (arm for study in result.inputs["studies"] for arm in study["arms"])
    return sum(int(arm[size]) for arm in arms)


def spaced(text: str) -> str:
    """The same text with the thousands of its whole numbers set apart: "505/88391" is "505/88 391"."""
    return _THOUSANDS.sub(lambda found: thin(int(found[0])), text)


def heterogeneity(summary: Values) -> str:
    """tau², Q and I² of a pool."""
    parts = []
    if summary["tau2"] is not None:
        parts.append(f"tau² = {decimal(summary['tau2'], 3)}")
    p = p_value(summary["q_p"])
    equals = "" if p[0] in "<>" else "= "
    parts.append(f"Q = {decimal(summary['q'], 2)}, df = {summary['q_df']} (p {equals}{p})")
    parts.append(f"I² = {i2(summary)}")
    return "; ".join(parts)


def i2(summary: Values) -> str:
    return f"{summary['i2']:.0f}{THIN}%"


def sentence(result: comparison.Outcome) -> str:
    """What one may paste into a paper."""
    name, settings = result.inputs["spec"], result.settings
    estimate = comparison.shown_estimate(result)
    every = counted(comparison.included(result), "included study", "included studies")
    if result.status == "refused":
        return f"{name}: no result. {result.outputs['refused']['sentence']}"
    if estimate is None:
        return f"{name}: no result, for {contributors(result)}."
    people = counted(participants(result), "participant", "participants")
    if result.status == "single":
        study = next(item for item in result.outputs["studies"] if item["estimate"] is not None)
        return (
            f"{name}: {with_interval(estimate, settings)} in one study ({study['label']}), {people}; "
            f"1 of {every} contributes, so nothing is pooled."
        )
    summary = result.outputs["overall"]
    return (
        f"{name}: {_named_measure(settings)}{with_interval(estimate, settings)}; "
        f"{summary['k']} of {every}, {people}; {method(result)}; I² {i2(summary)}."
    )


def _named_measure(settings: Values) -> str:
    return "" if is_proportion(settings) else f"{_SHORT_MEASURE[settings['measure']]} "


def remarks(result: comparison.Outcome) -> list[str]:
    """What a reader must know beside the numbers."""
    if "overall" not in result.outputs:
        return []
    summary = result.outputs["overall"]
    found = [f"Interval: {_CI_REASON[summary['ci_reason']]}."] if summary["ci_reason"] else []
    if summary["alternative"]:
        wald = with_interval(summary["alternative"], result.settings)
        found.append(f"The Hartung-Knapp interval is narrower than the Wald one, which gives {wald}.")
    if result.status == "pooled":
        found += _prediction(summary, result.settings)
    found += [NOTES[note] for note in summary["notes"]]
    for study in result.outputs["studies"]:
        if study["left_out"]:
            found.append(f"{study['label']} is not pooled: {LEFT_OUT[study['left_out']]}.")
    return found + _parts(result.outputs)


def _parts(outputs: Values) -> list[str]:
    """Parts of the studies that have no pool although all together have one."""
    found = [
        f"{group['name']}: these studies alone determine no estimate, so nothing is pooled."
        for group in outputs["subgroups"]
        if group["summary"]["status"] == "none"
    ]
    if entered := {entry["study_id"] for entry in outputs["leave_one_out"]}:
        found += [
            f"Without {study['label']} the others determine no estimate."
            for study in outputs["studies"]
            if not study["left_out"] and study["id"] not in entered
        ]
    return found


def _prediction(summary: Values, settings: Values) -> list[str]:
    interval = summary["prediction"]
    if interval is None:
        return [_PREDICTION_REASON[summary["prediction_reason"]]] if summary["prediction_reason"] else []
    low, high = display(interval["low"], settings), display(interval["high"], settings)
    few = " It rests on fewer than 5 studies and says little." if interval["marked"] else ""
    return [f"{level(settings)} prediction interval: {low} to {high}.{few}"]


def bias(result: comparison.Outcome) -> list[str]:
    """The test of small-study effects in words, or why it was not done."""
    return small_study(result.outputs)


def cause(change: Values) -> str:
    """Why a run came to be, one change."""
    return _CAUSES[change["kind"]].format(**{"label": "", "version": "", "reason": "", **change})


def causes(changes: Sequence[Values]) -> tuple[str, ...]:
    """Why a run came to be, one line for each change, or for each kind where there are many."""
    if len(changes) <= _MOST_CAUSES:
        return tuple(cause(change) for change in changes)
    by_kind: dict[str, list[Values]] = {}
    for change in changes:
        by_kind.setdefault(change["kind"], []).append(change)
    return tuple(
        cause(found[0]) if len(found) == 1 else _MANY[kind].format(n=thin(len(found)))
        for kind, found in by_kind.items()
    )


def difference(change: Values, settings: Values) -> list[str]:
    """What a run changed, in short sentences; empty for a first run."""
    if change["k"][0] is None:
        return []
    found = [f"In: {_labels(change['studies_in'])}"] if change["studies_in"] else []
    if change["studies_out"]:
        found.append(f"Out: {_labels(change['studies_out'])}")
    found += [
        f"{item['label']}: {item['before']} became {item['after']}"
        if item["before"] != item["after"]
        else f"{item['label']}: named anew"
        for item in change["changed"]
    ]
    if change["included"][0] != change["included"][1]:
        found.append(f"Included studies: {change['included'][0]} became {change['included'][1]}")
    if change["settings"]:
        found.append("Settings: " + ", ".join(_SETTING_NAMES[name] for name in change["settings"]))
    if change["direction"] in {"up", "down"}:
        before, after = (with_interval(item, settings) for item in change["estimate"])
        word = "rose" if change["direction"] == "up" else "fell"
        found.append(f"The estimate {word} from {before} to {after}")
    elif change["direction"] == "same":
        found.append("The estimate did not move")
    return found or ["Only what surrounds the numbers changed"]


def alt_text(result: comparison.Outcome) -> str:
    """The forest plot for those who cannot see it."""
    return f"Forest plot. {sentence(result)}"


def judgements(lights: Sequence[Light]) -> str:
    """The figure of judgements for those who cannot see it."""
    held = "; ".join(
        f"{light.label}: {light.judgements.get(OVERALL, 'none').replace('_', ' ')}" for light in lights
    )
    return f"Overall risk of bias of {counted(len(lights), 'result', 'results')}: {held}."


def _labels(items: Sequence[Values]) -> str:
    return ", ".join(str(item["label"]) for item in items)
