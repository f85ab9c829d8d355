"""A sheet that can also stroke, fill and mark with less than full opacity, and label without overlaps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.patches import Circle, PathPatch, Polygon
from matplotlib.path import Path

from analysis.plots.clipping import Box, Point, clip_line
from analysis.plots.sheet import Align, Sheet, text_width
from analysis.plots.theme import LIGHT

Shape = Literal["dot", "ring", "square", "triangle", "diamond"]

LABEL = 7.5
LABEL_HEIGHT = 0.12
LARGEST_BUBBLE, SMALLEST_BUBBLE = 0.16, 0.035
_CORNERS: dict[str, tuple[Point, ...]] = {
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "triangle": ((0.0, -1.15), (1.1, 0.85), (-1.1, 0.85)),
    "diamond": ((0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)),
}


@dataclass(frozen=True, slots=True)
class Label:
    """A name beside a mark: the mark's place and size in inches, and the name."""

    x: float
    y: float
    radius: float
    text: str


class Canvas(Sheet):
    """A sheet with the marks of scatter plots."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__(width, height)
        # What is written already, and names must not cover.
        self._reserved: list[Box] = []

    def reserve(self, box: Box) -> None:
        """Keep names out of a box, because something else is written there."""
        self._reserved.append(box)

    def stroke(
        self,
        points: Sequence[Point],
        *,
        colour: str,
        width: float = 0.9,
        dashes: tuple[float, float] | None = None,
        opacity: float = 1.0,
    ) -> None:
        """Draw straight lines through the points."""
        line = self.line(points, colour=colour, width=width, dashes=dashes)
        if opacity < 1.0:
            line.set_alpha(opacity)

    def fill(self, shapes: Sequence[Sequence[Point]], *, colour: str, opacity: float = 1.0) -> None:
        """Fill closed shapes as one path."""
        corners: list[Point] = []
        codes: list[int] = []
        for shape in shapes:
            corners += [*shape, shape[0]]
            codes += [int(Path.MOVETO), *[int(Path.LINETO)] * (len(shape) - 1), int(Path.CLOSEPOLY)]
        patch = PathPatch(Path(corners, codes), facecolor=colour, edgecolor="none", linewidth=0.0)
        if opacity < 1.0:
            patch.set_alpha(opacity)
        self._add(patch)

    def mark(self, x: float, y: float, shape: Shape, *, radius: float, colour: str) -> None:
        """Draw a study's mark; only a ring is hollow."""
        if shape == "ring":
            self._add(Circle((x, y), radius, facecolor=LIGHT.page, edgecolor=colour, linewidth=1.1))
        elif shape == "dot":
            self._add(Circle((x, y), radius, facecolor=colour, edgecolor=LIGHT.page, linewidth=0.7))
        else:
            corners = [(x + radius * dx, y + radius * dy) for dx, dy in _CORNERS[shape]]
            self._add(Polygon(corners, closed=True, facecolor=colour, edgecolor=LIGHT.page, linewidth=0.7))

    def names(
        self,
        labels: Sequence[Label],
        box: Box,
        *,
        marks: Sequence[Label] = (),
        lines: Sequence[Sequence[Point]] = (),
    ) -> list[str]:
        """Write names beside their marks where there is room, the first ones first.

        Parameters
        ----------
        labels : sequence of Label
            In order of importance.
        box : (left, top, right, bottom)
            Inches; no name leaves it.
        marks : sequence of Label
            Further marks that names must not cover.
        lines : sequence of sequence of (x, y)
            Lines that names cross only where there is no other room.

        Returns
        -------
        list of str
            The names that found room.
        """
        taken = [*self._reserved, *(_around(mark) for mark in (*labels, *marks))]
        written = []
        for label in labels:
            free = [
                (place, extent)
                for place in (_places(label) if label.text else ())
                if _is_within(extent := _extent(place, label.text), box)
                and not any(_overlap(extent, other) for other in taken)
            ]
            if free:
                (x, y, align), extent = min(free, key=lambda found: _crossings(found[1], lines))
                self.text(x, y, label.text, size=LABEL, align=align)
                taken.append(extent)
                self.reserve(extent)
                written.append(label.text)
        return written


def bubble_radius(weight: float, heaviest: float, k: int, *, narrow: bool = False) -> float:
    """Return the radius of a study's circle, its area by weight; smaller where there are many.

    Parameters
    ----------
    weight, heaviest : float
        Of the study, and of the heaviest one, which is positive.
    k : int
        Number of studies.
    narrow : bool
        On a narrow sheet.

    Returns
    -------
    float
        Inches; never too small to see.
    """
    largest = (0.7 if narrow else 1.0) * LARGEST_BUBBLE * min(1.0, max(0.45, math.sqrt(30 / k)))
    return max(SMALLEST_BUBBLE, largest * math.sqrt(weight / heaviest))


def _extent(place: tuple[float, float, Align], text: str) -> Box:
    x, y, align = place
    width = text_width(text, LABEL)
    start = {"left": x, "center": x - width / 2, "right": x - width}[align]
    return start, y - LABEL_HEIGHT / 2, start + width, y + LABEL_HEIGHT / 2


def _crossings(extent: Box, lines: Sequence[Sequence[Point]]) -> int:
    return sum(bool(clip_line(line, extent)) for line in lines)


def _places(label: Label) -> list[tuple[float, float, Align]]:
    beside, above = label.radius + 0.04, label.radius + 0.08
    x, y = label.x, label.y
    return [
        (x + beside, y, "left"),
        (x - beside, y, "right"),
        (x, y - above, "center"),
        (x, y + above, "center"),
        (x + beside, y - above, "left"),
        (x + beside, y + above, "left"),
        (x - beside, y - above, "right"),
        (x - beside, y + above, "right"),
    ]


def _around(mark: Label) -> Box:
    r = mark.radius
    return mark.x - r, mark.y - r, mark.x + r, mark.y + r


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _is_within(inner: Box, outer: Box) -> bool:
    return inner[0] >= outer[0] and inner[1] >= outer[1] and inner[2] <= outer[2] and inner[3] <= outer[3]
