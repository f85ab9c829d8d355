"""EndNote's import format."""

from __future__ import annotations

import io

import pytest

from reviews.formats import ParsedRecord, RowProblem, read

SCHOLAR = """%0 Journal Article
%T Drug alpha for marsh fever
%A Berg, Anna
%A Holm, Lars
%J Journal of fever
%V 12
%N 3
%P 101-110
%@ 1234-5678
%D 2020
%I Marsh Press
"""
FULL = """%0 Journal Article
%A Berg, Anna
%A Fever Group,
%D 2021
%8 May 4
%T Drug beta for
marsh fever
%J Journal of fever
%V 13
%N 1
%P 7-9
%! Drug beta
%M 31366609
%R https://doi.org/10.5555/BETA.1
%K fever
marsh
*adult care
%X BACKGROUND: One.

RESULTS: 5
%10 more.
%U https://www.ncbi.nlm.nih.gov/pubmed/31366609
%W NLM
%~ PubMed
%G eng
%9 Review
%Z Berg, Anna
"""


def _read(text: str) -> tuple[list[ParsedRecord], list[RowProblem]]:
    items = list(read(io.BytesIO(text.encode()), name="scholar.enw"))
    return (
        [item for item in items if isinstance(item, ParsedRecord)],
        [item for item in items if isinstance(item, RowProblem)],
    )


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_what_google_scholar_gives_is_read(ends: str) -> None:
    (record,), problems = _read("\ufeff" + SCHOLAR.replace("\n", ends))

    assert problems == []
    assert (record.title, record.authors, record.year) == (
        "Drug alpha for marsh fever", ("Berg, Anna", "Holm, Lars"), 2020,
    )  # fmt: skip
    assert (record.journal, record.volume, record.issue, record.pages) == (
        "Journal of fever", "12", "3", "101-110",
    )  # fmt: skip
    assert (record.publication_types, record.raw) == (("Journal Article",), SCHOLAR.rstrip())


def test_what_endnote_gives_is_read_with_its_lines_that_go_on() -> None:
    (first, record), problems = _read(SCHOLAR + "\n\n" + FULL)

    assert problems == []
    assert (first.row, record.row, record.title) == (1, 2, "Drug beta for marsh fever")
    assert record.authors == ("Berg, Anna", "Fever Group")
    assert record.abstract == "BACKGROUND: One.\nRESULTS: 5\n%10 more."
    assert (record.doi, record.pmid, record.external_id) == ("10.5555/beta.1", "31366609", "31366609")
    assert record.keywords == ("fever", "marsh", "*adult care")
    assert (record.url, record.language) == ("https://www.ncbi.nlm.nih.gov/pubmed/31366609", "eng")
    assert record.publication_types == ("Journal Article", "Review")


def test_an_accession_number_is_a_pmid_only_where_pubmed_gave_it() -> None:
    (record,), _ = _read(SCHOLAR + "%M WOS:000123\n%~ Web of Science\n")
    (other,), _ = _read(SCHOLAR + "%M 31366609\n%~ Embase\n")

    assert (record.pmid, record.external_id) == ("", "WOS:000123")
    assert (other.pmid, other.external_id) == ("", "31366609")


def test_records_follow_each_other_with_and_without_an_empty_line() -> None:
    records, problems = _read(SCHOLAR * 2 + "\n" + SCHOLAR)

    assert ([record.row for record in records], problems) == ([1, 2, 3], [])


def test_old_files_without_kinds_are_parted_by_empty_lines() -> None:
    records, problems = _read("%A Anna Berg\n%T Fever\n%D 1980\n\n%T Marsh\nand\n%A Lars Holm\n%D 1981\n")

    assert [(record.title, record.authors, record.year) for record in records] == [
        ("Fever", ("Anna Berg",), 1980),
        ("Marsh and", ("Lars Holm",), 1981),
    ]
    assert problems == []


def test_a_part_of_a_book_has_the_book_where_a_journal_would_stand() -> None:
    (record,), _ = _read("%0 Book Section\n%T Marsh\n%A Berg, Anna\n%B All fevers\n%E Lund, Per\n%P 3\n")

    assert (record.title, record.journal, record.authors) == ("Marsh", "All fevers", ("Berg, Anna",))


def test_what_stands_before_the_first_record_and_what_has_no_title_is_told() -> None:
    records, problems = _read("My list\n\n%0 Book\n%A Berg, Anna\n%R 10.5555/a\n")

    assert len(records) == 1
    assert [(p.row, p.code, p.detail, p.kept) for p in problems] == [
        (1, "stray_text", "My list", False),
        (1, "no_title", "10.5555/a", True),
    ]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("%K fever, marsh", ("fever", "marsh")),
        ("%K fever; marsh, wet", ("fever", "marsh, wet")),
        ("%K fever\n%K marsh, wet", ("fever", "marsh, wet")),
        ("%K\nfever\nmarsh, wet", ("fever", "marsh, wet")),
    ],
)
def test_keywords_are_parted(written: str, words: tuple[str, ...]) -> None:
    assert _read(SCHOLAR + written + "\n")[0][0].keywords == words


def test_a_value_of_very_many_lines_is_one_value() -> None:
    (record,), _ = _read(SCHOLAR + "%X one\n" + "more\n" * 200_000)

    assert record.abstract.count("more") == 200_000
