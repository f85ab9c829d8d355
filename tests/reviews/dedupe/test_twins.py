"""Two trials of one team, told in titles that differ in a word, stay two whatever else they share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reviews.dedupe import BULK_ACCEPT, entry, judge
from reviews.formats import ParsedRecord
from tests.reviews.dedupe.examples import ARTICLE, verdict

TITLE = "Safety and immune response after treatment of {} in young adults of Europe"
TWINS = [
    ("hepatitis A", "hepatitis B"),
    ("vitamin A", "vitamin D"),
    ("vitamin D", "vitamin"),
    ("part A", "part B"),
    ("omeprazole", "esomeprazole"),
    ("citalopram", "escitalopram"),
    ("prednisone", "prednisolone"),
    ("ethanol", "methanol"),
    ("Austria", "Australia"),
    ("men", "women"),
    ("HIV-1", "HIV-2"),
    ("phase II", "phase III"),
]


def _titled(word: str, *, doi: str = "", pages: str = "") -> ParsedRecord:
    return replace(ARTICLE, title=TITLE.format(word), doi=doi, pages=pages)


@pytest.mark.parametrize(("one", "other"), TWINS)
@pytest.mark.parametrize("doi", ["", "10.1000/suppl"])
@pytest.mark.parametrize("pages", ["", "S12"])
def test_twins_are_neither_merged_nor_accepted_among_many(one: str, other: str, doi: str, pages: str) -> None:
    first, second = _titled(one, doi=doi, pages=pages), _titled(other, doi=doi, pages=pages)

    found = judge(entry(1, first), entry(2, second))

    assert found is not None
    assert found.kind != "same"
    assert found.score < BULK_ACCEPT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("oedema of the foot", "edema of the foot"),
        ("haemolytic anaemia", "hemolytic anemia"),
        ("oestrogen", "estrogen"),
        ("b cells", "bcells"),
        ("a new drug", "new drug"),
        ("leucocytes", "leukocytes"),
        ("ciclosporin", "cyclosporine"),
        ("thromboembolism", "hromboembolism"),
        ("hypercholesterolaemia", "hypercholesterolemia"),
    ],
)
def test_spellings_and_misprints_of_one_title_are_merged(one: str, other: str) -> None:
    assert verdict(_titled(one), _titled(other))[0] == "same"


def test_one_doi_and_a_title_with_a_word_more_are_one_record() -> None:
    short, long = _titled("insulin", doi="10.1000/a"), _titled("fast insulin", doi="10.1000/a")

    assert verdict(short, long) == ("same", "same_doi")
