import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analysis.models import AnalysisPopulation, Datum
from analysis.selectors.data import outcome_data
from analysis.services import extractions, studies
from reviews.models import Measure, Review, User
from tests import factories
from tests.analysis import makers


def test_every_included_study_is_named_with_the_reason_that_it_does_not_contribute(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    makers.agreed(
        makers.study(started_review, "Agreed"), reviewer, second_reviewer, {"events": "9", "total": "25"}
    )
    makers.study(started_review, "Blank")
    excluded = makers.study(started_review, "Gone")
    studies.set_eligibility(by=reviewer, study=excluded, verdict="excluded", note="Other disease")
    found = outcome_data(makers.outcome(started_review).pk)
    assert [(each.label, each.status, each.contributes) for each in found] == [
        ("Agreed 2020", "agreed", True),
        ("Blank 2020", "not_extracted", False),
    ]
    assert (found[0].population, found[0].timepoint) == ("treated", "as reported")
    assert found[1].arms[0].label == "All participants"


def test_a_two_arm_study_gives_experimental_before_comparator(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    outcome = factories.outcome(started_review, name="pain", measure=Measure.MD)
    study = makers.trial(started_review, reviewer)
    for person in (reviewer, second_reviewer):
        mine = extractions.start(by=person, study=study)
        for role, mean in (("comparator", "5.5 (1.5)"), ("experimental", "4.25 (1.0)")):
            datum = extractions.datum_of(by=person, study=study, outcome=outcome, arm=makers.arm(study, role))
            extractions.enter(by=person, extraction=mine, datum=datum, entries={"mean": mean, "n": "30"})
        extractions.mark_rest_not_reported(by=person, extraction=mine)
        extractions.finish(by=person, extraction=mine)
    extractions.agree_equal(by=reviewer, study=study)
    found = outcome_data(outcome.pk)[0]
    assert [(arm.role, arm.mean, arm.sd, arm.n) for arm in found.arms] == [
        ("experimental", 4.25, 1.0, 30),
        ("comparator", 5.5, 1.5, 30),
    ]
    assert found.status == "agreed"


def test_one_arm_without_a_value_keeps_the_study_out(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    study = makers.agreed(
        makers.study(started_review), reviewer, second_reviewer, {"events": "9", "total": "25"}
    )
    studies.set_design(by=reviewer, study=study, design="parallel_rct")
    found = outcome_data(makers.outcome(started_review).pk)[0]
    assert (found.status, [arm.role for arm in found.arms]) == (
        "not_extracted",
        ["experimental", "comparator"],
    )
    studies.set_design(by=reviewer, study=study, design="single_arm")
    assert outcome_data(makers.outcome(started_review).pk)[0].arms[0].events == 9


def test_two_agreed_populations_are_a_question_to_a_person(
    started_review: Review, reviewer: User, second_reviewer: User
) -> None:
    study = makers.agreed(
        makers.study(started_review), reviewer, second_reviewer, {"events": "9", "total": "25"}
    )
    other = AnalysisPopulation.objects.create(study=study, kind="evaluable")
    datum = Datum.objects.get()
    Datum.objects.create(
        study=study,
        outcome=datum.outcome,
        arm=datum.arm,
        timepoint=datum.timepoint,
        population=other,
        status="agreed",
    )
    found = outcome_data(datum.outcome_id)[0]
    assert (found.status, found.contributes) == ("ambiguous", False)


@pytest.mark.parametrize("how_many", [1, 6])
def test_the_number_of_queries_does_not_grow_with_the_studies(
    started_review: Review, reviewer: User, second_reviewer: User, how_many: int
) -> None:
    for _ in range(how_many):
        makers.agreed(makers.study(started_review), reviewer, second_reviewer, {"events": "9", "total": "25"})
    outcome = makers.outcome(started_review)
    with CaptureQueriesContext(connection) as queries:
        assert len(outcome_data(outcome.pk)) == how_many
    assert len(queries) == 6
