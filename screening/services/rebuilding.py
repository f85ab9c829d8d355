"""Compare every projection of screening with the facts, and write it anew where it differs."""

from collections import Counter
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Count, Exists, OuterRef

from reviews.models import Review
from reviews.services.rebuilding import Difference
from screening.models import (
    Decision,
    ReviewerCursor,
    ScreeningState,
    Stage,
    StageCount,
    Verdict,
)
from screening.reading import COUNTED, read
from screening.services.projection import Movement
from screening.services.stages import BATCH, stages_of


def differences(review: Review) -> Iterator[Difference]:
    """States, counts and vote counters of a review that differ from its facts."""
    for stage in stages_of(review).values():
        for ids in _batches(stage):
            yield from _of_states(stage, ids)
        yield from _of_counts(stage)
        yield from _of_cursors(stage)


def _batches(stage: Stage) -> Iterator[list[int]]:
    after = 0
    states = ScreeningState.objects.filter(stage=stage).order_by("pk")
    while batch := list(states.filter(pk__gt=after).values_list("pk", "report_id")[:BATCH]):
        after = batch[-1][0]
        yield [report_id for _, report_id in batch]


def _of_states(stage: Stage, ids: list[int]) -> Iterator[Difference]:
    facts = read(stage, ids)
    for state in ScreeningState.objects.filter(stage=stage, report_id__in=ids).order_by("pk"):
        then = facts.standing(state.report_id, stage)
        is_now: tuple[object, ...] = (state.state, state.reason_id, state.votes, state.retrieval)
        should_be: tuple[object, ...] = (then.state, then.reason_id, then.votes, then.retrieval)
        if is_now != should_be:
            key = f"{stage.name} report {state.report_id}"
            yield Difference("state", key, _words(is_now), _words(should_be))


def _words(values: tuple[object, ...]) -> str:
    return " ".join(str(value) for value in values)


def _of_counts(stage: Stage) -> Iterator[Difference]:
    counted = Counter(
        dict(
            ScreeningState.objects.filter(stage=stage).order_by().values_list("state").annotate(n=Count("pk"))
        )
    )
    for row in StageCount.objects.filter(stage=stage):
        if row.n != counted[row.state]:
            yield Difference("count", f"{stage.name} {row.state}", str(row.n), str(counted[row.state]))


def _votes_standing(stage: Stage) -> Counter[int]:
    later = Decision.objects.filter(supersedes=OuterRef("pk"))
    standing = (
        Decision.objects.filter(~Exists(later), stage=stage, round=COUNTED)
        .exclude(verdict=Verdict.WITHDRAWN)
        .order_by()
        .values_list("reviewer_id")
        .annotate(n=Count("pk"))
    )
    return Counter(dict(standing))


def _of_cursors(stage: Stage) -> Iterator[Difference]:
    standing = _votes_standing(stage)
    for cursor in ReviewerCursor.objects.filter(stage=stage):
        n = standing[cursor.reviewer_id]
        if cursor.voted != n:
            yield Difference(
                "votes of", f"{stage.name} person {cursor.reviewer_id}", str(cursor.voted), str(n)
            )


def rebuild(review: Review) -> None:
    """Write states, counts and vote counters anew from the facts; states that change tell so by events."""
    stages = stages_of(review)
    for stage in stages.values():
        for ids in _batches(stage):
            with transaction.atomic():
                movement = Movement(review, stages)
                movement.sync(stage, ids)
                if movement.has_moved:
                    movement.write()
                    movement.tell()
        _rebuild_counters(stage)


@transaction.atomic
def _rebuild_counters(stage: Stage) -> None:
    # Whoever votes meanwhile waits for these rows, so no delta is lost between reading and writing.
    list(StageCount.objects.select_for_update().filter(stage=stage).order_by("state"))
    for difference in list(_of_counts(stage)):
        state = difference.key.rsplit(" ", 1)[-1]
        StageCount.objects.filter(stage=stage, state=state).update(n=int(difference.should_be))
    standing = _votes_standing(stage)
    for cursor in ReviewerCursor.objects.select_for_update().filter(stage=stage).order_by("pk"):
        ReviewerCursor.objects.filter(pk=cursor.pk).update(voted=standing[cursor.reviewer_id])
