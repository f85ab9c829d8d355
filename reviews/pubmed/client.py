"""The Entrez client: search, then fetch what the search found, politely and completely."""

from __future__ import annotations

import logging
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

from reviews.connectors.base import Preview
from reviews.formats import ParsedRecord, RowProblem
from reviews.pubmed.asking import EntrezRequests
from reviews.pubmed.errors import UnknownRecords
from reviews.pubmed.guidance import MeshTerm, SearchField, mesh_terms, search_fields
from reviews.pubmed.lists import PostedLists
from reviews.pubmed.parts import MAX_HITS, WHOLE, Part, Search, Span, join_parts
from reviews.pubmed.replies import (
    Batch,
    History,
    SearchReply,
    read_articles,
    read_info,
    read_search,
    read_summaries,
)
from reviews.remote import Limiter, RateLimiter, Transport

logger = logging.getLogger(__name__)

# NLM support articles KA-05317 and KA-05318: requests a second for an address, and with an API key.
RATE_WITHOUT_KEY = 3.0
RATE_WITH_KEY = 10.0
# NBK25497 asks for batches; 200 is also the number of identifiers that may be sent at once.
BATCH_SIZE = 200
# With waits that double, seven attempts outlast a minute in which a server is down.
MAX_TRIES = 7
# entry to PubMed, creation, last revision, publication
DateType = Literal["edat", "crdt", "mdat", "pdat"]

_OPEN_START, _OPEN_END = "1500/01/01", "3000/12/31"
_MESH_SHOWN = 10
# About the limit, which does not concern people: the search is cut into parts.
_ABOUT_THE_LIMIT = re.compile(r"9,?999|restriction", re.IGNORECASE)
_VERSION = re.compile(r"<PMID[^>]*\bVersion=\"(\d+)\"")


class EntrezClient:
    """PubMed through E-utilities.

    Parameters
    ----------
    transport : Transport
        Sends the requests.
    base_url : str
        Such as ``https://eutils.ncbi.nlm.nih.gov/entrez/eutils/``.
    tool, email : str
        Who asks; NCBI wants both with every request.
    api_key : str, optional
        Raises the limit from 3 to 10 requests a second.
    limiter : Limiter, optional
        Shared pacing; by default one for this client, with its threads.
    clock, sleep : callable
        Monotonic seconds, and waiting; injected by tests.
    rng : random.Random, optional
        Source of the jitter.
    max_tries : int
        Attempts for one request, the first included.

    Notes
    -----
    Every method raises `EntrezUnavailable` where no attempt had an answer, `EntrezRefused` where PubMed says
    no, `EntrezKeyRefused` where it does not know the API key, and `UnexpectedReply` where nobody understands
    its answer.

    References
    ----------
    NCBI, Entrez Programming Utilities Help, https://www.ncbi.nlm.nih.gov/books/NBK25501/
    """

    def __init__(
        self,
        transport: Transport,
        *,
        base_url: str,
        tool: str,
        email: str,
        api_key: str | None = None,
        limiter: Limiter | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
        max_tries: int = MAX_TRIES,
    ) -> None:
        rate = RATE_WITH_KEY if api_key else RATE_WITHOUT_KEY
        self._requests = EntrezRequests(
            transport,
            base_url=base_url,
            identity={"tool": tool, "email": email} | ({"api_key": api_key} if api_key else {}),
            limiter=limiter or RateLimiter(rate, clock=clock, sleep=sleep),
            sleep=sleep,
            rng=rng or random.Random(),
            max_tries=max_tries,
        )
        self._lists = PostedLists(self._requests)

    def search(
        self,
        query: str,
        *,
        mindate: date | None = None,
        maxdate: date | None = None,
        datetype: DateType = "edat",
    ) -> SearchReply:
        """Run a query, whatever the number of its hits.

        Parameters
        ----------
        query : str
            In PubMed's syntax.
        mindate, maxdate : datetime.date, optional
            Bounds, both included. PubMed ignores one without the other: an open end is sent as a far one.
        datetype : {"edat", "crdt", "mdat", "pdat"}
            Which date the bounds are about.

        Returns
        -------
        SearchReply
            With all PMIDs. Up to 9,999 hits are on the history server, too; more came in parts, and then
            ``webenv`` is "".

        Raises
        ------
        IncompleteSearch
            The PMIDs are not as many as the count, and asking again did not help.
        """
        kept: dict[str, Part] = {}
        for part in self.search_parts(query, mindate=mindate, maxdate=maxdate, datetype=datetype):
            kept[part.key] = part
        first = next(iter(kept.values()))
        ids = join_parts({key: part.ids for key, part in kept.items()})
        return SearchReply(len(ids), first.webenv, first.query_key, first.translation, first.warnings, ids)

    def search_parts(
        self,
        query: str,
        *,
        mindate: date | None = None,
        maxdate: date | None = None,
        datetype: DateType = "edat",
        done: Mapping[str, Sequence[str]] | None = None,
    ) -> Iterator[Part]:
        """Run a query part by part, so that the caller can keep each one and go on after a stop.

        Parameters
        ----------
        query, mindate, maxdate, datetype
            As `search`.
        done : mapping, optional
            PMIDs by `Part.key`, of the parts that are kept already: these are not asked for again.

        Yields
        ------
        Part
            One for up to 9,999 hits, several for more. When the iterator ends without an error, the parts
            kept by their keys are the whole search; `join_parts` gives their PMIDs.

        Raises
        ------
        IncompleteSearch
            As `search`.
        """
        window = _window(mindate, maxdate, datetype)

        def ask(span: Span | None, *, start: int = 0, size: int = MAX_HITS) -> SearchReply:
            term = query if span is None else f"({query}) AND {span[0]}:{span[1]}[UID]"
            kept = {"usehistory": "y"} if span is None and start == 0 and size else {}
            return self._esearch(
                {"term": term, "retstart": str(start), "retmax": str(size), **kept, **window}
            )

        for part in Search(ask, done=done).parts():
            told = tuple(note for note in part.warnings if not _ABOUT_THE_LIMIT.search(note))
            yield part if part.key == WHOLE else replace(part, warnings=told)

    def preview(self, query: str, *, hits: int = 5) -> Preview:
        """Ask what a query would find, and for its first few hits.

        Parameters
        ----------
        query : str
            In PubMed's syntax.
        hits : int
            How many records to show, at most `BATCH_SIZE`.

        Returns
        -------
        Preview
            Nothing is kept, here or on the history server.
        """
        reply = self._esearch({"term": query, "retstart": "0", "retmax": str(hits)})
        first = self.fetch_ids(reply.ids[:hits]).records
        return Preview(reply.count, reply.translation, reply.warnings, first)

    def fields(self) -> tuple[SearchField, ...]:
        """Return the fields that a query can name, as EInfo describes them."""
        found = self._requests.ask("einfo.fcgi", {"db": "pubmed"}, root="eInfoResult", read=read_info)
        return search_fields(found)

    def mesh(self, term: str) -> tuple[MeshTerm, ...]:
        """Return the MeSH headings that a word leads to, the likeliest first; none where it leads to none."""
        if not term.strip():
            return ()
        found = self._esearch({"term": term, "retmax": str(_MESH_SHOWN)}, db="mesh").ids[:_MESH_SHOWN]
        if not found:
            return ()
        form = {"db": "mesh", "id": ",".join(found)}
        summaries = self._requests.ask("esummary.fcgi", form, root="eSummaryResult", read=read_summaries)
        return mesh_terms(summaries)

    def post_ids(self, pmids: Sequence[str]) -> History:
        """Put PMIDs on the history server; see `PostedLists.post`."""
        return self._lists.post(pmids)

    def changed_since(self, pmids: Sequence[str], since: date) -> tuple[str, ...]:
        """Return those of the PMIDs that were revised on that day or later; see `PostedLists.found_among`."""
        return self._lists.found_among(pmids, _window(since, None, "mdat"))

    def delivered(self, pmids: Sequence[str]) -> tuple[str, ...]:
        """Return those of the PMIDs that PubMed still knows; see `PostedLists.known`."""
        return self._lists.known(pmids)

    def links(self, pmids: Sequence[str], linkname: str) -> dict[str, tuple[str, ...]]:
        """Return for each PMID the PMIDs linked with it; see `PostedLists.links`."""
        return self._lists.links(pmids, linkname)

    def fetch(self, reply: SearchReply, *, start: int, size: int = BATCH_SIZE) -> Batch:
        """Fetch one stretch of a search: from the history server, or by PMID where it is not there.

        Parameters
        ----------
        reply : SearchReply
            What `search` returned.
        start : int
            0-based position of the first record.
        size : int
            How many.

        Returns
        -------
        Batch
            Its ``missing`` names what was asked for, by position and once more by PMID, and did not come.

        Raises
        ------
        HistoryExpired
            Search again and go on, or fetch by PMID.
        """
        if start < 0 or size < 1:
            raise ValueError(f"start must be 0 or more and size 1 or more, not {start} and {size}")
        wanted = reply.ids[start : start + size]
        if not wanted or not reply.webenv:
            records, problems = self._by_ids(wanted)
        else:
            place = {"WebEnv": reply.webenv, "query_key": reply.query_key}
            records, problems = self._articles({**place, "retstart": str(start), "retmax": str(len(wanted))})
        return self._completed(wanted, records, problems, start=start)

    def fetch_ids(self, pmids: Sequence[str]) -> Batch:
        """Fetch records by PMID, at most `BATCH_SIZE` at once.

        Parameters
        ----------
        pmids : sequence of str
            Such as those revised since the last look.

        Returns
        -------
        Batch
            As `fetch`.
        """
        if len(pmids) > BATCH_SIZE:
            raise ValueError(f"at most {BATCH_SIZE} PMIDs at once, not {len(pmids)}")
        records, problems = self._by_ids(pmids)
        return self._completed(pmids, records, problems, start=0)

    def batches(self, reply: SearchReply, *, start: int = 0, size: int = BATCH_SIZE) -> Iterator[Batch]:
        """Fetch everything from `start` on, batch by batch, so that the caller can keep each one.

        Parameters
        ----------
        reply : SearchReply
            What `search` returned.
        start : int
            Where an interrupted run goes on.
        size : int
            Records a batch.

        Yields
        ------
        Batch
            In order.
        """
        for position in range(start, len(reply.ids), size):
            yield self.fetch(reply, start=position, size=size)

    def pmids(self, reply: SearchReply) -> tuple[str, ...]:
        """Return all PMIDs of a search; they came with it, so that nothing is asked."""
        return reply.ids

    def _esearch(self, form: Mapping[str, str], *, db: str = "pubmed") -> SearchReply:
        return self._requests.ask("esearch.fcgi", {"db": db, **form}, root="eSearchResult", read=read_search)

    def _completed(
        self,
        wanted: Sequence[str],
        records: tuple[ParsedRecord, ...],
        problems: tuple[RowProblem, ...],
        *,
        start: int,
    ) -> Batch:
        """Ask by PMID for what the batch lacks, drop what nobody asked for, and name what stays away."""
        kept = _newest(records, wanted)
        lacking = [pmid for pmid in wanted if pmid not in kept]
        again, more = self._by_ids(lacking)
        kept |= _newest(again, lacking)
        missing = tuple(pmid for pmid in wanted if pmid not in kept)
        if missing:
            logger.warning("EFetch left out %d of %d records", len(missing), len(wanted))
        found = tuple(kept[pmid] for pmid in wanted if pmid in kept)
        return Batch(start=start, size=len(wanted), records=found, problems=problems + more, missing=missing)

    def _by_ids(self, pmids: Sequence[str]) -> tuple[tuple[ParsedRecord, ...], tuple[RowProblem, ...]]:
        records: tuple[ParsedRecord, ...] = ()
        problems: tuple[RowProblem, ...] = ()
        for position in range(0, len(pmids), BATCH_SIZE):
            try:
                found, faults = self._articles({"id": ",".join(pmids[position : position + BATCH_SIZE])})
            except UnknownRecords:
                # Some servers refuse a list of which they know nothing, rather than answer with nothing.
                continue
            records, problems = records + found, problems + faults
        return records, problems

    def _articles(self, form: Mapping[str, str]) -> tuple[tuple[ParsedRecord, ...], tuple[RowProblem, ...]]:
        request = {"db": "pubmed", "retmode": "xml", "rettype": "abstract", **form}
        return self._requests.ask("efetch.fcgi", request, root="PubmedArticleSet", read=read_articles)


def _newest(records: Sequence[ParsedRecord], wanted: Sequence[str]) -> dict[str, ParsedRecord]:
    """Return the wanted records by PMID; of one that came in several versions, the highest."""
    kept: dict[str, ParsedRecord] = {}
    asked = set(wanted)
    for record in records:
        held = kept.get(record.pmid)
        if record.pmid in asked and (held is None or _version(record) >= _version(held)):
            kept[record.pmid] = record
    return kept


def _version(record: ParsedRecord) -> int:
    stated = _VERSION.search(record.raw)
    return int(stated.group(1)) if stated else 1


def _window(mindate: date | None, maxdate: date | None, datetype: DateType) -> dict[str, str]:
    if mindate is None and maxdate is None:
        return {}
    return {
        "datetype": datetype,
        "mindate": f"{mindate:%Y/%m/%d}" if mindate else _OPEN_START,
        "maxdate": f"{maxdate:%Y/%m/%d}" if maxdate else _OPEN_END,
    }
