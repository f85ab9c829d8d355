"""The counts on the tabs: what waits for this person, and nothing of what colleagues did."""

from collections.abc import Callable

from analysis.selectors.waiting import waiting_for, waiting_of
from analysis.services import extractions
from reviews.access import members_review
from reviews.models import Review, User
from screening.models import StageName
from screening.services import decisions
from tests import factories
from tests.analysis import makers
from tests.analysis.report.makers import at_full_text

Relay = Callable[[], int]


def test_before_screening_the_protocol_waits_for_the_lead_alone(
    review: Review, lead: User, observer: User
) -> None:
    assert waiting_for(members_review(lead, review.slug))["protocol"] == 1
    assert sum(waiting_for(members_review(observer, review.slug)).values()) == 0


def test_votes_wait_until_they_are_cast_and_tell_nothing_of_others(
    started_review: Review, relay: Relay, reviewer: User, second_reviewer: User
) -> None:
    first, _ = factories.reports(started_review, 2)
    relay()
    mine, other = (members_review(person, started_review.slug) for person in (reviewer, second_reviewer))
    assert waiting_of(mine).votes == 2
    decisions.submit(by=second_reviewer, report=first, stage=StageName.TITLE_ABSTRACT, verdict="include")
    assert (waiting_of(mine).votes, waiting_of(other).votes) == (2, 1)
    decisions.withdraw(by=second_reviewer, report=first, stage=StageName.TITLE_ABSTRACT)
    assert waiting_of(other).votes == 2


def test_a_conflict_waits_for_a_third_person(
    started_review: Review, relay: Relay, reviewer: User, second_reviewer: User, third_reviewer: User
) -> None:
    report = factories.report(started_review)
    relay()
    for person, verdict in ((reviewer, "include"), (second_reviewer, "exclude")):
        decisions.submit(by=person, report=report, stage=StageName.TITLE_ABSTRACT, verdict=verdict)
    assert waiting_of(members_review(third_reviewer, started_review.slug)).conflicts == 1
    assert waiting_of(members_review(reviewer, started_review.slug)).conflicts == 0


def test_a_full_text_waits_once_it_is_there(
    started_review: Review, relay: Relay, reviewer: User, second_reviewer: User
) -> None:
    at_full_text(started_review, [reviewer, second_reviewer], relay)
    found = waiting_of(members_review(reviewer, started_review.slug))
    assert (found.full_texts, found.retrieval) == (1, 0)


def test_a_study_waits_to_be_read_then_to_be_agreed_on(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    study = makers.study(started_review, "Adams")
    mine = members_review(reviewer, started_review.slug)
    assert waiting_of(mine).extractions == 1
    extractions.finish(by=reviewer, extraction=makers.fill(reviewer, study, {"events": "3", "total": "9"}))
    assert (waiting_of(mine).extractions, waiting_of(mine).agreements) == (0, 0)
    theirs = makers.fill(second_reviewer, study, {"events": "3", "total": "9"})
    extractions.finish(by=second_reviewer, extraction=theirs)
    assert waiting_of(mine).agreements == 1
    extractions.agree_equal(by=reviewer, study=study)
    assert waiting_of(mine).agreements == 0


def test_the_counts_take_two_statements(
    started_review: Review, lead: User, django_assert_num_queries: Callable[..., object]
) -> None:
    member = members_review(lead, started_review.slug)
    with django_assert_num_queries(2):  # type: ignore[attr-defined]
        waiting_for(member)
