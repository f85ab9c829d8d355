"""Full texts: the list of what is sought, the steps of each, and the files themselves."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from reviews.access import MemberRequest, Right, member_view
from reviews.errors import DomainError, InvalidInput
from reviews.models import Report
from screening import selectors
from screening.models import Attachment, RetrievalState, StageName
from screening.services import retrieval
from screening.views.context import SLUG_OF, page, report_of, stage_named

# The browser's own PDF reader needs its styles; nothing else may run in the document.
_PDF_POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"
_KINDS = [
    RetrievalState.WANTED,
    RetrievalState.REQUESTED,
    RetrievalState.NOT_RETRIEVED,
    RetrievalState.RETRIEVED,
]


@require_GET
@member_view(Right.VIEW)
def show(request: MemberRequest) -> HttpResponse:
    """Reports by where their retrieval stands; those still wanted first."""
    kind = request.GET.get("kind", RetrievalState.WANTED)
    if kind not in _KINDS:
        raise Http404
    asked = request.GET.get("after", "")
    stage = stage_named(request, SLUG_OF[StageName.FULL_TEXT])
    active = [*selectors.UNDECIDED, *selectors.SETTLED]
    after = int(asked) if asked.isdecimal() else 0
    found = selectors.listed(stage, active, retrieval=kind, after=after, limit=selectors.PAGE + 1)
    shown = found[: selectors.PAGE]
    ids = [state.report_id for state in shown]
    files, steps = selectors.attachments_of(ids), selectors.retrieval_notes(ids)
    here = reverse("screening:retrieval", args=[request.member.review.slug])
    more = len(found) > len(shown)
    context = page(
        request,
        current="retrieval",
        stage=stage,
        kind=kind,
        kinds=_KINDS,
        rows=[
            {"state": state, "file": files.get(state.report_id), "step": steps.get(state.report_id)}
            for state in shown
        ],
        next_url=f"{here}?kind={kind}&after={shown[-1].pk}" if more else "",
        previous_url=f"{here}?kind={kind}" if after else "",
    )
    return render(request, "screening/retrieval.html", context)


def _file(request: MemberRequest) -> dict[str, Any]:
    if "file" not in request.FILES:
        raise InvalidInput("Choose a PDF file first.")
    return {"file": request.FILES["file"]}


def _words(name: str) -> Callable[[MemberRequest], dict[str, Any]]:
    return lambda request: {name: request.POST.get("words", "")}


_STEPS: dict[str, tuple[Callable[..., object], Callable[[MemberRequest], dict[str, Any]], str]] = {
    "attach": (retrieval.attach, _file, "The full text is attached."),
    "elsewhere": (retrieval.read_elsewhere, _words("place"), "Noted where the full text is read."),
    "request": (retrieval.request, _words("note"), "Noted as requested."),
    "not-retrieved": (retrieval.not_retrieved, _words("reason"), "Noted as not retrieved."),
    "want": (retrieval.want, lambda request: {}, "The full text is wanted again."),
}


@require_POST
@member_view(Right.SCREEN)
def step(request: MemberRequest, report_id: int, act: str) -> HttpResponse:
    """One step towards a full text; the row says where it stands now."""
    if act not in _STEPS:
        raise Http404
    service, values, said = _STEPS[act]
    report = report_of(request, report_id)
    if not request.htmx:
        service(by=request.member.user, report=report, **values(request))
        messages.success(request, said)
        return redirect("screening:retrieval", request.member.review.slug)
    try:
        service(by=request.member.user, report=report, **values(request))
    except DomainError as refusal:
        # The row stays, with the sentence in it: a bare refusal would take the row's place.
        return _row(request, report, problem=str(refusal), status=refusal.status)
    return _row(request, report)


def _row(request: MemberRequest, report: Report, *, problem: str = "", status: int = 200) -> HttpResponse:
    stage = stage_named(request, SLUG_OF[StageName.FULL_TEXT])
    ids = [report.pk]
    state = get_object_or_404(stage.states.select_related("report"), report=report)
    row = {
        "state": state,
        "file": selectors.attachments_of(ids).get(report.pk),
        "step": selectors.retrieval_notes(ids).get(report.pk),
    }
    context = page(request, current="retrieval", stage=stage, row=row, problem=problem)
    return render(request, "screening/_retrieval_row.html", context, status=status)


@require_GET
@member_view(Right.VIEW)
def file(request: MemberRequest, attachment_id: int) -> HttpResponseBase:
    """The PDF itself, for members only, from this origin."""
    attachment = get_object_or_404(Attachment, pk=attachment_id, review=request.member.review)
    response = FileResponse(
        attachment.file.open("rb"), content_type="application/pdf", filename=attachment.name
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = _PDF_POLICY
    response["Cache-Control"] = "private, max-age=3600"
    return response
