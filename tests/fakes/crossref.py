"""A local server that speaks Crossref's list of works: offsets and their end, days of creation, one DOI."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.json_server import Answer, FakeService, as_json
from tests.fakes.works import Work, words_of, works

_SORTS = {"published", "issued", "deposited", "indexed", "score", "relevance", "updated"}


@dataclass
class FakeCrossref(FakeService):
    """Crossref with a made-up literature: a work is found where any word of the query occurs."""

    works: list[Work] = field(default_factory=lambda: works(30))
    reach: int = 10_000
    count_override: int | None = None
    extra: dict[int, dict[str, Any]] = field(default_factory=dict)

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        """Return the reply to one request."""
        if path == "works":
            return self._list(query)
        doi = path.removeprefix("works/").lower()
        found = [work for work in self.works if work.doi and work.doi.lower() == doi]
        if not found:
            return Answer(404, b"Resource not found.", "text/plain")
        return _message("work", self._work(found[0]))

    def _list(self, query: dict[str, str]) -> Answer:
        rows, offset = int(query.get("rows", 20)), int(query.get("offset", 0))
        if rows > 1000 or offset + rows > self.reach:
            return _invalid(f"Offset specified as {offset} but must be within the first {self.reach} .")
        if query.get("sort", "score") not in _SORTS:
            return _invalid(f"Sort {query['sort']} is no sort.")
        found = list(self.works)
        for name in ("query", "query.bibliographic", "query.title"):
            words = words_of(query.get(name, ""))
            found = [work for work in found if not words or any(work.says([word]) for word in words)]
        for part in filter(None, query.get("filter", "").split(",")):
            name, _, value = part.partition(":")
            if name == "from-created-date":
                found = [work for work in found if work.created >= _span(value)[0]]
            elif name == "until-created-date":
                found = [work for work in found if work.created < _span(value)[1]]
            elif name != "type":
                return _invalid(f"Filter {name} specified but there is no such filter for this route.")
        count = len(found) if self.count_override is None else self.count_override
        shown = [self._work(work) for work in found[offset : offset + rows]]
        paging = {"start-index": offset, "search-terms": query.get("query.bibliographic")}
        return _message(
            "work-list",
            {"facets": {}, "total-results": count, "items": shown, "items-per-page": rows, "query": paging},
        )

    def _work(self, work: Work) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "DOI": work.doi.upper(),
            "URL": f"https://doi.org/{work.doi}",
            "type": "journal-article",
            "title": [work.title] if work.title else [],
            "container-title": ["Journal of colds"],
            "volume": "12",
            "issue": "3",
            "page": f"{work.number}-{work.number + 9}",
            "issued": {"date-parts": [[work.year, 3]]},
            "created": {"date-time": f"{work.created:%Y-%m-%dT%H:%M:%SZ}"},
            "author": [
                {"given": given, "family": family, "sequence": "first", "affiliation": []}
                for family, given in work.authors
            ],
            "abstract": f"<jats:title>Abstract</jats:title><jats:p>{work.abstract}</jats:p>",
            "language": "en",
            "source": "Crossref",
        }
        if work.is_retracted:
            shown["updated-by"] = [{"DOI": "10.5555/notice.1", "type": "retraction", "label": "Retraction"}]
        return shown | self.extra.get(work.number, {})


def _span(value: str) -> tuple[datetime, datetime]:
    """A day or an hour, as its first moment and the first after it."""
    if "T" in value:
        start = datetime.strptime(value, "%Y-%m-%dT%H")
        return start, start + timedelta(hours=1)
    start = datetime.strptime(value, "%Y-%m-%d")
    return start, start + timedelta(days=1)


def _message(kind: str, message: dict[str, Any]) -> Answer:
    return as_json({"status": "ok", "message-type": kind, "message-version": "1.0.0", "message": message})


def _invalid(reason: str) -> Answer:
    fault = {"type": "parameter-invalid", "value": "", "message": reason}
    return as_json({"status": "failed", "message-type": "validation-failure", "message": [fault]}, 400)
