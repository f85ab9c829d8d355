"""The queue of possible duplicates: two publications side by side, one decision by key, the next pair."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from reviews import selectors
from reviews.access import MemberRequest, Right, member_view
from reviews.errors import DomainError
from reviews.forms.duplicates import QueueForm
from reviews.models import BulkMerge, DuplicateSuggestion, MergeEvent, RelationKind, ReportRelation
from reviews.selectors import duplicates as queue_selectors
from reviews.services import bulk_merging, relations
from reviews.services import duplicates as service
from reviews.views.search import context

M = TypeVar("M", DuplicateSuggestion, MergeEvent, BulkMerge, ReportRelation)
_KEPT = ("rule", "sources", "least", "most")


@dataclass(frozen=True, slots=True)
class Done:
    """What the last act did, and the address that takes it back."""

    text: str
    undo: str = ""


def _query(request: MemberRequest, **more: object) -> str:
    """The filter of the queue as it stands in the address, for the addresses of its acts."""
    kept = {name: request.GET[name] for name in _KEPT if request.GET.get(name)}
    query = urlencode(kept | more)
    return f"?{query}" if query else ""


@require_GET
@vary_on_headers("HX-Request")
@member_view(Right.VIEW)
def queue(request: MemberRequest) -> HttpResponse:
    after = request.GET.get("after", "")
    done = request.session.pop("duplicates_done", None)
    return _page(request, Done(**done) if done else None, after=int(after) if after.isdecimal() else None)


def _page(request: MemberRequest, done: Done | None, *, after: int | None = None) -> HttpResponse:
    review = request.member.review
    is_part = request.htmx and not request.htmx.history_restore_request
    # The filter stands already where a decision or a skip asks for the next pair.
    keeps_filter = is_part and (request.method == "POST" or after is not None)
    form = QueueForm(request.GET)
    wanted = form.wanted()
    if not keeps_filter:
        form.offer(queue_selectors.facets(review, wanted))
    pair = selectors.next_pair(review, after=after, wanted=wanted)
    page: dict[str, Any] = {
        "form": form,
        "keeps_filter": keeps_filter,
        "wanted": wanted,
        "query": _query(request),
        "skip_query": _query(request, after=pair.suggestion.pk) if pair else "",
        "pair": pair,
        "group": queue_selectors.group_of(pair) if pair else None,
        "kinds": [(number, value, label) for number, (value, label) in enumerate(RelationKind.choices, 1)],
        "progress": queue_selectors.queue_progress(review),
        "done": done,
        "is_passed": after is not None,
        "is_part": is_part,
    }
    template = "reviews/_duplicates.html" if is_part else "reviews/duplicates.html"
    return render(request, template, context(request, "duplicates", **page))


def _shown(request: MemberRequest, act: Callable[[], Done]) -> HttpResponse:
    """Do it and show the next pair; what somebody else settled meanwhile is passed over."""
    try:
        done = act()
    except DomainError as error:
        done = Done(str(error))
    if request.htmx:
        return _page(request, done)
    request.session["duplicates_done"] = asdict(done)
    return redirect(reverse("reviews:duplicates", args=[request.member.review.slug]) + _query(request))


def of_review(model: type[M], request: MemberRequest, pk: int) -> M:
    """One question, merge or relation of the review, or 404."""
    return get_object_or_404(
        model._default_manager.select_related("review"), pk=pk, review=request.member.review
    )


def _undo(request: MemberRequest, name: str, *ids: int) -> str:
    return reverse(f"reviews:{name}", args=[request.member.review.slug, *ids]) + _query(request)


@require_POST
@member_view(Right.SEARCH)
def merge(request: MemberRequest, suggestion_id: int) -> HttpResponse:
    suggestion = of_review(DuplicateSuggestion, request, suggestion_id)

    def act() -> Done:
        event = service.decide_merge(by=request.member.user, suggestion=suggestion)
        return Done("Merged.", _undo(request, "take_back_merge", event.pk))

    return _shown(request, act)


@require_POST
@member_view(Right.SEARCH)
def distinct(request: MemberRequest, suggestion_id: int) -> HttpResponse:
    suggestion = of_review(DuplicateSuggestion, request, suggestion_id)

    def act() -> Done:
        service.decide_distinct(by=request.member.user, suggestion=suggestion)
        return Done("Kept apart.", _undo(request, "reopen_pair", suggestion.pk))

    return _shown(request, act)


@require_POST
@member_view(Right.SEARCH)
def relate(request: MemberRequest, suggestion_id: int) -> HttpResponse:
    """Two publications that belong together: kept apart, and linked."""
    suggestion = of_review(DuplicateSuggestion, request, suggestion_id)

    def act() -> Done:
        said = relations.decide_related(
            by=request.member.user,
            suggestion=suggestion,
            kind=request.POST.get("kind", ""),
            is_second_lesser=request.POST.get("lesser") == "right",
        )
        return Done(f"Linked: {said.get_kind_display().lower()}.", _undo(request, "unrelate", said.pk))

    return _shown(request, act)


@require_POST
@member_view(Right.SEARCH)
def unrelate(request: MemberRequest, relation_id: int) -> HttpResponse:
    relation = of_review(ReportRelation, request, relation_id)

    def act() -> Done:
        relations.take_back(by=request.member.user, relation=relation)
        return Done("The link is taken back, the pair is open again.")

    return _shown(request, act)


@require_POST
@member_view(Right.SEARCH)
def merge_group(request: MemberRequest) -> HttpResponse:
    """All publications that open pairs connect are one."""
    ids = [int(pk) for pk in request.POST.getlist("report") if pk.isdecimal()]

    def act() -> Done:
        bulk = bulk_merging.accept_group(by=request.member.user, review=request.member.review, report_ids=ids)
        is_whole = bulk.events.count() == len(set(ids)) - 1
        said = "The whole group is merged." if is_whole else "Merged, but for those that stand apart."
        return Done(said, _undo(request, "take_back_bulk", bulk.pk))

    return _shown(request, act)


@require_POST
@member_view(Right.SEARCH)
def take_back(request: MemberRequest, event_id: int) -> HttpResponse:
    """The merge was a slip: undo it, and ask again."""
    event = of_review(MergeEvent, request, event_id)

    def act() -> Done:
        service.take_back(by=request.member.user, event=event)
        return Done("The merge is undone: the pair is as it was before.")

    return _shown(request, act)


@require_POST
@member_view(Right.SEARCH)
def take_back_bulk(request: MemberRequest, bulk_id: int) -> HttpResponse:
    bulk = of_review(BulkMerge, request, bulk_id)

    def act() -> Done:
        bulk_merging.undo(by=request.member.user, bulk=bulk)
        return Done("All merges of that act are undone: their pairs are as before.")

    return _shown(request, act)


@require_POST
@member_view(Right.SEARCH)
def reopen(request: MemberRequest, suggestion_id: int) -> HttpResponse:
    suggestion = of_review(DuplicateSuggestion, request, suggestion_id)

    def act() -> Done:
        service.reopen(by=request.member.user, suggestion=suggestion)
        return Done("The pair is open again.")

    return _shown(request, act)
