"""The funnel plot: effect against its standard error."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from analysis.plots.area import Area, Axis, Key, Surround, message_sheet, open_area, spread
from analysis.plots.checks import check_finite, check_level, normal_quantile
from analysis.plots.theme import LIGHT
from analysis.plots.wording import counted, effect, span

# Two-sided normal quantiles for P = 0.10, 0.05 and 0.01.
Z = (1.6448536269514722, 1.959963984540054, 2.5758293035489004)
CONTOURS = ("P > 0.10", "0.05 < P < 0.10", "0.01 < P < 0.05", "P < 0.01")
NO_STUDY = "No study contributes a result"
# Points on a curved limit.
_CURVE = 61


@dataclass(frozen=True, slots=True)
class FunnelPoint:
    """One study: effect and standard error on the scale of the analysis (log ratios, logits)."""

    label: str
    yi: float
    sei: float


@dataclass(frozen=True, slots=True)
class RegressionLine:
    """A regression of effect on standard error (Egger): the effect at standard error 0, and the slope."""

    intercept: float
    slope: float
    label: str = "Regression on the standard error (Egger)"


@dataclass(frozen=True, slots=True)
class FunnelData:
    """Everything on a funnel plot.

    Attributes
    ----------
    title : str
    points : tuple of FunnelPoint
    summary : float or None
        Pooled effect on the scale of the analysis; None draws no line and no limits.
    axis_label : str
        The measure, e.g. "Risk ratio (log scale)".
    is_log : bool
        Whether ``yi`` are natural logarithms; the axis then shows ratios.
    null_line : float
        No effect, on the scale of the analysis; centre of the contours.
    contours : bool
        Shade by P value (contour-enhanced); leave out for proportions, which have no null effect.
    notes : tuple of str
        Lines under the figure.
    filled : tuple of FunnelPoint
        Studies that trim and fill adds; open circles.
    filled_summary : float or None
        Pooled effect with the filled studies; a dashed line.
    line : RegressionLine or None
        Drawn where a regression test was made.
    level : float
        Of the pseudo limits, between 0 and 1.
    tau2 : float
        Heterogeneity added to the squared standard errors of the limits; 0 gives straight lines.
    """

    title: str
    points: tuple[FunnelPoint, ...]
    summary: float | None
    axis_label: str
    is_log: bool = False
    null_line: float = 0.0
    contours: bool = False
    notes: tuple[str, ...] = ()
    filled: tuple[FunnelPoint, ...] = ()
    filled_summary: float | None = None
    line: RegressionLine | None = None
    level: float = 0.95
    tau2: float = 0.0

    @property
    def description(self) -> str:
        """What the figure shows, in words."""
        return _description(self)


def funnel(data: FunnelData, *, narrow: bool = False) -> Figure:
    """Draw a funnel plot: pseudo limits and, if asked for, contours of P, filled studies, Egger's line.

    Parameters
    ----------
    data : FunnelData
    narrow : bool
        For a telephone: a smaller sheet with text of the same size.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If a value is not finite, a standard error or tau2 is negative, or the level is not between 0 and 1.

    Notes
    -----
    The limits at a standard error ``s`` are ``summary -/+ z sqrt(s^2 + tau2)``; the contours are centred
    on no effect and never include ``tau2``, for they show the P value of a single study.

    References
    ----------
    Sterne JAC, Egger M. J Clin Epidemiol 2001;54:1046-55. doi:10.1016/S0895-4356(01)00377-8.
    Peters JL et al. J Clin Epidemiol 2008;61:991-6. doi:10.1016/j.jclinepi.2007.11.010.
    Duval S, Tweedie R. Biometrics 2000;56:455-63. doi:10.1111/j.0006-341X.2000.00455.x.
    """
    _check(data)
    if not data.points:
        return message_sheet(data.title, NO_STUDY, data.notes, narrow=narrow).figure
    area = open_area(_axes(data), Surround(data.title, _keys(data), data.notes, narrow=narrow))
    if data.contours:
        _draw_contours(area, data.null_line)
    if data.summary is not None:
        _draw_limits(area, data, data.summary)
    highest = area.axes[1].high
    if data.filled_summary is not None:
        at = data.filled_summary
        area.line([at, at], [0.0, highest], colour=LIGHT.text, width=0.9, dashes=(1.5, 2))
    if data.line is not None:
        ends = [data.line.intercept, data.line.intercept + data.line.slope * highest]
        area.line(ends, [0.0, highest], colour=LIGHT.prediction, width=1.3, dashes=(6, 2.5))
    for point in data.filled:
        area.mark(point.yi, point.sei, "ring", colour=LIGHT.square_edge)
    for point in data.points:
        area.mark(point.yi, point.sei, colour=LIGHT.square)
    return area.finish()


def _check(data: FunnelData) -> None:
    check_level(data.level)
    for point in (*data.points, *data.filled):
        check_finite(point.label, yi=point.yi, sei=point.sei)
        if point.sei < 0:
            raise ValueError(f"sei of {point.label!r} is {point.sei}; a standard error is not negative")
    check_finite("the funnel", summary=data.summary, filled_summary=data.filled_summary, tau2=data.tau2)
    if data.tau2 < 0:
        raise ValueError(f"tau2 is {data.tau2}; a variance is not negative")


def _axes(data: FunnelData) -> tuple[Axis, Axis]:
    everyone = (*data.points, *data.filled)
    highest = max(point.sei for point in everyone) * 1.08 or 1.0
    xs = [point.yi for point in everyone]
    if data.summary is not None:
        half = _half(data, highest)
        xs += [data.summary - half, data.summary + half]
    if data.filled_summary is not None:
        xs.append(data.filled_summary)
    if data.contours:
        xs.append(data.null_line)
    low, high = spread(xs)
    return (
        Axis(low, high, data.axis_label, "ratio" if data.is_log else "number"),
        Axis(0.0, highest, "Standard error", is_reversed=True),
    )


def _half(data: FunnelData, sei: float) -> float:
    """Half the width of the limits at a standard error."""
    return normal_quantile(data.level) * math.sqrt(sei**2 + data.tau2)


def _keys(data: FunnelData) -> tuple[Key, ...]:
    keys = []
    if data.contours:
        fills = (LIGHT.page, LIGHT.contour_1, LIGHT.contour_2, LIGHT.contour_3)
        keys = [Key(text, "patch", fill) for text, fill in zip(CONTOURS, fills, strict=True)]
    if data.filled:
        keys += [Key("Study", "dot", LIGHT.square), Key("Filled", "ring", LIGHT.square_edge)]
    if data.filled or data.line is not None:
        keys.append(Key("Pooled", "line", LIGHT.text))
    if data.filled_summary is not None:
        keys.append(Key("Pooled with filled", "line", LIGHT.text, dashes=(1.5, 2)))
    if data.line is not None:
        keys.append(Key(data.line.label, "line", LIGHT.prediction, dashes=(6, 2.5)))
    return tuple(keys)


def _draw_contours(area: Area, null: float) -> None:
    # From the outside in: each wedge covers the middle of the one before.
    low, high, deepest = area.axes[0].low, area.axes[0].high, area.axes[1].high
    corners = [low, high, high, low], [0.0, 0.0, deepest, deepest]
    area.fill(*corners, colour=LIGHT.contour_3)
    fills = (LIGHT.contour_2, LIGHT.contour_1, LIGHT.page)
    for z, fill in zip(reversed(Z), fills, strict=True):
        area.fill([null, null + z * deepest, null - z * deepest], [0.0, deepest, deepest], colour=fill)


def _draw_limits(area: Area, data: FunnelData, summary: float) -> None:
    deepest = area.axes[1].high
    area.line([summary, summary], [0.0, deepest], colour=LIGHT.text, width=0.9)
    se = np.linspace(0.0, deepest, _CURVE if data.tau2 > 0 else 2)
    half = np.array([_half(data, s) for s in se])
    for side in (-1, 1):
        area.line(summary + side * half, se, colour=LIGHT.muted, width=0.9, dashes=(4, 3))


def _description(data: FunnelData) -> str:
    if not data.points:
        return f"{NO_STUDY}."
    errors = [point.sei for point in data.points]
    found = [
        f"Funnel plot of {counted(len(data.points), 'study', 'studies')}: effect against standard error, "
        f"which {span(min(errors), max(errors))}."
    ]
    if data.summary is not None:
        found.append(_about_the_summary(data, data.summary))
    if data.contours:
        found.append(_about_the_contours(data.points, data.null_line))
    if data.filled:
        adds = f"Trim and fill adds {counted(len(data.filled), 'study', 'studies')} (open circles)"
        after = data.filled_summary
        then = "" if after is None else f"; pooled with them: {effect(after, is_log=data.is_log)}"
        found.append(f"{adds}{then}.")
    if data.line is not None:
        at_zero = effect(data.line.intercept, is_log=data.is_log)
        found.append(f"{data.line.label}: the effect at a standard error of zero is {at_zero}.")
    return " ".join(found)


def _about_the_summary(data: FunnelData, summary: float) -> str:
    lower = sum(point.yi < summary for point in data.points)
    outside = sum(abs(point.yi - summary) > _half(data, point.sei) for point in data.points)
    limits = f"pseudo {100 * data.level:g}% limits"
    return (
        f"The pooled effect is {effect(summary, is_log=data.is_log)}; {lower} of {len(data.points)} "
        f"lie below it, and {outside} outside the {limits}."
    )


def _about_the_contours(points: Sequence[FunnelPoint], null: float) -> str:
    counts = [0, 0, 0, 0]
    for point in points:
        # A study on the edge belongs to the smaller P, as in P < 0.05.
        counts[sum(abs(point.yi - null) > z * point.sei for z in Z)] += 1
    told = ", ".join(f"{n} with {label}" for n, label in zip(counts, CONTOURS, strict=True) if n)
    return f"Shaded by the P value of each study: {told}."
