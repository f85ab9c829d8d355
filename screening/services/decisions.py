"""Votes: cast, changed, withdrawn. One transaction for the vote, its state, the counts and the event."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from reviews import audit, sequence
from reviews.access import Right, require
from reviews.errors import InvalidInput
from reviews.models import AdjudicationRule, ExclusionReason, Report, Review, User
from screening import merged, rules
from screening.errors import (
    AlreadyVoted,
    NotOpen,
    NotRetrieved,
    NoVote,
    ReasonMissing,
    ScreeningHasStarted,
    ScreeningNotStarted,
    VoteStands,
)
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
from screening.reading import COUNTED, PRACTICE, Reading, heads, read, settlement_heads, vote_of
from screening.services.projection import Movement, lock
from screening.services.stages import stages_of

_LONGEST_SECONDS = 4 * 60 * 60  # a page left open over lunch says nothing of reading time
_CASTABLE = frozenset({Verdict.INCLUDE, Verdict.MAYBE, Verdict.EXCLUDE})


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a reviewer says of a report."""

    verdict: str
    reason: ExclusionReason | None = None
    note: str = ""
    seconds: int | None = None


@dataclass(slots=True)
class _Place:
    """A locked state with all that the act needs."""

    review: Review
    stage: Stage
    report: Report
    shown: list[int]
    state: ScreeningState
    movement: Movement
    reading: Reading
    mine: list[rules.Vote]


def refuse_ballot(*, review: Review, stage: str, ballot: Ballot) -> None:
    """Refuse unknown verdicts, reasons of another review, and full-text exclusions without a reason."""
    if ballot.verdict not in _CASTABLE:
        raise InvalidInput(
            "“{verdict}” is no verdict: expected include, maybe or exclude.", verdict=ballot.verdict
        )
    if ballot.reason is not None:
        if ballot.verdict != Verdict.EXCLUDE:
            raise InvalidInput("Only an exclusion has a reason.")
        if ballot.reason.protocol_id != review.protocol.pk or ballot.reason.retired_at is not None:
            raise InvalidInput("This reason is not on the protocol's list.")
    elif stage == StageName.FULL_TEXT and ballot.verdict == Verdict.EXCLUDE:
        raise ReasonMissing


def _enter(*, by: User, report: Report, stage: str) -> _Place:
    """Check the right, lock the state of the merged set, and read the facts."""
    review = report.review
    require(by, review, Right.SCREEN)
    if review.screening_started_at is None:
        raise ScreeningNotStarted
    stages = stages_of(review)
    here = stages[StageName(stage)]
    standing_for = merged.canonical_of(report)
    state = lock(here, [standing_for.pk]).get(standing_for.pk)
    if state is None or state.state == ScreeningOutcome.ABSORBED:
        raise NotOpen
    reading = read(here, [standing_for.pk])
    members = merged.members([report.pk])
    return _Place(
        review=review,
        stage=here,
        report=standing_for,
        shown=sorted(members),
        state=state,
        movement=Movement(review, stages),
        reading=reading,
        mine=[vote for vote in reading.votes[standing_for.pk] if vote.reviewer == by.pk],
    )


@transaction.atomic
def submit(
    *,
    by: User,
    report: Report,
    stage: str,
    verdict: str,
    reason: ExclusionReason | None = None,
    note: str = "",
    seconds: int | None = None,
) -> ScreeningState:
    """Cast a vote; emits screening.state_changed where it moves the state.

    Refuses: screening not started, a second vote by the same person, a report that needs no vote, a full text
    that was not retrieved, a full-text exclusion without a reason.
    """
    ballot = Ballot(verdict=verdict, reason=reason, note=note, seconds=seconds)
    refuse_ballot(review=report.review, stage=stage, ballot=ballot)
    place = _enter(by=by, report=report, stage=stage)
    if place.mine:
        raise AlreadyVoted
    if place.state.state != ScreeningOutcome.OPEN:
        raise NotOpen
    if stage == StageName.FULL_TEXT and place.state.retrieval != RetrievalState.RETRIEVED:
        raise NotRetrieved
    # Whoever withdrew a vote here goes on with the same chain.
    before = heads(place.stage, [place.report.pk]).filter(reviewer=by).first()
    _cast(place, by=by, ballot=ballot, before=before, report=place.report)
    return place.state


@transaction.atomic
def change(
    *,
    by: User,
    report: Report,
    stage: str,
    verdict: str,
    reason: ExclusionReason | None = None,
    note: str = "",
    seconds: int | None = None,
) -> ScreeningState:
    """Change one's mind: a new vote that supersedes the old. Refuses votes that are part of a conflict."""
    ballot = Ballot(verdict=verdict, reason=reason, note=note, seconds=seconds)
    refuse_ballot(review=report.review, stage=stage, ballot=ballot)
    place = _enter(by=by, report=report, stage=stage)
    _refuse_standing(place, by=by)
    for before in _own_heads(place, by):
        _cast(place, by=by, ballot=ballot, before=before, report=before.report)
    return place.state


@transaction.atomic
def withdraw(*, by: User, report: Report, stage: str) -> ScreeningState:
    """Take one's vote back: the report returns to the queue. Refuses votes that are part of a conflict."""
    place = _enter(by=by, report=report, stage=stage)
    _refuse_standing(place, by=by)
    for before in _own_heads(place, by):
        _cast(place, by=by, ballot=Ballot(verdict=Verdict.WITHDRAWN), before=before, report=before.report)
    return place.state


def _own_heads(place: _Place, by: User) -> list[Decision]:
    """One's standing votes on the merged set: all of them are changed together."""
    ids = [vote.id for vote in place.mine]
    return list(Decision.objects.filter(pk__in=ids, reviewer=by).select_related("report").order_by("pk"))


def _refuse_standing(place: _Place, *, by: User) -> None:
    """A vote in an open or agreed report may change; one that others are judging may not.

    The exception is the vote cast last: a slip of the finger is taken back at once, unless the conflict
    that it made has been judged, or shows the votes to the voters.
    """
    if not place.mine:
        raise NoVote
    judged = settlement_heads(place.stage, merged.members([place.report.pk])).exists()
    if place.state.state != ScreeningOutcome.CONFLICT and not judged:
        return
    last = (
        Decision.objects.filter(stage=place.stage, reviewer=by, round=COUNTED).order_by("-seq", "-pk").first()
    )
    is_last = last is not None and last.pk in {vote.id for vote in place.mine}
    if judged or not is_last or place.review.adjudication == AdjudicationRule.CONSENSUS:
        raise VoteStands


def _cast(place: _Place, *, by: User, ballot: Ballot, before: Decision | None, report: Report) -> None:
    """Move the state as the vote will have it, then write the vote: the counter is taken last."""
    votes = place.reading.votes[place.report.pk]
    votes[:] = [vote for vote in votes if before is None or vote.id != before.pk]
    stood = before is not None and before.verdict != Verdict.WITHDRAWN
    stands = ballot.verdict != Verdict.WITHDRAWN
    if stands:
        votes.append(
            rules.Vote(
                id=-1,  # its own number does not exist yet, and no settlement can speak of it
                reviewer=by.pk,
                report=report.pk,
                verdict=rules.Verdict(ballot.verdict),
                reason=ballot.reason.pk if ballot.reason else None,
            )
        )
    place.movement.move(place.stage, [place.state], place.reading)
    _count(place.stage, by=by, delta=int(stands) - int(stood))
    seq = place.movement.write()
    decision = _insert(
        by=by,
        stage=place.stage,
        report=report,
        ballot=ballot,
        round_=COUNTED,
        before=before,
        shown=place.shown,
        seq=seq,
    )
    votes[:] = [vote_of(decision) if vote.id == -1 else vote for vote in votes]
    verb = "vote.cast" if before is None else "vote.changed" if stands else "vote.withdrawn"
    audit.record(by=by, verb=verb, target=decision, review_id=place.review.pk, seq=seq)
    place.movement.tell()
    place.movement = Movement(place.review, place.movement.stages)
    Claim.objects.filter(state=place.state, reviewer=by).delete()


def _insert(
    *,
    by: User,
    stage: Stage,
    report: Report,
    ballot: Ballot,
    round_: int,
    before: Decision | None,
    shown: list[int],
    seq: int,
) -> Decision:
    seconds = None if ballot.seconds is None else max(0, min(ballot.seconds, _LONGEST_SECONDS))
    return Decision.objects.create(
        report=report,
        stage=stage,
        round=round_,
        reviewer=by,
        verdict=ballot.verdict,
        reason=ballot.reason,
        note=ballot.note.strip(),
        seconds=seconds,
        shown=shown,
        rule_version=stage.rule_version,
        supersedes=before,
        seq=seq,
    )


def _count(stage: Stage, *, by: User, delta: int) -> None:
    cursor = ReviewerCursor.objects.filter(stage=stage, reviewer=by)
    if not cursor.exists():
        # One person may cast their first two votes at once; only one of them writes the row.
        ReviewerCursor.objects.get_or_create(stage=stage, reviewer=by)
    cursor.update(voted=F("voted") + delta)


@transaction.atomic
def practise(
    *,
    by: User,
    report: Report,
    stage: str,
    verdict: str,
    reason: ExclusionReason | None = None,
    note: str = "",
    seconds: int | None = None,
) -> Decision:
    """Cast a practice vote before screening starts; it is kept, and never counts. A second one supersedes."""
    review = Review.objects.select_for_update(no_key=True, of=("self",)).get(pk=report.review_id)
    require(by, review, Right.SCREEN)
    if review.screening_started_at is not None:
        raise ScreeningHasStarted
    ballot = Ballot(verdict=verdict, reason=reason, note=note, seconds=seconds)
    refuse_ballot(review=review, stage=stage, ballot=ballot)
    here = stages_of(review)[StageName(stage)]
    before = heads(here, [report.pk], PRACTICE).filter(reviewer=by).first()
    seq = sequence.take(review.pk)
    decision = _insert(
        by=by,
        stage=here,
        report=report,
        ballot=ballot,
        round_=PRACTICE,
        before=before,
        shown=[report.pk],
        seq=seq,
    )
    audit.record(by=by, verb="vote.practised", target=decision, review_id=review.pk, seq=seq)
    return decision
