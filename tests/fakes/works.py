"""A made-up literature that the local servers share, with who cites whom."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

_DAWN = datetime(2024, 1, 1, 6)
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Work:
    """One publication, or one hit that is hardly any."""

    number: int
    title: str
    abstract: str = ""
    authors: tuple[tuple[str, str], ...] = (("Doe", "Jane A"), ("van der Berg", "Jan"))
    year: int = 2021
    doi: str = ""
    pmid: str = ""
    created: datetime = _DAWN
    updated: datetime = _DAWN
    cites: tuple[int, ...] = ()
    is_retracted: bool = False

    def says(self, words: Iterable[str]) -> bool:
        """Whether all the words occur."""
        own = set(_WORD.findall(f"{self.title} {self.abstract}".lower()))
        return all(word in own for word in words)


def work(number: int, **values: object) -> Work:
    """One work whose identifiers and texts follow from its number."""
    told: dict[str, object] = {
        "title": f"Zinc for colds: report {number}",
        "abstract": f"Background: colds are common. Methods: trial {number}. Results: p<0.05.",
        "doi": f"10.5555/made.{number}",
        "pmid": str(30_000_000 + number),
        "created": _DAWN + timedelta(hours=7 * number),
        "updated": _DAWN + timedelta(hours=7 * number),
    }
    return Work(number, **(told | values))  # type: ignore[arg-type]  # the tests' own keywords


def works(how_many: int) -> list[Work]:
    """Works 1 to `how_many`; each cites the one before."""
    return [work(number, cites=(number - 1,) if number > 1 else ()) for number in range(1, how_many + 1)]


def words_of(query: str) -> list[str]:
    """The words of a query, without its operators."""
    return [word for word in _WORD.findall(query.lower()) if word not in {"and", "or", "not"}]
