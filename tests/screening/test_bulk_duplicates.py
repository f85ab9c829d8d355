"""Many likely pairs accepted in one act: shown before, with what it touches of screening; undone in one."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from reviews.models import BulkMerge, DuplicateSuggestion, Record, Report, Review, SuggestionState, User
from reviews.services import outbox
from screening.models import Decision
from tests.screening.support import assert_projections_hold, opened, state_of, vote

SignIn = Callable[[User], Client]


def _ask(
    review: Review, one: Report, other: Report, score: float, rule: str = "alike"
) -> DuplicateSuggestion:
    return DuplicateSuggestion.objects.create(
        review=review, first=one, second=other, rule=rule, score=score, evidence={"title": 0.95}
    )


@pytest.fixture
def asked(started_review: Review, reviewer: User, second_reviewer: User) -> list[Report]:
    """Six publications in three pairs: likely and excluded by both, less likely, and of two PMIDs."""
    made = opened(started_review, 6)
    _ask(started_review, made[0], made[1], 0.97)
    _ask(started_review, made[2], made[3], 0.7)
    _ask(started_review, made[4], made[5], 0.99, rule="other_pmid")
    for report in made[:2]:
        for person in (reviewer, second_reviewer):
            vote(person, report, "exclude")
    return made


def test_the_preview_says_what_the_act_would_do(
    started_review: Review, asked: list[Report], lead: User, signed_in: SignIn
) -> None:
    address = reverse("screening:bulk_duplicates", args=[started_review.slug])
    page = signed_in(lead).get(address + "?least=0.6").content.decode()
    assert "Merge all 2 pairs" in page
    assert "Some were screened already" in page
    assert "Screening: excluded and excluded." in page
    assert page.index("<strong>0.70</strong>") < page.index("<strong>0.97</strong>")


def test_the_preview_shows_what_is_held_back(
    started_review: Review, asked: list[Report], lead: User, signed_in: SignIn
) -> None:
    for report, pmid in ((asked[0], "11"), (asked[2], "22")):
        Report.objects.filter(pk=report.pk).update(pmid=pmid)
        Record.objects.filter(filed__report=report).update(pmid=pmid)
    _ask(started_review, asked[1], asked[2], 0.8)
    address = reverse("screening:bulk_duplicates", args=[started_review.slug])
    client = signed_in(lead)

    page = client.get(address + "?least=0.6").content.decode()
    assert "Merge all 2 pairs" in page
    assert "This pair has the score and stays in the queue: decide it on its own." in page
    assert "these two would become one as well, and they contradict each other" in page

    client.post(address, {"least": "0.6"})
    only = client.get(address + "?least=0.6").content.decode()
    assert "Merge all" not in only
    assert "No pair fits" not in only
    assert "stays in the queue" in only


def test_one_act_merges_and_one_undo_restores_votes_and_counts(
    started_review: Review, asked: list[Report], lead: User, signed_in: SignIn
) -> None:
    before = [state_of(report).state for report in asked]
    votes = Decision.objects.count()
    client = signed_in(lead)
    address = reverse("screening:bulk_duplicates", args=[started_review.slug])

    client.post(address, {"least": "0.6"})
    outbox.relay()
    assert [state_of(report).state for report in asked[:4]] == ["excluded", "absorbed", "open", "absorbed"]
    assert Report.objects.filter(pk=asked[5].pk, canonical=None).exists()
    assert_projections_hold(started_review)

    bulk = BulkMerge.objects.get()
    client.post(reverse("reviews:undo_bulk", args=[started_review.slug, bulk.pk]))
    outbox.relay()
    assert [state_of(report).state for report in asked] == before
    assert Decision.objects.count() == votes
    assert DuplicateSuggestion.objects.filter(state=SuggestionState.OPEN).count() == 3
    assert_projections_hold(started_review)


def test_the_numbers_on_the_tabs_and_the_words_follow_the_act_and_its_undo(
    started_review: Review, asked: list[Report], lead: User, signed_in: SignIn
) -> None:
    client = signed_in(lead)
    address = reverse("screening:bulk_duplicates", args=[started_review.slug])
    badge = '<span id="waiting-search" class="review-bar__waiting">'
    assert f"{badge}3<" in client.get(address).text

    merged = client.post(address, {"least": "0.6"}, follow=True).text
    assert f"{badge}1<" in merged
    assert "Possible duplicates (1)" in merged
    assert "2 pairs are merged. Their undo stands below." in merged
    back = reverse("reviews:undo_bulk", args=[started_review.slug, BulkMerge.objects.get().pk])
    assert f"{badge}3<" in client.post(back, follow=True).text

    assert (
        "1 pair is merged. Its undo stands below."
        in client.post(address, {"least": "0.97"}, follow=True).text
    )


def test_what_was_asked_since_the_preview_waits(
    started_review: Review, asked: list[Report], lead: User, signed_in: SignIn
) -> None:
    seen = DuplicateSuggestion.objects.get(score=0.97)
    address = reverse("screening:bulk_duplicates", args=[started_review.slug])
    signed_in(lead).post(address, {"least": "0.6", "upto": seen.pk})
    assert DuplicateSuggestion.objects.get(score=0.7).state == SuggestionState.OPEN


def test_a_score_that_nobody_has_is_answered_in_words(
    started_review: Review, asked: list[Report], lead: User, signed_in: SignIn
) -> None:
    address = reverse("screening:bulk_duplicates", args=[started_review.slug])
    client = signed_in(lead)
    assert b"No pair fits" in client.get(address + "?least=1").content
    refused = client.post(address, {"least": "1"})
    assert refused.status_code == 422
    assert b"No open pair can be merged here" in refused.content
    assert client.post(address, {"least": "7"}).status_code == 422


def test_observers_accept_nothing(started_review: Review, observer: User, signed_in: SignIn) -> None:
    address = reverse("screening:bulk_duplicates", args=[started_review.slug])
    assert signed_in(observer).post(address, {"least": "0.6"}).status_code == 403
