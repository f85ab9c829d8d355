"""RIS as databases and reference managers really write it.

Notes
-----
The reader keeps every record that begins, and says what was wrong with it. A record ends at ``ER``, at the
next ``TY``, or at the end of the file. Between records everything is ignored (counters, vendor headers,
search strategies) except tags that only a record can hold: those begin a record whose ``TY`` line is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from reviews.formats.identifiers import labelled_pmid, normalise_doi, normalise_pmid, page_range, year_in
from reviews.formats.model import ParsedRecord, RowProblem
from reviews.formats.text import squash

# Two spaces before the dash are the rule; one, three or none occur at the tags that frame a record.
_TAG = re.compile(r"\s?([A-Z][A-Z0-9])(?: {2,3}-| {1,3}- )\s*(.*)")
_FRAME = re.compile(r"\s?(TY|ER) {0,3}-\s*(.*)")
# Vendors put C1, N1, DB and others between records; these occur only inside one.
_BEGINS_RECORD = frozenset({"TI", "T1", "AU", "A1", "AB", "N2", "DO", "JF", "T2"})

_TITLE = ("TI", "T1", "CT", "BT", "ST")
_JOURNAL = ("JF", "T2", "JO", "JA", "J2", "J1")
_ABSTRACT = ("AB", "N2")
_AUTHORS = ("AU", "A1")
_ADDRESSES = ("UR", "LK", "L2", "L3", "L1")
_YEARS = ("PY", "Y1", "DA", "Y2")
_KINDS = {
    "ABST": "Abstract",
    "BOOK": "Book",
    "CHAP": "Book Chapter",
    "CONF": "Conference Proceedings",
    "CPAPER": "Conference Paper",
    "CTLG": "Catalog",
    "DATA": "Dataset",
    "EDBOOK": "Edited Book",
    "EJOUR": "Journal Article",
    "GEN": "Generic",
    "GOVDOC": "Government Document",
    "INPR": "In Press",
    "JFULL": "Journal Issue",
    "JOUR": "Journal Article",
    "MGZN": "Magazine Article",
    "NEWS": "Newspaper Article",
    "PAT": "Patent",
    "PREPRINT": "Preprint",
    "RPRT": "Report",
    "SER": "Serial",
    "THES": "Thesis",
    "UNPB": "Unpublished Work",
    "WEB": "Web Page",
}


@dataclass(slots=True)
class _Open:
    """A record being read: its tags in order, and its source lines."""

    row: int
    typed: bool
    tags: list[list[str]] = field(default_factory=list)
    source: list[str] = field(default_factory=list)


def is_tag_line(line: str) -> bool:
    """Tell whether `line` begins with a RIS tag.

    Parameters
    ----------
    line : str
        One clean line.

    Returns
    -------
    bool
        True for ``TI  - ...`` and its usual variations.
    """
    return bool(_FRAME.match(line) or _TAG.match(line))


def read_ris(lines: Iterable[str]) -> Iterator[ParsedRecord | RowProblem]:
    """Read RIS records.

    Parameters
    ----------
    lines : iterable of str
        Clean lines, from `reviews.formats.text.lines`.

    Yields
    ------
    ParsedRecord or RowProblem
        Each record, followed by the problems of its row. A record without end is kept, with the problem
        ``missing_end`` (the next one began) or ``truncated`` (the file ended).

    References
    ----------
    The RIS format specification of Research Information Systems; the deviations come from real exports.
    """
    current: _Open | None = None
    row = 0
    for line in lines:
        tag, value = _split(line)
        if tag == "TY" or (current is None and tag in _BEGINS_RECORD):
            if current:
                yield from _close(current, fault="missing_end")
            row += 1
            current = _Open(row=row, typed=tag == "TY")
        if current is None:
            continue
        current.source.append(line)
        if tag == "ER":
            yield from _close(current, fault="")
            current = None
        elif tag:
            current.tags.append([tag, value])
        else:
            _continue(current, line)
    if current:
        yield from _close(current, fault="truncated")


def _split(line: str) -> tuple[str, str]:
    match = _FRAME.match(line) or _TAG.match(line)
    return (match.group(1), match.group(2).strip()) if match else ("", "")


def _continue(record: _Open, line: str) -> None:
    """Add a line without tag to the field above; an empty tag takes no text from the next field."""
    text = line.strip()
    if not text or not record.tags:
        return
    last = record.tags[-1]
    if last[0] == "KW" and last[1]:
        # EndNote writes one keyword a line and the tag only once.
        record.tags.append(["KW", text])
    elif last[0] not in {"TY", "SP", "EP", "IS", "VL"}:
        last[1] = f"{last[1]} {text}".strip()


def _close(record: _Open, *, fault: str) -> Iterator[ParsedRecord | RowProblem]:
    parsed = _parse(record)
    if not record.tags or not (record.typed or parsed.title or parsed.authors or parsed.doi):
        return
    yield parsed
    if fault:
        detail = squash(record.source[-1])[:120] if fault == "truncated" else parsed.title[:120]
        yield RowProblem(row=record.row, code=fault, detail=detail, kept=True)
    if not record.typed:
        yield RowProblem(row=record.row, code="missing_type", detail=parsed.title[:120], kept=True)
    if not parsed.title:
        yield RowProblem(row=record.row, code="no_title", detail=parsed.doi or parsed.external_id, kept=True)


def _parse(record: _Open) -> ParsedRecord:
    values: dict[str, list[str]] = {}
    for tag, value in record.tags:
        if value:
            values.setdefault(tag, []).append(squash(value))
    pmid = _pmid(values)
    addresses = [value for tag in _ADDRESSES for value in values.get(tag, [])]
    first_page = _first(values, ("SP",)) or _first(values, ("C7", "AR"))
    return ParsedRecord(
        external_id=pmid or _first(values, ("AN", "U2")),
        title=_first(values, _TITLE),
        abstract="\n".join(next((values[tag] for tag in _ABSTRACT if tag in values), [])),
        authors=tuple(next((values[tag] for tag in _AUTHORS if tag in values), [])),
        year=next((year for tag in _YEARS for text in values.get(tag, []) if (year := year_in(text))), None),
        journal=_first(values, _JOURNAL),
        volume=_first(values, ("VL", "VO")),
        issue=_first(values, ("IS",)),
        pages=page_range(first_page, _first(values, ("EP",))),
        doi=_doi(values, addresses),
        pmid=pmid,
        language=_first(values, ("LA",)),
        publication_types=_kinds(values),
        keywords=tuple(
            part.strip() for text in values.get("KW", []) for part in text.split(";") if part.strip()
        ),
        url=next((address for address in addresses if "://" in address), ""),
        raw="\n".join(record.source),
        row=record.row,
    )


def _first(values: dict[str, list[str]], tags: tuple[str, ...]) -> str:
    return next((values[tag][0] for tag in tags if tag in values), "")


def _doi(values: dict[str, list[str]], addresses: list[str]) -> str:
    own = [value for tag in ("DO", "DI", "M3") for value in values.get(tag, [])]
    # Other addresses are resolver links of libraries, with the DOI lost among their parameters.
    links = [address for address in addresses if "doi.org/10." in address]
    return next((doi for text in own + links if (doi := normalise_doi(text))), "")


def _pmid(values: dict[str, list[str]]) -> str:
    if "PM" in values:
        return normalise_pmid(values["PM"][0])
    # EndNote gives PubMed's number as the accession and NLM as its provider.
    provider = " ".join(values.get("DB", []) + values.get("DP", [])).lower()
    if "AN" in values and any(word in provider for word in ("pubmed", "medline", "nlm")):
        return normalise_pmid(values["AN"][0])
    free = (text for tag in ("N1", "AN", "C1", "C2", *_ADDRESSES) for text in values.get(tag, []))
    return next((pmid for text in free if (pmid := labelled_pmid(text))), "")


def _kinds(values: dict[str, list[str]]) -> tuple[str, ...]:
    written = [text for text in values.get("M3", []) if not normalise_doi(text)]
    kind = _KINDS.get(_first(values, ("TY",)).upper(), "")
    return tuple(dict.fromkeys([*([kind] if kind else []), *written]))
