"""Screening and deduplication change what studies there are. Each handler may run twice and in any order."""

from analysis.services import studies
from reviews.models import Report


def screening_changed(*, review_id: int, report: int, stage: int) -> None:
    """A report's screening state changed: its study follows."""
    studies.include_report(by=None, report=Report.objects.get(pk=report, review_id=review_id))


def reports_changed(*, review_id: int, kept: int, absorbed: int) -> None:
    """Reports were merged or split: links to studies follow."""
    reports = Report.objects.filter(review_id=review_id).in_bulk([kept, absorbed])
    studies.follow_merge(kept=reports[kept], absorbed=reports[absorbed])
