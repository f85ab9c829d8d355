"""Every way in which a server fails, over real HTTP: retried while it may pass, named where it does not."""

from __future__ import annotations

import pytest

from reviews.pubmed import (
    MAX_ADDRESS,
    EntrezClient,
    EntrezKeyRefused,
    EntrezRefused,
    EntrezUnavailable,
    HistoryExpired,
    QueryTooLong,
)
from tests.fakes.eutils import FakeEutils, Fault
from tests.fakes.eutils_faults import PASSING
from tests.reviews.pubmed.conftest import Clock, MakeClient

# These meet the reply of another utility, or are answered otherwise than by a retry.
_ELSEWHERE = {"backend_in_list", "backend_in_comment", "shortfall", "stranger", "timeout"}
LONG_QUERY = " OR ".join(["report"] * 1_200)


@pytest.mark.parametrize("fault", [fault for fault in PASSING if fault not in _ELSEWHERE])
def test_a_passing_fault_is_retried_after_a_wait(
    client: EntrezClient, server: FakeEutils, clock: Clock, fault: Fault
) -> None:
    server.fail(fault, None, fault)

    reply = client.search("report")
    batch = client.fetch(reply, start=0, size=30)

    assert [record.pmid for record in batch.records] == list(reply.ids)
    assert len(server.requests) == 4
    assert sum(wait >= 0.5 for wait in clock.sleeps) == 2


def test_a_server_that_hangs_is_asked_again(server: FakeEutils, make_client: MakeClient) -> None:
    server.hang_seconds = 60
    server.fail("timeout")

    assert make_client(server, is_hasty=True).search("report").count == 30
    assert len(server.requests) >= 2


def test_faults_that_go_on_end_in_a_named_error_with_longer_and_longer_waits(
    client: EntrezClient, server: FakeEutils, clock: Clock
) -> None:
    server.fail("500", "429", "html", "empty", "truncated")

    with pytest.raises(EntrezUnavailable) as caught:
        client.search("report")

    assert caught.value.parameters == {"attempts": 5, "reason": "truncated reply"}
    assert len(server.requests) == 5
    waits = [wait for wait in clock.sleeps if wait >= 0.5]
    assert len(waits) == 4
    for step, wait in enumerate(waits):
        assert 0.5 * 2**step <= wait <= 1.5 * 2**step


def test_a_server_that_asks_to_be_left_alone_is(
    client: EntrezClient, server: FakeEutils, clock: Clock
) -> None:
    server.fail("429_later")

    assert client.search("report").count == 30
    assert 7.0 in clock.sleeps


def test_a_search_engine_that_failed_inside_a_whole_reply_is_asked_again(
    client: EntrezClient, server: FakeEutils
) -> None:
    server.fail("backend_in_list")

    assert client.search("report").warnings == ()
    assert len(server.requests) == 2


def test_a_record_under_a_number_that_nobody_asked_for_is_replaced(
    client: EntrezClient, server: FakeEutils
) -> None:
    reply = client.search("report")
    server.fail("stranger")

    batch = client.fetch(reply, start=0, size=10)

    assert [record.pmid for record in batch.records] == list(reply.ids[:10])
    assert batch.missing == ()


@pytest.mark.parametrize("fault", ["expired", "expired_ok", "expired_json"])
def test_an_expired_history_has_a_name_in_all_its_spellings(
    client: EntrezClient, server: FakeEutils, fault: Fault
) -> None:
    reply = client.search("report")
    server.fail(fault)

    with pytest.raises(HistoryExpired):
        client.fetch(reply, start=0)

    assert len(server.requests) == 2


def test_an_error_that_nobody_knows_is_told_as_it_is_after_three_attempts(
    client: EntrezClient, server: FakeEutils
) -> None:
    server.fail("strange_error", "strange_error", "strange_error")

    with pytest.raises(EntrezRefused, match="Code 17 at line 4"):
        client.search("report")

    assert len(server.requests) == 3


def test_a_bad_request_without_a_word_is_refused_after_three_attempts(
    client: EntrezClient, server: FakeEutils
) -> None:
    server.fail("400", "400", "400")

    with pytest.raises(EntrezRefused, match="status 400"):
        client.search("report")


def test_a_wrong_key_has_a_name_and_is_not_repeated(server: FakeEutils, make_client: MakeClient) -> None:
    server.keys = {"right"}

    with pytest.raises(EntrezKeyRefused) as caught:
        make_client(server, api_key="wrong").search("report")

    assert len(server.requests) == 1
    assert "wrong" not in str(caught.value)
    assert make_client(server, api_key="right").search("report").count == 30


@pytest.mark.parametrize("status", [405, 501])
def test_a_server_without_post_is_asked_by_get_from_then_on(
    client: EntrezClient, server: FakeEutils, status: int
) -> None:
    server.post_status = status

    reply = client.search("report")
    batch = client.fetch_ids(reply.ids)

    assert len(batch.records) == 30
    assert [request.method for request in server.requests] == ["POST", "GET", "GET"]


def test_a_query_too_long_for_an_address_has_a_name(client: EntrezClient, server: FakeEutils) -> None:
    assert client.search(LONG_QUERY).count == 30
    server.post_status = 405

    for _ in range(2):
        with pytest.raises(QueryTooLong) as caught:
            client.search(LONG_QUERY)

    assert caught.value.parameters["limit"] == MAX_ADDRESS
    assert {request.method for request in server.requests} == {"POST"}


def test_a_query_that_the_server_calls_too_large_has_a_name(client: EntrezClient, server: FakeEutils) -> None:
    server.fail("413")

    with pytest.raises(QueryTooLong, match="status 413"):
        client.search("report")


def test_a_client_that_does_not_wait_is_turned_away(client: EntrezClient, server: FakeEutils) -> None:
    server.limited = True
    server.clock = lambda: 0.0

    with pytest.raises(EntrezUnavailable, match="status 429"):
        list(client.batches(client.search("report"), size=1))


@pytest.mark.parametrize(("api_key", "rate"), [(None, 3), ("right", 10)])
def test_the_pace_of_the_client_passes_a_server_that_counts(
    server: FakeEutils, make_client: MakeClient, clock: Clock, api_key: str | None, rate: int
) -> None:
    server.limited = True
    server.clock = clock
    client = make_client(server, max_tries=1, api_key=api_key)

    batches = list(client.batches(client.search("report"), size=1))

    assert len(batches) == 30
    assert server.busiest_second() == rate


def test_what_a_server_says_of_a_key_is_not_repeated(client: EntrezClient, server: FakeEutils) -> None:
    server.fail("key_refused")

    with pytest.raises(EntrezKeyRefused) as caught:
        client.search("report")

    assert "0123456789" not in str(caught.value)
