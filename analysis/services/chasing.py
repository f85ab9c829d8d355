"""Citation searching from the studies that are included: which publications to start from, and when."""

import logging

from analysis.models import Eligibility, StudyReport
from reviews.models import Review, RunTrigger, SearchRun, Source, User
from reviews.services import chasing
from reviews.services.citation_plans import plan_of
from reviews.services.searches import RunUnderWay

logger = logging.getLogger(__name__)


def included_reports(review: Review) -> list[int]:
    """The publications that tell of included studies."""
    links = StudyReport.objects.filter(study__review=review, study__eligibility=Eligibility.INCLUDED)
    standing = links.filter(report__canonical__isnull=True)
    return list(standing.order_by("report_id").values_list("report_id", flat=True))


def seeds_of(source: Source) -> list[int]:
    """What a chase through this source starts from now: chosen publications, or those included."""
    plan = plan_of(source)
    return list(plan.seeds) or included_reports(source.protocol.review)


def request(*, by: User | None, source: Source, trigger: RunTrigger = RunTrigger.HAND) -> SearchRun:
    """Queue a chase from the publications as they are now. Refuses as `reviews.services.chasing.request`."""
    return chasing.request(by=by, source=source, seeds=seeds_of(source), trigger=trigger)


def request_due(*, source: Source) -> SearchRun | None:
    """Queue what the schedule asks for; None where nothing is included yet, or a chase is under way."""
    if not seeds_of(source):
        logger.info("source %s: nothing to start from", source.pk)
        return None
    try:
        return request(by=None, source=source, trigger=RunTrigger.SCHEDULE)
    except RunUnderWay:
        logger.info("source %s: a chase is under way", source.pk)
        return None
