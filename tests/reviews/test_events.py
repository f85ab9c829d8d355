"""One relay message for a burst of events, and one for each event that comes alone."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from reviews import events
from reviews.models import OutboxEvent


@pytest.fixture
def sent(flushable: None, settings: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    settings.PUBLISH_TASKS = True  # type: ignore[attr-defined]  # pytest-django's settings wrapper
    tasks: list[str] = []
    monkeypatch.setattr("reviews.events.send", tasks.append)
    return tasks


def _emit(how_many: int = 1) -> None:
    with transaction.atomic():
        for _ in range(how_many):
            events.emit("spec.changed", review_id=1, spec=1)


def test_many_events_of_one_transaction_send_one_relay(sent: list[str]) -> None:
    _emit(5)
    assert sent == ["reviews.tasks.relay"]


def test_events_of_several_transactions_before_a_relay_send_one(sent: list[str]) -> None:
    for _ in range(5):
        _emit()
    assert sent == ["reviews.tasks.relay"]


def test_an_event_after_a_relay_sends_another(sent: list[str]) -> None:
    for _ in range(2):
        _emit()
        OutboxEvent.objects.update(relayed_at=timezone.now())
    assert sent == ["reviews.tasks.relay"] * 2


def test_an_event_that_nobody_sweeps_holds_up_no_other(sent: list[str]) -> None:
    _emit()
    OutboxEvent.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    _emit()
    assert sent == ["reviews.tasks.relay"] * 2


def test_a_transaction_that_is_undone_sends_nothing(sent: list[str]) -> None:
    with transaction.atomic():
        _emit()
        transaction.set_rollback(True)
    assert sent == []
