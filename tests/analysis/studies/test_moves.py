"""A study without a report counts nowhere, whoever spoke for it; and a design never meets a taken name."""

import pytest

from analysis.models import StudyEligibility
from analysis.selectors import data
from analysis.services import studies
from reviews.errors import InvalidInput
from reviews.models import Review, User
from tests.analysis import makers


def test_a_study_whose_last_report_goes_to_another_leaves_the_pool_also_against_a_persons_word(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    first, second = makers.study(started_review, "Adams"), makers.study(started_review, "Brown")
    for study in (first, second):
        makers.agreed(study, reviewer, second_reviewer, {"events": "9", "total": "25"})
    studies.set_eligibility(by=reviewer, study=first, verdict="included", note="Confirmed by letter")
    report = first.study_reports.get().report
    studies.link(by=reviewer, study=second, report=report)
    response = makers.outcome(started_review)
    assert [each.label for each in data.contributing(response.pk)] == ["Brown 2020"]
    studies.unlink(by=reviewer, study=second, report=report)
    assert [each.label for each in data.contributing(response.pk)] == ["Adams 2020", "Brown 2020"]
    head = StudyEligibility.objects.filter(study=first).latest("id")
    assert (head.verdict, head.basis, head.note) == ("included", "person", "Confirmed by letter")


def test_a_person_who_excluded_a_study_is_still_heard_when_its_report_comes_back(
    started_review: Review, reviewer: User
) -> None:
    first, second = makers.study(started_review, "Adams"), makers.study(started_review, "Brown")
    studies.set_eligibility(
        by=reviewer, study=first, verdict="excluded", reason=makers.reason(started_review, "Wrong design")
    )
    report = first.study_reports.get().report
    studies.link(by=reviewer, study=second, report=report)
    studies.unlink(by=reviewer, study=second, report=report)
    first.refresh_from_db()
    assert first.eligibility == "excluded"
    assert first.study_reports.get().report == report


def test_nobody_includes_a_study_that_no_report_tells_of(started_review: Review, reviewer: User) -> None:
    first, second = makers.study(started_review, "Adams"), makers.study(started_review, "Brown")
    studies.link(by=reviewer, study=second, report=first.study_reports.get().report)
    with pytest.raises(InvalidInput, match="No report"):
        studies.set_eligibility(by=reviewer, study=first, verdict="included")


def test_a_design_brings_its_arms_also_where_the_single_arm_has_the_usual_name(
    started_review: Review, reviewer: User
) -> None:
    study = makers.study(started_review)
    studies.rename_arm(by=reviewer, arm=study.arms.get(), label="Experimental")
    studies.set_design(by=reviewer, study=study, design="parallel_rct")
    assert sorted(study.arms.values_list("role", flat=True)) == ["comparator", "experimental", "single"]
