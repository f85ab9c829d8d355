"""What is compared: each reads a whole file and yields title and DOI of every record."""

import gzip
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from reviews.formats import ParsedRecord, read

Told = tuple[str, str]  # title and DOI
Reader = Callable[[Path], Iterator[Told]]

_PLAIN_PATHS = (
    "MedlineCitation/PMID",
    "MedlineCitation/Article/VernacularTitle",
    "MedlineCitation/Article/Journal/Title",
    "MedlineCitation/Article/Journal/ISOAbbreviation",
    "MedlineCitation/Article/Journal/JournalIssue/Volume",
    "MedlineCitation/Article/Journal/JournalIssue/Issue",
    "MedlineCitation/Article/Journal/JournalIssue/PubDate/Year",
    "MedlineCitation/Article/Journal/JournalIssue/PubDate/MedlineDate",
    "MedlineCitation/Article/Pagination/MedlinePgn",
    "MedlineCitation/Article/Language",
)


def ours(path: Path) -> Iterator[Told]:
    """The platform's own reader: every field cleaned, the source text kept."""
    with path.open("rb") as file:
        stream = io.BufferedReader(gzip.GzipFile(fileobj=file)) if path.suffix == ".gz" else file
        yield from _told(stream, path.name)


def ours_of_any_size(pieces: Iterator[bytes], name: str) -> Iterator[Told]:
    """The same on a file that is never written."""
    yield from _told(Pieces(pieces), name)


def _told(stream: Any, name: str) -> Iterator[Told]:
    for item in read(stream, name=name.removesuffix(".gz")):
        if isinstance(item, ParsedRecord):
            yield item.title, item.doi


class Pieces(io.RawIOBase):
    """A stream of what an iterator gives."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        """It is for nothing else."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer with the next bytes."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = piece
        taken = self._left[: len(buffer)]
        buffer[: len(taken)] = taken
        self._left = self._left[len(taken) :]
        return len(taken)


def bare_lxml(path: Path) -> Iterator[Told]:
    """lxml's iterparse and the same fields as text, with nothing cleaned, checked or kept."""
    from lxml import etree  # noqa: PLC0415 - each contender loads its own package only

    for _, element in etree.iterparse(str(path), events=("end",), tag="PubmedArticle"):
        yield _bare_fields(element)
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def _bare_fields(element: Any) -> Told:
    article = element.find("MedlineCitation/Article")
    title = "".join(article.find("ArticleTitle").itertext())
    ids = [
        (found.get("IdType"), found.text) for found in element.iterfind("PubmedData/ArticleIdList/ArticleId")
    ]
    places = [(found.get("EIdType"), found.text) for found in article.iterfind("ELocationID")]
    kept: list[object] = [element.findtext(path) for path in _PLAIN_PATHS]
    kept.append(["".join(part.itertext()) for part in article.iterfind("Abstract/AbstractText")])
    kept.append(
        [
            [
                author.findtext(name)
                for name in ("LastName", "ForeName", "Initials", "CollectiveName", "Suffix")
            ]
            for author in article.iterfind("AuthorList/Author")
        ]
    )
    for path in (
        "MedlineCitation/Article/PublicationTypeList/PublicationType",
        "MedlineCitation/MeshHeadingList/MeshHeading/DescriptorName",
        "MedlineCitation/KeywordList/Keyword",
    ):
        kept.append([found.text for found in element.iterfind(path)])
    kept.append(
        [
            (link.get("RefType"), link.findtext("PMID"), link.findtext("RefSource"))
            for link in element.iterfind("MedlineCitation/CommentsCorrectionsList/CommentsCorrections")
        ]
    )
    doi = next((text for kind, text in (*places, *ids) if kind == "doi"), "")
    return title, doi or ""


def pubmed_parser(path: Path) -> Iterator[Told]:
    """The package pubmed_parser, which takes gzip only."""
    import pubmed_parser as package  # noqa: PLC0415 - as above

    for found in package.parse_medline_xml(str(path)):
        if not found["delete"]:
            yield found["title"], found["doi"]


def rispy(path: Path) -> Iterator[Told]:
    """The package rispy, as its documentation loads a file."""
    import rispy as package  # noqa: PLC0415 - as above

    with path.open(encoding="utf-8") as file:
        for found in package.load(file):
            yield found.get("title") or found.get("primary_title") or "", found.get("doi", "")


READERS: dict[str, Reader] = {
    "ours": ours,
    "bare_lxml": bare_lxml,
    "pubmed_parser": pubmed_parser,
    "rispy": rispy,
}
