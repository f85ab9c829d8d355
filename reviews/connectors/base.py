"""What every service that is searched offers, whatever its API looks like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from reviews.formats import ParsedRecord, RowProblem


@dataclass(frozen=True, slots=True)
class Preview:
    """What a query would find, before anything is kept.

    Parameters
    ----------
    count : int
        Hits that the service announces.
    translation : str
        The query as the service understood it; "" where it does not say.
    warnings : tuple of str
        What it ignored or did not find.
    first : tuple of ParsedRecord
        The first few hits.
    """

    count: int
    translation: str
    warnings: tuple[str, ...]
    first: tuple[ParsedRecord, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A search that has begun.

    Parameters
    ----------
    count : int
        Hits that the service announces.
    translation : str
        As in `Preview`.
    warnings : tuple of str
        As in `Preview`.
    cursor : str
        Where the first page begins; "" where there is none.
    """

    count: int
    translation: str
    warnings: tuple[str, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class Page:
    """One reply with records.

    Parameters
    ----------
    records : tuple of ParsedRecord
        ``row`` is the place in this page, from 1.
    problems : tuple of RowProblem
        Faults of single records, by the same rows.
    cursor : str
        Where to go on; "" after the last page.
    """

    records: tuple[ParsedRecord, ...]
    problems: tuple[RowProblem, ...]
    cursor: str


class Connector(Protocol):
    """One service. Every method raises a `DomainError` where the service says no, or nothing usable."""

    @property
    def name(self) -> str:
        """What people call the service, for sentences."""
        ...

    def preview(self, query: str, *, hits: int = 5) -> Preview:
        """Ask what `query` would find."""
        ...

    def begin(self, query: str, *, since: date | None = None) -> Listing:
        """Begin a search, of what was added or changed since that day where one is given."""
        ...

    def page(self, query: str, *, cursor: str, since: date | None = None) -> Page:
        """Fetch the page at `cursor`; the same cursor gives the same page again."""
        ...

    def by_ids(self, ids: tuple[str, ...]) -> Page:
        """Fetch records by the service's own identifiers; ``not_delivered`` names those it does not know."""
        ...


@dataclass(frozen=True, slots=True)
class Seed:
    """A publication from which citations are followed; one identifier at least."""

    doi: str = ""
    pmid: str = ""


class Chaser(Protocol):
    """A service that knows who cites whom. Errors as for `Connector`."""

    @property
    def name(self) -> str:
        """What people call the service, for sentences."""
        ...

    def references(self, seed: Seed) -> Iterator[Page] | None:
        """Give what the seed cites; None where the service does not know the seed."""
        ...

    def citations(self, seed: Seed) -> Iterator[Page] | None:
        """Give what cites the seed; None where the service does not know the seed."""
        ...
