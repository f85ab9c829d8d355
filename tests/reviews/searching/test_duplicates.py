"""Which reports are one: rules merge, likeness asks, people decide, and every merge can be undone."""

import random
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from reviews import selectors
from reviews.errors import NotAllowed
from reviews.models import (
    AuditEvent,
    DuplicateSuggestion,
    MergeEvent,
    MergeKind,
    OutboxEvent,
    Report,
    Review,
    SearchRun,
    SuggestionState,
    User,
)
from reviews.services import duplicates, finding
from tests import factories
from tests.reviews.searching.papers import PAPER, TITLE, find, paper


def _standing(review: Review) -> set[int]:
    return set(Report.objects.filter(review=review, canonical__isnull=True).values_list("pk", flat=True))


def test_the_same_reference_is_merged_with_rule_and_evidence(review: Review) -> None:
    first = paper(review, doi="10.1000/a")
    second = paper(review, title=TITLE.upper())

    assert find(review) == 1

    second.refresh_from_db()
    assert second.canonical_id == first.pk
    event = MergeEvent.objects.get()
    assert (event.kept_id, event.absorbed_id, event.by_id) == (first.pk, second.pk, None)
    assert event.rule == "same_reference"
    assert event.evidence
    assert event.score is not None
    assert OutboxEvent.objects.filter(topic="reports.merged").count() == 1


def test_looking_again_changes_nothing(review: Review) -> None:
    paper(review)
    paper(review)
    find(review)
    assert find(review) == 0
    assert MergeEvent.objects.count() == 1
    assert not DuplicateSuggestion.objects.exists()


def test_duplicates_within_one_run_are_found(review: Review) -> None:
    factories.reports(review, 2, [TITLE, TITLE], **PAPER)
    assert find(review) == 1


def test_the_relay_looks_for_duplicates_after_an_import(review: Review, relay: Callable[[], int]) -> None:
    first, second = paper(review), paper(review)
    relay()
    assert _standing(review) == {first.pk}
    assert selectors.members_of(first) == [first, second]


def test_another_review_is_another_world(review: Review, lead: User) -> None:
    other = factories.review(lead)
    factories.fill_protocol(other)
    here, there = paper(review), paper(other)

    assert find(other) == 0
    with pytest.raises(duplicates.DifferentReviews):
        duplicates.merge(by=lead, kept=here, absorbed=there, rule="by hand")


def test_a_report_keeps_the_richest_of_each_field(review: Review, lead: User) -> None:
    first = paper(review, abstract="Short.", doi="", pmid="")
    second = paper(review, abstract="A much longer abstract.", doi="10.1000/b", pmid="11")

    event = duplicates.merge(by=lead, kept=first, absorbed=second, rule="by hand")

    first.refresh_from_db()
    assert (first.abstract, first.doi, first.pmid) == ("A much longer abstract.", "10.1000/b", "11")
    duplicates.split(by=lead, event=event)
    first.refresh_from_db()
    assert (first.abstract, first.doi, first.pmid) == ("Short.", "", "")


def test_the_absorbed_of_an_absorbed_report_point_to_the_one_that_stands(review: Review, lead: User) -> None:
    a, b, c = factories.reports(review, 3)
    duplicates.merge(by=lead, kept=b, absorbed=c, rule="by hand")
    duplicates.merge(by=lead, kept=a, absorbed=b, rule="by hand")
    c.refresh_from_db()
    assert c.canonical_id == a.pk


def test_undoing_one_merge_leaves_the_others(review: Review, lead: User) -> None:
    a, b, c = factories.reports(review, 3)
    first = duplicates.merge(by=lead, kept=b, absorbed=c, rule="by hand")
    duplicates.merge(by=lead, kept=a, absorbed=b, rule="by hand")

    undone = duplicates.split(by=lead, event=first)

    assert (undone.kind, undone.undoes_id) == (MergeKind.SPLIT, first.pk)
    assert _standing(review) == {a.pk, c.pk}
    assert OutboxEvent.objects.filter(topic="reports.split").count() == 1
    assert AuditEvent.objects.filter(verb="reports.split").count() == 1
    with pytest.raises(duplicates.AlreadyUndone):
        duplicates.split(by=lead, event=first)
    with pytest.raises(duplicates.AlreadyUndone):
        duplicates.split(by=lead, event=undone)


def test_reports_that_are_one_are_not_merged_again(review: Review, lead: User) -> None:
    a, b = factories.reports(review, 2)
    duplicates.merge(by=lead, kept=a, absorbed=b, rule="by hand")
    with pytest.raises(duplicates.AlreadyMerged):
        duplicates.merge(by=lead, kept=b, absorbed=a, rule="by hand")


def test_what_a_person_split_is_not_merged_by_a_rule_again(review: Review, lead: User) -> None:
    paper(review)
    paper(review)
    find(review)
    duplicates.split(by=lead, event=MergeEvent.objects.get())

    assert find(review) == 0
    assert len(_standing(review)) == 2
    assert not DuplicateSuggestion.objects.filter(state=SuggestionState.OPEN).exists()


def test_told_apart_holds_for_what_was_merged_into_the_two(review: Review, lead: User) -> None:
    a = paper(review)
    b = factories.report(review, "A wholly other thing", year=1999)
    c = paper(review)
    duplicates.remember_distinct(by=lead, review_id=review.pk, one=b.pk, other=c.pk)
    duplicates.merge(by=lead, kept=a, absorbed=b, rule="by hand")

    assert find(review) == 0
    assert _standing(review) == {a.pk, c.pk}


def test_a_person_may_merge_what_was_once_told_apart(review: Review, lead: User) -> None:
    a, b = factories.reports(review, 2)
    duplicates.remember_distinct(by=lead, review_id=review.pk, one=b.pk, other=a.pk)
    duplicates.merge(by=lead, kept=a, absorbed=b, rule="by hand")
    assert DuplicateSuggestion.objects.get().state == SuggestionState.MERGED


def test_two_articles_are_not_chained_into_one_by_a_record_between(review: Review) -> None:
    first = paper(review, pmid="11")
    paper(review)
    find(review)
    last = paper(review, pmid="22", title=TITLE)

    find(review)

    assert _standing(review) == {first.pk, last.pk}


@pytest.fixture
def suggestion(review: Review) -> DuplicateSuggestion:
    """Two reports that look alike, and no more."""
    first, second = paper(review), paper(review, title=TITLE + ": final report", year=2021)
    return DuplicateSuggestion.objects.create(
        review=review, first=first, second=second, rule="like_title", score=0.9, evidence={"title": 0.91}
    )


def test_a_confirmed_suggestion_is_a_merge_by_that_person(
    suggestion: DuplicateSuggestion, reviewer: User
) -> None:
    event = duplicates.decide_merge(by=reviewer, suggestion=suggestion)
    suggestion.refresh_from_db()
    assert (suggestion.state, suggestion.decided_by) == (SuggestionState.MERGED, reviewer)
    assert (event.by, event.rule, event.evidence) == (reviewer, "confirmed: like_title", {"title": 0.91})


def test_a_settled_suggestion_is_not_settled_again(
    suggestion: DuplicateSuggestion, reviewer: User, second_reviewer: User
) -> None:
    duplicates.decide_distinct(by=reviewer, suggestion=suggestion)
    with pytest.raises(duplicates.AlreadySettled):
        duplicates.decide_merge(by=second_reviewer, suggestion=suggestion)
    with pytest.raises(duplicates.AlreadySettled):
        duplicates.decide_distinct(by=second_reviewer, suggestion=suggestion)


def test_not_duplicates_is_said_once_for_all_that_the_two_hold(
    suggestion: DuplicateSuggestion, review: Review, lead: User
) -> None:
    third = factories.report(review, "A copy of the first")
    other = DuplicateSuggestion.objects.create(
        review=review, first=suggestion.second, second=third, rule="like_title", score=0.8
    )
    duplicates.merge(by=lead, kept=suggestion.first, absorbed=third, rule="by hand")

    duplicates.decide_distinct(by=lead, suggestion=suggestion)

    other.refresh_from_db()
    assert other.state == SuggestionState.DISTINCT


def test_observers_settle_nothing(suggestion: DuplicateSuggestion, observer: User, lead: User) -> None:
    with pytest.raises(NotAllowed):
        duplicates.decide_distinct(by=observer, suggestion=suggestion)
    with pytest.raises(NotAllowed):
        duplicates.decide_merge(by=observer, suggestion=suggestion)
    event = duplicates.merge(by=lead, kept=suggestion.first, absorbed=suggestion.second, rule="by hand")
    with pytest.raises(NotAllowed):
        duplicates.split(by=observer, event=event)


def test_the_database_keeps_one_undo_a_merge(review: Review, lead: User) -> None:
    a, b = factories.reports(review, 2)
    event = duplicates.merge(by=lead, kept=a, absorbed=b, rule="by hand")
    duplicates.split(by=lead, event=event)
    with pytest.raises(IntegrityError), transaction.atomic():
        MergeEvent.objects.create(
            review=review, kind=MergeKind.SPLIT, kept=a, absorbed=b, rule="undone", undoes=event, seq=99
        )


@pytest.mark.parametrize("seed", range(8))
def test_any_run_of_merges_and_undos_is_what_a_rebuild_gives(review: Review, lead: User, seed: int) -> None:
    rng = random.Random(seed)
    reports = factories.reports(review, 7)
    ids = {report.pk for report in reports}
    for _ in range(25):
        done = MergeEvent.objects.filter(kind=MergeKind.MERGE, undone_by__isnull=True)
        if done.exists() and rng.random() < 0.4:
            duplicates.split(by=lead, event=rng.choice(list(done.order_by("id"))))
        else:
            kept, absorbed = rng.sample(reports, 2)
            roots = dict(
                Report.objects.filter(pk__in=(kept.pk, absorbed.pk)).values_list("pk", "canonical_id")
            )
            if len({roots[pk] or pk for pk in roots}) == 2:
                duplicates.merge(by=lead, kept=kept, absorbed=absorbed, rule="by hand")
        canonicals = dict(Report.objects.values_list("pk", "canonical_id"))
        assert all(canonicals[pk] is None for pk in canonicals.values() if pk is not None)
        assert duplicates.rebuild_canonicals(ids) == 0


def test_looking_among_many_takes_no_query_for_each(review: Review) -> None:
    asked = []
    for how_many in (3, 40):
        factories.reports(review, 40)
        factories.reports(review, how_many)
        last = SearchRun.objects.filter(review=review).latest("id")
        with CaptureQueriesContext(connection) as queries:
            finding.find_duplicates(review_id=review.pk, run_id=last.pk)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 16
