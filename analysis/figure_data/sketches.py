"""Every figure of a result by its name: what it shows in words, and how it is drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from matplotlib.figure import Figure

from analysis import comparison, plots, wording
from analysis.figure_data import forest, sensitivity, small_study
from analysis.meta import MetaError
from analysis.plots import ForestData, forest_description
from analysis.plots.area import message_sheet
from analysis.plots.forest_style import StyleName

NOT_DRAWN = "This figure cannot be drawn of these data"


@dataclass(frozen=True, slots=True)
class Sketch:
    """A figure before it has a size."""

    description: str
    draw: Callable[[bool], Figure]  # whether for a telephone


def sketch_of(plot: str, result: comparison.Outcome) -> Sketch:
    """The figure of that name.

    A kernel that refuses the data is answered by a figure that says why: else pages would wait for ever.
    """
    try:
        found = _SKETCHES[plot](result)
    except (MetaError, ValueError) as refusal:
        words = str(refusal)
        return Sketch(f"{NOT_DRAWN}: {words}", lambda narrow: _refused(result, words, narrow=narrow))
    return Sketch(found.description, partial(_drawn, result, found))


def _drawn(result: comparison.Outcome, sketch: Sketch, narrow: bool) -> Figure:
    try:
        return sketch.draw(narrow)
    except ValueError as refusal:
        return _refused(result, str(refusal), narrow=narrow)


def _refused(result: comparison.Outcome, why: str, *, narrow: bool) -> Figure:
    return message_sheet(result.inputs["spec"], NOT_DRAWN, (why,), narrow=narrow).figure


def _house(result: comparison.Outcome) -> Sketch:
    data = forest.forest_of(result)
    return Sketch(wording.sentence(result), lambda narrow: plots.forest(data, narrow=narrow))


def _series(make: Callable[[comparison.Outcome], ForestData], result: comparison.Outcome) -> Sketch:
    data = make(result)
    return Sketch(forest_description(data), lambda narrow: plots.forest(data, narrow=narrow))


def _styled(style: StyleName, result: comparison.Outcome) -> Sketch:
    data = forest.journal_forest_of(result)
    return Sketch(forest_description(data), lambda narrow: plots.forest(data, narrow=narrow, style=style))


def _funnel(result: comparison.Outcome) -> Sketch:
    data = small_study.funnel_of(result)
    return Sketch(data.description, lambda narrow: plots.funnel(data, narrow=narrow))


def _filled_funnel(result: comparison.Outcome) -> Sketch:
    data = small_study.filled_funnel_of(result)
    return Sketch(data.description, lambda narrow: plots.funnel(data, narrow=narrow))


def _radial(result: comparison.Outcome) -> Sketch:
    data = small_study.radial_of(result)
    return Sketch(data.description, lambda narrow: plots.radial(data, narrow=narrow))


def _baujat(result: comparison.Outcome) -> Sketch:
    data = sensitivity.baujat_of(result)
    return Sketch(data.description, lambda narrow: plots.baujat(data, narrow=narrow))


def _gosh(result: comparison.Outcome) -> Sketch:
    data = sensitivity.gosh_of(result)
    return Sketch(data.description, lambda narrow: plots.gosh(data, narrow=narrow))


def _labbe(result: comparison.Outcome) -> Sketch:
    data = sensitivity.labbe_of(result)
    return Sketch(data.description, lambda narrow: plots.labbe(data, narrow=narrow))


def _drapery(result: comparison.Outcome) -> Sketch:
    data = sensitivity.drapery_of(result)
    return Sketch(data.description, lambda narrow: plots.drapery(data, narrow=narrow))


_SKETCHES: dict[str, Callable[[comparison.Outcome], Sketch]] = {
    "forest": _house,
    "forest_revman5": partial(_styled, "RevMan5"),
    "forest_bmj": partial(_styled, "BMJ"),
    "forest_jama": partial(_styled, "JAMA"),
    "leave_one_out": partial(_series, sensitivity.leave_one_out_of),
    "cumulative": partial(_series, sensitivity.cumulative_of),
    "funnel": _funnel,
    "trim_fill": _filled_funnel,
    "radial": _radial,
    "baujat": _baujat,
    "gosh": _gosh,
    "labbe": _labbe,
    "drapery": _drapery,
}
