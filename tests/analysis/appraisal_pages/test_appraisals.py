import pytest

from analysis.appraisal import JustificationRequired, OverallBetterThanWorstDomain, SettingInvalid
from analysis.models import Answer, Appraisal, AppraisedResult, Consensus, Judgement
from analysis.selectors import appraisals as forms
from analysis.services import appraisals, consensuses, studies
from reviews.errors import InvalidInput, NotAllowed
from reviews.models import AuditEvent, OutboxEvent, Review, User
from tests.analysis import makers

# Every question that is asked, answered so that each domain is at low risk (assignment).
LOW = {
    "1.1": "Y", "1.2": "Y", "1.3": "N",
    "2.1": "N", "2.2": "PN", "2.6": "Y",
    "3.1": "Y",
    "4.1": "N", "4.2": "N", "4.3": "N",
    "5.1": "Y", "5.2": "N", "5.3": "N",
}  # fmt: skip


@pytest.fixture
def unit(started_review: Review, reviewer: User) -> AppraisedResult:
    trial = makers.trial(started_review, reviewer)
    return appraisals.open_result(by=reviewer, study=trial, outcome=makers.outcome(started_review))


def appraised(by: User, unit: AppraisedResult, **changes: str) -> Appraisal:
    mine = appraisals.start(by=by, unit=unit)
    for question, code in {
        **LOW,
        **{name.replace("q", "").replace("_", "."): c for name, c in changes.items()},
    }.items():
        appraisals.answer(by=by, appraisal=mine, question=question, code=code)
    return mine


@pytest.mark.parametrize("design", ["single_arm", "unclear", "non_randomised"])
def test_rob2_is_not_offered_where_it_does_not_fit(
    started_review: Review, reviewer: User, design: str
) -> None:
    study = makers.trial(started_review, reviewer, design=design)
    with pytest.raises(appraisals.ToolNotApplicable):
        appraisals.open_result(by=reviewer, study=study, outcome=makers.outcome(started_review))
    [(named, suggestion)] = forms.not_offered(started_review)
    assert named == study
    assert not suggestion.applicable


def test_one_result_is_named_once(unit: AppraisedResult, reviewer: User) -> None:
    again = appraisals.open_result(by=reviewer, study=unit.study, outcome=unit.outcome)
    other = appraisals.open_result(
        by=reviewer, study=unit.study, outcome=unit.outcome, numerical_result="RR 0.5, table 2"
    )
    assert again == unit
    assert other != unit


def test_the_effect_of_adhering_names_its_deviations(unit: AppraisedResult, reviewer: User) -> None:
    with pytest.raises(SettingInvalid):
        appraisals.open_result(by=reviewer, study=unit.study, outcome=unit.outcome, effect="adhering")
    adhering = appraisals.open_result(
        by=reviewer, study=unit.study, outcome=unit.outcome, effect="adhering", deviations=["adherence"]
    )
    assert adhering.deviations == ["adherence"]


def test_answers_lead_to_the_proposed_judgements(unit: AppraisedResult, reviewer: User) -> None:
    mine = appraised(reviewer, unit)
    form = forms.form_of(mine)
    assert set(form.finals.values()) == {"low"}
    judgement = appraisals.submit(by=reviewer, appraisal=mine)
    assert (judgement.final, judgement.rule_id) == ("low", form.overall().rule_id)
    assert Judgement.objects.filter(appraisal=mine).count() == 6
    assert Answer.objects.get(appraisal=mine, question="2.3").code == "NA"


def test_a_follow_up_is_asked_only_in_its_turn_and_reset_when_that_passes(
    unit: AppraisedResult, reviewer: User
) -> None:
    mine = appraisals.start(by=reviewer, unit=unit)
    with pytest.raises(appraisals.QuestionNotAsked):
        appraisals.answer(by=reviewer, appraisal=mine, question="2.7", code="Y")
    appraisals.answer(by=reviewer, appraisal=mine, question="2.6", code="N")
    appraisals.answer(by=reviewer, appraisal=mine, question="2.7", code="Y", support="3 of 40 switched")
    appraisals.answer(by=reviewer, appraisal=mine, question="2.6", code="PY")
    history = list(Answer.objects.filter(question="2.7").order_by("id").values_list("code", flat=True))
    assert history == ["Y", "NA"]
    form = appraisals.answer(by=reviewer, appraisal=mine, question="2.6", code="NI")
    asked = next(each for each in form.domain("D2").questions if each.question.id == "2.7")
    assert (asked.is_asked, asked.code) == (True, "")


def test_an_answer_that_is_not_offered_is_refused(unit: AppraisedResult, reviewer: User) -> None:
    mine = appraisals.start(by=reviewer, unit=unit)
    for code in ("NA", "maybe", ""):
        with pytest.raises(InvalidInput):
            appraisals.answer(by=reviewer, appraisal=mine, question="1.1", code=code)
    with pytest.raises(InvalidInput):
        appraisals.answer(by=reviewer, appraisal=mine, question="9.9", code="Y")


def test_an_override_needs_a_reason_and_falls_when_the_proposal_changes(
    unit: AppraisedResult, reviewer: User
) -> None:
    mine = appraised(reviewer, unit)
    with pytest.raises(JustificationRequired):
        appraisals.judge(by=reviewer, appraisal=mine, domain="D1", final="high")
    appraisals.judge(
        by=reviewer, appraisal=mine, domain="D1", final="high", justification="Broken seals, see the erratum"
    )
    assert forms.form_of(mine).finals["D1"] == "high"
    form = appraisals.answer(by=reviewer, appraisal=mine, question="1.2", code="NI")
    assert form.finals["D1"] == "some_concerns"
    assert form.domain("D1").is_override_outdated


def test_the_overall_judgement_has_a_floor(unit: AppraisedResult, reviewer: User) -> None:
    mine = appraised(reviewer, unit, q1_2="N")
    with pytest.raises(OverallBetterThanWorstDomain):
        appraisals.submit(by=reviewer, appraisal=mine, final="low", justification="It is fine")
    assert appraisals.submit(by=reviewer, appraisal=mine).final == "high"


def test_several_concerns_add_up_only_when_a_person_says_why(unit: AppraisedResult, reviewer: User) -> None:
    mine = appraised(reviewer, unit, q1_2="NI", q5_1="NI")
    with pytest.raises(InvalidInput, match="Say why"):
        appraisals.submit(by=reviewer, appraisal=mine, escalate=True)
    judgement = appraisals.submit(
        by=reviewer, appraisal=mine, escalate=True, justification="Both point the same way"
    )
    assert (judgement.proposed, judgement.final) == ("high", "high")


def test_concerns_in_one_domain_cannot_add_up(unit: AppraisedResult, reviewer: User) -> None:
    mine = appraised(reviewer, unit, q1_2="NI")
    with pytest.raises(InvalidInput, match="at least two domains"):
        appraisals.submit(by=reviewer, appraisal=mine, escalate=True, justification="Serious")


def test_an_open_question_holds_the_submission(unit: AppraisedResult, reviewer: User) -> None:
    mine = appraisals.start(by=reviewer, unit=unit)
    for question, code in LOW.items():
        if question != "4.3":
            appraisals.answer(by=reviewer, appraisal=mine, question=question, code=code)
    with pytest.raises(appraisals.AppraisalIncomplete, match=r"4\.3"):
        appraisals.submit(by=reviewer, appraisal=mine)


def test_nobody_sees_or_changes_anothers_appraisal_before_both_are_in(
    unit: AppraisedResult, reviewer: User, second_reviewer: User, third_reviewer: User, lead: User
) -> None:
    first = appraised(reviewer, unit)
    appraisals.submit(by=reviewer, appraisal=first)
    second = appraised(second_reviewer, unit)
    assert forms.open_appraisals(unit) == []
    with pytest.raises(consensuses.JudgementsBlind):
        appraisals.agree_equal(by=lead, unit=unit)
    with pytest.raises(NotAllowed):
        appraisals.submit(by=lead, appraisal=second)
    with pytest.raises(appraisals.AssessorsComplete):
        appraisals.start(by=third_reviewer, unit=unit)
    with pytest.raises(appraisals.AppraisalSubmitted):
        appraisals.answer(by=reviewer, appraisal=first, question="1.1", code="N")
    appraisals.submit(by=second_reviewer, appraisal=second)
    assert forms.open_appraisals(unit) == [first, second]


def test_appraisals_that_say_the_same_are_agreed_and_told(
    unit: AppraisedResult, reviewer: User, second_reviewer: User
) -> None:
    # Yes and probably yes are one answer to the algorithm.
    for person, answer in ((reviewer, "Y"), (second_reviewer, "PY")):
        appraisals.submit(by=person, appraisal=appraised(person, unit, q1_1=answer))
    consensus = appraisals.agree_equal(by=reviewer, unit=unit)
    assert consensus.basis == "equal"
    assert {held["final"] for held in consensus.judgements.values()} == {"low"}
    event = OutboxEvent.objects.get(topic="appraisal.agreed")
    assert event.payload == {"unit": unit.pk, "study": unit.study_id, "outcome": unit.outcome_id}
    [light] = forms.traffic_light(unit.study.review, unit.outcome)
    assert (light.label, light.judgements["overall"]) == (unit.study.label, "low")
    with pytest.raises(InvalidInput, match="already"):
        appraisals.agree_equal(by=reviewer, unit=unit)


def test_a_difference_is_settled_on_answers_and_later_changed_only_with_a_note(
    unit: AppraisedResult, reviewer: User, second_reviewer: User, lead: User
) -> None:
    appraisals.submit(by=reviewer, appraisal=appraised(reviewer, unit))
    appraisals.submit(by=second_reviewer, appraisal=appraised(second_reviewer, unit, q1_2="NI"))
    with pytest.raises(consensuses.AssessorsDiffer, match=r"1\.2, D1, overall"):
        appraisals.agree_equal(by=reviewer, unit=unit)
    settled = appraisals.settle(by=lead, unit=unit, answers={**LOW, "1.2": "N"})
    assert settled.judgements["overall"]["final"] == "high"
    with pytest.raises(InvalidInput, match="Say why"):
        appraisals.settle(by=lead, unit=unit, answers=LOW)
    changed = appraisals.settle(
        by=lead,
        unit=unit,
        answers=LOW,
        held={"D3": appraisals.Held("some_concerns", "Dropout unclear")},
        note="Letter from the trialists",
    )
    assert changed.supersedes == settled
    assert changed.judgements["overall"]["final"] == "some_concerns"
    assert forms.traffic_light(unit.study.review, unit.outcome)[0].overridden == ("D3",)
    assert Consensus.objects.count() == 2


def test_the_first_domain_is_copied_from_another_result_of_the_trial(
    unit: AppraisedResult, reviewer: User, second_reviewer: User
) -> None:
    source = appraised(reviewer, unit)
    other = appraisals.open_result(
        by=reviewer, study=unit.study, outcome=unit.outcome, numerical_result="at 12 months"
    )
    mine = appraisals.start(by=reviewer, unit=other)
    form = appraisals.copy_domain(by=reviewer, appraisal=mine, source=source)
    assert form.finals["D1"] == "low"
    assert AuditEvent.objects.get(verb="appraisal.domain_copied").new == {"from": source.pk, "domain": "D1"}
    theirs = appraisals.start(by=second_reviewer, unit=other)
    with pytest.raises(InvalidInput, match="your own"):
        appraisals.copy_domain(by=second_reviewer, appraisal=theirs, source=source)


def test_a_result_of_a_study_taken_out_leaves_the_traffic_light(
    unit: AppraisedResult, reviewer: User, second_reviewer: User
) -> None:
    for person in (reviewer, second_reviewer):
        appraisals.submit(by=person, appraisal=appraised(person, unit))
    appraisals.agree_equal(by=reviewer, unit=unit)
    studies.set_eligibility(by=reviewer, study=unit.study, verdict="excluded", note="Retracted")
    assert forms.traffic_light(unit.study.review, unit.outcome) == []
