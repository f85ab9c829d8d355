"""The protocol page, its forms, its versions, and the start of screening."""

from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviews import selectors
from reviews.access import MemberRequest, Right, member_view
from reviews.errors import DomainError
from reviews.forms.amending import AmendableForm
from reviews.forms.protocol import FORMS, TextsForm
from reviews.forms.sources import SourceForm
from reviews.models import Criterion, ExclusionReason, Outcome, Protocol, ProtocolVersion, Review, Source
from reviews.services import protocols
from reviews.views import sources

# The word in the address -> model, what it is called, and the service that adds one.
KINDS: dict[str, tuple[type[Model], str, Any]] = {
    "criterion": (Criterion, "criterion", protocols.add_criterion),
    "reason": (ExclusionReason, "exclusion reason", protocols.add_reason),
    "outcome": (Outcome, "outcome", protocols.add_outcome),
    "source": (Source, "source", protocols.add_source),
}


def _kind(word: str) -> tuple[type[Model], str, Any]:
    if word not in KINDS:
        raise Http404
    return KINDS[word]


def _context(request: MemberRequest, **more: Any) -> dict[str, Any]:
    return {"review": request.member.review, "member": request.member, "tab": "protocol", **more}


def _is_frozen(review: Review) -> bool:
    return review.screening_started_at is not None


@require_GET
@member_view(Right.VIEW)
def show(request: MemberRequest) -> HttpResponse:
    review = request.member.review
    page = selectors.protocol_page(review)
    return render(
        request,
        "reviews/protocol.html",
        _context(request, page=page, is_frozen=_is_frozen(review), checklist=protocols.checklist(review)),
    )


@require_http_methods(["GET", "POST"])
@member_view(Right.MANAGE)
def texts(request: MemberRequest) -> HttpResponse:
    review = request.member.review
    form = TextsForm(
        request.POST or None, instance=Protocol.objects.get(review=review), is_frozen=_is_frozen(review)
    )
    if request.method == "POST" and form.is_valid():
        protocols.set_text(by=request.member.user, review=review, reason=form.why(), **form.values())
        messages.success(request, "The protocol is saved.")
        return redirect("reviews:protocol", review.slug)
    return _form_page(request, form, title="Question and plan")


def _form_page(
    request: MemberRequest, form: AmendableForm, *, title: str, row: Model | None = None
) -> HttpResponse:
    if isinstance(form, SourceForm):
        return sources.form_page(request, form, _context(request, title=title, row=row))
    return render(
        request,
        "reviews/protocol_form.html",
        _context(request, form=form, title=title, row=row),
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@member_view(Right.MANAGE)
def add(request: MemberRequest, kind: str) -> HttpResponse:
    model, name, service = _kind(kind)
    review = request.member.review
    form = FORMS[model](request.POST or None, is_frozen=_is_frozen(review))
    form.fields.pop("position", None)  # a new row goes to the end
    if request.method == "POST" and not sources.is_preview(request) and form.is_valid():
        try:
            row = service(by=request.member.user, review=review, reason=form.why(), **form.values())
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            if isinstance(row, Source):
                return sources.kept(request, row, is_new=True)
            messages.success(request, f"The {name} is added.")
            return redirect("reviews:protocol", review.slug)
    return _form_page(request, form, title=f"Add {'an' if name[0] in 'aeiou' else 'a'} {name}")


@require_http_methods(["GET", "POST"])
@member_view(Right.MANAGE)
def edit(request: MemberRequest, kind: str, row_id: int) -> HttpResponse:
    model, name, _ = _kind(kind)
    review = request.member.review
    row = _row(model, review, row_id)
    form = FORMS[model](request.POST or None, instance=row, is_frozen=_is_frozen(review))
    if request.method == "POST" and not sources.is_preview(request) and form.is_valid():
        try:
            protocols.edit_row(
                by=request.member.user,
                review=review,
                row=_row(model, review, row_id),
                reason=form.why(),
                **form.values(),
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            if isinstance(row, Source):
                return sources.kept(request, _row(model, review, row_id), is_new=False)
            messages.success(request, f"The {name} is saved.")
            return redirect("reviews:protocol", review.slug)
    return _form_page(request, form, title=f"Change the {name}", row=row)


def _row(model: type[Model], review: Review, row_id: int) -> Any:
    return get_object_or_404(model, pk=row_id, protocol__review=review, retired_at__isnull=True)


@require_POST
@member_view(Right.MANAGE)
def retire(request: MemberRequest, kind: str, row_id: int) -> HttpResponse:
    model, name, _ = _kind(kind)
    review = request.member.review
    protocols.retire_row(
        by=request.member.user,
        review=review,
        row=_row(model, review, row_id),
        reason=request.POST.get("reason", ""),
    )
    messages.success(request, f"The {name} is taken out of the protocol; what used it keeps it.")
    return redirect("reviews:protocol", review.slug)


@require_http_methods(["GET", "POST"])
@member_view(Right.MANAGE)
def start(request: MemberRequest) -> HttpResponse:
    """The checklist, and the act that freezes the protocol."""
    review = request.member.review
    if request.method == "POST":
        protocols.start_screening(by=request.member.user, review=review)
        messages.success(request, "Screening has started. The protocol is frozen as version 1.")
        return redirect("reviews:protocol", review.slug)
    checklist = protocols.checklist(review)
    return render(
        request,
        "reviews/start_screening.html",
        _context(
            request,
            checklist=checklist,
            is_ready=all(item.is_done for item in checklist if item.is_required),
        ),
    )


@require_GET
@member_view(Right.VIEW)
def version(request: MemberRequest, number: int) -> HttpResponse:
    frozen = get_object_or_404(
        ProtocolVersion.objects.select_related("by"), protocol__review=request.member.review, number=number
    )
    return render(request, "reviews/protocol_version.html", _context(request, version=frozen))
