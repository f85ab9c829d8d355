"""Which study a publication belongs to by what people said of it."""

from analysis.models import Eligibility, Study
from reviews.models import Report
from reviews.selectors.relations import OF_ONE_STUDY, relations_of
from screening.models import ScreeningOutcome, ScreeningState, StageName


def home_of_related(report: Report) -> Study | None:
    """The included study of a publication that a person said belongs to the same.

    None unless the report is in, too: one that is out would put the study in question.
    """
    states = ScreeningState.objects.filter(report=report, stage__name=StageName.FULL_TEXT)
    if not states.filter(state=ScreeningOutcome.INCLUDED).exists():
        return None
    members = [report.pk, *Report.objects.filter(canonical=report).values_list("pk", flat=True)]
    others = [
        related.other.pk for related in relations_of(report, members) if related.relation.kind in OF_ONE_STUDY
    ]
    return (
        Study.objects.filter(study_reports__report__in=others, eligibility=Eligibility.INCLUDED)
        .order_by("pk")
        .first()
    )
