"""One JSON request at a time: paced, repeated while the fault may pass, refused by name when it will not."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from reviews.connectors.errors import (
    KeyRefused,
    QueryTooLong,
    ServiceBusy,
    ServiceMoved,
    ServiceRefused,
    ServiceUnavailable,
    UnexpectedAnswer,
)
from reviews.formats.text import clean, squash
from reviews.remote import (
    Limiter,
    RateLimiter,
    Response,
    Transport,
    TransportFailure,
    backoff,
    retry_after,
)

logger = logging.getLogger(__name__)

# A worker that waits longer holds its run for nothing: the run fails by name and is asked for again.
LONGEST_WAIT = 120.0
# What is named to people; nobody waits for that long.
_LONGEST_TOLD = 1e9
_LONGEST_REASON = 300
_PASSING = frozenset({408, 425, 429})
_KEY = frozenset({401, 403})
_TOO_LONG = frozenset({413, 414, 431})
_NOT_FOUND = 404
_SAID = ("message", "errMsg", "error", "description", "detail")


class PassingFault(Exception):
    """An answer that is none, for a reason that may pass; `wait` is what the service asks for, in seconds."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class JsonClient:
    """Asks one service for JSON.

    Parameters
    ----------
    transport : Transport
        Sends the requests.
    service : str
        What people call the service, for sentences.
    base_url : str
        Such as ``https://api.crossref.org/``.
    email : str
        Who asks; goes into the User-Agent header, as all services wish.
    limiter : Limiter, optional
        Shared pacing; by default one request a second for this client.
    sleep : callable
        Waiting; injected by tests.
    rng : random.Random, optional
        Source of the jitter.
    max_tries : int
        Attempts for one request, the first included.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        service: str,
        base_url: str,
        email: str = "",
        limiter: Limiter | None = None,
        sleep: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
        max_tries: int = 5,
    ) -> None:
        if max_tries < 1:
            raise ValueError(f"max_tries must be at least 1, not {max_tries}")
        self.service = service
        self.email = email
        self._transport = transport
        self._base_url = base_url.rstrip("/") + "/"
        known = f" (mailto:{email})" if email and email.isascii() and email.isprintable() else ""
        self._headers = {"User-Agent": f"Perennial/0.1{known}", "Accept": "application/json"}
        self._limiter = limiter or RateLimiter(1.0, sleep=sleep)
        self._sleep = sleep
        self._rng = rng or random.Random()
        self._max_tries = max_tries

    def get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Ask for `path` under the base address.

        Parameters
        ----------
        path : str
            Already percent-encoded.
        query : mapping
            Parameters of the request.

        Returns
        -------
        dict
            The answer.

        Raises
        ------
        ServiceUnavailable, ServiceBusy
            Every attempt met a fault that may pass, or the service asks for a long pause.
        ServiceRefused
            The service says no; `ServiceMoved` and `KeyRefused` are cases of it.
        UnexpectedAnswer
            JSON, and no object.
        """
        found = self.find(path, query)
        if found is None:
            raise ServiceRefused(service=self.service, reason="it knows no such address (status 404)")
        return found

    def find(self, path: str, query: Mapping[str, str]) -> dict[str, Any] | None:
        """Ask as `get`, for what the service may not know; None is its 404."""
        return self._ask(
            path, lambda: self._transport.get(self._base_url + path, query, headers=self._headers)
        )

    def post(self, path: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Ask as `get`, with a form: for queries too long for an address."""
        found = self._ask(path, lambda: self._transport.post(self._base_url + path, form))
        if found is None:
            raise ServiceRefused(service=self.service, reason="it knows no such address (status 404)")
        return found

    def unexpected(self, reason: str) -> UnexpectedAnswer:
        """Return the error for an answer that lacks what the service documents."""
        return UnexpectedAnswer(service=self.service, reason=reason)

    def _ask(self, path: str, send: Callable[[], Response]) -> dict[str, Any] | None:
        reason = ""
        for attempt in range(1, self._max_tries + 1):
            self._limiter.wait()
            wait = 0.0
            try:
                response = send()
                return None if response.status == _NOT_FOUND else self._read(response)
            except TransportFailure as failure:
                reason = str(failure)
            except PassingFault as fault:
                reason, wait = str(fault), fault.wait
            logger.warning("%s %s: attempt %d failed: %s", self.service, path, attempt, reason)
            if wait > LONGEST_WAIT:
                raise ServiceBusy(service=self.service, seconds=round(wait))
            if attempt < self._max_tries:
                self._sleep(max(wait, backoff(attempt, rng=self._rng)))
        raise ServiceUnavailable(service=self.service, attempts=self._max_tries, reason=reason)

    def _read(self, response: Response) -> dict[str, Any]:
        self._check_status(response)
        try:
            answer = json.loads(response.body)
        except (ValueError, RecursionError) as error:
            start = squash(clean(response.body[:60].decode("utf-8", errors="replace")))
            raise PassingFault(f"not JSON: {start}" if start else "empty reply") from error
        if not isinstance(answer, dict):
            raise self.unexpected(f"expected an object, got {type(answer).__name__}")
        return answer

    def _check_status(self, response: Response) -> None:
        status = response.status
        if status == 200:
            return
        if status in _PASSING or status >= 500:
            raise PassingFault(f"status {status}", wait=retry_after(response.headers, longest=_LONGEST_TOLD))
        reason = stated(response.body) or f"status {status}"
        if 300 <= status < 400:
            # Services repeat the parameters there, and among them the key.
            place = (
                response.headers.get("location", "").partition("?")[0] or "an address that it does not name"
            )
            raise ServiceMoved(service=self.service, place=place[:_LONGEST_REASON])
        if status in _TOO_LONG:
            raise QueryTooLong(service=self.service)
        if status == 403 and "rate limit" in reason.casefold():
            # OpenAlex says "slow down" this way.
            raise PassingFault(
                f"status {status}, {reason}", wait=retry_after(response.headers, longest=_LONGEST_TOLD)
            )
        if status in _KEY:
            raise KeyRefused(service=self.service, reason=reason)
        raise ServiceRefused(service=self.service, reason=reason)


def stated(body: bytes) -> str:
    """Return what an error answer says, as one line without its full stop; "" for a web page or nothing.

    Parameters
    ----------
    body : bytes
        JSON of any of the services, or plain text.

    Returns
    -------
    str
        At most 300 characters.
    """
    text = body.decode("utf-8", errors="replace")
    try:
        said = "; ".join(dict.fromkeys(line.strip(" .") for line in _said(json.loads(text))))
    except (ValueError, RecursionError):
        said = "" if text.lstrip().startswith("<") else text
    return squash(clean(said))[:_LONGEST_REASON].rstrip(". ")


def _said(answer: object) -> list[str]:
    if isinstance(answer, str):
        return [answer]
    if isinstance(answer, list):
        return [line for item in answer for line in _said(item)]
    if isinstance(answer, dict):
        return [line for name in _SAID if name in answer for line in _said(answer[name])]
    return []
