"""The PRISMA flow: the figure that follows the records, the same numbers as a table, and the lists behind."""

from collections.abc import Iterator
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from analysis.flow_rows import BOXES, PLACE_WORDS, TITLES, description, rows
from analysis.selectors import flow, flow_figures
from analysis.selectors.figures import MEDIA_TYPES
from analysis.selectors.flow_figures import FlowDrawing
from reviews import events
from reviews.access import MemberRequest, Right, member_view
from reviews.exports import Cell, csv_response
from reviews.models import Review
from reviews.prisma import to_prisma2020_csv
from reviews.selectors.comparing import is_comparing

PAGE = 50
NO_CHANGE = 204
_ASK_AGAIN_SECONDS = 10  # a page that polls must not ask for the same drawing at each turn
_CSV_HEADER = (
    "record",
    "source",
    "place",
    "reason",
    "report",
    "title",
    "authors",
    "year",
    "journal",
    "doi",
    "pmid",
)


@require_GET
@member_view(Right.VIEW)
def show(request: MemberRequest) -> HttpResponse:
    return render(request, "analysis/flow.html", _context(request))


@require_GET
@member_view(Right.VIEW)
def live(request: MemberRequest) -> HttpResponse:
    """The figure and its table again where a fact or a drawing is new since `seen`, else 204."""
    if request.GET.get("seen") == seen_key(request.member.review):
        return HttpResponse(status=NO_CHANGE)
    return render(request, "analysis/_flow.html", _context(request))


def seen_key(review: Review) -> str:
    """Cheap: the counter of facts, the newest drawing, whether duplicates are looked for.

    Read before what it stands for, never after.
    """
    return f"{flow.revision(review)}-{flow_figures.newest(review.pk)}-{is_comparing(review):d}"


def _context(request: MemberRequest) -> dict[str, Any]:
    review = request.member.review
    key = seen_key(review)
    state = flow.state_of(review)
    return {
        "key": key,
        "review": review,
        "member": request.member,
        "tab": "overview",
        "violations": state.violations,
        "comparing": is_comparing(review),
        "rows": rows(state.flow),
        "description": description(state.flow),
        "is_under_way": state.flow.is_under_way,
        "downloads": downloads(review),
        **inline_figure(review, state),
    }


def inline_figure(review: Review, state: flow.FlowState) -> dict[str, Any]:
    """The drawn figure for a page, or nothing while a worker draws it."""
    key = flow_figures.data_hash(state.flow)
    drawn = flow_figures.inline(review.pk, key, is_linked=True)
    if drawn is None:
        ask_once(flow_figures.DRAW_TASK, review.pk, key)
        return {"figure": None}
    # Safe: our own drawing, its texts escaped when the SVG was written, without scripts or styles.
    return {"figure": tuple(mark_safe(svg) for svg in drawn)}


def ask_once(task: str, pk: int, key: str) -> None:
    """Ask a worker for a drawing, not again before it had time to draw."""
    if cache.add(f"drawing:{task}:{pk}:{key[:32]}", value=True, timeout=_ASK_AGAIN_SECONDS):
        events.send(task, pk)


def downloads(review: Review) -> list[dict[str, str]]:
    notes = {"svg": "for the web", "png": "for slides", "pdf": "for print", "csv": "PRISMA2020 package"}
    return [
        {
            "label": kind.upper(),
            "note": note,
            "url": reverse("analysis:flow_download", args=[review.slug, kind]),
        }
        for kind, note in notes.items()
    ]


@require_GET
@member_view(Right.VIEW)
def download(request: MemberRequest, kind: str) -> HttpResponse:
    """The flow as a file: svg, png, pdf, or the CSV of the PRISMA2020 package."""
    review = request.member.review
    found = flow.flow(review)
    name = f"{review.slug}-prisma"
    if kind == "csv":
        return file_answer(to_prisma2020_csv(found).encode(), f"{name}.csv", "text/csv; charset=utf-8")
    drawing = next((each for each in flow_figures.downloads() if each.format == kind), None)
    if drawing is None:
        raise Http404
    return drawn_answer(
        request, review, flow_figures.data_hash(found), drawing, task=flow_figures.DRAW_TASK, pk=review.pk
    )


def drawn_answer(
    request: HttpRequest, review: Review, key: str, drawing: FlowDrawing, *, task: str, pk: int
) -> HttpResponse:
    """The drawn file; while a worker draws it, a page that says so and tries again by itself."""
    content = flow_figures.find(review.pk, key, drawing)
    if content is None:
        ask_once(task, pk, key)
        answer = render(request, "analysis/being_drawn.html", {"review": review}, status=202)
        answer.headers["Refresh"] = "2"
        return answer
    name = f"{review.slug}-prisma.{drawing.format}"
    return file_answer(content, name, MEDIA_TYPES[drawing.format])


def file_answer(content: bytes, name: str, media_type: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


@require_GET
@member_view(Right.VIEW)
def listing(request: MemberRequest, box: str) -> HttpResponse:
    """The records behind one box, paged by their id."""
    if box not in BOXES:
        raise Http404
    review = request.member.review
    after = _number(request.GET.get("after", ""))
    found, total = flow.listed(review, BOXES[box], after=after, limit=PAGE + 1)
    shown = found[:PAGE]
    here = reverse("analysis:flow_list", args=[review.slug, box])
    context = {
        "review": review,
        "member": request.member,
        "tab": "overview",
        "title": TITLES[box],
        "box": box,
        "rows": [(row, PLACE_WORDS[row.place]) for row in shown],
        "total": total,
        "previous_url": here if after else "",
        "next_url": f"{here}?after={shown[-1].record.pk}" if len(found) > PAGE else "",
    }
    return render(request, "analysis/flow_list.html", context)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


@require_GET
@member_view(Right.VIEW)
def listing_csv(request: MemberRequest, box: str) -> HttpResponseBase:
    if box not in BOXES:
        raise Http404
    review = request.member.review
    return csv_response(f"{review.slug}-flow-{box}", _CSV_HEADER, _csv_rows(review, box))


def _csv_rows(review: Review, box: str) -> Iterator[tuple[Cell, ...]]:
    for row in flow.all_listed(review, BOXES[box]):
        record = row.record
        yield (
            record.pk,
            record.source.name,
            PLACE_WORDS[row.place],
            row.reason,
            row.report or None,
            record.title,
            "; ".join(record.authors),
            record.year,
            record.journal,
            record.doi,
            record.pmid,
        )
