"""One pace for all threads, workers and web processes of the install, for each service and key."""

import hashlib
import math
import time
from collections.abc import Callable

from django.core.cache import cache

from reviews.services.service_keys import fingerprint

SLACK = 1.1  # the network may squeeze requests together
_LOOKED_AHEAD_SECONDS = 20
_SLOT_KEPT_SECONDS = 30  # longer than any worker looks ahead


def pace_of(service: str, api_key: str = "") -> str:
    """Whose pace it is, in a form that says nothing of the key."""
    if not api_key:
        return service
    return f"{service}-{fingerprint(api_key)}"


class SharedLimiter:
    """Lets all workers of the install together start no more requests a second than a service allows.

    Time is cut into slots, and a slot belongs to the worker that writes its key first: `add` of every
    shared cache (database, Redis) writes only where nothing stands.
    """

    def __init__(
        self,
        rate: float,
        *,
        name: str = "entrez",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._gap = SLACK / rate
        self._name = hashlib.sha256(f"{name} {self._gap:.4f}".encode()).hexdigest()[:16]
        self._clock = clock

    def wait(self) -> None:
        """Take the next free slot and sleep until it begins."""
        now = self._clock()
        slot = math.ceil(now / self._gap)
        while not cache.add(self._key(slot), 1, timeout=_SLOT_KEPT_SECONDS):
            if slot * self._gap - now > _LOOKED_AHEAD_SECONDS:
                time.sleep(self._gap)  # nothing can be written, or a great crowd asks: begin again from now
                slot = 0
            now = self._clock()
            slot = max(slot + 1, math.ceil(now / self._gap))
        time.sleep(max(0.0, slot * self._gap - self._clock()))

    def _key(self, slot: int) -> str:
        # The moment stands first: a full cache table drops what sorts first, which is then the oldest.
        return f"pace:{slot * self._gap:015.3f}:{self._name}"
