"""Which records count: those that a run that stands (complete, not undone) has found.

The place of a record (`seq`) is that of the earliest such run. A newer version that a run came upon by
looking at what is held (`Look`) was found by no search: it counts while one that found the record, in
whichever version, stands.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Case, Exists, Min, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, Least

from reviews.models import Look, Record, RecordReport, Report, RunState, SearchRun, Sighting
from reviews.services import bulk

ROOT = Coalesce("report__canonical_id", "report_id")
_CHUNK = 1000


# Of the records that count, read once: how many leave, and the publications of whose records none stays.
# Asked for each record anew, as the ORM would write it, this takes seconds at 100,000.
_EFFECT = f"""
WITH standing (id, run_id, leaves) AS ({{standing}}), emptied AS (
    SELECT COALESCE(absorbed.canonical_id, filed.report_id) AS report_id
    FROM standing
    JOIN {RecordReport._meta.db_table} filed ON filed.record_id = standing.id
    LEFT JOIN {Report._meta.db_table} absorbed
        ON absorbed.id = filed.report_id AND absorbed.canonical_id IS NOT NULL
    GROUP BY 1
    HAVING MIN(standing.leaves) = 1
)
SELECT 'records', COALESCE(SUM(leaves), 0) FROM standing
UNION ALL SELECT 'elsewhere', COUNT(*) FROM standing WHERE run_id = %s AND leaves = 0
UNION ALL SELECT 'report', report_id FROM emptied
"""


@dataclass(frozen=True, slots=True)
class Effect:
    """What undoing a run would take out of the counts; `reports` by their keys."""

    records: int
    found_elsewhere: int
    reports: frozenset[int]


def effect(run: SearchRun) -> Effect:
    """What undoing the run would do, without doing it."""
    leaves = Case(When(_leaves(run), then=1), default=0)
    rows = Record.objects.filter(review_id=run.review_id, seq__isnull=False).annotate(leaves=leaves)
    standing, values = rows.order_by().values("pk", "run_id", "leaves").query.sql_with_params()
    numbers: dict[str, int] = {}
    reports = set()
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # It takes the statement for far dearer than it is, and would compile it for longer than it runs.
            cursor.execute("SET LOCAL jit = off")
        cursor.execute(_EFFECT.format(standing=standing), [*values, run.pk])
        for kind, number in cursor.fetchall():
            if kind == "report":
                reports.add(number)
            else:
                numbers[kind] = int(number)
    return Effect(numbers["records"], numbers["elsewhere"], frozenset(reports))


def involved(run: SearchRun) -> QuerySet[Record]:
    """The records that the run brought or found again."""
    return Record.objects.filter(_involved(run))


def counted(run: SearchRun) -> int:
    """How many of the records that undoing or restoring the run may move count now."""
    looks = looked(run).filter(seq__isnull=False).exclude(_involved(run))
    return involved(run).filter(seq__isnull=False).count() + looks.count()


def looked(run: SearchRun) -> QuerySet[Record]:
    """Versions of these records that a look brought, of whichever run."""
    names = involved(run).exclude(external_id="").values("external_id")
    looks = Exists(Look.objects.filter(record=OuterRef("pk")))
    return Record.objects.filter(looks, source_id=run.source_id, external_id__in=names)


def leaving(run: SearchRun) -> QuerySet[Record]:
    """The records that count because of this run alone."""
    return Record.objects.filter(_leaves(run))


def _leaves(run: SearchRun) -> Q:
    others = Sighting.objects.filter(record=OuterRef("pk"), run__state=RunState.COMPLETE).exclude(run=run)
    brought_by_another = Q(run__state=RunState.COMPLETE) & ~Q(run=run)
    alone = Q(_involved(run), ~Exists(others), ~brought_by_another, seq=run.seq)
    without = [
        pk
        for pk, place in looked_places(run.source_id, _names(looked(run)), without=run.pk).items()
        if place is None
    ]
    return alone | Q(pk__in=without, seq__isnull=False) if without else alone


def _involved(run: SearchRun) -> Q:
    # Asked for each record: PostgreSQL compares with a list that outgrows its memory one by one.
    seen = Exists(Sighting.objects.filter(record=OuterRef("pk"), run=run))
    return Q(Q(run=run) | Q(seen), source_id=run.source_id)


def earliest_run_that_stands() -> Coalesce:
    """The place of a record by the runs that have it, for a statement over records."""
    own = Subquery(
        SearchRun.objects.filter(pk=OuterRef("run_id"), state=RunState.COMPLETE).order_by().values("seq")
    )
    found_again = Subquery(
        Sighting.objects.filter(record=OuterRef("pk"), run__state=RunState.COMPLETE)
        .order_by()
        .values("record")
        .annotate(first=Min("run__seq"))
        .values("first")
    )
    # LEAST of a null is null on SQLite and is not on PostgreSQL.
    return Coalesce(Least(own, found_again), own, found_again)


def place_looked(run: SearchRun) -> None:
    """After the run's own records have their places: those of the versions that looks brought of them."""
    bulk.update(Record, ["seq"], key="id", rows=looked_out_of_place(run))


def looked_out_of_place(run: SearchRun) -> list[tuple[int | None, int]]:
    """Of these versions, those that stand elsewhere than they should: the place and the record."""
    rows = dict(looked(run).values_list("pk", "seq"))
    places = looked_places(run.source_id, _names(looked(run))) if rows else {}
    return [(places[pk], pk) for pk, seq in sorted(rows.items()) if places[pk] != seq]


def looked_places(
    source_id: int, names: Sequence[str], *, without: int | None = None
) -> dict[int, int | None]:
    """Where the versions stand that looks brought of these records, as if the run `without` were undone."""
    places: dict[int, int | None] = {}
    for start in range(0, len(names), _CHUNK):
        rows = Record.objects.filter(source_id=source_id, external_id__in=names[start : start + _CHUNK])
        versions = dict(rows.values_list("pk", "external_id"))
        looks = set(Look.objects.filter(record__in=rows).values_list("record_id", "run_id"))
        held: set[str] = set()
        first: dict[int, int] = {}
        for pk, run_id, seq in _finders(rows):
            if run_id == without:
                continue
            first[pk] = min(seq, first.get(pk, seq))
            if (pk, run_id) not in looks:
                held.add(versions[pk])
        places |= {pk: first.get(pk) if versions[pk] in held else None for pk, _ in looks}
    return places


def _finders(rows: QuerySet[Record]) -> Iterator[tuple[int, int, int]]:
    """Record, run and the run's place, for every run that stands and has one of the records."""
    stands = {"run__state": RunState.COMPLETE, "run__seq__isnull": False}
    seen = Sighting.objects.filter(record__in=rows, **stands)
    for found in (
        rows.filter(**stands).values_list("pk", "run_id", "run__seq"),
        seen.values_list("record_id", "run_id", "run__seq"),
    ):
        for pk, run_id, seq in found:
            assert seq is not None  # asked for above
            yield pk, run_id, seq


def _names(rows: QuerySet[Record]) -> list[str]:
    return sorted(set(rows.values_list("external_id", flat=True)))


def standing_reports(run: SearchRun) -> QuerySet[RecordReport, int]:
    """The standing reports of the run's records."""
    filed = RecordReport.objects.filter(record__in=involved(run).values("pk"))
    return filed.annotate(root=ROOT).order_by().values_list("root", flat=True)


def differences(review_id: int) -> list[str]:
    """Records whose place does not follow from the runs that found them, in words; for tests and checks."""
    return [f"record {pk} is at {seq}, should be at {should}" for pk, seq, should in misplaced(review_id)]


def misplaced(review_id: int) -> list[tuple[int, int | None, int | None]]:
    """The same in numbers: the record, its place, and where it should be."""
    rows = Record.objects.filter(review_id=review_id).order_by("pk")
    should = dict(rows.annotate(should=earliest_run_that_stands()).values_list("pk", "should"))
    seen = rows.filter(Exists(Look.objects.filter(record=OuterRef("pk"))))
    for source_id in sorted(set(seen.order_by().values_list("source_id", flat=True))):
        should |= looked_places(source_id, _names(seen.filter(source_id=source_id)))
    return [(pk, seq, should[pk]) for pk, seq in rows.values_list("pk", "seq") if seq != should[pk]]
