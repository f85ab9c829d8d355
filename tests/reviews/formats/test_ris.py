"""RIS, clean and broken."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.formats import ParsedRecord, Reference, RowProblem, content_hash, read, write_ris
from reviews.formats.ris import read_ris
from reviews.formats.text import Lines

RECORD = """TY  - JOUR
TI  - Drug alpha for marsh fever
AU  - Berg, Anna
AU  - Holm, Lars
PY  - 2020/03/01/
T2  - Journal of Fever
VL  - 12
IS  - 3
SP  - 101
EP  - 110
DO  - https://doi.org/10.5555/ABC.1
PM  - 123456
AN  - ACC1
LA  - eng
KW  - fever
KW  - marsh
UR  - https://example.org/1
AB  - First line
  and its second.
M3  - Review
ER  -
"""


def _read(data: str | bytes) -> tuple[list[ParsedRecord], list[RowProblem]]:
    items = list(read(io.BytesIO(data if isinstance(data, bytes) else data.encode()), name="file.ris"))
    return (
        [item for item in items if isinstance(item, ParsedRecord)],
        [item for item in items if isinstance(item, RowProblem)],
    )


def test_every_field_of_a_record_is_read() -> None:
    (record,), problems = _read(RECORD)

    assert problems == []
    assert record == ParsedRecord(
        external_id="123456",
        title="Drug alpha for marsh fever",
        abstract="First line and its second.",
        authors=("Berg, Anna", "Holm, Lars"),
        year=2020,
        journal="Journal of Fever",
        volume="12",
        issue="3",
        pages="101-110",
        doi="10.5555/abc.1",
        pmid="123456",
        language="eng",
        publication_types=("Journal Article", "Review"),
        keywords=("fever", "marsh"),
        url="https://example.org/1",
        raw=RECORD.strip(),
        row=1,
    )


@pytest.mark.parametrize(
    "data",
    [
        RECORD.encode("utf-8-sig"),
        RECORD.encode("utf-16"),
        RECORD.encode("utf-16-le"),
        RECORD.encode("utf-16-be"),
        RECORD.replace("\n", "\r\n").encode(),
        RECORD.replace("\n", "\r").encode(),
        RECORD.replace("TY  -", "TY\u00a0\u00a0-").encode(),
        RECORD.replace("marsh fever", "marsh\x00 fev\x07er").encode(),
        (
            "Record #1 of 1\nProvider: someone\n\n1. \n" + RECORD + "\nSearch strategy:\nER visits (99)\n"
        ).encode(),
    ],
    ids=["bom", "utf16", "utf16le", "utf16be", "crlf", "cr", "nbsp", "controls", "vendor"],
)
def test_encoding_line_ends_and_surroundings_do_not_matter(data: bytes) -> None:
    (record,), problems = _read(data)

    assert (record.title, record.doi, record.pages) == (
        "Drug alpha for marsh fever",
        "10.5555/abc.1",
        "101-110",
    )
    assert problems == []


def test_windows_1252_is_read_where_utf_8_fails_line_by_line() -> None:
    latin, unicode = RECORD.replace("Berg, Anna", "Børg, Ånna"), RECORD.replace("Holm, Lars", "Hölm, Lařs")

    records, problems = _read(latin.encode("cp1252") + unicode.encode())

    assert [record.authors for record in records] == [
        ("Børg, Ånna", "Holm, Lars"),
        ("Berg, Anna", "Hölm, Lařs"),
    ]
    assert problems == []


def test_bytes_without_meaning_are_reported() -> None:
    (record,), (problem,) = _read(RECORD.encode().replace(b"Berg", b"B\x81rg"))

    assert record.authors[0] == "B\ufffdrg, Anna"
    assert (problem.code, problem.row, problem.kept) == ("unreadable_characters", 1, True)


def test_a_missing_end_starts_a_new_record_and_is_reported() -> None:
    records, problems = _read(RECORD.replace("ER  -\n", "") + RECORD)

    assert len(records) == 2
    assert [(p.row, p.code, p.kept) for p in problems] == [(1, "missing_end", True)]


def test_a_file_cut_short_keeps_its_last_record_and_reports_it() -> None:
    records, problems = _read(RECORD + RECORD[:60])

    assert [record.title for record in records] == ["Drug alpha for marsh fever"] * 2
    assert [(p.row, p.code, p.kept) for p in problems] == [(2, "truncated", True)]


def test_a_record_without_type_is_kept_and_reported() -> None:
    records, problems = _read(RECORD + RECORD.replace("TY  - JOUR\n", ""))

    assert [record.row for record in records] == [1, 2]
    assert [(p.row, p.code) for p in problems] == [(2, "missing_type")]


def test_a_record_without_title_is_kept_and_reported() -> None:
    records, problems = _read(RECORD.replace("TI  - Drug alpha for marsh fever\n", ""))

    assert len(records) == 1
    assert [(p.row, p.code, p.kept) for p in problems] == [(1, "no_title", True)]


def test_an_empty_tag_takes_nothing_from_its_neighbours() -> None:
    (record,), _ = _read(RECORD.replace("SP  - 101", "SP  -").replace("IS  - 3", "IS  - "))

    assert (record.issue, record.pages) == ("", "110")


def test_a_line_that_begins_with_er_does_not_end_the_record() -> None:
    (record,), problems = _read(RECORD.replace("  and its second.", "ER visits rose\nand fell."))

    assert record.abstract == "First line ER visits rose and fell."
    assert problems == []


def test_proceedings_stand_for_the_journal_of_a_paper_at_a_conference_only() -> None:
    told = "TI  - Marsh fever\nC3  - Proceedings of the Fever Days\nER  - \n"

    paper, article = _read(f"TY  - CONF\n{told}TY  - JOUR\n{told}")[0]

    assert (paper.journal, article.journal) == ("Proceedings of the Fever Days", "")


def test_a_list_of_keywords_under_one_tag_is_split_by_line() -> None:
    (record,), _ = _read(RECORD.replace("KW  - fever\nKW  - marsh", "KW  - fever\nmarsh\nadult care"))

    assert record.keywords == ("fever", "marsh", "adult care")


@pytest.mark.parametrize(
    ("change", "pmid"),
    [
        ("N1  - PMID: 9876", "9876"),
        ("UR  - https://pubmed.ncbi.nlm.nih.gov/9876/", "9876"),
        ("DB  - MEDLINE\nAN  - 9876", "9876"),
        ("AN  - 9876", ""),
        ("DB  - Embase\nDB  - Medline\nU2  - L624\nC5  - 9876", "9876"),
        ("C5  - 9876", ""),
    ],
)
def test_a_pmid_is_found_outside_its_tag_only_where_it_is_named(change: str, pmid: str) -> None:
    text = RECORD.replace("AN  - ACC1\n", "").replace("PM  - 123456", change)

    assert _read(text)[0][0].pmid == pmid


@pytest.mark.parametrize("dash", ["\t-\t", "  -\t", "- ", " - "])
def test_the_space_around_the_dash_does_not_matter(dash: str) -> None:
    text = RECORD.replace("  - ", dash).replace("ER  -", f"ER{dash}")

    (record, second), problems = _read(text + text)

    assert problems == []
    assert (record.title, record.authors, record.year, record.doi, record.pages) == (
        "Drug alpha for marsh fever",
        ("Berg, Anna", "Holm, Lars"),
        2020,
        "10.5555/abc.1",
        "101-110",
    )
    assert second.title == record.title


def test_prose_with_a_dash_is_no_tag_where_tags_keep_their_distance() -> None:
    (record,), _ = _read(RECORD.replace("  and its second.", "US- and UK-based people."))

    assert record.abstract == "First line US- and UK-based people."


def test_what_is_written_is_read_back() -> None:
    (record,), _ = _read(RECORD)

    (again,), problems = _read("".join(write_ris([Reference(record)])))

    assert problems == []
    assert replace(again, raw=record.raw) == record


def test_a_line_break_in_a_value_cannot_end_the_written_record() -> None:
    (record,), _ = _read(RECORD)
    hostile = replace(record, abstract="a\nER  - \nTY  - JOUR")

    records, problems = _read("".join(write_ris([Reference(hostile), Reference(record)])))

    assert (len(records), problems) == (2, [])


def test_the_hash_of_content_never_changes_its_value() -> None:
    (record,), _ = _read(RECORD)
    letters = replace(record, title="Ärger  ﬁeber", abstract="One\u2009two\nthree")

    assert [content_hash(one)[:16] for one in (record, letters)] == ["d2390f4eeb1a61a2", "72b79a816f6cc9f3"]


_PARTS = [
    "TY  - JOUR",
    "ER  - ",
    "ER  -",
    "TI  - A  trial",
    "TI  -",
    "AB  - One  two",
    "AB  - ",
    "KW  - fever",
    "VL  - 3",
    "SP  - 1",
    "AN  - ",
    "AN  - 7",
    "N1  - PMID: 12",
    "ZZ  - unread",
    "zz  - no tag",
    "T2 - odd",
    "goes on",
    "  goes   on ",
    "",
    " ",
    "\t",
    "a\tb",
    "TI\t- tabbed",
    "DO  - 10.5555/a\t",
    "x-ray",
    "É\u2003é",
]


@given(st.lists(st.sampled_from(_PARTS), max_size=14))
def test_whole_records_are_read_as_their_lines_would_be(parts: list[str]) -> None:
    text = "\n".join(["TY  - JOUR", *parts, "ER  - ", ""]).encode()

    assert list(read_ris(Lines(io.BytesIO(text)))) == list(read_ris(iter(list(Lines(io.BytesIO(text))))))


@pytest.mark.parametrize("space", "\u1680\u2000\u2009\u202f\u205f\u3000\u2028\x85", ids=ord)
def test_every_kind_of_space_is_a_space(space: str) -> None:
    text = RECORD.replace("marsh fever", f"marsh{space}fever")

    (record,), _ = _read(text.replace("First line", f"{space}First{space}{space}line"))

    assert record.title == "Drug alpha for marsh fever"
    assert record.abstract.startswith("First  line and")
    assert space not in record.raw
