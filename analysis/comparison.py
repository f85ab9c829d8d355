"""What changed between two results of one spec, as values that a page turns into words. KERNEL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# An estimate that moves by less than this share of its size is said not to have moved.
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a result holds, as stored: its inputs, its status and its outputs."""

    inputs: Mapping[str, Any]
    settings: Mapping[str, Any]
    status: str
    outputs: Mapping[str, Any]


def shown_estimate(result: Outcome) -> dict[str, float] | None:
    """The estimate that a reader sees: pooled, or a single study's own; None where there is neither."""
    if result.status == "pooled":
        pooled = result.outputs["overall"]["pooled"]
        return {name: pooled[name] for name in ("estimate", "ci_low", "ci_high")}
    if result.status == "single":
        study = next(item for item in result.outputs["studies"] if item["estimate"] is not None)
        return {name: study[name] for name in ("estimate", "ci_low", "ci_high")}
    return None


def k_of(result: Outcome) -> int:
    """Studies that contribute; where the engine refused, those that would."""
    if "overall" in result.outputs:
        return int(result.outputs["overall"]["k"])
    return len(result.inputs["studies"])


def included(result: Outcome) -> int:
    """All included studies, contributing or not."""
    return len(result.inputs["studies"]) + len(result.inputs["others"])


def difference(before: Outcome | None, after: Outcome) -> dict[str, Any]:
    """What the new result has that the one before had not.

    Returns
    -------
    dict
        studies_in, studies_out, changed (each with id and label; changed with data before and after),
        k, included, status and estimate as [before, after], direction ("up", "down", "same" or None),
        settings (names of those that changed).
    """
    old_studies = {item["id"]: item for item in before.inputs["studies"]} if before else {}
    new_studies = {item["id"]: item for item in after.inputs["studies"]}
    estimates = [shown_estimate(before) if before else None, shown_estimate(after)]
    return {
        "studies_in": _named(new_studies, new_studies.keys() - old_studies.keys()),
        "studies_out": _named(old_studies, old_studies.keys() - new_studies.keys()),
        "changed": [
            {"id": key, "label": item["label"], "before": _data(old_studies[key]), "after": _data(item)}
            for key, item in new_studies.items()
            if key in old_studies and old_studies[key] != item
        ],
        "k": [k_of(before) if before else None, k_of(after)],
        "included": [included(before) if before else None, included(after)],
        "status": [before.status if before else None, after.status],
        "estimate": estimates,
        "direction": _direction(estimates),
        "settings": _changed_settings(before, after),
    }


def data_text(arms: Sequence[Mapping[str, float | int | None]]) -> str:
    """A study's data as a reader knows them: "9/25", or "9/25 against 4/24", or "5.1 (SD 2.0), n 30"."""
    return " against ".join(_arm_text(arm) for arm in arms)


def _arm_text(arm: Mapping[str, float | int | None]) -> str:
    if arm.get("total") is not None:
        return f"{arm['events']}/{arm['total']}"
    return f"{arm['mean']:g} (SD {arm['sd']:g}), n {arm['n']}"


def _data(study: Mapping[str, Any]) -> str:
    group = f", {study['subgroup']}" if study["subgroup"] else ""
    return data_text(study["arms"]) + group


def _named(studies: Mapping[int, Mapping[str, Any]], keys: set[int]) -> list[dict[str, Any]]:
    return [{"id": key, "label": studies[key]["label"]} for key in studies if key in keys]


def _direction(estimates: Sequence[Mapping[str, float] | None]) -> str | None:
    old, new = estimates
    if old is None or new is None:
        return None
    change = new["estimate"] - old["estimate"]
    if abs(change) <= _SAME * max(abs(old["estimate"]), abs(new["estimate"])):
        return "same"
    return "up" if change > 0 else "down"


def _changed_settings(before: Outcome | None, after: Outcome) -> list[str]:
    if before is None:
        return []
    names = before.settings.keys() | after.settings.keys()
    return sorted(name for name in names if before.settings.get(name) != after.settings.get(name))
