"""The only doorway to a review: who may do what. Outsiders get 404, members without the right 403."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django_htmx.middleware import HtmxDetails

from reviews.errors import NotAllowed
from reviews.models import Membership, Review, Role, User

P = ParamSpec("P")


class Right(StrEnum):
    """What a member may do."""

    VIEW = "view"
    MANAGE = "manage"  # team, settings, protocol, start of screening, publication
    SEARCH = "search"  # run searches, import files, settle duplicates
    SCREEN = "screen"  # vote, settle conflicts, retrieve full texts
    EXTRACT = "extract"  # extract, appraise, reach consensus, link reports
    ANALYSE = "analyse"  # write and change specs


_RIGHTS: dict[str, frozenset[Right]] = {
    Role.LEAD: frozenset(Right),
    Role.REVIEWER: frozenset({Right.VIEW, Right.SEARCH, Right.SCREEN, Right.EXTRACT}),
    Role.STATISTICIAN: frozenset({Right.VIEW, Right.EXTRACT, Right.ANALYSE}),
    Role.OBSERVER: frozenset({Right.VIEW}),
}


class AuthenticatedHttpRequest(HttpRequest):
    """A request whose user is signed in, for annotations."""

    user: User
    htmx: HtmxDetails


class MemberRequest(AuthenticatedHttpRequest):
    """A request inside one review, by one of its members."""

    member: "Member"


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a review."""

    user: User
    review: Review
    role: str

    def may(self, right: Right) -> bool:
        return right in _RIGHTS[self.role]

    def __getattr__(self, name: str) -> bool:
        # Templates cannot call with arguments: `member.may_manage` asks for Right.MANAGE.
        if name.startswith("may_"):
            return self.may(Right(name.removeprefix("may_")))
        raise AttributeError(name)


def members_review(user: User, slug: str) -> Member:
    """The person's place in the review, or 404: an outsider learns nothing, not even that it exists."""
    membership = (
        Membership.objects.select_related("review")
        .filter(review__slug=slug, user_id=user.pk, until__isnull=True)
        .first()
    )
    if membership is None:
        raise Http404
    return Member(user=user, review=membership.review, role=membership.role)


def require(user: User, review: Review, right: Right) -> Member:
    """For services: the person's place in the review, or NotAllowed."""
    membership = Membership.objects.filter(review=review, user_id=user.pk, until__isnull=True).first()
    if membership is None or right not in _RIGHTS[membership.role]:
        raise NotAllowed
    return Member(user=user, review=review, role=membership.role)


def members_with(review: Review, right: Right) -> list[int]:
    """Ids of the people who hold the right now."""
    roles = [role for role, rights in _RIGHTS.items() if right in rights]
    return list(
        Membership.objects.filter(review=review, until__isnull=True, role__in=roles).values_list(
            "user_id", flat=True
        )
    )


def member_view(
    right: Right,
) -> Callable[
    [Callable[Concatenate[MemberRequest, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, str, P], HttpResponseBase],
]:
    """For views under /r/<slug>/: sign-in, membership, right; the view gets `request.member`, no slug."""

    def decorate(
        view: Callable[Concatenate[MemberRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            member = members_review(cast(User, request.user), slug)
            if not member.may(right):
                raise NotAllowed
            inside = cast(MemberRequest, request)
            inside.member = member
            return view(inside, *args, **kwargs)

        return cast(Callable[Concatenate[HttpRequest, str, P], HttpResponseBase], login_required(guarded))

    return decorate
