"""Which reports stand as one: the merged set of a report, read from `Report.canonical`."""

from collections.abc import Iterable

from reviews.models import Report


def canonical_of(report: Report) -> Report:
    """The report that now stands for this one."""
    while report.canonical_id is not None:
        report = Report.objects.get(pk=report.canonical_id)
    return report


def members(report_ids: Iterable[int]) -> dict[int, int]:
    """Each report of the merged sets, itself included, with the given report that it belongs to.

    Where a report and the one that it was merged into are both given, it belongs to the latter.
    """
    belongs = {pk: pk for pk in report_ids}
    frontier = list(belongs)
    while frontier:
        found = Report.objects.filter(canonical_id__in=frontier).values_list("pk", "canonical_id")
        # A merge of merges makes a chain; one more round sees its end.
        frontier = []
        for pk, into in found:
            if into is not None and belongs.get(pk) != belongs[into]:
                belongs[pk] = belongs[into]
                frontier.append(pk)
    return belongs
