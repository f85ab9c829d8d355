"""What waits for one person at screening, as expressions that one statement can count with others.

A person's own votes and the open states alone decide: the numbers tell nothing of a colleague's vote.
"""

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from reviews.access import Member, Right
from reviews.models import AdjudicationRule
from screening.models import Decision, RetrievalState, ScreeningOutcome, ScreeningState, StageName, Verdict
from screening.reading import COUNTED


def counts(member: Member) -> dict[str, Coalesce]:
    """Counts over `Review` rows: votes at each stage, conflicts that this person settles, texts to find."""
    if not member.may(Right.SCREEN):
        return {}
    open_ = ScreeningState.objects.filter(review=OuterRef("pk"), state=ScreeningOutcome.OPEN)
    full_text = open_.filter(stage__name=StageName.FULL_TEXT)
    without_mine = ~Exists(_mine(member))
    found = {
        "votes": open_.filter(without_mine, stage__name=StageName.TITLE_ABSTRACT),
        "full_texts": full_text.filter(without_mine, retrieval=RetrievalState.RETRIEVED),
        "retrieval": full_text.filter(retrieval__in=[RetrievalState.WANTED, RetrievalState.REQUESTED]),
    }
    conflicts = _conflicts(member)
    if conflicts is not None:
        found["conflicts"] = conflicts.filter(stage__name=StageName.TITLE_ABSTRACT)
        found["text_conflicts"] = conflicts.filter(stage__name=StageName.FULL_TEXT)
    return {name: _number(rows) for name, rows in found.items()}


def _mine(member: Member) -> QuerySet[Decision]:
    """This person's vote that stands, on the state's report or on one merged into it."""
    later = Decision.objects.filter(supersedes=OuterRef("pk"))
    return Decision.objects.filter(
        Q(report=OuterRef("report")) | Q(report__canonical=OuterRef("report")),
        ~Exists(later),
        ~Q(verdict=Verdict.WITHDRAWN),
        stage=OuterRef("stage"),
        reviewer=member.user.pk,
        round=COUNTED,
    )


def _conflicts(member: Member) -> QuerySet[ScreeningState] | None:
    rows = ScreeningState.objects.filter(review=OuterRef("pk"), state=ScreeningOutcome.CONFLICT)
    rule = member.review.adjudication
    if rule == AdjudicationRule.LEAD:
        return rows if member.may(Right.MANAGE) else None
    voted = Exists(_mine(member))
    return rows.filter(voted if rule == AdjudicationRule.CONSENSUS else ~voted)


def _number(rows: QuerySet[ScreeningState]) -> Coalesce:
    counted = rows.order_by().values(of=F("review_id")).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)
