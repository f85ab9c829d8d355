"""Reading what NCBI answers, offline."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviews.pubmed import EntrezRefused, HistoryExpired, UnexpectedReply
from reviews.pubmed.bodies import PassingFault, check_body
from reviews.pubmed.replies import read_articles, read_search

UNKNOWN_DTD = (
    b'<?xml version="1.0"?><!DOCTYPE eSearchResult PUBLIC "-//NLM//DTD esearch 20990101//EN" '
    b'"https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20990101/esearch_990101.dtd">'
)
BODY = b"<eSearchResult><Count>1</Count><IdList><Id>5</Id></IdList><NewThing>x</NewThing></eSearchResult>"


@pytest.mark.parametrize(
    "prolog", [b"", b'<?xml version="1.0"?>\n', UNKNOWN_DTD], ids=["bare", "plain", "unknown"]
)
def test_a_definition_that_is_not_known_here_is_not_fetched(prolog: bytes) -> None:
    reply = read_search(prolog + BODY)

    assert (reply.count, reply.ids, reply.webenv) == (1, ("5",), "")


@pytest.mark.parametrize(
    "body",
    [
        b"<eSearchResult><IdList/></eSearchResult>",
        b"<eSearchResult><Count>many</Count></eSearchResult>",
        b"<eSearchResult><Count>1</eSearchResult>",
    ],
)
def test_a_reply_without_its_count_is_asked_for_again_and_named_where_it_stays(body: bytes) -> None:
    with pytest.raises(PassingFault) as caught:
        read_search(body)

    assert isinstance(caught.value.final, UnexpectedReply)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", PassingFault),
        (b"<html>busy</html>", PassingFault),
        (b'{"error":"API rate limit exceeded"}', PassingFault),
        (b"<?xml version='1.0'?><eSearchResult><Count>1</Count>", PassingFault),
        (b"<eSearchResult><ERROR>Search Backend failed: x</ERROR></eSearchResult>", PassingFault),
        (
            b"<eFetchResult><ERROR>Cannot retrieve history data. WebEnv: x</ERROR></eFetchResult>",
            HistoryExpired,
        ),
        (b"<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>", HistoryExpired),
        (b"<eSearchResult><ERROR>Invalid db name specified: x</ERROR></eSearchResult>", EntrezRefused),
    ],
)
def test_a_body_that_is_no_answer_is_named(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_body(body, root="eSearchResult")


def test_an_empty_article_set_is_a_whole_reply() -> None:
    body = b'<?xml version="1.0"?><PubmedArticleSet/>'

    check_body(body, root="PubmedArticleSet")
    assert read_articles(body) == ((), ())


@pytest.mark.shared
def test_real_replies_of_esearch_are_read(shared_dir: Path) -> None:
    replies = shared_dir / "data/ingest/entrez_replies"
    found = {}
    for number in (1, 2, 3, 5, 6, 7, 8):
        body = (replies / f"esearch{number}.xml").read_bytes()
        check_body(body, root="eSearchResult")
        reply = read_search(body)
        found[number] = (reply.count, len(reply.ids), bool(reply.webenv))

    assert found == {
        1: (63, 20, False),
        2: (42_249, 100, True),
        3: (2_651, 6, False),
        5: (5, 5, False),
        6: (1_018, 20, False),
        7: (330, 20, False),
        8: (0, 0, False),
    }
    assert read_search((replies / "esearch8.xml").read_bytes()).warnings == (
        "Phrase not found: abcXYZ",
        "No items found.",
    )
