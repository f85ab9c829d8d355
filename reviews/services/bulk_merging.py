"""Accepting many likely pairs in one act, and taking that act back in one."""

from collections.abc import Collection

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


@transaction.atomic
def accept(*, by: User, review: Review, threshold: float, upto: int | None = None) -> BulkMerge:
    """Merge the open pairs at or above a score: at most MOST, the likeliest first. Emits reports.merged.

    `upto` is the last question that the person saw: what was asked since waits. A pair that would join two
    PMIDs, or what was told apart, stays open.
    """
    require(by, review, Right.SEARCH)
    if not 0 < threshold <= 1:
        raise InvalidInput("Choose a score between 0 and 1.")
    found = mergeable(review).filter(score__gte=threshold)
    if upto is not None:
        found = found.filter(pk__lte=upto)
    return _accept(by, review, found, threshold)


@transaction.atomic
def accept_group(*, by: User, review: Review, report_ids: Collection[int]) -> BulkMerge:
    """Merge all publications of a group that open pairs connect, in one act. Emits reports.merged."""
    require(by, review, Right.SEARCH)
    ids = list(report_ids)
    among = open_pairs(review).filter(left_root__in=ids, right_root__in=ids)
    return _accept(by, review, among, None)


def _accept(
    by: User, review: Review, found: QuerySet[DuplicateSuggestion], threshold: float | None
) -> BulkMerge:
    pairs = list(found.order_by("-score", "id")[:MOST])
    sets = Sets(review.pk, {pk for pair in pairs for pk in (pair.first_id, pair.second_id)})
    answered = 0
    for pair in pairs:
        if sets.are_apart(pair.first_id, pair.second_id) or (
            threshold is not None and sets.have_two_pmids(pair.first_id, pair.second_id)
        ):
            continue
        answered += 1
        kept, absorbed = sorted((sets.root(pair.first_id), sets.root(pair.second_id)))
        sets.join(kept, absorbed, Reason(f"confirmed: {pair.rule}", pair.evidence, pair.score))
    bulk = BulkMerge(review=review, threshold=threshold, pairs=answered, by=by)
    events = sets.write(by=by, bulk=bulk)
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
