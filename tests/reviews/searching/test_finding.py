"""Finding by keys kept in the database: the work grows with what is new, and nothing is found too late."""

from collections.abc import Callable

import pytest

from reviews import handlers
from reviews.models import (
    DuplicateKey,
    DuplicateSuggestion,
    MergeEvent,
    OutboxEvent,
    Record,
    Report,
    Review,
    SearchRun,
    SuggestionState,
    User,
)
from reviews.services import duplicate_keys, duplicates, finding
from tests import factories
from tests.reviews.searching.papers import PAPER, TITLE, find, last_run, paper


def _keys(report: Report) -> list[int]:
    return list(DuplicateKey.objects.filter(report=report).order_by("key").values_list("key", flat=True))


def test_every_report_gets_its_keys_once(review: Review) -> None:
    first = paper(review)
    find(review)
    keys = _keys(first)
    find(review)
    assert keys
    assert _keys(first) == keys


def test_reports_from_before_there_were_keys_are_found(review: Review) -> None:
    first = paper(review)
    paper(review)
    assert not DuplicateKey.objects.exists()
    assert find(review) == 1
    assert MergeEvent.objects.get().kept == first


def test_a_report_keeps_its_own_keys_whatever_is_merged_with_it(review: Review, lead: User) -> None:
    first = paper(review)
    second = factories.report(review, "A title in another tongue", pmid="11", year=1999)
    find(review)
    before = _keys(first)

    event = duplicates.merge(by=lead, kept=first, absorbed=second, rule="by hand")
    assert Report.objects.get(pk=first.pk).pmid == "11"
    assert _keys(first) == before

    duplicates.split(by=lead, event=event)
    assert _keys(first) == before


def test_a_rule_joins_no_two_pmids_though_a_person_put_one_under_another_title(
    review: Review, lead: User
) -> None:
    first = paper(review)
    other = factories.report(review, "A title in another tongue", pmid="11", year=1999)
    duplicates.merge(by=lead, kept=first, absorbed=other, rule="by hand")
    third = paper(review, pmid="22")

    assert find(review) == 0

    asked = DuplicateSuggestion.objects.get(state=SuggestionState.OPEN)
    assert {asked.first_id, asked.second_id} == {first.pk, third.pk}


def test_what_is_like_an_absorbed_copy_is_like_the_publication(review: Review, lead: User) -> None:
    first = factories.report(review, "A title in another tongue", year=1999)
    second = paper(review)
    duplicates.merge(by=lead, kept=first, absorbed=second, rule="by hand")
    third = paper(review)

    assert find(review) == 1

    third.refresh_from_db()
    assert third.canonical == first


def test_a_rebuild_gives_the_keys_that_are_there(review: Review) -> None:
    made = [paper(review), paper(review, "Another title of a quite different trial")]
    find(review)
    before = [_keys(report) for report in made]
    DuplicateKey.objects.filter(report=made[0]).delete()
    DuplicateKey.objects.filter(report=made[1]).update(key=7)

    assert duplicate_keys.rebuild(review.pk) == 2

    assert [_keys(report) for report in made] == before


def test_a_key_that_many_share_is_passed_over(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicate_keys, "MAX_BLOCK", 3)
    made = [factories.report(review, "Editorial", authors=[f"Person{n}, A"], year=2000 + n) for n in range(6)]
    find(review)
    found = duplicate_keys.partners(review.pk, duplicate_keys.entries([made[0].pk]))
    assert found[made[0].pk] == set()


def test_of_an_identifier_that_many_share_the_first_are_compared(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicate_keys, "MAX_BLOCK", 2)
    made = [paper(review, pmid="11") for _ in range(3)]
    assert find(review) == 2
    found = duplicate_keys.partners(review.pk, duplicate_keys.entries([made[0].pk]))
    assert found[made[0].pk] == {made[1].pk}


def test_records_that_left_the_counts_are_no_candidates(review: Review) -> None:
    gone = paper(review)
    Record.objects.filter(filed__report=gone).update(seq=None)
    last = paper(review)
    assert find(review) == 0
    last.refresh_from_db()
    assert last.canonical_id is None


def test_a_long_comparison_is_done_in_stretches_that_tell_themselves_of_the_rest(
    review: Review, relay: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "_CHUNK", 2)
    monkeypatch.setattr(handlers, "_STRETCH_SECONDS", 0.0)
    titles = [
        "Zinc for the common cold in adults",
        "Beta blockers in the elderly after a stroke",
        "Mindfulness for nurses on night shifts",
    ]
    values = {name: PAPER[name] for name in ("authors", "year", "journal", "volume")}
    factories.reports(review, 6, titles * 2, **values)

    relay()

    assert MergeEvent.objects.count() == 3
    waits = OutboxEvent.objects.filter(topic="duplicates.waiting").order_by("id")
    places = [event.payload["after"] for event in waits]
    assert len(places) >= 3
    assert places == sorted(places)


def test_a_stretch_that_was_done_twice_changes_nothing(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "_CHUNK", 2)
    factories.reports(review, 4, [TITLE] * 4, **PAPER)
    first = finding.find_some(review_id=review.pk, run_id=last_run(review), seconds=0)
    assert first.after is not None
    again = finding.find_some(review_id=review.pk, run_id=last_run(review), seconds=0)
    assert (again.merged, again.after) == (0, first.after)
    find(review)
    assert Report.objects.filter(canonical__isnull=True).count() == 1


def test_a_revision_is_compared_by_what_it_says_now(review: Review) -> None:
    paper(review, pmid="11")
    other = factories.report(review, "Ahead of print, without a title yet", year=1999, authors=["Nobody, N"])
    find(review)
    record = Record.objects.get(filed__report=other)
    run = SearchRun.objects.create(
        review=review, source=record.source, trigger="hand", state="complete", seq=50
    )
    revised = Record.objects.create(
        review=review, source=record.source, run=run, revises=record, content_hash="new", raw=b"", seq=50,
        title=TITLE, pmid="11", **PAPER,
    )  # fmt: skip
    other.filed.create(record=revised)
    Report.objects.filter(pk=other.pk).update(title=TITLE, pmid="11", **PAPER)

    assert find(review) == 1

    other.refresh_from_db()
    assert other.canonical_id is not None


def test_a_question_is_asked_once_of_two_publications_however_many_copies_they_have(
    review: Review, lead: User
) -> None:
    first = paper(review, pmid="11")
    copy = paper(review, pmid="11")
    find(review)
    assert Report.objects.get(pk=copy.pk).canonical == first
    last = paper(review, pmid="22")
    find(review)

    asked = DuplicateSuggestion.objects.get(state=SuggestionState.OPEN)
    assert (asked.first, asked.second) == (first, last)
