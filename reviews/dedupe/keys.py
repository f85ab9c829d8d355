"""What is compared, and the keys that bring likely pairs together without comparing all with all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

from reviews.dedupe import abstracts, fields, normalise
from reviews.dedupe.marks import marks

# A key that more records share tells nothing: "Editorial" of 2019. Of a key by which rules merge, the first
# so many are compared all the same: what is the same as they are meets them.
MAX_BLOCK = 100
_NO_ISSUE = 100  # and more issues has no volume of a journal
_IDENTIFYING = ("pmid:", "doi:", "same:")


class Bibliographic(Protocol):
    """The fields of a record that duplicates are recognised by."""

    @property
    def title(self) -> str: ...
    @property
    def abstract(self) -> str: ...
    @property
    def authors(self) -> Sequence[str]: ...
    @property
    def year(self) -> int | None: ...
    @property
    def journal(self) -> str: ...
    @property
    def volume(self) -> str: ...
    @property
    def issue(self) -> str: ...
    @property
    def pages(self) -> str: ...
    @property
    def doi(self) -> str: ...
    @property
    def pmid(self) -> str: ...
    @property
    def publication_types(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One record in normal form.

    Parameters
    ----------
    key : int
        Whatever the caller knows the record by.
    title, packed : str
        Words of the title, and the same without spaces.
    numbers : tuple of str
        Those in the title.
    translated : bool
        Whether the title is a database's translation.
    author : str
        The first author's family name.
    names : frozenset of str
        Words of all authors' names.
    people : int
        How many authors are named.
    year : int or None
        Year of publication.
    journal : Journal
        Its name.
    volume : str
        Its number.
    issue : frozenset of str
        Its numbers.
    pages : Pages
        First and last page, or an article number.
    doi, pmid : str
        As found, the DOI in lower case.
    marks : frozenset of str
        See `reviews.dedupe.marks.marks`.
    abstract : str
        The letters with which it begins.
    """

    key: int
    title: str
    packed: str
    numbers: tuple[str, ...]
    translated: bool
    author: str
    names: frozenset[str]
    people: int
    year: int | None
    journal: fields.Journal
    volume: str
    issue: frozenset[str]
    pages: fields.Pages
    doi: str
    pmid: str
    marks: frozenset[str]
    abstract: str


def entry(key: int, record: Bibliographic) -> Entry:
    """Bring a record to normal form.

    Parameters
    ----------
    key : int
        Whatever the caller knows the record by.
    record : Bibliographic
        A parsed record, or anything with its fields.

    Returns
    -------
    Entry
        To be judged or indexed.
    """
    title = normalise.title(record.title)
    names = fields.names(record.authors)
    return Entry(
        key=key,
        title=title,
        packed=title.replace(" ", ""),
        numbers=normalise.numbers(title),
        translated=normalise.is_translated(record.title),
        author=fields.family(record.authors),
        names=names,
        people=fields.people(record.authors, names),
        year=record.year,
        journal=fields.journal(record.journal),
        volume=fields.volume(record.volume),
        issue=_issue(record),
        pages=fields.pages(record.pages, record.issue),
        doi=record.doi.lower(),
        pmid=record.pmid,
        marks=marks(
            title=record.title,
            journal=record.journal,
            issue=record.issue,
            volume=record.volume,
            doi=record.doi,
            publication_types=record.publication_types,
            abstract=record.abstract,
        ),
        abstract=abstracts.beginning(record.abstract),
    )


def _issue(record: Bibliographic) -> frozenset[str]:
    """Without an article number that is told as the page, too."""
    numbers, page = fields.issue(record.issue), fields.pages(record.pages).first
    return numbers - {str(page)} if page >= _NO_ISSUE else numbers


def keys_of(item: Entry) -> tuple[str, ...]:
    """Return the index keys of an entry; entries that share one are worth comparing.

    Parameters
    ----------
    item : Entry
        In normal form.

    Returns
    -------
    tuple of str
        At most ten, each at most some 120 characters.
    """
    words = item.title.split()
    begin = " ".join(words[:6])[:80]
    author, year, volume, page = item.author[:20], item.year, item.volume, item.pages.first
    keys = []
    if item.pmid:
        keys.append(f"pmid:{item.pmid}")
    if item.doi:
        keys.append(f"doi:{item.doi[:110]}")
    if begin:
        if author and year:
            keys.append(f"same:{begin}|{author}|{year}")
            keys.append(f"work:{author}|{year}|{words[0][:10]}")
        keys.append(f"title:{begin}")
        if len(words) >= 4:
            keys.append(f"end:{' '.join(words[-4:])[:80]}")
    if volume and page:
        if author:
            keys.append(f"place:{author}|{volume}|{page}")
        if year:
            keys.append(f"page:{year}|{volume}|{page}")
    if author and year and volume:
        keys.append(f"volume:{author}|{year}|{volume}")
    if year and item.pages.last and fields.is_narrow(item.pages):
        keys.append(f"span:{year}|{page}|{item.pages.last}")
    return tuple(keys)


def key_numbers(item: Entry) -> tuple[int, ...]:
    """Return the index keys of an entry as numbers for a database column.

    Parameters
    ----------
    item : Entry
        In normal form.

    Returns
    -------
    tuple of int
        63 bits each, in the order of `keys_of`; the same on any machine and in any process.
    """
    return tuple([key_number(key) for key in keys_of(item)])


def key_number(key: str) -> int:
    """Return the number of one key.

    Parameters
    ----------
    key : str
        From `keys_of`.

    Returns
    -------
    int
        From 0 to 2**63 - 1.
    """
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big") >> 1


def is_identifying(key: str) -> bool:
    """Tell whether rules merge by this key, so that a crowded block of it must not be skipped.

    Parameters
    ----------
    key : str
        From `keys_of`.

    Returns
    -------
    bool
        True for PMIDs, DOIs and whole references.
    """
    return key.startswith(_IDENTIFYING)


class KeyIndex:
    """Entries by their keys; grows as records come.

    Parameters
    ----------
    entries : iterable of Entry
        Those known already.
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._blocks: defaultdict[str, list[Entry]] = defaultdict(list)
        for item in entries:
            self.add(item)

    def add(self, item: Entry) -> None:
        """Put an entry under all its keys."""
        self._add(item, keys_of(item))

    def candidates(self, item: Entry) -> list[Entry]:
        """Return the entries that share a key with `item`, each once, in the order in which they came."""
        return self._candidates(item, keys_of(item))

    def meet(self, item: Entry) -> list[Entry]:
        """Return the candidates of an entry, and add it."""
        keys = keys_of(item)
        found = self._candidates(item, keys)
        self._add(item, keys)
        return found

    def _add(self, item: Entry, keys: tuple[str, ...]) -> None:
        for key in keys:
            self._blocks[key].append(item)

    def _candidates(self, item: Entry, keys: tuple[str, ...]) -> list[Entry]:
        found: dict[int, Entry] = {}
        for key in keys:
            block = self._blocks.get(key)
            if block is None:
                continue
            if len(block) > MAX_BLOCK:
                if not is_identifying(key):
                    continue
                block = block[:MAX_BLOCK]
            for other in block:
                found[other.key] = other
        found.pop(item.key, None)
        return list(found.values())


def block(entries: Iterable[Entry]) -> Iterator[tuple[Entry, Entry]]:
    """Yield each pair that shares a key, once.

    Parameters
    ----------
    entries : iterable of Entry
        All entries.

    Yields
    ------
    tuple of Entry
        The earlier one first.
    """
    index = KeyIndex()
    for item in entries:
        for other in index.meet(item):
            yield other, item
