"""Lines and areas cut off at the edges of a plot, so that a figure needs no clip paths."""

import math
from collections.abc import Sequence
from itertools import pairwise

Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in inches."""


def clip_line(points: Sequence[Point], box: Box) -> list[list[Point]]:
    """Return the parts of a line inside a box (Liang and Barsky).

    Parameters
    ----------
    points : sequence of (x, y)
        Finite.
    box : (left, top, right, bottom)

    Returns
    -------
    list of list of (x, y)
        No part, one, or several where the line leaves and comes back.
    """
    parts: list[list[Point]] = []
    for start, end in pairwise(points):
        inside = _segment(start, end, box)
        if inside is None:
            continue
        first, last = inside
        if parts and parts[-1][-1] == first:
            parts[-1].append(last)
        else:
            parts.append([first, last])
    return parts


def clip_area(points: Sequence[Point], box: Box) -> list[Point]:
    """Return the part of a closed shape inside a box (Sutherland and Hodgman).

    Parameters
    ----------
    points : sequence of (x, y)
        Corners in order, finite.
    box : (left, top, right, bottom)

    Returns
    -------
    list of (x, y)
        Empty where nothing is inside.
    """
    left, top, right, bottom = box
    found = list(points)
    for axis, bound, sign in ((0, left, 1), (0, right, -1), (1, top, 1), (1, bottom, -1)):
        found = _cut(found, axis, bound, sign)
    return found


def _segment(start: Point, end: Point, box: Box) -> tuple[Point, Point] | None:
    left, top, right, bottom = box
    dx, dy = end[0] - start[0], end[1] - start[1]
    enters, leaves = 0.0, 1.0
    walls = (
        (-dx, start[0] - left),
        (dx, right - start[0]),
        (-dy, start[1] - top),
        (dy, bottom - start[1]),
    )
    for p, q in walls:
        if p == 0:
            if q < 0:
                return None
        elif p < 0:
            enters = max(enters, q / p)
        else:
            leaves = min(leaves, q / p)
    if enters > leaves:
        return None
    first = start if enters == 0.0 else (start[0] + enters * dx, start[1] + enters * dy)
    last = end if leaves == 1.0 else (start[0] + leaves * dx, start[1] + leaves * dy)
    return first, last


def _cut(points: Sequence[Point], axis: int, bound: float, sign: int) -> list[Point]:
    found: list[Point] = []
    for i, end in enumerate(points):
        start = points[i - 1]
        is_in, was_in = sign * (end[axis] - bound) >= 0, sign * (start[axis] - bound) >= 0
        if is_in != was_in:
            found.append(_crossing(start, end, axis, bound))
        if is_in:
            found.append(end)
    return found


def _crossing(start: Point, end: Point, axis: int, bound: float) -> Point:
    share = (bound - start[axis]) / (end[axis] - start[axis])
    other = start[1 - axis] + share * (end[1 - axis] - start[1 - axis])
    if not math.isfinite(other):
        other = start[1 - axis]
    return (bound, other) if axis == 0 else (other, bound)
