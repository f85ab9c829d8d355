"""RoB 2 as data: the rules of each domain, with nothing but the package."""

import pytest

from analysis.appraisal import (
    AnswerNotAllowed,
    DomainUnknown,
    JudgementUnknown,
    JustificationRequired,
    OverallBetterThanWorstDomain,
    QuestionUnknown,
    SettingInvalid,
    asked,
    check_domain_override,
    check_overall_override,
    evaluate_domain,
    floor,
    load_tool,
    overall,
)
from analysis.appraisal.checks import answer_vectors, settings_vectors
from analysis.appraisal.evaluate import active_domains

TOOL = load_tool("rob2")
ASSIGNMENT = {"effect": "assignment"}
ADHERING = {"effect": "adhering", "deviations": ["non_protocol", "implementation", "adherence"]}
LOW, SC, HIGH = "low", "some_concerns", "high"


def _answers(domain: str, codes: str) -> dict[str, str]:
    return {f"{domain[1]}.{i}": code for i, code in enumerate(codes.split(), start=1) if code != "."}


@pytest.mark.parametrize(
    ("domain", "codes", "judgement", "rule"),
    [
        ("D1", "Y Y N", LOW, "D1.1"),
        ("D1", "NI PY NI", LOW, "D1.1"),
        ("D1", "Y PY PY", SC, "D1.2"),
        ("D1", "N Y N", SC, "D1.3"),
        ("D1", "PN Y Y", SC, "D1.3"),
        ("D1", "NI NI NI", SC, "D1.4"),
        ("D1", "Y NI Y", HIGH, "D1.5"),
        ("D1", "Y PN N", HIGH, "D1.6"),
        ("D2", "N N . . . Y .", LOW, "D2a.1+D2a.7"),
        ("D2", "Y N N . . Y .", LOW, "D2a.2+D2a.7"),
        ("D2", "N NI NI . . Y .", SC, "D2a.3+D2a.7"),
        ("D2", "Y Y Y N . Y .", SC, "D2a.4+D2a.7"),
        ("D2", "Y Y PY NI Y Y .", SC, "D2a.5+D2a.7"),
        ("D2", "Y Y PY Y NI Y .", HIGH, "D2a.6+D2a.7"),
        ("D2", "N N . . . NI PN", SC, "D2a.1+D2a.8"),
        ("D2", "N N . . . N NI", HIGH, "D2a.1+D2a.9"),
        ("D3", "PY . . .", LOW, "D3.1"),
        ("D3", "N Y . .", LOW, "D3.2"),
        ("D3", "NI N PN .", LOW, "D3.3"),
        ("D3", "N PN NI N", SC, "D3.4"),
        ("D3", "N N Y NI", HIGH, "D3.5"),
        ("D4", "Y N . . .", HIGH, "D4.1"),
        ("D4", "N PY . . .", HIGH, "D4.2"),
        ("D4", "NI N N . .", LOW, "D4.3"),
        ("D4", "N N Y PN .", LOW, "D4.4"),
        ("D4", "N N NI Y N", SC, "D4.5"),
        ("D4", "N N Y NI NI", HIGH, "D4.6"),
        ("D4", "N NI PN . .", SC, "D4.7"),
        ("D4", "N NI Y N .", SC, "D4.8"),
        ("D4", "N NI Y Y N", SC, "D4.9"),
        ("D4", "N NI NI NI NI", HIGH, "D4.10"),
        ("D5", "Y Y NI", HIGH, "D5.1"),
        ("D5", "Y N NI", SC, "D5.2"),
        ("D5", "PY PN N", LOW, "D5.3"),
        ("D5", "NI N N", SC, "D5.4"),
    ],
)
def test_answers_lead_to_the_judgement_and_rule(domain: str, codes: str, judgement: str, rule: str) -> None:
    found = evaluate_domain(TOOL, domain, _answers(domain, codes), ASSIGNMENT)
    assert (found.judgement, found.rule_id, found.missing) == (judgement, rule, ())


@pytest.mark.parametrize(
    ("codes", "judgement", "rule"),
    [
        ("N N . N N .", LOW, "D2b.1"),
        ("Y N Y N N .", LOW, "D2b.2"),
        ("N N . Y N PY", SC, "D2b.3"),
        ("Y Y Y N NI Y", SC, "D2b.4"),
        ("Y Y N N N Y", SC, "D2b.5"),
        ("N N . Y Y NI", HIGH, "D2b.6"),
        ("Y Y PY Y N N", HIGH, "D2b.7"),
        ("NI N NI N N N", HIGH, "D2b.8"),
    ],
)
def test_answers_on_adhering_lead_to_the_judgement(codes: str, judgement: str, rule: str) -> None:
    found = evaluate_domain(TOOL, "D2", _answers("D2", codes), ADHERING)
    assert (found.judgement, found.rule_id, found.parts) == (judgement, rule, None)


def test_the_distinct_ways_through_each_domain_are_few_enough_to_try_at_load_time() -> None:
    vectors = {
        (domain.id, domain.variant): sum(1 for _ in answer_vectors(domain, settings))
        for settings in settings_vectors(TOOL)
        if settings["effect"] == "assignment" or len(settings["deviations"]) == 3
        for domain in active_domains(TOOL, settings)
    }
    assert vectors == {
        ("D1", ""): 12,
        ("D2", "assignment"): 48,
        ("D2", "adhering"): 52,
        ("D3", ""): 5,
        ("D4", ""): 12,
        ("D5", ""): 18,
    }


def test_probably_never_changes_a_judgement() -> None:
    weaker = {"Y": "PY", "N": "PN"}
    for domain in active_domains(TOOL, ASSIGNMENT):
        for vector in answer_vectors(domain, ASSIGNMENT):
            answers = {question: code for question, code in vector.items() if code is not None}
            probable = {question: weaker.get(code, code) for question, code in answers.items()}
            assert evaluate_domain(TOOL, domain.id, answers, ASSIGNMENT) == evaluate_domain(
                TOOL, domain.id, probable, ASSIGNMENT
            )


def test_asked_grows_with_the_answers() -> None:
    def ids(answers: dict[str, str]) -> list[str]:
        return [question.id for question in asked(TOOL, "D3", answers, ASSIGNMENT)]

    assert ids({}) == ["3.1"]
    assert ids({"3.1": "N"}) == ["3.1", "3.2"]
    assert ids({"3.1": "N", "3.2": "N", "3.3": "Y"}) == ["3.1", "3.2", "3.3", "3.4"]


def test_a_stale_answer_to_an_unasked_question_is_ignored() -> None:
    found = evaluate_domain(TOOL, "D3", {"3.1": "Y", "3.2": "N", "3.3": "Y", "3.4": "Y"}, ASSIGNMENT)
    assert (found.judgement, found.not_applicable) == (LOW, ("3.2", "3.3", "3.4"))


def test_not_applicable_on_an_asked_question_counts_as_missing() -> None:
    found = evaluate_domain(TOOL, "D3", {"3.1": "N", "3.2": "NA"}, ASSIGNMENT)
    assert (found.judgement, found.missing) == (None, ("3.2",))


def test_a_question_whose_turn_is_open_is_neither_missing_nor_inapplicable() -> None:
    found = evaluate_domain(TOOL, "D2", {"2.1": "N", "2.6": "Y"}, ASSIGNMENT)
    assert found.missing == ("2.2",)
    assert found.not_applicable == ("2.7",)
    assert found.judgement is None


def test_an_open_answer_holds_back_a_later_rule() -> None:
    assert evaluate_domain(TOOL, "D5", {"5.1": "Y", "5.2": "NI"}, ASSIGNMENT).judgement is None


def test_a_part_at_the_worst_level_settles_an_incomplete_domain() -> None:
    found = evaluate_domain(TOOL, "D2", {"2.6": "N", "2.7": "Y"}, ASSIGNMENT)
    assert (found.judgement, found.rule_id, found.missing) == (HIGH, "D2a.9", ("2.1", "2.2"))


def test_no_information_is_refused_on_question_3_2() -> None:
    with pytest.raises(AnswerNotAllowed) as refusal:
        evaluate_domain(TOOL, "D3", {"3.1": "N", "3.2": "NI"}, ASSIGNMENT)
    assert refusal.value.parameters["question"] == "3.2"


def test_unknown_question_and_domain_are_refused() -> None:
    with pytest.raises(QuestionUnknown):
        evaluate_domain(TOOL, "D1", {"9.9": "Y"}, ASSIGNMENT)
    with pytest.raises(DomainUnknown):
        evaluate_domain(TOOL, "D9", {}, ASSIGNMENT)


@pytest.mark.parametrize(
    "preliminaries",
    [
        {},
        {"effect": "both"},
        {"effect": "adhering"},
        {"effect": "adhering", "deviations": []},
        {"effect": "adhering", "deviations": ["weather"]},
        {"effect": "assignment", "mood": "good"},
    ],
)
def test_bad_preliminaries_are_refused(preliminaries: dict[str, str | list[str]]) -> None:
    with pytest.raises(SettingInvalid):
        evaluate_domain(TOOL, "D2", {}, preliminaries)


@pytest.mark.parametrize(
    ("levels", "escalate", "judgement", "rule", "prompt"),
    [
        ([LOW] * 5, False, LOW, "O4", False),
        ([LOW, SC, LOW, LOW, LOW], False, SC, "O3", False),
        ([LOW, SC, LOW, LOW, LOW], True, SC, "O3", False),
        ([SC] * 5, False, SC, "O3", True),
        ([SC, LOW, LOW, LOW, SC], True, HIGH, "O2", True),
        ([HIGH, LOW, LOW, LOW, LOW], False, HIGH, "O1", False),
    ],
)
def test_overall_follows_the_domains(
    levels: list[str], escalate: bool, judgement: str, rule: str, prompt: bool
) -> None:
    found = overall(TOOL, dict(zip(TOOL.domain_ids, levels, strict=True)), escalate=escalate)
    assert (found.judgement, found.rule_id, found.prompt) == (judgement, rule, prompt)


def test_overall_is_undefined_until_every_domain_is_judged() -> None:
    found = overall(TOOL, {"D1": HIGH, "D2": SC, "D3": SC, "D4": None}, escalate=False)
    assert (found.judgement, found.rule_id, found.prompt) == (None, None, True)


def test_overall_refuses_unknown_levels() -> None:
    with pytest.raises(JudgementUnknown):
        overall(TOOL, {"D1": "medium"}, escalate=False)


def test_an_override_needs_a_reason() -> None:
    check_domain_override(TOOL, proposed=LOW, final=LOW, justification="")
    check_domain_override(TOOL, proposed=LOW, final=HIGH, justification="Sequence was alternation.")
    with pytest.raises(JustificationRequired):
        check_domain_override(TOOL, proposed=LOW, final=HIGH, justification="  ")


def test_overall_cannot_be_better_than_the_worst_domain() -> None:
    domains = {"D1": LOW, "D2": SC, "D3": LOW, "D4": LOW, "D5": LOW}
    assert floor(TOOL, domains) == SC
    check_overall_override(
        TOOL, domain_judgements=domains, proposed=SC, final=HIGH, justification="Concerns add up."
    )
    with pytest.raises(OverallBetterThanWorstDomain):
        check_overall_override(
            TOOL, domain_judgements=domains, proposed=SC, final=LOW, justification="It hardly matters."
        )
