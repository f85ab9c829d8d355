"""A PubMed that answers over HTTP on this machine, and a client that does not wait between attempts."""

import random
from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from reviews.models import Connector, DuplicateSuggestion, Review, Source
from reviews.pubmed import EntrezClient
from reviews.remote import RateLimiter, Transport
from reviews.services import clients, pubmed_runs
from tests import factories
from tests.fakes.corpus import articles
from tests.fakes.eutils import FakeEutils


@pytest.fixture
def pubmed(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEutils]:
    """The fake server; the client is the real one, without pauses."""

    def unhurried(transport: Transport, *, api_key: str | None = None, max_tries: int = 3) -> EntrezClient:
        return EntrezClient(
            transport,
            base_url=settings.ENTREZ_BASE_URL,
            tool="perennial",
            email="lead@example.org",
            api_key=api_key or None,
            limiter=RateLimiter(10_000),
            sleep=lambda _: None,
            rng=random.Random(1),
            max_tries=max_tries,
        )

    monkeypatch.setattr(clients, "entrez_client", unhurried)
    with FakeEutils(corpus=articles(30)) as fake:
        settings.ENTREZ_BASE_URL = fake.base_url
        yield fake


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten records a batch, so that thirty are three."""
    monkeypatch.setattr(pubmed_runs, "BATCH_SIZE", 10)


@pytest.fixture
def source(review: Review) -> Source:
    """PubMed with a query that finds everything in the fake."""
    return factories.source(review, "PubMed", connector=Connector.PUBMED, query="report", interval_days=7)


@pytest.fixture
def file_source(review: Review) -> Source:
    return Source.objects.filter(protocol__review=review, connector=Connector.FILE)[0]


@pytest.fixture
def pair(review: Review, file_source: Source) -> DuplicateSuggestion:
    first, second = factories.reports(
        review, 2, ["Zinc for colds in adults", "Zinc for colds in adults: results"], source=file_source
    )
    return DuplicateSuggestion.objects.create(
        review=review,
        first=first,
        second=second,
        rule="other_doi",
        score=0.9,
        evidence={"title": 0.91, "year": 0, "doi": False},
    )
