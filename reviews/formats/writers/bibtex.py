"""BibTeX, for people who write in LaTeX and for JabRef."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

from reviews.formats.writers.reference import Reference, one_line

_CONTAINERS = {"inproceedings": "booktitle", "incollection": "booktitle"}
# Characters that LaTeX acts on. Letters beyond ASCII stay: BibLaTeX, biber and every manager read UTF-8.
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_SPECIALS = re.compile("[" + re.escape("".join(_SPECIAL)) + "]")
_VERBATIM = frozenset({"doi", "url", "pmid"})
_STOP_WORDS = frozenset({"a", "an", "and", "for", "in", "of", "on", "the", "to", "with"})


def write_bibtex(references: Iterable[Reference]) -> Iterator[str]:
    """Write references as BibTeX, in UTF-8.

    Parameters
    ----------
    references : iterable of Reference
        In the order wanted.

    Yields
    ------
    str
        The text of one entry. Keys are family name, year and first word of the title, with a letter where
        they would repeat; titles stand in double braces so that no style changes their case.
    """
    used: Counter[str] = Counter()
    for reference in references:
        kind = reference.type_names.bibtex
        given = [(name, value) for name, value in _fields(reference, kind) if value.strip()]
        fields = "".join(f"  {name} = {_braced(name, value)},\n" for name, value in given)
        yield f"@{kind}{{{_key(reference, used)},\n{fields}}}\n\n"


def _fields(reference: Reference, kind: str) -> list[tuple[str, str]]:
    record = reference.record
    return [
        ("title", record.title),
        ("author", " and ".join(_name(author) for author in record.authors)),
        (_CONTAINERS.get(kind, "journal"), record.journal),
        ("year", str(record.year or "")),
        ("volume", record.volume),
        ("number", record.issue),
        ("pages", record.pages),
        ("doi", record.doi),
        ("pmid", record.pmid),
        ("accession", reference.accession),
        ("language", record.language),
        ("type", "; ".join(record.publication_types)),
        ("keywords", "; ".join(record.keywords)),
        ("url", record.url),
        ("abstract", record.abstract),
        ("note", "; ".join(reference.noted)),
    ]


def _name(author: str) -> str:
    """One author; what is no "Family, Given" is a whole, which "and" or a space must not take apart."""
    text = _escaped(one_line(author))
    return text if "," in author else f"{{{text}}}"


def _braced(name: str, value: str) -> str:
    text = one_line(value)
    if name == "title":
        return f"{{{{{_escaped(text)}}}}}"
    if name == "author":
        return f"{{{text}}}"  # escaped name by name
    if name in _VERBATIM:
        # Managers take these as they stand; an address with a brace in it would end the entry.
        return f"{{{text.replace('{', '%7B').replace('}', '%7D')}}}"
    return f"{{{_escaped(text)}}}"


def _escaped(text: str) -> str:
    return _SPECIALS.sub(lambda found: _SPECIAL[found.group()], text)


def _key(reference: Reference, used: Counter[str]) -> str:
    record = reference.record
    family = record.authors[0].split(",", 1)[0] if record.authors else "anonymous"
    words = [word for word in _letters(record.title).split() if word not in _STOP_WORDS]
    key = f"{_letters(family).replace(' ', '') or 'anonymous'}{record.year or ''}{words[0] if words else ''}"
    used[key] += 1
    return key if used[key] == 1 else f"{key}-{used[key]}"


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", errors="ignore").decode()
    return re.sub(r"[^a-z0-9]+", " ", plain.lower()).strip()
