"""The facts of reports, read for the rule: unblinded, so for services and selectors only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, QuerySet

from reviews.models import RecordReport, Report
from screening import merged, rules
from screening.models import (
    Adjudication,
    Decision,
    Retrieval,
    RetrievalState,
    ScreeningOutcome,
    ScreeningState,
    Stage,
    StageName,
    Verdict,
)

PRACTICE, COUNTED = 0, 1


@dataclass(frozen=True, slots=True)
class Standing:
    """What a ScreeningState should say."""

    state: ScreeningOutcome
    reason_id: int | None = None
    votes: int = 0
    retrieval: str = RetrievalState.NONE


@dataclass(slots=True)
class Reading:
    """The facts of some reports at one stage, each merged set under its canonical report."""

    votes: dict[int, list[rules.Vote]] = field(default_factory=lambda: defaultdict(list))
    settlements: dict[int, list[rules.Settlement]] = field(default_factory=lambda: defaultdict(list))
    retrievals: dict[int, str] = field(default_factory=dict)
    inactive: set[int] = field(default_factory=set)

    def outcome(self, report_id: int, stage: Stage) -> rules.Outcome:
        return rules.outcome(
            self.votes.get(report_id, []),
            votes_required=stage.votes_required,
            stage=rules.StageKind(stage.name),
            settlements=self.settlements.get(report_id, []),
        )

    def standing(self, report_id: int, stage: Stage) -> Standing:
        retrieval = self.retrievals.get(report_id, RetrievalState.NONE)
        if report_id in self.inactive:
            return Standing(ScreeningOutcome.ABSORBED, retrieval=retrieval)
        result = self.outcome(report_id, stage)
        return Standing(ScreeningOutcome(result.state.value), result.reason, len(result.voters), retrieval)


def heads(stage: Stage, report_ids: Iterable[int], round_: int = COUNTED) -> QuerySet[Decision]:
    """The last word of each reviewer on each of the reports, withdrawn ones included."""
    later = Decision.objects.filter(supersedes=OuterRef("pk"))
    return Decision.objects.filter(
        ~Exists(later), stage=stage, round=round_, report_id__in=list(report_ids)
    ).order_by("pk")


def settlement_heads(stage: Stage, report_ids: Iterable[int]) -> QuerySet[Adjudication]:
    """The last word on the conflict of each of the reports, blind judgements included."""
    later = Adjudication.objects.filter(supersedes=OuterRef("pk"))
    return Adjudication.objects.filter(~Exists(later), stage=stage, report_id__in=list(report_ids)).order_by(
        "pk"
    )


def vote_of(decision: Decision) -> rules.Vote:
    return rules.Vote(
        id=decision.pk,
        reviewer=decision.reviewer_id,
        report=decision.report_id,
        verdict=rules.Verdict(decision.verdict),
        reason=decision.reason_id,
    )


def settlement_of(adjudication: Adjudication) -> rules.Settlement:
    return rules.Settlement(
        adjudicator=adjudication.adjudicator_id,
        kind=rules.Kind(adjudication.kind),
        verdict=rules.Verdict(adjudication.verdict),
        reason=adjudication.reason_id,
        over=frozenset(adjudication.over),
        agreed_by=frozenset(adjudication.agreed_by),
    )


def read(stage: Stage, report_ids: Iterable[int]) -> Reading:
    """All facts that decide on these reports at this stage."""
    wanted = list(report_ids)
    belongs = merged.members(wanted)
    reading = Reading()
    for decision in heads(stage, belongs):
        if decision.verdict != Verdict.WITHDRAWN:
            reading.votes[belongs[decision.report_id]].append(vote_of(decision))
    for adjudication in settlement_heads(stage, belongs):
        reading.settlements[belongs[adjudication.report_id]].append(settlement_of(adjudication))
    reading.inactive |= set(
        Report.objects.filter(pk__in=wanted, canonical__isnull=False).values_list("pk", flat=True)
    )
    # What a run brought that was undone since tells of nothing; its votes wait for it to be restored.
    filed = RecordReport.objects.filter(report__in=list(belongs), record__seq__isnull=False)
    reading.inactive |= set(wanted) - {belongs[pk] for pk in filed.values_list("report_id", flat=True)}
    if stage.name == StageName.FULL_TEXT:
        goes_on = ScreeningState.objects.filter(
            stage__review_id=stage.review_id,
            stage__name=StageName.TITLE_ABSTRACT,
            state=ScreeningOutcome.INCLUDED,
            report_id__in=wanted,
        )
        reading.inactive |= set(wanted) - set(goes_on.values_list("report_id", flat=True))
        reading.retrievals = _retrievals(belongs)
    return reading


def _retrievals(belongs: Mapping[int, int]) -> dict[int, str]:
    """Where retrieval stands: a text in hand for any report of the set counts, else the latest step does."""
    last_of_report: dict[int, str] = {}
    for report_id, kind in (
        Retrieval.objects.filter(report_id__in=list(belongs)).order_by("pk").values_list("report_id", "kind")
    ):
        last_of_report.pop(report_id, None)  # the later step of a report moves it to the end
        last_of_report[report_id] = kind
    standing: dict[int, str] = {}
    for report_id, kind in last_of_report.items():
        canonical = belongs[report_id]
        if standing.get(canonical) != RetrievalState.RETRIEVED:
            standing[canonical] = kind
    return standing
