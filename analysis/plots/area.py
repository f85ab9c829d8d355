"""A plot area with two axes on a sheet: the frame that funnel, radial, bubble and their kin share."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from analysis.plots.canvas import Canvas, Label, Shape
from analysis.plots.clipping import Box, Point, clip_area, clip_line
from analysis.plots.scales import Scale, tick_label
from analysis.plots.sheet import shorten, text_width, wrap
from analysis.plots.theme import LIGHT
from analysis.plots.wording import ratio, tick_texts

SIZE = 9.0
SMALL = 8.0
EDGE = 0.2
WIDTH, NARROW = 6.4, 4.1
HEIGHT, LOW = 4.1, 3.3
LINE = 0.17
# Inches below the plot for ticks and the name of the axis.
FOOT = 0.52
# Inches for the mark before an entry of the legend.
_KEY_LINE, _KEY_MARK = 0.36, 0.22
# Beyond these logarithms a ratio has no readable ticks.
_LARGEST_LOG = 200.0

Form = Literal["number", "ratio", "percent"]
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis before it has a place.

    Attributes
    ----------
    low, high : float
        Limits on the scale of the analysis, ``low < high``.
    label : str
    form : {"number", "ratio", "percent"}
        How values are printed: as they are, exponentiated, or times 100.
    fixed : tuple of (value, text) or None
        Ready ticks; by default round values are chosen.
    is_reversed : bool
        The least value at the top (or the right).
    n_ticks : int
        About how many ticks to choose.
    """

    low: float
    high: float
    label: str
    form: Form = "number"
    fixed: tuple[tuple[float, str], ...] | None = None
    is_reversed: bool = False
    n_ticks: int = 6

    def ticks(self) -> list[tuple[float, str]]:
        """Return round values within the limits, with their text."""
        if self.fixed is not None:
            return [tick for tick in self.fixed if self.low <= tick[0] <= self.high]
        if self.form == "ratio" and max(abs(self.low), abs(self.high)) < _LARGEST_LOG:
            return _ratio_ticks(self.low, self.high)
        if self.form == "ratio":
            values = _round_values(self.low, self.high)
            return [(v, f"exp({text})") for v, text in zip(values, tick_texts(values), strict=True)]
        factor = 100.0 if self.form == "percent" else 1.0
        values = _round_values(self.low * factor, self.high * factor, self.n_ticks)
        sign = "%" if self.form == "percent" else ""
        return [(v / factor, text + sign) for v, text in zip(values, tick_texts(values), strict=True)]


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of the legend: how it looks and what it means."""

    label: str
    shape: Shape | Literal["line", "patch"]
    colour: str
    dashes: tuple[float, float] | None = None
    width: float = 1.2
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Surround:
    """What stands around a plot.

    Attributes
    ----------
    title : str
    keys : tuple of Key
        Legend, above the plot.
    notes : tuple of str
        Small print, below it.
    above, right : float
        Inches to keep free beside the plot, for margins of its own.
    height : float
        Inches of the plot.
    narrow : bool
        For a telephone: a smaller sheet with text of the same size.
    """

    title: str
    keys: tuple[Key, ...] = ()
    notes: tuple[str, ...] = ()
    above: float = 0.0
    right: float = 0.0
    height: float = HEIGHT
    narrow: bool = False

    @property
    def width(self) -> float:
        """Inches of the sheet."""
        return NARROW if self.narrow else WIDTH

    @property
    def plot_height(self) -> float:
        """Inches of the plot, lower on a narrow sheet."""
        return min(self.height, LOW) if self.narrow else self.height


class Area:
    """A plot area in its place: what is drawn in it is given on the scale of the analysis.

    Parameters
    ----------
    canvas : Canvas
    axes : (Axis, Axis)
        Horizontal and vertical.
    box : (left, top, right, bottom)
        Inches.
    around : Surround
        Title, legend and notes; all but the title are drawn by `finish`.
    """

    def __init__(self, canvas: Canvas, axes: tuple[Axis, Axis], box: Box, around: Surround) -> None:
        left, top, right, bottom = box
        self.canvas = canvas
        self.around = around
        self.box = box
        self.axes = axes
        self.lines: list[list[Point]] = []
        h, v = axes
        self.x = Scale(h.low, h.high, *((right, left) if h.is_reversed else (left, right)), is_log=False)
        self.y = Scale(v.low, v.high, *((top, bottom) if v.is_reversed else (bottom, top)), is_log=False)

    def line(
        self,
        xs: ArrayLike,
        ys: ArrayLike,
        *,
        colour: str,
        width: float = 0.9,
        dashes: tuple[float, float] | None = None,
        opacity: float = 1.0,
    ) -> None:
        """Draw straight lines through points, cut off at the frame."""
        for part in clip_line(self.points(xs, ys), self.box):
            self.lines.append(part)
            self.canvas.stroke(part, colour=colour, width=width, dashes=dashes, opacity=opacity)

    def fill(self, xs: ArrayLike, ys: ArrayLike, *, colour: str, opacity: float = 1.0) -> None:
        """Fill a closed shape, cut off at the frame."""
        corners = clip_area(self.points(xs, ys), self.box)
        if corners:
            self.canvas.fill([corners], colour=colour, opacity=opacity)

    def band(
        self, xs: ArrayLike, lows: ArrayLike, highs: ArrayLike, *, colour: str, opacity: float = 1.0
    ) -> None:
        """Fill between two lines over the same ``xs``."""
        x = np.asarray(xs, dtype=float)
        lower, upper = np.asarray(lows, dtype=float), np.asarray(highs, dtype=float)
        self.fill(np.r_[x, x[::-1]], np.r_[lower, upper[::-1]], colour=colour, opacity=opacity)

    def mark(self, x: float, y: float, shape: Shape = "dot", *, radius: float = 0.05, colour: str) -> None:
        """Put a mark where a study is."""
        self.canvas.mark(self.x.at(x), self.y.at(y), shape, radius=radius, colour=colour)

    def names(self, labels: Sequence[Label], *, marks: Sequence[Label] = ()) -> list[str]:
        """Write the names that find room, the first ones first; see `Canvas.names`."""
        return self.canvas.names(labels, self.box, marks=marks, lines=self.lines)

    def points(self, xs: ArrayLike, ys: ArrayLike) -> list[Point]:
        """Return the positions of values, in inches, also outside the frame."""
        x = self.x.at(np.asarray(xs, dtype=float))  # type: ignore[arg-type]  # a linear scale is arithmetic
        y = self.y.at(np.asarray(ys, dtype=float))  # type: ignore[arg-type]  # as above
        return list(zip(np.atleast_1d(x).tolist(), np.atleast_1d(y).tolist(), strict=True))

    def finish(self) -> Figure:
        """Draw axes, legend and notes, so that nothing covers them, and return the figure."""
        self.draw_axes()
        _, top, _, _ = self.box
        rows = _rows(self.around.keys, self.around.width - 2 * EDGE)
        first = top - self.around.above - 0.06 - 0.21 * len(rows) + 0.1
        for i, row in enumerate(rows):
            _draw_keys(self.canvas, row, first + 0.21 * i)
        notes = _notes(self.around)
        last = self.canvas.height - 0.12
        for i, line in enumerate(reversed(notes)):
            self.canvas.text(EDGE, last - LINE * i, line, size=SMALL, colour=LIGHT.muted)
        return self.canvas.figure

    def draw_axes(self) -> None:
        """Draw both axes with ticks and names; for one of several plots on a sheet."""
        left, top, right, bottom = self.box
        canvas = self.canvas
        canvas.line([(left, top), (left, bottom), (right, bottom)], colour=LIGHT.line, width=0.9)
        for value, text in _spaced(self.axes[0].ticks(), self.x):
            at = self.x.at(value)
            if (
                not 0
                < at - text_width(text, SMALL) / 2
                < at + text_width(text, SMALL) / 2
                < canvas.width - 0.02
            ):
                continue
            canvas.line([(at, bottom), (at, bottom + 0.05)], colour=LIGHT.line, width=0.9)
            canvas.text(at, bottom + 0.15, text, size=SMALL, align="center")
        widest = 0.0
        for value, text in self.axes[1].ticks():
            at = self.y.at(value)
            canvas.line([(left - 0.05, at), (left, at)], colour=LIGHT.line, width=0.9)
            canvas.text(left - 0.09, at, text, size=SMALL, align="right")
            widest = max(widest, text_width(text, SMALL))
        for i, line in enumerate(wrap(self.axes[0].label, right - left + 0.1, SIZE)):
            canvas.text((left + right) / 2, bottom + 0.38 + LINE * i, line, size=SIZE, align="center")
        lines = wrap(self.axes[1].label, bottom - top - 0.1, SIZE)
        for i, line in enumerate(lines):
            x = left - 0.09 - widest - 0.15 - LINE * (len(lines) - 1 - i)
            canvas.text(x, (top + bottom) / 2, line, size=SIZE, align="center", rotation=90)


def open_area(axes: tuple[Axis, Axis], around: Surround) -> Area:
    """Make a sheet with title, legend and notes, and the area for a plot on it.

    Parameters
    ----------
    axes : (Axis, Axis)
        Horizontal and vertical.
    around : Surround

    Returns
    -------
    Area
        Its frame is not drawn yet.
    """
    horizontal, vertical = axes
    title = wrap(around.title, around.width - 2 * EDGE, 11, "bold") if around.title else []
    notes = _notes(around)
    rows = _rows(around.keys, around.width - 2 * EDGE)
    widest = max((text_width(text, SMALL) for _, text in vertical.ticks()), default=0.0)
    names = len(wrap(vertical.label, around.plot_height - 0.1, SIZE))
    left = EDGE + LINE * names + 0.06 + widest + 0.09
    top = EDGE + 0.23 * len(title) + 0.21 * len(rows) + 0.06 + around.above
    right = around.width - 0.25 - around.right
    bottom = top + around.plot_height
    extra = LINE * (len(wrap(horizontal.label, right - left + 0.1, SIZE)) - 1)
    foot = bottom + FOOT + extra
    canvas = Canvas(around.width, foot + (0.06 + LINE * len(notes) if notes else 0.0))
    for i, line in enumerate(title):
        canvas.text(EDGE, 0.27 + 0.23 * i, line, size=11, weight="bold")
    return Area(canvas, axes, (left, top, right, bottom), around)


def message_sheet(title: str, message: str, notes: Sequence[str] = (), *, narrow: bool = False) -> Canvas:
    """Make a sheet that says why there is nothing to draw.

    Parameters
    ----------
    title, message : str
    notes : sequence of str
    narrow : bool

    Returns
    -------
    Canvas
    """
    width = NARROW if narrow else WIDTH
    head = wrap(title, width - 2 * EDGE, 11, "bold") if title else []
    small = [line for note in notes for line in wrap(note, width - 2 * EDGE, SMALL)]
    canvas = Canvas(width, 0.75 + 0.23 * len(head) + LINE * len(small))
    for i, line in enumerate(head):
        canvas.text(EDGE, 0.27 + 0.23 * i, line, size=11, weight="bold")
    y = 0.4 + 0.23 * len(head)
    canvas.text(EDGE, y, shorten(message, width - 2 * EDGE, SIZE), size=SIZE, italic=True, colour=LIGHT.muted)
    for i, line in enumerate(small):
        canvas.text(EDGE, y + 0.25 + LINE * i, line, size=SMALL, colour=LIGHT.muted)
    return canvas


def spread(values: Sequence[float], *, margin: float = 0.05, least: float = 1e-9) -> tuple[float, float]:
    """Return limits around values, with a margin; never of no width.

    Parameters
    ----------
    values : sequence of float
        Finite, at least one.
    margin : float
        Share of the width added at each end.
    least : float
        Width over size below which values count as equal; the limits are then half the size away, at least 1.

    Returns
    -------
    (float, float)
    """
    low, high = min(values), max(values)
    size = max(abs(low), abs(high))
    if high - low <= least * max(size, 1e-300):
        half = max(1.0, size / 2) if size > 1e-6 or size == 0 else size
        return low - half, high + half
    room = margin * (high - low)
    return low - room, high + room


def _round_values(low: float, high: float, n: int = 6) -> list[float]:
    found = MaxNLocator(nbins=n, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    slack = 1e-9 * (high - low)
    return [float(v) + 0.0 for v in found if low - slack <= v <= high + slack]


def _ratio_ticks(low: float, high: float) -> list[tuple[float, str]]:
    ratios = Scale(ratio(low), ratio(high), 0.0, 1.0, is_log=True).ticks()
    if len(ratios) >= 3:
        return [(float(np.log(value)), tick_label(value)) for value in ratios]
    values = [value for value in _round_values(ratio(low), ratio(high)) if value > 0]
    return [(float(np.log(v)), text) for v, text in zip(values, tick_texts(values), strict=True)]


def _spaced(ticks: Sequence[tuple[float, str]], scale: Scale) -> list[tuple[float, str]]:
    """Leave out every other tick until their texts do not touch."""
    kept = list(ticks)
    while len(kept) > 2:
        ends = sorted(
            (scale.at(v) - text_width(t, SMALL) / 2, scale.at(v) + text_width(t, SMALL) / 2) for v, t in kept
        )
        if all(a[1] + 0.06 <= b[0] for a, b in pairwise(ends)):
            break
        kept = kept[::2]
    return kept


def _notes(around: Surround) -> list[str]:
    return [line for note in around.notes for line in wrap(note, around.width - 2 * EDGE, SMALL)]


def _rows(keys: Sequence[Key], width: float) -> list[list[tuple[float, Key]]]:
    rows: list[list[tuple[float, Key]]] = []
    x = 0.0
    for given in keys:
        key = replace(given, label=shorten(given.label, width - _KEY_LINE, SMALL))
        needed = _key_width(key)
        if not rows or x + needed > width:
            rows.append([])
            x = 0.0
        rows[-1].append((x, key))
        x += needed + 0.2
    return rows


def _key_width(key: Key) -> float:
    return (_KEY_LINE if key.shape == "line" else _KEY_MARK) + text_width(key.label, SMALL)


def _draw_keys(canvas: Canvas, row: Sequence[tuple[float, Key]], y: float) -> None:
    for x, key in row:
        at = EDGE + x
        if key.shape == "line":
            ends = [(at, y), (at + 0.28, y)]
            canvas.stroke(ends, colour=key.colour, width=key.width, dashes=key.dashes, opacity=key.opacity)
        elif key.shape == "patch":
            corners = [(at, y - 0.06), (at + 0.14, y - 0.06), (at + 0.14, y + 0.06), (at, y + 0.06)]
            canvas.fill([corners], colour=key.colour, opacity=key.opacity)
            canvas.rectangle(at, y - 0.06, 0.14, 0.12, edge=LIGHT.line, line_width=0.5)
        else:
            canvas.mark(at + 0.07, y, key.shape, radius=0.05, colour=key.colour)
        canvas.text(
            at + (_KEY_LINE if key.shape == "line" else _KEY_MARK),
            y,
            key.label,
            size=SMALL,
            colour=LIGHT.muted,
        )
