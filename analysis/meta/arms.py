"""From studies with arms to effects: which columns a measure reads, and what it refuses."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.meta.checks import Vector
from analysis.meta.effects import Effects, effect_sizes
from analysis.meta.errors import ImpossibleData
from analysis.meta.measures import COLUMNS, MEASURES, Kind
from analysis.meta.results import Arm, Settings, StudyData


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The studies of a synthesis as columns.

    Attributes
    ----------
    effects : Effects
    columns : dict of str to ndarray of shape (k,)
        Arm data by the names that `effect_sizes` has for them.
    """

    effects: Effects
    columns: dict[str, Vector]


def study_sample(studies: Sequence[StudyData], settings: Settings) -> Sample:
    """Arm data and effects of all studies, in their order.

    Parameters
    ----------
    studies : sequence of StudyData
    settings : Settings
        `measure`, `add`, `to` and `drop00` are read.

    Returns
    -------
    Sample

    Raises
    ------
    ImpossibleData
        With the study's label, and what to correct.
    """
    spec = MEASURES[settings.measure]
    for study in studies:
        if len(study.arms) != spec.arms:
            raise ImpossibleData(
                f"{study.label}: {len(study.arms)} arms, but {settings.measure} reads {spec.arms}; "
                "choose a measure that fits."
            )
    columns = [column for arm in range(spec.arms) for column in _arm_columns(studies, arm, kind=spec.kind)]
    if spec.kind == "continuous":
        _refuse_too_few(studies)
    options: dict[str, object] = {}
    if spec.zero_cells:
        options = {"add": settings.add, "to": settings.to}
    if spec.kind == "binary":
        options["drop00"] = settings.drop00
    named = dict(zip(COLUMNS[spec.kind], columns, strict=True))
    found = effect_sizes(settings.measure, **named, **options)  # type: ignore[arg-type]  # by their names
    return Sample(effects=found, columns=named)


def _arm_columns(studies: Sequence[StudyData], arm: int, *, kind: Kind) -> list[Vector]:
    return _moments(studies, arm) if kind == "continuous" else _counts(studies, arm)


def _counts(studies: Sequence[StudyData], arm: int) -> list[Vector]:
    return _columns([_checked_counts(study, arm) for study in studies], width=2)


def _moments(studies: Sequence[StudyData], arm: int) -> list[Vector]:
    return _columns([_checked_moments(study, arm) for study in studies], width=3)


def _columns(rows: Sequence[tuple[float, ...]], *, width: int) -> list[Vector]:
    table = np.asarray(rows, dtype=np.float64).reshape(len(rows), width)
    return [table[:, column] for column in range(width)]


def _checked_counts(study: StudyData, arm: int) -> tuple[float, float]:
    data = study.arms[arm]
    events, total = data.events, data.total
    if events is None or total is None:
        raise ImpossibleData(
            f"{_place(study, arm)}: events or total is missing; leave the study out until both are known."
        )
    if total < 1 or not 0 <= events <= total:
        raise ImpossibleData(
            f"{_place(study, arm)}: {events} events of {total}; events lie between 0 and the total."
        )
    return float(events), float(total)


def _checked_moments(study: StudyData, arm: int) -> tuple[float, float, float]:
    data: Arm = study.arms[arm]
    mean, sd, n = data.mean, data.sd, data.n
    if mean is None or sd is None or n is None:
        raise ImpossibleData(
            f"{_place(study, arm)}: mean, SD or n is missing; leave the study out until all are known."
        )
    if not np.isfinite(mean) or not np.isfinite(sd) or sd <= 0 or n < 1:
        raise ImpossibleData(
            f"{_place(study, arm)}: mean {mean}, SD {sd}, n {n}; the SD is above 0 and n at least 1."
        )
    return mean, sd, float(n)


def _refuse_too_few(studies: Sequence[StudyData]) -> None:
    for study in studies:
        if sum(arm.n or 0 for arm in study.arms) < 4:
            raise ImpossibleData(
                f"{study.label}: fewer than 4 participants in all; an SD cannot come from so few."
            )


def _place(study: StudyData, arm: int) -> str:
    return study.label if len(study.arms) == 1 else f"{study.label}, arm {arm + 1}"
