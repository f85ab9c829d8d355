"""Where every record of a review stands, and the numbers of the PRISMA flow.

One statement reads the place of all records, so that they are seen at one moment: two statements could see a
vote between them and report a fault that is none.
"""

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection
from django.db.models import Count

from analysis.contributions import digest
from analysis.models import Study, StudyEligibility, StudyReport
from reviews.models import (
    Delivery,
    ExclusionReason,
    OutboxEvent,
    Record,
    RecordReport,
    Report,
    Review,
    ReviewCounter,
    Source,
)
from reviews.prisma import Classified, Flow, Named, Place, Violation, count, identities, place_of
from screening.models import ScreeningState, Stage, StageName

_CHUNK = 2000
_ATTEMPTS = 3
# What brings a report to title and abstract; while one of these is on its way, a report may lack its state.
_OPENING = (
    "records.added",
    "screening.started",
    "screening.items_waiting",
    "reports.merged",
    "reports.split",
    "run.undone",
    "run.restored",
    "screening.run_moved",
)
_ABSORBED = "absorbed"

_SQL = f"""
SELECT record.id, source.name, source.kind, standing.report_id,
       ROW_NUMBER() OVER (PARTITION BY standing.report_id ORDER BY record.seq, record.id),
       abstract.state, assessed.state, assessed.retrieval, reason.label, study.id, study.eligibility
FROM {Record._meta.db_table} record
JOIN {Source._meta.db_table} source ON source.id = record.source_id
LEFT JOIN {Record._meta.db_table} before ON before.id = record.revises_id
LEFT JOIN (
    SELECT filed.record_id AS record_id, COALESCE(report.canonical_id, report.id) AS report_id
    FROM {RecordReport._meta.db_table} filed
    JOIN {Report._meta.db_table} report ON report.id = filed.report_id
    WHERE report.review_id = %(review)s
) standing ON standing.record_id = record.id
LEFT JOIN {ScreeningState._meta.db_table} abstract
    ON abstract.stage_id = %(abstract)s AND abstract.report_id = standing.report_id
LEFT JOIN {ScreeningState._meta.db_table} assessed
    ON assessed.stage_id = %(full_text)s AND assessed.report_id = standing.report_id
LEFT JOIN {ExclusionReason._meta.db_table} reason ON reason.id = assessed.reason_id
LEFT JOIN {StudyReport._meta.db_table} link ON link.report_id = standing.report_id
LEFT JOIN {Study._meta.db_table} study ON study.id = link.study_id
WHERE record.review_id = %(review)s AND record.seq IS NOT NULL AND before.seq IS NULL
ORDER BY record.id
"""


@dataclass(frozen=True, slots=True)
class FlowState:
    """The flow as it is now, with what does not add up in it."""

    flow: Flow
    violations: tuple[Violation, ...]

    @property
    def hash(self) -> str:
        return flow_hash(self.flow)

    @property
    def errors(self) -> tuple[Violation, ...]:
        return tuple(item for item in self.violations if item.severity == "E")


def revision(review: Review) -> int:
    """Grows with every fact of the review: while it stands still, so does the flow."""
    return int(ReviewCounter.objects.values_list("n", flat=True).get(review=review))


def flow(review: Review, *, total_studies_ma: int | None = None) -> Flow:
    """Every box counted from the places of the records; the sources are counted on their own.

    Read again where a fact came between the statements: what was read at two moments need not add up.
    """
    for _ in range(_ATTEMPTS):
        before = revision(review)
        sources = (
            Record.objects.filter(review=review, seq__isnull=False, revises__seq__isnull=True)
            .values_list("source__name", "source__kind")
            .annotate(n=Count("pk"))
        )
        found = count(classified(review), identified=list(sources), total_studies_ma=total_studies_ma)
        if revision(review) == before:
            break
    return found


def state_of(review: Review) -> FlowState:
    """The flow, judged. A violation is for the page to show, never to hide."""
    found = flow(review)
    return FlowState(found, tuple(identities(found)))


def classified(review: Review) -> Iterator[Classified]:
    """One row for each record of a complete run, in the order of their ids.

    A newer version of a record that counts was not identified once more: it is no row of its own.
    """
    stages = dict(Stage.objects.filter(review=review).values_list("name", "pk"))
    has_started = review.screening_started_at is not None
    by_study: dict[int, str] | None = None
    is_opening: bool | None = None
    for row in _rows(review, stages):
        record, source, kind, report, ordinal, abstract, assessed, retrieval, reason, study, eligibility = row
        if report is None:
            yield Classified(record, None, source, kind, 0)
            continue
        if abstract in {None, _ABSORBED} and ordinal == 1:
            if is_opening is None:
                is_opening = not has_started or _is_opening(review)
            abstract = "open" if is_opening else None
        place = _place(
            is_duplicate=ordinal > 1,
            screening=abstract,
            retrieval=retrieval or "",
            assessment=None if assessed == _ABSORBED else assessed,
            eligibility=eligibility,
        )
        if place is Place.EXCLUDED_ASSESSMENT and assessed != "excluded":
            # The full text was taken in and a person set the study aside: the study's reason counts.
            by_study = _reasons_of_studies(review) if by_study is None else by_study
            reason = by_study.get(study, "")
        yield Classified(record, place, source, kind, report, study, reason or "")


def _rows(review: Review, stages: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL,
            {
                "review": review.pk,
                "abstract": stages.get(StageName.TITLE_ABSTRACT, 0),
                "full_text": stages.get(StageName.FULL_TEXT, 0),
            },
        )
        while rows := cursor.fetchmany(_CHUNK):
            yield from rows


def _place(
    *,
    is_duplicate: bool,
    screening: str | None,
    retrieval: str,
    assessment: str | None,
    eligibility: str | None,
) -> Place | None:
    """The kernel's answer; a state that it does not know leaves the record without a place, which shows."""
    try:
        return place_of(
            is_duplicate=is_duplicate,
            removed="",
            screening=screening,
            retrieval=retrieval,
            assessment=assessment,
            eligibility=eligibility,
        )
    except ValueError:
        return None


def _is_opening(review: Review) -> bool:
    """Whether an event that gives reports their first state has not reached its handlers yet."""
    events = OutboxEvent.objects.filter(review_id=review.pk, topic__in=_OPENING)
    waiting = Delivery.objects.filter(delivered_at__isnull=True, event__in=events)
    return events.filter(relayed_at__isnull=True).exists() or waiting.exists()


def _reasons_of_studies(review: Review) -> dict[int, str]:
    """The last stated reason of each study that a person set aside."""
    facts = (
        StudyEligibility.objects.filter(study__review=review, reason__isnull=False)
        .order_by("seq", "pk")
        .values_list("study_id", "reason__label")
    )
    return dict(facts)


# -- Lists behind the boxes ---------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Listed:
    """One record with its place, for the list behind a box."""

    record: Record
    place: Place | None
    report: int
    reason: str


def listed(
    review: Review, places: Collection[Place | None], *, after: int = 0, limit: int
) -> tuple[list[Listed], int]:
    """Records in these places after a record's id, and how many there are in all."""
    found: list[Classified] = []
    total = 0
    for row in classified(review):
        if row.place in places:
            total += 1
            if row.record > after and len(found) < limit:
                found.append(row)
    return _with_records(found), total


def all_listed(review: Review, places: Collection[Place | None]) -> Iterator[Listed]:
    """Every record in these places, for the download."""
    chunk: list[Classified] = []
    for row in [row for row in classified(review) if row.place in places]:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            yield from _with_records(chunk)
            chunk = []
    yield from _with_records(chunk)


def _with_records(rows: list[Classified]) -> list[Listed]:
    records = (
        Record.objects.select_related("source").defer("raw", "abstract").in_bulk([row.record for row in rows])
    )
    return [Listed(records[row.record], row.place, row.report, row.reason) for row in rows]


# -- As values ----------------------------------------------------------------------------------------
def to_values(found: Flow) -> dict[str, Any]:
    """The flow as JSON values, for a version."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(found).items()}


def from_values(values: dict[str, Any]) -> Flow:
    """The flow of a version."""
    named: dict[str, Any] = {
        name: tuple(Named(**item) for item in value) if isinstance(value, list) else value
        for name, value in values.items()
    }
    return Flow(**named)


def flow_hash(found: Flow) -> str:
    return digest(to_values(found))
