"""Batches of records: told apart, written at once or not at all, whatever their fields hold."""

import threading
from dataclasses import replace

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reviews import sequence
from reviews.formats import ParsedRecord
from reviews.models import (
    Record,
    RecordReport,
    Report,
    Review,
    ReviewCounter,
    RunState,
    RunTrigger,
    SearchRun,
    Sighting,
    Source,
    User,
)
from reviews.selectors.records import raw_text
from reviews.services import bulk, import_reading, imports, records, searches
from tests import factories

PLAIN = ParsedRecord(
    external_id="",
    title="A trial",
    abstract="It was done.",
    authors=("Berg, Anna",),
    year=2020,
    journal="Journal of Fever",
    volume="1",
    issue="2",
    pages="3-4",
    doi="",
    pmid="",
    language="eng",
    publication_types=("Journal Article",),
    keywords=("fever",),
    url="",
    raw="TY  - JOUR",
    row=1,
)


@pytest.fixture
def run(review: Review) -> SearchRun:
    return _run(factories.source(review, "Embase"))


def _run(source: Source) -> SearchRun:
    return SearchRun.objects.create(
        review=source.protocol.review, source=source, trigger=RunTrigger.FILE, state=RunState.RUNNING
    )


def _store(run: SearchRun, *parsed: ParsedRecord) -> records.Stored:
    with transaction.atomic():
        return records.store(run=run, parsed=parsed)


def _count_in(run: SearchRun) -> None:
    with transaction.atomic():
        records.refresh_reports(records.count_in(run=run, seq=sequence.take(run.review_id)))


def _filed(record: Record) -> int:
    return int(RecordReport.objects.values_list("report_id", flat=True).get(record=record))


def test_every_field_is_stored_as_it_was_read_with_its_source(run: SearchRun, review: Review) -> None:
    _store(run, replace(PLAIN, raw="TY  - JOUR\nTI  - Ärger – 患者", external_id="A1"))
    _count_in(run)

    record = Record.objects.get(run=run)
    for name in records.FIELDS:
        value = getattr(PLAIN, name)
        assert getattr(record, name) == (list(value) if isinstance(value, tuple) else value), name
        assert getattr(record.filed.report, name) == getattr(record, name), name
    assert raw_text(review, record.pk) == "TY  - JOUR\nTI  - Ärger – 患者"
    assert record.filed.report.created_at == record.recorded_at


def test_each_new_record_has_a_report_of_its_own(run: SearchRun) -> None:
    _store(run, *(replace(PLAIN, title=f"Trial {number}", row=number) for number in range(1, 41)))

    pairs = Record.objects.filter(run=run).order_by("row").values_list("title", "filed__report__title")
    assert list(pairs) == [(f"Trial {number}", f"Trial {number}") for number in range(1, 41)]
    assert Report.objects.filter(filed__record__run=run).distinct().count() == 40


def test_three_versions_in_one_batch_are_a_chain_of_one_report(run: SearchRun) -> None:
    versions = [replace(PLAIN, external_id="A1", title=f"Version {n}", row=n) for n in (1, 2, 3)]

    stored = _store(run, *versions)
    _count_in(run)

    first, second, third = Record.objects.filter(run=run).order_by("row")
    assert (stored.new, first.revises, second.revises, third.revises) == (3, None, first, second)
    assert {_filed(first), _filed(second), _filed(third)} == {_filed(first)}
    assert Report.objects.get(pk=_filed(first)).title == "Version 3"


def test_copies_found_again_in_another_batch_are_counted_once(run: SearchRun) -> None:
    _store(run, PLAIN, replace(PLAIN, row=2), replace(PLAIN, row=3))
    _count_in(run)
    later = _run(run.source)

    first = _store(later, PLAIN, replace(PLAIN, row=2))
    second = _store(later, replace(PLAIN, row=3), replace(PLAIN, row=4))

    assert (first.new, first.known, second.new, second.known) == (0, 2, 1, 1)
    assert Sighting.objects.filter(run=later).count() == 3
    assert Report.objects.filter(filed__record__source=run.source).distinct().count() == 1


def test_many_copies_of_one_row_are_all_found_again(run: SearchRun) -> None:
    rows = [replace(PLAIN, row=number) for number in range(1, 41)]
    _store(run, *rows)
    _count_in(run)

    again = _store(_run(run.source), *rows)

    assert (again.new, again.known, len(again.repeats)) == (0, 40, 39)


def test_what_a_failed_run_left_is_taken_over_as_a_revision(run: SearchRun) -> None:
    _store(run, replace(PLAIN, external_id="A1"))
    _count_in(run)
    failed = _run(run.source)
    _store(failed, replace(PLAIN, external_id="A1", title="Newer"))
    records.let_go(failed)

    stored = _store(_run(run.source), replace(PLAIN, external_id="A1", title="Newer", row=7))

    older, newer = Record.objects.filter(source=run.source).order_by("pk")
    assert (stored.new, newer.revises, newer.row) == (1, older, 7)
    assert _filed(newer) == _filed(older)


def test_a_batch_that_fails_half_way_leaves_nothing(run: SearchRun, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise DatabaseError("the disk is full")

    monkeypatch.setattr(records, "_add_filed", broken)
    with pytest.raises(DatabaseError):
        _store(run, PLAIN, replace(PLAIN, title="Another", row=2))

    assert not Record.objects.filter(run=run).exists()
    assert not Report.objects.filter(review=run.review).exists()
    monkeypatch.undo()
    assert _store(run, PLAIN).new == 1


@pytest.mark.parametrize("bad", ["a\x00b", "a\ud800b"], ids=["nul", "half a pair"])
def test_characters_that_no_database_takes_do_not_stop_a_batch(run: SearchRun, bad: str) -> None:
    _store(
        run,
        replace(PLAIN, external_id=bad, title=bad, authors=(bad,), keywords=(bad,), doi=bad, raw=bad),
        replace(PLAIN, row=2),
    )

    record = Record.objects.get(run=run, row=1)
    assert record.title in ("ab", "a\ufffdb")
    assert record.authors == record.keywords == [record.title]


def test_oversized_fields_are_cut_to_their_columns_and_kept_whole_in_the_source(
    run: SearchRun, review: Review
) -> None:
    huge = "x" * 300_000
    texts = ("title", "abstract", "journal", "volume", "issue", "pages", "doi", "pmid", "language", "url")
    long = replace(PLAIN, **dict.fromkeys(texts, huge), external_id=huge, raw=huge, year=99_999)  # type: ignore[arg-type]
    crowded = replace(PLAIN, row=2, authors=tuple(f"Author {number}" for number in range(10_000)))

    _store(run, long, crowded)
    _count_in(run)

    record, other = Record.objects.filter(run=run).order_by("row")
    assert (len(record.title), len(record.volume), len(record.external_id)) == (300_000, 80, 120)
    assert (record.year, raw_text(review, record.pk)) == (None, huge)
    assert len(other.authors) == 10_000


def test_a_batch_costs_as_many_queries_whatever_its_size(
    run: SearchRun, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with transaction.atomic(), django_assert_max_num_queries(20):
        records.store(
            run=run,
            parsed=[replace(PLAIN, external_id=str(n), title=f"Trial {n}", row=n) for n in range(1, 201)],
        )


def test_the_counter_of_the_review_is_taken_last_and_only_for_what_is_found_again(
    run: SearchRun, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(30) as first:
        _store(run, PLAIN)
    _count_in(run)
    SearchRun.objects.filter(pk=run.pk).update(state=RunState.COMPLETE)
    later = _run(run.source)
    with django_assert_max_num_queries(30) as asked:
        _store(later, PLAIN, replace(PLAIN, external_id="9", title="A new one", row=2))
    again = [query["sql"] for query in asked.captured_queries]

    counter = ReviewCounter._meta.db_table
    assert not any(counter in query["sql"] for query in first.captured_queries)
    taken = next(place for place, query in enumerate(again) if counter in query)
    assert all(f'INTO "{Record._meta.db_table}"' not in query for query in again[taken:])
    assert any(f'INTO "{Sighting._meta.db_table}"' in query for query in again[taken:])


def test_many_reports_are_refreshed_in_a_few_queries(
    review: Review, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    made = factories.reports(review, 60)
    pairs = list(zip(made[::2], made[1::2], strict=True))
    for kept, absorbed in pairs:
        Record.objects.filter(filed__report=absorbed).update(
            abstract="A much longer abstract than the other."
        )
        Report.objects.filter(pk=absorbed.pk).update(canonical=kept)

    with django_assert_max_num_queries(6):
        records.refresh_reports([kept.pk for kept, _ in pairs])

    found = Report.objects.filter(pk__in=[kept.pk for kept, _ in pairs])
    assert set(found.values_list("abstract", flat=True)) == {"A much longer abstract than the other."}


def test_keys_are_taken_once(run: SearchRun) -> None:
    with transaction.atomic():
        ids = bulk.take_ids(Report, 5)
        rows = [(pk, run.review_id, "One", *_BLANK) for pk in ids]
        bulk.insert(Report, ["id", "review_id", "title", *_REST], rows=rows)
        more = bulk.take_ids(Report, 3)

    assert len({*ids, *more}) == 8
    assert Report.objects.create(review=run.review, title="By hand").pk not in ids


@pytest.mark.parametrize(
    "texts",
    [
        [("", "")],
        [("", "b")],
        [("", ""), ("a", "")],
        [("a\x1fb", "c"), ("d", "e")],
        [("'", "\\"), ("é", "%s")],
    ],
)
@pytest.mark.django_db
def test_any_text_can_be_joined_with(texts: list[tuple[str, str]]) -> None:
    table, parameters = bulk.pairs("text", texts)

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pair.one, pair.other FROM {table}", parameters)
        found = cursor.fetchall()

    assert sorted(found) == sorted(texts)


def test_records_that_are_very_large_make_smaller_batches(
    review: Review, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_reading, "BATCH_LETTERS", 100)
    text = "".join(f"TY  - JOUR\nTI  - {n} {'a' * 40}\nER  - \n" for n in range(5))
    run = imports.import_file(
        by=lead,
        source=factories.source(review, "Embase"),
        name="a.ris",
        file=ContentFile(text.encode(), "a.ris"),
    )

    batches = list(import_reading.bundles(run))

    assert [len(batch.records) for batch in batches] == [2, 2, 1]
    assert [batch.checkpoint for batch in batches] == [{"row": 2}, {"row": 4}, {"row": 5}]


_REST = [name for name in records.FIELDS if name != "title"] + ["created_at"]
_BLANK: list[object] = [
    [] if name in ("authors", "publication_types", "keywords") else None if name == "year" else ""
    for name in records.FIELDS
    if name != "title"
] + [timezone.now()]


@pytest.mark.usefixtures("flushable")
def test_files_for_two_sources_come_in_at_once(review: Review, lead: User) -> None:
    runs = []
    for name in ("Embase", "Scopus"):
        text = "".join(f"TY  - JOUR\nTI  - {name} {n}\nAN  - {n}\nER  - \n" for n in range(1200))
        source = factories.source(review, name)
        runs.append(
            imports.import_file(
                by=lead, source=source, name="a.ris", file=ContentFile(text.encode(), "a.ris")
            )
        )

    def work(run_id: int) -> None:
        searches.execute(run_id)
        connection.close()

    threads = [threading.Thread(target=work, args=(run.pk,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)

    for run in runs:
        run.refresh_from_db()
        assert (run.state, run.received, run.new) == (RunState.COMPLETE, 1200, 1200)
        assert Record.objects.filter(run=run, seq=run.seq).count() == 1200
    assert Report.objects.filter(review=review).count() == 2400
    assert RecordReport.objects.values("report").distinct().count() == 2400
