"""Where reports stand once they are settled: what every member may know. No vote is read here."""

from collections.abc import Collection
from dataclasses import dataclass

from reviews.models import Report
from screening.models import ScreeningOutcome, ScreeningState, StageName

_SETTLED = (ScreeningOutcome.INCLUDED, ScreeningOutcome.EXCLUDED)


@dataclass(frozen=True, slots=True)
class Touched:
    """Of some publications: how many are settled at title and abstract, and how many full texts are in."""

    screened: int
    included: int


def touched(report_ids: Collection[int]) -> Touched:
    """What a merge of these would touch of screening. Work under way is not told: it is each voter's own."""
    ids = list(report_ids)
    settled = ScreeningState.objects.filter(report_id__in=ids, state__in=_SETTLED)
    at_abstract = settled.filter(stage__name=StageName.TITLE_ABSTRACT)
    at_full_text = settled.filter(stage__name=StageName.FULL_TEXT, state=ScreeningOutcome.INCLUDED)
    return Touched(screened=at_abstract.count(), included=at_full_text.count())


def marks(reports: Collection[Report]) -> dict[int, str]:
    """For settled publications one word: "included" or "excluded", by the latest stage that is settled."""
    found: dict[int, str] = {}
    states = ScreeningState.objects.filter(report__in=list(reports), state__in=_SETTLED)
    for report_id, _, state in states.order_by("stage_id").values_list("report_id", "stage_id", "state"):
        found[report_id] = ScreeningOutcome(state).label.lower()
    return found
