"""Whether a reply is an answer at all, and what an answer that is none means."""

from __future__ import annotations

import json
import re

from reviews.pubmed.errors import (
    EntrezError,
    EntrezKeyRefused,
    EntrezRefused,
    HistoryExpired,
    QueryTooLong,
    UnknownRecords,
)
from reviews.remote import Response, retry_after

_ERROR = re.compile(rb"<ERROR(?:\s[^>]*)?>(.*?)</ERROR\s*>", re.IGNORECASE | re.DOTALL)
_WEB_PAGE = re.compile(
    rb"(?:<\?xml[^>]*\?>\s*|<!--.*?-->\s*)*<(?:!doctype\s+)?html", re.IGNORECASE | re.DOTALL
)
_TAIL_BYTES = 4096
# Replies that answer for each identifier: an error inside may be about one of them; their readers judge it.
_JUDGED_BY_READER = {"eLinkResult", "eSummaryResult"}

_KEY = re.compile(
    r"api.?key.{0,20}(?:invalid|unknown|wrong|expired|revoked|not valid)|(?:invalid|unknown|wrong) api.?key",
    re.IGNORECASE,
)
# All spellings that NCBI's servers were seen to use for a history that is gone.
_HISTORY = re.compile(
    r"(?:can ?not|can't|could not|unable|fail|expired|invalid|wrong|unknown|no such|not found|no longer"
    r"|missing).{0,60}(?:history|web_?env|query_?\s?key|obtain query|session)"
    r"|(?:history|web_?env|query_?\s?key|session).{0,80}"
    r"(?:can ?not|unable|fail|expired|invalid|wrong|unknown|not found|no longer|missing|not exist)",
    re.IGNORECASE | re.DOTALL,
)
_FINAL = (
    "empty term",
    "nothing todo",
    "nothing to do",
    "invalid db name",
    "neither query_key nor id",
    "cannot be larger",
    "out of range",
)
# Faults of NCBI's servers that pass. EDirect retries them too.
_PASSING = (
    "backend failed",
    "rate limit",
    "temporarily",
    "try again",
    "timeout",
    "timed out",
    "busy",
    "couldn't resolve",
    "address table is empty",
    "unable to open connection",
    "read failed",
    "c++ exception",
    "internal error",
    "unavailable",
)
_UNKNOWN = ("id list is empty", "no correct ids")
_OK, _BAD_REQUEST, _REQUEST_TIMEOUT, _TOO_MANY_REQUESTS = 200, 400, 408, 429
_TOO_LONG = (413, 414, 431)


class PassingFault(Exception):
    """A reply that is no answer, for a reason that may pass; ``str()`` says which. The client retries it.

    Parameters
    ----------
    reason : str
        For people.
    wait : float
        Seconds that the server asks to be left alone.
    final : EntrezError, optional
        What to raise where the same fault comes again and again: then it was no passing one.
    """

    def __init__(self, reason: str, *, wait: float = 0.0, final: EntrezError | None = None) -> None:
        super().__init__(reason)
        self.wait = wait
        self.final = final


def check_status(response: Response) -> None:
    """Make sure that the reply's status promises an answer.

    Parameters
    ----------
    response : Response
        As it came.

    Raises
    ------
    PassingFault
        Too many requests, a time-out or a fault of the server; a bad request without a word of explanation,
        which NCBI's load balancers send now and then.
    HistoryExpired, EntrezKeyRefused, QueryTooLong, EntrezRefused
        What the body states, or else the status.
    """
    status = response.status
    if status == _OK:
        return
    stated = stated_error(response.body)
    wait = retry_after(response.headers)
    if status >= 500 or status in (_TOO_MANY_REQUESTS, _REQUEST_TIMEOUT):
        if _HISTORY.search(stated):
            raise HistoryExpired
        raise PassingFault(f"status {status}", wait=wait)
    if status in _TOO_LONG:
        raise QueryTooLong(
            "The query is too long for this server, which answered with status {status}. Shorten it.",
            status=status,
        )
    if stated:
        raise_stated_error(stated, status=status)
    refused = EntrezRefused(reason=f"status {status}")
    if status == _BAD_REQUEST:
        raise PassingFault(f"status {status}", wait=wait, final=refused)
    raise refused


def check_body(body: bytes, *, root: str) -> None:
    """Make sure that `body` is a complete reply of the kind wanted.

    Parameters
    ----------
    body : bytes
        Of a reply with status 200.
    root : str
        Name of the element that the reply must be.

    Raises
    ------
    PassingFault
        Empty, a web page, an error of NCBI's servers, or cut short.
    HistoryExpired
        The history server no longer knows the search.
    EntrezKeyRefused
        NCBI does not know the API key.
    EntrezRefused
        Any other error that NCBI states.
    """
    text = body.removeprefix(b"\xef\xbb\xbf").strip()
    if not text:
        raise PassingFault("empty reply")
    name = root.encode()
    has_root = re.search(rb"<" + name + rb"[\s/>]", text) is not None
    if not (has_root and root in _JUDGED_BY_READER) and (stated := stated_error(text)):
        raise_stated_error(stated)
    if text[:1] in (b"{", b"["):
        raise PassingFault("JSON where XML was asked for")
    if _WEB_PAGE.match(text[:_TAIL_BYTES]):
        raise PassingFault("a web page instead of an answer")
    if not text.startswith(b"<"):
        raise PassingFault(f"not XML: {text[:80].decode('utf-8', errors='replace')}")
    if not has_root:
        raise PassingFault(f"no {root} in the reply")
    end = rb"(?:</" + name + rb"\s*>|<" + name + rb"(?:\s[^>]*)?/>)(?:\s|<!--.*?-->)*\Z"
    if not re.search(end, text[-_TAIL_BYTES:], re.DOTALL):
        raise PassingFault("truncated reply")


def stated_error(body: bytes) -> str:
    """Return the error that a body states, in XML or JSON, or "".

    Parameters
    ----------
    body : bytes
        Any reply.

    Returns
    -------
    str
        Its words; never the API key that NCBI repeats beside them.
    """
    if found := _ERROR.search(body):
        return found.group(1).decode("utf-8", errors="replace").strip()
    if not body.lstrip().startswith(b"{"):
        return ""
    try:
        stated = json.loads(body)
    except ValueError:
        return ""
    inner = stated.get("esearchresult", stated)
    error = stated.get("error") or (inner.get("ERROR") if isinstance(inner, dict) else "") or ""
    return str(error)


def raise_stated_error(message: str, *, status: int = _OK) -> None:
    """Raise what NCBI's error message means.

    Parameters
    ----------
    message : str
        What `stated_error` found.
    status : int
        Of the reply, named where it is not 200.

    Raises
    ------
    EntrezKeyRefused, UnknownRecords, HistoryExpired, EntrezRefused, PassingFault
        Always one of them. An error that nobody knows is retried, and told as a refusal where it stays.
    """
    lowered = message.lower()
    if _KEY.search(message):
        raise EntrezKeyRefused
    if any(sign in lowered for sign in _UNKNOWN):
        raise UnknownRecords
    if any(sign in lowered for sign in _FINAL):
        raise EntrezRefused(reason=message)
    if _HISTORY.search(message):
        raise HistoryExpired
    if is_passing(message):
        raise PassingFault(message)
    reason = message or "no reason given"
    named = reason if status == _OK else f"status {status}, {reason}"
    raise PassingFault(named, final=EntrezRefused(reason=named))


def is_passing(message: str) -> bool:
    """Say whether a message is one of those that NCBI's servers send while something of theirs is down."""
    lowered = message.lower()
    return any(sign in lowered for sign in _PASSING)
