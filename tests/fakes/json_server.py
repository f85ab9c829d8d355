"""What the local servers of JSON services share: real HTTP, faults on demand, a record of the requests."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Literal, Self
from urllib.parse import parse_qsl, unquote, urlsplit

Fault = Literal[
    "400",
    "401",
    "403",
    "404",
    "414",
    "429",
    "500",
    "timeout",
    "dropped",
    "truncated",
    "html",
    "empty",
    "array",
    "nothing",
    "redirect",
]
STORM: tuple[Fault, ...] = ("429", "500", "dropped", "truncated", "html", "empty")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    method: str
    at: float


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and kind of one reply."""

    status: int
    body: bytes
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def as_json(value: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode())


@dataclass
class FakeService:
    """A server for one service; use as a context manager. `answer` is what each of them makes of a request.

    ``faults`` is a queue: each request takes the first entry; None lets that request pass.
    """

    port: int = 0
    hang_seconds: float = 5.0
    retry_after: str = ""
    faults: deque[Fault | None] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)

    root = "/"

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
        return f"http://127.0.0.1:{self._server.server_port}{self.root}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fail(self, *faults: Fault | None) -> None:
        """Let the next requests fail, in this order."""
        self.faults.extend(faults)

    def stay_away(self, fault: Fault = "500", times: int = 10) -> None:
        """Let more requests fail than a client tries."""
        self.faults.extend([fault] * times)

    def take(self, request: Request) -> Fault | None:
        """Record a request and return the fault that it meets."""
        with self._lock:
            self.requests.append(request)
            return self.faults.popleft() if self.faults else None

    def hang(self) -> None:
        """Keep a request waiting, unless the server stops."""
        self._released.wait(self.hang_seconds)

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        """Return the reply to a request without fault; `path` is below the root and decoded."""
        raise NotImplementedError

    def spoiled(self, fault: Fault, answer: Answer) -> Answer:
        """Return the reply as this fault leaves it."""
        waiting = (("Retry-After", self.retry_after),) if self.retry_after else ()
        instead: Mapping[str, Answer] = {
            "400": as_json({"status": "failed", "message": [{"message": "This is no valid request."}]}, 400),
            "401": as_json({"error": "Invalid API key", "message": "Get a key."}, 401),
            "403": as_json({"error": "Forbidden", "message": "Rate limit exceeded"}, 403),
            "414": Answer(414, b"<html>Request-URI Too Large</html>", "text/html"),
            "404": Answer(404, b"Resource not found.", "text/plain"),
            "429": Answer(429, b'{"error": "too many requests"}', headers=waiting),
            "500": Answer(500, b"<html><body>Internal Server Error</body></html>", "text/html"),
            "html": Answer(200, b"<!DOCTYPE html><html><title>Maintenance</title></html>", "text/html"),
            "empty": Answer(200, b""),
            "array": Answer(200, b"[1, 2]"),
            "nothing": Answer(200, b"{}"),
            "redirect": Answer(302, b"", headers=(("Location", "http://elsewhere.example/?api_key=SECRET"),)),
        }
        if fault == "truncated":
            return Answer(answer.status, answer.body[: len(answer.body) * 2 // 3], answer.kind)
        return instead[fault]


def _handler(fake: FakeService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Turns HTTP into calls of the fake."""

        def do_GET(self) -> None:
            self._serve(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test output clean; requests are recorded instead."""

        def _serve(self, text: str) -> None:
            path = unquote(urlsplit(self.path).path).removeprefix(fake.root)
            query = dict(parse_qsl(text, keep_blank_values=True))
            headers = {name.lower(): value for name, value in self.headers.items()}
            fault = fake.take(Request(path, query, headers, self.command, time.monotonic()))
            answer = fake.answer(path, query)
            if fault == "timeout":
                fake.hang()
                self.close_connection = True
            elif fault == "dropped":
                self._send(answer, answer.body[: len(answer.body) // 2])
                self.close_connection = True
            else:
                answer = fake.spoiled(fault, answer) if fault else answer
                self._send(answer, answer.body)

        def _send(self, answer: Answer, data: bytes) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

    return Handler
