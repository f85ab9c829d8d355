"""A run with many records is undone by a worker: all of it or nothing, whatever is killed between."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reviews import events, tasks
from reviews.errors import NotAllowed
from reviews.models import (
    Record,
    Report,
    Review,
    RunState,
    RunUndo,
    SearchRun,
    Source,
    UndoKind,
    UndoRequest,
    User,
)
from reviews.services import standing, team, undo_requests, undoing
from tests import factories

SignIn = Callable[[User], Client]
UNDONE, RESTORED = UndoKind.UNDONE, UndoKind.RESTORED


@pytest.fixture
def run(review: Review, file_source: Source, monkeypatch: pytest.MonkeyPatch) -> SearchRun:
    """Three records, where more than two are many."""
    monkeypatch.setattr(undo_requests, "AT_ONCE", 2)
    factories.reports(review, 3, source=file_source)
    return SearchRun.objects.get()


def counted(review: Review) -> int:
    return Record.objects.filter(review=review, seq__isnull=False).count()


def test_a_small_run_is_undone_at_once(
    review: Review, run: SearchRun, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo_requests, "AT_ONCE", 3)
    fact = undo_requests.ask(by=lead, run=run, kind=UNDONE)
    assert fact is not None
    assert (fact.records, counted(review)) == (3, 0)
    assert not UndoRequest.objects.exists()


def test_a_large_run_stands_until_the_worker_has_undone_it(
    review: Review, run: SearchRun, lead: User
) -> None:
    assert undo_requests.ask(by=lead, run=run, kind=UNDONE, reason=" The wrong export ") is None
    assert counted(review) == 3

    assert undo_requests.carry_out(run.pk)

    run.refresh_from_db()
    fact = RunUndo.objects.get()
    assert (run.state, counted(review)) == (RunState.UNDONE, 0)
    assert (fact.records, fact.reason, fact.by) == (3, "The wrong export", lead)
    assert not UndoRequest.objects.exists()
    assert not undo_requests.carry_out(run.pk)
    assert undo_requests.ask(by=lead, run=run, kind=RESTORED) is None
    tasks.carry_out_undo(run.pk)
    assert counted(review) == 3
    assert RunUndo.objects.latest("pk").records == 3
    assert standing.differences(review.pk) == []


def test_what_cannot_be_done_is_refused_when_it_is_asked_for(
    run: SearchRun, lead: User, observer: User
) -> None:
    with pytest.raises(NotAllowed):
        undo_requests.ask(by=observer, run=run, kind=UNDONE)
    with pytest.raises(undoing.NotUndone):
        undo_requests.ask(by=lead, run=run, kind=RESTORED)
    undo_requests.ask(by=lead, run=run, kind=UNDONE)
    with pytest.raises(undo_requests.AskedAlready):
        undo_requests.ask(by=lead, run=run, kind=UNDONE)
    assert UndoRequest.objects.count() == 1


def test_a_worker_that_dies_leaves_everything_as_it_was_and_the_next_one_does_it(
    review: Review, run: SearchRun, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    undo_requests.ask(by=lead, run=run, kind=UNDONE)

    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(events, "emit", killed)  # the last thing that an undo does
        with pytest.raises(Killed):
            undo_requests.carry_out(run.pk)
    run.refresh_from_db()
    assert (run.state, counted(review), RunUndo.objects.count()) == (RunState.COMPLETE, 3, 0)
    assert undo_requests.unfinished() == []
    assert not undo_requests.carry_out(run.pk)  # its lease still runs

    UndoRequest.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert undo_requests.unfinished() == [run.pk]
    assert undo_requests.carry_out(run.pk)
    assert counted(review) == 0


def test_a_lost_message_is_sent_again(run: SearchRun, lead: User, monkeypatch: pytest.MonkeyPatch) -> None:
    undo_requests.ask(by=lead, run=run, kind=UNDONE)
    assert undo_requests.unfinished() == []
    UndoRequest.objects.update(requested_at=timezone.now() - timedelta(minutes=1))
    assert undo_requests.unfinished() == [run.pk]

    sent: list[tuple[object, ...]] = []
    monkeypatch.setattr(events, "send", lambda *message: sent.append(message))
    tasks.sweep()
    assert (tasks.carry_out_undo.name, run.pk) in sent


def test_while_the_source_is_read_the_undo_waits(review: Review, run: SearchRun, lead: User) -> None:
    undo_requests.ask(by=lead, run=run, kind=UNDONE)
    busy = SearchRun.objects.create(
        review=review, source=run.source, trigger="hand", state=RunState.RUNNING, lease_until=timezone.now()
    )
    for _ in range(undo_requests.MAX_ATTEMPTS + 2):
        assert not undo_requests.carry_out(run.pk)
    assert counted(review) == 3

    SearchRun.objects.filter(pk=busy.pk).update(state=RunState.FAILED)

    assert undo_requests.carry_out(run.pk)
    assert counted(review) == 0


def test_what_cannot_be_done_any_more_is_told_on_the_page_and_may_be_asked_again(
    review: Review, run: SearchRun, lead: User, reviewer: User, signed_in: SignIn
) -> None:
    undo_requests.ask(by=reviewer, run=run, kind=UNDONE)
    team.end_membership(by=lead, review=review, membership=review.memberships.get(user=reviewer))

    assert undo_requests.carry_out(run.pk)

    page = signed_in(lead).get(reverse("reviews:run", args=[review.slug, run.pk])).content.decode()
    assert "The run could not be undone" in page
    assert counted(review) == 3
    assert undo_requests.unfinished() == []
    assert undo_requests.ask(by=lead, run=run, kind=UNDONE) is None
    assert undo_requests.carry_out(run.pk)
    assert counted(review) == 0


def test_one_that_never_ends_is_given_up(run: SearchRun, lead: User) -> None:
    undo_requests.ask(by=lead, run=run, kind=UNDONE)
    UndoRequest.objects.update(attempts=undo_requests.MAX_ATTEMPTS)
    assert undo_requests.carry_out(run.pk)
    assert "Given up after 5 attempts" in UndoRequest.objects.get().error


def test_the_page_says_that_it_goes_on_and_follows_by_itself(
    review: Review, run: SearchRun, lead: User, signed_in: SignIn
) -> None:
    client = signed_in(lead)
    address = reverse("reviews:run", args=[review.slug, run.pk])
    asked = client.post(reverse("analysis:undo_run", args=[review.slug, run.pk]), {"reason": ""}, follow=True)
    page = asked.content.decode()
    assert "Being undone" in page
    assert 'hx-trigger="every 1s"' in page
    assert "Undo this run" not in page
    first = client.get(address, headers={"HX-Request": "true"})
    same = {"HX-Request": "true", "If-None-Match": first.headers["ETag"]}
    assert client.get(address, headers=same).status_code == 304

    undo_requests.carry_out(run.pk)

    moved = client.get(address, headers=same)
    assert moved.status_code == 200
    assert "This run was undone" in moved.content.decode()
    # The run asks no more. What the undo set going, the page may still follow on its own.
    assert 'hx-trigger="every 1s"' not in moved.content.decode()
    client.post(reverse("analysis:restore_run", args=[review.slug, run.pk]))
    assert "Being restored" in client.get(address).content.decode()
    assert Report.objects.filter(review=review).count() == 3
