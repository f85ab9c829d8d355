"""One publication, told of by several services: which of the records of a source it is."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from reviews.dedupe import normalise
from reviews.formats import ParsedRecord
from reviews.models import Record, SearchRun, Sighting

_Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sorted:
    """What came: records to store, identifiers of records found again, and the names of all of them."""

    fetched: tuple[ParsedRecord, ...]
    seen: tuple[str, ...]
    names: tuple[str, ...]


class Identities:
    """The records of a run's source by the identifiers that services share.

    The same PMID is the same publication, and so is the same DOI with the same title: meeting abstracts share
    a DOI. What is less alike becomes a record of its own, and a question to the rules for duplicates.
    """

    def __init__(self, run: SearchRun) -> None:
        self._run = run
        self._names: dict[_Key, str] = {}
        self._pmids: dict[str, str] = {}
        held = self._held().order_by("pk").only("external_id", "pmid", "doi", "title")
        for record in held.iterator(chunk_size=2000):
            self._keep(record.external_id, record)
        self._touched = set(
            Record.objects.filter(run=run).exclude(external_id="").values_list("external_id", flat=True)
        )
        self._touched |= set(Sighting.objects.filter(run=run).values_list("record__external_id", flat=True))

    @property
    def found(self) -> int:
        """How many publications the run came to, each counted once."""
        return len(self._touched)

    def sort(self, records: Sequence[ParsedRecord]) -> Sorted:
        """Tell the new from the known, and leave out what this run has stored or seen already."""
        fetched, seen, names = [], [], []
        for record in records:
            name = self._name_of(record)
            names.append(name)
            if name not in self._touched:
                if name == record.external_id:
                    fetched.append(record)
                else:
                    seen.append(name)
            self._touched.add(name)
            self._keep(name, record)
        return Sorted(tuple(fetched), tuple(seen), tuple(dict.fromkeys(names)))

    def records(self, names: Sequence[str]) -> list[int]:
        """Keys of the newest version of each of these records."""
        found = self._held().filter(external_id__in=names, revised_by__isnull=True).order_by("pk")
        return list(found.values_list("pk", flat=True))

    def _held(self) -> QuerySet[Record]:
        counted = Q(seq__isnull=False) | Q(run=self._run)
        return Record.objects.filter(counted, source_id=self._run.source_id).exclude(external_id="")

    def _name_of(self, record: ParsedRecord) -> str:
        """The name under which the source has this publication; its own where it has none."""
        for key in (("id", record.external_id), *_keys(record)):
            name = self._names.get(key, "")
            other = self._pmids.get(name, "")
            if name and not (record.pmid and other and record.pmid != other):
                return name
        return record.external_id

    def _keep(self, name: str, record: ParsedRecord | Record) -> None:
        for key in (("id", name), *_keys(record)):
            self._names.setdefault(key, name)
        if record.pmid:
            self._pmids.setdefault(name, record.pmid)


def _keys(record: ParsedRecord | Record) -> tuple[_Key, ...]:
    keys: list[_Key] = [("pmid", record.pmid)] if record.pmid else []
    if record.doi:
        keys.append(("doi", record.doi, normalise.title(record.title)))
    return tuple(keys)
