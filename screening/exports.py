"""Lists of this app as CSV, line by line, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterator, Sequence

from reviews.access import Member
from screening import selectors

# A spreadsheet takes a cell that begins so for a formula (OWASP, CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_VOTES = (
    "vote", "report", "title", "stage", "practice", "voter", "verdict", "reason", "note", "seconds",
    "recorded at", "replaces vote",
)  # fmt: skip


def votes(member: Member) -> Iterator[str]:
    """The votes that this person may see: their own, and all on settled reports."""
    yield _line(_VOTES)
    for row in selectors.votes_for_export(member):
        yield _line(
            (
                str(row.id),
                str(row.report_id),
                row.title,
                row.stage,
                "yes" if row.is_practice else "no",
                row.voter,
                row.verdict,
                row.reason,
                row.note,
                "" if row.seconds is None else str(row.seconds),
                row.recorded_at.isoformat(timespec="seconds"),
                str(row.supersedes or ""),
            )
        )


def _line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell for cell in cells)
    return buffer.getvalue()
