"""Searches and imports as runs: asked for here, executed by a worker, resumed where they stopped."""

import logging
import secrets
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Min, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from reviews import audit, events, sequence
from reviews.access import Right, require
from reviews.errors import DomainError, InvalidInput
from reviews.models import (
    Connector,
    Record,
    Review,
    ReviewState,
    RunProblem,
    RunState,
    RunTrigger,
    SearchRun,
    Sighting,
    Source,
    User,
)
from reviews.services import fetching, records

logger = logging.getLogger(__name__)

EXECUTE_TASK = "reviews.tasks.execute_run"
MAX_ATTEMPTS = 5
_SWEPT_AT_ONCE = 5
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
def request_run(*, by: User | None, source: Source, trigger: RunTrigger = RunTrigger.HAND) -> SearchRun:
    """Search a source now. Refuses a source without connector or query, and a second run at once."""
    locked = (
        Source.objects.select_for_update(of=("self",)).select_related("protocol__review").get(pk=source.pk)
    )
    if by is not None:
        require(by, locked.protocol.review, Right.SEARCH)
    if locked.retired_at is not None:
        raise InvalidInput("{name} was taken out of the protocol.", name=locked.name)
    if locked.connector != Connector.PUBMED:
        raise InvalidInput(
            "{name} is imported from files, it cannot be searched from here.", name=locked.name
        )
    if not locked.query.strip():
        raise InvalidInput("{name} has no query yet: write it in the protocol.", name=locked.name)
    if SearchRun.objects.filter(source=locked, state__in=_OPEN).exists():
        raise RunUnderWay
    return queue(source=locked, trigger=trigger, by=by, query_sent=locked.query)


def run_due() -> int:
    """Queue the sources whose time has come; a source that missed several runs catches up once."""
    now = timezone.now()
    due = Source.objects.filter(
        next_run_at__lte=now,
        interval_days__isnull=False,
        is_paused=False,
        retired_at__isnull=True,
        connector=Connector.PUBMED,
        protocol__review__screening_started_at__isnull=False,
    ).exclude(Q(query="") | Q(protocol__review__state=ReviewState.RETIRED))
    queued = 0
    for source in due:
        with transaction.atomic():
            # Compare-and-set: of two schedulers one moves the date and queues.
            moved = Source.objects.filter(pk=source.pk, next_run_at=source.next_run_at).update(
                next_run_at=now + timedelta(days=source.interval_days or 1)
            )
            open_run = SearchRun.objects.filter(source=source, state__in=_OPEN).exists()
            if moved and not open_run:
                request_run(by=None, source=source, trigger=RunTrigger.SCHEDULE)
                queued += 1
    return queued


@transaction.atomic
def set_paused(*, by: User, source: Source, is_paused: bool) -> None:
    """Pause or resume the schedule; the protocol's interval stays as it is."""
    locked = (
        Source.objects.select_for_update(of=("self",)).select_related("protocol__review").get(pk=source.pk)
    )
    review: Review = locked.protocol.review
    require(by, review, Right.SEARCH)
    locked.is_paused = is_paused
    if not is_paused and locked.interval_days and locked.next_run_at is None:
        locked.next_run_at = timezone.now()  # its interval was set while it was paused
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
    waiting = timedelta(seconds=settings.SWEEP_SECONDS)
    busy = SearchRun.objects.filter(state=RunState.RUNNING, lease_until__gte=now).values("source_id")
    return list(
        SearchRun.objects.filter(
            Q(state=RunState.QUEUED, requested_at__lt=now - waiting)
            | Q(state=RunState.RUNNING, lease_until__lt=now)
        )
        .exclude(source_id__in=busy)
        .order_by()
        .values("source_id")
        .annotate(first=Min("id"))
        .order_by("first")
        .values_list("first", flat=True)[:_SWEPT_AT_ONCE]
    )


class _Superseded(Exception):
    """Another worker has taken the run over."""


def execute(run_id: int) -> bool:
    """Carry out one run, from its last checkpoint on; False where a worker holds it or its source."""
    token = _claim(run_id)
    if not token:
        return False
    run = SearchRun.objects.select_related("source").get(pk=run_id)
    if int(run.checkpoint.get("attempts", 0)) >= MAX_ATTEMPTS:
        _fail(run, token, f"Stopped after {MAX_ATTEMPTS} attempts that did not end.")
        return True
    try:
        _count_attempt(run, token)
        for bundle in _bundles(run):
            _store(run, token, bundle)
        _complete(run, token)
    except DomainError as error:
        _fail(run, token, str(error))
    except _Superseded:
        logger.info("run %s was taken over by another worker", run_id)
        return False
    return True


def _bundles(run: SearchRun) -> Iterator[fetching.Bundle]:
    return fetching.from_file(run) if run.trigger == RunTrigger.FILE else fetching.from_pubmed(run)


@transaction.atomic
def _claim(run_id: int) -> str:
    """Take a run that nobody holds. Runs of one source go one after the other: they compare what it holds."""
    now = timezone.now()
    run = SearchRun.objects.get(pk=run_id)
    Source.objects.select_for_update(of=("self",)).get(pk=run.source_id)
    others = SearchRun.objects.filter(source_id=run.source_id, state=RunState.RUNNING, lease_until__gte=now)
    if others.exclude(pk=run_id).exists():
        return ""
    token = secrets.token_hex(16)
    claimed = SearchRun.objects.filter(
        Q(state=RunState.QUEUED) | Q(state=RunState.RUNNING, lease_until__lt=now), pk=run_id
    ).update(
        state=RunState.RUNNING,
        lease_token=token,
        lease_until=_lease_end(),
        started_at=Coalesce("started_at", Value(now)),
    )
    return token if claimed else ""


def _lease_end() -> object:
    # One batch may wait for a slow source through several retries.
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS + 4 * fetching.TIMEOUT_SECONDS)


def _count_attempt(run: SearchRun, token: str) -> None:
    run.checkpoint = {**run.checkpoint, "attempts": int(run.checkpoint.get("attempts", 0)) + 1}
    _hold(run, token, checkpoint=run.checkpoint)


def _hold(run: SearchRun, token: str, **fields: object) -> None:
    if not SearchRun.objects.filter(pk=run.pk, lease_token=token, state=RunState.RUNNING).update(**fields):
        raise _Superseded


@transaction.atomic
def _store(run: SearchRun, token: str, bundle: fetching.Bundle) -> None:
    """One batch with its checkpoint, in one short transaction."""
    _hold(run, token, lease_until=_lease_end())
    seq = sequence.take(run.review_id) if bundle.records else 0
    stored = records.store(run=run, parsed=bundle.records, seq=seq)
    problems = (*bundle.problems, *stored.repeats)
    RunProblem.objects.bulk_create(
        RunProblem(run=run, row=problem.row, code=problem.code, detail=problem.detail[:2000])
        for problem in problems
    )
    # Attempts are counted from the last batch on: a long run may be stopped often, a poisoned batch not.
    attempts = 0 if bundle.records else run.checkpoint.get("attempts", 1)
    run.checkpoint = {"attempts": attempts, **bundle.checkpoint}
    _hold(
        run,
        token,
        checkpoint=run.checkpoint,
        received=F("received") + len(bundle.records),
        new=F("new") + stored.new,
        known=F("known") + stored.known,
        problems=F("problems") + len(problems),
        **bundle.run_fields,
    )


@transaction.atomic
def _complete(run: SearchRun, token: str) -> None:
    """Let the records count and tell of them."""
    _hold(run, token, lease_until=_lease_end())
    new, known = Record.objects.filter(run=run).count(), Sighting.objects.filter(run=run).count()
    seq = sequence.take(run.review_id)
    revised = records.count_in(run=run, seq=seq)
    records.refresh_reports(revised)
    _hold(
        run,
        token,
        state=RunState.COMPLETE,
        finished_at=timezone.now(),
        lease_token="",
        lease_until=None,
        error="",
        new=new,
        known=known,
        seq=seq,
    )
    events.emit("records.added", review_id=run.review_id, run=run.pk)


@transaction.atomic
def _fail(run: SearchRun, token: str, sentence: str) -> None:
    """Keep the error with the run; what it stored counts for nothing and is found again by the next."""
    ended = SearchRun.objects.filter(pk=run.pk, lease_token=token).update(
        state=RunState.FAILED,
        error=sentence,
        finished_at=timezone.now(),
        lease_token="",
        lease_until=None,
    )
    if ended:
        records.let_go(run)
        logger.warning("run %s failed: %s", run.pk, sentence)
