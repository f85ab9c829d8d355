"""Sources, their searches and imports, and the runs."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from reviews import selectors, wording
from reviews.access import MemberRequest, Right, member_view
from reviews.errors import DomainError
from reviews.exports import Cell, csv_response
from reviews.models import Review, RunMode, RunState, RunUndo, SearchRun, Source, UndoKind
from reviews.selectors import run_history
from reviews.selectors.comparing import is_comparing
from reviews.services import searches

_RUN_COLUMNS = (
    "run", "source", "trigger", "looked_at", "state", "requested_at", "requested_by", "finished_at",
    "searched_on", "query", "limits", "translation", "window_from", "window_to", "file", "sha256", "found",
    "received", "new", "known", "revised", "vanished", "retracted", "problems", "error", "undone_at",
    "undone_by", "undone_why",
)  # fmt: skip


def context(request: MemberRequest, current: str, **more: Any) -> dict[str, Any]:
    """What every page of the tab shows."""
    review = request.member.review
    return {
        "review": review,
        "member": request.member,
        "tab": "search",
        "current": current,
        "open_pairs": selectors.open_pairs(review).count(),
        "comparing": is_comparing(review),
        **more,
    }


def _source(request: MemberRequest, source_id: int) -> Source:
    return get_object_or_404(
        Source.objects.select_related("protocol__review"),
        pk=source_id,
        protocol__review=request.member.review,
        retired_at__isnull=True,
    )


@require_GET
@member_view(Right.VIEW)
def sources(request: MemberRequest) -> HttpResponse:
    lines = selectors.source_lines(request.member.review)
    more = {
        "lines": lines,
        "total": sum(line.records for line in lines),
        "may_manage": request.member.may(Right.MANAGE),
    }
    return render(request, "reviews/sources.html", context(request, "sources", **more))


@require_GET
@member_view(Right.VIEW)
def history(request: MemberRequest, source_id: int) -> HttpResponse:
    """The runs of one source, with what changed in its query from one to the next."""
    review = request.member.review
    source = get_object_or_404(Source, pk=source_id, protocol__review=review)
    before = request.GET.get("before", "")
    lines = run_history.history(source, before=int(before) if before.isdecimal() else None)
    more = {
        "source": source,
        "lines": lines,
        "schedule": wording.schedule(source),
        "line": selectors.source_line(source),
        "may_manage": request.member.may(Right.MANAGE),
        "earlier": lines[-1].run.pk if len(lines) == run_history.SHOWN else None,
    }
    return render(request, "reviews/source_history.html", context(request, "sources", **more))


@require_GET
@member_view(Right.VIEW)
def comparing(request: MemberRequest) -> HttpResponse:
    """The notice of the tabs again once duplicates have been looked for, until then 204."""
    review = request.member.review
    if is_comparing(review):
        return HttpResponse(status=204)
    return render(request, "reviews/_comparing.html", {"review": review, "was_comparing": True})


@require_POST
@member_view(Right.SEARCH)
def search_now(request: MemberRequest, source_id: int) -> HttpResponse:
    try:
        run = searches.request_run(
            by=request.member.user,
            source=_source(request, source_id),
            mode=RunMode.FULL if request.POST.get("mode") == RunMode.FULL else None,
        )
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("reviews:sources", request.member.review.slug)
    return redirect("reviews:run", request.member.review.slug, run.pk)


@require_POST
@member_view(Right.SEARCH)
def pause(request: MemberRequest, source_id: int) -> HttpResponse:
    source = _source(request, source_id)
    is_paused = request.POST.get("pause") == "1"
    searches.set_paused(by=request.member.user, source=source, is_paused=is_paused)
    messages.success(
        request,
        f"The schedule of {source.name} is paused." if is_paused else f"{source.name} is on schedule again.",
    )
    return redirect("reviews:sources", request.member.review.slug)


@require_GET
@member_view(Right.VIEW)
def runs(request: MemberRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    rows = selectors.runs(request.member.review, before=int(before) if before.isdecimal() else None)
    return render(request, "reviews/runs.html", context(request, "runs", rows=rows, is_later=bool(before)))


@require_GET
@member_view(Right.VIEW)
def runs_csv(request: MemberRequest) -> StreamingHttpResponse:
    name = f"{request.member.review.slug}-runs"
    return csv_response(name, _RUN_COLUMNS, _run_rows(request.member.review))


def _run_rows(review: Review) -> Iterator[list[Cell]]:
    found = SearchRun.objects.filter(review=review).select_related("source", "requested_by")
    undone = _undone(review)
    for row in found.defer("checkpoint", "inspection", "mapping").order_by("id").iterator():
        days = (row.searched_on, row.window_from, row.window_to)
        searched, first, last = (day.isoformat() if day else "" for day in days)
        undo = undone.get(row.pk) if row.state == RunState.UNDONE else None
        yield [
            row.pk, row.source.name, row.trigger, row.mode, row.state, _moment(row.requested_at),
            str(row.requested_by or ""), _moment(row.finished_at), searched, row.query_sent, row.limits,
            row.translation, first, last, row.file_name, row.file_sha256, row.found, row.received, row.new,
            row.known, row.revised, row.vanished, row.retracted, row.problems, row.error,
            _moment(undo.recorded_at) if undo else "", str(undo.by) if undo else "",
            undo.reason if undo else "",
        ]  # fmt: skip


def _undone(review: Review) -> dict[int, RunUndo]:
    """The last undo of each run that was ever undone."""
    facts = RunUndo.objects.filter(run__review=review, kind=UndoKind.UNDONE).select_related("by")
    return {fact.run_id: fact for fact in facts.order_by("pk")}


def _moment(at: datetime | None) -> str:
    return timezone.localtime(at).isoformat() if at else ""
