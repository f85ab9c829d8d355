"""Taking a run out of the counts, and putting it back.

A record counts while a run that stands (complete, not undone) has found it; its `seq` is that of the earliest
such run. So nothing that an undo moves needs remembering: a later run that found the record keeps it in the
counts, and restoring gives back exactly what was.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.db import transaction
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Least

from reviews import audit, events, sequence
from reviews.access import Right, require
from reviews.errors import DomainError
from reviews.models import (
    DuplicateSuggestion,
    Record,
    RecordReport,
    Report,
    RunState,
    RunUndo,
    SearchRun,
    Sighting,
    Source,
    SuggestionState,
    UndoKind,
    User,
)
from reviews.selectors.counted import counting
from reviews.services import records
from reviews.services.matching import AGAIN

_CHUNK = 1000
_ROOT = Coalesce("report__canonical_id", "report_id")


class NotUndoable(DomainError):
    code = "not_undoable"
    sentence = "Only a run that is complete can be undone; this one is not."


class NotUndone(DomainError):
    code = "not_undone"
    sentence = "Only a run that was undone can be restored; this one was not."


class SourceBusy(DomainError):
    code = "source_busy"
    sentence = "{source} is being read just now. Try again when that has ended."


@dataclass(frozen=True, slots=True)
class Effect:
    """What undoing a run would take out of the counts."""

    records: int
    found_elsewhere: int
    reports: QuerySet[Report]


@transaction.atomic
def undo(*, by: User, run: SearchRun, reason: str = "") -> RunUndo:
    """Take what only this run found out of the counts; nothing is deleted. Emits run.undone.

    Refuses a run that is not complete, and any while a run of the same source is under way.
    """
    require(by, run.review, Right.SEARCH)
    locked = _lock(run)
    if locked.state != RunState.COMPLETE or locked.seq is None:
        raise NotUndoable
    _lock_reports(locked)
    left = leaving(locked).count()
    SearchRun.objects.filter(pk=locked.pk).update(state=RunState.UNDONE)
    involved(locked).filter(seq=locked.seq).update(seq=_earliest_run_that_stands())
    return _close(by=by, run=locked, kind=UndoKind.UNDONE, reason=reason, number=left)


@transaction.atomic
def restore(*, by: User, run: SearchRun, reason: str = "") -> RunUndo:
    """Put an undone run back, with every vote and merge as it was. Emits run.restored.

    Refuses a run that was not undone, and any while a run of the same source is under way.
    """
    require(by, run.review, Right.SEARCH)
    locked = _lock(run)
    if locked.state != RunState.UNDONE:
        raise NotUndone
    _lock_reports(locked)
    back = involved(locked).filter(seq__isnull=True).count()
    SearchRun.objects.filter(pk=locked.pk).update(state=RunState.COMPLETE)
    involved(locked).filter(Q(seq__isnull=True) | Q(seq__gt=locked.seq)).update(seq=locked.seq)
    return _close(by=by, run=locked, kind=UndoKind.RESTORED, reason=reason, number=back)


def effect(run: SearchRun) -> Effect:
    """What undoing the run would do, without doing it."""
    gone = leaving(run)
    held = Record.objects.filter(run=run, seq__isnull=False)
    filed = RecordReport.objects.filter(report__review=run.review_id, record__seq__isnull=False)
    emptied = (
        filed.annotate(root=_ROOT)
        .values("root")
        .annotate(n=Count("pk"), out=Count("pk", filter=Q(record__in=gone)))
        .filter(n=F("out"))
    )
    return Effect(
        records=gone.count(),
        found_elsewhere=held.exclude(pk__in=gone.values("pk")).count(),
        reports=Report.objects.filter(pk__in=emptied.values("root")),
    )


def involved(run: SearchRun) -> QuerySet[Record]:
    """The records that the run brought or found again."""
    seen = Sighting.objects.filter(run=run).values("record_id")
    return Record.objects.filter(Q(run=run) | Q(pk__in=seen))


def leaving(run: SearchRun) -> QuerySet[Record]:
    """The records that count because of this run alone."""
    others = Sighting.objects.filter(record=OuterRef("pk"), run__state=RunState.COMPLETE).exclude(run=run)
    brought_by_another = Q(run__state=RunState.COMPLETE) & ~Q(run=run)
    return involved(run).filter(~Exists(others), seq=run.seq).exclude(brought_by_another)


def _earliest_run_that_stands() -> Coalesce:
    own = Subquery(
        SearchRun.objects.filter(pk=OuterRef("run_id"), state=RunState.COMPLETE).order_by().values("seq")
    )
    found_again = Subquery(
        Sighting.objects.filter(record=OuterRef("pk"), run__state=RunState.COMPLETE)
        .order_by()
        .values("record")
        .annotate(first=Min("run__seq"))
        .values("first")
    )
    # LEAST of a null is null on SQLite and is not on PostgreSQL.
    return Coalesce(Least(own, found_again), own, found_again)


def _lock(run: SearchRun) -> SearchRun:
    """The run, under the lock of its source: one that is under way compares itself with what counts."""
    source = Source.objects.select_for_update(of=("self",)).get(pk=run.source_id)
    if SearchRun.objects.filter(source=source, state=RunState.RUNNING).exists():
        raise SourceBusy(source=source.name)
    return SearchRun.objects.select_for_update(of=("self",)).defer("checkpoint").get(pk=run.pk)


def _lock_reports(run: SearchRun) -> None:
    """In the order in which merges lock them, so that the two cannot dead-lock."""
    rows = Report.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=standing_reports(run))
    for _ in rows.order_by("pk").values_list("pk").iterator(chunk_size=_CHUNK):
        pass


def standing_reports(run: SearchRun) -> QuerySet[RecordReport, int]:
    """The standing reports of the run's records."""
    filed = RecordReport.objects.filter(record__in=involved(run).values("pk"))
    return filed.annotate(root=_ROOT).order_by().values_list("root", flat=True)


def _close(*, by: User, run: SearchRun, kind: UndoKind, reason: str, number: int) -> RunUndo:
    """What follows from the records' places, then the fact, the audit and the event."""
    _relink(run)
    _refresh(run)
    follow_pairs(review_id=run.review_id)
    seq = sequence.take(run.review_id)
    fact = RunUndo.objects.create(run=run, kind=kind, reason=reason.strip(), records=number, by=by, seq=seq)
    audit.record(
        by=by,
        verb=f"run.{kind.value}",
        target=run,
        review_id=run.review_id,
        seq=seq,
        new={"records": number, "reason": reason.strip()},
    )
    events.emit(f"run.{kind.value}", review_id=run.review_id, run=run.pk, undo=fact.pk)
    return fact


def _relink(run: SearchRun) -> None:
    """Versions of one record in the order in which they came, among those that count."""
    versions = Record.objects.filter(source_id=run.source_id).exclude(content_hash__contains=AGAIN)
    touched = involved(run).exclude(external_id="").values("external_id")
    several = (
        versions.filter(external_id__in=touched)
        .order_by()
        .values("external_id")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
    )
    rows = list(
        versions.filter(external_id__in=several.values("external_id"))
        .order_by("external_id", F("seq").asc(nulls_first=True), "row", "id")
        .values_list("external_id", "pk", "seq", "revises_id")
    )
    wanted: dict[int, int | None] = {}
    for _, group in groupby(rows, key=lambda row: row[0]):
        before: int | None = None
        for _, pk, seq, _ in group:
            wanted[pk] = before if seq is not None else None
            before = pk if seq is not None else None
    changed = {pk: wanted[pk] for _, pk, _, was in rows if was != wanted[pk]}
    # One revises one: all let go before any takes hold.
    Record.objects.filter(pk__in=changed).update(revises=None)
    for pk, revises in changed.items():
        if revises is not None:
            Record.objects.filter(pk=pk).update(revises_id=revises)


def _refresh(run: SearchRun) -> None:
    """Reports of several records may say something else now; one that lost all of them stays as it was."""
    several = (
        RecordReport.objects.filter(report__review=run.review_id)
        .annotate(root=_ROOT)
        .filter(root__in=standing_reports(run))
        .order_by()
        .values_list("root", flat=True)
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
    )
    ids = sorted(counting(several))
    for start in range(0, len(ids), _CHUNK):
        records.refresh_reports(ids[start : start + _CHUNK])


def follow_pairs(*, review_id: int) -> None:
    """Questions about a report that left the counts wait aside, and are asked again when it is back."""
    waiting = (SuggestionState.OPEN, SuggestionState.AWAY)
    pairs = list(
        DuplicateSuggestion.objects.filter(review_id=review_id, state__in=waiting).values_list(
            "pk", "state", *(Coalesce(f"{side}__canonical_id", f"{side}_id") for side in ("first", "second"))
        )
    )
    here = counting({root for _, _, one, other in pairs for root in (one, other)})
    for state, other_state in (waiting, waiting[::-1]):
        is_open = state == SuggestionState.OPEN
        moved = [pk for pk, was, *roots in pairs if was == state and here.issuperset(roots) != is_open]
        _set_state(moved, state, other_state)


def _set_state(pairs: Iterable[int], was: SuggestionState, then: SuggestionState) -> None:
    ids = list(pairs)
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        DuplicateSuggestion.objects.filter(pk__in=chunk, state=was).update(state=then)


def differences(review_id: int) -> list[str]:
    """Records whose place does not follow from the runs that found them, in words; for tests and checks."""
    should = dict(
        Record.objects.filter(review_id=review_id)
        .annotate(should=_earliest_run_that_stands())
        .values_list("pk", "should")
    )
    rows = Record.objects.filter(review_id=review_id).order_by("pk").values_list("pk", "seq")
    return [f"record {pk} is at {seq}, should be at {should[pk]}" for pk, seq in rows if seq != should[pk]]
