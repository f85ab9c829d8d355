"""A risk-of-bias tool as values: questions, when they are asked, the algorithm, the overall rule."""

from dataclasses import dataclass

from analysis.appraisal.conditions import Condition
from analysis.appraisal.errors import DomainUnknown, JudgementUnknown


@dataclass(frozen=True, slots=True)
class Judgement:
    """One level of the tool's scale; a larger ``rank`` is worse."""

    id: str
    label: str
    rank: float
    colour: str
    symbol: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A preliminary that decides which questions are asked, fixed before the first domain."""

    id: str
    type: str
    options: tuple[str, ...]
    required: bool
    required_when: Condition | None
    minimum: int


@dataclass(frozen=True, slots=True)
class Question:
    """A signalling question: official id, our paraphrase, the codes that it offers."""

    id: str
    text: str
    answers: tuple[str, ...]
    favourable: str
    ask_when: Condition | None


@dataclass(frozen=True, slots=True)
class Rule:
    """``when`` holds, therefore ``then``; the first rule of a list that holds wins."""

    id: str
    when: Condition
    then: str
    requires_flag: str
    source: str


@dataclass(frozen=True, slots=True)
class Part:
    """A list of rules that gives one of the judgements which a domain combines by its worst."""

    id: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain, or one variant of it; ``mode`` says whether rules, a person or points judge it."""

    id: str
    variant: str
    label: str
    title: str
    active_when: Condition | None
    questions: tuple[Question, ...]
    parts: tuple[Part, ...]
    mode: str
    directions: tuple[str, ...]

    def question(self, question_id: str) -> Question:
        """Return the question with this id."""
        return next(question for question in self.questions if question.id == question_id)


@dataclass(frozen=True, slots=True)
class Tool:
    """A loaded, checked tool definition; a stored appraisal pins its ``id`` and ``version``."""

    id: str
    name: str
    version: str
    status: str
    scope: str
    unit: str
    source: str
    source_url: str
    licence_note: str
    answer_groups: dict[str, tuple[str, ...]]
    judgements: tuple[Judgement, ...]
    settings: tuple[Setting, ...]
    sources_options: tuple[str, ...]
    domains: tuple[Domain, ...]
    overall_mode: str
    overall_rules: tuple[Rule, ...]
    overall_prompt_when: Condition | None
    overall_directions: tuple[str, ...]
    overall_floor: str
    justification_required: bool

    @property
    def domain_ids(self) -> tuple[str, ...]:
        """Ids of the domains in order, a domain with variants once."""
        return tuple(dict.fromkeys(domain.id for domain in self.domains))

    def judgement(self, judgement_id: str) -> Judgement:
        """Return the level with this id, or raise `JudgementUnknown`."""
        for judgement in self.judgements:
            if judgement.id == judgement_id:
                return judgement
        allowed = [judgement.id for judgement in self.judgements]
        raise JudgementUnknown(judgement=judgement_id, allowed=allowed)

    def variants(self, domain_id: str) -> tuple[Domain, ...]:
        """Return the variants of a domain, or raise `DomainUnknown`."""
        found = tuple(domain for domain in self.domains if domain.id == domain_id)
        if not found:
            raise DomainUnknown(domain=domain_id, allowed=list(self.domain_ids))
        return found
