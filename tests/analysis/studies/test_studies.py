import pytest

from analysis.handlers import studies as handlers
from analysis.models import Design, Study, StudyEligibility, StudyLink, StudyReport
from analysis.services import studies
from reviews.errors import InvalidInput, NotAllowed
from reviews.models import FeedEntry, OutboxEvent, Report, Review, User
from tests import factories
from tests.analysis import makers


def topics(review: Review) -> list[str]:
    return [
        topic
        for topic in OutboxEvent.objects.filter(review_id=review.pk)
        .order_by("id")
        .values_list("topic", flat=True)
        if topic.startswith("study.")
    ]


def changed(report: Report) -> None:
    handlers.screening_changed(review_id=report.review_id, report=report.pk, stage=1)


def test_an_included_report_becomes_a_study_once(started_review: Review) -> None:
    report = factories.report(started_review, authors=["Zhang, Y", "Li, B"], year=2019)
    makers.screened(report, "included")
    changed(report)
    changed(report)
    study = Study.objects.get()
    assert (study.label, study.eligibility, study.design) == ("Zhang 2019", "included", "unclear")
    assert list(study.arms.values_list("label", "role")) == [("All participants", "single")]
    assert study.timepoints.get().label == "as reported"
    assert study.populations.get().kind == "treated"
    assert StudyEligibility.objects.count() == 1
    assert topics(started_review) == ["study.included"]


def test_two_studies_of_one_author_and_year_have_two_labels(started_review: Review) -> None:
    first = makers.study(started_review, "Zhang", 2019)
    second = makers.study(started_review, "Zhang", 2019)
    assert (first.label, second.label) == ("Zhang 2019", "Zhang 2019b")


def test_a_report_without_author_lends_its_title(started_review: Review) -> None:
    assert makers.study(started_review, title="A trial of something new", authors=[]).label == (
        "A trial of something 2020"
    )


def test_a_report_still_open_becomes_no_study(started_review: Review) -> None:
    report = factories.report(started_review)
    makers.screened(report, "open")
    assert studies.include_report(by=None, report=report) is None


def test_an_exclusion_of_the_study_takes_it_out_and_a_new_inclusion_brings_it_back(
    started_review: Review,
) -> None:
    study = makers.study(started_review)
    report = Report.objects.get(study_report__study=study)
    reason = makers.reason(started_review, "Wrong population")
    makers.screened(report, "excluded", reason)
    changed(report)
    changed(report)
    study.refresh_from_db()
    assert study.eligibility == "excluded"
    assert StudyEligibility.objects.latest("id").reason == reason
    makers.screened(report, "included")
    changed(report)
    study.refresh_from_db()
    assert study.eligibility == "included"
    assert Study.objects.count() == 1
    assert topics(started_review) == ["study.included", "study.removed", "study.included"]


def test_an_exclusion_of_the_report_alone_never_moves_the_study(started_review: Review) -> None:
    study = makers.study(started_review)
    report = Report.objects.get(study_report__study=study)
    makers.screened(report, "excluded", makers.reason(started_review, "Duplicate report"))
    changed(report)
    study.refresh_from_db()
    assert study.eligibility == "included"
    assert topics(started_review) == ["study.included"]


def test_a_report_set_aside_at_once_becomes_no_study(started_review: Review) -> None:
    report = factories.report(started_review)
    makers.screened(report, "excluded", makers.reason(started_review, "Duplicate report"))
    changed(report)
    assert not Study.objects.exists()


def test_a_study_whose_report_opens_again_awaits(started_review: Review) -> None:
    study = makers.study(started_review)
    report = Report.objects.get(study_report__study=study)
    makers.screened(report, "conflict")
    changed(report)
    study.refresh_from_db()
    assert study.eligibility == "awaiting"


def test_contradictory_verdicts_on_two_reports_await_a_person(started_review: Review, reviewer: User) -> None:
    study = makers.study(started_review)
    second = factories.report(started_review)
    makers.screened(second, "excluded", makers.reason(started_review, "Wrong design"))
    studies.link(by=reviewer, study=study, report=second)
    changed(second)
    study.refresh_from_db()
    assert study.eligibility == "awaiting"
    assert FeedEntry.objects.filter(kind="study_contradiction").count() == 1
    studies.set_eligibility(by=reviewer, study=study, verdict="included", note="Same trial, other arm")
    changed(second)
    study.refresh_from_db()
    assert study.eligibility == "included"


def test_screening_against_a_person_opens_a_question_and_stays_with_it(
    started_review: Review, reviewer: User
) -> None:
    study = makers.study(started_review)
    report = Report.objects.get(study_report__study=study)
    studies.set_eligibility(by=reviewer, study=study, verdict="ongoing")
    changed(report)
    study.refresh_from_db()
    assert study.eligibility == "ongoing"
    makers.screened(report, "excluded", makers.reason(started_review, "Wrong design"))
    for _ in range(2):
        changed(report)
        study.refresh_from_db()
        assert study.eligibility == "awaiting"
    assert StudyEligibility.objects.filter(basis="contradiction").count() == 1


def test_a_link_moves_a_report_and_unlinking_brings_its_study_back(
    started_review: Review, reviewer: User
) -> None:
    first, second = makers.study(started_review), makers.study(started_review)
    report = Report.objects.get(study_report__study=second)
    studies.link(by=reviewer, study=first, report=report)
    second.refresh_from_db()
    assert second.eligibility == "awaiting"
    assert first.study_reports.count() == 2
    assert studies.unlink(by=reviewer, study=first, report=report) == second
    second.refresh_from_db()
    assert second.eligibility == "included"
    assert [link.kind for link in StudyLink.objects.filter(report=report).order_by("id")] == [
        "linked", "unlinked", "linked", "unlinked", "linked",
    ]  # fmt: skip


def test_unlinking_a_report_that_never_had_a_study_makes_one(started_review: Review, reviewer: User) -> None:
    study = makers.study(started_review)
    companion = factories.report(started_review, authors=["Companion, C"])
    studies.link(by=reviewer, study=study, report=companion)
    own = studies.unlink(by=reviewer, study=study, report=companion)
    assert own is not None
    assert own.label == "Companion 2020"


def test_unlink_refuses_a_report_of_another_study(started_review: Review, reviewer: User) -> None:
    first, second = makers.study(started_review), makers.study(started_review)
    report = Report.objects.get(study_report__study=second)
    with pytest.raises(studies.ReportElsewhere):
        studies.unlink(by=reviewer, study=first, report=report)


def test_a_merge_leaves_one_study_and_a_split_gives_the_other_back(started_review: Review) -> None:
    kept_study, absorbed_study = makers.study(started_review), makers.study(started_review)
    kept = Report.objects.get(study_report__study=kept_study)
    absorbed = Report.objects.get(study_report__study=absorbed_study)
    Report.objects.filter(pk=absorbed.pk).update(canonical=kept)
    state = makers.screened(absorbed, "absorbed")
    for _ in range(2):
        handlers.reports_changed(review_id=started_review.pk, kept=kept.pk, absorbed=absorbed.pk)
    absorbed_study.refresh_from_db()
    assert absorbed_study.eligibility == "awaiting"
    assert not StudyReport.objects.filter(report=absorbed).exists()
    Report.objects.filter(pk=absorbed.pk).update(canonical=None)
    state.state = "included"
    state.save(update_fields=["state"])
    for _ in range(2):
        handlers.reports_changed(review_id=started_review.pk, kept=kept.pk, absorbed=absorbed.pk)
    absorbed_study.refresh_from_db()
    assert absorbed_study.eligibility == "included"
    assert Study.objects.count() == 2


def test_the_report_that_stays_after_a_merge_takes_over_the_study(started_review: Review) -> None:
    study = makers.study(started_review)
    absorbed = Report.objects.get(study_report__study=study)
    kept = factories.report(started_review)
    Report.objects.filter(pk=absorbed.pk).update(canonical=kept)
    makers.screened(absorbed, "absorbed")
    makers.screened(kept, "included")
    handlers.reports_changed(review_id=started_review.pk, kept=kept.pk, absorbed=absorbed.pk)
    assert Study.objects.get() == study
    assert study.study_reports.get().report == kept
    study.refresh_from_db()
    assert study.eligibility == "included"


def test_an_exclusion_needs_a_reason_that_speaks_of_the_study(started_review: Review, lead: User) -> None:
    study = makers.study(started_review)
    with pytest.raises(InvalidInput, match="Say why"):
        studies.set_eligibility(by=lead, study=study, verdict="excluded")
    with pytest.raises(InvalidInput, match="says nothing of the study"):
        studies.set_eligibility(
            by=lead,
            study=study,
            verdict="excluded",
            reason=makers.reason(started_review, "Duplicate report"),
        )
    with pytest.raises(InvalidInput, match="only with an exclusion"):
        studies.set_eligibility(
            by=lead, study=study, verdict="included", reason=makers.reason(started_review, "Wrong design")
        )


def test_an_observer_changes_no_study(started_review: Review, observer: User) -> None:
    study = makers.study(started_review)
    with pytest.raises(NotAllowed):
        studies.set_eligibility(by=observer, study=study, verdict="ongoing")
    with pytest.raises(NotAllowed):
        studies.rename(by=observer, study=study, label="Mine")


def test_a_two_arm_design_brings_arms_and_their_comparison(started_review: Review, reviewer: User) -> None:
    study = makers.study(started_review)
    studies.set_design(by=reviewer, study=study, design=Design.PARALLEL_RCT)
    studies.add_arm(by=reviewer, study=study, label="BCG", role="experimental")
    studies.add_arm(by=reviewer, study=study, label="No vaccine", role="comparator")
    comparison = study.comparisons.get()
    assert (comparison.experimental.label, comparison.comparator.label) == ("BCG", "No vaccine")
    with pytest.raises(studies.ArmTaken):
        studies.add_arm(by=reviewer, study=study, label="Another", role="comparator")


def test_arms_named_before_the_design_are_the_same_two(started_review: Review, reviewer: User) -> None:
    study = makers.study(started_review)
    studies.add_arm(by=reviewer, study=study, label="BCG", role="experimental")
    studies.add_arm(by=reviewer, study=study, label="Control", role="comparator")
    studies.set_design(by=reviewer, study=study, design=Design.PARALLEL_RCT)
    assert study.comparisons.count() == 1
    assert study.arms.exclude(role="single").count() == 2


def test_rename_refuses_a_taken_label(started_review: Review, reviewer: User) -> None:
    first, second = makers.study(started_review, "Ma"), makers.study(started_review, "Li")
    with pytest.raises(InvalidInput, match="Ma 2020"):
        studies.rename(by=reviewer, study=second, label=first.label)
    assert studies.rename(by=reviewer, study=second, label=" Li 2020 (pilot) ").label == "Li 2020 (pilot)"


def test_two_studies_may_share_people_in_either_order(started_review: Review, reviewer: User) -> None:
    first, second = makers.study(started_review), makers.study(started_review)
    one = studies.share_population(by=reviewer, first=second, second=first, extent="part")
    other = studies.share_population(by=reviewer, first=first, second=second, extent="full")
    assert one == other
    assert other.extent == "full"
    with pytest.raises(InvalidInput):
        studies.share_population(by=reviewer, first=first, second=first, extent="full")
