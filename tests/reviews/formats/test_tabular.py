"""Tables of references."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from reviews.formats import (
    ParsedRecord,
    Reference,
    RowProblem,
    UnknownFormat,
    UnreadableFile,
    read,
    write_csv,
)
from reviews.formats.cells import split_authors
from reviews.formats.tabular import read_csv

HEADER = "Title,Authors,Year,DOI,Journal,PubMed ID,Volume,Issue,Start Page,End Page,Abstract"
ROW = 'Marsh fever,"Berg, Anna; Holm, Lars",2020,doi:10.5555/ABC,J Fever,123,1,2,10,19,"One, two\nthree"'


def _read(text: str) -> tuple[list[ParsedRecord], list[RowProblem]]:
    items = list(read(io.BytesIO(text.encode()), name="file.csv"))
    return (
        [item for item in items if isinstance(item, ParsedRecord)],
        [item for item in items if isinstance(item, RowProblem)],
    )


def test_a_row_is_read_by_its_column_names() -> None:
    (record,), problems = _read(f"{HEADER}\n{ROW}\n")

    assert problems == []
    assert (record.title, record.authors, record.year) == ("Marsh fever", ("Berg, Anna", "Holm, Lars"), 2020)
    assert (record.doi, record.pmid, record.external_id, record.pages) == (
        "10.5555/abc",
        "123",
        "123",
        "10-19",
    )
    assert (record.abstract, record.journal, record.volume, record.issue) == (
        "One, two\nthree",
        "J Fever",
        "1",
        "2",
    )
    assert (record.raw, record.row) == (ROW, 1)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("before", ["", "\ufeff", "sep={}\n", "\n\n"])
def test_the_delimiter_is_found(delimiter: str, before: str) -> None:
    text = before.format(delimiter) + f'title{delimiter}year\n"a{delimiter} b"{delimiter}2001\n'

    (record,), problems = _read(text)

    assert (record.title, record.year, problems) == (f"a{delimiter} b".replace("\t", ""), 2001, [])


def test_empty_rows_are_skipped_and_rows_without_title_reported() -> None:
    records, problems = _read("title;doi\na;10.5555/1\n;\n  ;10.5555/2\n")

    assert [(record.title, record.doi, record.row) for record in records] == [
        ("a", "10.5555/1", 1),
        ("", "10.5555/2", 2),
    ]
    assert [(p.row, p.code, p.kept) for p in problems] == [(2, "no_title", True)]


def test_a_row_with_too_many_cells_loses_its_identifiers_and_is_reported() -> None:
    (record,), (problem,) = _read("title,pmid,year\nmarsh, fever,123,2020\n")

    assert (record.title, record.pmid, record.external_id) == ("marsh", "", "")
    assert (problem.code, problem.detail) == ("too_many_cells", "4 of 3")


def test_a_quote_that_is_never_closed_costs_no_other_row() -> None:
    records, problems = _read('title,year,pmid\n"marsh,2020,5\nfever,2021,6\nmalaria,2022,7\n')

    assert [(r.title, r.year, r.pmid, r.row) for r in records] == [
        ("marsh", 2020, "", 1),
        ("fever", 2021, "6", 2),
        ("malaria", 2022, "7", 3),
    ]
    assert [(p.row, p.code, p.kept) for p in problems] == [(1, "unclosed_quote", True)]


def test_a_quote_that_another_row_closes_costs_no_row() -> None:
    records, problems = _read(
        'title,author,year\n"marsh fever,Berg A,2018\nague,Holm L,2019\nthe "third" day,Lund K,2020\n'
    )

    assert [(r.title, r.year) for r in records] == [
        ("marsh fever", 2018),
        ("ague", 2019),
        ('the "third" day', 2020),
    ]
    assert [(p.row, p.code) for p in problems] == [(1, "unclosed_quote")]


def test_a_value_over_several_lines_stays_one_row_where_its_quotes_are_right() -> None:
    records, problems = _read('title,author,year\n"a,b,c\nd,e,f",Berg A,2018\n')

    assert [(r.title, r.year) for r in records] == [("a,b,c d,e,f", 2018)]
    assert problems == []


def test_a_quote_that_is_never_closed_is_not_looked_for_without_end() -> None:
    rows = "".join(f'a","{number}\n' for number in range(20_000))

    records, problems = _read(f"title,note\n{rows}")

    assert len(records) == 20_000
    assert {p.code for p in problems} == {"unclosed_quote"}


def test_a_field_of_many_pages_is_read() -> None:
    records, problems = _read(f'title,year\n"{"x" * 5_000_000}",2020\nfever,2021\n')

    assert [len(record.title) for record in records] == [5_000_000, 5]
    assert problems == []


def test_a_table_without_title_doi_or_pmid_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="name, place"):
        _read("name,place\na,b\n")
    with pytest.raises(UnknownFormat, match="plain text"):
        read(io.BytesIO(b"name\nplace\n"), name="file.csv")
    with pytest.raises(UnreadableFile, match="name, place"):
        list(read_csv(["name,place", "a,b"]))


def test_a_table_with_a_header_only_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="no records"):
        _read("title,year\n")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Marx, Karl; Lindgren, Astrid", ("Marx, Karl", "Lindgren, Astrid")),
        ("Liu R., Adler D.G.", ("Liu R.", "Adler D.G.")),
        ("Smith, J., Doe, A.-B.", ("Smith, J.", "Doe, A.-B.")),
        ("Marx, Karl and Lindgren, Astrid", ("Marx, Karl", "Lindgren, Astrid")),
        ("['Marx, Karl', 'Lindgren, Astrid']", ("Marx, Karl", "Lindgren, Astrid")),
        ("Marx, Karl", ("Marx, Karl",)),
        ("Jiang H", ("Jiang H",)),
        ("", ()),
    ],
)
def test_authors_are_split(text: str, names: tuple[str, ...]) -> None:
    assert split_authors(text) == names


def test_what_is_written_is_read_back_and_formulas_are_neutralised() -> None:
    (record,), _ = _read(f"{HEADER}\n{ROW}\n")
    hostile = replace(record, title='=HYPERLINK("http://example.org")', journal="+cmd", volume="-1")

    text = "".join(write_csv([Reference(record), Reference(hostile)]))
    (first, second), problems = _read(text)

    assert problems == []
    assert "'=HYPERLINK" in text
    assert "'+cmd" in text
    assert (second.title, second.journal, second.volume) == (hostile.title, "+cmd", "-1")
    assert (first.title, first.authors, first.doi, first.pmid, first.pages) == (
        record.title, record.authors, record.doi, record.pmid, record.pages,
    )  # fmt: skip


def test_a_column_that_numbers_the_rows_is_no_issue() -> None:
    counted, _ = _read("number,title,journal,volume\n17,Zinc for colds,Journal,3\n")
    printed, _ = _read("title,journal,volume,number\nZinc for colds,Journal,3,17\n")

    assert (counted[0].issue, printed[0].issue) == ("", "17")
