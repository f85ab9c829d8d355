"""From the outbox to the handlers."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from reviews import events
from reviews.models import Delivery, OutboxEvent, Review
from reviews.services import outbox

calls: list[tuple[str, dict[str, int]]] = []


def heard(**ids: int) -> None:
    calls.append(("heard", ids))


def failing(**ids: int) -> None:
    raise ValueError("out of order")


@pytest.fixture(autouse=True)
def handlers(settings: pytest.FixtureRequest) -> Iterator[None]:
    settings.EVENT_HANDLERS = {  # type: ignore[attr-defined]
        "test.happened": [f"{__name__}.failing", f"{__name__}.heard"]
    }
    calls.clear()
    yield
    calls.clear()


def _emit(review: Review) -> OutboxEvent:
    with transaction.atomic():
        return events.emit("test.happened", review_id=review.pk, study=7)


def test_an_event_needs_the_transaction_of_its_change(transactional_db: None, flushable: None) -> None:
    with pytest.raises(RuntimeError, match="needs the transaction"):
        events.emit("test.happened", review_id=1)


def test_a_failing_handler_does_not_hold_up_the_others(review: Review) -> None:
    _emit(review)
    outbox.relay()
    assert calls == [("heard", {"review_id": review.pk, "study": 7})]
    kept = Delivery.objects.get(handler__endswith="failing")
    assert kept.attempts == 1
    assert kept.error == "ValueError: out of order"


def test_only_the_failing_handler_is_tried_again(review: Review) -> None:
    _emit(review)
    outbox.relay()
    Delivery.objects.update(next_try_at=timezone.now())
    outbox.relay()
    assert len(calls) == 1
    assert Delivery.objects.get(handler__endswith="failing").attempts == 2


def test_a_delivery_that_another_worker_holds_is_left_alone(review: Review) -> None:
    _emit(review)
    outbox.write_deliveries()
    Delivery.objects.update(lease_until=timezone.now() + timedelta(seconds=30))
    assert outbox.deliver_due() == 0
    assert calls == []


def test_old_delivered_events_are_forgotten_and_undelivered_ones_kept(review: Review) -> None:
    first = _emit(review)
    outbox.relay()
    assert outbox.purge(older_than=timedelta(0)) >= 0
    assert OutboxEvent.objects.filter(pk=first.pk).exists()
    Delivery.objects.filter(event=first).update(delivered_at=timezone.now())
    outbox.purge(older_than=timedelta(0))
    assert not OutboxEvent.objects.filter(pk=first.pk).exists()


def in_its_own_transactions(**ids: int) -> None:
    calls.append(("own", {"depth": len(connection.savepoint_ids)}))


in_its_own_transactions.manages_transactions = True  # type: ignore[attr-defined]  # functions take attributes


def in_one_transaction(**ids: int) -> None:
    calls.append(("one", {"depth": len(connection.savepoint_ids)}))


def test_a_handler_may_manage_its_own_transactions(review: Review, settings: pytest.FixtureRequest) -> None:
    settings.EVENT_HANDLERS = {  # type: ignore[attr-defined]
        "test.happened": [f"{__name__}.in_its_own_transactions", f"{__name__}.in_one_transaction"]
    }
    _emit(review)
    depth = len(connection.savepoint_ids)
    outbox.relay()
    assert calls == [("own", {"depth": depth}), ("one", {"depth": depth + 1})]
