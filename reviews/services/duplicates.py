"""Merging and splitting reports: every merge says why and can be undone."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from reviews import audit, events, sequence
from reviews.access import Right, require
from reviews.errors import DomainError
from reviews.models import DuplicateSuggestion, MergeEvent, MergeKind, Report, SuggestionState, User
from reviews.services import records


class AlreadyMerged(DomainError):
    code = "already_merged"
    sentence = "These are one report already."


class AlreadyUndone(DomainError):
    code = "already_undone"
    sentence = "This merge was undone already."


class AlreadySettled(DomainError):
    code = "already_settled"
    sentence = "Somebody has settled this pair meanwhile."


class DifferentReviews(DomainError):
    code = "different_reviews"
    sentence = "Reports of different reviews are never merged."
    status = 404


@transaction.atomic
def merge(
    *,
    by: User | None,
    kept: Report,
    absorbed: Report,
    rule: str,
    evidence: dict[str, Any] | None = None,
    score: float | None = None,
) -> MergeEvent:
    """Make two reports one; `by` is None where a rule merges. Emits reports.merged.

    Refuses reports of different reviews, and reports that are one already. A person may merge what was once
    told apart; a rule asks `are_told_apart` first.
    """
    if kept.review_id != absorbed.review_id:
        raise DifferentReviews
    if by is not None:
        require(by, kept.review, Right.SEARCH)
    keep, take = _standing(kept, absorbed)
    if keep.pk == take.pk:
        raise AlreadyMerged
    Report.objects.filter(Q(pk=take.pk) | Q(canonical=take)).update(canonical=keep)
    records.refresh_reports([keep.pk])
    _close_suggestions(by, keep.pk)
    seq = sequence.take(keep.review_id)
    event = MergeEvent.objects.create(
        review_id=keep.review_id,
        kind=MergeKind.MERGE,
        kept=keep,
        absorbed=take,
        rule=rule,
        evidence=evidence or {},
        score=score,
        by=by,
        seq=seq,
    )
    audit.record(
        by=by,
        verb="reports.merged",
        target=event,
        review_id=keep.review_id,
        seq=seq,
        new={"kept": keep.pk, "absorbed": take.pk, "rule": rule},
    )
    events.emit("reports.merged", review_id=keep.review_id, kept=keep.pk, absorbed=take.pk)
    return event


def _standing(kept: Report, absorbed: Report) -> tuple[Report, Report]:
    """The reports that stand for the two now, locked in one order so that merges cannot dead-lock."""
    ids = sorted({kept.pk, absorbed.pk})
    rows = {row.pk: row for row in Report.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    roots = sorted({row.canonical_id or row.pk for row in rows.values()})
    rows |= {row.pk: row for row in Report.objects.select_for_update().filter(pk__in=roots).order_by("pk")}
    return rows[rows[kept.pk].canonical_id or kept.pk], rows[rows[absorbed.pk].canonical_id or absorbed.pk]


def _close_suggestions(by: User | None, kept_id: int) -> None:
    members = Report.objects.filter(Q(pk=kept_id) | Q(canonical_id=kept_id)).values("pk")
    DuplicateSuggestion.objects.filter(first__in=members, second__in=members).exclude(
        state=SuggestionState.MERGED
    ).update(state=SuggestionState.MERGED, decided_by=by, decided_at=timezone.now())


@transaction.atomic
def split(*, by: User, event: MergeEvent) -> MergeEvent:
    """Undo one merge; other merges stay. The pair is remembered as distinct. Emits reports.split."""
    undone = _undo(by, event)
    remember_distinct(by=by, review_id=event.review_id, one=event.kept_id, other=event.absorbed_id)
    return undone


@transaction.atomic
def take_back(*, by: User, event: MergeEvent, suggestion: DuplicateSuggestion) -> MergeEvent:
    """Undo a merge made by mistake a moment ago: the question is open again. Emits reports.split."""
    undone = _undo(by, event)
    DuplicateSuggestion.objects.filter(pk=suggestion.pk).update(
        state=SuggestionState.OPEN, decided_by=None, decided_at=None
    )
    return undone


def _undo(by: User, event: MergeEvent) -> MergeEvent:
    require(by, event.review, Right.SEARCH)
    cluster = _lock_cluster(event.kept_id)
    if event.kind != MergeKind.MERGE or MergeEvent.objects.filter(undoes=event).exists():
        raise AlreadyUndone
    seq = sequence.take(event.review_id)
    undone = MergeEvent.objects.create(
        review_id=event.review_id,
        kind=MergeKind.SPLIT,
        kept_id=event.kept_id,
        absorbed_id=event.absorbed_id,
        rule="undone",
        evidence={},
        by=by,
        undoes=event,
        seq=seq,
    )
    rebuild_canonicals(cluster)
    audit.record(
        by=by,
        verb="reports.split",
        target=undone,
        review_id=event.review_id,
        seq=seq,
        new={"kept": event.kept_id, "absorbed": event.absorbed_id},
    )
    events.emit("reports.split", review_id=event.review_id, kept=event.kept_id, absorbed=event.absorbed_id)
    return undone


def _lock_cluster(report_id: int) -> set[int]:
    """Lock the reports that are one with this one, in one order."""
    root = Report.objects.values_list("canonical_id", flat=True).get(pk=report_id) or report_id
    return {
        row.pk
        for row in Report.objects.select_for_update()
        .filter(Q(pk=root) | Q(canonical_id=root))
        .only("pk")
        .order_by("pk")
    }


def canonicals(report_ids: Iterable[int], merges: Iterable[tuple[int, int]]) -> dict[int, int | None]:
    """Replay merges (kept, absorbed) in their order: report -> the one that stands for it, or None."""
    parent = {pk: pk for pk in report_ids}

    def root(pk: int) -> int:
        while parent[pk] != pk:
            pk = parent[pk]
        return pk

    for kept, absorbed in merges:
        if kept in parent and absorbed in parent and root(kept) != root(absorbed):
            parent[root(absorbed)] = root(kept)
    return {pk: None if root(pk) == pk else root(pk) for pk in parent}


def rebuild_canonicals(report_ids: set[int]) -> int:
    """Write `Report.canonical` anew from the merge events; returns how many rows differed."""
    merges = (
        MergeEvent.objects.filter(
            kind=MergeKind.MERGE, undone_by__isnull=True, kept_id__in=report_ids, absorbed_id__in=report_ids
        )
        .order_by("seq", "id")
        .values_list("kept_id", "absorbed_id")
    )
    wanted = canonicals(report_ids, merges)
    current = dict(Report.objects.filter(pk__in=report_ids).values_list("pk", "canonical_id"))
    changed = [pk for pk, canonical in wanted.items() if current[pk] != canonical]
    for pk in changed:
        Report.objects.filter(pk=pk).update(canonical_id=wanted[pk])
    if changed:
        records.refresh_reports([pk for pk, canonical in wanted.items() if canonical is None])
    return len(changed)


def remember_distinct(*, by: User | None, review_id: int, one: int, other: int) -> None:
    """Two reports are not the same: neither a rule nor the queue brings them together again."""
    first, second = sorted((one, other))
    DuplicateSuggestion.objects.update_or_create(
        first_id=first,
        second_id=second,
        defaults={
            "state": SuggestionState.DISTINCT,
            "decided_by": by,
            "decided_at": timezone.now(),
        },
        create_defaults={
            "review_id": review_id,
            "rule": "told",
            "score": 0.0,
            "state": SuggestionState.DISTINCT,
            "decided_by": by,
            "decided_at": timezone.now(),
        },
    )


def between(one: int, other: int) -> QuerySet[DuplicateSuggestion]:
    """What was asked or said of two standing reports, or of any two that were merged into them."""
    here, there = (
        list(Report.objects.filter(Q(pk=pk) | Q(canonical_id=pk)).values_list("pk", flat=True))
        for pk in (one, other)
    )
    return DuplicateSuggestion.objects.filter(
        Q(first__in=here, second__in=there) | Q(first__in=there, second__in=here)
    )


def are_told_apart(one: int, other: int) -> bool:
    """Whether a person said of two standing reports, or of parts of them, that they are different."""
    return between(one, other).filter(state=SuggestionState.DISTINCT).exists()


def _open(suggestion: DuplicateSuggestion) -> DuplicateSuggestion:
    locked = (
        DuplicateSuggestion.objects.select_for_update(of=("self",))
        .select_related("review", "first", "second")
        .get(pk=suggestion.pk)
    )
    if locked.state != SuggestionState.OPEN:
        raise AlreadySettled
    return locked


@transaction.atomic
def decide_merge(*, by: User, suggestion: DuplicateSuggestion) -> MergeEvent:
    """A person says that a suggested pair is one publication. Refuses a pair that is settled."""
    asked = _open(suggestion)
    return merge(
        by=by,
        kept=asked.first,
        absorbed=asked.second,
        rule=f"confirmed: {asked.rule}",
        evidence=asked.evidence,
        score=asked.score,
    )


@transaction.atomic
def decide_distinct(*, by: User, suggestion: DuplicateSuggestion) -> None:
    """A person says that a suggested pair is two publications; all questions about the two are answered."""
    require(by, suggestion.review, Right.SEARCH)
    asked = _open(suggestion)
    one, other = (row.canonical_id or row.pk for row in (asked.first, asked.second))
    between(one, other).filter(state=SuggestionState.OPEN).update(
        state=SuggestionState.DISTINCT, decided_by=by, decided_at=timezone.now()
    )
    audit.record(
        by=by,
        verb="duplicates.distinct",
        target=asked,
        review_id=asked.review_id,
        seq=sequence.take(asked.review_id),
    )


@transaction.atomic
def reopen(*, by: User, suggestion: DuplicateSuggestion) -> None:
    """Take back "not duplicates": the question is open again. Refuses a pair that was not told apart."""
    require(by, suggestion.review, Right.SEARCH)
    reopened = DuplicateSuggestion.objects.filter(pk=suggestion.pk, state=SuggestionState.DISTINCT).update(
        state=SuggestionState.OPEN, decided_by=None, decided_at=None
    )
    if not reopened:
        raise AlreadySettled
    audit.record(
        by=by,
        verb="duplicates.reopened",
        target=suggestion,
        review_id=suggestion.review_id,
        seq=sequence.take(suggestion.review_id),
    )
