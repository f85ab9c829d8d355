"""Lists as CSV files that a spreadsheet opens without running anything."""

import csv
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse

# A cell that begins with one of these is a formula to a spreadsheet (OWASP, "CSV injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Cell = str | int | float | bool | None


class _Echo:
    """A file that hands back what is written: rows stream, none is kept."""

    def write(self, text: str) -> str:
        return text


def neutral(cell: Cell) -> Cell:
    """The cell as it may stand in a spreadsheet: text that would run gets an apostrophe; numbers stay."""
    if not isinstance(cell, str) or not cell.startswith(_FORMULA) or _is_number(cell):
        return cell
    return f"'{cell}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text == text.strip()


def csv_lines(header: Iterable[str], rows: Iterable[Iterable[Cell]]) -> Iterator[str]:
    """The lines of a CSV file, with a byte order mark so that spreadsheets read UTF-8."""
    writer = csv.writer(_Echo())
    yield "\ufeff"
    yield writer.writerow(list(header))
    for row in rows:
        yield writer.writerow(["" if cell is None else neutral(cell) for cell in row])


def csv_response(name: str, header: Iterable[str], rows: Iterable[Iterable[Cell]]) -> StreamingHttpResponse:
    """A download called `name`.csv."""
    response = StreamingHttpResponse(csv_lines(header, rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
