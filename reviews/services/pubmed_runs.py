"""A run of PubMed: search, compare with what is held, fetch what is new, look what changed in the rest.

Each step works through a list that was written once, so that a worker that takes over goes on in the middle.
Records are fetched by PMID and not from the history server: what was asked for and what came can be compared,
and a history that expires loses nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from reviews.formats import RowProblem
from reviews.models import NoticeKind, RunMode, RunState, RunTrigger, SearchRun
from reviews.pubmed import Batch, DateType, EntrezClient, Part, join_parts
from reviews.remote import HttpxTransport
from reviews.services import clients, holdings, service_keys
from reviews.services.bundles import Bundle, names_of_lists, read_list
from reviews.services.findings import Finding, findings_of

BATCH_SIZE = 200
# NCBI enters late and out of order: two weeks of overlap, and a set difference (docs/searches.md).
OVERLAP = timedelta(days=14)
_SEEN_AT_ONCE = 2_000
_LOOKED_AT_ONCE = 5_000  # as many as EPost takes in one request
_EARLIER_QUERY = "Found by an earlier query"

_FOUND, _LATE = "entered", "revised"  # lists of the parts of two searches

_Step = Callable[[int], Iterator[Bundle]]


def from_pubmed(run: SearchRun) -> Iterator[Bundle]:
    """Carry the run out from its checkpoint on, with the key of whoever asked for it."""
    with HttpxTransport(clients.TIMEOUT_SECONDS) as transport:
        client = clients.entrez_client(transport, api_key=service_keys.key_for(run))
        yield from _PubmedRun(run, client).bundles()


def last_search(run: SearchRun) -> SearchRun | None:
    """The last complete search of the source with the same query: what is new is new since then."""
    return (
        SearchRun.objects.filter(
            source_id=run.source_id,
            state=RunState.COMPLETE,
            query_sent=run.query_sent,
            window_to__isnull=False,
        )
        .exclude(trigger=RunTrigger.FILE)
        .order_by("-window_to", "-id")
        .first()
    )


class _PubmedRun:
    """One run and the steps that it takes; `step` and `position` in the checkpoint say where it stands."""

    def __init__(self, run: SearchRun, client: EntrezClient) -> None:
        self.run = run
        self.client = client
        before = last_search(run)
        self.since = before.window_to - OVERLAP if before and before.window_to else None
        self.mode = run.mode if self.since or run.mode == RunMode.SWEEP else RunMode.FULL

    def bundles(self) -> Iterator[Bundle]:
        """Every step from the one that the checkpoint names."""
        steps: dict[str, _Step] = {
            "search": self._search,
            "late": self._late,
            "compare": self._compare,
            "seen": self._seen,
            "fetch": self._fetch,
            "hold": self._hold,
            "look": self._look,
            "changed": self._changed,
        }
        names = list(steps)
        first = str(self.run.checkpoint.get("step", "hold" if self.mode == RunMode.SWEEP else "search"))
        position = int(self.run.checkpoint.get("position", 0))
        for name in names[names.index(first) :]:
            yield from steps[name](position)
            position = 0

    # -- What the query finds ---------------------------------------------------------------------
    def _search(self, _: int) -> Iterator[Bundle]:
        """All identifiers, or those entered in the window of an update."""
        window_from = self.since if self.mode == RunMode.UPDATE else None
        today = timezone.localdate()
        for part in self._parts(_FOUND, mindate=window_from, datetype="edat"):
            described = {
                "mode": self.mode,
                "found": part.count,
                "translation": part.translation,
                "warnings": list(part.warnings),
                "window_from": window_from,
                "window_to": today,
                "searched_on": today,
            }
            yield Bundle(
                lists={_name(_FOUND, part): part.ids}, checkpoint=_at("search"), run_fields=described
            )

    def _late(self, _: int) -> Iterator[Bundle]:
        """In an update also what was entered late under an old date: it was revised in the window."""
        if self.mode == RunMode.UPDATE:
            for part in self._parts(_LATE, mindate=self.since, datetype="mdat"):
                yield Bundle(lists={_name(_LATE, part): part.ids}, checkpoint=_at("late"))

    def _parts(self, name: str, *, mindate: date | None, datetype: DateType) -> Iterator[Part]:
        return self.client.search_parts(
            self.run.query_sent, mindate=mindate, maxdate=None, datetype=datetype, done=self._kept(name)
        )

    def _kept(self, name: str) -> dict[str, tuple[str, ...]]:
        """The parts of a search that were written, by their keys."""
        names = [one for one in names_of_lists(self.run) if one.partition(" ")[0] == name]
        return {one.partition(" ")[2]: tuple(read_list(self.run, one)) for one in names}

    def _compare(self, _: int) -> Iterator[Bundle]:
        """Set difference: what is held is not fetched again, what is held and not found has vanished."""
        held = holdings.held_ids(self.run)
        found = dict.fromkeys(join_parts(self._kept(_FOUND)))
        late = self._kept(_LATE)
        new_late = (
            [pmid for pmid in join_parts(late) if pmid not in found and pmid not in held] if late else []
        )
        lists: dict[str, list[Any]] = {
            "seen": [pmid for pmid in found if pmid in held],
            "fetch": [*(pmid for pmid in found if pmid not in held), *new_late],
        }
        findings = list(holdings.returned(self.run, lists["seen"]))
        if self.mode == RunMode.FULL:
            findings += self._vanished(sorted(held - found.keys() - holdings.gone_ids(self.run)))
        yield Bundle(
            lists=lists,
            findings=tuple(findings),
            checkpoint=_at("seen"),
            run_fields={"found": len(found) + len(new_late)},
        )

    def _vanished(self, gone: list[str]) -> Iterator[Finding]:
        known = set(self.client.delivered(gone)) if gone else set()
        detail = "" if self.since else _EARLIER_QUERY
        for pmid in gone:
            if pmid in known:
                yield Finding(NoticeKind.VANISHED, pmid, detail=detail)
            else:
                yield Finding(NoticeKind.WITHDRAWN, pmid)

    def _seen(self, position: int) -> Iterator[Bundle]:
        seen = read_list(self.run, "seen")
        for start in range(position, len(seen), _SEEN_AT_ONCE):
            stretch = tuple(seen[start : start + _SEEN_AT_ONCE])
            yield Bundle(seen=stretch, checkpoint=_at("seen", start + len(stretch)))

    def _fetch(self, position: int) -> Iterator[Bundle]:
        wanted = read_list(self.run, "fetch")
        places = {pmid: place for place, pmid in enumerate(wanted, start=1)}
        for start in range(position, len(wanted), BATCH_SIZE):
            batch = self.client.fetch_ids(wanted[start : start + BATCH_SIZE])
            yield Bundle(
                records=tuple(replace(record, row=places[record.pmid]) for record in batch.records),
                problems=_problems(batch, places, start),
                checkpoint=_at("fetch", start + batch.size),
            )

    # -- What changed in what the review holds ----------------------------------------------------
    def _hold(self, _: int) -> Iterator[Bundle]:
        """Which PMIDs of the review are looked at: from all its sources, not from this one alone."""
        today = timezone.localdate()
        looked = holdings.to_look_at(self.run)
        just_fetched = set(read_list(self.run, "fetch"))
        first = [pmid for pmid in looked.first if pmid not in just_fetched]
        yield Bundle(
            lists={"held": looked.again, "changed": first, "first": first},
            checkpoint=_at("look"),
            run_fields={"searched_on": today},
        )

    def _look(self, position: int) -> Iterator[Bundle]:
        held = read_list(self.run, "held")
        since = holdings.looked_last(self.run)
        for start in range(position, len(held), _LOOKED_AT_ONCE):
            stretch = held[start : start + _LOOKED_AT_ONCE]
            assert since is not None  # none is looked at again before there was a first look
            changed = self.client.changed_since(stretch, since - OVERLAP)
            yield Bundle(more={"changed": changed}, checkpoint=_at("look", start + len(stretch)))

    def _changed(self, position: int) -> Iterator[Bundle]:
        """New versions of this source's own records are kept; of others only what they say of themselves."""
        wanted = read_list(self.run, "changed")
        first = set(read_list(self.run, "first"))
        for start in range(position, len(wanted), BATCH_SIZE):
            batch = self.client.fetch_ids(wanted[start : start + BATCH_SIZE])
            own = holdings.changed_heads(self.run, batch.records)
            unknown = holdings.not_told([pmid for pmid in batch.missing if pmid in first], self.run)
            yield Bundle(
                records=own,
                problems=tuple(
                    RowProblem(row=wanted.index(pmid) + 1, code=holdings.UNKNOWN, detail=detail, kept=True)
                    for pmid, detail in unknown.items()
                ),
                findings=tuple(finding for record in batch.records for finding in findings_of(record)),
                checkpoint=_at("changed", start + batch.size),
                then=partial(holdings.note_looks, self.run, own),
            )


def _name(search: str, part: Part) -> str:
    return f"{search} {part.key}"


def _at(step: str, position: int = 0) -> dict[str, Any]:
    return {"step": step, "position": position}


def _problems(batch: Batch, places: dict[str, int], start: int) -> tuple[RowProblem, ...]:
    """Faults by their place in the whole list; what was asked for and never came is one too."""
    faults = (replace(problem, row=min(start + problem.row, len(places))) for problem in batch.problems)
    missing = (
        RowProblem(row=places[pmid], code="not_delivered", detail=f"PMID {pmid}") for pmid in batch.missing
    )
    return (*faults, *missing)
