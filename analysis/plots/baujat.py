"""The Baujat plot: which studies make the heterogeneity, and which of them move the result."""

from dataclasses import dataclass

from matplotlib.figure import Figure

from analysis.plots.area import Axis, Surround, message_sheet, open_area
from analysis.plots.canvas import Label
from analysis.plots.checks import check_finite
from analysis.plots.theme import LIGHT
from analysis.plots.wording import counted, plain

NO_STUDY = "No study contributes a result"
ONE_STUDY = "One study: there is no heterogeneity to divide"
X_LABEL = "Contribution to overall heterogeneity (squared Pearson residual)"
Y_LABEL = "Influence on the pooled effect"
RADIUS = 0.05
# Names beyond these would be a cloud of text; the studies furthest from the origin come first.
MOST_NAMED = 25
_MOST_TOLD = 3


@dataclass(frozen=True, slots=True)
class BaujatPoint:
    """One study.

    Attributes
    ----------
    label : str
    heterogeneity : float
        Its share of Q: the squared Pearson residual, not negative.
    influence : float
        Squared standardised change of the pooled effect when the study is left out, not negative.
    """

    label: str
    heterogeneity: float
    influence: float


@dataclass(frozen=True, slots=True)
class BaujatData:
    """Everything on a Baujat plot.

    Attributes
    ----------
    title : str
    points : tuple of BaujatPoint
    x_label, y_label : str
    notes : tuple of str
        Lines under the figure.
    """

    title: str
    points: tuple[BaujatPoint, ...]
    x_label: str = X_LABEL
    y_label: str = Y_LABEL
    notes: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        """What the figure shows, in words."""
        return _description(self)


def baujat(data: BaujatData, *, narrow: bool = False) -> Figure:
    """Draw a Baujat plot; the names of the studies furthest from the origin stand beside them.

    Parameters
    ----------
    data : BaujatData
    narrow : bool
        For a telephone: a smaller sheet with text of the same size.

    Returns
    -------
    matplotlib.figure.Figure
        A sentence instead of a plot for fewer than two studies.

    Raises
    ------
    ValueError
        If a value is negative or not finite.

    References
    ----------
    Baujat B, Mahé C, Pignon JP, Hill C. Stat Med 2002;21:2641-52. doi:10.1002/sim.1221.
    """
    _check(data)
    if len(data.points) < 2:
        return message_sheet(
            data.title, ONE_STUDY if data.points else NO_STUDY, data.notes, narrow=narrow
        ).figure
    axes = (
        Axis(0.0, _top([p.heterogeneity for p in data.points]), data.x_label),
        Axis(0.0, _top([p.influence for p in data.points]), data.y_label),
    )
    area = open_area(axes, Surround(data.title, notes=data.notes, narrow=narrow))
    for point in data.points:
        area.mark(point.heterogeneity, point.influence, radius=RADIUS, colour=LIGHT.square)
    labels = [
        Label(area.x.at(point.heterogeneity), area.y.at(point.influence), RADIUS, point.label)
        for point in _furthest(data.points, axes)
    ]
    area.names(labels[:MOST_NAMED], marks=labels[MOST_NAMED:])
    return area.finish()


def _check(data: BaujatData) -> None:
    for point in data.points:
        check_finite(point.label, heterogeneity=point.heterogeneity, influence=point.influence)
        if min(point.heterogeneity, point.influence) < 0:
            raise ValueError(
                f"{point.label!r} has heterogeneity {point.heterogeneity} and influence {point.influence}; "
                "squares are not negative"
            )


def _top(values: list[float]) -> float:
    return max(values) * 1.12 or 1.0


def _furthest(points: tuple[BaujatPoint, ...], axes: tuple[Axis, Axis]) -> list[BaujatPoint]:
    x, y = axes[0].high, axes[1].high
    return sorted(points, key=lambda p: (-((p.heterogeneity / x) ** 2 + (p.influence / y) ** 2), p.label))


def _description(data: BaujatData) -> str:
    if len(data.points) < 2:
        return f"{ONE_STUDY if data.points else NO_STUDY}."
    total = sum(point.heterogeneity for point in data.points)
    first = f"Baujat plot of {counted(len(data.points), 'study', 'studies')}."
    if total == 0:
        return f"{first} All effects are equal: no study contributes to heterogeneity."
    by_share = sorted(data.points, key=lambda p: (-p.heterogeneity, p.label))[:_MOST_TOLD]
    shares = ", ".join(f"{p.label} ({100 * p.heterogeneity / total:.0f}%)" for p in by_share)
    by_influence = sorted(data.points, key=lambda p: (-p.influence, p.label))[:_MOST_TOLD]
    moves = ", ".join(f"{p.label} ({plain(p.influence)})" for p in by_influence)
    return f"{first} Most heterogeneity comes from {shares}; most influence on the pooled effect has {moves}."
