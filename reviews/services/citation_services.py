"""Citation searching: what a source is set to do, and the services that know who cites whom."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from reviews.connectors import Chaser, Page, Seed
from reviews.connectors.pages import numbered
from reviews.errors import InvalidInput
from reviews.models import CitationDirection, Connector, SearchRun, Source
from reviews.pubmed import BATCH_SIZE, EntrezClient
from reviews.remote import Transport
from reviews.services import clients, service_keys

# In the order in which they are asked: the first that tells of a publication gives its record.
THROUGH = {
    str(Connector.PUBMED.value): "PubMed",
    str(Connector.EUROPEPMC.value): "Europe PMC",
    str(Connector.OPENALEX.value): "OpenAlex",
}
DIRECTIONS: dict[str, tuple[CitationDirection, ...]] = {
    "both": (CitationDirection.BACKWARD, CitationDirection.FORWARD),
    "backward": (CitationDirection.BACKWARD,),
    "forward": (CitationDirection.FORWARD,),
}
# List of a run: the reports that it starts from.
SEEDS = "seeds"
_REFERENCES, _CITATIONS = "pubmed_pubmed_refs", "pubmed_pubmed_citedin"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a source of citations is set to do; `seeds` is empty where the included studies are meant."""

    direction: str
    through: tuple[str, ...]
    seeds: tuple[int, ...] = ()


def plan_of(source: Source) -> Plan:
    """The source's options, checked; what they leave out is both ways, everywhere, from included studies."""
    options: dict[str, Any] = source.options
    direction = options.get("direction", "both")
    if direction not in DIRECTIONS:
        raise InvalidInput("Choose references, citations, or both ways.")
    through = options.get("through", list(THROUGH))
    if not isinstance(through, list) or not through or not set(through) <= set(THROUGH):
        raise InvalidInput("Choose at least one of {known}.", known=", ".join(THROUGH.values()))
    seeds = options.get(SEEDS, "included")
    if seeds == "included":
        return Plan(direction, tuple(through))
    if not isinstance(seeds, list) or not seeds or not all(isinstance(seed, int) for seed in seeds):
        raise InvalidInput("Choose the publications to start from, or all that are included.")
    return Plan(direction, tuple(through), tuple(seeds))


def chasers(run: SearchRun, names: Iterable[str], transport: Transport) -> dict[str, Chaser]:
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
            yield numbered(batch.records)
