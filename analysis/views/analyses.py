"""Analyses: the list, one analysis with its runs, and the acts upon it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from analysis.forms.specs import RevisionForm, SettingsForm, SpecForm
from analysis.models import Spec, SpecVersion
from analysis.selectors import specs as selectors
from analysis.services import specs
from analysis.views.figures import (
    ask_for_plots,
    forest_downloads,
    missing_by_reason,
    poke_overdue_drawing,
    with_files,
)
from reviews.access import MemberRequest, Right, member_view
from reviews.errors import DomainError
from reviews.models import Outcome

# What the address calls a part -> what its tab says.
PARTS = {
    "result": "Result",
    "sensitivity": "Sensitivity",
    "small-study": "Small-study effects",
    "history": "History",
}
NO_CHANGE = 204


def _context(request: MemberRequest, **more: Any) -> dict[str, Any]:
    return {"review": request.member.review, "member": request.member, "tab": "analyse", **more}


def _spec(request: MemberRequest, spec_id: int) -> Spec:
    return get_object_or_404(
        Spec.objects.select_related("review", "outcome"), pk=spec_id, review=request.member.review
    )


# -- The list -----------------------------------------------------------------------------------------
def _list(request: MemberRequest) -> dict[str, Any]:
    lines = selectors.of_review(request.member.review)
    return _context(
        request,
        lines=lines,
        key=selectors.lines_key(lines),
        unanalysed=selectors.unanalysed(request.member.review),
    )


@require_GET
@member_view(Right.VIEW)
def show_list(request: MemberRequest) -> HttpResponse:
    return render(request, "analysis/analyses.html", _list(request))


@require_GET
@member_view(Right.VIEW)
def live_list(request: MemberRequest) -> HttpResponse:
    """The list again where it has changed since `seen`, else 204."""
    context = _list(request)
    if request.GET.get("seen") == context["key"]:
        return HttpResponse(status=NO_CHANGE)
    return render(request, "analysis/_analyses.html", context)


# -- One analysis -------------------------------------------------------------------------------------
def _page(request: MemberRequest, spec_id: int, part: str) -> dict[str, Any]:
    if part not in PARTS:
        raise Http404
    spec = _spec(request, spec_id)
    number = request.GET.get("run", "")
    page = selectors.page(spec, number=int(number) if number.isdecimal() else None)
    if page is None:
        raise Http404
    shown = page.shown
    if shown and not shown.is_drawn and not shown.refusal:
        poke_overdue_drawing(shown.run)
    plots = shown.plots.get(part, ()) if shown else ()
    if shown:
        ask_for_plots(shown.run, plots)
    return _context(
        request,
        page=page,
        part=part,
        tabs=_tabs(request, spec, part),
        history=selectors.history(spec) if part == "history" else (),
        downloads=forest_downloads(request.member.review, shown.run) if shown and shown.is_drawn else (),
        plots=with_files(request.member.review, shown.run, plots) if shown else [],
        without=missing_by_reason(plots),
    )


def _tabs(request: MemberRequest, spec: Spec, part: str) -> list[dict[str, Any]]:
    slug = request.member.review.slug
    return [
        {
            "label": label,
            "is_current": name == part,
            "url": reverse("analysis:analysis", args=[slug, spec.pk])
            if name == "result"
            else reverse("analysis:analysis_part", args=[slug, spec.pk, name]),
        }
        for name, label in PARTS.items()
    ]


@require_GET
@member_view(Right.VIEW)
def show(request: MemberRequest, spec_id: int, part: str = "result") -> HttpResponse:
    return render(request, "analysis/analysis.html", _page(request, spec_id, part))


@require_GET
@member_view(Right.VIEW)
def live(request: MemberRequest, spec_id: int, part: str) -> HttpResponse:
    """The analysis again where anything on it has changed since `seen`, else 204."""
    context = _page(request, spec_id, part)
    if request.GET.get("seen") == context["page"].key:
        return HttpResponse(status=NO_CHANGE)
    return render(request, "analysis/_analysis.html", context)


# -- Acts ---------------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
@member_view(Right.ANALYSE)
def add(request: MemberRequest) -> HttpResponse:
    """Plan an analysis of one outcome; without an outcome in the address, ask which."""
    review = request.member.review
    outcomes = Outcome.objects.filter(protocol__review=review, retired_at__isnull=True)
    asked = request.GET.get("outcome", "")
    if not asked.isdecimal():
        return render(request, "analysis/analysis_outcome.html", _context(request, outcomes=outcomes))
    outcome = get_object_or_404(outcomes, pk=asked)
    if request.method == "GET":
        return _form_page(request, SpecForm.start(review=review, outcome=outcome), outcome=outcome)
    form = SpecForm(request.POST, review=review, outcome=outcome)
    if not form.is_valid():
        return _form_page(request, form, outcome=outcome)
    try:
        spec = specs.create(
            by=request.member.user,
            review=review,
            outcome=outcome,
            name=form.cleaned_data["name"],
            settings=form.settings(),
            subgroup_field=form.cleaned_data["subgroup_field"],
            filters=form.filters(),
            is_headline=form.cleaned_data["is_headline"],
            note=form.cleaned_data["note"],
        )
    except DomainError as refusal:
        form.add_error(None, str(refusal))
        return _form_page(request, form, outcome=outcome)
    return redirect("analysis:analysis", review.slug, spec.pk)


@require_http_methods(["GET", "POST"])
@member_view(Right.ANALYSE)
def revise(request: MemberRequest, spec_id: int) -> HttpResponse:
    spec = _spec(request, spec_id)
    versions = SpecVersion.objects.select_related("spec__review", "spec__outcome").filter(spec=spec)
    version = versions.latest("number")
    if request.method == "GET":
        return _form_page(request, RevisionForm.start(version=version), spec=spec)
    form = RevisionForm(request.POST, review=spec.review, outcome=spec.outcome, version=version)
    if not form.is_valid():
        return _form_page(request, form, spec=spec)
    try:
        specs.revise(
            by=request.member.user,
            spec=spec,
            settings=form.settings(),
            subgroup_field=form.cleaned_data["subgroup_field"],
            filters=form.filters(),
            reason=form.cleaned_data["reason"],
            based_on=form.cleaned_data["based_on"],
        )
    except DomainError as refusal:
        form.add_error(None, str(refusal))
        return _form_page(request, form, spec=spec)
    messages.success(request, "The settings are changed; a new run follows.")
    return redirect("analysis:analysis", spec.review.slug, spec.pk)


def _form_page(
    request: MemberRequest, form: SettingsForm, *, spec: Spec | None = None, outcome: Outcome | None = None
) -> HttpResponse:
    return render(
        request,
        "analysis/analysis_form.html",
        _context(request, form=form, spec=spec, outcome=outcome or (spec and spec.outcome)),
        status=422 if form.errors else 200,
    )


def _act(request: MemberRequest, spec_id: int, act: Callable[[Spec], object], said: str) -> HttpResponse:
    spec = _spec(request, spec_id)
    try:
        act(spec)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said)
    return redirect("analysis:analysis", spec.review.slug, spec.pk)


@require_POST
@member_view(Right.ANALYSE)
def ask(request: MemberRequest, spec_id: int) -> HttpResponse:
    return _act(
        request,
        spec_id,
        lambda spec: specs.ask(by=request.member.user, spec=spec),
        "The analysis is computed again.",
    )


@require_POST
@member_view(Right.ANALYSE)
def headline(request: MemberRequest, spec_id: int) -> HttpResponse:
    return _act(
        request,
        spec_id,
        lambda spec: specs.set_headline(by=request.member.user, spec=spec),
        "The overview shows this analysis first.",
    )


@require_POST
@member_view(Right.ANALYSE)
def note(request: MemberRequest, spec_id: int) -> HttpResponse:
    text = request.POST.get("note", "")
    return _act(
        request,
        spec_id,
        lambda spec: specs.set_note(by=request.member.user, spec=spec, note=text),
        "The note is saved.",
    )


@require_POST
@member_view(Right.ANALYSE)
def retire(request: MemberRequest, spec_id: int) -> HttpResponse:
    return _act(
        request,
        spec_id,
        lambda spec: specs.retire(by=request.member.user, spec=spec, reason=request.POST.get("reason", "")),
        "The analysis is retired; its runs stay.",
    )


@require_POST
@member_view(Right.ANALYSE)
def choose(request: MemberRequest, spec_id: int) -> HttpResponse:
    """Which of a study's results counts."""
    study, result = request.POST.get("study", ""), request.POST.get("result", "")
    if not study.isdecimal():
        raise Http404
    return _act(
        request,
        spec_id,
        lambda spec: specs.choose_result(
            by=request.member.user,
            spec=spec,
            study_id=int(study),
            result=result,
            reason=request.POST.get("reason", ""),
        ),
        "The result is chosen; a new run follows.",
    )
