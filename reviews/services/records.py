"""Records as runs bring them, and the reports they are filed under. Records are only ever added."""

import gzip
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from reviews.formats import ParsedRecord, RowProblem, content_hash
from reviews.models import Bibliographic, Record, RecordReport, Report, RunState, SearchRun, Sighting

_TEXTS = ("title", "journal", "volume", "issue", "pages", "doi", "pmid", "language", "url")
_LISTS = ("authors", "publication_types", "keywords")
FIELDS = (*_TEXTS, *_LISTS, "abstract", "year")
# The second, third ... copy of one row in one run carries its number in place of the hash's end; no hash
# has this sign in it.
_AGAIN = "-"
_BASE_LENGTH = 56
_LENGTHS = {field.name: field.max_length for field in Bibliographic._meta.fields if field.max_length}


@dataclass(frozen=True, slots=True)
class Stored:
    """What one batch added; `repeats` names the rows that say word for word what another row of the run says.

    They are records all the same: the source gave them, so they are counted, and then as duplicates.
    """

    new: int
    known: int
    repeats: tuple[RowProblem, ...]


def store(*, run: SearchRun, parsed: Sequence[ParsedRecord], seq: int) -> Stored:
    """Add a batch of a run in the caller's transaction.

    The same content again is a sighting, other content under the same external id a revision. The caller
    lets only one run of a source do this at a time.
    """
    batch = _Batch(run, parsed)
    for item in parsed:
        batch.take(item)
    batch.flush()
    Sighting.objects.bulk_create(
        [Sighting(record_id=pk, run=run, seq=seq) for pk in batch.seen_again], ignore_conflicts=True
    )
    return Stored(new=batch.new, known=len(batch.seen_again), repeats=tuple(batch.repeats))


class _Batch:
    """The rows of one batch, each told apart by what its source holds already."""

    def __init__(self, run: SearchRun, parsed: Sequence[ParsedRecord]) -> None:
        self.run = run
        self.new = 0
        self.seen_again: list[int] = []
        self.repeats: list[RowProblem] = []
        self._waiting: list[Record] = []
        held = Record.objects.filter(source_id=run.source_id).defer("raw", "abstract")
        self._same = {
            (row.external_id, row.content_hash): row
            for row in held.filter(content_hash__in=[content_hash(item) for item in parsed])
        }
        # What a failed run left behind is no version of anything until another run finds it. What an undone
        # run left behind is one where nothing that counts is: the votes on its report hold for what comes.
        stands = Q(seq__isnull=False) | Q(run=run) | Q(run__state=RunState.UNDONE)
        counted = held.filter(stands, revised_by__isnull=True).exclude(content_hash__contains=_AGAIN)
        ids = [_external_id(item) for item in parsed if item.external_id]
        in_order = counted.filter(external_id__in=ids).order_by(F("seq").asc(nulls_first=True), "pk")
        self._heads = {row.external_id: row for row in in_order}
        self._seen = set(
            Sighting.objects.filter(run=run, record__in=self._same.values()).values_list(
                "record_id", flat=True
            )
        )

    def take(self, item: ParsedRecord) -> None:
        key = (_external_id(item), content_hash(item))
        twin = self._same.get(key)
        if twin is None:
            self._add(item, digest=key[1])
        elif twin.run_id == self.run.pk:
            self._repeat(item, twin)
        elif twin.seq is None:
            self._take_over(twin, item)
        elif twin.pk in self._seen:
            self._repeat(item, twin)
        else:
            self._seen.add(twin.pk)
            self.seen_again.append(twin.pk)

    def _repeat(self, item: ParsedRecord, twin: Record) -> None:
        """Count the row again, filed with the report of its twin; a later run finds it again as it was."""
        where = f"row {twin.row}" if twin.run_id == self.run.pk else "an earlier row"
        detail = f"The same as {where}: {item.title[:120]}"
        self.repeats.append(RowProblem(row=item.row, code="repeated", detail=detail, kept=True))
        self.flush()  # the twin may still wait for its key
        for copy in count(2):
            digest = f"{twin.content_hash[:_BASE_LENGTH]}{_AGAIN}{copy:07d}"
            again = Record.objects.filter(
                source_id=self.run.source_id, external_id=twin.external_id, content_hash=digest
            ).first()
            if again is None:
                report_id = RecordReport.objects.values_list("report_id", flat=True).get(record=twin)
                record = Record.objects.create(**self._values(item, digest))
                RecordReport.objects.create(record=record, report_id=report_id)
                self.new += 1
                return
            if again.run_id != self.run.pk and again.pk not in self._seen:
                self._find_again(again)
                return

    def _find_again(self, record: Record) -> None:
        if record.seq is None:
            _keep_finder(record)
            Record.objects.filter(pk=record.pk).update(run=self.run)
            self.new += 1
        else:
            self._seen.add(record.pk)
            self.seen_again.append(record.pk)

    def _values(self, item: ParsedRecord, digest: str) -> dict[str, Any]:
        return {
            "review_id": self.run.review_id,
            "source_id": self.run.source_id,
            "run": self.run,
            "external_id": _external_id(item),
            "content_hash": digest,
            "row": item.row,
            "raw": gzip.compress(item.raw.encode(), mtime=0),
            **_fields(item),
        }

    def _add(self, item: ParsedRecord, *, digest: str) -> None:
        external_id = _external_id(item)
        head = self._heads.get(external_id) if external_id else None
        if head is not None and head._state.adding:
            self.flush()  # two versions in one batch: the later needs the key of the earlier
        record = Record(revises=head, **self._values(item, digest))
        self._waiting.append(record)
        self._same[external_id, digest] = record
        if external_id:
            self._heads[external_id] = record
        self.new += 1

    def _take_over(self, twin: Record, item: ParsedRecord) -> None:
        """A run that failed left this record; it is this run that found it."""
        head = self._heads.get(twin.external_id) if twin.external_id else None
        if head is not None and head._state.adding:
            self.flush()
        if head is not None and head.pk == twin.pk:
            head = None  # of an undone run: it is its own last version
        _keep_finder(twin)
        twin.run, twin.row, twin.revises = self.run, item.row, head
        twin.save(update_fields=["run", "row", "revises"])
        if head is not None:
            report_id = RecordReport.objects.values_list("report_id", flat=True).get(record=head)
            RecordReport.objects.filter(record=twin).update(report_id=report_id)
        if twin.external_id:
            self._heads[twin.external_id] = twin
        self.new += 1

    def flush(self) -> None:
        """Write the records that wait: a revision is filed with what it revises, the rest each on its own."""
        made = Record.objects.bulk_create(self._waiting)
        fresh = [record for record in made if record.revises_id is None]
        reports = Report.objects.bulk_create(
            Report(
                review_id=record.review_id,
                created_at=record.recorded_at,
                **{name: getattr(record, name) for name in FIELDS},
            )
            for record in fresh
        )
        filed = dict(
            RecordReport.objects.filter(record__in=[record.revises_id for record in made]).values_list(
                "record_id", "report_id"
            )
        )
        RecordReport.objects.bulk_create(
            [
                *(
                    RecordReport(record=record, report=report)
                    for record, report in zip(fresh, reports, strict=True)
                ),
                *(
                    RecordReport(record=record, report_id=filed[record.revises_id])
                    for record in made
                    if record.revises_id is not None
                ),
            ]
        )
        self._waiting = []


def _keep_finder(record: Record) -> None:
    """An undone run found the record too: it has it back when it is restored."""
    undone = SearchRun.objects.filter(pk=record.run_id, state=RunState.UNDONE).first()
    if undone is not None and undone.seq is not None:
        Sighting.objects.bulk_create(
            [Sighting(record=record, run=undone, seq=undone.seq)], ignore_conflicts=True
        )


def _external_id(item: ParsedRecord) -> str:
    return item.external_id[: int(Record._meta.get_field("external_id").max_length or 0)]


def _fields(item: ParsedRecord) -> dict[str, object]:
    fields: dict[str, object] = {name: getattr(item, name) for name in (*_TEXTS, "abstract", "year")}
    fields |= {name: list(getattr(item, name)) for name in _LISTS}
    for name, length in _LENGTHS.items():
        if name in fields and isinstance(fields[name], str):
            fields[name] = str(fields[name])[:length]  # the raw text keeps what an oversized cell held
    return fields


def refresh_reports(report_ids: Iterable[int]) -> None:
    """Write into standing reports the richest of each field from the counted records merged into them."""
    for report_id in report_ids:
        counted = Record.objects.filter(seq__isnull=False).defer("raw")
        versions = sorted(
            {
                *counted.filter(filed__report_id=report_id),
                *counted.filter(filed__report__canonical_id=report_id),
            },
            key=lambda record: (record.seq or 0, record.pk),
        )
        superseded = {record.revises_id for record in versions}
        heads = [
            record for record in versions if record.pk not in superseded and _AGAIN not in record.content_hash
        ]
        if heads:
            Report.objects.filter(pk=report_id).update(**_richest(heads))


def _richest(heads: Sequence[Record]) -> dict[str, object]:
    fields: dict[str, object] = {
        name: next((value for head in heads if (value := getattr(head, name))), getattr(heads[0], name))
        for name in (*_TEXTS, *_LISTS, "year")
    }
    fields["abstract"] = max((head.abstract for head in heads), key=len)
    kinds = [kind for head in heads for kind in head.publication_types]
    fields["publication_types"] = list(dict.fromkeys(kinds))
    return fields


def let_go(run: SearchRun) -> None:
    """After a failure: what the run stored is no version of anything, until another run finds it again."""
    Record.objects.filter(run=run, seq__isnull=True, revises__isnull=False).update(revises=None)


@transaction.atomic
def count_in(*, run: SearchRun, seq: int) -> list[int]:
    """Let the run's records count from now on, all at once; returns the reports that a revision changed."""
    Record.objects.filter(run=run, seq__isnull=True).update(seq=seq)
    revised = Record.objects.filter(run=run, revises__isnull=False).values_list(
        "filed__report_id", "filed__report__canonical_id"
    )
    return sorted({canonical or report for report, canonical in revised})
