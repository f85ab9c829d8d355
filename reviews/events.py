"""The outbox: changes told in the same transaction in which they happen.

Topics and their payloads (ids only):

    member.invited           invitation
    records.added            run
    run.undone               run, undo
    run.restored             run, undo
    screening.run_moved      run, after
    record.noticed           run
    source.due               source (one that starts from the included studies)
    reports.merged           kept, absorbed
    reports.split            kept, absorbed
    reports.related          relation
    duplicates.waiting       run, after
    screening.started        (none)
    screening.items_waiting  (none)
    screening.rule_changed   stage, after
    screening.state_changed  report, stage
    retrieval.changed        report
    study.included           study
    study.removed            study
    study.changed            study
    extraction.agreed        study, outcome (0 for a characteristic)
    appraisal.agreed         unit, study, outcome
    protocol.amended         version
    spec.changed             spec
    run.finished             spec, run
    version.published        version
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from reviews.models import OutboxEvent

logger = logging.getLogger(__name__)

RELAY_TASK = "reviews.tasks.relay"
# One quick retry, then the sweep takes over: nobody waits for a broker that is down.
_RETRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.2}


def emit(topic: str, *, review_id: int, **ids: int) -> OutboxEvent:
    """Write an event in the caller's transaction; the relay is poked after the commit."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"events.emit({topic!r}) needs the transaction of the change that it tells of")
    event = OutboxEvent.objects.create(topic=topic, review_id=review_id, payload=ids)
    # The first event of a transaction pokes for all: they become visible at the same moment.
    if not any(isinstance(entry[1], _RelayPoke) for entry in connection.run_on_commit):
        transaction.on_commit(_RelayPoke(event.pk), robust=True)
    return event


@dataclass(frozen=True, slots=True)
class _RelayPoke:
    """Sends the relay, unless one that is on its way will deliver this event too.

    An earlier event that still waits had its own poke, and the relay looks again after each batch; where
    that poke was lost, the sweep comes. One message for each of a thousand events would keep a worker busy
    with nothing: the file broker hands out ten a second.
    """

    event_id: int

    def __call__(self) -> None:
        if not settings.PUBLISH_TASKS:
            return
        # Waiting for longer than two sweeps: nobody sweeps, so nothing is on its way.
        recent = timezone.now() - timedelta(seconds=2 * settings.SWEEP_SECONDS)
        earlier = OutboxEvent.objects.filter(relayed_at__isnull=True, pk__lt=self.event_id)
        if not earlier.filter(created_at__gt=recent).exists():
            send(RELAY_TASK)


def poke(task: str, *args: int) -> None:
    """Send a task by name after the commit. A poke that is lost is made good by the periodic sweep."""
    transaction.on_commit(lambda: send(task, *args), robust=True)


def send(task: str, *args: int | str) -> None:
    """Publish now, and say so in the log where the broker cannot be reached."""
    if not settings.PUBLISH_TASKS:
        return
    try:
        current_app.send_task(task, args=args, retry=True, retry_policy=_RETRY)
    except (OperationalError, OSError) as error:
        logger.warning("task %s not published, the sweep will find its work: %s", task, error)
