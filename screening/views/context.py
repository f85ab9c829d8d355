"""What every page of screening shows: the review, its stage, the tabs inside."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404

from reviews.access import MemberRequest
from reviews.models import Report
from screening import rules
from screening.models import Attachment, Stage, StageName
from screening.services import stages

# The words in addresses.
SLUGS = {"title-abstract": StageName.TITLE_ABSTRACT, "full-text": StageName.FULL_TEXT}
SLUG_OF = {name: slug for slug, name in SLUGS.items()}


@dataclass(frozen=True, slots=True)
class Card:
    """One report as it is read."""

    report: Report
    sections: list[rules.Section]
    attachment: Attachment | None = None


def card(report: Report, attachment: Attachment | None = None) -> Card:
    return Card(report=report, sections=rules.sections(report.abstract), attachment=attachment)


def stage_named(request: MemberRequest, slug: str) -> Stage:
    if slug not in SLUGS:
        raise Http404
    stage = stages.stages_of(request.member.review)[SLUGS[slug]]
    stage.review = request.member.review  # the same object, read already
    return stage


def report_of(request: MemberRequest, report_id: int) -> Report:
    """A report of this review, or 404."""
    found: Report = get_object_or_404(
        Report.objects.select_related("review__protocol"), pk=report_id, review=request.member.review
    )
    return found


def page(request: MemberRequest, *, current: str, stage: Stage | None = None, **more: Any) -> dict[str, Any]:
    """`current` is the tab inside the screening pages."""
    return {
        "review": request.member.review,
        "member": request.member,
        "tab": "screen",
        "current": current,
        "stage": stage,
        "stage_slug": SLUG_OF[StageName(stage.name)] if stage else "title-abstract",
        "is_full_text": stage is not None and stage.name == StageName.FULL_TEXT,
        **more,
    }
