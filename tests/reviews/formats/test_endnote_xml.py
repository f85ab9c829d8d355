"""EndNote XML."""

from __future__ import annotations

import io

import pytest

from reviews.formats import ParsedRecord, RowProblem, UnreadableFile, read
from reviews.formats.endnote_xml import read_endnote_xml

RECORD = """<record><rec-number>1</rec-number><ref-type name="Journal Article">17</ref-type><contributors>
<authors><author><style face="normal">Berg, Anna</style></author><author>Fever Group</author></authors>
<secondary-authors><author>Lund, Per</author></secondary-authors></contributors>
<titles><title><style>Drug alpha for </style><style face="italic">marsh</style><style> fever</style></title>
<secondary-title><style>J Fever</style></secondary-title></titles>
<periodical><full-title><style>Journal of fever</style></full-title></periodical><pages>101-110</pages>
<volume>12</volume><number>3</number><keywords><keyword><style>fever; marsh</style></keyword></keywords>
<dates><year><style>2020</style></year><pub-dates><date>May</date></pub-dates></dates>
<abstract><style>One &amp; two.&#xD;Three.</style></abstract><accession-num>123456</accession-num>
<electronic-resource-num>https://doi.org/10.5555/ALPHA.1</electronic-resource-num>
<remote-database-provider>NLM</remote-database-provider><language>eng</language>
<urls><related-urls><url>https://example.org/1</url></related-urls></urls></record>"""


def _read(text: str | bytes) -> tuple[list[ParsedRecord], list[RowProblem]]:
    data = text if isinstance(text, bytes) else text.encode()
    items = list(read(io.BytesIO(data), name="library.xml"))
    return (
        [item for item in items if isinstance(item, ParsedRecord)],
        [item for item in items if isinstance(item, RowProblem)],
    )


def _library(*records: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<xml><records>{"".join(records)}</records></xml>'


def test_a_record_is_read_and_runs_of_style_are_joined() -> None:
    (record,), problems = _read(_library(RECORD))

    assert problems == []
    assert (record.title, record.authors) == ("Drug alpha for marsh fever", ("Berg, Anna", "Fever Group"))
    assert (record.journal, record.volume, record.issue, record.pages) == (
        "Journal of fever", "12", "3", "101-110",
    )  # fmt: skip
    assert (record.year, record.doi, record.pmid) == (2020, "10.5555/alpha.1", "123456")
    assert (record.abstract, record.keywords) == ("One & two.\nThree.", ("fever", "marsh"))
    assert (record.language, record.url, record.publication_types) == (
        "eng", "https://example.org/1", ("Journal Article",),
    )  # fmt: skip
    assert record.raw == RECORD


def test_an_accession_number_is_a_pmid_only_where_pubmed_gave_it() -> None:
    (record,), _ = _read(_library(RECORD.replace("NLM", "Embase")))

    assert (record.pmid, record.external_id) == ("", "123456")


@pytest.mark.parametrize("damage", ["<<", "&nbsp; &", "</title>", "<b>"])
def test_a_broken_record_costs_no_other_and_is_reported(damage: str) -> None:
    broken = RECORD.replace("Drug alpha", f"Drug {damage} alpha")

    records, problems = _read(_library(*[RECORD] * 3, broken, *[RECORD] * 300))

    assert len(records) == 304
    assert [(p.row, p.code, p.kept) for p in problems] == [(4, "malformed_xml", True)]
    assert records[3].title.startswith("Drug")


def test_a_record_whose_tag_is_broken_is_named() -> None:
    records, problems = _read(_library(RECORD, RECORD.replace("<record>", "<rec rd>", 1), RECORD))

    assert len(records) == 2
    assert [(p.row, p.code, p.kept) for p in problems] == [(2, "malformed_xml", False)]
    assert "Drug" in problems[0].detail or "rec rd" in problems[0].detail


def test_a_file_that_ends_in_a_record_keeps_what_there_is() -> None:
    text = _library(RECORD, RECORD)

    records, problems = _read(text[: text.rindex("<pages>")])

    assert [record.title for record in records] == ["Drug alpha for marsh fever"] * 2
    assert [(p.row, p.code, p.kept) for p in problems] == [(2, "truncated", True)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1251"])
def test_the_declared_encoding_is_honoured(encoding: str) -> None:
    name = "Берг, Анна" if encoding == "windows-1251" else "Børg, Ånna"
    declared = encoding.removesuffix("-sig")
    text = _library(RECORD.replace("Berg, Anna", name)).replace("UTF-8", declared)

    (record,), problems = _read(text.encode(encoding))

    assert (record.authors[0], problems) == (name, [])


def test_single_bytes_of_another_encoding_are_read_as_windows_1252() -> None:
    data = _library(RECORD.replace("Berg", "Børg"), RECORD).encode().replace(b"Lund", b"L\xfcnd", 1)
    data = data.replace(b"Fever Group", b"Fi\xe8vre", 1)

    records, problems = _read(data)

    assert (records[0].authors, problems) == (("Børg, Anna", "Fièvre"), [])


def test_what_xml_forbids_is_dropped() -> None:
    (record,), problems = _read(_library(RECORD.replace("alpha for", "al\x00\x0bpha&#0;&#x1f;&#xD800; for")))

    assert (record.title, problems) == ("Drug alpha for marsh fever", [])


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE x [<!ENTITY a "boom">]>',
        '<!DOCTYPE x [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY % c SYSTEM "http://example.org/c.dtd"> %c;]>',
    ],
)
def test_entities_are_refused_with_a_sentence(declaration: str) -> None:
    text = _library(RECORD).replace("<xml>", f"{declaration}<xml>")

    with pytest.raises(UnreadableFile, match="entities"):
        _read(text)


def test_depth_without_measure_is_a_problem_and_not_a_crash() -> None:
    records, problems = _read(f"<xml><records>{RECORD}<record>{'<a>' * 100_000}")

    assert len(records) == 1
    assert [p.code for p in problems] == ["truncated"]


def test_a_record_without_end_is_told_and_costs_no_other() -> None:
    first = RECORD.replace("Drug alpha", "First").removesuffix("</record>")

    records, problems = _read(_library(first, *[RECORD] * 3))

    assert [record.title.split()[0] for record in records] == ["First", "Drug", "Drug", "Drug"]
    assert [(p.row, p.code, p.kept) for p in problems] == [(1, "malformed_xml", True)]


def test_a_file_that_is_cut_between_records_says_that_more_may_be_missing() -> None:
    records, problems = _read(_library(RECORD, RECORD).removesuffix("</records></xml>"))

    assert len(records) == 2
    assert [(p.row, p.code, p.kept) for p in problems] == [(2, "cut_short", False)]


def test_an_empty_record_takes_nothing_from_the_next() -> None:
    records, problems = _read(_library(RECORD, "<record/>", RECORD))

    assert [record.raw for record in records] == [RECORD, "<record/>", RECORD]
    assert [(p.row, p.code, p.kept) for p in problems] == [(2, "no_title", True)]


@pytest.mark.parametrize("size", [1, 7, 61, 4096])
def test_tags_of_style_that_are_cut_by_the_stream_are_left_out_all_the_same(size: int) -> None:
    text = _library(RECORD, RECORD.replace('face="normal"', 'color="2" font="a" size="9"'), RECORD).encode()

    class Slow(io.BytesIO):
        def read(self, wanted: int | None = -1, /) -> bytes:
            return super().read(size)

    items = list(read_endnote_xml(Slow(text)))

    assert items == list(read_endnote_xml(io.BytesIO(text)))
    assert [item.title for item in items if isinstance(item, ParsedRecord)] == [
        "Drug alpha for marsh fever"
    ] * 3


def test_what_only_looks_like_a_tag_of_style_stays() -> None:
    odd = "<style><![CDATA[On <style> and </style> in]]> prose</style>"
    shown = RECORD.replace("<style>Drug alpha for </style>", odd)

    records, problems = _read(_library(*[RECORD] * 200, shown, *[RECORD] * 200))

    assert problems == []
    assert len(records) == 401
    assert records[200].title == "On <style> and </style> in prosemarsh fever"
    assert {record.title for record in records if record is not records[200]} == {
        "Drug alpha for marsh fever"
    }
