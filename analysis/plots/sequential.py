"""The plot of a trial sequential analysis: cumulative Z, boundaries, and the information required."""

from dataclasses import dataclass

from matplotlib.figure import Figure

from analysis.plots.area import SMALL, Area, Axis, Key, Surround, message_sheet, open_area
from analysis.plots.canvas import Label
from analysis.plots.checks import check_finite, check_level, normal_quantile
from analysis.plots.numbers import number
from analysis.plots.sheet import text_width
from analysis.plots.theme import LIGHT
from analysis.plots.wording import counted, grouped, plain

NO_LOOK = "No study contributes a result"
RADIUS = 0.045
# Boundaries beyond it leave the frame: early looks would flatten all others.
HIGHEST_BOUNDARY = 8.0
_MOST_NAMED = 12
_DASHED, _DOTTED, _LONG = (4.0, 3.0), (1.5, 2.0), (6.0, 2.5)


@dataclass(frozen=True, slots=True)
class Look:
    """One look: what came in, the information after it (e.g. participants), and the cumulative Z."""

    label: str
    information: float
    z: float


@dataclass(frozen=True, slots=True)
class BoundaryPoint:
    """The boundaries at one amount of information.

    Attributes
    ----------
    information : float
    efficacy : float or None
        Critical absolute Z; None where no result could cross it.
    futility : float or None
        Absolute Z below which a stop for futility is advised; None where there is none.
    """

    information: float
    efficacy: float | None
    futility: float | None = None


@dataclass(frozen=True, slots=True)
class SequentialData:
    """Everything on the plot of a trial sequential analysis.

    Attributes
    ----------
    title : str
    looks : tuple of Look
        In the order of the analysis; information ascends.
    boundaries : tuple of BoundaryPoint
        Information ascends; lines are drawn between the points.
    required : float or None
        Required information size; a vertical line.
    alpha : float
        Type I error; the conventional limits are at its two-sided normal quantile.
    x_label : str
        What information is counted in.
    above, below : str
        What a positive and a negative Z favours; written at the upper and the lower edge.
    sides : {1, 2}
        Boundaries on both sides, or only for positive Z.
    verdict : str
        What the analysis concludes, for the note and the description.
    notes : tuple of str
        Lines under the figure.
    """

    title: str
    looks: tuple[Look, ...]
    boundaries: tuple[BoundaryPoint, ...]
    required: float | None
    alpha: float = 0.05
    x_label: str = "Participants"
    above: str = ""
    below: str = ""
    sides: int = 2
    verdict: str = ""
    notes: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        """What the figure shows, in words."""
        return _description(self)


def sequential(data: SequentialData, *, narrow: bool = False) -> Figure:
    """Draw the cumulative Z against information, with boundaries and the required information size.

    Parameters
    ----------
    data : SequentialData
    narrow : bool
        For a telephone: a smaller sheet with text of the same size.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If a value is not finite, information does not ascend, or ``sides`` is neither 1 nor 2.

    Notes
    -----
    The curve of Z starts at no information and Z = 0. A boundary that no result can reach is not drawn, and
    one above 8 leaves the frame.

    References
    ----------
    Wetterslev J, Thorlund K, Brok J, Gluud C. J Clin Epidemiol 2008;61:64-75.
    doi:10.1016/j.jclinepi.2007.03.013.
    Lan KKG, DeMets DL. Biometrika 1983;70:659-63. doi:10.1093/biomet/70.3.659.
    """
    _check(data)
    if not data.looks:
        return message_sheet(data.title, NO_LOOK, data.notes, narrow=narrow).figure
    verdict = (data.verdict,) if data.verdict else ()
    area = open_area(
        _axes(data), Surround(data.title, _keys(data), (*verdict, *data.notes), above=0.2, narrow=narrow)
    )
    _draw_futility(area, data)
    end = area.axes[0].high
    area.line([0.0, end], [0.0, 0.0], colour=LIGHT.line, width=0.9)
    for side in _sides(data):
        limit = side * _conventional(data)
        area.line([0.0, end], [limit, limit], colour=LIGHT.muted, dashes=_DASHED)
        known = [(p.information, side * p.efficacy) for p in data.boundaries if p.efficacy is not None]
        if known:
            xs, ys = zip(*known, strict=True)
            area.line(xs, ys, colour=LIGHT.waiting_edge, width=1.8)
    if data.required is not None:
        _draw_required(area, data.required)
    _draw_looks(area, data)
    _draw_sides(area, data)
    return area.finish()


def _check(data: SequentialData) -> None:
    check_level(1 - data.alpha)
    if data.sides not in {1, 2}:
        raise ValueError(f"sides is {data.sides}, not 1 or 2")
    for look in data.looks:
        check_finite(look.label, information=look.information, z=look.z)
    for point in data.boundaries:
        check_finite("a boundary", information=point.information)
        check_finite("a boundary", efficacy=point.efficacy, futility=point.futility)
    for name, values in (
        ("looks", [look.information for look in data.looks]),
        ("boundaries", [point.information for point in data.boundaries]),
    ):
        if values != sorted(values) or any(value < 0 for value in values):
            raise ValueError(f"information of the {name} is {values}; give it ascending from 0")
    check_finite("the plot", required=data.required)
    if data.required is not None and data.required <= 0:
        raise ValueError(f"required is {data.required}; an information size is positive")


def _conventional(data: SequentialData) -> float:
    return normal_quantile(1 - data.alpha)


def _sides(data: SequentialData) -> tuple[int, ...]:
    return (1, -1) if data.sides == 2 else (1,)


def _axes(data: SequentialData) -> tuple[Axis, Axis]:
    reached = [look.information for look in data.looks] + [p.information for p in data.boundaries]
    end = max([*reached, data.required or 0.0]) * 1.06 or 1.0
    zs = [look.z for look in data.looks]
    critical = [min(p.efficacy, HIGHEST_BOUNDARY) for p in data.boundaries if p.efficacy is not None]
    widest = max([_conventional(data), *critical])
    high = max([widest, *zs])
    low = min([-widest if data.sides == 2 else -1.0, *zs])
    # Room for the words beyond the outermost line.
    room = 0.1 * (high - low)
    return Axis(0.0, end, data.x_label), Axis(low - room, high + room, "Cumulative Z")


def _keys(data: SequentialData) -> tuple[Key, ...]:
    keys = [Key("Cumulative Z", "line", LIGHT.text, width=1.5)]
    if any(point.efficacy is not None for point in data.boundaries):
        keys.append(Key("Monitoring boundary", "line", LIGHT.waiting_edge, width=1.8))
    if any(point.futility is not None for point in data.boundaries):
        keys.append(Key("Futility", "patch", LIGHT.contour_2))
    sign = "±" if data.sides == 2 else ""
    keys.append(Key(f"Z = {sign}{number(_conventional(data), 2)}", "line", LIGHT.muted, dashes=_DASHED))
    if data.required is not None:
        keys.append(Key("Required information", "line", LIGHT.prediction, dashes=_LONG, width=1.4))
    return tuple(keys)


def _draw_futility(area: Area, data: SequentialData) -> None:
    known = [(p.information, p.futility) for p in data.boundaries if p.futility is not None]
    if not known:
        return
    xs = [x for x, _ in known]
    highs = [max(height, 0.0) for _, height in known]
    lows = [-height if data.sides == 2 else area.axes[1].low for height in highs]
    area.band(xs, lows, highs, colour=LIGHT.contour_2)
    for side in _sides(data):
        area.line(xs, [side * h for h in highs], colour=LIGHT.square, width=1.2, dashes=_DOTTED)


def _draw_required(area: Area, required: float) -> None:
    low, high = area.axes[1].low, area.axes[1].high
    area.line([required, required], [low, high], colour=LIGHT.prediction, width=1.4, dashes=_LONG)
    text = grouped(round(required))
    # Above the frame, and never beyond its right edge.
    x = min(area.x.at(required), area.box[2] - text_width(text, SMALL) / 2)
    area.canvas.text(x, area.box[1] - 0.1, text, size=SMALL, align="center")


def _draw_looks(area: Area, data: SequentialData) -> None:
    xs = [0.0, *(look.information for look in data.looks)]
    ys = [0.0, *(look.z for look in data.looks)]
    area.line(xs, ys, colour=LIGHT.text, width=1.5)
    radius = RADIUS if len(data.looks) <= 60 else 0.025
    labels = []
    for look in data.looks:
        area.mark(look.information, look.z, radius=radius, colour=LIGHT.square)
        labels.append(Label(area.x.at(look.information), area.y.at(look.z), radius, look.label))
    # The last look matters most.
    labels.reverse()
    named = labels if len(labels) <= _MOST_NAMED else labels[:1]
    area.names(named, marks=labels[len(named) :])


def _draw_sides(area: Area, data: SequentialData) -> None:
    # In the middle, where early boundaries are no longer near the frame.
    left, top, right, bottom = area.box
    for y, text in ((top + 0.12, data.above), (bottom - 0.12, data.below)):
        if text:
            area.canvas.text((left + right) / 2, y, text, size=SMALL, align="center", colour=LIGHT.muted)


def _description(data: SequentialData) -> str:
    if not data.looks:
        return f"{NO_LOOK}."
    last = data.looks[-1]
    found = [
        f"Trial sequential analysis of {counted(len(data.looks), 'look', 'looks')}: cumulative Z is "
        f"{plain(last.z)} after {grouped(round(last.information))} ({data.x_label})."
    ]
    if data.required is not None:
        share = plain(100 * last.information / data.required, decimals=1)
        found.append(f"Required information: {grouped(round(data.required))}, of which {share}% is reached.")
    at = [p for p in data.boundaries if p.information == last.information and p.efficacy is not None]
    if at and at[-1].efficacy is not None:
        sign = "±" if data.sides == 2 else ""
        found.append(f"The monitoring boundary at the last look is {sign}{plain(at[-1].efficacy)}.")
    if data.verdict:
        found.append(data.verdict)
    return " ".join(found)
