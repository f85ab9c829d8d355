"""Which publications count, those that a record of a run that stands tells of, and which records."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q

from reviews.models import RecordReport, Report

# Of records that count: a newer version of one that counts. In a FILTER of a count and not in a WHERE, where
# PostgreSQL would expect one row, and compare a hundred thousand with each other.
NEWER_VERSION = Q(revises__seq__isnull=False)
_CHUNK = 2000


def counts(report: str = "pk") -> Q:
    """The condition that a standing report counts, through a record of its own or of one merged into it.

    `report` is where the queryset that is filtered keeps the report's key.
    """
    filed = RecordReport.objects.filter(record__seq__isnull=False)
    own = Exists(filed.filter(report=OuterRef(report)))
    merged = Exists(filed.filter(report__canonical=OuterRef(report)))
    return Q(own) | Q(merged)


def counting(report_ids: Iterable[int]) -> set[int]:
    """Those of these standing reports that count."""
    wanted = list(report_ids)
    found: set[int] = set()
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        filed = RecordReport.objects.filter(record__seq__isnull=False)
        found.update(filed.filter(report__in=chunk).values_list("report_id", flat=True))
        merged = filed.filter(report__canonical__in=chunk).values_list("report__canonical_id", flat=True)
        found.update(pk for pk in merged if pk is not None)
    return found


def told_by(report_ids: Iterable[int]) -> Q:
    """The condition that a record tells of one of these standing reports, or of one merged into them.

    One condition over both tables would have the database read every report of every review.
    """
    ids = list(report_ids)
    members = Report.objects.filter(Q(pk__in=ids) | Q(canonical__in=ids))
    return Q(filed__report__in=members.values("pk"))
