"""The numbers of a PRISMA 2020 flow diagram, each counted on its own from the records' places."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reviews.prisma.places import Classified, Place, SourceKind

# Each box lists its places itself. None is the remainder of another: a record that slips through, or stands
# in two places, must make the identities fail and not be swallowed by a subtraction.
SCREENED = frozenset(
    {
        Place.EXCLUDED_SCREENING,
        Place.AWAITING_RETRIEVAL,
        Place.NOT_RETRIEVED,
        Place.AWAITING_ASSESSMENT,
        Place.EXCLUDED_ASSESSMENT,
        Place.AWAITING_CLASSIFICATION,
        Place.ONGOING,
        Place.INCLUDED,
    }
)
SOUGHT = frozenset(
    {
        Place.AWAITING_RETRIEVAL,
        Place.NOT_RETRIEVED,
        Place.AWAITING_ASSESSMENT,
        Place.EXCLUDED_ASSESSMENT,
        Place.AWAITING_CLASSIFICATION,
        Place.ONGOING,
        Place.INCLUDED,
    }
)
ASSESSED = frozenset(
    {Place.EXCLUDED_ASSESSMENT, Place.AWAITING_CLASSIFICATION, Place.ONGOING, Place.INCLUDED}
)


@dataclass(frozen=True, slots=True)
class Named:
    """A name and its count: records of one source, or reports excluded for one reason."""

    name: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Every number of the flow; keys as in the PRISMA2020 package where it has them.

    Units: records until screening, reports from retrieval to eligibility, reports and studies at inclusion.
    ``None`` is "this review has no such box" (previous versions, totals, meta-analysis).

    Attributes
    ----------
    database_results, register_results : int
        Records identified, before deduplication, counted from the records.
    database_specific, register_specific : tuple of Named
        The same by source, counted from the sources.
    website_results, organisation_results, citations_results : int
        Records that a source of another kind found; here they are screened together with the rest.
    duplicates, excluded_automatic, excluded_other : int
        Records removed before screening.
    awaiting_screening, awaiting_retrieval, awaiting_assessment, awaiting_classification, ongoing : int
        Places of work under way. ``records_screened`` and ``dbr_assessed`` hold settled items only.
    dbr_excluded, other_excluded : tuple of Named
        Reports excluded by primary reason.
    unplaced, placed_twice, included_without_study : int
        Faults: records with no place, with more than one, included reports of no study.
    """

    previous_studies: int | None = None
    previous_reports: int | None = None
    database_results: int = 0
    database_specific: tuple[Named, ...] = ()
    register_results: int = 0
    register_specific: tuple[Named, ...] = ()
    website_results: int = 0
    organisation_results: int = 0
    citations_results: int = 0
    duplicates: int = 0
    excluded_automatic: int = 0
    excluded_other: int = 0
    awaiting_screening: int = 0
    records_screened: int = 0
    records_excluded: int = 0
    dbr_sought_reports: int = 0
    dbr_notretrieved_reports: int = 0
    awaiting_retrieval: int = 0
    dbr_assessed: int = 0
    awaiting_assessment: int = 0
    dbr_excluded: tuple[Named, ...] = ()
    awaiting_classification: int = 0
    ongoing: int = 0
    other_sought_reports: int = 0
    other_notretrieved_reports: int = 0
    other_assessed: int = 0
    other_excluded: tuple[Named, ...] = ()
    new_studies: int = 0
    new_reports: int = 0
    new_reports_of_previous_studies: int = 0
    dropped_studies: int = 0
    dropped_reports: int = 0
    total_studies: int | None = None
    total_reports: int | None = None
    total_studies_ma: int | None = None
    total_reports_ma: int | None = None
    unplaced: int = 0
    placed_twice: int = 0
    included_without_study: int = 0

    @property
    def identified(self) -> int:
        """Records identified from all sources."""
        return (
            self.database_results
            + self.register_results
            + self.website_results
            + self.organisation_results
            + self.citations_results
        )

    @property
    def is_under_way(self) -> bool:
        """Whether anything still waits for a person."""
        return bool(
            self.awaiting_screening
            + self.awaiting_retrieval
            + self.awaiting_assessment
            + self.awaiting_classification
        )


def count(
    classified: Iterable[Classified],
    *,
    identified: Iterable[tuple[str, str, int]] | None = None,
    total_studies_ma: int | None = None,
) -> Flow:
    """Count every box of the flow on its own.

    Parameters
    ----------
    classified : iterable of Classified
        One row for each record of the review.
    identified : iterable of (source name, source kind, number of records), optional
        What the sources say that they found, from a count that does not read the classification; then a
        record that the classification lacks makes an identity fail. Counted from ``classified`` if not given.
    total_studies_ma : int, optional
        Studies in at least one meta-analysis.

    Returns
    -------
    Flow
        Of a new review; check it with `identities`.
    """
    rows = list(classified)
    by_source = _from_rows(rows) if identified is None else list(identified)
    included = [row for row in rows if row.place is Place.INCLUDED]
    places = Counter(row.place for row in rows)
    times = Counter(row.record for row in rows)
    return Flow(
        database_results=_records_of(rows, SourceKind.DATABASE),
        database_specific=_specific(by_source, SourceKind.DATABASE),
        register_results=_records_of(rows, SourceKind.REGISTER),
        register_specific=_specific(by_source, SourceKind.REGISTER),
        website_results=_records_of(rows, SourceKind.WEBSITE),
        organisation_results=_records_of(rows, SourceKind.ORGANISATION),
        citations_results=_records_of(rows, SourceKind.CITATIONS),
        duplicates=places[Place.DUPLICATE],
        excluded_automatic=places[Place.REMOVED_AUTOMATIC],
        excluded_other=places[Place.REMOVED_OTHER],
        awaiting_screening=places[Place.AWAITING_SCREENING],
        records_screened=sum(1 for row in rows if row.place in SCREENED),
        records_excluded=places[Place.EXCLUDED_SCREENING],
        dbr_sought_reports=_reports(rows, SOUGHT),
        dbr_notretrieved_reports=_reports(rows, {Place.NOT_RETRIEVED}),
        awaiting_retrieval=_reports(rows, {Place.AWAITING_RETRIEVAL}),
        dbr_assessed=_reports(rows, ASSESSED),
        awaiting_assessment=_reports(rows, {Place.AWAITING_ASSESSMENT}),
        dbr_excluded=_reasons(rows),
        awaiting_classification=_reports(rows, {Place.AWAITING_CLASSIFICATION}),
        ongoing=_reports(rows, {Place.ONGOING}),
        new_studies=len({row.study for row in included if row.study is not None}),
        new_reports=len({row.report for row in included}),
        total_studies_ma=total_studies_ma,
        unplaced=places[None],
        placed_twice=sum(1 for n in times.values() if n > 1),
        included_without_study=len({row.report for row in included if row.study is None}),
    )


def _from_rows(rows: Sequence[Classified]) -> list[tuple[str, str, int]]:
    tally = Counter((row.source, row.source_kind) for row in rows)
    return [(name, kind, n) for (name, kind), n in tally.items()]


def _specific(by_source: Sequence[tuple[str, str, int]], kind: SourceKind) -> tuple[Named, ...]:
    named = [Named(name, n) for name, of_kind, n in by_source if of_kind == kind]
    return tuple(sorted(named, key=lambda source: (-source.n, source.name)))


def _records_of(rows: Sequence[Classified], kind: SourceKind) -> int:
    return sum(1 for row in rows if row.source_kind == kind)


def _reports(rows: Sequence[Classified], places: Iterable[Place]) -> int:
    wanted = frozenset(places)
    return len({row.report for row in rows if row.place in wanted})


def _reasons(rows: Sequence[Classified]) -> tuple[Named, ...]:
    # One (report, reason) pair a report, so that a report excluded for two reasons breaks an identity.
    pairs = {(row.report, row.reason) for row in rows if row.place is Place.EXCLUDED_ASSESSMENT}
    tally = Counter(reason or "Reason not stated" for _, reason in pairs)
    return tuple(
        Named(reason, n) for reason, n in sorted(tally.items(), key=lambda item: (-item[1], item[0]))
    )
