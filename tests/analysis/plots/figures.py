"""Data for figures, and what can be read back from an SVG."""

import math

import numpy as np
from lxml import etree
from matplotlib.figure import Figure

from analysis.plots import Effect, ForestData, PooledRow, Prediction, StudyRow, render

SVG = "{http://www.w3.org/2000/svg}"


def study(
    i: int, *, spread: float = 0.4, weight: float | None = 10.0, is_corrected: bool = False
) -> StudyRow:
    """Make a study whose risk ratio and interval depend on ``i`` alone."""
    y = math.sin(i) / 2
    effect = Effect(math.exp(y), math.exp(y - spread), math.exp(y + spread))
    columns = (f"{i + 1}/100", f"{i + 2}/100")
    return StudyRow(f"Study {i}", columns, effect, weight, is_corrected=is_corrected)


def ratio(*rows: StudyRow, pooled: bool = True) -> ForestData:
    """Make a forest plot of risk ratios."""
    return ForestData(
        title="Infection",
        measure_label="Risk ratio [95% CI]",
        rows=rows,
        column_headers=("Treated", "Control"),
        total=PooledRow("Total (95% CI)", Effect(0.8, 0.6, 1.07)) if pooled else None,
        prediction=Prediction(0.4, 1.6) if pooled else None,
        footer=("Heterogeneity: Tau² = 0.10",),
        log_scale=True,
        null_line=1.0,
        favours=("Favours treated", "Favours control"),
        axis_label="Risk ratio",
    )


def texts(figure: Figure) -> list[str]:
    """Return the words of a figure in drawing order, read from its SVG."""
    root = etree.fromstring(render(figure, "svg", title="t", description="d"))
    return ["".join(str(part) for part in text.itertext()) for text in root.iter(f"{SVG}text")]


def extent_is_inside(figure: Figure) -> bool:
    """Whether every text lies on the sheet."""
    figure.draw_without_rendering()
    width, height = figure.get_size_inches() * figure.dpi
    boxes = [text.get_window_extent() for axes in figure.axes for text in axes.texts]
    return all(b.x0 >= 0 and b.y0 >= 0 and b.x1 <= width and b.y1 <= height for b in boxes)


def misplaced(figure: Figure) -> list[str]:
    """Return the texts that leave the sheet, and the pairs whose boxes meet, as drawn."""
    figure.draw_without_rendering()
    width, height = figure.get_size_inches() * figure.dpi
    found = [text for axes in figure.axes for text in axes.texts if text.get_text()]
    words = [text.get_text() for text in found]
    x0, y0, x1, y1 = np.array([text.get_window_extent().extents for text in found]).reshape(-1, 4).T
    outside = np.flatnonzero((x0 < 0) | (y0 < 0) | (x1 > width) | (y1 > height))
    # A pixel of slack on each side, a hundredth of an inch: letters have room within their boxes.
    meet = (x0[:, None] + 1 < x1 - 1) & (x0 + 1 < x1[:, None] - 1)
    meet &= (y0[:, None] + 1 < y1 - 1) & (y0 + 1 < y1[:, None] - 1)
    pairs = np.argwhere(np.triu(meet, 1))
    return [f"outside: {words[i]}" for i in outside] + [f"{words[i]} on {words[j]}" for i, j in pairs]
