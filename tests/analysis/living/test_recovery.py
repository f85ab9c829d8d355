"""Nothing is lost with a worker, a message or a computation that never ends."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from analysis import bridge
from analysis.models import Spec
from analysis.selectors.specs import MOST_ATTEMPTS
from analysis.services import runs, specs
from reviews.models import Outcome, Review
from tests.analysis.living import makers
from tests.analysis.living.conftest import Loop


def _made_long_ago(spec: Spec) -> None:
    """Stale for longer than a message may take."""
    Spec.objects.filter(pk=spec.pk).update(wanted_at=timezone.now() - timedelta(minutes=1))


def _fresh(spec: Spec) -> bool:
    spec.refresh_from_db()
    return spec.done_rev == spec.wanted_rev and spec.lease_until is None and not spec.error


def test_a_worker_killed_between_claim_and_finish_is_made_good_by_the_sweep(
    review: Review, outcome: Outcome, live: Loop
) -> None:
    makers.agree(makers.study(review, "Study A"), outcome, (9, 25))
    spec = makers.spec(review, outcome)
    _made_long_ago(spec)
    dead = runs._claim(spec.pk)
    assert dead is not None
    assert runs.sweep() == 0, "the lease still runs"
    assert runs.recompute(spec.pk) is None
    Spec.objects.filter(pk=spec.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert runs.sweep() == 1
    assert runs.recompute(spec.pk) is not None
    assert runs._finish(dead, runs._compute(spec.pk)) is None, "the dead worker's late answer is dropped"
    assert len(makers.runs_of(spec)) == 1
    live()
    assert _fresh(spec)


def test_a_slow_worker_whose_lease_ran_out_may_still_finish_first(review: Review, outcome: Outcome) -> None:
    spec = makers.spec(review, outcome)
    slow = runs._claim(spec.pk)
    assert slow is not None
    Spec.objects.filter(pk=spec.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    second = runs._claim(spec.pk)
    assert second is not None
    assert runs._finish(slow, runs._compute(spec.pk)) is not None
    spec.refresh_from_db()
    assert spec.lease_token == second.token, "the second worker's lease is its own to give back"
    assert runs._finish(second, runs._compute(spec.pk)) is None
    assert len(makers.runs_of(spec)) == 1


def test_a_change_while_computing_leaves_the_spec_stale(review: Review, outcome: Outcome, live: Loop) -> None:
    study = makers.study(review, "Study A")
    makers.agree(study, outcome, (9, 25))
    live()
    spec = makers.spec(review, outcome)
    claim = runs._claim(spec.pk)
    assert claim is not None
    answer = runs._compute(spec.pk)
    specs.touch(Spec.objects.filter(pk=spec.pk), {"kind": "asked"})
    runs._finish(claim, answer)
    spec.refresh_from_db()
    assert spec.done_rev < spec.wanted_rev
    live()
    assert _fresh(spec)


def test_a_lost_message_is_sent_again_by_the_sweep(
    review: Review, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = makers.spec(review, outcome)
    sent: list[tuple[object, ...]] = []
    monkeypatch.setattr("reviews.events.send", lambda *message: sent.append(message))
    assert runs.sweep() == 0, "its first message is still on its way"
    _made_long_ago(spec)
    assert runs.sweep() == 1
    assert sent == [("analysis.tasks.recompute", spec.pk)]
    runs.recompute(spec.pk)
    assert runs.sweep() == 0


def test_a_computation_that_never_ends_is_given_up_and_says_so_until_there_is_news(
    review: Review, outcome: Outcome, live: Loop
) -> None:
    spec = makers.spec(review, outcome)
    for _ in range(MOST_ATTEMPTS):
        assert runs._claim(spec.pk) is not None
        Spec.objects.filter(pk=spec.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert runs._claim(spec.pk) is None
    assert runs.sweep() == 0
    spec.refresh_from_db()
    assert spec.error == runs.GAVE_UP.format(attempts=MOST_ATTEMPTS)
    specs.ask(by=review.created_by, spec=spec)
    live()
    assert _fresh(spec)
    assert len(makers.runs_of(spec)) == 1


def test_a_failing_computation_keeps_its_words_and_waits_before_the_next_attempt(
    review: Review, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = makers.spec(review, outcome)

    def broken(*_: object) -> None:
        raise ZeroDivisionError("by a bug")

    monkeypatch.setattr(bridge, "compute", broken)
    with pytest.raises(ZeroDivisionError):
        runs.recompute(spec.pk)
    spec.refresh_from_db()
    assert spec.error == "ZeroDivisionError: by a bug"
    assert (spec.attempts, spec.lease_token) == (1, "")
    assert spec.lease_until is not None
    assert spec.lease_until < timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)
