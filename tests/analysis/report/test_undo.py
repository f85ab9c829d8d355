"""An undone run takes its reports out of screening, flow and analyses, and brings all of it back."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from analysis.models import Eligibility, Study
from analysis.selectors import flow, studies
from analysis.selectors.undo import consequences
from analysis.services import eligibility
from analysis.services import studies as moving
from reviews.models import FeedEntry, Record, Report, Review, RunState, SearchRun, User
from reviews.prisma import identities
from reviews.services import duplicates, protocols, undoing
from screening.models import Decision, ScreeningState, StageCount, StageName
from screening.services import decisions, queue, rebuilding, stages
from tests import factories
from tests.analysis.report.makers import exclude, include

Relay = Callable[[], int]


def run_of(report: Report) -> SearchRun:
    return SearchRun.objects.get(records__filed__report=report)


def standing(review: Review) -> list[Any]:
    """What people see of screening, flow and studies."""
    return [
        *ScreeningState.objects.filter(review=review)
        .order_by("stage_id", "report_id")
        .values_list("stage_id", "report_id", "state", "reason_id", "votes", "retrieval"),
        *StageCount.objects.filter(stage__review=review).order_by("pk").values_list("state", "n"),
        *Study.objects.filter(review=review).order_by("pk").values_list("label", "eligibility"),
        flow.flow(review),
    ]


@pytest.fixture
def pair(reviewer: User, second_reviewer: User) -> tuple[User, User]:
    return reviewer, second_reviewer


def test_a_report_leaves_its_queue_and_comes_back_with_its_votes(
    started_review: Review, relay: Relay, lead: User, reviewer: User, second_reviewer: User
) -> None:
    stays, goes = factories.report(started_review), factories.report(started_review)
    relay()
    decisions.submit(by=reviewer, report=goes, stage=StageName.TITLE_ABSTRACT, verdict="include")
    before = standing(started_review)
    run = run_of(goes)

    undoing.undo(by=lead, run=run)
    relay()

    stage = stages.stage_of(started_review, StageName.TITLE_ABSTRACT)
    waiting = queue.take_next(by=second_reviewer, stage=stage)
    assert [item.report_id for item in waiting] == [stays.pk]
    assert Decision.objects.filter(report=goes).count() == 1
    assert flow.flow(started_review).identified == 1
    assert list(rebuilding.differences(started_review)) == []
    undoing.restore(by=lead, run=run)
    relay()
    assert standing(started_review) == before


def test_an_included_study_that_loses_its_only_report_leaves_and_returns(
    started_review: Review, relay: Relay, lead: User, pair: tuple[User, User]
) -> None:
    report = include(started_review, pair, relay)
    study = Study.objects.get(review=started_review)
    before, run = standing(started_review), run_of(report)

    undoing.undo(by=lead, run=run)
    relay()

    study.refresh_from_db()
    assert study.eligibility != Eligibility.INCLUDED
    assert studies.studies_of(started_review) == []
    assert flow.flow(started_review).new_studies == 0
    undoing.restore(by=lead, run=run)
    relay()
    assert standing(started_review) == before
    assert [listed.study for listed in studies.studies_of(started_review)] == [study]


def test_what_a_person_said_of_the_study_holds_again(
    started_review: Review, relay: Relay, lead: User, reviewer: User, pair: tuple[User, User]
) -> None:
    from_here = include(started_review, pair, relay)
    study = Study.objects.get(review=started_review)
    eligibility.set_eligibility(by=reviewer, study=study, verdict=Eligibility.ONGOING, note="Registered")
    run = run_of(from_here)

    undoing.undo(by=lead, run=run)
    relay()
    undoing.restore(by=lead, run=run)
    relay()

    study.refresh_from_db()
    assert study.eligibility == Eligibility.ONGOING


def test_a_merged_report_goes_on_with_what_is_left(
    started_review: Review, relay: Relay, lead: User, pair: tuple[User, User]
) -> None:
    kept, absorbed = factories.report(started_review), factories.report(started_review)
    relay()
    for person in pair:
        decisions.submit(by=person, report=kept, stage=StageName.TITLE_ABSTRACT, verdict="include")
    duplicates.merge(by=lead, kept=kept, absorbed=absorbed, rule="told")
    relay()
    before = standing(started_review)

    undoing.undo(by=lead, run=run_of(kept))
    relay()

    state = ScreeningState.objects.get(report=kept, stage__name=StageName.TITLE_ABSTRACT)
    assert state.state == "included"
    found = flow.flow(started_review)
    assert (found.identified, found.duplicates) == (1, 0)
    assert identities(found) == []
    undoing.restore(by=lead, run=run_of(kept))
    relay()
    assert standing(started_review) == before


def test_reports_that_were_undone_before_the_start_are_opened_when_they_return(
    review: Review, lead: User, relay: Relay
) -> None:
    kept, absorbed = factories.report(review), factories.report(review)
    duplicates.merge(by=lead, kept=kept, absorbed=absorbed, rule="told")
    undoing.undo(by=lead, run=run_of(kept))
    protocols.start_screening(by=lead, review=review)
    relay()
    assert ScreeningState.objects.get(review=review).report == kept
    undoing.undo(by=lead, run=run_of(absorbed))
    relay()
    assert flow.flow(review).identified == 0
    undoing.restore(by=lead, run=run_of(absorbed))
    relay()
    assert identities(flow.flow(review)) == []


def test_the_consequences_are_told_beforehand(
    started_review: Review, relay: Relay, pair: tuple[User, User]
) -> None:
    included = include(started_review, pair, relay)
    exclude(started_review, pair, relay, reason="Wrong design")

    told = consequences(run_of(included))

    assert (told.records, told.reports, told.screened, told.included) == (1, 1, 1, 1)
    assert [study.label for study in told.studies] == [Study.objects.order_by("pk")[0].label]


def test_a_study_that_another_report_tells_of_is_not_lost(
    started_review: Review, relay: Relay, pair: tuple[User, User], lead: User
) -> None:
    goes = include(started_review, pair, relay)
    stays = include(started_review, pair, relay)
    study = Study.objects.get(study_reports__report=stays)
    moving.move(by=lead, study=study, report=goes)

    told = consequences(run_of(goes))

    assert (told.reports, told.included, told.studies) == (1, 1, ())


def test_the_feed_tells_of_it_once(started_review: Review, relay: Relay, lead: User) -> None:
    run = run_of(factories.report(started_review))
    undoing.undo(by=lead, run=run, reason="The wrong export")
    relay()
    undoing.restore(by=lead, run=run)
    relay()
    kinds = FeedEntry.objects.filter(review_id=started_review.pk, kind__startswith="run_")
    assert sorted(kinds.values_list("kind", flat=True)) == ["run_restored", "run_undone"]


def test_the_page_says_what_leaves_and_does_it(
    started_review: Review,
    relay: Relay,
    lead: User,
    pair: tuple[User, User],
    signed_in: Callable[[User], Client],
) -> None:
    run = run_of(include(started_review, pair, relay))
    client, address = signed_in(lead), f"/r/{started_review.slug}/runs/{run.pk}"
    assert f"{address}/undo/" in client.get(f"{address}/").content.decode()

    page = client.get(f"{address}/undo/").content.decode()
    assert "Analyses lose studies" in page
    answer = client.post(f"{address}/undo/", {"reason": "The wrong export"}, follow=True)

    assert "1 record has left the counts" in answer.content.decode()
    assert "The wrong export" in answer.content.decode()
    assert not Record.objects.filter(run=run, seq__isnull=False).exists()
    refused = client.post(f"{address}/undo/", follow=True)
    assert undoing.NotUndoable.sentence in refused.content.decode()
    answer = client.post(f"{address}/restore/", follow=True)
    assert "1 record is back" in answer.content.decode()
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE


def test_an_observer_is_not_offered_an_undo(
    started_review: Review, observer: User, signed_in: Callable[[User], Client]
) -> None:
    run = run_of(factories.report(started_review))
    client = signed_in(observer)
    assert "/undo/" not in client.get(f"/r/{started_review.slug}/runs/{run.pk}/").content.decode()
    assert client.get(f"/r/{started_review.slug}/runs/{run.pk}/undo/").status_code == 403
