"""Every record in exactly one place, after every act and while work is on its way."""

import random
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import pytest
from django.db import connection
from django.db.models import Model, QuerySet

from analysis.models import Eligibility, Study
from analysis.selectors import flow
from analysis.services import eligibility
from reviews.errors import DomainError
from reviews.models import (
    ExclusionReason,
    MergeEvent,
    Record,
    RecordReport,
    Report,
    Review,
    RunState,
    SearchRun,
    User,
)
from reviews.prisma import Flow, Place, identities
from reviews.services import duplicates, standing, undoing
from screening.models import ScreeningState, StageName
from screening.services import adjudications, decisions, rebuilding, retrieval
from tests import factories
from tests.analysis.report.makers import exclude, include, take_in

Relay = Callable[[], int]
Row = TypeVar("Row", bound=Model)


def places(review: Review) -> Counter[Place | None]:
    return Counter(row.place for row in flow.classified(review))


def faults(review: Review) -> list[str]:
    return [violation.code for violation in identities(flow.flow(review))]


def test_an_empty_review_has_an_empty_flow_that_adds_up(review: Review) -> None:
    assert flow.flow(review) == Flow()
    assert flow.state_of(review).violations == ()


def test_before_screening_starts_every_record_awaits_it(review: Review) -> None:
    factories.reports(review, 3)
    assert places(review) == {Place.AWAITING_SCREENING: 3}
    assert faults(review) == []


def test_records_on_their_way_to_the_queue_await_a_decision(started_review: Review, relay: Relay) -> None:
    relay()
    factories.reports(started_review, 2)
    assert places(started_review) == {Place.AWAITING_SCREENING: 2}
    relay()
    assert places(started_review) == {Place.AWAITING_SCREENING: 2}
    assert faults(started_review) == []


def test_records_of_a_run_that_is_not_complete_count_for_nothing(review: Review) -> None:
    factories.reports(review, 2)
    Record.objects.filter(review=review).update(seq=None)
    assert flow.flow(review).identified == 0


def test_a_report_goes_through_every_place(
    started_review: Review, relay: Relay, reviewer: User, second_reviewer: User
) -> None:
    report = factories.report(started_review)
    relay()
    pair = (reviewer, second_reviewer)

    def vote(stage: str, verdict: str) -> None:
        for person in pair:
            decisions.submit(by=person, report=report, stage=stage, verdict=verdict)

    vote(StageName.TITLE_ABSTRACT, "include")
    assert places(started_review) == {Place.AWAITING_RETRIEVAL: 1}
    retrieval.not_retrieved(by=reviewer, report=report, reason="no answer from the authors")
    assert places(started_review) == {Place.NOT_RETRIEVED: 1}
    take_in(reviewer, report)
    assert places(started_review) == {Place.AWAITING_ASSESSMENT: 1}
    vote(StageName.FULL_TEXT, "include")
    assert places(started_review) == {Place.AWAITING_CLASSIFICATION: 1}  # its study is not written yet
    relay()
    assert places(started_review) == {Place.INCLUDED: 1}
    assert faults(started_review) == []
    study = Study.objects.get(review=started_review)
    eligibility.set_eligibility(by=reviewer, study=study, verdict=Eligibility.ONGOING, note="registered")
    assert places(started_review) == {Place.ONGOING: 1}
    assert faults(started_review) == []


def test_a_study_set_aside_by_a_person_is_excluded_for_its_reason(
    started_review: Review, relay: Relay, reviewer: User, second_reviewer: User
) -> None:
    include(started_review, [reviewer, second_reviewer], relay)
    why = ExclusionReason.objects.get(protocol__review=started_review, label="Wrong design")
    eligibility.set_eligibility(
        by=reviewer,
        study=Study.objects.get(review=started_review),
        verdict=Eligibility.EXCLUDED,
        reason=why,
    )
    found = flow.flow(started_review)
    assert [(item.name, item.n) for item in found.dbr_excluded] == [("Wrong design", 1)]
    assert found.new_studies == 0
    assert identities(found) == []


def test_of_a_cluster_the_first_record_stands_and_the_others_are_duplicates(
    started_review: Review, relay: Relay, lead: User
) -> None:
    first, second, third = factories.reports(started_review, 3)
    relay()
    duplicates.merge(by=lead, kept=second, absorbed=first, rule="told")
    duplicates.merge(by=lead, kept=third, absorbed=second, rule="told")
    standing = [row.record for row in flow.classified(started_review) if row.place is not Place.DUPLICATE]
    assert standing == [RecordReport.objects.get(report=first).record_id]
    assert places(started_review)[Place.DUPLICATE] == 2
    assert faults(started_review) == []


def test_a_second_source_is_counted_by_its_kind(review: Review) -> None:
    factories.report(review)
    register = factories.source(review, name="Register", kind="register")
    factories.reports(review, 2, source=register)
    found = flow.flow(review)
    assert (found.database_results, found.register_results) == (1, 2)
    assert [(item.name, item.n) for item in found.register_specific] == [("Register", 2)]


def test_a_record_that_lost_its_report_is_seen(review: Review) -> None:
    report = factories.report(review)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM reviews_recordreport WHERE report_id = %s", [report.pk])
    assert "unplaced" in faults(review)


def test_a_state_that_vanished_is_seen(started_review: Review, relay: Relay) -> None:
    report = factories.report(started_review)
    relay()
    assert faults(started_review) == []
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM screening_screeningstate WHERE report_id = %s", [report.pk])
    assert {"unplaced", "records_screened"} <= set(faults(started_review))


def test_a_state_that_was_overwritten_is_seen(started_review: Review, relay: Relay) -> None:
    report = factories.report(started_review)
    relay()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE screening_screeningstate SET state = 'lost' WHERE report_id = %s", [report.pk])
    assert "unplaced" in faults(started_review)


def test_lists_behind_the_boxes_are_paged_and_hold_every_record(started_review: Review, relay: Relay) -> None:
    factories.reports(started_review, 5)
    relay()
    first, total = flow.listed(started_review, {Place.AWAITING_SCREENING}, limit=3)
    rest, _ = flow.listed(started_review, {Place.AWAITING_SCREENING}, after=first[-1].record.pk, limit=3)
    assert total == 5
    assert len({row.record.pk for row in (*first, *rest)}) == 5
    assert len(list(flow.all_listed(started_review, {Place.AWAITING_SCREENING}))) == 5


def test_the_flow_of_a_version_reads_back_as_it_was(
    started_review: Review, relay: Relay, reviewer: User, second_reviewer: User
) -> None:
    include(started_review, [reviewer, second_reviewer], relay)
    exclude(started_review, [reviewer, second_reviewer], relay, reason="Wrong design")
    found = flow.flow(started_review)
    assert flow.from_values(flow.to_values(found)) == found


def test_the_number_of_statements_does_not_grow_with_the_records(
    started_review: Review, relay: Relay, django_assert_max_num_queries: Callable[..., object]
) -> None:
    factories.reports(started_review, 30)
    relay()
    with django_assert_max_num_queries(6):  # type: ignore[attr-defined]
        flow.flow(started_review)


# -- Histories ----------------------------------------------------------------------------------------
class History:
    """Random acts of a team; refusals are part of a history."""

    def __init__(self, review: Review, people: list[User], seed: int) -> None:
        self.review, self.people, self.random = review, people, random.Random(seed)

    def report(self) -> Report:
        return self.random.choice(list(Report.objects.filter(review=self.review).order_by("pk")))

    def one_of(self, rows: QuerySet[Row]) -> Row | None:
        found = list(rows.order_by("pk"))
        return self.random.choice(found) if found else None

    def step(self) -> None:
        act = self.random.choice(
            [
                *([self.vote] * 8),
                self.arrive,
                self.settle,
                self.retrieve,
                self.merge,
                self.split,
                self.withdraw,
                self.classify,
                self.undo,
                self.restore,
            ]
        )
        try:
            act()
        except DomainError:
            return

    def arrive(self) -> None:
        factories.report(self.review)

    def vote(self) -> None:
        stage = self.random.choice([StageName.TITLE_ABSTRACT, StageName.FULL_TEXT])
        verdict = self.random.choice(["include", "include", "exclude"])
        reason = None
        if verdict == "exclude" and stage == StageName.FULL_TEXT:
            reason = self.one_of(ExclusionReason.objects.filter(protocol__review=self.review))
        person, report = self.random.choice(self.people), self.report()
        decisions.submit(by=person, report=report, stage=stage, verdict=verdict, reason=reason)

    def withdraw(self) -> None:
        stage = self.random.choice(list(StageName))
        decisions.withdraw(by=self.random.choice(self.people), report=self.report(), stage=stage)

    def settle(self) -> None:
        state = self.one_of(ScreeningState.objects.filter(review=self.review, state="conflict"))
        if state is not None:
            adjudications.settle(
                by=self.random.choice(self.people),
                report=state.report,
                stage=state.stage.name,
                verdict=self.random.choice(["include", "exclude"]),
                reason=ExclusionReason.objects.filter(protocol__review=self.review).first(),
            )

    def retrieve(self) -> None:
        if self.random.random() < 0.8:
            take_in(self.people[0], self.report())
        else:
            retrieval.not_retrieved(by=self.people[0], report=self.report(), reason="not found")

    def merge(self) -> None:
        duplicates.merge(by=self.people[0], kept=self.report(), absorbed=self.report(), rule="told")

    def split(self) -> None:
        event = self.one_of(MergeEvent.objects.filter(review=self.review, kind="merge"))
        if event is not None:
            duplicates.split(by=self.people[0], event=event)

    def undo(self) -> None:
        run = self.one_of(SearchRun.objects.filter(review=self.review, state=RunState.COMPLETE))
        if run is not None:
            undoing.undo(by=self.people[0], run=run)

    def restore(self) -> None:
        run = self.one_of(SearchRun.objects.filter(review=self.review, state=RunState.UNDONE))
        if run is not None:
            undoing.restore(by=self.people[0], run=run)

    def classify(self) -> None:
        study = self.one_of(Study.objects.filter(review=self.review))
        if study is not None:
            verdict = self.random.choice(Eligibility.values)
            eligibility.set_eligibility(by=self.people[0], study=study, verdict=verdict, note="as said")


@pytest.mark.parametrize("seed", [3, 7, 11])
def test_the_flow_adds_up_after_every_act_of_any_history(
    started_review: Review,
    relay: Relay,
    reviewer: User,
    second_reviewer: User,
    third_reviewer: User,
    seed: int,
) -> None:
    factories.reports(started_review, 3)
    factories.reports(started_review, 3)
    relay()
    history = History(started_review, [reviewer, second_reviewer, third_reviewer], seed)
    for step in range(60):
        history.step()
        assert [item for item in faults(started_review) if item != "sought"] == [], f"after step {step}"
        if history.random.random() < 0.6:
            relay()
            assert faults(started_review) == [], f"after the handlers of step {step}"
            assert list(rebuilding.differences(started_review)) == [], f"after the handlers of step {step}"
            assert standing.differences(started_review.pk) == []
