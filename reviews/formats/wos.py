"""Web of Science's tagged text, as .ciw ("plain text" and "other reference software")."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from reviews.formats.identifiers import labelled_pmid, normalise_doi, normalise_pmid, page_range, year_in
from reviews.formats.model import ParsedRecord, RowProblem
from reviews.formats.text import squash

_TAG = re.compile(r"([A-Z][A-Z0-9])(?: +(.*)|)$")
_HEADER = ("FN", "VR")
# One value a line; in the other fields the lines are parts of one value.
_LISTS = frozenset({"AU", "AF", "BA", "BF", "BE", "GP", "CA", "CR", "C1"})
_BEGINS_RECORD = frozenset({"AU", "AF", "TI", "SO"})
_KINDS = {"J": "Journal Article", "B": "Book", "S": "Book Chapter", "P": "Patent", "C": "Conference Paper"}


@dataclass(slots=True)
class _Open:
    """A record being read: its values by tag, and its source lines."""

    row: int
    typed: bool
    values: dict[str, list[str]] = field(default_factory=dict)
    source: list[str] = field(default_factory=list)
    tag: str = ""


def read_wos(lines: Iterable[str]) -> Iterator[ParsedRecord | RowProblem]:
    """Read records of Web of Science.

    Parameters
    ----------
    lines : iterable of str
        Clean lines, from `reviews.formats.text.lines`.

    Yields
    ------
    ParsedRecord or RowProblem
        Each record from ``PT`` to ``ER``, followed by the problems of its row: ``missing_end`` where the next
        one began, ``truncated`` where the file ended; ``stray_text`` for text between two records.

    References
    ----------
    Clarivate, Web of Science Core Collection field tags,
    https://webofscience.help.clarivate.com/Content/wos-core-collection/woscc-field-tags.htm
    """
    current: _Open | None = None
    row = 0
    for line in lines:
        match = _TAG.match(line)
        tag, value = (match.group(1), (match.group(2) or "").strip()) if match else ("", line.strip())
        if current is None:
            if tag == "PT" or tag in _BEGINS_RECORD:
                row += 1
                current = _Open(row, typed=tag == "PT")
            elif value and tag not in ("EF", *_HEADER):
                yield RowProblem(row=max(row, 1), code="stray_text", detail=squash(line)[:120])
                continue
            else:
                continue
        elif tag == "PT" and current.values:
            yield from _close(current, fault="missing_end")
            row += 1
            current = _Open(row, typed=True)
        if tag == "ER":
            current.source.append(line)
            yield from _close(current, fault="")
            current = None
        elif tag == "EF" and not value:
            yield from _close(current, fault="truncated")
            current = None
        else:
            _take(current, line, tag, value)
    if current:
        yield from _close(current, fault="truncated")


def _take(record: _Open, line: str, tag: str, value: str) -> None:
    record.source.append(line)
    if tag and tag not in _HEADER:
        record.tag = tag
        record.values.setdefault(tag, [])
    if value and record.tag:
        record.values[record.tag].append(value)


def _close(record: _Open, *, fault: str) -> Iterator[ParsedRecord | RowProblem]:
    parsed = _parse(record)
    yield parsed
    if fault:
        detail = squash(record.source[-1])[:120] if fault == "truncated" else parsed.title[:120]
        yield RowProblem(row=record.row, code=fault, detail=detail, kept=True)
    if not record.typed:
        yield RowProblem(row=record.row, code="missing_type", detail=parsed.title[:120], kept=True)
    if not parsed.title:
        detail = parsed.doi or parsed.external_id
        yield RowProblem(row=record.row, code="no_title", detail=detail, kept=True)


def _parse(record: _Open) -> ParsedRecord:
    values = record.values

    def text(*tags: str) -> str:
        return next((squash(" ".join(values[tag])) for tag in tags if values.get(tag)), "")

    pmid = normalise_pmid(text("PM"))
    accession = text("UT", "GA")
    if not pmid and accession.startswith("MEDLINE:"):
        pmid = normalise_pmid(accession.removeprefix("MEDLINE:"))
    authors = next((values[tag] for tag in ("AF", "AU", "BF", "BA", "ED", "BE") if values.get(tag)), [])
    authors = [*authors, *values.get("CA", values.get("GP", []))]
    number = text("AR").removeprefix("UNSP ").removeprefix("ARTN ")
    kind = _KINDS.get(text("PT")[:1], "")
    return ParsedRecord(
        external_id=pmid or accession,
        title=text("TI", "FT"),
        abstract=text("AB"),
        authors=tuple(squash(author) for author in authors),
        year=year_in(text("PY")) or year_in(text("PD")) or year_in(text("EA")),
        journal=text("SO", "JI", "J9", "BS"),
        volume=text("VL"),
        issue=text("IS"),
        pages=page_range(text("BP"), text("EP")) or number,
        doi=normalise_doi(text("DI", "D2")),
        pmid=pmid or labelled_pmid(text("NT")),
        language=text("LA"),
        publication_types=tuple(dict.fromkeys(kind for kind in (kind, *_listed(text("DT"))) if kind)),
        keywords=tuple(dict.fromkeys([*_listed(text("DE")), *_listed(text("ID")), *_listed(text("MH"))])),
        url=text("UR"),
        raw="\n".join(record.source).rstrip(),
        row=record.row,
    )


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]
