"""What the lists and pages of records read: complete runs only."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.shortcuts import get_object_or_404

from reviews.models import Record, Report, Review, RunState, Sighting
from reviews.selectors.counted import NEWER_VERSION

PAGE = 50
_CHUNK = 1000
Cell = str | int | None


def members_of(report: Report) -> list[Report]:
    """The reports that were merged into a standing one, itself first."""
    return [report, *Report.objects.filter(canonical=report).order_by("id")]


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """What a list is narrowed to; `place` is "", "standing", "merged" or "revised"."""

    words: str = ""
    source: int | None = None
    run: int | None = None
    place: str = ""

    @property
    def is_set(self) -> bool:
        return bool(self.words or self.source or self.run or self.place)


@dataclass(frozen=True, slots=True)
class RecordsPage:
    """One page of records with the keys of its neighbours; the numbers are of the whole list.

    Of `total` rows, `versions` are newer versions of records that count: the flow does not count them again.
    """

    rows: list[Record]
    total: int
    versions: int
    newer: int | None
    older: int | None

    @property
    def records(self) -> int:
        return self.total - self.versions

    @property
    def label(self) -> str:
        """What the rows are."""
        return "rows" if self.versions else "records"


def _counted(review: Review) -> QuerySet[Record]:
    return Record.objects.filter(review=review, seq__isnull=False)


def narrowed(review: Review, wanted: RecordFilter) -> QuerySet[Record]:
    found = _counted(review)
    if wanted.source:
        found = found.filter(source_id=wanted.source)
    if wanted.run:
        # A record belongs to the run that brought it; a later run that found it again lists it too.
        seen = Sighting.objects.filter(run_id=wanted.run).values("record_id")
        found = found.filter(Q(run_id=wanted.run) | Q(pk__in=seen))
    match wanted.place:
        case "standing":
            found = found.filter(filed__report__canonical__isnull=True)
        case "merged":
            found = found.filter(filed__report__canonical__isnull=False)
        case "revised":
            found = found.filter(revises__isnull=False)
    words = wanted.words.split()
    if words:
        found = found.annotate(people=Cast("authors", TextField()))
    for word in words:
        found = found.filter(
            Q(title__icontains=word)
            | Q(people__icontains=word)
            | Q(journal__icontains=word)
            | Q(doi__icontains=word)
            | Q(pmid=word)
        )
    return found


def records_page(
    review: Review, wanted: RecordFilter, *, before: int | None = None, after: int | None = None
) -> RecordsPage:
    """Fifty records, the latest first: those older than `before`, or the nearest newer than `after`."""
    found = narrowed(review, wanted)
    light = found.defer("raw", "abstract").select_related("source", "filed__report")
    if after is not None:
        rows = list(light.filter(pk__gt=after).order_by("id")[: PAGE + 1])
        has_newer, rows = len(rows) > PAGE, rows[:PAGE][::-1]
        has_older = True
    else:
        rows = list((light.filter(pk__lt=before) if before else light).order_by("-id")[: PAGE + 1])
        has_older, rows = len(rows) > PAGE, rows[:PAGE]
        has_newer = before is not None
    counts = found.order_by().aggregate(total=Count("pk"), versions=Count("pk", filter=NEWER_VERSION))
    return RecordsPage(
        rows=rows,
        total=counts["total"],
        versions=counts["versions"],
        newer=rows[0].pk if rows and has_newer else None,
        older=rows[-1].pk if rows and has_older else None,
    )


def shown(review: Review) -> QuerySet[Record]:
    """Records that have a page: of complete runs, and of those that were undone since."""
    return Record.objects.filter(review=review).filter(Q(seq__isnull=False) | Q(run__state=RunState.UNDONE))


def raw_text(review: Review, record_id: int) -> str:
    """The record as its source wrote it."""
    record = get_object_or_404(shown(review).only("raw"), pk=record_id)
    return gzip.decompress(bytes(record.raw)).decode()


CSV_HEADER = (
    "record", "source", "run", "searched_on", "row", "external_id", "pmid", "doi", "title", "authors", "year",
    "journal", "volume", "issue", "pages", "language", "publication_types", "url", "report", "merged_into",
    "revises",
)  # fmt: skip


def csv_rows(review: Review, wanted: RecordFilter) -> Iterator[list[Cell]]:
    """Every record of the list, one row each."""
    found = (
        narrowed(review, wanted)
        .defer("raw", "abstract", "run__checkpoint")
        .select_related("source", "run", "filed__report")
        .order_by("id")
    )
    for row in found.iterator(chunk_size=_CHUNK):
        filed = row.filed.report
        yield [
            row.pk, row.source.name, row.run_id,
            row.run.searched_on.isoformat() if row.run.searched_on else "",
            row.row, row.external_id, row.pmid, row.doi, row.title, "; ".join(row.authors), row.year,
            row.journal, row.volume, row.issue, row.pages, row.language, "; ".join(row.publication_types),
            row.url, filed.pk, filed.canonical_id, row.revises_id,
        ]  # fmt: skip
