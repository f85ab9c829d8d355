"""What happens to records after they came: merged in bulk, related, retracted, and a run undone.

The records are invented: nobody's trial is called retracted here.
"""

from analysis.demo.screening_acts import read_full_text, vote_pair
from analysis.demo.stage import Stage
from reviews.dedupe import BULK_ACCEPT
from reviews.models import (
    BulkMerge,
    Connector,
    RelationKind,
    Report,
    ReportRelation,
    Review,
    RunState,
    SearchRun,
    Source,
    SourceKind,
)
from reviews.services import bulk_merging, protocols, relations, undoing
from screening.models import StageName, Verdict

WRONG_EXPORT = "invented_wrong_export.ris"
_FIRST, _SECOND = "Invented database A", "Invented database B"
_PLACE = "Invented for the demonstration; there is no text"
_ARTICLE, _RETRACTED, _ABSTRACT = "INV-1", "INV-4", "INV-5"


def play(stage: Stage, review: Review) -> None:
    """Every act in turn; what stands already is left alone."""
    first, second = _source(stage, review, _FIRST), _source(stage, review, _SECOND)
    stage.import_file(review, first, "invented_a.ris")
    stage.import_file(review, second, "invented_b.ris")
    if not BulkMerge.objects.filter(review=review).exists():
        bulk_merging.accept(by=stage.lead, review=review, threshold=BULK_ACCEPT)
    if not ReportRelation.objects.filter(review=review).exists():
        relations.relate(
            by=stage.lead,
            first=_report(review, _ABSTRACT),
            second=_report(review, _ARTICLE),
            kind=RelationKind.ABSTRACT,
        )
    stage.settle(review)
    _include(stage, review)
    stage.import_file(review, first, "invented_a_later.ris")
    _import_and_undo(stage, review, second)


def _source(stage: Stage, review: Review, name: str) -> Source:
    found = review.protocol.sources.filter(name=name).first()
    return found or protocols.add_source(
        by=stage.lead,
        review=review,
        name=name,
        platform="made up for the demonstration",
        kind=SourceKind.DATABASE,
        connector=Connector.FILE,
        reason="Invented records show what happens to duplicates and retractions",
    )


def _report(review: Review, number: str) -> Report:
    """The publication in which a record of the first source stands."""
    record = Report.objects.filter(
        review=review, filed__record__external_id=number, filed__record__source__name=_FIRST
    )
    found = record.select_related("canonical__review", "review").distinct().get()
    return found.canonical or found


def _include(stage: Stage, review: Review) -> None:
    """The abstract joins the study of its article; what is retracted afterwards is in the results."""
    include = (Verdict.INCLUDE, Verdict.INCLUDE)
    reports = [_report(review, number) for number in (_ARTICLE, _RETRACTED, _ABSTRACT)]
    for report in reports:
        vote_pair(stage, report, StageName.TITLE_ABSTRACT, include)
    stage.settle(review)
    for report in reports:
        read_full_text(stage, report, _PLACE)
        vote_pair(stage, report, StageName.FULL_TEXT, include)
    stage.settle(review)


def _import_and_undo(stage: Stage, review: Review, source: Source) -> None:
    runs = SearchRun.objects.filter(source=source, file_name=WRONG_EXPORT)
    if runs.filter(state=RunState.UNDONE).exists():
        return
    stage.import_file(review, source, WRONG_EXPORT)
    undoing.undo(by=stage.lead, run=runs.get(state=RunState.COMPLETE), reason="The export of another review")
    stage.settle(review)
