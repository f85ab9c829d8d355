"""The pages of reviews, team and protocol."""

from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from reviews.models import Amendment, Criterion, Invitation, Membership, Outcome, Review, Role, User
from reviews.services import team
from tests import factories

SignIn = Callable[[User], Client]
Queries = Callable[[int], object]


def _at(review: Review, name: str, *args: object) -> str:
    return reverse(f"reviews:{name}", args=[review.slug, *args])


@pytest.mark.parametrize("name", ["team", "protocol"])
def test_an_observer_reads_team_and_protocol_in_few_queries(
    name: str, review: Review, observer: User, signed_in: SignIn, django_assert_max_num_queries: Queries
) -> None:
    client = signed_in(observer)
    with django_assert_max_num_queries(16):  # type: ignore[attr-defined]
        assert client.get(_at(review, name)).status_code == 200


@pytest.mark.parametrize("name", ["settings", "start_screening", "protocol_texts"])
def test_only_a_lead_opens_what_changes_the_review(
    name: str, review: Review, reviewer: User, lead: User, signed_in: SignIn
) -> None:
    assert signed_in(reviewer).get(_at(review, name)).status_code == 403
    assert signed_in(lead).get(_at(review, name)).status_code == 200


def test_a_stranger_sees_the_welcome_page_and_a_member_their_reviews(
    review: Review, reviewer: User, signed_in: SignIn
) -> None:
    assert b"stay alive" in Client().get("/").content
    assert review.title.encode() in signed_in(reviewer).get("/").content


def test_beginning_a_review_makes_its_lead(outsider: User, signed_in: SignIn) -> None:
    answer = signed_in(outsider).post("/reviews/new/", {"title": "Zinc for colds"})
    begun = Review.objects.get(title="Zinc for colds")
    assert answer.headers["Location"] == _at(begun, "protocol")
    assert Membership.objects.get(review=begun).role == Role.LEAD


def test_an_invitation_is_mailed_shown_to_copy_and_joined(
    review: Review, lead: User, outsider: User, signed_in: SignIn, relay: Callable[[], int]
) -> None:
    client = signed_in(lead)
    client.post(_at(review, "invite"), {"email": "new@example.org", "role": "reviewer"})
    relay()
    link = team.link(Invitation.objects.get(review=review))
    assert link in str(mail.outbox[0].body)
    assert link.encode() in client.get(_at(review, "team")).content
    signed_in(outsider).post(link.removeprefix("http://127.0.0.1:8000"))
    assert Membership.objects.get(review=review, user=outsider).role == Role.REVIEWER


def test_inviting_a_member_again_is_refused_beside_the_field(
    review: Review, lead: User, reviewer: User, signed_in: SignIn
) -> None:
    answer = signed_in(lead).post(_at(review, "invite"), {"email": reviewer.email, "role": "reviewer"})
    assert answer.status_code == 422
    assert b"already a member" in answer.content


def test_links_of_invitations_are_shown_to_leads_alone(
    review: Review, lead: User, reviewer: User, signed_in: SignIn
) -> None:
    invitation = team.invite(by=lead, review=review, email="new@example.org", role=Role.REVIEWER)
    content = signed_in(reviewer).get(_at(review, "team")).content
    assert team.token(invitation).encode() not in content
    assert b"new@example.org" not in content


def test_a_criterion_is_added_edited_and_retired(review: Review, lead: User, signed_in: SignIn) -> None:
    client = signed_in(lead)
    values = {"slot": "intervention", "kind": "include", "text": "Zinc"}
    client.post(_at(review, "protocol_add", "criterion"), values)
    row = Criterion.objects.get(text="Zinc")
    client.post(_at(review, "protocol_edit", "criterion", row.pk), {**values, "text": "Zinc by mouth"})
    row.refresh_from_db()
    assert row.text == "Zinc by mouth"
    client.post(_at(review, "protocol_retire", "criterion", row.pk))
    assert b"Zinc by mouth" not in client.get(_at(review, "protocol")).content


def test_a_measure_that_does_not_fit_is_refused_on_the_form(
    review: Review, lead: User, signed_in: SignIn
) -> None:
    answer = signed_in(lead).post(
        _at(review, "protocol_add", "outcome"),
        {"name": "pain", "type": "continuous", "measure": "RR", "direction": "lower"},
    )
    assert answer.status_code == 422
    assert not Outcome.objects.filter(name="pain").exists()


def test_after_the_start_the_form_asks_why(started_review: Review, lead: User, signed_in: SignIn) -> None:
    client = signed_in(lead)
    address = _at(started_review, "protocol_texts")
    assert client.post(address, {"question": "Does it harm?"}).status_code == 422
    client.post(address, {"question": "Does it harm?", "reason": "Asked by clinicians"})
    assert Amendment.objects.get().reason == "Asked by clinicians"
    assert b"Asked by clinicians" in client.get(_at(started_review, "protocol")).content
    assert client.get(_at(started_review, "protocol_version", 2)).status_code == 200


def test_the_last_lead_is_told_why_they_cannot_leave(review: Review, lead: User, signed_in: SignIn) -> None:
    place = Membership.objects.get(review=review, user=lead)
    answer = signed_in(lead).post(_at(review, "leave", place.pk), follow=True)
    assert b"make another person lead first" in answer.content
    place.refresh_from_db()
    assert place.until is None


def test_who_may_not_read_a_page_is_led_back_to_the_review(
    review: Review, reviewer: User, signed_in: SignIn
) -> None:
    client, url = signed_in(reviewer), reverse("reviews:settings", args=[review.slug])
    answer = client.get(url)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "This is not open to you" in page
    assert "Nothing was changed" not in page
    assert f'href="{reverse("analysis:overview", args=[review.slug])}"' in page
    assert "This was not done" in client.post(url).content.decode()


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ({"interval_days": 1}, "every 1 day<"),
        ({"interval_days": 14}, "every 14 days<"),
        ({"weekday": 0}, "each Monday<"),
        ({"cron": "0 3 1 * *"}, "by the expression 0 3 1 * *<"),
    ],
)
def test_the_protocol_says_when_a_source_is_searched(
    schedule: dict[str, int | str], words: str, review: Review, lead: User, signed_in: SignIn
) -> None:
    factories.source(review, "PubMed", connector="pubmed", query="zinc", **schedule)

    page = signed_in(lead).get(_at(review, "protocol")).content.decode()
    assert f"PubMed, searched through Entrez · {words}" in page
