"""What a person entered: identifiers to be looked up, or a reference typed in whole."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.utils import timezone

from reviews.formats import ParsedRecord, RowProblem
from reviews.models import Connector, SearchRun
from reviews.pubmed import EntrezClient
from reviews.remote import HttpxTransport, Transport
from reviews.services import clients, service_keys
from reviews.services.bundles import Bundle, read_list
from reviews.services.identities import Identities

LINES, TYPED = "entered", "typed"
DOI, PMID, TRIAL, NOTHING = "doi", "pmid", "trial", ""
_AT_ONCE = 50
_ASKED = {
    DOI: "neither Europe PMC nor Crossref knows it",
    PMID: "neither PubMed nor Europe PMC knows it",
    TRIAL: "ClinicalTrials.gov does not know it",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it was entered, and the identifier in it."""

    row: int
    text: str
    kind: str
    value: str

    def values(self) -> dict[str, Any]:
        """As JSON, for a list of the run."""
        return asdict(self)


def from_hand(run: SearchRun) -> Iterator[Bundle]:
    """Carry the entry out from its checkpoint on."""
    lines = [Line(**values) for values in read_list(run, LINES)]
    typed = read_list(run, TYPED)
    fields = {"found": len(lines) or len(typed), "searched_on": timezone.localdate()}
    identities = Identities(run)
    if typed:
        yield _bundle(identities, [_typed(values) for values in typed], (), {"position": 1}, fields)
        return
    with HttpxTransport(clients.TIMEOUT_SECONDS) as transport:
        services = _Services(run, transport)
        for start in range(int(run.checkpoint.get("position", 0)), len(lines), _AT_ONCE):
            chunk = lines[start : start + _AT_ONCE]
            records, problems = services.looked_up(chunk)
            yield _bundle(identities, records, problems, {"position": start + len(chunk)}, fields)


def _bundle(
    identities: Identities,
    records: Sequence[ParsedRecord],
    problems: Sequence[RowProblem],
    checkpoint: dict[str, Any],
    fields: dict[str, Any],
) -> Bundle:
    """Two lines may name one publication, or one that the source has: it comes once."""
    sorted_out = identities.sort(records)
    return Bundle(sorted_out.fetched, tuple(problems), checkpoint, fields, seen=sorted_out.seen)


def _typed(values: dict[str, Any]) -> ParsedRecord:
    lists = {name: tuple(values[name]) for name in ("authors", "publication_types", "keywords", "relations")}
    return ParsedRecord(**(values | lists))


class _Services:
    """Where each kind of identifier is looked up."""

    def __init__(self, run: SearchRun, transport: Transport) -> None:
        self._pubmed: EntrezClient = clients.entrez_client(
            transport, api_key=service_keys.key_for(run, service_keys.NCBI)
        )
        self._europepmc = clients.connector_client(Connector.EUROPEPMC, transport)
        self._crossref = clients.connector_client(Connector.CROSSREF, transport)
        self._trials = clients.connector_client(Connector.CLINICALTRIALS, transport)

    def looked_up(self, lines: Sequence[Line]) -> tuple[list[ParsedRecord], list[RowProblem]]:
        """The records that these lines name, by their rows, and a problem for each that names none."""
        found = {(PMID, value): record for value, record in self._by_pmid(_values(lines, PMID)).items()}
        found |= {(DOI, value): record for value, record in self._by_doi(_values(lines, DOI)).items()}
        trials = self._trials.by_ids(_values(lines, TRIAL)).records if _values(lines, TRIAL) else ()
        found |= {(TRIAL, record.external_id): record for record in trials}
        records, problems = [], []
        for line in lines:
            record = found.get((line.kind, line.value))
            if record is not None:
                records.append(replace(record, row=line.row, external_id=_name(record)))
            elif line.kind == NOTHING:
                detail = f"{line.text}: no DOI, PMID or trial number in it"
                problems.append(RowProblem(row=line.row, code="no_identifier", detail=detail))
            else:
                detail = f"{line.text}: {_ASKED[line.kind]}"
                problems.append(RowProblem(row=line.row, code="not_found", detail=detail))
        return records, problems

    def _by_pmid(self, pmids: tuple[str, ...]) -> dict[str, ParsedRecord]:
        if not pmids:
            return {}
        batch = self._pubmed.fetch_ids(pmids)
        found = {record.pmid: record for record in batch.records}
        lacking = tuple(pmid for pmid in pmids if pmid not in found)
        held = self._europepmc.by_ids(tuple(f"MED:{pmid}" for pmid in lacking)).records if lacking else ()
        return found | {record.pmid: record for record in held}

    def _by_doi(self, dois: tuple[str, ...]) -> dict[str, ParsedRecord]:
        """Europe PMC has abstracts, and the PMID that leads to PubMed's own record; Crossref has the rest."""
        if not dois:
            return {}
        held = {record.doi: record for record in self._europepmc.by_ids(dois).records}
        pmids = tuple(dict.fromkeys(record.pmid for record in held.values() if record.pmid))
        indexed = self._by_pmid(pmids)
        found = {doi: indexed.get(record.pmid, record) for doi, record in held.items()}
        lacking = tuple(doi for doi in dois if doi not in found)
        registered = self._crossref.by_ids(lacking).records if lacking else ()
        return found | {record.doi: record for record in registered}


def _values(lines: Sequence[Line], kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.value for line in lines if line.kind == kind))


def _name(record: ParsedRecord) -> str:
    """The same publication has the same name whichever service told of it."""
    if record.pmid:
        return f"pmid:{record.pmid}"
    return f"doi:{record.doi}" if record.doi else record.external_id
