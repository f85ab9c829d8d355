"""Searches with more hits than PubMed lists: complete, in parts that add up, or refused by name."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviews.pubmed import IncompleteSearch, Part, SearchReply, UnexpectedReply, join_parts
from reviews.pubmed.parts import LAST_PMID, LAST_UID, MAX_HITS, Search, Span
from tests.fakes.corpus import Article, articles
from tests.fakes.eutils import FakeEutils, Request, Storm
from tests.fakes.eutils_faults import PASSING
from tests.reviews.pubmed.conftest import MakeClient

HITS = 20_050


@pytest.fixture(scope="module")
def many() -> list[Article]:
    return articles(HITS, a_day=20)


@pytest.fixture
def large(many: list[Article]) -> Iterator[FakeEutils]:
    with FakeEutils(corpus=many) as fake:
        yield fake


def _newest_first(corpus: Sequence[Article]) -> tuple[str, ...]:
    return tuple(sorted((article.pmid for article in corpus), key=int, reverse=True))


def _searches(server: FakeEutils) -> list[Request]:
    return [request for request in server.requests if request.endpoint == "esearch.fcgi"]


def test_a_search_above_the_cap_lists_every_pmid_once(large: FakeEutils, make_client: MakeClient) -> None:
    reply = make_client(large).search("report")

    assert reply.count == HITS
    assert reply.ids == _newest_first(large.corpus)
    assert (reply.webenv, reply.warnings) == ("", ())
    assert reply.translation == '"report"[All Fields]'


def test_cutting_at_known_hits_takes_few_requests(large: FakeEutils, make_client: MakeClient) -> None:
    make_client(large).search("report")

    assert len(_searches(large)) <= 9


def test_the_window_of_dates_goes_along_with_each_part(large: FakeEutils, make_client: MakeClient) -> None:
    client = make_client(large)
    days = sorted({article.entered for article in large.corpus})

    reply = client.search("report", mindate=days[100], maxdate=days[700])

    inside = [article for article in large.corpus if days[100] <= article.entered <= days[700]]
    assert len(inside) == 12_020
    assert reply.ids == _newest_first(inside)
    assert {request.form["mindate"] for request in _searches(large)} == {f"{days[100]:%Y/%m/%d}"}
    assert {request.form["datetype"] for request in _searches(large)} == {"edat"}


def test_a_query_of_alternatives_is_cut_as_a_whole(large: FakeEutils, make_client: MakeClient) -> None:
    reply = make_client(large).search("alphamab OR betanib OR gammavir")

    assert reply.count == len(reply.ids) == HITS * 3 // 5


def test_records_of_a_joined_search_are_fetched_by_pmid(large: FakeEutils, make_client: MakeClient) -> None:
    client = make_client(large)
    reply = client.search("report")

    batch = client.fetch(reply, start=15_000, size=250)

    assert [record.pmid for record in batch.records] == list(reply.ids[15_000:15_250])
    assert [len(r.form["id"].split(",")) for r in large.requests if r.endpoint == "efetch.fcgi"] == [200, 50]


def test_a_stopped_search_goes_on_with_the_parts_it_lacks(large: FakeEutils, make_client: MakeClient) -> None:
    kept: dict[str, tuple[str, ...]] = {}
    for part in make_client(large).search_parts("report"):
        kept[part.key] = part.ids
        if len(kept) == 2:
            break
    large.requests.clear()

    later = list(make_client(large).search_parts("report", done=kept))

    assert kept.keys().isdisjoint(part.key for part in later)
    assert all(part.count == HITS for part in later)
    asked = [request.form["term"] for request in _searches(large)]
    assert not any(f"{key}[UID]" in term for key in kept for term in asked)
    assert join_parts(kept | {part.key: part.ids for part in later}) == _newest_first(large.corpus)


def test_a_search_that_was_whole_is_not_asked_again(server: FakeEutils, make_client: MakeClient) -> None:
    client = make_client(server)
    (part,) = client.search_parts("report")
    server.requests.clear()

    assert part.key == ""
    assert list(client.search_parts("report", done={part.key: part.ids})) == []
    assert server.requests == []


def test_records_that_come_in_meanwhile_are_found_too(many: list[Article], make_client: MakeClient) -> None:
    late = articles(3, pmids=[5, 29_999_999, 40_000_000])

    def grow(request: Request) -> None:
        if len(server.requests) == 4:
            server.add(*late)

    with FakeEutils(corpus=many, before=grow) as server:
        reply = make_client(server).search("report")

        assert reply.count == HITS + 3
        assert reply.ids == _newest_first(server.corpus)


def test_records_that_go_meanwhile_are_not_reported(many: list[Article], make_client: MakeClient) -> None:
    gone = {many[5].pmid, many[12_000].pmid, many[-1].pmid}

    def shrink(request: Request) -> None:
        if len(server.requests) == 5:
            server.withdraw(*gone)

    with FakeEutils(corpus=many, before=shrink) as server:
        reply = make_client(server).search("report")

    assert reply.count == HITS - 3
    assert not gone & set(reply.ids)


def test_a_count_that_never_holds_is_refused_by_name(many: list[Article], make_client: MakeClient) -> None:
    def restless(request: Request) -> None:
        number = len(server.requests)
        server.add(*articles(1, pmids=[number]))

    with FakeEutils(corpus=many[:10_050], before=restless) as server, pytest.raises(IncompleteSearch):
        make_client(server).search("report")


def test_a_server_that_lies_about_its_count_is_refused_by_name(
    server: FakeEutils, make_client: MakeClient
) -> None:
    server.count_override = 12_345

    with pytest.raises(IncompleteSearch):
        make_client(server).search("report")

    assert len(server.requests) < 60


def test_a_server_that_heeds_no_range_is_refused_by_name(large: FakeEutils, make_client: MakeClient) -> None:
    large.heeds_uids = False

    with pytest.raises(UnexpectedReply, match="asked for PMIDs"):
        make_client(large).search("report")


def test_a_server_that_lists_less_at_once_is_asked_page_by_page(
    server: FakeEutils, make_client: MakeClient
) -> None:
    server.listed_at_most = 7

    reply = make_client(server).search("report")

    assert reply.ids == _newest_first(server.corpus)
    assert [request.form["retstart"] for request in server.requests] == ["0", "7", "14", "21", "28"]


def test_every_record_of_a_large_search_comes_through_a_storm(make_client: MakeClient) -> None:
    corpus = articles(12_300, a_day=50)
    # A hanging request costs real time, and is proven elsewhere.
    storm = Storm(0.25, seed=3, kinds=[fault for fault in PASSING if fault != "timeout"])
    with FakeEutils(corpus=corpus, storm=storm) as server:
        client = make_client(server, max_tries=12)

        reply = client.search("report")
        records = [record for batch in client.batches(reply) for record in batch.records]

        assert reply.ids == _newest_first(corpus)
        assert [record.pmid for record in records] == list(reply.ids)
        assert len(server.requests) > 62 / 0.75


class _Pmids:
    """A PubMed of numbers alone, with a small cap on what it lists."""

    def __init__(self, pmids: set[int], *, order: random.Random, cap: int) -> None:
        self.pmids = sorted(pmids)
        self.order = order
        self.cap = cap
        self.asked = 0

    def __call__(self, span: Span | None, *, start: int = 0, size: int = MAX_HITS) -> SearchReply:
        self.asked += 1
        found = [pmid for pmid in self.pmids if span is None or span[0] <= pmid <= span[1]]
        self.order.shuffle(found)
        listed = tuple(str(pmid) for pmid in found[: self.cap][start : start + size])
        return SearchReply(len(found), "", "", "", (), listed)


@settings(max_examples=60, deadline=None)
@given(
    pmids=st.sets(
        st.one_of(st.integers(1, 400), st.integers(1, LAST_PMID), st.integers(1, LAST_UID)), max_size=300
    ),
    cap=st.integers(2, 40),
    seed=st.integers(0, 9),
    stop=st.integers(0, 14),
)
def test_parts_add_up_wherever_the_pmids_lie(pmids: set[int], cap: int, seed: int, stop: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reviews.pubmed.parts.MAX_HITS", cap)
        pubmed = _Pmids(pmids, order=random.Random(seed), cap=cap)
        kept: dict[str, tuple[str, ...]] = {}
        for _, part in zip(range(stop), Search(pubmed).parts(), strict=False):
            kept[part.key] = part.ids

        rest: list[Part] = list(Search(pubmed, done=kept).parts())

    joined = join_parts(kept | {part.key: part.ids for part in rest})
    assert sorted(map(int, joined)) == sorted(pmids)
    assert len(joined) == len(set(joined))


def test_numbers_above_the_last_possible_one_are_missed_by_name() -> None:
    beyond = _Pmids({*range(1, 12_000), LAST_UID + 5}, order=random.Random(1), cap=MAX_HITS)

    with pytest.raises(IncompleteSearch) as caught:
        list(Search(beyond).parts())

    assert caught.value.parameters == {"count": 12_000, "listed": 11_999}
