"""Who holds a run: one worker at a time, for as long as it lives."""

import threading
from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from reviews.models import Record, RunState, SearchRun, Source, User
from reviews.services import fetching, running, searches
from reviews.services.bundles import Bundle
from tests.fakes.eutils import FakeEutils


def test_the_lease_of_a_slow_run_is_renewed_beside_its_work(
    source: Source, lead: User, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    settings.LEASE_SECONDS = 0.03
    renewed = threading.Event()
    held: list[dict[str, object]] = []

    class Rows:
        def filter(self, **which: object) -> "Rows":
            held.append(which)
            return self

        def update(self, **fields: object) -> int:
            renewed.set()
            return 1

    class Run:
        objects = Rows()

    monkeypatch.setattr(running, "SearchRun", Run)
    with running.lease_renewed(7, "token"):
        assert renewed.wait(timeout=30)

    assert held[0] == {"pk": 7, "lease_token": "token", "state": RunState.RUNNING}


def test_two_workers_do_not_carry_out_one_run(
    pubmed: FakeEutils, source: Source, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = searches.request_run(by=lead, source=source)
    whole = fetching.bundles
    second: list[bool] = []

    def meanwhile(inner: SearchRun) -> Iterator[Bundle]:
        second.append(searches.execute(run.pk))
        yield from whole(inner)

    monkeypatch.setattr(fetching, "bundles", meanwhile)

    assert searches.execute(run.pk)
    assert second == [False]
    assert Record.objects.count() == 30
