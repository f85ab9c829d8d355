"""BibTeX and BibLaTeX as databases and reference managers really write it.

Notes
-----
An entry ends where its braces do. Exports get that wrong, so an entry also ends where the next one begins at
the start of a line, and goes on where a field follows a brace too many; both are reported. Text between
entries is a comment, by the rules of BibTeX.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from reviews.formats.identifiers import labelled_pmid, normalise_doi, normalise_pmid, year_in
from reviews.formats.latex import plain
from reviews.formats.model import ParsedRecord, RowProblem
from reviews.formats.names import split_names
from reviews.formats.text import squash

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
_SCOPUS = re.compile(r"\beid=(2-s2\.0-\d+)")
MAX_ENTRY = 16 * 1024 * 1024

_TITLE = ("title", "booktitle", "maintitle", "shorttitle")
_JOURNAL = (
    "journal", "journaltitle", "fjournal", "booktitle", "maintitle", "series", "abbrev_source_title",
    "publisher", "school", "institution",
)  # fmt: skip
_PAGES = ("pages", "page", "numpages", "article-number", "article_number", "art_number", "eid", "articleno")
_ACCESSION = ("unique-id", "accession", "accession_number", "accessionnumber", "accession-num", "an")
_KEYWORDS = ("keywords", "keyword", "author_keywords", "keywords-plus", "mesh")
_KINDS = {
    "article": "Journal Article",
    "book": "Book",
    "booklet": "Book",
    "collection": "Book",
    "conference": "Conference Paper",
    "dataset": "Dataset",
    "inbook": "Book Chapter",
    "incollection": "Book Chapter",
    "inproceedings": "Conference Paper",
    "manual": "Report",
    "mastersthesis": "Thesis",
    "online": "Web Page",
    "patent": "Patent",
    "phdthesis": "Thesis",
    "proceedings": "Conference Proceedings",
    "report": "Report",
    "techreport": "Report",
    "thesis": "Thesis",
    "unpublished": "Unpublished Work",
}


@dataclass(slots=True)
class _Entry:
    """An entry being read: its lines, how deep in braces they end, and what is wrong with it."""

    kind: str
    closing: str
    lines: list[str] = field(default_factory=list)
    depth: int = 0
    size: int = 0
    fault: str = ""

    def add(self, line: str) -> None:
        self.lines.append(line)
        self.size += len(line) + 1
        if self.closing == "}":
            self.depth += line.count("{") - line.count("}")
        else:
            self.depth += line.count("(") + line.count("{") - line.count(")") - line.count("}")


def read_bibtex(lines: Iterable[str]) -> Iterator[ParsedRecord | RowProblem]:
    """Read BibTeX entries; strings are filled in, comments and preambles passed over.

    Parameters
    ----------
    lines : iterable of str
        Clean lines, from `reviews.formats.text.lines`.

    Yields
    ------
    ParsedRecord or RowProblem
        Each entry, followed by the problems of its row: ``unbalanced_braces`` where it ended only because
        another one began or had more braces than it opened, ``truncated`` where the file ended in it.

    References
    ----------
    Patashnik O (1988), BibTeXing; Kime P et al., The biblatex package, on fields and names.
    """
    row = 0
    strings = dict(_MONTHS)
    for entry in _entries(lines):
        if entry.kind == "string":
            strings.update((name.lower(), value) for name, value in _fields(entry, strings))
        if entry.kind in _NOT_RECORDS:
            continue
        row += 1
        yield from _closed(entry, strings, row=row)


def _entries(lines: Iterable[str]) -> Iterator[_Entry]:
    """Cut the file into entries."""
    entry: _Entry | None = None
    done: _Entry | None = None
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
            entry = _Entry(begun.group(1).lower(), "}" if begun.group(2) == "{" else ")")
        entry.add(line)
        if entry.depth <= 0:
            rest = _second(entry)
            if rest:
                yield entry
                yield from _entries([rest])
            else:
                done = entry
            entry = None
    if done is not None:
        yield done
    if entry is not None:
        entry.fault = "truncated"
        yield entry


def _second(entry: _Entry) -> str:
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


def _closed(entry: _Entry, strings: dict[str, str], *, row: int) -> Iterator[ParsedRecord | RowProblem]:
    record = _parse(entry, strings, row=row)
    yield record
    if entry.fault:
        detail = squash(entry.lines[-1])[:120] if entry.fault == "truncated" else record.title[:120]
        yield RowProblem(row=row, code=entry.fault, detail=detail, kept=True)
    if not record.title:
        detail = record.doi or record.external_id or squash(entry.lines[0])[:120]
        yield RowProblem(row=row, code="no_title", detail=detail, kept=True)


def _fields(entry: _Entry, strings: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield name and raw value of each field, in order; what is no field is passed over."""
    text = "\n".join(entry.lines)
    begun = _BEGIN.match(text)
    position = begun.end() if begun else 0
    if entry.kind != "string" and (key := _KEY.match(text, position)):
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


def _parse(entry: _Entry, strings: dict[str, str], *, row: int) -> ParsedRecord:
    values: dict[str, str] = {}
    for name, value in _fields(entry, strings):
        if value and not value.isspace():
            values.setdefault(name.lower(), value)

    def text(*names: str) -> str:
        return next((found for name in names if name in values and (found := _plain(values[name]))), "")

    title, subtitle = text(*_TITLE), text("subtitle")
    address = _address(values.get("url", ""))
    pmid = _pmid(values, address)
    names = values.get("author", "") or values.get("editor", "")
    journal = next((found for name in _JOURNAL if (found := text(name)) and found != title), "")
    return ParsedRecord(
        external_id=pmid or text(*_ACCESSION) or _scopus(address),
        title=f"{title}: {subtitle}" if title and subtitle else title or subtitle,
        abstract=_paragraphs(values.get("abstract", "") or values.get("annote", "")),
        authors=split_names(names),
        year=year_in(values.get("year", "")) or year_in(values.get("date", "")),
        journal=journal,
        volume=text("volume"),
        issue=text("number", "issue"),
        pages=text(*_PAGES).replace("–", "-"),
        doi=_doi(values, address),
        pmid=pmid,
        language=text("language", "langid"),
        publication_types=_kinds(entry.kind, text("document_type", "type", "doctype")),
        keywords=_keywords(values),
        url=address,
        raw="\n".join(entry.lines).rstrip(),
        row=row,
    )


def _plain(value: str) -> str:
    return squash(plain(value))


def _paragraphs(value: str) -> str:
    """Return an abstract with its paragraphs, which are parted by empty lines; other breaks are layout."""
    if "\n" not in value:
        return _plain(value)
    return "\n".join(text for part in re.split(r"\n[ \t]*\n", value) if (text := _plain(part)))


def _address(value: str) -> str:
    """Return the first address, as it is: a tilde in it is no space."""
    text = squash(value.replace("\\url", "").replace("\\", "").replace("{", "").replace("}", ""))
    return text.split(" ")[0]


def _doi(values: dict[str, str], address: str) -> str:
    own = values.get("doi", "").replace("\\", "").replace("{", "").replace("}", "")
    link = address if "doi.org/10." in address else ""
    notes = values.get("note", "") if "doi" in values.get("note", "").lower() else ""
    return normalise_doi(own) or normalise_doi(link) or normalise_doi(notes)


def _pmid(values: dict[str, str], address: str) -> str:
    for name in ("pmid", "pubmed_id", "pubmed-id", "pubmedid"):
        if pmid := normalise_pmid(values.get(name, "").strip("{} ")):
            return pmid
    if values.get("eprinttype", "").strip("{} ").lower() in ("pubmed", "pmid", "medline"):
        return normalise_pmid(values.get("eprint", "").strip("{} "))
    return next((pmid for text in (values.get("note", ""), address) if (pmid := labelled_pmid(text))), "")


def _scopus(address: str) -> str:
    found = _SCOPUS.search(address)
    return found.group(1) if found else ""


def _kinds(kind: str, written: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for part in (_KINDS.get(kind, ""), written) if part))


def _keywords(values: dict[str, str]) -> tuple[str, ...]:
    """Split keywords at semicolons; at commas only where there are none."""
    found: dict[str, None] = {}
    for name in _KEYWORDS:
        if name not in values:
            continue
        text = _plain(values.get(name, "").replace("\\;", ";").replace("\n", " "))
        for part in text.split(";" if ";" in text else ","):
            if part.strip():
                found[part.strip()] = None
    return tuple(found)
