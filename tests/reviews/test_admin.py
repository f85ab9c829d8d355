"""The operator's window shows no votes and changes nothing."""

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from reviews.admin import ReadOnly
from reviews.models import Invitation, Review, Role, User
from reviews.services import team

BLIND = {
    "decision",
    "adjudication",
    "value",
    "agreedvalue",
    "answer",
    "judgement",
    "appraisal",
    "consensus",
    "extraction",
}
OURS = {"reviews", "screening", "analysis"}


@pytest.fixture
def operator(db: None, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(User.objects.create_superuser("operator@example.org", name="Operator"))


def test_nothing_blinded_is_registered_and_everything_is_read_only() -> None:
    windows = admin.site._registry
    assert len(windows) >= 9
    assert {model._meta.app_label for model in windows} <= OURS
    assert not {model._meta.model_name for model in windows} & BLIND
    assert all(isinstance(window, ReadOnly) for window in windows.values())


def test_the_operator_signs_in_where_attempts_are_limited(client: Client) -> None:
    answer = client.post(reverse("admin:login"), {"username": "operator@example.org", "password": "guess"})
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


def test_the_operator_looks_and_cannot_change(operator: Client, review: Review) -> None:
    listed = reverse("admin:reviews_review_changelist")
    change = reverse("admin:reviews_review_change", args=[review.pk])
    assert review.title.encode() in operator.get(listed).content
    assert operator.get(change).status_code == 200
    assert operator.post(change, {"title": "Taken over"}).status_code == 403
    assert operator.get(reverse("admin:reviews_review_add")).status_code == 403
    assert operator.post(reverse("admin:reviews_review_delete", args=[review.pk])).status_code == 403


def test_neither_passwords_nor_invitation_secrets_are_shown(
    operator: Client, review: Review, lead: User
) -> None:
    invitation = team.invite(by=lead, review=review, email="new@example.org", role=Role.REVIEWER)
    page = operator.get(reverse("admin:reviews_invitation_change", args=[invitation.pk]))
    assert Invitation.objects.get().nonce.encode() not in page.content
    lead.refresh_from_db()
    person = operator.get(reverse("admin:reviews_user_change", args=[lead.pk]))
    assert lead.password.encode() not in person.content


def test_a_member_who_is_no_operator_does_not_enter(lead: User, signed_in: Callable[[User], Client]) -> None:
    assert signed_in(lead).get(reverse("admin:index")).status_code == 302
