"""Records and publications as they leave the review: with its own numbers, and where each was found."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from reviews.formats import ParsedRecord, Reference
from reviews.models import Bibliographic, Record, Report, Review
from reviews.selectors.counted import told_by
from reviews.selectors.records import RecordFilter, narrowed

_CHUNK = 500
Notes = tuple[tuple[str, str], ...]


def of_records(review: Review, wanted: RecordFilter) -> Iterator[Reference]:
    """The records of a list as their sources gave them, oldest first, each with its source."""
    rows = narrowed(review, wanted).defer("raw").select_related("source", "filed__report").order_by("id")
    for row in rows.iterator(chunk_size=_CHUNK):
        filed = row.filed.report
        standing = filed.canonical_id or filed.pk
        notes = (
            ("Source", row.source.name),
            ("Perennial record", str(row.pk)),
            ("Perennial report", str(standing)),
        )
        yield Reference(parsed(row, external_id=row.external_id), notes)


def standing(review: Review) -> QuerySet[Report]:
    """The publications of complete runs, each once."""
    counted = Record.objects.filter(review=review, seq__isnull=False)
    ids = counted.annotate(root=Coalesce("filed__report__canonical_id", "filed__report_id")).values("root")
    return Report.objects.filter(review=review, pk__in=ids).order_by("id")


def of_reports(
    reports: Iterable[Report], *, notes: Callable[[Sequence[Report]], Mapping[int, Notes]] | None = None
) -> Iterator[Reference]:
    """Publications with where each was found; `notes` says more of a chunk of them, by their ids."""
    rows = iter(reports)
    while chunk := list(islice(rows, _CHUNK)):
        found = _found_in(chunk)
        more = notes(chunk) if notes else {}
        for row in chunk:
            sources, external_id = found.get(row.pk, ("", ""))
            said = (("Found in", sources), ("Perennial report", str(row.pk)), *more.get(row.pk, ()))
            yield Reference(parsed(row, external_id=row.pmid or external_id), said)


def parsed(row: Bibliographic, *, external_id: str) -> ParsedRecord:
    """A stored record or report as the kernel of formats knows it."""
    return ParsedRecord(
        external_id=external_id,
        title=row.title,
        abstract=row.abstract,
        authors=tuple(row.authors),
        year=row.year,
        journal=row.journal,
        volume=row.volume,
        issue=row.issue,
        pages=row.pages,
        doi=row.doi,
        pmid=row.pmid,
        language=row.language,
        publication_types=tuple(row.publication_types),
        keywords=tuple(row.keywords),
        url=row.url,
        raw="",
        row=0,
    )


def _found_in(reports: Sequence[Report]) -> dict[int, tuple[str, str]]:
    """Names of the sources of each report, and the first number that one of them gave it."""
    ids = [report.pk for report in reports]
    rows = (
        Record.objects.filter(told_by(ids), seq__isnull=False)
        .annotate(root=Coalesce("filed__report__canonical_id", "filed__report_id"))
        .order_by("id")
        .values_list("root", "source__name", "external_id")
    )
    names: dict[int, dict[str, None]] = {}
    numbers: dict[int, str] = {}
    for root, name, external_id in rows:
        names.setdefault(root, {})[name] = None
        if external_id:
            numbers.setdefault(root, external_id)
    return {root: ("; ".join(held), numbers.get(root, "")) for root, held in names.items()}
