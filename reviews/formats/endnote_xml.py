"""EndNote XML, streamed: what EndNote, Bookends, Rayyan and others export as "XML".

Notes
-----
Every value is text in runs of ``<style>``, which mean nothing here: they are joined. Elements without style
are read the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml import etree

from reviews.formats.identifiers import (
    is_address,
    labelled_pmid,
    normalise_doi,
    normalise_pmid,
    page_range,
    year_in,
)
from reviews.formats.model import ParsedRecord, RowProblem
from reviews.formats.text import Readable, clean, single_spaced, squash
from reviews.formats.xml_elements import XmlFault, elements
from reviews.formats.xml_stream import Utf8

_ROOT = b"<xml><records>"
_PUBMED = ("pubmed", "medline", "nlm")
# EndNote keeps the DOI or the PMID here where a filter of a database put it so.
_CUSTOM = tuple(f"custom{number}" for number in range(1, 8))


def read_endnote_xml(stream: Readable) -> Iterator[ParsedRecord | RowProblem]:
    """Read EndNote's records one by one.

    Parameters
    ----------
    stream : Readable
        ``<xml><records>...``, not compressed, in any encoding that it declares.

    Yields
    ------
    ParsedRecord or RowProblem
        Each record, followed by the problems of its row. A broken record is read as far as it goes, with the
        problem ``malformed_xml``, or ``truncated`` where the file ends in it; those after it are read.
        ``cut_short`` where the file ends between records.

    Raises
    ------
    UnreadableFile
        The file declares entities or an encoding that is not known.
    """
    source = stream if isinstance(stream, Utf8) else Utf8(stream)
    for row, found in enumerate(elements(source, tags=("record",), root=_ROOT, unread=b"style"), start=1):
        if isinstance(found, XmlFault):
            yield from _faulty(found, row=row)
        else:
            yield from _record(found[0], row=row, raw=clean(found[1].decode(errors="replace")))


def _faulty(fault: XmlFault, *, row: int) -> Iterator[ParsedRecord | RowProblem]:
    record = None if fault.element is None else _parse(fault.element, row=row, raw=clean(fault.lost))
    if record is not None and (record.title or record.authors):
        yield record
    else:
        record = None
    yield fault.problem(row=row, kept=record is not None)


def _record(element: etree._Element, *, row: int, raw: str) -> Iterator[ParsedRecord | RowProblem]:
    record = _parse(element, row=row, raw=raw)
    yield record
    if not record.title:
        yield RowProblem(row=row, code="no_title", detail=record.doi or record.external_id, kept=True)


def _parse(element: etree._Element, *, row: int, raw: str) -> ParsedRecord:
    fields = _fields(element)

    def first(*names: str) -> str:
        return next((fields[name][0] for name in names if name in fields), "")

    pmid = _pmid(fields)
    addresses = [address for address in fields.get("url", ()) if is_address(address)]
    pages = first("pages") or page_range(first("start-page"), first("end-page"))
    return ParsedRecord(
        external_id=pmid or first("accession-num"),
        title=first("title", "short-title", "translated-title"),
        abstract=first("abstract"),
        authors=tuple(fields.get("author", fields.get("secondary-author", ()))),
        year=year_in(first("year")) or year_in(first("date")),
        journal=first("full-title", "secondary-title", "abbr-1", "tertiary-title"),
        volume=first("volume"),
        issue=first("number", "issue"),
        pages=pages or first("custom7", "electronic-pages"),
        doi=_doi(fields, addresses),
        pmid=pmid,
        language=first("language"),
        publication_types=tuple(dict.fromkeys([*fields.get("ref-type", ()), *fields.get("work-type", ())])),
        keywords=tuple(dict.fromkeys(_split(fields.get("keyword", ())))),
        url=addresses[0] if addresses else "",
        raw=raw,
        row=row,
    )


def _fields(record: etree._Element) -> dict[str, list[str]]:
    """Return the values of a record by the name of the element that has them, wherever it stands."""
    fields: dict[str, list[str]] = {}
    for child in record:
        tag = child.tag
        if tag == "keywords":
            _add_all(fields, "keyword", child)
        elif tag in _GROUPS:
            for inner in child:
                name = inner.tag
                if name == "authors":
                    _add_all(fields, "author", inner)
                elif name in _NESTED:
                    for value in inner:
                        _add(fields, _NAME_OF.get(name, value.tag), value)
                else:
                    _add(fields, name, inner)
        elif tag == "ref-type":
            fields["ref-type"] = [kind for kind in [squash(clean(child.get("name") or ""))] if kind]
        elif tag == "abstract":
            fields["abstract"] = [_paragraphs(child)]
        else:
            _add(fields, tag, child)
    return fields


_GROUPS = frozenset({"contributors", "titles", "periodical", "dates", "urls"})
_NAME_OF = {
    "secondary-authors": "secondary-author",
    "tertiary-authors": "tertiary-author",
    "subsidiary-authors": "subsidiary-author",
    "translated-authors": "translated-author",
}
_NESTED = frozenset(
    {*_NAME_OF, "pub-dates", "related-urls", "web-urls", "text-urls", "pdf-urls", "image-urls"}
)


# The rest (addresses, numbers of the library, marks of its owner) says nothing about the publication.
_WANTED = frozenset(
    {
        *_NAME_OF.values(), *_CUSTOM, "author", "title", "secondary-title", "tertiary-title", "short-title",
        "translated-title", "full-title", "abbr-1", "pages", "start-page", "end-page", "electronic-pages",
        "volume", "number", "issue", "year", "date", "keyword", "url", "electronic-resource-num", "doi",
        "pmid", "accession-num", "remote-database-provider", "remote-database-name", "notes", "label",
        "language", "work-type",
    }
)  # fmt: skip


def _add(fields: dict[str, list[str]], name: object, element: etree._Element) -> None:
    if name in _WANTED and (text := _text(element)):
        fields.setdefault(str(name), []).append(text)


def _add_all(fields: dict[str, list[str]], name: str, parent: etree._Element) -> None:
    """Add all children of a list. Most values are names and words: looking at all at once is much faster."""
    texts = ["".join(_pieces(each)) if len(each) else each.text or "" for each in parent.iterchildren(name)]
    whole = "".join(texts)
    if whole.isprintable() and "  " not in whole:
        found = [stripped for text in texts if (stripped := text.strip())]
    else:
        found = [line for text in texts if (line := _line(text))]
    if found:
        fields.setdefault(name, []).extend(found)


def _text(element: etree._Element) -> str:
    """Return all text of an element on one line."""
    return _line("".join(_pieces(element)) if len(element) else element.text or "")


def _line(text: str) -> str:
    # Line ends first: EndNote writes them as a carriage return, which is a control to be dropped.
    return single_spaced(text) if text.isprintable() else squash(clean(squash(text)))


def _pieces(element: etree._Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str):
            yield from _pieces(child)
        yield child.tail or ""


def _paragraphs(element: etree._Element) -> str:
    lines = clean("".join(_pieces(element)).replace("\r", "\n")).split("\n")
    return "\n".join(text for line in lines if (text := squash(line)))


def _split(keywords: Sequence[str]) -> Iterator[str]:
    """EndNote gives a keyword an element, others put all of them into one."""
    return filter(None, map(str.strip, ";".join(keywords).split(";")))


def _doi(fields: dict[str, list[str]], addresses: list[str]) -> str:
    own = [text for name in ("electronic-resource-num", "doi") for text in fields.get(name, [])]
    links = [address for address in addresses if "doi.org/10." in address]
    custom = [text for name in _CUSTOM for text in fields.get(name, []) if text.lower().startswith("doi")]
    return next((doi for text in own + links + custom if (doi := normalise_doi(text))), "")


def _pmid(fields: dict[str, list[str]]) -> str:
    """Return the accession number where PubMed gave it, else a number that is named a PMID."""
    provider = " ".join(
        fields.get("remote-database-provider", []) + fields.get("remote-database-name", [])
    ).lower()
    accession = fields.get("accession-num", [""])[0]
    if accession.isdigit() and any(word in provider for word in _PUBMED):
        return normalise_pmid(accession)
    addresses = [address for address in fields.get("url", []) if "ncbi.nlm.nih.gov" in address]
    free = [*fields.get("pmid", []), accession, *addresses]
    free += [text for name in ("notes", *_CUSTOM, "label") for text in fields.get(name, [])]
    labelled = next((pmid for text in free if (pmid := labelled_pmid(text))), "")
    return labelled or (normalise_pmid(fields["pmid"][0]) if "pmid" in fields else "")
