"""The forest plot: studies, weights, estimates with intervals, and the pooled result as a diamond."""

import math
import re
from collections.abc import Sequence
from dataclasses import astuple, replace

from matplotlib.figure import Figure

from analysis.plots.forest_axis import axis_height
from analysis.plots.forest_bias import legend_height
from analysis.plots.forest_columns import MARGIN, NARROW, SIZE, WIDE, Layout, layout, weight_of
from analysis.plots.forest_data import ForestData, PooledRow, StudyRow
from analysis.plots.forest_page import (
    FOOT_RULE,
    LEADING,
    SMALL,
    Page,
    draw_body,
    draw_foot,
    draw_head,
    head_height,
)
from analysis.plots.forest_rows import Line, forest_lines
from analysis.plots.forest_style import StyleName, forest_style
from analysis.plots.forest_words import note_lines, test_lines
from analysis.plots.rob import Palette
from analysis.plots.sheet import Sheet, Weight, shorten, wrap

ROW = 0.215
# From this many rows on they stand closer, and the ticks are repeated over the plot.
MANY_ROWS = 45
CLOSE_ROW = 0.185
LABEL_LINES = 2
_RELATION = re.compile(" ([=<>]) ")
_HELD = re.compile("\u00a0([=<>])\u00a0")


def forest(
    data: ForestData, *, narrow: bool = False, style: StyleName = "house", palette: Palette = "cochrane"
) -> Figure:
    """Draw a forest plot.

    Parameters
    ----------
    data : ForestData
        Values as displayed and ready text.
    narrow : bool
        For a telephone: study, estimate and plot only.
    style : {"house", "RevMan5", "BMJ", "JAMA"}
        Columns, brackets, wording of tests and colours.
    palette : {"cochrane", "colour_blind"}
        Colours of the judgements on risk of bias.

    Returns
    -------
    matplotlib.figure.Figure
        As wide as its columns need and as high as its rows.

    Raises
    ------
    ValueError
        If a row has other columns than the headings say, or more judgements than there are domains; if the
        style is not known, or the limits of the axis do not fit.

    Notes
    -----
    The area of a square is proportional to the weight. An interval that leaves the axis ends in an arrow.

    Examples
    --------
    >>> from analysis.plots import Effect
    >>> rows = (StudyRow("A", effect=Effect(0.5, 0.3, 0.9)), StudyRow("B", effect=Effect(0.8, 0.5, 1.3)))
    >>> figure = forest(ForestData("Deaths", "Risk ratio [95% CI]", rows, log_scale=True, null_line=1.0))
    >>> bool(figure.get_size_inches()[0] > 5)
    True
    """
    _check(data)
    look = forest_style(style)
    form = NARROW if narrow else WIDE
    unfitted = forest_lines(data, look)
    columns = layout(data, unfitted, form, look)
    lines = _fitted(unfitted, columns)
    is_beside = look.is_test_beside_axis and form.has_table and bool(data.studies)
    full = columns.line_width
    tests = _wrapped(test_lines(data, look), columns.plot[0] - 0.35 - MARGIN if is_beside else full)
    notes = _wrapped(note_lines(data), full)
    title = wrap(data.title, full, 11, "bold") if data.title else []
    is_long = len(lines) >= MANY_ROWS
    axis = axis_height(data, columns.plot, look)
    under = max(axis, LEADING * len(tests)) if is_beside else axis + LEADING * len(tests)
    under += (
        (FOOT_RULE if look.rules[2] and data.studies else 0.0)
        + 0.1
        + LEADING * len(notes)
        + (legend_height(data, full) if columns.bias else 0.0)
    )
    above = head_height(data, columns, look, title=title, is_long=is_long)
    page = Page(
        sheet=Sheet(columns.width, 1.0),
        data=data,
        style=look,
        columns=columns,
        palette=palette,
        row=CLOSE_ROW if is_long else ROW,
        is_long=is_long,
    )
    page.resize(2 * MARGIN + above + sum(page.height_of(line) for line in lines) + under)
    draw_head(page, title)
    draw_body(page, lines)
    draw_foot(page, tests, notes, axis=axis, is_beside=is_beside)
    return page.sheet.figure


def _check(data: ForestData) -> None:
    rows: list[StudyRow | PooledRow] = [*data.studies]
    rows += [group.subtotal for group in data.groups if group.subtotal]
    rows += [] if data.total is None else [data.total]
    for row in rows:
        if row.columns and len(row.columns) != len(data.column_headers):
            raise ValueError(
                f"row {row.label!r} has {len(row.columns)} columns, not {len(data.column_headers)}"
            )
        if row.effect is not None and any(map(math.isnan, astuple(row.effect))):
            raise ValueError(f"row {row.label!r} has {row.effect}; give no effect where there is none")
    for study in data.studies:
        if len(study.judgements) > len(data.domains):
            raise ValueError(
                f"row {study.label!r} has {len(study.judgements)} judgements for {len(data.domains)} domains"
            )


def _wrapped(texts: Sequence[str], width: float) -> list[str]:
    return [line for text in texts for line in _held(text, width, SMALL)]


def _held(text: str, width: float, size: float, weight: Weight = "normal") -> list[str]:
    """Break text, but leave the signs of relation with what they join."""
    whole = _RELATION.sub("\u00a0\\1\u00a0", text)
    return [_HELD.sub(r" \1 ", line) for line in wrap(whole, width, size, weight)]


def _fitted(lines: Sequence[Line], columns: Layout) -> list[Line]:
    """Break headings and notes where the plot begins, and labels at their column's end."""
    found: list[Line] = []
    for line in lines:
        if line.kind in {"heading", "note", "message"}:
            room = columns.table_right - MARGIN - 0.12
            parts = _held(line.label, room, SMALL if line.kind == "note" else SIZE, weight_of(line))
            found += [replace(line, label=part) for part in parts]
        else:
            first, *more = _label_lines(line, columns.label_width + 0.05)
            found.append(replace(line, label=first))
            found += [Line(part, "more", pooled=line.pooled) for part in more]
    return found


def _label_lines(line: Line, width: float) -> list[str]:
    """Return a label in lines: all of a pooled row's, two of a study's with an ellipsis where more is cut."""
    mark = "*" if line.study is not None and line.study.is_corrected else ""
    parts = wrap(line.label, width, SIZE, weight_of(line))
    if line.study is not None and len(parts) > LABEL_LINES:
        rest = " ".join(parts[LABEL_LINES - 1 :])
        parts = [*parts[: LABEL_LINES - 1], shorten(rest, width, SIZE, weight_of(line))]
    return [*parts[:-1], parts[-1] + mark]
