"""An uploaded file is looked through, shown, and imported only when a person says so."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from reviews.errors import InvalidInput, NotAllowed
from reviews.formats import UnknownFormat, UnreadableFile
from reviews.models import Record, Review, RunState, SearchRun, Source, User
from reviews.services import import_reading, imports, inspecting, searches
from tests import factories

Upload = Callable[..., SearchRun]


def ris(*titles: str, extra: str = "") -> bytes:
    return "".join(
        f"TY  - JOUR\nTI  - {title}\nAU  - Adams, J\nPY  - 2021\n{extra}ER  - \n\n" for title in titles
    ).encode()


@pytest.fixture
def source(review: Review) -> Source:
    return factories.source(review, "Embase", query="asthma/exp")


@pytest.fixture
def upload(source: Source, lead: User) -> Upload:
    """Take a file in and let the worker look through it."""

    def take_in(content: bytes, name: str = "export.ris", of: Source = source) -> SearchRun:
        run = imports.begin(by=lead, source=of, name=name, file=ContentFile(content, name))
        inspecting.execute(run.pk)
        run.refresh_from_db()
        return run

    return take_in


@pytest.fixture
def held(source: Source, lead: User) -> SearchRun:
    """Two records that the source holds."""
    content = ris("First trial", "Second trial")
    run = imports.import_file(by=lead, source=source, name="a.ris", file=ContentFile(content, "a.ris"))
    searches.execute(run.pk)
    return run


def test_a_file_is_looked_through_and_nothing_comes_in(upload: Upload, source: Source) -> None:
    run = upload(ris("First trial", "Second trial", "First trial"))

    assert (run.state, run.found) == (RunState.READY, 3)
    seen = run.inspection
    assert (seen["format"], seen["records"], seen["new"], seen["repeats"]) == ("ris", 3, 2, 1)
    assert [row["title"] for row in seen["sample"]] == ["First trial", "Second trial", "First trial"]
    assert seen["filled"]["year"] == 3
    assert seen["filled"]["abstract"] == 0
    assert not Record.objects.exists()
    assert (run.query_sent, run.searched_on) == (source.query, timezone.localdate())


def test_what_the_source_holds_is_told_apart_from_what_is_new(upload: Upload, held: SearchRun) -> None:
    run = upload(ris("First trial", "Third trial"))

    assert (run.inspection["held"], run.inspection["new"]) == (1, 1)


def test_another_version_of_a_held_record_is_told_apart(upload: Upload, lead: User, source: Source) -> None:
    first = upload(ris("Early title", extra="AN  - 77\n"))
    imports.confirm(by=lead, run=first)
    searches.execute(first.pk)

    run = upload(ris("Late title", extra="AN  - 77\n"))

    assert (run.inspection["revised"], run.inspection["new"]) == (1, 0)


def test_records_that_another_source_brought_are_told(upload: Upload, lead: User, review: Review) -> None:
    first = upload(ris("A trial", extra="DO  - 10.1000/one\n"))
    imports.confirm(by=lead, run=first)
    searches.execute(first.pk)

    run = upload(ris("A trial.", extra="DO  - 10.1000/one\n"), of=factories.source(review, "Scopus"))

    assert (run.inspection["new"], run.inspection["elsewhere"]) == (1, 1)


def test_confirming_imports_what_was_shown(upload: Upload, lead: User) -> None:
    run = upload(ris("First trial", "Second trial"))

    imports.confirm(by=lead, run=run)
    searches.execute(run.pk)

    run.refresh_from_db()
    assert (run.state, run.received, run.new) == (RunState.COMPLETE, 2, 2)
    with pytest.raises(imports.NotReady):
        imports.confirm(by=lead, run=run)


def test_what_is_discarded_stays_in_the_history_and_may_come_again(upload: Upload, lead: User) -> None:
    run = upload(ris("First trial"))

    imports.discard(by=lead, run=run)

    run.refresh_from_db()
    assert run.state == RunState.DISCARDED
    again = upload(ris("First trial"))
    imports.confirm(by=lead, run=again)
    with pytest.raises(imports.NotReady):
        imports.discard(by=lead, run=again)


def test_a_file_that_is_set_aside_while_it_is_looked_through_stays_aside(
    source: Source, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = imports.begin(by=lead, source=source, name="a.ris", file=ContentFile(ris("One", "Two"), "a.ris"))
    take = inspecting.Found.take

    def set_aside(self: inspecting.Found, item: object) -> None:
        if self.records == 0:
            imports.discard(by=lead, run=run)
        take(self, item)  # type: ignore[arg-type]  # records and problems

    monkeypatch.setattr(inspecting.Found, "take", set_aside)

    assert not inspecting.execute(run.pk)

    run.refresh_from_db()
    assert run.state == RunState.DISCARDED


def test_the_same_file_is_noticed_and_asked_about(upload: Upload, lead: User, review: Review) -> None:
    first = upload(ris("First trial"))
    imports.confirm(by=lead, run=first)
    elsewhere = upload(ris("First trial"), name="renamed.ris", of=factories.source(review, "Scopus"))
    second = upload(ris("First trial"))

    assert [run.pk for run in imports.same_file(elsewhere)] == [first.pk, second.pk]
    with pytest.raises(imports.SameFile, match="imported for Embase on"):
        imports.confirm(by=lead, run=second)
    assert imports.confirm(by=lead, run=second, again=True).state == RunState.QUEUED
    assert imports.confirm(by=lead, run=elsewhere).state == RunState.QUEUED


def test_every_problem_is_listed_by_kind_with_examples(upload: Upload, lead: User) -> None:
    untitled = b"TY  - JOUR\nAU  - Adams, J\nER  - \n\n"
    run = upload(ris("First trial") + 5 * untitled)

    kinds = {(kind["code"], kind["kept"]): kind for kind in run.inspection["problems"]}
    assert kinds["no_title", True]["n"] == 5
    assert [example["row"] for example in kinds["no_title", True]["examples"]] == [2, 3, 4]
    assert run.problem_rows.filter(code="no_title").count() == 5

    imports.confirm(by=lead, run=run)
    searches.execute(run.pk)
    assert run.problem_rows.filter(code="no_title").count() == 5
    assert all(row.kept for row in run.problem_rows.order_by("pk"))


def test_what_the_person_says_of_the_search_is_kept(source: Source, lead: User) -> None:
    told = imports.Told(searched_on=date(2024, 5, 1), query="asthma AND 2024", limits="English; from 2010")

    run = imports.begin(
        by=lead, source=source, name="a.ris", file=ContentFile(ris("One"), "a.ris"), told=told
    )

    assert (run.searched_on, run.query_sent, run.limits) == (
        date(2024, 5, 1),
        "asthma AND 2024",
        "English; from 2010",
    )


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", InvalidInput),
        (b"%PDF-1.7", UnknownFormat),
        (b"<html><body>Sign in</body></html>", UnknownFormat),
    ],
)
def test_what_is_no_file_of_references_is_refused_at_once(
    source: Source, lead: User, content: bytes, error: type[InvalidInput]
) -> None:
    with pytest.raises(error):
        imports.begin(by=lead, source=source, name="export.ris", file=ContentFile(content, "export.ris"))
    assert not SearchRun.objects.exists()


def test_observers_and_outsiders_decide_nothing(
    upload: Upload, source: Source, observer: User, outsider: User
) -> None:
    run = upload(ris("First trial"))
    for person in (observer, outsider):
        with pytest.raises(NotAllowed):
            imports.begin(by=person, source=source, name="a.ris", file=ContentFile(ris("One"), "a.ris"))
        with pytest.raises(NotAllowed):
            imports.confirm(by=person, run=run)
        with pytest.raises(NotAllowed):
            imports.discard(by=person, run=run)


def test_a_file_that_cannot_be_read_fails_with_a_sentence_and_may_be_looked_through_again(
    upload: Upload, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> object:
        raise UnreadableFile(reason="the disk was away")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_reading, "items", broken)
        run = upload(ris("First trial"))
    assert (run.state, run.error) == (RunState.FAILED, "This file cannot be read: the disk was away.")

    again = imports.read_again(by=lead, run=run)
    inspecting.execute(again.pk)

    again.refresh_from_db()
    assert (again.state, again.file_name) == (RunState.READY, "export.ris")


def test_a_lost_message_and_a_killed_worker_are_made_good(source: Source, lead: User) -> None:
    run = imports.begin(by=lead, source=source, name="a.ris", file=ContentFile(ris("One"), "a.ris"))
    assert inspecting.unfinished() == []
    past = timezone.now() - timedelta(hours=1)
    SearchRun.objects.filter(pk=run.pk).update(requested_at=past)
    assert inspecting.unfinished() == [run.pk]

    SearchRun.objects.filter(pk=run.pk).update(lease_token="of another", lease_until=timezone.now())
    assert inspecting.execute(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.READY


def test_a_file_that_stops_every_worker_is_given_up(
    source: Source, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = imports.begin(by=lead, source=source, name="a.ris", file=ContentFile(ris("One"), "a.ris"))

    def killed(*_: object) -> object:
        raise MemoryError

    monkeypatch.setattr(inspecting, "_look", killed)
    for _ in range(inspecting.MAX_ATTEMPTS):
        with pytest.raises(MemoryError):
            inspecting.execute(run.pk)
        SearchRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))

    assert inspecting.execute(run.pk)

    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "5 attempts" in run.error


def test_progress_is_written_while_a_file_is_looked_through(
    source: Source, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = imports.begin(
        by=lead, source=source, name="a.ris", file=ContentFile(ris(*map(str, range(20))), "a.ris")
    )
    monkeypatch.setattr(inspecting, "_TOLD_EVERY_SECONDS", 0)
    told = []
    hold = inspecting._hold

    def listen(held: SearchRun, token: str, **fields: dict[str, int]) -> None:
        if "inspection" in fields and "so_far" in fields["inspection"]:
            told.append(fields["inspection"])
        hold(held, token, **fields)

    monkeypatch.setattr(inspecting, "_hold", listen)
    inspecting.execute(run.pk)

    assert [step["so_far"] for step in told] == list(range(1, 21))
    assert all(0 < step["bytes"] <= step["size"] for step in told)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\exports\\mine.ris", "mine.ris"),
        ("one\x00two\x1b[31m.ris", "onetwo[31m.ris"),
        ("report\u202esir.exe", "reportsir.exe"),
        ("<img src=x onerror=alert(1)>.ris", "<img src=x onerror=alert(1)>.ris"),
        ("   ", "file"),
        ("a" * 300 + ".ris", "a" * 255),
    ],
)
def test_file_names_are_shown_without_tricks(given: str, shown: str) -> None:
    assert imports.clean_name(given) == shown
