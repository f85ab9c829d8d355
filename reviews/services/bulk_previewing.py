"""What accepting many pairs at once would do, before it is done."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from reviews.models import DuplicateSuggestion, Report, Review
from reviews.selectors.duplicates import Pair, Row, compared, pairs_of, short
from reviews.services import bulk_merging
from reviews.services.bulk_merging import Held

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A pair that stays a question, and field by field the two that stand against it.

    `against` is empty where a person told the two apart.
    """

    pair: Pair
    against: list[Row]
    is_over_others: bool


@dataclass(frozen=True, slots=True)
class BulkPreview:
    """What accepting all pairs from a score on would do."""

    threshold: float
    pairs: int
    left_for_later: int
    reports: int
    leaves: int
    groups: int
    report_ids: set[int]
    sample: list[Pair]
    held: int
    held_shown: list[HeldBack]
    upto: int


def preview(review: Review, threshold: float) -> BulkPreview:
    """Pairs, publications, groups of more than two, the ten least likely pairs, and what is held back."""
    plan = bulk_merging.plan(review, threshold)
    looked_at = [*plan.accepted, *(held.pair for held in plan.held)]
    groups = Counter(plan.sets.root(pk) for pk in plan.touched)
    return BulkPreview(
        threshold=threshold,
        pairs=len(plan.accepted),
        left_for_later=bulk_merging.likely(review, threshold).count() - len(looked_at),
        reports=len(plan.touched),
        leaves=len(groups),
        groups=sum(1 for size in groups.values() if size > 2),
        report_ids=plan.touched,
        sample=_shown(plan.accepted[: -_SHOWN - 1 : -1]),
        held=len(plan.held),
        held_shown=_held_back(plan.held[:_SHOWN]),
        upto=max((pair.pk for pair in looked_at), default=0),
    )


def _shown(pairs: Iterable[DuplicateSuggestion]) -> list[Pair]:
    order = [pair.pk for pair in pairs]
    found = DuplicateSuggestion.objects.select_related("first__canonical", "second__canonical").in_bulk(order)
    return pairs_of([found[pk] for pk in order])


def _held_back(held: list[Held]) -> list[HeldBack]:
    ends = {pk for one in held if one.between for pk in one.between}
    reports = Report.objects.in_bulk(ends)
    lines = []
    for one, pair in zip(held, _shown(each.pair for each in held), strict=True):
        against = short(compared(*(reports[pk] for pk in one.between))) if one.between else []
        is_pair = one.between is not None and set(one.between) == {one.pair.first_id, one.pair.second_id}
        lines.append(HeldBack(pair, against, is_over_others=bool(one.between) and not is_pair))
    return lines
