"""Every way in which NCBI's servers were seen to fail."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

Fault = Literal[
    "400",
    "404",
    "408",
    "413",
    "429",
    "429_later",
    "429_page",
    "500",
    "502",
    "503",
    "timeout",
    "dropped",
    "truncated",
    "damaged",
    "html",
    "empty",
    "backend_failed",
    "backend_in_list",
    "backend_in_comment",
    "small_error",
    "strange_error",
    "json_error",
    "json_cut",
    "unresolved",
    "expired",
    "expired_ok",
    "expired_json",
    "key_refused",
    "shortfall",
    "stranger",
]
# These end a request for good, or end in another answer: a storm leaves them out.
_NOT_PASSING = {"404", "413", "key_refused", "expired", "expired_ok", "expired_json"}
PASSING: tuple[Fault, ...] = tuple(fault for fault in get_args(Fault) if fault not in _NOT_PASSING)

_GONE = b"<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>"
_PAGE = b"<!DOCTYPE html><html><head><title>WWW Error Blocked Diagnostic</title></head></html>"
_INSTEAD: dict[str, tuple[int, bytes]] = {
    "400": (400, b""),
    "404": (404, b"not found"),
    "408": (408, b""),
    "413": (413, b""),
    "429": (429, b'{"error":"API rate limit exceeded","api-key":"127.0.0.1","count":"4","limit":"3"}'),
    "429_later": (429, b'{"error":"API rate limit exceeded","api-key":"127.0.0.1","count":"4","limit":"3"}'),
    "429_page": (429, _PAGE),
    "500": (500, b"<html><body>Internal Server Error</body></html>"),
    "502": (502, b"<html><body>Bad Gateway</body></html>"),
    "503": (503, b"<eSearchResult><ERROR>Service temporarily unavailable</ERROR></eSearchResult>"),
    "html": (200, _PAGE),
    "empty": (200, b""),
    "backend_failed": (200, b"<eSearchResult><ERROR>Search Backend failed: pubmed</ERROR></eSearchResult>"),
    "small_error": (200, b"<?xml version='1.0'?><eResult><error>Read failed: EOF, peer</error></eResult>"),
    "strange_error": (200, b"<eFetchResult><ERROR>Code 17 at line 4</ERROR></eFetchResult>"),
    "json_error": (200, b'{"error":"API rate limit exceeded","count":"4","limit":"3"}'),
    "json_cut": (200, b'{"header":{"type":"esearch","version":"0.3"},"esearchre'),
    "unresolved": (
        200,
        b"<eSearchResult><ERROR>Search Backend failed: Couldn't resolve #pmquerysrv-mz?dbaf=pubmed, the "
        b"address table is empty.</ERROR></eSearchResult>",
    ),
    "expired": (
        400,
        b"<eFetchResult><ERROR>Cannot retrieve history data. query_key: 1</ERROR></eFetchResult>",
    ),
    "expired_ok": (200, _GONE),
    "expired_json": (400, b'{"error":"error forwarding request: WebEnv is invalid or expired"}'),
    "key_refused": (
        400,
        b'{"error":"API key invalid","api-key":"0123456789","type":"ip","status":"unknown"}',
    ),
}


@dataclass
class Storm:
    """Faults by chance, the same for the same seed."""

    probability: float
    seed: int = 1
    kinds: Sequence[Fault] = PASSING
    _rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)

    def next(self) -> Fault | None:
        """Return what the next request meets."""
        return self._rng.choice(self.kinds) if self._rng.random() < self.probability else None


def spoiled(fault: Fault | None, status: int, data: bytes) -> tuple[int, bytes]:
    """Return the reply as this fault leaves it; a fault that does not fit a reply leaves it whole."""
    if fault is None:
        return status, data
    return _INSTEAD[fault] if fault in _INSTEAD else (status, _SPOILERS[fault](data))


def _truncated(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


def _damaged(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + b"<<&" + data[middle:]


def _short(data: bytes) -> bytes:
    return re.sub(_ARTICLE, b"", data, count=1)


def _strange(data: bytes) -> bytes:
    return re.sub(rb"(<PMID Version=\"\d+\">)\d+", rb"\g<1>11111111", data, count=1)


def _failed_in_list(data: bytes) -> bytes:
    note = b"<WarningList><OutputMessage>Search Backend failed</OutputMessage></WarningList>"
    return data.replace(b"</eSearchResult>", note + b"</eSearchResult>")


def _failed_in_comment(data: bytes) -> bytes:
    return data.replace(b"<eSummaryResult>", b"<eSummaryResult><!-- Backend failed -->")


_ARTICLE = re.compile(rb"<Pubmed(?:Book)?Article>.*?</Pubmed(?:Book)?Article>", re.DOTALL)
_SPOILERS: dict[str, Callable[[bytes], bytes]] = {
    "truncated": _truncated,
    "damaged": _damaged,
    "shortfall": _short,
    "stranger": _strange,
    "backend_in_list": _failed_in_list,
    "backend_in_comment": _failed_in_comment,
}
