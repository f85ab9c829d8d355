"""A server on this machine: real HTTP, faults on demand, a record of the requests."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Generic, Self, TypeVar
from urllib.parse import urlsplit

FaultT = TypeVar("FaultT")
RequestT = TypeVar("RequestT")


@dataclass
class LocalServer(Generic[FaultT, RequestT]):
    """Use as a context manager. `handler` is what each server makes of a request.

    ``faults`` is a queue: each request takes the first entry; None lets that request pass.
    """

    port: int = 0
    hang_seconds: float = 5.0
    faults: deque[FaultT | None] = field(default_factory=deque)
    requests: list[RequestT] = field(default_factory=list)

    root = "/"

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self.handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def handler(self) -> type[LocalHandler]:
        """Return the class that turns HTTP into calls of this server."""
        raise NotImplementedError

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

    def fail(self, *faults: FaultT | None) -> None:
        """Let the next requests fail, in this order."""
        self.faults.extend(faults)

    def take(self, request: RequestT) -> FaultT | None:
        """Record a request and return the fault that it meets."""
        with self._lock:
            self.requests.append(request)
            return self.faults.popleft() if self.faults else self.chance()

    def chance(self) -> FaultT | None:
        """Return the fault of a request that finds none in the queue."""
        return None

    def hang(self) -> None:
        """Keep a request waiting, unless the server stops."""
        self._released.wait(self.hang_seconds)


class LocalHandler(BaseHTTPRequestHandler):
    """Takes what GET has in its address and POST in its body for the same."""

    def do_GET(self) -> None:
        self.serve(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self.serve(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test output clean; requests are recorded instead."""

    def serve(self, query: str) -> None:
        """Answer a request with these parameters."""
        raise NotImplementedError
