"""PubMed XML, streamed: what EFetch sends and what NLM's files hold.

Notes
-----
The document type definition is never loaded: NLM renews it every December, and a reader that fetches it would
fail offline. Entities are not expanded and nothing is read from the network: a hostile file stays harmless.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from reviews.formats.identifiers import normalise_doi, page_range, year_in
from reviews.formats.model import ParsedRecord, RowProblem
from reviews.formats.text import CHUNK_BYTES, Readable, Rewound, clean, squash, utf16_codec

# XML 1.0 forbids these even as references; some exports hold them as plain bytes.
_FORBIDDEN = bytes(code for code in range(0x20) if code not in (0x09, 0x0A, 0x0D))
_ARTICLE, _BOOK, _DELETED = "PubmedArticle", "PubmedBookArticle", "DeleteCitation"
_NO_TITLE = "[Not Available]."


class _Filtered:
    """A stream without the bytes that XML forbids."""

    def __init__(self, stream: Readable) -> None:
        head = stream.read(CHUNK_BYTES)
        self._drop = b"" if utf16_codec(head) else _FORBIDDEN
        # Blank lines before the declaration are an error in XML and common in copied files.
        self._stream = Rewound(head if utf16_codec(head) else head.lstrip(), stream)

    def read(self, size: int = -1, /) -> bytes:
        while chunk := self._stream.read(size):
            if kept := chunk.translate(None, self._drop):
                return kept
        return b""


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
        withdrew; ``malformed_xml`` where the file breaks, after which nothing more can be read.

    References
    ----------
    NLM, PubMed DTD and XML element descriptions, https://www.nlm.nih.gov/bsd/licensee/elements_descriptions.html
    """
    row = 0
    articles = etree.iterparse(
        _Filtered(stream),
        events=("end",),
        tag=(_ARTICLE, _BOOK, _DELETED),
        load_dtd=False,
        no_network=True,
        resolve_entities=False,
        huge_tree=False,
    )
    try:
        for _, element in articles:
            row += 1
            if element.tag == _DELETED:
                for pmid in element.findall("PMID"):
                    yield RowProblem(row=row, code="deleted_citation", detail=_text(pmid))
                row -= 1
            else:
                yield from _record(element, row=row)
            _forget(element)
    except etree.XMLSyntaxError as error:
        yield RowProblem(row=row + 1, code="malformed_xml", detail=str(error))


def _forget(element: etree._Element) -> None:
    """Free an element that was read, and all before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _record(element: etree._Element, *, row: int) -> Iterator[ParsedRecord | RowProblem]:
    record = _article(element, row=row) if element.tag == _ARTICLE else _book(element, row=row)
    yield record
    if not record.title:
        yield RowProblem(row=row, code="no_title", detail=record.pmid, kept=True)


def _article(element: etree._Element, *, row: int) -> ParsedRecord:
    pmid = _at(element, "MedlineCitation/PMID")
    article = element.find("MedlineCitation/Article")
    body = element if article is None else article
    title = _at(body, "ArticleTitle")
    vernacular = _at(body, "VernacularTitle")
    return ParsedRecord(
        external_id=pmid,
        title=vernacular if title in ("", _NO_TITLE) and vernacular else title,
        abstract=_abstract(body, "Abstract") or _abstract(element, "MedlineCitation/OtherAbstract"),
        authors=_authors(body.find("AuthorList")),
        year=_year(body.find("Journal/JournalIssue/PubDate")) or _year(body.find("ArticleDate")),
        journal=_at(body, "Journal/Title", "Journal/ISOAbbreviation")
        or _at(element, "MedlineCitation/MedlineJournalInfo/MedlineTA"),
        volume=_at(body, "Journal/JournalIssue/Volume"),
        issue=_at(body, "Journal/JournalIssue/Issue"),
        pages=_pages(body),
        doi=_doi(body, element.find("PubmedData/ArticleIdList")),
        pmid=pmid,
        language=_at(body, "Language"),
        publication_types=_all(body, "PublicationTypeList/PublicationType"),
        keywords=_all(element, "MedlineCitation/MeshHeadingList/MeshHeading/DescriptorName")
        + _all(element, "MedlineCitation/KeywordList/Keyword"),
        url="",
        raw=_source(element),
        row=row,
        relations=_relations(element),
    )


def _book(element: etree._Element, *, row: int) -> ParsedRecord:
    pmid = _at(element, "BookDocument/PMID")
    found = element.find("BookDocument")
    body = element if found is None else found
    book_title = _at(body, "Book/BookTitle")
    title = _at(body, "ArticleTitle", "VernacularTitle")
    authors = _authors(body.find("AuthorList")) or _authors(body.find("Book/AuthorList"))
    return ParsedRecord(
        external_id=pmid,
        title=title or book_title,
        abstract=_abstract(body, "Abstract"),
        authors=authors,
        year=_year(body.find("Book/PubDate")) or _year(body.find("ContributionDate")),
        journal=book_title if title else _at(body, "Book/Publisher/PublisherName"),
        volume=_at(body, "Book/Volume"),
        issue="",
        pages=_pages(body),
        doi=_doi(body, body.find("ArticleIdList"))
        or _doi(body, element.find("PubmedBookData/ArticleIdList")),
        pmid=pmid,
        language=_at(body, "Language"),
        publication_types=_all(body, "PublicationType") or ("Book Chapter" if title else "Book",),
        keywords=_all(body, "KeywordList/Keyword"),
        url="",
        raw=_source(element),
        row=row,
    )


def _text(element: etree._Element | None) -> str:
    """Return all text of an element on one line; markup and formulas are flattened."""
    if element is None:
        return ""
    return squash(clean("".join(_pieces(element)) if len(element) else element.text or ""))


def _pieces(element: etree._Element) -> Iterator[str]:
    """Yield all text but that of comments and entities; `itertext` would lose what follows those, too."""
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str):
            yield from _pieces(child)
        yield child.tail or ""


def _at(element: etree._Element, *paths: str) -> str:
    return next((text for path in paths if (text := _text(element.find(path)))), "")


def _all(element: etree._Element, path: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for found in element.findall(path) if (text := _text(found))))


def _source(element: etree._Element) -> str:
    return etree.tostring(element, encoding="unicode", with_tail=False)


def _abstract(element: etree._Element, path: str) -> str:
    """Return the first abstract at `path`, each section on its line with its heading."""
    found = element.find(path)
    if found is None:
        return ""
    sections = []
    for part in found.findall("AbstractText"):
        label, text = squash(part.get("Label", "")), _text(part)
        if text:
            sections.append(f"{label}: {text}" if label and label != "UNLABELLED" else text)
    return "\n".join(sections)


def _authors(listed: etree._Element | None) -> tuple[str, ...]:
    if listed is None:
        return ()
    names = []
    for author in listed.findall("Author"):
        family = " ".join(filter(None, (_at(author, "LastName"), _at(author, "Suffix"))))
        given = _at(author, "ForeName", "FirstName", "Initials")
        names.append(
            f"{family}, {given}" if family and given else family or given or _at(author, "CollectiveName")
        )
    return tuple(name for name in names if name)


def _year(date: etree._Element | None) -> int | None:
    return None if date is None else year_in(_at(date, "Year", "MedlineDate"))


def _pages(body: etree._Element) -> str:
    printed = _at(body, "Pagination/MedlinePgn") or page_range(
        _at(body, "Pagination/StartPage"), _at(body, "Pagination/EndPage")
    )
    located = next(
        (_text(found) for found in body.findall("ELocationID") if found.get("EIdType") == "pii"), ""
    )
    return printed or located


def _doi(body: etree._Element, ids: etree._Element | None) -> str:
    """Return the article's own DOI; those in its reference list stand elsewhere."""
    located = [found for found in body.findall("ELocationID") if found.get("EIdType") == "doi"]
    valid = [found for found in located if found.get("ValidYN", "Y") == "Y"]
    listed = (
        [] if ids is None else [found for found in ids.findall("ArticleId") if found.get("IdType") == "doi"]
    )
    return next((doi for found in valid + listed if (doi := normalise_doi(_text(found)))), "")


def _relations(element: etree._Element) -> tuple[tuple[str, str], ...]:
    links = element.findall("MedlineCitation/CommentsCorrectionsList/CommentsCorrections")
    return tuple((link.get("RefType", ""), _at(link, "PMID", "RefSource")) for link in links)
