"""How many records were one publication: by rule, by pair of sources, and what only one source found."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Q

from reviews import wording
from reviews.models import (
    DuplicateSuggestion,
    MergeEvent,
    MergeKind,
    Record,
    RecordReport,
    Report,
    Review,
    Source,
    SuggestionState,
)

# A newer version of a record that counts is no record more, as in the flow. Counted out here and not by a
# condition: PostgreSQL would expect one row, and compare a hundred thousand with each other.
_FOUND = f"""
SELECT record.source_id AS source_id, COALESCE(report.canonical_id, report.id) AS root,
       SUM(CASE WHEN before.seq IS NULL THEN 1 ELSE 0 END) AS copies
FROM {Record._meta.db_table} record
JOIN {RecordReport._meta.db_table} filed ON filed.record_id = record.id
JOIN {Report._meta.db_table} report ON report.id = filed.report_id
LEFT JOIN {Record._meta.db_table} before ON before.id = record.revises_id
WHERE record.review_id = %(review)s AND record.seq IS NOT NULL
GROUP BY record.source_id, COALESCE(report.canonical_id, report.id)
"""
_PAIRS = f"""
WITH found AS ({_FOUND})
SELECT one.source_id, other.source_id, COUNT(*)
FROM found one JOIN found other ON other.root = one.root AND other.source_id >= one.source_id
GROUP BY one.source_id, other.source_id
"""
_ALONE = f"""
WITH found AS ({_FOUND}),
     alone AS (SELECT root FROM found GROUP BY root HAVING COUNT(*) = 1)
SELECT found.source_id, COUNT(*), SUM(found.copies), COUNT(alone.root)
FROM found LEFT JOIN alone ON alone.root = found.root
GROUP BY found.source_id
"""


@dataclass(frozen=True, slots=True)
class RuleLine:
    """Merges by one rule: by the machine, confirmed by people, and undone of either."""

    words: str
    automatic: int
    confirmed: int
    undone: int

    @property
    def standing(self) -> int:
        return self.automatic + self.confirmed - self.undone


@dataclass(frozen=True, slots=True)
class SourceLine:
    """What one source found: records, publications, and those that no other source found."""

    source_id: int
    name: str
    records: int
    publications: int
    only_here: int

    @property
    def within(self) -> int:
        """Records that repeat a publication of the same source."""
        return self.records - self.publications


@dataclass(frozen=True, slots=True)
class Overlap:
    """Publications that both of two sources found."""

    one: str
    other: str
    publications: int


@dataclass(frozen=True, slots=True)
class Totals:
    """The numbers of the page; `matrix` has a row for each source, in their order."""

    records: int
    publications: int
    rules: list[RuleLine]
    sources: list[SourceLine]
    overlaps: list[Overlap]
    matrix: list[tuple[SourceLine, list[int | None]]]
    open_pairs: int
    told_apart: int
    related: int

    @property
    def duplicates(self) -> int:
        return self.records - self.publications


def duplicate_totals(review: Review) -> Totals:
    """Everything counted from the facts and the filing of the records, in a handful of statements."""
    sources = _sources(review)
    shared = _shared(review)
    states = dict(
        DuplicateSuggestion.objects.filter(review=review)
        .order_by()
        .values_list("state")
        .annotate(n=Count("pk"))
    )
    return Totals(
        records=sum(line.records for line in sources),
        publications=_publications(review),
        rules=_rules(review),
        sources=sources,
        overlaps=_overlaps(sources, shared),
        matrix=[
            (row, [None if row is cell else _pair(shared, row, cell) for cell in sources]) for row in sources
        ],
        open_pairs=states.get(SuggestionState.OPEN, 0),
        told_apart=states.get(SuggestionState.DISTINCT, 0),
        related=states.get(SuggestionState.RELATED, 0),
    )


def _ask(statement: str, review: Review) -> list[tuple[int, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"review": review.pk})
        rows: list[tuple[int, ...]] = cursor.fetchall()
        return rows


def _publications(review: Review) -> int:
    ((n,),) = _ask(f"WITH found AS ({_FOUND}) SELECT COUNT(DISTINCT root) FROM found", review)
    return n


def _sources(review: Review) -> list[SourceLine]:
    names = dict(Source.objects.filter(protocol__review=review).values_list("pk", "name"))
    lines = [
        SourceLine(source, names[source], int(records), publications, only)
        for source, publications, records, only in _ask(_ALONE, review)
    ]
    return sorted(lines, key=lambda line: line.source_id)


def _shared(review: Review) -> dict[tuple[int, int], int]:
    return {(one, other): n for one, other, n in _ask(_PAIRS, review) if one != other}


def _pair(shared: dict[tuple[int, int], int], one: SourceLine, other: SourceLine) -> int:
    low, high = sorted((one.source_id, other.source_id))
    return shared.get((low, high), 0)


def _overlaps(sources: list[SourceLine], shared: dict[tuple[int, int], int]) -> list[Overlap]:
    names = {line.source_id: line.name for line in sources}
    found = [Overlap(names[one], names[other], n) for (one, other), n in shared.items()]
    return sorted(found, key=lambda line: (-line.publications, line.one, line.other))


def _rules(review: Review) -> list[RuleLine]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    found = (
        MergeEvent.objects.filter(review=review, kind=MergeKind.MERGE)
        .order_by()
        .values("rule")
        .annotate(
            automatic=Count("pk", filter=Q(by__isnull=True)),
            confirmed=Count("pk", filter=Q(by__isnull=False)),
            undone=Count("undone_by"),
        )
    )
    for row in found:
        line = counts[wording.rule(row["rule"].removeprefix("confirmed: "))]
        for place, n in enumerate((row["automatic"], row["confirmed"], row["undone"])):
            line[place] += n
    lines = [RuleLine(words, *numbers) for words, numbers in counts.items()]
    return sorted(lines, key=lambda line: (-line.standing, line.words))


TOTALS_HEADER = ("what", "first", "second", "number", "confirmed", "undone")


def totals_rows(totals: Totals) -> Iterator[list[str | int | None]]:
    """The same numbers, one a line, for a spreadsheet."""
    yield ["records", None, None, totals.records, None, None]
    yield ["publications", None, None, totals.publications, None, None]
    for line in totals.sources:
        yield ["records of a source", line.name, None, line.records, None, None]
        yield ["publications of a source", line.name, None, line.publications, None, None]
        yield ["found only by a source", line.name, None, line.only_here, None, None]
    for overlap in totals.overlaps:
        yield ["found by both", overlap.one, overlap.other, overlap.publications, None, None]
    for rule in totals.rules:
        yield ["merged automatically", rule.words, None, rule.automatic, rule.confirmed, rule.undone]
