"""A tool definition that contradicts itself does not load."""

import copy
import json
from importlib.resources import files
from typing import Any

import pytest

from analysis.appraisal import JudgementUnknown, ToolInvalid, load_tool, parse_tool


@pytest.fixture
def raw() -> dict[str, Any]:
    text = (files("analysis.appraisal") / "tools" / "rob2.json").read_text(encoding="utf-8")
    definition: dict[str, Any] = json.loads(text)
    return definition


def _domain(raw: dict[str, Any], domain_id: str) -> dict[str, Any]:
    domain: dict[str, Any] = next(domain for domain in raw["domains"] if domain["id"] == domain_id)
    return domain


def test_rob2_loads_with_five_domains_and_a_licence_note() -> None:
    tool = load_tool("rob2")
    assert (tool.id, tool.version, tool.unit) == ("rob2-parallel", "2019-08-22", "result")
    assert tool.domain_ids == ("D1", "D2", "D3", "D4", "D5")
    assert tool.source_url == "https://www.riskofbias.info"
    assert "CC BY-NC-ND" in tool.licence_note


def test_an_unknown_tool_name_is_refused() -> None:
    with pytest.raises(ToolInvalid, match="no tool named"):
        load_tool("rob3")


def test_another_format_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(ToolInvalid, match="format"):
        parse_tool({**raw, "format": "rob-tool/2.0"})


def test_a_missing_key_is_named(raw: dict[str, Any]) -> None:
    del raw["version"]
    with pytest.raises(ToolInvalid, match="version"):
        parse_tool(raw)


def test_a_vector_without_an_outcome_is_refused(raw: dict[str, Any]) -> None:
    _domain(raw, "D3")["rules"].pop()
    with pytest.raises(ToolInvalid, match="no outcome"):
        parse_tool(raw)


def test_a_condition_on_a_later_question_is_refused(raw: dict[str, Any]) -> None:
    _domain(raw, "D3")["questions"][1]["ask_when"] = {"q": "3.4", "in": "@yes"}
    with pytest.raises(ToolInvalid, match=r"3\.4"):
        parse_tool(raw)


def test_a_rule_on_an_unknown_question_is_refused(raw: dict[str, Any]) -> None:
    _domain(raw, "D1")["rules"][0]["when"] = {"q": "1.9", "in": "@yes"}
    with pytest.raises(ToolInvalid, match=r"1\.9"):
        parse_tool(raw)


@pytest.mark.parametrize("codes", ["@perhaps", ["MAYBE"]])
def test_an_unknown_answer_or_group_is_refused(raw: dict[str, Any], codes: object) -> None:
    _domain(raw, "D1")["rules"][0]["when"] = {"q": "1.1", "in": codes}
    with pytest.raises(ToolInvalid, match=r"perhaps|MAYBE"):
        parse_tool(raw)


def test_an_unknown_judgement_is_refused(raw: dict[str, Any]) -> None:
    _domain(raw, "D1")["rules"][0]["then"] = "medium"
    with pytest.raises(JudgementUnknown, match="medium"):
        parse_tool(raw)


def test_an_unknown_setting_or_condition_is_refused(raw: dict[str, Any]) -> None:
    for condition in ({"setting": "effect", "eq": "both"}, {"weather": "fine"}, {"q": "1.1", "is": "Y"}):
        changed = copy.deepcopy(raw)
        _domain(changed, "D1")["active_when"] = condition
        with pytest.raises(ToolInvalid):
            parse_tool(changed)


def test_two_active_variants_are_refused(raw: dict[str, Any]) -> None:
    for domain in raw["domains"]:
        domain.pop("active_when", None)
    with pytest.raises(ToolInvalid, match="active variants"):
        parse_tool(raw)


def test_overall_rules_that_leave_a_gap_are_refused(raw: dict[str, Any]) -> None:
    raw["overall"]["rules"].pop()
    with pytest.raises(ToolInvalid, match="no overall rule"):
        parse_tool(raw)
