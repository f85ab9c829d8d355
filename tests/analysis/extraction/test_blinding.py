"""Who is waited for, and what stays hidden when the form grows after both have finished."""

import csv
import io
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from analysis.models import Study
from analysis.selectors import extraction as forms
from analysis.selectors import studies as lists
from analysis.services import agreements, extractions
from reviews.models import Review, Role, User
from reviews.services import team
from tests import factories
from tests.analysis import makers

SignIn = Callable[[User], Client]
RESULT = {"events": "9", "total": "25"}


def leave(review: Review, person: User) -> None:
    membership = review.memberships.get(user=person, until__isnull=True)
    team.end_membership(by=person, review=review, membership=membership)


def both_finished(review: Review, *people: User) -> Study:
    study = makers.study(review)
    for person, events in zip(people, ("9", "8"), strict=True):
        extractions.finish(
            by=person, extraction=makers.fill(person, study, {"events": events, "total": "25"})
        )
    return study


def values_seen(client: Client, review: Review) -> list[str]:
    answer = client.get(reverse("analysis:values_csv", args=[review.slug]))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # a stream
    return [row["as_used"] for row in csv.DictReader(io.StringIO(text)) if row["who"] != "agreed"]


@pytest.mark.parametrize("how", ["left", "observes"])
def test_a_reading_left_unfinished_by_who_no_longer_extracts_is_not_waited_for(
    started_review: Review,
    lead: User,
    reviewer: User,
    second_reviewer: User,
    third_reviewer: User,
    signed_in: SignIn,
    how: str,
) -> None:
    study = makers.study(started_review)
    first = makers.fill(reviewer, study, RESULT)
    extractions.finish(by=reviewer, extraction=first)
    extractions.start(by=second_reviewer, study=study)
    if how == "left":
        leave(started_review, second_reviewer)
    else:
        membership = started_review.memberships.get(user=second_reviewer, until__isnull=True)
        team.change_role(by=lead, review=started_review, membership=membership, role=Role.OBSERVER)
    second = makers.fill(third_reviewer, study, RESULT)
    assert [row.state for row in lists.extract_list(started_review, third_reviewer)] == ["in_progress"]
    extractions.finish(by=third_reviewer, extraction=second)
    assert forms.open_extractions(study) == [first, second]
    assert [row.state for row in lists.extract_list(started_review, reviewer)] == ["to_agree"]
    assert len(values_seen(signed_in(lead), started_review)) == 4
    assert extractions.agree_equal(by=reviewer, study=study) == 1


def test_who_comes_back_to_open_readings_adds_none(
    started_review: Review, lead: User, reviewer: User, second_reviewer: User, third_reviewer: User
) -> None:
    study = makers.study(started_review)
    extractions.start(by=second_reviewer, study=study)
    leave(started_review, second_reviewer)
    for person in (reviewer, third_reviewer):
        extractions.finish(by=person, extraction=makers.fill(person, study, RESULT))
    team.add_member(by=lead, review=started_review, user=second_reviewer, role=Role.REVIEWER)
    assert len(forms.open_extractions(study)) == 2
    with pytest.raises(extractions.ExtractorsComplete):
        makers.fill(second_reviewer, study, RESULT)


def test_a_line_that_came_later_stays_hidden_until_both_have_read_it(
    started_review: Review, reviewer: User, second_reviewer: User, signed_in: SignIn
) -> None:
    study = both_finished(started_review, reviewer, second_reviewer)
    factories.outcome(started_review, name="survival")
    makers.fill(reviewer, study, {"events": "17", "total": "20"}, name="survival")
    assert forms.open_extractions(study) == []
    client = signed_in(second_reviewer)
    assert "17" not in values_seen(client, started_review)
    page = client.get(reverse("analysis:agree", args=[started_review.slug, study.pk])).content.decode()
    assert "17/20" not in page
    with pytest.raises(agreements.StillBlind):
        extractions.agree_equal(by=second_reviewer, study=study)
    makers.fill(second_reviewer, study, {"events": "17", "total": "20"}, name="survival")
    assert extractions.agree_equal(by=second_reviewer, study=study) == 1
    assert "17" in values_seen(client, started_review)


def test_half_of_a_later_line_opens_nothing(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    study = both_finished(started_review, reviewer, second_reviewer)
    factories.outcome(started_review, name="survival")
    makers.fill(reviewer, study, {"events": "17", "total": "20"}, name="survival")
    makers.fill(second_reviewer, study, {"events": "80 %"}, name="survival")
    assert forms.open_extractions(study) == []


def test_readings_once_seen_are_not_opened_again_when_the_form_grows(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    study = both_finished(started_review, reviewer, second_reviewer)
    factories.outcome(started_review, name="survival")
    mine = study.extractions.get(person=reviewer)
    with pytest.raises(extractions.StaysFinished):
        extractions.reopen(by=reviewer, extraction=mine)
    with pytest.raises(extractions.ExtractionFinished):
        makers.fill(reviewer, study, {"events": "8"})
    makers.fill(reviewer, study, {"events": "17", "total": "20"}, name="survival")
    with pytest.raises(extractions.StaysFinished):
        extractions.reopen(by=reviewer, extraction=mine)
    makers.fill(reviewer, study, {"events": "16", "total": "20"}, name="survival")
    makers.fill(second_reviewer, study, {"events": "17", "total": "20"}, name="survival")
    with pytest.raises(extractions.ExtractionFinished):
        makers.fill(reviewer, study, {"events": "17", "total": "20"}, name="survival")


def test_a_later_line_can_be_filled_on_the_page_of_a_finished_reading(
    started_review: Review, reviewer: User, second_reviewer: User, signed_in: SignIn
) -> None:
    study = both_finished(started_review, reviewer, second_reviewer)
    survival = factories.outcome(started_review, name="survival")
    client = signed_in(reviewer)
    address = reverse("analysis:extraction", args=[started_review.slug, study.pk])
    page = client.get(address).content.decode()
    assert "The form has grown" in page
    assert page.count("<fieldset") == 2
    assert page.count("disabled") == 1
    key = f"outcome-{survival.pk}-{makers.arm(study).pk}"
    url = reverse("analysis:extraction_enter", args=[started_review.slug, study.pk, key])
    assert (
        client.post(url, {"events": "17", "total": "20"}, headers={"HX-Request": "true"}).status_code == 200
    )
