"""Records of Europe PMC: whole ones of a search, short ones of a list of references or citations."""

from __future__ import annotations

import hashlib
from typing import Any

from reviews.connectors.json_values import at, items_at, source_text, text_at, texts_at
from reviews.connectors.people import named, split_names
from reviews.formats import ParsedRecord, normalise_doi, normalise_pmid
from reviews.formats.identifiers import year_in
from reviews.formats.markup import plain, plain_line

_OF_THE_LIST = frozenset({"citedOrder", "match", "citedByCount"})
_ADDRESS = "https://europepmc.org/article/"


def read_result(item: dict[str, Any]) -> ParsedRecord:
    """Make a record of one result of a search with ``resultType=core``.

    Parameters
    ----------
    item : dict
        One entry of ``resultList.result``.

    Returns
    -------
    ParsedRecord
        ``external_id`` is collection and number, such as ``MED:12345678`` or ``PPR:1234``.
    """
    source, number = text_at(item, "source"), text_at(item, "id")
    journal = at(item, "journalInfo")
    return ParsedRecord(
        external_id=f"{source}:{number}" if source and number else "",
        title=plain_line(_whole(item, "title")),
        abstract=plain(_whole(item, "abstractText")),
        authors=_authors(item),
        year=year_in(text_at(item, "pubYear") or text_at(item, "firstPublicationDate")),
        journal=text_at(journal, "journal", "title") or _book_or_server(item),
        volume=text_at(journal, "volume"),
        issue=text_at(journal, "issue"),
        pages=text_at(item, "pageInfo"),
        doi=normalise_doi(text_at(item, "doi")),
        pmid=normalise_pmid(text_at(item, "pmid")),
        language=text_at(item, "language"),
        publication_types=texts_at(item, "pubTypeList", "pubType"),
        keywords=_keywords(item),
        url=f"{_ADDRESS}{source}/{number}" if source and number else "",
        raw=source_text(item),
        row=1,
        relations=_relations(item),
    )


def read_cited(entry: dict[str, Any]) -> ParsedRecord:
    """Make a record of one entry of a list of references or citations, which says little.

    Parameters
    ----------
    entry : dict
        One entry of ``referenceList.reference`` or ``citationList.citation``.

    Returns
    -------
    ParsedRecord
        Where the entry was matched with nothing that Europe PMC holds, ``external_id`` is made of its text.
    """
    source, number = text_at(entry, "source"), text_at(entry, "id")
    said = text_at(entry, "unstructuredInformation")
    title = text_at(entry, "title") or text_at(entry, "publicationTitle") or said
    doi = normalise_doi(text_at(entry, "doi"))
    # Where it stands in the list of one citing article is nothing of its own.
    own = {
        name: value for name, value in entry.items() if name not in {"citedOrder", "match", "citedByCount"}
    }
    digest = hashlib.sha256(source_text(own).encode()).hexdigest()[:24]
    return ParsedRecord(
        external_id=f"{source}:{number}" if source and number else f"reference:{digest}",
        title=plain_line(title),
        abstract="",
        authors=split_names(text_at(entry, "authorString")),
        year=year_in(text_at(entry, "pubYear")),
        journal=text_at(entry, "journalAbbreviation") or text_at(entry, "publicationTitle"),
        volume=text_at(entry, "volume"),
        issue=text_at(entry, "issue"),
        pages=text_at(entry, "pageInfo"),
        doi=doi,
        pmid=normalise_pmid(number) if source == "MED" else "",
        language="",
        publication_types=(),
        keywords=(),
        url=text_at(entry, "externalLink"),
        raw=source_text(own),
        row=1,
    )


def _whole(item: dict[str, Any], name: str) -> str:
    """Return a text with its line ends, which stand between sections."""
    found = at(item, name)
    return found if isinstance(found, str) else ""


def _authors(item: dict[str, Any]) -> tuple[str, ...]:
    listed = [
        named(
            text_at(author, "lastName"),
            text_at(author, "firstName") or text_at(author, "initials"),
            text_at(author, "collectiveName") or text_at(author, "fullName"),
        )
        for author in items_at(item, "authorList", "author")
    ]
    return tuple(name for name in listed if name) or split_names(text_at(item, "authorString"))


def _book_or_server(item: dict[str, Any]) -> str:
    return text_at(item, "bookOrReportDetails", "publisher")


def _keywords(item: dict[str, Any]) -> tuple[str, ...]:
    mesh = [text_at(term, "descriptorName") for term in items_at(item, "meshHeadingList", "meshHeading")]
    return tuple(dict.fromkeys(word for word in (*mesh, *texts_at(item, "keywordList", "keyword")) if word))


def _relations(item: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return corrections and comments, by the names that PubMed's XML has for them ("RetractionIn")."""
    links = items_at(item, "commentCorrectionList", "commentCorrection")
    return tuple(
        ("".join(word.capitalize() for word in text_at(link, "type").split()), _target(link))
        for link in links
        if text_at(link, "type")
    )


def _target(link: dict[str, Any]) -> str:
    is_pmid = text_at(link, "source") == "MED" and text_at(link, "id")
    return text_at(link, "id") if is_pmid else text_at(link, "reference")
