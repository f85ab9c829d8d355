"""Undoing and restoring runs at once where they are small, and by a worker where they are large.

Either way it is one transaction: until it ends everything counts as before, then all of it is moved. What is
asked of a worker is a row; a message that is lost is sent again, as for runs.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from reviews import audit, events, sequence
from reviews.access import Right, require
from reviews.errors import DomainError
from reviews.models import RunUndo, SearchRun, UndoKind, UndoRequest, User
from reviews.services import undoing

logger = logging.getLogger(__name__)

UNDO_TASK = "reviews.tasks.carry_out_undo"
# So many records are moved in about a second; nobody should wait longer for a page.
AT_ONCE = 20_000
MAX_ATTEMPTS = 5
_SWEPT_AT_ONCE = 5
# The work is one transaction without a sign of life: a million records take some three minutes. A second
# worker that came all the same would wait at the lock of the source, and find nothing left to do.
_LEASES = 10
_ACTS: Mapping[str, Callable[..., RunUndo]] = {
    UndoKind.UNDONE: undoing.undo,
    UndoKind.RESTORED: undoing.restore,
}


class AskedAlready(DomainError):
    code = "asked_already"
    sentence = "This has been asked for already and is under way."


def ask(*, by: User, run: SearchRun, kind: UndoKind, reason: str = "") -> RunUndo | None:
    """Undo or restore a run; None where that is left to a worker, because the run has many records.

    Refuses what the act itself refuses, and a second request while one is under way.
    """
    if UndoRequest.objects.filter(run=run, error="").exists():
        raise AskedAlready
    if run.received <= AT_ONCE:
        fact = _ACTS[kind](by=by, run=run, reason=reason)
        UndoRequest.objects.filter(run=run).exclude(error="").delete()
        return fact
    _leave_to_worker(by=by, run=run, kind=kind, reason=reason)
    return None


@transaction.atomic
def _leave_to_worker(*, by: User, run: SearchRun, kind: UndoKind, reason: str) -> None:
    require(by, run.review, Right.SEARCH)
    undoing.lock(run, kind)
    UndoRequest.objects.filter(run=run).exclude(error="").delete()
    _, is_new = UndoRequest.objects.get_or_create(
        run=run, defaults={"kind": kind, "by": by, "reason": reason.strip()}
    )
    if not is_new:
        raise AskedAlready
    audit.record(
        by=by,
        verb=f"run.{kind.value}_asked",
        target=run,
        review_id=run.review_id,
        seq=sequence.take(run.review_id),
        new={"reason": reason.strip()},
    )
    events.poke(UNDO_TASK, run.pk)


def carry_out(run_id: int) -> bool:
    """Do what was asked of a run; False where nothing was, or another worker does it, or it must wait."""
    now = timezone.now()
    waiting = UndoRequest.objects.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now), error="")
    if not waiting.filter(run=run_id).update(lease_until=now + _lease(), attempts=F("attempts") + 1):
        return False
    asked = UndoRequest.objects.select_related("run__review", "by").get(run=run_id)
    if asked.attempts > MAX_ATTEMPTS:
        _give_up(asked, f"Given up after {MAX_ATTEMPTS} attempts that did not end.")
        return True
    try:
        _act(asked)
    except undoing.SourceBusy:
        # No fault of it: the sweep comes again until the source is free.
        _held(asked).update(lease_until=None, attempts=F("attempts") - 1)
        return False
    except DomainError as error:
        _give_up(asked, str(error))
    return True


@transaction.atomic
def _act(asked: UndoRequest) -> None:
    _ACTS[asked.kind](by=asked.by, run=asked.run, reason=asked.reason)
    asked.delete()


def _give_up(asked: UndoRequest, sentence: str) -> None:
    _held(asked).update(error=sentence, lease_until=None)
    logger.warning("%s of run %s is not carried out: %s", asked.kind, asked.run_id, sentence)


def _lease() -> timedelta:
    return timedelta(seconds=_LEASES * settings.LEASE_SECONDS)


def _held(asked: UndoRequest) -> QuerySet[UndoRequest]:
    return UndoRequest.objects.filter(pk=asked.pk)


def unfinished() -> list[int]:
    """Runs with a request that nobody carries out: the message was lost, or the worker killed."""
    now = timezone.now()
    waited = Q(lease_until__isnull=True, requested_at__lt=now - timedelta(seconds=settings.SWEEP_SECONDS))
    found = UndoRequest.objects.filter(waited | Q(lease_until__lt=now), error="")
    return list(found.order_by("pk").values_list("run_id", flat=True)[:_SWEPT_AT_ONCE])
