"""Batches of a run: from PubMed or from a file, each with the point from which to go on after a stop."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from reviews.formats import ParsedRecord, RowProblem, read
from reviews.models import RunState, SearchRun
from reviews.pubmed import (
    BATCH_SIZE,
    RATE_WITH_KEY,
    RATE_WITHOUT_KEY,
    Batch,
    EntrezClient,
    HistoryExpired,
    SearchReply,
    TooManyHits,
)
from reviews.remote import HttpxTransport, Transport

TIMEOUT_SECONDS = 30
SLACK = 1.05  # the network may squeeze two requests together
_SLOT_KEPT_SECONDS = 60  # longer than any worker looks ahead
# NCBI enters late and out of order: two weeks of overlap, and a set difference (docs/searches.md).
OVERLAP = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Bundle:
    """One batch and the run's state after it."""

    records: tuple[ParsedRecord, ...]
    problems: tuple[RowProblem, ...]
    checkpoint: dict[str, Any]
    run_fields: dict[str, Any] = field(default_factory=dict)


class SharedLimiter:
    """Lets all workers of the install together start no more requests a second than NCBI allows.

    Time is cut into slots, and a slot belongs to the worker that writes its key first: `add` of every
    shared cache (database, Redis) writes only where nothing stands.
    """

    def __init__(self, rate: float, *, clock: Callable[[], float] = time.time) -> None:
        self._gap = SLACK / rate
        self._clock = clock

    def wait(self) -> None:
        """Take the next free slot and sleep until it begins."""
        slot = math.ceil(self._clock() / self._gap)
        while not cache.add(f"entrez:{self._gap:.3f}:{slot}", 1, timeout=_SLOT_KEPT_SECONDS):
            slot = max(slot + 1, math.ceil(self._clock() / self._gap))
        time.sleep(max(0.0, slot * self._gap - self._clock()))


def entrez_client(transport: Transport) -> EntrezClient:
    """The client of this install, at the base address that the settings name."""
    return EntrezClient(
        transport,
        base_url=settings.ENTREZ_BASE_URL,
        tool=settings.ENTREZ_TOOL,
        email=settings.ENTREZ_EMAIL or settings.DEFAULT_FROM_EMAIL,
        api_key=settings.ENTREZ_API_KEY or None,
        limiter=SharedLimiter(RATE_WITH_KEY if settings.ENTREZ_API_KEY else RATE_WITHOUT_KEY),
    )


def from_file(run: SearchRun) -> Iterator[Bundle]:
    """Read the run's file, passing over the rows that an earlier attempt has stored."""
    done = int(run.checkpoint.get("row", 0))
    records: list[ParsedRecord] = []
    problems: list[RowProblem] = []
    last = done
    with run.file.open("rb") as stream:
        for item in read(stream, name=run.file_name):
            if item.row <= done:
                continue
            if isinstance(item, ParsedRecord):
                if len(records) == BATCH_SIZE:
                    yield Bundle(tuple(records), tuple(problems), {"row": last})
                    records, problems = [], []
                records.append(item)
            else:
                problems.append(item)
            last = item.row
    yield Bundle(tuple(records), tuple(problems), {"row": last}, {"found": last})


def from_pubmed(run: SearchRun) -> Iterator[Bundle]:
    """Search, then fetch batch by batch; an expired history is answered by fetching by PMID."""
    with HttpxTransport(TIMEOUT_SECONDS) as transport:
        client = entrez_client(transport)
        reply = _resumed(run)
        if reply is None:
            window_from = _window_start(run)
            reply = client.search(run.query_sent, mindate=window_from, maxdate=None)
            if window_from is not None:
                reply = _with_revised(client, reply, query=run.query_sent, since=window_from)
            yield Bundle((), (), _checkpoint(reply, 0), _described(reply, window_from))
        places = {pmid: place for place, pmid in enumerate(reply.ids, start=1)}
        position = int(run.checkpoint.get("position", 0))
        while position < len(reply.ids):
            batch = _batch(client, reply, position)
            found = tuple(replace(record, row=places[record.pmid]) for record in batch.records)
            problems = _problems(batch, places, position)
            position += batch.size
            yield Bundle(found, problems, _checkpoint(reply, position))


def _with_revised(client: EntrezClient, reply: SearchReply, *, query: str, since: date) -> SearchReply:
    """Add what was revised since: corrections of old records, and old records that were entered late."""
    try:
        revised = client.search(query, mindate=since, maxdate=None, datetype="mdat")
    except TooManyHits as error:
        # PubMed revises a great part of itself each December: new records must still come in.
        unseen = f"Revisions since {since:%d.%m.%Y} were not looked for: {error}"
        return replace(reply, warnings=(*reply.warnings, unseen))
    more = tuple(pmid for pmid in revised.ids if pmid not in set(reply.ids))
    if not more:
        return reply
    # Two searches have two histories: fetched by PMID instead.
    return replace(reply, count=reply.count + len(more), ids=(*reply.ids, *more), webenv="")


def _batch(client: EntrezClient, reply: SearchReply, position: int) -> Batch:
    wanted = reply.ids[position : position + BATCH_SIZE]
    if not reply.webenv:
        return client.fetch_ids(wanted)
    try:
        return client.fetch(reply, start=position, size=BATCH_SIZE)
    except HistoryExpired:
        return client.fetch_ids(wanted)


def _problems(batch: Batch, places: dict[str, int], position: int) -> tuple[RowProblem, ...]:
    """Faults by their place in the whole search; what was asked for and never came is one too."""
    faults = (replace(problem, row=min(position + problem.row, len(places))) for problem in batch.problems)
    missing = (
        RowProblem(row=places[pmid], code="not_delivered", detail=f"PMID {pmid}") for pmid in batch.missing
    )
    return (*faults, *missing)


def _resumed(run: SearchRun) -> SearchReply | None:
    kept = run.checkpoint
    if "ids" not in kept:
        return None
    return SearchReply(
        count=len(kept["ids"]),
        webenv=kept["webenv"],
        query_key=kept["query_key"],
        translation=run.translation,
        warnings=tuple(run.warnings),
        ids=tuple(kept["ids"]),
    )


def _checkpoint(reply: SearchReply, position: int) -> dict[str, Any]:
    return {
        "webenv": reply.webenv,
        "query_key": reply.query_key,
        "ids": list(reply.ids),
        "position": position,
    }


def _described(reply: SearchReply, window_from: date | None) -> dict[str, Any]:
    return {
        "found": reply.count,
        "translation": reply.translation,
        "warnings": list(reply.warnings),
        "window_from": window_from,
        "window_to": timezone.localdate(),
        "searched_on": timezone.localdate(),
    }


def _window_start(run: SearchRun) -> date | None:
    """Two weeks before the last complete search with the same query; everything for a new query."""
    last = (
        SearchRun.objects.filter(
            source_id=run.source_id,
            state=RunState.COMPLETE,
            query_sent=run.query_sent,
            window_to__isnull=False,
        )
        .order_by("-window_to")
        .first()
    )
    return last.window_to - OVERLAP if last and last.window_to else None
