"""Drawing the PRISMA flow, in workers: this module loads matplotlib and no web process imports it."""

from collections.abc import Mapping

from django.urls import reverse

from analysis.flow_rows import BOXES, description
from analysis.models import Figure, Version
from analysis.plots import flow_steps, prisma, render, svg_for_inline
from analysis.selectors import flow, flow_figures
from analysis.selectors.flow_figures import INLINE_STYLES, FlowDrawing
from reviews.models import Review
from reviews.prisma import Flow

_TITLE = "PRISMA 2020 flow diagram"


def draw(review_id: int) -> int:
    """Draw the flow of a review as it is now; returns how many figures were drawn."""
    review = Review.objects.get(pk=review_id)
    return _draw(review, flow.flow(review), flow_figures.drawings())


def draw_version(version_id: int) -> int:
    """Draw the flow of one version; returns how many figures were drawn."""
    version = Version.objects.select_related("review").get(pk=version_id)
    values = flow.from_values(version.content["flow"])
    return _draw(version.review, values, flow_figures.drawings())


def _draw(review: Review, values: Flow, wanted: tuple[FlowDrawing, ...]) -> int:
    key = flow_figures.data_hash(values)
    there = flow_figures.drawn(review.pk, key)
    missing = [drawing for drawing in wanted if drawing not in there]
    # The same figure may be drawn by two workers at once: the bytes are equal, the first row stays.
    for drawing in missing:
        content = _content(review, values, drawing)
        Figure.objects.bulk_create(
            [
                Figure(
                    review=review,
                    data_hash=key,
                    plot=flow_figures.PLOT,
                    style=drawing.style,
                    format=drawing.format,
                    content=content,
                )
            ],
            ignore_conflicts=True,
        )
    return len(missing)


def _content(review: Review, values: Flow, drawing: FlowDrawing) -> bytes:
    urls = _urls(review) if drawing.is_linked else None
    figure = prisma(flow_steps(values), urls=urls, narrow=drawing.is_narrow)
    whole = render(
        figure,
        drawing.format,
        title=f"{_TITLE}: {review.title}",
        description=description(values),
    )
    return svg_for_inline(whole).encode() if drawing.style in INLINE_STYLES else whole


def _urls(review: Review) -> Mapping[str, str]:
    return {key: reverse("analysis:flow_list", args=[review.slug, key]) for key in BOXES}
