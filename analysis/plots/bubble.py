"""The bubble plot: effects against a moderator, with the line of a meta-regression and its bands."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from analysis.plots.area import Area, Axis, Form, Key, Surround, message_sheet, open_area, spread
from analysis.plots.canvas import Label, bubble_radius
from analysis.plots.checks import check_finite, check_vectors
from analysis.plots.theme import LIGHT
from analysis.plots.wording import counted, effect, short, span

NO_STUDY = "No study contributes a result"
_MOST_NAMED = 20
# How many spans of the studies the prediction band may add on either side before it is cut off.
_REACH = 0.75


@dataclass(frozen=True, slots=True)
class BubblePoint:
    """One study: the moderator, the effect on the scale of the analysis, and its weight (area)."""

    label: str
    x: float
    yi: float
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class BubbleLine:
    """Fitted values of a meta-regression on the scale of the analysis.

    Attributes
    ----------
    x : tuple of float
        Values of the moderator, ascending.
    estimate, ci_low, ci_high : tuple of float
        Mean effect and its interval at each ``x``.
    pi_low, pi_high : tuple of float
        Prediction interval at each ``x``; empty draws none.
    """

    x: tuple[float, ...]
    estimate: tuple[float, ...]
    ci_low: tuple[float, ...]
    ci_high: tuple[float, ...]
    pi_low: tuple[float, ...] = ()
    pi_high: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class BubbleData:
    """Everything on a bubble plot.

    Attributes
    ----------
    title : str
    points : tuple of BubblePoint
    line : BubbleLine or None
        None where no regression was possible.
    x_label, y_label : str
        The moderator with its unit, and the measure.
    is_log : bool
        Whether effects are natural logarithms; the axis then shows ratios.
    null_line : float or None
        No effect on the scale of the analysis; None draws no line.
    level : float
        Of the intervals, for the legend.
    notes : tuple of str
        Lines under the figure.
    """

    title: str
    points: tuple[BubblePoint, ...]
    line: BubbleLine | None
    x_label: str
    y_label: str
    is_log: bool = False
    null_line: float | None = 0.0
    level: float = 0.95
    notes: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        """What the figure shows, in words."""
        return _description(self)


def bubble(data: BubbleData, *, narrow: bool = False) -> Figure:
    """Draw a bubble plot: area of a circle by weight, regression line, confidence and prediction bands.

    Parameters
    ----------
    data : BubbleData
    narrow : bool
        For a telephone: a smaller sheet with text of the same size.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If a value is not finite, a weight is negative, or the parts of the line differ in length.

    Notes
    -----
    A prediction band that reaches far beyond the studies is cut off at the frame.

    References
    ----------
    Thompson SG, Higgins JPT. Stat Med 2002;21:1559-73. doi:10.1002/sim.1187.
    """
    _check(data)
    if not data.points:
        return message_sheet(data.title, NO_STUDY, data.notes, narrow=narrow).figure
    area = open_area(_axes(data), Surround(data.title, _keys(data), data.notes, narrow=narrow))
    if data.line is not None:
        _draw_bands(area, data.line)
    if data.null_line is not None:
        area.line(
            area.axes[0].low + np.array([0.0, area.axes[0].high - area.axes[0].low]),
            [data.null_line] * 2,
            colour=LIGHT.line,
            width=0.8,
            dashes=(1.5, 2),
        )
    if data.line is not None:
        area.line(data.line.x, data.line.estimate, colour=LIGHT.text, width=1.4)
    _draw_points(area, data)
    return area.finish()


def _check(data: BubbleData) -> None:
    check_finite("the plot", null_line=data.null_line)
    for point in data.points:
        check_finite(point.label, x=point.x, yi=point.yi, weight=point.weight)
        if point.weight < 0:
            raise ValueError(f"weight of {point.label!r} is {point.weight}; an area is not negative")
    if data.line is None:
        return
    line = data.line
    parts = {"x": line.x, "estimate": line.estimate, "ci_low": line.ci_low, "ci_high": line.ci_high}
    if line.pi_low or line.pi_high:
        parts |= {"pi_low": line.pi_low, "pi_high": line.pi_high}
    check_vectors(len(line.x), **{name: np.asarray(part, dtype=float) for name, part in parts.items()})


def _axes(data: BubbleData) -> tuple[Axis, Axis]:
    xs = [point.x for point in data.points]
    ys = [point.yi for point in data.points]
    if data.null_line is not None:
        ys.append(data.null_line)
    if data.line is not None:
        xs += data.line.x
        ys += [*data.line.ci_low, *data.line.ci_high]
        room = _REACH * (max(ys) - min(ys))
        low, high = min(ys) - room, max(ys) + room
        ys += [min(max(value, low), high) for value in (*data.line.pi_low, *data.line.pi_high)]
    form: Form = "ratio" if data.is_log else "number"
    return Axis(*spread(xs, margin=0.06), data.x_label), Axis(*spread(ys, margin=0.06), data.y_label, form)


def _keys(data: BubbleData) -> tuple[Key, ...]:
    keys = [Key("Study, area by weight", "dot", LIGHT.square)]
    if data.line is not None:
        level = f"{100 * data.level:g}%"
        keys += [Key("Mean effect", "line", LIGHT.text, width=1.4)]
        keys += [Key(f"{level} confidence", "patch", LIGHT.contour_3)]
        if data.line.pi_low:
            keys.append(Key(f"{level} prediction", "patch", LIGHT.contour_1))
    if data.null_line is not None:
        keys.append(Key("No effect", "line", LIGHT.line, dashes=(1.5, 2)))
    return tuple(keys)


def _draw_bands(area: Area, line: BubbleLine) -> None:
    if line.pi_low:
        area.band(line.x, line.pi_low, line.pi_high, colour=LIGHT.contour_1)
    area.band(line.x, line.ci_low, line.ci_high, colour=LIGHT.contour_3)
    for edge in (line.pi_low, line.pi_high):
        if edge:
            area.line(line.x, edge, colour=LIGHT.prediction, width=0.9, dashes=(4, 3))


def _draw_points(area: Area, data: BubbleData) -> None:
    heaviest = max(point.weight for point in data.points) or 1.0
    labels = []
    for point in sorted(data.points, key=lambda p: (-p.weight, p.label)):
        radius = bubble_radius(point.weight, heaviest, len(data.points), narrow=area.around.narrow)
        area.mark(point.x, point.yi, radius=radius, colour=LIGHT.square)
        labels.append(Label(area.x.at(point.x), area.y.at(point.yi), radius, point.label))
    area.names(labels[:_MOST_NAMED], marks=labels[_MOST_NAMED:])


def _description(data: BubbleData) -> str:
    if not data.points:
        return f"{NO_STUDY}."
    xs = [point.x for point in data.points]
    first = (
        f"Bubble plot of {counted(len(data.points), 'study', 'studies')}: {data.y_label} against "
        f"{data.x_label}, which {span(min(xs), max(xs))}."
    )
    line = data.line
    if line is None or not line.x:
        return f"{first} No regression line."
    at = " and ".join(f"{_fitted(line, i, is_log=data.is_log)} at {short(line.x[i])}" for i in (0, -1))
    return f"{first} The mean effect is {at}."


def _fitted(line: BubbleLine, i: int, *, is_log: bool) -> str:
    estimate, low, high = (effect(v[i], is_log=is_log) for v in (line.estimate, line.ci_low, line.ci_high))
    return f"{estimate} ({low} to {high})"
