"""Reading what NCBI answers, offline."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviews.pubmed import EntrezKeyRefused, EntrezRefused, HistoryExpired, UnexpectedReply
from reviews.pubmed.bodies import PassingFault, check_body
from reviews.pubmed.replies import read_articles, read_links, read_post, read_search, read_summaries

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
        (b"  \n", PassingFault),
        (b"<html>busy</html>", PassingFault),
        (b"<?xml version='1.0'?><!-- x --><!DOCTYPE html><html></html>", PassingFault),
        (b"Search Backend failed", PassingFault),
        (b'{"error":"API rate limit exceeded"}', PassingFault),
        (b'{"header":{"type":"esearch"},"esearchresult":{"ERROR":"Search Backend failed: x"}}', PassingFault),
        (b'{"esearchresult":{"count":"4"}}', PassingFault),
        (b'{"error":"API key invalid","api-key":"x"}', EntrezKeyRefused),
        (b"<?xml version='1.0'?><eSearchResult><Count>1</Count>", PassingFault),
        (b"<eFetchResult/>", PassingFault),
        (b"<eSearchResult><ERROR>Search Backend failed: x</ERROR></eSearchResult>", PassingFault),
        (b"<eSearchResult><error>Couldn't resolve #pmquerysrv-mz</error></eSearchResult>", PassingFault),
        (
            b"<eFetchResult><ERROR>Cannot retrieve history data. WebEnv: x</ERROR></eFetchResult>",
            HistoryExpired,
        ),
        (b"<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>", HistoryExpired),
        (b"<eFetchResult><ERROR>Invalid WebEnv</ERROR></eFetchResult>", HistoryExpired),
        (b"<eFetchResult><ERROR>query_key 3 was not found</ERROR></eFetchResult>", HistoryExpired),
        (b"<eFetchResult><ERROR>Session has expired</ERROR></eFetchResult>", HistoryExpired),
        (b'{"error":"Unable to obtain query #1"}', HistoryExpired),
        (b"<eSearchResult><ERROR>Invalid db name specified: x</ERROR></eSearchResult>", EntrezRefused),
        (
            b"<eSummaryResult><ERROR>Neither query_key nor id specified</ERROR></eSummaryResult>",
            EntrezRefused,
        ),
        (
            b"<eSearchResult><ERROR>Search Backend failed: Exception: 'retstart' cannot be larger than 9998."
            b"</ERROR></eSearchResult>",
            EntrezRefused,
        ),
    ],
)
def test_a_body_that_is_no_answer_is_named(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_body(body, root="eSearchResult")


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf<eSearchResult><Count>0</Count></eSearchResult>",
        b"<eSearchResult ><Count>0</Count></eSearchResult >\n<!-- served by 7 -->\n",
        b"<eSearchResult><Count>0</Count><ERROR/></eSearchResult>",
    ],
    ids=["mark", "comment", "no error"],
)
def test_a_whole_reply_in_an_odd_wrapping_is_an_answer(body: bytes) -> None:
    check_body(body, root="eSearchResult")

    assert read_search(body).count == 0


def test_a_reply_in_any_order_and_encoding_is_read() -> None:
    body = (
        "<?xml version='1.0' encoding='ISO-8859-1'?><!DOCTYPE eSearchResult [<!ENTITY a 'b'>]><eSearchResult>"
        "<WarningList><OutputMessage>Half read</OutputMessage>"
        '<QuotedPhraseNotFound>"a b"</QuotedPhraseNotFound>'
        "<Unheard>of</Unheard></WarningList><QueryTranslation>é &amp; b</QueryTranslation><WebEnv>w</WebEnv>"
        "<ErrorList><FieldNotFound>xyz</FieldNotFound><PhraseIgnored>the</PhraseIgnored></ErrorList>"
        "<IdList><Id>5</Id></IdList><New><Id>6</Id></New><QueryKey>1</QueryKey><Count>1</Count></eSearchResult>"
    ).encode("latin-1")

    reply = read_search(body)

    assert (reply.count, reply.ids, reply.webenv, reply.query_key) == (1, ("5",), "w", "1")
    assert reply.translation == "é & b"
    assert reply.warnings == (
        "Half read",
        'Quoted phrase not found: "a b"',
        "of",
        "Field not found: xyz",
        "Phrase ignored: the",
    )


def test_words_of_the_query_are_not_taken_for_a_fault() -> None:
    body = (
        b"<eSearchResult><Count>0</Count><QueryTranslation>search backend failed</QueryTranslation>"
        b"<ErrorList><PhraseNotFound>busy timeout</PhraseNotFound></ErrorList></eSearchResult>"
    )
    check_body(body, root="eSearchResult")

    assert read_search(body).warnings == ("Phrase not found: busy timeout",)


def test_entities_of_a_hostile_reply_are_not_expanded() -> None:
    body = (
        b'<!DOCTYPE eSearchResult [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;">]><eSearchResult>'
        b"<Count>1</Count><QueryTranslation>&b;</QueryTranslation></eSearchResult>"
    )

    assert "x" not in read_search(body).translation


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<ePostResult><QueryKey>1</QueryKey></ePostResult>", "no place"),
        (b"<ePostResult><WebEnv>w</WebEnv><QueryKey>x</QueryKey></ePostResult>", "no place"),
    ],
)
def test_a_posted_list_without_its_place_is_asked_for_again(body: bytes, message: str) -> None:
    with pytest.raises(PassingFault, match=message):
        read_post(body)


@pytest.mark.parametrize("message", [b"Empty result - nothing todo", b""])
def test_a_set_that_says_it_has_no_links_has_none(message: bytes) -> None:
    body = (
        b"<eLinkResult><LinkSet><DbFrom>pubmed</DbFrom><IdList><Id>7</Id></IdList><ERROR>"
        + message
        + b"</ERROR>"
        b"</LinkSet></eLinkResult>"
    )
    check_body(body, root="eLinkResult")

    assert read_links(body, linkname="pubmed_pubmed_refs") == [(("7",), ())]


@pytest.mark.parametrize("place", ["set", "links", "whole"])
def test_a_server_that_failed_behind_a_set_of_links_is_not_taken_for_no_links(place: str) -> None:
    error = "<ERROR>Couldn't resolve #exLinkSrv2, the address table is empty.</ERROR>"
    parts = {key: error if key == place else "" for key in ("set", "links", "whole")}
    body = (
        "<eLinkResult><LinkSet><DbFrom>pubmed</DbFrom><IdList><Id>7</Id></IdList><LinkSetDb><DbTo>pubmed</DbTo>"
        f"<LinkName>pubmed_pubmed_refs</LinkName>{parts['links']}</LinkSetDb>{parts['set']}</LinkSet>"
        f"{parts['whole']}</eLinkResult>"
    ).encode()
    check_body(body, root="eLinkResult")

    with pytest.raises(PassingFault, match="address table"):
        read_links(body, linkname="pubmed_pubmed_refs")


def test_an_empty_article_set_is_a_whole_reply() -> None:
    body = b'<?xml version="1.0"?><PubmedArticleSet/>'

    check_body(body, root="PubmedArticleSet")
    assert read_articles(body) == ((), ())


@pytest.mark.parametrize(
    "body",
    [
        b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID></PubmedArticle></PubmedArticleSet>",
        b'<!DOCTYPE PubmedArticleSet [<!ENTITY a "b">]><PubmedArticleSet><PubmedArticle><MedlineCitation>'
        b"<PMID>1</PMID></MedlineCitation><</PubmedArticle></PubmedArticleSet>",
    ],
    ids=["mismatched", "stray"],
)
def test_damaged_articles_are_asked_for_again(body: bytes) -> None:
    check_body(body, root="PubmedArticleSet")

    with pytest.raises(PassingFault):
        read_articles(body)


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


@pytest.mark.shared
def test_real_replies_of_epost_elink_and_esummary_are_read(shared_dir: Path) -> None:
    replies = shared_dir / "data/ingest/entrez_replies"
    posted = read_post((replies / "epost1.xml").read_bytes())
    ((of, linked),) = read_links((replies / "elink1.xml").read_bytes(), linkname="pubmed_pubmed")
    summaries = read_summaries((replies / "esummary1.xml").read_bytes())

    assert (posted.webenv, posted.query_key) == ("MCID_692851c130aec64bed0a8c2a", "1")
    assert (of, len(linked), linked[:2]) == (("9298984",), 101, ("9298984", "8794856"))
    assert [str(summary["Id"]) for summary in summaries] == ["11850928", "11482001"]


@pytest.mark.shared
def test_real_errors_are_refusals(shared_dir: Path) -> None:
    replies = shared_dir / "data/ingest/entrez_replies"

    with pytest.raises(EntrezRefused, match="Invalid db name"):
        check_body((replies / "epost2.xml").read_bytes(), root="ePostResult")
    with pytest.raises(EntrezRefused, match="Neither query_key nor id"):
        read_summaries((replies / "esummary8.xml").read_bytes())
