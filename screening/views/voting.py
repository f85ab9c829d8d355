"""The page on which people vote: one report, and the next one already there."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from reviews.access import MemberRequest, Right, member_view
from reviews.errors import InvalidInput
from reviews.models import Criterion
from screening import selectors
from screening.forms.votes import VoteForm, ids_in
from screening.models import RetrievalState, ScreeningOutcome, ScreeningState, Stage, StageName
from screening.services import decisions, queue
from screening.views.context import SLUG_OF, Card, card, page, report_of, stage_named

_ON_PAGE = 3  # the report being read and two more: a fast reader is ahead of the network by one


def _address(stage: Stage, slug: str) -> str:
    if stage.name == StageName.TITLE_ABSTRACT:
        return reverse("screening:screen", args=[slug])
    return reverse("screening:full_text", args=[slug])


@require_GET
@member_view(Right.VIEW)
def title_abstract(request: MemberRequest) -> HttpResponse:
    return _screen(request, stage_named(request, SLUG_OF[StageName.TITLE_ABSTRACT]))


@require_GET
@member_view(Right.VIEW)
def full_text(request: MemberRequest) -> HttpResponse:
    return _screen(request, stage_named(request, SLUG_OF[StageName.FULL_TEXT]))


def _screen(request: MemberRequest, stage: Stage) -> HttpResponse:
    if not request.member.may(Right.SCREEN):
        return redirect("screening:list", request.member.review.slug)
    holding = ids_in(request.GET.get("holding", ""))
    cards = _cards(request, stage, holding=holding)
    context = _context(request, stage, cards=cards, holding=holding)
    if request.htmx:
        return render(request, "screening/_turn.html", context)
    context["criteria"] = Criterion.objects.filter(
        protocol__review=request.member.review, retired_at__isnull=True
    ).order_by("-kind", "position", "id")  # what to take in, then what to leave out
    context["reasons"] = selectors.reasons_of(request.member.review) if context["is_full_text"] else []
    return render(request, "screening/screen.html", context)


def _cards(request: MemberRequest, stage: Stage, *, holding: Sequence[int]) -> list[Card]:
    """The reports to put on the page, a returned one first."""
    by, missing = request.member.user, max(0, _ON_PAGE - len(holding))
    if request.member.review.screening_started_at is None:
        if stage.name == StageName.FULL_TEXT:
            return []
        return [
            card(report) for report in queue.next_practice(by=by, stage=stage, limit=missing, holding=holding)
        ]
    states = _returned(request, stage)
    known = [*holding, *(state.report_id for state in states)]
    states += queue.take_next(by=by, stage=stage, limit=missing - len(states), holding=known)
    if stage.name == StageName.TITLE_ABSTRACT:
        return [card(state.report) for state in states]
    files = selectors.attachments_of([state.report_id for state in states])
    return [card(state.report, files.get(state.report_id)) for state in states]


def _returned(request: MemberRequest, stage: Stage) -> list[ScreeningState]:
    """The report named in the address, where it still waits for this person: after an undo, for example."""
    wanted = request.GET.get("report", "")
    if not wanted.isdecimal():
        return []
    state = (
        ScreeningState.objects.select_related("report")
        .filter(stage=stage, report_id=int(wanted), state=ScreeningOutcome.OPEN)
        .first()
    )
    if state is None or selectors.my_vote_on(request.member.user, stage, state.report) is not None:
        return []
    if stage.name == StageName.FULL_TEXT and state.retrieval != RetrievalState.RETRIEVED:
        return []
    queue.hold(by=request.member.user, state=state)
    return [state]


def _context(
    request: MemberRequest, stage: Stage, *, cards: list[Card], holding: Sequence[int] = ()
) -> dict[str, Any]:
    is_practice = request.member.review.screening_started_at is None
    return page(
        request,
        current=SLUG_OF[StageName(stage.name)],
        stage=stage,
        cards=cards,
        is_finished=not cards and not holding,
        is_practice=is_practice,
        progress=selectors.progress(request.member.user, stage),
        last=None if is_practice else selectors.my_last_vote(request.member.user, stage),
        screen_url=_address(stage, request.member.review.slug),
        # No counts on the tabs here: counting what waits reads every open report, for each record read.
        waiting={},
    )


@require_POST
@member_view(Right.SCREEN)
def vote(request: MemberRequest, stage_slug: str) -> HttpResponse:
    """Cast one vote; the answer holds the report after the next."""
    stage = stage_named(request, stage_slug)
    form = VoteForm(request.POST, review=request.member.review)
    if not form.is_valid():
        raise InvalidInput(form.problem())
    values = form.cleaned_data
    report = report_of(request, values["report"])
    cast = decisions.submit if request.member.review.screening_started_at else decisions.practise
    cast(
        by=request.member.user,
        report=report,
        stage=stage.name,
        seconds=values["seconds"],
        **form.ballot(),
    )
    if not request.htmx:
        return redirect(_address(stage, request.member.review.slug))
    holding = ids_in(values["holding"])
    cards = _cards(request, stage, holding=holding)
    return render(request, "screening/_turn.html", _context(request, stage, cards=cards, holding=holding))


@require_POST
@member_view(Right.SCREEN)
def undo(request: MemberRequest, stage_slug: str) -> HttpResponse:
    """Take back one's last vote and read that report again."""
    stage = stage_named(request, stage_slug)
    last = selectors.my_last_vote(request.member.user, stage)
    address = _address(stage, request.member.review.slug)
    if last is None:
        messages.info(request, "There is no vote of yours to undo.")
        return redirect(address)
    report = report_of(request, last.report_id)
    decisions.withdraw(by=request.member.user, report=report, stage=stage.name)
    messages.success(request, "Your vote is undone. Here is the report again.")
    return redirect(f"{address}?report={report.pk}")
