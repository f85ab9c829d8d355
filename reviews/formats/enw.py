"""EndNote's import format (Refer), as .enw: what Google Scholar, publishers and old EndNote write.

Notes
-----
A line begins with a percent sign and one more sign; lines without go on with the value above. Records begin
with ``%0``, and are parted by empty lines. Older files have no ``%0``: there an empty line alone parts them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from reviews.formats.identifiers import (
    is_address,
    labelled_pmid,
    normalise_doi,
    normalise_pmid,
    page_range,
    year_in,
)
from reviews.formats.model import ParsedRecord, RowProblem
from reviews.formats.text import squash

_TAG = re.compile(r"%([0-9A-Z~!@#$&*()+=\[\]?<>^|:])(?:[ \t]+(.*)|$)")
# Tags of which a record has one: after an empty line they begin the next.
_ONCE = frozenset("0TJBD")
_NOTES = ("Z", "O", "U", "M", "F")
_PUBMED = ("pubmed", "medline", "nlm")


@dataclass(slots=True)
class _Open:
    """A record being read: its values by tag, and its source lines."""

    row: int
    values: dict[str, list[list[str]]] = field(default_factory=dict)
    source: list[str] = field(default_factory=list)
    tag: str = ""
    parted: bool = False

    def begins_anew(self, tag: str) -> bool:
        """Tell whether a line with this tag belongs to the next record."""
        if tag == "0":
            return True
        return self.parted and ("0" not in self.values or (tag in _ONCE and tag in self.values))

    def add(self, tag: str, value: str) -> None:
        """Keep a value; an empty one waits for the lines that follow."""
        self.tag = tag
        self.values.setdefault(tag, []).append([value])

    def go_on(self, line: str) -> None:
        """Add a line without tag to the value above; under keywords, EndNote writes one a line."""
        if self.tag == "K":
            self.values["K"].append([line])
        elif self.tag:
            self.values[self.tag][-1].append(line)


def read_enw(lines: Iterable[str]) -> Iterator[ParsedRecord | RowProblem]:
    """Read records in EndNote's import format.

    Parameters
    ----------
    lines : iterable of str
        Clean lines, from `reviews.formats.text.lines`.

    Yields
    ------
    ParsedRecord or RowProblem
        Each record, followed by the problems of its row; first ``stray_text`` for each line before any tag.

    References
    ----------
    EndNote's help, "Tagged EndNote import format"; refer(1).
    """
    current: _Open | None = None
    row = 0
    for line in lines:
        match = _TAG.match(line)
        if match and (current is None or current.begins_anew(match.group(1))):
            if current:
                yield from _close(current)
            row += 1
            current = _Open(row)
        if current is None:
            if line.strip():
                yield RowProblem(row=1, code="stray_text", detail=squash(line)[:120])
            continue
        current.source.append(line)
        if match:
            current.add(match.group(1), (match.group(2) or "").strip())
        elif line.strip():
            current.go_on(line.strip())
        current.parted = not line.strip()
    if current:
        yield from _close(current)


def _close(record: _Open) -> Iterator[ParsedRecord | RowProblem]:
    parsed = _parse(record)
    yield parsed
    if not parsed.title:
        named = parsed.doi or parsed.external_id or squash(record.source[0])[:120]
        yield RowProblem(row=record.row, code="no_title", detail=named, kept=True)


def _parse(record: _Open) -> ParsedRecord:
    joined = {tag: ["\n".join(filter(None, text)) for text in texts] for tag, texts in record.values.items()}
    values = {tag: found for tag, texts in joined.items() if (found := [*filter(None, texts)])}

    def first(*tags: str) -> str:
        return next((squash(values[tag][0]) for tag in tags if tag in values), "")

    pmid = _pmid(values)
    addresses = [squash(text) for text in values.get("U", []) if is_address(text)]
    links = [address for address in addresses if "doi.org/10." in address]
    kinds = [squash(text) for text in (*values.get("0", [])[:1], *values.get("9", []))]
    title = first("T", "!", "Q")
    return ParsedRecord(
        external_id=pmid or first("M"),
        title=title,
        abstract="\n".join(squash(line) for text in values.get("X", [])[:1] for line in text.split("\n")),
        authors=tuple(name for text in values.get("A", values.get("E", [])) for name in _names(text)),
        year=year_in(first("D")) or year_in(first("8")),
        journal=next((name for tag in "JBS" if (name := first(tag)) and name != title), ""),
        volume=first("V"),
        issue=first("N"),
        pages=page_range(first("P", "&"), ""),
        doi=next((doi for text in (*values.get("R", []), *links) if (doi := normalise_doi(text))), ""),
        pmid=pmid,
        language=first("G"),
        publication_types=tuple(dict.fromkeys(kinds)),
        keywords=_keywords(values.get("K", [])),
        url=addresses[0] if addresses else "",
        raw="\n".join(record.source).rstrip(),
        row=record.row,
    )


def _names(text: str) -> Iterator[str]:
    """Return the names of one line: one, as a rule; some exports put a line break or a semicolon between."""
    return (name for part in re.split(r"[;\n]", text) if (name := squash(part).rstrip(",")))


def _keywords(texts: list[str]) -> tuple[str, ...]:
    """Split keywords at semicolons; at commas only where one line without any holds all of them."""
    sign = "," if len(texts) == 1 and ";" not in texts[0] else ";"
    return tuple(dict.fromkeys(word for text in texts for part in text.split(sign) if (word := squash(part))))


def _pmid(values: dict[str, list[str]]) -> str:
    """Return the accession number where PubMed gave it, else a number that is named a PMID."""
    provider = " ".join([*values.get("W", []), *values.get("~", [])]).lower()
    if "M" in values and any(word in provider for word in _PUBMED):
        return normalise_pmid(values["M"][0])
    noted = (text for tag in _NOTES for text in values.get(tag, []))
    return next((pmid for text in noted if (pmid := labelled_pmid(text))), "")
