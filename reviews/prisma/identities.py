"""What must add up in a flow, and a sentence for each sum that does not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Literal

from reviews.prisma.flow import Flow, Named

Severity = Literal["E", "W"]


@dataclass(frozen=True, slots=True)
class Violation:
    """An identity that does not hold.

    Attributes
    ----------
    code : str
        Stable name of the identity.
    severity : {"E", "W"}
        Error: a record is lost or counted twice. Warning: to be explained in a note.
    message : str
        What should be equal, in the diagram's words.
    left, right : int
        The two sides.
    """

    code: str
    severity: Severity
    message: str
    left: int
    right: int


def identities(flow: Flow) -> list[Violation]:
    """Return the identities of the flow that do not hold.

    Parameters
    ----------
    flow : Flow
        The numbers, each counted on its own.

    Returns
    -------
    list of Violation
        Empty for a consistent flow.

    Notes
    -----
    The identities are those of a finished flow with the places of work under way added to the side that is
    counted later; when nothing is under way they are the published ones.

    References
    ----------
    Page MJ et al. The PRISMA 2020 statement. BMJ 2021;372:n71. doi:10.1136/bmj.n71.
    """
    return [*_faults(flow), *_identification(flow), *_retrieval(flow), *_inclusion(flow), *_totals(flow)]


def _faults(flow: Flow) -> Iterator[Violation]:
    yield from _equal("unplaced", "Every record has a place", flow.unplaced, 0)
    yield from _equal("placed_twice", "No record has two places", flow.placed_twice, 0)
    message = "Every included report belongs to a study"
    yield from _equal("included_without_study", message, flow.included_without_study, 0)
    for field in fields(flow):
        value = getattr(flow, field.name)
        if isinstance(value, int) and value < 0:
            yield Violation("negative", "E", f"{field.name} is a count", value, 0)


def _identification(flow: Flow) -> Iterator[Violation]:
    removed = flow.duplicates + flow.excluded_automatic + flow.excluded_other
    yield from _equal(
        "records_screened",
        "Records screened and awaiting screening = identified - removed before screening",
        flow.records_screened + flow.awaiting_screening,
        flow.identified - removed,
    )
    yield from _equal(
        "database_specific",
        "The databases add up to the records from databases",
        _sum(flow.database_specific),
        flow.database_results,
    )
    yield from _equal(
        "register_specific",
        "The registers add up to the records from registers",
        _sum(flow.register_specific),
        flow.register_results,
    )


def _retrieval(flow: Flow) -> Iterator[Violation]:
    yield from _equal(
        "sought",
        "Reports sought = records screened - records excluded; say in a note why not",
        flow.dbr_sought_reports,
        flow.records_screened - flow.records_excluded,
        severity="W",
    )
    yield from _equal(
        "assessed",
        "Reports assessed, awaiting retrieval and awaiting assessment = sought - not retrieved",
        flow.dbr_assessed + flow.awaiting_retrieval + flow.awaiting_assessment,
        flow.dbr_sought_reports - flow.dbr_notretrieved_reports,
    )
    yield from _equal(
        "other_assessed",
        "Other methods: reports assessed = sought - not retrieved",
        flow.other_assessed,
        flow.other_sought_reports - flow.other_notretrieved_reports,
    )


def _inclusion(flow: Flow) -> Iterator[Violation]:
    assessed = flow.dbr_assessed + flow.other_assessed
    yield from _equal(
        "included",
        "Reports included, ongoing and awaiting classification = assessed - excluded",
        flow.new_reports + flow.awaiting_classification + flow.ongoing,
        assessed - _sum(flow.dbr_excluded) - _sum(flow.other_excluded),
    )
    if flow.new_studies > flow.new_reports or bool(flow.new_studies) != bool(flow.new_reports):
        message = "Every included study has at least one report, and every included report its study"
        yield Violation("studies_and_reports", "E", message, flow.new_studies, flow.new_reports)


def _totals(flow: Flow) -> Iterator[Violation]:
    if flow.total_studies is not None:
        yield from _equal(
            "total_studies",
            "Total studies = previous + new - dropped",
            flow.total_studies,
            (flow.previous_studies or 0) + flow.new_studies - flow.dropped_studies,
        )
    if flow.total_reports is not None:
        added = flow.new_reports + flow.new_reports_of_previous_studies
        yield from _equal(
            "total_reports",
            "Total reports = previous + new - dropped",
            flow.total_reports,
            (flow.previous_reports or 0) + added - flow.dropped_reports,
        )
    studies = flow.new_studies if flow.total_studies is None else flow.total_studies
    if flow.total_studies_ma is not None and flow.total_studies_ma > studies:
        message = "Studies in meta-analyses are among the included ones"
        yield Violation("total_studies_ma", "E", message, flow.total_studies_ma, studies)


def _equal(
    code: str, message: str, left: int, right: int, *, severity: Severity = "E"
) -> Iterator[Violation]:
    if left != right:
        yield Violation(code, severity, message, left, right)


def _sum(named: Sequence[Named]) -> int:
    return sum(item.n for item in named)
