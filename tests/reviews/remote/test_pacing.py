"""Waiting before asking, and before asking again."""

from __future__ import annotations

import random
import threading
from itertools import pairwise

import pytest

from reviews.remote import RateLimiter, backoff


def test_starts_are_spaced_across_threads() -> None:
    waits: list[float] = []
    limiter = RateLimiter(10.0, clock=lambda: 0.0, sleep=waits.append)

    threads = [threading.Thread(target=limiter.wait) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    starts = sorted([0.0, *waits])
    assert len(starts) == 20
    assert [after - before for before, after in pairwise(starts)] == pytest.approx([0.105] * 19)


def test_a_pause_is_not_saved_up_for_a_burst() -> None:
    now = [0.0]
    waits: list[float] = []
    limiter = RateLimiter(1.0, clock=lambda: now[0], sleep=waits.append)

    limiter.wait()
    now[0] = 100.0
    limiter.wait()
    limiter.wait()

    assert waits == pytest.approx([1.05])


@pytest.mark.parametrize("attempt", [1, 2, 3, 4, 10])
def test_backoff_doubles_with_jitter_up_to_its_bound(attempt: int) -> None:
    waits = [backoff(attempt, rng=random.Random(seed)) for seed in range(50)]

    assert all(
        min(60.0, 0.5 * 2 ** (attempt - 1)) <= wait <= min(60.0, 1.5 * 2 ** (attempt - 1)) for wait in waits
    )
    assert len(set(waits)) == (1 if attempt == 10 else 50)
