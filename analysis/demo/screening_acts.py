"""Votes as a blinded pair casts them. All of them are simulated; what they lead to is the paper's."""

from analysis.demo.stage import Stage
from reviews.models import ExclusionReason, Report
from screening.models import RetrievalState, ScreeningOutcome, ScreeningState, StageName
from screening.selectors import my_vote_on
from screening.services import adjudications, decisions, retrieval
from screening.services.stages import stage_of


def state_of(report: Report, stage: str) -> ScreeningState | None:
    return ScreeningState.objects.filter(report=report, stage__name=stage).first()


def vote_pair(
    stage: Stage,
    report: Report,
    name: StageName,
    verdicts: tuple[str, str],
    reasons: tuple[ExclusionReason | None, ExclusionReason | None] = (None, None),
) -> None:
    """Each of the two votes once; a vote that stands is left alone."""
    for person, verdict, reason in zip(stage.pair, verdicts, reasons, strict=True):
        state = state_of(report, name)
        if state is None or state.state != ScreeningOutcome.OPEN:
            return
        if my_vote_on(person, stage_of(report.review, name), report) is None:
            decisions.submit(by=person, report=report, stage=name, verdict=verdict, reason=reason)


def settle_by_consensus(stage: Stage, report: Report, name: StageName, verdict: str, note: str) -> None:
    """The first voter proposes, the other agrees."""
    for person in stage.pair:
        state = state_of(report, name)
        if state is not None and state.state == ScreeningOutcome.CONFLICT:
            adjudications.settle(by=person, report=report, stage=name, verdict=verdict, note=note)


def read_full_text(stage: Stage, report: Report, place: str) -> None:
    """Say that the text was read, though no file of it is kept here."""
    state = state_of(report, StageName.FULL_TEXT)
    if state is not None and state.retrieval == RetrievalState.WANTED:
        retrieval.read_elsewhere(by=stage.lead, report=report, place=place)
