"""Who is waited for before two appraisals open."""

import pytest

from analysis.models import AppraisedResult
from analysis.selectors import appraisals as forms
from analysis.selectors.waiting import waiting_of
from analysis.services import appraisals
from reviews.access import members_review
from reviews.errors import InvalidInput
from reviews.models import Review, Role, User
from reviews.services import team
from tests.analysis import makers
from tests.analysis.appraisal_pages.test_appraisals import appraised


@pytest.fixture
def unit(started_review: Review, reviewer: User) -> AppraisedResult:
    trial = makers.trial(started_review, reviewer)
    return appraisals.open_result(by=reviewer, study=trial, outcome=makers.outcome(started_review))


def test_an_appraisal_left_open_by_who_no_longer_appraises_is_not_waited_for(
    started_review: Review,
    unit: AppraisedResult,
    lead: User,
    reviewer: User,
    second_reviewer: User,
    third_reviewer: User,
) -> None:
    first = appraised(reviewer, unit)
    appraisals.submit(by=reviewer, appraisal=first)
    lost = appraised(second_reviewer, unit)
    membership = started_review.memberships.get(user=second_reviewer, until__isnull=True)
    team.change_role(by=lead, review=started_review, membership=membership, role=Role.OBSERVER)
    assert waiting_of(members_review(third_reviewer, started_review.slug)).appraisals == 1
    second = appraised(third_reviewer, unit)
    appraisals.submit(by=third_reviewer, appraisal=second)
    assert forms.open_appraisals(unit) == [first, second]
    [row] = forms.results_to_appraise(started_review, reviewer)
    assert row.state == "consensus"
    assert waiting_of(members_review(lead, started_review.slug)).consensuses == 1
    membership = started_review.memberships.get(user=second_reviewer, until__isnull=True)
    team.change_role(by=lead, review=started_review, membership=membership, role=Role.REVIEWER)
    with pytest.raises(appraisals.AssessorsComplete):
        appraisals.submit(by=second_reviewer, appraisal=lost)
    assert appraisals.agree_equal(by=lead, unit=unit).of_appraisals == [first.pk, second.pk]


def test_submit_refuses_a_direction_that_the_tool_does_not_have(
    unit: AppraisedResult, reviewer: User
) -> None:
    mine = appraised(reviewer, unit)
    with pytest.raises(InvalidInput, match="not a direction"):
        appraisals.submit(by=reviewer, appraisal=mine, direction="in no direction that has a name")
