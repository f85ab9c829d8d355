"""The rule that turns the votes on one report, or on a set of merged reports, into a state."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from screening.rules.votes import Kind, Settlement, StageKind, State, Verdict, Vote, Why

# One person's word: verdict and, at full text, reason.
Ballot = tuple[Verdict, int | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the votes add up to.

    Parameters
    ----------
    state : State
    why : Why
    reason : int or None
        The agreed exclusion reason, at full text only.
    voters : tuple of int
        Everyone whose vote counts, ascending.
    """

    state: State
    why: Why
    reason: int | None = None
    voters: tuple[int, ...] = ()


def outcome(
    votes: Sequence[Vote],
    *,
    votes_required: int,
    stage: StageKind,
    settlements: Sequence[Settlement] = (),
) -> Outcome:
    """Return the state that votes and settlements lead to.

    Parameters
    ----------
    votes : sequence of Vote
        The last word of each reviewer on each report of the merged set.
    votes_required : int
        How many different people must have voted before anything is settled.
    stage : StageKind
        At title and abstract, include and maybe in any mix go on; at full text maybe settles nothing and two
        exclusions for different reasons are a conflict, because the counts by reason are published.
    settlements : sequence of Settlement
        At most one for each report of the merged set: the head of its chain.

    Returns
    -------
    Outcome

    Raises
    ------
    ValueError
        If `votes_required` is less than one.

    Notes
    -----
    One person's equal votes on merged reports count once; unequal ones are a conflict as soon as enough
    people have voted. A settlement stands only while the votes that it settled say what they said then, all
    who must agree do, and a third person has not turned out to be a voter. Agreement of the voters needs no
    settlement and overrides one that no longer fits.

    Examples
    --------
    >>> a = Vote(1, reviewer=7, report=3, verdict=Verdict.INCLUDE)
    >>> b = Vote(2, reviewer=8, report=3, verdict=Verdict.MAYBE)
    >>> outcome([a, b], votes_required=2, stage=StageKind.TITLE_ABSTRACT).state
    <State.INCLUDED: 'included'>
    """
    if votes_required < 1:
        raise ValueError(f"votes_required={votes_required!r}: expected at least 1")
    voters = tuple(sorted({vote.reviewer for vote in votes}))
    standing = [one for one in settlements if _stands(one, votes, voters, stage)]
    if standing:
        return _settled(standing, stage=stage, voters=voters)
    if len(voters) < votes_required:
        return Outcome(State.OPEN, Why.AWAITING_VOTES, voters=voters)
    ballots = _ballots(votes, stage)
    if len(ballots) > len(voters):
        return Outcome(State.CONFLICT, Why.OWN_VOTES_DIFFER, voters=voters)
    said = {ballot for _, ballot in ballots}
    return _by_stage(said, stage=stage, voters=voters)


def _ballot(verdict: Verdict, reason: int | None, stage: StageKind) -> Ballot:
    counts = stage is StageKind.FULL_TEXT and verdict is Verdict.EXCLUDE
    return verdict, reason if counts else None


def _ballots(votes: Iterable[Vote], stage: StageKind) -> frozenset[tuple[int, Ballot]]:
    """Each person with each different thing that they said."""
    return frozenset((vote.reviewer, _ballot(vote.verdict, vote.reason, stage)) for vote in votes)


def _stands(one: Settlement, votes: Sequence[Vote], voters: Sequence[int], stage: StageKind) -> bool:
    settled = [vote for vote in votes if vote.id in one.over]
    if not settled or len(settled) != len(one.over):
        return False
    if _ballots(settled, stage) != _ballots(votes, stage):
        return False
    if one.kind is Kind.CONSENSUS:
        return one.agreed_by >= set(voters)
    if one.kind is Kind.THIRD and one.adjudicator in voters:
        return False
    return one.adjudicator in one.agreed_by


def _settled(standing: Sequence[Settlement], *, stage: StageKind, voters: tuple[int, ...]) -> Outcome:
    said = {_goes_on(_ballot(one.verdict, one.reason, stage)) for one in standing}
    if len(said) > 1:
        return Outcome(State.CONFLICT, Why.SETTLEMENTS_DIFFER, voters=voters)
    goes_on, reason = said.pop()
    return Outcome(State.INCLUDED if goes_on else State.EXCLUDED, Why.SETTLED, reason, voters)


def _goes_on(ballot: Ballot) -> tuple[bool, int | None]:
    verdict, reason = ballot
    return verdict is not Verdict.EXCLUDE, reason


def _by_stage(said: set[Ballot], *, stage: StageKind, voters: tuple[int, ...]) -> Outcome:
    verdicts = {verdict for verdict, _ in said}
    if verdicts == {Verdict.EXCLUDE}:
        if len(said) > 1:
            return Outcome(State.CONFLICT, Why.REASONS_DIFFER, voters=voters)
        return Outcome(State.EXCLUDED, Why.AGREEMENT, next(iter(said))[1], voters)
    if Verdict.EXCLUDE in verdicts:
        return Outcome(State.CONFLICT, Why.VERDICTS_DIFFER, voters=voters)
    if stage is StageKind.FULL_TEXT and Verdict.MAYBE in verdicts:
        return Outcome(State.CONFLICT, Why.UNDECIDED, voters=voters)
    return Outcome(State.INCLUDED, Why.AGREEMENT, voters=voters)
