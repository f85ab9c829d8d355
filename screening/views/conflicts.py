"""Conflicts: judged blind where a third person settles, then settled, one after the other."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from reviews import access
from reviews.access import MemberRequest, Right, member_view
from reviews.errors import InvalidInput
from reviews.exports import reference_items
from screening import selectors
from screening.forms.votes import VerdictForm
from screening.models import Stage, StageName
from screening.services import adjudications
from screening.views.context import SLUG_OF, card, page, report_of, stage_named


@require_GET
@member_view(Right.SCREEN)
def show(request: MemberRequest, stage_slug: str) -> HttpResponse:
    """The next conflict that this person may settle, after `?after=`."""
    stage = stage_named(request, stage_slug)
    asked = request.GET.get("after", "")
    after = int(asked) if asked.isdecimal() else 0
    waiting = selectors.conflicts(request.member, stage, after=after)
    if not waiting and after:
        return redirect("screening:conflicts", request.member.review.slug, stage_slug)
    conflict = selectors.conflict(request.member, stage, waiting[0].report_id) if waiting else None
    return _page(request, stage, conflict, waiting=len(waiting))


@require_GET
@member_view(Right.SCREEN)
def one(request: MemberRequest, stage_slug: str, report_id: int) -> HttpResponse:
    stage = stage_named(request, stage_slug)
    report = report_of(request, report_id)
    conflict = selectors.conflict(request.member, stage, report.pk)
    if conflict is None:
        messages.info(request, "There is no conflict on this report that waits for you.")
        return redirect("screening:conflicts", request.member.review.slug, stage_slug)
    return _page(request, stage, conflict, waiting=1)


def _page(
    request: MemberRequest, stage: Stage, conflict: selectors.Conflict | None, *, waiting: int
) -> HttpResponse:
    review = request.member.review
    more: dict[str, Any] = {"conflict": conflict, "waiting_here": waiting}
    if conflict is not None:
        files = (
            selectors.attachments_of([conflict.state.report_id]) if stage.name == StageName.FULL_TEXT else {}
        )
        more["card"] = card(conflict.state.report, files.get(conflict.state.report_id))
        more["reasons"] = selectors.reasons_of(review) if stage.name == StageName.FULL_TEXT else []
    else:
        screeners = len(access.members_with(review, Right.SCREEN))
        more["nobody_can_settle"] = selectors.nobody_can_settle(review, screeners, stage)
    undo = request.GET.get("settled", "")
    more["settled"] = int(undo) if undo.isdecimal() else None
    if waiting:
        arguments = [review.slug, SLUG_OF[StageName(stage.name)]]
        more["downloads"] = reference_items("screening:conflicts_file", arguments)
    context = page(request, current="conflicts", stage=stage, **more)
    template = "screening/_conflict.html" if request.htmx else "screening/conflicts.html"
    return render(request, template, context)


def _ballot(request: MemberRequest) -> dict[str, Any]:
    form = VerdictForm(request.POST, review=request.member.review)
    if not form.is_valid():
        raise InvalidInput(form.problem())
    return form.ballot()


@require_POST
@member_view(Right.SCREEN)
def judge(request: MemberRequest, stage_slug: str, report_id: int) -> HttpResponse:
    """One's own verdict before the votes are shown."""
    stage = stage_named(request, stage_slug)
    report = report_of(request, report_id)
    adjudications.judge(by=request.member.user, report=report, stage=stage.name, **_ballot(request))
    return redirect("screening:conflict", request.member.review.slug, stage_slug, report.pk)


@require_POST
@member_view(Right.SCREEN)
def settle(request: MemberRequest, stage_slug: str, report_id: int) -> HttpResponse:
    """The decision; then the next conflict, with an undo for this one."""
    stage = stage_named(request, stage_slug)
    report = report_of(request, report_id)
    state = adjudications.settle(by=request.member.user, report=report, stage=stage.name, **_ballot(request))
    back = reverse("screening:conflicts", args=[request.member.review.slug, stage_slug])
    if state.state not in selectors.SETTLED:
        messages.success(request, "Your proposal is noted. It is settled once the other voters agree.")
        return redirect(f"{back}?after={state.pk}")
    messages.success(request, f"Settled: {state.get_state_display().lower()}.")
    return redirect(f"{back}?settled={state.report_id}")


@require_POST
@member_view(Right.SCREEN)
def reopen(request: MemberRequest, stage_slug: str, report_id: int) -> HttpResponse:
    """Undo a settlement."""
    stage = stage_named(request, stage_slug)
    report = report_of(request, report_id)
    adjudications.reopen(by=request.member.user, report=report, stage=stage.name)
    messages.success(request, "The settlement is undone. The conflict is open again.")
    return redirect("screening:conflict", request.member.review.slug, stage_slug, report.pk)
