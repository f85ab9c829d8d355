"""Which fetcher carries out which run: from a file, from a service, from citations, from what was typed."""

from collections.abc import Callable, Iterator

from reviews.errors import InvalidInput
from reviews.models import Connector, RunTrigger, SearchRun
from reviews.services import import_reading
from reviews.services.bundles import Bundle
from reviews.services.chase_runs import from_citations
from reviews.services.connector_runs import from_connector
from reviews.services.hand_runs import from_hand
from reviews.services.pubmed_runs import from_pubmed

_FETCHERS: dict[str, Callable[[SearchRun], Iterator[Bundle]]] = {
    Connector.PUBMED: from_pubmed,
    Connector.EUROPEPMC: from_connector,
    Connector.OPENALEX: from_connector,
    Connector.CROSSREF: from_connector,
    Connector.CLINICALTRIALS: from_connector,
    Connector.CITATIONS: from_citations,
    Connector.HAND: from_hand,
}


def bundles(run: SearchRun) -> Iterator[Bundle]:
    """The run's batches from its checkpoint on. Refuses a source that nothing can be fetched from."""
    if run.trigger == RunTrigger.FILE:
        return import_reading.bundles(run)
    fetcher = _FETCHERS.get(run.source.connector)
    if fetcher is None:
        raise InvalidInput("{name} is not searched from here.", name=run.source.name)
    return fetcher(run)
