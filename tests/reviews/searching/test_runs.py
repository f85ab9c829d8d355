"""Searches: the real client over HTTP, kept batch by batch, counted when they are complete."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from reviews.errors import InvalidInput, NotAllowed
from reviews.models import (
    OutboxEvent,
    Record,
    Report,
    Review,
    RunList,
    RunState,
    RunTrigger,
    SearchRun,
    Sighting,
    Source,
    User,
)
from reviews.services import fetching, running, searches
from reviews.services.bundles import Bundle
from tests import factories
from tests.fakes.corpus import articles, revised
from tests.fakes.eutils import FakeEutils
from tests.reviews.searching.killing import Killed


def _run(source: Source, by: User) -> SearchRun:
    run = searches.request_run(by=by, source=source)
    searches.execute(run.pk)
    run.refresh_from_db()
    return run


def _told(run: SearchRun) -> int:
    return OutboxEvent.objects.filter(topic="records.added", payload__run=run.pk).count()


def _killed(run: SearchRun, *, after: int) -> None:
    """Carry out a run with a worker that dies after so many batches; then its lease runs out."""
    whole = fetching.bundles

    def cut(inner: SearchRun) -> Iterator[Bundle]:
        for number, bundle in enumerate(whole(inner)):
            if number == after:
                raise Killed
            yield bundle

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetching, "bundles", cut)
        with pytest.raises(Killed):
            searches.execute(run.pk)
    assert searches.unfinished() == []
    SearchRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert searches.unfinished() == [run.pk]


def test_a_search_keeps_what_pubmed_said(pubmed: FakeEutils, source: Source, lead: User) -> None:
    run = _run(source, lead)

    assert (run.state, run.found, run.received, run.new, run.known) == (RunState.COMPLETE, 30, 30, 30, 0)
    assert run.query_sent == "report"
    assert run.translation == '"report"[All Fields]'
    assert run.window_from is None
    assert run.window_to == timezone.localdate()
    assert _told(run) == 1
    first = Record.objects.get(run=run, pmid="30000001")
    assert first.doi == "10.5555/made.1"
    assert first.filed.report.title == first.title
    assert sorted(Record.objects.values_list("row", flat=True)) == list(range(1, 31))


def test_records_count_from_completion_on_and_all_at_once(
    pubmed: FakeEutils, source: Source, lead: User, small_batches: None
) -> None:
    run = searches.request_run(by=lead, source=source)
    _killed(run, after=3)

    assert Record.objects.filter(run=run, seq__isnull=True).count() == 10
    assert _told(run) == 0

    searches.execute(run.pk)
    run.refresh_from_db()
    assert list(Record.objects.values_list("seq", flat=True)) == [run.seq] * 30
    assert _told(run) == 1


def test_a_killed_run_goes_on_at_its_last_batch(
    pubmed: FakeEutils, source: Source, lead: User, small_batches: None
) -> None:
    run = searches.request_run(by=lead, source=source)
    _killed(run, after=4)
    pubmed.requests.clear()

    searches.execute(run.pk)

    run.refresh_from_db()
    assert (run.state, run.received, run.new) == (RunState.COMPLETE, 30, 30)
    (request,) = pubmed.requests
    assert request.endpoint == "efetch.fcgi"
    assert request.form["id"].split(",") == [str(pmid) for pmid in range(30_000_010, 30_000_000, -1)]
    assert not RunList.objects.filter(run=run).exists()


def test_a_run_needs_no_history_after_its_search(
    pubmed: FakeEutils, source: Source, lead: User, small_batches: None
) -> None:
    run = searches.request_run(by=lead, source=source)
    _killed(run, after=3)
    pubmed.forget_histories()

    searches.execute(run.pk)

    run.refresh_from_db()
    assert (run.state, run.received, run.new, run.problems) == (RunState.COMPLETE, 30, 30, 0)


@pytest.mark.parametrize("fault", ["429", "500", "dropped", "truncated", "html", "empty", "backend_failed"])
def test_a_passing_fault_loses_nothing(pubmed: FakeEutils, source: Source, lead: User, fault: str) -> None:
    pubmed.fail(None, fault)  # type: ignore[arg-type]  # the parameters above are the faults

    run = _run(source, lead)

    assert (run.state, run.new) == (RunState.COMPLETE, 30)


def test_a_failed_run_says_why_and_counts_nothing(
    pubmed: FakeEutils, source: Source, lead: User, small_batches: None
) -> None:
    pubmed.fail(None, None, "500", "500", "500")

    run = _run(source, lead)

    assert run.state == RunState.FAILED
    assert "PubMed did not answer properly after 3 attempts" in run.error
    assert Record.objects.filter(run=run, seq__isnull=True).count() == 10
    assert _told(run) == 0


def test_the_next_run_takes_over_what_a_failed_one_left(
    pubmed: FakeEutils, source: Source, lead: User, small_batches: None
) -> None:
    pubmed.fail(None, None, "500", "500", "500")
    _run(source, lead)

    again = _run(source, lead)

    assert (again.state, again.new, again.known) == (RunState.COMPLETE, 30, 0)
    assert Record.objects.filter(run=again).count() == 30
    assert Report.objects.count() == 30


def test_a_later_run_looks_two_weeks_back_and_sees_old_records_again(
    pubmed: FakeEutils, source: Source, lead: User
) -> None:
    today = timezone.localdate()
    pubmed.corpus = articles(30, first_entered=today - timedelta(days=29))
    first = _run(source, lead)

    pubmed.add(*articles(32, first_entered=today - timedelta(days=29))[30:])
    second = _run(source, lead)

    assert first.new == 30
    assert second.window_from == today - timedelta(days=14)
    assert (second.found, second.new, second.known) == (17, 2, 15)
    assert Sighting.objects.filter(run=second).count() == 15
    assert Report.objects.count() == 32


def test_a_late_entry_inside_the_overlap_is_found(pubmed: FakeEutils, source: Source, lead: User) -> None:
    today = timezone.localdate()
    late, *rest = articles(10, first_entered=today - timedelta(days=10))
    pubmed.corpus = rest
    _run(source, lead)

    pubmed.add(late)

    assert _run(source, lead).new == 1


def test_a_later_run_sees_what_was_revised_and_what_came_late_with_an_old_date(
    pubmed: FakeEutils, source: Source, lead: User
) -> None:
    today = timezone.localdate()
    late, *rest = articles(30)  # all entered long before the window
    pubmed.corpus = rest
    _run(source, lead)
    retracted = replace(rest[4], revised=today, retracted_by="99")
    pubmed.add(retracted, replace(late, revised=today))

    second = _run(source, lead)

    assert (second.found, second.new, second.known) == (1, 1, 0)
    assert (second.revised, second.retracted) == (1, 1)
    newer = Record.objects.get(run=second, pmid=retracted.pmid)
    assert newer.revises is not None
    assert Record.objects.get(run=second, pmid=late.pmid).revises is None
    assert Report.objects.count() == 30


def test_a_changed_query_is_searched_from_the_beginning(
    pubmed: FakeEutils, source: Source, lead: User
) -> None:
    _run(source, lead)
    Source.objects.filter(pk=source.pk).update(query="alphamab")

    run = _run(source, lead)

    assert run.window_from is None
    assert (run.new, run.known) == (0, 6)


def test_a_failed_run_does_not_move_the_window(pubmed: FakeEutils, source: Source, lead: User) -> None:
    pubmed.fail("500", "500", "500")
    assert _run(source, lead).state == RunState.FAILED
    assert _run(source, lead).window_from is None


def test_a_revision_is_a_new_record_of_the_same_report(
    pubmed: FakeEutils, source: Source, lead: User
) -> None:
    _run(source, lead)
    changed = revised(pubmed.corpus[0], on=timezone.localdate(), title="A corrected report")
    pubmed.add(changed)
    Source.objects.filter(pk=source.pk).update(query="corrected")

    run = _run(source, lead)

    assert (run.new, run.known, run.revised) == (0, 1, 1)
    newer = Record.objects.get(run=run)
    assert newer.revises is not None
    assert newer.revises.title.startswith("Alphamab")
    assert newer.filed.report_id == newer.revises.filed.report_id
    assert Report.objects.count() == 30
    assert newer.filed.report.title == "A corrected report"


def test_a_revision_of_a_failed_run_is_no_version_until_it_is_found_again(
    pubmed: FakeEutils, source: Source, lead: User
) -> None:
    first = pubmed.corpus[0]
    _run(source, lead)
    pubmed.add(revised(first, on=timezone.localdate(), title="Corrected once, report"))
    run = searches.request_run(by=lead, source=source)
    Source.objects.filter(pk=source.pk).update(query="corrected")
    SearchRun.objects.filter(pk=run.pk).update(query_sent="corrected")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "complete", _refuse)
        searches.execute(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.FAILED

    pubmed.add(revised(first, on=timezone.localdate(), title="Corrected twice, report"))
    last = _run(source, lead)

    newest = Record.objects.get(run=last)
    assert newest.revises is not None
    assert newest.revises.title.startswith("Alphamab")
    assert newest.filed.report.title == "Corrected twice, report"


def _refuse(run: SearchRun, token: str) -> None:
    raise InvalidInput("The disk is full.")


def test_a_long_run_is_handed_on_and_comes_to_its_end(
    pubmed: FakeEutils, source: Source, lead: User, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searches, "STRETCH_SECONDS", -1)
    run = searches.request_run(by=lead, source=source)

    stretches = 0
    while searches.unfinished() == [run.pk] or not stretches:
        assert searches.execute(run.pk)
        stretches += 1

    run.refresh_from_db()
    assert (run.state, run.new) == (RunState.COMPLETE, 30)
    assert stretches > 5


def test_what_pubmed_does_not_deliver_is_listed(pubmed: FakeEutils, source: Source, lead: User) -> None:
    pubmed.fail(None, "shortfall", "shortfall")

    run = _run(source, lead)

    problem = run.problem_rows.get()
    assert (run.state, run.found, run.received, run.problems) == (RunState.COMPLETE, 30, 29, 1)
    assert (problem.row, problem.code, problem.detail) == (1, "not_delivered", "PMID 30000030")


def test_an_unknown_phrase_is_a_warning_of_the_run(pubmed: FakeEutils, source: Source, lead: User) -> None:
    Source.objects.filter(pk=source.pk).update(query="report AND tumuor")

    run = _run(source, lead)

    assert run.found == 0
    assert any("tumuor" in warning for warning in run.warnings)


def test_a_worker_that_lost_its_lease_writes_nothing_more(
    pubmed: FakeEutils, source: Source, lead: User, monkeypatch: pytest.MonkeyPatch, small_batches: None
) -> None:
    run = searches.request_run(by=lead, source=source)
    whole = fetching.bundles

    def overtaken(inner: SearchRun) -> Iterator[Bundle]:
        for number, bundle in enumerate(whole(inner)):
            if number == 3:
                SearchRun.objects.filter(pk=run.pk).update(lease_token="another")
            yield bundle

    monkeypatch.setattr(fetching, "bundles", overtaken)

    assert not searches.execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.received) == (RunState.RUNNING, 10)


def test_runs_of_one_source_go_one_after_the_other(source: Source, lead: User) -> None:
    first = searches.request_run(by=lead, source=source)
    SearchRun.objects.filter(pk=first.pk).update(
        state=RunState.RUNNING, lease_until=timezone.now() + timedelta(minutes=1)
    )
    waiting = SearchRun.objects.create(
        review=source.protocol.review, source=source, trigger=RunTrigger.FILE, file_name="x.ris"
    )

    assert not searches.execute(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == RunState.QUEUED


def test_a_run_that_never_gets_further_is_given_up(source: Source, lead: User) -> None:
    run = searches.request_run(by=lead, source=source)
    SearchRun.objects.filter(pk=run.pk).update(checkpoint={"attempts": searches.MAX_ATTEMPTS})

    assert searches.execute(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "5 attempts" in run.error


def test_a_second_search_of_a_source_at_once_is_refused(source: Source, lead: User) -> None:
    searches.request_run(by=lead, source=source)
    with pytest.raises(searches.RunUnderWay):
        searches.request_run(by=lead, source=source)


def test_searching_needs_a_query_a_connector_and_the_right(
    source: Source, review: Review, lead: User, observer: User
) -> None:
    with pytest.raises(NotAllowed):
        searches.request_run(by=observer, source=source)
    with pytest.raises(InvalidInput, match="imported from files"):
        searches.request_run(by=lead, source=factories.source(review, "Embase"))
    Source.objects.filter(pk=source.pk).update(query=" ")
    with pytest.raises(InvalidInput, match="no query"):
        searches.request_run(by=lead, source=source)
