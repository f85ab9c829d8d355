"""Works of Crossref as records."""

from __future__ import annotations

from typing import Any

from reviews.connectors.json_values import at, items_at, source_text, text_at, texts_at
from reviews.connectors.people import family_first, named
from reviews.formats import ParsedRecord, normalise_doi
from reviews.formats.markup import plain, plain_line

_ISSUED = ("issued", "published", "published-print", "published-online", "posted", "created")
_KINDS = {
    "journal-article": "Journal Article",
    "posted-content": "Preprint",
    "proceedings-article": "Conference Paper",
    "book-chapter": "Book Chapter",
    "peer-review": "Peer Review",
}
# What a notice does to the work it is about, by the names of PubMed's links.
_UPDATES = {
    "retraction": "Retraction",
    "partial_retraction": "PartialRetraction",
    "partial-retraction": "PartialRetraction",
    "withdrawal": "Retraction",
    "removal": "Retraction",
    "expression_of_concern": "ExpressionOfConcern",
    "expression-of-concern": "ExpressionOfConcern",
    "correction": "Erratum",
    "corrigendum": "Erratum",
    "erratum": "Erratum",
}
_OTHER = "Update"
_RETRACTED = "Retracted Publication"


def read_work(item: dict[str, Any]) -> ParsedRecord:
    """Make a record of one work.

    Parameters
    ----------
    item : dict
        One entry of ``message.items``.

    Returns
    -------
    ParsedRecord
        ``external_id`` is the DOI in lower case.
    """
    doi = normalise_doi(text_at(item, "DOI"))
    relations = _relations(item)
    kinds = [_kind(text_at(item, "type"))]
    if any(name == "RetractionIn" for name, _ in relations):
        kinds.append(_RETRACTED)
    return ParsedRecord(
        external_id=doi,
        title=_title(item),
        abstract=plain(_abstract(item)),
        authors=_authors(item),
        year=_year(item),
        journal=plain_line(text_at(item, "container-title") or text_at(item, "group-title")),
        volume=text_at(item, "volume"),
        issue=text_at(item, "issue"),
        pages=text_at(item, "page") or text_at(item, "article-number"),
        doi=doi,
        pmid="",
        language=text_at(item, "language"),
        publication_types=tuple(kind for kind in kinds if kind),
        keywords=texts_at(item, "subject"),
        url=text_at(item, "resource", "primary", "URL") or text_at(item, "URL"),
        raw=source_text(item),
        row=1,
        relations=relations,
    )


def _title(item: dict[str, Any]) -> str:
    title = plain_line(text_at(item, "title") or text_at(item, "original-title"))
    subtitle = plain_line(text_at(item, "subtitle"))
    if title and subtitle and subtitle.casefold() not in title.casefold():
        return f"{title.rstrip(':')}: {subtitle}"
    return title or subtitle


def _abstract(item: dict[str, Any]) -> str:
    found = at(item, "abstract")
    return found if isinstance(found, str) else ""


def _authors(item: dict[str, Any]) -> tuple[str, ...]:
    people = items_at(item, "author") or items_at(item, "editor")
    names = []
    for person in people:
        family, given = text_at(person, "family"), text_at(person, "given")
        family = " ".join(filter(None, (family, text_at(person, "suffix")))) if family else ""
        names.append(named(family, given, family_first(text_at(person, "name"))))
    return tuple(name for name in names if name)


def _year(item: dict[str, Any]) -> int | None:
    for name in _ISSUED:
        parts = at(item, name, "date-parts")
        while isinstance(parts, list) and parts:
            parts = parts[0]
        if isinstance(parts, int) and 1500 <= parts < 2100:
            return parts
    return None


def _kind(name: str) -> str:
    return _KINDS.get(name, name.replace("-", " ").title())


def _relations(item: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return retractions and corrections: of this work by a notice ("In"), or by this notice ("Of")."""
    found = [
        (
            f"{_UPDATES.get(text_at(update, 'type').lower(), _OTHER)}{way}",
            normalise_doi(text_at(update, "DOI")),
        )
        for way, name in (("In", "updated-by"), ("Of", "update-to"))
        for update in items_at(item, name)
    ]
    return tuple(dict.fromkeys((kind, doi) for kind, doi in found if doi))
