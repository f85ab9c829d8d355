"""How long the command waits for a worker: as long as that one gets on."""

import pytest
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from analysis.demo import stage
from reviews import events
from reviews.models import Delivery, Review

AT_WORK = 4


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The moments that were slept through; each sleep takes longer than the patience."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    monkeypatch.setattr("time.monotonic", lambda: len(slept) * 2 * stage.PATIENCE_SECONDS)
    return slept


def test_a_slow_worker_is_waited_for_while_it_gets_on(review: Review, clock: list[float]) -> None:
    with transaction.atomic():
        event = events.emit("test.happened", review_id=review.pk)

    def is_done() -> bool:
        Delivery.objects.create(event=event, handler=f"number {len(clock)}", delivered_at=timezone.now())
        return len(clock) == AT_WORK

    stage.Stage(say=print).wait("the test", is_done)

    assert len(clock) == AT_WORK


def test_a_worker_that_does_nothing_is_named(review: Review, clock: list[float]) -> None:
    with pytest.raises(CommandError, match="Waited 180 s for the worker: the test"):
        stage.Stage(say=print).wait("the test", lambda: False)

    assert len(clock) == 1
