"""Texts and numbers that no column and no computation could hold."""

import pytest

from analysis.models import Value
from analysis.reading import TooLarge, Unreadable, read
from analysis.services import extractions, form_fields
from reviews.errors import InvalidInput
from reviews.models import Review, User
from reviews.services import protocols
from tests.analysis import makers


@pytest.mark.parametrize(
    ("kind", "entries"),
    [
        ("binary", {"events": "1", "total": "1" + "0" * 11}),
        ("binary", {"events": "1" + "0" * 11 + "/2" + "0" * 11}),
        ("continuous", {"mean": "1" + "0" * 16, "sd": "1", "n": "10"}),
        ("continuous", {"mean": "1", "sd": "0.00000000001", "n": "10"}),
    ],
)
def test_a_number_beyond_all_measure_is_refused(kind: str, entries: dict[str, str]) -> None:
    with pytest.raises(TooLarge):
        read(kind, entries)


def test_a_numeral_of_more_digits_than_anyone_prints_is_refused() -> None:
    with pytest.raises(Unreadable):
        read("continuous", {"mean": "0." + "3" * 60, "sd": "1", "n": "10"})
    with pytest.raises(Unreadable):
        read("binary", {"events": "9" * 5000, "total": "1"})
    with pytest.raises(Unreadable):
        read("binary", {"events": "33." + "3" * 60 + " %", "total": "9"})


def test_a_characteristic_longer_than_its_column_is_refused(
    started_review: Review, reviewer: User, lead: User
) -> None:
    field = form_fields.add(by=lead, review=started_review, label="Country")
    mine = extractions.start(by=reviewer, study=makers.study(started_review))
    with pytest.raises(InvalidInput, match="300 characters"):
        extractions.enter(by=reviewer, extraction=mine, field=field, entries={"field": "x" * 301})
    assert not Value.objects.exists()


def test_a_line_that_left_the_form_is_not_agreed_on(
    started_review: Review, reviewer: User, second_reviewer: User, lead: User
) -> None:
    study = makers.study(started_review)
    for person in (reviewer, second_reviewer):
        mine = makers.fill(person, study, {"events": "9", "total": "25"})
        extractions.finish(by=person, extraction=mine)
    outcome = makers.outcome(started_review)
    protocols.retire_row(by=lead, review=started_review, row=outcome, reason="No longer asked")
    with pytest.raises(InvalidInput, match="not on the form"):
        extractions.agree(by=reviewer, study=study, datum=study.data.get(), choose=mine)
