"""What was screened and is found again keeps its decision and gains a source; an undo gives all back."""

from collections.abc import Callable
from typing import Any

from analysis.selectors import flow
from reviews.models import MergeEvent, Record, Report, Review, User
from reviews.selectors.duplicates import sources_of
from reviews.services import duplicates
from screening.models import Decision, ScreeningState
from screening.services import queue, stages
from tests import factories
from tests.screening.support import TA, assert_projections_hold, state_of, vote

Relay = Callable[[], int]
PAPER: dict[str, Any] = {
    "authors": ["Family, Given A"], "year": 2020, "journal": "Journal of Tests", "volume": "26",
    "pages": "1606-1615", "doi": "10.1000/zinc.1",
}  # fmt: skip
TITLE = "Zinc for the common cold in adults: a randomised controlled trial"


def _screened(review: Review, people: tuple[User, User], verdict: str, relay: Relay) -> Report:
    report = factories.report(review, TITLE, **PAPER)
    relay()
    for person in people:
        vote(person, report, verdict)
    relay()
    return report


def _found_again(review: Review, relay: Relay) -> Report:
    report = factories.report(review, TITLE.upper(), source=factories.source(review, "Embase"), **PAPER)
    relay()
    return report


def test_a_record_found_again_keeps_its_decision_and_gains_a_source(
    started_review: Review, reviewer: User, second_reviewer: User, relay: Relay
) -> None:
    report = _screened(started_review, (reviewer, second_reviewer), "exclude", relay)
    before = flow.flow(started_review)

    again = _found_again(started_review, relay)

    assert MergeEvent.objects.get().by is None
    assert state_of(report).state == "excluded"
    assert not ScreeningState.objects.filter(report=again).exists()  # it was merged before anybody saw it
    assert Decision.objects.count() == 2
    assert "Embase" in sources_of([report.pk])[report.pk].values()
    after = flow.flow(started_review)
    assert after.duplicates == before.duplicates + 1
    assert after.records_screened == before.records_screened
    assert after.records_excluded == before.records_excluded
    assert flow.state_of(started_review).errors == ()
    assert_projections_hold(started_review)


def test_nobody_is_asked_again_about_what_they_decided(
    started_review: Review, reviewer: User, second_reviewer: User, third_reviewer: User, relay: Relay
) -> None:
    _screened(started_review, (reviewer, second_reviewer), "include", relay)
    _found_again(started_review, relay)
    stage = stages.stage_of(started_review, TA)
    for person in (reviewer, second_reviewer, third_reviewer):
        assert queue.take_next(by=person, stage=stage) == []


def test_an_undo_gives_votes_counts_and_work_back_exactly(
    started_review: Review, reviewer: User, second_reviewer: User, lead: User, relay: Relay
) -> None:
    report = _screened(started_review, (reviewer, second_reviewer), "exclude", relay)
    again = _found_again(started_review, relay)

    duplicates.split(by=lead, event=MergeEvent.objects.get())
    relay()

    assert (state_of(report).state, state_of(again).state) == ("excluded", "open")
    assert flow.flow(started_review).awaiting_screening == 1
    assert Record.objects.filter(filed__report=again).count() == 1
    assert_projections_hold(started_review)


def test_one_half_decided_vote_counts_for_the_publication(
    started_review: Review, reviewer: User, second_reviewer: User, relay: Relay
) -> None:
    report = factories.report(started_review, TITLE, **PAPER)
    relay()
    vote(reviewer, report, "include")
    _found_again(started_review, relay)
    vote(second_reviewer, report, "include")
    assert state_of(report).state == "included"
    assert_projections_hold(started_review)
