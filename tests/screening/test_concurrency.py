"""Two people vote at the same moment, each in a transaction of their own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from reviews.errors import DomainError
from reviews.models import OutboxEvent, Report, Review, User
from screening.errors import AlreadyVoted, NotOpen
from screening.models import Decision, StageCount
from screening.services import adjudications, decisions
from tests.screening.support import FT, TA, assert_projections_hold, opened, state_of, vote

# The flush after a real transaction deletes facts, so the triggers go first: `flushable`.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("flushable")]


def together(*acts: Callable[[], object]) -> list[object]:
    """Run the acts at once, each on its own connection; a refusal is its result."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            barrier.wait(timeout=60)
            return act()
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(timeout=120) for future in [pool.submit(run, act) for act in acts]]


def casting(person: User, report: Report, verdict: str) -> Callable[[], object]:
    def act() -> object:
        fresh = Report.objects.select_related("review__protocol").get(pk=report.pk)
        return decisions.submit(by=person, report=fresh, stage=TA, verdict=verdict)

    return act


def test_two_simultaneous_votes_give_one_right_state(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    for report in opened(started_review, 5):
        before = OutboxEvent.objects.filter(
            topic="screening.state_changed", payload__report=report.pk
        ).count()
        together(casting(reviewer, report, "include"), casting(second_reviewer, report, "include"))
        assert (state_of(report).state, state_of(report).votes) == ("included", 2)
        assert state_of(report, FT).state == "open"
        told = OutboxEvent.objects.filter(topic="screening.state_changed", payload__report=report.pk).count()
        assert told == before + 2  # title/abstract was included, full text was opened
    assert_projections_hold(started_review)


def test_two_simultaneous_votes_that_differ_are_a_conflict(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    for report in opened(started_review, 3):
        together(casting(reviewer, report, "include"), casting(second_reviewer, report, "exclude"))
        assert state_of(report).state == "conflict"
    counts = dict(StageCount.objects.filter(stage__name=TA).values_list("state", "n"))
    assert counts["conflict"] == 3
    assert_projections_hold(started_review)


def test_a_double_click_is_one_vote(started_review: Review, reviewer: User) -> None:
    [report] = opened(started_review)
    results = together(casting(reviewer, report, "include"), casting(reviewer, report, "include"))
    assert sum(isinstance(one, AlreadyVoted) for one in results) == 1
    assert Decision.objects.count() == 1


def test_of_three_votes_at_once_two_are_taken(
    started_review: Review, reviewer: User, second_reviewer: User, third_reviewer: User
) -> None:
    [report] = opened(started_review)
    people = (reviewer, second_reviewer, third_reviewer)
    results = together(*(casting(person, report, "exclude") for person in people))
    assert sum(isinstance(one, NotOpen) for one in results) == 1
    assert (state_of(report).state, Decision.objects.count()) == ("excluded", 2)
    assert_projections_hold(started_review)


def test_votes_on_different_reports_do_not_lose_counts(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    first, second = opened(started_review, 2)
    vote(reviewer, first, "include")
    vote(reviewer, second, "exclude")
    together(casting(second_reviewer, first, "exclude"), casting(second_reviewer, second, "exclude"))
    assert_projections_hold(started_review)


def test_a_withdrawal_and_a_second_vote_at_once_keep_the_facts(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    [report] = opened(started_review)
    vote(reviewer, report, "include")
    together(
        lambda: decisions.withdraw(by=reviewer, report=Report.objects.get(pk=report.pk), stage=TA),
        casting(second_reviewer, report, "include"),
    )
    assert (state_of(report).state, state_of(report).votes) == ("open", 1)
    assert_projections_hold(started_review)


def test_two_settlements_at_once_are_one_after_the_other(
    started_review: Review, reviewer: User, second_reviewer: User, third_reviewer: User, lead: User
) -> None:
    [report] = opened(started_review)
    vote(reviewer, report, "include")
    vote(second_reviewer, report, "exclude")

    def settling(person: User, verdict: str) -> Callable[[], object]:
        return lambda: adjudications.settle(
            by=person, report=Report.objects.get(pk=report.pk), stage=TA, verdict=verdict
        )

    together(settling(third_reviewer, "include"), settling(lead, "exclude"))
    assert state_of(report).state in {"included", "excluded"}
    assert_projections_hold(started_review)
