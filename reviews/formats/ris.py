"""RIS as databases and reference managers really write it.

Notes
-----
The reader keeps every record that begins, and says what was wrong with it. A record ends at ``ER``, at the
next ``TY``, or at the end of the file. Between records everything is ignored (counters, vendor headers,
search strategies) except tags that only a record can hold: those begin a record whose ``TY`` line is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from reviews.formats.model import ParsedRecord, RowProblem
from reviews.formats.ris_fields import READ, Values, parse
from reviews.formats.ris_lines import RULE, TAGS, Habit, habit_of, may_be_tag, split
from reviews.formats.text import Lines, squash

_LONGEST_RECORD = 1024 * 1024  # letters; a longer one is read line by line
# Vendors put C1, N1, DB and others between records; these occur only inside one.
_BEGINS_RECORD = frozenset({"TI", "T1", "AU", "A1", "AB", "N2", "DO", "JF", "T2"})

# Numbers never go on in the next line.
_SHORT = frozenset({"TY", "SP", "EP", "IS", "VL"})

# How the lines of a record begin where they keep the rule; nothing is read of the other tags.
_RULED = {tag + RULE: tag if tag in READ else "" for tag in TAGS - {"TY"}}
Item = ParsedRecord | RowProblem


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

    `habit` is how its lines are written, where that is not by the rule. `last` is the tag above the line
    being read and `filled` its value; an empty one waits for the lines that follow.
    """

    typed: bool = True
    habit: Habit | None = None
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
                yield from self._whole(raw) if end > 0 else self.by_line((raw,))
                place = stop + 1
            rest = text[place:]
        yield from self.by_line(rest.split("\n") if rest else ())

    def _whole(self, raw: str) -> Iterable[Item]:
        """Read one record up to its end; line by line where any line breaks the rule."""
        values = _fields(raw)
        if values is None:
            return self.by_line(raw.split("\n"))
        self._row += 1
        parsed = parse(values, raw=raw, row=self._row)
        return (parsed,) if parsed.title else _items(parsed, typed=True)

    def by_line(self, lines: Iterable[str]) -> Iterator[Item]:
        """Read lines, from wherever the last call ended."""
        for line in lines:
            tag, value = split(line) if line else ("", "")
            habit = self._open.habit if self._open is not None else habit_of(line)
            if not tag and habit is not None:
                tag, value = habit.split(line)
            if tag == "TY" or (self._open is None and tag in _BEGINS_RECORD):
                yield from self._close("missing_end")
                self._row += 1
                self._open = _Open(typed=tag == "TY", habit=habit_of(line))
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
        parsed = parse(record.values, raw="\n".join(record.source), row=self._row)
        if not (record.typed or parsed.title or parsed.authors or parsed.doi):
            return ()
        detail = squash(parsed.raw.rstrip().rpartition("\n")[2]) if fault == "truncated" else parsed.title
        return _items(parsed, typed=record.typed, fault=fault, detail=detail)


def _fields(raw: str) -> Values | None:
    """Return the values of the tags that are read; None where a line breaks the rule."""
    if "\t" in raw:
        return None
    first, *lines, _ = raw.split("\n")
    try:
        values = _by_tag(lines)
    except KeyError:
        record = _unwrapped(lines)
        if record is None:
            return None
        values = record.values
    if kind := first[6:].strip():
        values["TY"] = [kind]
    return values


def _by_tag(lines: Sequence[str]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for line in lines:
        if (tag := _RULED[line[:6]]) and (text := line[6:].strip()):
            if tag in values:
                values[tag].append(text)
            else:
                values[tag] = [text]
    return values


def _unwrapped(lines: Sequence[str]) -> _Open | None:
    """Read lines of which some go on with the value above; None where one may be meant to have a tag."""
    record = _Open()
    for line in lines:
        if line[:6] in _RULED:
            record.add(line[:2], line[6:].strip())
        elif may_be_tag(line):
            return None
        elif text := squash(line):
            record.go_on(text)
    record.fold()
    return record


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
