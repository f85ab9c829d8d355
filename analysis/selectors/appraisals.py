"""Risk of bias: the form as one assessor has filled it, who may see what, and what the team agreed."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from analysis.appraisal import (
    Domain,
    DomainProposal,
    OverallProposal,
    Question,
    Tool,
    ToolSuggestion,
    active_domains,
    asked,
    evaluate_domain,
    load_tool,
    overall,
    suggest_tool,
)
from analysis.models import (
    Answer,
    Appraisal,
    AppraisedResult,
    Consensus,
    Datum,
    Design,
    Eligibility,
    Judgement,
    Study,
)
from analysis.selectors.extraction import EXTRACTORS
from reviews.access import Right, members_with
from reviews.models import Outcome, Review, User

Row = TypeVar("Row", Answer, Judgement)

TOOL_NAME = "rob2"
OVERALL = "overall"
NOT_ASKED = "NA"


def tool() -> Tool:
    return load_tool(TOOL_NAME)


def suggestion(study: Study) -> ToolSuggestion:
    """Which tool fits the study's design, and why RoB 2 is not offered where it is not."""
    return suggest_tool(study.design)


def overall_of(finals: Mapping[str, str | None], *, escalate: bool) -> OverallProposal:
    """The tool's overall rule on final domain judgements."""
    return overall(tool(), finals, escalate=escalate)


def settings_of(unit: AppraisedResult) -> dict[str, str | list[str]]:
    return {"effect": unit.effect, "deviations": list(unit.deviations)}


# -- One assessor's form ------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Asked:
    """A question in its present turn."""

    question: Question
    is_asked: bool
    code: str = ""
    support: str = ""

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(code for code in self.question.answers if code != NOT_ASKED)


@dataclass(frozen=True, slots=True)
class DomainForm:
    """One domain: its questions, what the algorithm proposes, what the assessor holds."""

    domain: Domain
    questions: tuple[Asked, ...]
    proposal: DomainProposal
    held: Judgement | None = None
    # An override spoke against a proposal that has changed since: it must be said again.
    is_override_outdated: bool = False

    @property
    def final(self) -> str | None:
        return self.held.final if self.held else self.proposal.judgement

    @property
    def is_overridden(self) -> bool:
        return self.held is not None and self.held.final != self.held.proposed


@dataclass(frozen=True, slots=True)
class Form:
    """The whole form of one appraisal."""

    domains: tuple[DomainForm, ...]
    answers: dict[str, str]
    supports: dict[str, str]
    submitted: Judgement | None = None

    @property
    def finals(self) -> dict[str, str | None]:
        return {each.domain.id: each.final for each in self.domains}

    @property
    def is_complete(self) -> bool:
        return all(each.proposal.is_complete and each.final for each in self.domains)

    def overall(self, *, escalate: bool = False) -> OverallProposal:
        return overall_of(self.finals, escalate=escalate)

    def domain(self, domain_id: str) -> DomainForm:
        return next(each for each in self.domains if each.domain.id == domain_id)


def form_of(appraisal: Appraisal) -> Form:
    """What one assessor has answered and judged. The caller shows it to nobody else before it is open."""
    answers = _heads(list(Answer.objects.filter(appraisal=appraisal).order_by("id")))
    judgements = _heads(list(Judgement.objects.filter(appraisal=appraisal).order_by("id")))
    return build_form(
        unit=appraisal.unit,
        answers={answer.question: answer.code for answer in answers},
        supports={answer.question: answer.support for answer in answers},
        judgements={judgement.domain: judgement for judgement in judgements},
    )


def build_form(
    *,
    unit: AppraisedResult,
    answers: Mapping[str, str],
    supports: Mapping[str, str] | None = None,
    judgements: Mapping[str, Judgement] | None = None,
) -> Form:
    """The form for given answers: which questions are asked, and what the algorithm proposes."""
    settings, supports, judgements = settings_of(unit), supports or {}, judgements or {}
    domains = []
    for domain in active_domains(tool(), settings):
        proposal = evaluate_domain(tool(), domain.id, answers, settings)
        in_turn = {question.id for question in asked(tool(), domain.id, answers, settings)}
        held = judgements.get(domain.id)
        stands = held is not None and (held.proposed, held.rule_id) == (
            proposal.judgement,
            proposal.rule_id,
        )
        domains.append(
            DomainForm(
                domain=domain,
                questions=tuple(
                    _asked(
                        question,
                        is_asked=question.id in in_turn,
                        answers=answers,
                        supports=supports,
                    )
                    for question in domain.questions
                ),
                proposal=proposal,
                held=held if stands else None,
                is_override_outdated=held is not None and not stands and held.final != held.proposed,
            )
        )
    return Form(tuple(domains), dict(answers), dict(supports), judgements.get(OVERALL))


def _asked(
    question: Question, is_asked: bool, answers: Mapping[str, str], supports: Mapping[str, str]
) -> Asked:
    code = answers.get(question.id, "") if is_asked else NOT_ASKED
    return Asked(
        question, is_asked, "" if is_asked and code == NOT_ASKED else code, supports.get(question.id, "")
    )


def _heads(rows: list[Row]) -> list[Row]:
    superseded = {row.supersedes_id for row in rows}
    return [row for row in rows if row.pk not in superseded]


# -- Who sees what ------------------------------------------------------------------------------------
def is_submitted(appraisal: Appraisal) -> bool:
    return Judgement.objects.filter(appraisal=appraisal, domain=OVERALL).exists()


def open_appraisals(unit: AppraisedResult) -> list[Appraisal]:
    """The submitted appraisals once nobody is blind any more; empty before that."""
    appraisals = list(Appraisal.objects.filter(unit=unit).select_related("person", "unit").order_by("id"))
    submitted = set(
        Judgement.objects.filter(appraisal__in=appraisals, domain=OVERALL).values_list(
            "appraisal_id", flat=True
        )
    )
    able = members_with(unit.study.review, Right.EXTRACT)
    done = [appraisal for appraisal in appraisals if appraisal.pk in submitted]
    # Whoever left it unsubmitted, and may not appraise any more, is not waited for.
    is_awaited = any(each.person_id in able for each in appraisals if each.pk not in submitted)
    is_open = len(done) >= (EXTRACTORS if is_awaited else min(EXTRACTORS, max(1, len(able))))
    return done if is_open else []


def consensus_of(unit: AppraisedResult) -> Consensus | None:
    return Consensus.objects.filter(unit=unit, superseded_by__isnull=True).select_related("by").first()


# -- For the list, the figures and the pools ----------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Light:
    """One row of a traffic-light plot: the agreed judgements of one result."""

    study_id: int
    label: str
    unit_id: int
    numerical_result: str
    judgements: dict[str, str] = field(default_factory=dict)
    overridden: tuple[str, ...] = ()


def traffic_light(review: Review, outcome: Outcome) -> list[Light]:
    """Agreed judgements of the included studies for one outcome, with the tool's domains and "overall"."""
    consensuses = (
        Consensus.objects.filter(
            unit__outcome=outcome,
            unit__study__review=review,
            unit__study__eligibility=Eligibility.INCLUDED,
            superseded_by__isnull=True,
        )
        .select_related("unit__study")
        .order_by("unit__study__label", "unit_id")
    )
    return [
        Light(
            study_id=each.unit.study_id,
            label=each.unit.study.label,
            unit_id=each.unit_id,
            numerical_result=each.unit.numerical_result,
            judgements={name: held["final"] for name, held in each.judgements.items()},
            overridden=tuple(
                name for name, held in each.judgements.items() if held["final"] != held["proposed"]
            ),
        )
        for each in consensuses
    ]


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One result in the list of the Appraise tab, as one person sees it.

    `state`: "none" nobody asked me yet, "open" mine is under way, "waiting" mine is in and another's is not,
    "consensus" the judgements wait to be agreed on, "agreed", "taken" two others appraise it.
    """

    study: Study
    outcome: Outcome
    unit: AppraisedResult | None
    state: str
    consensus: Consensus | None = None

    @property
    def overall(self) -> str:
        return str(self.consensus.judgements[OVERALL]["final"]) if self.consensus else ""


def results_to_appraise(review: Review, person: User) -> list[UnitRow]:
    """Agreed two-arm results of trials that the tool fits, and whatever is under way, in five queries."""
    units = list(
        AppraisedResult.objects.filter(
            study__review=review, study__eligibility=Eligibility.INCLUDED
        ).select_related("study", "outcome", "comparison__experimental", "comparison__comparator")
    )
    consensuses = {
        each.unit_id: each for each in Consensus.objects.filter(unit__in=units, superseded_by__isnull=True)
    }
    people: dict[int, dict[int, bool]] = defaultdict(dict)
    submitted = set(
        Judgement.objects.filter(appraisal__unit__in=units, domain=OVERALL).values_list(
            "appraisal_id", flat=True
        )
    )
    able = members_with(review, Right.EXTRACT)
    for appraisal in Appraisal.objects.filter(unit__in=units):
        if appraisal.pk in submitted or appraisal.person_id in able:
            people[appraisal.unit_id][appraisal.person_id] = appraisal.pk in submitted
    needed = min(EXTRACTORS, max(1, len(able)))
    rows = [
        UnitRow(
            study=unit.study,
            outcome=unit.outcome,
            unit=unit,
            state="agreed"
            if unit.pk in consensuses
            else _my_state(people[unit.pk], person=person, needed=needed),
            consensus=consensuses.get(unit.pk),
        )
        for unit in units
    ]
    begun = {(unit.study_id, unit.outcome_id) for unit in units}
    rows += [
        UnitRow(study=study, outcome=outcome, unit=None, state="none")
        for study, outcome in _agreed_results(review)
        if (study.pk, outcome.pk) not in begun
    ]
    return sorted(rows, key=lambda row: (row.outcome.position, row.outcome.pk, row.study.label))


def _my_state(done_by: Mapping[int, bool], *, person: User, needed: int) -> str:
    if len(done_by) >= needed and all(done_by.values()):
        return "consensus"
    if person.pk in done_by:
        return "waiting" if done_by[person.pk] else "open"
    return "taken" if len(done_by) >= needed else "none"


def _agreed_results(review: Review) -> list[tuple[Study, Outcome]]:
    fitting = [design for design in Design.values if suggest_tool(design).applicable]
    studies = Study.objects.filter(
        review=review, eligibility=Eligibility.INCLUDED, design__in=fitting, comparisons__isnull=False
    ).in_bulk()
    outcomes = Outcome.objects.filter(protocol__review=review, retired_at__isnull=True).in_bulk()
    pairs = (
        Datum.objects.filter(study__in=studies.keys(), status="agreed", arm__role="experimental")
        .values_list("study_id", "outcome_id")
        .distinct()
    )
    return [(studies[study], outcomes[outcome]) for study, outcome in pairs if outcome in outcomes]


def places_taken(unit: AppraisedResult) -> list[Appraisal]:
    """Appraisals that count towards the two; who may not appraise any more and never submitted frees one."""
    able = members_with(unit.study.review, Right.EXTRACT)
    found = Appraisal.objects.filter(unit=unit)
    return [each for each in found if each.person_id in able or is_submitted(each)]


def not_offered(review: Review) -> list[tuple[Study, ToolSuggestion]]:
    """Included studies that RoB 2 does not fit, each with the reason and what fits instead."""
    studies = Study.objects.filter(review=review, eligibility=Eligibility.INCLUDED).order_by("label")
    found = [(study, suggestion(study)) for study in studies]
    return [(study, suggested) for study, suggested in found if not suggested.applicable]
