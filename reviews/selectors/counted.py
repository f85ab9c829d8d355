"""Which publications count: those that a record of a run that stands tells of."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q

from reviews.models import RecordReport

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
