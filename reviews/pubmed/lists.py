"""Questions about a list of PMIDs, of any length: which changed, which are gone, what they cite."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from reviews.pubmed.asking import EntrezRequests
from reviews.pubmed.errors import HistoryExpired, QueryTooLong, UnexpectedReply
from reviews.pubmed.parts import MAX_HITS, Span, listed
from reviews.pubmed.replies import (
    History,
    SearchReply,
    read_links,
    read_post,
    read_search,
    read_summaries,
)

logger = logging.getLogger(__name__)

# EPost takes more, but a list of up to 9,999 is one that a search of it can list whole.
POST_SIZE = 5_000
SUMMARY_SIZE = 500
LINK_SIZE = 200
# What fits into an address, for servers that take no POST requests.
SHORT_SIZE = 200
_POSTS = 3
_Answer = TypeVar("_Answer")


class PostedLists:
    """Lists of PMIDs, sent to EPost, ESummary and ELink in pieces that these take.

    Parameters
    ----------
    requests : EntrezRequests
        Sends them.
    """

    def __init__(self, requests: EntrezRequests) -> None:
        self._requests = requests

    def post(self, pmids: Sequence[str]) -> History:
        """Put PMIDs on the history server.

        Parameters
        ----------
        pmids : sequence of str
            Any number, at least one.

        Returns
        -------
        History
            Of all of them: a longer list is posted in pieces, which a search then joins.
        """
        unique = list(dict.fromkeys(pmids))
        if not unique:
            raise ValueError("there is nothing to post")
        posted: list[History] = []

        def post(piece: Sequence[str]) -> History:
            return self._post(piece, webenv=posted[-1].webenv if posted else "")

        for place in self._each(unique, POST_SIZE, post):
            posted.append(place)
        invalid = tuple(wrong for place in posted for wrong in place.invalid)
        if len(posted) == 1:
            return replace(posted[0], invalid=invalid)
        term = " OR ".join(f"#{place.query_key}" for place in posted)
        joined = self._search(posted[-1], term, {}, size=0)
        if not joined.query_key:
            raise UnexpectedReply(reason="the lists that were posted are not joined")
        return History(posted[-1].webenv, joined.query_key, invalid)

    def found_among(self, pmids: Sequence[str], window: Mapping[str, str]) -> tuple[str, ...]:
        """Return those of the PMIDs that a search with this window of dates finds.

        Parameters
        ----------
        pmids : sequence of str
            Any number.
        window : mapping
            ``datetype``, ``mindate`` and ``maxdate``.

        Returns
        -------
        tuple of str
            In the order of `pmids`.

        Raises
        ------
        HistoryExpired
            The history server forgot the list each time it was posted.
        UnexpectedReply
            The server does not know lists that were posted, or finds what is not in them.
        """
        unique = list(dict.fromkeys(pmids))
        found = set().union(*self._each(unique, POST_SIZE, lambda piece: self._found_in(piece, window)))
        return tuple(pmid for pmid in unique if pmid in found)

    def _found_in(self, piece: Sequence[str], window: Mapping[str, str]) -> set[str]:
        for attempt in range(1, _POSTS + 1):
            try:
                found = self._listed(self._post(piece), window)
            except HistoryExpired:
                logger.warning("the list that was posted is gone, attempt %d of %d", attempt, _POSTS)
                continue
            if strays := found - set(piece):
                raise UnexpectedReply(reason=f"{len(strays)} PMIDs that are not in the list")
            return found
        raise HistoryExpired

    def _listed(self, posted: History, window: Mapping[str, str]) -> set[str]:
        def ask(span: Span | None, *, start: int = 0, size: int = MAX_HITS) -> SearchReply:
            return self._search(posted, f"#{posted.query_key}", window, start=start, size=size)

        reply = listed(ask)
        if len(reply.ids) != reply.count:
            raise UnexpectedReply(reason=f"{reply.count} PMIDs, more than the list has")
        return set(reply.ids)

    def known(self, pmids: Sequence[str]) -> tuple[str, ...]:
        """Return those of the PMIDs that PubMed has a record of.

        Parameters
        ----------
        pmids : sequence of str
            Any number.

        Returns
        -------
        tuple of str
            In the order of `pmids`. Each of the others was asked for twice: it was withdrawn, or merged into
            another.
        """
        unique = list(dict.fromkeys(pmids))
        found: set[str] = set()
        for _ in range(2):
            lacking = [pmid for pmid in unique if pmid not in found]
            found = found.union(*self._each(lacking, SUMMARY_SIZE, self._summarised))
        return tuple(pmid for pmid in unique if pmid in found)

    def _summarised(self, piece: Sequence[str]) -> set[str]:
        form = {"db": "pubmed", "id": ",".join(piece)}
        summaries = self._requests.ask("esummary.fcgi", form, root="eSummaryResult", read=read_summaries)
        return {str(summary.get("Id", "")) for summary in summaries}

    def links(self, pmids: Sequence[str], linkname: str) -> dict[str, tuple[str, ...]]:
        """Return for each PMID the PMIDs that ELink gives.

        Parameters
        ----------
        pmids : sequence of str
            Any number.
        linkname : str
            ``pubmed_pubmed_refs`` for what they cite, ``pubmed_pubmed_citedin`` for what cites them.

        Returns
        -------
        dict
            An entry for each PMID, in their order; empty where PubMed knows no link.
        """
        unique = list(dict.fromkeys(pmids))
        found: dict[str, tuple[str, ...]] = {}
        for sets in self._each(unique, LINK_SIZE, lambda piece: self._links(piece, linkname)):
            found |= sets
        # Sets that answer for several identifiers together cannot be told apart: one by one, then.
        for pmid in (pmid for pmid in unique if pmid not in found):
            found[pmid] = self._links([pmid], linkname).get(pmid, ())
        return {pmid: found[pmid] for pmid in unique}

    def _links(self, piece: Sequence[str], linkname: str) -> dict[str, tuple[str, ...]]:
        form = {"dbfrom": "pubmed", "db": "pubmed", "cmd": "neighbor", "linkname": linkname}
        sets = self._requests.ask(
            "elink.fcgi",
            {**form, "id": tuple(piece)},
            root="eLinkResult",
            read=lambda body: read_links(body, linkname=linkname),
        )
        found: dict[str, tuple[str, ...]] = {}
        for of, linked in sets:
            if len(of) == 1 and of[0] in piece:
                more = [pmid for pmid in linked if pmid != of[0]]
                found[of[0]] = tuple(dict.fromkeys((*found.get(of[0], ()), *more)))
        return found

    def _each(
        self, pmids: Sequence[str], size: int, ask: Callable[[Sequence[str]], _Answer]
    ) -> Iterator[_Answer]:
        """Ask piece by piece, in shorter ones of a server that cannot take these."""
        start = 0
        while start < len(pmids):
            fitting = min(size, SHORT_SIZE) if self._requests.by_get else size
            piece = pmids[start : start + fitting]
            try:
                answer = ask(piece)
            except QueryTooLong:
                if len(piece) <= SHORT_SIZE:
                    raise
                size = SHORT_SIZE
            else:
                yield answer
                start += len(piece)

    def _post(self, piece: Sequence[str], *, webenv: str = "") -> History:
        form = {"db": "pubmed", "id": ",".join(piece)} | ({"WebEnv": webenv} if webenv else {})
        return self._requests.ask("epost.fcgi", form, root="ePostResult", read=read_post)

    def _search(
        self, posted: History, term: str, extra: Mapping[str, str], *, start: int = 0, size: int = MAX_HITS
    ) -> SearchReply:
        form = {"db": "pubmed", "term": term, "WebEnv": posted.webenv, "usehistory": "y"}
        form |= {"retstart": str(start), "retmax": str(size), **extra}
        reply = self._requests.ask("esearch.fcgi", form, root="eSearchResult", read=read_search)
        if any("#" in warning for warning in reply.warnings):
            raise UnexpectedReply(reason="the list that was posted is not known to the search")
        return reply
