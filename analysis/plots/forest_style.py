"""How a forest plot is set: the house style, and those that readers know from RevMan, the BMJ and JAMA."""

from dataclasses import dataclass
from typing import Literal

from analysis.plots.theme import LIGHT

StyleName = Literal["house", "RevMan5", "BMJ", "JAMA"]
Block = Literal["arms", "weight", "effect"]


@dataclass(frozen=True, slots=True)
class ForestStyle:
    """Layout, brackets and colours of one style.

    Attributes
    ----------
    name : str
    left, right : tuple of {"arms", "weight", "effect"}
        Columns before and after the plot, in order.
    brackets : (str, str, str)
        Before, between and after the limits of an interval.
    study_header : str
        "" takes the plot's own.
    weight_header : str
    weight_sign : bool
        Whether each weight has its percent sign.
    is_joined : bool
        Events and total in one column ("4/123"), mean and SD too; else each in its own.
    joined_header : str
        What heads a column of events and total.
    has_event_row : bool
        Whether the events of a pool stand in a row of their own; else beside the totals.
    thousands_from : int
        Digits from which thousands are set apart by a thin space; 0 never does.
    has_plot_header : bool
        Whether measure and method stand over the plot too.
    has_pooled_line : bool
        A dashed line at the pooled estimate.
    has_line_on_square : bool
        Whether the interval is drawn over its square, so that a narrow one is seen.
    is_test_beside_axis : bool
        Whether tests stand left of the axis; else under the figure.
    is_favours_above : bool
        Whether the words on either side of the null line stand over the plot.
    rules : (float, float, float)
        Points of the lines above and under the head and at the foot of the table; 0 draws none.
    has_band : bool
        Whether the head is tinted.
    square, square_edge, diamond, prediction : str
        Colours, roles of the light theme.
    """

    name: StyleName
    left: tuple[Block, ...] = ("arms", "weight", "effect")
    right: tuple[Block, ...] = ()
    brackets: tuple[str, str, str] = ("[", ", ", "]")
    study_header: str = ""
    weight_header: str = "Weight"
    weight_sign: bool = True
    is_joined: bool = False
    joined_header: str = "n/N"
    has_event_row: bool = False
    thousands_from: int = 4
    has_plot_header: bool = False
    has_pooled_line: bool = True
    has_line_on_square: bool = False
    is_test_beside_axis: bool = False
    is_favours_above: bool = False
    rules: tuple[float, float, float] = (0.0, 0.8, 0.0)
    has_band: bool = False
    square: str = LIGHT.square
    square_edge: str = LIGHT.square_edge
    diamond: str = LIGHT.diamond
    prediction: str = LIGHT.prediction


HOUSE = ForestStyle(name="house")
REVMAN5 = ForestStyle(
    name="RevMan5",
    study_header="Study or Subgroup",
    has_event_row=True,
    thousands_from=0,
    has_plot_header=True,
    has_pooled_line=False,
    has_line_on_square=True,
    is_test_beside_axis=True,
    square=LIGHT.revman,
    square_edge=LIGHT.revman,
    prediction=LIGHT.diamond,
)
BMJ = ForestStyle(
    name="BMJ",
    left=("arms",),
    right=("weight", "effect"),
    brackets=("(", " to ", ")"),
    weight_header="Weight\n(%)",
    weight_sign=False,
    is_joined=True,
    joined_header="No/total",
    thousands_from=5,
    has_plot_header=True,
    has_line_on_square=True,
    rules=(0.0, 0.6, 0.6),
    has_band=True,
    square=LIGHT.bmj,
    square_edge=LIGHT.bmj,
    diamond=LIGHT.bmj,
    prediction=LIGHT.bmj,
)
JAMA = ForestStyle(
    name="JAMA",
    left=("arms", "effect"),
    right=("weight",),
    brackets=("(", "-", ")"),
    study_header="Source",
    weight_header="Weight, %",
    weight_sign=False,
    is_joined=True,
    joined_header="No./total No.",
    thousands_from=5,
    is_favours_above=True,
    rules=(1.6, 0.6, 0.6),
    square=LIGHT.jama,
    square_edge=LIGHT.jama,
    diamond=LIGHT.jama,
    prediction=LIGHT.jama,
)
STYLES: dict[StyleName, ForestStyle] = {style.name: style for style in (HOUSE, REVMAN5, BMJ, JAMA)}


def forest_style(name: StyleName) -> ForestStyle:
    """Return a style by its name.

    Parameters
    ----------
    name : {"house", "RevMan5", "BMJ", "JAMA"}

    Returns
    -------
    ForestStyle

    Raises
    ------
    ValueError
        If the style is not known.
    """
    if name not in STYLES:
        raise ValueError(f"style {name!r} is not one of {', '.join(STYLES)}")
    return STYLES[name]
