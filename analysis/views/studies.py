"""The Extract tab, the studies of a review, and the page of one study."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from analysis.forms import studies as forms
from analysis.models import Eligibility, FormField, Study
from analysis.selectors import studies as selectors
from analysis.services import form_fields, studies
from reviews.access import Member, MemberRequest, Right, member_view
from reviews.errors import DomainError
from reviews.models import Report


def context(request: MemberRequest, tab: str = "extract", **more: Any) -> dict[str, Any]:
    return {"review": request.member.review, "member": request.member, "tab": tab, **more}


def study_or_404(member: Member, study_id: int) -> Study:
    return get_object_or_404(Study.objects.select_related("review"), pk=study_id, review=member.review)


@require_GET
@member_view(Right.VIEW)
def extract(request: MemberRequest) -> HttpResponse:
    rows = selectors.extract_list(request.member.review, request.member.user)
    wanted = request.GET.get("state", "")
    shown = [row for row in rows if not wanted or row.state == wanted]
    page = context(
        request,
        rows=shown,
        wanted=wanted,
        states=selectors.by_state(rows),
        total=len(rows),
        next=next((row for row in rows if row.state in {"in_progress", "to_agree", "to_extract"}), None),
    )
    template = "analysis/_extract_list.html" if request.htmx else "analysis/extract.html"
    return render(request, template, page)


@require_GET
@member_view(Right.VIEW)
def listing(request: MemberRequest) -> HttpResponse:
    wanted = request.GET.get("eligibility", "")
    if wanted not in {"", *Eligibility.values}:
        raise Http404
    counts = selectors.counts_by_eligibility(request.member.review)
    page = context(
        request,
        studies=selectors.studies_of(request.member.review, wanted),
        wanted=wanted,
        counts=[(value, label, counts.get(value, 0)) for value, label in Eligibility.choices],
        total=sum(counts.values()),
    )
    template = "analysis/_studies_list.html" if request.htmx else "analysis/studies.html"
    return render(request, template, page)


@require_GET
@member_view(Right.VIEW)
def show(request: MemberRequest, study_id: int) -> HttpResponse:
    return _page(request, study_or_404(request.member, study_id))


def _page(
    request: MemberRequest, study: Study, *, act: str = "", bound: forms.StudyForm | None = None
) -> HttpResponse:
    page: dict[str, Any] = {"study": study, "page": selectors.study_page(study)}
    if request.member.may(Right.EXTRACT):
        page["reading"] = selectors.my_reading(study, page["page"].extractions, request.member.user)
        page["forms"] = {
            name: bound if name == act and bound else form(study=study) for name, (form, _) in ACTS.items()
        }
    status = 422 if bound is not None else 200
    return render(request, "analysis/study.html", context(request, **page, failed_form=bound), status=status)


# -- Acts on a study ----------------------------------------------------------------------------------
def _rename(member: Member, study: Study, values: dict[str, Any]) -> str:
    studies.rename(by=member.user, study=study, label=values["label"])
    return "The study is renamed."


def _design(member: Member, study: Study, values: dict[str, Any]) -> str:
    studies.set_design(by=member.user, study=study, design=values["design"])
    return "The design is saved."


def _arm(member: Member, study: Study, values: dict[str, Any]) -> str:
    present = study.arms.filter(role=values["role"]).first()
    if present is not None:
        studies.rename_arm(by=member.user, arm=present, label=values["label"])
    else:
        studies.add_arm(by=member.user, study=study, label=values["label"], role=values["role"])
    return "The arm is saved."


def _eligibility(member: Member, study: Study, values: dict[str, Any]) -> str:
    studies.set_eligibility(
        by=member.user,
        study=study,
        verdict=values["verdict"],
        reason=values["reason"],
        note=values["note"],
    )
    return "The verdict on the study is saved."


def _link(member: Member, study: Study, values: dict[str, Any]) -> str:
    report = get_object_or_404(Report, pk=values["report"], review=member.review)
    studies.link(by=member.user, study=study, report=report)
    return "The report is linked."


def _overlap(member: Member, study: Study, values: dict[str, Any]) -> str:
    studies.share_population(
        by=member.user,
        first=study,
        second=values["other"],
        extent=values["extent"],
        note=values["note"],
    )
    return "The overlap is noted."


ACTS: dict[str, tuple[type[forms.StudyForm], Callable[[Member, Study, dict[str, Any]], str]]] = {
    "rename": (forms.LabelForm, _rename),
    "design": (forms.DesignForm, _design),
    "arm": (forms.ArmForm, _arm),
    "eligibility": (forms.EligibilityForm, _eligibility),
    "link": (forms.LinkForm, _link),
    "overlap": (forms.OverlapForm, _overlap),
}


@require_POST
@member_view(Right.EXTRACT)
def act(request: MemberRequest, study_id: int, name: str) -> HttpResponse:
    """One act on a study, by its word in the address; a refusal comes back beside its form."""
    if name not in ACTS:
        raise Http404
    study = study_or_404(request.member, study_id)
    form_class, do = ACTS[name]
    form = form_class(request.POST, study=study)
    if form.is_valid():
        try:
            messages.success(request, do(request.member, study, form.cleaned_data))
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return redirect("analysis:study", request.member.review.slug, study.pk)
    return _page(request, study_or_404(request.member, study_id), act=name, bound=form)


@require_POST
@member_view(Right.EXTRACT)
def unlink(request: MemberRequest, study_id: int, report_id: int) -> HttpResponse:
    study = study_or_404(request.member, study_id)
    report = get_object_or_404(Report, pk=report_id, review=request.member.review)
    home = studies.unlink(by=request.member.user, study=study, report=report)
    messages.success(request, f"The report now belongs to “{home}”.")
    return redirect("analysis:study", request.member.review.slug, study.pk)


# -- The form -----------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
@member_view(Right.MANAGE)
def form_fields_page(request: MemberRequest) -> HttpResponse:
    """The lead adds characteristics to the extraction form."""
    review = request.member.review
    form = forms.FormFieldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            form_fields.add(
                by=request.member.user,
                review=review,
                label=values["label"],
                kind=values["kind"],
                choices=values["choices"].splitlines(),
                unit=values["unit"],
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "The characteristic is on the form.")
            return redirect("analysis:extract_form", review.slug)
    page = context(request, form=form, fields=FormField.objects.filter(review=review))
    return render(request, "analysis/extract_form.html", page, status=422 if form.errors else 200)


@require_POST
@member_view(Right.MANAGE)
def form_field_act(request: MemberRequest, field_id: int, name: str) -> HttpResponse:
    field = get_object_or_404(FormField, pk=field_id, review=request.member.review)
    if name == "retire":
        form_fields.retire(by=request.member.user, field=field)
        messages.success(request, "The characteristic is off the form; what was extracted of it stays.")
    elif name == "restore":
        form_fields.restore(by=request.member.user, field=field)
        messages.success(request, "The characteristic is on the form again.")
    else:
        raise Http404
    return redirect("analysis:extract_form", request.member.review.slug)
