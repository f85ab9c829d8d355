"""Conditions of a tool definition, decided over answers that may be incomplete.

Kleene's three values: ``True``, ``False`` and ``None`` for "depends on an answer that is not in yet". A rule
must not fire on the absence of an answer, and a question must not be called inapplicable because the question
before it is still open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NOT_APPLICABLE = "NA"

Settings = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a condition may look at.

    Parameters
    ----------
    answers : mapping of question id to code
        ``None`` where the answer is open; "NA" where the question is not asked.
    settings : mapping of setting id to value or values
        The preliminaries, e.g. the effect of interest.
    judgements : sequence of judgement ids
        Final domain judgements; used by the overall rules only.
    """

    answers: Mapping[str, str | None]
    settings: Settings
    judgements: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Always:
    """The empty condition ``{}``."""

    def holds(self, facts: Facts) -> bool | None:
        return True


@dataclass(frozen=True, slots=True)
class AnswerIn:
    """The answer to ``question`` is one of ``codes``."""

    question: str
    codes: frozenset[str]

    def holds(self, facts: Facts) -> bool | None:
        answer = facts.answers.get(self.question)
        return None if answer is None else answer in self.codes


@dataclass(frozen=True, slots=True)
class SettingIs:
    """A single-choice setting equals ``value``."""

    setting: str
    value: str

    def holds(self, facts: Facts) -> bool | None:
        return facts.settings.get(self.setting) == self.value


@dataclass(frozen=True, slots=True)
class SettingHas:
    """A multiple-choice setting holds ``value``."""

    setting: str
    value: str

    def holds(self, facts: Facts) -> bool | None:
        return self.value in facts.settings.get(self.setting, ())


@dataclass(frozen=True, slots=True)
class DomainCount:
    """The number of domains with one of ``judgements`` lies between ``at_least`` and ``at_most``."""

    judgements: frozenset[str]
    at_least: int
    at_most: int | None

    def holds(self, facts: Facts) -> bool | None:
        n = sum(1 for judgement in facts.judgements if judgement in self.judgements)
        return n >= self.at_least and (self.at_most is None or n <= self.at_most)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; one false part decides whatever is still open."""

    parts: tuple["Condition", ...]

    def holds(self, facts: Facts) -> bool | None:
        values = [part.holds(facts) for part in self.parts]
        if False in values:
            return False
        return None if None in values else True


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds; one true part decides whatever is still open."""

    parts: tuple["Condition", ...]

    def holds(self, facts: Facts) -> bool | None:
        values = [part.holds(facts) for part in self.parts]
        if True in values:
            return True
        return None if None in values else False


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Condition"

    def holds(self, facts: Facts) -> bool | None:
        value = self.part.holds(facts)
        return None if value is None else not value


Condition = Always | AnswerIn | SettingIs | SettingHas | DomainCount | AllOf | AnyOf | Not


def leaves(condition: Condition) -> list[AnswerIn | SettingIs | SettingHas | DomainCount]:
    """Return the conditions at the ends of the tree, for checks on what they name.

    Parameters
    ----------
    condition : Condition
        The tree to walk.

    Returns
    -------
    list of AnswerIn, SettingIs, SettingHas or DomainCount
        In reading order.
    """
    if isinstance(condition, AllOf | AnyOf):
        return [leaf for part in condition.parts for leaf in leaves(part)]
    if isinstance(condition, Not):
        return leaves(condition.part)
    return [] if isinstance(condition, Always) else [condition]
