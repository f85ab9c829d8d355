"""The local servers of all services that a source may ask, together."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from django.conf import LazySettings

from reviews.remote import Limiter, RateLimiter
from reviews.services import clients
from tests.fakes.clinicaltrials import FakeClinicalTrials
from tests.fakes.crossref import FakeCrossref
from tests.fakes.europepmc import FakeEuropePmc
from tests.fakes.openalex import FakeOpenAlex


@dataclass
class Services:
    """Four servers; what a test puts into them is what there is to find."""

    europepmc: FakeEuropePmc = field(default_factory=FakeEuropePmc)
    openalex: FakeOpenAlex = field(default_factory=FakeOpenAlex)
    crossref: FakeCrossref = field(default_factory=FakeCrossref)
    clinicaltrials: FakeClinicalTrials = field(default_factory=FakeClinicalTrials)

    def asked(self) -> int:
        """How many requests reached them."""
        every = (self.europepmc, self.openalex, self.crossref, self.clinicaltrials)
        return sum(len(fake.requests) for fake in every)


@pytest.fixture
def services(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """All four, at the addresses of the settings, and clients without pauses between requests."""

    def unhurried(rate: float, *, name: str = "") -> Limiter:
        return RateLimiter(10_000)

    monkeypatch.setattr(clients, "SharedLimiter", unhurried)
    made = Services()
    with ExitStack() as stack:
        for name in ("europepmc", "openalex", "crossref", "clinicaltrials"):
            fake = stack.enter_context(getattr(made, name))
            setattr(settings, f"{name.upper()}_BASE_URL", fake.base_url)
        settings.OPENALEX_API_KEY = "free"
        yield made
