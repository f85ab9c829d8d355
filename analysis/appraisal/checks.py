"""Checks on a tool when it is loaded: what conditions name exists, and every way to answer ends somewhere."""

from collections.abc import Iterator
from itertools import combinations, product

from analysis.appraisal.conditions import (
    NOT_APPLICABLE,
    AnswerIn,
    Condition,
    DomainCount,
    Facts,
    SettingHas,
    SettingIs,
    Settings,
    leaves,
)
from analysis.appraisal.errors import ToolInvalid
from analysis.appraisal.tool import Domain, Question, Rule, Setting, Tool


def check_tool(tool: Tool) -> None:
    """Raise where the definition contradicts itself.

    Parameters
    ----------
    tool : Tool
        The definition as read.

    Raises
    ------
    ToolInvalid
        Naming the domain, rule or question at fault.
    """
    for domain in tool.domains:
        _check_names(tool, domain)
        for settings in settings_vectors(tool):
            if domain.mode == "rules" and _is_active(domain, settings):
                _check_outcomes(domain, settings)
    _check_variants(tool)
    for rule in tool.overall_rules:
        tool.judgement(rule.then)
    _check_overall(tool)


def settings_vectors(tool: Tool) -> Iterator[Settings]:
    """Yield every allowed combination of the tool's settings.

    Parameters
    ----------
    tool : Tool
        The tool.

    Yields
    ------
    mapping of setting id to value or values
    """
    for values in product(*(_setting_values(setting) for setting in tool.settings)):
        yield {setting.id: value for setting, value in zip(tool.settings, values, strict=True)}


def answer_vectors(domain: Domain, settings: Settings) -> Iterator[dict[str, str | None]]:
    """Yield one answer vector for each way through the domain that its conditions can tell apart.

    Two codes of a question that stand in the same condition lists are one class (in RoB 2: Y and PY), so the
    35,669 vectors of RoB 2 come down to 147.

    Parameters
    ----------
    domain : Domain
        The domain, active under ``settings``.
    settings : mapping
        The preliminaries.

    Yields
    ------
    dict of question id to code
        Complete: "NA" where a question is not asked.
    """
    yield from _extend(domain, settings, {}, domain.questions)


def _extend(
    domain: Domain, settings: Settings, answers: dict[str, str | None], rest: tuple[Question, ...]
) -> Iterator[dict[str, str | None]]:
    if not rest:
        yield answers
        return
    question = rest[0]
    asked = question.ask_when is None or question.ask_when.holds(Facts(answers, settings))
    for code in _representatives(domain, question) if asked else [NOT_APPLICABLE]:
        yield from _extend(domain, settings, {**answers, question.id: code}, rest[1:])


def _representatives(domain: Domain, question: Question) -> list[str]:
    lists = [
        leaf.codes
        for condition in _conditions(domain)
        for leaf in leaves(condition)
        if isinstance(leaf, AnswerIn) and leaf.question == question.id
    ]
    classes: dict[tuple[bool, ...], str] = {}
    for code in question.answers:
        if code != NOT_APPLICABLE:
            classes.setdefault(tuple(code in codes for codes in lists), code)
    return list(classes.values())


def _conditions(domain: Domain) -> list[Condition]:
    asks = [question.ask_when for question in domain.questions if question.ask_when is not None]
    return asks + [rule.when for part in domain.parts for rule in part.rules]


def _check_names(tool: Tool, domain: Domain) -> None:
    earlier: list[Question] = []
    for question in domain.questions:
        if question.ask_when is not None:
            _check_condition(tool, question.ask_when, earlier, where=f"question {question.id}")
        if any(question.id == other.id for other in earlier):
            raise ToolInvalid(f"question {question.id!r} stands twice in {domain.id}")
        earlier.append(question)
    if domain.mode == "rules" and not domain.parts:
        raise ToolInvalid(f"domain {domain.id!r} is judged by rules and has none")
    for part in domain.parts:
        for rule in part.rules:
            _check_condition(tool, rule.when, earlier, where=f"rule {rule.id}")
            tool.judgement(rule.then)
    if domain.active_when is not None:
        _check_condition(tool, domain.active_when, [], where=f"domain {domain.id}")


def _check_condition(tool: Tool, condition: Condition, questions: list[Question], *, where: str) -> None:
    for leaf in leaves(condition):
        match leaf:
            case AnswerIn(question=name, codes=codes):
                named = [question for question in questions if question.id == name]
                if not named:
                    raise ToolInvalid(f"{where} names the question {name!r}, not asked before it")
                unknown = codes - {*named[0].answers, *_all_codes(tool)}
                if unknown:
                    raise ToolInvalid(f"{where} names the unknown answers {sorted(unknown)}")
            case SettingIs(setting=name, value=value) | SettingHas(setting=name, value=value):
                if not any(setting.id == name and value in setting.options for setting in tool.settings):
                    raise ToolInvalid(f"{where} names the unknown setting {name}={value}")
            case DomainCount():
                raise ToolInvalid(f"{where} counts domains; only the overall rules may")


def _all_codes(tool: Tool) -> set[str]:
    # A group such as "no or no information" may be used on a question that does not offer all of its codes.
    return {code for codes in tool.answer_groups.values() for code in codes}


def _check_outcomes(domain: Domain, settings: Settings) -> None:
    for answers in answer_vectors(domain, settings):
        facts = Facts(answers, settings)
        for part in domain.parts:
            if not any(rule.when.holds(facts) for rule in part.rules):
                raise ToolInvalid(
                    f"domain {domain.id} {domain.variant} {part.id} has no outcome for {answers}",
                )


def _check_variants(tool: Tool) -> None:
    for settings in settings_vectors(tool):
        for domain_id in tool.domain_ids:
            active = [domain for domain in tool.variants(domain_id) if _is_active(domain, settings)]
            if len(active) > 1:
                raise ToolInvalid(f"domain {domain_id} has {len(active)} active variants")


def _check_overall(tool: Tool) -> None:
    if tool.overall_mode != "rules":
        return
    conditions = [rule.when for rule in tool.overall_rules]
    if tool.overall_prompt_when is not None:
        conditions.append(tool.overall_prompt_when)
    for leaf in (leaf for condition in conditions for leaf in leaves(condition)):
        if isinstance(leaf, AnswerIn):
            raise ToolInvalid("an overall rule names a question; it may count domains only")
        if isinstance(leaf, DomainCount):
            for judgement in leaf.judgements:
                tool.judgement(judgement)
    unflagged: list[Rule] = [rule for rule in tool.overall_rules if not rule.requires_flag]
    levels = [judgement.id for judgement in tool.judgements]
    for judgements in product(levels, repeat=len(tool.domain_ids)):
        facts = Facts({}, {}, judgements)
        if not any(rule.when.holds(facts) for rule in unflagged):
            raise ToolInvalid(f"no overall rule holds for {judgements}")


def _is_active(domain: Domain, settings: Settings) -> bool:
    return domain.active_when is None or bool(domain.active_when.holds(Facts({}, settings)))


def _setting_values(setting: Setting) -> list[str | tuple[str, ...]]:
    if setting.type == "choice":
        return list(setting.options)
    sizes = range(setting.minimum, len(setting.options) + 1)
    return [chosen for size in sizes for chosen in combinations(setting.options, size)]
