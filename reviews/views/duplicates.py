"""Duplicates: the pairs that a person must look at, and what was merged."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from reviews import selectors
from reviews.access import MemberRequest, Right, member_view
from reviews.errors import DomainError
from reviews.exports import Cell, csv_response
from reviews.models import DuplicateSuggestion, MergeEvent, SuggestionState
from reviews.services import duplicates as service
from reviews.views.search import context


@dataclass(frozen=True, slots=True)
class Done:
    """What the last act did, and how to take it back."""

    text: str
    pair: int | None = None
    merge: int | None = None


@require_GET
@member_view(Right.VIEW)
def queue(request: MemberRequest) -> HttpResponse:
    after = request.GET.get("after", "")
    done = request.session.pop("duplicates_done", None)
    return _page(request, Done(**done) if done else None, after=int(after) if after.isdecimal() else None)


def _page(request: MemberRequest, done: Done | None, *, after: int | None = None) -> HttpResponse:
    pair = selectors.next_pair(request.member.review, after=after)
    template = "reviews/_duplicates.html" if request.htmx else "reviews/duplicates.html"
    return render(
        request, template, context(request, "duplicates", pair=pair, done=done, is_passed=after is not None)
    )


def _decided(
    request: MemberRequest, suggestion_id: int, act: Callable[[DuplicateSuggestion], Done]
) -> HttpResponse:
    """Settle a pair and show the next; a pair that somebody else settled meanwhile is passed over."""
    suggestion = get_object_or_404(
        DuplicateSuggestion.objects.select_related("review"), pk=suggestion_id, review=request.member.review
    )
    try:
        done = act(suggestion)
    except (service.AlreadySettled, service.AlreadyMerged, service.AlreadyUndone) as error:
        done = Done(str(error))
    if request.htmx:
        return _page(request, done)
    request.session["duplicates_done"] = asdict(done)
    return redirect("reviews:duplicates", request.member.review.slug)


@require_POST
@member_view(Right.SEARCH)
def merge(request: MemberRequest, suggestion_id: int) -> HttpResponse:
    def act(suggestion: DuplicateSuggestion) -> Done:
        event = service.decide_merge(by=request.member.user, suggestion=suggestion)
        return Done("Merged.", pair=suggestion.pk, merge=event.pk)

    return _decided(request, suggestion_id, act)


@require_POST
@member_view(Right.SEARCH)
def distinct(request: MemberRequest, suggestion_id: int) -> HttpResponse:
    def act(suggestion: DuplicateSuggestion) -> Done:
        service.decide_distinct(by=request.member.user, suggestion=suggestion)
        return Done("Kept apart.", pair=suggestion.pk)

    return _decided(request, suggestion_id, act)


@require_POST
@member_view(Right.SEARCH)
def take_back(request: MemberRequest, suggestion_id: int, event_id: int) -> HttpResponse:
    """The merge was a slip: undo it, and ask again."""
    event = get_object_or_404(
        MergeEvent.objects.select_related("review"), pk=event_id, review=request.member.review
    )

    def act(suggestion: DuplicateSuggestion) -> Done:
        service.take_back(by=request.member.user, event=event)
        return Done("The merge is undone, the pair is open again.")

    return _decided(request, suggestion_id, act)


@require_POST
@member_view(Right.SEARCH)
def reopen(request: MemberRequest, suggestion_id: int) -> HttpResponse:
    def act(suggestion: DuplicateSuggestion) -> Done:
        service.reopen(by=request.member.user, suggestion=suggestion)
        return Done("The pair is open again.")

    return _decided(request, suggestion_id, act)


@require_GET
@member_view(Right.VIEW)
def merged(request: MemberRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    review = request.member.review
    rows = selectors.merges(review, before=int(before) if before.isdecimal() else None)
    apart = DuplicateSuggestion.objects.filter(review=review, state=SuggestionState.DISTINCT)
    return render(
        request,
        "reviews/merged.html",
        context(
            request,
            "merged",
            rows=rows,
            is_later=bool(before),
            apart=apart.select_related("first", "second", "decided_by").order_by("-decided_at")[:50],
        ),
    )


@require_POST
@member_view(Right.SEARCH)
def undo(request: MemberRequest, event_id: int) -> HttpResponse:
    """Take a merge back; the two are remembered as different."""
    review = request.member.review
    event = get_object_or_404(MergeEvent.objects.select_related("review"), pk=event_id, review=review)
    try:
        service.split(by=request.member.user, event=event)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The merge is undone: both publications stand for themselves again.")
    return redirect("reviews:merged", review.slug)


@require_GET
@member_view(Right.VIEW)
def merges_csv(request: MemberRequest) -> StreamingHttpResponse:
    header = ("event", "kind", "at", "kept", "absorbed", "title", "rule", "score", "evidence", "by", "undoes")
    return csv_response(f"{request.member.review.slug}-merges", header, _merge_rows(request))


def _merge_rows(request: MemberRequest) -> Iterator[list[Cell]]:
    found = MergeEvent.objects.filter(review=request.member.review).select_related("absorbed", "by")
    for event in found.order_by("id").iterator():
        evidence = "; ".join(f"{name} {value}" for name, value in event.evidence.items())
        yield [
            event.pk, event.kind, timezone.localtime(event.recorded_at).isoformat(), event.kept_id,
            event.absorbed_id, event.absorbed.title, event.rule, event.score, evidence,
            str(event.by) if event.by else "rule", event.undoes_id,
        ]  # fmt: skip
