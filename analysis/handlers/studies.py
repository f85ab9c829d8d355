"""Screening and deduplication change what studies there are. Each handler may run twice and in any order."""

from analysis.services import related_studies, studies
from reviews.models import Report, ReportRelation


def screening_changed(*, review_id: int, report: int, stage: int) -> None:
    """A report's screening state changed: its study follows."""
    studies.include_report(by=None, report=Report.objects.get(pk=report, review_id=review_id))


def reports_changed(*, review_id: int, kept: int, absorbed: int) -> None:
    """Reports were merged or split: links to studies follow."""
    reports = Report.objects.filter(review_id=review_id).in_bulk([kept, absorbed])
    studies.follow_merge(kept=reports[kept], absorbed=reports[absorbed])


def reports_related(*, review_id: int, relation: int) -> None:
    """A person said, or took back, what two publications are to each other: their studies follow."""
    said = ReportRelation.objects.select_related(
        "by", "first__canonical", "second__canonical", "undoes__first__canonical", "undoes__second__canonical"
    )
    related_studies.follow(said.get(pk=relation, review_id=review_id))
