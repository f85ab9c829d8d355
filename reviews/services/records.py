"""Records as runs bring them, and the reports they are filed under. Records are only ever added."""

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from operator import attrgetter
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from reviews import sequence
from reviews.formats import ParsedRecord, RowProblem, content_hash
from reviews.models import Bibliographic, Record, RecordReport, Report, SearchRun, Sighting
from reviews.services import bulk, matching
from reviews.services.matching import Key, Row, copy_key
from reviews.services.richest import FIELDS, refresh_reports

__all__ = ["FIELDS", "Stored", "count_in", "let_go", "refresh_reports", "store"]

_LENGTHS = {field.name: field.max_length for field in Bibliographic._meta.fields if field.max_length}
_LONGEST_ID = int(Record._meta.get_field("external_id").max_length or 0)
_COLUMNS = (
    "id", "review_id", "source_id", "run_id", "external_id", "content_hash", "revises_id", "row", "raw",
    "recorded_at", *FIELDS,
)  # fmt: skip
_values_of = attrgetter(*FIELDS)
_LIMITED = [(place, _LENGTHS[name]) for place, name in enumerate(FIELDS) if name in _LENGTHS]
_LISTED = [FIELDS.index(name) for name in ("authors", "publication_types", "keywords")]
_YEAR = FIELDS.index("year")
_REFUSED = re.compile("[\0\ud800-\udfff]")
_LAST_YEAR = 32767  # that the column takes
# The fastest level, and a window for texts of some kilobytes: by default each would cost a quarter megabyte.
_GZIP = (1, zlib.DEFLATED, 16 + 13, 5)


@dataclass(frozen=True, slots=True)
class Stored:
    """What one batch added; `repeats` names the rows that say word for word what another row of the run says.

    They are records all the same: the source gave them, so they are counted, and then as duplicates.
    """

    new: int
    known: int
    repeats: tuple[RowProblem, ...]


def store(*, run: SearchRun, parsed: Sequence[ParsedRecord]) -> Stored:
    """Add a batch of a run in the caller's transaction.

    The same content again is a sighting, other content under the same external id a revision. The caller
    lets only one run of a source do this at a time. The review's counter is taken last, and only where
    something was found again: a vote must not wait while a batch is written.
    """
    batch = _Batch(run, parsed)
    for key, item in zip(batch.keys, parsed, strict=True):
        batch.take(key, item)
    batch.write()
    return Stored(new=batch.new, known=len(batch.seen_again), repeats=tuple(batch.repeats))


class _Batch:
    """The rows of one batch, each told apart by what its source holds already."""

    def __init__(self, run: SearchRun, parsed: Sequence[ParsedRecord]) -> None:
        self.run = run
        self.new = 0
        self.seen_again: list[int] = []
        self.repeats: list[RowProblem] = []
        self.keys = [(_external_id(item), content_hash(item)) for item in parsed]
        self._added: list[Row] = []
        self._touched: list[Row] = []  # those, and what it takes over from failed runs
        self._finders: list[Sighting] = []
        self._next_copy: dict[Key, int] = {}
        self._same = matching.held(run.source_id, self.keys)
        self._seen = matching.seen(run, self._same)
        self._look_for_copies()
        unknown = (key for key in self.keys if key[0] and not self._is_known(key))
        heads = matching.heads(run, [external_id for external_id, _ in unknown])
        self._heads = {name: self._same.get(head.key, head) for name, head in heads.items()}

    def _is_known(self, key: Key) -> bool:
        return key in self._same and self._same[key].counted

    def _look_for_copies(self) -> None:
        """Of the held rows that this run says more than once, all copies are needed."""
        often = Counter(self.keys)
        repeated = [
            key
            for key, row in self._same.items()
            if often[key] > 1 or row.found_by == self.run.pk or row.pk in self._seen
        ]
        found = matching.copies(self.run.source_id, repeated)
        self._seen |= matching.seen(self.run, found)
        self._same |= found

    def take(self, key: Key, item: ParsedRecord) -> None:
        """Tell one row apart from what is held, and from what came before it."""
        twin = self._same.get(key)
        head = self._heads.get(key[0])
        if twin is None:
            row = self._add(key, item, revises=head, filed_with=head)
            self._lead(row)
        elif twin.found_by == self.run.pk or twin.pk in self._seen:
            self._repeat(item, twin)
        elif twin.counted:
            self._sight(twin)
        else:
            # What an undone run left may be its own last version.
            self._take_over(twin, item, head=None if head is twin else head)
            self._lead(twin)

    def _lead(self, row: Row) -> None:
        if row.key[0]:
            self._heads[row.key[0]] = row

    def _add(self, key: Key, item: ParsedRecord, *, revises: Row | None, filed_with: Row | None) -> Row:
        row = Row(key, item.row, self.run.pk, item=item, revises=revises, filed_with=filed_with)
        self._same[key] = row
        self._added.append(row)
        self._touched.append(row)
        self.new += 1
        return row

    def _repeat(self, item: ParsedRecord, twin: Row) -> None:
        """Count the row again, filed with the report of its twin; a later run finds it again as it was."""
        where = f"row {twin.row}" if twin.found_by == self.run.pk else "an earlier row"
        detail = f"The same as {where}: {item.title[:120]}"
        self.repeats.append(RowProblem(row=item.row, code="repeated", detail=detail, kept=True))
        for number in count(self._next_copy.get(twin.key, 2)):
            key = copy_key(twin.key, number)
            again = self._same.get(key)
            if again is None:
                self._add(key, item, revises=None, filed_with=twin)
            elif again.found_by == self.run.pk or again.pk in self._seen:
                continue
            elif again.counted:
                self._sight(again)
            else:
                self._take_over(again, item, head=None)
            self._next_copy[twin.key] = number + 1
            return

    def _sight(self, row: Row) -> None:
        self._seen.add(row.pk)
        self.seen_again.append(row.pk)

    def _take_over(self, row: Row, item: ParsedRecord, *, head: Row | None) -> None:
        """A run that failed left this record; it is this run that found it."""
        if row.undone_seq is not None:
            # The undone run found it too: it has it back when it is restored.
            self._finders.append(Sighting(record_id=row.pk, run_id=row.found_by, seq=row.undone_seq))
        row.found_by, row.row, row.revises, row.filed_with = self.run.pk, item.row, head, head
        self._touched.append(row)
        self.new += 1

    def write(self) -> None:
        """Write the batch: a revision is filed with what it revises, a copy with its twin, the rest alone."""
        for row, pk in zip(self._added, bulk.take_ids(Record, len(self._added)), strict=True):
            row.pk = pk
        alone = [row for row in self._added if row.filed_with is None]
        for row, report in zip(alone, bulk.take_ids(Report, len(alone)), strict=True):
            row.report = report
        moved = [row for row in self._touched if row.filed_with is not None]
        for row in moved:  # what it is filed with is held, or stands before it
            row.report = row.filed_with.report if row.filed_with else 0
        bulk.insert(Record, _COLUMNS, rows=self._rows())
        _add_reports(alone)
        _add_filed(self._added)
        self._write_taken_over()
        Sighting.objects.bulk_create(self._finders, ignore_conflicts=True)
        if self.seen_again:
            seq = sequence.take(self.run.review_id)
            sightings = [Sighting(record_id=pk, run=self.run, seq=seq) for pk in self.seen_again]
            Sighting.objects.bulk_create(sightings, ignore_conflicts=True)

    def _write_taken_over(self) -> None:
        rows = [row for row in self._touched if row.item is None]
        records = [(row.found_by, row.row, row.revises and row.revises.pk, row.pk) for row in rows]
        bulk.update(Record, ["run_id", "row", "revises_id"], key="id", rows=records)
        filed = [(row.report, row.pk) for row in rows if row.filed_with is not None]
        bulk.update(RecordReport, ["report_id"], key="record_id", rows=filed)

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        run, now = self.run, timezone.now()
        for row in self._added:
            item = row.item
            assert item is not None
            raw = _packed(item.raw)
            yield (
                row.pk, run.review_id, run.source_id, run.pk, *row.key, row.revises and row.revises.pk,
                row.row, raw, now, *_fields(item),
            )  # fmt: skip


def _packed(raw: str) -> bytes:
    """The source's own text as gzip."""
    packer = zlib.compressobj(*_GZIP)
    return packer.compress(raw.encode(errors="replace")) + packer.flush()


def _add_reports(rows: Sequence[Row]) -> None:
    """A report of its own for each of the records, written by the database from what it has just got."""
    if rows:
        table, parameters = bulk.pairs("bigint", [(row.pk, row.report) for row in rows])
        fields = [f'"{name}"' for name in FIELDS]
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO "{Report._meta.db_table}" (id, review_id, created_at, {", ".join(fields)})
                SELECT pair.other, r.review_id, r.recorded_at, {", ".join(f"r.{name}" for name in fields)}
                FROM {table} JOIN "{Record._meta.db_table}" r ON r.id = pair.one
                """,
                parameters,
            )


def _add_filed(rows: Sequence[Row]) -> None:
    if rows:
        table, parameters = bulk.pairs("bigint", [(row.pk, row.report) for row in rows])
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO "{RecordReport._meta.db_table}" (record_id, report_id)
                SELECT pair.one, pair.other FROM {table}
                """,
                parameters,
            )


def _external_id(item: ParsedRecord) -> str:
    return _storable(item.external_id)[:_LONGEST_ID]


def _fields(item: ParsedRecord) -> list[object]:
    """The values of `FIELDS`; the raw text keeps what an oversized cell held."""
    values = list(_values_of(item))
    texts = [value for value in values if type(value) is str]
    for value in values:
        if type(value) is tuple:
            texts += value
    if not _is_storable("".join(texts)):
        return [_value(name, value) for name, value in zip(FIELDS, values, strict=True)]
    for place, longest in _LIMITED:
        values[place] = values[place][:longest]
    for place in _LISTED:
        values[place] = list(values[place])
    values[_YEAR] = _value("year", item.year)
    return values


def _is_storable(text: str) -> bool:
    """Whether `_storable` would leave it as it is."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def _value(name: str, value: object) -> object:
    if isinstance(value, str):
        return _storable(value)[: _LENGTHS.get(name)]
    if isinstance(value, tuple):
        return [_storable(text) for text in value]
    return value if isinstance(value, int) and 0 <= value <= _LAST_YEAR else None


def _storable(text: str) -> str:
    """Text without what PostgreSQL refuses: NUL, and halves of surrogate pairs."""
    if text.isascii():
        return text.replace("\0", "") if "\0" in text else text
    return _REFUSED.sub(lambda found: "" if found.group() == "\0" else "\ufffd", text)


def let_go(run: SearchRun) -> None:
    """After a failure: what the run stored is no version of anything, until another run finds it again."""
    Record.objects.filter(run=run, seq__isnull=True, revises__isnull=False).update(revises=None)


@transaction.atomic
def count_in(*, run: SearchRun, seq: int) -> list[int]:
    """Let the run's records count from now on, all at once; returns the reports that a revision changed."""
    Record.objects.filter(run=run, seq__isnull=True).update(seq=seq)
    return sorted(revised_reports(run))


def revised_reports(run: SearchRun) -> set[int]:
    """The standing reports that say something else by a newer version which the run brought."""
    revised = Record.objects.filter(run=run, revises__isnull=False).values_list(
        "filed__report_id", "filed__report__canonical_id"
    )
    return {canonical or report for report, canonical in revised}
