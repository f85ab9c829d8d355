"""A local server that speaks E-utilities: real HTTP, a made-up PubMed, faults on demand.

Run by hand: ``python -m tests.fakes.eutils --port 8099 --articles 250``.
"""

# ruff: noqa: E501  # templates of XML keep the lines that the service writes

from __future__ import annotations

import argparse
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Literal, Self
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from tests.fakes.corpus import Article, article_set, articles

Fault = Literal[
    "404",
    "429",
    "500",
    "timeout",
    "dropped",
    "truncated",
    "html",
    "empty",
    "backend_failed",
    "expired",
    "shortfall",
]
_ESEARCH_DTD = (
    '<!DOCTYPE eSearchResult PUBLIC "-//NLM//DTD esearch 20270101//EN" '
    '"https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20270101/esearch_270101.dtd">'
)
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" ?>\n'
_MAX = 9_999
_BAD = 400


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came."""

    endpoint: str
    form: dict[str, str]
    at: float


@dataclass
class FakeEutils:
    """The server; use as a context manager, or `start` and `stop`.

    ``faults`` is a queue: each request takes the first entry; None lets that request pass.
    """

    corpus: list[Article] = field(default_factory=lambda: articles(30))
    port: int = 0
    count_override: int | None = None
    hang_seconds: float = 5.0
    faults: deque[Fault | None] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)
    histories: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def base_url(self) -> str:
        """What the setting for the base address must be."""
        return f"http://127.0.0.1:{self._server.server_port}/entrez/eutils/"

    def start(self) -> Self:
        """Serve from another thread."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving; hanging requests are let go."""
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def fail(self, *faults: Fault | None) -> None:
        """Let the next requests fail, in this order."""
        self.faults.extend(faults)

    def add(self, *more: Article) -> None:
        """Put articles into PubMed, or newer versions in place of those with the same PMID."""
        with self._lock:
            known = {article.pmid for article in more}
            self.corpus = [article for article in self.corpus if article.pmid not in known] + list(more)

    def forget_histories(self) -> None:
        """Expire every WebEnv."""
        self.histories.clear()

    def take(self, endpoint: str, form: dict[str, str]) -> Fault | None:
        """Record a request and return the fault that it meets."""
        with self._lock:
            self.requests.append(Request(endpoint, form, time.monotonic()))
            return self.faults.popleft() if self.faults else None

    def hang(self) -> None:
        """Keep a request waiting, unless the server stops."""
        self._released.wait(self.hang_seconds)

    def answer(self, endpoint: str, form: dict[str, str]) -> tuple[int, str]:
        """Return status and body for a request without fault."""
        answers: dict[str, Callable[[dict[str, str]], tuple[int, str]]] = {
            "esearch.fcgi": self._esearch,
            "efetch.fcgi": self._efetch,
            "epost.fcgi": self._epost,
            "esummary.fcgi": self._esummary,
        }
        if endpoint not in answers:
            return 404, "not found"
        if not form.get("tool") or not form.get("email"):
            return _BAD, '{"error":"tool and email are required here, as NCBI asks"}'
        return answers[endpoint](form)

    def _esearch(self, form: dict[str, str]) -> tuple[int, str]:
        term = form.get("term", "").strip()
        if not term:
            return (
                200,
                f"{_DECLARATION}<eSearchResult><ERROR>Empty term and query_key - nothing todo</ERROR></eSearchResult>",
            )
        found, unknown = self._find(form, term)
        count = self.count_override if self.count_override is not None else len(found)
        start, size = int(form.get("retstart", 0)), min(int(form.get("retmax", 20)), _MAX)
        history = self._remember(found) if form.get("usehistory") == "y" else ("", "")
        place = f"<QueryKey>{history[1]}</QueryKey><WebEnv>{history[0]}</WebEnv>" if history[0] else ""
        ids = "".join(f"<Id>{pmid}</Id>\n" for pmid in found[start : start + size])
        errors = "".join(f"<PhraseNotFound>{escape(word)}</PhraseNotFound>" for word in unknown)
        notes = f"<ErrorList>{errors}</ErrorList>" if errors else ""
        if not found:
            notes += "<WarningList><OutputMessage>No items found.</OutputMessage></WarningList>"
        return 200, (
            f"{_DECLARATION}{_ESEARCH_DTD}\n<eSearchResult><Count>{count}</Count><RetMax>{len(found[start : start + size])}"
            f"</RetMax><RetStart>{start}</RetStart>{place}<IdList>{ids}</IdList><TranslationSet/>"
            f"<QueryTranslation>{escape(_translation(term))}</QueryTranslation>{notes}</eSearchResult>\n"
        )

    def _find(self, form: dict[str, str], term: str) -> tuple[list[str], list[str]]:
        """All words must occur in title or abstract; newest first. Words that no article has are named."""
        words = [
            word
            for word in re.findall(r"[\w-]+", re.sub(r"\[[^\]]*\]", "", term))
            if word not in ("AND", "OR")
        ]
        texts = {article.pmid: _text_of(article) for article in self.corpus}
        unknown = [word for word in words if not any(word.lower() in text for text in texts.values())]
        kept = [
            article
            for article in self.corpus
            if all(word.lower() in texts[article.pmid] for word in words) and _within(article, form)
        ]
        return [
            article.pmid for article in sorted(kept, key=lambda article: int(article.pmid), reverse=True)
        ], unknown

    def _remember(self, pmids: list[str]) -> tuple[str, str]:
        with self._lock:
            place = (f"MCID_fake{len(self.histories) + 1}", "1")
            self.histories[place] = pmids
        return place

    def _chosen(self, form: dict[str, str]) -> list[Article] | str:
        """Return the articles of a request, or the error that NCBI would state."""
        if "id" in form:
            pmids = [pmid for pmid in form["id"].split(",") if pmid]
        else:
            place = (form.get("WebEnv", ""), form.get("query_key", ""))
            if place not in self.histories:
                return f"Cannot retrieve history data. query_key: {place[1]}, WebEnv: {place[0]}"
            start, size = int(form.get("retstart", 0)), int(form.get("retmax", 20))
            if start >= len(self.histories[place]) or start >= _MAX:
                return "Invalid retstart: OUT OF RANGE"
            pmids = self.histories[place][start : start + size]
        by_pmid = {article.pmid: article for article in self.corpus}
        return [by_pmid[pmid] for pmid in pmids if pmid in by_pmid]

    def _efetch(self, form: dict[str, str]) -> tuple[int, str]:
        chosen = self._chosen(form)
        if isinstance(chosen, str):
            return _BAD, f"{_DECLARATION}<eFetchResult><ERROR>{escape(chosen)}</ERROR></eFetchResult>"
        if form.get("rettype") == "uilist":
            return 200, "".join(f"{article.pmid}\n" for article in chosen)
        return 200, article_set(chosen)

    def _epost(self, form: dict[str, str]) -> tuple[int, str]:
        pmids = [pmid for pmid in form.get("id", "").split(",") if pmid]
        if not pmids:
            return _BAD, f"{_DECLARATION}<ePostResult><ERROR>Wrong id: empty</ERROR></ePostResult>"
        webenv, key = self._remember(pmids)
        return (
            200,
            f"{_DECLARATION}<ePostResult><QueryKey>{key}</QueryKey><WebEnv>{webenv}</WebEnv></ePostResult>",
        )

    def _esummary(self, form: dict[str, str]) -> tuple[int, str]:
        chosen = self._chosen(form)
        if isinstance(chosen, str):
            return _BAD, f"{_DECLARATION}<eSummaryResult><ERROR>{escape(chosen)}</ERROR></eSummaryResult>"
        sums = "".join(
            f'<DocSum><Id>{article.pmid}</Id><Item Name="Title" Type="String">{escape(article.title)}</Item></DocSum>'
            for article in chosen
        )
        return 200, f"{_DECLARATION}<eSummaryResult>{sums}</eSummaryResult>"


def _text_of(article: Article) -> str:
    parts = [
        article.title,
        *(text for _, text in article.abstract),
        *(family for family, _ in article.authors),
    ]
    return " ".join(parts).lower()


def _translation(term: str) -> str:
    return " AND ".join(
        f'"{word}"[All Fields]' for word in re.findall(r"[\w-]+", term) if word not in ("AND", "OR")
    )


def _within(article: Article, form: dict[str, str]) -> bool:
    """PubMed takes bounds only in pairs; so does this."""
    if "mindate" not in form or "maxdate" not in form:
        return True
    days = {
        "edat": article.entered,
        "crdt": article.entered,
        "mdat": article.revised,
        "pdat": date(article.year, 1, 1),
    }
    day = days[form.get("datetype", "pdat")]
    return _day(form["mindate"], last=False) <= day <= _day(form["maxdate"], last=True)


def _day(text: str, *, last: bool) -> date:
    parts = text.split("/")
    if len(parts) == 3:
        return datetime.strptime(text, "%Y/%m/%d").date()
    return date(int(parts[0]), 12, 31) if last else date(int(parts[0]), 1, 1)


def _handler(fake: FakeEutils) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Turns HTTP into calls of the fake."""

        def do_GET(self) -> None:
            self._serve(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test output clean; requests are recorded instead."""

        def _serve(self, query: str) -> None:
            form = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
            endpoint = urlsplit(self.path).path.rsplit("/", 1)[-1]
            fault = fake.take(endpoint, form)
            status, body = fake.answer(endpoint, form)
            data = body.encode()
            match fault:
                case "timeout":
                    fake.hang()
                    self.close_connection = True
                case "dropped":
                    self._send(status, data[: len(data) // 2], length=len(data))
                    self.close_connection = True
                case _:
                    self._send(*_spoiled(fault, status, data))

        def _send(self, status: int, data: bytes, length: int | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/xml; charset=UTF-8")
            self.send_header("Content-Length", str(len(data) if length is None else length))
            self.end_headers()
            self.wfile.write(data)

    return Handler


_INSTEAD: dict[str, tuple[int, bytes]] = {
    "404": (404, b"not found"),
    "429": (429, b'{"error":"API rate limit exceeded","count":"4","limit":"3"}'),
    "500": (500, b"<html><body>Internal Server Error</body></html>"),
    "html": (200, b"<!DOCTYPE html><html><head><title>WWW Error Blocked Diagnostic</title></head></html>"),
    "empty": (200, b""),
    "backend_failed": (200, b"<eSearchResult><ERROR>Search Backend failed: pubmed</ERROR></eSearchResult>"),
    "expired": (
        400,
        b"<eFetchResult><ERROR>Cannot retrieve history data. query_key: 1</ERROR></eFetchResult>",
    ),
}


def _spoiled(fault: Fault | None, status: int, data: bytes) -> tuple[int, bytes]:
    """Return the reply as this fault leaves it."""
    if fault == "truncated":
        return status, data[: len(data) * 2 // 3]
    if fault == "shortfall":
        first = re.search(rb"<PubmedArticle>.*?</PubmedArticle>", data, re.DOTALL)
        return status, data.replace(first.group(), b"") if first else data
    return _INSTEAD[fault] if fault else (status, data)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--articles", type=int, default=250)
    options = parser.parse_args(arguments)
    with FakeEutils(corpus=articles(options.articles), port=options.port) as fake:
        print(f"E-utilities at {fake.base_url}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
