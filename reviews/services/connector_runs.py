"""A run of a service with pages and a cursor: Europe PMC, OpenAlex, Crossref, ClinicalTrials.gov."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

from django.utils import timezone

from reviews.connectors import Connector, Listing, Step, walk
from reviews.models import NoticeKind, Record, RunMode, SearchRun, Sighting
from reviews.remote import HttpxTransport
from reviews.services import clients, holdings, service_keys
from reviews.services.bundles import Bundle, read_list
from reviews.services.findings import Finding, findings_of
from reviews.services.pubmed_runs import OVERLAP, last_search

_EARLIER_QUERY = "Found by an earlier query"
_BY_IDS_AT_ONCE = 50


def from_connector(run: SearchRun) -> Iterator[Bundle]:
    """Carry the run out from its checkpoint on."""
    with HttpxTransport(clients.TIMEOUT_SECONDS) as transport:
        client = clients.connector_client(run.source.connector, transport, api_key=service_keys.key_for(run))
        if run.checkpoint.get("step") == "done":
            return  # all is here and compared: it is only to be completed
        before = last_search(run)
        since = before.window_to - OVERLAP if before and before.window_to else None
        if run.mode == RunMode.SWEEP:
            yield from _swept(run, client)
        elif run.mode == RunMode.UPDATE and since:
            yield from _searched(run, client, since=since)
        else:
            yield from _searched(run, client, since=None)
            yield _compared(run, same_query=since is not None)


def _searched(run: SearchRun, client: Connector, *, since: date | None) -> Iterator[Bundle]:
    """Page after page; the service is told where the last batch that was kept ended."""
    query, kept = run.query_sent, run.checkpoint
    if kept.get("step") == "compare":
        return
    if "cursor" in kept:
        listing = Listing(run.found or 0, run.translation, tuple(run.warnings), str(kept["first"]))
    else:
        listing = client.begin(query, since=since)
        yield Bundle(checkpoint=_at(listing, listing.cursor, 0), run_fields=_described(listing, since))
    steps = walk(
        client,
        query,
        listing=listing,
        cursor=kept.get("cursor"),
        position=int(kept.get("position", 0)),
        seen=_taken(run),
        since=since,
    )
    for step in steps:
        yield _bundle(run, listing, step)


def _bundle(run: SearchRun, listing: Listing, step: Step) -> Bundle:
    came = [record.external_id for record in step.records if record.external_id]
    return Bundle(
        records=step.records,
        problems=step.problems,
        findings=tuple(holdings.returned(run, came)),
        checkpoint=_at(listing, step.cursor, step.position) if step.cursor else {"step": "compare"},
    )


def _taken(run: SearchRun) -> frozenset[str]:
    """What an earlier attempt at this run has stored or found again."""
    stored = Record.objects.filter(run=run).exclude(external_id="").values_list("external_id", flat=True)
    seen = Sighting.objects.filter(run=run).values_list("record__external_id", flat=True)
    return frozenset(stored.iterator()) | frozenset(
        external_id for external_id in seen.iterator() if external_id
    )


def _at(listing: Listing, cursor: str, position: int) -> dict[str, Any]:
    return {"step": "search", "first": listing.cursor, "cursor": cursor, "position": position}


def _described(listing: Listing, since: date | None) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "mode": RunMode.UPDATE if since else RunMode.FULL,
        "found": listing.count,
        "translation": listing.translation,
        "warnings": list(listing.warnings),
        "window_from": since,
        "window_to": today,
        "searched_on": today,
    }


def _compared(run: SearchRun, *, same_query: bool) -> Bundle:
    """After everything was listed: what the source holds and the service no longer finds."""
    gone = sorted(holdings.held_ids(run) - _taken(run) - holdings.gone_ids(run))
    detail = "" if same_query else _EARLIER_QUERY
    findings = tuple(Finding(NoticeKind.VANISHED, external_id, detail=detail) for external_id in gone)
    return Bundle(findings=findings, checkpoint={"step": "done"})


def _swept(run: SearchRun, client: Connector) -> Iterator[Bundle]:
    """Fetch what the source holds once more, and keep what says something else now."""
    if "step" not in run.checkpoint:
        held = sorted(holdings.held_ids(run))
        yield Bundle(
            lists={"held": held},
            checkpoint={"step": "sweep", "position": 0},
            run_fields={"searched_on": timezone.localdate()},
        )
    held = read_list(run, "held")
    for start in range(int(run.checkpoint.get("position", 0)), len(held), _BY_IDS_AT_ONCE):
        asked = tuple(held[start : start + _BY_IDS_AT_ONCE])
        page = client.by_ids(asked)
        changed = holdings.changed_heads(run, page.records)
        yield Bundle(
            records=changed,
            findings=tuple(finding for record in page.records for finding in findings_of(record)),
            checkpoint={"step": "sweep", "position": start + len(asked)},
            then=partial(holdings.note_looks, run, changed),
        )
