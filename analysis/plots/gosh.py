"""The GOSH plot: pooled effect and heterogeneity of every subset of the studies, by density."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.plots.area import Area, Axis, Form, Key, Surround, Vector, message_sheet, open_area, spread
from analysis.plots.checks import check_finite, check_vectors
from analysis.plots.clipping import Point
from analysis.plots.theme import LIGHT
from analysis.plots.wording import counted, effect, grouped, short

NO_SUBSET = "No subset of the studies was pooled"
CELLS = (78, 54)
BARS = 48
# Up to so many subsets each has its own dot.
MOST_DOTS = 400
# Shades from the rarest to the most frequent cell; steps of equal ratio in the count.
SHADES = (0.22, 0.38, 0.54, 0.7, 0.85, 1.0)
_MARGIN = 0.72


@dataclass(frozen=True, slots=True, eq=False)
class GoshData:
    """Everything on a GOSH plot.

    Attributes
    ----------
    title : str
    estimates : ndarray of shape (n,)
        Pooled effect of each subset on the scale of the analysis.
    heterogeneity : ndarray of shape (n,)
        Of the same subsets, e.g. I² in percent.
    x_label, y_label : str
    is_log : bool
        Whether effects are natural logarithms; the axis then shows ratios.
    marked : ndarray of bool of shape (n,), or None
        Subsets to tell from the others, e.g. those with one study.
    marked_label : str
        What they have in common, e.g. "with Hart 1977".
    other_label : str
        What the rest have in common.
    whole : (float, float) or None
        Effect and heterogeneity of all studies together; a diamond.
    n_possible : int or None
        Subsets there are, where only a sample was pooled.
    notes : tuple of str
        Lines under the figure.
    """

    title: str
    estimates: Vector
    heterogeneity: Vector
    x_label: str
    y_label: str = "I², %"
    is_log: bool = False
    marked: NDArray[np.bool_] | None = None
    marked_label: str = ""
    other_label: str = "All other subsets"
    whole: tuple[float, float] | None = None
    n_possible: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        """What the figure shows, in words."""
        return _description(self)


def gosh(data: GoshData, *, narrow: bool = False) -> Figure:
    """Draw a GOSH plot: shades by the number of subsets, and the distribution along each axis.

    Parameters
    ----------
    data : GoshData
    narrow : bool
        For a telephone: a smaller sheet with text of the same size.

    Returns
    -------
    matplotlib.figure.Figure
        Of the same size for a hundred subsets and for a million.

    Raises
    ------
    ValueError
        If arrays differ in length or hold what is not finite.

    Notes
    -----
    Shades follow the logarithm of the count, so that rare clusters are seen beside frequent ones.

    References
    ----------
    Olkin I, Dahabreh IJ, Trikalinos TA. Res Synth Methods 2012;3:214-23. doi:10.1002/jrsm.1053.
    """
    _check(data)
    if not len(data.estimates):
        return message_sheet(data.title, NO_SUBSET, data.notes, narrow=narrow).figure
    around = Surround(
        data.title, _keys(data), data.notes, above=_MARGIN, right=_MARGIN, height=3.7, narrow=narrow
    )
    area = open_area(_axes(data), around)
    for chosen, colour in _parts(data):
        draw = _draw_dots if len(data.estimates) <= MOST_DOTS else _draw_cells
        draw(area, data.estimates[chosen], data.heterogeneity[chosen], colour)
        _draw_margins(area, data, chosen, colour)
    if data.whole is not None:
        area.mark(*data.whole, "diamond", radius=0.07, colour=LIGHT.diamond)
    return area.finish()


def _check(data: GoshData) -> None:
    n = len(data.estimates)
    check_vectors(n, estimates=data.estimates, heterogeneity=data.heterogeneity)
    if data.marked is not None and data.marked.shape != (n,):
        raise ValueError(f"marked has shape {data.marked.shape}, not ({n},)")
    if data.whole is not None:
        check_finite("all studies", estimate=data.whole[0], heterogeneity=data.whole[1])


def _parts(data: GoshData) -> list[tuple[NDArray[np.bool_], str]]:
    if data.marked is None:
        return [(np.ones(len(data.estimates), dtype=bool), LIGHT.square)]
    return [(~data.marked, LIGHT.square), (data.marked, LIGHT.prediction)]


def _axes(data: GoshData) -> tuple[Axis, Axis]:
    form: Form = "ratio" if data.is_log else "number"
    x = _limits(data.estimates, data.whole[0] if data.whole else None)
    low, high = _limits(data.heterogeneity, data.whole[1] if data.whole else None)
    # Heterogeneity starts at zero: a floor that many subsets share must lie inside the frame.
    high = max(high, 1.0 if high <= 0 else high)
    return Axis(*x, data.x_label, form), Axis(min(low, -0.02 * high), high, data.y_label)


def _limits(values: Vector, further: float | None) -> tuple[float, float]:
    ends = [float(values.min()), float(values.max())]
    return spread(ends if further is None else [*ends, further], margin=0.03)


def _keys(data: GoshData) -> tuple[Key, ...]:
    shape: Literal["dot", "patch"] = "dot" if len(data.estimates) <= MOST_DOTS else "patch"
    if data.marked is None:
        name = "Subset" if shape == "dot" else "Subsets (darker: more of them)"
        keys = [Key(name, shape, LIGHT.square)]
    else:
        keys = [Key(data.other_label, shape, LIGHT.square), Key(data.marked_label, shape, LIGHT.prediction)]
    if data.whole is not None:
        keys.append(Key("All studies", "diamond", LIGHT.diamond))
    return tuple(keys)


def _draw_dots(area: Area, estimates: Vector, heterogeneity: Vector, colour: str) -> None:
    for x, y in area.points(estimates, heterogeneity):
        area.canvas.mark(x, y, "dot", radius=0.032, colour=colour)


def _draw_cells(area: Area, estimates: Vector, heterogeneity: Vector, colour: str) -> None:
    if not len(estimates):
        return
    ranges = [(axis.low, axis.high) for axis in area.axes]
    counts, xs, ys = np.histogram2d(estimates, heterogeneity, bins=CELLS, range=ranges)
    # From one subset in a cell to the most, in steps of equal ratio.
    with np.errstate(divide="ignore"):
        share = np.log(counts) / max(math.log(counts.max()), 1e-9)
    steps = np.where(counts > 0, 1 + np.rint(share * (len(SHADES) - 1)), 0)
    for step, opacity in enumerate(SHADES, start=1):
        shapes = _runs(area, steps == step, xs, ys)
        if shapes:
            area.canvas.fill(shapes, colour=colour, opacity=opacity)


def _runs(area: Area, chosen: NDArray[np.bool_], xs: Vector, ys: Vector) -> list[list[Point]]:
    """Return one rectangle for each run of chosen cells in a row."""
    shapes = []
    for row in range(chosen.shape[1]):
        edges = np.flatnonzero(np.diff(np.r_[False, chosen[:, row], False].astype(int)))
        for start, end in edges.reshape(-1, 2):
            left, right = area.x.at(float(xs[start])), area.x.at(float(xs[end]))
            bottom, top = area.y.at(float(ys[row])), area.y.at(float(ys[row + 1]))
            shapes.append([(left, bottom), (right, bottom), (right, top), (left, top)])
    return shapes


def _draw_margins(area: Area, data: GoshData, chosen: NDArray[np.bool_], colour: str) -> None:
    """Draw how the subsets are distributed along each axis, both parts on one scale."""
    _, top, right, _ = area.box
    for i, values in enumerate((data.estimates, data.heterogeneity)):
        limits = area.axes[i].low, area.axes[i].high
        edges = np.linspace(*limits, BARS + 1)
        highest = max(np.histogram(values[part], edges)[0].max() for part, _ in _parts(data))
        counts = np.histogram(values[chosen], edges)[0] / max(highest, 1)
        heights = np.repeat(counts, 2) * (_MARGIN - 0.14)
        steps = np.repeat(edges, 2)[1:-1]
        if i == 0:
            outline = [(area.x.at(float(v)), top - 0.06 - h) for v, h in zip(steps, heights, strict=True)]
            ends = [(outline[-1][0], top - 0.06), (outline[0][0], top - 0.06)]
        else:
            outline = [(right + 0.06 + h, area.y.at(float(v))) for v, h in zip(steps, heights, strict=True)]
            ends = [(right + 0.06, outline[-1][1]), (right + 0.06, outline[0][1])]
        area.canvas.fill([[*outline, *ends]], colour=colour, opacity=0.5)
        area.canvas.stroke(outline, colour=colour, width=0.8)


def _description(data: GoshData) -> str:
    n = len(data.estimates)
    if not n:
        return f"{NO_SUBSET}."
    of = f" of {grouped(data.n_possible)} possible" if data.n_possible not in {None, n} else ""
    found = [
        f"GOSH plot of {counted(n, 'subset', 'subsets')}{of}: heterogeneity ({data.y_label}) against pooled "
        f"effect ({data.x_label}).",
        _spread_of(data, np.ones(n, dtype=bool), "All"),
    ]
    if data.marked is not None and 0 < int(data.marked.sum()) < n:
        found.append(_spread_of(data, data.marked, data.marked_label))
        found.append(_spread_of(data, ~data.marked, data.other_label))
    if data.whole is not None:
        at = effect(data.whole[0], is_log=data.is_log)
        found.append(f"All studies together: {at}, heterogeneity {short(data.whole[1])}.")
    return " ".join(found)


def _spread_of(data: GoshData, chosen: NDArray[np.bool_], name: str) -> str:
    values = data.estimates[chosen]
    low, middle, high = (
        effect(float(v), is_log=data.is_log) for v in (values.min(), np.median(values), values.max())
    )
    typical = short(float(np.median(data.heterogeneity[chosen])))
    return f"{name}: effect {low} to {high}, median {middle}; median heterogeneity {typical}."
