"""OpenAlex: an open index of all that is published, with its citations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import quote

from reviews.connectors.asking import JsonClient
from reviews.connectors.base import Listing, Page, Preview, Seed
from reviews.connectors.errors import ServiceMoved, ServiceRefused
from reviews.connectors.json_values import at, items_at, number_at, text_at
from reviews.connectors.openalex_records import read_work, short_id
from reviews.connectors.pages import asked_for, page_of
from reviews.connectors.parameters import read_parameters
from reviews.formats import ParsedRecord, normalise_doi, normalise_pmid

PAGE_SIZE = 100
_IDS_AT_ONCE = 50
_FIRST = "*"
# Stands before the cursor of a search that was to list only what is new, and may not.
_WHOLE = "all:"
_PARAMETERS = frozenset({"search", "search.exact", "search.semantic", "filter"})
# What a filter's value must not hold: these part filters and values from each other.
_SEPARATORS = frozenset(",|")


class OpenAlex:
    """OpenAlex's list of works.

    Parameters
    ----------
    client : JsonClient
        At ``https://api.openalex.org/``.
    api_key : str
        OpenAlex wants one for paging through a search; it is free.
    page_size : int
        Records at once, at most 100.

    References
    ----------
    OpenAlex, API reference, https://developers.openalex.org/
    """

    name = "OpenAlex"

    def __init__(self, client: JsonClient, *, api_key: str = "", page_size: int = PAGE_SIZE) -> None:
        self._client = client
        self._page_size = page_size
        self._identity = ({"api_key": api_key} if api_key else {}) | (
            {"mailto": client.email} if client.email else {}
        )

    def preview(self, query: str, *, hits: int = 5) -> Preview:
        """Ask what `query` would find."""
        answer = self._works(_asked(query, None), size=hits, cursor="")
        page = page_of(items_at(answer, "results"), read_work)
        return Preview(self._count(answer), _translation(query), (), page.records)

    def begin(self, query: str, *, since: date | None = None) -> Listing:
        """Begin a search, of what OpenAlex added since that day where one is given.

        Not every key may ask for that; then everything is listed again, which finds the same in more time.
        """
        if since is not None:
            try:
                count = self._count(self._works(_asked(query, since), size=1, cursor=""))
                return Listing(count, _translation(query), (), _FIRST if count else "")
            except ServiceRefused as refusal:
                whole = self.begin(query)
                said = f"Everything was listed again, not only what is new: {refusal}"
                return replace(whole, warnings=(said,), cursor=whole.cursor and _WHOLE + whole.cursor)
        count = self._count(self._works(_asked(query, None), size=1, cursor=""))
        return Listing(count, _translation(query), (), _FIRST if count else "")

    def page(self, query: str, *, cursor: str, since: date | None = None) -> Page:
        """Fetch the page at `cursor`."""
        if not cursor.startswith(_WHOLE):
            return self._page(_asked(query, since), cursor)
        page = self._page(_asked(query, None), cursor.removeprefix(_WHOLE))
        return replace(page, cursor=page.cursor and _WHOLE + page.cursor)

    def by_ids(self, ids: tuple[str, ...]) -> Page:
        """Fetch works by OpenAlex's identifier ("W123"), DOI or PMID."""
        found: list[dict[str, Any]] = []
        for kind, names in _by_kind(ids).items():
            for start in range(0, len(names), _IDS_AT_ONCE):
                chunk = "|".join(names[start : start + _IDS_AT_ONCE])
                answer = self._works({"filter": f"{kind}:{chunk}"}, size=self._page_size, cursor="")
                found += items_at(answer, "results")
        return asked_for(ids, page_of(found, read_work), _keys)

    def references(self, seed: Seed) -> Iterator[Page] | None:
        """Give what the seed cites."""
        return self._linked(seed, "cited_by")

    def citations(self, seed: Seed) -> Iterator[Page] | None:
        """Give what cites the seed."""
        return self._linked(seed, "cites")

    def _linked(self, seed: Seed, link: str) -> Iterator[Page] | None:
        work = self._work_of(seed)
        return self._all({"filter": f"{link}:{work}"}) if work else None

    def _all(self, asked: dict[str, str]) -> Iterator[Page]:
        cursor, passed = _FIRST, set[str]()
        while cursor:
            if cursor in passed:
                raise self._client.unexpected("it gives the same page again and again")
            passed.add(cursor)
            page = self._page(asked, cursor)
            yield page
            cursor = page.cursor

    def _work_of(self, seed: Seed) -> str:
        """Return the seed's identifier here; "" where OpenAlex does not know it."""
        names = ((f"pmid:{seed.pmid}",) if seed.pmid else ()) + ((f"doi:{seed.doi}",) if seed.doi else ())
        for name in names:
            query = {"select": "id"} | self._identity
            try:
                found = self._client.find(f"works/{quote(name, safe=':/()')}", query)
            except ServiceMoved as moved:
                # A work that was merged into another is answered by a redirect to that one.
                return short_id(str(moved.parameters["place"]).partition("?")[0].rpartition("/")[2])
            if found is not None:
                return short_id(text_at(found, "id"))
        return ""

    def _page(self, asked: dict[str, str], cursor: str) -> Page:
        answer = self._works(asked, size=self._page_size, cursor=cursor)
        results = items_at(answer, "results")
        return page_of(results, read_work, cursor=text_at(answer, "meta", "next_cursor") if results else "")

    def _works(self, asked: dict[str, str], *, size: int, cursor: str) -> dict[str, Any]:
        paging = {"per_page": str(size)} | ({"cursor": cursor} if cursor else {})
        answer = self._client.get("works", asked | paging | self._identity)
        if not isinstance(at(answer, "results"), list):
            raise self._client.unexpected("it has no results")
        return answer

    def _count(self, answer: dict[str, Any]) -> int:
        count = number_at(answer, "meta", "count")
        if count is None:
            raise self._client.unexpected("it has no meta.count")
        return count


def _asked(query: str, since: date | None) -> dict[str, str]:
    asked = read_parameters(query, service=OpenAlex.name, plain="search", known=_PARAMETERS)
    if since is not None:
        added = f"from_created_date:{since.isoformat()}"
        asked["filter"] = f"{asked['filter']},{added}" if asked.get("filter") else added
    return asked


def _translation(query: str) -> str:
    asked = _asked(query, None)
    return "" if list(asked) == ["search"] else " and ".join(f"{name}: {asked[name]}" for name in asked)


def _by_kind(ids: Sequence[str]) -> dict[str, list[str]]:
    """Sort identifiers by the filter that takes them; those that no filter can take are left out."""
    kinds: dict[str, list[str]] = {}
    for name in ids:
        if doi := normalise_doi(name):
            kind, value = "doi", doi
        elif work := short_id(name):
            kind, value = "openalex", work
        else:
            kind, value = "pmid", normalise_pmid(name)
        if value and not _SEPARATORS & set(value):
            kinds.setdefault(kind, []).append(value)
    return kinds


def _keys(record: ParsedRecord) -> Sequence[str]:
    named = (record.pmid, f"pmid:{record.pmid}") if record.pmid else ()
    return tuple(key for key in (record.external_id, record.doi, *named) if key)
