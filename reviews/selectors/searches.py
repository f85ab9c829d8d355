"""What the pages of sources and runs read."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone

from reviews import wording
from reviews.models import Connector, Record, Review, RunState, SearchRun, Sighting, Source
from reviews.selectors.counted import NEWER_VERSION

OPEN = (RunState.INSPECTING, RunState.QUEUED, RunState.RUNNING)


SEARCHED = (
    Connector.PUBMED,
    Connector.EUROPEPMC,
    Connector.OPENALEX,
    Connector.CROSSREF,
    Connector.CLINICALTRIALS,
)
_LATE = timedelta(hours=1)
# Batches take a second or two; after this much longer, the pace so far says nothing of what comes.
_QUIET_SECONDS = 6


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, in numbers and words; `total` is empty where the source has not said it."""

    done: int
    total: int | None
    rate: str
    left: str


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source with what it brought and its last runs.

    Newer versions of records that count are told apart, as in the flow: they were not identified once more.
    `waiting` are files that wait for a decision behind a later run.
    """

    source: Source
    records: int
    versions: int
    last: SearchRun | None
    last_complete: SearchRun | None
    progress: Progress | None
    waiting: tuple[SearchRun, ...]

    @property
    def is_open(self) -> bool:
        return self.last is not None and self.last.state in OPEN

    @property
    def schedule(self) -> str:
        """When it is searched, in words; "" where only by hand."""
        return wording.schedule(self.source)

    @property
    def is_overdue(self) -> bool:
        """Whether its time came an hour ago and no run followed."""
        due = self.source.next_run_at
        return due is not None and due < timezone.now() - _LATE and not self.is_open

    @property
    def can_search(self) -> bool:
        return can_search(self.source)

    @property
    def takes_files(self) -> bool:
        """Also a source that is searched from here: for what was searched before it was."""
        return takes_files(self.source)


def takes_files(source: Source) -> bool:
    """Whether files are imported for it; what people enter and chase has ways of its own."""
    return source.connector not in (Connector.CITATIONS, Connector.HAND)


def can_search(source: Source) -> bool:
    """Whether there is a service to ask, and something to ask it."""
    return source.connector in SEARCHED and bool(source.query.strip()) and source.retired_at is None


def source_lines(review: Review) -> list[SourceLine]:
    """The sources of the protocol in their order; a retired one only if it brought records."""
    lines = _lines(list(Source.objects.filter(protocol__review=review)), review=review)
    return [line for line in lines if line.source.retired_at is None or line.records]


def source_line(source: Source) -> SourceLine:
    """One source alone, for its own page."""
    return _lines([source], source=source)[0]


def _lines(sources: list[Source], **of: Review | Source) -> list[SourceLine]:
    """The lines of these sources, which `of` says of records and runs: all of a review, or one."""
    held = {
        source: (rows - versions, versions)
        for source, rows, versions in Record.objects.filter(**of, seq__isnull=False)
        .order_by()
        .values_list("source_id")
        .annotate(n=Count("id"), versions=Count("id", filter=NEWER_VERSION))
    }
    lasts = (
        SearchRun.objects.filter(**of)
        .order_by()
        .values("source_id")
        .annotate(last=Max("id"), complete=Max("id", filter=Q(state=RunState.COMPLETE)))
    )
    ids = {row["source_id"]: (row["last"], row["complete"]) for row in lasts}
    found = _light(SearchRun.objects.filter(pk__in=[pk for pair in ids.values() for pk in pair if pk]))
    rows = {run.pk: run for run in found}
    waiting: dict[int, list[SearchRun]] = {}
    for run in _light(SearchRun.objects.filter(**of, state=RunState.READY)).order_by("pk"):
        waiting.setdefault(run.source_id, []).append(run)
    lines = []
    for source in sources:
        last, complete = (rows.get(pk) for pk in ids.get(source.pk, (None, None)))
        count, versions = held.get(source.pk, (0, 0))
        lines.append(
            SourceLine(
                source=source,
                records=count,
                versions=versions,
                last=last,
                last_complete=complete,
                progress=progress(last) if last else None,
                waiting=tuple(run for run in waiting.get(source.pk, ()) if run != last),
            )
        )
    return lines


def _light(runs: QuerySet[SearchRun]) -> QuerySet[SearchRun]:
    # Where a run stands is for its worker; no page shows it.
    return runs.defer("checkpoint")


def runs(review: Review, *, before: int | None = None, limit: int = 50) -> list[SearchRun]:
    """The latest runs, or those before one of them."""
    found = _light(SearchRun.objects.filter(review=review)).select_related("source", "requested_by")
    return list((found.filter(pk__lt=before) if before else found).order_by("-id")[:limit])


def run_of(review: Review, run_id: int) -> SearchRun:
    found = _light(SearchRun.objects.select_related("source", "requested_by", "review"))
    return get_object_or_404(found, pk=run_id, review=review)


def _looked_through(run: SearchRun) -> Progress:
    """Of a file before its import: kilobytes of all, and the records so far."""
    done, total = (run.inspection.get(name, 0) // 1024 for name in ("bytes", "size"))
    return Progress(done, total, f"{run.inspection.get('so_far', 0):,} records so far".replace(",", " "), "")


def _last_stored(run: SearchRun) -> datetime | None:
    """When the last of its records came or was found again."""
    newest = (
        rows.order_by("-pk").values_list("recorded_at", flat=True).first()
        for rows in (Record.objects.filter(run=run), Sighting.objects.filter(run=run))
    )
    return max((at for at in newest if at), default=None)


def _seconds_since(at: datetime | None) -> float:
    return (timezone.now() - at).total_seconds() if at else 0.0


def progress(run: SearchRun) -> Progress | None:
    """Numbers of a run under way; nothing once it has ended.

    No pace where nothing was stored for some seconds: the source is slow, or the worker is no more.
    """
    if run.state not in OPEN:
        return None
    if run.state == RunState.INSPECTING:
        return _looked_through(run)
    done, total = run.received, run.found
    seconds = _seconds_since(run.started_at)
    if seconds < 2 or not done or _seconds_since(_last_stored(run)) > _QUIET_SECONDS:
        return Progress(done, total, "", "")
    a_second = done / seconds
    rate = f"{a_second:.0f} a second" if a_second >= 1 else f"{a_second * 60:.0f} a minute"
    if total is None:
        return Progress(done, None, rate, "")
    left = max(0, total - done) / a_second
    words = f"about {left / 60:.0f} minutes left" if left > 90 else f"about {left:.0f} seconds left"
    return Progress(done, total, rate, words)
