"""What is compared, and the keys that bring likely pairs together without comparing all with all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from reviews.dedupe import normalise

# A key that more records share tells nothing: "Editorial" of 2019. Keys of the automatic rules have no bound.
MAX_BLOCK = 100
_UNBOUNDED = ("pmid:", "doi:", "same:")


class Bibliographic(Protocol):
    """The fields of a record that duplicates are recognised by."""

    @property
    def title(self) -> str: ...
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
    title, author, journal, volume, page, doi, pmid : str
        Normalised; ``author`` is the first author's family name, ``page`` the first page.
    year : int or None
        Year of publication.
    marks : frozenset of str
        See `reviews.dedupe.normalise.marks`.
    """

    key: int
    title: str
    author: str
    year: int | None
    journal: str
    volume: str
    page: str
    doi: str
    pmid: str
    marks: frozenset[str]


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
    return Entry(
        key=key,
        title=normalise.title(record.title),
        author=normalise.family(record.authors),
        year=record.year,
        journal=normalise.journal(record.journal),
        volume=normalise.number(record.volume),
        page=normalise.first_page(record.pages),
        doi=record.doi,
        pmid=record.pmid,
        marks=normalise.marks(
            title=record.title,
            journal=record.journal,
            issue=record.issue,
            volume=record.volume,
            doi=record.doi,
            publication_types=record.publication_types,
        ),
    )


def keys_of(item: Entry) -> tuple[str, ...]:
    """Return the index keys of an entry; entries that share one are worth comparing.

    Parameters
    ----------
    item : Entry
        In normal form.

    Returns
    -------
    tuple of str
        At most nine, each at most some 120 characters, fit for a database column.
    """
    words = item.title.split()
    begin = " ".join(words[:6])[:80]
    keys = []
    if item.pmid:
        keys.append(f"pmid:{item.pmid}")
    if item.doi:
        keys.append(f"doi:{item.doi[:110]}")
    if begin and item.author and item.year:
        keys.append(f"same:{begin}|{item.author[:20]}|{item.year}")
    if begin:
        keys.append(f"title:{begin}")
    if len(words) >= 4:
        keys.append(f"end:{' '.join(words[-4:])[:80]}")
    if item.author and item.year and words:
        keys.append(f"work:{item.author[:20]}|{item.year}|{words[0][:10]}")
    if item.author and item.volume and item.page:
        keys.append(f"place:{item.author[:20]}|{item.volume}|{item.page}")
    if item.year and item.volume and item.page:
        keys.append(f"page:{item.year}|{item.volume}|{item.page}")
    if item.author and item.year and item.volume:
        keys.append(f"volume:{item.author[:20]}|{item.year}|{item.volume}")
    return tuple(keys)


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
        for key in keys_of(item):
            self._blocks[key].append(item)

    def candidates(self, item: Entry) -> list[Entry]:
        """Return the entries that share a key with `item`, each once, in the order in which they came."""
        found: dict[int, Entry] = {}
        for key in keys_of(item):
            block = self._blocks.get(key, [])
            if len(block) <= MAX_BLOCK or key.startswith(_UNBOUNDED):
                found |= {other.key: other for other in block if other.key != item.key}
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
        for other in index.candidates(item):
            yield other, item
        index.add(item)
