"""Tables: CSV for everything, XLSX for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from reviews.formats.writers.reference import Reference, one_line

_HEADER = (
    "title", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid", "accession number",
    "language", "publication types", "keywords", "url", "abstract", "notes",
)  # fmt: skip
# A spreadsheet takes a cell that begins with one of these for a formula.
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# Excel's bounds: characters in a cell, rows in a sheet.
# https://support.microsoft.com/office/excel-specifications-and-limits
CELL_LENGTH = 32_767
SHEET_ROWS = 1_048_576
_CUT = " … [cut here: a cell holds 32,767 characters; the CSV file has the whole]"


def write_csv(references: Iterable[Reference]) -> Iterator[str]:
    """Write references as CSV, with a header that `read_csv` knows.

    Parameters
    ----------
    references : iterable of Reference
        In the order wanted.

    Yields
    ------
    str
        One line, with its end. Cells that a spreadsheet would run as a formula get an apostrophe in front.
    """
    yield _line(_HEADER)
    for reference in references:
        yield _line(tuple(_guarded(cell) for cell in _cells(reference)))


def write_xlsx(references: Iterable[Reference], path: Path) -> int:
    """Write references as an XLSX workbook.

    Parameters
    ----------
    references : iterable of Reference
        In the order wanted.
    path : Path
        Where the file goes: the format is an archive, which cannot be sent before its end is known.

    Returns
    -------
    int
        How many were written. A further sheet begins where one is full.

    Notes
    -----
    All cells are text, which no spreadsheet runs; only the year is a number. A text that is too long for a
    cell says at its end that it was cut.
    """
    book = Workbook(write_only=True)
    count = 0
    sheet = None
    for reference in references:
        if sheet is None or count % (SHEET_ROWS - 1) == 0:
            sheet = _new_sheet(book)
        cells = zip(_HEADER, _cells(reference), strict=True)
        sheet.append([_cell(sheet, name, text) for name, text in cells])
        count += 1
    if sheet is None:
        _new_sheet(book)
    book.save(path)
    return count


def _new_sheet(book: Workbook) -> WriteOnlyWorksheet:
    sheet = book.create_sheet(f"References {len(book.worksheets) + 1}" if book.worksheets else "References")
    assert isinstance(sheet, WriteOnlyWorksheet)
    sheet.freeze_panes = "A2"
    head = []
    for name in _HEADER:
        cell = WriteOnlyCell(sheet, name)
        cell.font = Font(bold=True)
        head.append(cell)
    sheet.append(head)
    return sheet


def _cell(sheet: WriteOnlyWorksheet, name: str, text: str) -> Cell | int | None:
    if not text:
        return None
    if name == "year":
        return int(text)
    safe = one_line(text).replace("\ufffe", "").replace("\uffff", "")
    if len(safe) > CELL_LENGTH:
        safe = safe[: CELL_LENGTH - len(_CUT)] + _CUT
    cell = WriteOnlyCell(sheet, safe)
    cell.data_type = "s"  # also what begins with "=" is text
    return cell


def _cells(reference: Reference) -> tuple[str, ...]:
    record = reference.record
    return (
        record.title, "; ".join(record.authors), str(record.year or ""), record.journal, record.volume,
        record.issue, record.pages, record.doi, record.pmid, reference.accession, record.language,
        "; ".join(record.publication_types), "; ".join(record.keywords), record.url, record.abstract,
        "; ".join(reference.noted),
    )  # fmt: skip


def _line(cells: tuple[str, ...]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
