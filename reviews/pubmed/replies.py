"""What E-utilities answer, and what an answer that is none looks like."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from xml.parsers.expat import ExpatError

from Bio import Entrez
from Bio.Entrez.Parser import CorruptedXMLError, NotXMLError, ValidationError

from reviews.formats import ParsedRecord, RowProblem, read_pubmed_xml
from reviews.pubmed.errors import EntrezRefused, HistoryExpired, UnexpectedReply

# Biopython carries the definition under this name. The reply's own DOCTYPE is replaced: for a name that
# it does not know, Biopython would download the definition, and offline that ends the search.
_DOCTYPE = (
    b'<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE eSearchResult PUBLIC "-//NLM//DTD esearch 20060628//EN"'
    b' "https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20060628/esearch.dtd">'
)
_PROLOG = re.compile(rb"^\s*(?:<\?xml[^>]*\?>)?\s*(?:<!DOCTYPE[^>\[]*>)?", re.IGNORECASE)
_ERROR = re.compile(rb"<ERROR>(.*?)</ERROR>", re.IGNORECASE | re.DOTALL)
_EMPTY_SET = re.compile(rb"<PubmedArticleSet\s*/>\s*$")
# Faults of NCBI's servers that come with status 200, as EDirect also retries them.
_PASSING = (
    "search backend failed",
    "backend failed",
    "temporarily",
    "try again",
    "timeout",
    "timed out",
    "busy",
)
_HISTORY = ("cannot retrieve history", "unable to obtain query", "webenv", "history data")


class PassingFault(Exception):
    """A reply that is no answer, for a reason that may pass; ``str()`` says which. The client retries it."""


@dataclass(frozen=True, slots=True)
class SearchReply:
    """What ESearch found.

    Parameters
    ----------
    count : int
        Number of hits.
    webenv, query_key : str
        Where the history server keeps them.
    translation : str
        The query as PubMed understood it.
    warnings : tuple of str
        What PubMed did not find or ignored, such as ``PhraseNotFound: tumuor``; to be shown to people.
    ids : tuple of str
        All PMIDs, in PubMed's order.
    """

    count: int
    webenv: str
    query_key: str
    translation: str
    warnings: tuple[str, ...]
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """What EFetch delivered for one stretch of a search.

    Parameters
    ----------
    start : int
        0-based position of the first record asked for; `start` + `size` is where to go on.
    size : int
        How many were asked for.
    records : tuple of ParsedRecord
        As delivered.
    problems : tuple of RowProblem
        Faults of single records.
    missing : tuple of str
        PMIDs asked for twice and not delivered; the caller must show them.
    """

    start: int
    size: int
    records: tuple[ParsedRecord, ...]
    problems: tuple[RowProblem, ...]
    missing: tuple[str, ...]


def check_body(body: bytes, *, root: str) -> None:
    """Make sure that `body` is a complete reply of the kind wanted.

    Parameters
    ----------
    body : bytes
        The reply to a request that was answered with status 200 or 400.
    root : str
        Name of the element that the reply must be.

    Raises
    ------
    PassingFault
        Empty, a web page, an error of NCBI's servers, or cut short.
    HistoryExpired
        The history server no longer knows the search.
    EntrezRefused
        Any other error that NCBI states.
    """
    text = body.strip()
    if not text:
        raise PassingFault("empty reply")
    if error := _ERROR.search(text):
        raise_stated_error(error.group(1).decode("utf-8", errors="replace").strip())
    if not text.startswith(b"<") or re.match(rb"<(?:!doctype\s+)?html", text, re.IGNORECASE):
        raise PassingFault(f"not XML: {text[:80].decode('utf-8', errors='replace')}")
    if not text.endswith(f"</{root}>".encode()) and not _EMPTY_SET.search(text):
        raise PassingFault("truncated reply" if f"<{root}".encode() in text else f"no {root} in the reply")


def raise_stated_error(message: str) -> None:
    """Raise what NCBI's error message means.

    Parameters
    ----------
    message : str
        The text of ``<ERROR>``.

    Raises
    ------
    PassingFault, HistoryExpired, EntrezRefused
        Always one of them.
    """
    lowered = message.lower()
    if any(sign in lowered for sign in _PASSING):
        raise PassingFault(message)
    if any(sign in lowered for sign in _HISTORY):
        raise HistoryExpired
    raise EntrezRefused(reason=message or "no reason given")


def read_search(body: bytes) -> SearchReply:
    """Read a reply of ESearch with Biopython's parser.

    Parameters
    ----------
    body : bytes
        A reply that `check_body` accepted.

    Returns
    -------
    SearchReply
        Count, history, translation, warnings and PMIDs.

    Raises
    ------
    UnexpectedReply
        The XML is broken or lacks what ESearch always gives.
    """
    prepared = _DOCTYPE + _PROLOG.sub(b"", body, count=1)
    try:
        found = Entrez.read(io.BytesIO(prepared), validate=False)  # type: ignore[no-untyped-call]  # untyped
        warnings = [
            f"{kind}: {text}"
            for group in ("ErrorList", "WarningList")
            for kind, texts in found.get(group, {}).items()
            for text in texts
        ]
        return SearchReply(
            count=int(found["Count"]),
            webenv=str(found.get("WebEnv", "")),
            query_key=str(found.get("QueryKey", "")),
            translation=str(found.get("QueryTranslation", "")),
            warnings=tuple(warnings),
            ids=tuple(str(pmid) for pmid in found.get("IdList", [])),
        )
    except (CorruptedXMLError, NotXMLError, ValidationError, ExpatError, KeyError, ValueError) as error:
        raise UnexpectedReply(reason=f"{type(error).__name__}: {error}") from error


def read_articles(body: bytes) -> tuple[tuple[ParsedRecord, ...], tuple[RowProblem, ...]]:
    """Read a reply of EFetch.

    Parameters
    ----------
    body : bytes
        A reply that `check_body` accepted.

    Returns
    -------
    records : tuple of ParsedRecord
        In the order of the reply.
    problems : tuple of RowProblem
        Faults of single records.

    Raises
    ------
    PassingFault
        The XML breaks off or is damaged; a second reply is usually whole.
    """
    items = list(read_pubmed_xml(io.BytesIO(body)))
    problems = tuple(item for item in items if isinstance(item, RowProblem))
    for problem in problems:
        if problem.code == "malformed_xml":
            raise PassingFault(f"damaged XML: {problem.detail}")
    return tuple(item for item in items if isinstance(item, ParsedRecord)), problems
