"""Conflicts: who settles them, and what they may see when."""

from itertools import pairwise

import pytest

from reviews.access import Member, members_review
from reviews.errors import InvalidInput, NotAllowed
from reviews.models import AdjudicationRule, Report, Review, User
from screening import selectors
from screening.errors import MayNotSettle, NotInConflict
from screening.models import Adjudication, Stage
from screening.services import adjudications, stages
from tests.screening.support import (
    FT,
    TA,
    assert_projections_hold,
    at_full_text,
    opened,
    reasons,
    state_of,
    vote,
)


@pytest.fixture
def conflict(started_review: Review, reviewer: User, second_reviewer: User) -> Report:
    [report] = opened(started_review)
    vote(reviewer, report, "include")
    vote(second_reviewer, report, "exclude")
    return report


def member(person: User, review: Review) -> Member:
    return members_review(person, review.slug)


def stage(review: Review, name: str = TA) -> Stage:
    return stages.stage_of(review, name)


def rule(review: Review, lead: User, to: AdjudicationRule) -> None:
    stages.set_adjudication(by=lead, review=review, rule=to)


def test_a_third_person_settles(conflict: Report, third_reviewer: User) -> None:
    state = adjudications.settle(by=third_reviewer, report=conflict, stage=TA, verdict="exclude")
    assert state.state == "excluded"
    assert_projections_hold(conflict.review)


def test_a_third_person_sees_votes_only_after_judging(
    started_review: Review, conflict: Report, third_reviewer: User
) -> None:
    who = member(third_reviewer, started_review)
    blind = selectors.conflict(who, stage(started_review), conflict.pk)
    assert blind is not None
    assert (blind.must_judge, blind.votes, blind.why) == (True, (), "")
    adjudications.judge(by=third_reviewer, report=conflict, stage=TA, verdict="include", note="eligible")
    assert state_of(conflict).state == "conflict"
    seen = selectors.conflict(who, stage(started_review), conflict.pk)
    assert seen is not None
    assert [vote.verdict for vote in seen.votes] == ["include", "exclude"]
    assert seen.judged is not None
    assert seen.judged.note == "eligible"


def test_voters_and_the_lead_are_not_third_persons(
    started_review: Review, conflict: Report, reviewer: User, observer: User
) -> None:
    for act in (adjudications.settle, adjudications.judge):
        with pytest.raises(MayNotSettle):
            act(by=reviewer, report=conflict, stage=TA, verdict="include")
        with pytest.raises(NotAllowed):
            act(by=observer, report=conflict, stage=TA, verdict="include")
    assert selectors.conflicts(member(reviewer, started_review), stage(started_review)) == []
    assert selectors.conflict(member(reviewer, started_review), stage(started_review), conflict.pk) is None


def test_the_lead_settles_where_the_review_says_so(
    started_review: Review, conflict: Report, lead: User, third_reviewer: User
) -> None:
    rule(started_review, lead, AdjudicationRule.LEAD)
    with pytest.raises(NotAllowed):
        adjudications.settle(by=third_reviewer, report=conflict, stage=TA, verdict="include")
    blind = selectors.conflict(member(lead, started_review), stage(started_review), conflict.pk)
    assert blind is not None
    assert blind.votes == ()
    adjudications.settle(by=lead, report=conflict, stage=TA, verdict="include")
    assert state_of(conflict).state == "included"


def test_a_lead_who_voted_may_settle_and_sees_the_votes(
    started_review: Review, lead: User, reviewer: User
) -> None:
    rule(started_review, lead, AdjudicationRule.LEAD)
    [report] = opened(started_review)
    vote(lead, report, "include")
    vote(reviewer, report, "exclude")
    seen = selectors.conflict(member(lead, started_review), stage(started_review), report.pk)
    assert seen is not None
    assert len(seen.votes) == 2
    assert adjudications.settle(by=lead, report=report, stage=TA, verdict="exclude").state == "excluded"


def test_two_voters_reach_consensus(
    started_review: Review, conflict: Report, lead: User, reviewer: User, second_reviewer: User
) -> None:
    rule(started_review, lead, AdjudicationRule.CONSENSUS)
    assert adjudications.settle(by=reviewer, report=conflict, stage=TA, verdict="include").state == "conflict"
    seen = selectors.conflict(member(second_reviewer, started_review), stage(started_review), conflict.pk)
    assert seen is not None
    assert seen.proposal is not None
    assert (seen.proposal.verdict, len(seen.votes)) == ("include", 2)
    assert (
        adjudications.settle(by=second_reviewer, report=conflict, stage=TA, verdict="include").state
        == "included"
    )
    assert_projections_hold(started_review)


def test_a_different_proposal_replaces_the_first(
    started_review: Review, conflict: Report, lead: User, reviewer: User, second_reviewer: User
) -> None:
    rule(started_review, lead, AdjudicationRule.CONSENSUS)
    adjudications.settle(by=reviewer, report=conflict, stage=TA, verdict="include")
    adjudications.settle(by=second_reviewer, report=conflict, stage=TA, verdict="exclude")
    assert state_of(conflict).state == "conflict"
    assert adjudications.settle(by=reviewer, report=conflict, stage=TA, verdict="exclude").state == "excluded"


def test_consensus_is_the_voters_alone(
    started_review: Review, conflict: Report, lead: User, third_reviewer: User
) -> None:
    rule(started_review, lead, AdjudicationRule.CONSENSUS)
    with pytest.raises(MayNotSettle):
        adjudications.settle(by=third_reviewer, report=conflict, stage=TA, verdict="include")
    assert (
        selectors.conflict(member(third_reviewer, started_review), stage(started_review), conflict.pk) is None
    )


def test_settling_refuses_what_is_not_in_conflict(
    started_review: Review, reviewer: User, third_reviewer: User
) -> None:
    [report] = opened(started_review)
    vote(reviewer, report, "include")
    with pytest.raises(NotInConflict):
        adjudications.settle(by=third_reviewer, report=report, stage=TA, verdict="include")


def test_a_settlement_is_undone_and_made_anew(conflict: Report, third_reviewer: User) -> None:
    adjudications.settle(by=third_reviewer, report=conflict, stage=TA, verdict="exclude")
    assert adjudications.reopen(by=third_reviewer, report=conflict, stage=TA).state == "conflict"
    assert (
        adjudications.settle(by=third_reviewer, report=conflict, stage=TA, verdict="include").state
        == "included"
    )
    chain = list(Adjudication.objects.order_by("pk"))
    assert all(later.supersedes == earlier for earlier, later in pairwise(chain))
    assert_projections_hold(conflict.review)


def test_full_text_is_settled_with_a_reason_and_never_by_maybe(
    started_review: Review, reviewer: User, second_reviewer: User, third_reviewer: User
) -> None:
    [report] = at_full_text(started_review, reviewer, second_reviewer)
    first, second, *_ = reasons(started_review)
    vote(reviewer, report, "exclude", stage=FT, reason=first)
    vote(second_reviewer, report, "exclude", stage=FT, reason=second)
    with pytest.raises(InvalidInput):
        adjudications.settle(by=third_reviewer, report=report, stage=FT, verdict="maybe")
    state = adjudications.settle(by=third_reviewer, report=report, stage=FT, verdict="exclude", reason=second)
    assert (state.state, state.reason) == ("excluded", second)
