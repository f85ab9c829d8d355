"""Read a tool definition (``rob-tool/1.0``) and refuse one that could leave answers without an outcome."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import cast

from analysis.appraisal.checks import check_tool
from analysis.appraisal.conditions import (
    AllOf,
    Always,
    AnswerIn,
    AnyOf,
    Condition,
    DomainCount,
    Not,
    SettingHas,
    SettingIs,
)
from analysis.appraisal.errors import ToolInvalid
from analysis.appraisal.tool import Domain, Judgement, Part, Question, Rule, Setting, Tool

FORMAT = "rob-tool/1.0"

Raw = Mapping[str, object]
Groups = Mapping[str, tuple[str, ...]]


@cache
def load_tool(name: str) -> Tool:
    """Load and check a tool that ships with the package.

    Parameters
    ----------
    name : str
        File name without ending in ``analysis/appraisal/tools``, e.g. "rob2".

    Returns
    -------
    Tool
        The checked definition; the same object at every call.

    Raises
    ------
    ToolInvalid
        If no such tool ships, or its definition contradicts itself.
    """
    resource = files("analysis.appraisal") / "tools" / f"{name}.json"
    if not resource.is_file():
        raise ToolInvalid(f"no tool named {name!r}")
    return parse_tool(json.loads(resource.read_text(encoding="utf-8")))


def parse_tool(raw: Raw) -> Tool:
    """Turn a decoded ``rob-tool/1.0`` document into a checked tool.

    Parameters
    ----------
    raw : mapping
        The decoded JSON document.

    Returns
    -------
    Tool
        The checked definition.

    Raises
    ------
    ToolInvalid
        If a key is missing, a condition names something that does not exist, a judgement is unknown, or a
        reachable vector of answers has no outcome.
    """
    if raw.get("format") != FORMAT:
        raise ToolInvalid(f"format {raw.get('format')!r} is not {FORMAT!r}")
    try:
        tool = _tool(raw)
    except KeyError as error:
        raise ToolInvalid(f"tool {raw.get('id')!r} lacks the key {error}") from error
    check_tool(tool)
    return tool


def _tool(raw: Raw) -> Tool:
    sets = {name: _strings(codes) for name, codes in _mapping(raw["answer_sets"]).items()}
    groups = {name: _strings(codes) for name, codes in _mapping(raw.get("answer_groups", {})).items()}
    overall = _mapping(raw["overall"])
    override = _mapping(raw.get("override", {}))
    return Tool(
        id=_text(raw, "id"),
        name=_text(raw, "name"),
        version=_text(raw, "version"),
        status=_text(raw, "status", "stable"),
        scope=_text(raw, "scope", ""),
        unit=_text(raw, "unit"),
        source=_text(raw, "source", ""),
        source_url=_text(raw, "source_url", ""),
        licence_note=_text(raw, "licence_note", ""),
        answer_groups=groups,
        judgements=tuple(_judgement(item) for item in _items(raw["judgements"])),
        settings=tuple(_setting(item, groups) for item in _items(raw.get("settings", []))),
        sources_options=_strings(raw.get("sources_options", [])),
        domains=tuple(_domain(item, sets, groups) for item in _items(raw["domains"])),
        overall_mode=_text(overall, "mode", "rules"),
        overall_rules=_rules(overall.get("rules", []), groups),
        overall_prompt_when=_optional(overall.get("prompt_when"), groups),
        overall_directions=_directions(overall),
        overall_floor=_text(override, "overall_floor", "none"),
        justification_required=bool(override.get("justification_required", False)),
    )


def _judgement(raw: Raw) -> Judgement:
    return Judgement(
        id=_text(raw, "id"),
        label=_text(raw, "label"),
        rank=float(cast(float, raw["rank"])),
        colour=_text(raw, "colour", ""),
        symbol=_text(raw, "symbol", ""),
    )


def _setting(raw: Raw, groups: Groups) -> Setting:
    return Setting(
        id=_text(raw, "id"),
        type=_text(raw, "type"),
        options=_strings(raw["options"]),
        required=bool(raw.get("required", False)),
        required_when=_optional(raw.get("required_when"), groups),
        minimum=cast(int, raw.get("min", 0)),
    )


def _domain(raw: Raw, sets: Groups, groups: Groups) -> Domain:
    if "parts" in raw:
        parts = tuple(
            Part(id=_text(part, "id"), rules=_rules(part["rules"], groups)) for part in _items(raw["parts"])
        )
    else:
        rules = _rules(raw.get("rules", []), groups)
        parts = (Part(id="", rules=rules),) if rules else ()
    return Domain(
        id=_text(raw, "id"),
        variant=_text(raw, "variant", ""),
        label=_text(raw, "label"),
        title=_text(raw, "title", _text(raw, "label")),
        active_when=_optional(raw.get("active_when"), groups),
        questions=tuple(_question(item, sets, groups) for item in _items(raw["questions"])),
        parts=parts,
        mode=_text(raw, "judgement_mode", "rules"),
        directions=_directions(raw),
    )


def _question(raw: Raw, sets: Groups, groups: Groups) -> Question:
    name = _text(raw, "answers")
    if name not in sets:
        raise ToolInvalid(f"question {raw['id']!r} uses the unknown answer set {name!r}")
    return Question(
        id=_text(raw, "id"),
        text=_text(raw, "text"),
        answers=sets[name],
        favourable=_text(raw, "favourable", ""),
        ask_when=_optional(raw.get("ask_when"), groups),
    )


def _rules(raw: object, groups: Groups) -> tuple[Rule, ...]:
    return tuple(
        Rule(
            id=_text(item, "id"),
            when=_condition(_mapping(item["when"]), groups),
            then=_text(item, "then"),
            requires_flag=_text(item, "requires_flag", ""),
            source=_text(item, "source", ""),
        )
        for item in _items(raw)
    )


def _optional(raw: object, groups: Groups) -> Condition | None:
    return None if raw is None else _condition(_mapping(raw), groups)


def _condition(raw: Raw, groups: Groups) -> Condition:  # noqa: PLR0911  # one return for each form
    match dict(raw):
        case empty if not empty:
            return Always()
        case {"all": parts, **rest} if not rest:
            return AllOf(tuple(_condition(part, groups) for part in _items(parts)))
        case {"any": parts, **rest} if not rest:
            return AnyOf(tuple(_condition(part, groups) for part in _items(parts)))
        case {"not": part, **rest} if not rest:
            return Not(_condition(_mapping(part), groups))
        case {"q": question, "in": codes, **rest} if not rest:
            return AnswerIn(str(question), frozenset(_codes(codes, groups)))
        case {"setting": setting, "eq": value, **rest} if not rest:
            return SettingIs(str(setting), str(value))
        case {"setting": setting, "has": value, **rest} if not rest:
            return SettingHas(str(setting), str(value))
        case {"count": "domains", "in": judgements, **rest} if set(rest) <= {"gte", "lte"}:
            return DomainCount(
                frozenset(_strings(judgements)),
                at_least=cast(int, rest.get("gte", 0)),
                at_most=cast("int | None", rest.get("lte")),
            )
    raise ToolInvalid(f"condition {dict(raw)!r} is not one that this format has")


def _codes(raw: object, groups: Groups) -> tuple[str, ...]:
    if not isinstance(raw, str):
        return _strings(raw)
    if not raw.startswith("@") or raw[1:] not in groups:
        raise ToolInvalid(f"answer group {raw!r} is not one of {sorted(groups)}")
    return groups[raw[1:]]


def _directions(raw: Raw) -> tuple[str, ...]:
    return _strings(_mapping(raw.get("direction", {})).get("options", []))


def _text(raw: Raw, key: str, default: str | None = None) -> str:
    value = raw[key] if default is None else raw.get(key, default)
    if not isinstance(value, str):
        raise ToolInvalid(f"{key} must be text, not {value!r}")
    return value


def _mapping(raw: object) -> Raw:
    if not isinstance(raw, Mapping):
        raise ToolInvalid(f"expected an object, found {raw!r}")
    return raw


def _items(raw: object) -> list[Raw]:
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise ToolInvalid(f"expected a list, found {raw!r}")
    return [_mapping(item) for item in raw]


def _strings(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, Sequence) or isinstance(raw, str) or not all(isinstance(x, str) for x in raw):
        raise ToolInvalid(f"expected a list of text, found {raw!r}")
    return tuple(cast("Sequence[str]", raw))
