"""Questions about lists of PMIDs, over real HTTP: what changed, what is gone, what cites what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from reviews.pubmed import EntrezClient, HistoryExpired, UnexpectedReply
from tests.fakes.corpus import articles, revised
from tests.fakes.eutils import FakeEutils, Request
from tests.reviews.pubmed.conftest import MakeClient

REVISED = date(2031, 5, 6)


@pytest.fixture
def large() -> Iterator[FakeEutils]:
    with FakeEutils(corpus=articles(11_000, a_day=100)) as fake:
        yield fake


def _held(server: FakeEutils) -> list[str]:
    return [article.pmid for article in server.corpus]


def test_a_posted_list_can_be_fetched_from_the_history_server(
    client: EntrezClient, server: FakeEutils
) -> None:
    posted = client.post_ids(["30000004", "30000002", "30000004"])

    assert server.histories[posted.webenv, posted.query_key] == ["30000004", "30000002"]
    assert posted.invalid == ()


def test_what_the_server_takes_for_no_identifier_is_named(client: EntrezClient) -> None:
    assert client.post_ids(["30000004", "PMC12"]).invalid == ("PMC12",)


def test_a_long_list_is_posted_in_pieces_and_joined(large: FakeEutils, make_client: MakeClient) -> None:
    posted = make_client(large).post_ids(_held(large))

    posts = [request for request in large.requests if request.endpoint == "epost.fcgi"]
    assert [len(request.form["id"].split(",")) for request in posts] == [5_000, 5_000, 1_000]
    assert {request.method for request in posts} == {"POST"}
    assert set(large.histories[posted.webenv, posted.query_key]) == set(_held(large))


def test_an_empty_list_is_a_programming_error(client: EntrezClient) -> None:
    with pytest.raises(ValueError, match="nothing to post"):
        client.post_ids([])


def test_revised_records_are_found_among_any_number_held(large: FakeEutils, make_client: MakeClient) -> None:
    held = _held(large)
    changed = [large.corpus[place] for place in (3, 5_100, 10_999)]
    large.add(*(revised(article, on=REVISED, title="Corrected") for article in changed))
    large.add(revised(articles(1, pmids=[7])[0], on=REVISED, title="Not held"))

    found = make_client(large).changed_since(held, REVISED)

    assert found == tuple(article.pmid for article in changed)
    assert make_client(large).changed_since(held, date(2031, 5, 7)) == ()


def test_nothing_held_is_nothing_changed(client: EntrezClient, server: FakeEutils) -> None:
    assert client.changed_since([], REVISED) == ()
    assert server.requests == []


def test_a_list_that_expires_at_once_is_posted_again(client: EntrezClient, server: FakeEutils) -> None:
    server.add(revised(server.corpus[3], on=REVISED, title="Corrected"))
    expired: list[str] = []

    def expire(request: Request) -> None:
        if request.endpoint == "esearch.fcgi" and not expired:
            server.forget_histories()
            expired.append(request.form["WebEnv"])

    server.before = expire

    assert client.changed_since(_held(server), REVISED) == ("30000004",)
    assert len([request for request in server.requests if request.endpoint == "epost.fcgi"]) == 2


def test_a_list_that_always_expires_is_named(client: EntrezClient, server: FakeEutils) -> None:
    server.before = lambda request: server.forget_histories() if request.endpoint == "esearch.fcgi" else None

    with pytest.raises(HistoryExpired):
        client.changed_since(_held(server), REVISED)


def test_a_search_that_knows_no_posted_list_is_named(client: EntrezClient, server: FakeEutils) -> None:
    def forget(request: Request) -> None:
        if request.endpoint == "esearch.fcgi":
            server.histories = {(request.form["WebEnv"], "99"): []}

    server.before = forget

    with pytest.raises(UnexpectedReply, match="not known to the search"):
        client.changed_since(_held(server), REVISED)


def test_withdrawn_records_are_told_apart(large: FakeEutils, make_client: MakeClient) -> None:
    held = _held(large)
    gone = {held[0], held[499], held[500], held[-1]}
    large.withdraw(*gone)

    known = make_client(large).delivered(held)

    assert known == tuple(pmid for pmid in held if pmid not in gone)


def test_a_summary_that_failed_is_not_taken_for_a_withdrawal(
    client: EntrezClient, server: FakeEutils
) -> None:
    server.fail("backend_in_comment", "truncated", "strange_error")

    assert client.delivered(_held(server)) == tuple(_held(server))
    assert len(server.requests) == 4


def test_links_lead_backward_and_forward_and_stay_with_their_article(client: EntrezClient) -> None:
    backward = client.links(["30000003", "30000001", "30000030"], "pubmed_pubmed_refs")
    forward = client.links(["30000003", "30000001", "30000030"], "pubmed_pubmed_citedin")

    assert backward == {
        "30000003": ("30000001", "30000002"),
        "30000001": (),
        "30000030": ("30000028", "30000029"),
    }
    assert forward == {
        "30000003": ("30000004", "30000005"),
        "30000001": ("30000002", "30000003"),
        "30000030": (),
    }


def test_links_of_many_are_asked_for_in_pieces(large: FakeEutils, make_client: MakeClient) -> None:
    found = make_client(large).links(_held(large)[:450], "pubmed_pubmed_refs")

    assert list(found) == _held(large)[:450]
    assert sum(map(len, found.values())) == 450 * 2 - 3
    assert [len(request.values["id"]) for request in large.requests] == [200, 200, 50]


def test_a_server_that_joins_links_is_asked_one_by_one(client: EntrezClient, server: FakeEutils) -> None:
    server.joins_links = True

    found = client.links(["30000003", "30000005"], "pubmed_pubmed_refs")

    assert found == {"30000003": ("30000001", "30000002"), "30000005": ("30000003", "30000004")}
    assert len(server.requests) == 3


def test_an_unknown_article_has_no_links(client: EntrezClient) -> None:
    assert client.links(["99"], "pubmed_pubmed_refs") == {"99": ()}


def test_lists_are_shortened_for_a_server_without_post(large: FakeEutils, make_client: MakeClient) -> None:
    large.post_status = 405
    held = _held(large)[:900]
    large.add(revised(large.corpus[700], on=REVISED, title="Corrected"))
    client = make_client(large)

    assert client.changed_since(held, REVISED) == (held[700],)
    assert client.delivered(held) == tuple(held)
    assert len(client.links(held, "pubmed_pubmed_refs")) == 900


def test_a_list_that_the_server_calls_too_large_is_sent_in_shorter_pieces(
    large: FakeEutils, make_client: MakeClient
) -> None:
    large.fail("413")

    assert len(make_client(large).delivered(_held(large)[:450])) == 450
    assert [len(request.form["id"].split(",")) for request in large.requests] == [450, 200, 200, 50]


def test_a_book_chapter_is_a_record_like_others(client: EntrezClient, server: FakeEutils) -> None:
    chapter = replace(server.corpus[4], is_book=True)
    server.add(chapter)

    batch = client.fetch_ids(["30000004", chapter.pmid])

    assert [(record.pmid, record.title) for record in batch.records] == [
        ("30000004", server.corpus[3].title),
        (chapter.pmid, chapter.title),
    ]
    assert batch.missing == ()


@pytest.mark.parametrize("refuses", [False, True])
def test_records_that_are_not_there_are_named_however_the_server_says_it(
    client: EntrezClient, server: FakeEutils, refuses: bool
) -> None:
    server.refuses_unknown = refuses

    batch = client.fetch_ids(["99", "98"])

    assert (batch.records, batch.missing) == ((), ("99", "98"))
    assert len(server.requests) == 2


def test_of_several_versions_the_highest_is_kept(client: EntrezClient, server: FakeEutils) -> None:
    first = server.corpus[2]
    second = replace(first, version=2, title="The second version")
    server.corpus = [second, *server.corpus]

    batch = client.fetch_ids([first.pmid])

    assert [record.title for record in batch.records] == ["The second version"]
    assert batch.missing == ()
