"""Hand out the next reports to read: a cursor over the open states, and claims.

What needs a vote (again) is always placed at the end of the order, so a cursor never has to go back: it moves
over the run of reports that its owner is done with, and the rows read do not grow with one's own votes.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from reviews.access import Right, require
from reviews.models import Report, User
from reviews.selectors.counted import counts
from screening import merged
from screening.models import (
    Claim,
    Decision,
    RetrievalState,
    ReviewerCursor,
    ScreeningOutcome,
    ScreeningState,
    Stage,
    StageName,
    Verdict,
)
from screening.reading import COUNTED, PRACTICE, heads

CLAIM = timedelta(minutes=15)  # longer than the reading of an abstract; what nobody voted on returns
_WINDOW = 25  # reports looked at in one query


@transaction.atomic
def take_next(
    *, by: User, stage: Stage, limit: int = 2, holding: Collection[int] = ()
) -> list[ScreeningState]:
    """Claim the next reports for this person; `holding` are ids of reports already on the page."""
    require(by, stage.review, Right.SCREEN)
    cursor, _ = ReviewerCursor.objects.get_or_create(stage=stage, reviewer=by)
    taken: list[ScreeningState] = []
    position = cursor.position
    is_run = True  # no report that still waits for this person lies before `position`
    while len(taken) < limit:
        window = _window(stage, position)
        done = _done_by(by, stage, window)
        claimed = _claimed_out(by, stage, window)
        for state in window:
            if state.report_id in done or _waits_for_text(stage, state):
                if is_run:
                    cursor.position = state.order_key
                continue
            is_run = False
            if state.pk not in claimed and state.report_id not in holding and len(taken) < limit:
                taken.append(state)
        if len(window) < _WINDOW:
            break
        position = window[-1].order_key
    ReviewerCursor.objects.filter(pk=cursor.pk, position__lt=cursor.position).update(position=cursor.position)
    _claim(by, taken)
    return taken


def _window(stage: Stage, position: int) -> list[ScreeningState]:
    return list(
        ScreeningState.objects.select_related("report")
        .filter(stage=stage, state=ScreeningOutcome.OPEN, order_key__gt=position)
        .order_by("order_key", "pk")[:_WINDOW]
    )


def _waits_for_text(stage: Stage, state: ScreeningState) -> bool:
    # It is placed at the end of the order when its text arrives, so the cursor may pass it.
    return stage.name == StageName.FULL_TEXT and state.retrieval != RetrievalState.RETRIEVED


def _done_by(by: User, stage: Stage, window: Sequence[ScreeningState]) -> set[int]:
    """Reports of the window on which this person's vote stands, cast on any report of the merged set."""
    belongs = merged.members([state.report_id for state in window])
    mine = heads(stage, belongs, COUNTED).filter(reviewer=by).exclude(verdict=Verdict.WITHDRAWN)
    return {belongs[pk] for pk in mine.values_list("report_id", flat=True)}


def _claimed_out(by: User, stage: Stage, window: Sequence[ScreeningState]) -> set[int]:
    """States that enough other people are reading to make up the votes that are missing."""
    others = (
        Claim.objects.filter(state__in=[state.pk for state in window], until__gt=timezone.now())
        .exclude(reviewer=by)
        .values_list("state_id")
        .annotate(n=Count("pk"))
    )
    held = dict(others)
    return {state.pk for state in window if state.votes + held.get(state.pk, 0) >= stage.votes_required}


def _claim(by: User, states: Iterable[ScreeningState]) -> None:
    until = timezone.now() + CLAIM
    Claim.objects.bulk_create(
        [Claim(state=state, reviewer=by, until=until) for state in states],
        update_conflicts=True,
        update_fields=["until"],
        unique_fields=["state", "reviewer"],
    )


def hold(*, by: User, state: ScreeningState) -> None:
    """Keep a report for this person a while longer: it stands on their page now."""
    _claim(by, [state])


def next_practice(*, by: User, stage: Stage, limit: int = 2, holding: Collection[int] = ()) -> list[Report]:
    """Before screening starts: reports that this person has not practised on, oldest first."""
    practised = Decision.objects.filter(
        stage=stage, round=PRACTICE, reviewer=by, report=OuterRef("pk"), supersedes__isnull=True
    )
    waiting = Report.objects.filter(
        counts(), ~Exists(practised), review=stage.review_id, canonical__isnull=True
    )
    return list(waiting.exclude(pk__in=list(holding)).order_by("pk")[:limit])
