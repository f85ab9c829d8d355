"""Members, roles and invitations."""

from collections.abc import Callable

import pytest
from django.core.mail import EmailMessage

from reviews.access import Right, require
from reviews.errors import NotAllowed
from reviews.models import AuditEvent, Membership, Review, Role, User
from reviews.services import team
from tests import factories


def _membership(review: Review, user: User) -> Membership:
    return Membership.objects.get(review=review, user=user, until__isnull=True)


def test_a_reviewer_may_screen_and_not_manage(review: Review, reviewer: User) -> None:
    assert require(reviewer, review, Right.SCREEN).role == Role.REVIEWER
    with pytest.raises(NotAllowed):
        require(reviewer, review, Right.MANAGE)


def test_the_last_lead_cannot_leave(review: Review, lead: User) -> None:
    with pytest.raises(team.LastLead):
        team.end_membership(by=lead, review=review, membership=_membership(review, lead))


def test_the_last_lead_cannot_become_a_reviewer(review: Review, lead: User) -> None:
    with pytest.raises(team.LastLead):
        team.change_role(by=lead, review=review, membership=_membership(review, lead), role=Role.REVIEWER)


def test_a_changed_role_ends_the_old_one_and_keeps_it(review: Review, lead: User, reviewer: User) -> None:
    old = _membership(review, reviewer)
    new = team.change_role(by=lead, review=review, membership=old, role=Role.LEAD)
    old.refresh_from_db()
    assert old.until is not None
    assert new.role == Role.LEAD
    assert AuditEvent.objects.filter(review_id=review.pk, verb="member.joined").last().target_id == new.pk  # type: ignore[union-attr]


def test_an_invitation_is_accepted_once(review: Review, lead: User, outsider: User) -> None:
    invitation = team.invite(by=lead, review=review, email="new@example.org", role=Role.REVIEWER)
    link = team.token(invitation)
    assert team.accept(by=outsider, token_text=link).role == Role.REVIEWER
    with pytest.raises(team.InvitationClosed):
        team.accept(by=outsider, token_text=link)


def test_a_new_invitation_closes_the_old_link(review: Review, lead: User, outsider: User) -> None:
    old = team.token(team.invite(by=lead, review=review, email="new@example.org", role=Role.OBSERVER))
    team.invite(by=lead, review=review, email="new@example.org", role=Role.REVIEWER)
    with pytest.raises(team.InvitationClosed):
        team.accept(by=outsider, token_text=old)


@pytest.mark.parametrize("broken", ["", "nonsense", "1:abc:def"])
def test_a_forged_link_opens_nothing(broken: str, outsider: User) -> None:
    with pytest.raises(team.InvitationClosed):
        team.accept(by=outsider, token_text=broken)


def test_a_reviewer_cannot_invite(review: Review, reviewer: User) -> None:
    with pytest.raises(NotAllowed):
        team.invite(by=reviewer, review=review, email="new@example.org", role=Role.REVIEWER)


def test_a_role_that_ended_a_moment_ago_is_refused_with_a_sentence(
    review: Review, lead: User, reviewer: User
) -> None:
    membership = review.memberships.get(user=reviewer)
    team.end_membership(by=lead, review=review, membership=membership)
    with pytest.raises(team.MembershipEnded):
        team.end_membership(by=reviewer, review=review, membership=membership)
    with pytest.raises(team.MembershipEnded):
        team.change_role(by=lead, review=review, membership=membership, role=Role.LEAD)


def test_closing_an_invitation_is_on_record_once(review: Review, lead: User) -> None:
    invitation = team.invite(by=lead, review=review, email="new@example.org", role=Role.REVIEWER)
    team.revoke(by=lead, review=review, invitation=invitation)
    with pytest.raises(team.InvitationClosed):
        team.revoke(by=lead, review=review, invitation=invitation)
    assert AuditEvent.objects.filter(verb="member.invitation_revoked").count() == 1


def test_a_title_of_two_lines_does_not_hold_up_the_invitation(
    lead: User, relay: Callable[[], int], mailoutbox: list[EmailMessage]
) -> None:
    review = factories.review(lead, "Zinc\nand colds")
    team.invite(by=lead, review=review, email="new@example.org", role=Role.REVIEWER)
    relay()
    assert [mail.subject for mail in mailoutbox] == ["Join the review “Zinc and colds”"]
