"""BibTeX cut into entries, and entries into fields."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_BEGIN = re.compile(r"\s*@\s*([A-Za-z][\w-]*)\s*([{(])")
# Inside an entry only this begins the next one: an address in an abstract has no such form.
_NEXT = re.compile(r"@\s*[A-Za-z][\w-]*\s*[{(]\s*[^\s,={}()\"']*\s*(?:,|$)")
_FIELD_LINE = re.compile(r"\s*[A-Za-z][\w :./+-]{0,40}\s*=\s*[{\"\d]")
_KEY = re.compile(r"[^,=\"{}]*,|\s*(?=[}\)]\s*$)")
_FIELD = re.compile(r"([^\s=,{}\"#][^=,{}\"#\n]{0,60}?)\s*=\s*")
_SIMPLE = re.compile(r"[\s,]*([A-Za-z][\w-]{0,60}) *= *\{([^{}]*)\}(?!\s*#)")
# Where braces do not match, a value ends before what can only be the next field.
_RUNAWAY = re.compile(r"[}\"]?\s*,\s*[A-Za-z][\w-]*\s*=\s*[{\"\d]")
_BARE = re.compile(r"[^\s,#{}\"()]+")
_BRACE = re.compile(r"[{}]")
_QUOTE = re.compile(r"[{}\"]")
_NOT_RECORDS = frozenset({"comment", "preamble", "string"})
_MONTHS = {
    name.lower(): name
    for name in ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
}
MAX_ENTRY = 16 * 1024 * 1024
# What a chapter or a paper takes from the book or the proceedings that its `crossref` names, and as what.
_INHERITED = {
    "booktitle": "booktitle", "title": "booktitle", "year": "year", "date": "date", "volume": "volume",
    "series": "series", "publisher": "publisher",
}  # fmt: skip
_PARENTS = frozenset(
    {"book", "collection", "conference", "mvbook", "mvcollection", "mvproceedings", "proceedings"}
)
# Parents stand behind their children by the rules of BibTeX: that far is looked ahead, and back.
_AHEAD, _AHEAD_LETTERS, _BACK = 200, 1024 * 1024, 2_000


@dataclass(slots=True)
class Entry:
    """An entry being read: its lines, how deep in braces they end, and what is wrong with it."""

    kind: str
    closing: str
    lines: list[str] = field(default_factory=list)
    depth: int = 0
    size: int = 0
    fault: str = ""
    key: str = ""
    values: dict[str, str] = field(default_factory=dict)

    def add(self, line: str) -> None:
        self.lines.append(line)
        self.size += len(line) + 1
        if self.closing == "}":
            self.depth += line.count("{") - line.count("}")
        else:
            self.depth += line.count("(") + line.count("{") - line.count(")") - line.count("}")


def entries(lines: Iterable[str]) -> Iterator[Entry]:
    """Yield the entries that are records, with their fields.

    Parameters
    ----------
    lines : iterable of str
        Clean lines.

    Yields
    ------
    Entry
        In the order of the file. Strings are filled in; what ``crossref`` names is found up to 200 entries
        further down.
    """
    parents: dict[str, dict[str, str]] = {}
    waiting: deque[Entry] = deque()
    letters = 0
    for entry in _filled(lines):
        waiting.append(entry)
        letters += entry.size
        if entry.kind in _PARENTS and entry.key:
            parents[entry.key] = {name: entry.values[name] for name in _INHERITED if name in entry.values}
            if len(parents) > _BACK:
                del parents[next(iter(parents))]
        while waiting and (
            _has_all(waiting[0], parents) or len(waiting) > _AHEAD or letters > _AHEAD_LETTERS
        ):
            letters -= waiting[0].size
            yield _heir(waiting.popleft(), parents)
    yield from (_heir(entry, parents) for entry in waiting)


def _filled(lines: Iterable[str]) -> Iterator[Entry]:
    """Yield the entries that are records, with their own fields."""
    strings = dict(_MONTHS)
    for entry in _cut(lines):
        if entry.kind == "string":
            strings.update((name.lower(), value) for name, value in _fields(entry, strings))
        if entry.kind in _NOT_RECORDS:
            continue
        for name, value in _fields(entry, strings):
            if value and not value.isspace():
                entry.values.setdefault(name.lower(), value)
        yield entry


def _has_all(entry: Entry, parents: dict[str, dict[str, str]]) -> bool:
    return "crossref" not in entry.values or _parent(entry) in parents


def _parent(entry: Entry) -> str:
    return entry.values["crossref"].strip("{} ").lower()


def _heir(entry: Entry, parents: dict[str, dict[str, str]]) -> Entry:
    """Give an entry what it lacks and the one that it refers to has."""
    if "crossref" in entry.values:
        for name, value in parents.get(_parent(entry), {}).items():
            entry.values.setdefault(_INHERITED[name], value)
    return entry


def _cut(lines: Iterable[str]) -> Iterator[Entry]:
    """Cut the file into entries."""
    entry: Entry | None = None
    done: Entry | None = None
    for line in lines:
        if entry is None and done is not None and line.strip():
            # A field after the end: a brace too many ended the entry too soon.
            if _FIELD_LINE.match(line) and done.kind not in _NOT_RECORDS:
                entry, done = done, None
                entry.fault, entry.depth = "unbalanced_braces", 1
            else:
                yield done
                done = None
        if entry is not None and ((line.startswith("@") and _NEXT.match(line)) or entry.size > MAX_ENTRY):
            entry.fault = "unbalanced_braces"
            yield entry
            entry = None
        if entry is None:
            begun = _BEGIN.match(line)
            if begun is None:
                continue
            entry = Entry(begun.group(1).lower(), "}" if begun.group(2) == "{" else ")")
        entry.add(line)
        if entry.depth <= 0:
            rest = _second(entry)
            if rest:
                yield entry
                yield from _cut([rest])
            else:
                done = entry
            entry = None
    if done is not None:
        yield done
    if entry is not None:
        entry.fault = "truncated"
        yield entry


def _second(entry: Entry) -> str:
    """Return what stands after the entry on its last line, if that begins another one; cut it off."""
    last = entry.lines[-1]
    at = last.find("@", 1)
    if at < 0 or len(last) > 65_536:
        return ""
    depth = entry.depth + last.count("}") - last.count("{")
    for match in _BRACE.finditer(last):
        depth += 1 if match.group() == "{" else -1
        if depth <= 0 and _BEGIN.match(last, match.end()):
            entry.lines[-1] = last[: match.end()]
            return last[match.end() :]
    return ""


def _fields(entry: Entry, strings: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield name and raw value of each field, in order; what is no field is passed over."""
    text = "\n".join(entry.lines)
    begun = _BEGIN.match(text)
    position = begun.end() if begun else 0
    if entry.kind != "string" and (key := _KEY.match(text, position)):
        entry.key = key.group().strip(" ,").lower()
        position = key.end()
    while True:
        # Nine fields in ten are a name and braces without braces inside.
        if simple := _SIMPLE.match(text, position):
            position = simple.end()
            yield simple.group(1), simple.group(2)
            continue
        match = _FIELD.search(text, position) if text.find("=", position) >= 0 else None
        if match is None:
            return
        parts, position = _value(text, match.end(), strings)
        value = "".join(parts)
        if entry.fault and (runaway := _RUNAWAY.search(value)):
            position = text.find(runaway.group(), match.end()) + 1
            value = value[: runaway.start()]
        yield match.group(1).strip(), value


def _value(text: str, position: int, strings: dict[str, str]) -> tuple[list[str], int]:
    """Read a value: parts in braces, in quotes, or bare, joined by ``#``."""
    parts: list[str] = []
    while position < len(text):
        begin = text[position]
        if begin == "{":
            end = _closing(text, position)
            parts.append(text[position + 1 : end])
            position = end + 1
        elif begin == '"':
            end = _closing_quote(text, position)
            parts.append(text[position + 1 : end])
            position = end + 1
        elif bare := _BARE.match(text, position):
            parts.append(strings.get(bare.group().lower(), bare.group()))
            position = bare.end()
        else:
            break
        rest = _JOIN.match(text, position)
        if rest is None:
            break
        position = rest.end()
    return parts, position


_JOIN = re.compile(r"\s*#\s*")


def _closing(text: str, start: int) -> int:
    """Return the place of the brace that closes the one at `start`; where none does, the end of its line."""
    end = text.find("}", start)
    if end >= 0 and text.find("{", start + 1, end) < 0:
        return end
    depth = 0
    for match in _BRACE.finditer(text, start):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return match.start()
    line_end = text.find("\n", start)
    return len(text) if line_end < 0 else line_end


def _closing_quote(text: str, start: int) -> int:
    depth = 0
    for match in _QUOTE.finditer(text, start + 1):
        sign = match.group()
        if sign == '"' and depth <= 0:
            return match.start()
        depth += {"{": 1, "}": -1}.get(sign, 0)
    line_end = text.find("\n", start)
    return len(text) if line_end < 0 else line_end
