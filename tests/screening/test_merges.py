"""Merged reports share their votes; a split gives each its own back."""

import pytest

from reviews.models import Review, User
from screening import handlers, selectors
from screening.errors import AlreadyVoted
from screening.models import Decision
from screening.services import adjudications, decisions
from tests.screening.support import (
    FT,
    TA,
    assert_projections_hold,
    attach,
    last_vote,
    merge,
    opened,
    split,
    state_of,
    vote,
)


def test_votes_of_two_people_on_two_reports_meet_in_the_merged_one(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    kept, absorbed = opened(started_review, 2)
    vote(reviewer, kept, "include")
    vote(second_reviewer, absorbed, "include")
    merge(kept, absorbed)
    assert (state_of(kept).state, state_of(absorbed).state) == ("included", "absorbed")
    assert state_of(kept, FT).state == "open"
    assert Decision.objects.get(reviewer=second_reviewer).report == absorbed
    assert_projections_hold(started_review)


def test_a_split_gives_each_report_its_own_votes_back(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    kept, absorbed = opened(started_review, 2)
    vote(reviewer, kept, "include")
    vote(second_reviewer, absorbed, "include")
    merge(kept, absorbed)
    split(kept, absorbed)
    assert [(state_of(one).state, state_of(one).votes) for one in (kept, absorbed)] == [("open", 1)] * 2
    assert state_of(kept, FT).state == "absorbed"
    assert_projections_hold(started_review)


def test_reports_settled_differently_conflict_when_merged(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    kept, absorbed = opened(started_review, 2)
    for person in (reviewer, second_reviewer):
        vote(person, kept, "include")
        vote(person, absorbed, "exclude")
    merge(kept, absorbed)
    assert state_of(kept).state == "conflict"


def test_a_vote_after_the_merge_stays_with_the_kept_report_and_names_what_was_shown(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    kept, absorbed = opened(started_review, 2)
    merge(kept, absorbed)
    vote(reviewer, absorbed, "include")
    vote(second_reviewer, kept, "include")
    assert (last_vote(reviewer).report, last_vote(reviewer).shown) == (kept, [absorbed.pk])
    assert last_vote(second_reviewer).shown == sorted([kept.pk, absorbed.pk])
    split(kept, absorbed)
    assert (state_of(kept).state, state_of(absorbed).state) == ("included", "open")
    assert_projections_hold(started_review)


def test_who_voted_on_an_absorbed_report_has_voted(started_review: Review, reviewer: User) -> None:
    kept, absorbed = opened(started_review, 2)
    vote(reviewer, absorbed, "include")
    merge(kept, absorbed)
    with pytest.raises(AlreadyVoted):
        vote(reviewer, kept, "include")


def test_a_change_of_mind_reaches_both_votes_of_a_merged_set(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    kept, absorbed = opened(started_review, 2)
    vote(reviewer, kept, "include")
    vote(reviewer, absorbed, "exclude")
    merge(kept, absorbed)
    decisions.change(by=reviewer, report=kept, stage=TA, verdict="exclude")
    assert vote(second_reviewer, kept, "exclude").state == "excluded"
    assert_projections_hold(started_review)


def test_a_settlement_falls_when_a_merge_brings_a_third_voter(
    started_review: Review, reviewer: User, second_reviewer: User, third_reviewer: User
) -> None:
    kept, absorbed = opened(started_review, 2)
    vote(reviewer, kept, "include")
    vote(second_reviewer, kept, "exclude")
    adjudications.settle(by=third_reviewer, report=kept, stage=TA, verdict="include")
    vote(third_reviewer, absorbed, "exclude")
    merge(kept, absorbed)
    assert state_of(kept).state == "conflict"
    split(kept, absorbed)
    assert state_of(kept).state == "included"


def test_a_text_of_an_absorbed_report_is_a_text_of_the_kept_one(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    kept, absorbed = opened(started_review, 2)
    for report in (kept, absorbed):
        vote(reviewer, report, "include")
        vote(second_reviewer, report, "include")
    attachment = attach(reviewer, absorbed)
    merge(kept, absorbed)
    assert state_of(kept, FT).retrieval == "retrieved"
    assert selectors.attachments_of([kept.pk]) == {kept.pk: attachment}
    assert [row.report_id for row in selectors.full_text_outcomes(started_review)] == [kept.pk]


def test_the_handler_may_run_twice(started_review: Review, reviewer: User) -> None:
    kept, absorbed = opened(started_review, 2)
    vote(reviewer, kept, "include")
    merge(kept, absorbed)
    for _ in range(2):
        handlers.reports_changed(review_id=started_review.pk, kept=kept.pk, absorbed=absorbed.pk)
    assert_projections_hold(started_review)
