"""Merging and splitting reports: every merge says why and can be undone."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from reviews import audit, sequence
from reviews.access import Right, require
from reviews.errors import DomainError
from reviews.models import (
    BulkMerge,
    DuplicateSuggestion,
    MergeEvent,
    MergeKind,
    Report,
    SuggestionState,
    User,
)
from reviews.services import records
from reviews.services.merging import APART, TOLD, Reason, Sets, ask_again, restore_answers, tell


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
    sets = Sets(kept.review_id, (kept.pk, absorbed.pk))
    if not sets.join(kept.pk, absorbed.pk, Reason(rule, evidence or {}, score)):
        raise AlreadyMerged
    (event,) = sets.write(by=by)
    return event


@transaction.atomic
def split(*, by: User, event: MergeEvent) -> MergeEvent:
    """Undo one merge; other merges stay. The pair is remembered as distinct, if nothing else was said of it
    before. Emits reports.split."""
    undone = _undo_one(by, event)
    pair = {
        "first_id": min(event.kept_id, event.absorbed_id),
        "second_id": max(event.kept_id, event.absorbed_id),
    }
    if not DuplicateSuggestion.objects.filter(**pair, state__in=APART).exists():
        remember_distinct(by=by, review_id=event.review_id, one=event.kept_id, other=event.absorbed_id)
    _decide_between(by, (event.kept_id, event.absorbed_id), SuggestionState.DISTINCT)
    return undone


@transaction.atomic
def take_back(*, by: User, event: MergeEvent) -> MergeEvent:
    """Undo a merge made by mistake a moment ago: what it had answered is as before. Emits reports.split."""
    return _undo_one(by, event)


def _undo_one(by: User, event: MergeEvent) -> MergeEvent:
    require(by, event.review, Right.SEARCH)
    if event.kind != MergeKind.MERGE:
        raise AlreadyUndone
    undone = undo_all(by=by, review_id=event.review_id, merges=[event])
    if not undone:
        raise AlreadyUndone
    return undone[0]


@transaction.atomic
def undo_all(
    *, by: User, review_id: int, merges: Sequence[MergeEvent], bulk: BulkMerge | None = None
) -> list[MergeEvent]:
    """Undo those of the merges that still stand; the caller has checked the right.

    What they had answered is as it was before; `bulk`, the undo of many at once, is saved with them. Emits
    reports.split for each.
    """
    sets = Sets(review_id, {pk for event in merges for pk in (event.kept_id, event.absorbed_id)})
    standing = list(
        MergeEvent.objects.filter(
            pk__in=[event.pk for event in merges], kind=MergeKind.MERGE, undone_by__isnull=True
        ).order_by("-seq", "-id")
    )
    if not standing:
        return []
    members = {pk for event in standing for pk in sets.members(event.kept_id)}
    first = sequence.take(review_id, len(standing)) - len(standing) + 1
    if bulk is not None:
        bulk.seq = first
        bulk.save(force_insert=True)
    undone = MergeEvent.objects.bulk_create(
        MergeEvent(
            review_id=review_id,
            kind=MergeKind.SPLIT,
            kept_id=event.kept_id,
            absorbed_id=event.absorbed_id,
            rule="undone",
            evidence={},
            by=by,
            undoes=event,
            bulk=bulk,
            seq=first + place,
        )
        for place, event in enumerate(standing)
    )
    rebuild_canonicals(members)
    restore_answers(members)
    for event in undone:
        tell(by=by, event=event, topic="reports.split")
    return undone


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


def canonicals_of(report_ids: set[int]) -> dict[int, int | None]:
    """The same from the merge events that stand; whole sets are asked for."""
    merges = (
        MergeEvent.objects.filter(
            kind=MergeKind.MERGE, undone_by__isnull=True, kept_id__in=report_ids, absorbed_id__in=report_ids
        )
        .order_by("seq", "id")
        .values_list("kept_id", "absorbed_id")
    )
    return canonicals(report_ids, merges)


def rebuild_canonicals(report_ids: set[int]) -> int:
    """Write `Report.canonical` anew from the merge events; returns how many rows differed."""
    wanted = canonicals_of(report_ids)
    current = dict(Report.objects.filter(pk__in=report_ids).values_list("pk", "canonical_id"))
    changed = [pk for pk, canonical in wanted.items() if current[pk] != canonical]
    Report.objects.bulk_update(
        [Report(pk=pk, canonical_id=wanted[pk]) for pk in changed], ["canonical"], batch_size=500
    )
    if changed:
        records.refresh_reports(pk for pk, canonical in wanted.items() if canonical is None)
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
            "rule": TOLD,
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
    return between(one, other).filter(state__in=APART).exists()


def _decide_between(by: User, pair: tuple[int, int], state: SuggestionState) -> None:
    """Answer all that is open about two publications at once."""
    one, other = (
        canonical or pk
        for pk, canonical in Report.objects.filter(pk__in=pair)
        .order_by("pk")
        .values_list("pk", "canonical_id")
    )
    between(one, other).filter(state=SuggestionState.OPEN).update(
        state=state, decided_by=by, decided_at=timezone.now()
    )


def open_question(suggestion: DuplicateSuggestion) -> DuplicateSuggestion:
    """The question, locked; refuses one that is settled."""
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
    asked = open_question(suggestion)
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
    asked = open_question(suggestion)
    _decide_between(by, (asked.first_id, asked.second_id), SuggestionState.DISTINCT)
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
    told = DuplicateSuggestion.objects.select_for_update(of=("self",)).select_related("first", "second")
    locked = told.filter(pk=suggestion.pk, state=SuggestionState.DISTINCT).first()
    if locked is None:
        raise AlreadySettled
    ask_again({locked.pk: {end.canonical_id or end.pk for end in (locked.first, locked.second)}})
    audit.record(
        by=by,
        verb="duplicates.reopened",
        target=suggestion,
        review_id=suggestion.review_id,
        seq=sequence.take(suggestion.review_id),
    )
