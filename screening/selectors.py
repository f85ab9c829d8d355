"""The only door to votes: what a person may see of screening, and when.

A vote opens to others once the report is settled. Before that it is its voter's alone, with two exceptions in
a conflict: an adjudicator who has judged blind sees the votes judged, and voters who settle by consensus see
each other's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery, Sum

from reviews.access import Member, Right
from reviews.models import AdjudicationRule, ExclusionReason, Report, Review, User
from screening import merged, rules
from screening.models import (
    Adjudication,
    AdjudicationKind,
    Attachment,
    Decision,
    Retrieval,
    ReviewerCursor,
    ScreeningOutcome,
    ScreeningState,
    Stage,
    StageCount,
    StageName,
    Verdict,
)
from screening.reading import COUNTED, heads, read, settlement_heads

PAGE = 25
_CHUNK = 1000
SETTLED = (ScreeningOutcome.INCLUDED, ScreeningOutcome.EXCLUDED)
UNDECIDED = (ScreeningOutcome.OPEN, ScreeningOutcome.CONFLICT)


# -- Mine ---------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Progress:
    """How far one person has come; the total does not depend on anybody's votes."""

    voted: int
    total: int


def progress(user: User, stage: Stage) -> Progress:
    """My votes of all reports at this stage, both from counters."""
    voted = ReviewerCursor.objects.filter(stage=stage, reviewer=user).values_list("voted", flat=True).first()
    active = StageCount.objects.filter(stage=stage).exclude(state=ScreeningOutcome.ABSORBED)
    return Progress(voted=voted or 0, total=active.aggregate(n=Sum("n"))["n"] or 0)


def my_last_vote(user: User, stage: Stage) -> Decision | None:
    """The vote that "undo" takes back: my latest, unless it was taken back already."""
    last = (
        Decision.objects.select_related("report", "reason")
        .filter(stage=stage, reviewer=user, round=COUNTED)
        .order_by("-seq", "-pk")
        .first()
    )
    return None if last is None or last.verdict == Verdict.WITHDRAWN else last


def my_votes(user: User, stage: Stage, *, before: int | None = None, limit: int = PAGE) -> list[Decision]:
    """My votes as they stand, newest first, before the given id."""
    later = Decision.objects.filter(supersedes=OuterRef("pk")).values("pk")[:1]
    mine = (
        Decision.objects.annotate(later=Subquery(later))
        .filter(stage=stage, reviewer=user, round=COUNTED, later__isnull=True)
        .exclude(verdict=Verdict.WITHDRAWN)
        .select_related("report", "reason")
        .order_by("-pk")
    )
    return list(mine.filter(pk__lt=before)[:limit] if before else mine[:limit])


def my_vote_on(user: User, stage: Stage, report: Report) -> Decision | None:
    """My own vote on the report or on one merged with it."""
    return (
        heads(stage, merged.members([report.pk]))
        .filter(reviewer=user)
        .exclude(verdict=Verdict.WITHDRAWN)
        .select_related("reason")
        .last()
    )


# -- Conflicts ----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class SeenVote:
    """One vote that is open to the person who asks."""

    voter: str
    verdict: str
    reason: str
    note: str
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """A conflict as one person may see it. `votes` is empty until they have judged it themselves."""

    state: ScreeningState
    why: str
    must_judge: bool
    votes: tuple[SeenVote, ...]
    judged: Adjudication | None
    proposal: Adjudication | None


def conflicts(member: Member, stage: Stage, *, after: int = 0, limit: int = PAGE) -> list[ScreeningState]:
    """Conflicts that this person may settle, by the id of their state; never those that others settle."""
    rule = member.review.adjudication
    if not member.may(Right.MANAGE if rule == AdjudicationRule.LEAD else Right.SCREEN):
        return []
    found: list[ScreeningState] = []
    while len(found) < limit:
        batch = list(
            ScreeningState.objects.select_related("report")
            .filter(stage=stage, state=ScreeningOutcome.CONFLICT, pk__gt=after)
            .order_by("pk")[: 2 * limit]
        )
        if not batch:
            break
        voted = _voted_by(member.user, stage, [state.report_id for state in batch])
        found += [state for state in batch if _may_settle(rule, state.report_id in voted)]
        after = batch[-1].pk
    return found[:limit]


def _voted_by(user: User, stage: Stage, report_ids: Iterable[int]) -> set[int]:
    belongs = merged.members(report_ids)
    mine = heads(stage, belongs).filter(reviewer=user).exclude(verdict=Verdict.WITHDRAWN)
    return {belongs[pk] for pk in mine.values_list("report_id", flat=True)}


def _may_settle(rule: str, has_voted: bool) -> bool:
    if rule == AdjudicationRule.THIRD:
        return not has_voted
    return has_voted if rule == AdjudicationRule.CONSENSUS else True


def conflict(member: Member, stage: Stage, report_id: int) -> Conflict | None:
    """One conflict, with its votes where they are open to this person; None where it is not theirs."""
    state = (
        ScreeningState.objects.select_related("report")
        .filter(stage=stage, report_id=report_id, state=ScreeningOutcome.CONFLICT)
        .first()
    )
    rule = member.review.adjudication
    right = Right.MANAGE if rule == AdjudicationRule.LEAD else Right.SCREEN
    if state is None or not member.may(right):
        return None
    facts = read(stage, [report_id])
    has_voted = member.user.pk in facts.outcome(report_id, stage).voters
    if not _may_settle(rule, has_voted):
        return None
    ids = sorted(vote.id for vote in facts.votes[report_id])
    judged = _judged(member.user, stage, report_id, ids)
    is_open = has_voted or judged is not None
    return Conflict(
        state=state,
        why=facts.outcome(report_id, stage).why.value if is_open else "",
        must_judge=not is_open,
        votes=_seen(member.user, ids) if is_open else (),
        judged=judged,
        proposal=_proposal(stage, report_id, ids) if is_open else None,
    )


def _judged(user: User, stage: Stage, report_id: int, over: list[int]) -> Adjudication | None:
    """This person's own judgement of just these votes."""
    own = Adjudication.objects.filter(stage=stage, report_id=report_id, adjudicator=user)
    return next((one for one in own.select_related("reason").order_by("-pk") if one.over == over), None)


def _proposal(stage: Stage, report_id: int, over: list[int]) -> Adjudication | None:
    """What a voter proposed for these votes, and not all have agreed to yet."""
    head = settlement_heads(stage, [report_id]).select_related("adjudicator", "reason").first()
    if head is None or head.kind != AdjudicationKind.CONSENSUS or head.over != over or not head.agreed_by:
        return None
    return head


def _seen(user: User, ids: Iterable[int]) -> tuple[SeenVote, ...]:
    votes = Decision.objects.filter(pk__in=list(ids)).select_related("reviewer", "reason").order_by("pk")
    return tuple(
        SeenVote(
            voter=str(vote.reviewer),
            verdict=vote.verdict,
            reason=vote.reason.label if vote.reason else "",
            note=vote.note,
            is_mine=vote.reviewer_id == user.pk,
        )
        for vote in votes
    )


def nobody_can_settle(review: Review, screeners: int, stage: Stage) -> bool:
    """Whether a third person is asked for where the team has nobody left to be one."""
    return review.adjudication == AdjudicationRule.THIRD and screeners <= stage.votes_required


# -- Settled: open to every member --------------------------------------------------------------------
def listed(
    stage: Stage,
    states: Iterable[str],
    *,
    reason: int | None = None,
    retrieval: str | None = None,
    after: int = 0,
    limit: int = PAGE,
) -> list[ScreeningState]:
    """Reports in these states, paged by the id of their state; never with votes."""
    found = standing_at(stage, states, reason=reason, retrieval=retrieval).filter(pk__gt=after)
    return list(found.select_related("report", "reason").order_by("pk")[:limit])


def standing_at(
    stage: Stage, states: Iterable[str], *, reason: int | None = None, retrieval: str | None = None
) -> QuerySet[ScreeningState]:
    """The states of the reports that stand so."""
    found = ScreeningState.objects.filter(stage=stage, state__in=list(states))
    if reason is not None:
        found = found.filter(reason_id=reason)
    return found if retrieval is None else found.filter(retrieval=retrieval)


def attachments_of(report_ids: Iterable[int]) -> dict[int, Attachment]:
    """The newest file of each report, also where it came with one that was merged into it."""
    belongs = merged.members(report_ids)
    files = Attachment.objects.filter(report_id__in=list(belongs)).order_by("pk")
    return {belongs[file.report_id]: file for file in files}


def retrieval_notes(report_ids: Iterable[int]) -> dict[int, Retrieval]:
    """The last step of each report towards its full text."""
    belongs = merged.members(report_ids)
    steps = Retrieval.objects.filter(report_id__in=list(belongs)).select_related("by").order_by("pk")
    return {belongs[step.report_id]: step for step in steps}


@dataclass(frozen=True, slots=True)
class FullTextOutcome:
    """Where one report stands at full text, for the apps above."""

    report_id: int
    state: str
    reason_id: int | None
    reason_scope: str
    retrieval: str


def full_text_outcomes(review: Review, *, reports: Iterable[int] | None = None) -> list[FullTextOutcome]:
    """All reports at full text (or those given), merged ones only under the report that stands for them."""
    states = ScreeningState.objects.filter(review=review, stage__name=StageName.FULL_TEXT).exclude(
        state=ScreeningOutcome.ABSORBED
    )
    if reports is not None:
        states = states.filter(report_id__in=list(reports))
    rows = states.order_by("pk").values_list("report_id", "state", "reason_id", "reason__scope", "retrieval")
    return [
        FullTextOutcome(report_id, state, reason_id, scope or "", retrieval)
        for report_id, state, reason_id, scope, retrieval in rows
    ]


# -- Votes for export ---------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class VoteRow:
    """One vote, as the person who exports may see it."""

    id: int
    report_id: int
    title: str
    stage: str
    is_practice: bool
    voter: str
    verdict: str
    reason: str
    note: str
    seconds: int | None
    seq: int
    recorded_at: datetime
    supersedes: int | None


def votes_for_export(member: Member) -> Iterator[VoteRow]:
    """My own votes, and everybody's on reports that are settled; replaced votes too, oldest first."""
    after = 0
    while chunk := list(_chunk(member.review, after)):
        after = chunk[-1].pk
        settled = _settled(chunk)
        for vote in chunk:
            is_open = vote.round == COUNTED and (vote.stage_id, vote.report_id) in settled
            if vote.reviewer_id == member.user.pk or is_open:
                yield _row(vote)


def votes_on(member: Member, report_ids: Iterable[int]) -> list[VoteRow]:
    """My own votes on some reports, and everybody's where they are settled; replaced votes too."""
    votes = list(
        Decision.objects.select_related("report", "stage", "reviewer", "reason")
        .filter(stage__review=member.review, report_id__in=list(report_ids))
        .order_by("pk")
    )
    settled = _settled(votes)
    return [
        _row(vote)
        for vote in votes
        if vote.reviewer_id == member.user.pk
        or (vote.round == COUNTED and (vote.stage_id, vote.report_id) in settled)
    ]


def _chunk(review: Review, after: int) -> QuerySet[Decision]:
    return (
        Decision.objects.select_related("report", "stage", "reviewer", "reason")
        .filter(stage__review=review, pk__gt=after)
        .order_by("pk")[:_CHUNK]
    )


def _settled(votes: Iterable[Decision]) -> set[tuple[int, int]]:
    """Stage and report of the votes whose report, or the one that it was merged into, is settled."""
    stands_for = {vote.report_id: merged.canonical_of(vote.report).pk for vote in votes}
    states = ScreeningState.objects.filter(report_id__in=set(stands_for.values()), state__in=SETTLED)
    settled = set(states.values_list("stage_id", "report_id"))
    return {
        (vote.stage_id, vote.report_id)
        for vote in votes
        if (vote.stage_id, stands_for[vote.report_id]) in settled
    }


def _row(vote: Decision) -> VoteRow:
    return VoteRow(
        id=vote.pk,
        report_id=vote.report_id,
        title=vote.report.title,
        stage=vote.stage.name,
        is_practice=vote.round != COUNTED,
        voter=str(vote.reviewer),
        verdict=vote.verdict,
        reason=vote.reason.label if vote.reason else "",
        note=vote.note,
        seconds=vote.seconds,
        seq=vote.seq,
        recorded_at=vote.recorded_at,
        supersedes=vote.supersedes_id,
    )


def agreement(stage: Stage) -> rules.Agreement:
    """Agreement of the first two voters on settled reports, include and maybe taken as one."""
    pairs: list[tuple[str, str]] = []
    after = 0
    settled = ScreeningState.objects.filter(stage=stage, state__in=SETTLED, votes__gte=2)
    while batch := list(settled.filter(pk__gt=after).order_by("pk").values_list("pk", "report_id")[:_CHUNK]):
        after = batch[-1][0]
        facts = read(stage, [report_id for _, report_id in batch])
        pairs += [_pair(facts.votes[report_id]) for _, report_id in batch]
    return rules.agreement(pairs)


def _pair(votes: Iterable[rules.Vote]) -> tuple[str, str]:
    # Who voted first is chance; ordered by person, the two columns are as stable as a team of two.
    by_person = {vote.reviewer: vote for vote in votes}
    first, second = (by_person[person] for person in sorted(by_person)[:2])
    return _goes_on(first), _goes_on(second)


def _goes_on(vote: rules.Vote) -> str:
    return "exclude" if vote.verdict is rules.Verdict.EXCLUDE else "include"


def reasons_of(review: Review) -> list[ExclusionReason]:
    """The protocol's exclusion reasons in their order."""
    return list(ExclusionReason.objects.filter(protocol__review=review, retired_at__isnull=True))
