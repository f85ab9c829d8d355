"""One run: how it stands, what it would bring, what it could not take, and beginning anew."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from reviews import live, selectors, wording
from reviews.access import MemberRequest, Right, member_view
from reviews.errors import DomainError
from reviews.exports import csv_response
from reviews.forms.imports import FIELD_LABELS, FORMAT_LABELS
from reviews.models import RunProblem, RunState, RunTrigger, RunUndo, SearchRun, UndoRequest
from reviews.selectors.comparing import is_comparing
from reviews.selectors.searches import OPEN, Progress
from reviews.services import imports, searches
from reviews.templatetags.perennial import thin
from reviews.views.search import context

_PROBLEMS_SHOWN = 100


@require_GET
@member_view(Right.VIEW)
def show(request: MemberRequest, run_id: int) -> HttpResponse:
    """A run as it stands. Under way it is polled: `?line=1` for its line in the list of sources."""
    shown = selectors.run_of(request.member.review, run_id)
    asked = UndoRequest.objects.filter(run=shown).first()
    progress = selectors.progress(shown)
    looking = (shown.inspection.get("bytes"), shown.inspection.get("so_far"))
    key = (
        shown.state,
        shown.received,
        shown.problems,
        shown.found,
        shown.error,
        looking,
        asked and asked.error,
        progress is not None and bool(progress.rate),
    )
    if request.htmx:
        same = live.unchanged(request, key)
        if same is not None:
            return same
    page = _context(request, shown, asked, progress)
    if request.htmx:
        template = "reviews/_run_line.html" if "line" in request.GET else "reviews/_run.html"
        part = {**page, "is_part": True, "comparing": is_comparing(request.member.review)}
        return live.tagged(request, key, render(request, template, part))
    return render(request, "reviews/run.html", context(request, "runs", **page))


def _context(
    request: MemberRequest, shown: SearchRun, asked: UndoRequest | None, progress: Progress | None
) -> dict[str, Any]:
    may = request.member.may(Right.SEARCH)
    stands = shown.source.retired_at is None
    return {
        "review": request.member.review,
        "member": request.member,
        "run": shown,
        "is_open": shown.state in OPEN,
        "asked": asked,
        "is_moving": asked is not None and not asked.error,
        "is_file": shown.trigger == RunTrigger.FILE,
        "may_run_again": may and stands and shown.state == RunState.FAILED,
        "may_decide": may,
        "progress": progress,
        "undos": list(RunUndo.objects.filter(run=shown).select_related("by").order_by("pk")),
        **_preview(shown),
        **_problems(shown),
    }


def _preview(shown: SearchRun) -> dict[str, Any]:
    """What waits for a decision: kinds of problems in words, the columns, and the same file elsewhere."""
    if shown.state != RunState.READY:
        return {}
    same = imports.same_file(shown)
    number = shown.inspection.get("records", 0)
    return {
        "import_label": f"Import {thin(number)} {'record' if number == 1 else 'records'}",
        "format_label": FORMAT_LABELS.get(shown.inspection.get("format", ""), ""),
        "kinds": [(kind, wording.problem(kind["code"])) for kind in shown.inspection.get("problems", [])],
        "filled": [
            (label, shown.inspection.get("filled", {}).get(name, 0))
            for name, label in FIELD_LABELS.items()
            if name in shown.inspection.get("filled", {})
        ],
        "labels": list(FIELD_LABELS.items()),
        "same": same,
        "needs_yes": any(run.source_id == shown.source_id for run in imports.taken(same)),
    }


def _problems(shown: SearchRun) -> dict[str, Any]:
    if shown.state in {RunState.READY, RunState.INSPECTING}:
        return {"problems": [], "hidden_problems": 0}
    rows = shown.problem_rows.order_by("kept", "row", "pk")[:_PROBLEMS_SHOWN]
    return {
        "problems": [(row, wording.problem(row.code)) for row in rows],
        "hidden_problems": max(0, shown.problems - _PROBLEMS_SHOWN),
    }


@require_POST
@member_view(Right.SEARCH)
def again(request: MemberRequest, run_id: int) -> HttpResponse:
    """Begin anew after a failure: search again, or read the kept file again."""
    review, by = request.member.review, request.member.user
    failed = get_object_or_404(SearchRun.objects.select_related("review", "source"), pk=run_id, review=review)
    try:
        if failed.trigger == RunTrigger.FILE:
            begun = imports.read_again(by=by, run=failed)
        else:
            begun = searches.request_run(by=by, source=failed.source)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("reviews:run", review.slug, failed.pk)
    return redirect("reviews:run", review.slug, begun.pk)


@require_GET
@member_view(Right.VIEW)
def problems_csv(request: MemberRequest, run_id: int) -> StreamingHttpResponse:
    """Every problem of a run or of a preview, with its row, and what became of the record."""
    shown = selectors.run_of(request.member.review, run_id)
    rows = (
        (row, code, wording.problem(code), "kept" if kept else "left out", detail)
        for row, code, kept, detail in RunProblem.objects.filter(run=shown)
        .values_list("row", "code", "kept", "detail")
        .iterator()
    )
    return csv_response(f"problems-of-run-{shown.pk}", ("row", "code", "problem", "record", "detail"), rows)
