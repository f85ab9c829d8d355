"""Publications that people related become reports of one study, where nothing can be lost by it."""

from collections.abc import Callable

from analysis.models import Study, StudyLink
from analysis.services import studies
from reviews.models import FeedEntry, RelationKind, Report, Review, User
from reviews.services import relations
from tests import factories
from tests.analysis import makers

Relay = Callable[[], int]


def _report(study: Study) -> Report:
    return study.study_reports.get().report


def _study_of(report: Report) -> Study:
    return Study.objects.get(study_reports__report=report)


def test_an_included_report_joins_the_study_of_the_article_it_is_related_to(
    started_review: Review, reviewer: User, relay: Relay
) -> None:
    article = makers.study(started_review, "Adams")
    abstract = factories.report(started_review, "Adams at the congress")
    relations.relate(by=reviewer, first=abstract, second=_report(article), kind=RelationKind.ABSTRACT)
    relay()

    makers.screened(abstract, "included")
    studies.include_report(by=None, report=abstract)

    assert _study_of(abstract) == article
    assert Study.objects.count() == 1


def test_an_excluded_report_does_not_put_the_study_in_question(
    started_review: Review, reviewer: User, relay: Relay
) -> None:
    article = makers.study(started_review, "Adams")
    abstract = factories.report(started_review, "Adams at the congress")
    relations.relate(by=reviewer, first=abstract, second=_report(article), kind=RelationKind.ABSTRACT)
    relay()

    makers.screened(abstract, "excluded", makers.reason(started_review, "Wrong design"))
    studies.include_report(by=None, report=abstract)

    article.refresh_from_db()
    assert article.eligibility == "included"
    assert _study_of(abstract) != article


def test_of_two_studies_the_one_that_nobody_worked_in_gives_way(
    started_review: Review, reviewer: User, second_reviewer: User, relay: Relay
) -> None:
    worked_in, fresh = makers.study(started_review, "Adams"), makers.study(started_review, "Brown")
    makers.agreed(worked_in, reviewer, second_reviewer, {"events": "9", "total": "25"})
    moving = _report(fresh)

    relations.relate(by=reviewer, first=_report(worked_in), second=moving, kind=RelationKind.SAME_STUDY)
    relay()

    assert _study_of(moving) == worked_in
    fresh.refresh_from_db()
    assert fresh.eligibility == "awaiting"
    assert StudyLink.objects.filter(report=moving).latest("seq").by == reviewer


def test_two_studies_that_people_worked_in_are_a_question_to_a_person(
    started_review: Review, reviewer: User, second_reviewer: User, relay: Relay
) -> None:
    first, second = makers.study(started_review, "Adams"), makers.study(started_review, "Brown")
    for study in (first, second):
        makers.agreed(study, reviewer, second_reviewer, {"events": "9", "total": "25"})

    relations.relate(by=reviewer, first=_report(second), second=_report(first), kind=RelationKind.SAME_STUDY)
    relay()

    assert _study_of(_report(second)) == second
    assert FeedEntry.objects.filter(kind="related_studies").count() == 1


def test_taking_the_relation_back_parts_what_it_had_brought_together(
    started_review: Review, reviewer: User, relay: Relay
) -> None:
    first, second = makers.study(started_review, "Adams"), makers.study(started_review, "Brown")
    moving = _report(second)
    said = relations.relate(by=reviewer, first=moving, second=_report(first), kind=RelationKind.SAME_STUDY)
    relay()
    assert _study_of(moving) == first

    relations.take_back(by=reviewer, relation=said)
    relay()

    assert _study_of(moving) == second
    second.refresh_from_db()
    assert second.eligibility == "included"


def test_a_comment_is_no_report_of_the_study(started_review: Review, reviewer: User, relay: Relay) -> None:
    first, second = makers.study(started_review, "Adams"), makers.study(started_review, "Brown")
    relations.relate(by=reviewer, first=_report(second), second=_report(first), kind=RelationKind.COMMENT)
    relay()
    assert Study.objects.filter(study_reports__isnull=False).count() == 2
