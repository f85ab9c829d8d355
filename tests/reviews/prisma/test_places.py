"""One record, one place, whatever its history."""

from itertools import product
from typing import Any

import pytest

from reviews.prisma import Place, place_of

SCREENED_IN: dict[str, Any] = {
    "is_duplicate": False,
    "removed": "",
    "screening": "included",
    "retrieval": "",
    "assessment": None,
    "eligibility": None,
}


@pytest.mark.parametrize(
    ("facts", "place"),
    [
        ({"is_duplicate": True}, Place.DUPLICATE),
        ({"removed": "automatic"}, Place.REMOVED_AUTOMATIC),
        ({"removed": "other"}, Place.REMOVED_OTHER),
        ({"screening": "open"}, Place.AWAITING_SCREENING),
        ({"screening": "conflict"}, Place.AWAITING_SCREENING),
        ({"screening": "excluded"}, Place.EXCLUDED_SCREENING),
        ({}, Place.AWAITING_RETRIEVAL),
        ({"retrieval": "requested", "assessment": "open"}, Place.AWAITING_RETRIEVAL),
        ({"retrieval": "not_retrieved", "assessment": "open"}, Place.NOT_RETRIEVED),
        ({"retrieval": "retrieved"}, Place.AWAITING_ASSESSMENT),
        ({"retrieval": "retrieved", "assessment": "conflict"}, Place.AWAITING_ASSESSMENT),
        ({"retrieval": "retrieved", "assessment": "excluded"}, Place.EXCLUDED_ASSESSMENT),
        ({"assessment": "included"}, Place.AWAITING_CLASSIFICATION),
        ({"assessment": "included", "eligibility": "awaiting"}, Place.AWAITING_CLASSIFICATION),
        ({"assessment": "included", "eligibility": "ongoing"}, Place.ONGOING),
        ({"assessment": "included", "eligibility": "excluded"}, Place.EXCLUDED_ASSESSMENT),
        ({"assessment": "included", "eligibility": "included"}, Place.INCLUDED),
        ({"assessment": "excluded", "eligibility": "included"}, Place.EXCLUDED_ASSESSMENT),
    ],
)
def test_facts_lead_to_the_place(facts: dict[str, Any], place: Place) -> None:
    assert place_of(**{**SCREENED_IN, **facts}) is place


def test_reopening_title_and_abstract_takes_a_record_back_whatever_came_later() -> None:
    later = {"retrieval": "retrieved", "assessment": "included", "eligibility": "included"}
    assert place_of(**{**SCREENED_IN, **later, "screening": "open"}) is Place.AWAITING_SCREENING


def test_a_record_without_a_screening_state_has_no_place() -> None:
    assert place_of(**{**SCREENED_IN, "screening": None}) is None


@pytest.mark.parametrize(
    "facts",
    [
        {"removed": "lost"},
        {"screening": "lost"},
        {"retrieval": "lost"},
        {"assessment": "lost"},
        {"assessment": "included", "eligibility": "lost"},
    ],
)
def test_unknown_states_are_programming_errors(facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="lost"):
        place_of(**{**SCREENED_IN, **facts})


def test_every_combination_of_facts_has_one_place_and_every_place_is_reached() -> None:
    combinations = product(
        [False, True],
        ["", "automatic", "other"],
        ["open", "conflict", "included", "excluded"],
        ["", "wanted", "requested", "retrieved", "not_retrieved"],
        [None, "open", "conflict", "included", "excluded"],
        [None, "included", "excluded", "ongoing", "awaiting"],
    )
    named: list[dict[str, Any]] = [dict(zip(SCREENED_IN, facts, strict=True)) for facts in combinations]
    reached = {place_of(**facts) for facts in named}
    assert reached == set(Place)
