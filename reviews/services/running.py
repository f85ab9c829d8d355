"""How a worker holds a run: claims it, stores its batches, completes it; each write asks for the token."""

import logging
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from reviews import events, sequence
from reviews.models import Record, RunProblem, RunState, SearchRun, Sighting, Source
from reviews.services import holdings, merging, notices, records
from reviews.services.bundles import Bundle, add_to_list, drop_lists, replace_list
from reviews.services.findings import findings_of

logger = logging.getLogger(__name__)

FINDINGS = "findings"
_BEATS_IN_A_LEASE = 3


class Superseded(Exception):
    """Another worker has taken the run over."""


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)


@transaction.atomic
def claim(run_id: int) -> str:
    """Take a run that nobody holds. Runs of one source go one after the other: they compare what it holds.

    One that nobody holds now is in the way too: its worker may be completing it, or the next goes on there.
    """
    now = timezone.now()
    run = SearchRun.objects.get(pk=run_id)
    Source.objects.select_for_update(of=("self",)).get(pk=run.source_id)
    others = SearchRun.objects.filter(source_id=run.source_id, state=RunState.RUNNING)
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


@contextmanager
def lease_renewed(run_id: int, token: str) -> Iterator[None]:
    """Renew the lease while the block works: a slow service may take minutes, a dead worker holds nothing."""
    ended = threading.Event()
    beats = threading.Thread(target=_renew, args=(run_id, token, ended), daemon=True)
    beats.start()
    try:
        yield
    finally:
        ended.set()
        beats.join()


def _renew(run_id: int, token: str, ended: threading.Event) -> None:
    while not ended.wait(settings.LEASE_SECONDS / _BEATS_IN_A_LEASE):
        try:
            held = SearchRun.objects.filter(pk=run_id, lease_token=token, state=RunState.RUNNING)
            held.update(lease_until=_lease_end())
        except DatabaseError as error:
            # A batch is being written, or the database is away: the next beat or batch renews it.
            logger.info("lease of run %s not renewed: %s", run_id, error)
        finally:
            connection.close()


def count_attempt(run: SearchRun, token: str) -> None:
    """Note that the work has begun once more, before anything of it can fail."""
    run.checkpoint = {**run.checkpoint, "attempts": int(run.checkpoint.get("attempts", 0)) + 1}
    hold(run, token, checkpoint=run.checkpoint)


def hold(run: SearchRun, token: str, **fields: object) -> None:
    """Write fields of the run if it is still this worker's."""
    if not SearchRun.objects.filter(pk=run.pk, lease_token=token, state=RunState.RUNNING).update(**fields):
        raise Superseded


def hand_on(run: SearchRun, token: str) -> None:
    """Let go of a run that is not finished: the next worker goes on where this one stopped."""
    hold(run, token, lease_token="", lease_until=timezone.now() - timedelta(seconds=1))


@transaction.atomic
def store(run: SearchRun, token: str, *, bundle: Bundle) -> None:
    """One batch with its lists and its checkpoint, in one short transaction."""
    hold(run, token, lease_until=_lease_end())
    for name, items in bundle.lists.items():
        replace_list(run, name, items=items)
    said = [finding.values() for record in bundle.records for finding in findings_of(record)]
    more = {**bundle.more, FINDINGS: [*(finding.values() for finding in bundle.findings), *said]}
    for name, items in more.items():
        if items:
            add_to_list(run, name, items=items)
    stored = records.store(run=run, parsed=bundle.records)
    seen = holdings.sight(run, bundle.seen, seq=sequence.take(run.review_id)) if bundle.seen else 0
    if bundle.then is not None:
        bundle.then()
    problems = (*bundle.problems, *stored.repeats)
    RunProblem.objects.bulk_create(
        RunProblem(
            run=run, row=problem.row, code=problem.code, detail=problem.detail[:2000], kept=problem.kept
        )
        for problem in problems
    )
    # Attempts are counted from the last batch on: a long run may be stopped often, a poisoned batch not.
    goes_on = bundle.records or bundle.seen or bundle.lists or bundle.more
    attempts = 0 if goes_on else run.checkpoint.get("attempts", 1)
    run.checkpoint = {"attempts": attempts, **bundle.checkpoint}
    hold(
        run,
        token,
        checkpoint=run.checkpoint,
        received=F("received") + len(bundle.records) + seen,
        new=F("new") + stored.new,
        known=F("known") + stored.known + seen,
        problems=F("problems") + len(problems),
        **bundle.run_fields,
    )


@transaction.atomic
def complete(run: SearchRun, token: str) -> None:
    """Let the records count, write what the source said of those held, and tell of both."""
    hold(run, token, lease_until=_lease_end())
    # Locked as merges lock them, before the counter: in the other order the two would wait for each other.
    merging.lock(run.review_id, records.revised_reports(run))
    seq = sequence.take(run.review_id)
    records.refresh_reports(records.count_in(run=run, seq=seq))
    noticed = notices.write(run, FINDINGS, seq=seq)
    brought = Record.objects.filter(run=run)
    revised = brought.filter(revises__seq__isnull=False).count()
    hold(
        run,
        token,
        state=RunState.COMPLETE,
        finished_at=timezone.now(),
        lease_token="",
        lease_until=None,
        error="",
        new=brought.count() - revised,
        known=Sighting.objects.filter(run=run).count(),
        revised=revised,
        vanished=noticed.vanished,
        retracted=noticed.retracted,
        seq=seq,
    )
    drop_lists(run)
    events.emit("records.added", review_id=run.review_id, run=run.pk)
    if noticed.total:
        events.emit("record.noticed", review_id=run.review_id, run=run.pk)


@transaction.atomic
def fail(run: SearchRun, token: str, *, sentence: str) -> None:
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
        drop_lists(run)
        logger.warning("run %s failed: %s", run.pk, sentence)
