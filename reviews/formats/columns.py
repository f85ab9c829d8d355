"""Which column of a table holds what: guessed from the names that databases give, or told by a person."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviews.formats.errors import UnreadableFile

Mapped = Mapping[str, int | str]

# Column names, lower case, words separated by one space; the first name that a file has wins.
_NAMES: dict[str, tuple[str, ...]] = {
    "title": (
        "title", "article title", "document title", "item title", "primary title",
        "study title", "scientific title", "official title", "public title", "brief title", "reference title",
        "ti", "t1", "display name", "titel", "titre", "título", "titolo", "titulo",
    ),
    "abstract": (
        "abstract", "abstract note", "notes abstract", "abstracts", "brief summary", "ab", "n2",
        "zusammenfassung", "résumé", "resumen", "resumo",
    ),
    "authors": (
        "authors", "author", "author names", "author full names", "first authors", "author s", "authors list",
        "au", "af", "full author names", "contributors", "creators", "autoren", "autor", "auteurs", "auteur",
        "autores", "autori", "first author",
    ),
    "year": (
        "year", "publication year", "published year", "pub year", "pubyear", "year published", "py", "date",
        "publication date", "date published", "date of publication", "pubdate", "pub date", "entry date",
        "start date", "first posted", "date registration", "date of registration", "registration date",
        "date registration3", "date enrollement", "cover date", "jahr",
        "erscheinungsjahr", "année", "año", "anno", "ano",
    ),
    "journal": (
        "journal", "journal title", "journal name", "publication title", "source title", "secondary title",
        "container title", "journal book", "full journal", "pubtitle", "so", "periodical", "source", "jt",
        "book title", "source register", "journal abbreviation", "zeitschrift", "revue", "revista", "rivista",
    ),
    "volume": ("volume", "journal volume", "volume number", "vol", "vl", "band", "jahrgang", "volumen"),
    "issue": (
        "issue", "journal issue", "issue number", "number", "is", "heft", "ausgabe", "numéro", "número",
    ),
    "pages": (
        "pages", "page", "page numbers", "pagination", "page range", "seiten", "páginas", "article number",
        "art no", "ar",
    ),
    "start_page": ("start page", "page start", "first page", "bp", "sp", "beginning page"),
    "end_page": ("end page", "page end", "last page", "ep", "ending page"),
    "doi": ("doi", "item doi", "digital object identifier", "doi link", "do", "di"),
    "pmid": ("pmid", "pubmed id", "pubmed pmid", "medline pmid", "medline id", "pubmedid", "pm"),
    "accession": (
        "accession number", "accession", "accession no", "accession id", "accession number s", "eid", "pui",
        "ut", "ut unique wos id", "lens id", "publication id", "nct number", "trialid", "trial id",
        "main trial id", "storeid", "cochrane id", "cochrane review id", "embase accession id", "eric number",
        "an", "external id",
    ),
    "language": (
        "language", "language of original document", "languages", "article language", "language of article",
        "publication language", "original language", "la", "sprache", "langue", "idioma",
    ),
    "publication_types": (
        "document type", "publication type", "publication types", "item type", "content type",
        "type of reference", "reference type", "article type", "doctype", "doctypes", "doc types", "pub type",
        "dt", "study type", "dokumenttyp",
    ),
    "keywords": (
        "keywords", "author keywords", "manual tags", "keyword", "kw", "de", "mesh terms", "index terms",
        "subjects", "subject terms", "descriptors", "conditions", "condition",
        "schlagwörter", "mots clés", "palabras clave",
    ),
    "url": (
        "url", "link", "urls", "open url link", "study url", "source url", "external url", "source urls",
        "articleurl", "full text url", "dimensions url", "documenturl", "document url", "embase link",
        "plink", "permalink", "web address", "pdf link", "ur",
    ),
    # Zotero has no column for the PMID and keeps it, named, among other things.
    "extra": ("extra",),
    # PubMed and Embase write journal, year, volume, issue and pages into one cell.
    "citation": ("citation", "source citation"),
}  # fmt: skip
FIELDS = tuple(_NAMES)
# One of these says that a row is a reference.
_ANCHORS = ("title", "doi", "pmid")
_FIELD_OF = {name: field for field, names in _NAMES.items() for name in names}
_RANK = {name: rank for names in _NAMES.values() for rank, name in enumerate(names)}
_NOT_WORD = re.compile(r"[\W_]+")
_WITHIN = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Web of Science gives names in full beside the short ones; elsewhere "AF" is where they work.
_WEB_OF_SCIENCE = frozenset({"pt", "ut", "af"})


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table, before it is read.

    Parameters
    ----------
    header : tuple of str
        Their names, as written.
    mapping : dict of str to int
        Field (one of `FIELDS`) to the index of its column, as guessed; empty where nothing was recognised.
    samples : tuple of tuple of str
        The cells of the first rows.
    """

    header: tuple[str, ...]
    mapping: dict[str, int]
    samples: tuple[tuple[str, ...], ...]


def recognise(cells: Sequence[str]) -> dict[str, int]:
    """Recognise the columns of a header line.

    Parameters
    ----------
    cells : sequence of str
        The header's cells.

    Returns
    -------
    dict of str to int
        Field name to the index of its column; empty where nothing was recognised.
    """
    found: dict[str, tuple[int, int]] = {}
    names = [_name(cell) for cell in cells]
    passed_over = "au" if set(names) >= _WEB_OF_SCIENCE else "af"
    for index, name in enumerate(names):
        # At the very left it counts the rows; among volume and pages it is the issue.
        numbered = name == "number" and index == 0
        field = None if numbered or name == passed_over else _FIELD_OF.get(name)
        if field and (field not in found or _RANK[name] < found[field][0]):
            found[field] = (_RANK[name], index)
    return {field: index for field, (_, index) in found.items()}


def _name(cell: str) -> str:
    """Return the name of a column as it stands in `_NAMES`; programs write several words as one."""
    name = _NOT_WORD.sub(" ", cell.lower()).strip()
    return name if name in _FIELD_OF else _NOT_WORD.sub(" ", _WITHIN.sub(" ", cell).lower()).strip()


def is_header(mapping: Mapping[str, int]) -> bool:
    """Tell whether recognised columns make a table of references.

    Parameters
    ----------
    mapping : mapping of str to int
        From `recognise`.

    Returns
    -------
    bool
        True where there is a column for the title, the DOI or the PMID.
    """
    return any(name in mapping for name in _ANCHORS)


def chosen(header: Sequence[str], mapping: Mapped | None) -> dict[str, int]:
    """Return the columns to read.

    Parameters
    ----------
    header : sequence of str
        The names of the columns.
    mapping : mapping of str to int or str, optional
        Field to the index or the name of its column, as a person says; guessed where absent.

    Returns
    -------
    dict of str to int
        Field to the index of its column.

    Raises
    ------
    UnreadableFile
        A field or a column is not known, or nothing says what a row is about.
    """
    guessed = recognise(header)
    if mapping is None:
        if is_header(guessed):
            return guessed
        shown = " ".join(", ".join(header).split())[:200]
        raise UnreadableFile(reason=f"no column is named title, DOI or PMID in: {shown}")
    places = {name.strip().lower(): index for index, name in reversed(list(enumerate(header)))}
    told: dict[str, int] = {}
    for field, column in mapping.items():
        index = places.get(column.strip().lower(), -1) if isinstance(column, str) else column
        if field not in FIELDS:
            raise UnreadableFile(reason=f"{field} is not a field that a column can hold")
        if not 0 <= index < len(header):
            raise UnreadableFile(reason=f"there is no column {column}")
        told[field] = index
    if not is_header(told):
        raise UnreadableFile(reason="no column holds the title, the DOI or the PMID")
    return told
