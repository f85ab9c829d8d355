"""What the local servers of JSON services share: requests, answers, and how faults spoil them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.fakes.local_server import LocalHandler, LocalServer

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
class FakeService(LocalServer[Fault, Request]):
    """A server for one service. `answer` is what each of them makes of a request."""

    retry_after: str = ""

    def handler(self) -> type[LocalHandler]:
        return _handler(self)

    def stay_away(self, fault: Fault = "500", times: int = 10) -> None:
        """Let more requests fail than a client tries."""
        self.faults.extend([fault] * times)

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


def _handler(fake: FakeService) -> type[LocalHandler]:
    class Handler(LocalHandler):
        """Turns HTTP into calls of the fake."""

        def serve(self, query: str) -> None:
            path = unquote(urlsplit(self.path).path).removeprefix(fake.root)
            parameters = dict(parse_qsl(query, keep_blank_values=True))
            headers = {name.lower(): value for name, value in self.headers.items()}
            fault = fake.take(Request(path, parameters, headers, self.command, time.monotonic()))
            answer = fake.answer(path, parameters)
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
