"""Records out again: RIS for reference managers, CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from reviews.formats.model import ParsedRecord
from reviews.formats.text import clean, squash

_RIS_TYPES = {
    "abstract": "ABST",
    "book": "BOOK",
    "book chapter": "CHAP",
    "conference paper": "CPAPER",
    "conference proceedings": "CONF",
    "preprint": "UNPB",
    "report": "RPRT",
    "thesis": "THES",
}
_CSV_HEADER = (
    "title", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid", "accession number",
    "language", "publication types", "keywords", "url", "abstract",
)  # fmt: skip
# A spreadsheet takes a cell that begins with one of these for a formula.
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_ris(records: Iterable[ParsedRecord]) -> Iterator[str]:
    """Write records as RIS.

    Parameters
    ----------
    records : iterable of ParsedRecord
        In the order wanted.

    Yields
    ------
    str
        The text of one record, with CRLF line ends as the format asks. Values are put on one line: a line
        break inside a value could end the record.
    """
    for record in records:
        rows = [("TY", _ris_type(record)), ("TI", record.title), *(("AU", name) for name in record.authors)]
        rows += [
            ("PY", str(record.year or "")),
            ("T2", record.journal),
            ("VL", record.volume),
            ("IS", record.issue),
        ]
        rows += [("SP", record.pages), ("DO", record.doi), ("PM", record.pmid)]
        rows += [
            ("AN", "" if record.external_id == record.pmid else record.external_id),
            ("LA", record.language),
        ]
        rows += [("M3", kind) for kind in record.publication_types]
        rows += [("KW", keyword) for keyword in record.keywords]
        rows += [("UR", record.url), ("AB", record.abstract)]
        body = "".join(f"{tag}  - {squash(clean(value))}\r\n" for tag, value in rows if value)
        yield f"{body}ER  - \r\n\r\n"


def write_csv(records: Iterable[ParsedRecord]) -> Iterator[str]:
    """Write records as CSV, with a header that `read_csv` knows.

    Parameters
    ----------
    records : iterable of ParsedRecord
        In the order wanted.

    Yields
    ------
    str
        One line, with its end. Cells that a spreadsheet would run as a formula get an apostrophe in front.
    """
    yield _line(_CSV_HEADER)
    for record in records:
        cells = (
            record.title, "; ".join(record.authors), str(record.year or ""), record.journal, record.volume,
            record.issue, record.pages, record.doi, record.pmid,
            "" if record.external_id == record.pmid else record.external_id, record.language,
            "; ".join(record.publication_types), "; ".join(record.keywords), record.url, record.abstract,
        )  # fmt: skip
        yield _line(tuple(_guarded(cell) for cell in cells))


def _line(cells: tuple[str, ...]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _ris_type(record: ParsedRecord) -> str:
    return next(
        (_RIS_TYPES[kind.lower()] for kind in record.publication_types if kind.lower() in _RIS_TYPES), "JOUR"
    )
