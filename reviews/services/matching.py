"""What a source holds already, told for a whole batch at once: rows by content, and the newest versions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from reviews.formats import ParsedRecord
from reviews.models import Record, RecordReport, RunState, SearchRun, Sighting
from reviews.services import bulk

Key = tuple[str, str]  # external id, content hash
_Columns = tuple[Any, ...]  # as named below

# The second, third ... copy of one row in one run carries its number in place of the hash's end; no hash
# has this sign in it.
AGAIN = "-"
_BASE_LENGTH = 56
_COLUMNS = 'r.external_id, r.content_hash, r."row", r.run_id, r.seq, r.id, f.report_id, s.seq AS run_seq'
_SOURCE = f"""
    "{Record._meta.db_table}" r
    JOIN "{SearchRun._meta.db_table}" s ON s.id = r.run_id
    LEFT JOIN "{RecordReport._meta.db_table}" f ON f.record_id = r.id
"""
_COPIES_AT_ONCE = 6


@dataclass(slots=True, eq=False)
class Row:
    """A record of the source: held, or (without key) about to be written.

    `found_by` is the run that has it, `undone_seq` that run's place in time, where it completed: if the
    row does not count all the same, the run was undone, or what it looked at was.
    """

    key: Key
    row: int
    found_by: int
    counted: bool = False
    pk: int = 0
    report: int = 0
    undone_seq: int | None = None
    item: ParsedRecord | None = None
    revises: "Row | None" = None
    filed_with: "Row | None" = None


def copy_key(key: Key, number: int) -> Key:
    """The key of the second, third ... copy of a row."""
    return key[0], f"{key[1][:_BASE_LENGTH]}{AGAIN}{number:07d}"


def held(source_id: int, keys: Iterable[Key]) -> dict[Key, Row]:
    """The records of the source with just this identifier and content."""
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        return {}
    same = "r.source_id = %s AND r.external_id = pair.one AND r.content_hash = pair.other"
    return {(row[0], row[1]): _row(*row) for row in _rows(wanted, same, source_id)}


def _rows(wanted: Sequence[tuple[str, str]], where: str, *parameters: int | str) -> list[_Columns]:
    table, pairs = bulk.pairs("text", wanted)
    with connection.cursor() as cursor:
        cursor.execute(bulk.each(table, _COLUMNS, source=_SOURCE, where=where), [*pairs, *parameters])
        return list(cursor.fetchall())


def copies(source_id: int, keys: Iterable[Key]) -> dict[Key, Row]:
    """All further copies of these rows: a few are asked for at once, more only where all of those exist."""
    found: dict[Key, Row] = {}
    full, first, width = list(keys), 2, _COPIES_AT_ONCE
    while full:
        found |= held(source_id, (copy_key(key, first + more) for key in full for more in range(width)))
        full = [key for key in full if copy_key(key, first + width - 1) in found]
        first, width = first + width, 4 * width
    return found


def heads(run: SearchRun, external_ids: Sequence[str]) -> dict[str, Row]:
    """The newest version of each of these.

    What a failed run left behind is no version of anything until another run finds it. What an undone run
    left behind is one where nothing that counts is: the votes on its report hold for what comes.
    """
    if not external_ids:
        return {}
    wanted = [(external_id, "") for external_id in dict.fromkeys(external_ids)]
    stands = f"""
        r.source_id = %s AND r.external_id = pair.one AND r.content_hash NOT LIKE %s
        AND (r.seq IS NOT NULL OR r.run_id = %s OR s.state = %s)
        AND NOT EXISTS (SELECT 1 FROM "{Record._meta.db_table}" later WHERE later.revises_id = r.id)
    """
    found = _rows(wanted, stands, run.source_id, f"%{AGAIN}%", run.pk, RunState.UNDONE.value)
    found.sort(key=lambda row: (row[4] is not None, row[4], row[5]))
    return {row[0]: _row(*row) for row in found}


def seen(run: SearchRun, rows: Mapping[Key, Row]) -> set[int]:
    """Which of the rows the run has found again in an earlier batch."""
    ids = [row.pk for row in rows.values() if row.found_by != run.pk]
    if not ids:
        return set()
    return set(Sighting.objects.filter(run=run, record_id__in=ids).values_list("record_id", flat=True))


def _row(  # as `_COLUMNS` stand
    external_id: str,
    digest: str,
    row: int,
    run_id: int,
    seq: int | None,
    pk: int,
    report: int | None,
    undone: int | None,
) -> Row:
    return Row((external_id, digest), row, run_id, seq is not None, pk, report or 0, undone)
