"""Retractions and expressions of concern about included studies: what stands open, and what was answered."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from analysis.models import Eligibility, Study, StudyReport
from reviews.models import NoticeAnswer, NoticeKind, RecordNotice, Report, Review, SearchRun

# What may change a result; corrections stand on the record's page.
GRAVE = (NoticeKind.RETRACTED, NoticeKind.CONCERN)
_ROOT = Coalesce("record__filed__report__canonical_id", "record__filed__report_id")


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One notice about a report of an included study."""

    notice: RecordNotice
    study: Study
    report: Report
    answer: NoticeAnswer | None

    @property
    def pmid(self) -> str:
        """The PMID of the notice itself, where the source gave one."""
        return self.notice.detail if self.notice.detail.isdecimal() else ""


def _said_before() -> Exists:
    """Whether an earlier notice tells the same of the publication, as where a second source brought it again.

    A run writes its notices before its records are compared with others, so only a reader can tell.
    """
    earlier = RecordNotice.objects.filter(
        review_id=OuterRef("review_id"),
        kind=OuterRef("kind"),
        detail=OuterRef("detail"),
        pk__lt=OuterRef("pk"),
    )
    return Exists(earlier.annotate(told_of=_ROOT).filter(told_of=OuterRef("root")))


def of_included(review: Review) -> QuerySet[RecordNotice]:
    """Grave notices about reports of included studies, each told once, with `root` and `study_id`."""
    links = StudyReport.objects.filter(
        report_id=OuterRef("root"), study__eligibility=Eligibility.INCLUDED, study__review=review
    )
    return (
        RecordNotice.objects.filter(review=review, kind__in=GRAVE)
        .annotate(root=_ROOT)
        .annotate(study_id=Subquery(links.values("study_id")[:1]))
        .filter(~_said_before(), study_id__isnull=False)
    )


def waiting() -> Coalesce:
    """How many of them nobody has answered, for a statement over reviews."""
    links = StudyReport.objects.filter(report_id=OuterRef("root"), study__eligibility=Eligibility.INCLUDED)
    unanswered = (
        RecordNotice.objects.filter(review=OuterRef("pk"), kind__in=GRAVE, answer__isnull=True)
        .annotate(root=_ROOT)
        .annotate(linked=Subquery(links.values("study_id")[:1]))
        .filter(~_said_before(), linked__isnull=False)
        .order_by()
        .values(of=F("review_id"))
        .annotate(n=Count("pk"))
    )
    return Coalesce(Subquery(unanswered.values("n")), 0)


def lines(review: Review, *, is_open: bool) -> list[NoticeLine]:
    """The open ones, or those that were answered, the latest first."""
    return _lines(of_included(review).filter(answer__isnull=is_open))


def lines_of_run(run: SearchRun) -> list[NoticeLine]:
    """Those that one run brought."""
    return _lines(of_included(run.review).filter(run=run))


def _lines(notices: QuerySet[RecordNotice]) -> list[NoticeLine]:
    found = list(notices.select_related("run__source", "answer__by").order_by("-pk"))
    annotated: list[Any] = list(found)  # with the two columns that the model does not have
    places = {notice.pk: (notice.study_id, notice.root) for notice in annotated}
    studies = Study.objects.in_bulk({study for study, _ in places.values()})
    reports = Report.objects.in_bulk({root for _, root in places.values()})
    return [
        NoticeLine(
            notice=notice,
            study=studies[places[notice.pk][0]],
            report=reports[places[notice.pk][1]],
            answer=getattr(notice, "answer", None),
        )
        for notice in found
    ]
