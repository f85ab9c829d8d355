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
    assert (problem.row, problem.code, problem.kept) == (3, "truncated", False)


def test_a_file_that_is_cut_between_articles_says_that_more_may_be_missing() -> None:
    xml = article_set(articles(3)).removesuffix("</PubmedArticleSet>")

    records, (problem,) = _read(xml.encode())

    assert len(records) == 3
    assert (problem.row, problem.code, problem.kept) == (3, "cut_short", False)


def _with(damage: str, *, place: str, at: int, of: int) -> bytes:
    """Articles, of which one is damaged at a place."""
    pieces = [article.xml() for article in articles(of)]
    assert place in pieces[at]
    pieces[at] = pieces[at].replace(place, damage, 1)
    return f"<PubmedArticleSet>{''.join(pieces)}</PubmedArticleSet>".encode()


# Where and how XML breaks; none of these leaves a record of which one could be sure.
_BREAKS = {
    "a tag is not closed": ("<ArticleTitle>", "<ArticleTitle><b>"),
    "a tag is closed twice": ("</ArticleTitle>", "</ArticleTitle></ArticleTitle>"),
    "an end is lost": ("</Abstract>", ""),
    "a bracket stands alone": ("for", "< 5 for"),
    "a piece is lost": ("<AuthorList", "<Auth"),
    "the end of the article is lost": ("</PubmedArticle>", ""),
    "the end of the article is broken": ("</PubmedArticle>", "</PubmedArticle"),
    "the beginning of the article is broken": ("<PubmedArticle>", "<Pubmed Article>"),
    "a comment has no end": ("<Abstract>", "<!-- <Abstract>"),
    "a section has no end": ("<Abstract>", "<Abstract><![CDATA["),
    "an attribute is not closed": ('Status="MEDLINE"', 'Status="MEDLINE'),
}


@pytest.mark.parametrize("place", [0, 5, 299])
@pytest.mark.parametrize("broken", _BREAKS)
def test_a_broken_article_costs_no_other_and_is_named(broken: str, place: int) -> None:
    sound, damage = _BREAKS[broken]
    expected = [article for number, article in enumerate(articles(300)) if number != place]

    records, problems = _read(_with(damage, place=sound, at=place, of=300))

    assert [record.pmid for record in records] == [article.pmid for article in expected]
    assert [record.title for record in records] == [article.title for article in expected]
    assert [(p.row, p.code, p.kept) for p in problems] == [(place + 1, "malformed_xml", False)]
    assert f"PMID {articles(300)[place].pmid}" in problems[0].detail


def test_each_of_many_broken_articles_is_named() -> None:
    made = articles(600)
    xml = article_set(made).replace("</PubmedArticle>", "")

    records, problems = _read(xml.encode())

    assert records == []
    assert [p.detail.split(":")[0] for p in problems] == [f"PMID {article.pmid}" for article in made]


@pytest.mark.parametrize(("written", "read_as"), [("R&D", "R&D"), ("&alpha; &amp; &bogus;", "α & &bogus;")])
def test_an_article_in_which_only_letters_are_wrong_is_kept_and_told(written: str, read_as: str) -> None:
    records, problems = _read(_with(written, place="Alphamab", at=5, of=10))

    assert len(records) == 10
    assert records[5].title.startswith(read_as)
    assert [(p.row, p.code, p.kept) for p in problems] == [(6, "malformed_xml", True)]


def test_letters_that_a_document_type_declares_are_not_lost() -> None:
    xml = article_set(articles(2)).replace("Alphamab", "&alpha;&nbsp;mab", 1)

    records, problems = _read(xml.encode())

    assert (len(records), problems) == (2, [])
    assert records[0].title.startswith("α mab for")


def test_sets_one_after_the_other_are_read_to_the_end() -> None:
    made = articles(400)
    sets = [article_set(made[:200]), article_set(made[200:300]), article_set(made[300:])]

    records, problems = _read("\n".join(sets).encode())

    assert [record.pmid for record in records] == [article.pmid for article in made]
    assert problems == []


def test_an_empty_set_is_no_file_that_breaks_off() -> None:
    for empty in ("<PubmedArticleSet></PubmedArticleSet>", "<PubmedArticleSet/>"):
        assert list(read_pubmed_xml(io.BytesIO(empty.encode()))) == []


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
    with pytest.raises(UnreadableFile, match="entities"):
        list(read_pubmed_xml(io.BytesIO(hostile.encode())))


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
