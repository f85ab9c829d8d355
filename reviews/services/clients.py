"""Clients of the services that are searched, at the addresses of the settings and at a shared pace."""

from typing import Any

from django.conf import settings

from reviews.connectors import SERVICES, ClinicalTrials, Crossref, EuropePmc, OpenAlex, connect
from reviews.models import Connector
from reviews.pubmed import RATE_WITH_KEY, RATE_WITHOUT_KEY, EntrezClient
from reviews.remote import Transport
from reviews.services import service_keys
from reviews.services.pacing import SharedLimiter, pace_of

TIMEOUT_SECONDS = 30


def contact() -> str:
    """Whom a service writes to when a search of this install troubles it."""
    return str(settings.ENTREZ_EMAIL or settings.DEFAULT_FROM_EMAIL)


def entrez_client(transport: Transport, *, api_key: str | None = None, max_tries: int = 5) -> EntrezClient:
    """PubMed; with the install's key unless another is given."""
    key = service_keys.install_key() if api_key is None else api_key
    return EntrezClient(
        transport,
        base_url=settings.ENTREZ_BASE_URL,
        tool=settings.ENTREZ_TOOL,
        email=contact(),
        api_key=key or None,
        limiter=SharedLimiter(RATE_WITH_KEY if key else RATE_WITHOUT_KEY, name=pace_of("entrez", key)),
        max_tries=max_tries,
    )


_ADDRESSES = {
    Connector.EUROPEPMC: "EUROPEPMC_BASE_URL",
    Connector.OPENALEX: "OPENALEX_BASE_URL",
    Connector.CROSSREF: "CROSSREF_BASE_URL",
    Connector.CLINICALTRIALS: "CLINICALTRIALS_BASE_URL",
}


def connector_client(
    connector: str, transport: Transport, *, api_key: str | None = None, **options: Any
) -> EuropePmc | OpenAlex | Crossref | ClinicalTrials:
    """The service of a connector; with the install's key, where it takes one, unless another is given."""
    service = service_keys.service_of(connector)
    key = api_key if api_key is not None else service_keys.install_key(service) if service else ""
    return connect(
        str(Connector(connector).value),
        transport,
        base_url=getattr(settings, _ADDRESSES[Connector(connector)]),
        email=contact(),
        api_key=key,
        limiter=SharedLimiter(SERVICES[connector].rate, name=pace_of(str(connector), key)),
        **options,
    )
