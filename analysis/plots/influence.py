"""The influence panel: what each study does to the pool, one small plot a measure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from analysis.plots.area import (
    EDGE,
    LINE,
    NARROW,
    SMALL,
    WIDTH,
    Area,
    Axis,
    Surround,
    message_sheet,
    spread,
)
from analysis.plots.canvas import Canvas
from analysis.plots.checks import check_finite
from analysis.plots.sheet import wrap
from analysis.plots.theme import LIGHT
from analysis.plots.wording import counted, plain

TOO_FEW = "Influence needs two studies or more"
_PANEL = 1.15
# Inches for the name above each panel and for the ticks below it.
_HEAD, _FOOT = 0.24, 0.3
_ROW = _HEAD + _PANEL + _FOOT
_LEFT, _GAP = 0.68, 0.62
_MOST_TICKS = 14


@dataclass(frozen=True, slots=True)
class InfluencePanel:
    """One measure.

    Attributes
    ----------
    name : str
    values : tuple of float
        One a study; what is not finite has no mark.
    reference : float or None
        Value without influence; a solid line.
    limits : tuple of float
        Beyond them a study is called influential; dashed lines.
    """

    name: str
    values: tuple[float, ...]
    reference: float | None = None
    limits: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class InfluenceData:
    """Everything on an influence panel.

    Attributes
    ----------
    title : str
    labels : tuple of str
        Of the studies, in the order of the values.
    panels : tuple of InfluencePanel
    influential : tuple of bool
        Studies to point out, with another mark and by name.
    notes : tuple of str
        Lines under the figure.
    """

    title: str
    labels: tuple[str, ...]
    panels: tuple[InfluencePanel, ...]
    influential: tuple[bool, ...]
    notes: tuple[str, ...] = ()

    @property
    def pointed_out(self) -> list[str]:
        """The influential studies, each with its number in the plots."""
        flagged = zip(self.labels, self.influential, strict=True)
        return [f"{i} {label}" for i, (label, is_so) in enumerate(flagged, start=1) if is_so]

    @property
    def description(self) -> str:
        """What the figure shows, in words."""
        return _description(self)


def influence(data: InfluenceData, *, narrow: bool = False) -> Figure:
    """Draw one small plot a measure, studies by their number; influential ones as named triangles.

    Parameters
    ----------
    data : InfluenceData
    narrow : bool
        For a telephone: the panels below each other.

    Returns
    -------
    matplotlib.figure.Figure
        As high as its panels need; a sentence instead for fewer than two studies.

    Raises
    ------
    ValueError
        If a panel or the flags have another length than the labels, or a line is not finite.

    References
    ----------
    Viechtbauer W, Cheung MW-L. Res Synth Methods 2010;1:112-25. doi:10.1002/jrsm.11.
    """
    _check(data)
    if len(data.labels) < 2:
        return message_sheet(data.title, TOO_FEW, data.notes, narrow=narrow).figure
    sheet_width, columns = (NARROW, 1) if narrow else (WIDTH, 2)
    title = wrap(data.title, sheet_width - 2 * EDGE, 11, "bold") if data.title else []
    told = f"Influential (triangles): {', '.join(data.pointed_out) or 'none'}."
    notes = [line for note in (told, *data.notes) for line in wrap(note, sheet_width - 2 * EDGE, SMALL)]
    top = EDGE + 0.23 * len(title)
    bottom = top + math.ceil(len(data.panels) / columns) * _ROW
    canvas = Canvas(sheet_width, bottom + 0.15 + LINE * len(notes))
    for i, line in enumerate(title):
        canvas.text(EDGE, 0.27 + 0.23 * i, line, size=11, weight="bold")
    width = (sheet_width - _LEFT - 0.2 - _GAP * (columns - 1)) / columns
    for i, panel in enumerate(data.panels):
        left = _LEFT + (i % columns) * (width + _GAP)
        upper = top + (i // columns) * _ROW + _HEAD
        _draw_panel(canvas, data, panel, (left, upper, left + width, upper + _PANEL))
    for i, line in enumerate(notes):
        canvas.text(EDGE, bottom + 0.12 + LINE * i, line, size=SMALL, colour=LIGHT.muted)
    return canvas.figure


def _check(data: InfluenceData) -> None:
    k = len(data.labels)
    if len(data.influential) != k:
        raise ValueError(f"influential has {len(data.influential)} flags for {k} studies")
    for panel in data.panels:
        if len(panel.values) != k:
            raise ValueError(f"panel {panel.name!r} has {len(panel.values)} values for {k} studies")
        check_finite(panel.name, reference=panel.reference)
        for limit in panel.limits:
            check_finite(panel.name, limit=limit)


def _draw_panel(
    canvas: Canvas, data: InfluenceData, panel: InfluencePanel, box: tuple[float, float, float, float]
) -> None:
    k = len(data.labels)
    shown = [value for value in panel.values if math.isfinite(value)]
    lines = [*panel.limits] if panel.reference is None else [*panel.limits, panel.reference]
    low, high = spread([*shown, *lines] or [0.0], margin=0.08)
    x = Axis(0.3, k + 0.7, "", fixed=_numbers(k))
    area = Area(canvas, (x, Axis(low, high, "", n_ticks=4)), box, Surround(""))
    canvas.text(box[0], box[1] - 0.13, panel.name, size=9.0, weight="bold")
    for limit in panel.limits:
        area.line([x.low, x.high], [limit, limit], colour=LIGHT.muted, width=0.8, dashes=(4, 3))
    if panel.reference is not None:
        area.line([x.low, x.high], [panel.reference] * 2, colour=LIGHT.line, width=0.8)
    places = [(i, value) for i, value in enumerate(panel.values, start=1) if math.isfinite(value)]
    if k <= 60:
        area.line([i for i, _ in places], [v for _, v in places], colour=LIGHT.contour_3, width=0.9)
    radius = 0.04 if k <= 60 else 0.022
    for i, value in places:
        if data.influential[i - 1]:
            area.mark(i, value, "triangle", radius=radius * 1.4, colour=LIGHT.prediction)
        else:
            area.mark(i, value, radius=radius, colour=LIGHT.square)
    area.draw_axes()


def _numbers(k: int) -> tuple[tuple[float, str], ...]:
    step = next(s for s in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, k) if k / s <= _MOST_TICKS)
    numbers: Sequence[int] = [1, *range(step, k + 1, step)] if step > 1 else range(1, k + 1)
    return tuple((float(i), str(i)) for i in numbers if i == 1 or i > step / 2)


def _description(data: InfluenceData) -> str:
    k = len(data.labels)
    if k < 2:
        return f"{TOO_FEW}."
    found = [f"Influence of {counted(k, 'study', 'studies')} on the pool."]
    for panel in data.panels:
        shown = [
            (value, label)
            for value, label in zip(panel.values, data.labels, strict=True)
            if math.isfinite(value)
        ]
        if shown:
            (least, low), (most, high) = min(shown), max(shown)
            found.append(f"{panel.name}: {plain(least)} ({low}) to {plain(most)} ({high}).")
    found.append(f"Influential: {', '.join(data.pointed_out) or 'none'}.")
    return " ".join(found)
