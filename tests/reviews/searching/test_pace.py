"""The pace of a run under way: from what was stored, and none where nothing is any more."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reviews import sequence
from reviews.models import Record, Review, RunState, RunTrigger, SearchRun, Sighting, Source, User
from reviews.selectors import progress
from tests import factories

SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def standing_clock() -> Iterator[None]:
    """A machine that pauses for some seconds between two lines changes no pace."""
    with time_machine.travel(timezone.now(), tick=False):
        yield


@pytest.fixture
def run(review: Review, file_source: Source) -> SearchRun:
    """A search that began a minute ago and has stored a record of two hundred and forty."""
    factories.report(review, source=file_source)
    run = SearchRun.objects.get()
    SearchRun.objects.filter(pk=run.pk).update(
        state=RunState.RUNNING,
        trigger=RunTrigger.HAND,
        started_at=timezone.now() - timedelta(seconds=60),
        received=120,
        found=240,
    )
    run.refresh_from_db()
    return run


def _stored(run: SearchRun, *, seconds_ago: int) -> None:
    Record.objects.filter(run=run).update(recorded_at=timezone.now() - timedelta(seconds=seconds_ago))


def test_a_run_that_stores_has_a_pace(run: SearchRun) -> None:
    _stored(run, seconds_ago=1)

    shown = progress(run)

    assert shown is not None
    assert (shown.done, shown.total, shown.rate) == (120, 240, "2 a second")
    assert shown.left.startswith("about ")


def test_a_run_that_stored_nothing_for_seconds_has_no_pace_and_keeps_its_numbers(run: SearchRun) -> None:
    _stored(run, seconds_ago=8)

    shown = progress(run)

    assert shown is not None
    assert (shown.done, shown.total, shown.rate, shown.left) == (120, 240, "", "")


def test_what_is_found_again_is_stored_as_well(run: SearchRun, review: Review) -> None:
    _stored(run, seconds_ago=8)
    Sighting.objects.create(record=Record.objects.get(), run=run, seq=sequence.take(review.pk))

    shown = progress(run)

    assert shown is not None
    assert shown.rate == "2 a second"


def test_the_polled_page_hears_that_the_pace_is_gone(
    run: SearchRun, review: Review, observer: User, signed_in: SignIn
) -> None:
    client, address = signed_in(observer), reverse("reviews:run", args=[review.slug, run.pk])
    _stored(run, seconds_ago=0)
    first = client.get(address, headers={"HX-Request": "true"})
    assert "2 a second" in first.text
    seen = {"HX-Request": "true", "If-None-Match": first.headers["ETag"]}

    _stored(run, seconds_ago=8)
    later = client.get(address, headers=seen)

    assert later.status_code == 200
    assert "a second" not in later.text
