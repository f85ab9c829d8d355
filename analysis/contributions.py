"""Who contributes to a synthesis, and with what: rows of studies in, the inputs of a result out. KERNEL.

The inputs are plain JSON values with one canonical text, so that equal inputs have equal hashes. They name
every included study, also those that give nothing, because the figure says "4 of 18".
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from analysis.synthesis_settings import CONTINUOUS_MEASURES, PROPORTIONS

NOT_REPORTED = ""

OtherStatus = Literal[
    "not_extracted", "not_reported", "unusable", "one_arm", "outside", "filter_not_reported", "question"
]
Numbers = dict[str, float | int | None]


class ArmRow(Protocol):
    """One arm of a study's datum, with the values as used."""

    @property
    def role(self) -> str: ...
    @property
    def events(self) -> int | None: ...
    @property
    def total(self) -> int | None: ...
    @property
    def mean(self) -> float | None: ...
    @property
    def sd(self) -> float | None: ...
    @property
    def n(self) -> int | None: ...


class DatumRow(Protocol):
    """What one included study says of the outcome; a study with several results has several rows."""

    @property
    def study_id(self) -> int: ...
    @property
    def label(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def arms(self) -> Sequence[ArmRow]: ...
    @property
    def fields(self) -> Mapping[str, str]: ...
    @property
    def population(self) -> str: ...
    @property
    def timepoint(self) -> str: ...
    @property
    def definition(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Question:
    """What the spec asks of the rows.

    Attributes
    ----------
    measure : str
    subgroup : str or None
        Key of the characteristic that divides the studies.
    filters : mapping of str to str
        Characteristics that a study must have.
    chosen : mapping of str to str
        Which result counts for a study that offers two.
    """

    measure: str
    subgroup: str | None
    filters: Mapping[str, str]
    chosen: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Contribution:
    """One study that contributes."""

    id: int
    label: str
    arms: tuple[Numbers, ...]
    subgroup: str | None
    result: str


@dataclass(frozen=True, slots=True)
class Other:
    """One included study that does not contribute, and why; `options` are the results to choose from."""

    id: int
    label: str
    status: OtherStatus
    reason: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that a result rests on, apart from the spec's settings."""

    outcome: str
    direction: str
    spec: str
    subgroup_label: str
    contributing: tuple[Contribution, ...]
    others: tuple[Other, ...]

    def to_dict(self) -> dict[str, object]:
        """As JSON values, each in one order."""
        return {
            "outcome": self.outcome,
            "direction": self.direction,
            "spec": self.spec,
            "subgroup": self.subgroup_label,
            "studies": [
                {
                    "id": item.id,
                    "label": item.label,
                    "arms": list(item.arms),
                    "subgroup": item.subgroup,
                    "result": item.result,
                }
                for item in self.contributing
            ],
            "others": [
                {
                    "id": item.id,
                    "label": item.label,
                    "status": item.status,
                    "reason": item.reason,
                    "options": list(item.options),
                }
                for item in self.others
            ],
        }


def canonical(value: object) -> str:
    """One text for one value: sorted keys, no spaces, no numbers that JSON does not know."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: object) -> str:
    """SHA-256 of the canonical text."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def result_key(row: DatumRow) -> str:
    """Names one of a study's results for a person who has to choose."""
    return ", ".join(part for part in (row.population, row.timepoint, row.definition) if part)


def collect(
    rows: Iterable[DatumRow],
    question: Question,
    *,
    outcome: str,
    direction: str,
    spec: str,
    subgroup_label: str,
) -> Inputs:
    """Divide the included studies into those that contribute and the others.

    A study gives one result. Of several usable ones the spec's choice counts; without a choice the study is
    a question to a person and is not pooled. Single-arm measures take the only arm, or the experimental one;
    comparisons need both arms.

    Parameters
    ----------
    rows : iterable of DatumRow
        Those of every included study, at least one each.
    question : Question
    outcome, spec, subgroup_label : str
        Names that the figure prints.
    direction : {"higher", "lower", "neither"}
        Which is better, for the words under the axis.

    Returns
    -------
    Inputs
        Studies in the order of their labels.
    """
    by_study: dict[int, list[DatumRow]] = {}
    for row in rows:
        by_study.setdefault(row.study_id, []).append(row)
    judged = [_judge(found, question) for found in by_study.values()]
    contributing = [item for item in judged if isinstance(item, Contribution)]
    others = [item for item in judged if isinstance(item, Other)]
    return Inputs(
        outcome=outcome,
        direction=direction,
        spec=spec,
        subgroup_label=subgroup_label,
        contributing=tuple(sorted(contributing, key=_reading_order)),
        others=tuple(sorted(others, key=_reading_order)),
    )


def _reading_order(item: Contribution | Other) -> tuple[list[str], int]:
    """Trial 2 before Trial 10: numbers in a label count as numbers."""
    parts = re.split(r"(\d+)", item.label.casefold())
    return [part.zfill(12) if part.isdigit() else part for part in parts], item.id


def _judge(rows: Sequence[DatumRow], question: Question) -> Contribution | Other:
    first = rows[0]
    outside = _outside(first.fields, question.filters)
    if outside is not None:
        return _other(first, outside, reason="")
    usable = {result_key(row): row for row in rows if row.status == "agreed"}
    if not usable:
        return _without_result(rows)
    ready = {key: numbers for key, row in usable.items() if (numbers := _arms(row, question.measure))}
    if not ready:
        return _other(first, "one_arm", reason="")
    key = next(iter(ready)) if len(ready) == 1 else question.chosen.get(str(first.study_id), "")
    if key not in ready:
        return Other(first.study_id, first.label, "question", "", tuple(sorted(ready)))
    group = (first.fields.get(question.subgroup) or None) if question.subgroup else None
    return Contribution(first.study_id, first.label, ready[key], group, key)


def _outside(fields: Mapping[str, str], filters: Mapping[str, str]) -> OtherStatus | None:
    for key, wanted in filters.items():
        found = fields.get(key, NOT_REPORTED)
        if found == NOT_REPORTED:
            return "filter_not_reported"
        if found != wanted:
            return "outside"
    return None


def _without_result(rows: Sequence[DatumRow]) -> Other:
    # What is still to be extracted outweighs what is known to be missing: work may yet bring a result.
    order: tuple[OtherStatus, ...] = ("not_extracted", "unusable", "not_reported")
    found = {row.status: row for row in rows}
    status: OtherStatus = next((status for status in order if status in found), "not_extracted")
    row = found.get(status, rows[0])
    return _other(row, status, reason=row.reason)


def _other(row: DatumRow, status: OtherStatus, *, reason: str) -> Other:
    return Other(row.study_id, row.label, status, reason, ())


def _arms(row: DatumRow, measure: str) -> tuple[Numbers, ...] | None:
    by_role = {arm.role: arm for arm in row.arms}
    if measure in PROPORTIONS:
        chosen = [by_role.get("single") or by_role.get("experimental")]
    else:
        chosen = [by_role.get("experimental"), by_role.get("comparator")]
    numbers = [_numbers(arm, measure) for arm in chosen if arm is not None]
    complete = [found for found in numbers if found is not None]
    return tuple(complete) if len(complete) == len(chosen) else None


def _numbers(arm: ArmRow, measure: str) -> Numbers | None:
    found: Numbers = (
        {"mean": arm.mean, "sd": arm.sd, "n": arm.n}
        if measure in CONTINUOUS_MEASURES
        else {"events": arm.events, "total": arm.total}
    )
    return None if any(value is None for value in found.values()) else found
