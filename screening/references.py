"""Reports by where they stand, as references: with the decision, never with votes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reviews.access import Member
from reviews.formats import Reference
from reviews.models import Report
from reviews.selectors.references import Notes, of_reports
from screening import selectors
from screening.models import ScreeningOutcome, ScreeningState, Stage, StageName

_WORDS = {ScreeningOutcome.INCLUDED: "Included", ScreeningOutcome.EXCLUDED: "Excluded"}


def listed(
    stage: Stage, states: Iterable[str], *, reason: int | None = None, retrieval: str | None = None
) -> Iterator[Reference]:
    """The reports of a list, oldest first, each with what was decided of it at both stages."""
    found = selectors.standing_at(stage, states, reason=reason, retrieval=retrieval)
    rows = found.select_related("report").order_by("pk").iterator(chunk_size=500)
    return of_reports((row.report for row in rows), notes=_decided)


def conflicts(member: Member, stage: Stage) -> Iterator[Reference]:
    """The conflicts that this person may settle; that others wait for somebody else is not theirs to know."""
    return of_reports(_conflicts(member, stage))


def _conflicts(member: Member, stage: Stage) -> Iterator[Report]:
    after = 0
    while found := selectors.conflicts(member, stage, after=after):
        yield from (state.report for state in found)
        after = found[-1].pk


def _decided(reports: Sequence[Report]) -> Mapping[int, Notes]:
    """What was settled of these reports; one that is open or in conflict says nothing."""
    states = (
        ScreeningState.objects.filter(report__in=[report.pk for report in reports], state__in=_WORDS)
        .select_related("stage", "reason")
        .order_by("stage_id", "report_id")
    )
    notes: dict[int, Notes] = {}
    for state in states:
        word = _WORDS[ScreeningOutcome(state.state)]
        said = f"{word}: {state.reason}" if state.reason else word
        held = notes.get(state.report_id, ())
        notes[state.report_id] = (*held, (StageName(state.stage.name).label, said))
    return notes
