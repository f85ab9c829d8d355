"""The radial plot (Galbraith): a study's z-value against its precision; slopes are effects."""

import math
from dataclasses import dataclass

from matplotlib.figure import Figure

from analysis.plots.area import SMALL, Area, Axis, Form, Key, Surround, message_sheet, open_area
from analysis.plots.canvas import Label
from analysis.plots.checks import check_finite, check_level, normal_quantile
from analysis.plots.clipping import Point
from analysis.plots.sheet import text_width
from analysis.plots.theme import LIGHT
from analysis.plots.wording import counted, effect, span

NO_STUDY = "No study contributes a result"
RADIUS = 0.05
# Inches between the plot and its scale.
ARC_GAP = 0.12
_MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class RadialPoint:
    """One study: effect and variance on the scale of the analysis."""

    label: str
    yi: float
    vi: float


@dataclass(frozen=True, slots=True)
class RadialData:
    """Everything on a radial plot.

    Attributes
    ----------
    title : str
    points : tuple of RadialPoint
    summary : float
        Pooled effect on the scale of the analysis.
    ci_low, ci_high : float
        Its interval; a thick part of the scale on the right.
    tau2 : float
        Added to each variance; 0 for a common effect.
    measure_label : str
        Name of the scale of effects, e.g. "Risk ratio".
    is_log : bool
        Whether ``yi`` are natural logarithms; the scale on the right then shows ratios.
    level : float
        Of the band around the line of the pooled effect.
    notes : tuple of str
        Lines under the figure.
    """

    title: str
    points: tuple[RadialPoint, ...]
    summary: float
    ci_low: float
    ci_high: float
    tau2: float = 0.0
    measure_label: str = "Effect"
    is_log: bool = False
    level: float = 0.95
    notes: tuple[str, ...] = ()

    def place(self, point: RadialPoint) -> tuple[float, float]:
        """Return precision and z-value of a study."""
        se = math.sqrt(point.vi + self.tau2)
        return 1 / se, point.yi / se

    def is_outside(self, point: RadialPoint) -> bool:
        """Whether a study lies outside the band."""
        x, y = self.place(point)
        return abs(y - self.summary * x) > normal_quantile(self.level)

    @property
    def description(self) -> str:
        """What the figure shows, in words."""
        return _description(self)


def radial(data: RadialData, *, narrow: bool = False) -> Figure:
    """Draw a radial plot with the line of the pooled effect, its band, and a scale of effects.

    Parameters
    ----------
    data : RadialData
    narrow : bool
        For a telephone: a smaller sheet with text of the same size.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If a value is not finite, a variance is not positive, or tau2 is negative.

    Notes
    -----
    A study stands at ``x = 1 / sqrt(v + tau2)`` and ``y = x * effect``: a line from the origin through it
    meets the scale on the right at its effect. Studies outside the band are named.

    References
    ----------
    Galbraith RF. Stat Med 1988;7:889-94. doi:10.1002/sim.4780070807.
    """
    _check(data)
    if not data.points:
        return message_sheet(data.title, NO_STUDY, data.notes, narrow=narrow).figure
    axes = _axes(data)
    # The scale needs as much room as its longest number.
    room = ARC_GAP + 0.3 + _widest(_effects(data, axes, axes[0].high))
    area = open_area(axes, Surround(data.title, _keys(data), data.notes, right=room, narrow=narrow))
    z, end = normal_quantile(data.level), area.axes[0].high
    middle = data.summary * end
    area.band([0.0, end], [-z, middle - z], [z, middle + z], colour=LIGHT.contour_1)
    for side in (-z, z):
        area.line([0.0, end], [side, middle + side], colour=LIGHT.muted, dashes=(4, 3))
    area.line([0.0, end], [0.0, 0.0], colour=LIGHT.line, width=0.7)
    area.line([0.0, end], [0.0, middle], colour=LIGHT.text, width=1.1)
    for point in data.points:
        area.mark(*data.place(point), radius=RADIUS, colour=LIGHT.square)
    _name_outliers(area, data)
    _draw_arc(area, data)
    return area.finish()


def _check(data: RadialData) -> None:
    check_level(data.level)
    check_finite(
        "the radial plot", summary=data.summary, ci_low=data.ci_low, ci_high=data.ci_high, tau2=data.tau2
    )
    if data.tau2 < 0:
        raise ValueError(f"tau2 is {data.tau2}; a variance is not negative")
    for point in data.points:
        check_finite(point.label, yi=point.yi, vi=point.vi)
        if point.vi <= 0:
            raise ValueError(f"vi of {point.label!r} is {point.vi}; a variance is positive")


def _axes(data: RadialData) -> tuple[Axis, Axis]:
    places = [data.place(point) for point in data.points]
    end = max(x for x, _ in places) * 1.05
    z = normal_quantile(data.level)
    # Both ends of the band and of the interval stand in the frame, and so does the line of no effect.
    heights = [y for _, y in places] + [-z, z, data.summary * end - z, data.summary * end + z]
    low, high = min(heights), max(heights)
    room = 0.04 * (high - low)
    under = "(v + τ²)" if data.tau2 > 0 else "v"
    return (
        Axis(0.0, end, f"Precision, 1/√{under}"),
        Axis(low - room, high + room, f"z-value, effect/√{under}"),
    )


def _keys(data: RadialData) -> tuple[Key, ...]:
    return (
        Key("Study", "dot", LIGHT.square),
        Key(f"Pooled, {effect(data.summary, is_log=data.is_log)}", "line", LIGHT.text),
        Key(f"{100 * data.level:g}% of studies if all shared it", "patch", LIGHT.contour_1),
    )


def _name_outliers(area: Area, data: RadialData) -> None:
    places = {id(point): area.points(*data.place(point))[0] for point in data.points}
    outside = [point for point in data.points if data.is_outside(point)]
    z = {id(p): abs(data.place(p)[1] - data.summary * data.place(p)[0]) for p in outside}
    named = sorted(outside, key=lambda p: (-z[id(p)], p.label))[:_MOST_NAMED]
    labels = [Label(*places[id(point)], RADIUS, point.label) for point in named]
    others = [Label(*places[id(point)], RADIUS, "") for point in data.points]
    area.names(labels, marks=others)


def _draw_arc(area: Area, data: RadialData) -> None:
    """Draw the scale of effects: each effect where its line from the origin leaves the plot."""
    canvas, (_, top, right, bottom) = area.canvas, area.box
    at = right + ARC_GAP
    x_end = area.x.high + (ARC_GAP / (right - area.box[0])) * (area.x.high - area.x.low)
    slopes = _effects(data, area.axes, x_end)
    canvas.line([(at, top), (at, bottom)], colour=LIGHT.line, width=0.9)
    for value, text in slopes.ticks():
        y = area.y.at(value * x_end)
        canvas.line([(at, y), (at + 0.05, y)], colour=LIGHT.line, width=0.9)
        canvas.text(at + 0.09, y, text, size=SMALL)
    ends: list[Point] = [
        (at, min(max(area.y.at(value * x_end), top), bottom)) for value in (data.ci_low, data.ci_high)
    ]
    canvas.stroke(ends, colour=LIGHT.diamond, width=4.0)
    x = at + 0.23 + _widest(slopes)
    canvas.text(x, (top + bottom) / 2, data.measure_label, size=9.0, align="center", rotation=-90)


def _effects(data: RadialData, axes: tuple[Axis, Axis], precision: float) -> Axis:
    """Return the scale of effects that stands at a precision."""
    form: Form = "ratio" if data.is_log else "number"
    return Axis(axes[1].low / precision, axes[1].high / precision, "", form)


def _widest(scale: Axis) -> float:
    return max((text_width(text, SMALL) for _, text in scale.ticks()), default=0.0)


def _description(data: RadialData) -> str:
    if not data.points:
        return f"{NO_STUDY}."
    outside = [point.label for point in data.points if data.is_outside(point)]
    low, high = (effect(v, is_log=data.is_log) for v in (data.ci_low, data.ci_high))
    named = f": {', '.join(outside[:_MOST_NAMED])}" if outside else ""
    precisions = [data.place(point)[0] for point in data.points]
    return (
        f"Radial plot of {counted(len(data.points), 'study', 'studies')}: z-value against precision, which "
        f"{span(min(precisions), max(precisions))}. The line of the pooled effect has "
        f"the slope {effect(data.summary, is_log=data.is_log)} ({low} to {high}). {len(outside)} of "
        f"{len(data.points)} lie outside the {100 * data.level:g}% band{named}."
    )
