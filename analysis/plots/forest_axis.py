"""The axis of a forest plot: limits, ticks, null line, and what lies on either side."""

import math
import re
from statistics import median

from analysis.plots.forest_data import Effect, ForestData
from analysis.plots.forest_style import HOUSE, ForestStyle
from analysis.plots.scales import Scale, limits, tick_label
from analysis.plots.sheet import Sheet, text_width, wrap
from analysis.plots.theme import LIGHT

SMALL = 8.0
LEADING = 0.15
# Inches for the words under one side of the null line.
FAVOURS_MAX = 1.9
FAVOURS_GAP = 0.1
# A pooled or prediction interval may reach this many typical half-intervals before it is clipped: with two
# or three studies t is so large that it would press all studies into a line.
POOL_REACH = 8.0
# Proportions below this have an axis of their own; on the whole one they would all lie at its end.
RARE = 0.2


def plot_scale(data: ForestData, span: tuple[float, float]) -> Scale:
    """Choose the axis of a plot.

    Parameters
    ----------
    data : ForestData
        Proportions have the whole axis from 0 to 1, so that figures of one review compare, unless all are
        rare.
    span : (float, float)
        Inches from left to right.

    Returns
    -------
    Scale

    Raises
    ------
    ValueError
        If limits are given that no axis can have.
    """
    left, right = span
    if data.axis_limits is not None:
        low, high = data.axis_limits
        if not low < high or (data.log_scale and low <= 0):
            raise ValueError(f"axis_limits {data.axis_limits} do not fit; give low < high, on a log axis > 0")
        return Scale(low, high, left, right, is_log=data.log_scale)
    effects = [row.effect for row in data.studies if row.effect is not None]
    pooled = _pooled(data)
    if data.percent:
        highest = max([value for e in [*effects, *pooled] for value in (e.estimate, e.ci_high)], default=1.0)
        return Scale(0.0, 1.0 if highest > RARE else max(1.08 * highest, 0.001), left, right, is_log=False)
    if not effects:
        return Scale(1.0, 10.0, left, right, is_log=data.log_scale)
    triples = [(effect.ci_low, effect.estimate, effect.ci_high) for effect in effects]
    always = [] if data.null_line is None else [data.null_line]
    always += _reached(effects, pooled, is_log=data.log_scale)
    if data.prediction is not None and pooled:
        middle = pooled[-1].estimate
        new = Effect(middle, data.prediction.low, data.prediction.high)
        always += _reached(effects, [new], is_log=data.log_scale)
    low, high = limits(triples, always=always, is_log=data.log_scale)
    return Scale(low, high, left, right, is_log=data.log_scale)


def axis_height(data: ForestData, span: tuple[float, float], style: ForestStyle) -> float:
    """Return the height of all that stands under the rows, in inches."""
    if not data.studies:
        return 0.0
    height = 0.23 + (0.2 if data.axis_label else 0.0)
    lines = 0 if style.is_favours_above else favours_height(data, span, style)
    return height + (0.04 + LEADING * lines if lines else 0.0)


def draw_axis(
    sheet: Sheet,
    scale: Scale,
    data: ForestData,
    *,
    top: float,
    bottom: float,
    has_upper_ticks: bool = False,
    style: ForestStyle = HOUSE,
) -> None:
    """Draw the axis under the rows, the null line and the dashed line at the pooled estimate.

    Parameters
    ----------
    sheet : Sheet
    scale : Scale
    data : ForestData
    top, bottom : float
        Inches; the rows lie between.
    has_upper_ticks : bool
        Whether the ticks stand over the rows too: the foot of a long figure is off the screen.
    style : ForestStyle
    """
    if style.has_pooled_line and data.total and scale.low <= data.total.effect.estimate <= scale.high:
        x = scale.at(data.total.effect.estimate)
        sheet.line([(x, top), (x, bottom)], colour=LIGHT.muted, width=0.7, dashes=(3, 2.5))
    if data.null_line is not None and scale.low <= data.null_line <= scale.high:
        x = scale.at(data.null_line)
        sheet.line([(x, top), (x, bottom)], colour=LIGHT.line, width=0.9)
    _draw_ticks(sheet, scale, data, y=bottom, direction=1)
    if has_upper_ticks:
        _draw_ticks(sheet, scale, data, y=top, direction=-1)
    y = bottom + 0.32
    if data.axis_label:
        middle = (scale.left + scale.right) / 2
        for line in wrap(data.axis_label, scale.right - scale.left + 0.3, SMALL)[:1]:
            sheet.text(middle, y, line, size=SMALL, align="center", colour=LIGHT.muted)
        y += 0.2
    if not style.is_favours_above:
        draw_favours(sheet, scale, y, data, style)


def draw_favours(sheet: Sheet, scale: Scale, y: float, data: ForestData, style: ForestStyle) -> None:
    """Write what lies on either side of the null line, from the line ``y`` down."""
    if data.favours is None or data.null_line is None:
        return
    span = scale.left, scale.right
    left, right = _favours_lines(data.favours, span, style)
    left_width, right_width = (max(text_width(line, SMALL) for line in side) for side in (left, right))
    middle = scale.at(scale.clip(data.null_line))
    # Both stay beside the plot, whatever the place of the null line; they never meet.
    low, high = _favours_room(span)
    x_right = min(middle + FAVOURS_GAP, high - right_width)
    x_right = max(x_right, low + left_width + 2 * FAVOURS_GAP)
    x_left = max(min(middle - FAVOURS_GAP, x_right - 2 * FAVOURS_GAP), low + left_width)
    for i, line in enumerate(left):
        sheet.text(x_left, y + LEADING * i, line, size=SMALL, align="right")
    for i, line in enumerate(right):
        sheet.text(x_right, y + LEADING * i, line, size=SMALL, align="left")


def favours_height(data: ForestData, span: tuple[float, float], style: ForestStyle) -> int:
    """Return how many lines the words on either side of the null line take."""
    if data.favours is None or data.null_line is None:
        return 0
    return max(len(side) for side in _favours_lines(data.favours, span, style))


def _favours_lines(
    favours: tuple[str, str], span: tuple[float, float], style: ForestStyle
) -> tuple[list[str], list[str]]:
    low, high = _favours_room(span)
    room = min(FAVOURS_MAX, (high - low) / 2 - FAVOURS_GAP)
    left, right = favours
    if style.name == "JAMA":
        left, right = (re.sub(r"^Favours\b", "Favors", words) for words in favours)
    # No-break spaces keep the arrows at their words.
    return wrap(f"←\u00a0{left}", room, SMALL), wrap(f"{right}\u00a0→", room, SMALL)


def _favours_room(span: tuple[float, float]) -> tuple[float, float]:
    return span[0] - 0.2, span[1] + 0.1


def _draw_ticks(sheet: Sheet, scale: Scale, data: ForestData, *, y: float, direction: int) -> None:
    sheet.line([(scale.left, y), (scale.right, y)], colour=LIGHT.line, width=0.9)
    for tick, label in _labelled(scale, data):
        x = scale.at(tick)
        sheet.line([(x, y), (x, y + direction * 0.05)], colour=LIGHT.line, width=0.9)
        sheet.text(x, y + direction * 0.14, label, size=SMALL, align="center")


def _labelled(scale: Scale, data: ForestData) -> list[tuple[float, str]]:
    """Return the ticks that have room for their labels, the null line's first."""
    ticks = scale.ticks()
    labels = {tick: tick_label(tick * 100) + "%" if data.percent else tick_label(tick) for tick in ticks}
    null = data.null_line
    kept: list[float] = []
    for tick in sorted(ticks, key=lambda tick: (tick != null, ticks.index(tick))):
        half = text_width(labels[tick], SMALL) / 2
        apart = (
            abs(scale.at(tick) - scale.at(other)) >= half + text_width(labels[other], SMALL) / 2 + 0.05
            for other in kept
        )
        if all(apart):
            kept.append(tick)
    return [(tick, labels[tick]) for tick in sorted(kept)]


def _pooled(data: ForestData) -> list[Effect]:
    found = [group.subtotal.effect for group in data.groups if group.subtotal]
    return [*found, data.total.effect] if data.total else found


def _reached(studies: list[Effect], pooled: list[Effect], *, is_log: bool) -> list[float]:
    """Return the limits of pooled results, each no further from its estimate than the studies warrant."""

    def logged(value: float) -> float:
        if not is_log:
            return value
        return math.log(value) if value > 0 else -math.inf

    halves = [(logged(e.ci_high) - logged(e.ci_low)) / 2 for e in studies]
    finite = [half for half in halves if math.isfinite(half) and half > 0]
    reach = POOL_REACH * (median(finite) if finite else 1.0)
    found = []
    for effect in pooled:
        middle = logged(effect.estimate)
        low = max(logged(effect.ci_low), middle - reach)
        high = min(logged(effect.ci_high), middle + reach)
        found += [low, middle, high]
    return [math.exp(value) for value in found] if is_log else found
