"""Conflicts: judged blind, then settled, by whom the review says."""

from dataclasses import dataclass

from django.db import transaction

from reviews import audit
from reviews.access import Right, require
from reviews.errors import InvalidInput
from reviews.models import AdjudicationRule, ExclusionReason, Report, Review, User
from screening import merged, rules
from screening.errors import MayNotSettle, NotInConflict
from screening.models import (
    Adjudication,
    AdjudicationKind,
    ScreeningOutcome,
    ScreeningState,
    Stage,
    StageName,
    Verdict,
)
from screening.reading import Reading, read, settlement_of
from screening.services.decisions import Ballot, refuse_ballot
from screening.services.projection import Movement, lock
from screening.services.stages import stages_of

_KIND_OF = {
    AdjudicationRule.THIRD: AdjudicationKind.THIRD,
    AdjudicationRule.LEAD: AdjudicationKind.LEAD,
    AdjudicationRule.CONSENSUS: AdjudicationKind.CONSENSUS,
}


@dataclass(slots=True)
class _Conflict:
    """A locked conflict, or one that was settled and may be settled anew."""

    review: Review
    stage: Stage
    report: Report
    kind: AdjudicationKind
    state: ScreeningState
    reading: Reading
    movement: Movement
    head: Adjudication | None

    @property
    def over(self) -> list[int]:
        return sorted(vote.id for vote in self.reading.votes[self.report.pk])


def _enter(*, by: User, report: Report, stage: str) -> _Conflict:
    """Lock and check: the report is in conflict or was settled, and this person may settle it."""
    review = Review.objects.select_related("protocol").get(pk=report.review_id)
    kind = _KIND_OF[AdjudicationRule(review.adjudication)]
    require(by, review, Right.MANAGE if kind == AdjudicationKind.LEAD else Right.SCREEN)
    stages = stages_of(review)
    here = stages[StageName(stage)]
    report = merged.canonical_of(report)
    state = lock(here, [report.pk]).get(report.pk)
    if state is None or state.state == ScreeningOutcome.ABSORBED:
        raise NotInConflict
    reading = read(here, [report.pk])
    result = reading.outcome(report.pk, here)
    if result.state is not rules.State.CONFLICT and result.why is not rules.Why.SETTLED:
        raise NotInConflict
    has_voted = by.pk in result.voters
    if has_voted if kind == AdjudicationKind.THIRD else not has_voted and kind == AdjudicationKind.CONSENSUS:
        raise MayNotSettle
    head = Adjudication.objects.filter(report=report, stage=here).order_by("-pk").first()
    return _Conflict(review, here, report, kind, state, reading, Movement(review, stages), head)


@transaction.atomic
def judge(
    *,
    by: User,
    report: Report,
    stage: str,
    verdict: str,
    reason: ExclusionReason | None = None,
    note: str = "",
) -> Adjudication:
    """An adjudicator's own verdict before the votes are seen: it settles nothing, and opens the votes.

    Refuses people who voted (their verdict is known) and reports that are not in conflict.
    """
    refuse_ballot(review=report.review, stage=stage, ballot=Ballot(verdict=verdict, reason=reason))
    conflict = _enter(by=by, report=report, stage=stage)
    if by.pk in {vote.reviewer for vote in conflict.reading.votes[conflict.report.pk]}:
        raise MayNotSettle
    if conflict.state.state != ScreeningOutcome.CONFLICT:
        raise NotInConflict
    return _write(conflict, by=by, ballot=Ballot(verdict, reason, note), agreed_by=[], verb="conflict.judged")


@transaction.atomic
def settle(
    *,
    by: User,
    report: Report,
    stage: str,
    verdict: str,
    reason: ExclusionReason | None = None,
    note: str = "",
) -> ScreeningState:
    """Settle a conflict over the votes as they are; emits screening.state_changed.

    By consensus the first voter proposes, and it is settled when all the others have said the same; another
    proposal replaces the first. Refuses voters where a third person settles, outsiders to the vote where the
    voters settle, and reports without a conflict. Settling again replaces the earlier settlement.
    """
    ballot = Ballot(verdict=verdict, reason=reason, note=note)
    refuse_ballot(review=report.review, stage=stage, ballot=ballot)
    if stage == StageName.FULL_TEXT and verdict == Verdict.MAYBE:
        raise InvalidInput("At full text a conflict is settled by include or exclude.")
    conflict = _enter(by=by, report=report, stage=stage)
    agreed_by = {by.pk}
    if conflict.kind == AdjudicationKind.CONSENSUS and _agrees(conflict, ballot):
        assert conflict.head is not None
        agreed_by |= set(conflict.head.agreed_by)
    _write(conflict, by=by, ballot=ballot, agreed_by=sorted(agreed_by), verb="conflict.settled")
    return conflict.state


@transaction.atomic
def reopen(*, by: User, report: Report, stage: str) -> ScreeningState:
    """Undo a settlement: the votes are in conflict again. Refuses what `settle` refuses."""
    conflict = _enter(by=by, report=report, stage=stage)
    if conflict.head is None:
        raise NotInConflict
    ballot = Ballot(conflict.head.verdict, conflict.head.reason, "")
    _write(conflict, by=by, ballot=ballot, agreed_by=[], verb="conflict.reopened")
    return conflict.state


def _agrees(conflict: _Conflict, ballot: Ballot) -> bool:
    head = conflict.head
    return (
        head is not None
        and head.kind == AdjudicationKind.CONSENSUS
        and head.verdict == ballot.verdict
        and head.reason_id == (ballot.reason.pk if ballot.reason else None)
        and head.over == conflict.over
    )


def _write(conflict: _Conflict, *, by: User, ballot: Ballot, agreed_by: list[int], verb: str) -> Adjudication:
    adjudication = Adjudication(
        report=conflict.report,
        stage=conflict.stage,
        adjudicator=by,
        kind=conflict.kind,
        verdict=ballot.verdict,
        reason=ballot.reason,
        note=ballot.note.strip(),
        over=conflict.over,
        agreed_by=agreed_by,
        supersedes=conflict.head,
    )
    settlements = conflict.reading.settlements[conflict.report.pk]
    if conflict.head is not None:
        replaced = settlement_of(conflict.head)
        settlements[:] = [one for one in settlements if one != replaced]
    settlements.append(settlement_of(adjudication))
    conflict.movement.move(conflict.stage, [conflict.state], conflict.reading)
    adjudication.seq = conflict.movement.write()
    adjudication.save(force_insert=True)
    audit.record(by=by, verb=verb, target=adjudication, review_id=conflict.review.pk, seq=adjudication.seq)
    conflict.movement.tell()
    return adjudication
