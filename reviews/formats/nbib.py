"""PubMed's own text format, as .nbib or .txt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from reviews.formats.identifiers import labelled_pmid, normalise_doi, normalise_pmid, year_in
from reviews.formats.model import ParsedRecord, RowProblem
from reviews.formats.text import Lines, single_spaced, squash

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
# What is read of a record; the others are passed over where they keep the rule.
_READ = frozenset(
    {
        *_RELATIONS, "PMID", "TI", "BTI", "TT", "AB", "FAU", "AU", "CN", "DP", "DEP", "JT", "TA", "VI", "IP",
        "PG", "LA", "PT", "MH", "OT", "LID", "AID",
    }
)  # fmt: skip
_UNREAD = frozenset(
    {
        "AD", "AUID", "BTI", "CDAT", "CI", "COI", "COIS", "CP", "CRDT", "CTDT", "CTI", "CY", "DA", "DCOM",
        "DRDT", "ED", "EDAT", "EN", "FED", "FIR", "FPS", "GN", "GR", "GS", "IR", "IRAD", "IS", "ISBN",
        "JID", "JRNL", "LR", "MHDA", "MID", "OAB", "OABL", "OCI", "OID", "ORI", "OTO", "OWN", "PB", "PHST",
        "PL", "PMC", "PMCR", "PS", "PST", "PUBM", "RF", "RN", "SB", "SFM", "SI", "SO", "SPIN", "STAT", "VTI",
    }
)  # fmt: skip
# A record without PMID begins where one of these comes again after an empty line.
_ONCE = frozenset({"OWN", "STAT", "TI", "BTI", "DP", "JT"})
# How the lines of a record begin where they keep the rule; nothing is read of the other tags.
_INDENT = "      "
_RULED = {f"{tag:<4}- ": tag if tag in _READ | _ONCE else "" for tag in _READ | _UNREAD}
_NEXT = "\nPMID- "
_LONGEST_RECORD = 1024 * 1024  # letters; a longer one is read line by line
Item = ParsedRecord | RowProblem
Tags = list[tuple[str, str]]


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
    reader = _Reader()
    yield from reader.by_block(lines.blocks()) if isinstance(lines, Lines) else reader.by_line(lines)
    yield from reader.end()


class _Reader:
    """Reads lines one by one, and records that keep the rule whole."""

    def __init__(self) -> None:
        self._row = 0
        self._tags: list[tuple[str, list[str]]] = []
        self._source: list[str] = []
        self._parted = False

    def by_block(self, blocks: Iterable[str]) -> Iterator[Item]:
        """Read text that comes as many lines at a time."""
        rest = ""
        for block in blocks:
            text = rest + block
            place = 0
            while (end := text.find(_NEXT, place)) >= 0:
                yield from self._piece(text[place:end])
                place = end + 1
            rest = text[place:]
            if len(rest) > _LONGEST_RECORD:
                whole, _, rest = rest.rpartition("\n")
                yield from self.by_line(whole.split("\n"))
        yield from self.by_line(rest.split("\n") if rest else ())

    def _piece(self, raw: str) -> Iterator[Item]:
        """Read what stands before a PMID: one record, where its lines keep the rule."""
        tags = _whole(raw)
        if tags is None:
            yield from self.by_line(raw.split("\n"))
            return
        yield from self._close()
        self._row += 1
        yield from _items(tags, raw.rstrip(), row=self._row)

    def by_line(self, lines: Iterable[str]) -> Iterator[Item]:
        """Read lines, from wherever the last call ended."""
        for line in lines:
            # Most lines are the rest of a value, which stands under its beginning.
            if self._tags and line.startswith(_INDENT) and not line.isspace():
                self._go_on(line)
                continue
            tag, value = _split(line)
            again = self._parted and tag in _ONCE and any(name == tag for name, _ in self._tags)
            if tag == "PMID" or again or (tag and not self._source):
                yield from self._close()
                self._row += 1
            elif not self._source:
                if line.strip():
                    yield RowProblem(row=max(self._row, 1), code="stray_text", detail=squash(line)[:120])
                continue
            if tag:
                self._source.append(line)
                self._tags.append((tag, [value]))
                self._parted = False
            else:
                self._go_on(line)

    def _go_on(self, line: str) -> None:
        self._source.append(line)
        self._parted = not line.strip()
        if self._tags and not self._parted:
            self._tags[-1][1].append(line)

    def end(self) -> Iterator[Item]:
        """Close what the file leaves open."""
        cut = bool(self._source) and not any(tag == "SO" for tag, _ in self._tags)
        yield from self._close("truncated" if cut else "")

    def _close(self, fault: str = "") -> Iterator[Item]:
        source, tags, self._source, self._tags = self._source, self._tags, [], []
        if source:
            joined = [(tag, " ".join(parts).replace("\t", " ")) for tag, parts in tags]
            yield from _items(joined, "\n".join(source).rstrip(), row=self._row, fault=fault)


def _whole(raw: str) -> Tags | None:
    """Return the tags of a record with the values that are read; None where a line breaks the rule."""
    if "\t" in raw or not raw.startswith("PMID- "):
        return None
    lines = raw.rstrip().replace(f"\n{_INDENT}", " ").split("\n")
    try:
        tags = [(tag, line[6:]) for line in lines if (tag := _RULED[line[:6]])]
    except KeyError:
        return None
    once = [tag for tag, _ in tags if tag in _ONCE]
    return tags if len(once) == len(set(once)) else None


def _split(line: str) -> tuple[str, str]:
    """Return tag and value of a line; two empty texts where it has no tag."""
    match = _TAG.match(line)
    if not match or (line[_DASH_AT : _DASH_AT + 1] != "-" and match.group(2).strip()):
        return "", ""
    return match.group(1), match.group(2)


def _items(tags: Tags, raw: str, *, row: int, fault: str = "") -> Iterator[Item]:
    record = _parse(tags, raw, row=row)
    yield record
    if fault:
        yield RowProblem(row=row, code=fault, detail=squash(raw.rpartition("\n")[2])[:120], kept=True)
    if not record.title:
        yield RowProblem(row=row, code="no_title", detail=record.pmid, kept=True)


def _parse(tags: Tags, raw: str, *, row: int) -> ParsedRecord:
    values: dict[str, list[str]] = {}
    for tag, text in tags:
        if tag in _READ and (value := single_spaced(text)):
            values.setdefault(tag, []).append(value)

    def first(*names: str) -> str:
        return next((values[name][0] for name in names if name in values), "")

    pmid = normalise_pmid(first("PMID"))
    full = "FAU" if "FAU" in values else "AU"
    authors = values.get(full, [])
    if "CN" in values:
        # Collective authors stand in order among the others only in the full-name form.
        authors = [value for tag, text in tags if tag in (full, "CN") and (value := single_spaced(text))]
    linked = not _RELATIONS.keys().isdisjoint(values)
    return ParsedRecord(
        external_id=pmid,
        title=first("TI", "BTI", "TT"),
        abstract="\n".join(values.get("AB", [])[:1]),
        authors=tuple(authors),
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
        raw=raw,
        row=row,
        relations=tuple(_relations(tags)) if linked else (),
    )


def _relations(tags: Tags) -> Iterator[tuple[str, str]]:
    for tag, text in tags:
        if tag in _RELATIONS:
            value = single_spaced(text)
            yield _RELATIONS[tag], labelled_pmid(value) or value


def _doi(values: dict[str, list[str]]) -> str:
    located = [text for tag in ("LID", "AID") for text in values.get(tag, []) if "[doi]" in text]
    return next((doi for text in located if (doi := normalise_doi(text.replace("[doi]", "").strip()))), "")
