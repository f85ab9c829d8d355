"""A review with one outcome of proportions, and the whole loop at one call."""

from collections.abc import Callable

import pytest

from analysis.services import runs
from reviews.models import Outcome, Review

Loop = Callable[[], None]


@pytest.fixture
def outcome(review: Review) -> Outcome:
    return Outcome.objects.get(protocol__review=review)


@pytest.fixture
def live(relay: Callable[[], int]) -> Loop:
    """Deliver what the outbox holds, then compute what is stale, as the workers do."""

    def turn() -> None:
        relay()
        runs.recompute_stale()
        relay()

    return turn
