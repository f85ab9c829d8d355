"""The whole history of a publication: where it was found, what was merged, how it was screened, its study.

Votes come through screening.selectors, so that nobody learns of a colleague's vote before it is open to them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from analysis.models import Study, StudyEligibility, StudyLink
from reviews.access import Member
from reviews.models import Report
from reviews.selectors.record_history import Happening, RecordPage, history, in_order
from reviews.selectors.relations import Related, relations_of
from screening import selectors as screening
from screening.models import (
    Adjudication,
    Retrieval,
    RetrievalKind,
    ScreeningOutcome,
    ScreeningState,
    StageName,
)

_VERDICT_ICONS = {"include": "circle-check", "maybe": "circle-dashed", "exclude": "circle-x"}


@dataclass(frozen=True, slots=True)
class StageLine:
    """Where a publication stands at one stage, as everybody may know it."""

    stage: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class PublicationPage:
    """What the record page shows beside the record: where its publication stands, and how it came about."""

    stages: list[StageLine]
    study: Study | None
    related: list[Related]
    history: list[Happening]


def publication_page(member: Member, page: RecordPage) -> PublicationPage:
    """As this member may see it."""
    return PublicationPage(
        stages=_stages(page.publication),
        study=Study.objects.filter(study_reports__report=page.publication).first(),
        related=relations_of(page.publication, page.members),
        history=in_order(
            [
                *history(member.review, page),
                *_votes(member, page.members),
                *_settlements(page),
                *_retrievals(page.members),
                *_studies(member, page.members),
            ]
        ),
    )


def _stages(publication: Report) -> list[StageLine]:
    states = (
        ScreeningState.objects.filter(report=publication)
        .exclude(state=ScreeningOutcome.ABSORBED)
        .select_related("stage", "reason")
        .order_by("stage_id")
    )
    return [
        StageLine(
            stage=StageName(state.stage.name).label,
            # Whether votes disagree is told to those who may settle it, and to nobody here.
            state=state.get_state_display() if state.state in screening.SETTLED else "Undecided",
            reason=state.reason.label if state.reason else "",
        )
        for state in states
    ]


def _votes(member: Member, report_ids: Sequence[int]) -> list[Happening]:
    found = []
    for vote in screening.votes_on(member, report_ids):
        at_stage = StageName(vote.stage).label.lower()
        practice = ", practice" if vote.is_practice else ""
        changed = "Changed the vote: " if vote.supersedes else "Voted: "
        why = " · ".join(part for part in (vote.reason, vote.note) if part)
        found.append(
            Happening(
                at=vote.recorded_at,
                seq=vote.seq,
                what=f"{changed}{vote.verdict} ({at_stage}{practice})",
                detail=why,
                who=vote.voter,
                icon=_VERDICT_ICONS.get(vote.verdict, "arrow-back-up"),
            )
        )
    return found


def _settlements(page: RecordPage) -> list[Happening]:
    """How conflicts were settled, at settled stages; a proposal under way stays with those it asks."""
    settled = ScreeningState.objects.filter(report=page.publication, state__in=screening.SETTLED)
    stages = set(settled.values_list("stage_id", flat=True))
    said = Adjudication.objects.filter(report__in=page.members, stage__in=stages).select_related(
        "adjudicator", "stage", "reason"
    )
    return [
        Happening(
            at=one.recorded_at,
            seq=one.seq,
            what=f"Conflict settled: {one.verdict} ({StageName(one.stage.name).label.lower()})",
            detail=" · ".join(part for part in (one.reason.label if one.reason else "", one.note) if part),
            who=str(one.adjudicator),
            icon="scale",
        )
        for one in said.order_by("pk")
        if one.agreed_by
    ]


def _retrievals(report_ids: Sequence[int]) -> list[Happening]:
    steps = Retrieval.objects.filter(report__in=report_ids).select_related("by").order_by("pk")
    return [
        Happening(
            at=one.recorded_at,
            seq=one.seq,
            what=f"Full text {RetrievalKind(one.kind).label.lower()}",
            detail=one.reason,
            who=str(one.by) if one.by else "",
            icon="paperclip",
        )
        for one in steps
    ]


def _studies(member: Member, report_ids: Sequence[int]) -> list[Happening]:
    slug = member.review.slug
    links = list(
        StudyLink.objects.filter(report__in=report_ids).select_related("study", "by").order_by("seq", "id")
    )
    found = [
        Happening(
            at=one.recorded_at,
            seq=one.seq,
            what=f"{one.get_kind_display()}: study “{one.study.label}”",
            who=str(one.by) if one.by else "By screening",
            icon="book-2",
            url=reverse("analysis:study", args=[slug, one.study_id]),
        )
        for one in links
    ]
    said = StudyEligibility.objects.filter(study__in={one.study_id for one in links})
    found += [
        Happening(
            at=one.recorded_at,
            seq=one.seq,
            what=f"Study “{one.study.label}”: {one.get_verdict_display().lower()}",
            detail=one.reason.label if one.reason else one.note,
            who=str(one.by) if one.by else "By screening",
            icon="book-2",
            url=reverse("analysis:study", args=[slug, one.study_id]),
        )
        for one in said.select_related("study", "reason", "by").order_by("seq", "id")
    ]
    return found
