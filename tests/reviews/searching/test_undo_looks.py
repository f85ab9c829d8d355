"""A newer version that a run came upon by looking at what is held goes and comes with what was found."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from reviews.models import Look, Record, Report, Review, RunMode, RunState, SearchRun, Source, User
from reviews.services import outbox, searches, standing, undoing
from tests.fakes.corpus import articles, revised
from tests.fakes.eutils import FakeEutils

TITLE = "A corrected report"


@pytest.fixture(autouse=True)
def years_ago(pubmed: FakeEutils) -> None:
    """What is in the fake was entered long ago, so that an update does not find it once more."""
    pubmed.corpus = articles(5, first_entered=timezone.localdate() - timedelta(days=400))


def run_of(source: Source, by: User, mode: RunMode) -> SearchRun:
    run = searches.request_run(by=by, source=source, mode=mode)
    searches.execute(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE, run.error
    return run


def revise(pubmed: FakeEutils, title: str = TITLE) -> None:
    third = next(article for article in pubmed.corpus if article.pmid == "30000003")
    pubmed.add(revised(third, on=timezone.localdate(), title=title))


def counted(review: Review) -> list[str]:
    found = Record.objects.filter(review=review, seq__isnull=False).order_by("pk")
    return list(found.values_list("title", flat=True))


def snapshot(review: Review) -> list[object]:
    return [
        *Record.objects.filter(review=review).order_by("pk").values_list("pk", "seq", "revises_id"),
        *Report.objects.filter(review=review).order_by("pk").values_list("pk", "title"),
    ]


@pytest.mark.parametrize("mode", [RunMode.SWEEP, RunMode.UPDATE])
def test_a_version_that_a_look_brought_leaves_with_the_run_that_found_the_record(
    pubmed: FakeEutils, source: Source, review: Review, lead: User, mode: RunMode
) -> None:
    first = run_of(source, lead, RunMode.FULL)
    revise(pubmed)
    look = run_of(source, lead, mode)
    assert look.revised == 1
    before = snapshot(review)
    effect = standing.effect(first)
    assert (effect.records, len(effect.reports)) == (6, 5)

    fact = undoing.undo(by=lead, run=first)

    assert counted(review) == []
    assert fact.records == 6
    assert standing.differences(review.pk) == []
    back = undoing.restore(by=lead, run=first)
    assert back.records == 6
    assert snapshot(review) == before
    assert standing.differences(review.pk) == []


def test_an_undone_look_gives_way_to_the_version_that_was_found(
    pubmed: FakeEutils, source: Source, review: Review, lead: User
) -> None:
    run_of(source, lead, RunMode.FULL)
    revise(pubmed)
    look = run_of(source, lead, RunMode.SWEEP)
    assert standing.effect(look).records == 1

    undoing.undo(by=lead, run=look)

    assert TITLE not in counted(review)
    assert len(counted(review)) == 5
    assert standing.differences(review.pk) == []


def test_a_later_search_that_found_the_record_keeps_every_version(
    pubmed: FakeEutils, source: Source, review: Review, lead: User
) -> None:
    first = run_of(source, lead, RunMode.FULL)
    revise(pubmed)
    run_of(source, lead, RunMode.SWEEP)
    revise(pubmed, "A report corrected once more")
    later = run_of(source, lead, RunMode.FULL)
    assert (later.known, later.revised) == (5, 1)
    assert Look.objects.count() == 2
    assert standing.effect(first).records == 1  # of the one with three versions, the first

    undoing.undo(by=lead, run=first)

    assert counted(review)[-2:] == [TITLE, "A report corrected once more"]
    assert len(counted(review)) == 6
    assert standing.differences(review.pk) == []
    undoing.undo(by=lead, run=later)
    assert counted(review) == []
    undoing.restore(by=lead, run=first)
    assert len(counted(review)) == 6
    assert "A report corrected once more" not in counted(review)
    assert standing.differences(review.pk) == []


def test_a_record_that_goes_back_to_what_it_said_is_not_found_by_the_look(
    pubmed: FakeEutils, source: Source, review: Review, lead: User
) -> None:
    first = run_of(source, lead, RunMode.FULL)
    as_it_was = pubmed.corpus[2]
    revise(pubmed)
    run_of(source, lead, RunMode.SWEEP)
    pubmed.add(replace(as_it_was, revised=timezone.localdate()))
    run_of(source, lead, RunMode.SWEEP)

    undoing.undo(by=lead, run=first)

    assert counted(review) == []
    assert standing.differences(review.pk) == []


def test_a_version_that_waits_comes_back_when_another_run_finds_the_record(
    pubmed: FakeEutils, source: Source, review: Review, lead: User
) -> None:
    first = run_of(source, lead, RunMode.FULL)
    as_it_was = pubmed.corpus[2]
    revise(pubmed)
    run_of(source, lead, RunMode.SWEEP)
    undoing.undo(by=lead, run=first)
    pubmed.add(as_it_was)

    run_of(source, lead, RunMode.FULL)
    outbox.relay()

    assert TITLE in counted(review)
    assert len(counted(review)) == 6
    assert standing.differences(review.pk) == []
    latest = Record.objects.get(revised_by__isnull=True, title=as_it_was.title)
    assert Report.objects.filter(filed__record=latest).get().title == as_it_was.title


def test_what_a_look_brought_and_a_search_finds_later_is_found(
    pubmed: FakeEutils, source: Source, review: Review, lead: User
) -> None:
    first = run_of(source, lead, RunMode.FULL)
    revise(pubmed)
    look = run_of(source, lead, RunMode.SWEEP)
    undoing.undo(by=lead, run=first)

    run_of(source, lead, RunMode.FULL)
    outbox.relay()

    assert TITLE in counted(review)
    assert len(counted(review)) == 5
    assert standing.differences(review.pk) == []
    undoing.undo(by=lead, run=look)
    assert TITLE in counted(review)
    assert standing.differences(review.pk) == []
