"""How many votes a report needs, who settles conflicts, and what a change moves."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from reviews.access import MemberRequest, Right, member_view
from screening import selectors
from screening.forms.votes import VotesForm
from screening.models import Stage, StageName
from screening.services import stages
from screening.views.context import page


@require_http_methods(["GET", "POST"])
@member_view(Right.MANAGE)
def show(request: MemberRequest) -> HttpResponse:
    """First the preview, then, with `confirmed`, the change."""
    review = request.member.review
    both = stages.stages_of(review)
    now = {name.value: stage.votes_required for name, stage in both.items()}
    form = VotesForm(request.POST or None, initial={**now, "adjudication": review.adjudication})
    context = page(request, current="settings", form=form)
    context["tab"] = "team"
    if request.method == "POST" and form.is_valid():
        moves = _moves(request, form, both)
        if not moves or "confirmed" in request.POST:
            _save(request, form)
            return redirect("screening:settings", review.slug)
        context["moves"] = moves
    if request.method == "GET" and "agreement" in request.GET:
        context["agreement"] = [(stage, selectors.agreement(stage)) for stage in both.values()]
    template = "screening/_settings.html" if request.htmx else "screening/settings.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _moves(request: MemberRequest, form: VotesForm, both: dict[StageName, Stage]) -> list[dict[str, Any]]:
    """What a change of the numbers moves, by stage; empty where it moves nothing."""
    review = request.member.review
    return [
        {"stage": both[name], "n": n, "moves": moved}
        for name, n in form.votes().items()
        if n != both[name].votes_required and (moved := stages.preview_votes(review=review, name=name, n=n))
    ]


def _save(request: MemberRequest, form: VotesForm) -> None:
    by, review = request.member.user, request.member.review
    for name, n in form.votes().items():
        stages.set_votes(by=by, review=review, name=name, n=n)
    if form.cleaned_data["adjudication"] != review.adjudication:
        stages.set_adjudication(by=by, review=review, rule=form.cleaned_data["adjudication"])
    messages.success(request, "Saved. States follow in the background.")
