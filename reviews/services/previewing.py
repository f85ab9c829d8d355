"""What a query would find and how to write it better, asked of the service before anything is kept."""

from dataclasses import asdict

from django.core.cache import cache

from reviews.access import Right, require
from reviews.connectors import Preview
from reviews.errors import InvalidInput
from reviews.models import Connector, Review, User
from reviews.pubmed import EntrezClient, MeshTerm, SearchField
from reviews.remote import HttpxTransport
from reviews.services import clients, service_keys

PREVIEWED = frozenset(
    {
        Connector.PUBMED,
        Connector.EUROPEPMC,
        Connector.OPENALEX,
        Connector.CROSSREF,
        Connector.CLINICALTRIALS,
    }
)
# A person waits for the answer: it gives up soon.
_TIMEOUT_SECONDS, _TOTAL_SECONDS = 8.0, 20.0
_TRIES = 2
_LONGEST_TERM = 200
_FIELDS_KEPT_SECONDS = 24 * 3600  # PubMed's fields change once in years


def preview(*, by: User, review: Review, connector: str, query: str) -> Preview:
    """Ask what a query would find, with the person's own key. Refuses what is not searched from here."""
    require(by, review, Right.SEARCH)
    if connector not in PREVIEWED:
        raise InvalidInput("What comes from files or by hand cannot be searched from here.")
    if not query.strip():
        raise InvalidInput("Write a query first.")
    with _transport() as transport:
        if connector == Connector.PUBMED:
            return _entrez(by, transport).preview(query.strip())
        key = service_keys.key_of(by, service) if (service := service_keys.service_of(connector)) else None
        client = clients.connector_client(connector, transport, api_key=key or None, max_tries=_TRIES)
        return client.preview(query.strip())


def pubmed_fields(*, by: User, review: Review) -> list[SearchField]:
    """The fields that a query can name, from PubMed itself, kept for a day."""
    require(by, review, Right.SEARCH)
    kept = cache.get("entrez:fields")
    if kept is None:
        with _transport() as transport:
            kept = [asdict(field) for field in _entrez(by, transport).fields()]
        cache.set("entrez:fields", kept, timeout=_FIELDS_KEPT_SECONDS)
    return [SearchField(**field) for field in kept]


def mesh_terms(*, by: User, review: Review, words: str) -> tuple[MeshTerm, ...]:
    """Headings of MeSH that these words may mean. Refuses an empty question."""
    require(by, review, Right.SEARCH)
    asked = " ".join(words.split())[:_LONGEST_TERM]
    if not asked:
        raise InvalidInput("Write a word to look up.")
    with _transport() as transport:
        return _entrez(by, transport).mesh(asked)


def _transport() -> HttpxTransport:
    return HttpxTransport(_TIMEOUT_SECONDS, total=_TOTAL_SECONDS)


def _entrez(by: User, transport: HttpxTransport) -> EntrezClient:
    own = service_keys.key_of(by)
    return clients.entrez_client(transport, api_key=own or None, max_tries=_TRIES)
