"""Runs of services with pages and cursors: the same source, another way to ask."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from reviews.models import (
    Connector,
    NoticeKind,
    Record,
    RecordNotice,
    Review,
    RunMode,
    RunState,
    SearchRun,
    Source,
    SourceKind,
    User,
)
from reviews.remote import RateLimiter
from reviews.services import clients, fetching, searches
from reviews.services.bundles import Bundle
from tests import factories
from tests.fakes.clinicaltrials import FakeClinicalTrials, trials
from tests.fakes.europepmc import FakeEuropePmc
from tests.fakes.json_server import STORM
from tests.fakes.works import work, works
from tests.reviews.searching.killing import Killed, kill_before_completion

Service = Callable[..., Source]


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real clients, without pauses and with small pages."""
    whole = clients.connector_client

    def quick(connector: str, transport: Any, **options: Any) -> Any:
        client = whole(connector, transport, sleep=lambda _: None, **options)
        client._page_size = 10
        return client

    monkeypatch.setattr(clients, "connector_client", quick)
    monkeypatch.setattr(clients, "SharedLimiter", lambda rate, *, name: RateLimiter(10_000))


@pytest.fixture
def europepmc(settings: LazySettings, unhurried: None) -> Iterator[FakeEuropePmc]:
    with FakeEuropePmc(works=works(34)) as fake:
        settings.EUROPEPMC_BASE_URL = fake.base_url
        yield fake


@pytest.fixture
def library(review: Review) -> Source:
    return factories.source(review, "Europe PMC", connector=Connector.EUROPEPMC, query="zinc colds")


def _run(source: Source, by: User, mode: RunMode | None = None) -> SearchRun:
    run = searches.request_run(by=by, source=source, mode=mode)
    searches.execute(run.pk)
    run.refresh_from_db()
    return run


def test_a_search_takes_all_pages(europepmc: FakeEuropePmc, library: Source, lead: User) -> None:
    run = _run(library, lead)

    assert (run.state, run.mode, run.found, run.new, run.known) == (RunState.COMPLETE, "full", 34, 34, 0)
    assert sorted(Record.objects.filter(run=run).values_list("row", flat=True)) == list(range(1, 35))
    assert run.window_to == timezone.localdate()


def test_a_storm_of_faults_loses_nothing(europepmc: FakeEuropePmc, library: Source, lead: User) -> None:
    for fault in STORM:
        europepmc.fail(fault, None)

    run = _run(library, lead)

    assert (run.state, run.new, run.problems) == (RunState.COMPLETE, 34, 0)


def test_a_killed_run_goes_on_at_the_page_where_it_was(
    europepmc: FakeEuropePmc, library: Source, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = searches.request_run(by=lead, source=library)
    whole = fetching.bundles

    def cut(inner: SearchRun) -> Iterator[Bundle]:
        for number, bundle in enumerate(whole(inner)):
            if number == 3:
                raise Killed
            yield bundle

    with monkeypatch.context() as patch:
        patch.setattr(fetching, "bundles", cut)
        with pytest.raises(Killed):
            searches.execute(run.pk)
    assert Record.objects.filter(run=run).count() == 20
    SearchRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    europepmc.requests.clear()

    searches.execute(run.pk)

    run.refresh_from_db()
    assert (run.state, run.new, run.received, run.problems) == (RunState.COMPLETE, 34, 34, 0)
    assert len(europepmc.requests) == 2


@pytest.mark.parametrize("mode", [RunMode.FULL, RunMode.UPDATE, RunMode.SWEEP])
def test_a_run_killed_after_its_last_batch_is_only_completed(
    europepmc: FakeEuropePmc, library: Source, lead: User, monkeypatch: pytest.MonkeyPatch, mode: RunMode
) -> None:
    _run(library, lead)
    europepmc.works.pop(3)
    run = searches.request_run(by=lead, source=library, mode=mode)

    kill_before_completion(run, monkeypatch)
    before = (run.received, run.known, run.problems)
    europepmc.requests.clear()

    searches.execute(run.pk)

    run.refresh_from_db()
    assert run.state == RunState.COMPLETE
    assert (run.received, run.known, run.problems) == before
    assert run.vanished == (1 if mode == RunMode.FULL else 0)
    assert europepmc.requests == []


def test_an_update_asks_for_what_came_or_changed_since(
    europepmc: FakeEuropePmc, library: Source, lead: User
) -> None:
    _run(library, lead)
    now = datetime.now()
    europepmc.works = [
        *europepmc.works[:-1],
        replace(europepmc.works[-1], is_retracted=True, updated=now),
        work(35, created=now, updated=now),
    ]

    second = _run(library, lead)

    assert (second.mode, second.found) == (RunMode.UPDATE, 2)
    assert (second.new, second.revised, second.retracted) == (1, 1, 1)
    assert second.window_from == timezone.localdate() - timedelta(days=14)
    notice = RecordNotice.objects.get()
    assert (notice.kind, notice.record.pmid) == (NoticeKind.RETRACTED, "30000034")


def test_a_full_run_flags_what_is_gone(europepmc: FakeEuropePmc, library: Source, lead: User) -> None:
    _run(library, lead)
    gone = europepmc.works.pop(3)

    full = _run(library, lead, RunMode.FULL)

    assert (full.new, full.known, full.vanished) == (0, 33, 1)
    notice = RecordNotice.objects.get(run=full)
    assert (notice.kind, notice.record.pmid) == (NoticeKind.VANISHED, gone.pmid)


def test_a_look_at_what_is_held_keeps_new_versions(
    europepmc: FakeEuropePmc, library: Source, lead: User
) -> None:
    _run(library, lead)
    europepmc.works[3] = replace(europepmc.works[3], title="Zinc for colds: report 4, corrected")

    sweep = _run(library, lead, RunMode.SWEEP)

    assert (sweep.state, sweep.new, sweep.known, sweep.revised) == (RunState.COMPLETE, 0, 0, 1)
    assert Record.objects.get(run=sweep).filed.report.title == "Zinc for colds: report 4, corrected"


def test_a_service_that_is_down_fails_the_run_by_name(
    europepmc: FakeEuropePmc, library: Source, lead: User
) -> None:
    for _ in range(8):
        europepmc.fail("500")

    run = _run(library, lead)

    assert run.state == RunState.FAILED
    assert "Europe PMC" in run.error


def test_a_register_is_searched_like_a_database(
    settings: LazySettings, unhurried: None, review: Review, lead: User
) -> None:
    register = factories.source(
        review,
        "ClinicalTrials.gov",
        connector=Connector.CLINICALTRIALS,
        kind=SourceKind.REGISTER,
        query="zinc",
    )
    with FakeClinicalTrials(trials=trials(25)) as fake:
        settings.CLINICALTRIALS_BASE_URL = fake.base_url
        run = _run(register, lead)
        again = _run(register, lead, RunMode.FULL)

    assert (run.state, run.new) == (RunState.COMPLETE, 25)
    assert (again.new, again.known, again.vanished) == (0, 25, 0)
