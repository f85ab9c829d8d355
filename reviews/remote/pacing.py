"""How fast to ask, and how long to wait before asking again."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

# The network may compress the gap between two requests; a little slack keeps the server's count low enough.
_SLACK = 1.05


class Limiter(Protocol):
    """Lets requests start no faster than allowed; a shared one can serve several processes."""

    def wait(self) -> None:
        """Return when the next request may start."""
        ...


class RateLimiter:
    """Spaces the starts of requests evenly, across the threads of one process.

    Parameters
    ----------
    rate : float
        Requests a second.
    clock, sleep : callable
        Monotonic seconds, and waiting; injected by tests.

    Notes
    -----
    Even spacing rather than a bucket of tokens: the server counts in windows of its own, and a burst across
    the edge of two windows can be over the limit in one of them.
    """

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = _SLACK / rate
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = float("-inf")

    def wait(self) -> None:
        """Take the next free start and sleep until then."""
        with self._lock:
            now = self._clock()
            start = max(now, self._next)
            self._next = start + self._gap
        if start > now:
            self._sleep(start - now)


def backoff(attempt: int, *, rng: random.Random, base: float = 1.0, longest: float = 60.0) -> float:
    """Return the seconds to wait after the failed `attempt`.

    Parameters
    ----------
    attempt : int
        1 for the first failure.
    rng : random.Random
        Source of the jitter, so that workers that failed together do not come back together.
    base, longest : float
        Seconds: the middle of the first wait, and the bound of all.

    Returns
    -------
    float
        Between half and one and a half times ``base * 2 ** (attempt - 1)``, at most `longest`.
    """
    wait: float = base * 2.0 ** (attempt - 1)
    return min(longest, wait * rng.uniform(0.5, 1.5))


def retry_after(headers: Mapping[str, str], *, now: datetime | None = None, longest: float = 120.0) -> float:
    """Return the seconds that a server asks to be left alone.

    Parameters
    ----------
    headers : mapping
        Of the reply, with names in lower case.
    now : datetime, optional
        By default the present moment.
    longest : float
        Bound: a server that asks for a day would otherwise hold the worker that long.

    Returns
    -------
    float
        0 where it does not ask, or asks in words that nobody understands.

    References
    ----------
    RFC 9110, section 10.2.3: a number of seconds or a date.
    """
    asked = headers.get("retry-after", "").strip()
    if asked.isdecimal():
        return min(float(asked), longest)
    try:
        moment = parsedate_to_datetime(asked)
    except ValueError:
        return 0.0
    # A date without a zone is one in UTC, wherever this machine stands.
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    return min(max(seconds, 0.0), longest)
