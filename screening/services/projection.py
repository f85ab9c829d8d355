"""From the facts to the states: the one path by which a ScreeningState changes.

A caller locks the states that it moves (`lock`), reads the facts (`reading.read`), adds the fact that it is
about to write, moves (`Movement.move`), and then, last, takes the sequence number (`Movement.write`). Locks
are always taken in the order states of title/abstract, states of full text, counts, sequence.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from django.db.models import F
from django.utils import timezone

from reviews import events, sequence
from reviews.models import Review
from screening.models import (
    Retrieval,
    RetrievalKind,
    RetrievalState,
    ScreeningOutcome,
    ScreeningState,
    Stage,
    StageCount,
    StageName,
)
from screening.reading import Reading, Standing, read


def lock(stage: Stage, report_ids: Iterable[int]) -> dict[int, ScreeningState]:
    """Lock the states of these reports in the order of their ids; a report without one is left out."""
    states = (
        ScreeningState.objects.select_for_update(no_key=True, of=("self",))
        .filter(stage=stage, report_id__in=list(report_ids))
        .order_by("report_id")
    )
    return {state.report_id: state for state in states}


class Movement:
    """The states that one act moves, with what follows from it: counts, full texts, order, events."""

    def __init__(self, review: Review, stages: Mapping[StageName, Stage]) -> None:
        self.review = review
        self.stages = stages
        self._deltas: Counter[tuple[int, str]] = Counter()
        self._changed: dict[tuple[int, int], None] = {}
        self._to_end: list[int] = []
        self._to_open: list[tuple[Stage, int, Standing]] = []
        self._want: list[int] = []

    @property
    def has_moved(self) -> bool:
        return bool(self._changed or self._to_open or self._to_end)

    def sync(self, stage: Stage, report_ids: Iterable[int]) -> None:
        """Lock, read and move: for acts that change other facts than the votes of this stage."""
        ids = list(report_ids)
        states = lock(stage, ids)
        self.move(stage, states.values(), read(stage, states))

    def move(self, stage: Stage, states: Iterable[ScreeningState], reading: Reading) -> None:
        """Bring locked states to what the facts say; full texts follow their title/abstract."""
        follow = []
        for state in states:
            was = state.state
            self._move_one(state, reading.standing(state.report_id, stage))
            if was != state.state and ScreeningOutcome.INCLUDED in {was, state.state}:
                follow.append(state.report_id)
        if follow and stage.name == StageName.TITLE_ABSTRACT:
            self._follow(follow)

    def _move_one(self, state: ScreeningState, then: Standing) -> None:
        was, was_reason = ScreeningOutcome(state.state), state.reason_id
        # What others have passed must come after their cursors when it needs a vote (again).
        returns = then.state == ScreeningOutcome.OPEN and (
            was != ScreeningOutcome.OPEN
            or then.votes < state.votes
            or (then.retrieval != state.retrieval and then.retrieval == RetrievalState.RETRIEVED)
        )
        if returns:
            self._to_end.append(state.pk)
        if Standing(was, was_reason, state.votes, state.retrieval) == then:
            return
        state.state, state.reason_id = then.state, then.reason_id
        state.votes, state.retrieval = then.votes, then.retrieval
        if was != then.state or was_reason != then.reason_id:
            state.changed_at = timezone.now()
            self._changed[state.stage_id, state.report_id] = None
        state.save(update_fields=["state", "reason", "votes", "retrieval", "changed_at"])
        if was != then.state:
            self._deltas[state.stage_id, was] -= 1
            self._deltas[state.stage_id, then.state] += 1

    def _follow(self, report_ids: list[int]) -> None:
        stage = self.stages[StageName.FULL_TEXT]
        states = lock(stage, report_ids)
        reading = read(stage, report_ids)
        self.move(stage, states.values(), reading)
        for report_id in report_ids:
            if report_id in reading.inactive:
                continue
            if report_id not in reading.retrievals:
                self._want.append(report_id)
            if report_id not in states:
                self.open(stage, report_id, reading.standing(report_id, stage))
        missing = [states[pk].pk for pk in self._want if pk in states]
        ScreeningState.objects.filter(pk__in=missing).update(retrieval=RetrievalState.WANTED)

    def open(self, stage: Stage, report_id: int, standing: Standing) -> None:
        """A report enters a stage; its row is written with its place in the order."""
        self._to_open.append((stage, report_id, standing))
        self._deltas[stage.pk, standing.state] += 1
        self._changed[stage.pk, report_id] = None

    def send_to_end(self, state: ScreeningState) -> None:
        """The state needs somebody's vote again: place it after every cursor."""
        if state.pk not in self._to_end:
            self._to_end.append(state.pk)

    def write(self) -> int:
        """Write counts, take the numbers, place what is open; returns the act's own number."""
        for (stage_id, state), delta in sorted(self._deltas.items()):
            if delta:
                StageCount.objects.filter(stage_id=stage_id, state=state).update(n=F("n") + delta)
        places = len(self._to_open) + len(self._to_end)
        seq = sequence.take(self.review.pk, places + 1)
        # The counter is the order: it only grows, so that what is placed now lies behind every cursor.
        keys = iter(range(seq - places, seq))
        for pk in self._to_end:
            ScreeningState.objects.filter(pk=pk).update(order_key=next(keys))
        wanted = set(self._want)
        ScreeningState.objects.bulk_create(
            ScreeningState(
                review=self.review,
                stage=stage,
                report_id=report_id,
                state=standing.state,
                reason_id=standing.reason_id,
                votes=standing.votes,
                retrieval=RetrievalState.WANTED if report_id in wanted else standing.retrieval,
                order_key=next(keys),
            )
            for stage, report_id, standing in self._to_open
        )
        Retrieval.objects.bulk_create(
            Retrieval(report_id=report_id, kind=RetrievalKind.WANTED, by=None, seq=seq)
            for report_id in self._want
        )
        return seq

    def tell(self) -> None:
        """Emit screening.state_changed for each report whose state or reason changed."""
        for stage_id, report_id in self._changed:
            events.emit("screening.state_changed", review_id=self.review.pk, report=report_id, stage=stage_id)
