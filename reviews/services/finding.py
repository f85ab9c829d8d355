"""Looking for duplicates among what a run brought: rules merge, likeness asks a person."""

import logging
from collections.abc import Iterable, Iterator

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from reviews.dedupe import Entry, KeyIndex, Match, entry, find
from reviews.models import DuplicateSuggestion, RecordReport, Report, SuggestionState
from reviews.services import duplicates

logger = logging.getLogger(__name__)

_FIELDS = (
    "title",
    "authors",
    "year",
    "journal",
    "volume",
    "issue",
    "pages",
    "doi",
    "pmid",
    "publication_types",
)
_CHUNK = 2000


def find_duplicates(*, review_id: int, run_id: int) -> int:
    """Compare the reports that a run brought with all that stand; returns how many were merged.

    Opens a short transaction for each merge, so the caller holds none. Doing it again changes nothing.
    """
    counted = RecordReport.objects.filter(report=OuterRef("pk"), record__seq__isnull=False)
    standing = Report.objects.filter(Exists(counted), review_id=review_id, canonical__isnull=True)
    fresh = set(standing.filter(Exists(counted.filter(record__run_id=run_id))).values_list("pk", flat=True))
    if not fresh:
        return 0
    index = KeyIndex()
    new: list[Entry] = []
    for item in _entries(standing):
        if item.key in fresh:
            new.append(item)
        else:
            index.add(item)
    return _act(find(new, index))


def _entries(reports: QuerySet[Report]) -> Iterator[Entry]:
    for report in reports.order_by("id").only("id", *_FIELDS).iterator(chunk_size=_CHUNK):
        yield entry(report.pk, report)


def _act(matches: Iterable[Match]) -> int:
    """Merge what is the same, then ask about what is left: a merge often answers the question."""
    merged = 0
    for match in sorted(matches, key=lambda one: (one.verdict.kind != "same", -one.verdict.score)):
        try:
            merged += _settle(match)
        except duplicates.AlreadyMerged:
            logger.info("pair %s, %s was merged meanwhile", match.first, match.second)
    return merged


@transaction.atomic
def _settle(match: Match) -> bool:
    """Merge or ask, as things stand now; whether it merged."""
    roots = _roots(match)
    if len(roots) < 2 or duplicates.are_told_apart(roots[0].pk, roots[1].pk):
        return False
    # Merged over a third report, two PMIDs would become one: two articles, so a person looks.
    pmids = {root.pmid for root in roots if root.pmid}
    if match.verdict.kind == "same" and len(pmids) < 2:
        _merge(match, roots)
        return True
    _suggest(match, roots)
    return False


def _roots(match: Match) -> list[Report]:
    """The reports that stand for the two now, the earlier one first."""
    rows = Report.objects.select_related("canonical").filter(pk__in=(match.first, match.second))
    roots = {root.pk: root for root in (row.canonical or row for row in rows)}
    return [roots[pk] for pk in sorted(roots)]


def _merge(match: Match, roots: list[Report]) -> None:
    kept, absorbed = roots
    duplicates.merge(
        by=None,
        kept=kept,
        absorbed=absorbed,
        rule=match.verdict.rule,
        evidence=match.verdict.evidence,
        score=match.verdict.score,
    )


def _suggest(match: Match, roots: list[Report]) -> None:
    first, second = roots
    if duplicates.between(first.pk, second.pk).filter(state=SuggestionState.OPEN).exists():
        return
    DuplicateSuggestion.objects.get_or_create(
        first=first,
        second=second,
        defaults={
            "review_id": first.review_id,
            "rule": match.verdict.rule,
            "evidence": match.verdict.evidence,
            "score": match.verdict.score,
        },
    )
