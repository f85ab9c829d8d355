"""One row of a table, made a record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reviews.formats.identifiers import labelled_pmid, normalise_doi, normalise_pmid, page_range, year_in
from reviews.formats.model import ParsedRecord, RowProblem
from reviews.formats.text import squash

_QUOTED_ITEM = re.compile(r"'((?:[^'\\]|\\.){0,500})'|\"((?:[^\"\\]|\\.){0,500})\"")
_FAMILY_INITIALS = re.compile(r"\S.*\s(?:[A-Z]\.?[\s-]*){1,4}(?:,? ?(?:Jr|Sr|II|III)\.?)?")
_FAMILY_COMMA_INITIALS = re.compile(r"[^,;]+,\s*(?:[A-Z]\.[\s-]?)+(?=,|$|\s*(?:and|&)\s)")
_FORMULA_GUARD = re.compile(r"'(?=[=+\-@\t\r])")
# Embase, as in Endoscopic Ultrasound (2014) 3:3 (152-160). Date of Publication: 2014.
_EMBASE = re.compile(
    r"(.{2,200}?) \((\d{4})\) ([\w.-]+)?(?::([^ (]+))?(?: Article Number: ([\w.-]+))?(?: \(([^()]+)\))?"
)
# PubMed, as in Lancet. 2020 Feb 15;395(10223):497-506.
_PUBMED = re.compile(r"[^;]{1,200}?\b\d{4}[^;:]{0,20};\s*([\w. -]*?)(?:\(([^()]*)\))?:\s*([\w., -]+?)\.")
_OUTSIDE_BRACKETS = re.compile(r",\s*(?![^()]{0,100}\))")
# Springer joins names without any sign: "Anna B. BergLars Holm".
_GLUED = re.compile(
    r"(?<=[a-zà-ÿ])(?<!Mc)(?<!Mac)(?<!De)(?<!Di)(?<!Du)(?<!La)(?<!Le)"
    r"(?=[A-ZÀ-Þ][a-zà-ÿ]+(?: [A-Z]\.?)* [A-ZÀ-Þ])"
)
# A cell that long is no list of names or words, whatever its signs look like.
_LIST_LENGTH = 50_000
_NAMES_LENGTH = 200_000


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it came: its cells, its source text, and the fault that was found while cutting it out."""

    cells: Sequence[str]
    raw: str
    fault: str = ""


def read_row(
    source: Row, columns: Mapping[str, int], *, width: int, row: int
) -> Iterator[ParsedRecord | RowProblem]:
    """Read one row.

    Parameters
    ----------
    source : Row
        The row.
    columns : mapping of str to int
        Field to the index of its column.
    width : int
        How many columns the header has.
    row : int
        1-based position among the records of the file.

    Yields
    ------
    ParsedRecord or RowProblem
        The record, followed by its problems.
    """
    cells = source.cells
    values = {name: _unguarded(cells[index]) for name, index in columns.items() if index < len(cells)}
    too_wide = len(cells) > width and any(cell.strip() for cell in cells[width:])
    if too_wide or source.fault:
        # A stray separator moved the cells: an identifier from a wrong column would make two records one.
        values = {name: value for name, value in values.items() if name not in ("accession", "pmid")}
    record = _parse(values, raw=source.raw, row=row)
    yield record
    if source.fault:
        yield RowProblem(row=row, code=source.fault, detail=squash(source.raw)[:120], kept=True)
    if too_wide:
        yield RowProblem(row=row, code="too_many_cells", detail=f"{len(cells)} of {width}", kept=True)
    if not record.title:
        yield RowProblem(row=row, code="no_title", detail=record.doi or record.external_id, kept=True)


def _unguarded(cell: str) -> str:
    """Take away the apostrophe that is put before what a spreadsheet would run."""
    text = cell.strip()
    return text[1:] if _FORMULA_GUARD.match(text) else text


def _parse(values: dict[str, str], *, raw: str, row: int) -> ParsedRecord:
    def text(name: str) -> str:
        return squash(values.get(name, ""))

    pmid = normalise_pmid(text("pmid")) or labelled_pmid(text("url")) or labelled_pmid(text("extra"))
    where = _where(text("journal"), text("citation"), plain="year" in values)
    abstract = "\n".join(filter(None, (squash(line) for line in values.get("abstract", "").split("\n"))))
    return ParsedRecord(
        external_id=pmid or text("accession"),
        title=text("title"),
        abstract=abstract,
        authors=split_authors(text("authors")),
        year=year_in(text("year")) or year_in(where.get("year", "")),
        journal=where.get("journal", text("journal")),
        volume=text("volume") or where.get("volume", ""),
        issue=text("issue") or where.get("issue", ""),
        pages=text("pages") or page_range(text("start_page"), text("end_page")) or where.get("pages", ""),
        doi=normalise_doi(text("doi")) or (normalise_doi(text("url")) if "doi.org/" in text("url") else ""),
        pmid=pmid,
        language=text("language"),
        publication_types=_items(text("publication_types")),
        keywords=_keywords(text("keywords")),
        url=text("url"),
        raw=raw,
        row=row,
    )


def _where(journal: str, citation: str, *, plain: bool) -> dict[str, str]:
    """Return journal, year, volume, issue and pages where one cell says them together."""
    if citation and (found := _PUBMED.match(citation)):
        volume, issue, pages = (part.strip() if part else "" for part in found.groups())
        return {"volume": volume, "issue": issue, "pages": pages}
    if not plain and (found := _EMBASE.match(journal)):
        name, year, volume, issue, number, pages = (part or "" for part in found.groups())
        return {"journal": name, "year": year, "volume": volume, "issue": issue, "pages": pages or number}
    return {}


def _items(text: str) -> tuple[str, ...]:
    """Split a cell that holds several values: a list literal, or parts between semicolons."""
    if text.startswith("[") and text.endswith("]") and len(text) < _LIST_LENGTH:
        parts = [single or double for single, double in _QUOTED_ITEM.findall(text)]
    else:
        parts = text.split(";")
    return tuple(part.strip() for part in parts if part.strip())


def _keywords(text: str) -> tuple[str, ...]:
    """Split keywords; Embase parts them by commas, and there are commas inside of its brackets."""
    if ";" in text or text.startswith("[") or text.count(",") < 3:
        return _items(text)
    return tuple(part.strip() for part in _OUTSIDE_BRACKETS.split(text) if part.strip())


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
    if "," not in text or len(text) > _NAMES_LENGTH:
        return tuple(part for part in _GLUED.split(text) if part)
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > 1 and all(_FAMILY_INITIALS.fullmatch(part.rstrip(".")) for part in parts):
        # PubMed ends its list with a full stop; elsewhere it belongs to the initials.
        return tuple(parts) if "." in parts[0] else (*parts[:-1], parts[-1].rstrip("."))
    pairs = [pair.strip(" ,") for pair in _FAMILY_COMMA_INITIALS.findall(text)]
    return tuple(pairs) if len(pairs) > 1 and 2 * len(pairs) == len(parts) else (text,)
