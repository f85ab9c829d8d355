"""What several tests of screening need: reports under way, votes, merges, and the check of projections."""

from django.core.files.base import ContentFile
from django.db import transaction

from reviews import events, sequence
from reviews.models import ExclusionReason, MergeEvent, MergeKind, Report, Review, User
from reviews.services import outbox
from screening.models import Attachment, Decision, ScreeningState, StageName
from screening.services import decisions, rebuilding, retrieval
from tests import factories

TA, FT = StageName.TITLE_ABSTRACT, StageName.FULL_TEXT
PDF = b"%PDF-1.7\n%%EOF\n"


def opened(review: Review, how_many: int = 1) -> list[Report]:
    """Reports that stand at title/abstract of a started review."""
    made = factories.reports(review, how_many)
    outbox.relay()
    return made


def vote(
    person: User, report: Report, verdict: str, *, stage: str = TA, reason: ExclusionReason | None = None
) -> ScreeningState:
    return decisions.submit(by=person, report=report, stage=stage, verdict=verdict, reason=reason)


def state_of(report: Report, stage: str = TA) -> ScreeningState:
    return ScreeningState.objects.get(report=report, stage__name=stage)


def attach(person: User, report: Report) -> Attachment:
    return retrieval.attach(by=person, report=report, file=ContentFile(PDF, name="paper.pdf"))


def at_full_text(review: Review, first: User, second: User, how_many: int = 1) -> list[Report]:
    """Reports whose full text is here, waiting for votes."""
    made = opened(review, how_many)
    for report in made:
        vote(first, report, "include")
        vote(second, report, "include")
        attach(first, report)
    return made


def reasons(review: Review) -> list[ExclusionReason]:
    return list(ExclusionReason.objects.filter(protocol__review=review))


def last_vote(person: User) -> Decision:
    return Decision.objects.filter(reviewer=person).latest("pk")


def merge(kept: Report, absorbed: Report) -> None:
    """As the duplicates service leaves it: the fact, the projection and the event."""
    _event(MergeKind.MERGE, kept, absorbed, canonical=kept)


def split(kept: Report, absorbed: Report) -> None:
    _event(MergeKind.SPLIT, kept, absorbed, canonical=None)


def _event(kind: MergeKind, kept: Report, absorbed: Report, canonical: Report | None) -> None:
    with transaction.atomic():
        absorbed.canonical = canonical
        absorbed.save(update_fields=["canonical"])
        MergeEvent.objects.create(
            review=kept.review,
            kind=kind,
            kept=kept,
            absorbed=absorbed,
            rule="test",
            seq=sequence.take(kept.review_id),
        )
        topic = "reports.merged" if kind == MergeKind.MERGE else "reports.split"
        events.emit(topic, review_id=kept.review_id, kept=kept.pk, absorbed=absorbed.pk)
    outbox.relay()


def assert_projections_hold(review: Review) -> None:
    assert list(rebuilding.differences(review)) == []
