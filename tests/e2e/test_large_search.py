"""A search larger than PubMed delivers at once, against every fault, with a worker killed half way."""

from itertools import chain
from threading import Event

import pytest

from tests.e2e.install import LEASE_SECONDS, SWEEP_SECONDS, Stagehand, Up, wait_until
from tests.fakes.corpus import articles
from tests.fakes.eutils import FakeEutils, Request
from tests.fakes.eutils_faults import PASSING

pytestmark = pytest.mark.e2e

HITS = 10_500
HALF_WAY = 4_000
# From here on nothing is answered until the worker is dead: all before it is stored by then.
HELD_AT = 6_000
# Patience, not a measure: a machine may do other things too.
IN_TIME = 600 + LEASE_SECONDS + SWEEP_SECONDS


def test_more_hits_than_pubmed_lists_come_completely_through_every_fault_and_a_killed_worker(
    install: Up, act: Stagehand, eutils: FakeEutils, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_dead = Event()

    def hold(_: Request) -> None:
        if len(asked_for(eutils.requests)) >= HELD_AT:
            is_dead.wait()

    eutils.corpus = articles(HITS)
    eutils.fail(*chain.from_iterable((fault, None) for fault in PASSING))
    eutils.requests.clear()
    monkeypatch.setattr(eutils, "before", hold)
    slug = act("begin", title="Large")

    run = act("search_pubmed", slug=slug, query="report")
    wait_until(lambda: act("run_as_it_stands", run=run)["received"] >= HALF_WAY, up=install, seconds=IN_TIME)
    install.kill_worker()
    eutils.forget_histories()
    stopped = act("run_as_it_stands", run=run)
    before = len(eutils.requests)
    is_dead.set()

    assert stopped["state"] == "running", "the run was over before its worker was killed"
    assert act("pmids_of", run=run, is_counted=True) == []
    wait_until(lambda: act("run_as_it_stands", run=run)["state"] != "running", up=install, seconds=IN_TIME)

    ended = act("run_as_it_stands", run=run)
    assert (ended["state"], ended["error"]) == ("complete", "")
    assert (ended["found"], ended["new"], ended["known"], ended["problems"]) == (HITS, HITS, 0, 0)
    assert sorted(act("pmids_of", run=run, is_counted=True)) == sorted(one.pmid for one in eutils.corpus)
    assert act("pmids_of", run=run, is_counted=False) == []
    assert not eutils.faults
    again = asked_for(eutils.requests[before:])
    assert len(again) == HITS - stopped["received"], "the second worker began again instead of going on"


def asked_for(requests: list[Request]) -> set[str]:
    """The PMIDs of which these requests want the records."""
    return {
        pmid
        for one in requests
        if one.endpoint == "efetch.fcgi"
        for pmid in one.form.get("id", "").split(",")
    }
