"""Recognition, refusal, streaming, and identity of content."""

from __future__ import annotations

import gzip
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.formats import (
    ParsedRecord,
    RowProblem,
    UnknownFormat,
    UnreadableFile,
    content_hash,
    normalise_doi,
    normalise_pmid,
    read,
    sniff,
)
from reviews.formats.identifiers import page_range, year_in
from reviews.formats.text import MAX_LINE_BYTES, lines

RIS = b"TY  - JOUR\nTI  - Marsh fever and %d others\nER  - \n"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"TY  - JOUR\nTI  - a\nER  - ", "ris"),
        (b"<anonymous>\n1.\nTY  - JOUR\n", "ris"),
        (b"<1>\nTY  - JOUR\nTI  - a\n", "ris"),
        (b"TY\t-\tJOUR\nTI\t-\ta\n", "ris"),
        (b"\n\nPMID- 123\nOWN - NLM\n", "nbib"),
        (b'<?xml version="1.0"?><PubmedArticleSet><PubmedArticle>', "pubmed_xml"),
        ("<PubmedArticleSet/>".encode("utf-16"), "pubmed_xml"),
        (b"title,year\na,2000\n", "csv"),
        (b"sep=;\r\nTitle;DOI\r\n", "csv"),
        (b"title|doi\na|10.5555/1\n", "csv"),
        (b'Search: fever\nDate: today\n"title","year","doi"\n', "csv"),
        (b'title,abstract,year\na,"\nTY  - JOUR\nPMID- 1\n",2000\n', "csv"),
        (b"<xml><records><record>", "endnote_xml"),
        ("<xml><records>".encode("utf-16"), "endnote_xml"),
        (b"@article{a, title={b}}", "bibtex"),
        (b"%0 Journal Article\n%T Fever\n", "enw"),
        (b"%A Berg, Anna\n%T Fever\n%D 2020\n", "enw"),
        (b"%T Fever\nand marsh\n%A Berg, Anna\n", "enw"),
        (b"% Encoding: UTF-8\n\n@Comment{x}\n", "bibtex"),
        (b"FN Clarivate\nVR 1.0\nPT J\n", "wos"),
        (b"PT J\nAU Berg, A\nTI Fever\n", "wos"),
        (b"OWN - NLM\nFAU - Berg, Anna\nTI  - Fever\n", "nbib"),
        (gzip.compress(RIS % 1), "ris"),
        (b"PK\x03\x04", None),
    ],
)
def test_the_format_is_recognised_from_the_content(head: bytes, expected: str | None) -> None:
    assert sniff("misleading.pdf", head) == expected


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"%PDF-1.7", "pdf"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"", "empty file"),
        (b"hello", "plain text"),
        (gzip.compress(b"hello"), "plain text"),
        (
            b"<eSearchResult><Count>1</Count></eSearchResult>",
            "PubMed's answer to eSearch, which holds no references",
        ),
        (b"<Trials_downloaded_from_ICTRP><Trial>", "ICTRP's XML; export as CSV instead"),
        (
            b'<?xml version="1.0"?>\n<clinical_study rank="1">',
            "ClinicalTrials.gov's XML; download as RIS or CSV instead",
        ),
        (b'<rdf:RDF\n xmlns:rdf="x">', "Zotero's RDF; export as RIS instead"),
        (b"<?xml version='1.0'?><note>", "other XML"),
        (b"<8>\nScore\n  *****\nAccession Number\n", "Ovid's own text format; export as RIS instead"),
        (
            b"VN  - Ovid Technologies\nDB  - Embase\n<1>\nUI  - 1\nTI  - a\n\n<2>\nUI  - 2\nTI  - b\n",
            "Ovid's own text format; export as RIS instead",
        ),
        (
            b"Record #1 of 2\nID: CN-01\nTI: Fever\n",
            "the Cochrane Library's plain text; export as RIS instead",
        ),
        (b"RECORD 1\n\nTITLE\nFever\n", "Embase's plain text; export as RIS instead"),
        (
            b"1: Berg A. Fever. BMJ. 2015. PMID: 123.\n\n2: Holm L. Ague.\n",
            "PubMed's text for readers; save it in the format \u201cPubMed\u201d instead",
        ),
        (b"12345678\n23456789\n34567890\n", "a list of numbers; enter PMIDs by hand instead"),
        (b'[{"title": "Fever"}]', "JSON; export as RIS instead"),
    ],
)
def test_anything_else_is_refused_by_name(head: bytes, found: str) -> None:
    with pytest.raises(UnknownFormat) as caught:
        sniff("file.txt", head)

    assert caught.value.parameters == {"name": "file.txt", "found": found}


def test_the_library_of_a_reference_manager_is_refused_with_what_to_do() -> None:
    with pytest.raises(UnknownFormat) as caught:
        sniff("mine.enl", b"\x00\x01\x02endnote\xff")

    assert caught.value.parameters["found"] == (
        "an EndNote library; open it in EndNote and export it as XML or RIS"
    )


def test_a_file_larger_than_any_buffer_is_read_to_its_end() -> None:
    data = b"".join(RIS % number for number in range(5_000))

    records = [item for item in read(io.BytesIO(data), name="x") if isinstance(item, ParsedRecord)]

    assert [record.title for record in records] == [
        f"Marsh fever and {number} others" for number in range(5_000)
    ]


def test_reading_begins_before_the_file_has_ended() -> None:
    class Endless:
        def __init__(self) -> None:
            self.given = 0

        def read(self, size: int = -1, /) -> bytes:
            self.given += 1
            return (RIS % self.given) * 100

    stream = Endless()
    items = read(stream, name="x")

    assert isinstance(next(items), ParsedRecord)
    assert stream.given < 10


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="longer than"):
        list(lines(io.BytesIO(b"x" * (MAX_LINE_BYTES + 200_000))))


@given(st.binary(max_size=400))
def test_no_bytes_end_in_anything_but_records_problems_or_a_refusal(data: bytes) -> None:
    for prefix in (
        b"TY  - JOUR\nTI  - a\n",
        b"title,year\n",
        b"PMID- 1\n",
        b"<PubmedArticleSet><PubmedArticle>",
    ):
        try:
            items = list(read(io.BytesIO(prefix + data), name="x"))
        except (UnknownFormat, UnreadableFile):
            continue
        assert items
        assert all(isinstance(item, ParsedRecord | RowProblem) for item in items)
        assert not any("\x00" in item.title + item.raw for item in items if isinstance(item, ParsedRecord))


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("https://doi.org/10.1136/JITC-2019-000148.", "10.1136/jitc-2019-000148"),
        ("doi: 10.1016/S0140-6736(05)12345-1", "10.1016/s0140-6736(05)12345-1"),
        ("(10.5555/abc)", "10.5555/abc"),
        ("http://dx.doi.org/10.1002%2Fabc", "10.1002/abc"),
        ("10.1", ""),
        ("", ""),
    ],
)
def test_a_doi_is_brought_to_one_form(text: str, doi: str) -> None:
    assert normalise_doi(text) == doi


@pytest.mark.parametrize(
    ("text", "pmid"),
    [
        ("PMID: 012", "12"),
        ("12643982 (http://www.ncbi.nlm.nih.gov/pubmed/12643982)", "12643982"),
        ("x1", ""),
        ("123456789", ""),
    ],
)
def test_a_pmid_is_brought_to_one_form(text: str, pmid: str) -> None:
    assert normalise_pmid(text) == pmid


@pytest.mark.parametrize(
    ("text", "year"), [("2001/09/01/", 2001), ("Winter 1998-1999", 1998), ("12020", None), ("in press", None)]
)
def test_a_year_is_found(text: str, year: int | None) -> None:
    assert year_in(text) == year


@pytest.mark.parametrize(
    ("start", "end", "pages"),
    [("1", "9", "1-9"), ("1-9", "9", "1-9"), ("e1", "", "e1"), ("", "9", "9"), ("3", "3", "3")],
)
def test_pages_are_joined(start: str, end: str, pages: str) -> None:
    assert page_range(start, end) == pages


def _record() -> ParsedRecord:
    (record,) = (item for item in read(io.BytesIO(RIS % 1), name="x") if isinstance(item, ParsedRecord))
    return record


def test_the_hash_ignores_where_and_how_a_record_stands() -> None:
    one = replace(_record(), keywords=("a", "b"))
    other = replace(
        one,
        row=9,
        raw="other",
        url="https://example.org",
        title=one.title.upper() + "  ",
        keywords=("B", "a"),
    )

    assert content_hash(one) == content_hash(other)
    assert len(content_hash(one)) == 64


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\u00c9tude na\u00efve", "e\u0301TUDE nai\u0308ve"),
        ("Stra\u00dfe", "STRASSE"),
        ("100 \u00b5g", "100 \u03bcG"),
        ("a  b\n c\td", "A b c D"),
    ],
)
def test_the_hash_knows_the_forms_of_letters(one: str, other: str) -> None:
    first = replace(_record(), title=one, abstract=one, keywords=(one, "f"), authors=(one,))
    second = replace(_record(), title=other, abstract=other, keywords=("F", other), authors=(other,))

    assert content_hash(first) == content_hash(second)
    assert content_hash(first) != content_hash(replace(second, abstract=f"{other}x"))


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Marsh fever and 2 others"},
        {"abstract": "new"},
        {"year": 1999},
        {"authors": ("Berg, Anna",)},
        {"relations": (("RetractionIn", "1"),)},
        {"pages": "1"},
    ],
    ids=str,
)
def test_the_hash_sees_what_a_record_says(change: dict[str, object]) -> None:
    assert content_hash(_record()) != content_hash(replace(_record(), **change))  # type: ignore[arg-type]  # one field


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("<i>Escherichia coli</i> &amp; CO<sub>2</sub>", "Escherichia coli & CO2"),
        ("Zinc &lt;sup&gt;65&lt;/sup&gt; na&#239;ve", "Zinc 65 naïve"),
        ("R & D where p < 0.05 and a<x>b", "R & D where p < 0.05 and a<x>b"),
    ],
)
def test_markup_and_entities_of_an_export_become_plain_text(written: str, title: str) -> None:
    data = f"TY  - JOUR\nTI  - {written}\nAB  - <p>{written}</p>\nER  - \n".encode()

    (record,) = read(io.BytesIO(data), name="a.ris")

    assert isinstance(record, ParsedRecord)
    assert (record.title, record.abstract) == (title, title)
    assert written in record.raw
