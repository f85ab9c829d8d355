"""The rows of a forest plot: what each says in each column, and what is drawn beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from analysis.plots.forest_data import (
    ArmNumbers,
    Effect,
    ForestData,
    PooledRow,
    Prediction,
    StudyGroup,
    StudyRow,
)
from analysis.plots.forest_style import ForestStyle
from analysis.plots.forest_words import (
    NOT_ESTIMABLE,
    effect_test_text,
    effect_text,
    heterogeneity_text,
    interval_text,
)
from analysis.plots.numbers import number, percentages, reported, thousands

Kind = Literal["study", "pooled", "prediction", "events", "heading", "note", "message", "more", "space"]
ArmKind = Literal["ready", "events", "means", "effects", "none"]
NOT_POOLED = "One study, not pooled"
NO_STUDY = "No study contributes a result"
WEIGHT, EFFECT = "weight", "effect"


@dataclass(frozen=True, slots=True)
class Line:
    """One row: label, text by column, and the mark beside it."""

    label: str
    kind: Kind
    cells: Mapping[str, str] = field(default_factory=dict)
    study: StudyRow | None = None
    pooled: Effect | None = None
    prediction: Prediction | None = None

    @property
    def is_bold(self) -> bool:
        """Whether the whole row is bold, also the second line of a label."""
        return self.kind in {"heading", "pooled"} or (self.kind == "more" and self.pooled is not None)


def arm_kind(data: ForestData) -> ArmKind:
    """Return what the columns of the arms hold."""
    if data.column_headers:
        return "ready"
    arms = [arm for row in data.studies for arm in row.arms]
    if any(arm.events is not None for arm in arms):
        return "events"
    if arms:
        return "means"
    return "effects" if any(row.log_effect for row in data.studies) else "none"


def forest_lines(data: ForestData, style: ForestStyle) -> list[Line]:
    """Return all rows in order.

    Parameters
    ----------
    data : ForestData
    style : ForestStyle

    Returns
    -------
    list of Line
        Labels as given; they are broken to their column later.
    """
    if not data.studies:
        return [Line(NO_STUDY, "message")]
    weights = iter(_weights(data.studies))
    shares = [next(weights) for _ in data.rows]
    lines = _study_lines(data.rows, shares, data, style)
    printed = list(shares)
    for group in data.groups:
        shares = [next(weights) for _ in group.rows]
        printed += shares
        lines += _group_lines(group, shares, data, style)
        lines.append(Line("", "space"))
    if data.total is not None:
        lines += _pooled_lines(data.total, data.studies, printed, data, style)
    elif len(data.studies) == 1:
        lines.append(Line(NOT_POOLED, "message"))
    if data.prediction is not None:
        text = interval_text(data.prediction.low, data.prediction.high, data, style)
        lines.append(Line(data.prediction.label, "prediction", {EFFECT: text}, prediction=data.prediction))
    return lines


def _group_lines(
    group: StudyGroup, shares: Sequence[str], data: ForestData, style: ForestStyle
) -> Iterator[Line]:
    yield Line(group.heading, "heading")
    yield from _study_lines(group.rows, shares, data, style)
    if group.subtotal is not None:
        yield from _pooled_lines(group.subtotal, group.rows, shares, data, style)
        if group.subtotal.heterogeneity is not None:
            yield Line(heterogeneity_text(group.subtotal.heterogeneity, style), "note")
        if group.subtotal.test is not None:
            yield Line(effect_test_text(group.subtotal.test, style), "note")
    yield from (Line(note, "note") for note in group.notes)


def _study_lines(
    rows: Sequence[StudyRow], shares: Sequence[str], data: ForestData, style: ForestStyle
) -> list[Line]:
    found = []
    for row, share in zip(rows, shares, strict=True):
        cells = _arm_cells(row, data, style)
        if share:
            cells[WEIGHT] = _percent(share, style)
        cells[EFFECT] = NOT_ESTIMABLE if row.effect is None else effect_text(row.effect, data, style)
        found.append(Line(row.label, "study", cells, study=row))
    return found


def _pooled_lines(
    row: PooledRow, studies: Sequence[StudyRow], shares: Sequence[str], data: ForestData, style: ForestStyle
) -> Iterator[Line]:
    cells = {f"ready{i}": text for i, text in enumerate(row.columns)} or _sum_cells(studies, data, style)
    given = [float(share) for share in shares if share]
    if given:
        # The sum of what is printed, so that a reader who adds up the column finds the same.
        cells[WEIGHT] = _percent(number(sum(given), 1), style)
    cells[EFFECT] = effect_text(row.effect, data, style)
    yield Line(row.label, "pooled", cells, pooled=row.effect)
    if style.has_event_row and arm_kind(data) == "events":
        events = {f"events{i}": _events(arms, style) for i, arms in enumerate(_by_arm(studies))}
        yield Line("Total events", "events", events)


def _percent(share: str, style: ForestStyle) -> str:
    return f"{share}%" if style.weight_sign else share


def _weights(rows: Sequence[StudyRow]) -> list[str]:
    given = [row.weight_percent for row in rows if row.weight_percent is not None]
    printed = iter(percentages(given))
    return ["" if row.weight_percent is None else next(printed) for row in rows]


def _arm_cells(row: StudyRow, data: ForestData, style: ForestStyle) -> dict[str, str]:
    cells = {f"ready{i}": text for i, text in enumerate(row.columns)}
    if arm_kind(data) == "effects" and row.log_effect is not None:
        cells["yi"], cells["se"] = (number(value, 3) for value in row.log_effect)
    for i, arm in enumerate(row.arms):
        total = thousands(arm.total, from_digits=style.thousands_from)
        if arm.events is not None:
            events = thousands(arm.events, from_digits=style.thousands_from)
            cells |= {f"joined{i}": f"{events}/{total}", f"events{i}": events}
        elif arm.mean is not None and arm.sd is not None:
            mean, sd = reported(arm.mean), reported(arm.sd)
            cells |= {f"joined{i}": f"{mean} ({sd})", f"mean{i}": mean, f"sd{i}": sd}
        cells[f"total{i}"] = total
    return cells


def _sum_cells(studies: Sequence[StudyRow], data: ForestData, style: ForestStyle) -> dict[str, str]:
    cells = {}
    for i, arms in enumerate(_by_arm(studies)):
        total = thousands(sum(arm.total for arm in arms), from_digits=style.thousands_from)
        cells[f"total{i}"] = total
        if arm_kind(data) == "events":
            events = _events(arms, style)
            cells[f"joined{i}"] = f"{events}/{total}"
            if not style.has_event_row:
                cells[f"events{i}"] = events
    return cells


def _events(arms: Sequence[ArmNumbers], style: ForestStyle) -> str:
    return thousands(sum(arm.events or 0 for arm in arms), from_digits=style.thousands_from)


def _by_arm(studies: Sequence[StudyRow]) -> list[list[ArmNumbers]]:
    most = max((len(row.arms) for row in studies), default=0)
    return [[row.arms[i] for row in studies if i < len(row.arms)] for i in range(most)]
