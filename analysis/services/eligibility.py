"""Whether a study counts. A verdict on the study is a fact; setting one report aside never moves it."""

from dataclasses import dataclass

from django.db import transaction

from analysis.models import Eligibility, Study, StudyEligibility
from analysis.services.act import Act
from reviews.access import Right, require
from reviews.errors import InvalidInput
from reviews.models import ExclusionReason, FeedEntry, ReasonScope, User
from reviews.selectors.counted import counts
from screening.models import RetrievalState, ScreeningOutcome, ScreeningState, StageName

SCREENING, PERSON = "screening", "person"
# Screening moved against what a person had said of the study: only a person can settle it.
CONTRADICTION = "contradiction"
# Its reports all tell of other studies now, or left the counts with an import that was undone: it counts
# nowhere, or the same people would count twice.
NO_REPORT = "no_report"
_TAKEN_OUT = "Its reports came with a search or an import that was undone."


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the full-text verdicts on a study's reports add up to."""

    eligibility: str
    reason: ExclusionReason | None = None
    is_contradictory: bool = False


def screening_says(study: Study) -> Verdict | None:
    """The verdict of full-text screening; None where it speaks of reports only and the study stays."""
    states = ScreeningState.objects.filter(
        report__study_report__study=study, stage__name=StageName.FULL_TEXT
    ).select_related("reason")
    included, excluded, is_open = False, [], False
    for state in states:
        if state.state == ScreeningOutcome.INCLUDED:
            included = True
        elif state.state == ScreeningOutcome.EXCLUDED:
            if state.reason is None or state.reason.scope == ReasonScope.STUDY:
                excluded.append(state)
        elif state.state != ScreeningOutcome.ABSORBED:
            is_open = is_open or state.retrieval != RetrievalState.NOT_RETRIEVED
    if included and excluded:
        return Verdict(Eligibility.AWAITING, is_contradictory=True)
    if included:
        return Verdict(Eligibility.INCLUDED)
    if excluded:
        return Verdict(Eligibility.EXCLUDED, reason=excluded[0].reason)
    return Verdict(Eligibility.AWAITING) if is_open else None


def has_report(study: Study) -> bool:
    """Whether any report that counts tells of the study."""
    return study.study_reports.filter(counts("report_id")).exists()


def recompute(study: Study, act: Act) -> None:
    """Follow screening, unless a person has spoken since; the caller holds the study's lock.

    Emits study.included or study.removed where the study comes in or goes out.
    """
    facts = list(StudyEligibility.objects.filter(study=study).order_by("-seq", "-id"))
    if not has_report(study):
        if facts and facts[0].basis != NO_REPORT:
            is_undone = study.study_reports.exists()
            note = _TAKEN_OUT if is_undone else "Its reports tell of other studies."
            _write(study, act, verdict=Eligibility.AWAITING, basis=NO_REPORT, note=note)
        return
    if facts and facts[0].basis == NO_REPORT:
        facts = _take_up_again(study, act, facts)
    verdict = screening_says(study)
    if verdict is None:
        return
    head = facts[0] if facts else None
    if head is None or head.basis == SCREENING:
        reason_id = verdict.reason.pk if verdict.reason else None
        if head is None or (head.verdict, head.reason_id) != (verdict.eligibility, reason_id):
            _write(study, act, verdict=verdict.eligibility, basis=SCREENING, reason=verdict.reason)
    else:
        _weigh_against_person(study, act, verdict=verdict, facts=facts)
    if verdict.is_contradictory and study.eligibility == Eligibility.AWAITING:
        _tell_contradiction(study, act)


def _take_up_again(study: Study, act: Act, facts: list[StudyEligibility]) -> list[StudyEligibility]:
    """A report came back to the study: what a person had said of it holds again; screening speaks anew."""
    said = [fact for fact in facts if fact.basis != NO_REPORT]
    if not said or said[0].basis == SCREENING:
        return []
    last = said[0]
    again = _write(
        study,
        act,
        verdict=last.verdict,
        basis=last.basis,
        reason=last.reason,
        note=last.note,
        speaker=last.by,
    )
    return [again, *said]


def _weigh_against_person(study: Study, act: Act, *, verdict: Verdict, facts: list[StudyEligibility]) -> None:
    head = facts[0]
    said = next(fact.verdict for fact in facts if fact.basis == PERSON)
    if head.basis == CONTRADICTION:
        if verdict.eligibility == said:
            _write(study, act, verdict=said, basis=SCREENING, reason=verdict.reason)
        return
    known = next((fact.verdict for fact in facts if fact.basis == SCREENING), None)
    # An open question is no verdict, and what the person already knew is no news.
    if verdict.eligibility in {said, known, Eligibility.AWAITING}:
        return
    _write(study, act, verdict=Eligibility.AWAITING, basis=CONTRADICTION)
    _tell_contradiction(study, act)


@transaction.atomic
def set_eligibility(
    *,
    by: User,
    study: Study,
    verdict: str,
    reason: ExclusionReason | None = None,
    note: str = "",
) -> StudyEligibility:
    """A person says whether the study counts. Emits study.included or study.removed.

    Refuses an exclusion without a reason that speaks of the study, and a reason with any other verdict.
    """
    study_locked = Study.objects.select_for_update(no_key=True).select_related(None).get(pk=study.pk)
    require(by, study_locked.review, Right.EXTRACT)
    if verdict not in Eligibility.values:
        raise InvalidInput("“{verdict}” is not a verdict on a study.", verdict=verdict)
    if verdict == Eligibility.EXCLUDED:
        if reason is None and not note.strip():
            raise InvalidInput("Say why the study is excluded: choose a reason or write a note.")
        if reason is not None and reason.scope != ReasonScope.STUDY:
            raise InvalidInput(
                "“{label}” sets one report aside; it says nothing of the study.", label=reason.label
            )
    elif reason is not None:
        raise InvalidInput("A reason for exclusion goes only with an exclusion.")
    if reason is not None and reason.protocol.review_id != study_locked.review_id:
        raise InvalidInput("This reason belongs to another review.")
    if verdict == Eligibility.INCLUDED and not has_report(study_locked):
        raise InvalidInput("No report tells of this study now: link one to it first.")
    act = Act(by=by, review_id=study_locked.review_id)
    fact = _write(study_locked, act, verdict=verdict, basis=PERSON, reason=reason, note=note.strip())
    study.eligibility = study_locked.eligibility
    return fact


def _write(
    study: Study,
    act: Act,
    *,
    verdict: str,
    basis: str,
    reason: ExclusionReason | None = None,
    note: str = "",
    speaker: User | None = None,
) -> StudyEligibility:
    before = study.eligibility
    study.eligibility = verdict
    study.save(update_fields=["eligibility"])
    fact = StudyEligibility.objects.create(
        study=study, verdict=verdict, basis=basis, reason=reason, note=note, by=speaker or act.by, seq=act.seq
    )
    act.audit("study.eligibility", study, old=before, new=verdict)
    if verdict == Eligibility.INCLUDED and before != Eligibility.INCLUDED:
        act.emit("study.included", study=study.pk)
    elif before == Eligibility.INCLUDED and verdict != Eligibility.INCLUDED:
        act.emit("study.removed", study=study.pk)
    return fact


def _tell_contradiction(study: Study, act: Act) -> None:
    head = StudyEligibility.objects.filter(study=study).order_by("-seq", "-id").first()
    FeedEntry.objects.get_or_create(
        review_id=act.review_id,
        key=f"study-contradiction:{study.pk}:{head.pk if head else 0}",
        defaults={"kind": "study_contradiction", "params": {"study": study.pk, "label": study.label}},
    )
