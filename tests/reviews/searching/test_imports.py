"""Files of references: refused whole, or taken whole with every problem named."""

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from reviews.errors import InvalidInput, NotAllowed
from reviews.formats import UnknownFormat
from reviews.models import Record, Report, Review, RunState, SearchRun, Sighting, Source, User
from reviews.services import import_reading, imports, searches
from tests import factories


def ris(*titles: str, extra: str = "") -> bytes:
    return "".join(
        f"TY  - JOUR\nTI  - {title}\nAU  - Family, Given\nPY  - 2021\n{extra}ER  - \n\n" for title in titles
    ).encode()


@pytest.fixture
def source(review: Review) -> Source:
    return factories.source(review, "Embase")


@pytest.fixture
def take(source: Source, lead: User) -> Callable[..., SearchRun]:
    """Import a file and let the worker read it."""

    def import_and_read(content: bytes, name: str = "export.ris", again: bool = False) -> SearchRun:
        run = imports.import_file(
            by=lead, source=source, name=name, file=ContentFile(content, name), again=again
        )
        searches.execute(run.pk)
        run.refresh_from_db()
        return run

    return import_and_read


def test_a_file_becomes_records_and_reports(take: Callable[..., SearchRun]) -> None:
    run = take(ris("First trial", "Second trial"))

    assert (run.state, run.found, run.received, run.new, run.known) == (RunState.COMPLETE, 2, 2, 2, 0)
    assert [record.row for record in run.records.order_by("row")] == [1, 2]
    assert set(Report.objects.values_list("title", flat=True)) == {"First trial", "Second trial"}
    assert all(record.seq == run.seq for record in run.records.all())


def test_the_day_of_the_search_is_kept(source: Source, lead: User) -> None:
    run = imports.import_file(
        by=lead,
        source=source,
        name="a.ris",
        file=ContentFile(ris("One")),
        searched_on=date(2024, 5, 1),
    )
    assert run.searched_on == date(2024, 5, 1)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("paper.pdf", b"%PDF-1.7 ...", UnknownFormat),
        ("empty.ris", b"", InvalidInput),
        ("notes.txt", b"Dear colleague, here they are.", UnknownFormat),
    ],
)
def test_what_is_no_file_of_references_is_refused_at_once(
    source: Source, lead: User, name: str, content: bytes, error: type[InvalidInput]
) -> None:
    with pytest.raises(error):
        imports.import_file(by=lead, source=source, name=name, file=ContentFile(content))
    assert not SearchRun.objects.exists()


def test_observers_and_outsiders_import_nothing(source: Source, observer: User, outsider: User) -> None:
    for person in (observer, outsider):
        with pytest.raises(NotAllowed):
            imports.import_file(by=person, source=source, name="a.ris", file=ContentFile(ris("One")))


def test_the_same_file_twice_is_noticed(take: Callable[..., SearchRun]) -> None:
    take(ris("First trial", "Second trial"))
    with pytest.raises(imports.SameFile):
        take(ris("First trial", "Second trial"), name="renamed.ris")

    again = take(ris("First trial", "Second trial"), again=True)

    assert (again.new, again.known) == (0, 2)
    assert Sighting.objects.filter(run=again).count() == 2
    assert Report.objects.count() == 2


def test_a_repeated_row_is_a_record_of_the_same_report_and_is_named(take: Callable[..., SearchRun]) -> None:
    run = take(ris("First trial", "Second trial", "First trial", "First trial"))

    assert (run.received, run.new, run.problems) == (4, 4, 2)
    assert Report.objects.filter(title="First trial").count() == 1
    assert Report.objects.get(title="First trial").filed.count() == 3
    problem = run.problem_rows.get(row=3)
    assert problem.code == "repeated"
    assert problem.detail == "The same as row 1: First trial"


def test_a_row_repeated_in_a_later_file_is_named_too(take: Callable[..., SearchRun]) -> None:
    take(ris("First trial"))

    run = take(ris("First trial", "Second trial", "First trial"))

    assert (run.received, run.new, run.known, run.problems) == (3, 2, 1, 1)


def test_repeated_rows_of_the_same_file_are_found_again_as_they_were(take: Callable[..., SearchRun]) -> None:
    take(ris("First trial", "First trial", "Second trial"))

    again = take(ris("First trial", "First trial", "Second trial"), again=True)

    assert (again.received, again.new, again.known) == (3, 0, 3)
    assert Report.objects.count() == 2


def test_every_problem_of_a_file_is_kept_with_its_row(take: Callable[..., SearchRun]) -> None:
    run = take(ris("First trial").replace(b"ER  - \n\n", b"") + ris("Second trial"))

    assert (run.state, run.new) == (RunState.COMPLETE, 2)
    assert {(problem.row, problem.code) for problem in run.problem_rows.all()} == {(1, "missing_end")}
    assert run.problems == 1


def test_a_file_that_breaks_later_fails_with_a_sentence_and_can_be_read_again(
    take: Callable[..., SearchRun], source: Source, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(run: SearchRun) -> None:
        raise InvalidInput("This file cannot be read: the disk was away.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_reading, "bundles", broken)
        failed = take(ris("First trial"))
    assert (failed.state, failed.error) == (RunState.FAILED, "This file cannot be read: the disk was away.")

    again = imports.read_again(by=lead, run=failed)
    searches.execute(again.pk)

    again.refresh_from_db()
    assert (again.state, again.new, again.file_name) == (RunState.COMPLETE, 1, "export.ris")
    with pytest.raises(imports.SameFile):
        imports.read_again(by=lead, run=failed)
    with pytest.raises(InvalidInput, match="Only an import that failed"):
        imports.read_again(by=lead, run=again)


def test_reading_resumes_after_the_last_batch(
    source: Source, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_reading, "BATCH_SIZE", 10)
    run = imports.import_file(
        by=lead, source=source, name="a.ris", file=ContentFile(ris(*(f"Trial {n}" for n in range(35))))
    )
    first = next(iter(import_reading.bundles(run)))
    assert (len(first.records), first.checkpoint) == (10, {"row": 10})
    run.checkpoint = {"row": 10}

    rest = list(import_reading.bundles(run))

    assert [record.title for bundle in rest for record in bundle.records] == [
        f"Trial {n}" for n in range(10, 35)
    ]
    assert rest[-1].run_fields == {"found": 35}


def test_a_record_under_a_stray_line_is_read_when_reading_resumes_there(
    source: Source, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_reading, "BATCH_SIZE", 10)
    rows = [f"Trial {n},Family,2021\n" for n in range(15)]
    header = "Title,Authors,Year\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("one.csv", header + "".join(rows[:10]))
        archive.writestr("two.csv", "Exported for the review of colds\n" + header + "".join(rows[10:]))
    run = imports.import_file(by=lead, source=source, name="a.zip", file=ContentFile(packed.getvalue()))
    first = next(iter(import_reading.bundles(run)))
    run.checkpoint = first.checkpoint

    rest = list(import_reading.bundles(run))

    assert [record.title for bundle in rest for record in bundle.records] == [
        f"Trial {n}" for n in range(10, 15)
    ]
    told = [problem.code for bundle in (first, *rest) for problem in bundle.problems]
    assert told == ["stray_text"]


def test_rows_that_are_refused_fill_a_batch_too(
    source: Source, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_reading, "BATCH_SIZE", 10)
    broken = "<PubmedArticle><MedlineCitation></PubmedArticle>\n" * 25
    text = f"<PubmedArticleSet>{broken}</PubmedArticleSet>"
    run = imports.import_file(by=lead, source=source, name="a.xml", file=ContentFile(text.encode()))

    batches = list(import_reading.bundles(run))

    assert [len(batch.problems) for batch in batches] == [10, 10, 5]
    assert [batch.checkpoint for batch in batches] == [{"row": 10}, {"row": 20}, {"row": 25}]


def test_two_versions_in_one_file_are_a_revision(take: Callable[..., SearchRun]) -> None:
    old = ris("Early title", extra="AN  - 7788\n")
    run = take(old + ris("Late title", extra="AN  - 7788\n"))

    assert (run.received, run.new, run.revised) == (2, 1, 1)
    newer = Record.objects.get(title="Late title")
    assert newer.revises == Record.objects.get(title="Early title")
    assert Report.objects.get().title == "Late title"


def test_oversized_cells_are_cut_and_kept_in_the_raw_text(take: Callable[..., SearchRun]) -> None:
    run = take(ris("Long", extra=f"VL  - {'9' * 500}\n"))

    record = run.records.get()
    assert len(record.volume) == 80


@pytest.mark.shared
def test_the_references_of_a_published_review_come_in_whole(
    take: Callable[..., SearchRun], shared_dir: Path
) -> None:
    path = shared_dir / "data" / "cart-all" / "references.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        titles = [row["title"] for row in csv.DictReader(stream)]

    run = take(path.read_bytes(), name="references.csv")

    assert (run.state, run.received) == (RunState.COMPLETE, len(titles))
    assert run.new == len(titles)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "records"),
    [("ris/restoration_scopus.ris", 286), ("nbib/restoration_pubmed.nbib", 104)],
)
def test_exports_of_databases_come_in_whole(
    take: Callable[..., SearchRun], shared_dir: Path, name: str, records: int
) -> None:
    run = take((shared_dir / "data" / "ingest" / name).read_bytes(), name=Path(name).name)

    assert (run.state, run.received) == (RunState.COMPLETE, records)
    assert run.new == records
