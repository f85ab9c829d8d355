"""Works of OpenAlex as records."""

from __future__ import annotations

import re
from typing import Any

from reviews.connectors.json_values import at, items_at, number_at, source_text, text_at
from reviews.connectors.people import family_first
from reviews.formats import ParsedRecord, normalise_doi, normalise_pmid
from reviews.formats.identifiers import page_range, year_in
from reviews.formats.markup import plain, plain_line

_WORK = re.compile(r"(?:https?://(?:api\.)?openalex\.org/(?:works/)?)?(W\d{1,15})", re.IGNORECASE)
# Whatever stands behind the hundred-thousandth word is no abstract.
_MOST_WORDS = 100_000
_RETRACTED = "Retracted Publication"


def short_id(name: str) -> str:
    """Return "W123" from OpenAlex's address of a work, or from itself; else "".

    Parameters
    ----------
    name : str
        Any text.

    Returns
    -------
    str
        Upper case.
    """
    match = _WORK.fullmatch(name.strip())
    return match.group(1).upper() if match else ""


def read_work(item: dict[str, Any]) -> ParsedRecord:
    """Make a record of one work.

    Parameters
    ----------
    item : dict
        One entry of ``results``.

    Returns
    -------
    ParsedRecord
        ``external_id`` is OpenAlex's own, such as ``W2741809807``.
    """
    place = at(item, "primary_location")
    kinds = [_kind(text_at(item, "type"))] + ([_RETRACTED] if at(item, "is_retracted") is True else [])
    return ParsedRecord(
        external_id=short_id(text_at(item, "id")),
        title=plain_line(text_at(item, "title") or text_at(item, "display_name")),
        abstract=plain(abstract_of(at(item, "abstract_inverted_index"))),
        authors=_authors(item),
        year=number_at(item, "publication_year") or year_in(text_at(item, "publication_date")),
        journal=text_at(place, "source", "display_name") or text_at(place, "raw_source_name"),
        volume=text_at(item, "biblio", "volume"),
        issue=text_at(item, "biblio", "issue"),
        pages=page_range(text_at(item, "biblio", "first_page"), text_at(item, "biblio", "last_page")),
        doi=normalise_doi(text_at(item, "doi") or text_at(item, "ids", "doi")),
        pmid=normalise_pmid(text_at(item, "ids", "pmid")),
        language=text_at(item, "language"),
        publication_types=tuple(kind for kind in kinds if kind),
        keywords=_keywords(item),
        url=text_at(place, "landing_page_url") or text_at(item, "id"),
        raw=source_text(item),
        row=1,
    )


def abstract_of(index: object) -> str:
    """Return the text of an inverted index: each word with the places where it stands.

    Parameters
    ----------
    index : object
        Such as ``{"Zinc": [0], "works": [1]}``.

    Returns
    -------
    str
        "" for anything else.

    Examples
    --------
    >>> abstract_of({"to": [0, 4], "be": [1, 5], "or": [2], "not": [3]})
    'to be or not to be'
    """
    if not isinstance(index, dict):
        return ""
    placed = [
        (place, word)
        for word, places in index.items()
        if isinstance(places, list)
        for place in places
        if isinstance(place, int)
    ]
    return " ".join(word for _, word in sorted(placed)[:_MOST_WORDS])


def _authors(item: dict[str, Any]) -> tuple[str, ...]:
    names = (
        text_at(entry, "author", "display_name") or text_at(entry, "raw_author_name")
        for entry in items_at(item, "authorships")
    )
    return tuple(family_first(name) for name in names if name)


def _keywords(item: dict[str, Any]) -> tuple[str, ...]:
    mesh = [text_at(term, "descriptor_name") for term in items_at(item, "mesh")]
    words = [text_at(word, "display_name") for word in items_at(item, "keywords")]
    return tuple(dict.fromkeys(word for word in (*mesh, *words) if word))


def _kind(name: str) -> str:
    return name.replace("-", " ").capitalize()
