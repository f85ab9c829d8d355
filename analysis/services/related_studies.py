"""Publications that people related become reports of one study, where nothing can be lost by it."""

from django.db import transaction
from django.db.models import Q

from analysis.models import (
    AgreedValue,
    AppraisedResult,
    Design,
    Eligibility,
    Extraction,
    LinkKind,
    MaySharePopulation,
    Study,
    StudyEligibility,
    StudyLink,
)
from analysis.services import studies
from analysis.services.eligibility import PERSON
from reviews.models import FeedEntry, Report, ReportRelation
from reviews.selectors.relations import OF_ONE_STUDY


@transaction.atomic
def follow(relation: ReportRelation) -> None:
    """Do what a relation, or its undo, means for the studies; running it again changes nothing.

    The report whose study nobody has worked in moves to the other's. Where people have worked in both, or
    one does not count, a line in the feed asks a person.
    """
    if relation.undoes is not None:
        _part(relation.undoes)
        return
    if relation.kind not in OF_ONE_STUDY or ReportRelation.objects.filter(undoes=relation).exists():
        return
    first, second = (_root(report) for report in (relation.first, relation.second))
    mine, theirs = _study_of(first), _study_of(second)
    if first == second or mine is None or theirs is None or mine == theirs:
        return
    if mine.eligibility == theirs.eligibility == Eligibility.INCLUDED:
        for report, study, home in ((first, mine, theirs), (second, theirs, mine)):
            if _is_untouched(study):
                studies.move(by=relation.by, study=home, report=report)
                return
    _ask(relation, mine, theirs)


def _root(report: Report) -> Report:
    return report.canonical or report


def _study_of(report: Report) -> Study | None:
    return Study.objects.filter(study_reports__report=report).first()


def _is_untouched(study: Study) -> bool:
    """Whether the study is as screening made it: one report, and nobody's work."""
    worked_in = (
        Extraction.objects.filter(study=study).exists()
        or AgreedValue.objects.filter(study=study).exists()
        or AppraisedResult.objects.filter(study=study).exists()
        or StudyEligibility.objects.filter(study=study, basis=PERSON).exists()
        or MaySharePopulation.objects.filter(Q(first=study) | Q(second=study)).exists()
    )
    is_as_made = study.design == Design.UNCLEAR and study.study_reports.count() == 1
    return is_as_made and not worked_in


def _ask(relation: ReportRelation, mine: Study, theirs: Study) -> None:
    FeedEntry.objects.get_or_create(
        review_id=relation.review_id,
        key=f"related_studies:{relation.pk}",
        defaults={
            "kind": "related_studies",
            "actor_id": relation.by_id,
            "params": {"study": mine.pk, "label": mine.label, "other": theirs.label},
        },
    )


def _part(relation: ReportRelation) -> None:
    """The relation was taken back: a report that moved because of it goes back where it was."""
    first, second = _root(relation.first), _root(relation.second)
    home = _study_of(first)
    if home is None or home != _study_of(second):
        return
    for report in (first, second):
        last = StudyLink.objects.filter(report=report).order_by("-seq", "-id").first()
        if (
            last is not None
            and last.kind == LinkKind.LINKED
            and last.seq > relation.seq
            and last.by_id in {None, relation.by_id}
        ):
            studies.part(by=relation.by, study=home, report=report)
            return
