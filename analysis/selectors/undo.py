"""What undoing a run would change, from its records to the studies."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from analysis.models import Eligibility, Study, StudyReport
from reviews.models import SearchRun
from reviews.selectors.counted import counts
from reviews.services import standing
from screening.models import ScreeningOutcome, ScreeningState, StageName

_DECIDED = (ScreeningOutcome.INCLUDED, ScreeningOutcome.EXCLUDED, ScreeningOutcome.CONFLICT)


@dataclass(frozen=True, slots=True)
class Consequences:
    """In numbers, and the studies by name that the analyses would lose."""

    records: int
    found_elsewhere: int
    reports: int
    screened: int
    included: int
    studies: tuple[Study, ...]


def consequences(run: SearchRun) -> Consequences:
    """What undoing the run would do, without doing it."""
    effect = standing.effect(run)
    leaving = effect.reports.values("pk")
    states = ScreeningState.objects.filter(review_id=run.review_id, report__in=leaving)
    decided = states.filter(stage__name=StageName.TITLE_ABSTRACT, state__in=_DECIDED)
    included = states.filter(stage__name=StageName.FULL_TEXT, state=ScreeningOutcome.INCLUDED)
    links = StudyReport.objects.filter(counts("report_id"), study=OuterRef("pk"))
    lost = Study.objects.filter(
        Exists(links),
        ~Exists(links.exclude(report__in=leaving)),
        review_id=run.review_id,
        eligibility=Eligibility.INCLUDED,
    )
    return Consequences(
        records=effect.records,
        found_elsewhere=effect.found_elsewhere,
        reports=effect.reports.count(),
        screened=decided.count(),
        included=included.count(),
        studies=tuple(lost.order_by("label", "pk")),
    )
