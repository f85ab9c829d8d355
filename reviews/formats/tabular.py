"""CSV, semicolon and tab separated tables, by their column names."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator

from reviews.formats.errors import UnreadableFile
from reviews.formats.identifiers import normalise_doi, normalise_pmid, page_range, year_in
from reviews.formats.model import ParsedRecord, RowProblem
from reviews.formats.text import squash

DELIMITERS = (",", ";", "\t")

# Column names, lower case, words separated by one space; the first name that a file has wins.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "title": ("title", "article title", "document title", "item title", "primary title", "ti", "t1"),
    "abstract": ("abstract", "abstract note", "notes abstract", "ab", "n2"),
    "authors": (
        "authors",
        "author",
        "author names",
        "first authors",
        "author s",
        "authors list",
        "au",
        "first author",
    ),
    "year": ("year", "publication year", "published year", "pub year", "py", "date", "publication date"),
    "journal": (
        "journal",
        "journal title",
        "journal name",
        "publication title",
        "source title",
        "secondary title",
        "container title",
        "journal book",
        "source",
    ),
    "volume": ("volume", "journal volume", "vol", "vl"),
    "issue": ("issue", "journal issue", "is"),
    "pages": ("pages", "page", "page numbers", "article number", "art no"),
    "start_page": ("start page", "page start", "sp"),
    "end_page": ("end page", "page end", "ep"),
    "doi": ("doi", "item doi", "digital object identifier", "do"),
    "pmid": ("pmid", "pubmed id", "medline id", "pm"),
    "accession": ("accession number", "accession", "accession no", "eid", "ut", "an", "external id"),
    "language": ("language", "language of original document", "la"),
    "publication_types": (
        "document type",
        "publication type",
        "publication types",
        "content type",
        "type of reference",
    ),
    "keywords": ("keywords", "author keywords", "manual tags", "keyword", "kw"),
    "url": ("url", "link", "urls", "open url link", "pdf link", "ur"),
}
_FIELD_OF = {name: field for field, names in _COLUMNS.items() for name in names}
_RANK = {name: rank for names in _COLUMNS.values() for rank, name in enumerate(names)}
_SEPARATOR_LINE = re.compile(r'"?sep=.?"?', re.IGNORECASE)
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_QUOTED_ITEM = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_FAMILY_INITIALS = re.compile(r"\S.*\s(?:[A-Z]\.?[\s-]*){1,4}(?:,? ?(?:Jr|Sr|II|III)\.?)?")
_FAMILY_COMMA_INITIALS = re.compile(r"[^,;]+,\s*(?:[A-Z]\.[\s-]?)+(?=,|$|\s*(?:and|&)\s)")
_FORMULA_GUARD = re.compile(r"'(?=[=+\-@\t\r])")


def columns(cells: list[str]) -> dict[str, int]:
    """Recognise the columns of a header line.

    Parameters
    ----------
    cells : list of str
        The header's cells.

    Returns
    -------
    dict of str to int
        Field name to the index of its column; empty where nothing was recognised.
    """
    found: dict[str, tuple[int, int]] = {}
    for index, cell in enumerate(cells):
        name = _NOT_WORD.sub(" ", cell.strip().lower()).strip()
        field = _FIELD_OF.get(name)
        if field and (field not in found or _RANK[name] < found[field][0]):
            found[field] = (_RANK[name], index)
    return {field: index for field, (_, index) in found.items()}


def is_separator_line(line: str) -> bool:
    """Tell whether `line` is the ``sep=;`` that spreadsheets write before the header.

    Parameters
    ----------
    line : str
        One line, perhaps stripped, which takes a tab away.

    Returns
    -------
    bool
        True for that line only.
    """
    return bool(_SEPARATOR_LINE.fullmatch(line.strip()))


def find_delimiter(header: str) -> str:
    """Return the separator under which `header` shows the most known columns, or "".

    Parameters
    ----------
    header : str
        The first line that is not empty.

    Returns
    -------
    str
        ``,``, ``;`` or tab; "" unless there is a title column, or at least a DOI or PMID column.
    """
    best, most = "", 0
    for delimiter in DELIMITERS:
        known = columns(next(csv.reader([header], delimiter=delimiter), []))
        if known.keys() & {"title", "doi", "pmid"} and len(known) > most:
            best, most = delimiter, len(known)
    return best


class _Source:
    """Hands lines to the csv module and remembers those of the row being read."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._taken: list[str] = []

    def __iter__(self) -> _Source:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._taken.append(line)
        return line + "\n"

    def take(self) -> str:
        """Return the source text of the row just read, and forget it."""
        text, self._taken = "\n".join(self._taken), []
        return text


def read_csv(lines: Iterable[str]) -> Iterator[ParsedRecord | RowProblem]:
    """Read a table of references.

    Parameters
    ----------
    lines : iterable of str
        Clean lines, from `reviews.formats.text.lines`. The first that is not empty names the columns; a line
        ``sep=;`` before it, as spreadsheets write it, is honoured.

    Yields
    ------
    ParsedRecord or RowProblem
        Each row that holds anything known, followed by the problems of its row.

    Raises
    ------
    UnreadableFile
        The header names no column that is known as title, DOI or PMID.
    """
    rest = iter(lines)
    header, delimiter = _header(rest)
    known = columns(next(csv.reader([header], delimiter=delimiter)))
    width = len(next(csv.reader([header], delimiter=delimiter)))
    source = _Source(rest)
    reader = csv.reader(source, delimiter=delimiter)
    row = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # A quote that is never closed swallows the rows after it until the field is over its limit.
            row += 1
            source.take()
            yield RowProblem(row=row, code="unreadable_row", detail=str(error))
            continue
        raw = source.take()
        if any(cell.strip() for cell in cells):
            row += 1
            yield from _row(cells, known, width=width, raw=raw, row=row)


def _header(lines: Iterator[str]) -> tuple[str, str]:
    for line in lines:
        text = line.strip()
        if text and not is_separator_line(text):
            delimiter = find_delimiter(line)
            if not delimiter:
                raise UnreadableFile(reason=f"no column is named title, DOI or PMID in: {squash(line)[:200]}")
            return line, delimiter
    raise UnreadableFile(reason="it is empty")


def _row(
    cells: list[str], known: dict[str, int], *, width: int, raw: str, row: int
) -> Iterator[ParsedRecord | RowProblem]:
    values = {name: _unguarded(cells[index]) for name, index in known.items() if index < len(cells)}
    too_wide = any(cell.strip() for cell in cells[width:])
    if too_wide:
        # A stray separator moved the cells: an identifier from a wrong column would make two records one.
        values = {name: value for name, value in values.items() if name not in ("accession", "pmid")}
    record = _parse(values, raw=raw, row=row)
    yield record
    if too_wide:
        yield RowProblem(row=row, code="too_many_cells", detail=f"{len(cells)} of {width}", kept=True)
    if raw.count('"') % 2:
        yield RowProblem(row=row, code="unclosed_quote", detail=squash(raw)[:120], kept=True)
    if not record.title:
        yield RowProblem(row=row, code="no_title", detail=record.doi or record.external_id, kept=True)


def _unguarded(cell: str) -> str:
    """Take away the apostrophe that `write_csv` puts before what a spreadsheet would run."""
    text = cell.strip()
    return text[1:] if _FORMULA_GUARD.match(text) else text


def _parse(values: dict[str, str], *, raw: str, row: int) -> ParsedRecord:
    def text(name: str) -> str:
        return squash(values.get(name, ""))

    pmid = normalise_pmid(text("pmid"))
    abstract = "\n".join(filter(None, (squash(line) for line in values.get("abstract", "").split("\n"))))
    return ParsedRecord(
        external_id=pmid or text("accession"),
        title=text("title"),
        abstract=abstract,
        authors=split_authors(text("authors")),
        year=year_in(text("year")),
        journal=text("journal"),
        volume=text("volume"),
        issue=text("issue"),
        pages=text("pages") or page_range(text("start_page"), text("end_page")),
        doi=normalise_doi(text("doi")),
        pmid=pmid,
        language=text("language"),
        publication_types=_items(text("publication_types")),
        keywords=_items(text("keywords")),
        url=text("url"),
        raw=raw,
        row=row,
    )


def _items(text: str) -> tuple[str, ...]:
    """Split a cell that holds several values: a list literal, or parts between semicolons."""
    if text.startswith("[") and text.endswith("]"):
        parts = [single or double for single, double in _QUOTED_ITEM.findall(text)]
    else:
        parts = text.split(";")
    return tuple(part.strip() for part in parts if part.strip())


def split_authors(text: str) -> tuple[str, ...]:
    """Split an author cell into names.

    Parameters
    ----------
    text : str
        Names between semicolons, "and", or commas; a list literal; or one name.

    Returns
    -------
    tuple of str
        The names as found. A comma separates names only where the parts read as family and initials.

    Examples
    --------
    >>> split_authors("Liu R., Adler D.G.")
    ('Liu R.', 'Adler D.G.')
    >>> split_authors("Marx, Karl; Lindgren, Astrid")
    ('Marx, Karl', 'Lindgren, Astrid')
    """
    if ";" in text or text.startswith("["):
        return _items(text)
    if " and " in text:
        return tuple(part.strip(" ,") for part in text.split(" and ") if part.strip(" ,"))
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > 1 and all(_FAMILY_INITIALS.fullmatch(part) for part in parts):
        return tuple(parts)
    pairs = [pair.strip(" ,") for pair in _FAMILY_COMMA_INITIALS.findall(text)]
    if len(pairs) > 1 and 2 * len(pairs) == len(parts):
        return tuple(pairs)
    return (text,) if text else ()
