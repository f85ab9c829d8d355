"""Downloads that a spreadsheet opens without running anything, and reasons in words."""

import csv
import io

import pytest

from reviews import exports, wording


@pytest.mark.parametrize("cell", ["=1+1", "+SUM(A1)", "-cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(cell: str) -> None:
    assert exports.neutral(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-0.5", "+3", "-1e-3", "a=b", "", 5, -2.5, None, True])
def test_numbers_and_plain_text_stay(cell: exports.Cell) -> None:
    assert exports.neutral(cell) == cell


def test_what_only_begins_like_a_number_is_neutralised() -> None:
    assert exports.neutral("-1 ") == "'-1 "
    assert exports.neutral("-1+cmd") == "'-1+cmd"


def test_a_download_is_utf_8_with_its_mark_and_empty_cells_for_nothing() -> None:
    response = exports.csv_response("records", ("title", "year"), [('Größe; "x"', None), ("=A1", 2020)])
    text = b"".join(response).decode("utf-8")
    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text.removeprefix("\ufeff")))) == [
        ["title", "year"],
        ['Größe; "x"', ""],
        ["'=A1", "2020"],
    ]
    assert response.headers["Content-Disposition"] == 'attachment; filename="records.csv"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_evidence_is_said_field_by_field() -> None:
    found = {"title": 0.934, "author": True, "doi": False, "year": 1, "pmid": None, "marks": "erratum"}
    assert wording.evidence(found) == [
        "titles 93 % alike",
        "same authors",
        "different DOI",
        "1 year apart",
        "only one is marked: erratum",
    ]


def test_rules_are_said_in_words() -> None:
    assert wording.rule("same_pmid") == "the same PMID"
    assert wording.rule("confirmed: alike") == "confirmed by a person; alike in title and in other fields"
