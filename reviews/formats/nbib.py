"""PubMed's own text format, as .nbib or .txt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from reviews.formats.identifiers import labelled_pmid, normalise_doi, normalise_pmid, year_in
from reviews.formats.model import ParsedRecord, RowProblem
from reviews.formats.text import squash

_TAG = re.compile(r"([A-Z][A-Z0-9]{1,3}) {0,2}- ?(.*)")
_DASH_AT = 4
# The links of MEDLINE/PubMed, by their tag here and their RefType in the XML.
# https://pubmed.ncbi.nlm.nih.gov/help/#pubmed-format
_RELATIONS = {
    "CIN": "CommentIn",
    "CON": "CommentOn",
    "CRI": "CorrectedandRepublishedIn",
    "CRF": "CorrectedandRepublishedFrom",
    "ECI": "ExpressionOfConcernIn",
    "ECF": "ExpressionOfConcernFor",
    "EIN": "ErratumIn",
    "EFR": "ErratumFor",
    "PRIN": "PartialRetractionIn",
    "PROF": "PartialRetractionOf",
    "RIN": "RetractionIn",
    "ROF": "RetractionOf",
    "RPI": "RepublishedIn",
    "RPF": "RepublishedFrom",
    "RRI": "RetractedandRepublishedIn",
    "RRF": "RetractedandRepublishedFrom",
    "UIN": "UpdateIn",
    "UOF": "UpdateOf",
}
# Tags that only PubMed's format has, four letters wide: RIS has two.
_MEDLINE = frozenset(
    {
        "PMID", "OWN", "STAT", "DCOM", "FAU", "FED", "FIR", "JID", "PHST", "EDAT", "CRDT", "MHDA",
        "LID", "AID", "PST", "BTI", "VTI", "CTI", "DEP",
    }
)  # fmt: skip
# A record without PMID begins where one of these comes again after an empty line.
_ONCE = frozenset({"OWN", "STAT", "TI", "BTI", "DP", "JT"})


def is_medline(lines: Iterable[str]) -> bool:
    """Tell whether lines are PubMed's text format, also where the PMID is missing.

    Parameters
    ----------
    lines : iterable of str
        The first lines that are not empty.

    Returns
    -------
    bool
        True where at least two tags are found that no other format has.
    """
    found = {match.group(1) for line in lines if (match := _TAG.match(line)) and match.group(1) in _MEDLINE}
    return len(found) >= 2


def read_nbib(lines: Iterable[str]) -> Iterator[ParsedRecord | RowProblem]:
    """Read records in PubMed's text format.

    Parameters
    ----------
    lines : iterable of str
        Clean lines, from `reviews.formats.text.lines`.

    Yields
    ------
    ParsedRecord or RowProblem
        Each record from its ``PMID-`` line to the next, followed by the problems of its row. The format has
        no end mark; a last record without its source line (``SO``) is taken for ``truncated``.
    """
    row = 0
    tags: list[tuple[str, list[str]]] = []
    source: list[str] = []
    parted = False
    for line in lines:
        # Most lines are the rest of a value, which stands under its beginning.
        if tags and line.startswith("      ") and not line.isspace():
            source.append(line)
            tags[-1][1].append(line)
            parted = False
            continue
        tag, value = "", ""
        if match := _TAG.match(line):
            tag, value = match.group(1), match.group(2)
            if line[_DASH_AT : _DASH_AT + 1] != "-" and value.strip():
                tag = ""
        again = parted and tag in _ONCE and any(name == tag for name, _ in tags)
        if tag == "PMID" or again or (tag and not source):
            if source:
                yield from _close(tags, source, row=row, last=False)
            row, tags, source = row + 1, [], []
        elif not source:
            if line.strip():
                yield RowProblem(row=max(row, 1), code="stray_text", detail=squash(line)[:120])
            continue
        source.append(line)
        parted = not line.strip()
        if tag:
            tags.append((tag, [value]))
        elif tags and not parted:
            tags[-1][1].append(line)
    if source:
        yield from _close(tags, source, row=row, last=True)


def _close(
    tags: list[tuple[str, list[str]]], source: list[str], *, row: int, last: bool
) -> Iterator[ParsedRecord | RowProblem]:
    values = [(tag, squash(" ".join(parts) if len(parts) > 1 else parts[0])) for tag, parts in tags]
    record = _parse(values, source, row=row)
    yield record
    if last and not any(tag == "SO" for tag, _ in tags):
        yield RowProblem(row=row, code="truncated", detail=squash(source[-1])[:120], kept=True)
    if not record.title:
        yield RowProblem(row=row, code="no_title", detail=record.pmid, kept=True)


def _parse(tags: list[tuple[str, str]], source: list[str], *, row: int) -> ParsedRecord:
    values: dict[str, list[str]] = {}
    for tag, value in tags:
        if value:
            values.setdefault(tag, []).append(value)

    def first(*names: str) -> str:
        return next((values[name][0] for name in names if name in values), "")

    pmid = normalise_pmid(first("PMID"))
    # Collective authors stand in order among the others only in the full-name form.
    named = {"FAU", "CN"} if "FAU" in values else {"AU", "CN"}
    return ParsedRecord(
        external_id=pmid,
        title=first("TI", "BTI", "TT"),
        abstract="\n".join(values.get("AB", [])[:1]),
        authors=tuple(value for tag, value in tags if tag in named and value),
        year=year_in(first("DP")) or year_in(first("DEP")[:4]),
        journal=first("JT", "TA"),
        volume=first("VI"),
        issue=first("IP"),
        pages=first("PG"),
        doi=_doi(values),
        pmid=pmid,
        language=first("LA"),
        publication_types=tuple(values.get("PT", [])),
        keywords=tuple(dict.fromkeys(values.get("MH", []) + values.get("OT", []))),
        url="",
        raw="\n".join(source).rstrip(),
        row=row,
        relations=tuple(
            (_RELATIONS[tag], labelled_pmid(value) or value) for tag, value in tags if tag in _RELATIONS
        ),
    )


def _doi(values: dict[str, list[str]]) -> str:
    located = [text for tag in ("LID", "AID") for text in values.get(tag, []) if "[doi]" in text]
    return next((doi for text in located if (doi := normalise_doi(text.replace("[doi]", "").strip()))), "")
