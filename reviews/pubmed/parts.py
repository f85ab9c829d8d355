"""Searches of any size: PubMed lists 9,999 hits of a query, so a larger one is cut by PMID into parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from reviews.pubmed.errors import IncompleteSearch, UnexpectedReply
from reviews.pubmed.replies import SearchReply

# NBK25499: for PubMed, ESearch and the history server give the first 9,999 records of a query and no more.
MAX_HITS = 9_999
# PMIDs have eight digits. Were there longer ones, the parts would not add up: then these are looked at, too.
# Above those, too, nothing is taken for granted: what the sum lacks is an error.
LAST_PMID = 99_999_999
LAST_UID = 9_999_999_999
WHOLE = ""

Span = tuple[int, int]


class Ask(Protocol):
    """Runs the query, of all PMIDs or of those in `span` (both ends included)."""

    def __call__(self, span: Span | None, *, start: int = 0, size: int = MAX_HITS) -> SearchReply:
        """Return the reply, with `size` PMIDs from position `start` on."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a search.

    Parameters
    ----------
    key : str
        Its PMIDs, as ``first:last``; "" where one part is the whole search.
    ids : tuple of str
        The hits in it, in PubMed's order.
    count : int
        Hits of the whole search, as announced when it began.
    translation : str
        The whole query as PubMed understood it.
    warnings : tuple of str
        Of the whole query.
    webenv, query_key : str
        Where the history server keeps the result, if it is whole; else "".
    """

    key: str
    ids: tuple[str, ...]
    count: int
    translation: str
    warnings: tuple[str, ...]
    webenv: str = ""
    query_key: str = ""


def join_parts(parts: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the PMIDs of all parts, those with the highest first.

    Parameters
    ----------
    parts : mapping
        PMIDs by `Part.key`. A later part with the same key must have taken the place of the earlier.

    Returns
    -------
    tuple of str
        Each once.
    """
    if WHOLE in parts:
        return tuple(parts[WHOLE])
    ordered = sorted(parts, key=_span, reverse=True)
    return tuple(dict.fromkeys(pmid for key in ordered for pmid in parts[key]))


def listed(ask: Ask, span: Span | None = None) -> SearchReply:
    """Ask until as many PMIDs are listed as are counted, unless they are more than PubMed lists.

    Parameters
    ----------
    ask : Ask
        The query.
    span : tuple of int, optional
        PMIDs to look at.

    Returns
    -------
    SearchReply
        With all PMIDs, each once, or with a count above `MAX_HITS`.

    Raises
    ------
    IncompleteSearch
        Twice the list was not what the count said.
    """
    count = found = 0
    for _ in range(2):
        reply = ask(span)
        if reply.count > MAX_HITS:
            return reply
        ids = dict.fromkeys(reply.ids)
        while len(ids) < reply.count:
            # A server may list fewer at once than asked for.
            more = dict.fromkeys(ask(span, start=len(ids)).ids)
            if not more.keys() - ids.keys():
                break
            ids |= more
        if len(ids) == reply.count:
            return replace(reply, ids=tuple(ids))
        count, found = reply.count, len(ids)
    raise IncompleteSearch(count=count, listed=found)


class Search:
    """A search in parts that add up.

    Parameters
    ----------
    ask : Ask
        The query.
    done : mapping
        PMIDs by `Part.key`, of parts that an earlier attempt has kept; these are not asked for again.

    Notes
    -----
    A query with more hits than PubMed lists is asked for in two ranges of PMIDs, each of them in two, until
    all can be listed. As EDirect does, but cut at the middle of the hits that are known rather than of the
    numbers: fewer requests, because few ranges are empty. Ranges do not overlap, hits are checked to lie in
    their range, and at the end the parts must be as many as the query has hits. So nothing is lost, wherever
    PMIDs end. A database that changed in between is asked once more, part by part.
    """

    def __init__(self, ask: Ask, *, done: Mapping[str, Sequence[str]] | None = None) -> None:
        self._ask = ask
        self._held = {key: tuple(ids) for key, ids in (done or {}).items()}

    def parts(self) -> Iterator[Part]:
        """Yield the parts, the highest PMIDs first; when it ends without an error, they are proven whole.

        Yields
        ------
        Part
            To be kept by its key. One that is yielded again takes the place of the earlier.

        Raises
        ------
        IncompleteSearch
            The parts do not add up, and asking again did not help.
        UnexpectedReply
            The server does not heed the range.
        """
        if WHOLE in self._held:
            return
        whole = listed(self._ask)
        if whole.count <= MAX_HITS:
            yield Part(
                WHOLE,
                whole.ids,
                whole.count,
                whole.translation,
                whole.warnings,
                whole.webenv,
                whole.query_key,
            )
            return
        everywhere = (1, LAST_PMID)
        todo = self._gaps(everywhere) if self._held else _halves(everywhere, whole.ids)
        for key in self._descend(todo):
            yield self._part(key, whole)
        for key in self._settle(whole):
            yield self._part(key, whole)

    def _part(self, key: str, whole: SearchReply) -> Part:
        return Part(key, self._held[key], whole.count, whole.translation, whole.warnings)

    def _descend(self, todo: list[Span]) -> Iterator[str]:
        """List the spans, cutting those that are too large."""
        todo = sorted(todo)
        while todo:
            span = todo.pop()
            reply = self._listed_inside(span)
            if reply.count > MAX_HITS:
                todo += _halves(span, reply.ids)
            else:
                yield self._hold(span, reply.ids)

    def _listed_inside(self, span: Span) -> SearchReply:
        reply = listed(self._ask, span)
        strays = [pmid for pmid in reply.ids if not span[0] <= int(pmid) <= span[1]]
        if strays:
            raise UnexpectedReply(reason=f"asked for PMIDs {span[0]} to {span[1]}, {strays[0]} came")
        if reply.count > span[1] - span[0] + 1:
            raise IncompleteSearch(count=reply.count, listed=len(reply.ids))
        return reply

    def _hold(self, span: Span, ids: tuple[str, ...]) -> str:
        key = f"{span[0]}:{span[1]}"
        self._held[key] = ids
        return key

    def _settle(self, whole: SearchReply) -> Iterator[str]:
        """Compare the parts with the whole; where they differ, ask for both once more."""
        if self._sum() == whole.count or self._sum() == self._ask(None, size=0).count:
            return
        if self._sum() < whole.count:
            yield from self._descend(self._gaps((LAST_PMID + 1, LAST_UID)))
            if self._sum() == whole.count:
                return
        for key, ids in list(self._held.items()):
            span = _span(key)
            reply = self._listed_inside(span)
            if reply.count > MAX_HITS:
                yield self._hold(span, ())
                yield from self._descend(_halves(span, reply.ids))
            elif set(reply.ids) != set(ids):
                yield self._hold(span, reply.ids)
        count = self._ask(None, size=0).count
        if count != self._sum():
            raise IncompleteSearch(count=count, listed=self._sum())

    def _gaps(self, span: Span) -> list[Span]:
        """Return what of the span no part covers."""
        free, gaps = span[0], []
        for low, high in sorted(_span(key) for key in self._held):
            if low > free and free <= span[1]:
                gaps.append((free, min(low - 1, span[1])))
            free = max(free, high + 1)
        if free <= span[1]:
            gaps.append((free, span[1]))
        return gaps

    def _sum(self) -> int:
        return sum(len(ids) for ids in self._held.values())


def _span(key: str) -> Span:
    low, _, high = key.partition(":")
    return int(low), int(high)


def _halves(span: Span, ids: Sequence[str]) -> list[Span]:
    """Cut a span at the middle of the hits known in it, or at its own where none are."""
    low, high = span
    inside = sorted({int(pmid) for pmid in ids if low <= int(pmid) <= high})
    middle = inside[len(inside) // 2] if len(inside) > 1 else (low + high) // 2 + 1
    return [(low, middle - 1), (middle, high)]
