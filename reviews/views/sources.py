"""What a source would find before it is kept, and help with its query."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from reviews.access import MemberRequest, Right, member_view
from reviews.connectors import Preview
from reviews.errors import DomainError
from reviews.forms.sources import SourceForm
from reviews.models import Connector, Source
from reviews.selectors.searches import can_search
from reviews.services import previewing


def is_preview(request: MemberRequest) -> bool:
    """Whether a form was sent only to see what its query finds; nothing is kept then."""
    return "preview" in request.POST


def form_page(request: MemberRequest, form: SourceForm, context: dict[str, Any]) -> HttpResponse:
    """The form of a source; after "What would it find?" with the answer, which HTMX asks for alone."""
    context = {**context, "is_from_search": request.GET.get("from") == "search"}
    if not is_preview(request):
        status = 422 if form.errors else 200
        return render(request, "reviews/source_form.html", {**context, "form": form}, status=status)
    found = _preview(request, *form.asked)
    if request.htmx:
        return render(request, "reviews/_preview.html", found)
    # Nothing was to be kept, so what is still missing is no fault yet.
    form.errors.clear()
    return render(request, "reviews/source_form.html", {**context, **found, "form": form})


def kept(request: MemberRequest, source: Source, *, is_new: bool) -> HttpResponse:
    """Say what was done and what can be done now, on the page of the source, where it is the first button."""
    done = (
        f"{source.name} is added to the protocol." if is_new else f"{source.name} is saved in the protocol."
    )
    messages.success(request, f"{done} {_next_step(source)}".rstrip())
    return redirect("reviews:source_history", request.member.review.slug, source.pk)


def _next_step(source: Source) -> str:
    """What brings its records; nothing where somebody has done it before and knows."""
    if source.runs.exists():
        return ""
    if can_search(source):
        return "Nothing is searched yet: search it now."
    if source.connector == Connector.HAND:
        return "Enter its references now."
    if source.connector == Connector.CITATIONS:
        return "Chase the citations of included studies now."
    if source.connector == Connector.FILE:
        return "Import what was exported from it."
    return "It needs a query before it can be searched."


def _preview(request: MemberRequest, connector: str, query: str) -> dict[str, Preview | str | None]:
    try:
        found = previewing.preview(
            by=request.member.user, review=request.member.review, connector=connector, query=query
        )
    except DomainError as error:
        return {"preview": None, "preview_error": str(error)}
    return {"preview": found, "preview_error": ""}


@require_GET
@member_view(Right.SEARCH)
def query_help(request: MemberRequest) -> HttpResponse:
    """How queries are written at each service; with words, the headings of MeSH that they may mean."""
    words = request.GET.get("words", "").strip()
    context: dict[str, Any] = {
        "review": request.member.review,
        "member": request.member,
        "tab": "protocol",
        "words": words,
        **(_mesh(request, words) if words else {}),
    }
    if request.htmx:
        return render(request, "reviews/_mesh.html", {**context, "can_insert": True})
    return render(request, "reviews/query_help.html", {**context, **_fields(request)})


@require_GET
@member_view(Right.SEARCH)
def query_fields(request: MemberRequest) -> HttpResponse:
    """The fields of PubMed, for the panel beside the query."""
    context = {"review": request.member.review, "can_insert": True, **_fields(request)}
    return render(request, "reviews/_query_fields.html", context)


def _mesh(request: MemberRequest, words: str) -> dict[str, Any]:
    try:
        terms = previewing.mesh_terms(by=request.member.user, review=request.member.review, words=words)
    except DomainError as error:
        return {"terms": (), "mesh_error": str(error)}
    return {"terms": terms, "mesh_error": ""}


def _fields(request: MemberRequest) -> dict[str, Any]:
    try:
        fields = previewing.pubmed_fields(by=request.member.user, review=request.member.review)
    except DomainError as error:
        return {"fields": [], "fields_error": str(error)}
    return {"fields": fields, "fields_error": ""}
