"""Searches on schedule, and the pace that all workers share."""

import time
from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from reviews import events, tasks
from reviews.models import Review, RunState, RunTrigger, SearchRun, Source, User
from reviews.services import pacing, schedules, searches
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
