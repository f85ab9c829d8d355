"""The Entrez client: search, then fetch what the search found, politely and completely."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal, TypeVar

from reviews.formats import ParsedRecord, RowProblem
from reviews.pubmed.errors import EntrezRefused, EntrezUnavailable, IncompleteSearch, TooManyHits
from reviews.pubmed.replies import (
    Batch,
    PassingFault,
    SearchReply,
    check_body,
    read_articles,
    read_search,
)
from reviews.remote import Limiter, RateLimiter, Response, Transport, TransportFailure, backoff

logger = logging.getLogger(__name__)

# NLM support articles KA-05317 and KA-05318: requests a second for an address, and with an API key.
RATE_WITHOUT_KEY = 3.0
RATE_WITH_KEY = 10.0
# NBK25499: for PubMed, ESearch and the history server give the first 9,999 records of a query and no more.
MAX_HITS = 9_999
# NBK25497 asks for batches; 200 is also the number of identifiers that may be sent at once.
BATCH_SIZE = 200
# entry to PubMed, creation, last revision, publication
DateType = Literal["edat", "crdt", "mdat", "pdat"]

_Answer = TypeVar("_Answer")
_TOO_MANY_REQUESTS = 429
_BAD_REQUEST = 400
_OPEN_START, _OPEN_END = "1500/01/01", "3000/12/31"


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
        max_tries: int = 5,
    ) -> None:
        if max_tries < 1:
            raise ValueError(f"max_tries must be at least 1, not {max_tries}")
        rate = RATE_WITH_KEY if api_key else RATE_WITHOUT_KEY
        self._transport = transport
        self._base_url = base_url.rstrip("/") + "/"
        self._identity = {"tool": tool, "email": email} | ({"api_key": api_key} if api_key else {})
        self._limiter = limiter or RateLimiter(rate, clock=clock, sleep=sleep)
        self._sleep = sleep
        self._rng = rng or random.Random()
        self._max_tries = max_tries

    def search(
        self,
        query: str,
        *,
        mindate: date | None = None,
        maxdate: date | None = None,
        datetype: DateType = "edat",
    ) -> SearchReply:
        """Run a query and leave its result on the history server.

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
            With all PMIDs.

        Raises
        ------
        TooManyHits
            More than 9,999.
        IncompleteSearch
            The list of PMIDs is shorter than the count.
        EntrezRefused, EntrezUnavailable, UnexpectedReply
            PubMed says no, or nothing usable.
        """
        form = {"db": "pubmed", "term": query, "usehistory": "y", "retstart": "0", "retmax": str(MAX_HITS)}
        if mindate or maxdate:
            form |= {
                "datetype": datetype,
                "mindate": f"{mindate:%Y/%m/%d}" if mindate else _OPEN_START,
                "maxdate": f"{maxdate:%Y/%m/%d}" if maxdate else _OPEN_END,
            }
        reply = self._ask("esearch.fcgi", form, root="eSearchResult", read=read_search)
        if reply.count > MAX_HITS:
            raise TooManyHits(count=reply.count, limit=MAX_HITS)
        if len(set(reply.ids)) != reply.count:
            raise IncompleteSearch(count=reply.count, listed=len(set(reply.ids)))
        return reply

    def fetch(self, reply: SearchReply, *, start: int, size: int = BATCH_SIZE) -> Batch:
        """Fetch one stretch of a search from the history server.

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
            Search again and go on.
        EntrezRefused, EntrezUnavailable
            PubMed says no, or nothing usable.
        """
        if start < 0 or size < 1:
            raise ValueError(f"start must be 0 or more and size 1 or more, not {start} and {size}")
        wanted = reply.ids[start : start + size]
        if not wanted:
            return Batch(start=start, size=0, records=(), problems=(), missing=())
        form = {
            "WebEnv": reply.webenv,
            "query_key": reply.query_key,
            "retstart": str(start),
            "retmax": str(len(wanted)),
        }
        records, problems = self._articles(form)
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

        Raises
        ------
        EntrezRefused, EntrezUnavailable
            PubMed says no, or nothing usable.
        """
        if len(pmids) > BATCH_SIZE:
            raise ValueError(f"at most {BATCH_SIZE} PMIDs at once, not {len(pmids)}")
        if not pmids:
            return Batch(start=0, size=0, records=(), problems=(), missing=())
        records, problems = self._articles({"id": ",".join(pmids)})
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

    def _completed(
        self,
        wanted: Sequence[str],
        records: tuple[ParsedRecord, ...],
        problems: tuple[RowProblem, ...],
        *,
        start: int,
    ) -> Batch:
        """Ask by PMID for what the batch lacks, drop what nobody asked for, and name what stays away."""
        kept = {record.pmid: record for record in records if record.pmid in set(wanted)}
        lacking = [pmid for pmid in wanted if pmid not in kept]
        for position in range(0, len(lacking), BATCH_SIZE):
            again, more = self._articles({"id": ",".join(lacking[position : position + BATCH_SIZE])})
            kept |= {record.pmid: record for record in again if record.pmid in set(lacking)}
            problems += more
        missing = tuple(pmid for pmid in wanted if pmid not in kept)
        if missing:
            logger.warning("EFetch left out %d of %d records", len(missing), len(wanted))
        found = tuple(kept[pmid] for pmid in wanted if pmid in kept)
        return Batch(start=start, size=len(wanted), records=found, problems=problems, missing=missing)

    def _articles(self, form: dict[str, str]) -> tuple[tuple[ParsedRecord, ...], tuple[RowProblem, ...]]:
        request = {"db": "pubmed", "retmode": "xml", "rettype": "abstract"} | form
        return self._ask("efetch.fcgi", request, root="PubmedArticleSet", read=read_articles)

    def _ask(
        self, endpoint: str, form: Mapping[str, str], *, root: str, read: Callable[[bytes], _Answer]
    ) -> _Answer:
        """Send a request until its reply is whole, waiting longer after each failure."""
        reason = ""
        for attempt in range(1, self._max_tries + 1):
            self._limiter.wait()
            try:
                response = self._transport.post(self._base_url + endpoint, {**self._identity, **form})
                _check_status(response)
                check_body(response.body, root=root)
                return read(response.body)
            except (TransportFailure, PassingFault) as error:
                reason = str(error)
                logger.warning("%s failed, attempt %d of %d: %s", endpoint, attempt, self._max_tries, reason)
            if attempt < self._max_tries:
                self._sleep(backoff(attempt, rng=self._rng))
        raise EntrezUnavailable(attempts=self._max_tries, reason=reason)


def _check_status(response: Response) -> None:
    status = response.status
    if status == _TOO_MANY_REQUESTS or status >= 500:
        raise PassingFault(f"status {status}")
    if status == _BAD_REQUEST:
        # NCBI states an expired history this way; `check_body` knows its words. Anything else is final.
        if b"<ERROR>" not in response.body:
            raise EntrezRefused(reason=f"status {status}{_json_error(response.body)}")
        return
    if status != 200:
        raise EntrezRefused(reason=f"status {status}{_json_error(response.body)}")


def _json_error(body: bytes) -> str:
    try:
        stated = json.loads(body)
    except ValueError:
        return ""
    return f", {stated['error']}" if isinstance(stated, dict) and "error" in stated else ""
