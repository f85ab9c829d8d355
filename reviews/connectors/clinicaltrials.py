"""ClinicalTrials.gov: registrations of trials, each as a record."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from reviews.connectors.asking import JsonClient
from reviews.connectors.base import Listing, Page, Preview
from reviews.connectors.clinicaltrials_records import read_study
from reviews.connectors.json_values import at, items_at, number_at, text_at
from reviews.connectors.pages import asked_for, page_of
from reviews.connectors.parameters import read_parameters
from reviews.formats import ParsedRecord

# A registration without its results section is some 20 kB.
PAGE_SIZE = 500
_IDS_AT_ONCE = 100
# The first page has no token; a walk needs a name for it.
_FIRST = "*"
_FIELDS = "ProtocolSection|HasResults"
_NCT = re.compile(r"NCT\d{8}", re.IGNORECASE)
_PARAMETERS = frozenset(
    {
        "aggFilters",
        "filter.advanced",
        "filter.geo",
        "filter.ids",
        "filter.overallStatus",
        "filter.synonyms",
        "query.cond",
        "query.id",
        "query.intr",
        "query.lead",
        "query.locn",
        "query.outc",
        "query.patient",
        "query.spons",
        "query.term",
        "query.titles",
    }
)


class ClinicalTrials:
    """The register's list of studies.

    Parameters
    ----------
    client : JsonClient
        At ``https://clinicaltrials.gov/api/v2/``.
    page_size : int
        Records at once, at most 1,000.

    References
    ----------
    ClinicalTrials.gov, Data API version 2, https://clinicaltrials.gov/data-api/api
    """

    name = "ClinicalTrials.gov"

    def __init__(self, client: JsonClient, *, page_size: int = PAGE_SIZE) -> None:
        self._client = client
        self._page_size = page_size

    def preview(self, query: str, *, hits: int = 5) -> Preview:
        """Ask what `query` would find."""
        answer = self._studies(_asked(query, None), size=hits, cursor=_FIRST, counted=True)
        page = page_of(items_at(answer, "studies"), read_study)
        return Preview(self._count(answer), _translation(query), (), page.records)

    def begin(self, query: str, *, since: date | None = None) -> Listing:
        """Begin a search, of registrations posted or changed since that day where one is given."""
        answer = self._studies(_asked(query, since), size=1, cursor=_FIRST, counted=True)
        count = self._count(answer)
        return Listing(count, _translation(query), (), _FIRST if count else "")

    def page(self, query: str, *, cursor: str, since: date | None = None) -> Page:
        """Fetch the page at `cursor`."""
        answer = self._studies(_asked(query, since), size=self._page_size, cursor=cursor)
        return page_of(items_at(answer, "studies"), read_study, cursor=text_at(answer, "nextPageToken"))

    def by_ids(self, ids: tuple[str, ...]) -> Page:
        """Fetch registrations by NCT number."""
        found: list[dict[str, Any]] = []
        known = [name.strip().upper() for name in ids if _NCT.fullmatch(name.strip())]
        for start in range(0, len(known), _IDS_AT_ONCE):
            chunk = "|".join(known[start : start + _IDS_AT_ONCE])
            found += items_at(
                self._studies({"filter.ids": chunk}, size=_IDS_AT_ONCE, cursor=_FIRST), "studies"
            )
        return asked_for(ids, page_of(found, read_study), _keys)

    def _studies(
        self, asked: dict[str, str], *, size: int, cursor: str, counted: bool = False
    ) -> dict[str, Any]:
        paging = {"format": "json", "fields": _FIELDS, "pageSize": str(size)}
        if counted:
            paging["countTotal"] = "true"
        if cursor != _FIRST:
            paging["pageToken"] = cursor
        answer = self._client.get("studies", asked | paging)
        if not isinstance(at(answer, "studies"), list):
            raise self._client.unexpected("it has no studies")
        return answer

    def _count(self, answer: dict[str, Any]) -> int:
        count = number_at(answer, "totalCount")
        if count is None:
            raise self._client.unexpected("it has no totalCount")
        return count


def _asked(query: str, since: date | None) -> dict[str, str]:
    asked = read_parameters(query, service=ClinicalTrials.name, plain="query.term", known=_PARAMETERS)
    if since is not None:
        # A first posting is an update too, and one that changed may have got results or been withdrawn.
        span = f"AREA[LastUpdatePostDate]RANGE[{since.isoformat()},MAX]"
        own = asked.get("filter.advanced")
        asked["filter.advanced"] = f"({own}) AND {span}" if own else span
    return asked


def _translation(query: str) -> str:
    asked = _asked(query, None)
    if list(asked) == ["query.term"]:
        return ""
    return " and ".join(f"{name}: {value}" for name, value in asked.items())


def _keys(record: ParsedRecord) -> Sequence[str]:
    return (record.external_id,)
