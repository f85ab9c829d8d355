"""Sending requests to E-utilities until an answer comes: paced, by POST or GET, patient within bounds."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlencode

from reviews.pubmed.bodies import PassingFault, check_body, check_status
from reviews.pubmed.errors import EntrezUnavailable, QueryTooLong
from reviews.remote import Form, Limiter, Response, Transport, TransportFailure, backoff

logger = logging.getLogger(__name__)

# What common servers take as a request line, with room for the rest of it.
MAX_ADDRESS = 8_000
_Answer = TypeVar("_Answer")
_NO_POST = (405, 501)
# An error that nobody knows may be a passing one; after so many it is not.
_DOUBTS = 3


class EntrezRequests:
    """The requests of one client.

    Parameters
    ----------
    transport : Transport
        Sends them.
    base_url : str
        With or without a slash at its end.
    identity : mapping
        What goes with every request: tool, email, key.
    limiter : Limiter
        Pacing of starts.
    sleep : callable
        Waiting between attempts.
    rng : random.Random
        Source of the jitter.
    max_tries : int
        Attempts for one request, the first included.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        base_url: str,
        identity: Mapping[str, str],
        limiter: Limiter,
        sleep: Callable[[float], None],
        rng: random.Random,
        max_tries: int,
    ) -> None:
        if max_tries < 1:
            raise ValueError(f"max_tries must be at least 1, not {max_tries}")
        self._transport = transport
        self._base_url = base_url.rstrip("/") + "/"
        self._identity = dict(identity)
        self._limiter = limiter
        self._sleep = sleep
        self._rng = rng
        self._max_tries = max_tries
        self._by_get = False

    @property
    def by_get(self) -> bool:
        """Whether the server takes no POST requests, so that a request must fit into an address."""
        return self._by_get

    def ask(self, endpoint: str, form: Form, *, root: str, read: Callable[[bytes], _Answer]) -> _Answer:
        """Send a request until its reply is whole, waiting longer after each failure.

        Parameters
        ----------
        endpoint : str
            Such as ``esearch.fcgi``.
        form : Form
            Without the identity.
        root : str
            Element that the reply must be.
        read : callable
            Makes the answer of the body; raises `PassingFault` where it is not usable.

        Returns
        -------
        object
            What `read` returned.

        Raises
        ------
        EntrezUnavailable
            No attempt had an answer.
        EntrezError
            Any other refusal, by its name.
        """
        reason, doubts = "", 0
        for attempt in range(1, self._max_tries + 1):
            self._limiter.wait()
            try:
                response = self._sent(endpoint, form)
                check_status(response)
                check_body(response.body, root=root)
                return read(response.body)
            except TransportFailure as error:
                fault = PassingFault(str(error))
            except PassingFault as error:
                fault = error
            reason = str(fault)
            logger.warning("%s failed, attempt %d of %d: %s", endpoint, attempt, self._max_tries, reason)
            doubts += fault.final is not None
            if fault.final is not None and (doubts >= _DOUBTS or attempt == self._max_tries):
                raise fault.final
            if attempt < self._max_tries:
                self._sleep(max(backoff(attempt, rng=self._rng), fault.wait))
        raise EntrezUnavailable(attempts=self._max_tries, reason=reason)

    def _sent(self, endpoint: str, form: Form) -> Response:
        """Send by POST; to a server that takes none, by GET from then on."""
        url, sent = self._base_url + endpoint, {**self._identity, **form}
        length = len(url) + 1 + len(urlencode(sent, doseq=True))
        if self._by_get and length <= MAX_ADDRESS:
            return self._transport.get(url, sent)
        response = self._transport.post(url, sent)
        if response.status not in _NO_POST:
            self._by_get = False
            return response
        self._by_get = True
        if length > MAX_ADDRESS:
            raise QueryTooLong(length=length, limit=MAX_ADDRESS)
        self._limiter.wait()
        return self._transport.get(url, sent)
