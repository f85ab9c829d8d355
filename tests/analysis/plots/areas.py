"""Examples of the figures with two axes, and what can be read back from them."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from analysis.plots.area import Axis
from analysis.plots.baujat import BaujatData, BaujatPoint, baujat
from analysis.plots.bubble import BubbleData, BubbleLine, BubblePoint, bubble
from analysis.plots.drapery import Curve, DraperyData, drapery
from analysis.plots.funnel import FunnelData, FunnelPoint, RegressionLine, funnel
from analysis.plots.gosh import GoshData, gosh
from analysis.plots.labbe import LabbeData, LabbePoint, labbe
from analysis.plots.radial import RadialData, RadialPoint, radial
from analysis.plots.sequential import BoundaryPoint, Look, SequentialData, sequential
from analysis.plots.theme import LIGHT

# Log risk ratios and their variances: Colditz et al., JAMA 1994;271:698-702, as in R's dat.bcg.
BCG_YI = (
    -0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713, -0.3394, 0.4459,
    -0.0173,
)  # fmt: skip
BCG_VI = (
    0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730, 0.0124, 0.5325, 0.0714,
)  # fmt: skip
LABELS = tuple(f"Trial {i + 1}" for i in range(13))


def effects(k: int) -> tuple[list[float], list[float]]:
    """Effects and variances of ``k`` made-up studies."""
    rng = np.random.default_rng(k)
    vi = rng.uniform(0.01, 0.6, k)
    return rng.normal(-0.4, np.sqrt(vi + 0.05)).tolist(), vi.tolist()


def funnel_data(k: int) -> FunnelData:
    yi, vi = effects(k)
    points = tuple(FunnelPoint(f"S{i}", y, v**0.5) for i, (y, v) in enumerate(zip(yi, vi, strict=True)))
    filled = (FunnelPoint("Filled", 0.9, 0.6),)
    line = RegressionLine(-0.2, -0.5)
    return FunnelData(
        "Death", points, -0.4, "Risk ratio", is_log=True, contours=True, filled=filled, line=line
    )


def baujat_data(k: int) -> BaujatData:
    yi, vi = effects(k)
    points = [
        BaujatPoint(f"S{i}", (y + 0.4) ** 2 / v, (y + 0.4) ** 2)
        for i, (y, v) in enumerate(zip(yi, vi, strict=True))
    ]
    return BaujatData("Death", tuple(points), notes=("Common effect.",))


def radial_data(k: int) -> RadialData:
    yi, vi = effects(k)
    points = tuple(RadialPoint(f"S{i}", y, v) for i, (y, v) in enumerate(zip(yi, vi, strict=True)))
    return RadialData("Death", points, -0.4, -0.6, -0.2, tau2=0.0, measure_label="Risk ratio", is_log=True)


def labbe_data(k: int) -> LabbeData:
    yi, vi = effects(k)
    points = tuple(
        LabbePoint(f"S{i}", 0.3 * 0.9 ** abs(10 * y), 0.1 + 0.2 * (i % 7) / 7, 1 / v)
        for i, (y, v) in enumerate(zip(yi, vi, strict=True))
    )
    return LabbeData("Death", points, "RR", -0.4, -0.6, -0.2, measure_label="Risk ratio")


def bubble_data(k: int) -> BubbleData:
    yi, vi = effects(k)
    points = tuple(
        BubblePoint(f"S{i}", 10.0 + 40 * i / k, y, 1 / v) for i, (y, v) in enumerate(zip(yi, vi, strict=True))
    )
    return BubbleData(
        "Death", points, bubble_line() if k > 2 else None, "Latitude", "Risk ratio", is_log=True
    )


def bubble_line() -> BubbleLine:
    return BubbleLine((10.0, 50.0), (0.0, -1.0), (-0.3, -1.4), (0.3, -0.6), (-0.8, -1.9), (0.8, -0.1))


def gosh_data(n: int) -> GoshData:
    rng = np.random.default_rng(n)
    marked = rng.random(n) < 0.5
    estimates = rng.normal(-0.4, 0.2, n) + 0.4 * marked
    return GoshData(
        "Death", estimates, rng.uniform(0, 90, n), "Risk ratio", is_log=True, marked=marked,
        marked_label="With S3", other_label="Without S3", whole=(-0.2, 61.0),
    )  # fmt: skip


def sequential_data(k: int) -> SequentialData:
    information = [100.0 * (i + 1) for i in range(k)]
    looks = tuple(Look(f"S{i}", n, -0.1 - 1.5 * (i + 1) / k) for i, n in enumerate(information))
    required = information[-1] * 2
    efficacy = [
        None if n / required < 0.1 else 1.96 / (n / required) ** 0.5 for n in (*information, required)
    ]
    futility = [max(0.0, 1.96 * (2 * n / required - 1)) for n in (*information, required)]
    bounds = tuple(map(BoundaryPoint, (*information, required), efficacy, futility))
    return SequentialData("Death", looks, bounds, required, above="Favours control", below="Favours drug")


def drapery_data(k: int) -> DraperyData:
    yi, vi = effects(k)
    studies = tuple(Curve(f"S{i}", y, v**0.5) for i, (y, v) in enumerate(zip(yi, vi, strict=True)))
    pooled, new = Curve("Pooled", -0.4, 0.1, df=4), Curve("In a new study", -0.4, 0.4)
    return DraperyData("Death", studies, pooled, "Risk ratio", new, is_log=True)


Drawing = Callable[[int, bool], tuple[Figure, str]]
DRAWN: dict[str, Drawing] = {
    "funnel": lambda k, narrow: (funnel(data := funnel_data(k), narrow=narrow), data.description),
    "baujat": lambda k, narrow: (baujat(data := baujat_data(k), narrow=narrow), data.description),
    "radial": lambda k, narrow: (radial(data := radial_data(k), narrow=narrow), data.description),
    "labbe": lambda k, narrow: (labbe(data := labbe_data(k), narrow=narrow), data.description),
    "bubble": lambda k, narrow: (bubble(data := bubble_data(k), narrow=narrow), data.description),
    "gosh": lambda k, narrow: (gosh(data := gosh_data(k), narrow=narrow), data.description),
    "sequential": lambda k, narrow: (sequential(data := sequential_data(k), narrow=narrow), data.description),
    "drapery": lambda k, narrow: (drapery(data := drapery_data(k), narrow=narrow), data.description),
}


def frame(figure: Figure) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the plot, in inches."""
    xs, ys = next(line for line in lines(figure, LIGHT.line) if len(line[0]) == 3)
    return xs[0], ys[0], xs[2], ys[2]


def circles(figure: Figure) -> list[tuple[float, float]]:
    """Return the centres of the circles in the plot in drawing order, in inches; not those of the legend."""
    _, top, _, _ = frame(figure)
    found = [patch.center for patch in figure.axes[0].patches if isinstance(patch, Circle)]
    return [(float(x), float(y)) for x, y in found if float(y) >= top - 1e-9]


def lines(figure: Figure, colour: str) -> list[tuple[list[float], list[float]]]:
    """Return the lines of one colour: their horizontal and their vertical positions in inches."""
    found = [line for line in figure.axes[0].lines if line.get_color() == colour]
    return [
        (np.asarray(line.get_xdata(), float).tolist(), np.asarray(line.get_ydata(), float).tolist())
        for line in found
    ]


def tick_positions(figure: Figure) -> dict[str, tuple[float, float]]:
    """Return where each text stands, by its words."""
    return {text.get_text(): (float(text.get_position()[0]), float(text.get_position()[1]))
            for text in figure.axes[0].texts}  # fmt: skip


def covering_texts(figure: Figure) -> list[tuple[str, str]]:
    """Return the pairs of texts that cover each other."""
    figure.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent()) for text in figure.axes[0].texts if text.get_text()]
    # Half a pixel of room: the boxes of texts are a little higher than their ink.
    return [
        (first, second)
        for (first, a), (second, b) in combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 0.5 and min(a.y1, b.y1) - max(a.y0, b.y0) > 0.5
    ]


def axis(low: float, high: float, form: str = "number") -> Axis:
    """An axis without a name."""
    return Axis(low, high, "", form)  # type: ignore[arg-type]  # the forms of Axis
