"""Two appraisals side by side, and what the team agrees on."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from analysis import wording_rob as words
from analysis.models import Appraisal, AppraisedResult, Consensus
from analysis.selectors import appraisals as selectors
from analysis.services import appraisals
from analysis.views.appraisal import rob_context, unit_or_404
from reviews.access import MemberRequest, Right, member_view
from reviews.errors import DomainError


@require_http_methods(["GET", "POST"])
@member_view(Right.EXTRACT)
def consensus(request: MemberRequest, unit_id: int) -> HttpResponse:
    """Two appraisals side by side; the agreed answers are evaluated as they are chosen."""
    unit = unit_or_404(request.member, unit_id)
    opened = selectors.open_appraisals(unit)
    if request.method == "GET" or not opened:
        return _consensus_page(request, unit, opened, status=200 if request.method == "GET" else 409)
    chosen = _chosen(request)
    todo = request.POST.get("do", "preview")
    if todo == "preview":
        return _consensus_page(request, unit, opened, chosen=chosen)
    try:
        if todo == "equal":
            appraisals.agree_equal(by=request.member.user, unit=unit)
        elif todo == "settle":
            _settle(request, unit, chosen)
        else:
            raise Http404
    except DomainError as error:
        return _consensus_page(request, unit, opened, chosen=chosen, refused=str(error), status=error.status)
    messages.success(request, "The judgements are agreed.")
    return redirect("analysis:appraise", request.member.review.slug)


def _chosen(request: HttpRequest) -> dict[str, str]:
    questions = {
        question.id: question for domain in selectors.tool().domains for question in domain.questions
    }
    posted = {name: request.POST.get(f"code-{name}", "") for name in questions}
    return {name: code for name, code in posted.items() if code in questions[name].answers}


def _settle(request: MemberRequest, unit: AppraisedResult, chosen: dict[str, str]) -> None:
    held = {}
    for name in (*selectors.tool().domain_ids, selectors.OVERALL):
        final = request.POST.get(f"final-{name}", "")
        why = request.POST.get(f"why-{name}", "")
        if final or (name == selectors.OVERALL and why):
            held[name] = appraisals.Held(final, why)
    appraisals.settle(
        by=request.member.user,
        unit=unit,
        answers=chosen,
        held=held,
        escalate=bool(request.POST.get("escalate")),
        note=request.POST.get("note", ""),
    )


def _consensus_page(
    request: MemberRequest,
    unit: AppraisedResult,
    opened: list[Appraisal],
    *,
    chosen: dict[str, str] | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    page = rob_context(
        request, unit=unit, opened=opened, refused=refused, standing=selectors.consensus_of(unit)
    )
    if opened:
        all_forms = [selectors.form_of(appraisal) for appraisal in opened]
        page |= _compared(request, unit, all_forms=all_forms, chosen=chosen, standing=page["standing"])
    template = "analysis/_consensus.html" if request.htmx else "analysis/consensus.html"
    return render(request, template, page, status=status)


def _compared(
    request: MemberRequest,
    unit: AppraisedResult,
    *,
    all_forms: list[selectors.Form],
    chosen: dict[str, str] | None,
    standing: Consensus | None,
) -> dict[str, Any]:
    differing = set(appraisals.differences(all_forms[0], all_forms[-1]))
    if chosen is None:
        first = standing.answers if standing else all_forms[0].answers
        chosen = {name: code for name, code in first.items() if standing or name not in differing}
    form = selectors.build_form(unit=unit, answers=chosen)
    domains = [
        {
            "domain": each,
            "finals": [other.finals[each.domain.id] for other in all_forms],
            "differs": each.domain.id in differing,
            "held": _held(request, each.domain.id, standing),
            "questions": [_compared_question(question, all_forms, differing) for question in each.questions],
        }
        for each in form.domains
    ]
    finals = {
        name: _held(request, name, standing)["final"] or proposed for name, proposed in form.finals.items()
    }
    return {
        "differing": differing,
        "domains": domains,
        "form": form,
        "overall": selectors.overall_of(finals, escalate=bool(request.POST.get("escalate"))),
        "overalls": [other.submitted.final if other.submitted else "" for other in all_forms],
        "overall_held": _held(request, selectors.OVERALL, standing),
        "escalate": bool(request.POST.get("escalate")),
        "note": request.POST.get("note", ""),
    }


def _compared_question(
    asked: selectors.Asked, all_forms: list[selectors.Form], differing: set[str]
) -> dict[str, Any]:
    name = asked.question.id
    answers = [
        (words.CODES.get(form.answers.get(name, ""), ""), form.supports.get(name, "")) for form in all_forms
    ]
    return {"asked": asked, "answers": answers, "differs": name in differing}


def _held(request: MemberRequest, name: str, standing: Consensus | None) -> dict[str, str]:
    """What is posted for a judgement; before anything is posted, the departure that the consensus holds."""
    if request.method == "POST":
        return {"final": request.POST.get(f"final-{name}", ""), "why": request.POST.get(f"why-{name}", "")}
    kept = standing.judgements.get(name, {}) if standing else {}
    departs = kept.get("final") != kept.get("proposed")
    return {"final": kept.get("final", "") if departs else "", "why": kept.get("justification", "")}
