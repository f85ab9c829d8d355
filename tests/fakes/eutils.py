"""A local server that speaks E-utilities: real HTTP, a made-up PubMed, faults on demand or by chance.

Run by hand: ``python -m tests.fakes.eutils --port 8123 --records 25000 --faults 0.1``, and point
``ENTREZ_BASE_URL`` at the address that it prints.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from tests.fakes import eutils_answers
from tests.fakes.corpus import Article, article_set, articles
from tests.fakes.eutils_faults import Fault, Storm, spoiled
from tests.fakes.eutils_query import Index, Query
from tests.fakes.local_server import LocalHandler, LocalServer

__all__ = ["FakeEutils", "Fault", "Request", "Storm"]

_MAX = 9_999
_BAD = 400
_LIMIT, _LIMIT_WITH_KEY = 3, 10
_BEYOND = (
    "Search Backend failed: Exception: 'retstart' cannot be larger than 9998. For PubMed, ESearch can only "
    "retrieve the first 9,999 records matching the query."
)
_RATE = '{"error":"API rate limit exceeded","api-key":"127.0.0.1","count":"4","limit":"3"}'
Answer = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came; a name that was sent several times has its values joined by commas."""

    endpoint: str
    form: dict[str, str]
    at: float
    method: str = "POST"
    values: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class FakeEutils(LocalServer[Fault, Request]):
    """The server. Where no fault is in the queue, the ``storm`` decides.

    ``limited`` answers 429 to whoever asks faster than NCBI allows. ``keys`` are the API keys that it
    knows, any where it is None. ``post_status`` is the answer to POST requests, if not 200.
    ``listed_at_most`` caps what ESearch lists at once, ``heeds_uids`` says whether it knows ranges of
    PMIDs. ``refuses_unknown`` answers with an error, not with nothing, where it knows no identifier.
    ``joins_links`` gives one set of links for all identifiers. ``before`` sees each request first.
    """

    corpus: list[Article] = field(default_factory=lambda: articles(30))
    count_override: int | None = None
    histories: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    storm: Storm | None = None
    limited: bool = False
    keys: set[str] | None = None
    post_status: int = 200
    listed_at_most: int = _MAX
    joins_links: bool = False
    heeds_uids: bool = True
    refuses_unknown: bool = False
    before: Callable[[Request], None] | None = None
    clock: Callable[[], float] = time.monotonic

    root = "/entrez/eutils/"

    def __post_init__(self) -> None:
        self._made = 0
        self._index: Index | None = None
        super().__post_init__()

    def handler(self) -> type[LocalHandler]:
        return _handler(self)

    @property
    def index(self) -> Index:
        """The articles as they are now, made anew when they changed."""
        index = self._index
        if index is None or index.corpus is not self.corpus or index.size != len(self.corpus):
            index = self._index = Index(self.corpus)
        return index

    def add(self, *more: Article) -> None:
        """Put articles into PubMed, or newer versions in place of those with the same PMID."""
        with self._lock:
            known = {article.pmid for article in more}
            self.corpus = [article for article in self.corpus if article.pmid not in known] + list(more)

    def withdraw(self, *pmids: str) -> None:
        """Take articles out of PubMed."""
        with self._lock:
            self.corpus = [article for article in self.corpus if article.pmid not in pmids]

    def forget_histories(self) -> None:
        """Expire every WebEnv."""
        self.histories.clear()

    def busiest_second(self) -> int:
        """Return the largest number of requests that began within one second."""
        times = sorted(request.at for request in self.requests)
        return max((sum(at <= other < at + 1 for other in times) for at in times), default=0)

    def chance(self) -> Fault | None:
        """Return what the storm brings."""
        return self.storm.next() if self.storm else None

    def answer(self, request: Request) -> Answer:
        """Return status and body for a request without fault."""
        answers: dict[str, Callable[[Request], Answer]] = {
            "einfo.fcgi": lambda _: (200, eutils_answers.info()),
            "esearch.fcgi": self._esearch,
            "efetch.fcgi": self._efetch,
            "epost.fcgi": self._epost,
            "esummary.fcgi": self._esummary,
            "elink.fcgi": self._elink,
        }
        form = request.form
        if self.before:
            self.before(request)
        if request.endpoint not in answers:
            return 404, "not found"
        if request.method == "POST" and self.post_status != 200:
            return self.post_status, "<html><body>Not allowed</body></html>"
        if not form.get("tool") or not form.get("email"):
            return _BAD, '{"error":"tool and email are required here, as NCBI asks"}'
        if self.keys is not None and form.get("api_key", "") not in self.keys | {""}:
            return _BAD, f'{{"error":"API key invalid","api-key":"{form["api_key"]}","type":"ip"}}'
        if self.limited and self._too_fast(request):
            return 429, _RATE
        return answers[request.endpoint](request)

    def _too_fast(self, request: Request) -> bool:
        key = request.form.get("api_key", "")
        with self._lock:
            recent = [
                other
                for other in self.requests[-50:]
                if request.at - 1 < other.at <= request.at and other.form.get("api_key", "") == key
            ]
        return len(recent) > (_LIMIT_WITH_KEY if key else _LIMIT)

    def _esearch(self, request: Request) -> Answer:
        form = request.form
        term = form.get("term", "").strip()
        if not term:
            return 200, eutils_answers.error("eSearchResult", "Empty term and query_key - nothing todo")
        if form.get("db") == "mesh":
            return 200, _mesh_search(term, int(form.get("retmax", 20)))
        webenv = form.get("WebEnv", "")
        if webenv and not any(place[0] == webenv for place in self.histories):
            return _BAD, eutils_answers.error("eSearchResult", f"Unable to obtain query #1, WebEnv: {webenv}")
        index = self.index
        query = Query(index, term, history=lambda key: self.histories.get((webenv, key)))
        if not self.heeds_uids:
            query.term = term.partition(") AND ")[0].lstrip("(")
        hits = index.within(query.run(), form)
        found = [pmid for pmid in index.newest_first if pmid in hits]
        start, size = int(form.get("retstart", 0)), min(int(form.get("retmax", 20)), self.listed_at_most)
        if start >= _MAX:
            return 200, eutils_answers.error("eSearchResult", _BEYOND)
        count = self.count_override if self.count_override is not None else len(found)
        kept = self._remember(found, webenv) if form.get("usehistory") == "y" else None
        notes = eutils_answers.notes(query.unknown, count=len(found), capped=len(found) > _MAX)
        return 200, eutils_answers.search(
            count=count,
            start=start,
            ids=found[:_MAX][start : start + size],
            history=kept,
            translation=query.translation,
            notes=notes,
        )

    def _remember(self, pmids: list[str], webenv: str = "") -> tuple[str, str]:
        with self._lock:
            if not webenv:
                self._made += 1
                webenv = f"MCID_fake{self._made}"
            place = (webenv, str(1 + sum(known[0] == webenv for known in self.histories)))
            self.histories[place] = pmids
        return place

    def _chosen(self, form: dict[str, str]) -> list[str] | str:
        """Return the PMIDs of a request, or the error that NCBI would state."""
        if "id" in form:
            return _listed(form)
        place = (form.get("WebEnv", ""), form.get("query_key", ""))
        if place not in self.histories:
            return f"Cannot retrieve history data. query_key: {place[1]}, WebEnv: {place[0]}"
        start, size = int(form.get("retstart", 0)), int(form.get("retmax", 20))
        if start >= len(self.histories[place]) or start >= _MAX:
            return "Invalid retstart: OUT OF RANGE"
        return self.histories[place][:_MAX][start : start + size]

    def _efetch(self, request: Request) -> Answer:
        chosen = self._chosen(request.form)
        if isinstance(chosen, str):
            return _BAD, eutils_answers.error("eFetchResult", chosen)
        known = self.index.versions
        if request.form.get("rettype") == "uilist":
            return 200, "".join(f"{pmid}\n" for pmid in chosen if pmid in known)
        if self.refuses_unknown and not any(pmid in known for pmid in chosen):
            message = "ID list is empty! Possibly it has no correct IDs."
            return _BAD, eutils_answers.error("eFetchResult", message)
        return 200, article_set([version for pmid in chosen for version in known.get(pmid, [])])

    def _epost(self, request: Request) -> Answer:
        pmids = _listed(request.form)
        if not pmids:
            return _BAD, eutils_answers.error("ePostResult", "Wrong id: empty")
        webenv = request.form.get("WebEnv", "")
        place = self._remember([pmid for pmid in pmids if pmid.isdecimal()], webenv)
        return 200, eutils_answers.post(*place, [pmid for pmid in pmids if not pmid.isdecimal()])

    def _esummary(self, request: Request) -> Answer:
        chosen = self._chosen(request.form)
        if isinstance(chosen, str):
            return _BAD, eutils_answers.error("eSummaryResult", chosen)
        if request.form.get("db") == "mesh":
            return 200, eutils_answers.mesh_summaries(chosen)
        known = self.index.by_pmid
        return 200, eutils_answers.summaries([known.get(pmid, pmid) for pmid in chosen])

    def _elink(self, request: Request) -> Answer:
        """Each article cites the two before it in the corpus; one value of ``id`` is one set."""
        order = [article.pmid for article in self.index.corpus]
        places = {pmid: place for place, pmid in enumerate(order)}
        backward = request.form.get("linkname") == "pubmed_pubmed_refs"

        def linked(pmids: Iterable[str]) -> list[str]:
            found: list[str] = []
            for place in (places[pmid] for pmid in pmids if pmid in places):
                found += order[max(0, place - 2) : place] if backward else order[place + 1 : place + 3]
            return found

        groups = [value.split(",") for value in request.values["id"]]
        if self.joins_links:
            groups = [[pmid for group in groups for pmid in group]]
        sets = [(group, linked(group)) for group in groups]
        return 200, eutils_answers.links(sets, request.form.get("linkname", ""))


def _listed(form: dict[str, str]) -> list[str]:
    return [pmid for pmid in form.get("id", "").split(",") if pmid]


def _mesh_search(term: str, size: int) -> str:
    words = term.lower().split()
    found = [
        heading.uid
        for heading in eutils_answers.HEADINGS
        if all(any(word in name.lower() for name in heading.names) for word in words)
    ]
    notes = eutils_answers.notes([] if found else [term], count=len(found), capped=False)
    return eutils_answers.search(
        count=len(found), start=0, ids=found[:size], history=None, translation=term, notes=notes
    )


def _handler(fake: FakeEutils) -> type[LocalHandler]:
    class Handler(LocalHandler):
        """Turns HTTP into calls of the fake."""

        def serve(self, query: str) -> None:
            values = parse_qs(query, keep_blank_values=True)
            form = {name: ",".join(several) for name, several in values.items()}
            endpoint = urlsplit(self.path).path.rsplit("/", 1)[-1]
            request = Request(endpoint, form, fake.clock(), self.command, values)
            fault = fake.take(request)
            status, body = fake.answer(request)
            data = body.encode()
            match fault:
                case "timeout":
                    fake.hang()
                    self.close_connection = True
                case "dropped":
                    self._send(status, data[: len(data) // 2], length=len(data))
                    self.close_connection = True
                case _:
                    self._send(*spoiled(fault, status, data), later=fault == "429_later")

        def _send(self, status: int, data: bytes, length: int | None = None, *, later: bool = False) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/xml; charset=UTF-8")
            self.send_header("Content-Length", str(len(data) if length is None else length))
            if later:
                self.send_header("Retry-After", "7")
            self.end_headers()
            self.wfile.write(data)

    return Handler


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--records", "--articles", type=int, default=250)
    parser.add_argument("--faults", type=float, default=0.0, help="probability that a request fails")
    parser.add_argument("--seed", type=int, default=1, help="of the faults")
    parser.add_argument("--unlimited", action="store_true", help="never answer 429 to a hurried client")
    options = parser.parse_args(arguments)
    fake = FakeEutils(
        corpus=articles(options.records, a_day=25),
        port=options.port,
        storm=Storm(options.faults, options.seed) if options.faults else None,
        limited=not options.unlimited,
        hang_seconds=60,
    )
    with fake:
        print(f"E-utilities at {fake.base_url}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
