"""A changed rule, handlers that run twice, and projections that are written anew."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from reviews.errors import InvalidInput, NotAllowed
from reviews.models import AuditEvent, FeedEntry, Record, Review, User
from reviews.services import protocols
from screening import handlers, selectors
from screening.models import ReviewerCursor, ScreeningOutcome, ScreeningState, StageCount
from screening.services import opening, stages
from tests import factories
from tests.screening.support import FT, TA, assert_projections_hold, opened, state_of, vote

Relay = Callable[[], int]


def test_fewer_votes_settle_what_waits(
    started_review: Review, lead: User, reviewer: User, relay: Relay
) -> None:
    first, second = opened(started_review, 2)
    vote(reviewer, first, "include")
    vote(reviewer, second, "exclude")
    preview = stages.preview_votes(review=started_review, name=TA, n=1)
    assert [(move.before, move.after, move.n) for move in preview] == [
        (ScreeningOutcome.OPEN, ScreeningOutcome.EXCLUDED, 1),
        (ScreeningOutcome.OPEN, ScreeningOutcome.INCLUDED, 1),
    ]
    assert state_of(first).state == "open"
    stages.set_votes(by=lead, review=started_review, name=TA, n=1)
    relay()
    assert (state_of(first).state, state_of(second).state) == ("included", "excluded")
    assert state_of(first, FT).retrieval == "wanted"
    assert_projections_hold(started_review)


def test_more_votes_open_what_was_settled_and_back(
    started_review: Review, lead: User, reviewer: User, second_reviewer: User, relay: Relay
) -> None:
    [report] = opened(started_review)
    vote(reviewer, report, "include")
    vote(second_reviewer, report, "include")
    stages.set_votes(by=lead, review=started_review, name=TA, n=3)
    relay()
    assert (state_of(report).state, state_of(report, FT).state) == ("open", "absorbed")
    stages.set_votes(by=lead, review=started_review, name=TA, n=2)
    relay()
    assert (state_of(report).state, state_of(report, FT).state) == ("included", "open")
    assert_projections_hold(started_review)


def test_a_changed_rule_goes_on_in_batches(
    started_review: Review, lead: User, reviewer: User, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "BATCH", 2)
    reports = opened(started_review, 5)
    for report in reports:
        vote(reviewer, report, "exclude")
    stages.set_votes(by=lead, review=started_review, name=TA, n=1)
    relay()
    assert {state_of(report).state for report in reports} == {"excluded"}
    assert_projections_hold(started_review)


def test_a_large_import_opens_in_batches(
    started_review: Review, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "BATCH", 2)
    factories.reports(started_review, 5)
    relay()
    assert ScreeningState.objects.count() == 5
    assert len(set(ScreeningState.objects.values_list("order_key", flat=True))) == 5
    assert_projections_hold(started_review)


def test_set_votes_keeps_the_old_number_in_the_audit(started_review: Review, lead: User) -> None:
    stage = stages.set_votes(by=lead, review=started_review, name=TA, n=3)
    assert stage.rule_version == 2
    entry = AuditEvent.objects.get(verb="stage.votes_changed")
    assert (entry.old, entry.new) == ({"votes_required": 2}, {"votes_required": 3})


@pytest.mark.parametrize("n", [0, 6, -1])
def test_votes_outside_one_to_five_are_refused(started_review: Review, lead: User, n: int) -> None:
    with pytest.raises(InvalidInput):
        stages.set_votes(by=lead, review=started_review, name=TA, n=n)
    with pytest.raises(InvalidInput):
        stages.preview_votes(review=started_review, name=TA, n=n)


def test_only_the_lead_changes_the_rules(started_review: Review, reviewer: User) -> None:
    with pytest.raises(NotAllowed):
        stages.set_votes(by=reviewer, review=started_review, name=TA, n=1)
    with pytest.raises(NotAllowed):
        stages.set_adjudication(by=reviewer, review=started_review, rule="lead")


def test_an_unknown_adjudication_is_refused(started_review: Review, lead: User) -> None:
    with pytest.raises(InvalidInput):
        stages.set_adjudication(by=lead, review=started_review, rule="coin")


def test_records_of_an_unfinished_run_are_not_opened(started_review: Review, relay: Relay) -> None:
    factories.reports(started_review, 2)
    Record.objects.update(seq=None)
    relay()
    assert not ScreeningState.objects.exists()


def test_open_items_may_run_twice(started_review: Review) -> None:
    opened(started_review, 3)
    for _ in range(2):
        handlers.open_items(review_id=started_review.pk)
    assert ScreeningState.objects.count() == 3
    assert_projections_hold(started_review)


def test_an_amendment_of_eligibility_is_noted_once(started_review: Review, lead: User, relay: Relay) -> None:
    protocols.add_criterion(
        by=lead, review=started_review, slot="other", kind="exclude", text="No abstracts", reason="Too many"
    )
    relay()
    entry = FeedEntry.objects.get(kind="screen_again")
    version = int(entry.key.removeprefix("screen_again:"))
    handlers.protocol_amended(review_id=started_review.pk, version=version)
    assert FeedEntry.objects.filter(kind="screen_again").count() == 1
    assert entry.params["stages"] == ["title_abstract", "full_text"]


def test_an_amendment_of_an_outcome_asks_nobody_to_screen_again(started_review: Review, relay: Relay) -> None:
    factories.outcome(started_review)
    relay()
    assert not FeedEntry.objects.filter(kind="screen_again").exists()


def test_rebuild_finds_and_mends_what_was_spoilt(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    first, second = opened(started_review, 2)
    vote(reviewer, first, "include")
    vote(second_reviewer, first, "include")
    call_command("rebuild_projections", check=True, stdout=StringIO())
    ScreeningState.objects.filter(report=second).update(state="excluded")
    StageCount.objects.filter(state="open", stage__name=TA).update(n=7)
    ReviewerCursor.objects.filter(reviewer=reviewer).update(voted=0)
    said = StringIO()
    with pytest.raises(CommandError):
        call_command("rebuild_projections", check=True, stdout=said)
    assert {line.split(": ")[1].split(" ")[0] for line in said.getvalue().splitlines()} == {
        "state",
        "count",
        "votes",
    }
    call_command("rebuild_projections", review=started_review.slug, stdout=StringIO())
    assert state_of(second).state == "open"
    assert_projections_hold(started_review)


def test_rebuild_names_an_unknown_review(db: None) -> None:
    with pytest.raises(CommandError, match="nowhere"):
        call_command("rebuild_projections", review="nowhere")


def test_agreement_counts_settled_reports_of_two_voters(
    started_review: Review, reviewer: User, second_reviewer: User, third_reviewer: User
) -> None:
    both, other, _ = opened(started_review, 3)
    for person in (reviewer, second_reviewer):
        vote(person, both, "include")
        vote(person, other, "exclude")
    result = selectors.agreement(stages.stage_of(started_review, TA))
    assert (result.n, result.agreed, result.kappa) == (2, 2, 1.0)
