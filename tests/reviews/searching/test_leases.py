"""Who holds a run: one worker at a time, for as long as it lives."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone

from reviews import sequence
from reviews.models import Record, Report, RunMode, RunState, RunTrigger, SearchRun, Source, User
from reviews.services import fetching, merging, running, searches
from reviews.services.bundles import Bundle
from tests.fakes.corpus import revised
from tests.fakes.eutils import FakeEutils


def test_the_lease_of_a_slow_run_is_renewed_beside_its_work(
    source: Source, lead: User, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    settings.LEASE_SECONDS = 0.03
    renewed = threading.Event()
    held: list[dict[str, object]] = []

    class Rows:
        def filter(self, **which: object) -> "Rows":
            held.append(which)
            return self

        def update(self, **fields: object) -> int:
            renewed.set()
            return 1

    class Run:
        objects = Rows()

    monkeypatch.setattr(running, "SearchRun", Run)
    with running.lease_renewed(7, "token"):
        assert renewed.wait(timeout=30)

    assert held[0] == {"pk": 7, "lease_token": "token", "state": RunState.RUNNING}


def test_two_workers_do_not_carry_out_one_run(
    pubmed: FakeEutils, source: Source, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = searches.request_run(by=lead, source=source)
    whole = fetching.bundles
    second: list[bool] = []

    def meanwhile(inner: SearchRun) -> Iterator[Bundle]:
        second.append(searches.execute(run.pk))
        yield from whole(inner)

    monkeypatch.setattr(fetching, "bundles", meanwhile)

    assert searches.execute(run.pk)
    assert second == [False]
    assert Record.objects.count() == 30


def _queued_file(source: Source) -> SearchRun:
    long_ago = timezone.now() - timedelta(hours=1)
    return SearchRun.objects.create(
        review=source.protocol.review, source=source, trigger=RunTrigger.FILE, requested_at=long_ago
    )


def _stopped(run: SearchRun) -> None:
    a_while_ago = timezone.now() - timedelta(minutes=1)
    SearchRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING, lease_until=a_while_ago)


def test_a_run_waits_for_one_of_its_source_whose_worker_fell_silent(source: Source, lead: User) -> None:
    first = searches.request_run(by=lead, source=source)
    _stopped(first)
    second = _queued_file(source)

    assert not searches.execute(second.pk)
    second.refresh_from_db()
    assert second.state == RunState.QUEUED


def test_of_one_source_the_run_that_has_begun_is_gone_on_with_first(source: Source) -> None:
    _queued_file(source)
    begun = _queued_file(source)
    _stopped(begun)

    assert searches.unfinished() == [begun.pk]


def test_a_run_locks_the_reports_that_it_changes_before_the_counter_of_facts(
    pubmed: FakeEutils, source: Source, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Merges lock in this order: in the other one the two would wait for each other for ever."""
    searches.execute(searches.request_run(by=lead, source=source).pk)
    changed = pubmed.corpus[0].pmid
    pubmed.add(revised(pubmed.corpus[0], on=timezone.localdate(), title="Said in another way"))
    run = searches.request_run(by=lead, source=source, mode=RunMode.SWEEP)
    taken: list[str] = []
    lock, take = merging.lock, sequence.take

    def locked(review_id: int, report_ids: set[int]) -> set[int]:
        reports = Report.objects.filter(pk__in=report_ids)
        taken.append(f"reports {' '.join(reports.order_by('pk').values_list('pmid', flat=True))}")
        return lock(review_id, report_ids)

    def counted(review_id: int, count: int = 1) -> int:
        taken.append("counter")
        return take(review_id, count)

    whole = running.complete

    def complete(run: SearchRun, token: str) -> None:
        monkeypatch.setattr(merging, "lock", locked)
        monkeypatch.setattr(sequence, "take", counted)
        whole(run, token)

    monkeypatch.setattr(running, "complete", complete)

    assert searches.execute(run.pk)
    assert taken[:2] == [f"reports {changed}", "counter"]
