"""A PubMed that answers over HTTP on this machine, and clients whose waiting costs no time."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from reviews.pubmed import EntrezClient
from reviews.remote import HttpxTransport
from tests.fakes.corpus import articles
from tests.fakes.eutils import FakeEutils

MakeClient = Callable[..., EntrezClient]


@dataclass
class Clock:
    """Time that passes only by sleeping."""

    now: float = 0.0
    sleeps: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> Iterator[FakeEutils]:
    with FakeEutils(corpus=articles(30)) as fake:
        yield fake


@pytest.fixture
def make_client(clock: Clock) -> Iterator[MakeClient]:
    """Clients of any server, five attempts each unless told otherwise, patient with a busy machine."""
    with HttpxTransport(timeout=60) as patient, HttpxTransport(timeout=1.5) as hasty:

        def make(
            server: FakeEutils,
            *,
            max_tries: int = 5,
            api_key: str | None = None,
            is_hasty: bool = False,
        ) -> EntrezClient:
            return EntrezClient(
                hasty if is_hasty else patient,
                base_url=server.base_url,
                tool="perennial-tests",
                email="team@example.org",
                api_key=api_key,
                clock=clock,
                sleep=clock.sleep,
                rng=random.Random(1),
                max_tries=max_tries,
            )

        yield make


@pytest.fixture
def client(server: FakeEutils, make_client: MakeClient) -> EntrezClient:
    return make_client(server)
