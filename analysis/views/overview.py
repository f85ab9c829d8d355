"""The first page of a review, kept current by polling."""

from typing import Any

from django.core.cache import cache
from django.db.models import Count, Max, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from analysis.flow_rows import rows
from analysis.models import Figure, Spec
from analysis.selectors import flow, notices, overview
from analysis.selectors.feed import feed_of
from analysis.selectors.waiting import waiting_of
from analysis.views.figures import poke_drawing
from analysis.views.flow import NO_CHANGE
from reviews.access import MemberRequest, Right, member_view
from reviews.models import FeedEntry, Review, RunState, SearchRun
from reviews.selectors.comparing import is_comparing

_ASK_AGAIN_SECONDS = 10


@require_GET
@member_view(Right.VIEW)
def show(request: MemberRequest) -> HttpResponse:
    return render(request, "analysis/overview.html", _context(request))


@require_GET
@member_view(Right.VIEW)
def live(request: MemberRequest) -> HttpResponse:
    """The page's body again where anything on it may have changed since `seen`, else 204."""
    if request.GET.get("seen") == seen_key(request.member.review):
        return HttpResponse(status=NO_CHANGE)
    return render(request, "analysis/_overview.html", {**_context(request), "is_part": True})


def seen_key(review: Review) -> str:
    """Moves with every fact, every analysis that becomes stale or fresh, every drawing, every search.

    Pairs to compare are no facts: they are counted anew when the comparison that finds them ends.
    """
    specs = Spec.objects.filter(review=review).aggregate(
        wanted=Max("wanted_rev"), done=Max("done_rev"), lease=Max("lease_until")
    )
    runs = SearchRun.objects.filter(review=review).aggregate(
        last=Max("pk"),
        done=Max("finished_at"),
        ready=Count("pk", filter=Q(state=RunState.READY)),
    )
    parts = (
        flow.revision(review),
        int(is_comparing(review)),
        *specs.values(),
        *runs.values(),
        Figure.objects.filter(review=review).aggregate(last=Max("pk"))["last"],
        FeedEntry.objects.filter(review_id=review.pk).aggregate(last=Max("pk"))["last"],
    )
    return "-".join("" if part is None else str(part) for part in parts).replace(" ", "T").replace("+", "")


def _context(request: MemberRequest) -> dict[str, Any]:
    member, review = request.member, request.member.review
    key = seen_key(review)
    waiting = waiting_of(member)
    state = flow.state_of(review)
    alive = overview.alive(review)
    headline = overview.headline(review)
    if headline and headline.run and headline.has_figure and not headline.is_drawn:
        _ask_for_drawing(headline)
    steps = overview.steps(member, waiting, has_records=alive.records > 0)
    return {
        "key": key,
        "review": review,
        "member": member,
        "tab": "overview",
        "waiting": waiting.tabs,
        "next": steps[0] if steps else None,
        "later": steps[1:],
        "alive": alive,
        "rows": [row for row in rows(state.flow) if not row.is_detail],
        "faults": state.errors,
        "comparing": is_comparing(review),
        "notices": notices.lines(review, is_open=True),
        "headline": headline,
        "feed": feed_of(review),
    }


def _ask_for_drawing(headline: overview.Headline) -> None:
    # A page that polls must not ask for the same drawing at each turn.
    if headline.run and cache.add(f"drawing-run:{headline.run.pk}", value=True, timeout=_ASK_AGAIN_SECONDS):
        poke_drawing(headline.run)
