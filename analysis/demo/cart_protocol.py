"""What the published CAR-T review promised, in the fields of a protocol."""

from analysis.demo.stage import Stage
from reviews.models import (
    AdjudicationRule,
    Connector,
    CriterionKind,
    CriterionSlot,
    Direction,
    Measure,
    OutcomeType,
    ReasonScope,
    Review,
    SourceKind,
)
from reviews.services import protocols, reviews

TITLE = "CAR-T cells in acute lymphoblastic leukaemia"
LIST_SOURCE = "Printed reference list"
NOTICE = (
    "A demonstration. Which studies were included and 33 results are from the published review (Wiguna et "
    "al. 2025, doi 10.31584/jhsmr.20251201). Single votes, the second extraction and the conflict are "
    "simulated. The paper screened 6,049 records; this review holds the 25 that it prints. For reference 19 "
    "(Zhao X 2020) the paper gives no reason why it is not included, so it awaits classification. Results "
    "that the text does not state are missing here, and the pools that lack them are marked as partial."
)
_QUERY = '("CAR-T") AND ("Leukemia") AND ("Efficacy" OR "Safety")'
_CRITERIA = (
    (
        CriterionSlot.POPULATION,
        CriterionKind.INCLUDE,
        "Children and adults with acute lymphoblastic leukaemia",
    ),
    (CriterionSlot.POPULATION, CriterionKind.EXCLUDE, "Other leukaemias"),
    (CriterionSlot.INTERVENTION, CriterionKind.INCLUDE, "CAR-T cells against CD19, or CD19 and CD22"),
    (CriterionSlot.INTERVENTION, CriterionKind.EXCLUDE, "CAR-T cells against other antigens"),
    (
        CriterionSlot.OUTCOME,
        CriterionKind.INCLUDE,
        "Reports complete response, residual disease, cytokine release syndrome, neurotoxicity or death",
    ),
    (
        CriterionSlot.STUDY_DESIGN,
        CriterionKind.INCLUDE,
        "Clinical trials and cohorts, published 2018 to 2023",
    ),
    (CriterionSlot.STUDY_DESIGN, CriterionKind.EXCLUDE, "Reviews and laboratory studies"),
)
_REASONS = (
    ("Wrong population", ReasonScope.STUDY),
    ("Wrong intervention", ReasonScope.STUDY),
    ("Wrong design", ReasonScope.STUDY),
    ("Insufficient data", ReasonScope.REPORT),
)
COMPLETE_RESPONSE, MORTALITY, CRS, CRS_LOW, CRS_HIGH, ICANS, MRD = (
    "complete response",
    "mortality",
    "CRS any grade",
    "CRS grade 0-2",
    "CRS grade 3-4",
    "ICANS",
    "MRD negative",
)
_OUTCOMES = (
    (COMPLETE_RESPONSE, Direction.HIGHER, True, ""),
    (MORTALITY, Direction.LOWER, True, ""),
    (CRS, Direction.LOWER, True, "Cytokine release syndrome of any grade"),
    (CRS_LOW, Direction.LOWER, True, "The text says grade 2 where methods and figure say grade 0 to 2"),
    (CRS_HIGH, Direction.LOWER, True, "Severe cytokine release syndrome"),
    (ICANS, Direction.LOWER, True, "Immune effector cell-associated neurotoxicity syndrome"),
    (MRD, Direction.HIGHER, False, "No minimal residual disease found"),
)
_PLAN = (
    "Pooled proportions. As printed: Mantel-Haenszel (which does not exist for single-arm proportions), "
    "common effect where I² is below 50 %, random effects otherwise; subgroups by antigen and by type of "
    "leukaemia; funnel plots and Peters' test. Here: inverse variance on the logit scale, random effects "
    "(REML), Wald interval, 0.5 added to events and non-events of studies with none or only events, which "
    "gives the printed digits of all four results that the text determines."
)


def begin(stage: Stage, *, title: str = TITLE) -> Review:
    """The review with its filled protocol and team, screening started."""
    review = Review.objects.filter(title=title, created_by=stage.lead).first()
    if review is None:
        review = reviews.create(by=stage.lead, title=title)
    stage.gather(review)
    if review.screening_started_at is None:
        _write(stage, review)
        protocols.start_screening(by=stage.lead, review=review)
    review.refresh_from_db()
    return review


def _write(stage: Stage, review: Review) -> None:
    lead, protocol = stage.lead, review.protocol
    reviews.change_settings(
        by=lead, review=review, adjudication=AdjudicationRule.CONSENSUS, is_public=True, notice=NOTICE
    )
    protocols.set_text(
        by=lead,
        review=review,
        question=(
            "In children and adults with acute lymphoblastic leukaemia, how effective and how safe are CAR-T "
            "cells against CD19, or CD19 and CD22?"
        ),
        rationale="An update over five years of a review of CAR-T cell therapy in leukaemia.",
        synthesis_plan=_PLAN,
        registry="PROSPERO",
        registration_id="CRD42024573724",
    )
    if not protocol.criteria.exists():
        for slot, kind, text in _CRITERIA:
            protocols.add_criterion(by=lead, review=review, slot=slot, kind=kind, text=text)
    for label, scope in _REASONS:
        if not protocol.exclusion_reasons.filter(label=label).exists():
            protocols.add_reason(by=lead, review=review, label=label, scope=scope)
    for name, direction, is_primary, definition in _OUTCOMES:
        if not protocol.outcomes.filter(name=name).exists():
            protocols.add_outcome(
                by=lead,
                review=review,
                name=name,
                type=OutcomeType.BINARY,
                measure=Measure.PLO,
                direction=direction,
                definition=definition,
                is_primary=is_primary,
            )
    _write_sources(stage, review)


def _write_sources(stage: Stage, review: Review) -> None:
    for name in ("PubMed", "ScienceDirect", "Cochrane Library"):
        if not review.protocol.sources.filter(name=name).exists():
            protocols.add_source(
                by=stage.lead,
                review=review,
                name=name,
                platform="keywords as printed; the paper gives no full strategy",
                kind=SourceKind.DATABASE,
                connector=Connector.PUBMED if name == "PubMed" else Connector.FILE,
                query=_QUERY,
            )
    if not review.protocol.sources.filter(name=LIST_SOURCE).exists():
        protocols.add_source(
            by=stage.lead,
            review=review,
            name=LIST_SOURCE,
            platform="25 references of the published review; which database gave which is not printed",
            kind=SourceKind.DATABASE,
            connector=Connector.FILE,
        )
