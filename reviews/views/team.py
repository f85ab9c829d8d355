"""The team of a review: members, roles, invitations."""

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviews import selectors
from reviews.access import MemberRequest, Right, member_view
from reviews.errors import DomainError
from reviews.forms.team import InviteForm, RoleForm
from reviews.models import Invitation, Membership, Role, User
from reviews.services import team


def _told(request: HttpRequest, done: str, act: Callable[[], object]) -> None:
    """Do it, and say what came of it on the page that follows."""
    try:
        act()
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)


def _page(request: MemberRequest, form: InviteForm, status: int = 200) -> HttpResponse:
    member = request.member
    context = {
        "review": member.review,
        "member": member,
        "tab": "team",
        "memberships": selectors.memberships(member.review),
        "invitations": [
            {"row": row, "link": team.link(row), "field_id": f"link-{row.pk}"}
            for row in selectors.open_invitations(member.review)
        ]
        if member.may(Right.MANAGE)
        else [],
        "roles": Role.choices,
        "form": form,
    }
    return render(request, "reviews/team.html", context, status=status)


@require_GET
@member_view(Right.VIEW)
def show(request: MemberRequest) -> HttpResponse:
    return _page(request, InviteForm())


@require_POST
@member_view(Right.MANAGE)
def invite(request: MemberRequest) -> HttpResponse:
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        invitation = team.invite(
            by=request.member.user,
            review=request.member.review,
            email=form.cleaned_data["email"],
            role=Role(form.cleaned_data["role"]),
        )
    except DomainError as error:
        form.add_error("email", str(error))
        return _page(request, form, status=422)
    messages.success(request, f"{invitation.email} is invited. The link to copy stands below.")
    return redirect("reviews:team", request.member.review.slug)


@require_POST
@member_view(Right.MANAGE)
def revoke(request: MemberRequest, invitation_id: int) -> HttpResponse:
    review = request.member.review
    invitation = get_object_or_404(Invitation, pk=invitation_id, review=review)
    _told(
        request,
        "The invitation is closed; its link no longer works.",
        lambda: team.revoke(by=request.member.user, review=review, invitation=invitation),
    )
    return redirect("reviews:team", review.slug)


@require_POST
@member_view(Right.MANAGE)
def change_role(request: MemberRequest, membership_id: int) -> HttpResponse:
    review = request.member.review
    form = RoleForm(request.POST)
    membership = get_object_or_404(Membership, pk=membership_id, review=review, until__isnull=True)
    if form.is_valid():
        _told(
            request,
            "The role is changed.",
            lambda: team.change_role(
                by=request.member.user,
                review=review,
                membership=membership,
                role=Role(form.cleaned_data["role"]),
            ),
        )
    return redirect("reviews:team", review.slug)


@require_POST
@member_view(Right.VIEW)
def leave(request: MemberRequest, membership_id: int) -> HttpResponse:
    """End a membership: one's own, or for the lead anyone's."""
    review = request.member.review
    membership = get_object_or_404(Membership, pk=membership_id, review=review, until__isnull=True)
    _told(
        request,
        "The membership has ended; all that was done stays.",
        lambda: team.end_membership(by=request.member.user, review=review, membership=membership),
    )
    if membership.user_id == request.member.user.pk:
        return redirect("reviews:index")
    return redirect("reviews:team", review.slug)


@require_http_methods(["GET", "POST"])
@login_required
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Open an invitation, and accept it."""
    user = cast(User, request.user)
    if request.method == "POST":
        membership = team.accept(by=user, token_text=token)
        messages.success(request, "Welcome to the review.")
        return redirect("reviews:protocol", membership.review.slug)
    return render(request, "reviews/join.html", {"invitation": team.opened(token)})
