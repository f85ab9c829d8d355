"""The marks in a forest plot: square with interval, diamond, prediction bar."""

import math

from analysis.plots.forest_style import HOUSE, ForestStyle
from analysis.plots.scales import Scale
from analysis.plots.sheet import Sheet
from analysis.plots.theme import LIGHT

SQUARE_MAX = 0.165
SQUARE_MIN = 0.04
SQUARE_ALONE = 0.1
HALF_DIAMOND = 0.075
# Half the width of a diamond whose interval has none; it would not be seen.
LEAST_DIAMOND = 0.03
ARROW = 0.07
Triple = tuple[float, float, float]


def draw_study(
    sheet: Sheet,
    scale: Scale,
    y: float,
    effect: Triple,
    relative_weight: float | None,
    *,
    style: ForestStyle = HOUSE,
) -> None:
    """Draw a study's interval, with arrows where the axis clips it, and its square.

    Parameters
    ----------
    sheet : Sheet
    scale : Scale
    y : float
        Inches.
    effect : (low, estimate, high)
        As displayed.
    relative_weight : float or None
        Weight over the largest weight, 0 to 1; the area of the square. None draws a square of fixed size.
    style : ForestStyle
    """
    low, estimate, high = effect
    if not style.has_line_on_square:
        _draw_interval(sheet, scale, y, (low, high))
    if scale.low <= estimate <= scale.high:
        side = SQUARE_ALONE if relative_weight is None else SQUARE_MAX * math.sqrt(relative_weight)
        side = max(side, SQUARE_MIN)
        x, y0 = scale.at(estimate) - side / 2, y - side / 2
        sheet.rectangle(x, y0, side, side, fill=style.square, edge=style.square_edge, line_width=0.4)
        left, right = (scale.at(scale.clip(value)) for value in (low, high))
        if not style.has_line_on_square and right - left < side:
            # A precise study's square would hide its interval.
            sheet.line([(left, y), (right, y)], colour=LIGHT.page, width=0.7)
    if style.has_line_on_square:
        _draw_interval(sheet, scale, y, (low, high))


def draw_diamond(sheet: Sheet, scale: Scale, y: float, effect: Triple, *, style: ForestStyle = HOUSE) -> None:
    """Draw a pooled estimate as a diamond as wide as its interval, cut where the axis ends.

    Parameters
    ----------
    sheet : Sheet
    scale : Scale
    y : float
        Inches.
    effect : (low, estimate, high)
        As displayed.
    style : ForestStyle
    """
    low, estimate, high = effect
    middle = scale.at(scale.clip(estimate))
    if not scale.low <= estimate <= scale.high:
        _draw_head(sheet, middle, y, -1 if estimate < scale.low else 1, style.diamond)
        return
    left, right = _side(scale, low, middle, -1), _side(scale, high, middle, 1)
    points = [(middle, y - HALF_DIAMOND)]
    points += [(right[0], y - right[1]), (right[0], y + right[1])] if right[1] else [(right[0], y)]
    points += [(middle, y + HALF_DIAMOND)]
    points += [(left[0], y + left[1]), (left[0], y - left[1])] if left[1] else [(left[0], y)]
    sheet.polygon(points, fill=style.diamond, edge=style.diamond)


def draw_prediction(
    sheet: Sheet, scale: Scale, y: float, limits: tuple[float, float], *, style: ForestStyle = HOUSE
) -> None:
    """Draw the prediction interval as a bar with ends, or with arrows where the axis clips it.

    Parameters
    ----------
    sheet : Sheet
    scale : Scale
    y : float
        Inches.
    limits : (low, high)
        As displayed.
    style : ForestStyle
    """
    low, high = (scale.at(scale.clip(value)) for value in limits)
    # The bar ends inside an arrow, which is thinner than it at its tip.
    left = low if scale.low <= limits[0] else low + ARROW / 2
    right = high if limits[1] <= scale.high else high - ARROW / 2
    sheet.line([(left, y), (right, y)], colour=style.prediction, width=2.2)
    for value, x, direction in zip(limits, (low, high), (-1, 1), strict=True):
        if scale.low <= value <= scale.high:
            sheet.line([(x, y - 0.045), (x, y + 0.045)], colour=style.prediction, width=1.2)
        else:
            _draw_head(sheet, x, y, direction, style.prediction)


def _side(scale: Scale, value: float, middle: float, direction: int) -> tuple[float, float]:
    """Return where one side of a diamond ends, and half its height there: 0 at the tip."""
    tip = scale.at(value)
    if scale.low <= value <= scale.high:
        return middle + direction * max(abs(tip - middle), LEAST_DIAMOND), 0.0
    end = scale.at(scale.clip(value))
    share = (tip - end) / (tip - middle) if math.isfinite(tip) else 1.0
    return end, HALF_DIAMOND * share


def _draw_interval(sheet: Sheet, scale: Scale, y: float, limits: tuple[float, float]) -> None:
    low, high = limits
    left, right = scale.at(scale.clip(low)), scale.at(scale.clip(high))
    sheet.line([(left, y), (right, y)], colour=LIGHT.interval, width=1.0)
    if low < scale.low:
        _draw_head(sheet, left, y, -1, LIGHT.interval)
    if high > scale.high:
        _draw_head(sheet, right, y, 1, LIGHT.interval)


def _draw_head(sheet: Sheet, x: float, y: float, direction: int, colour: str) -> None:
    back = x - direction * ARROW
    sheet.polygon([(x, y), (back, y - 0.04), (back, y + 0.04)], fill=colour)
