"""What undoing a run would change, from its records to the studies."""

from collections import Counter
from collections.abc import Set
from dataclasses import dataclass

from django.db.models import Q

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
    decided = Q(stage__name=StageName.TITLE_ABSTRACT, state__in=_DECIDED)
    included = Q(stage__name=StageName.FULL_TEXT, state=ScreeningOutcome.INCLUDED)
    states = ScreeningState.objects.filter(decided | included, review_id=run.review_id)
    touched = Counter(
        stage for stage, report in states.values_list("stage__name", "report_id") if report in effect.reports
    )
    return Consequences(
        records=effect.records,
        found_elsewhere=effect.found_elsewhere,
        reports=len(effect.reports),
        screened=touched[StageName.TITLE_ABSTRACT],
        included=touched[StageName.FULL_TEXT],
        studies=_lost(run, effect.reports),
    )


def _lost(run: SearchRun, leaving: Set[int]) -> tuple[Study, ...]:
    """Included studies of whose reports that count none stays."""
    links = StudyReport.objects.filter(
        counts("report_id"), study__review_id=run.review_id, study__eligibility=Eligibility.INCLUDED
    )
    told = set(links.values_list("study_id", "report_id"))
    stays = {study for study, report in told if report not in leaving}
    lost = {study for study, _ in told} - stays
    return tuple(Study.objects.filter(pk__in=lost).order_by("label", "pk"))
