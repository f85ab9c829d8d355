"""What a source holds already, told for a whole batch at once: rows by content, and the newest versions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import F, Q

from reviews.formats import ParsedRecord
from reviews.models import Record, RecordReport, RunState, SearchRun, Sighting
from reviews.services import bulk

Key = tuple[str, str]  # external id, content hash

# The second, third ... copy of one row in one run carries its number in place of the hash's end; no hash
# has this sign in it.
AGAIN = "-"
_BASE_LENGTH = 56
_COPIES_AT_ONCE = 6


@dataclass(slots=True, eq=False)
class Row:
    """A record of the source: held, or (without key) about to be written.

    `found_by` is the run that has it, `undone_seq` that run's place in time where the run was undone.
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
    table, parameters = bulk.pairs("text", wanted)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT r.external_id, r.content_hash, r."row", r.run_id, r.seq IS NOT NULL, r.id, f.report_id,
                   CASE WHEN s.state = %s THEN s.seq END
            FROM {table}
            JOIN "{Record._meta.db_table}" r
              ON r.source_id = %s AND r.external_id = pair.one AND r.content_hash = pair.other
            JOIN "{SearchRun._meta.db_table}" s ON s.id = r.run_id
            LEFT JOIN "{RecordReport._meta.db_table}" f ON f.record_id = r.id
            """,
            [RunState.UNDONE, *parameters, source_id],
        )
        return {(row[0], row[1]): _row(*row) for row in cursor.fetchall()}


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
    stands = Q(seq__isnull=False) | Q(run=run) | Q(run__state=RunState.UNDONE)
    found = (
        Record.objects.filter(stands, source_id=run.source_id, revised_by__isnull=True)
        .filter(external_id__in=list(dict.fromkeys(external_ids)))
        .exclude(content_hash__contains=AGAIN)
        .order_by(F("seq").asc(nulls_first=True), "pk")
        .values_list("external_id", "content_hash", "row", "run_id", "seq", "id", "filed__report_id")
    )
    return {
        external_id: _row(external_id, digest, row, run_id, seq is not None, pk, report, None)
        for external_id, digest, row, run_id, seq, pk, report in found
    }


def seen(run: SearchRun, rows: Mapping[Key, Row]) -> set[int]:
    """Which of the rows the run has found again in an earlier batch."""
    ids = [row.pk for row in rows.values() if row.found_by != run.pk]
    if not ids:
        return set()
    return set(Sighting.objects.filter(run=run, record_id__in=ids).values_list("record_id", flat=True))


def _row(  # as the columns stand
    external_id: str,
    digest: str,
    row: int,
    run_id: int,
    counted: bool,
    pk: int,
    report: int | None,
    undone: int | None,
) -> Row:
    return Row((external_id, digest), row, run_id, bool(counted), pk, report or 0, undone)
