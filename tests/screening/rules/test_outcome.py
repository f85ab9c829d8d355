"""The rule, case by case, and what must hold for every set of votes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.rules import Kind, Outcome, Settlement, StageKind, State, Verdict, Vote, Why, outcome

IN, MAYBE, OUT = Verdict.INCLUDE, Verdict.MAYBE, Verdict.EXCLUDE
TITLE, FULL = StageKind.TITLE_ABSTRACT, StageKind.FULL_TEXT


def cast(*said: Verdict | tuple[Verdict, int]) -> list[Vote]:
    """Votes by reviewers 1, 2, ... on report 1."""
    votes = []
    for number, one in enumerate(said, start=1):
        verdict, reason = one if isinstance(one, tuple) else (one, None)
        votes.append(Vote(number, reviewer=number, report=1, verdict=verdict, reason=reason))
    return votes


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ([], State.OPEN),
        ([IN], State.OPEN),
        ([IN, IN], State.INCLUDED),
        ([IN, MAYBE], State.INCLUDED),
        ([MAYBE, MAYBE], State.INCLUDED),
        ([OUT, OUT], State.EXCLUDED),
        ([IN, OUT], State.CONFLICT),
        ([MAYBE, OUT], State.CONFLICT),
    ],
)
def test_title_abstract_with_two_votes(said: list[Verdict], state: State) -> None:
    assert outcome(cast(*said), votes_required=2, stage=TITLE).state is state


def test_title_abstract_ignores_reasons() -> None:
    assert outcome(cast((OUT, 1), (OUT, 2)), votes_required=2, stage=TITLE) == Outcome(
        State.EXCLUDED, Why.AGREEMENT, None, (1, 2)
    )


@pytest.mark.parametrize(
    ("said", "state", "why"),
    [
        ([IN, IN], State.INCLUDED, Why.AGREEMENT),
        ([IN, MAYBE], State.CONFLICT, Why.UNDECIDED),
        ([MAYBE, MAYBE], State.CONFLICT, Why.UNDECIDED),
        ([MAYBE, (OUT, 1)], State.CONFLICT, Why.VERDICTS_DIFFER),
        ([(OUT, 1), (OUT, 1)], State.EXCLUDED, Why.AGREEMENT),
        ([(OUT, 1), (OUT, 2)], State.CONFLICT, Why.REASONS_DIFFER),
    ],
)
def test_full_text_with_two_votes(said: list[Verdict], state: State, why: Why) -> None:
    result = outcome(cast(*said), votes_required=2, stage=FULL)
    assert (result.state, result.why) == (state, why)


def test_full_text_exclusion_carries_the_agreed_reason() -> None:
    assert outcome(cast((OUT, 4), (OUT, 4)), votes_required=2, stage=FULL).reason == 4


def test_a_lone_maybe_at_full_text_settles_nothing() -> None:
    assert outcome(cast(MAYBE), votes_required=1, stage=FULL).state is State.CONFLICT


def test_disagreement_does_not_show_before_all_votes_are_in() -> None:
    assert outcome(cast(IN, OUT), votes_required=3, stage=TITLE).state is State.OPEN


def test_one_persons_equal_votes_on_merged_reports_are_one() -> None:
    votes = [Vote(1, 1, 10, IN), Vote(2, 1, 11, IN)]
    assert outcome(votes, votes_required=2, stage=TITLE).state is State.OPEN


def test_one_persons_unequal_votes_on_merged_reports_conflict() -> None:
    votes = [Vote(1, 1, 10, IN), Vote(2, 1, 11, MAYBE), Vote(3, 2, 10, IN)]
    result = outcome(votes, votes_required=2, stage=TITLE)
    assert (result.state, result.why) == (State.CONFLICT, Why.OWN_VOTES_DIFFER)


def test_reports_settled_differently_conflict_when_merged() -> None:
    votes = [Vote(1, 1, 10, IN), Vote(2, 2, 10, IN), Vote(3, 3, 11, OUT), Vote(4, 4, 11, OUT)]
    assert outcome(votes, votes_required=2, stage=TITLE).state is State.CONFLICT


def third(verdict: Verdict = IN, over: tuple[int, ...] = (1, 2), **changes: object) -> Settlement:
    values: dict[str, object] = {"adjudicator": 9, "kind": Kind.THIRD, "agreed_by": frozenset({9}), **changes}
    return Settlement(verdict=verdict, over=frozenset(over), **values)  # type: ignore[arg-type]  # by name


def test_a_third_person_settles() -> None:
    result = outcome(cast(IN, OUT), votes_required=2, stage=TITLE, settlements=[third(OUT)])
    assert (result.state, result.why) == (State.EXCLUDED, Why.SETTLED)


def test_a_blind_judgement_settles_nothing() -> None:
    blind = third(agreed_by=frozenset())
    assert outcome(cast(IN, OUT), votes_required=2, stage=TITLE, settlements=[blind]).state is State.CONFLICT


def test_a_third_person_who_turns_out_a_voter_settles_nothing() -> None:
    own = third(adjudicator=1, agreed_by=frozenset({1}))
    assert outcome(cast(IN, OUT), votes_required=2, stage=TITLE, settlements=[own]).state is State.CONFLICT


def test_the_lead_may_have_voted() -> None:
    own = third(adjudicator=1, agreed_by=frozenset({1}), kind=Kind.LEAD)
    assert outcome(cast(IN, OUT), votes_required=2, stage=TITLE, settlements=[own]).state is State.INCLUDED


def test_a_settlement_falls_when_a_vote_changes() -> None:
    changed = [Vote(1, 1, 1, IN), Vote(3, 2, 1, OUT)]
    assert outcome(changed, votes_required=2, stage=TITLE, settlements=[third()]).state is State.CONFLICT


def test_voters_who_come_to_agree_need_no_settlement() -> None:
    changed = [Vote(1, 1, 1, IN), Vote(3, 2, 1, IN)]
    assert outcome(changed, votes_required=2, stage=TITLE, settlements=[third(OUT)]).state is State.INCLUDED


def test_a_settlement_stands_when_a_merge_brings_an_equal_vote_of_the_same_person() -> None:
    votes = [*cast(IN, OUT), Vote(3, 2, 11, OUT)]
    assert outcome(votes, votes_required=2, stage=TITLE, settlements=[third()]).state is State.INCLUDED


def test_a_settlement_falls_when_a_merge_brings_another_voter() -> None:
    votes = [*cast(IN, OUT), Vote(3, 3, 11, IN)]
    assert outcome(votes, votes_required=2, stage=TITLE, settlements=[third()]).state is State.CONFLICT


def test_merged_reports_whose_settlements_each_cover_a_part_reopen() -> None:
    votes = [Vote(1, 1, 10, IN), Vote(2, 2, 10, OUT), Vote(3, 3, 11, IN), Vote(4, 4, 11, OUT)]
    parts = [third(IN, over=(1, 2)), third(OUT, over=(3, 4))]
    assert outcome(votes, votes_required=2, stage=TITLE, settlements=parts).state is State.CONFLICT


def test_merged_reports_with_the_same_votes_and_opposite_settlements_conflict() -> None:
    votes = [Vote(1, 1, 10, IN), Vote(2, 2, 10, OUT), Vote(3, 1, 11, IN), Vote(4, 2, 11, OUT)]
    parts = [third(IN, over=(1, 2)), third(OUT, over=(3, 4))]
    result = outcome(votes, votes_required=2, stage=TITLE, settlements=parts)
    assert (result.state, result.why) == (State.CONFLICT, Why.SETTLEMENTS_DIFFER)


def test_consensus_needs_every_voter() -> None:
    proposed = third(adjudicator=1, kind=Kind.CONSENSUS, agreed_by=frozenset({1}))
    agreed = third(adjudicator=2, kind=Kind.CONSENSUS, agreed_by=frozenset({1, 2}))
    votes = cast(IN, OUT)
    assert outcome(votes, votes_required=2, stage=TITLE, settlements=[proposed]).state is State.CONFLICT
    assert outcome(votes, votes_required=2, stage=TITLE, settlements=[agreed]).state is State.INCLUDED


def test_votes_required_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="votes_required=0"):
        outcome([], votes_required=0, stage=TITLE)


_votes = st.lists(
    st.builds(
        Vote,
        id=st.integers(1, 1000),
        reviewer=st.integers(1, 4),
        report=st.integers(1, 3),
        verdict=st.sampled_from(list(Verdict)),
        reason=st.none(),
    ),
    max_size=8,
    unique_by=(lambda vote: vote.id, lambda vote: (vote.reviewer, vote.report)),
)


@given(_votes, st.integers(1, 5), st.sampled_from(list(StageKind)), st.randoms())
def test_the_order_of_votes_does_not_matter(votes: list[Vote], n: int, stage: StageKind, rng: object) -> None:
    shuffled = list(votes)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a Random
    assert outcome(shuffled, votes_required=n, stage=stage) == outcome(votes, votes_required=n, stage=stage)


@given(_votes, st.integers(1, 5), st.sampled_from(list(StageKind)))
def test_nothing_is_settled_by_fewer_people_than_required(
    votes: list[Vote], n: int, stage: StageKind
) -> None:
    result = outcome(votes, votes_required=n, stage=stage)
    assert (result.state is State.OPEN) == (len({vote.reviewer for vote in votes}) < n)


@given(_votes, st.integers(1, 5), st.sampled_from(list(StageKind)))
def test_include_and_exclude_together_are_never_settled_by_votes(
    votes: list[Vote], n: int, stage: StageKind
) -> None:
    verdicts = {vote.verdict for vote in votes}
    if {IN, OUT} <= verdicts:
        assert outcome(votes, votes_required=n, stage=stage).state in {State.OPEN, State.CONFLICT}
