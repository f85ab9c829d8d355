"""Searches on schedule, and the pace that all workers share."""

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from reviews import events, tasks
from reviews.errors import InvalidInput
from reviews.models import (
    Amendment,
    Connector,
    OutboxEvent,
    Review,
    RunState,
    RunTrigger,
    SearchRun,
    Source,
    User,
)
from reviews.services import pacing, protocols, schedules, searches
from tests import factories
from tests.fakes.eutils import FakeEutils


def test_due_searches_catch_up_once(started_review: Review, source: Source) -> None:
    now = timezone.now()
    Source.objects.filter(pk=source.pk).update(next_run_at=now - timedelta(days=40))

    assert searches.run_due() == 1
    assert searches.run_due() == 0
    run = SearchRun.objects.get()
    assert (run.trigger, run.requested_by) == (RunTrigger.SCHEDULE, None)
    source.refresh_from_db()
    assert source.next_run_at == schedules.next_time(source, now)


@pytest.mark.parametrize(
    "change",
    [{"is_paused": True}, {"interval_days": None}, {"query": ""}, {"retired_at": timezone.now()}],
    ids=["paused", "by hand", "no query", "retired"],
)
def test_what_must_not_be_searched_is_not_due(
    started_review: Review, source: Source, change: dict[str, object]
) -> None:
    Source.objects.filter(pk=source.pk).update(next_run_at=timezone.now() - timedelta(days=1), **change)
    assert searches.run_due() == 0


def test_before_the_start_of_screening_nothing_is_due(review: Review, source: Source) -> None:
    Source.objects.filter(pk=source.pk).update(next_run_at=timezone.now() - timedelta(days=1))
    assert searches.run_due() == 0


def test_a_paused_source_resumes_where_its_schedule_stands(
    started_review: Review, source: Source, lead: User
) -> None:
    searches.set_paused(by=lead, source=source, is_paused=True)
    Source.objects.filter(pk=source.pk).update(next_run_at=None)  # as an edit of a paused source leaves it

    searches.set_paused(by=lead, source=source, is_paused=False)

    assert searches.run_due() == 1


def test_a_source_that_cannot_be_searched_keeps_no_other_waiting(
    started_review: Review, source: Source
) -> None:
    long_ago = timezone.now() - timedelta(days=2)
    Source.objects.filter(pk=source.pk).update(query="   ", next_run_at=long_ago)
    other = factories.source(
        started_review, "Second", connector=Connector.PUBMED, query="fever", interval_days=7
    )
    Source.objects.filter(pk=other.pk).update(next_run_at=long_ago + timedelta(days=1))

    assert searches.run_due() == 1
    assert SearchRun.objects.get().source_id == other.pk


def _queued(source: Source, *, seconds_ago: float) -> SearchRun:
    return SearchRun.objects.create(
        review=source.protocol.review,
        source=source,
        trigger=RunTrigger.FILE,
        requested_at=timezone.now() - timedelta(seconds=seconds_ago),
    )


def test_the_sweep_sends_a_run_whose_poke_was_lost(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, int]] = []
    monkeypatch.setattr(events, "send", lambda task, *args: sent.append((task, *args)))
    old = _queued(source, seconds_ago=60)
    _queued(source, seconds_ago=0)  # its own poke is still on the way

    tasks.sweep()

    assert sent == [(searches.EXECUTE_TASK, old.pk)]


def test_the_sweep_sends_one_run_of_a_source_and_none_of_a_busy_one(source: Source, review: Review) -> None:
    first, _ = _queued(source, seconds_ago=60), _queued(source, seconds_ago=60)
    busy = factories.source(review, "Embase")
    held = _queued(busy, seconds_ago=90)
    SearchRun.objects.filter(pk=held.pk).update(
        state=RunState.RUNNING, lease_until=timezone.now() + timedelta(minutes=1)
    )
    _queued(busy, seconds_ago=60)

    assert searches.unfinished() == [first.pk]


def test_the_tasks_carry_out_what_is_due(started_review: Review, source: Source, pubmed: FakeEutils) -> None:
    Source.objects.filter(pk=source.pk).update(next_run_at=timezone.now() - timedelta(days=1))

    tasks.run_due_searches()
    tasks.execute_run(SearchRun.objects.get().pk)

    assert SearchRun.objects.get().state == RunState.COMPLETE


def test_workers_share_the_pace_of_requests() -> None:
    moments = iter([0.0] * 20)
    starts: list[float] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", starts.append)
        one = pacing.SharedLimiter(3, clock=lambda: next(moments) + 1000.0)
        other = pacing.SharedLimiter(3, clock=lambda: next(moments) + 1000.0)
        for limiter in (one, other, one):
            limiter.wait()

    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert gaps == pytest.approx([pacing.SLACK / 3] * 2)


# -- The schedule itself ------------------------------------------------------------------------------
SUNDAY_NIGHT = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)


def _source(**fields: Any) -> Source:
    return Source(name="PubMed", connector="pubmed", query="zinc", **fields)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"interval_days": 7}, datetime(2026, 3, 8, 3, tzinfo=UTC)),
        ({"interval_days": 1, "hour": 23}, datetime(2026, 3, 2, 23, tzinfo=UTC)),
        ({"weekday": 0, "hour": 6}, datetime(2026, 3, 2, 6, tzinfo=UTC)),
        ({"weekday": 6, "hour": 23}, datetime(2026, 3, 1, 23, tzinfo=UTC)),
        ({"weekday": 6, "hour": 22}, datetime(2026, 3, 8, 22, tzinfo=UTC)),
        ({"cron": "30 4 1 * *"}, datetime(2026, 4, 1, 4, 30, tzinfo=UTC)),
        ({"cron": "0 0 * * MON#1"}, datetime(2026, 3, 2, tzinfo=UTC)),
        ({}, None),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_the_next_time_follows_the_schedule(fields: dict[str, Any], expected: datetime | None) -> None:
    assert schedules.next_time(_source(**fields), SUNDAY_NIGHT) == expected


def test_the_hour_is_that_of_the_installs_time_zone_also_across_its_changes(settings: LazySettings) -> None:
    with timezone.override("Europe/Berlin"):
        before = schedules.next_time(_source(weekday=6, hour=3), datetime(2026, 3, 22, 12, tzinfo=UTC))
        after = schedules.next_time(_source(weekday=6, hour=4), datetime(2026, 10, 24, 12, tzinfo=UTC))

    # On both Sundays the clocks change; 3 o'clock is 1 UTC in summer, 4 o'clock is 3 UTC in winter.
    assert before == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert after == datetime(2026, 10, 25, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"interval_days": 7, "weekday": 1}, "Choose one schedule"),
        ({"weekday": 1, "cron": "0 3 * * *"}, "Choose one schedule"),
        ({"interval_days": 0}, "interval of 1 to 3650 days"),
        ({"weekday": 7}, "Monday to Sunday"),
        ({"weekday": 1, "hour": 24}, "hour of the day"),
        ({"full_rerun_days": 0}, "or never"),
        ({"cron": "at noon"}, "write minute, hour"),
        ({"cron": "0 25 * * *"}, "its hour is not possible"),
        ({"cron": "0 0 30 2 *"}, "its day of month is not possible"),
        ({"cron": "*/5 * * * *"}, "more than once an hour"),
        ({"weekday": 1, "query": " "}, "needs a query"),
        ({"weekday": 1, "connector": "file"}, "import it from files"),
    ],
    ids=str,
)
def test_a_schedule_that_cannot_be_kept_is_refused_with_the_reason(
    fields: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        schedules.check(Source(**{"name": "PubMed", "connector": "pubmed", "query": "zinc", **fields}))


def test_a_new_interval_begins_at_once_and_a_weekday_on_its_day(review: Review) -> None:
    by_interval = factories.source(review, connector="pubmed", query="zinc", interval_days=7)
    by_weekday = factories.source(review, connector="pubmed", query="zinc", weekday=2)

    assert by_interval.next_run_at is not None
    assert by_interval.next_run_at <= timezone.now()
    assert by_weekday.next_run_at == schedules.next_time(by_weekday, timezone.now())


def test_a_change_of_the_schedule_counts_from_the_last_search(
    review: Review, source: Source, lead: User
) -> None:
    searched = timezone.now() - timedelta(days=10)
    _queued(source, seconds_ago=10)
    SearchRun.objects.update(trigger=RunTrigger.HAND, requested_at=searched)

    protocols.edit_row(by=lead, review=review, row=source, interval_days=30)
    source.refresh_from_db()
    assert source.next_run_at == schedules.next_time(source, searched)

    protocols.edit_row(by=lead, review=review, row=source, name="MEDLINE")
    source.refresh_from_db()
    assert source.next_run_at == schedules.next_time(source, searched)

    protocols.edit_row(by=lead, review=review, row=source, query="zinc OR iron")
    source.refresh_from_db()
    assert source.next_run_at is not None
    assert source.next_run_at <= timezone.now()

    protocols.edit_row(by=lead, review=review, row=source, interval_days=None)
    source.refresh_from_db()
    assert source.next_run_at is None


def test_an_amendment_tells_a_change_of_schedule_and_nothing_of_the_vendor(
    started_review: Review, source: Source, lead: User
) -> None:
    protocols.edit_row(
        by=lead, review=started_review, row=source, interval_days=None, weekday=4, reason="Less often"
    )
    protocols.edit_row(by=lead, review=started_review, row=source, vendor="pubmed", reason="For help")

    (amendment,) = Amendment.objects.filter(reason__in=["Less often", "For help"])
    assert {change["path"].rpartition(".")[2] for change in amendment.changes} == {"interval_days", "weekday"}


def test_a_due_source_of_citations_is_told_to_whoever_knows_the_seeds(
    started_review: Review, source: Source
) -> None:
    Source.objects.filter(pk=source.pk).update(
        connector=Connector.CITATIONS, query="", next_run_at=timezone.now() - timedelta(days=1)
    )

    assert searches.run_due() == 1

    assert OutboxEvent.objects.get(topic="source.due").payload == {"source": source.pk}
    assert not SearchRun.objects.exists()
