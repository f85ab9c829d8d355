"""Searches and imports as runs: asked for here, executed by a worker, resumed where they stopped."""

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone

from reviews import audit, events, sequence
from reviews.access import Right, require
from reviews.errors import DomainError, InvalidInput
from reviews.models import (
    Connector,
    Record,
    Review,
    ReviewState,
    RunMode,
    RunState,
    RunTrigger,
    SearchRun,
    Source,
    User,
)
from reviews.services import fetching, running, schedules
from reviews.services.running import Superseded

logger = logging.getLogger(__name__)

EXECUTE_TASK = "reviews.tasks.execute_run"
MAX_ATTEMPTS = 5
# A task has a time limit: a long run is handed on before it, in order, to whichever worker comes.
STRETCH_SECONDS = 600
_SWEPT_AT_ONCE = 5
_UNSEARCHABLE = {
    Connector.FILE: "{name} is imported from files, it cannot be searched from here.",
    Connector.HAND: "{name} is entered by hand, it cannot be searched from here.",
    Connector.CITATIONS: "{name} follows citations from publications: it is started from these.",
}
_OPEN = (RunState.QUEUED, RunState.RUNNING)


class RunUnderWay(DomainError):
    code = "run_under_way"
    sentence = "This source is being searched already."


def queue(*, by: User | None, source: Source, trigger: RunTrigger, **fields: object) -> SearchRun:
    """Write a run and poke the worker, in the caller's transaction."""
    run = SearchRun.objects.create(
        review=source.protocol.review, source=source, trigger=trigger, requested_by=by, **fields
    )
    audit.record(
        by=by,
        verb="run.queued",
        target=run,
        review_id=run.review_id,
        seq=sequence.take(run.review_id),
        new={"source": source.pk, "trigger": str(trigger)},
    )
    events.poke(EXECUTE_TASK, run.pk)
    return run


@transaction.atomic
def request_run(
    *,
    by: User | None,
    source: Source,
    trigger: RunTrigger = RunTrigger.HAND,
    mode: RunMode | None = None,
) -> SearchRun:
    """Search a source now; without a mode, for what is new, and for everything the first time.

    Refuses a source without connector or query, and a second run at once.
    """
    locked = (
        Source.objects.select_for_update(of=("self",)).select_related("protocol__review").get(pk=source.pk)
    )
    if by is not None:
        require(by, locked.protocol.review, Right.SEARCH)
    _refuse_unsearchable(locked)
    if mode == RunMode.SWEEP and not Record.objects.filter(source=locked, seq__isnull=False).exists():
        raise InvalidInput(
            "{name} has brought no records yet: there is nothing to look at.", name=locked.name
        )
    if SearchRun.objects.filter(source=locked, state__in=_OPEN).exists():
        raise RunUnderWay
    if mode is None:
        mode = RunMode.UPDATE if _last_complete(locked) else RunMode.FULL
    return queue(source=locked, trigger=trigger, by=by, mode=mode, query_sent=locked.query)


def _refuse_unsearchable(source: Source) -> None:
    if source.retired_at is not None:
        raise InvalidInput("{name} was taken out of the protocol.", name=source.name)
    if source.connector not in schedules.SEARCHED - {Connector.CITATIONS}:
        raise InvalidInput(_UNSEARCHABLE[Connector(source.connector)], name=source.name)
    if not source.query.strip():
        raise InvalidInput("{name} has no query yet: write it in the protocol.", name=source.name)


def _last_complete(source: Source, *modes: RunMode) -> SearchRun | None:
    """The last complete search with the query as it is now, of one of these modes if any are named."""
    found = SearchRun.objects.filter(
        source=source, state=RunState.COMPLETE, query_sent=source.query, window_to__isnull=False
    ).exclude(trigger=RunTrigger.FILE)
    return (found.filter(mode__in=modes) if modes else found).order_by("-id").first()


def scheduled_mode(source: Source) -> RunMode:
    """What a scheduled run does: everything the first time and after `full_rerun_days`, else what is new."""
    last = _last_complete(source, RunMode.FULL)
    if last is None:
        return RunMode.FULL
    if source.full_rerun_days is None:
        return RunMode.UPDATE
    is_due = last.requested_at + timedelta(days=source.full_rerun_days) <= timezone.now()
    return RunMode.FULL if is_due else RunMode.UPDATE


def run_due() -> int:
    """Queue the sources whose time has come; a source that missed several runs catches up once."""
    now = timezone.now()
    due = (
        Source.objects.filter(
            Q(interval_days__isnull=False) | Q(weekday__isnull=False) | ~Q(cron=""),
            next_run_at__lte=now,
            is_paused=False,
            retired_at__isnull=True,
            connector__in=schedules.SEARCHED,
            protocol__review__screening_started_at__isnull=False,
        )
        .exclude(Q(query="") & ~Q(connector=Connector.CITATIONS))
        .exclude(protocol__review__state=ReviewState.RETIRED)
        .select_related("protocol__review")
        .order_by("next_run_at", "pk")
    )
    return sum(_is_queued(source) for source in due)


def _is_queued(source: Source) -> bool:
    """One source that cannot be searched must not keep the others waiting."""
    try:
        return _queue_due(source)
    except DomainError as error:
        logger.warning("source %s is due and was not queued: %s", source.pk, error)
        return False


@transaction.atomic
def _queue_due(source: Source) -> bool:
    # Compare-and-set: of two schedulers one moves the date and queues.
    moved = Source.objects.filter(pk=source.pk, next_run_at=source.next_run_at).update(
        next_run_at=schedules.next_time(source, timezone.now())
    )
    if not moved or SearchRun.objects.filter(source=source, state__in=_OPEN).exists():
        return False
    if source.connector == Connector.CITATIONS:
        # What it starts from are the included studies, which an app above this one knows.
        events.emit("source.due", review_id=source.protocol.review_id, source=source.pk)
    else:
        mode = scheduled_mode(source)
        request_run(by=None, source=source, trigger=RunTrigger.SCHEDULE, mode=mode)
    return True


@transaction.atomic
def set_paused(*, by: User, source: Source, is_paused: bool) -> None:
    """Pause or resume the schedule; what it missed meanwhile it catches up once."""
    locked = (
        Source.objects.select_for_update(of=("self",)).select_related("protocol__review").get(pk=source.pk)
    )
    review: Review = locked.protocol.review
    require(by, review, Right.SEARCH)
    locked.is_paused = is_paused
    if not is_paused and locked.has_schedule and locked.next_run_at is None:
        locked.next_run_at = schedules.first_time(locked)
    locked.save(update_fields=["is_paused", "next_run_at"])
    audit.record(
        by=by,
        verb="source.paused" if is_paused else "source.resumed",
        target=locked,
        review_id=review.pk,
        seq=sequence.take(review.pk),
    )


def unfinished() -> list[int]:
    """Runs that nobody holds: their poke was lost, their worker killed, or their source was busy.

    One for each source that is free, and a few at a time: the sweep comes every few seconds, and messages
    that a busy worker has not taken yet must not pile up.
    """
    now = timezone.now()
    begun = SearchRun.objects.filter(state=RunState.RUNNING)
    stopped = begun.filter(lease_until__lt=now).order_by("pk").values_list("pk", flat=True)
    waiting = (
        SearchRun.objects.filter(
            state=RunState.QUEUED, requested_at__lt=now - timedelta(seconds=settings.SWEEP_SECONDS)
        )
        .exclude(source_id__in=begun.values("source_id"))
        .order_by()
        .values("source_id")
        .annotate(first=Min("id"))
        .order_by("first")
        .values_list("first", flat=True)
    )
    return [*stopped[:_SWEPT_AT_ONCE], *waiting[:_SWEPT_AT_ONCE]][:_SWEPT_AT_ONCE]


def execute(run_id: int) -> bool:
    """Carry out one run, from its last checkpoint on; False where a worker holds it or its source."""
    token = running.claim(run_id)
    if not token:
        return False
    run = SearchRun.objects.select_related("source", "requested_by").get(pk=run_id)
    if int(run.checkpoint.get("attempts", 0)) >= MAX_ATTEMPTS:
        running.fail(run, token, sentence=f"Stopped after {MAX_ATTEMPTS} attempts that did not end.")
        return True
    try:
        with running.lease_renewed(run_id, token):
            running.count_attempt(run, token)
            if _stored(run, token):
                running.complete(run, token)
            else:
                running.hand_on(run, token)
                events.send(EXECUTE_TASK, run_id)
    except DomainError as error:
        running.fail(run, token, sentence=str(error))
    except Superseded:
        logger.info("run %s was taken over by another worker", run_id)
        return False
    return True


def _stored(run: SearchRun, token: str) -> bool:
    """Store batch after batch; False where the time for one stretch of work is over."""
    end = time.monotonic() + STRETCH_SECONDS
    for bundle in fetching.bundles(run):
        running.store(run, token, bundle=bundle)
        if time.monotonic() > end:
            return False
    return True
