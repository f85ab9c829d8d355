"""The real clients over real HTTP, without pauses."""

import random
from collections.abc import Callable, Iterator

import pytest

from reviews.connectors import JsonClient
from reviews.remote import HttpxTransport, RateLimiter
from tests.fakes.json_server import FakeService

Ask = Callable[..., JsonClient]


@pytest.fixture
def naps() -> list[float]:
    """How long the client slept between attempts."""
    return []


@pytest.fixture
def ask(naps: list[float]) -> Iterator[Ask]:
    """Makes a client for a local server, patient with a busy machine unless told otherwise."""
    with HttpxTransport(timeout=60) as patient, HttpxTransport(timeout=1.5) as hasty:

        def make(
            fake: FakeService,
            service: str = "The service",
            email: str = "lead@example.org",
            *,
            is_hasty: bool = False,
        ) -> JsonClient:
            return JsonClient(
                hasty if is_hasty else patient,
                service="The service",
                base_url=fake.base_url,
                email=email,
                limiter=RateLimiter(10_000),
                sleep=naps.append,
                rng=random.Random(1),
            )

        yield make
