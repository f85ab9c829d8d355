"""What a query would find, asked while a person waits; and help for those who write one. Nothing is kept."""

from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache

from reviews.access import Right, require
from reviews.connectors import Preview
from reviews.errors import InvalidInput
from reviews.models import Connector, Review, Source, User
from reviews.pubmed import EntrezClient, MeshTerm, SearchField
from reviews.remote import HttpxTransport
from reviews.services import clients, schedules, service_keys

HITS = 5
_MOST_HITS = 20
# A person waits: a service that is down is told of soon.
_TIMEOUT_SECONDS = 8.0
_TOTAL_SECONDS = 20.0
_TRIES = 2
_DAY_SECONDS = 24 * 60 * 60

_Answer = TypeVar("_Answer")


def preview(*, by: User, review: Review, connector: str, query: str, hits: int = HITS) -> Preview:
    """Count, translation, warnings and first hits of a query, sent with the person's own key.

    Refuses an empty query and what cannot be searched; says by name which service does not answer.
    """
    require(by, review, Right.SEARCH)
    if not query.strip():
        raise InvalidInput("Write a query first.")
    if connector not in schedules.SEARCHED - {Connector.CITATIONS}:
        raise InvalidInput("This source is imported from files: its query is run there.")
    key = service_keys.key_of_person(by, connector)
    wanted = max(1, min(hits, _MOST_HITS))
    with HttpxTransport(_TIMEOUT_SECONDS, _TOTAL_SECONDS) as transport:
        if connector == Connector.PUBMED:
            client = clients.entrez_client(transport, api_key=key, max_tries=_TRIES)
            return client.preview(query.strip(), hits=wanted)
        service = clients.connector_client(connector, transport, api_key=key, max_tries=_TRIES)
        return service.preview(query.strip(), hits=wanted)


def preview_source(*, by: User, source: Source, hits: int = HITS) -> Preview:
    """The same for a source as it stands in the protocol."""
    review = source.protocol.review
    return preview(by=by, review=review, connector=source.connector, query=source.query, hits=hits)


def mesh(*, by: User, review: Review, word: str) -> tuple[MeshTerm, ...]:
    """The MeSH headings that a word leads to."""
    require(by, review, Right.SEARCH)
    word = " ".join(word.split())[:200]
    if not word:
        return ()
    return _asked(f"mesh:{word.casefold()}", by, lambda client: client.mesh(word))


def fields(*, by: User, review: Review) -> tuple[SearchField, ...]:
    """The fields that a PubMed query can name."""
    require(by, review, Right.SEARCH)
    return _asked("fields", by, lambda client: client.fields())


def _asked(name: str, by: User, ask: Callable[[EntrezClient], _Answer]) -> _Answer:
    """Ask PubMed for what changes once a year, or remember what it said today."""
    place = f"pubmed-help:{service_keys.fingerprint(name)}"
    known: _Answer | None = cache.get(place)
    if known is not None:
        return known
    key = service_keys.key_of_person(by, Connector.PUBMED)
    with HttpxTransport(_TIMEOUT_SECONDS, _TOTAL_SECONDS) as transport:
        answer = ask(clients.entrez_client(transport, api_key=key, max_tries=_TRIES))
    cache.set(place, answer, timeout=_DAY_SECONDS)
    return answer
