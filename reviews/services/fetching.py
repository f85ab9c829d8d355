"""Which fetcher carries out which run: from a file, from a service, from citations, from what was typed."""

from collections.abc import Callable, Iterator

from reviews.errors import InvalidInput
from reviews.formats import ParsedRecord, RowProblem, read
from reviews.models import Connector, RunTrigger, SearchRun
from reviews.services.bundles import Bundle
from reviews.services.connector_runs import from_connector
from reviews.services.pubmed_runs import BATCH_SIZE, from_pubmed

_FETCHERS: dict[str, Callable[[SearchRun], Iterator[Bundle]]] = {
    Connector.PUBMED: from_pubmed,
    Connector.EUROPEPMC: from_connector,
    Connector.OPENALEX: from_connector,
    Connector.CROSSREF: from_connector,
    Connector.CLINICALTRIALS: from_connector,
}


def bundles(run: SearchRun) -> Iterator[Bundle]:
    """The run's batches from its checkpoint on. Refuses a source that nothing can be fetched from."""
    if run.trigger == RunTrigger.FILE:
        return from_file(run)
    fetcher = _FETCHERS.get(run.source.connector)
    if fetcher is None:
        raise InvalidInput("{name} is not searched from here.", name=run.source.name)
    return fetcher(run)


def from_file(run: SearchRun) -> Iterator[Bundle]:
    """Read the run's file, passing over the rows that an earlier attempt has stored."""
    done = int(run.checkpoint.get("row", 0))
    records: list[ParsedRecord] = []
    problems: list[RowProblem] = []
    last = done
    with run.file.open("rb") as stream:
        for item in read(stream, name=run.file_name):
            if item.row <= done:
                continue
            if isinstance(item, ParsedRecord):
                if len(records) == BATCH_SIZE:
                    yield Bundle(tuple(records), tuple(problems), {"row": last})
                    records, problems = [], []
                records.append(item)
            else:
                problems.append(item)
            last = item.row
    yield Bundle(tuple(records), tuple(problems), {"row": last}, {"found": last})
