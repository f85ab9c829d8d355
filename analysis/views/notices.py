"""Retractions and expressions of concern about included studies, and what the team says to them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from analysis.selectors import notices as selectors
from reviews.access import MemberRequest, Right, member_view
from reviews.errors import DomainError
from reviews.models import RecordNotice
from reviews.services import notices


@require_GET
@member_view(Right.VIEW)
def listing(request: MemberRequest) -> HttpResponse:
    review = request.member.review
    page = {
        "review": review,
        "member": request.member,
        "tab": "overview",
        "open": selectors.lines(review, is_open=True),
        "answered": selectors.lines(review, is_open=False),
    }
    return render(request, "analysis/notices.html", page)


@require_POST
@member_view(Right.EXTRACT)
def answer(request: MemberRequest, notice_id: int) -> HttpResponse:
    """Take the task away with what the person says; the notice and the answer stay on the page."""
    review = request.member.review
    notice = get_object_or_404(RecordNotice, pk=notice_id, review=review)
    note = request.POST.get("note", "").strip()
    try:
        notices.answer(by=request.member.user, review=review, notices=[notice], note=note)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The answer is kept with the notice.")
    return redirect("analysis:notices", review.slug)
