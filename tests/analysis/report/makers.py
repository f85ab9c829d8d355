"""Reports brought to full text and through it, by the votes of two people."""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.files.base import ContentFile

from analysis.models import Study
from reviews.models import ExclusionReason, Outcome, Report, Review, User
from screening.models import StageName
from screening.services import decisions, retrieval
from tests import factories
from tests.analysis.living import makers as living

Relay = Callable[[], int]


def take_in(by: User, report: Report) -> None:
    """Attach a full text."""
    retrieval.attach(by=by, report=report, file=ContentFile(b"%PDF-1.4 text", name="text.pdf"))


def at_full_text(
    review: Review, people: Sequence[User], relay: Relay, title: str = "", **values: Any
) -> Report:
    report = factories.report(review, title, **values)
    relay()
    for person in people:
        decisions.submit(by=person, report=report, stage=StageName.TITLE_ABSTRACT, verdict="include")
    take_in(people[0], report)
    relay()
    return report


def include(review: Review, people: Sequence[User], relay: Relay, title: str = "", **values: Any) -> Report:
    report = at_full_text(review, people, relay, title, **values)
    for person in people:
        decisions.submit(by=person, report=report, stage=StageName.FULL_TEXT, verdict="include")
    relay()
    return report


def exclude(review: Review, people: Sequence[User], relay: Relay, *, reason: str) -> Report:
    report = at_full_text(review, people, relay)
    why = ExclusionReason.objects.get(protocol__review=review, label=reason)
    for person in people:
        decisions.submit(by=person, report=report, stage=StageName.FULL_TEXT, verdict="exclude", reason=why)
    relay()
    return report


def contribute(
    review: Review,
    people: Sequence[User],
    relay: Relay,
    *,
    author: str,
    outcome: Outcome,
    data: tuple[int, int],
) -> Study:
    """A study included by votes, with the agreed result of its single arm."""
    report = include(review, people, relay, f"Trial of {author}", authors=[f"{author}, A"], year=2020)
    study = Study.objects.get(study_reports__report=report)
    living.agree(study, outcome, data)
    return study
