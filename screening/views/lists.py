"""One's own votes, reports by where they stand, and the votes as a file."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from reviews.access import MemberRequest, Right, member_view
from reviews.errors import InvalidInput
from reviews.exports import reference_items, reference_response
from screening import exports, references, selectors
from screening.forms.votes import VerdictForm
from screening.models import RetrievalState, ScreeningOutcome, StageName
from screening.services import decisions
from screening.views.context import SLUG_OF, page, report_of, stage_named

# What may be asked for -> states, and where retrieval must stand. Whether a report is open or in conflict
# would tell a voter of a colleague's vote, so both words show what is undecided.
_ASKED: dict[str, tuple[tuple[str, ...], str | None]] = {
    "undecided": (selectors.UNDECIDED, None),
    "open": (selectors.UNDECIDED, None),
    "conflict": (selectors.UNDECIDED, None),
    "included": ((ScreeningOutcome.INCLUDED,), None),
    "excluded": ((ScreeningOutcome.EXCLUDED,), None),
    "all": ((*selectors.UNDECIDED, *selectors.SETTLED), None),
    "wanted": (selectors.UNDECIDED, RetrievalState.WANTED),
    "requested": (selectors.UNDECIDED, RetrievalState.REQUESTED),
    "retrieved": ((*selectors.UNDECIDED, *selectors.SETTLED), RetrievalState.RETRIEVED),
    "not_retrieved": (selectors.UNDECIDED, RetrievalState.NOT_RETRIEVED),
}
_TABS = [("included", "Included"), ("excluded", "Excluded"), ("undecided", "Undecided"), ("all", "All")]


def _number(request: MemberRequest, name: str) -> int | None:
    asked = request.GET.get(name, "")
    return int(asked) if asked.isdecimal() else None


def _asked(request: MemberRequest) -> tuple[str, str]:
    """Which stage and which states a list is narrowed to."""
    asked = request.GET.get("state", "all")
    if asked not in _ASKED:
        raise Http404
    return request.GET.get("stage", SLUG_OF[StageName.TITLE_ABSTRACT]).replace("_", "-"), asked


@require_GET
@member_view(Right.VIEW)
def by_state_file(request: MemberRequest, extension: str) -> HttpResponseBase:
    """The same list as references."""
    slug, asked = _asked(request)
    states, retrieval = _ASKED[asked]
    found = references.listed(
        stage_named(request, slug), states, reason=_number(request, "reason"), retrieval=retrieval
    )
    return reference_response(f"{request.member.review.slug}-{slug}-{asked}", extension, found)


@require_GET
@member_view(Right.SCREEN)
def conflicts_file(request: MemberRequest, stage_slug: str, extension: str) -> HttpResponseBase:
    """The conflicts that wait for this person, as references without votes."""
    found = references.conflicts(request.member, stage_named(request, stage_slug))
    return reference_response(f"{request.member.review.slug}-{stage_slug}-conflicts", extension, found)


@require_GET
@member_view(Right.VIEW)
def by_state(request: MemberRequest) -> HttpResponse:
    """Reports by stage and state, with the reason of an exclusion; never with votes."""
    slug, asked = _asked(request)
    stage = stage_named(request, slug)
    states, retrieval = _ASKED[asked]
    reason, after = _number(request, "reason"), _number(request, "after") or 0
    found = selectors.listed(
        stage, states, reason=reason, retrieval=retrieval, after=after, limit=selectors.PAGE + 1
    )
    shown = found[: selectors.PAGE]
    here = reverse("screening:list", args=[request.member.review.slug])
    query: dict[str, str | int] = {"stage": slug, "state": asked, **({"reason": reason} if reason else {})}
    more = len(found) > len(shown)
    context = page(
        request,
        current="list",
        stage=stage,
        asked="undecided" if asked in {"open", "conflict"} else asked,
        tabs=_TABS,
        states=shown,
        reasons=selectors.reasons_of(request.member.review) if asked == "excluded" else [],
        reason=reason,
        next_url=f"{here}?{urlencode({**query, 'after': shown[-1].pk})}" if more else "",
        previous_url=f"{here}?{urlencode(query)}" if after else "",
        downloads=reference_items("screening:list_file", [request.member.review.slug], query),
    )
    return render(request, "screening/list.html", context)


@require_GET
@member_view(Right.SCREEN)
def mine(request: MemberRequest, stage_slug: str) -> HttpResponse:
    """My votes, newest first."""
    stage = stage_named(request, stage_slug)
    found = selectors.my_votes(
        request.member.user, stage, before=_number(request, "before"), limit=selectors.PAGE + 1
    )
    shown = found[: selectors.PAGE]
    here = reverse("screening:my_votes", args=[request.member.review.slug, stage_slug])
    context = page(
        request,
        current="mine",
        stage=stage,
        votes=shown,
        progress=selectors.progress(request.member.user, stage),
        next_url=f"{here}?before={shown[-1].pk}" if len(found) > len(shown) else "",
        previous_url=here if _number(request, "before") else "",
    )
    return render(request, "screening/my_votes.html", context)


@require_GET
@member_view(Right.SCREEN)
def my_vote(request: MemberRequest, stage_slug: str, report_id: int) -> HttpResponse:
    """One of my votes, with its report, to be changed."""
    return _my_vote(request, stage_slug, report_id)


def _my_vote(request: MemberRequest, stage_slug: str, report_id: int) -> HttpResponse:
    stage = stage_named(request, stage_slug)
    report = report_of(request, report_id)
    own = selectors.my_vote_on(request.member.user, stage, report)
    if own is None:
        raise Http404
    more: dict[str, Any] = {"report": report, "vote": own}
    if stage.name == StageName.FULL_TEXT:
        more["reasons"] = selectors.reasons_of(request.member.review)
    return render(request, "screening/my_vote.html", page(request, current="mine", stage=stage, **more))


@require_POST
@member_view(Right.SCREEN)
def change(request: MemberRequest, stage_slug: str, report_id: int) -> HttpResponse:
    """Change one's mind, or withdraw the vote: the old one stays on record."""
    stage = stage_named(request, stage_slug)
    report = report_of(request, report_id)
    by = request.member.user
    if request.POST.get("verdict") == "withdraw":
        decisions.withdraw(by=by, report=report, stage=stage.name)
        messages.success(request, "Your vote is withdrawn. The report waits for your vote again.")
    else:
        form = VerdictForm(request.POST, review=request.member.review)
        if not form.is_valid():
            raise InvalidInput(form.problem())
        decisions.change(by=by, report=report, stage=stage.name, **form.ballot())
        messages.success(request, "Your vote is changed. The earlier one stays on record.")
    return redirect("screening:my_votes", request.member.review.slug, stage_slug)


@require_GET
@member_view(Right.VIEW)
def votes_csv(request: MemberRequest) -> HttpResponseBase:
    """Every vote that is open to this person."""
    name = f"{request.member.review.slug}-votes.csv"
    return StreamingHttpResponse(
        exports.votes(request.member),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
