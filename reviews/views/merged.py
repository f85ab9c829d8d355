"""What was merged, kept apart or linked; its undo; and the totals by rule and by source."""

from collections.abc import Callable, Iterator

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from reviews import selectors, wording
from reviews.access import MemberRequest, Right, member_view
from reviews.errors import DomainError
from reviews.exports import Cell, csv_response
from reviews.models import BulkMerge, DuplicateSuggestion, MergeEvent, ReportRelation, SuggestionState
from reviews.selectors.duplicate_totals import TOTALS_HEADER, duplicate_totals, totals_rows
from reviews.services import bulk_merging, duplicates, relations
from reviews.views.duplicates import of_review
from reviews.views.search import context

_SHOWN = 50


@require_GET
@member_view(Right.VIEW)
def merged(request: MemberRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    review = request.member.review
    apart = DuplicateSuggestion.objects.filter(review=review, state=SuggestionState.DISTINCT)
    related = ReportRelation.objects.filter(review=review, undoes__isnull=True, undone_by__isnull=True)
    bulks = BulkMerge.objects.filter(review=review, undoes__isnull=True, undone_by__isnull=True)
    page = context(
        request,
        "merged",
        rows=selectors.merges(review, before=int(before) if before.isdecimal() else None),
        is_later=bool(before),
        apart=apart.select_related("first", "second", "decided_by").order_by("-decided_at")[:_SHOWN],
        related=related.select_related("first", "second", "by").order_by("-seq")[:_SHOWN],
        bulks=bulks.select_related("by").order_by("-seq")[:_SHOWN],
    )
    return render(request, "reviews/merged.html", page)


def _undone(request: MemberRequest, act: Callable[[], object], said: str) -> HttpResponse:
    try:
        act()
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect("reviews:merged", request.member.review.slug)


@require_POST
@member_view(Right.SEARCH)
def undo(request: MemberRequest, event_id: int) -> HttpResponse:
    """Take a merge back; the two are remembered as different."""
    event = of_review(MergeEvent, request, event_id)
    return _undone(
        request,
        lambda: duplicates.split(by=request.member.user, event=event),
        "The merge is undone: both publications stand for themselves again.",
    )


@require_POST
@member_view(Right.SEARCH)
def undo_bulk(request: MemberRequest, bulk_id: int) -> HttpResponse:
    """Take back all merges of one act; their pairs are questions again."""
    bulk = of_review(BulkMerge, request, bulk_id)
    return _undone(
        request,
        lambda: bulk_merging.undo(by=request.member.user, bulk=bulk),
        "All merges of that act are undone: their pairs are as before.",
    )


@require_POST
@member_view(Right.SEARCH)
def undo_relation(request: MemberRequest, relation_id: int) -> HttpResponse:
    relation = of_review(ReportRelation, request, relation_id)
    return _undone(
        request,
        lambda: relations.take_back(by=request.member.user, relation=relation),
        "The link is taken back.",
    )


@require_GET
@member_view(Right.VIEW)
def merges_csv(request: MemberRequest) -> StreamingHttpResponse:
    header = (
        "event", "kind", "at", "kept", "absorbed", "title", "rule", "because", "score", "evidence", "by",
        "in_bulk", "undoes",
    )  # fmt: skip
    return csv_response(f"{request.member.review.slug}-merges", header, _merge_rows(request))


def _merge_rows(request: MemberRequest) -> Iterator[list[Cell]]:
    found = MergeEvent.objects.filter(review=request.member.review).select_related("absorbed", "by")
    for event in found.order_by("id").iterator(chunk_size=1000):
        yield [
            event.pk, event.kind, timezone.localtime(event.recorded_at).isoformat(), event.kept_id,
            event.absorbed_id, event.absorbed.title, event.rule, wording.rule(event.rule), event.score,
            "; ".join(wording.evidence(event.evidence)), str(event.by) if event.by else "rule",
            event.bulk_id, event.undoes_id,
        ]  # fmt: skip


@require_GET
@member_view(Right.VIEW)
def totals(request: MemberRequest) -> HttpResponse:
    found = duplicate_totals(request.member.review)
    return render(request, "reviews/duplicate_totals.html", context(request, "totals", totals=found))


@require_GET
@member_view(Right.VIEW)
def totals_csv(request: MemberRequest) -> StreamingHttpResponse:
    review = request.member.review
    return csv_response(f"{review.slug}-duplicates", TOTALS_HEADER, totals_rows(duplicate_totals(review)))
