"""PubMed's text format, record by record and line by line."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.formats import ParsedRecord, read
from reviews.formats.nbib import read_nbib
from reviews.formats.text import Lines

RECORD = """PMID- 123
OWN - NLM
STAT- MEDLINE
DP  - 2017 Nov 15
TI  - Drug alpha for marsh
      fever.
LID - 10.5555/X.1 [doi]
AB  - BACKGROUND: One.  METHODS:
      Two.
CN  - Fever Group
FAU - Berg, Anna
AU  - Berg A
AD  - Somewhere.
CN  - Marsh Group
LA  - eng
PT  - Journal Article
CIN - J Fever. 2018;1:2. PMID: 77
JT  - Journal of fever
MH  - Fever
OT  - marsh
SO  - J Fever. 2017
"""
_PARTS = [
    "PMID- 123",
    "PMID- ",
    "PMID-124",
    "OWN - NLM",
    "STAT- MEDLINE",
    "TI  - A  trial",
    "TI  -",
    "      of fever",
    "      ",
    "  goes on",
    "goes on",
    "AB  - US- and",
    "ER  - visits",
    "FAU - Berg, Anna",
    "AU  - Berg A",
    "CN  - Fever Group",
    "RIN - J Fever. PMID: 9",
    "AD  - Somewhere",
    "XYZ - of no known tag",
    "DP  - 2017",
    "LID - 10.5555/x [doi]",
    "SO  - J Fever",
    "a\tb",
    "TI  - a\tb ",
    "",
    " ",
    "stray",
]


@given(st.lists(st.sampled_from(_PARTS), max_size=24))
def test_whole_records_are_read_as_their_lines_would_be(parts: list[str]) -> None:
    text = "\n".join(["PMID- 1", *parts, "PMID- 2", "TI  - Last", ""]).encode()

    assert list(read_nbib(Lines(io.BytesIO(text)))) == list(read_nbib(iter(list(Lines(io.BytesIO(text))))))


def test_every_field_of_a_record_is_read() -> None:
    items = list(read(io.BytesIO((RECORD + "\n" + RECORD.replace("123", "124")).encode()), name="x.nbib"))

    record, other = (item for item in items if isinstance(item, ParsedRecord))
    assert len(items) == 2
    assert (record.pmid, record.external_id, other.pmid) == ("123", "123", "124")
    assert (record.title, record.abstract) == (
        "Drug alpha for marsh fever.", "BACKGROUND: One. METHODS: Two.",
    )  # fmt: skip
    assert record.authors == ("Fever Group", "Berg, Anna", "Marsh Group")
    assert (record.year, record.journal, record.doi, record.language) == (
        2017, "Journal of fever", "10.5555/x.1", "eng",
    )  # fmt: skip
    assert (record.keywords, record.publication_types) == (("Fever", "marsh"), ("Journal Article",))
    assert record.relations == (("CommentIn", "77"),)
    assert (record.raw, record.row, other.row) == (RECORD.rstrip(), 1, 2)


@pytest.mark.parametrize("records", [1, 400])
def test_records_without_number_are_told_apart_however_many_there_are(records: int) -> None:
    long = "AB  - " + "word " * 2_000 + "\n"
    text = "".join(
        f"OWN - NLM\nSTAT- x\nTI  - Trial {number}\n{long}SO  - J\n\n" for number in range(records)
    )

    items = list(read(io.BytesIO(text.encode()), name="x.nbib"))

    assert [item.title for item in items if isinstance(item, ParsedRecord)] == [
        f"Trial {number}" for number in range(records)
    ]
