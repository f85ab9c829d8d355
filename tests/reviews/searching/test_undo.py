"""An import is undone at any time: its records leave the counts, its history stays, restoring is exact."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile

from reviews.errors import NotAllowed
from reviews.models import (
    AuditEvent,
    DuplicateSuggestion,
    MergeEvent,
    Record,
    Report,
    Review,
    RunState,
    RunUndo,
    SearchRun,
    Source,
    SuggestionState,
    User,
)
from reviews.services import duplicates, imports, searches, standing, undoing
from tests import factories

Take = Callable[..., SearchRun]


def ris(*entries: tuple[str, str]) -> bytes:
    """Records of (title, accession number); without a number where that is empty."""
    written = []
    for title, number in entries:
        named = f"AN  - {number}\n" if number else ""
        written.append(f"TY  - JOUR\nTI  - {title}\nAU  - Adams, J\nPY  - 2021\n{named}ER  - \n\n")
    return "".join(written).encode()


@pytest.fixture
def source(review: Review) -> Source:
    return factories.source(review, "Embase")


@pytest.fixture
def take(source: Source, lead: User) -> Take:
    def import_and_read(*entries: tuple[str, str], of: Source = source) -> SearchRun:
        content = ContentFile(ris(*entries), "export.ris")
        run = imports.import_file(by=lead, source=of, name="export.ris", file=content, again=True)
        searches.execute(run.pk)
        run.refresh_from_db()
        assert run.state == RunState.COMPLETE
        return run

    return import_and_read


def snapshot(review: Review) -> list[tuple[Any, ...]]:
    """All that an undo moves and a restore gives back."""
    records = Record.objects.filter(review=review).order_by("pk")
    reports = Report.objects.filter(review=review).order_by("pk")
    pairs = DuplicateSuggestion.objects.filter(review=review).order_by("pk")
    return [
        *records.values_list("pk", "seq", "run_id", "revises_id"),
        *reports.values_list("pk", "title", "authors", "year", "canonical_id"),
        *pairs.values_list("pk", "state"),
    ]


def counted(review: Review) -> list[str]:
    found = Record.objects.filter(review=review, seq__isnull=False)
    return sorted(found.values_list("title", flat=True))


def test_the_records_of_an_undone_import_count_no_more_and_nothing_is_deleted(
    take: Take, review: Review, lead: User
) -> None:
    kept, run = take(("First", "1")), take(("Second", "2"), ("Third", "3"))

    fact = undoing.undo(by=lead, run=run, reason="The wrong export")

    run.refresh_from_db()
    assert (run.state, run.new) == (RunState.UNDONE, 2)
    assert (fact.records, fact.reason, fact.kind) == (2, "The wrong export", "undone")
    assert counted(review) == ["First"]
    assert Record.objects.filter(run=run).count() == 2
    assert AuditEvent.objects.filter(verb="run.undone", target_id=run.pk).count() == 1
    assert kept.state == RunState.COMPLETE


def test_restoring_gives_back_what_was(take: Take, review: Review, lead: User) -> None:
    take(("First", "1"))
    run = take(("Second", "2"), ("Second", "2"), ("Third", ""))
    before = snapshot(review)

    undoing.undo(by=lead, run=run)
    assert snapshot(review) != before
    fact = undoing.restore(by=lead, run=run)

    assert snapshot(review) == before
    assert (fact.kind, fact.records) == ("restored", 3)
    assert standing.differences(review.pk) == []


def test_a_record_that_a_later_import_found_again_stays_and_is_listed_there(
    take: Take, review: Review, lead: User
) -> None:
    first = take(("Both", "1"), ("Only here", "2"))
    second = take(("Both", "1"), ("New", "3"))
    before = snapshot(review)

    undoing.undo(by=lead, run=first)

    assert counted(review) == ["Both", "New"]
    assert Record.objects.get(title="Both").seq == second.seq
    undoing.undo(by=lead, run=second)
    assert counted(review) == []
    undoing.restore(by=lead, run=second)
    assert counted(review) == ["Both", "New"]
    undoing.restore(by=lead, run=first)
    assert snapshot(review) == before


def test_a_revision_gives_way_to_the_version_before(take: Take, review: Review, lead: User) -> None:
    take(("Early title", "1"))
    run = take(("Late title", "1"))
    before = snapshot(review)
    assert Report.objects.get(review=review).title == "Late title"

    undoing.undo(by=lead, run=run)

    assert Report.objects.get(review=review).title == "Early title"
    assert Record.objects.get(title="Late title").revises is None
    undoing.restore(by=lead, run=run)
    assert snapshot(review) == before


def test_a_version_in_the_middle_is_left_out_and_comes_back_to_its_place(
    take: Take, review: Review, lead: User
) -> None:
    take(("Early title", "1"))
    middle = take(("Middle title", "1"))
    take(("Late title", "1"))
    before = snapshot(review)

    undoing.undo(by=lead, run=middle)

    late = Record.objects.get(title="Late title")
    assert late.revises is not None
    assert late.revises.title == "Early title"
    assert Report.objects.get(review=review).title == "Late title"
    undoing.restore(by=lead, run=middle)
    assert snapshot(review) == before


def test_a_merged_report_is_made_of_what_is_left(take: Take, review: Review, lead: User) -> None:
    take(("A trial of zinc", "1"))
    other = factories.source(review, "Scopus")
    run = take(("A trial of zinc in adults with colds", "2"), of=other)
    short, long = Report.objects.filter(review=review).order_by("pk")
    duplicates.merge(by=lead, kept=long, absorbed=short, rule="told")
    before = snapshot(review)

    undoing.undo(by=lead, run=run)

    assert Report.objects.get(pk=long.pk).title == "A trial of zinc"
    assert MergeEvent.objects.count() == 1
    undoing.restore(by=lead, run=run)
    assert snapshot(review) == before


def test_a_question_about_a_report_that_left_waits_aside(take: Take, review: Review, lead: User) -> None:
    take(("A trial of zinc", "1"))
    run = take(("A trial of zinc, again", "2"))
    first, second = Report.objects.filter(review=review).order_by("pk")
    pair = DuplicateSuggestion.objects.create(
        review=review, first=first, second=second, rule="alike", score=0.9
    )

    undoing.undo(by=lead, run=run)
    pair.refresh_from_db()
    assert pair.state == SuggestionState.AWAY

    undoing.restore(by=lead, run=run)
    pair.refresh_from_db()
    assert pair.state == SuggestionState.OPEN


def test_the_effect_is_told_beforehand(take: Take, review: Review) -> None:
    first = take(("Both", "1"), ("Only here", "2"))
    take(("Both", "1"))

    effect = standing.effect(first)

    assert (effect.records, effect.found_elsewhere) == (1, 1)
    assert effect.reports == {Report.objects.get(title="Only here").pk}
    assert counted(review) == ["Both", "Only here"]


def test_a_publication_leaves_when_no_record_of_it_stays_also_over_a_merge(
    take: Take, review: Review, lead: User
) -> None:
    other = factories.source(review, "Scopus")
    take(("Kept by another", "1"), of=other)
    take(("All of this run", "2"), of=other)
    run = take(("Merged with another", "3"), ("One", "4"), ("The same as one", "5"), ("Alone", "6"))
    undoing.undo(by=lead, run=SearchRun.objects.get(records__title="All of this run"))
    reports = {report.title: report for report in Report.objects.filter(review=review)}
    for kept, absorbed in (
        ("Kept by another", "Merged with another"),
        ("One", "The same as one"),
        ("All of this run", "Alone"),
    ):
        duplicates.merge(by=lead, kept=reports[kept], absorbed=reports[absorbed], rule="by hand")

    effect = standing.effect(run)

    assert (effect.records, effect.found_elsewhere) == (4, 0)
    assert effect.reports == {reports[title].pk for title in ("One", "All of this run")}


def test_a_run_is_undone_once_and_restored_once(take: Take, lead: User) -> None:
    run = take(("First", "1"))
    with pytest.raises(undoing.NotUndone):
        undoing.restore(by=lead, run=run)
    undoing.undo(by=lead, run=run)
    with pytest.raises(undoing.NotUndoable):
        undoing.undo(by=lead, run=run)
    undoing.restore(by=lead, run=run)
    with pytest.raises(undoing.NotUndone):
        undoing.restore(by=lead, run=run)
    assert RunUndo.objects.count() == 2


def test_nothing_is_undone_while_its_source_is_being_read(take: Take, source: Source, lead: User) -> None:
    run = take(("First", "1"))
    reading = take(("Second", "2"))
    SearchRun.objects.filter(pk=reading.pk).update(state=RunState.RUNNING)
    with pytest.raises(undoing.SourceBusy, match="Embase is being read"):
        undoing.undo(by=lead, run=run)


def test_observers_and_outsiders_undo_nothing(
    take: Take, review: Review, observer: User, outsider: User
) -> None:
    run = take(("First", "1"))
    for person in (observer, outsider):
        with pytest.raises(NotAllowed):
            undoing.undo(by=person, run=run)
    assert counted(review) == ["First"]


def test_the_same_file_may_come_again_after_it_was_undone(take: Take, source: Source, lead: User) -> None:
    content = ris(("First", "1"))
    run = imports.import_file(by=lead, source=source, name="a.ris", file=ContentFile(content, "a.ris"))
    searches.execute(run.pk)
    undoing.undo(by=lead, run=run)

    again = imports.import_file(by=lead, source=source, name="a.ris", file=ContentFile(content, "a.ris"))

    assert again.state == RunState.QUEUED


def test_records_of_an_undone_import_that_come_again_are_the_same_records(
    take: Take, review: Review, lead: User
) -> None:
    first = take(("Same", "1"), ("Left out", "2"))
    undoing.undo(by=lead, run=first)

    second = take(("Same", "1"))

    assert counted(review) == ["Same"]
    assert Report.objects.filter(review=review).count() == 2
    assert standing.differences(review.pk) == []
    undoing.restore(by=lead, run=first)
    assert counted(review) == ["Left out", "Same"]
    undoing.undo(by=lead, run=second)
    assert counted(review) == ["Left out", "Same"]
    assert standing.differences(review.pk) == []


def test_a_changed_record_that_comes_after_an_undo_keeps_its_report(
    take: Take, review: Review, lead: User
) -> None:
    first = take(("Without abstract", "1"))
    report = Report.objects.get(review=review)
    undoing.undo(by=lead, run=first)

    second = take(("With abstract", "1"))

    assert (second.new, second.revised) == (1, 0)  # what it revises counts no more
    assert Report.objects.get(review=review).pk == report.pk
    assert Report.objects.get(review=review).title == "With abstract"
    undoing.restore(by=lead, run=first)
    assert counted(review) == ["With abstract", "Without abstract"]
    assert Report.objects.get(review=review).title == "With abstract"
    assert standing.differences(review.pk) == []
