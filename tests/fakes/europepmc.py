"""A local server that speaks Europe PMC's service: search with cursor marks, references, citations."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.fakes.json_server import Answer, FakeService, as_json
from tests.fakes.works import Work, words_of, works

_SPAN = re.compile(r"\b(FIRST_IDATE|UPDATE_DATE):\[(\S+) TO (\S+)\]")
_WINDOW = re.compile(r"\((.*)\) AND \((FIRST_IDATE:.*)\)", re.DOTALL)
_NAMED = re.compile(r'EXT_ID:"?(\w+)"? AND SRC:(\w+)|DOI:"([^"]+)"|PMCID:(\w+)')


@dataclass
class FakeEuropePmc(FakeService):
    """Europe PMC with a made-up literature; hits come in the order of the works."""

    works: list[Work] = field(default_factory=lambda: works(30))
    count_override: int | None = None
    echoes_at_end: bool = False
    endless: bool = False
    links_promised: int | None = None
    unmatched: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    extra: dict[int, dict[str, Any]] = field(default_factory=dict)

    root = "/europepmc/webservices/rest/"

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        """Return the reply to one request."""
        if query.get("format") != "json":
            return Answer(200, b"<responseWrapper/>", "application/xml")
        if path in {"search", "searchPOST"}:
            return self._search(query)
        match = re.fullmatch(r"([A-Z]+)/(\w+)/(references|citations)", path)
        return self._links(match.group(2), match.group(3), query) if match else Answer(404, b"")

    def _search(self, query: dict[str, str]) -> Answer:
        size, cursor = int(query.get("pageSize", 25)), query.get("cursorMark", "*")
        if size > 1000:
            return as_json({"version": "6.9", "errCode": 400, "errMsg": "pageSize must be at most 1000."})
        start = _start(cursor)
        if start is None:
            return as_json({"version": "6.9", "errCode": 400, "errMsg": "Invalid cursorMark."})
        found = self.found(query.get("query", ""))
        shown = found[start : start + size]
        count = len(found) if self.count_override is None else self.count_override
        answer: dict[str, Any] = {
            "version": "6.9",
            "hitCount": count,
            "request": {"queryString": query.get("query", ""), "cursorMark": cursor, "pageSize": size},
            "resultList": {"result": [self._result(work, query.get("resultType", "lite")) for work in shown]},
        }
        if self.endless:
            answer["nextCursorMark"] = cursor
            answer["resultList"]["result"] = [self._result(work, "core") for work in found[:size]]
        elif start + size < len(found):
            answer["nextCursorMark"] = _mark(start + size)
        elif self.echoes_at_end:
            answer["nextCursorMark"] = cursor
        return as_json(answer)

    def found(self, query: str) -> list[Work]:
        """The hits of a query: named works, or all words, within a span of days where one is given."""
        if names := _NAMED.findall(query):
            wanted = {part.lower() for name in names for part in (name[0], name[2], name[3]) if part}
            return [work for work in self.works if wanted & {work.pmid, work.doi.lower()} - {""}]
        window = _WINDOW.fullmatch(query)
        words = words_of(window.group(1) if window else query)
        spans = _SPAN.findall(query)
        return [work for work in self.works if work.says(words) and (not spans or _within(work, spans))]

    def _result(self, work: Work, kind: str) -> dict[str, Any]:
        place = {"id": work.pmid or f"PPR{work.number}", "source": "MED" if work.pmid else "PPR"}
        if kind == "idlist":
            return place
        result: dict[str, Any] = place | {
            "pmid": work.pmid,
            "doi": work.doi,
            "title": work.title,
            "authorString": ", ".join(f"{family} {given[0]}" for family, given in work.authors) + ".",
            "authorList": {
                "author": [
                    {"fullName": f"{family} {given[0]}", "firstName": given, "lastName": family}
                    for family, given in work.authors
                ]
            },
            "journalInfo": {
                "issue": "3",
                "volume": "12",
                "yearOfPublication": work.year,
                "journal": {"title": "Journal of colds", "medlineAbbreviation": "J Colds"},
            },
            "pubYear": str(work.year),
            "pageInfo": f"{work.number}-{work.number + 9}",
            "abstractText": f"<h4>Background</h4>{work.abstract}",
            "language": "eng",
            "pubTypeList": {"pubType": ["Journal Article"]},
            "keywordList": {"keyword": ["Zinc"]},
            "firstIndexDate": f"{work.created:%Y-%m-%d}",
        }
        if work.is_retracted:
            result["pubTypeList"] = {"pubType": ["Journal Article", "Retracted Publication"]}
            link = {"id": "39999999", "source": "MED", "type": "Retraction in", "orderIn": 1}
            result["commentCorrectionList"] = {"commentCorrection": [link]}
        result |= self.extra.get(work.number, {})
        return {name: value for name, value in result.items() if value not in ("", None)}

    def _links(self, number: str, kind: str, query: dict[str, str]) -> Answer:
        page, size = int(query.get("page", 1)), int(query.get("pageSize", 25))
        seed = next((work for work in self.works if number in {work.pmid, f"PPR{work.number}"}), None)
        if seed is None:
            return Answer(404, b"")
        if kind == "references":
            others = [work for work in self.works if work.number in seed.cites]
        else:
            others = [work for work in self.works if seed.number in work.cites]
        entries = [self._entry(work) for work in others]
        if kind == "references":
            entries += self.unmatched.get(seed.number, [])
        count = len(entries) if self.links_promised is None else self.links_promised
        shown = entries[(page - 1) * size : page * size]
        inner = kind.removesuffix("s")
        return as_json({"version": "6.9", "hitCount": count, f"{inner}List": {inner: shown}})

    def _entry(self, work: Work) -> dict[str, Any]:
        return {
            "id": work.pmid or f"PPR{work.number}",
            "source": "MED" if work.pmid else "PPR",
            "title": work.title,
            "authorString": ", ".join(f"{family} {given[0]}" for family, given in work.authors),
            "journalAbbreviation": "J Colds",
            "pubYear": work.year,
            "citedOrder": work.number,
            "match": "Y",
        }


def _within(work: Work, spans: list[tuple[str, str, str]]) -> bool:
    days = {"FIRST_IDATE": work.created.date(), "UPDATE_DATE": work.updated.date()}
    return any(
        date.fromisoformat(start) <= days[name] <= date.fromisoformat(end) for name, start, end in spans
    )


def _mark(start: int) -> str:
    return base64.b64encode(f"AoI:{start}".encode()).decode()


def _start(cursor: str) -> int | None:
    if cursor == "*":
        return 0
    try:
        text = base64.b64decode(cursor, validate=True).decode()
    except ValueError:
        return None
    return int(text.removeprefix("AoI:")) if re.fullmatch(r"AoI:\d+", text) else None
