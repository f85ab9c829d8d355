"""Reports enter title/abstract, and merged or split reports find their place."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from reviews.models import Report, Review, SearchRun
from reviews.selectors.counted import counts
from reviews.services import standing
from screening import merged
from screening.models import ScreeningState, Stage, StageName
from screening.reading import read
from screening.services.projection import Movement
from screening.services.stages import BATCH, stages_of


def _unopened(stage: Stage) -> QuerySet[Report]:
    """Reports that count and stand for themselves, and are not at title/abstract yet."""
    opened = ScreeningState.objects.filter(stage=stage, report=OuterRef("pk"))
    return Report.objects.filter(~Exists(opened), counts(), review=stage.review_id, canonical__isnull=True)


@transaction.atomic
def open_batch(review_id: int) -> bool:
    """Open the next reports of a review whose screening has started; returns whether more may wait."""
    review = Review.objects.select_for_update(no_key=True, of=("self",)).get(pk=review_id)
    if review.screening_started_at is None:
        return False
    stages = stages_of(review)
    stage = stages[StageName.TITLE_ABSTRACT]
    ids = list(_unopened(stage).order_by("pk").values_list("pk", flat=True)[:BATCH])
    if not ids:
        return False
    movement = Movement(review, stages)
    _open(movement, stage, ids)
    movement.write()
    movement.tell()
    return len(ids) == BATCH


def _open(movement: Movement, stage: Stage, ids: Iterable[int]) -> None:
    reading = read(stage, ids)
    for pk in ids:
        movement.open(stage, pk, reading.standing(pk, stage))


@transaction.atomic
def follow_merge(review_id: int, report_ids: Iterable[int]) -> None:
    """Recompute the states of reports that were merged or split, and of those that stand for them now.

    A merge never moves votes: a state follows from the facts alone, and running this twice changes nothing.
    """
    review = Review.objects.select_for_update(no_key=True, of=("self",)).get(pk=review_id)
    if review.screening_started_at is None:
        return
    given = Report.objects.filter(pk__in=list(report_ids), review=review)
    _recompute(review, sorted({pk for report in given for pk in (report.pk, merged.canonical_of(report).pk)}))


@transaction.atomic
def follow_run(*, review_id: int, run: SearchRun, after: int) -> int | None:
    """A run was undone or restored: recompute its next reports; returns the last one, None at the end."""
    review = Review.objects.select_for_update(no_key=True, of=("self",)).get(pk=review_id)
    if review.screening_started_at is None:
        return None
    reports = Report.objects.filter(pk__in=standing.standing_reports(run), pk__gt=after)
    ids = list(reports.order_by("pk").values_list("pk", flat=True)[:BATCH])
    if not ids:
        return None
    _recompute(review, ids)
    return ids[-1]


def _recompute(review: Review, ids: list[int]) -> None:
    stages = stages_of(review)
    movement = Movement(review, stages)
    for name in (StageName.TITLE_ABSTRACT, StageName.FULL_TEXT):
        movement.sync(stages[name], ids)
    first = stages[StageName.TITLE_ABSTRACT]
    _open(movement, first, list(_unopened(first).filter(pk__in=ids).values_list("pk", flat=True)))
    if movement.has_moved:
        movement.write()
        movement.tell()
