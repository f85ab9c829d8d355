"""Votes, and what they lead to."""

import pytest

from reviews.errors import InvalidInput, NotAllowed
from reviews.models import AuditEvent, OutboxEvent, Review, User
from reviews.services import outbox, protocols
from screening.errors import (
    AlreadyVoted,
    NotOpen,
    NotRetrieved,
    NoVote,
    ReasonMissing,
    ScreeningHasStarted,
    ScreeningNotStarted,
    VoteStands,
)
from screening.models import Decision, Retrieval, ScreeningState, StageCount
from screening.services import adjudications, decisions
from tests import factories
from tests.screening.support import (
    FT,
    TA,
    assert_projections_hold,
    at_full_text,
    last_vote,
    opened,
    reasons,
    state_of,
    vote,
)


def test_reports_open_when_screening_starts(review: Review, lead: User) -> None:
    report = factories.report(review)
    outbox.relay()
    assert not ScreeningState.objects.exists()
    protocols.start_screening(by=lead, review=review)
    outbox.relay()
    assert state_of(report).state == "open"


def test_two_includes_go_on_to_full_text(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    [report] = opened(started_review)
    assert vote(reviewer, report, "include").state == "open"
    assert vote(second_reviewer, report, "maybe").state == "included"
    full_text = state_of(report, FT)
    assert (full_text.state, full_text.retrieval) == ("open", "wanted")
    assert Retrieval.objects.get(report=report).kind == "wanted"
    assert_projections_hold(started_review)


def test_a_vote_tells_of_a_changed_state_once(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    [report] = opened(started_review)
    before = OutboxEvent.objects.filter(topic="screening.state_changed").count()
    vote(reviewer, report, "exclude")
    assert OutboxEvent.objects.filter(topic="screening.state_changed").count() == before
    vote(second_reviewer, report, "exclude")
    assert OutboxEvent.objects.filter(topic="screening.state_changed").count() == before + 1


def test_the_audit_does_not_say_what_was_voted(started_review: Review, reviewer: User) -> None:
    [report] = opened(started_review)
    vote(reviewer, report, "exclude")
    entry = AuditEvent.objects.get(verb="vote.cast")
    assert (entry.old, entry.new, entry.target_id) == (None, None, last_vote(reviewer).pk)


def test_submit_refuses_a_second_vote_by_the_same_reviewer(started_review: Review, reviewer: User) -> None:
    [report] = opened(started_review)
    vote(reviewer, report, "include")
    with pytest.raises(AlreadyVoted):
        vote(reviewer, report, "exclude")


def test_submit_refuses_a_third_vote(
    started_review: Review, reviewer: User, second_reviewer: User, third_reviewer: User
) -> None:
    [report] = opened(started_review)
    vote(reviewer, report, "include")
    vote(second_reviewer, report, "include")
    with pytest.raises(NotOpen):
        vote(third_reviewer, report, "include")


def test_submit_refuses_people_without_the_right(
    started_review: Review, observer: User, outsider: User
) -> None:
    [report] = opened(started_review)
    for person in (observer, outsider):
        with pytest.raises(NotAllowed):
            vote(person, report, "include")


def test_submit_refuses_before_the_start(review: Review, reviewer: User) -> None:
    with pytest.raises(ScreeningNotStarted):
        vote(reviewer, factories.report(review), "include")


@pytest.mark.parametrize("verdict", ["withdrawn", "yes", ""])
def test_submit_refuses_what_is_no_verdict(started_review: Review, reviewer: User, verdict: str) -> None:
    [report] = opened(started_review)
    with pytest.raises(InvalidInput):
        vote(reviewer, report, verdict)


def test_full_text_refuses_votes_before_the_text_is_here(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    [report] = opened(started_review)
    vote(reviewer, report, "include")
    vote(second_reviewer, report, "include")
    with pytest.raises(NotRetrieved):
        vote(reviewer, report, "include", stage=FT)


def test_full_text_exclusion_needs_a_reason_of_this_review(
    started_review: Review, reviewer: User, second_reviewer: User, lead: User
) -> None:
    [report] = at_full_text(started_review, reviewer, second_reviewer)
    with pytest.raises(ReasonMissing):
        vote(reviewer, report, "exclude", stage=FT)
    other = factories.review(lead)
    factories.fill_protocol(other)
    with pytest.raises(InvalidInput):
        vote(reviewer, report, "exclude", stage=FT, reason=reasons(other)[0])
    with pytest.raises(InvalidInput):
        vote(reviewer, report, "include", stage=FT, reason=reasons(started_review)[0])


def test_full_text_exclusion_counts_under_its_reason(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    [report] = at_full_text(started_review, reviewer, second_reviewer)
    why = reasons(started_review)[1]
    vote(reviewer, report, "exclude", stage=FT, reason=why)
    vote(second_reviewer, report, "exclude", stage=FT, reason=why)
    assert (state_of(report, FT).state, state_of(report, FT).reason) == ("excluded", why)


def test_different_reasons_conflict(started_review: Review, reviewer: User, second_reviewer: User) -> None:
    [report] = at_full_text(started_review, reviewer, second_reviewer)
    first, second, *_ = reasons(started_review)
    vote(reviewer, report, "exclude", stage=FT, reason=first)
    vote(second_reviewer, report, "exclude", stage=FT, reason=second)
    assert state_of(report, FT).state == "conflict"


def test_a_change_of_mind_supersedes(started_review: Review, reviewer: User, second_reviewer: User) -> None:
    [report] = opened(started_review)
    vote(reviewer, report, "include")
    first = last_vote(reviewer)
    decisions.change(by=reviewer, report=report, stage=TA, verdict="exclude")
    assert last_vote(reviewer).supersedes == first
    assert vote(second_reviewer, report, "exclude").state == "excluded"
    assert_projections_hold(started_review)


def test_change_and_withdraw_refuse_without_a_vote(started_review: Review, reviewer: User) -> None:
    [report] = opened(started_review)
    with pytest.raises(NoVote):
        decisions.change(by=reviewer, report=report, stage=TA, verdict="include")
    with pytest.raises(NoVote):
        decisions.withdraw(by=reviewer, report=report, stage=TA)


def test_a_withdrawn_vote_can_be_cast_again(started_review: Review, reviewer: User) -> None:
    [report] = opened(started_review)
    vote(reviewer, report, "include")
    decisions.withdraw(by=reviewer, report=report, stage=TA)
    assert state_of(report).votes == 0
    vote(reviewer, report, "exclude")
    chain = list(Decision.objects.filter(reviewer=reviewer).order_by("pk"))
    assert [one.verdict for one in chain] == ["include", "withdrawn", "exclude"]
    assert [one.supersedes for one in chain] == [None, *chain[:2]]
    assert_projections_hold(started_review)


def test_a_withdrawn_vote_takes_the_full_text_back_and_loses_nothing(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    [report] = at_full_text(started_review, reviewer, second_reviewer)
    vote(reviewer, report, "include", stage=FT)
    decisions.withdraw(by=second_reviewer, report=report, stage=TA)
    assert (state_of(report).state, state_of(report, FT).state) == ("open", "absorbed")
    with pytest.raises(NotOpen):
        vote(second_reviewer, report, "include", stage=FT)
    vote(second_reviewer, report, "include")
    full_text = state_of(report, FT)
    assert (full_text.state, full_text.votes, full_text.retrieval) == ("open", 1, "retrieved")
    assert_projections_hold(started_review)


def test_the_last_vote_is_taken_back_even_where_it_made_a_conflict(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    first, second = opened(started_review, 2)
    vote(reviewer, first, "include")
    vote(second_reviewer, first, "exclude")
    decisions.withdraw(by=second_reviewer, report=first, stage=TA)
    vote(second_reviewer, first, "exclude")
    vote(second_reviewer, second, "include")
    with pytest.raises(VoteStands):
        decisions.withdraw(by=second_reviewer, report=first, stage=TA)


def test_a_vote_that_was_judged_stands(
    started_review: Review, reviewer: User, second_reviewer: User, third_reviewer: User
) -> None:
    [report] = opened(started_review)
    vote(reviewer, report, "include")
    vote(second_reviewer, report, "exclude")
    adjudications.judge(by=third_reviewer, report=report, stage=TA, verdict="include")
    with pytest.raises(VoteStands):
        decisions.change(by=second_reviewer, report=report, stage=TA, verdict="include")


def test_practice_votes_never_count(review: Review, lead: User, reviewer: User) -> None:
    report = factories.report(review)
    first = decisions.practise(by=reviewer, report=report, stage=TA, verdict="include")
    second = decisions.practise(by=reviewer, report=report, stage=TA, verdict="exclude")
    assert (first.round, second.supersedes) == (0, first)
    protocols.start_screening(by=lead, review=review)
    outbox.relay()
    assert state_of(report).votes == 0
    assert vote(reviewer, report, "include").votes == 1
    with pytest.raises(ScreeningHasStarted):
        decisions.practise(by=reviewer, report=report, stage=TA, verdict="include")
    assert_projections_hold(review)


def test_counts_follow_votes(started_review: Review, reviewer: User, second_reviewer: User) -> None:
    first, _ = opened(started_review, 2)
    vote(reviewer, first, "exclude")
    vote(second_reviewer, first, "exclude")
    counts = dict(StageCount.objects.filter(stage__name=TA).values_list("state", "n"))
    assert counts == {"open": 1, "conflict": 0, "included": 0, "excluded": 1, "absorbed": 0}
