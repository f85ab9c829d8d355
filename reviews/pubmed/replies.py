"""What E-utilities answer, read with Biopython's parsers; the large XML of EFetch is streamed instead."""

from __future__ import annotations

import html
import io
import re
from dataclasses import dataclass
from typing import Any
from xml.parsers.expat import ExpatError

from Bio import Entrez
from Bio.Entrez.Parser import CorruptedXMLError, NotXMLError, ValidationError

from reviews.formats import ParsedRecord, RowProblem, UnreadableFile, read_pubmed_xml
from reviews.pubmed.bodies import PassingFault, is_passing, raise_stated_error
from reviews.pubmed.errors import UnexpectedReply

# Biopython carries these definitions. The reply's own prolog is replaced: for a name that it does not know,
# Biopython would download the definition, and offline that ends the search.
_DEFINITIONS = {
    "eSearchResult": "20060628/esearch.dtd",
    "ePostResult": "20090526/epost.dtd",
    "eLinkResult": "20101123/elink.dtd",
    "eInfoResult": "20190110/einfo.dtd",
    "eSummaryResult": "20041029/esummary-v1.dtd",
}
_PROLOG = (
    '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE {root} PUBLIC "-//NLM//DTD {root}//EN" '
    '"https://eutils.ncbi.nlm.nih.gov/eutils/dtd/{path}">'
)
_DECLARED = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
# Read apart: Biopython insists on which message stands in which list, and servers do not.
_NOTES = re.compile(r"<(ErrorList|WarningList)(?:\s[^>]*)?>(.*?)</\1\s*>", re.DOTALL)
_NOTE = re.compile(r"<(\w+)(?:\s[^>]*)?>([^<]*)</\1\s*>")
_WORDS = {
    "PhraseNotFound": "Phrase not found",
    "PhraseIgnored": "Phrase ignored",
    "QuotedPhraseNotFound": "Quoted phrase not found",
    "FieldNotFound": "Field not found",
}
_DAMAGE = (
    CorruptedXMLError,
    NotXMLError,
    ValidationError,
    ExpatError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
_NO_SUMMARY = ("cannot get document summary", "invalid uid")
_NO_LINKS = ("empty result", "nothing todo", "nothing to do", "no links")
_BACKEND_FAILED = re.compile(
    rb"<!--[^>]{0,200}backend failed|<Item[^>]*>\s*(?:search )?backend failed", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class SearchReply:
    """What ESearch found.

    Parameters
    ----------
    count : int
        Number of hits.
    webenv, query_key : str
        Where the history server keeps them; "" where it does not.
    translation : str
        The query as PubMed understood it.
    warnings : tuple of str
        What PubMed did not find or ignored, such as ``Phrase not found: tumuor``; to be shown to people.
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


@dataclass(frozen=True, slots=True)
class History:
    """A list of PMIDs on the history server.

    Parameters
    ----------
    webenv, query_key : str
        Where it is.
    invalid : tuple of str
        What the server did not take for identifiers.
    """

    webenv: str
    query_key: str
    invalid: tuple[str, ...] = ()


def read_search(body: bytes) -> SearchReply:
    """Read a reply of ESearch.

    Parameters
    ----------
    body : bytes
        A reply that `check_body` accepted.

    Returns
    -------
    SearchReply
        Count, history, translation, warnings and as many PMIDs as the reply lists.

    Raises
    ------
    PassingFault
        The XML is damaged, lacks its count, or says that NCBI's search engine failed.
    """
    text = _text(body, root="eSearchResult")
    notes = [
        (kind, squashed)
        for _, group in _NOTES.findall(text)
        for kind, message in _NOTE.findall(group)
        if (squashed := " ".join(html.unescape(message).split()))
    ]
    for kind, message in notes:
        if kind not in _WORDS and is_passing(message):
            raise PassingFault(message)
    found = _parsed(_NOTES.sub("", text), root="eSearchResult")
    count = str(found.get("Count", ""))
    ids = tuple(str(pmid) for pmid in found.get("IdList", []))
    if not count.isdecimal() or not all(pmid.isdecimal() for pmid in ids):
        raise _strange("no count in it, or identifiers that are no numbers")
    return SearchReply(
        count=int(count),
        webenv=str(found.get("WebEnv", "")),
        query_key=str(found.get("QueryKey", "")),
        translation=str(found.get("QueryTranslation", "")),
        warnings=tuple(f"{_WORDS[kind]}: {text}" if kind in _WORDS else text for kind, text in notes),
        ids=ids,
    )


def read_post(body: bytes) -> History:
    """Read a reply of EPost; damaged or without its place, it is a `PassingFault`."""
    found = _parsed(_text(body, root="ePostResult"), root="ePostResult")
    webenv, query_key = str(found.get("WebEnv", "")), str(found.get("QueryKey", ""))
    if not webenv or not query_key.isdecimal():
        raise _strange("no place on the history server in it")
    return History(webenv, query_key, tuple(str(wrong) for wrong in found.get("InvalidIdList", [])))


def read_links(body: bytes, *, linkname: str) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Read a reply of ELink.

    Parameters
    ----------
    body : bytes
        A reply that `check_body` accepted.
    linkname : str
        Links of other names are left out.

    Returns
    -------
    list of (tuple of str, tuple of str)
        For each set, whose links they are, and the linked PMIDs.

    Raises
    ------
    PassingFault
        The XML is damaged, or a set says that a server of NCBI's failed.
    """
    sets = []
    for entry in _parsed(_text(body, root="eLinkResult"), root="eLinkResult"):
        if isinstance(entry, str):
            _judge_link_error(entry)
            continue
        for error in entry.get("ERROR", []):
            _judge_link_error(str(error))
        linked: dict[str, None] = {}
        for group in entry.get("LinkSetDb", []):
            if error := str(group.get("ERROR", "") or ""):
                _judge_link_error(error)
            if group.get("LinkName") == linkname:
                linked |= dict.fromkeys(str(link["Id"]) for link in group.get("Link", []))
        sets.append((tuple(str(pmid) for pmid in entry.get("IdList", [])), tuple(linked)))
    return sets


def _judge_link_error(message: str) -> None:
    if message and not any(sign in message.lower() for sign in _NO_LINKS):
        raise_stated_error(message)


def read_summaries(body: bytes) -> list[dict[str, Any]]:
    """Read a reply of ESummary, version 1.

    Parameters
    ----------
    body : bytes
        A reply that `check_body` accepted.

    Returns
    -------
    list of dict
        One for each identifier that the database knows, with its ``Id``.

    Raises
    ------
    PassingFault
        The XML is damaged, or NCBI's servers failed behind it.
    """
    if _BACKEND_FAILED.search(body):
        raise PassingFault("Backend failed")
    summaries = []
    for entry in _parsed(_text(body, root="eSummaryResult"), root="eSummaryResult"):
        if isinstance(entry, dict):
            summaries.append(entry)
        elif not any(sign in str(entry).lower() for sign in _NO_SUMMARY):
            raise_stated_error(str(entry))
    return summaries


def read_info(body: bytes) -> list[dict[str, Any]]:
    """Read the fields of a reply of EInfo; damaged or without fields, it is a `PassingFault`."""
    found = _parsed(_text(body, root="eInfoResult"), root="eInfoResult")
    databases = found.get("DbInfo", [])
    fields = [
        dict(field)
        for database in (databases if isinstance(databases, list) else [databases])
        for field in database.get("FieldList", [])
    ]
    if not fields:
        raise _strange("no fields in it")
    return fields


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
    try:
        items = list(read_pubmed_xml(io.BytesIO(body)))
    except UnreadableFile as error:
        raise _strange(str(error)) from error
    problems = tuple(item for item in items if isinstance(item, RowProblem))
    for problem in problems:
        # Also where the record could be saved: this file can be had again.
        if problem.code != "deleted_citation" and (not problem.kept or problem.code == "malformed_xml"):
            raise PassingFault(f"damaged XML: {problem.detail}")
    return tuple(item for item in items if isinstance(item, ParsedRecord)), problems


def _text(body: bytes, *, root: str) -> str:
    """Return the reply from its root element on: no declaration, no document type, no entities of its own."""
    start = re.search(rb"<" + root.encode() + rb"[\s/>]", body)
    if start is None:
        raise PassingFault(f"no {root} in the reply")
    declared = _DECLARED.search(body[: start.start()])
    try:
        return body[start.start() :].decode(declared.group(1).decode() if declared else "utf-8", "replace")
    except LookupError:
        return body[start.start() :].decode("utf-8", "replace")


def _parsed(text: str, *, root: str) -> Any:
    prolog = _PROLOG.format(root=root, path=_DEFINITIONS[root])
    stream = io.BytesIO((prolog + text).encode())
    try:
        return Entrez.read(stream, validate=False, ignore_errors=True)  # type: ignore[no-untyped-call]  # untyped
    except _DAMAGE as error:
        raise _strange(f"{type(error).__name__}: {error}") from error


def _strange(reason: str) -> PassingFault:
    """A damaged reply is usually whole the next time; where it is not, the server speaks another language."""
    return PassingFault(f"unreadable reply: {reason}", final=UnexpectedReply(reason=reason))
