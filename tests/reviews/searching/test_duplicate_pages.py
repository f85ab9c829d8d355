"""The queue of possible duplicates and the list of merges."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from reviews.models import DuplicateSuggestion, MergeEvent, Report, Review, SuggestionState, User
from reviews.services import duplicates

SignIn = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def _at(review: Review, name: str, *args: object) -> str:
    return reverse(f"reviews:{name}", args=[review.slug, *args])


def test_merging_shows_the_next_pair_and_an_undo(
    review: Review, pair: DuplicateSuggestion, reviewer: User, signed_in: SignIn
) -> None:
    client = signed_in(reviewer)
    page = client.get(_at(review, "duplicates")).content.decode()
    assert "Are these one publication?" in page
    assert "compare__row--differs" in page

    merged = client.post(_at(review, "merge", pair.pk), headers=HTMX).content.decode()
    assert "No pair waits" in merged
    event = MergeEvent.objects.get()
    back = _at(review, "take_back_merge", pair.pk, event.pk)
    assert back in merged

    undone = client.post(back, headers=HTMX).content.decode()
    assert "Are these one publication?" in undone
    pair.refresh_from_db()
    assert pair.state == SuggestionState.OPEN
    assert not Report.objects.filter(canonical__isnull=False).exists()


def test_without_script_the_queue_goes_on_by_redirect(
    review: Review, pair: DuplicateSuggestion, reviewer: User, signed_in: SignIn
) -> None:
    client = signed_in(reviewer)
    page = client.post(_at(review, "keep_apart", pair.pk), follow=True).content.decode()
    assert "Kept apart." in page
    assert "No pair waits" in page
    again = client.post(_at(review, "reopen_pair", pair.pk), follow=True).content.decode()
    assert "Are these one publication?" in again


def test_a_pair_that_another_person_settled_is_passed_over(
    review: Review, pair: DuplicateSuggestion, reviewer: User, second_reviewer: User, signed_in: SignIn
) -> None:
    duplicates.decide_distinct(by=second_reviewer, suggestion=pair)
    answer = signed_in(reviewer).post(_at(review, "merge", pair.pk), headers=HTMX)
    assert answer.status_code == 200
    assert b"Somebody has settled this pair meanwhile." in answer.content


def test_a_pair_can_be_passed_over(
    review: Review, pair: DuplicateSuggestion, reviewer: User, signed_in: SignIn
) -> None:
    page = signed_in(reviewer).get(_at(review, "duplicates") + f"?after={pair.pk}").content
    assert b"That was the last pair" in page


def test_a_merge_is_undone_from_the_list_once(
    review: Review, pair: DuplicateSuggestion, reviewer: User, signed_in: SignIn
) -> None:
    event = duplicates.decide_merge(by=reviewer, suggestion=pair)
    client = signed_in(reviewer)
    first = client.post(_at(review, "undo_merge", event.pk), follow=True).content
    assert b"both publications stand for themselves again" in first
    assert b"Undone by" in first
    assert (
        b"This merge was undone already."
        in client.post(_at(review, "undo_merge", event.pk), follow=True).content
    )


def test_the_observer_sees_pairs_and_no_buttons(
    review: Review, pair: DuplicateSuggestion, observer: User, signed_in: SignIn
) -> None:
    page = signed_in(observer).get(_at(review, "duplicates")).content
    assert b"Are these one publication?" in page
    assert b"Not duplicates" not in page
