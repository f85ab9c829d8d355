"""The two stages of a review: how many votes they ask for, and what a change of that moves."""

from collections import Counter
from dataclasses import dataclass

from django.db import transaction

from reviews import audit, events, sequence
from reviews.access import Right, require
from reviews.errors import InvalidInput
from reviews.models import AdjudicationRule, Review, User
from reviews.services import reviews
from screening import reading
from screening.models import ScreeningOutcome, ScreeningState, Stage, StageCount, StageName
from screening.services import projection

MIN_VOTES, MAX_VOTES = 1, 5
_PREVIEW_BATCH = 2000
# States in one transaction: half a second on a small machine, so that no vote waits longer.
BATCH = 500


def stages_of(review: Review) -> dict[StageName, Stage]:
    """Both stages of the review, made where they do not exist yet."""
    found = {StageName(stage.name): stage for stage in Stage.objects.filter(review=review)}
    for name in StageName:
        if name not in found:
            stage, _ = Stage.objects.get_or_create(review=review, name=name)
            StageCount.objects.bulk_create(
                [StageCount(stage=stage, state=state) for state in ScreeningOutcome], ignore_conflicts=True
            )
            found[name] = stage
    return found


def stage_of(review: Review, name: str) -> Stage:
    """One stage of the review."""
    return stages_of(review)[StageName(name)]


@dataclass(frozen=True, slots=True)
class Move:
    """So many reports would go from one state to another."""

    before: ScreeningOutcome
    after: ScreeningOutcome
    n: int


def preview_votes(*, review: Review, name: str, n: int) -> list[Move]:
    """What asking for `n` votes would move, without moving it."""
    _refuse_number(n)
    stage = stage_of(review, name)
    stage.votes_required = n
    moved: Counter[tuple[str, str]] = Counter()
    active = ScreeningState.objects.filter(stage=stage).exclude(state=ScreeningOutcome.ABSORBED)
    after = 0
    while batch := list(
        active.filter(pk__gt=after).order_by("pk").values_list("pk", "report_id", "state")[:_PREVIEW_BATCH]
    ):
        after = batch[-1][0]
        facts = reading.read(stage, [report_id for _, report_id, _ in batch])
        for _, report_id, state in batch:
            then = facts.standing(report_id, stage).state
            if then != state:
                moved[state, then] += 1
    return [
        Move(ScreeningOutcome(before), ScreeningOutcome(then), count)
        for (before, then), count in sorted(moved.items())
    ]


def _refuse_number(n: int) -> None:
    if not MIN_VOTES <= n <= MAX_VOTES:
        raise InvalidInput(
            "A report needs {low} to {high} votes, not {n}.", low=MIN_VOTES, high=MAX_VOTES, n=n
        )


@transaction.atomic
def set_votes(*, by: User, review: Review, name: str, n: int) -> Stage:
    """Ask for `n` votes from now on; emits screening.rule_changed, and states follow in batches.

    Refuses people without the right to manage and numbers outside one to five.
    """
    require(by, review, Right.MANAGE)
    _refuse_number(n)
    stage = Stage.objects.select_for_update().get(pk=stage_of(review, name).pk)
    if stage.votes_required == n:
        return stage
    old, stage.votes_required = stage.votes_required, n
    stage.rule_version += 1
    stage.save(update_fields=["votes_required", "rule_version"])
    audit.record(
        by=by,
        verb="stage.votes_changed",
        target=stage,
        review_id=review.pk,
        seq=sequence.take(review.pk),
        old={"votes_required": old},
        new={"votes_required": n},
    )
    events.emit("screening.rule_changed", review_id=review.pk, stage=stage.pk, after=0)
    return stage


def set_adjudication(*, by: User, review: Review, rule: str) -> Review:
    """Say who settles conflicts from now on. Refuses people without the right to manage."""
    if rule not in AdjudicationRule.values:
        raise InvalidInput(
            "“{rule}” is no rule: expected one of {known}.",
            rule=rule,
            known=", ".join(AdjudicationRule.values),
        )
    changed = reviews.change_settings(by=by, review=review, adjudication=AdjudicationRule(rule))
    review.adjudication = changed.adjudication
    return changed


@transaction.atomic
def recompute_batch(*, review_id: int, stage: Stage, after: int) -> int | None:
    """Bring the next states of a stage to what the rule says now; returns the last one, None at the end."""
    batch = list(
        ScreeningState.objects.filter(stage=stage, pk__gt=after)
        .order_by("pk")
        .values_list("pk", "report_id")[:BATCH]
    )
    if not batch:
        return None
    movement = projection.Movement(Review.objects.get(pk=review_id), stages_of(stage.review))
    movement.sync(stage, [report_id for _, report_id in batch])
    if movement.has_moved:
        movement.write()
        movement.tell()
    return batch[-1][0]
