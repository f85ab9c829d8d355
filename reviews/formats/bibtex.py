"""BibTeX and BibLaTeX as databases and reference managers really write it.

Notes
-----
An entry ends where its braces do. Exports get that wrong, so an entry also ends where the next one begins at
the start of a line, and goes on where a field follows a brace too many; both are reported. Text between
entries is a comment, by the rules of BibTeX.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from reviews.formats.bibtex_entries import Entry, entries
from reviews.formats.identifiers import labelled_pmid, normalise_doi, normalise_pmid, year_in
from reviews.formats.latex import plain
from reviews.formats.model import ParsedRecord, RowProblem
from reviews.formats.names import split_names
from reviews.formats.text import squash

_SCOPUS = re.compile(r"\beid=(2-s2\.0-\d+)")

_TITLE = ("title", "booktitle", "maintitle", "shorttitle")
_JOURNAL = (
    "journal", "journaltitle", "fjournal", "booktitle", "maintitle", "series", "abbrev_source_title",
    "publisher", "school", "institution",
)  # fmt: skip
_PAGES = ("pages", "page", "numpages", "article-number", "article_number", "art_number", "eid", "articleno")
_ACCESSION = ("unique-id", "accession", "accession_number", "accessionnumber", "accession-num", "an")
_KEYWORDS = ("keywords", "keyword", "author_keywords", "keywords-plus", "mesh")
_KINDS = {
    "article": "Journal Article",
    "book": "Book",
    "booklet": "Book",
    "collection": "Book",
    "conference": "Conference Paper",
    "dataset": "Dataset",
    "inbook": "Book Chapter",
    "incollection": "Book Chapter",
    "inproceedings": "Conference Paper",
    "manual": "Report",
    "mastersthesis": "Thesis",
    "online": "Web Page",
    "patent": "Patent",
    "phdthesis": "Thesis",
    "proceedings": "Conference Proceedings",
    "report": "Report",
    "techreport": "Report",
    "thesis": "Thesis",
    "unpublished": "Unpublished Work",
}


def read_bibtex(lines: Iterable[str]) -> Iterator[ParsedRecord | RowProblem]:
    """Read BibTeX entries; strings and cross references are filled in, comments and preambles passed over.

    Parameters
    ----------
    lines : iterable of str
        Clean lines, from `reviews.formats.text.lines`.

    Yields
    ------
    ParsedRecord or RowProblem
        Each entry, followed by the problems of its row: ``unbalanced_braces`` where it ended only because
        another one began or had more braces than it opened, ``truncated`` where the file ended in it.

    References
    ----------
    Patashnik O (1988), BibTeXing; Kime P et al., The biblatex package, on fields and names.
    """
    for row, entry in enumerate(entries(lines), start=1):
        yield from _closed(entry, row=row)


def _closed(entry: Entry, *, row: int) -> Iterator[ParsedRecord | RowProblem]:
    record = _parse(entry, row=row)
    yield record
    if entry.fault:
        detail = squash(entry.lines[-1])[:120] if entry.fault == "truncated" else record.title[:120]
        yield RowProblem(row=row, code=entry.fault, detail=detail, kept=True)
    if not record.title:
        detail = record.doi or record.external_id or squash(entry.lines[0])[:120]
        yield RowProblem(row=row, code="no_title", detail=detail, kept=True)


def _parse(entry: Entry, *, row: int) -> ParsedRecord:
    values = entry.values

    def text(*names: str) -> str:
        return next((found for name in names if name in values and (found := _plain(values[name]))), "")

    title, subtitle = text(*_TITLE), text("subtitle")
    address = _address(values.get("url", ""))
    pmid = _pmid(values, address)
    names = values.get("author", "") or values.get("editor", "")
    journal = next((found for name in _JOURNAL if (found := text(name)) and found != title), "")
    return ParsedRecord(
        external_id=pmid or text(*_ACCESSION) or _scopus(address),
        title=f"{title}: {subtitle}" if title and subtitle else title or subtitle,
        abstract=_paragraphs(values.get("abstract", "") or values.get("annote", "")),
        authors=split_names(names),
        year=year_in(values.get("year", "")) or year_in(values.get("date", "")),
        journal=journal,
        volume=text("volume"),
        issue=text("number", "issue"),
        pages=text(*_PAGES).replace("–", "-"),
        doi=_doi(values, address),
        pmid=pmid,
        language=text("language", "langid"),
        publication_types=_kinds(entry.kind, text("document_type", "type", "doctype")),
        keywords=_keywords(values),
        url=address,
        raw="\n".join(entry.lines).rstrip(),
        row=row,
    )


def _plain(value: str) -> str:
    return squash(plain(value))


def _paragraphs(value: str) -> str:
    """Return an abstract with its paragraphs, which are parted by empty lines; other breaks are layout."""
    if "\n" not in value:
        return _plain(value)
    return "\n".join(text for part in re.split(r"\n[ \t]*\n", value) if (text := _plain(part)))


def _address(value: str) -> str:
    """Return the first address, as it is: a tilde in it is no space."""
    text = squash(value.replace("\\url", "").replace("\\", "").replace("{", "").replace("}", ""))
    return text.split(" ")[0]


def _doi(values: dict[str, str], address: str) -> str:
    own = values.get("doi", "").replace("\\", "").replace("{", "").replace("}", "")
    link = address if "doi.org/10." in address else ""
    notes = values.get("note", "") if "doi" in values.get("note", "").lower() else ""
    return normalise_doi(own) or normalise_doi(link) or normalise_doi(notes)


def _pmid(values: dict[str, str], address: str) -> str:
    for name in ("pmid", "pubmed_id", "pubmed-id", "pubmedid"):
        if pmid := normalise_pmid(values.get(name, "").strip("{} ")):
            return pmid
    if values.get("eprinttype", "").strip("{} ").lower() in ("pubmed", "pmid", "medline"):
        return normalise_pmid(values.get("eprint", "").strip("{} "))
    return next((pmid for text in (values.get("note", ""), address) if (pmid := labelled_pmid(text))), "")


def _scopus(address: str) -> str:
    found = _SCOPUS.search(address)
    return found.group(1) if found else ""


def _kinds(kind: str, written: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for part in (_KINDS.get(kind, ""), written) if part))


def _keywords(values: dict[str, str]) -> tuple[str, ...]:
    """Split keywords at semicolons; at commas only where there are none."""
    found: dict[str, None] = {}
    for name in _KEYWORDS:
        if name not in values:
            continue
        text = _plain(values.get(name, "").replace("\\;", ";").replace("\n", " "))
        for part in text.split(";" if ";" in text else ","):
            if part.strip():
                found[part.strip()] = None
    return tuple(found)
