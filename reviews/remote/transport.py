"""How a request reaches a service: a protocol, and its one implementation over HTTP."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

import httpx

# 200 articles with long author and reference lists take some 10 MB; ten times that is a fault, not a reply.
MAX_BODY_BYTES = 128 * 1024 * 1024

# Names and values; a name with several values is sent several times.
Form = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Response:
    """Status, body and headers (their names in lower case) of one HTTP reply."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class TransportFailure(Exception):
    """No complete reply came; ``str()`` says why. The client retries it."""


class Transport(Protocol):
    """Sends one request and returns the reply, of whatever status."""

    def post(self, url: str, form: Form) -> Response:
        """Send `form` to `url`.

        Raises
        ------
        TransportFailure
            Time-out, broken connection, or a body cut short.
        """
        ...

    def get(self, url: str, query: Form, headers: Mapping[str, str] | None = None) -> Response:
        """Ask for `url` with `query` as its parameters.

        Raises
        ------
        TransportFailure
            As `post`.
        """
        ...


class HttpxTransport:
    """Requests over HTTP(S).

    Parameters
    ----------
    timeout : float
        Seconds to connect, and between two pieces of a reply.
    total : float
        Seconds for a whole reply: a server that drips would otherwise hold the worker for ever.

    Notes
    -----
    A redirect is not followed: it is returned with its status, and a client that expects none refuses it.
    """

    def __init__(self, timeout: float = 30.0, total: float = 300.0) -> None:
        self._client = httpx.Client(timeout=timeout, follow_redirects=False)
        self._total = total

    def post(self, url: str, form: Form) -> Response:
        """Send `form` to `url` and read the whole reply."""
        return self._read(self._client.build_request("POST", url, data=dict(form)))

    def get(self, url: str, query: Form, headers: Mapping[str, str] | None = None) -> Response:
        """Ask for `url` and read the whole reply."""
        return self._read(self._client.build_request("GET", url, params=dict(query), headers=headers))

    def _read(self, request: httpx.Request) -> Response:
        deadline = time.monotonic() + self._total
        body = bytearray()
        try:
            reply = self._client.send(request, stream=True)
            try:
                for piece in reply.iter_bytes():
                    body += piece
                    if len(body) > MAX_BODY_BYTES:
                        raise TransportFailure(f"reply larger than {MAX_BODY_BYTES} bytes")
                    if time.monotonic() > deadline:
                        raise TransportFailure(f"reply took more than {self._total:g} seconds")
            finally:
                reply.close()
        except httpx.TimeoutException as error:
            raise TransportFailure("timed out") from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise TransportFailure(f"connection failed: {type(error).__name__}") from error
        return Response(status=reply.status_code, body=bytes(body), headers=dict(reply.headers))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
