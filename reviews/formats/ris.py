"""RIS as databases and reference managers really write it.

Notes
-----
The reader keeps every record that begins, and says what was wrong with it. A record ends at ``ER``, at the
next ``TY``, or at the end of the file. Between records everything is ignored (counters, vendor headers,
search strategies) except tags that only a record can hold: those begin a record whose ``TY`` line is missing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from string import ascii_uppercase, digits

from reviews.formats.identifiers import labelled_pmid, normalise_doi, normalise_pmid, page_range, year_in
from reviews.formats.model import ParsedRecord, RowProblem
from reviews.formats.text import Lines, squash

# Two spaces before the dash are the rule; one, three or none occur at the tags that frame a record.
_TAG = re.compile(r"\s?([A-Z][A-Z0-9])(?: {2,3}-| {1,3}- )\s*(.*)")
_FRAME = re.compile(r"\s?(TY|ER) {0,3}-\s*(.*)")
_DASH_WITHIN = 7  # of the line's letters: what both patterns allow
# The rule itself is met by slicing, many times faster than by a pattern.
_RULE = "  - "
_LONGEST_RECORD = 1024 * 1024  # letters; a longer one is read line by line
_TAGS = frozenset(map("".join, product(ascii_uppercase, ascii_uppercase + digits)))
# Vendors put C1, N1, DB and others between records; these occur only inside one.
_BEGINS_RECORD = frozenset({"TI", "T1", "AU", "A1", "AB", "N2", "DO", "JF", "T2"})

# Numbers never go on in the next line.
_SHORT = frozenset({"TY", "SP", "EP", "IS", "VL"})

_TITLE = ("TI", "T1", "CT", "BT", "ST")
_JOURNAL = ("JF", "T2", "JO", "JA", "J2", "J1")
_ABSTRACT = ("AB", "N2")
_AUTHORS = ("AU", "A1")
_ADDRESSES = ("UR", "LK", "L2", "L3", "L1")
_YEARS = ("PY", "Y1", "DA", "Y2")
_ACCESSIONS = ("AN", "U2")
_FIRST_PAGE = ("SP", "C7", "AR")
_DOIS = ("DO", "DI", "M3")
_NOTES = ("N1", "AN", "C1", "C2", *_ADDRESSES)
_OTHERS = ("VL", "VO", "IS", "EP", "PM", "DB", "DP", "LA", "KW")
_READ = frozenset(
    (
        *_TITLE,
        *_JOURNAL,
        *_ABSTRACT,
        *_AUTHORS,
        *_YEARS,
        *_FIRST_PAGE,
        *_DOIS,
        *_NOTES,
        *_ACCESSIONS,
        *_OTHERS,
    )
)
_PASSED_OVER = _TAGS - _READ - {"TY"}
Values = Mapping[str, list[str]]
Item = ParsedRecord | RowProblem
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
        Clean lines, from `reviews.formats.text.Lines`, which are read several times faster than others.

    Yields
    ------
    ParsedRecord or RowProblem
        Each record, followed by the problems of its row. A record without end is kept, with the problem
        ``missing_end`` (the next one began) or ``truncated`` (the file ended).

    References
    ----------
    The RIS format specification of Research Information Systems; the deviations come from real exports.
    """
    reader = _Reader()
    yield from reader.by_block(lines.blocks()) if isinstance(lines, Lines) else reader.by_line(lines)
    yield from reader.end()


@dataclass(slots=True)
class _Open:
    """A record being read: the values of its tags as they stand, and its source lines.

    `last` is the tag above the line being read and `filled` its value; an empty one waits for the lines that
    follow.
    """

    typed: bool
    values: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    source: list[str] = field(default_factory=list)
    last: str = ""
    filled: str = ""
    more: dict[tuple[str, int], list[str]] = field(default_factory=dict)

    def add(self, tag: str, text: str) -> None:
        """Keep the value of a tag."""
        self.last, self.filled = tag, text
        if text:
            self.values[tag].append(text)

    def go_on(self, text: str) -> None:
        """Add a line without tag to the field above; an empty tag takes no text from the next field."""
        if not self.last or self.last in _SHORT:
            return
        values = self.values[self.last]
        # EndNote writes one keyword a line and the tag only once.
        if not self.filled or self.last == "KW":
            values.append(text)
            self.filled = text
        else:
            self.more.setdefault((self.last, len(values) - 1), []).append(text)

    def fold(self) -> None:
        """Put the pieces of wrapped values together, once for each: a value may have very many."""
        for (tag, place), pieces in self.more.items():
            self.values[tag][place] = " ".join([self.values[tag][place], *pieces])


class _Reader:
    """Reads lines one by one, and records that keep the rule whole."""

    def __init__(self) -> None:
        self._row = 0
        self._open: _Open | None = None

    def by_block(self, blocks: Iterable[str]) -> Iterator[Item]:
        """Read text that comes as many lines at a time."""
        rest = ""
        for block in blocks:
            text = rest + block
            place = 0
            while place < len(text):
                if text[place] == "\n" and self._open is None:
                    place += 1
                    continue
                framed = self._open is None and text.startswith("TY  - ", place)
                end = text.find("\nER  -", place) if framed else -1
                stop = text.find("\n", end + 1 if end > 0 else place)
                if stop < 0 or (framed and end < 0 and len(text) - place < _LONGEST_RECORD):
                    break  # the rest may still come
                raw = text[place:stop]
                yield from self._whole(raw, raw[: end - place]) if end > 0 else self.by_line((raw,))
                place = stop + 1
            rest = text[place:]
        yield from self.by_line(rest.split("\n") if rest else ())

    def _whole(self, raw: str, inside: str) -> Iterable[Item]:
        """Read one record up to its end; line by line where any line breaks the rule."""
        values = _fields(inside)
        if values is None:
            return self.by_line(raw.split("\n"))
        self._row += 1
        return _items(_parse(values, raw=raw, row=self._row), typed=True)

    def by_line(self, lines: Iterable[str]) -> Iterator[Item]:
        """Read lines, from wherever the last call ended."""
        for line in lines:
            tag, value = _split(line) if line else ("", "")
            if tag == "TY" or (self._open is None and tag in _BEGINS_RECORD):
                yield from self._close("missing_end")
                self._row += 1
                self._open = _Open(typed=tag == "TY")
            if self._open is None:
                continue
            self._open.source.append(line)
            if tag == "ER":
                yield from self._close("")
            elif tag:
                self._open.add(tag, value)
            elif text := squash(line):
                self._open.go_on(text)

    def end(self) -> Iterable[Item]:
        """Close what the file leaves open."""
        return self._close("truncated")

    def _close(self, fault: str) -> Iterable[Item]:
        record, self._open = self._open, None
        if record is None:
            return ()
        record.fold()
        parsed = _parse(record.values, raw="\n".join(record.source), row=self._row)
        if not (record.typed or parsed.title or parsed.authors or parsed.doi):
            return ()
        detail = squash(parsed.raw.rstrip().rpartition("\n")[2]) if fault == "truncated" else parsed.title
        return _items(parsed, typed=record.typed, fault=fault, detail=detail)


def _fields(inside: str) -> Values | None:
    """Return the values of the tags that are read; None where a line breaks the rule."""
    first, *lines = inside.split("\n")
    values: dict[str, list[str]] = {}
    if kind := squash(first[len("TY  - ") :]):
        values["TY"] = [kind]
    tabbed = "\t" in inside
    for line in lines:
        tag, rule, text = line.partition(_RULE)
        if tag not in _READ:
            if rule and tag in _PASSED_OVER:
                continue
            return None
        if tabbed or "  " in text or not (text.isascii() or text.isprintable()):
            text = squash(text)
        else:
            text = text.strip()
        if not text:
            if not rule:
                return None
        elif tag in values:
            values[tag].append(text)
        else:
            values[tag] = [text]
    return values


def _items(parsed: ParsedRecord, *, typed: bool, fault: str = "", detail: str = "") -> list[Item]:
    """Return a record and what is wrong with it."""
    found: list[Item] = [parsed]
    if fault:
        found.append(RowProblem(row=parsed.row, code=fault, detail=detail[:120], kept=True))
    if not typed:
        found.append(RowProblem(row=parsed.row, code="missing_type", detail=parsed.title[:120], kept=True))
    if not parsed.title:
        named = parsed.doi or parsed.external_id
        found.append(RowProblem(row=parsed.row, code="no_title", detail=named, kept=True))
    return found


def _split(line: str) -> tuple[str, str]:
    """Return tag and value of a line; two empty texts where it has no tag."""
    if line[2:6] == _RULE and line[:2] in _TAGS:
        return line[:2], squash(line[6:])
    if "-" not in line[:_DASH_WITHIN]:
        return "", ""
    match = _FRAME.match(line) or _TAG.match(line)
    return (match.group(1), squash(match.group(2))) if match else ("", "")


def _parse(values: Values, *, raw: str, row: int) -> ParsedRecord:
    pmid = _pmid(values)
    addresses = [text for tag in _ADDRESSES if tag in values for text in values[tag]]
    return ParsedRecord(
        external_id=pmid or _first(values, _ACCESSIONS),
        title=_first(values, _TITLE),
        abstract="\n".join(_all(values, _ABSTRACT)),
        authors=tuple(_all(values, _AUTHORS)),
        year=_year(values),
        journal=_first(values, _JOURNAL),
        volume=_first(values, ("VL", "VO")),
        issue=_first(values, ("IS",)),
        pages=page_range(_first(values, _FIRST_PAGE), _first(values, ("EP",))),
        doi=_doi(values, addresses),
        pmid=pmid,
        language=_first(values, ("LA",)),
        publication_types=_kinds(values),
        keywords=_keywords(values),
        url=next((address for address in addresses if "://" in address), ""),
        raw=raw,
        row=row,
    )


def _first(values: Values, tags: tuple[str, ...]) -> str:
    for tag in tags:
        if tag in values:
            return values[tag][0]
    return ""


def _all(values: Values, tags: tuple[str, ...]) -> list[str]:
    for tag in tags:
        if tag in values:
            return values[tag]
    return []


def _year(values: Values) -> int | None:
    for tag in _YEARS:
        if tag in values:
            for text in values[tag]:
                if (year := year_in(text)) is not None:
                    return year
    return None


def _keywords(values: Values) -> tuple[str, ...]:
    if "KW" not in values:
        return ()
    found: list[str] = []
    for text in values["KW"]:
        found += map(str.strip, text.split(";")) if ";" in text else (text,)
    return tuple(filter(None, found))


def _doi(values: Values, addresses: list[str]) -> str:
    for tag in _DOIS:
        if tag in values:
            for text in values[tag]:
                if doi := normalise_doi(text):
                    return doi
    # Other addresses are resolver links of libraries, with the DOI lost among their parameters.
    for address in addresses:
        if "doi.org/10." in address and (doi := normalise_doi(address)):
            return doi
    return ""


def _pmid(values: Values) -> str:
    if "PM" in values:
        return normalise_pmid(values["PM"][0])
    # EndNote gives PubMed's number as the accession and NLM as its provider.
    if "AN" in values and ("DB" in values or "DP" in values):
        provider = " ".join(values.get("DB", []) + values.get("DP", [])).lower()
        if any(word in provider for word in ("pubmed", "medline", "nlm")):
            return normalise_pmid(values["AN"][0])
    for tag in _NOTES:
        if tag in values:
            for text in values[tag]:
                if pmid := labelled_pmid(text):
                    return pmid
    return ""


def _kinds(values: Values) -> tuple[str, ...]:
    kind = _KINDS.get(_first(values, ("TY",)).upper(), "")
    if "M3" not in values:
        return (kind,) if kind else ()
    written = [text for text in values["M3"] if not normalise_doi(text)]
    return tuple(dict.fromkeys([*([kind] if kind else []), *written]))
