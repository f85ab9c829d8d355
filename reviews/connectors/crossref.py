"""Crossref: what publishers said when they registered a DOI.

Notes
-----
Crossref's own cursor moves on with every use, whoever uses it, and is forgotten after five minutes: a page
lost on the way could not be had again. Offsets can be repeated but end at 10,000. So a large search is cut
by the hour in which its DOIs were registered, until each part is small enough for offsets.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from reviews.connectors.asking import JsonClient
from reviews.connectors.base import Listing, Page, Preview
from reviews.connectors.crossref_records import read_work
from reviews.connectors.errors import ServiceRefused, TooManyHits
from reviews.connectors.json_values import at, items_at, number_at
from reviews.connectors.pages import asked_for, page_of
from reviews.connectors.parameters import read_parameters
from reviews.errors import InvalidInput
from reviews.formats import ParsedRecord, normalise_doi

# Works carry their reference lists: 200 of them can be 10 MB.
PAGE_SIZE = 200
# Crossref refuses offset + rows beyond this.
REACH = 10_000
_HOUR = timedelta(hours=1)
# Before the first DOI of all.
_DAWN = datetime(2000, 1, 1)
_FORM = "%Y-%m-%dT%H"
_FIRST = "first"
_PARAMETERS = frozenset(
    {
        _FIRST,
        "filter",
        "query",
        "query.affiliation",
        "query.author",
        "query.bibliographic",
        "query.container-title",
        "query.contributor",
        "query.editor",
        "query.title",
    }
)
_CREATED = ("from-created-date:", "until-created-date:")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk stands: hours from `start` to `end` (none: all), and how many of them were read."""

    start: datetime | None = None
    end: datetime | None = None
    offset: int = 0
    waiting: tuple[tuple[datetime, datetime], ...] = ()

    def as_cursor(self) -> str:
        """Return the text that `place_at` reads."""
        spans = [*([(self.start, self.end)] if self.start and self.end else []), *self.waiting]
        return json.dumps(
            [self.offset, *([a.strftime(_FORM), b.strftime(_FORM)] for a, b in spans)], separators=(",", ":")
        )


class Crossref:
    """Crossref's list of works.

    Parameters
    ----------
    client : JsonClient
        At ``https://api.crossref.org/``.
    page_size : int
        Records at once, at most 1,000.
    reach : int
        How far offsets go.

    References
    ----------
    Crossref, REST API, https://www.crossref.org/documentation/retrieve-metadata/rest-api/
    """

    name = "Crossref"

    def __init__(self, client: JsonClient, *, page_size: int = PAGE_SIZE, reach: int = REACH) -> None:
        self._client = client
        self._page_size = page_size
        self._reach = reach

    def preview(self, query: str, *, hits: int = 5) -> Preview:
        """Ask what `query` would find."""
        asked, most = self._read(query, None)
        answer = self._works(asked, rows=hits)
        page = page_of(items_at(answer, "message", "items"), read_work)
        count = self._count(answer)
        return Preview(min(count, most or count), _translation(asked, most), _cut(count, most), page.records)

    def begin(self, query: str, *, since: date | None = None) -> Listing:
        """Begin a search, of DOIs registered since that day where one is given."""
        asked, most = self._read(query, since)
        total = self._count(self._works(asked, rows=0))
        count = min(total, most or total)
        cursor = Place().as_cursor() if count else ""
        return Listing(count, _translation(asked, most), _cut(total, most), cursor)

    def page(self, query: str, *, cursor: str, since: date | None = None) -> Page:
        """Fetch the page at `cursor`."""
        asked, most = self._read(query, since)
        place = place_at(cursor)
        if place is None:
            raise ServiceRefused(service=self.name, reason=f"no cursor of its: {cursor[:80]}")
        while True:
            within = _within(asked, place)
            rows = min(self._page_size, (most or self._reach) - place.offset)
            answer = self._works(within, rows=rows, offset=place.offset)
            count = self._count(answer)
            if count <= self._reach or most:
                break
            place = self._halved(place, since, count)
        onward = _after(place, min(count, most or count), rows)
        cursor = onward.as_cursor() if onward else ""
        return page_of(items_at(answer, "message", "items"), read_work, cursor=cursor)

    def by_ids(self, ids: tuple[str, ...]) -> Page:
        """Fetch works by DOI."""
        found = []
        for doi in dict.fromkeys(filter(None, map(normalise_doi, ids))):
            answer = self._client.find(f"works/{quote(doi, safe='')}", self._mailto)
            if answer is not None:
                found += items_at(answer, "message")
        return asked_for([normalise_doi(name) or name for name in ids], page_of(found, read_work), _keys)

    def _read(self, query: str, since: date | None) -> tuple[dict[str, str], int]:
        """Return the parameters to send, and how many of the best hits are wanted (0: all)."""
        asked = read_parameters(query, service=self.name, plain="query.bibliographic", known=_PARAMETERS)
        first = asked.pop(_FIRST, "0")
        if not first.isdecimal() or int(first) > self._reach or not asked:
            raise InvalidInput(
                "“first” is for a query that is ranked: a number up to {reach}, as in "
                "query.bibliographic=zinc&first=500.",
                reach=self._reach,
            )
        if any(name in asked.get("filter", "") for name in _CREATED):
            raise InvalidInput("Leave the creation dates out of the filter: they are set for each search.")
        if since is not None:
            asked = _filtered(asked, f"from-created-date:{since.isoformat()}")
        return asked, int(first)

    def _halved(self, place: Place, since: date | None, count: int) -> Place:
        """Return the first half of the hours where too many DOIs were registered; the other half waits."""
        dawn = datetime.combine(since, datetime.min.time()) if since else _DAWN
        start, end = place.start or dawn, place.end or max(_now(), dawn)
        hours = (end - start) // _HOUR
        if hours < 1:
            raise TooManyHits(service=self.name, count=count, limit=self._reach)
        middle = start + hours // 2 * _HOUR
        return Place(start, middle, 0, ((middle + _HOUR, end), *place.waiting))

    def _works(self, asked: dict[str, str], *, rows: int, offset: int = 0) -> dict[str, Any]:
        order = {} if _is_ranked(asked) else {"sort": "published", "order": "asc"}
        paging = {"rows": str(rows), "offset": str(offset)}
        return self._client.get("works", asked | order | paging | self._mailto)

    @property
    def _mailto(self) -> dict[str, str]:
        return {"mailto": self._client.email} if self._client.email else {}

    def _count(self, answer: dict[str, Any]) -> int:
        count = number_at(answer, "message", "total-results")
        if count is None or not isinstance(at(answer, "message", "items"), list):
            raise self._client.unexpected("it has no message.total-results or no message.items")
        return count


def place_at(cursor: str) -> Place | None:
    """Return the place that a cursor of ours names; None for any other text.

    Parameters
    ----------
    cursor : str
        As `Place.as_cursor` makes it.

    Returns
    -------
    Place or None
        Where to go on.
    """
    try:
        offset, *spans = json.loads(cursor)
        times = [(datetime.strptime(a, _FORM), datetime.strptime(b, _FORM)) for a, b in spans]
        place = Place(offset=int(offset))
    except (ValueError, TypeError):
        return None
    if not times:
        return place
    (start, end), *waiting = times
    return Place(start, end, int(offset), tuple(waiting))


def _after(place: Place, count: int, rows: int) -> Place | None:
    """Return where the next page begins: in the same hours, or in those that wait."""
    if place.offset + rows < count:
        return replace(place, offset=place.offset + rows)
    if place.waiting:
        (start, end), *waiting = place.waiting
        return Place(start, end, 0, tuple(waiting))
    return None


def _within(asked: dict[str, str], place: Place) -> dict[str, str]:
    if place.start is None or place.end is None:
        return asked
    # Two filters of one name mean "or" to Crossref: the day of `since` must not stand beside the hour.
    own = ",".join(part for part in asked.get("filter", "").split(",") if not part.startswith(_CREATED))
    span = f"{_CREATED[0]}{place.start:{_FORM}},{_CREATED[1]}{place.end:{_FORM}}"
    return asked | {"filter": f"{own},{span}" if own else span}


def _filtered(asked: dict[str, str], more: str) -> dict[str, str]:
    return asked | {"filter": f"{asked['filter']},{more}" if asked.get("filter") else more}


def _is_ranked(asked: dict[str, str]) -> bool:
    return any(name.startswith("query") for name in asked)


def _translation(asked: dict[str, str], most: int) -> str:
    said = [f"{name}: {value}" for name, value in asked.items() if not value.startswith(_CREATED)]
    return " and ".join(said + ([f"the first {most} by rank"] if most else []))


def _cut(count: int, most: int) -> tuple[str, ...]:
    return (f"Only the first {most} of {count} records are taken, by rank.",) if 0 < most < count else ()


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, minute=0, second=0, microsecond=0) + _HOUR


def _keys(record: ParsedRecord) -> Sequence[str]:
    return (record.doi,)
