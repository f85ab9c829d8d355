"""Europe PMC: PubMed, PubMed Central, preprints and more, through its RESTful web service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from reviews.connectors.asking import JsonClient
from reviews.connectors.base import Listing, Page, Preview, Seed
from reviews.connectors.errors import EndlessPages, ServiceRefused
from reviews.connectors.europepmc_records import read_cited, read_result
from reviews.connectors.json_values import at, items_at, number_at, text_at
from reviews.connectors.pages import asked_for, numbered, page_of
from reviews.formats import ParsedRecord, RowProblem, normalise_doi

# The service gives up to 1,000 at once; full records of that many are some 15 MB.
PAGE_SIZE = 500
# Longer queries go by POST: servers cut addresses off somewhere above 4,000 characters.
_LONGEST_IN_ADDRESS = 2_000
_IDS_AT_ONCE = 50
_FIRST = "*"
_OPEN_END = "3000-12-31"


class EuropePmc:
    """Europe PMC's search, and its lists of references and citations.

    Parameters
    ----------
    client : JsonClient
        At ``https://www.ebi.ac.uk/europepmc/webservices/rest/``.
    page_size : int
        Records at once, at most 1,000.

    References
    ----------
    Europe PMC, Articles RESTful API, https://europepmc.org/RestfulWebService
    """

    name = "Europe PMC"

    def __init__(self, client: JsonClient, *, page_size: int = PAGE_SIZE) -> None:
        self._client = client
        self._page_size = page_size

    def preview(self, query: str, *, hits: int = 5) -> Preview:
        """Ask what `query` would find."""
        answer = self._search(query, cursor=_FIRST, size=hits)
        page = page_of(items_at(answer, "resultList", "result"), read_result)
        return Preview(self._count(answer), self._translation(answer, query), (), page.records)

    def begin(self, query: str, *, since: date | None = None) -> Listing:
        """Begin a search, of what Europe PMC indexed or updated since that day where one is given."""
        answer = self._search(_within(query, since), cursor=_FIRST, size=1, kind="idlist")
        count = self._count(answer)
        return Listing(count, self._translation(answer, query), (), _FIRST if count else "")

    def page(self, query: str, *, cursor: str, since: date | None = None) -> Page:
        """Fetch the page at `cursor`."""
        answer = self._search(_within(query, since), cursor=cursor, size=self._page_size)
        results = items_at(answer, "resultList", "result")
        onward = text_at(answer, "nextCursorMark")
        if onward == cursor:
            # Past the end the service repeats the cursor that it got; before the end it must not.
            if len(results) >= self._page_size:
                raise EndlessPages(service=self.name, received=len(results), count=self._count(answer))
            onward = ""
        return page_of(results, read_result, cursor=onward if results else "")

    def by_ids(self, ids: tuple[str, ...]) -> Page:
        """Fetch records by ``MED:123``, a bare PMID, a PMCID or a DOI."""
        found: list[dict[str, Any]] = []
        for start in range(0, len(ids), _IDS_AT_ONCE):
            chunk = ids[start : start + _IDS_AT_ONCE]
            query = " OR ".join(f"({_query_of(name)})" for name in chunk)
            # A DOI may stand in two of Europe PMC's collections.
            answer = self._search(query, cursor=_FIRST, size=min(1000, 3 * len(chunk)))
            found += items_at(answer, "resultList", "result")
        return asked_for(ids, page_of(found, read_result), self._keys)

    def references(self, seed: Seed) -> Iterator[Page] | None:
        """Give what the seed cites: full records where Europe PMC holds them, else what its list says."""
        return self._links(seed, "references", "referenceList", "reference")

    def citations(self, seed: Seed) -> Iterator[Page] | None:
        """Give what cites the seed, as full records."""
        return self._links(seed, "citations", "citationList", "citation")

    def _links(self, seed: Seed, kind: str, outer: str, inner: str) -> Iterator[Page] | None:
        place = self._place_of(seed)
        if not place:
            return None
        source, _, number = place.partition(":")
        path = f"{quote(source, safe='')}/{quote(number, safe='')}/{kind}"
        return self._pages_of_links(path, outer, inner)

    def _pages_of_links(self, path: str, outer: str, inner: str) -> Iterator[Page]:
        number, received, count = 1, 0, 1
        while received < count:
            answer = self._client.get(
                path, {"format": "json", "page": str(number), "pageSize": str(self._page_size)} | self._email
            )
            count = number_at(answer, "hitCount") or 0
            listed = items_at(answer, outer, inner)
            if listed:
                yield self._full(listed)
            elif received < count:
                detail = f"{self.name} announced {count} links and delivered {received}."
                yield Page((), (RowProblem(row=received + 1, code="not_delivered", detail=detail),), "")
                return
            received += len(listed)
            number += 1

    def _full(self, listed: list[dict[str, Any]]) -> Page:
        """Replace the short entries of a list by whole records, in one search; keep those without."""
        places = [_place(entry) for entry in listed]
        wanted = tuple(dict.fromkeys(place for place in places if place))
        full = {record.external_id: record for record in self.by_ids(wanted).records} if wanted else {}
        short = page_of(listed, read_cited)
        return numbered(full.get(record.external_id, record) for record in short.records)

    def _place_of(self, seed: Seed) -> str:
        """Return collection and number of the seed, such as ``MED:123``; "" where it is not held."""
        if seed.pmid and self.by_ids((f"MED:{seed.pmid}",)).records:
            return f"MED:{seed.pmid}"
        if seed.doi:
            return next((record.external_id for record in self.by_ids((seed.doi,)).records), "")
        return ""

    def _search(self, query: str, *, cursor: str, size: int, kind: str = "core") -> dict[str, Any]:
        form = {
            "query": query,
            "format": "json",
            "resultType": kind,
            "pageSize": str(size),
            "cursorMark": cursor,
        } | self._email
        is_long = len(query) > _LONGEST_IN_ADDRESS
        answer = self._client.post("searchPOST", form) if is_long else self._client.get("search", form)
        if "errCode" in answer or "errMsg" in answer:
            reason = text_at(answer, "errMsg") or f"error {text_at(answer, 'errCode')}"
            raise ServiceRefused(service=self.name, reason=reason.rstrip("."))
        return answer

    @property
    def _email(self) -> dict[str, str]:
        return {"email": self._client.email} if self._client.email else {}

    def _count(self, answer: dict[str, Any]) -> int:
        count = number_at(answer, "hitCount")
        if count is None or not isinstance(at(answer, "resultList"), dict):
            raise self._client.unexpected("it has no hitCount or no resultList")
        return count

    def _translation(self, answer: dict[str, Any], query: str) -> str:
        understood = text_at(answer, "request", "queryString")
        return "" if understood == query.strip() else understood

    @staticmethod
    def _keys(record: ParsedRecord) -> Sequence[str]:
        return (record.external_id, record.pmid, record.doi, record.external_id.partition(":")[2])


def _within(query: str, since: date | None) -> str:
    if since is None:
        return query
    span = f"[{since.isoformat()} TO {_OPEN_END}]"
    return f"({query}) AND (FIRST_IDATE:{span} OR UPDATE_DATE:{span})"


def _query_of(name: str) -> str:
    if doi := normalise_doi(name):
        return 'DOI:"' + doi.replace('"', "") + '"'
    source, _, number = name.rpartition(":")
    digits = "".join(letter for letter in number if letter.isalnum() or letter in "-_./")
    if digits.upper().startswith("PMC") and not source:
        return f"PMCID:{digits}"
    return f'EXT_ID:"{digits}" AND SRC:{source if source.isalpha() else "MED"}'


def _place(entry: dict[str, Any]) -> str:
    source, number = text_at(entry, "source"), text_at(entry, "id")
    return f"{source}:{number}" if source and number else ""
