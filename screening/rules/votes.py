"""The vocabulary of the rule: votes, settlements and the states that they lead to."""

from dataclasses import dataclass
from enum import StrEnum


class StageKind(StrEnum):
    """The two stages; they differ in what "maybe" means and in whether reasons count."""

    TITLE_ABSTRACT = "title_abstract"
    FULL_TEXT = "full_text"


class Verdict(StrEnum):
    INCLUDE = "include"
    MAYBE = "maybe"
    EXCLUDE = "exclude"


class State(StrEnum):
    OPEN = "open"
    CONFLICT = "conflict"
    INCLUDED = "included"
    EXCLUDED = "excluded"


class Kind(StrEnum):
    """Who settled a conflict."""

    THIRD = "third"
    LEAD = "lead"
    CONSENSUS = "consensus"


class Why(StrEnum):
    """What led to the state."""

    AWAITING_VOTES = "awaiting_votes"
    AGREEMENT = "agreement"
    SETTLED = "settled"
    VERDICTS_DIFFER = "verdicts_differ"
    REASONS_DIFFER = "reasons_differ"
    UNDECIDED = "undecided"
    OWN_VOTES_DIFFER = "own_votes_differ"
    SETTLEMENTS_DIFFER = "settlements_differ"


@dataclass(frozen=True, slots=True)
class Vote:
    """The last word of one reviewer on one report; withdrawn votes are left out by the caller.

    Parameters
    ----------
    id : int
        Identity of the decision; what a settlement refers to.
    reviewer, report : int
        Who voted, on which report of a merged set.
    verdict : Verdict
    reason : int or None
        Exclusion reason; read at full text only.
    """

    id: int
    reviewer: int
    report: int
    verdict: Verdict
    reason: int | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """The last word on a conflict of one report.

    Parameters
    ----------
    adjudicator : int
    kind : Kind
    verdict : Verdict
    reason : int or None
    over : frozenset of int
        Ids of the votes that it settles.
    agreed_by : frozenset of int
        People who stand behind it: the adjudicator once the votes were seen, or each voter for consensus.
    """

    adjudicator: int
    kind: Kind
    verdict: Verdict
    reason: int | None = None
    over: frozenset[int] = frozenset()
    agreed_by: frozenset[int] = frozenset()
