"""A local server that speaks OpenAlex's list of works: search, filters, cursor paging, single works."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.fakes.json_server import Answer, FakeService, as_json
from tests.fakes.works import Work, words_of, works

_FIRST_ID = 2_000_000_000
_SITE = "https://openalex.org/"


def openalex_id(number: int) -> str:
    """The identifier of a work."""
    return f"W{_FIRST_ID + number}"


@dataclass
class FakeOpenAlex(FakeService):
    """OpenAlex with a made-up literature. Without a key it gives no cursor, with a free one no dates."""

    works: list[Work] = field(default_factory=lambda: works(30))
    keys: frozenset[str] = frozenset({"free", "paid"})
    count_override: int | None = None
    loops: bool = False
    merged: dict[str, int] = field(default_factory=dict)
    extra: dict[int, dict[str, Any]] = field(default_factory=dict)

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        """Return the reply to one request."""
        if query.get("api_key", "") not in self.keys | {""}:
            return as_json({"error": "Invalid API key", "message": "This API key is not known."}, 401)
        if path == "works":
            return self._list(query)
        match = re.fullmatch(r"works/(?:(pmid|doi):)?(.+)", path)
        if match is None:
            return Answer(404, b"")
        kind, name = match.group(1) or "openalex", match.group(2)
        if name in self.merged:
            place = f"/works/{openalex_id(self.merged[name])}?select=id"
            return Answer(301, b"", headers=(("Location", place),))
        found = [work for work in self.works if _is_named(work, kind, name)]
        return as_json({"id": _SITE + openalex_id(found[0].number)}) if found else Answer(404, b"not found")

    def _list(self, query: dict[str, str]) -> Answer:
        size, cursor = int(query.get("per_page", 25)), query.get("cursor", "")
        if size > 100:
            return _invalid("per_page must be 100 or less.")
        if cursor and not query.get("api_key"):
            return as_json({"error": "API key required", "message": "Cursor paging needs an API key."}, 401)
        start = _start(cursor)
        if start is None:
            return _invalid("Cursor value is invalid.")
        found = list(self.works)
        if "search" in query:
            words = words_of(query["search"])
            found = [work for work in found if work.says(words)]
        for part in filter(None, query.get("filter", "").split(",")):
            name, _, value = part.partition(":")
            if name == "from_created_date":
                if query.get("api_key") != "paid":
                    return as_json({"error": "Forbidden", "message": "This filter needs another plan."}, 403)
                day = date.fromisoformat(value)
                found = [work for work in found if work.created.date() >= day]
            else:
                chosen = self._filtered(found, name, value.split("|"))
                if chosen is None:
                    return _invalid(f"{name} is not a valid field.")
                found = chosen
        shown = found[start : start + size]
        onward = _mark(start + size) if start + size < len(found) else None
        meta = {
            "count": len(found) if self.count_override is None else self.count_override,
            "per_page": size,
            "next_cursor": (cursor if self.loops else onward) if cursor else None,
        }
        return as_json({"meta": meta, "results": [self._work(work) for work in shown], "group_by": []})

    def _filtered(self, found: list[Work], name: str, values: list[str]) -> list[Work] | None:
        if name in {"openalex", "doi", "pmid"}:
            return [work for work in found if any(_is_named(work, name, value) for value in values)]
        by_id = {openalex_id(work.number): work for work in self.works}
        if name == "cites":
            return [work for work in found if {openalex_id(cited) for cited in work.cites} & set(values)]
        if name == "cited_by":
            wanted = {number for value in values if value in by_id for number in by_id[value].cites}
            return [work for work in found if work.number in wanted]
        if name == "type":
            return found
        return None

    def _work(self, work: Work) -> dict[str, Any]:
        index: dict[str, list[int]] = {}
        for place, word in enumerate(work.abstract.split()):
            index.setdefault(word, []).append(place)
        shown: dict[str, Any] = {
            "id": _SITE + openalex_id(work.number),
            "doi": f"https://doi.org/{work.doi}" if work.doi else None,
            "title": work.title or None,
            "display_name": work.title or None,
            "publication_year": work.year,
            "ids": {"openalex": _SITE + openalex_id(work.number)}
            | ({"pmid": f"https://pubmed.ncbi.nlm.nih.gov/{work.pmid}"} if work.pmid else {}),
            "language": "en",
            "type": "article",
            "is_retracted": work.is_retracted,
            "primary_location": {
                "landing_page_url": f"https://doi.org/{work.doi}",
                "source": {"display_name": "Journal of colds", "type": "journal"},
            },
            "authorships": [
                {"author_position": "middle", "author": {"display_name": f"{given} {family}"}}
                for family, given in work.authors
            ],
            "biblio": {
                "volume": "12",
                "issue": "3",
                "first_page": str(work.number),
                "last_page": str(work.number + 9),
            },
            "keywords": [{"display_name": "Zinc", "score": 0.8}],
            "abstract_inverted_index": index or None,
            "referenced_works": [_SITE + openalex_id(cited) for cited in work.cites],
        }
        return shown | self.extra.get(work.number, {})


def _is_named(work: Work, kind: str, value: str) -> bool:
    name = value.removeprefix("https://doi.org/").lower()
    own = {"openalex": openalex_id(work.number), "doi": work.doi, "pmid": work.pmid}[kind]
    return bool(own) and name == own.lower()


def _invalid(reason: str) -> Answer:
    return as_json({"error": "Invalid query parameters error.", "message": reason}, 400)


def _mark(start: int) -> str:
    return base64.b64encode(f"[{start}]".encode()).decode()


def _start(cursor: str) -> int | None:
    if cursor in {"", "*"}:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().strip("[]"))
    except ValueError:
        return None
