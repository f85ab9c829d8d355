"""Studies at the points where tests of extraction and appraisal begin."""

from typing import Any

from django.db.models import Max

from analysis.models import Arm, Design, Extraction, Study
from analysis.services import extractions, studies
from reviews.models import ExclusionReason, Outcome, Report, Review, User
from screening.models import ScreeningState, Stage, StageName
from tests import factories


def screened(report: Report, state: str, reason: ExclusionReason | None = None) -> ScreeningState:
    """Where full-text screening has brought a report: its projection, without the votes."""
    stage, _ = Stage.objects.get_or_create(review_id=report.review_id, name=StageName.FULL_TEXT)
    last = ScreeningState.objects.filter(stage=stage).aggregate(last=Max("order_key"))["last"] or 0
    row, _ = ScreeningState.objects.update_or_create(
        stage=stage,
        report=report,
        defaults={
            "review_id": report.review_id,
            "state": state,
            "reason": reason,
        },
        create_defaults={
            "review_id": report.review_id,
            "state": state,
            "reason": reason,
            "order_key": last + 1,
        },
    )
    return row


def reason(review: Review, label: str) -> ExclusionReason:
    return ExclusionReason.objects.get(protocol__review=review, label=label)


def study(review: Review, author: str = "", year: int = 2020, **values: Any) -> Study:
    """A study of one included report."""
    if author:
        values["authors"] = [f"{author}, A"]
    report = factories.report(review, year=year, **values)
    screened(report, "included")
    made = studies.include_report(by=None, report=report)
    assert made is not None
    return made


def trial(review: Review, by: User, author: str = "", design: str = Design.PARALLEL_RCT) -> Study:
    """An included two-arm study."""
    made = study(review, author)
    studies.set_design(by=by, study=made, design=design)
    return made


def arm(of: Study, role: str = "single") -> Arm:
    return of.arms.get(role=role)


def outcome(review: Review, name: str = "response") -> Outcome:
    return Outcome.objects.get(protocol__review=review, name=name)


def fill(by: User, of: Study, entries: dict[str, str], name: str = "response", **more: Any) -> Extraction:
    """One person's reading of one outcome in the single arm."""
    mine = extractions.start(by=by, study=of)
    datum = extractions.datum_of(by=by, study=of, outcome=outcome(of.review, name), arm=arm(of))
    extractions.enter(by=by, extraction=mine, datum=datum, entries=entries, **more)
    return mine


def agreed(of: Study, first: User, second: User, entries: dict[str, str]) -> Study:
    """A study whose single binary outcome both have read the same, and the team has agreed on."""
    for person in (first, second):
        extractions.finish(by=person, extraction=fill(person, of, entries))
    extractions.agree_equal(by=first, study=of)
    return of
