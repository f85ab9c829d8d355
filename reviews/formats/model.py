"""What a reader yields: one value for each record, one for each row with a problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Format = Literal["ris", "nbib", "pubmed_xml", "endnote_xml", "bibtex", "wos", "enw", "csv", "xlsx"]


@dataclass(slots=True)
class ParsedRecord:
    """One bibliographic record as its source gave it, after cleaning.

    Nobody changes one. It is not frozen, for that makes building it three times as slow, and files hold many.

    Parameters
    ----------
    external_id : str
        The source's own identifier: the PMID, else an accession number; "" where there is none.
    title, abstract : str
        Plain text. A structured abstract keeps its headings, one section a line.
    authors : tuple of str
        "Family, Given" or "Family G", as found; collective names as they stand.
    year : int or None
        Year of publication.
    journal, volume, issue, pages : str
        As found. ``pages`` holds the article number where there are no pages.
    doi : str
        Lower case, without prefix or resolver.
    pmid : str
        Digits only.
    language : str
        As found.
    publication_types, keywords : tuple of str
        As found, in the order of the source.
    url : str
        The first address that the source gives.
    raw : str
        The source text of this record, for reading it again later.
    row : int
        1-based position among the records of its file.
    relations : tuple of (str, str)
        Kind of link and its target, such as ``("RetractionIn", "12345678")``. The target is a PMID, or the
        reference as printed where no PMID is given.
    """

    external_id: str
    title: str
    abstract: str
    authors: tuple[str, ...]
    year: int | None
    journal: str
    volume: str
    issue: str
    pages: str
    doi: str
    pmid: str
    language: str
    publication_types: tuple[str, ...]
    keywords: tuple[str, ...]
    url: str
    raw: str
    row: int
    relations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One fault in a file, at one record.

    Parameters
    ----------
    row : int
        1-based position of the record concerned.
    code : str
        ``truncated``, ``missing_end``, ``missing_type``, ``no_title``, ``unreadable_characters``,
        ``unclosed_quote``, ``too_many_cells``, ``unbalanced_braces``, ``stray_text``, ``malformed_xml``,
        ``cut_short``, ``deleted_citation``, ``sheet_not_read``, ``member_not_read``, ``damaged_archive``.
    detail : str
        What was found there.
    kept : bool
        Whether the record was yielded all the same (a warning) or refused (an error).
    """

    row: int
    code: str
    detail: str
    kept: bool = False
