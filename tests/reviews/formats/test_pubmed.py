"""PubMed's XML and text formats."""

from __future__ import annotations

import io

import pytest

from reviews.formats import ParsedRecord, RowProblem, UnreadableFile, read, read_pubmed_xml
from tests.fakes.corpus import article_set, articles

BOOK = """<PubmedArticleSet><PubmedBookArticle><BookDocument><PMID Version="1">77</PMID><Book><Publisher>
<PublisherName>House of Fever</PublisherName></Publisher><BookTitle>Fevers</BookTitle>
<PubDate><Year>2011</Year></PubDate></Book><ArticleTitle>Marsh fever</ArticleTitle><Language>eng</Language>
<AuthorList><Author>
<LastName>Berg</LastName><ForeName>Anna</ForeName></Author></AuthorList>
<Abstract><AbstractText>Text.</AbstractText></Abstract></BookDocument>
</PubmedBookArticle></PubmedArticleSet>"""

NBIB = """
PMID- 123
TI  - Drug alpha for marsh
      fever.
AB  - BACKGROUND: One.
      RESULTS: Two.
FAU - Berg, Anna
AU  - Berg A
CN  - Fever Group
DP  - 2017 Nov 15
JT  - Journal of fever
VI  - 5
IP  - 2
PG  - 188-97
LID - S0048(17)30912 [pii]
LID - 10.5555/X.1 [doi]
LA  - eng
PT  - Journal Article
MH  - Fever
OT  - marsh
CIN - J Fever. 2018;6:1. PMID: 456
RIN - J Fever. 2019;7:2
SO  - J Fever. 2017

PMID- 124
TI  - Second
"""


def _read(data: bytes) -> tuple[list[ParsedRecord], list[RowProblem]]:
    items = list(read(io.BytesIO(data), name="file"))
    return (
        [item for item in items if isinstance(item, ParsedRecord)],
        [item for item in items if isinstance(item, RowProblem)],
    )


def test_an_article_is_read_from_xml() -> None:
    made = articles(3)

    records, problems = _read(article_set(made).encode())

    assert problems == []
    assert [record.pmid for record in records] == [article.pmid for article in made]
    assert [record.row for record in records] == [1, 2, 3]
    assert records[1].title == made[1].title
    assert records[1].raw.startswith("<PubmedArticle>")
    assert records[1].publication_types == ("Journal Article",)


def test_markup_labels_and_relations_survive() -> None:
    xml = article_set(articles(1)).replace("Alphamab for", "<i>Alpha</i>mab<sup>+</sup> for").replace(
        "</MedlineCitation>",
        '<CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn"><RefSource>J. 2020</RefSource>'
        '<PMID Version="1">55</PMID></CommentsCorrections><CommentsCorrections RefType="ErratumIn">'
        "<RefSource>J. 2021;3</RefSource></CommentsCorrections></CommentsCorrectionsList></MedlineCitation>",
    )  # fmt: skip

    (record,), _ = _read(xml.encode())

    assert record.title.startswith("Alphamab+ for marsh fever")
    assert record.abstract == "BACKGROUND: marsh fever & its care.\nRESULTS: 0 of 9 improved."
    assert record.relations == (("RetractionIn", "55"), ("ErratumIn", "J. 2021;3"))


def test_text_after_a_comment_is_not_lost() -> None:
    xml = article_set(articles(1)).replace("marsh fever: a", "marsh <!-- note -->fever: a")

    assert _read(xml.encode())[0][0].title.startswith("Alphamab for marsh fever: a")


def test_a_book_chapter_is_read() -> None:
    (record,), problems = _read(BOOK.encode())

    assert (record.pmid, record.title, record.journal, record.year) == ("77", "Marsh fever", "Fevers", 2011)
    assert (record.authors, record.abstract) == (("Berg, Anna",), "Text.")
    assert problems == []


def test_a_cut_file_keeps_what_came_before_and_says_where_it_breaks() -> None:
    xml = article_set(articles(3)).encode()

    records, (problem,) = _read(xml[: len(xml) * 5 // 6])

    assert len(records) == 2
    assert (problem.row, problem.code, problem.kept) == (3, "malformed_xml", False)


def test_withdrawn_citations_are_named() -> None:
    xml = article_set(articles(1)).replace(
        "</PubmedArticleSet>",
        "<DeleteCitation><PMID>8</PMID><PMID>9</PMID></DeleteCitation></PubmedArticleSet>",
    )

    records, problems = _read(xml.encode())

    assert len(records) == 1
    assert [(p.code, p.detail, p.kept) for p in problems] == [
        ("deleted_citation", "8", False),
        ("deleted_citation", "9", False),
    ]


def test_control_bytes_in_xml_are_dropped() -> None:
    (record,), problems = _read(
        article_set(articles(1)).replace("marsh fever: a", "marsh\x00\x0b fever: a").encode()
    )

    assert record.title.startswith("Alphamab for marsh fever: a")
    assert problems == []


def test_entities_are_neither_expanded_nor_read_from_files() -> None:
    xml = article_set(articles(1))
    begin = xml.index("<!DOCTYPE")
    hostile = (
        '<?xml version="1.0"?><!DOCTYPE PubmedArticleSet [<!ENTITY a "boom">'
        '<!ENTITY b SYSTEM "file:///etc/passwd">]>'
        + xml[xml.index("<PubmedArticleSet>", begin) :].replace("Alphamab", "&a;&b;Alphamab")
    )

    with pytest.raises(UnreadableFile, match="entities"):
        _read(hostile.encode())
    (record,) = (
        item for item in read_pubmed_xml(io.BytesIO(hostile.encode())) if isinstance(item, ParsedRecord)
    )

    assert "boom" not in record.title
    assert "root:" not in record.title
    assert record.title.startswith("Alphamab")


def test_reading_xml_from_pieces_gives_the_same_records() -> None:
    class Dripping(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 7, 7) if size and size > 0 else 7)

    data = article_set(articles(2)).encode()

    assert list(read_pubmed_xml(Dripping(data))) == list(read_pubmed_xml(io.BytesIO(data)))


def test_the_text_format_is_read() -> None:
    records, problems = _read(NBIB.encode())

    first = records[0]
    assert (first.pmid, first.title, first.year) == ("123", "Drug alpha for marsh fever.", 2017)
    assert first.abstract == "BACKGROUND: One. RESULTS: Two."
    assert first.authors == ("Berg, Anna", "Fever Group")
    assert (first.journal, first.volume, first.issue, first.pages) == ("Journal of fever", "5", "2", "188-97")
    assert (first.doi, first.language, first.keywords) == ("10.5555/x.1", "eng", ("Fever", "marsh"))
    assert first.relations == (("CommentIn", "456"), ("RetractionIn", "J Fever. 2019;7:2"))
    assert [record.pmid for record in records] == ["123", "124"]
    assert [(p.row, p.code, p.kept) for p in problems] == [(2, "truncated", True)]
