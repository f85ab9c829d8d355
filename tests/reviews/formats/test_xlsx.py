"""Excel workbooks, and the columns of tables."""

from __future__ import annotations

import io
from datetime import date

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from reviews.formats import ParsedRecord, RowProblem, UnreadableFile, columns_of, inspect, read
from tests.reviews.formats.hostile import zipped


def _book(*sheets: list[list[object]]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Sheet {number + 1}")
        assert isinstance(sheet, Worksheet)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _read(
    data: bytes, mapping: dict[str, int | str] | None = None
) -> tuple[list[ParsedRecord], list[RowProblem]]:
    items = list(read(io.BytesIO(data), name="table.xlsx", mapping=mapping))
    return (
        [item for item in items if isinstance(item, ParsedRecord)],
        [item for item in items if isinstance(item, RowProblem)],
    )


HEADER: list[object] = ["Title", "Authors", "Year", "PMID", "Volume", "Abstract"]


def test_numbers_and_dates_are_text() -> None:
    rows = [HEADER, ["Marsh", "Berg, Anna; Holm, Lars", date(2020, 5, 1), 12345678.0, 1.5, "One.\nTwo."]]

    (record,), problems = _read(_book(rows))

    assert problems == []
    assert (record.title, record.authors, record.year) == ("Marsh", ("Berg, Anna", "Holm, Lars"), 2020)
    assert (record.pmid, record.volume, record.abstract) == ("12345678", "1.5", "One.\nTwo.")
    assert record.raw.startswith('Marsh,"Berg, Anna; Holm, Lars",2020-05-01,12345678,1.5,')


def test_one_text_shown_in_a_thousand_cells_is_no_row() -> None:
    """The workbook holds the text once and has two kilobytes; the row would fill the memory."""
    texts = b"<sst><si><t>Title</t></si><si><t>Year</t></si><si><t>" + b"x" * 900_000 + b"</t></si></sst>"
    header = b'<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row>'
    row = b"<row>" + b'<c t="s"><v>2</v></c>' * 1_000 + b"</row>"
    data = zipped(
        ("xl/workbook.xml", b"<workbook/>"),
        ("xl/sharedStrings.xml", texts),
        ("xl/worksheets/sheet1.xml", b"<worksheet>" + header + row + b"</worksheet>"),
    )

    with pytest.raises(UnreadableFile, match="a row is longer than"):
        _read(data)


def test_the_first_sheet_with_a_header_is_read_and_others_are_named() -> None:
    data = _book([["About this file"]], [HEADER, ["Marsh"]], [HEADER, ["Fever"]])

    records, problems = _read(data)

    assert [record.title for record in records] == ["Marsh"]
    assert [(p.code, p.detail) for p in problems] == [("sheet_not_read", "Sheet 3")]


def test_lines_above_the_header_are_passed_over_and_named() -> None:
    records, problems = _read(_book([["Search of 1 May"], [], HEADER, ["Marsh"]]))

    assert [record.title for record in records] == ["Marsh"]
    assert [(p.code, p.detail) for p in problems] == [("stray_text", "Search of 1 May")]


def test_formulas_are_never_run() -> None:
    (record,), _ = _read(_book([HEADER, ["Marsh", '=HYPERLINK("http://example.org")', "=1+1"]]))

    assert (record.title, record.authors, record.year) == ("Marsh", (), None)


def test_a_workbook_that_declares_entities_is_refused() -> None:
    sheet = b'<!DOCTYPE a [<!ENTITY b "boom">]><worksheet><sheetData/></worksheet>'

    with pytest.raises(UnreadableFile, match="entities"):
        _read(zipped(("xl/workbook.xml", b"<workbook/>"), ("xl/worksheets/sheet1.xml", sheet)))


def test_an_empty_workbook_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="it is empty"):
        _read(_book([]))


def test_columns_are_shown_with_their_guess_and_samples() -> None:
    columns = columns_of(io.BytesIO(_book([HEADER, ["Marsh", "Berg A", 2020]])), "table.xlsx")

    assert columns is not None
    assert columns.header == tuple(map(str, HEADER))
    assert columns.mapping == {"title": 0, "authors": 1, "year": 2, "pmid": 3, "volume": 4, "abstract": 5}
    assert columns.samples == (("Marsh", "Berg A", "2020"),)


def test_a_file_without_columns_has_none() -> None:
    assert columns_of(io.BytesIO(b"TY  - JOUR\nTI  - a\nER  - \n"), "a.ris") is None


@pytest.mark.parametrize("mapping", [{"title": 1, "year": 0}, {"title": "Was", "year": "wann"}])
def test_a_person_says_what_the_columns_hold(mapping: dict[str, int | str]) -> None:
    for data in (_book([["Wann", "Was"], [2020, "Marsh"]]), b"Wann;Was\n2020;Marsh\n"):
        found = inspect(io.BytesIO(data), "table.csv", mapping=mapping)

        assert [(record.title, record.year) for record in found.sample] == [("Marsh", 2020)]


def test_a_table_that_nobody_has_explained_waits_for_it() -> None:
    found = inspect(io.BytesIO(b"Wann;Was\n2020;Marsh\n"), "table.csv")

    assert (found.needs_mapping, found.records) == (True, 0)
    assert found.columns is not None
    assert (found.columns.header, found.columns.samples) == (("Wann", "Was"), (("2020", "Marsh"),))


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ({"title": 9}, "no column 9"),
        ({"title": "Wer"}, "no column Wer"),
        ({"colour": 0}, "colour is not a field"),
        ({"year": 0}, "no column holds the title"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(mapping: dict[str, int | str], sentence: str) -> None:
    with pytest.raises(UnreadableFile, match=sentence):
        list(read(io.BytesIO(b"Wann;Was\n2020;Marsh\n"), name="table.csv", mapping=mapping))


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        (
            "PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,PMCID,DOI",
            '1,Marsh,"Berg A, Holm L.","Lancet. 2020 Feb 15;395(10223):497-506. doi: 10.5555/1.",'
            "Berg A,Lancet,2020,,10.5555/1",
            ("Lancet", 2020, "395", "10223", "497-506", ("Berg A", "Holm L")),
        ),
        (
            "Title,Author Names,Source,Abstract",
            'Marsh,"Berg A., Holm L.M.",Fever Journal (2014) 3:4 (152-160). Date of Publication: 2014,x',
            ("Fever Journal", 2014, "3", "4", "152-160", ("Berg A.", "Holm L.M.")),
        ),
        (
            "Item Title,Publication Title,Journal Volume,Journal Issue,Item DOI,Authors,Publication Year",
            "Marsh,Fever,3,4,10.5555/1,Anna B. BergLars McHolmPer Lund,2014",
            ("Fever", 2014, "3", "4", "", ("Anna B. Berg", "Lars McHolm", "Per Lund")),
        ),
    ],
)
def test_columns_of_databases_are_understood(
    header: str, row: str, expected: tuple[str, int, str, str, str, tuple[str, ...]]
) -> None:
    found = inspect(io.BytesIO(f"{header}\n{row}\n".encode()), "export.csv")

    (record,) = found.sample
    assert (
        record.journal,
        record.year,
        record.volume,
        record.issue,
        record.pages,
        record.authors,
    ) == expected
