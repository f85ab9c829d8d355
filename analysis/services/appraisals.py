"""Risk of bias: two people appraise one result, blind to each other, and agree on what counts."""

from collections.abc import Mapping, Sequence

from django.db import transaction

from analysis.appraisal import (
    check_domain_override,
    check_overall_override,
    check_settings,
)
from analysis.models import (
    Answer,
    Appraisal,
    AppraisedResult,
    Comparison,
    EffectOfInterest,
    Eligibility,
    Judgement,
    Study,
    Timepoint,
)
from analysis.selectors import appraisals as forms
from analysis.selectors.extraction import EXTRACTORS
from analysis.services.act import Act
from analysis.services.consensuses import AppraisalIncomplete, Held, agree_equal, differences, settle
from reviews.access import Right, require
from reviews.errors import DomainError, InvalidInput, NotAllowed
from reviews.models import Outcome, User

__all__ = [
    "AppraisalIncomplete",
    "AppraisalSubmitted",
    "AssessorsComplete",
    "Held",
    "QuestionNotAsked",
    "ToolNotApplicable",
    "agree_equal",
    "answer",
    "copy_domain",
    "differences",
    "judge",
    "open_result",
    "settle",
    "start",
    "submit",
]


class ToolNotApplicable(DomainError):
    code = "tool_not_applicable"
    sentence = "RoB 2 does not fit “{label}”: it is for randomised trials with two arms."


class AssessorsComplete(DomainError):
    code = "assessors_complete"
    sentence = "Two people already appraise this result. You can help to agree once both have submitted."


class AppraisalSubmitted(DomainError):
    code = "appraisal_submitted"
    sentence = "You have submitted this appraisal. What is still to be said goes into the consensus."


class QuestionNotAsked(InvalidInput):
    code = "question_not_asked"
    sentence = "Question {question} is not asked, given the answers before it."


@transaction.atomic
def open_result(
    *,
    by: User,
    study: Study,
    outcome: Outcome,
    numerical_result: str = "",
    effect: str = EffectOfInterest.ASSIGNMENT,
    deviations: Sequence[str] = (),
) -> AppraisedResult:
    """Name the result that is appraised; the same result is named once.

    Refuses designs that RoB 2 does not fit, studies not included, and an effect of adhering that names no
    deviation.
    """
    locked = Study.objects.select_for_update(no_key=True, of=("self",)).get(pk=study.pk)
    require(by, locked.review, Right.EXTRACT)
    comparison = Comparison.objects.filter(study=locked).order_by("id").first()
    if not forms.suggestion(locked).applicable or comparison is None:
        raise ToolNotApplicable(label=locked.label)
    if locked.eligibility != Eligibility.INCLUDED or outcome.protocol.review_id != locked.review_id:
        raise InvalidInput("Only results of included studies on outcomes of this review are appraised.")
    tool = forms.tool()
    check_settings(tool, {"effect": effect, "deviations": list(deviations)})
    timepoint = Timepoint.objects.filter(study=locked).order_by("id").first()
    unit, is_new = AppraisedResult.objects.get_or_create(
        comparison=comparison,
        outcome=outcome,
        timepoint=timepoint or Timepoint.objects.create(study=locked),
        numerical_result=numerical_result.strip(),
        tool=tool.id,
        effect=effect,
        defaults={"study": locked, "tool_version": tool.version, "deviations": list(deviations)},
    )
    if is_new:
        Act(by=by, review_id=locked.review_id).audit("appraisal.result_named", unit)
    return unit


@transaction.atomic
def start(*, by: User, unit: AppraisedResult, sources: Sequence[str] = ()) -> Appraisal:
    """Begin to appraise a result, or go on. Refuses a third assessor and sources the tool does not list."""
    AppraisedResult.objects.select_for_update(no_key=True, of=("self",)).get(pk=unit.pk)
    review = unit.study.review
    require(by, review, Right.EXTRACT)
    unknown = set(sources) - set(forms.tool().sources_options)
    if unknown:
        raise InvalidInput(
            "{unknown} is not a source that the tool lists.", unknown=", ".join(sorted(unknown))
        )
    mine = Appraisal.objects.filter(unit=unit, person=by).first()
    if mine is not None:
        return mine
    if len(forms.places_taken(unit)) >= EXTRACTORS:
        raise AssessorsComplete
    act = Act(by=by, review_id=review.pk)
    mine = Appraisal.objects.create(unit=unit, person=by, sources=list(sources), seq=act.seq)
    act.audit("appraisal.started", mine)
    return mine


@transaction.atomic
def answer(*, by: User, appraisal: Appraisal, question: str, code: str, support: str = "") -> forms.Form:
    """Answer one signalling question; returns the form as it stands then.

    An answer that ends a follow-up sets the follow-up to "not asked"; its old answer stays in the history.
    Refuses a code that the question does not offer, and a question that is not asked.
    """
    locked, act = _own(by, appraisal)
    before = forms.form_of(locked)
    domain = _domain_with(before, question)
    asked = next(each for each in domain.questions if each.question.id == question)
    if not asked.is_asked:
        raise QuestionNotAsked(question=question)
    if code not in asked.codes:
        raise InvalidInput(
            "Question {question} does not offer the answer “{code}”.", question=question, code=code
        )
    _write_answers(locked, act, {question: (code, support.strip())})
    _reset_unasked(locked, act, domain.domain.id)
    return forms.form_of(locked)


@transaction.atomic
def judge(
    *,
    by: User,
    appraisal: Appraisal,
    domain: str,
    final: str,
    justification: str = "",
    direction: str = "",
) -> Judgement:
    """Hold a judgement on a domain, the proposed one or another with a reason.

    Refuses while questions of the domain are open, and a departure without a justification.
    """
    locked, act = _own(by, appraisal)
    form = forms.form_of(locked)
    if domain not in form.finals:
        raise InvalidInput("This tool has no domain “{domain}” here.", domain=domain)
    return _judge(locked, act, form.domain(domain), Held(final, justification), direction=direction)


def _judge(
    appraisal: Appraisal, act: Act, domain: forms.DomainForm, held: Held, *, direction: str = ""
) -> Judgement:
    proposal = domain.proposal
    if not proposal.is_complete or proposal.judgement is None:
        raise AppraisalIncomplete(missing=", ".join(proposal.missing))
    if direction and direction not in domain.domain.directions:
        raise InvalidInput("“{direction}” is not a direction of bias.", direction=direction)
    check_domain_override(
        forms.tool(), proposed=proposal.judgement, final=held.final, justification=held.justification
    )
    return _write_judgement(
        appraisal,
        act,
        name=domain.domain.id,
        proposed=proposal.judgement,
        rule_id=proposal.rule_id or "",
        held=held,
        direction=direction,
    )


@transaction.atomic
def copy_domain(*, by: User, appraisal: Appraisal, source: Appraisal, domain: str = "D1") -> forms.Form:
    """Take over one's own answers to the first domain from another result of the same trial.

    The audit keeps the link; the copy may be changed afterwards. Refuses any other source or domain.
    """
    locked, act = _own(by, appraisal)
    if source.person_id != by.pk or source.unit.study_id != locked.unit.study_id or source.pk == locked.pk:
        raise InvalidInput("Answers are copied from your own appraisal of another result of the same trial.")
    if domain != "D1":
        raise InvalidInput("Only the randomisation process is the same for every result of a trial.")
    taken = {
        each.question.id: (each.code, each.support)
        for each in forms.form_of(source).domain(domain).questions
        if each.is_asked and each.code
    }
    if not taken:
        raise InvalidInput("There are no answers to copy yet.")
    _write_answers(locked, act, taken)
    act.audit("appraisal.domain_copied", locked, new={"from": source.pk, "domain": domain})
    return forms.form_of(locked)


@transaction.atomic
def submit(
    *,
    by: User,
    appraisal: Appraisal,
    final: str | None = None,
    justification: str = "",
    escalate: bool = False,
    direction: str = "",
) -> Judgement:
    """Hand the appraisal in with its overall judgement; without `final` the proposed one.

    `escalate` says that several concerns together substantially lower confidence, and needs a justification.
    Refuses open questions, and an overall judgement better than the worst domain.
    """
    locked, act = _own(by, appraisal)
    form = forms.form_of(locked)
    if direction and direction not in forms.tool().overall_directions:
        raise InvalidInput("“{direction}” is not a direction of bias.", direction=direction)
    proposed, rule_id = _overall(form, escalate=escalate, justification=justification)
    held = Held(final or proposed, justification)
    _check_overall(form, proposed=proposed, held=held)
    unasked = {
        each.question.id: (forms.NOT_ASKED, each.support)
        for domain in form.domains
        for each in domain.questions
        if not each.is_asked and form.answers.get(each.question.id) != forms.NOT_ASKED
    }
    _write_answers(locked, act, unasked)
    for domain in form.domains:
        if domain.held is None:
            _judge(locked, act, domain, Held(domain.final or ""))
    judgement = _write_judgement(
        locked,
        act,
        name=forms.OVERALL,
        proposed=proposed,
        rule_id=rule_id,
        held=held,
        direction=direction,
    )
    act.audit("appraisal.submitted", locked)
    return judgement


def _overall(form: forms.Form, *, escalate: bool, justification: str) -> tuple[str, str]:
    if not form.is_complete:
        missing = [question for domain in form.domains for question in domain.proposal.missing]
        raise AppraisalIncomplete(missing=", ".join(missing))
    if escalate and not justification.strip():
        raise InvalidInput("Say why these concerns together substantially lower confidence in the result.")
    proposal = form.overall(escalate=escalate)
    if escalate and not proposal.prompt:
        raise InvalidInput("Concerns add up only where at least two domains raise some.")
    assert proposal.judgement is not None  # every domain is judged, and the tool's rules cover every case
    return proposal.judgement, proposal.rule_id or ""


def _check_overall(form: forms.Form, *, proposed: str, held: Held) -> None:
    check_overall_override(
        forms.tool(),
        domain_judgements={name: final for name, final in form.finals.items() if final},
        proposed=proposed,
        final=held.final,
        justification=held.justification,
    )


def _own(by: User, appraisal: Appraisal) -> tuple[Appraisal, Act]:
    locked = (
        Appraisal.objects.select_for_update(no_key=True, of=("self",))
        .select_related("unit__study__review")
        .get(pk=appraisal.pk)
    )
    review = locked.unit.study.review
    require(by, review, Right.EXTRACT)
    if locked.person_id != by.pk:
        raise NotAllowed("This appraisal is another person's.")
    if forms.is_submitted(locked):
        raise AppraisalSubmitted
    if forms.open_appraisals(locked.unit):
        raise AssessorsComplete  # who left and came back has seen what the others say
    return locked, Act(by=by, review_id=review.pk)


def _domain_with(form: forms.Form, question: str) -> forms.DomainForm:
    for domain in form.domains:
        if any(each.question.id == question for each in domain.questions):
            return domain
    raise InvalidInput("This tool has no question “{question}” here.", question=question)


def _write_answers(appraisal: Appraisal, act: Act, answers: Mapping[str, tuple[str, str]]) -> None:
    rows = list(Answer.objects.filter(appraisal=appraisal, question__in=answers).order_by("id"))
    superseded = {row.supersedes_id for row in rows}
    heads = {row.question: row for row in rows if row.pk not in superseded}
    new = [
        Answer.objects.create(
            appraisal=appraisal,
            question=question,
            code=code,
            support=support,
            supersedes=heads.get(question),
            seq=act.seq,
        )
        for question, (code, support) in answers.items()
        if question not in heads or (heads[question].code, heads[question].support) != (code, support)
    ]
    if new:
        act.audit("appraisal.answered", appraisal, new={"answers": [row.pk for row in new]})


def _reset_unasked(appraisal: Appraisal, act: Act, domain: str) -> None:
    form = forms.form_of(appraisal)
    stale = {
        question: (forms.NOT_ASKED, form.supports.get(question, ""))
        for question in form.domain(domain).proposal.not_applicable
        if form.answers.get(question, forms.NOT_ASKED) != forms.NOT_ASKED
    }
    _write_answers(appraisal, act, stale)


def _write_judgement(
    appraisal: Appraisal,
    act: Act,
    *,
    name: str,
    proposed: str,
    rule_id: str,
    held: Held,
    direction: str,
) -> Judgement:
    past = list(Judgement.objects.filter(appraisal=appraisal, domain=name).order_by("id"))
    superseded = {row.supersedes_id for row in past}
    judgement = Judgement.objects.create(
        appraisal=appraisal,
        domain=name,
        proposed=proposed,
        rule_id=rule_id,
        final=held.final,
        justification=held.justification.strip(),
        direction=direction,
        supersedes=next((row for row in past if row.pk not in superseded), None),
        seq=act.seq,
    )
    act.audit("appraisal.judged", appraisal, new={"judgement": judgement.pk})
    return judgement
