"""From the first page of a search to its last: nothing twice, nothing unnoticed, an end in any case."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, replace
from datetime import date

from reviews.connectors.base import Connector, Listing, Page
from reviews.connectors.errors import EndlessPages, ServiceRefused, TooManyHits
from reviews.formats import ParsedRecord, RowProblem

# Searches of this size are mistakes: a service that ranks instead of filtering finds all it holds.
MAX_HITS = 250_000
# A result may grow while it is read; what is beyond this share of it comes round again.
_GROWTH = 0.1
_ALWAYS = 1_000


@dataclass(frozen=True, slots=True)
class Step:
    """One page of a walk.

    Parameters
    ----------
    records : tuple of ParsedRecord
        Those that did not come before; ``row`` is the place in the whole search, from 1.
    problems : tuple of RowProblem
        By the same rows; in the last step also what the service announced and did not deliver.
    cursor : str
        Where to go on; "" after the last page.
    position : int
        How many rows came so far, repeated ones included.
    """

    records: tuple[ParsedRecord, ...]
    problems: tuple[RowProblem, ...]
    cursor: str
    position: int


def walk(
    connector: Connector,
    query: str,
    *,
    listing: Listing,
    cursor: str | None = None,
    position: int = 0,
    seen: Set[str] = frozenset(),
    since: date | None = None,
) -> Iterator[Step]:
    """Fetch page after page of a search that has begun.

    Parameters
    ----------
    connector : Connector
        The service.
    query : str
        As it was given to `begin`.
    listing : Listing
        What `begin` returned.
    cursor : str, optional
        Where an interrupted walk goes on. Where the service no longer knows it, the walk begins again.
    position : int
        Rows that came before `cursor`.
    seen : set of str
        ``external_id`` of what came before `cursor`; none of it is given again.
    since : datetime.date, optional
        As it was given to `begin`.

    Yields
    ------
    Step
        In order.

    Raises
    ------
    TooManyHits
        More than one search takes in.
    EndlessPages
        The service does not come to an end.
    ServiceError
        As `Connector.page`.
    """
    if listing.count > MAX_HITS:
        raise TooManyHits(count=listing.count, limit=MAX_HITS, service=connector.name)
    if cursor is not None and cursor != listing.cursor:
        try:
            first = connector.page(query, cursor=cursor, since=since) if cursor else None
        except ServiceRefused:
            cursor, position, first = listing.cursor, 0, None
    else:
        cursor, first = listing.cursor, None
    yield from _Walk(connector, query, listing, since, seen, position).steps(cursor, first)


class _Walk:
    """What a walk remembers from page to page."""

    def __init__(
        self,
        connector: Connector,
        query: str,
        listing: Listing,
        since: date | None,
        before: Set[str],
        position: int,
    ) -> None:
        self._connector = connector
        self._query = query
        self._listing = listing
        self._since = since
        self._before = before
        self._position = position
        self._here: set[str] = set()
        self._unnamed = 0
        self._longest = listing.count * (1 + _GROWTH) + _ALWAYS

    def steps(self, cursor: str, first: Page | None) -> Iterator[Step]:
        """Yield the pages from `cursor` on; `first` is the page there, where it is known already."""
        if not cursor:
            yield self._step(Page(records=(), problems=(), cursor=""))
        passed: set[str] = set()
        while cursor:
            if cursor in passed:
                raise self._endless()
            passed.add(cursor)
            page = first or self._connector.page(self._query, cursor=cursor, since=self._since)
            first = None
            yield self._step(page)
            if page.cursor and max(self._position, len(passed)) > self._longest:
                raise self._endless()
            cursor = page.cursor

    def _step(self, page: Page) -> Step:
        start = self._position
        fresh = []
        problems = [replace(problem, row=start + problem.row) for problem in page.problems]
        for record in page.records:
            row, name = start + record.row, record.external_id
            if name in self._here:
                # The result moved under the reading: a record that was read slid down to the next page.
                detail = f"{name} came on two pages."
                problems.append(RowProblem(row=row, code="delivered_twice", detail=detail, kept=True))
            elif name not in self._before:
                fresh.append(replace(record, row=row))
            if name:
                self._here.add(name)
            else:
                self._unnamed += 1
        self._position += max((record.row for record in page.records), default=0)
        if not page.cursor:
            problems += self._shortfall()
        return Step(tuple(fresh), tuple(problems), page.cursor, self._position)

    @property
    def _received(self) -> int:
        return len(self._here | self._before) + self._unnamed

    def _shortfall(self) -> list[RowProblem]:
        if self._received >= self._listing.count:
            return []
        name, count = self._connector.name, self._listing.count
        detail = f"{name} announced {count} records and delivered {self._received}."
        return [RowProblem(row=self._position + 1, code="not_delivered", detail=detail)]

    def _endless(self) -> EndlessPages:
        return EndlessPages(service=self._connector.name, received=self._received, count=self._listing.count)
