"""The real client, over real HTTP, against the local E-utilities server."""

from __future__ import annotations

from datetime import date

import pytest

from reviews.pubmed import (
    Batch,
    EntrezClient,
    EntrezRefused,
    EntrezUnavailable,
    HistoryExpired,
    IncompleteSearch,
)
from reviews.remote import HttpxTransport
from tests.fakes.corpus import revised
from tests.fakes.eutils import FakeEutils
from tests.reviews.pubmed.conftest import Clock


def _pmids(batches: list[Batch]) -> list[str]:
    return [record.pmid for batch in batches for record in batch.records]


def test_search_and_fetch_deliver_every_record_in_batches_from_the_history_server(
    client: EntrezClient, server: FakeEutils
) -> None:
    reply = client.search("report")
    batches = list(client.batches(reply, size=12))

    assert reply.count == 30
    assert client.pmids(reply) == tuple(sorted((a.pmid for a in server.corpus), reverse=True))
    assert _pmids(batches) == list(reply.ids)
    assert [(batch.start, batch.size, batch.missing) for batch in batches] == [
        (0, 12, ()),
        (12, 12, ()),
        (24, 6, ()),
    ]
    fetches = [request.form for request in server.requests if request.endpoint == "efetch.fcgi"]
    assert [form["retstart"] for form in fetches] == ["0", "12", "24"]
    assert all(form["WebEnv"] == reply.webenv and "id" not in form for form in fetches)


def test_every_request_names_tool_and_email(client: EntrezClient, server: FakeEutils) -> None:
    client.fetch(client.search("alphamab"), start=0)

    assert len(server.requests) == 2
    assert {(r.form["tool"], r.form["email"]) for r in server.requests} == {
        ("perennial-tests", "team@example.org")
    }


def test_a_fetched_record_keeps_abstract_sections_authors_and_doi(
    client: EntrezClient, server: FakeEutils
) -> None:
    article = server.corpus[7]
    (record,) = client.fetch_ids([article.pmid]).records

    assert (record.pmid, record.external_id, record.title) == (article.pmid, article.pmid, article.title)
    assert record.abstract == "BACKGROUND: glass lung & its care.\nRESULTS: 7 of 16 improved."
    assert record.authors == ("Family7, Given A", "Second7, Given B")
    assert (record.doi, record.year, record.pages) == ("10.5555/made.8", 2024, "71-79")


@pytest.mark.parametrize(
    ("mindate", "maxdate", "expected"),
    [
        (date(2024, 1, 10), date(2024, 1, 12), 3),
        (date(2024, 1, 28), None, 3),
        (None, date(2024, 1, 2), 2),
        (None, None, 30),
    ],
)
def test_search_bounds_the_date_of_entry_and_closes_an_open_end(
    client: EntrezClient, mindate: date | None, maxdate: date | None, expected: int
) -> None:
    assert client.search("report", mindate=mindate, maxdate=maxdate).count == expected


def test_a_search_by_date_of_revision_finds_a_revised_record(
    client: EntrezClient, server: FakeEutils
) -> None:
    server.add(revised(server.corpus[3], on=date(2025, 6, 1), title="Retracted: report 4"))

    reply = client.search("report", mindate=date(2025, 1, 1), datetype="mdat")

    assert reply.ids == ("30000004",)
    assert client.fetch(reply, start=0).records[0].title == "Retracted: report 4"


def test_a_search_without_hits_is_a_result_and_says_what_was_not_found(
    client: EntrezClient, server: FakeEutils
) -> None:
    reply = client.search("alphamab unheardof")

    assert (reply.count, reply.ids) == (0, ())
    assert reply.warnings == ("Phrase not found: unheardof", "No items found.")
    assert reply.translation == '"alphamab"[All Fields] AND "unheardof"[All Fields]'
    assert client.fetch(reply, start=0) == Batch(start=0, size=0, records=(), problems=(), missing=())
    assert len(server.requests) == 1


def test_an_expired_history_is_named_and_a_new_search_goes_on_where_it_stopped(
    client: EntrezClient, server: FakeEutils
) -> None:
    reply = client.search("report")
    first = client.fetch(reply, start=0, size=20)
    server.forget_histories()

    with pytest.raises(HistoryExpired):
        client.fetch(reply, start=20, size=20)
    again = client.search("report")
    rest = client.fetch(again, start=20, size=20)

    assert _pmids([first, rest]) == list(reply.ids)


def test_a_record_left_out_is_asked_for_once_more_by_its_pmid(
    client: EntrezClient, server: FakeEutils
) -> None:
    reply = client.search("report")
    server.fail("shortfall")

    batch = client.fetch(reply, start=0, size=10)

    assert _pmids([batch]) == list(reply.ids[:10])
    assert batch.missing == ()
    assert server.requests[-1].form["id"] == reply.ids[0]


def test_a_record_that_stays_away_is_named(client: EntrezClient, server: FakeEutils) -> None:
    reply = client.search("report")
    withdrawn = reply.ids[4]
    server.corpus = [article for article in server.corpus if article.pmid != withdrawn]

    batch = client.fetch(reply, start=0, size=10)

    assert batch.missing == (withdrawn,)
    assert len(batch.records) == 9


def test_a_list_shorter_than_its_count_is_refused(client: EntrezClient, server: FakeEutils) -> None:
    server.count_override = 31

    with pytest.raises(IncompleteSearch):
        client.search("report")


def test_an_empty_query_is_refused_without_a_retry(client: EntrezClient, server: FakeEutils) -> None:
    with pytest.raises(EntrezRefused, match="Empty term"):
        client.search("  ")

    assert len(server.requests) == 1


def test_a_wrong_address_is_refused_without_a_retry(client: EntrezClient, server: FakeEutils) -> None:
    server.fail("404")

    with pytest.raises(EntrezRefused, match="status 404"):
        client.search("report")

    assert len(server.requests) == 1


def test_a_server_that_is_not_there_ends_in_a_named_error(clock: Clock) -> None:
    with FakeEutils(corpus=[]) as gone:
        address = gone.base_url
    with HttpxTransport(timeout=60) as transport:
        client = EntrezClient(
            transport, base_url=address, tool="t", email="e", clock=clock, sleep=clock.sleep, max_tries=2
        )
        with pytest.raises(EntrezUnavailable, match="connection failed"):
            client.search("report")


def test_requests_of_one_client_start_a_third_of_a_second_apart(client: EntrezClient, clock: Clock) -> None:
    list(client.batches(client.search("report"), size=5))

    assert clock.now == pytest.approx(6 * 1.05 / 3)


def test_an_api_key_is_sent_and_raises_the_rate(server: FakeEutils, clock: Clock) -> None:
    with HttpxTransport(timeout=60) as transport:
        client = EntrezClient(
            transport,
            base_url=server.base_url,
            tool="t",
            email="e",
            api_key="k",
            clock=clock,
            sleep=clock.sleep,
        )
        list(client.batches(client.search("report"), size=5))

    assert {request.form["api_key"] for request in server.requests} == {"k"}
    assert clock.now == pytest.approx(6 * 1.05 / 10)


def test_too_many_pmids_at_once_are_a_programming_error(client: EntrezClient) -> None:
    with pytest.raises(ValueError, match="at most 200"):
        client.fetch_ids([str(number) for number in range(1, 202)])
