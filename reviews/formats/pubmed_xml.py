"""PubMed XML, streamed: what EFetch sends and what NLM's files hold.

Notes
-----
The document type definition is never loaded: NLM renews it every December, and a reader that fetches it would
fail offline. Entities are not expanded and nothing is read from the network: a hostile file stays harmless.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from lxml import etree

from reviews.formats.identifiers import normalise_doi, page_range, year_in
from reviews.formats.model import ParsedRecord, RowProblem
from reviews.formats.text import Readable, clean, squash
from reviews.formats.xml_elements import XmlFault, elements
from reviews.formats.xml_stream import Utf8

_ARTICLE, _BOOK, _DELETED = "PubmedArticle", "PubmedBookArticle", "DeleteCitation"
# The article's own, not one that it comments on.
_OWN_PMID = re.compile(r"<(?:MedlineCitation|BookDocument)\b[^<>]*>\s*<PMID\b[^<>]*>\s*(\d+)")
_NO_TITLE = "[Not Available]."
Element = etree._Element


def read_pubmed_xml(stream: Readable) -> Iterator[ParsedRecord | RowProblem]:
    """Read PubMed articles and book articles one by one.

    Parameters
    ----------
    stream : Readable
        A ``PubmedArticleSet``, from EFetch or from NLM's baseline and update files, not compressed.

    Yields
    ------
    ParsedRecord or RowProblem
        Each article, followed by the problems of its row; ``deleted_citation`` for each PMID that NLM
        withdrew. ``malformed_xml`` names an article that is broken, ``truncated`` one in which the file ends,
        ``cut_short`` a file that ends between articles. What comes after a broken article is read.

    Raises
    ------
    UnreadableFile
        The file declares entities or an encoding that is not known, or an article exceeds 32 MB.

    References
    ----------
    NLM, PubMed DTD and XML element descriptions, https://www.nlm.nih.gov/bsd/licensee/elements_descriptions.html
    """
    source = stream if isinstance(stream, Utf8) else Utf8(stream)
    row = 0
    for found in elements(source, tags=(_ARTICLE, _BOOK, _DELETED), root=b"<PubmedArticleSet>"):
        row += 1
        if isinstance(found, XmlFault):
            yield from _faulty(found, row=row)
        elif found[0].tag == _DELETED:
            for pmid in found[0].findall("PMID"):
                yield RowProblem(row=row, code="deleted_citation", detail=_text(pmid))
            row -= 1
        else:
            yield from _record(found[0], row=row)


def _faulty(fault: XmlFault, *, row: int) -> Iterator[ParsedRecord | RowProblem]:
    """Keep a record of which nothing is missing; else name it, for what is guessed may be wrong."""
    kept = fault.is_whole and fault.element is not None and fault.element.tag in (_ARTICLE, _BOOK)
    if kept and fault.element is not None:
        yield from _record(fault.element, row=row)
    named = _OWN_PMID.search(fault.lost)
    yield fault.problem(row=row, kept=kept, name=f"PMID {named.group(1)}" if named else "")


def _record(element: Element, *, row: int) -> Iterator[ParsedRecord | RowProblem]:
    record = _article(element, row=row) if element.tag == _ARTICLE else _book(element, row=row)
    yield record
    if not record.title:
        yield RowProblem(row=row, code="no_title", detail=record.pmid, kept=True)


def _article(element: Element, *, row: int) -> ParsedRecord:
    parts = _parts(element)
    citation = _parts(parts.get("MedlineCitation"))
    body = _parts(citation.get("Article"))
    journal = _parts(body.get("Journal"))
    issue = _parts(journal.get("JournalIssue"))
    locations = _each(citation.get("Article"), "ELocationID") if "ELocationID" in body else []
    pmid = _text(citation.get("PMID"))
    title = _text(body.get("ArticleTitle"))
    if title in ("", _NO_TITLE):
        title = _text(body.get("VernacularTitle")) or title
    return ParsedRecord(
        external_id=pmid,
        title=title,
        abstract=_abstract(body.get("Abstract")) or _abstract(citation.get("OtherAbstract")),
        authors=_authors(body.get("AuthorList")),
        year=_year(issue.get("PubDate")) or _year(body.get("ArticleDate")),
        journal=_text(journal.get("Title"))
        or _text(journal.get("ISOAbbreviation"))
        or _text(_parts(citation.get("MedlineJournalInfo")).get("MedlineTA")),
        volume=_text(issue.get("Volume")),
        issue=_text(issue.get("Issue")),
        pages=_pages(body.get("Pagination"), locations),
        doi=_doi(locations, _parts(parts.get("PubmedData")).get("ArticleIdList")),
        pmid=pmid,
        language=_text(body.get("Language")),
        publication_types=_texts(_each(body.get("PublicationTypeList"), "PublicationType")),
        keywords=_keywords(citation),
        url="",
        raw=_source(element),
        row=row,
        relations=_relations(citation.get("CommentsCorrectionsList")),
    )


def _book(element: Element, *, row: int) -> ParsedRecord:
    parts = _parts(element)
    document = parts.get("BookDocument", element)
    body = _parts(document)
    book = _parts(body.get("Book"))
    locations = _each(document, "ELocationID")
    pmid = _text(body.get("PMID"))
    book_title = _text(book.get("BookTitle"))
    title = _text(body.get("ArticleTitle")) or _text(body.get("VernacularTitle"))
    listed = _parts(parts.get("PubmedBookData")).get("ArticleIdList")
    return ParsedRecord(
        external_id=pmid,
        title=title or book_title,
        abstract=_abstract(body.get("Abstract")),
        authors=_authors(body.get("AuthorList")) or _authors(book.get("AuthorList")),
        year=_year(book.get("PubDate")) or _year(body.get("ContributionDate")),
        journal=book_title if title else _text(_parts(book.get("Publisher")).get("PublisherName")),
        volume=_text(book.get("Volume")),
        issue="",
        pages=_pages(body.get("Pagination"), locations),
        doi=_doi(locations, body.get("ArticleIdList")) or _doi(locations, listed),
        pmid=pmid,
        language=_text(body.get("Language")),
        publication_types=_texts(_each(document, "PublicationType"))
        or ("Book Chapter" if title else "Book",),
        keywords=_texts(
            keyword for found in _each(document, "KeywordList") for keyword in _each(found, "Keyword")
        ),
        url="",
        raw=_source(element),
        row=row,
    )


def _parts(element: Element | None) -> dict[str, Element]:
    """Return the first child of each name: one pass, where a path would begin anew for each field."""
    found: dict[str, Element] = {}
    if element is not None:
        for child in element:
            found.setdefault(child.tag, child)
    return found


def _each(element: Element | None, name: str) -> list[Element]:
    return [] if element is None else [child for child in element if child.tag == name]


def _text(element: Element | None) -> str:
    """Return all text of an element on one line; markup and formulas are flattened."""
    if element is None:
        return ""
    text = "".join(_pieces(element)) if len(element) else element.text
    if not text:
        return ""
    # Almost every text is clean, and that is told many times faster than it is made so.
    return text.strip() if text.isprintable() and "  " not in text else squash(clean(text))


def _pieces(element: Element) -> Iterator[str]:
    """Yield all text but that of comments; `itertext` would lose what follows those, too."""
    yield element.text or ""
    for child in element:
        if isinstance(child, etree._Entity):
            yield html.unescape(child.text or "")
        elif isinstance(child.tag, str):
            yield from _pieces(child)
        yield child.tail or ""


def _texts(elements: Iterable[Element]) -> tuple[str, ...]:
    """Return the texts that are not empty, each once."""
    return tuple(dict.fromkeys(filter(None, map(_text, elements))))


def _source(element: Element) -> str:
    return etree.tostring(element, encoding="unicode", with_tail=False)


def _abstract(found: Element | None) -> str:
    """Return an abstract, each section on its line with its heading."""
    sections = []
    for part in _each(found, "AbstractText"):
        label, text = squash(part.get("Label", "")), _text(part)
        if text:
            sections.append(f"{label}: {text}" if label and label != "UNLABELLED" else text)
    return "\n".join(sections)


def _authors(listed: Element | None) -> tuple[str, ...]:
    return tuple(filter(None, map(_author, _each(listed, "Author"))))


def _author(author: Element) -> str:
    parts = _parts(author)
    family = _text(parts.get("LastName"))
    if "Suffix" in parts:
        family = f"{family} {_text(parts['Suffix'])}".strip()
    given = _text(parts.get("ForeName")) or _text(parts.get("FirstName")) or _text(parts.get("Initials"))
    if family and given:
        return f"{family}, {given}"
    return family or given or _text(parts.get("CollectiveName"))


def _keywords(citation: Mapping[str, Element]) -> tuple[str, ...]:
    """Return the headings of MeSH, then the keywords of authors and others."""
    headings = (_parts(heading) for heading in _each(citation.get("MeshHeadingList"), "MeshHeading"))
    named = (parts["DescriptorName"] for parts in headings if "DescriptorName" in parts)
    parent = citation["KeywordList"].getparent() if "KeywordList" in citation else None
    lists = _each(parent, "KeywordList")
    return _texts(named) + _texts(keyword for found in lists for keyword in _each(found, "Keyword"))


def _year(date: Element | None) -> int | None:
    parts = _parts(date)
    return year_in(_text(parts.get("Year")) or _text(parts.get("MedlineDate"))) if parts else None


def _pages(pagination: Element | None, locations: Sequence[Element]) -> str:
    parts = _parts(pagination)
    printed = _text(parts.get("MedlinePgn")) or page_range(
        _text(parts.get("StartPage")), _text(parts.get("EndPage"))
    )
    located = (_text(found) for found in locations if found.get("EIdType") == "pii")
    return printed or next(located, "")


def _doi(locations: Sequence[Element], ids: Element | None) -> str:
    """Return the article's own DOI; those in its reference list stand elsewhere."""
    located = [found for found in locations if found.get("EIdType") == "doi"]
    valid = [found for found in located if found.get("ValidYN", "Y") == "Y"]
    for found in valid or ():
        if doi := normalise_doi(_text(found)):
            return doi
    listed = (found for found in _each(ids, "ArticleId") if found.get("IdType") == "doi")
    return next((doi for found in listed if (doi := normalise_doi(_text(found)))), "")


def _relations(listed: Element | None) -> tuple[tuple[str, str], ...]:
    links = []
    for link in _each(listed, "CommentsCorrections"):
        parts = _parts(link)
        target = _text(parts.get("PMID")) or _text(parts.get("RefSource"))
        links.append((link.get("RefType", ""), target))
    return tuple(links)
