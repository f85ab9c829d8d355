"""Thirteen trials of BCG against tuberculosis: a review with two arms and risk of bias."""

from collections.abc import Mapping

from analysis.demo.extraction_acts import Line, agree_on_study, fields_of, read_study
from analysis.demo.screening_acts import read_full_text, vote_pair
from analysis.demo.stage import Stage, reports_by_title, rows
from analysis.models import Appraisal, ArmRole, Consensus, Design, Spec, Study
from analysis.selectors import appraisals as forms
from analysis.services import appraisals, specs, studies
from reviews.models import (
    Connector,
    CriterionKind,
    CriterionSlot,
    Direction,
    Measure,
    Outcome,
    OutcomeType,
    ReasonScope,
    Report,
    Review,
    SourceKind,
    User,
)
from reviews.services import protocols, reviews
from screening.models import StageName, Verdict

TITLE = "BCG vaccine against tuberculosis"
OUTCOME = "tuberculosis"
SPEC = "Tuberculosis, BCG against none"
SOURCE = "Trials of the data set dat.bcg"
REFERENCES = "bcg_references.ris"
NOTICE = (
    "A demonstration. The counts of 13 trials are those of the data set dat.bcg (Colditz et al. 1994). Votes "
    "and the second extraction are simulated. Risk of bias is answered from the allocation that the data set "
    "records where that tells, and with “no information” elsewhere: the judgements show how the algorithm "
    "treats missing information, they are no appraisal of these trials."
)
_PLACE = "Data set dat.bcg; no file is kept here"
_FIELDS = {
    "latitude": ("Latitude (degrees)", "number", ()),
    "allocation": ("Allocation", "choice", ("random", "alternate", "systematic")),
}
_NO_INFORMATION = "The data set does not tell."


def play(stage: Stage) -> Review:
    """Every act in turn; what stands already is left alone."""
    review = _begin(stage)
    stage.import_file(review, review.protocol.sources.get(name=SOURCE), REFERENCES)
    trials = rows("bcg_trials.csv")
    reports = _reports(review, trials)
    for report in reports.values():
        vote_pair(stage, report, StageName.TITLE_ABSTRACT, (Verdict.INCLUDE, Verdict.INCLUDE))
    stage.settle(review)
    for report in reports.values():
        read_full_text(stage, report, _PLACE)
        vote_pair(stage, report, StageName.FULL_TEXT, (Verdict.INCLUDE, Verdict.INCLUDE))
    stage.settle(review)
    stage.say("BCG: 13 trials imported and included")
    fields_of(stage, review, _FIELDS)
    outcome = Outcome.objects.get(protocol__review=review, name=OUTCOME)
    for trial in trials:
        study = _study(stage, reports[trial["trial"]], trial)
        _extract(stage, study, outcome, trial)
        _appraise(stage, study, outcome, trial["allocation"])
    stage.settle(review)
    stage.say("BCG: counts extracted twice, risk of bias appraised twice, both agreed")
    if not Spec.objects.filter(review=review, name=SPEC).exists():
        specs.create(
            by=stage.lead,
            review=review,
            outcome=outcome,
            name=SPEC,
            subgroup_field=review.form_fields.get(key="allocation"),
            is_headline=True,
        )
    return review


def _begin(stage: Stage) -> Review:
    review = Review.objects.filter(title=TITLE, created_by=stage.lead).first()
    if review is None:
        review = reviews.create(by=stage.lead, title=TITLE)
    stage.gather(review)
    if review.screening_started_at is None:
        _write(stage, review)
        protocols.start_screening(by=stage.lead, review=review)
    review.refresh_from_db()
    return review


def _write(stage: Stage, review: Review) -> None:
    lead, protocol = stage.lead, review.protocol
    reviews.change_settings(by=lead, review=review, is_public=True, notice=NOTICE)
    protocols.set_text(
        by=lead,
        review=review,
        question="In people without tuberculosis, does BCG vaccination prevent tuberculosis?",
        synthesis_plan=(
            "Risk ratio, random effects (REML), Hartung-Knapp; subgroups by allocation; Peters' test."
        ),
    )
    if not protocol.criteria.exists():
        for slot, text in (
            (CriterionSlot.POPULATION, "People without tuberculosis"),
            (CriterionSlot.INTERVENTION, "BCG vaccination"),
            (CriterionSlot.COMPARATOR, "No vaccination"),
        ):
            protocols.add_criterion(by=lead, review=review, slot=slot, kind=CriterionKind.INCLUDE, text=text)
    if not protocol.exclusion_reasons.exists():
        protocols.add_reason(by=lead, review=review, label="Wrong design", scope=ReasonScope.STUDY)
    if not protocol.outcomes.exists():
        protocols.add_outcome(
            by=lead,
            review=review,
            name=OUTCOME,
            type=OutcomeType.BINARY,
            measure=Measure.RR,
            direction=Direction.LOWER,
            is_primary=True,
        )
    if not protocol.sources.exists():
        protocols.add_source(
            by=lead, review=review, name=SOURCE, kind=SourceKind.DATABASE, connector=Connector.FILE
        )


def _reports(review: Review, trials: list[dict[str, str]]) -> dict[str, Report]:
    """Trial -> its report: the descriptive title ends with the trial's author and year."""
    by_title = reports_by_title(review)
    return {
        trial["trial"]: next(
            report for title, report in by_title.items() if title.endswith(f"reported by {trial['trial']}")
        )
        for trial in trials
    }


def _study(stage: Stage, report: Report, trial: Mapping[str, str]) -> Study:
    stage.wait("studies to be made", Study.objects.filter(study_reports__report=report).exists)
    study = Study.objects.select_related("review").get(study_reports__report=report)
    if study.label != trial["trial"]:
        studies.rename(by=stage.lead, study=study, label=trial["trial"])
    if study.design != Design.PARALLEL_RCT:
        studies.set_design(by=stage.lead, study=study, design=Design.PARALLEL_RCT)
        studies.add_arm(by=stage.lead, study=study, label="BCG", role=ArmRole.EXPERIMENTAL)
        studies.add_arm(by=stage.lead, study=study, label="Not vaccinated", role=ArmRole.COMPARATOR)
    return study


def _extract(stage: Stage, study: Study, outcome: Outcome, trial: Mapping[str, str]) -> None:
    arms = {arm.role: arm for arm in study.arms.all()}
    lines = {
        (outcome.pk, arms[role].pk): Line(
            entries={"events": trial[f"{column}_cases"], "total": trial[f"{column}_total"]},
            place="data set dat.bcg",
        )
        for role, column in ((ArmRole.EXPERIMENTAL, "bcg"), (ArmRole.COMPARATOR, "control"))
    }
    read_study(
        stage,
        study,
        characteristics={"latitude": trial["latitude"], "allocation": trial["allocation"]},
        readings=(lines, lines),
        why_missing=_NO_INFORMATION,
    )
    agree_on_study(stage, study)


def _appraise(stage: Stage, study: Study, outcome: Outcome, allocation: str) -> None:
    unit = appraisals.open_result(by=stage.lead, study=study, outcome=outcome)
    if Consensus.objects.filter(unit=unit).exists():
        return
    for person in stage.pair:
        appraisal = appraisals.start(by=person, unit=unit)
        if not forms.is_submitted(appraisal):
            _answer(person, appraisal, allocation)
            appraisals.submit(by=person, appraisal=appraisal)
    appraisals.agree_equal(by=stage.pair[0], unit=unit)


def _answer(person: User, appraisal: Appraisal, allocation: str) -> None:
    """Answer question after question, as the answers before call them up."""
    while True:
        form = forms.form_of(appraisal)
        waiting = [
            asked
            for domain in form.domains
            for asked in domain.questions
            if asked.is_asked and not asked.code
        ]
        if not waiting:
            return
        question = waiting[0]
        code, support = _known(question.question.id, allocation)
        if code not in question.codes:
            code, support = "PN", f"{_NO_INFORMATION} This question offers no such answer."
        appraisals.answer(
            by=person, appraisal=appraisal, question=question.question.id, code=code, support=support
        )


def _known(question: str, allocation: str) -> tuple[str, str]:
    if question == "1.1":
        return (
            "Y" if allocation == "random" else "N",
            f"The data set records the allocation as {allocation}.",
        )
    return "NI", _NO_INFORMATION
