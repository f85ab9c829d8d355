"""What the pages of a review, its team and its protocol read."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from reviews.models import (
    Amendment,
    Criterion,
    ExclusionReason,
    Invitation,
    Membership,
    Outcome,
    Protocol,
    ProtocolVersion,
    Review,
    Source,
    User,
)


def reviews_of(user: User) -> QuerySet[Membership]:
    """The reviews in which a person works now, with their size of team."""
    return (
        Membership.objects.filter(user=user, until__isnull=True)
        .select_related("review")
        .annotate(
            people=Count("review__memberships", filter=Q(review__memberships__until__isnull=True)),
        )
        .order_by("review__title")
    )


def public_reviews() -> QuerySet[Review]:
    """Those that the lead opened and published: without a version there is nothing to read yet."""
    return Review.objects.filter(is_public=True, versions__isnull=False).distinct().order_by("title")


def memberships(review: Review) -> QuerySet[Membership]:
    return (
        Membership.objects.filter(review=review, until__isnull=True)
        .select_related("user")
        .order_by("since", "id")
    )


def open_invitations(review: Review) -> QuerySet[Invitation]:
    return Invitation.objects.filter(
        review=review, accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=timezone.now()
    ).order_by("-invited_at")


@dataclass(frozen=True, slots=True)
class ProtocolPage:
    """The protocol as it stands, with its history."""

    protocol: Protocol
    criteria: list[Criterion]
    reasons: list[ExclusionReason]
    outcomes: list[Outcome]
    sources: list[Source]
    versions: list[ProtocolVersion]
    amendments: list[Amendment]


def protocol_page(review: Review) -> ProtocolPage:
    protocol = Protocol.objects.get(review=review)
    return ProtocolPage(
        protocol=protocol,
        criteria=list(protocol.criteria.filter(retired_at__isnull=True)),
        reasons=list(protocol.exclusion_reasons.filter(retired_at__isnull=True)),
        outcomes=list(protocol.outcomes.filter(retired_at__isnull=True)),
        sources=list(protocol.sources.filter(retired_at__isnull=True)),
        versions=list(protocol.versions.select_related("by").defer("content")),
        amendments=list(
            Amendment.objects.filter(after__protocol=protocol)
            .select_related("by", "before", "after")
            .defer("before__content", "after__content")
            .order_by("-id")
        ),
    )
