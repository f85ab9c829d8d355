"""Every published case and every row of the truth table, where the corpora lie beside the checkout."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from analysis.appraisal import (
    AnswerNotAllowed,
    SettingInvalid,
    active_domains,
    evaluate_domain,
    load_tool,
    overall,
    parse_tool,
)

pytestmark = pytest.mark.shared

TOOL = load_tool("rob2")
REFUSALS = {
    "answer not allowed": AnswerNotAllowed,
    "at least one deviation type required": SettingInvalid,
}
CODES = {"y": ("Y", "PY"), "n": ("N", "PN"), "ni": ("NI", "NI"), "na": ("NA", "NA")}


def _cases(shared_dir: Path) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((shared_dir / "data/rob2/rob2_cases.json").read_text())["cases"]
    return cases


def test_there_are_117_cases_of_four_kinds(shared_dir: Path) -> None:
    kinds = Counter(case["kind"] for case in _cases(shared_dir))
    assert kinds == {"domain": 90, "overall": 22, "incomplete": 3, "invalid": 2}


def test_every_domain_case_gives_judgement_rule_parts_and_unasked_questions(shared_dir: Path) -> None:
    for case in _cases(shared_dir):
        if case["kind"] != "domain":
            continue
        found = evaluate_domain(TOOL, case["domain"], case["answers"], case["settings"])
        expect = case["expect"]
        assert (found.judgement, found.rule_id) == (expect["judgement"], expect["rule"]), case["id"]
        assert found.parts == expect["parts"], case["id"]
        assert list(found.not_applicable) == expect["not_applicable"], case["id"]
        assert list(found.missing) == expect["missing"], case["id"]


def test_every_incomplete_case_names_what_is_missing(shared_dir: Path) -> None:
    for case in _cases(shared_dir):
        if case["kind"] == "incomplete":
            found = evaluate_domain(TOOL, case["domain"], case["answers"], case["settings"])
            assert found.judgement == case["expect"]["judgement"], case["id"]
            assert list(found.missing) == case["expect"]["missing"], case["id"]
            assert not found.is_complete, case["id"]


def test_every_invalid_case_is_refused(shared_dir: Path) -> None:
    for case in _cases(shared_dir):
        if case["kind"] == "invalid":
            with pytest.raises(REFUSALS[case["expect"]["error"]]):
                evaluate_domain(TOOL, case["domain"], case["answers"], case["settings"])


def test_every_overall_case_follows_from_its_answers_and_overrides(shared_dir: Path) -> None:
    for case in _cases(shared_dir):
        if case["kind"] != "overall":
            continue
        suggested = {
            domain.id: evaluate_domain(TOOL, domain.id, case["answers"], case["settings"]).judgement
            for domain in active_domains(TOOL, case["settings"])
        }
        final = {**suggested, **case["domain_override"]}
        found = overall(TOOL, final, escalate=case["escalate"])
        expect = case["expect"]
        assert suggested == expect["domains_suggested"], case["id"]
        assert final == expect["domains_final"], case["id"]
        assert (found.judgement, found.rule_id) == (expect["overall"], expect["rule"]), case["id"]
        assert found.prompt == expect["prompt_escalation"], case["id"]


@pytest.mark.parametrize("probably", [0, 1], ids=["definite", "probable"])
def test_every_row_of_the_truth_table_gives_its_judgement_and_rule(shared_dir: Path, probably: int) -> None:
    with (shared_dir / "data/rob2/rob2_truth_table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1304
    for row in rows:
        pairs = (pair.split("=") for pair in row["answers (y=Y/PY, n=N/PN)"].split())
        answers = {question: CODES[code][probably] for question, code in pairs}
        settings: dict[str, str | list[str]] = {"effect": row["variant"] or "assignment"}
        if row["deviations"]:
            settings["deviations"] = row["deviations"].split()
        found = evaluate_domain(TOOL, row["domain"], answers, settings)
        assert (found.judgement, found.rule_id) == (row["judgement"], row["rule"]), row
        assert found.is_complete, row


def test_the_other_tools_of_the_corpus_pass_the_load_time_checks(shared_dir: Path) -> None:
    tools = json.loads((shared_dir / "data/rob2/rob_tools_seed.json").read_text())["tools"]
    assert [parse_tool(raw).id for raw in tools] == [raw["id"] for raw in tools]
