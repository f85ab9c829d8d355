"""The flow as lines of a table: the same numbers as the figure, for those who cannot see it. KERNEL.

The figure's own boxes live with matplotlib, which web processes do not load.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reviews.prisma import Flow, Place

_LATER = (
    Place.AWAITING_CLASSIFICATION,
    Place.ONGOING,
    Place.INCLUDED,
)
_ASSESSED = (Place.EXCLUDED_ASSESSMENT, *_LATER)
_SOUGHT = (Place.AWAITING_RETRIEVAL, Place.NOT_RETRIEVED, Place.AWAITING_ASSESSMENT, *_ASSESSED)
_SCREENED = (Place.EXCLUDED_SCREENING, *_SOUGHT)

# The places behind each box of the figure; its keys are those of analysis.plots.prisma_boxes.
BOXES: Mapping[str, tuple[Place | None, ...]] = {
    "identified": (None, *Place),
    "removed": (Place.DUPLICATE, Place.REMOVED_AUTOMATIC, Place.REMOVED_OTHER),
    "screened": _SCREENED,
    "excluded": (Place.EXCLUDED_SCREENING,),
    "awaiting_screening": (Place.AWAITING_SCREENING,),
    "sought": _SOUGHT,
    "not_retrieved": (Place.NOT_RETRIEVED,),
    "awaiting_retrieval": (Place.AWAITING_RETRIEVAL,),
    "assessed": _ASSESSED,
    "excluded_assessment": (Place.EXCLUDED_ASSESSMENT,),
    "awaiting_assessment": (Place.AWAITING_ASSESSMENT,),
    "included": (Place.INCLUDED,),
    "awaiting_classification": (Place.AWAITING_CLASSIFICATION,),
    "ongoing": (Place.ONGOING,),
}
TITLES: Mapping[str, str] = {
    "identified": "Records identified",
    "removed": "Records removed before screening",
    "screened": "Records screened",
    "excluded": "Records excluded",
    "awaiting_screening": "Records awaiting a decision",
    "sought": "Reports sought for retrieval",
    "not_retrieved": "Reports not retrieved",
    "awaiting_retrieval": "Reports awaiting retrieval",
    "assessed": "Reports assessed for eligibility",
    "excluded_assessment": "Reports excluded",
    "awaiting_assessment": "Reports awaiting a decision",
    "included": "Studies included in review",
    "awaiting_classification": "Reports awaiting classification",
    "ongoing": "Reports of ongoing studies",
}
PLACE_WORDS: Mapping[Place | None, str] = {
    None: "Nowhere: this is a fault",
    Place.DUPLICATE: "Duplicate",
    Place.REMOVED_AUTOMATIC: "Removed by an automation tool",
    Place.REMOVED_OTHER: "Removed for another reason",
    Place.AWAITING_SCREENING: "Awaiting a decision on title and abstract",
    Place.EXCLUDED_SCREENING: "Excluded on title and abstract",
    Place.AWAITING_RETRIEVAL: "Awaiting its full text",
    Place.NOT_RETRIEVED: "Full text not retrieved",
    Place.AWAITING_ASSESSMENT: "Awaiting a decision on full text",
    Place.EXCLUDED_ASSESSMENT: "Excluded on full text",
    Place.AWAITING_CLASSIFICATION: "Awaiting classification",
    Place.ONGOING: "Report of an ongoing study",
    Place.INCLUDED: "Report of an included study",
}


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One line: `key` of its box, words, number; details are indented and have no list of their own."""

    key: str
    words: str
    n: int
    is_detail: bool = False
    is_waiting: bool = False


def rows(flow: Flow) -> tuple[FlowRow, ...]:
    """Top to bottom. Places of work under way appear only while something is in them."""
    sources = (*flow.database_specific, *flow.register_specific)
    others = (
        ("Websites", flow.website_results),
        ("Organisations", flow.organisation_results),
        ("Citation searching", flow.citations_results),
    )
    removed = flow.duplicates + flow.excluded_automatic + flow.excluded_other
    excluded = sum(reason.n for reason in flow.dbr_excluded)
    return (
        _box("identified", flow.identified),
        *(_detail("identified", source.name, source.n) for source in sources),
        *(_detail("identified", words, n) for words, n in others if n),
        _box("removed", removed),
        _detail("removed", "Duplicates", flow.duplicates),
        *_some("removed", "Ineligible by automation tools", flow.excluded_automatic),
        *_some("removed", "Other reasons", flow.excluded_other),
        _box("screened", flow.records_screened),
        _box("excluded", flow.records_excluded),
        *_waiting("awaiting_screening", flow.awaiting_screening),
        _box("sought", flow.dbr_sought_reports),
        _box("not_retrieved", flow.dbr_notretrieved_reports),
        *_waiting("awaiting_retrieval", flow.awaiting_retrieval),
        _box("assessed", flow.dbr_assessed),
        _box("excluded_assessment", excluded),
        *(_detail("excluded_assessment", reason.name, reason.n) for reason in flow.dbr_excluded),
        *_waiting("awaiting_assessment", flow.awaiting_assessment),
        _box("included", flow.new_studies),
        _detail("included", "Reports of included studies", flow.new_reports),
        *_waiting("awaiting_classification", flow.awaiting_classification),
        *_waiting("ongoing", flow.ongoing),
    )


def description(flow: Flow) -> str:
    """The flow in one sentence, for those who cannot see the figure."""
    return "; ".join(f"{row.words}: {row.n}" for row in rows(flow) if not row.is_detail) + "."


def _box(key: str, n: int) -> FlowRow:
    return FlowRow(key, TITLES[key], n)


def _detail(key: str, words: str, n: int) -> FlowRow:
    return FlowRow(key, words, n, is_detail=True)


def _some(key: str, words: str, n: int) -> tuple[FlowRow, ...]:
    return (_detail(key, words, n),) if n else ()


def _waiting(key: str, n: int) -> tuple[FlowRow, ...]:
    return (FlowRow(key, TITLES[key], n, is_waiting=True),) if n else ()
