"""Accepting many likely pairs in one act, and taking that act back in one."""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import QuerySet

from reviews import audit
from reviews.access import Right, require
from reviews.dedupe import BULK_ACCEPT
from reviews.errors import DomainError, InvalidInput
from reviews.models import (
    BulkMerge,
    DuplicateSuggestion,
    MergeEvent,
    MergeKind,
    Review,
    User,
)
from reviews.selectors.duplicates import mergeable, open_pairs
from reviews.services import duplicates
from reviews.services.merging import Reason, Sets

# Pairs of one act: it is one transaction, and votes wait for it.
MOST = 1000
# The score from which on a pair is proposed for acceptance without a look at each.
RECOMMENDED = BULK_ACCEPT


class NothingToMerge(DomainError):
    code = "nothing_to_merge"
    sentence = "No open pair can be merged here: somebody has settled them meanwhile, or they contradict."


class BulkUndone(DomainError):
    code = "bulk_undone"
    sentence = "These merges were undone already."


@dataclass(frozen=True, slots=True)
class Held:
    """A pair that is not accepted among many: it would join the two reports `between`, which contradict each
    other, or, where that is empty, what a person told apart."""

    pair: DuplicateSuggestion
    between: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Which of the pairs are accepted together and which are held back; `touched` stood before."""

    sets: Sets
    accepted: list[DuplicateSuggestion] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)


@transaction.atomic
def accept(*, by: User, review: Review, threshold: float, upto: int | None = None) -> BulkMerge:
    """Merge the open pairs at or above a score: at most MOST, the likeliest first. Emits reports.merged.

    `upto` is the last question that the person saw: what was asked since waits. A pair that would join what
    contradicts, also over others, or what was told apart, stays open.
    """
    require(by, review, Right.SEARCH)
    if not 0 < threshold <= 1:
        raise InvalidInput("Choose a score between 0 and 1.")
    found = likely(review, threshold)
    if upto is not None:
        found = found.filter(pk__lte=upto)
    return _accept(by, review, _plan(review, list(found[:MOST])), threshold)


@transaction.atomic
def accept_group(*, by: User, review: Review, report_ids: Collection[int]) -> BulkMerge:
    """Merge all publications of a group that open pairs connect, in one act. Emits reports.merged.

    What was told apart stays apart.
    """
    require(by, review, Right.SEARCH)
    ids = list(report_ids)
    among = open_pairs(review).filter(left_root__in=ids, right_root__in=ids)
    pairs = list(among.order_by("-score", "id")[:MOST])
    return _accept(by, review, _plan(review, pairs, is_group=True), None)


def plan(review: Review, threshold: float) -> Plan:
    """What `accept` would do now, without doing it and without a lock."""
    return _plan(review, list(likely(review, threshold)[:MOST]), is_locked=False)


def likely(review: Review, threshold: float) -> QuerySet[DuplicateSuggestion]:
    """The open pairs that many may be accepted of, at or above a score, the likeliest first."""
    return mergeable(review).filter(score__gte=threshold).order_by("-score", "id")


def _plan(
    review: Review, pairs: list[DuplicateSuggestion], *, is_locked: bool = True, is_group: bool = False
) -> Plan:
    ids = {pk for pair in pairs for pk in (pair.first_id, pair.second_id)}
    made = Plan(Sets(review.pk, ids, is_locked=is_locked))
    for pair in pairs:
        ends = (made.sets.root(pair.first_id), made.sets.root(pair.second_id))
        held = _held(made.sets, pair, is_group=is_group)
        if held is not None:
            made.held.append(held)
            continue
        made.accepted.append(pair)
        made.touched.update(ends)
        made.sets.join(min(ends), max(ends), Reason(f"confirmed: {pair.rule}", pair.evidence, pair.score))
    return made


def _held(sets: Sets, pair: DuplicateSuggestion, *, is_group: bool) -> Held | None:
    """Why a pair is not accepted among many; of a group a person has seen every publication."""
    if sets.root(pair.first_id) == sets.root(pair.second_id):
        return None
    if sets.are_apart(pair.first_id, pair.second_id):
        return Held(pair, None)
    between = None if is_group else sets.conflict(pair.first_id, pair.second_id)
    return Held(pair, between) if between else None


def _accept(by: User, review: Review, made: Plan, threshold: float | None) -> BulkMerge:
    answered = len(made.accepted)
    bulk = BulkMerge(review=review, threshold=threshold, pairs=answered, by=by)
    events = made.sets.write(by=by, bulk=bulk)
    if not events:
        raise NothingToMerge
    audit.record(
        by=by,
        verb="duplicates.bulk_merged",
        target=bulk,
        review_id=review.pk,
        seq=bulk.seq,
        new={"threshold": threshold, "pairs": answered, "merges": len(events)},
    )
    return bulk


@transaction.atomic
def undo(*, by: User, bulk: BulkMerge) -> BulkMerge:
    """Take the whole act back: its merges that still stand are undone, and their questions open again."""
    require(by, bulk.review, Right.SEARCH)
    locked = BulkMerge.objects.select_for_update(of=("self",)).get(pk=bulk.pk)
    if locked.undoes_id is not None or BulkMerge.objects.filter(undoes=locked).exists():
        raise BulkUndone
    merges = list(MergeEvent.objects.filter(bulk=locked, kind=MergeKind.MERGE).order_by("seq"))
    undone = BulkMerge(review_id=locked.review_id, pairs=locked.pairs, by=by, undoes=locked)
    if not duplicates.undo_all(by=by, review_id=locked.review_id, merges=merges, bulk=undone):
        raise BulkUndone
    audit.record(
        by=by,
        verb="duplicates.bulk_undone",
        target=undone,
        review_id=locked.review_id,
        seq=undone.seq,
        new={"merges": len(merges)},
    )
    return undone
