"""What a source of citations is set to do."""

from dataclasses import dataclass
from typing import Any

from reviews.errors import InvalidInput
from reviews.models import CitationDirection, Connector, Source

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
    if not isinstance(through, list) or not through or not all(name in list(THROUGH) for name in through):
        raise InvalidInput("Choose at least one of {known}.", known=", ".join(THROUGH.values()))
    seeds = options.get(SEEDS, "included")
    if seeds == "included":
        return Plan(direction, tuple(through))
    if not isinstance(seeds, list) or not seeds or not all(isinstance(seed, int) for seed in seeds):
        raise InvalidInput("Choose the publications to start from, or all that are included.")
    return Plan(direction, tuple(through), tuple(seeds))
