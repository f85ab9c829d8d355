"""Forest plots of one synthesis after the other: each study left out in turn, or studies added one by one."""

from collections.abc import Sequence
from dataclasses import replace

from analysis.meta import MEASURES, Synthesis
from analysis.plots.forest_data import Effect, ForestData, PooledRow, StudyRow
from analysis.plots.forest_result import effect_of, measure_label_of, method_lines
from analysis.plots.numbers import number


def leave_one_out_forest(synthesis: Synthesis, *, title: str, axis_label: str = "") -> ForestData:
    """Lay out the pools without each study in turn, and the pool of all as the diamond.

    Parameters
    ----------
    synthesis : Synthesis
    title : str
    axis_label : str

    Returns
    -------
    ForestData

    Raises
    ------
    ValueError
        If fewer than three studies are pooled: without one of two, a single one is left.

    Examples
    --------
    >>> from analysis.meta import Arm, Settings, StudyData, synthesise
    >>> counts = [(4, 123, 11, 139), (6, 306, 29, 303), (3, 231, 11, 220)]
    >>> arms = [(Arm(events=a, total=n), Arm(events=c, total=m)) for a, n, c, m in counts]
    >>> studies = [StudyData(str(i), f"Trial {i}", arm) for i, arm in enumerate(arms)]
    >>> found = synthesise(studies, Settings("RR"))
    >>> [row.label for row in leave_one_out_forest(found, title="Tuberculosis").rows]
    ['Trial 0', 'Trial 1', 'Trial 2']
    """
    if not synthesis.leave_one_out:
        raise ValueError(f"synthesis pools {synthesis.k} studies; leaving one out needs at least 3")
    labels = {study.id: study.label for study in synthesis.studies}
    rows = tuple(
        StudyRow(labels[left.study_id], (_tau2(left.tau2), f"{number(left.i2, 0)}%"), effect_of(left.pooled))
        for left in synthesis.leave_one_out
    )
    total = _all_studies(synthesis)
    columns = "Study left out", "tau²", "I²"
    return _series(synthesis, rows, title, axis_label, columns=columns, total=total)


def cumulative_forest(
    steps: Sequence[tuple[str, Synthesis]], *, title: str, axis_label: str = ""
) -> ForestData:
    """Lay out pools of more and more studies, one row a step.

    Parameters
    ----------
    steps : sequence of (str, Synthesis), at least one
        What was added, and the synthesis of all up to then.
    title : str
    axis_label : str

    Returns
    -------
    ForestData

    Raises
    ------
    ValueError
        Without a step.
    """
    if not steps:
        raise ValueError("steps is empty; give at least one synthesis")
    rows: list[StudyRow] = []
    for label, found in steps:
        columns = (str(found.k), *_columns(found))
        rows.append(StudyRow(f"+ {label}" if rows else label, columns, _step_effect(found)))
    last = steps[-1][1]
    total = _all_studies(last)
    if total is not None:
        total = replace(total, columns=rows[-1].columns)
    headers = "Study added", "k", "tau²", "I²"
    return _series(last, tuple(rows), title, axis_label, columns=headers, total=total)


def _series(
    synthesis: Synthesis,
    rows: tuple[StudyRow, ...],
    title: str,
    axis_label: str,
    *,
    columns: tuple[str, ...],
    total: PooledRow | None,
) -> ForestData:
    spec = MEASURES[synthesis.settings.measure]
    header, *others = columns
    return ForestData(
        title=title,
        measure_label=measure_label_of(synthesis),
        rows=rows,
        column_headers=tuple(others),
        total=total,
        notes=method_lines(synthesis),
        log_scale=spec.no_effect == 1.0,
        null_line=spec.no_effect,
        axis_label=axis_label,
        percent=spec.kind == "proportion",
        study_header=header,
    )


def _all_studies(synthesis: Synthesis) -> PooledRow | None:
    if synthesis.pooled is None:
        return None
    return PooledRow("All studies", effect_of(synthesis.pooled), _columns(synthesis))


def _columns(synthesis: Synthesis) -> tuple[str, str]:
    summary = synthesis.overall
    return _tau2(summary.tau2), "" if summary.i2 is None else f"{number(summary.i2, 0)}%"


def _step_effect(synthesis: Synthesis) -> Effect | None:
    if synthesis.pooled is not None:
        return effect_of(synthesis.pooled)
    for study in synthesis.studies:
        if study.left_out is None and study.estimate is not None:
            assert study.ci_low is not None
            assert study.ci_high is not None
            return Effect(study.estimate, study.ci_low, study.ci_high)
    return None


def _tau2(value: float | None) -> str:
    return "" if value is None else number(value, 3)
