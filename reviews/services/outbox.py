"""From the outbox to the handlers: at least once, each handler on its own, no queue trusted."""

import logging
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import timedelta
from functools import cache

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string

from reviews.models import Delivery, OutboxEvent

logger = logging.getLogger(__name__)

Handler = Callable[..., None]
_BATCH = 200
_BACK_OFF_SECONDS = (1, 5, 30, 120, 600)
_KEEP = timedelta(days=30)
_PURGE_BATCH = 5000


@cache
def _handler(path: str) -> Handler:
    return import_string(path)  # type: ignore[no-any-return]  # a dotted path names a function


def write_deliveries() -> int:
    """Turn events into one delivery for each of their handlers; returns how many events were taken."""
    handlers: Mapping[str, list[str]] = settings.EVENT_HANDLERS
    with transaction.atomic():
        waiting = OutboxEvent.objects.filter(relayed_at__isnull=True).order_by("id")
        if connection.features.has_select_for_update_skip_locked:
            waiting = waiting.select_for_update(skip_locked=True)
        events = list(waiting[:_BATCH])
        Delivery.objects.bulk_create(
            [
                Delivery(event=event, handler=path)
                for event in events
                for path in handlers.get(event.topic, ())
            ],
            ignore_conflicts=True,
        )
        OutboxEvent.objects.filter(pk__in=[event.pk for event in events]).update(relayed_at=timezone.now())
    return len(events)


def _claim(delivery_id: int) -> bool:
    now = timezone.now()
    return bool(
        Delivery.objects.filter(
            Q(lease_until__isnull=True) | Q(lease_until__lt=now), pk=delivery_id, delivered_at__isnull=True
        ).update(lease_until=now + timedelta(seconds=settings.LEASE_SECONDS))
    )


def _run(delivery: Delivery) -> None:
    event = delivery.event
    handler = _handler(delivery.handler)
    # A handler that works in many short transactions says so: one long one would hold up every writer.
    with nullcontext() if getattr(handler, "manages_transactions", False) else transaction.atomic():
        handler(review_id=event.review_id, **event.payload)
        Delivery.objects.filter(pk=delivery.pk).update(delivered_at=timezone.now(), error="")


def _deliver(delivery: Delivery) -> bool:
    """Run one handler, in its own transaction unless it manages its own; a failure is tried again later."""
    event = delivery.event
    try:
        _run(delivery)
    except Exception as error:  # whatever one handler raises must not hold up the others
        attempts = delivery.attempts + 1
        wait = _BACK_OFF_SECONDS[min(attempts, len(_BACK_OFF_SECONDS)) - 1]
        Delivery.objects.filter(pk=delivery.pk).update(
            attempts=attempts,
            next_try_at=timezone.now() + timedelta(seconds=wait),
            lease_until=None,
            error=f"{type(error).__name__}: {error}"[:2000],
        )
        logger.exception("handler %s failed for event %s, attempt %s", delivery.handler, event.pk, attempts)
        return False
    return True


def deliver_due(limit: int = _BATCH) -> int:
    """Run the handlers of all deliveries that are due, oldest first; returns how many succeeded."""
    due = (
        Delivery.objects.select_related("event")
        .filter(delivered_at__isnull=True, next_try_at__lte=timezone.now())
        .order_by("id")[:limit]
    )
    return sum(1 for delivery in due if _claim(delivery.pk) and _deliver(delivery))


def relay() -> int:
    """Do all that waits now, also what handlers add meanwhile; returns how many deliveries succeeded."""
    done = 0
    while True:
        taken = write_deliveries()
        delivered = deliver_due()
        done += delivered
        if not taken and not delivered:
            return done


def is_waiting(review_id: int) -> bool:
    """Whether a change of this review has not reached all its handlers yet."""
    events = OutboxEvent.objects.filter(review_id=review_id)
    return (
        events.filter(relayed_at__isnull=True).exists()
        or Delivery.objects.filter(event__in=events, delivered_at__isnull=True).exists()
    )


def purge(older_than: timedelta = _KEEP) -> int:
    """Forget events whose deliveries are all made and old; returns how many."""
    undelivered = Delivery.objects.filter(delivered_at__isnull=True).values("event_id")
    old = OutboxEvent.objects.filter(relayed_at__lt=timezone.now() - older_than).exclude(pk__in=undelivered)
    ids = list(old.values_list("pk", flat=True)[:_PURGE_BATCH])
    OutboxEvent.objects.filter(pk__in=ids).delete()
    return len(ids)
