"""Taking a run out of the counts, and putting it back.

What counts follows from the runs that stand (`standing`), so nothing that an undo moves needs remembering: a
later run that found a record keeps it in the counts, and restoring gives back exactly what was.
"""

from collections.abc import Iterable
from itertools import groupby

from django.db import transaction
from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce

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
    Source,
    SuggestionState,
    UndoKind,
    User,
)
from reviews.selectors.counted import counting
from reviews.services import bulk, records
from reviews.services.matching import AGAIN
from reviews.services.standing import (
    ROOT,
    counted,
    earliest_run_that_stands,
    involved,
    looked_out_of_place,
    misplaced,
    place_looked,
    standing_reports,
)

_CHUNK = 1000


class NotUndoable(DomainError):
    code = "not_undoable"
    sentence = "Only a run that is complete can be undone; this one is not."


class NotUndone(DomainError):
    code = "not_undone"
    sentence = "Only a run that was undone can be restored; this one was not."


class SourceBusy(DomainError):
    code = "source_busy"
    sentence = "{source} is being read just now. Try again when that has ended."


@transaction.atomic
def undo(*, by: User, run: SearchRun, reason: str = "") -> RunUndo:
    """Take what only this run found out of the counts; nothing is deleted. Emits run.undone.

    Refuses a run that is not complete, and any while a run of the same source is under way.
    """
    require(by, run.review, Right.SEARCH)
    locked = lock(run, UndoKind.UNDONE)
    _lock_reports(locked)
    before = counted(locked)
    SearchRun.objects.filter(pk=locked.pk).update(state=RunState.UNDONE)
    involved(locked).filter(seq=locked.seq).update(seq=earliest_run_that_stands())
    place_looked(locked)
    left = before - counted(locked)
    return _close(by=by, run=locked, kind=UndoKind.UNDONE, reason=reason, number=left)


@transaction.atomic
def restore(*, by: User, run: SearchRun, reason: str = "") -> RunUndo:
    """Put an undone run back, with every vote and merge as it was. Emits run.restored.

    Refuses a run that was not undone, and any while a run of the same source is under way.
    """
    require(by, run.review, Right.SEARCH)
    locked = lock(run, UndoKind.RESTORED)
    _lock_reports(locked)
    before = counted(locked)
    SearchRun.objects.filter(pk=locked.pk).update(state=RunState.COMPLETE)
    involved(locked).filter(Q(seq__isnull=True) | Q(seq__gt=locked.seq)).update(seq=locked.seq)
    place_looked(locked)
    back = counted(locked) - before
    return _close(by=by, run=locked, kind=UndoKind.RESTORED, reason=reason, number=back)


@transaction.atomic
def follow_run(run: SearchRun) -> None:
    """A complete run may have found a record whose newer versions wait since an undo."""
    if looked_out_of_place(run):
        _lock_reports(run)
        place_looked(run)
        _relink(run)
        _refresh(run)


@transaction.atomic
def rebuild_places(review_id: int) -> None:
    """Write anew where the records of a review stand, and what follows: versions, and open questions."""
    # Undo and restore wait for the same locks.
    list(Source.objects.select_for_update(of=("self",)).filter(protocol__review=review_id).order_by("pk"))
    wrong = misplaced(review_id)
    bulk.update(Record, ["seq"], key="id", rows=[(should, pk) for pk, _, should in wrong])
    runs = Record.objects.filter(pk__in=[pk for pk, _, _ in wrong]).order_by().values_list("run", flat=True)
    for run in SearchRun.objects.filter(pk__in=set(runs)).defer("checkpoint").order_by("pk"):
        _relink(run)
    follow_pairs(review_id=review_id)


def lock(run: SearchRun, kind: UndoKind) -> SearchRun:
    """The run, under the lock of its source: one that is under way compares itself with what counts.

    Refuses a run that is not complete, or was not undone, and a source that is being read.
    """
    source = Source.objects.select_for_update(of=("self",)).get(pk=run.source_id)
    if SearchRun.objects.filter(source=source, state=RunState.RUNNING).exists():
        raise SourceBusy(source=source.name)
    locked = SearchRun.objects.select_for_update(of=("self",)).defer("checkpoint").get(pk=run.pk)
    if kind == UndoKind.UNDONE and (locked.state != RunState.COMPLETE or locked.seq is None):
        raise NotUndoable
    if kind == UndoKind.RESTORED and locked.state != RunState.UNDONE:
        raise NotUndone
    return locked


def _lock_reports(run: SearchRun) -> None:
    """In the order in which merges lock them, so that the two cannot dead-lock."""
    rows = Report.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=standing_reports(run))
    for _ in rows.order_by("pk").values_list("pk").iterator(chunk_size=_CHUNK):
        pass


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
        .annotate(root=ROOT)
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
