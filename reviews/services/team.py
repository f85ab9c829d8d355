"""Who works on a review: roles, invitations. Roles end, they are never deleted."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils import timezone

from reviews import audit, events, sequence
from reviews.access import Right, require
from reviews.errors import DomainError, InvalidInput
from reviews.models import Invitation, Membership, Review, Role, User

_SALT = "reviews.invitation"
INVITATION_LASTS = timedelta(days=14)


class LastLead(DomainError):
    code = "last_lead"
    sentence = "A review keeps at least one lead: make another person lead first."


class MembershipEnded(DomainError):
    code = "membership_ended"
    sentence = "This role was changed or ended a moment ago: load the page again."


class AlreadyMember(DomainError):
    code = "already_member"
    sentence = "This person is already a member of the review."


class InvitationClosed(DomainError):
    code = "invitation_closed"
    sentence = "This invitation is no longer open. Ask the lead for a new link."
    status = 410


@transaction.atomic
def add_member(*, by: User, review: Review, user: User, role: Role) -> Membership:
    """Give a person a role at once. Refuses a second current role."""
    require(by, Review.objects.select_for_update().get(pk=review.pk), Right.MANAGE)
    return _join(by=by, review=review, user=user, role=role)


def _join(*, by: User, review: Review, user: User, role: str) -> Membership:
    if Membership.objects.filter(review=review, user=user, until__isnull=True).exists():
        raise AlreadyMember
    membership = Membership.objects.create(review=review, user=user, role=role)
    audit.record(
        by=by,
        verb="member.joined",
        target=membership,
        review_id=review.pk,
        seq=sequence.take(review.pk),
        new={"user": user.pk, "role": str(role)},
    )
    return membership


def _current(review: Review, membership: Membership) -> Membership:
    # The review's row is the lock: two leads who step down at once must not leave a review without one.
    Review.objects.select_for_update().get(pk=review.pk)
    held = Membership.objects.select_related("user").filter(pk=membership.pk, review=review)
    current = held.filter(until__isnull=True).first()
    if current is None:
        raise MembershipEnded
    return current


def _refuse_last_lead(review: Review, leaving: Membership) -> None:
    others = Membership.objects.filter(review=review, role=Role.LEAD, until__isnull=True).exclude(
        pk=leaving.pk
    )
    if leaving.role == Role.LEAD and not others.exists():
        raise LastLead


@transaction.atomic
def end_membership(*, by: User, review: Review, membership: Membership) -> Membership:
    """End a person's role; what they did stays. Refuses the last lead."""
    current = _current(review, membership)
    if current.user_id != by.pk:
        require(by, review, Right.MANAGE)
    _refuse_last_lead(review, current)
    current.until = timezone.now()
    current.save(update_fields=["until"])
    audit.record(
        by=by,
        verb="member.left",
        target=current,
        review_id=review.pk,
        seq=sequence.take(review.pk),
        old={"user": current.user_id, "role": current.role},
    )
    return current


@transaction.atomic
def change_role(*, by: User, review: Review, membership: Membership, role: Role) -> Membership:
    """End the current role and begin another. Refuses to leave the review without a lead."""
    current = _current(review, membership)
    require(by, review, Right.MANAGE)
    if current.role == role:
        return current
    _refuse_last_lead(review, current)
    current.until = timezone.now()
    current.save(update_fields=["until"])
    return _join(by=by, review=review, user=current.user, role=role)


@transaction.atomic
def invite(*, by: User, review: Review, email: str, role: Role) -> Invitation:
    """Ask a person by e-mail address; emits member.invited. An earlier one to the address is closed."""
    require(by, Review.objects.select_for_update().get(pk=review.pk), Right.MANAGE)
    email = email.strip().lower()
    if not email or "@" not in email:
        raise InvalidInput("This is not an e-mail address.")
    if Membership.objects.filter(review=review, user__email=email, until__isnull=True).exists():
        raise AlreadyMember
    now = timezone.now()
    Invitation.objects.filter(
        review=review, email=email, accepted_at__isnull=True, revoked_at__isnull=True
    ).update(revoked_at=now)
    invitation = Invitation.objects.create(
        review=review,
        email=email,
        role=role,
        nonce=secrets.token_urlsafe(32),
        invited_by=by,
        invited_at=now,
        expires_at=now + INVITATION_LASTS,
    )
    audit.record(
        by=by,
        verb="member.invited",
        target=invitation,
        review_id=review.pk,
        seq=sequence.take(review.pk),
        new={"role": str(role)},
    )
    events.emit("member.invited", review_id=review.pk, invitation=invitation.pk)
    return invitation


@transaction.atomic
def revoke(*, by: User, review: Review, invitation: Invitation) -> None:
    """Close an invitation that was not accepted; its link stops working."""
    require(by, review, Right.MANAGE)
    closed = Invitation.objects.filter(
        pk=invitation.pk, review=review, accepted_at__isnull=True, revoked_at__isnull=True
    ).update(revoked_at=timezone.now(), nonce=secrets.token_urlsafe(32))
    if not closed:
        raise InvitationClosed("This invitation was accepted or closed already.")
    audit.record(
        by=by,
        verb="member.invitation_revoked",
        target=invitation,
        review_id=review.pk,
        seq=sequence.take(review.pk),
    )


def link(invitation: Invitation) -> str:
    """The whole address that the invited person opens."""
    return f"{settings.BASE_URL}/invitations/{token(invitation)}/"


def token(invitation: Invitation) -> str:
    """The secret part of the invitation's link; made again whenever it is shown or mailed."""
    return signing.Signer(salt=_SALT).sign_object([invitation.pk, invitation.nonce])


def opened(token_text: str) -> Invitation:
    """The open invitation that a link stands for, or InvitationClosed."""
    try:
        pk, nonce = signing.Signer(salt=_SALT).unsign_object(token_text)
    except signing.BadSignature:
        raise InvitationClosed from None
    invitation = Invitation.objects.select_related("review", "invited_by").filter(pk=pk, nonce=nonce).first()
    if (
        invitation is None
        or invitation.accepted_at
        or invitation.revoked_at
        or invitation.expires_at < timezone.now()
    ):
        raise InvitationClosed
    return invitation


@transaction.atomic
def accept(*, by: User, token_text: str) -> Membership:
    """Join by an invitation's link. Whoever holds the link may use it once, with any address of theirs."""
    invitation = opened(token_text)
    Review.objects.select_for_update().get(pk=invitation.review_id)
    taken = Invitation.objects.filter(
        pk=invitation.pk, nonce=invitation.nonce, accepted_at__isnull=True, revoked_at__isnull=True
    ).update(accepted_at=timezone.now(), accepted_by=by)
    if not taken:
        raise InvitationClosed
    return _join(by=by, review=invitation.review, user=by, role=invitation.role)
