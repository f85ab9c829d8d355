"""The drapery plot: the P value of every hypothesised effect, for each study and for the pool."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from scipy.special import ndtr, stdtr, stdtrit

from analysis.plots.area import SMALL, Area, Axis, Key, Surround, Vector, message_sheet, open_area, spread
from analysis.plots.checks import check_finite, normal_quantile
from analysis.plots.theme import LIGHT
from analysis.plots.wording import counted, effect, p_value, short

NO_STUDY = "No study contributes a result"
# P values with a line across the plot, and the levels of confidence they stand for.
GUIDES = (0.01, 0.05, 0.1, 0.2)
# Inches right of the plot for the levels of confidence.
_RIGHT = 0.55
_REACH = 3.0
_FINE, _MIDDLE, _COARSE = 241, 101, 51
# A little above 1, so that the points of the curves are seen.
_TOP = 1.02


@dataclass(frozen=True, slots=True)
class Curve:
    """An estimate whose P values are drawn.

    Attributes
    ----------
    label : str
    estimate, se : float
        On the scale of the analysis; the standard error is positive.
    df : float or None
        Degrees of freedom of the t distribution; None for the normal.
    """

    label: str
    estimate: float
    se: float
    df: float | None = None

    def p_values(self, effects: Vector) -> Vector:
        """Return the two-sided P value of each hypothesised effect, shape (n,)."""
        statistic = -np.abs(effects - self.estimate) / self.se
        tail = ndtr(statistic) if self.df is None else stdtr(self.df, statistic)
        return np.asarray(2 * tail, dtype=float)


@dataclass(frozen=True, slots=True)
class DraperyData:
    """Everything on a drapery plot.

    Attributes
    ----------
    title : str
    studies : tuple of Curve
    pooled : Curve or None
    prediction : Curve or None
        The effect in a new study: its standard error includes the variance between studies.
    axis_label : str
    is_log : bool
        Whether effects are natural logarithms; the axis then shows ratios.
    null_line : float or None
        No effect on the scale of the analysis; None draws no line.
    notes : tuple of str
        Lines under the figure.
    """

    title: str
    studies: tuple[Curve, ...]
    pooled: Curve | None
    axis_label: str
    prediction: Curve | None = None
    is_log: bool = False
    null_line: float | None = 0.0
    notes: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        """What the figure shows, in words."""
        return _description(self)


def drapery(data: DraperyData, *, narrow: bool = False) -> Figure:
    """Draw a drapery plot: P value functions of studies (thin), of the pool and of a new study (thick).

    Parameters
    ----------
    data : DraperyData
    narrow : bool
        For a telephone: a smaller sheet with text of the same size.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If an estimate is not finite, or a standard error or its degrees of freedom are not positive.

    Notes
    -----
    A curve meets the height ``p`` at the limits of the interval of level ``1 - p``: every interval is read
    from one picture, and none is preferred.

    References
    ----------
    Rücker G, Schwarzer G. Res Synth Methods 2021;12:8-19. doi:10.1002/jrsm.1435.
    """
    _check(data)
    if not data.studies:
        return message_sheet(data.title, NO_STUDY, data.notes, narrow=narrow).figure
    area = open_area(_axes(data), Surround(data.title, _keys(data), data.notes, right=_RIGHT, narrow=narrow))
    _draw_guides(area)
    if data.null_line is not None:
        area.line([data.null_line] * 2, [0.0, 1.0], colour=LIGHT.line, width=0.9)
    opacity = max(0.25, min(0.9, 12 / len(data.studies)))
    for study in data.studies:
        _draw_curve(area, study, LIGHT.square, 0.8, opacity=opacity, n=_n(len(data.studies)))
    if data.prediction is not None:
        _draw_curve(area, data.prediction, LIGHT.prediction, 1.6, dashes=(6, 2.5))
    if data.pooled is not None:
        _draw_curve(area, data.pooled, LIGHT.diamond, 2.2)
    return area.finish()


def _check(data: DraperyData) -> None:
    check_finite("the plot", null_line=data.null_line)
    for curve in (*data.studies, data.pooled, data.prediction):
        if curve is None:
            continue
        check_finite(curve.label, estimate=curve.estimate, se=curve.se, df=curve.df)
        if curve.se <= 0 or (curve.df is not None and curve.df <= 0):
            raise ValueError(f"{curve.label!r} has se {curve.se} and df {curve.df}; give positive numbers")


def _n(k: int) -> int:
    return _FINE if k <= 30 else _MIDDLE if k <= 60 else _COARSE


def _axes(data: DraperyData) -> tuple[Axis, Axis]:
    """Show what the typical study leaves possible, and all that the pool and a new study do."""
    errors = sorted(curve.se for curve in data.studies)
    typical = errors[len(errors) // 2]
    ends = []
    for study in data.studies:
        half = min(study.se, typical) * _REACH
        ends += [study.estimate - half, study.estimate + half]
    for curve in (data.pooled, data.prediction):
        if curve is not None:
            # A t distribution of few degrees of freedom would need an axis too wide to read.
            ends += [curve.estimate - _REACH * curve.se, curve.estimate + _REACH * curve.se]
    if data.null_line is not None:
        ends.append(data.null_line)
    low, high = spread(ends, margin=0.02)
    return Axis(low, high, data.axis_label, "ratio" if data.is_log else "number"), Axis(0.0, _TOP, "P value")


def _keys(data: DraperyData) -> tuple[Key, ...]:
    keys = [Key("Study", "line", LIGHT.square)]
    if data.pooled is not None:
        keys.append(Key(data.pooled.label, "line", LIGHT.diamond, width=2.2))
    if data.prediction is not None:
        keys.append(Key(data.prediction.label, "line", LIGHT.prediction, dashes=(6, 2.5), width=1.6))
    return tuple(keys)


def _draw_guides(area: Area) -> None:
    _, _, right, _ = area.box
    for p in GUIDES:
        y = area.y.at(p)
        area.line([area.axes[0].low, area.axes[0].high], [p, p], colour=LIGHT.faint, width=0.8)
        # The lowest two lie too close together for a name each.
        if p != 0.01:
            area.canvas.text(right + 0.06, y, f"{short(100 - 100 * p)}%", size=SMALL, colour=LIGHT.muted)
    area.canvas.text(right + 0.06, area.y.at(0.3), "Confidence", size=SMALL, colour=LIGHT.muted)


def _draw_curve(
    area: Area,
    curve: Curve,
    colour: str,
    width: float,
    *,
    dashes: tuple[float, float] | None = None,
    opacity: float = 1.0,
    n: int = _FINE,
) -> None:
    low, high = area.axes[0].low, area.axes[0].high
    # Dense around the estimate, where the curve has its point: equal steps of the statistic.
    steps = np.linspace(-1.0, 1.0, n)
    near = curve.estimate + curve.se * 5 * steps * np.abs(steps)
    inside = near[(near > low) & (near < high)]
    # A wide curve goes on to the frame, a narrow one is zero long before.
    ends = [end for end, last in ((low, near[0]), (high, near[-1])) if not low < last < high]
    xs = np.unique(np.r_[inside, ends])
    area.line(xs, curve.p_values(xs), colour=colour, width=width, dashes=dashes, opacity=opacity)


def _description(data: DraperyData) -> str:
    if not data.studies:
        return f"{NO_STUDY}."
    found = [
        f"Drapery plot of {counted(len(data.studies), 'study', 'studies')}: for each hypothesised effect "
        f"({data.axis_label}) the P value. {_estimates(data)}"
    ]
    for curve in (data.pooled, data.prediction):
        if curve is None:
            continue
        half = curve.se * (normal_quantile(0.95) if curve.df is None else float(stdtrit(curve.df, 0.975)))
        ends = (effect(v, is_log=data.is_log) for v in (curve.estimate - half, curve.estimate + half))
        text = f"{curve.label}: highest at {effect(curve.estimate, is_log=data.is_log)}"
        text += f", P above 0.05 from {' to '.join(ends)}"
        if data.null_line is not None:
            p = float(curve.p_values(np.array([data.null_line]))[0])
            text += f", at no effect P {p_value(p)}"
        found.append(f"{text}.")
    return " ".join(found)


def _estimates(data: DraperyData) -> str:
    values = sorted(study.estimate for study in data.studies)
    low, high = (effect(value, is_log=data.is_log) for value in (values[0], values[-1]))
    return f"The estimate is {low}." if low == high else f"Estimates of the studies run from {low} to {high}."
