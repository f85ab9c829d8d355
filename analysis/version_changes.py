"""What one published state has that the one before had not, and the number that this earns. KERNEL."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.flow_rows import rows
from reviews.prisma import Flow

Content = Mapping[str, Any]
FIRST = "1.0.0"
# A change of one of these parts of the protocol is a change of question, eligibility or method.
_MAJOR = ("question", "criteria", "outcomes", "synthesis_plan")


def next_number(number: str | None, before: Content | None, after: Content) -> str:
    """The semantic number of a version.

    Parameters
    ----------
    number : str or None
        Of the version before, "major.minor.patch"; None where there is none.
    before, after : mapping or None
        Contents of the two versions.

    Returns
    -------
    str
        Major: question, eligibility or method were amended. Minor: other studies are included. Patch: the
        rest, corrections.
    """
    if number is None or before is None:
        return FIRST
    major, minor, patch = (int(part) for part in number.split("."))
    if _is_major(before, after):
        return f"{major + 1}.0.0"
    if _ids(before) != _ids(after):
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def change_log(before: Content | None, after: Content, *, flows: tuple[Flow | None, Flow]) -> dict[str, Any]:
    """What changed since the version before, as values that a page turns into words.

    Returns
    -------
    dict
        ``is_first``; ``studies_in`` and ``studies_out`` (labels); ``analyses`` (name, before, after, k before
        and after, for those whose estimate or data moved); ``flow`` (words, before, after); ``searched``
        and ``protocol`` (before, after); ``amendments`` (reasons).
    """
    if before is None:
        return {"is_first": True}
    old, new = _labels(before), _labels(after)
    known = {item["version"] for item in before["amendments"]}
    return {
        "is_first": False,
        "studies_in": [label for key, label in new.items() if key not in old],
        "studies_out": [label for key, label in old.items() if key not in new],
        "analyses": _analyses(before["analyses"], after["analyses"]),
        "flow": _flow(*flows),
        "searched": [before["searched_through"], after["searched_through"]],
        "protocol": [before["protocol_version"], after["protocol_version"]],
        "amendments": [item["reason"] for item in after["amendments"] if item["version"] not in known],
        "notice": before["notice"] != after["notice"],
        "risk_of_bias": _judged(before) != _judged(after),
    }


def _is_major(before: Content, after: Content) -> bool:
    known = {item["version"] for item in before["amendments"]}
    new = (item for item in after["amendments"] if item["version"] not in known)
    return any(path.split(".")[0] in _MAJOR for item in new for path in item["paths"])


def _ids(content: Content) -> set[int]:
    return {study["id"] for study in content["studies"]}


def _judged(content: Content) -> list[tuple[str, Any]]:
    return [(item["outcome"], item["rows"]) for item in content["risk_of_bias"]]


def _labels(content: Content) -> dict[int, str]:
    return {study["id"]: study["label"] for study in content["studies"]}


def _analyses(before: Sequence[Content], after: Sequence[Content]) -> list[dict[str, Any]]:
    old = {item["spec"]: item for item in before}
    new = {item["spec"]: item for item in after}
    found = []
    for key in [*new, *(key for key in old if key not in new)]:
        was, now = old.get(key), new.get(key)
        if was and now and (was["input_hash"], was["settings"]) == (now["input_hash"], now["settings"]):
            continue
        one = now or was
        assert one is not None
        found.append(
            {
                "name": one["name"],
                "before": _shown(was),
                "after": _shown(now),
                "k": [was["k"] if was else None, now["k"] if now else None],
            }
        )
    return found


def _shown(analysis: Content | None) -> str | None:
    if analysis is None:
        return None
    return str(analysis["estimate"] or "no result")


def _flow(before: Flow | None, after: Flow) -> list[dict[str, Any]]:
    old = {(row.key, row.words): row.n for row in rows(before)} if before else {}
    new = {(row.key, row.words): row.n for row in rows(after)}
    return [
        {"words": words, "before": old.get((key, words), 0), "after": new.get((key, words), 0)}
        for key, words in [*new, *(each for each in old if each not in new)]
        if old.get((key, words), 0) != new.get((key, words), 0)
    ]
