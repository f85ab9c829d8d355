"""A sheet to draw on in inches from its upper left corner; every figure is made of these few marks."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrow, Patch, Polygon, Rectangle
from matplotlib.text import Text
from matplotlib.textpath import TextToPath

from analysis.plots.theme import LIGHT

# DejaVu Sans ships with matplotlib: the same widths, and so the same bytes, on every machine.
FAMILY = "DejaVu Sans"
POINTS_PER_INCH = 72.0

Align = Literal["left", "center", "right"]
Weight = Literal["normal", "bold"]


class Sheet:
    """Marks on a figure, in the order in which they are made.

    Parameters
    ----------
    width, height : float
        Size in inches.
    """

    def __init__(self, width: float, height: float) -> None:
        self.width = width
        self.height = height
        self.figure = Figure(figsize=(width, height))
        self._axes = self.figure.add_axes((0, 0, 1, 1))
        self._axes.set_xlim(0, width)
        self._axes.set_ylim(height, 0)
        self._axes.set_axis_off()
        self._order = 0

    def resize(self, height: float) -> None:
        """Make the sheet another height, before anything is drawn on it."""
        self.height = height
        self.figure.set_size_inches(self.width, height)
        self._axes.set_ylim(height, 0)

    def text(
        self,
        x: float,
        y: float,
        string: str,
        *,
        size: float = 9.0,
        weight: Weight = "normal",
        align: Align = "left",
        colour: str = LIGHT.text,
        rotation: float = 0.0,
        italic: bool = False,
        url: str | None = None,
    ) -> Text:
        """Write one line, centred on ``y``; ``$`` is a dollar."""
        text = self._axes.text(
            x,
            y,
            string,
            fontsize=size,
            fontweight=weight,
            fontstyle="italic" if italic else "normal",
            fontfamily=FAMILY,
            ha=align,
            va="center_baseline" if not rotation else "center",
            rotation=rotation,
            color=colour,
            parse_math=False,
            zorder=self._next(),
        )
        if url:
            text.set_url(url)
        return text

    def line(
        self,
        points: Sequence[tuple[float, float]],
        *,
        colour: str = LIGHT.line,
        width: float = 0.8,
        dashes: tuple[float, float] | None = None,
    ) -> Line2D:
        """Draw straight lines through the points."""
        xs, ys = [x for x, _ in points], [y for _, y in points]
        line = Line2D(xs, ys, color=colour, linewidth=width, solid_capstyle="butt", zorder=self._next())
        if dashes:
            line.set_dashes(dashes)
        self._axes.add_line(line)
        return line

    def rectangle(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str | None = None,
        edge: str | None = None,
        line_width: float = 0.8,
        dashed: bool = False,
        url: str | None = None,
        gid: str | None = None,
    ) -> Rectangle:
        """Draw a rectangle from its upper left corner."""
        rectangle = Rectangle(
            (x, y),
            width,
            height,
            facecolor=fill or "none",
            edgecolor=edge or "none",
            linewidth=line_width if edge else 0.0,
            linestyle=(0, (4.0, 2.5)) if dashed else "solid",
        )
        if url:
            rectangle.set_url(url)
        if gid:
            rectangle.set_gid(gid)
        self._add(rectangle)
        return rectangle

    def polygon(
        self, points: Sequence[tuple[float, float]], *, fill: str | None, edge: str | None = None
    ) -> None:
        """Fill a closed shape."""
        self._add(
            Polygon(
                list(points),
                closed=True,
                facecolor=fill or "none",
                edgecolor=edge or "none",
                linewidth=0.8 if edge else 0.0,
            )
        )

    def circle(self, x: float, y: float, radius: float, *, fill: str | None, edge: str) -> None:
        """Draw a circle around a point."""
        self._add(Circle((x, y), radius, facecolor=fill or "none", edgecolor=edge, linewidth=0.7))

    def arrow(
        self, start: tuple[float, float], end: tuple[float, float], *, colour: str = LIGHT.line
    ) -> None:
        """Draw a straight arrow, its tip on ``end``."""
        self._add(
            FancyArrow(
                start[0],
                start[1],
                end[0] - start[0],
                end[1] - start[1],
                width=0.008,
                head_width=0.08,
                head_length=0.09,
                length_includes_head=True,
                facecolor=colour,
                edgecolor="none",
            )
        )

    def _add(self, patch: Patch) -> None:
        patch.set_zorder(self._next())
        self._axes.add_patch(patch)

    def _next(self) -> float:
        # Drawing order is the order of making: what belongs together then stands together in the SVG.
        self._order += 1
        return float(self._order)


@lru_cache(maxsize=4096)
def text_width(string: str, size: float, weight: Weight = "normal") -> float:
    """Return the width of one line of text.

    Parameters
    ----------
    string : str
        The text.
    size : float
        Font size in points.
    weight : {"normal", "bold"}

    Returns
    -------
    float
        Inches.
    """
    if not string:
        return 0.0
    properties = FontProperties(family=FAMILY, size=size, weight=weight)
    width, _, _ = TextToPath().get_text_width_height_descent(string, properties, ismath=False)
    return float(width) / POINTS_PER_INCH


def wrap(string: str, width: float, size: float, weight: Weight = "normal") -> list[str]:
    """Break text into lines that fit a width.

    Parameters
    ----------
    string : str
        The text; existing line breaks stay.
    width : float
        Inches.
    size : float
        Font size in points.
    weight : {"normal", "bold"}

    Returns
    -------
    list of str
        At least one line; a word too long for a line is broken.
    """
    lines: list[str] = []
    for paragraph in string.split("\n"):
        current = ""
        for word in _words(paragraph, width, size, weight):
            candidate = f"{current} {word}" if current else word
            if current and text_width(candidate, size, weight) > width:
                lines.append(current)
                current = word
            else:
                current = candidate
        lines.append(current)
    return lines


def shorten(string: str, width: float, size: float, weight: Weight = "normal") -> str:
    """Cut text to a width, with an ellipsis where something is cut.

    Parameters
    ----------
    string : str
        The text.
    width : float
        Inches.
    size : float
        Font size in points.
    weight : {"normal", "bold"}

    Returns
    -------
    str
    """
    if text_width(string, size, weight) <= width:
        return string
    kept = string
    while kept and text_width(f"{kept}…", size, weight) > width:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def _words(paragraph: str, width: float, size: float, weight: Weight) -> Iterator[str]:
    # At spaces only: thin and no-break spaces hold a number and its words together.
    for word in paragraph.split(" "):
        rest = word
        while rest and text_width(rest, size, weight) > width:
            cut = _longest(rest, width, size, weight)
            # After a hyphen or a slash, where the reader expects it.
            sign = max(rest.rfind(sign, 1, cut) for sign in "-/") + 1
            cut = sign if sign > cut // 2 else cut
            yield rest[:cut]
            rest = rest[cut:]
        if rest:
            yield rest


def _longest(word: str, width: float, size: float, weight: Weight) -> int:
    """Return how many letters fit, at least one."""
    low, high = 1, len(word)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(word[:middle], size, weight) <= width:
            low = middle
        else:
            high = middle - 1
    return low
