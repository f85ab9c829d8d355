"""The Appraise tab, and the form of one assessor."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from analysis import wording
from analysis import wording_rob as words
from analysis.appraisal import ToolSuggestion
from analysis.forms.appraisal import ResultForm
from analysis.models import Appraisal, AppraisedResult, Study
from analysis.selectors import appraisals as selectors
from analysis.selectors import figures
from analysis.selectors.extraction import EXTRACTORS
from analysis.services import appraisals
from analysis.views.figures import DRAW_JUDGEMENTS_TASK, filename
from analysis.views.studies import context, study_or_404
from reviews import events
from reviews.access import Member, MemberRequest, Right, member_view
from reviews.errors import DomainError
from reviews.models import Outcome


def rob_context(request: MemberRequest, **more: Any) -> dict[str, Any]:
    tool = selectors.tool()
    labels = [(judgement.id, judgement.label) for judgement in tool.judgements]
    return context(
        request,
        "appraise",
        tool=tool,
        judgement_choices=labels,
        codes=list(words.CODES.items()),
        directions=list(words.DIRECTIONS.items()),
        **more,
    )


def unit_or_404(member: Member, unit_id: int) -> AppraisedResult:
    units = AppraisedResult.objects.select_related(
        "study__review", "outcome", "comparison__experimental", "comparison__comparator"
    )
    return get_object_or_404(units, pk=unit_id, study__review=member.review)


def _mine(request: MemberRequest, unit: AppraisedResult) -> Appraisal:
    return get_object_or_404(Appraisal.objects.select_related("unit"), unit=unit, person=request.member.user)


# -- The list -----------------------------------------------------------------------------------------
@require_GET
@member_view(Right.VIEW)
def appraise(request: MemberRequest) -> HttpResponse:
    review = request.member.review
    rows = selectors.results_to_appraise(review, request.member.user)
    not_offered = selectors.not_offered(review)
    page = rob_context(
        request,
        outcomes=_by_outcome(rows),
        not_offered=_by_reason(not_offered),
        not_offered_n=len(not_offered),
        domains=selectors.tool().domain_ids,
        next=next((row for row in rows if row.state in {"open", "consensus", "none"}), None),
    )
    return render(request, "analysis/appraise.html", page)


def _by_reason(found: list[tuple[Study, ToolSuggestion]]) -> list[dict[str, Any]]:
    """Studies of one design share their reason: it is said once, with all of them beside it."""
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for study, suggested in found:
        instead = (suggested.tool, *suggested.alternatives)
        group = groups.setdefault(
            (study.design, suggested.reason),
            {
                "design": study.get_design_display(),
                "why": words.REASONS[suggested.reason],
                "instead": list(dict.fromkeys(words.TOOLS[name] for name in instead if name is not None)),
                "studies": [],
            },
        )
        group["studies"].append(study)
    return list(groups.values())


def _by_outcome(rows: list[selectors.UnitRow]) -> list[dict[str, Any]]:
    groups: dict[int, dict[str, Any]] = {}
    for row in rows:
        group = groups.setdefault(row.outcome.pk, {"outcome": row.outcome, "rows": [], "agreed": 0})
        lights = [
            row.consensus.judgements[name]["final"] if row.consensus else ""
            for name in (*selectors.tool().domain_ids, selectors.OVERALL)
        ]
        group["rows"].append({"row": row, "lights": lights})
        group["agreed"] += row.consensus is not None
    return list(groups.values())


@require_GET
@member_view(Right.VIEW)
def outcome_figures(request: MemberRequest, outcome_id: int) -> HttpResponse:
    """The figures of one outcome's agreed judgements; asks again by itself until a worker has drawn them."""
    review = request.member.review
    outcome = get_object_or_404(Outcome, pk=outcome_id, protocol__review=review)
    lights = selectors.traffic_light(review, outcome)
    if not lights:
        raise Http404
    there = figures.drawn(review.pk, figures.judgements_hash(outcome, lights))
    names = []
    for plot in ("traffic_light", "rob_summary"):
        wanted = figures.drawings_of(plot)
        shown = filename(wanted[0])
        names.append({"name": shown, "files": [(each.format, filename(each)) for each in wanted[1:]]})
        if wanted[0] not in there:
            names = []
            break
    if not names:
        events.send(DRAW_JUDGEMENTS_TASK, review.pk, outcome.pk)
    page = rob_context(request, outcome=outcome, figures=names, alt=wording.judgements(lights))
    return render(request, "analysis/_rob_figures.html", page)


@require_http_methods(["GET", "POST"])
@member_view(Right.EXTRACT)
def begin(request: MemberRequest, study_id: int, outcome_id: int) -> HttpResponse:
    """Name the result, and begin to appraise it."""
    study = study_or_404(request.member, study_id)
    outcome = get_object_or_404(Outcome, pk=outcome_id, protocol__review=request.member.review)
    form = ResultForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            unit = appraisals.open_result(
                by=request.member.user,
                study=study,
                outcome=outcome,
                numerical_result=values["numerical_result"],
                effect=values["effect"],
                deviations=values["deviations"],
            )
            appraisals.start(by=request.member.user, unit=unit, sources=values["sources"])
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return redirect("analysis:appraisal", request.member.review.slug, unit.pk)
    suggested = selectors.suggestion(study)
    page = rob_context(
        request, study=study, outcome=outcome, form=form, warning=words.REASONS[suggested.reason]
    )
    return render(request, "analysis/appraisal_begin.html", page, status=422 if form.errors else 200)


# -- One assessor's form ------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
@member_view(Right.EXTRACT)
def show(request: MemberRequest, unit_id: int) -> HttpResponse:
    """My form; a POST joins as assessor."""
    unit = unit_or_404(request.member, unit_id)
    if request.method == "POST":
        appraisals.start(by=request.member.user, unit=unit)
        return redirect("analysis:appraisal", request.member.review.slug, unit.pk)
    mine = Appraisal.objects.filter(unit=unit, person=request.member.user).first()
    if mine is None:
        page = rob_context(
            request,
            unit=unit,
            is_full=len(selectors.places_taken(unit)) >= EXTRACTORS,
            is_open=bool(selectors.open_appraisals(unit)),
        )
        return render(request, "analysis/appraisal_join.html", page)
    return _form_page(request, mine)


def _form_page(
    request: MemberRequest, mine: Appraisal, *, refused: str = "", at: str = "", status: int = 200
) -> HttpResponse:
    form = selectors.form_of(mine)
    copies = (
        Appraisal.objects.filter(person=request.member.user, unit__study=mine.unit.study)
        .exclude(pk=mine.pk)
        .select_related("unit__outcome")
    )
    page = rob_context(
        request,
        unit=mine.unit,
        appraisal=mine,
        form=form,
        overall=form.overall(),
        submitted=form.submitted,
        is_open=bool(selectors.open_appraisals(mine.unit)),
        copies=[] if form.finals["D1"] else list(copies),
        warning=words.REASONS[selectors.suggestion(mine.unit.study).reason],
        refused=refused,
        refused_at=at,
    )
    return render(request, "analysis/appraisal.html", page, status=status)


def _fragment(
    request: MemberRequest, mine: Appraisal, before: selectors.DomainForm, *, refused: str, status: int
) -> HttpResponse:
    """What changed in a domain, piece by piece: whoever goes on typing must not lose the text."""
    form = selectors.form_of(mine)
    after = form.domain(before.domain.id)
    turns = zip(before.questions, after.questions, strict=True)
    page = rob_context(
        request,
        unit=mine.unit,
        appraisal=mine,
        form=form,
        domain=after,
        turned=[now for then, now in turns if not (then.is_asked and now.is_asked)],
        overall=form.overall(),
        submitted=form.submitted,
        refused=refused,
        refused_at=after.domain.id,
    )
    return render(request, "analysis/_rob_saved.html", page, status=status)


@require_POST
@member_view(Right.EXTRACT)
def answer(request: MemberRequest, unit_id: int, domain_id: str) -> HttpResponse:
    """Save the answers of one domain in their order; follow-ups out of turn are passed over."""
    mine = _mine(request, unit_or_404(request.member, unit_id))
    domain = _domain(selectors.form_of(mine), domain_id)
    refused, status = "", 200
    try:
        for question in [each.question.id for each in domain.questions]:
            _answer_if_changed(request, mine, domain_id, question)
    except DomainError as error:
        refused, status = str(error), error.status
    return _answered(request, mine, domain, refused=refused, status=status)


def _answer_if_changed(request: MemberRequest, mine: Appraisal, domain_id: str, question: str) -> None:
    code = request.POST.get(f"code-{question}", "")
    support = request.POST.get(f"support-{question}", "").strip()
    now = next(
        each for each in selectors.form_of(mine).domain(domain_id).questions if each.question.id == question
    )
    if code and now.is_asked and (now.code, now.support) != (code, support):
        appraisals.answer(
            by=request.member.user, appraisal=mine, question=question, code=code, support=support
        )


def _domain(form: selectors.Form, domain_id: str) -> selectors.DomainForm:
    if domain_id not in form.finals:
        raise Http404
    return form.domain(domain_id)


def _answered(
    request: MemberRequest, mine: Appraisal, before: selectors.DomainForm, *, refused: str, status: int
) -> HttpResponse:
    if request.htmx:
        return _fragment(request, mine, before, refused=refused, status=status)
    if refused:
        return _form_page(request, mine, refused=refused, at=before.domain.id, status=status)
    return redirect("analysis:appraisal", request.member.review.slug, mine.unit_id)


@require_POST
@member_view(Right.EXTRACT)
def judge(request: MemberRequest, unit_id: int, domain_id: str) -> HttpResponse:
    """Hold another judgement than the proposed one, with a reason; or go back to the proposed one."""
    mine = _mine(request, unit_or_404(request.member, unit_id))
    domain = _domain(selectors.form_of(mine), domain_id)
    refused, status = "", 200
    try:
        appraisals.judge(
            by=request.member.user,
            appraisal=mine,
            domain=domain_id,
            final=request.POST.get("final", ""),
            justification=request.POST.get("justification", ""),
            direction=request.POST.get("direction", ""),
        )
    except DomainError as error:
        refused, status = str(error), error.status
    return _answered(request, mine, domain, refused=refused, status=status)


@require_POST
@member_view(Right.EXTRACT)
def copy(request: MemberRequest, unit_id: int) -> HttpResponse:
    """Take over my answers on randomisation from another result of the trial."""
    mine = _mine(request, unit_or_404(request.member, unit_id))
    source_id = request.POST.get("source", "")
    if not source_id.isdecimal():
        raise Http404
    source = get_object_or_404(Appraisal, pk=int(source_id), person=request.member.user)
    appraisals.copy_domain(by=request.member.user, appraisal=mine, source=source)
    messages.success(request, "The answers on randomisation are copied; look whether they hold here too.")
    return redirect("analysis:appraisal", request.member.review.slug, unit_id)


@require_POST
@member_view(Right.EXTRACT)
def submit(request: MemberRequest, unit_id: int) -> HttpResponse:
    unit = unit_or_404(request.member, unit_id)
    mine = _mine(request, unit)
    try:
        appraisals.submit(
            by=request.member.user,
            appraisal=mine,
            final=request.POST.get("final") or None,
            justification=request.POST.get("justification", ""),
            escalate=bool(request.POST.get("escalate")),
            direction=request.POST.get("direction", ""),
        )
    except DomainError as error:
        return _form_page(request, mine, refused=str(error), at=selectors.OVERALL, status=error.status)
    messages.success(request, "Your appraisal is in.")
    if selectors.open_appraisals(unit):
        return redirect("analysis:consensus", request.member.review.slug, unit.pk)
    return redirect("analysis:appraise", request.member.review.slug)
