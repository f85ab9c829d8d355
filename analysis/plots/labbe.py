"""The L'Abbé plot: the risk of one group against the risk of the other, with lines of equal effect."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from matplotlib.figure import Figure

from analysis.plots.area import (
    SMALL,
    Area,
    Axis,
    Form,
    Key,
    Surround,
    Vector,
    message_sheet,
    open_area,
    spread,
)
from analysis.plots.canvas import Label, bubble_radius
from analysis.plots.checks import check_finite
from analysis.plots.clipping import Point, clip_line
from analysis.plots.sheet import text_width
from analysis.plots.theme import LIGHT
from analysis.plots.wording import counted, effect, short

LabbeMeasure = Literal["RR", "OR", "RD", "AS", "IRR", "IRD"]

NO_STUDY = "No study contributes a result"
RATIOS = frozenset({"RR", "OR", "IRR"})
RATES = frozenset({"IRR", "IRD"})
# The plot is about square, on a wide and on a narrow sheet.
HEIGHT, LOW = 4.55, 2.4
# Inches right of the plot and above it for the names of the lines.
LINE_ROOM = 0.75
_RATIOS_SHOWN = (0.1, 0.25, 0.5, 2.0, 4.0, 10.0)
_MOST_NAMED = 20
_CURVE = 201
# Inches from the corner within which the ends of lines cannot be told apart.
_CORNER = 0.15
_NO_RISK = 1e-12
# Logarithm of a ratio that no axis tells from a vertical line.
_STEEPEST = 50.0


@dataclass(frozen=True, slots=True)
class LabbePoint:
    """One study.

    Attributes
    ----------
    label : str
    risk_1, risk_2 : float
        Risks (0 to 1) or rates of the experimental and of the control group.
    weight : float
        The area of the circle is proportional to it; not negative.
    """

    label: str
    risk_1: float
    risk_2: float
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class LabbeData:
    """Everything on a L'Abbé plot.

    Attributes
    ----------
    title : str
    points : tuple of LabbePoint
    measure : {"RR", "OR", "RD", "AS", "IRR", "IRD"}
        What is equal along the lines; PETO has the lines of OR.
    summary, ci_low, ci_high : float or None
        Pooled effect and its interval on the scale of the analysis (log ratios); None draws no line.
    x_label, y_label : str
        Risks of the control and of the experimental group.
    measure_label : str
        E.g. "Risk ratio".
    notes : tuple of str
        Lines under the figure.
    log_axes : bool
        Logarithmic axes, which part small risks; risks must then be above 0.
    """

    title: str
    points: tuple[LabbePoint, ...]
    measure: LabbeMeasure
    summary: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    x_label: str = "Risk, control"
    y_label: str = "Risk, experimental"
    measure_label: str = "Effect"
    notes: tuple[str, ...] = ()
    log_axes: bool = False

    @property
    def is_log(self) -> bool:
        """Whether the effects are logarithms."""
        return self.measure in RATIOS

    @property
    def description(self) -> str:
        """What the figure shows, in words."""
        return _description(self)


def labbe(data: LabbeData, *, narrow: bool = False) -> Figure:
    """Draw a L'Abbé plot with the line of no effect, the pooled effect and further lines of equal effect.

    Parameters
    ----------
    data : LabbeData
    narrow : bool
        For a telephone: a smaller sheet with text of the same size.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If a risk is not between 0 and 1, a rate or weight is negative, or the measure is not known.

    Notes
    -----
    Below the diagonal the experimental group has the lower risk. The area of a circle shows the weight.

    References
    ----------
    L'Abbé KA, Detsky AS, O'Rourke K. Ann Intern Med 1987;107:224-33. doi:10.7326/0003-4819-107-2-224.
    """
    _check(data)
    if not data.points:
        return message_sheet(data.title, NO_STUDY, data.notes, narrow=narrow).figure
    around = Surround(
        data.title,
        _keys(data),
        data.notes,
        above=0.16,
        right=LINE_ROOM,
        height=LOW if narrow else HEIGHT,
        narrow=narrow,
    )
    area = open_area(_axes(data), around)
    _draw_interval(area, data)
    _draw_equal_effects(area, data)
    ends = [area.axes[0].low, area.axes[0].high]
    area.line(ends, ends, colour=LIGHT.line, width=1.0)
    if data.summary is not None:
        area.line(*_curve(area, data, data.summary), colour=LIGHT.prediction, width=1.4, dashes=(6, 2.5))
    _draw_points(area, data)
    return area.finish()


def along(measure: LabbeMeasure, value: float, risk_2: Vector) -> Vector:
    """Return the risks of the experimental group that have one effect.

    Parameters
    ----------
    measure : {"RR", "OR", "RD", "AS", "IRR", "IRD"}
    value : float
        On the scale of the analysis.
    risk_2 : ndarray of shape (n,)
        Risks of the control group.

    Returns
    -------
    ndarray of shape (n,)
        May leave the range from 0 to 1 for risk ratios and differences.
    """
    return _CURVES[measure](min(max(value, -_STEEPEST), _STEEPEST), risk_2)


def _odds_ratio(value: float, risk_2: Vector) -> Vector:
    # The form for the smaller odds does not overflow.
    factor = math.exp(-abs(value))
    if value <= 0:
        return factor * risk_2 / (1 - risk_2 + factor * risk_2)
    return 1 - factor * (1 - risk_2) / (risk_2 + factor * (1 - risk_2))


def _ratio(value: float, risk_2: Vector) -> Vector:
    return math.exp(value) * risk_2


def _difference(value: float, risk_2: Vector) -> Vector:
    return risk_2 + value


def _arcsine(value: float, risk_2: Vector) -> Vector:
    angle = np.clip(np.arcsin(np.sqrt(np.clip(risk_2, 0, 1))) + value, 0.0, np.pi / 2)
    return np.asarray(np.sin(angle) ** 2, dtype=float)


_CURVES: dict[LabbeMeasure, Callable[[float, Vector], Vector]] = {
    "RR": _ratio,
    "OR": _odds_ratio,
    "RD": _difference,
    "AS": _arcsine,
    "IRR": _ratio,
    "IRD": _difference,
}


def _check(data: LabbeData) -> None:
    if data.measure not in get_args(LabbeMeasure):
        raise ValueError(f"measure is {data.measure!r}, not one of {', '.join(get_args(LabbeMeasure))}")
    check_finite("the plot", summary=data.summary, ci_low=data.ci_low, ci_high=data.ci_high)
    for point in data.points:
        check_finite(point.label, risk_1=point.risk_1, risk_2=point.risk_2, weight=point.weight)
        risks = point.risk_1, point.risk_2
        if min(*risks, point.weight) < 0:
            raise ValueError(f"{point.label!r} has a negative risk or weight: {risks}, {point.weight}")
        if data.log_axes and min(risks) == 0:
            raise ValueError(f"{point.label!r} has a risk of 0, which logarithmic axes cannot show: {risks}")
        if data.measure not in RATES and max(risks) > 1:
            raise ValueError(f"{point.label!r} has a risk above 1: {risks}; give risks as shares")


def _axes(data: LabbeData) -> tuple[Axis, Axis]:
    risks = [risk for point in data.points for risk in (point.risk_1, point.risk_2)]
    is_rate = data.measure in RATES
    if data.log_axes:
        low, high = spread([math.log(risk) for risk in risks], margin=0.08)
        high = high if is_rate else min(high, 0.0)
        ticks = None if is_rate else _percent_ticks(low, high)
        return Axis(low, high, data.x_label, "ratio", ticks), Axis(low, high, data.y_label, "ratio", ticks)
    top = max(risks) * 1.1 or 1.0
    form: Form = "number" if is_rate else "percent"
    top = top if is_rate else min(1.0, top)
    return Axis(0.0, top, data.x_label, form), Axis(0.0, top, data.y_label, form)


def _percent_ticks(low: float, high: float) -> tuple[tuple[float, str], ...]:
    shift = math.log(100)
    found = Axis(low + shift, high + shift, "", "ratio").ticks()
    return tuple((value - shift, f"{text}%") for value, text in found)


def _curve(area: Area, data: LabbeData, value: float) -> tuple[Vector, Vector]:
    """Return the line of one effect, as the axes have it."""
    ends = area.axes[0].low, area.axes[0].high
    xs = np.linspace(*ends, _CURVE)
    if not data.log_axes:
        return xs, along(data.measure, value, xs)
    # Differences may leave the positive risks: far below the axis, where the line is cut off.
    risks = np.maximum(along(data.measure, value, np.exp(xs)), _NO_RISK)
    return xs, np.log(risks)


def _keys(data: LabbeData) -> tuple[Key, ...]:
    keys = [Key("Study, area by weight", "dot", LIGHT.square), Key("No effect", "line", LIGHT.line)]
    if data.summary is not None:
        name = f"{data.measure_label} {effect(data.summary, is_log=data.is_log)}"
        keys.append(Key(f"Pooled: {name}", "line", LIGHT.prediction, dashes=(6, 2.5)))
    if data.ci_low is not None and data.ci_high is not None:
        keys.append(Key("Its interval", "patch", LIGHT.contour_1))
    return tuple(keys)


def _draw_interval(area: Area, data: LabbeData) -> None:
    if data.ci_low is None or data.ci_high is None:
        return
    below, above = (_curve(area, data, value) for value in (data.ci_low, data.ci_high))
    xs, ys = (np.r_[first, second[::-1]] for first, second in zip(below, above, strict=True))
    area.fill(xs, ys, colour=LIGHT.contour_1)


def _draw_equal_effects(area: Area, data: LabbeData) -> None:
    top = math.exp(area.axes[0].high) if data.log_axes else area.axes[0].high
    taken: list[Point] = []
    for value in _shown_effects(data, top):
        xs, ys = _curve(area, data, math.log(value) if data.is_log else value)
        parts = clip_line(area.points(xs, ys), area.box)
        if not parts or parts[-1][-1] == parts[-1][0]:
            continue
        for part in parts:
            area.canvas.stroke(part, colour=LIGHT.contour_3, width=0.8)
        _name_line(area, parts[-1], short(value), taken)


def _shown_effects(data: LabbeData, top: float) -> tuple[float, ...]:
    if data.is_log:
        return _RATIOS_SHOWN
    if data.measure == "AS":
        return (-0.4, -0.2, 0.2, 0.4)
    step = 10.0 ** math.floor(math.log10(top / 2))
    step = max(m * step for m in (1, 2, 5) if m * step <= top / 3 or m == 1)
    return (-2 * step, -step, step, 2 * step)


def _name_line(area: Area, line: list[Point], text: str, taken: list[Point]) -> None:
    """Write the effect where its line leaves the plot; on the line where many end in the corner."""
    _, top, right, _ = area.box
    x, y = line[-1]
    width = text_width(text, SMALL)
    if right - x < _CORNER and y - top < _CORNER:
        at = _farthest_from_diagonal(area, line)
        is_right, on_line = False, True
    else:
        is_right, on_line = right - x < y - top, False
        at = (right + 0.06, y) if is_right else (x, top - 0.09)
    if any(abs(at[0] - other[0]) < width + 0.1 and abs(at[1] - other[1]) < 0.14 for other in taken):
        return
    taken.append(at)
    if on_line:
        box = (at[0] - width / 2 - 0.02, at[1] - 0.07, at[0] + width / 2 + 0.02, at[1] + 0.07)
        area.canvas.rectangle(box[0], box[1], box[2] - box[0], box[3] - box[1], fill=LIGHT.page)
        area.canvas.reserve(box)
    area.canvas.text(*at, text, size=SMALL, colour=LIGHT.muted, align="left" if is_right else "center")


def _farthest_from_diagonal(area: Area, line: list[Point]) -> Point:
    left, top, right, bottom = area.box
    return max(line, key=lambda p: abs((p[0] - left) / (right - left) - (bottom - p[1]) / (bottom - top)))


def _draw_points(area: Area, data: LabbeData) -> None:
    heaviest = max(point.weight for point in data.points) or 1.0
    ordered = sorted(data.points, key=lambda p: (-p.weight, p.label))
    labels = []
    for point in ordered:
        radius = bubble_radius(point.weight, heaviest, len(data.points), narrow=area.around.narrow)
        x, y = point.risk_2, point.risk_1
        x, y = (math.log(x), math.log(y)) if data.log_axes else (x, y)
        area.mark(x, y, radius=radius, colour=LIGHT.square)
        labels.append(Label(area.x.at(x), area.y.at(y), radius, point.label))
    area.names(labels[:_MOST_NAMED], marks=labels[_MOST_NAMED:])


def _description(data: LabbeData) -> str:
    if not data.points:
        return f"{NO_STUDY}."
    lower = sum(point.risk_1 < point.risk_2 for point in data.points)
    higher = sum(point.risk_1 > point.risk_2 for point in data.points)
    found = [
        f"L'Abbé plot of {counted(len(data.points), 'study', 'studies')}: {data.y_label} against "
        f"{data.x_label}. {lower} below the line of no effect, {higher} above it."
    ]
    if data.summary is not None:
        found.append(f"Pooled: {data.measure_label} {effect(data.summary, is_log=data.is_log)}")
        if data.ci_low is not None and data.ci_high is not None:
            ends = (effect(value, is_log=data.is_log) for value in (data.ci_low, data.ci_high))
            found[-1] += f" ({' to '.join(ends)})"
        found[-1] += "."
    return " ".join(found)
