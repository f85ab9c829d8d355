"""The drawn PRISMA flow, found by its numbers. Web processes read it here and draw nothing."""

from dataclasses import dataclass
from typing import Literal

from analysis.contributions import digest
from analysis.models import Figure
from analysis.selectors.flow import to_values
from reviews.prisma import Flow

PLOT = "prisma"
DRAW_TASK = "analysis.tasks.draw_flow"
DRAW_VERSION_TASK = "analysis.tasks.draw_version_flow"
# Moves whenever the look of the figure does: all are then drawn anew.
_FIGURE_VERSION = 1

# Inline figures stand in a page: linked ones for members, plain ones for the public report.
INLINE_STYLES = frozenset({"linked", "linked-narrow", "plain", "plain-narrow"})


@dataclass(frozen=True, slots=True)
class FlowDrawing:
    """One form of the figure."""

    style: str
    format: Literal["svg", "png", "pdf"]

    @property
    def is_linked(self) -> bool:
        return self.style.startswith("linked")

    @property
    def is_narrow(self) -> bool:
        return self.style.endswith("-narrow")


def drawings() -> tuple[FlowDrawing, ...]:
    """In the order in which they are missed: what pages show comes first."""
    return (
        FlowDrawing("linked", "svg"),
        FlowDrawing("linked-narrow", "svg"),
        FlowDrawing("plain", "svg"),
        FlowDrawing("plain-narrow", "svg"),
        *downloads(),
    )


def downloads() -> tuple[FlowDrawing, ...]:
    return (FlowDrawing("light", "svg"), FlowDrawing("light", "png"), FlowDrawing("light", "pdf"))


def data_hash(values: Flow) -> str:
    """What the figures of a flow are stored by."""
    return digest([PLOT, _FIGURE_VERSION, to_values(values)])


def drawn(review_id: int, key: str) -> set[FlowDrawing]:
    """The forms that exist, without their content."""
    rows = Figure.objects.filter(review_id=review_id, data_hash=key, plot=PLOT)
    return {FlowDrawing(style, fmt) for style, fmt in rows.values_list("style", "format")}  # type: ignore[arg-type]  # written from drawings()


def newest(review_id: int) -> int:
    """Grows with every form that is drawn, whatever flow it shows: for polling."""
    last = Figure.objects.filter(review_id=review_id, plot=PLOT).order_by("-pk").values_list("pk", flat=True)
    return last.first() or 0


def find(review_id: int, key: str, drawing: FlowDrawing) -> bytes | None:
    """The content of one form, or None while it is not drawn."""
    content = (
        Figure.objects.filter(
            review_id=review_id,
            data_hash=key,
            plot=PLOT,
            style=drawing.style,
            format=drawing.format,
        )
        .values_list("content", flat=True)
        .first()
    )
    return None if content is None else bytes(content)


def inline(review_id: int, key: str, *, is_linked: bool) -> tuple[str, str] | None:
    """The wide and the narrow figure as elements for a page, or None while they are not drawn."""
    stem = "linked" if is_linked else "plain"
    rows = Figure.objects.filter(
        review_id=review_id, data_hash=key, plot=PLOT, style__in=[stem, f"{stem}-narrow"], format="svg"
    )
    found = {style: bytes(content).decode() for style, content in rows.values_list("style", "content")}
    return (found[stem], found[f"{stem}-narrow"]) if len(found) == 2 else None
