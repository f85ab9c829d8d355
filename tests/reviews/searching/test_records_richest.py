"""The fields of a merged report: the richest of each, and no place that does not exist."""

from typing import Any

import pytest

from reviews.models import Report
from reviews.services.richest import richest


def _rich(*records: dict[str, Any]) -> dict[str, Any]:
    return richest([Report(**{"title": "A trial", **fields}) for fields in records])


def test_the_longest_abstract_wins_unless_its_letters_were_lost() -> None:
    assert _rich({"abstract": "Short."}, {"abstract": "Much longer."})["abstract"] == "Much longer."
    assert _rich({"abstract": "Sound."}, {"abstract": "L\ufffdng but broken."})["abstract"] == "Sound."


@pytest.mark.parametrize(
    ("one", "other", "best"),
    [
        (["Berg, A", "Holm, L"], ["Berg, Anna", "Holm, Lars"], 1),
        (["Berg, A", "Holm, L", "Lund, O"], ["Berg, Anna", "Holm, Lars"], 0),
        (["Berg, A", "et al."], ["Berg, Anna"], 1),
        ([], ["Fever Group"], 1),
        (["Berg, Anna"], ["Berg, Anna"], 0),
    ],
)
def test_most_authors_win_and_then_names_in_full(one: list[str], other: list[str], best: int) -> None:
    assert _rich({"authors": one}, {"authors": other})["authors"] == (one, other)[best]


@pytest.mark.parametrize(
    ("titles", "best"),
    [
        (["A TRIAL OF ALPHA", "A trial of alpha"], 1),
        (["A trial of...", "A trial of alpha"], 1),
        (["A trial of alpha", "A trial of alpha: results of a year"], 1),
        (["A trial of alpha", "A trial of alpha [Erratum appears in J Fever 2020;1]"], 0),
        (["A trial of alpha", "A quite different and longer title"], 0),
        (["", "A trial"], 1),
    ],
)
def test_the_first_whole_title_wins_unless_another_only_says_more(titles: list[str], best: int) -> None:
    assert _rich(*({"title": title} for title in titles))["title"] == titles[best]


def test_year_and_place_are_those_of_one_record() -> None:
    ahead = {"year": 2019, "pages": "e1", "doi": "10.1/x"}
    printed = {"year": 2020, "volume": "5", "issue": "2", "pages": "101-110"}

    fields = _rich(ahead, printed)

    assert [fields[name] for name in ("year", "volume", "issue", "pages", "doi")] == [
        2020, "5", "2", "101-110", "10.1/x",
    ]  # fmt: skip


def test_gaps_are_filled_from_any_record() -> None:
    fields = _rich(
        {"pmid": "1", "language": ""}, {"doi": "10.1/x", "language": "eng", "url": "https://a.org"}
    )

    assert [fields[name] for name in ("pmid", "doi", "language", "url")] == [
        "1",
        "10.1/x",
        "eng",
        "https://a.org",
    ]


def test_the_identifier_that_most_records_give_wins() -> None:
    assert _rich({"doi": "10.1/a"}, {"doi": "10.1/b"}, {"doi": "10.1/b"})["doi"] == "10.1/b"
    assert _rich({"doi": "10.1/a"}, {"doi": "10.1/b"})["doi"] == "10.1/a"


def test_keywords_and_types_are_put_together_each_once() -> None:
    fields = _rich({"keywords": ["Fever", "marsh"]}, {"keywords": ["fever", "Alpha"]})

    assert fields["keywords"] == ["Fever", "marsh", "Alpha"]
