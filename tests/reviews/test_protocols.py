"""The protocol: free before screening starts, amended with a reason after."""

from datetime import timedelta

import pytest

from reviews.errors import InvalidInput
from reviews.models import (
    Amendment,
    Direction,
    Measure,
    OutboxEvent,
    OutcomeType,
    ProtocolVersion,
    Review,
    User,
)
from reviews.services import protocols
from tests import factories


def test_screening_does_not_start_before_the_checklist_is_done(lead: User) -> None:
    empty = factories.review(lead)
    with pytest.raises(protocols.NotReady, match="eligibility criteria"):
        protocols.start_screening(by=lead, review=empty)


def test_starting_freezes_version_one_and_tells_of_it_once(review: Review, lead: User) -> None:
    version = protocols.start_screening(by=lead, review=review)
    assert version.number == 1
    assert version.content["question"] == "Does it work?"
    assert OutboxEvent.objects.filter(topic="screening.started", review_id=review.pk).count() == 1
    with pytest.raises(protocols.AlreadyStarted):
        protocols.start_screening(by=lead, review=review)


def test_a_change_after_the_start_needs_a_reason(started_review: Review, lead: User) -> None:
    with pytest.raises(protocols.ReasonNeeded):
        protocols.set_text(by=lead, review=started_review, question="Does it harm?")
    assert started_review.protocol.question == "Does it work?"


def test_an_amendment_keeps_both_versions_and_what_changed(started_review: Review, lead: User) -> None:
    protocols.set_text(by=lead, review=started_review, question="Does it harm?", reason="Asked by clinicians")
    amendment = Amendment.objects.get(after__protocol__review=started_review)
    assert amendment.changes == [{"path": "question", "before": "Does it work?", "after": "Does it harm?"}]
    assert amendment.screen_again == ["title_abstract", "full_text"]
    assert [v.number for v in ProtocolVersion.objects.filter(protocol__review=started_review)] == [2, 1]


def test_a_measure_must_fit_the_type(review: Review, lead: User) -> None:
    with pytest.raises(InvalidInput, match="does not fit"):
        protocols.add_outcome(
            by=lead,
            review=review,
            name="pain",
            type=OutcomeType.CONTINUOUS,
            measure=Measure.RR,
            direction=Direction.LOWER,
        )


def test_a_retired_criterion_leaves_the_frozen_version_as_it_was(started_review: Review, lead: User) -> None:
    criterion = started_review.protocol.criteria.get()
    protocols.retire_row(by=lead, review=started_review, row=criterion, reason="Too narrow")
    first = ProtocolVersion.objects.get(protocol__review=started_review, number=1)
    second = ProtocolVersion.objects.get(protocol__review=started_review, number=2)
    assert str(criterion.pk) in first.content["criteria"]
    assert second.content["criteria"] == {}


def test_a_renamed_source_is_not_searched_at_once(review: Review, lead: User) -> None:
    source = factories.source(review, connector="pubmed", query="zinc", interval_days=30)
    later = source.next_run_at + timedelta(days=30) if source.next_run_at else None
    type(source).objects.filter(pk=source.pk).update(next_run_at=later)
    protocols.edit_row(by=lead, review=review, row=source, name="PubMed")
    source.refresh_from_db()
    assert source.next_run_at == later
    protocols.edit_row(by=lead, review=review, row=source, query="zinc AND colds")
    source.refresh_from_db()
    assert source.next_run_at != later


@pytest.mark.parametrize("kind", ["outcomes", "exclusion_reasons", "sources"])
def test_a_row_does_not_take_the_name_of_another(review: Review, lead: User, kind: str) -> None:
    factories.outcome(review, name="survival")
    factories.source(review, name="Register")
    rows = list(getattr(review.protocol, kind).all())
    field = "label" if kind == "exclusion_reasons" else "name"
    taken = getattr(rows[0], field)
    with pytest.raises(InvalidInput, match="already on the list"):
        protocols.edit_row(by=lead, review=review, row=rows[1], **{field: f" {taken} "})
    protocols.edit_row(by=lead, review=review, row=rows[0], **{field: taken})


def test_a_change_is_an_amendment_also_where_its_caller_saw_the_review_before_the_start(
    review: Review, lead: User
) -> None:
    stale = Review.objects.get(pk=review.pk)
    protocols.start_screening(by=lead, review=review)
    with pytest.raises(protocols.ReasonNeeded):
        protocols.set_text(by=lead, review=stale, question="Does it harm?")


def test_a_schedule_needs_a_query_also_when_it_is_given_later(review: Review, lead: User) -> None:
    source = factories.source(review, name="Register", connector="pubmed")
    with pytest.raises(InvalidInput, match="needs a query"):
        protocols.edit_row(by=lead, review=review, row=source, interval_days=7)


def test_an_interval_ends_within_ten_years(review: Review, lead: User) -> None:
    source = factories.source(review, connector="pubmed", query="zinc")
    with pytest.raises(InvalidInput, match="3650 days"):
        protocols.edit_row(by=lead, review=review, row=source, interval_days=10**9)


def test_a_value_that_is_on_no_list_is_refused(review: Review, lead: User) -> None:
    with pytest.raises(InvalidInput, match="expected one of"):
        protocols.add_criterion(by=lead, review=review, slot="design", kind="include", text="Trials")
    source = factories.source(review)
    with pytest.raises(InvalidInput, match="expected one of"):
        protocols.edit_row(by=lead, review=review, row=source, connector="entrez")
