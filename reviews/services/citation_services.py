"""The services that know who cites whom, each as a chaser."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import cast

from reviews.connectors import Chaser, Page, Seed
from reviews.connectors.pages import numbered
from reviews.formats import RowProblem
from reviews.models import Connector, SearchRun
from reviews.pubmed import BATCH_SIZE, EntrezClient
from reviews.remote import Transport
from reviews.services import clients, service_keys
from reviews.services.citation_plans import THROUGH

_REFERENCES, _CITATIONS = "pubmed_pubmed_refs", "pubmed_pubmed_citedin"


def chasers(*, run: SearchRun, names: Iterable[str], transport: Transport) -> dict[str, Chaser]:
    """The chasers of these names, asked with the keys of whoever asked for the run."""
    return {name: _chaser(run, name, transport) for name in THROUGH if name in set(names)}


def _chaser(run: SearchRun, name: str, transport: Transport) -> Chaser:
    if name == Connector.PUBMED:
        return PubMedChaser(
            clients.entrez_client(transport, api_key=service_keys.key_for(run, service_keys.NCBI))
        )
    service = service_keys.service_of(name)
    key = service_keys.key_for(run, service) if service else ""
    return cast(Chaser, clients.connector_client(name, transport, api_key=key))


class PubMedChaser:
    """PubMed's own links between articles, which it has for those that PubMed Central holds."""

    name = "PubMed"

    def __init__(self, client: EntrezClient) -> None:
        self._client = client

    def references(self, seed: Seed) -> Iterator[Page] | None:
        """What the seed cites; None for a seed without PMID."""
        return self._linked(seed, _REFERENCES)

    def citations(self, seed: Seed) -> Iterator[Page] | None:
        """What cites the seed; None for a seed without PMID."""
        return self._linked(seed, _CITATIONS)

    def _linked(self, seed: Seed, linkname: str) -> Iterator[Page] | None:
        return self._pages(seed.pmid, linkname) if seed.pmid else None

    def _pages(self, pmid: str, linkname: str) -> Iterator[Page]:
        linked = self._client.links([pmid], linkname).get(pmid, ())
        for start in range(0, len(linked), BATCH_SIZE):
            batch = self._client.fetch_ids(linked[start : start + BATCH_SIZE])
            page = numbered(batch.records)
            missing = (
                RowProblem(row=start + row, code="not_delivered", detail=f"PMID {lacking}")
                for row, lacking in enumerate(batch.missing, start=1)
            )
            yield replace(page, problems=(*page.problems, *batch.problems, *missing))
