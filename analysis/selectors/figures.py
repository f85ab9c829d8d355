"""Figures that workers drew, found by what they show. Web processes read them here and draw nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis import comparison, wording_figures
from analysis.contributions import digest
from analysis.models import Figure, Result
from analysis.selectors.appraisals import Light
from reviews.models import Outcome

# Moves whenever the look of a figure does: the figures of all results are then drawn anew.
FIGURE_VERSION = 2

NARROW = "_narrow"  # the same figure for a phone
NARROW_FOREST = f"forest{NARROW}"
MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
# Figures that a part of the page shows, in its order. All but the funnel are drawn when somebody looks.
PARTS: dict[str, tuple[str, ...]] = {
    "sensitivity": ("leave_one_out", "cumulative", "baujat", "gosh", "labbe", "drapery"),
    "small-study": ("funnel", "trim_fill", "radial"),
}
SERIES = frozenset({"leave_one_out", "cumulative"})
# The forest plot in the styles of journals, for download -> how the style is called.
STYLES = {"forest_revman5": "RevMan 5", "forest_bmj": "BMJ", "forest_jama": "JAMA"}


@dataclass(frozen=True, slots=True)
class Drawing:
    """One figure in one style and format. The page shows SVG in both themes; the rest is for download."""

    plot: str
    style: str
    format: str


@dataclass(frozen=True, slots=True)
class Plot:
    """One figure on a page; `missing` says why there is none, and is empty where there is one."""

    name: str
    title: str
    says: str
    alt: str
    missing: str
    is_drawn: bool

    @property
    def is_area(self) -> bool:
        """Whether it has two axes, and no table that needs the whole width."""
        return self.name not in SERIES

    @property
    def is_waited_for(self) -> bool:
        return not self.missing and not self.is_drawn


def drawings_of(plot: str) -> tuple[Drawing, ...]:
    """In the order in which they are missed: what the page shows comes first."""
    on_page = (Drawing(plot, "light", "svg"), Drawing(plot, "dark", "svg"))
    if plot.endswith(NARROW):  # nobody downloads it
        return on_page
    for_download = (Drawing(plot, "light", "png"), Drawing(plot, "light", "pdf"))
    return (on_page[0], *for_download) if plot in STYLES else (*on_page, *for_download)


def wide(plot: str) -> str:
    """The name of the figure without its form for phones."""
    return plot.removesuffix(NARROW)


def forms_of(plot: str) -> tuple[str, ...]:
    """A figure with its form for phones, where it stands on a page."""
    return (plot,) if plot in STYLES else (plot, f"{plot}{NARROW}")


def plots_of(result: Result) -> tuple[str, ...]:
    """What each run draws of its result: nothing of a refusal, no funnel of one or two studies."""
    if result.status == "refused":
        return ()
    has_funnel = not wording_figures.why_not("funnel", held(result))
    return ("forest", NARROW_FOREST, "funnel") if has_funnel else ("forest", NARROW_FOREST)


def has(plot: str, result: Result) -> bool:
    """Whether a result can have the figure."""
    name = wide(plot)
    if name == "forest" or (name in STYLES and name == plot):
        return result.status != "refused"
    known = any(name in names for names in PARTS.values())
    values = held(result)
    return known and wording_figures.applies(name, values) and not wording_figures.why_not(name, values)


def part_of(part: str, result: comparison.Outcome, there: set[Drawing]) -> tuple[Plot, ...]:
    """The figures of one part of a page, also those that these data cannot have."""
    return tuple(_plot(name, result, there) for name in PARTS[part] if wording_figures.applies(name, result))


def _plot(name: str, result: comparison.Outcome, there: set[Drawing]) -> Plot:
    missing = wording_figures.why_not(name, result)
    return Plot(
        name=name,
        title=wording_figures.TITLES[name],
        says="" if missing else wording_figures.says(name, result),
        alt="" if missing else wording_figures.alt(name, result),
        missing=missing,
        is_drawn=is_drawn(name, there),
    )


def is_drawn(plot: str, there: set[Drawing]) -> bool:
    """Whether all that a page shows of a figure is drawn: both themes, wide and for phones."""
    return all(Drawing(form, style, "svg") in there for form in forms_of(plot) for style in ("light", "dark"))


def held(result: Result) -> comparison.Outcome:
    """A result as plain values."""
    return comparison.Outcome(result.inputs, result.settings, result.status, result.outputs)


def data_hash(result: Result) -> str:
    """What a result's figures are stored by."""
    return digest([FIGURE_VERSION, result.spec_version_id, result.input_hash, result.engine_version])


def drawn(review_id: int, hash_of_data: str) -> set[Drawing]:
    """The figures that exist, without their content."""
    rows = Figure.objects.filter(review_id=review_id, data_hash=hash_of_data)
    return {Drawing(*row) for row in rows.values_list("plot", "style", "format")}


def find(review_id: int, hash_of_data: str, drawing: Drawing) -> bytes | None:
    """The content of one figure, or None while it is not drawn."""
    row = Figure.objects.filter(
        review_id=review_id,
        data_hash=hash_of_data,
        plot=drawing.plot,
        style=drawing.style,
        format=drawing.format,
    ).first()
    return bytes(row.content) if row else None


def of_result(result: Result, drawing: Drawing) -> bytes | None:
    """A result's figure, or None while it is not drawn."""
    return find(result.spec_version.spec.review_id, data_hash(result), drawing)


def judgements_hash(outcome: Outcome, lights: Sequence[Light]) -> str:
    """What the figures of an outcome's judgements are stored by."""
    shown = [[light.label, light.numerical_result, light.judgements] for light in lights]
    return digest([FIGURE_VERSION, outcome.pk, outcome.name, shown])
