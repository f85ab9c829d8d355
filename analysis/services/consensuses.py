"""From two appraisals to the judgements that count for one result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from analysis.appraisal import check_domain_override, check_overall_override, disagreements, overall
from analysis.models import Appraisal, AppraisedResult, Consensus
from analysis.selectors import appraisals as forms
from analysis.services.act import Act
from reviews.access import Right, require
from reviews.errors import DomainError, InvalidInput
from reviews.models import User


class JudgementsBlind(DomainError):
    code = "judgements_blind"
    sentence = "The appraisals open once both assessors have submitted theirs."


class AssessorsDiffer(DomainError):
    code = "assessors_differ"
    sentence = "The assessors differ on {differing}: settle that first."


class AppraisalIncomplete(DomainError):
    code = "appraisal_incomplete"
    sentence = "Before you submit, answer: {missing}."
    status = 422


@dataclass(frozen=True, slots=True)
class Held:
    """A judgement that departs from the algorithm's proposal, with its reason."""

    final: str
    justification: str = ""


@transaction.atomic
def agree_equal(*, by: User, unit: AppraisedResult) -> Consensus:
    """Take over what both assessors say alike. Emits appraisal.agreed. Refuses where they differ."""
    appraisals = _open(by, unit)
    if forms.consensus_of(unit) is not None:
        raise InvalidInput("The team has agreed on this result already.")
    all_forms = [forms.form_of(appraisal) for appraisal in appraisals]
    first = all_forms[0]
    differing = [name for other in all_forms[1:] for name in differences(first, other)]
    if differing:
        raise AssessorsDiffer(differing=", ".join(dict.fromkeys(differing)))
    assert first.submitted is not None  # _open gives submitted ones only
    judgements = {
        each.domain.id: _as_json(
            proposed=each.proposal.judgement or "",
            rule=each.proposal.rule_id or "",
            held=Held(each.final or "", each.held.justification if each.held else ""),
        )
        for each in first.domains
    }
    judgements[forms.OVERALL] = _as_json(
        proposed=first.submitted.proposed,
        rule=first.submitted.rule_id,
        held=Held(first.submitted.final, first.submitted.justification),
    )
    is_pair = len(appraisals) > 1
    return _write_consensus(
        unit,
        Act(by=by, review_id=unit.study.review_id),
        answers=first.answers,
        judgements=judgements,
        appraisals=appraisals,
        basis="equal" if is_pair else "resolved",
        note="" if is_pair else "Appraised by one person: the team has one assessor.",
    )


def differences(first: forms.Form, other: forms.Form) -> list[str]:
    """Questions (answers pooled as the tool pools them) and judgements on which two forms differ."""
    finals, others = dict(first.finals), dict(other.finals)
    for finals_of, form in ((finals, first), (others, other)):
        finals_of[forms.OVERALL] = form.submitted.final if form.submitted else None
    return [
        *disagreements(first.answers, other.answers),
        *(name for name in finals if finals[name] != others[name]),
    ]


@transaction.atomic
def settle(
    *,
    by: User,
    unit: AppraisedResult,
    answers: Mapping[str, str],
    held: Mapping[str, Held] | None = None,
    escalate: bool = False,
    note: str = "",
) -> Consensus:
    """Agree on answers; judgements follow from them, or are `held` (by domain, or "overall") with a reason.

    Emits appraisal.agreed. Refuses blind appraisals, open questions, and a change of a consensus that stands
    without a note.
    """
    appraisals = _open(by, unit)
    held = held or {}
    if forms.consensus_of(unit) is not None and not note.strip():
        raise InvalidInput("Say why the consensus is changed.")
    form = forms.build_form(unit=unit, answers=answers)
    finals, judgements = {}, {}
    for each in form.domains:
        proposed = each.proposal.judgement
        if proposed is None or not each.proposal.is_complete:
            raise AppraisalIncomplete(missing=", ".join(each.proposal.missing))
        mine = held.get(each.domain.id, Held(proposed))
        check_domain_override(
            forms.tool(), proposed=proposed, final=mine.final, justification=mine.justification
        )
        finals[each.domain.id] = mine.final
        judgements[each.domain.id] = _as_json(proposed=proposed, rule=each.proposal.rule_id or "", held=mine)
    judgements[forms.OVERALL] = _settled_overall(finals, held.get(forms.OVERALL), escalate=escalate)
    return _write_consensus(
        unit,
        Act(by=by, review_id=unit.study.review_id),
        answers={each.question.id: each.code for domain in form.domains for each in domain.questions},
        judgements=judgements,
        appraisals=appraisals,
        basis="resolved",
        note=note.strip(),
    )


def _settled_overall(finals: Mapping[str, str], mine: Held | None, *, escalate: bool) -> dict[str, str]:
    proposal = overall(forms.tool(), finals, escalate=escalate)
    if escalate and not proposal.prompt:
        raise InvalidInput("Concerns add up only where at least two domains raise some.")
    if escalate and (mine is None or not mine.justification.strip()):
        raise InvalidInput("Say why these concerns together substantially lower confidence in the result.")
    assert proposal.judgement is not None  # every domain is judged, and the tool's rules cover every case
    held = Held((mine.final if mine else "") or proposal.judgement, mine.justification if mine else "")
    check_overall_override(
        forms.tool(),
        domain_judgements=finals,
        proposed=proposal.judgement,
        final=held.final,
        justification=held.justification,
    )
    return _as_json(proposed=proposal.judgement, rule=proposal.rule_id or "", held=held)


def _as_json(*, proposed: str, rule: str, held: Held) -> dict[str, str]:
    return {
        "proposed": proposed,
        "rule": rule,
        "final": held.final,
        "justification": held.justification.strip(),
    }


def _open(by: User, unit: AppraisedResult) -> list[Appraisal]:
    AppraisedResult.objects.select_for_update(no_key=True, of=("self",)).get(pk=unit.pk)
    require(by, unit.study.review, Right.EXTRACT)
    appraisals = forms.open_appraisals(unit)
    if not appraisals:
        raise JudgementsBlind
    return appraisals


def _write_consensus(
    unit: AppraisedResult,
    act: Act,
    *,
    answers: Mapping[str, str],
    judgements: Mapping[str, Mapping[str, str]],
    appraisals: Sequence[Appraisal],
    basis: str,
    note: str,
) -> Consensus:
    assert act.by is not None  # people agree, rules never do
    consensus = Consensus.objects.create(
        unit=unit,
        answers=dict(answers),
        judgements={name: dict(held) for name, held in judgements.items()},
        of_appraisals=[appraisal.pk for appraisal in appraisals],
        basis=basis,
        note=note,
        by=act.by,
        supersedes=forms.consensus_of(unit),
        seq=act.seq,
    )
    act.audit("appraisal.agreed", unit, new={"consensus": consensus.pk})
    act.emit("appraisal.agreed", unit=unit.pk, study=unit.study_id, outcome=unit.outcome_id)
    return consensus
