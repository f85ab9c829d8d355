"""Lists as files: tables that a spreadsheet opens without running anything, references for managers."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from django.http import FileResponse, StreamingHttpResponse
from django.urls import reverse
from django.urls.converters import StringConverter
from django.utils.http import urlencode

from reviews.errors import DomainError
from reviews.formats import (
    Reference,
    write_bibtex,
    write_csv,
    write_endnote_xml,
    write_nbib,
    write_ris,
    write_xlsx,
)

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


# -- References ---------------------------------------------------------------------------------------
# A workbook is made whole before its first byte is sent, so a longer list is asked for as CSV.
XLSX_ROWS = 50_000
_WRITERS: dict[str, tuple[str, Callable[[Iterable[Reference]], Iterator[str]]]] = {
    "ris": ("application/x-research-info-systems; charset=utf-8", write_ris),
    "nbib": ("text/plain; charset=utf-8", write_nbib),
    "bib": ("application/x-bibtex; charset=utf-8", write_bibtex),
    "xml": ("application/xml; charset=utf-8", write_endnote_xml),
    "csv": ("text/csv; charset=utf-8", write_csv),
}
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
REFERENCE_FORMATS = (
    ("ris", "RIS", "for EndNote, Zotero, Mendeley"),
    ("xml", "EndNote XML", "keeps most fields apart"),
    ("nbib", "NBIB", "PubMed's format"),
    ("bib", "BibTeX", "for LaTeX and JabRef"),
    ("csv", "CSV", "for any spreadsheet"),
    ("xlsx", "XLSX", "for Excel"),
)


class ReferenceFormatConverter(StringConverter):
    """The ending of a download in an address: one of the formats, else there is no such page."""

    regex = "|".join(extension for extension, _, _ in REFERENCE_FORMATS)


class TooManyForXlsx(DomainError):
    code = "too_many_for_xlsx"
    sentence = "A workbook is made of at most {limit} references; this list is longer. Take it as CSV."
    status = 422


def reference_response(
    name: str, extension: str, references: Iterable[Reference]
) -> StreamingHttpResponse | FileResponse:
    """A list of references as a download called `name`.`extension`; refuses a workbook that is too long."""
    response: StreamingHttpResponse | FileResponse
    if extension == "xlsx":
        response = FileResponse(_workbook(references), content_type=_WORKBOOK)
    else:
        content_type, write = _WRITERS[extension]
        mark = ("\ufeff",) if extension == "csv" else ()  # spreadsheets read UTF-8 only with it
        response = StreamingHttpResponse(chain(mark, write(references)), content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{extension}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _workbook(references: Iterable[Reference]) -> IO[bytes]:
    rows = iter(references)
    held = list(islice(rows, XLSX_ROWS + 1))
    if len(held) > XLSX_ROWS:
        raise TooManyForXlsx(limit=XLSX_ROWS)
    file = NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115  # the response closes it
    write_xlsx(held, Path(file.name))
    return file


def reference_items(
    view: str, arguments: Sequence[object], query: Mapping[str, str | int] | None = None
) -> list[dict[str, str]]:
    """The items of a download menu: one list in every format, from a view that takes `extension` last."""
    tail = f"?{urlencode(query)}" if query else ""
    return [
        {"label": label, "note": note, "url": reverse(view, args=[*arguments, extension]) + tail}
        for extension, label, note in REFERENCE_FORMATS
    ]
