"""From answers to proposed judgements, and what an assessor may make of a proposal."""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.appraisal.conditions import NOT_APPLICABLE, Facts, Settings
from analysis.appraisal.errors import (
    AnswerNotAllowed,
    DomainUnknown,
    JustificationRequired,
    OverallBetterThanWorstDomain,
    QuestionUnknown,
    SettingInvalid,
)
from analysis.appraisal.tool import Domain, Judgement, Part, Question, Rule, Setting, Tool

Answers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DomainProposal:
    """What the algorithm says of one domain.

    Attributes
    ----------
    judgement : str or None
        Judgement id; None while the answers do not settle it, or where the tool leaves it to a person.
    rule_id : str or None
        The rule that fired; joined by "+" where a domain has parts.
    parts : dict of part id to judgement id, or None
        Judgement of each part; None where the domain has no parts.
    not_applicable : tuple of str
        Questions that the answers so far rule out.
    missing : tuple of str
        Questions that are asked and have no answer. The domain is complete when this is empty.
    """

    judgement: str | None
    rule_id: str | None
    parts: dict[str, str | None] | None
    not_applicable: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every question that is asked has its answer."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class OverallProposal:
    """What the overall rule says; ``prompt`` asks the assessor whether several concerns add up."""

    judgement: str | None
    rule_id: str | None
    prompt: bool


def active_domains(tool: Tool, settings: Settings) -> tuple[Domain, ...]:
    """Return the domains that these settings activate, in order.

    Parameters
    ----------
    tool : Tool
        The tool.
    settings : mapping
        The preliminaries, e.g. ``{"effect": "assignment"}``.

    Returns
    -------
    tuple of Domain

    Raises
    ------
    SettingInvalid
        If a required setting is missing or a value is not offered.
    """
    check_settings(tool, settings)
    facts = Facts({}, settings)
    return tuple(d for d in tool.domains if d.active_when is None or d.active_when.holds(facts))


def check_settings(tool: Tool, settings: Settings) -> None:
    """Refuse preliminaries that the tool does not allow.

    Parameters
    ----------
    tool : Tool
        The tool.
    settings : mapping
        The preliminaries.

    Raises
    ------
    SettingInvalid
        Naming the setting and what it allows.
    """
    known = {setting.id for setting in tool.settings}
    for name in settings:
        if name not in known:
            raise SettingInvalid(setting="setting", value=name, allowed=sorted(known), at_least=1)
    for setting in tool.settings:
        _check_setting(setting, settings)


def asked(tool: Tool, domain: str, answers: Answers, settings: Settings) -> tuple[Question, ...]:
    """Return the questions of a domain that are asked, given the answers so far.

    Parameters
    ----------
    tool : Tool
        The tool.
    domain : str
        Domain id, e.g. "D2".
    answers : mapping of question id to code
        Answers so far; those to questions that are not asked are ignored.
    settings : mapping
        The preliminaries.

    Returns
    -------
    tuple of Question
        In order. A question whose turn is not settled yet is not among them.
    """
    chosen = _active_domain(tool, domain, settings)
    vector = _vector(tool, chosen, answers, settings)
    return tuple(question for question in chosen.questions if _is_asked(question, Facts(vector, settings)))


def evaluate_domain(tool: Tool, domain: str, answers: Answers, settings: Settings) -> DomainProposal:
    """Apply a domain's algorithm to answers, complete or not.

    Parameters
    ----------
    tool : Tool
        The tool.
    domain : str
        Domain id, e.g. "D2"; the settings choose its variant.
    answers : mapping of question id to code
        May hold answers to other domains and stale answers; both are ignored. "NA" on a question that is
        asked counts as no answer, for it is what an unasked question holds until its turn comes.
    settings : mapping
        The preliminaries.

    Returns
    -------
    DomainProposal

    Raises
    ------
    DomainUnknown, QuestionUnknown, AnswerNotAllowed, SettingInvalid

    References
    ----------
    Higgins JPT, Savović J, Page MJ, Sterne JAC (eds). RoB 2 guidance, 22 August 2019.
    Sterne JAC et al. BMJ 2019;366:l4898. doi:10.1136/bmj.l4898.
    """
    chosen = _active_domain(tool, domain, settings)
    vector = _vector(tool, chosen, answers, settings)
    facts = Facts(vector, settings)
    fired = {part.id: _first_rule(part, facts) for part in chosen.parts} if chosen.mode == "rules" else {}
    worst = _worst(tool, fired)
    missing = (q.id for q in chosen.questions if vector[q.id] is None and _is_asked(q, facts))
    return DomainProposal(
        judgement=worst,
        rule_id=None if worst is None else "+".join(rule.id for rule in fired.values() if rule is not None),
        parts={part: rule.then if rule else None for part, rule in fired.items()} if len(fired) > 1 else None,
        not_applicable=tuple(q.id for q in chosen.questions if vector[q.id] == NOT_APPLICABLE),
        missing=tuple(missing),
    )


def overall(tool: Tool, domain_judgements: Mapping[str, str | None], *, escalate: bool) -> OverallProposal:
    """Apply the overall rule to the final domain judgements, overrides included.

    Parameters
    ----------
    tool : Tool
        The tool.
    domain_judgements : mapping of domain id to judgement id or None
        None, or no entry, while a domain is not complete.
    escalate : bool
        Whether a reviewer has stated, with a reason, that several concerns together substantially lower
        confidence. Without it the rules that need the statement are skipped.

    Returns
    -------
    OverallProposal
        Without a judgement until every domain has one.

    Raises
    ------
    DomainUnknown, JudgementUnknown
    """
    for domain, judgement in domain_judgements.items():
        tool.variants(domain)
        if judgement is not None:
            tool.judgement(judgement)
    final = [domain_judgements.get(domain) for domain in tool.domain_ids]
    judged = [judgement for judgement in final if judgement is not None]
    facts = Facts({}, {}, judged)
    prompt = tool.overall_prompt_when is not None and bool(tool.overall_prompt_when.holds(facts))
    if len(judged) < len(final) or tool.overall_mode != "rules":
        return OverallProposal(judgement=None, rule_id=None, prompt=prompt)
    for rule in tool.overall_rules:
        if (escalate or not rule.requires_flag) and rule.when.holds(facts):
            return OverallProposal(judgement=rule.then, rule_id=rule.id, prompt=prompt)
    return OverallProposal(judgement=None, rule_id=None, prompt=prompt)


def floor(tool: Tool, domain_judgements: Mapping[str, str]) -> str | None:
    """Return the best overall judgement that the final domain judgements allow.

    Parameters
    ----------
    tool : Tool
        The tool.
    domain_judgements : mapping of domain id to judgement id
        Final judgements, overrides included.

    Returns
    -------
    str or None
        The worst domain judgement; None where the tool sets no floor or nothing is judged.
    """
    if tool.overall_floor != "worst_domain" or not domain_judgements:
        return None
    return max((tool.judgement(judgement) for judgement in domain_judgements.values()), key=_rank).id


def check_domain_override(tool: Tool, *, proposed: str | None, final: str, justification: str) -> None:
    """Refuse a domain judgement that departs from the proposal without a reason.

    Parameters
    ----------
    tool : Tool
        The tool.
    proposed : str or None
        What the algorithm says; None where it says nothing.
    final : str
        What the assessor says.
    justification : str
        The assessor's reason.

    Raises
    ------
    JudgementUnknown, JustificationRequired
    """
    tool.judgement(final)
    differs = proposed is not None and final != proposed
    if tool.justification_required and differs and not justification.strip():
        raise JustificationRequired(proposed=proposed, final=final)


def check_overall_override(
    tool: Tool,
    *,
    domain_judgements: Mapping[str, str],
    proposed: str | None,
    final: str,
    justification: str,
) -> None:
    """Refuse an overall judgement without a reason, or better than the worst domain.

    Parameters
    ----------
    tool : Tool
        The tool.
    domain_judgements : mapping of domain id to judgement id
        Final domain judgements.
    proposed, final, justification
        As in `check_domain_override`.

    Raises
    ------
    JudgementUnknown, JustificationRequired, OverallBetterThanWorstDomain
        To get a better overall judgement, a domain is overridden, with its reason.
    """
    check_domain_override(tool, proposed=proposed, final=final, justification=justification)
    worst = floor(tool, domain_judgements)
    if worst is not None and tool.judgement(final).rank < tool.judgement(worst).rank:
        raise OverallBetterThanWorstDomain(final=final, worst=worst)


def _check_setting(setting: Setting, settings: Settings) -> None:
    value = settings.get(setting.id, ())
    values = [value] if isinstance(value, str) else list(value)
    required = setting.required or (
        setting.required_when is not None and bool(setting.required_when.holds(Facts({}, settings)))
    )
    at_least = max(1, setting.minimum) if required else 0
    unknown = [item for item in values if item not in setting.options]
    too_many = setting.type == "choice" and len(values) > 1
    if unknown or too_many or len(values) < at_least:
        raise SettingInvalid(
            setting=setting.id, value=values, allowed=list(setting.options), at_least=at_least
        )


def _active_domain(tool: Tool, domain: str, settings: Settings) -> Domain:
    check_settings(tool, settings)
    facts = Facts({}, settings)
    for variant in tool.variants(domain):
        if variant.active_when is None or variant.active_when.holds(facts):
            return variant
    raise DomainUnknown(domain=domain, allowed=[active.id for active in active_domains(tool, settings)])


def _vector(tool: Tool, domain: Domain, answers: Answers, settings: Settings) -> dict[str, str | None]:
    known = {question.id for other in tool.domains for question in other.questions}
    for question_id in answers:
        if question_id not in known:
            raise QuestionUnknown(question=question_id)
    vector: dict[str, str | None] = {}
    for question in domain.questions:
        given = answers.get(question.id)
        if given is not None and given != NOT_APPLICABLE and given not in question.answers:
            raise AnswerNotAllowed(question=question.id, answer=given, allowed=list(question.answers))
        is_asked = True if question.ask_when is None else question.ask_when.holds(Facts(vector, settings))
        if is_asked is False:
            vector[question.id] = NOT_APPLICABLE
        else:
            vector[question.id] = given if is_asked and given != NOT_APPLICABLE else None
    return vector


def _is_asked(question: Question, facts: Facts) -> bool:
    return question.ask_when is None or question.ask_when.holds(facts) is True


def _first_rule(part: Part, facts: Facts) -> Rule | None:
    for rule in part.rules:
        holds = rule.when.holds(facts)
        if holds:
            return rule
        if holds is None:
            # An earlier rule may still win once the open answers are in.
            return None
    return None


def _worst(tool: Tool, fired: Mapping[str, Rule | None]) -> str | None:
    known = [tool.judgement(rule.then) for rule in fired.values() if rule is not None]
    if not known:
        return None
    worst = max(known, key=_rank)
    settled = len(known) == len(fired) or worst.rank == max(judgement.rank for judgement in tool.judgements)
    return worst.id if settled else None


def _rank(judgement: Judgement) -> float:
    return judgement.rank
