"""Citation searching: what included publications cite, and what cites them, as a source of its own."""

from collections.abc import Sequence

from django.db import transaction

from reviews.access import Right, require
from reviews.errors import InvalidInput
from reviews.models import Connector, Report, RunMode, RunTrigger, SearchRun, Source, User
from reviews.selectors.searches import OPEN
from reviews.services.bundles import add_to_list
from reviews.services.citation_plans import SEEDS, THROUGH, Plan, plan_of
from reviews.services.searches import RunUnderWay, queue

MOST_SEEDS = 1_000
_LONGEST_LINE = 200
_SAID = {"both": "References and citations", "backward": "References", "forward": "Citations"}


@transaction.atomic
def request(
    *, by: User | None, source: Source, seeds: Sequence[int], trigger: RunTrigger = RunTrigger.HAND
) -> SearchRun:
    """Queue a chase from these reports. Refuses another kind of source, no seeds, and two chases at once."""
    locked = (
        Source.objects.select_for_update(of=("self",)).select_related("protocol__review").get(pk=source.pk)
    )
    if by is not None:
        require(by, locked.protocol.review, Right.SEARCH)
    if locked.connector != Connector.CITATIONS:
        raise InvalidInput("{name} is no source of citations.", name=locked.name)
    if locked.retired_at is not None:
        raise InvalidInput("{name} was taken out of the protocol.", name=locked.name)
    plan = plan_of(locked)
    standing = _standing(locked.protocol.review_id, seeds)
    if not standing:
        raise InvalidInput("No publication to start from: none is included yet.")
    if len(standing) > MOST_SEEDS:
        raise InvalidInput(f"Start from at most {MOST_SEEDS} publications at once.")
    if SearchRun.objects.filter(source=locked, state__in=OPEN).exists():
        raise RunUnderWay
    run = queue(
        by=by, source=locked, trigger=trigger, mode=RunMode.FULL, query_sent=_described(plan, standing)
    )
    add_to_list(run, SEEDS, items=[report.pk for report in standing])
    return run


def _standing(review_id: int, seeds: Sequence[int]) -> list[Report]:
    """The publications that stand for these reports now, each once."""
    chosen = Report.objects.select_related("canonical").filter(review_id=review_id, pk__in=set(seeds))
    roots = {root.pk: root for root in (report.canonical or report for report in chosen)}
    return [roots[pk] for pk in sorted(roots)]


def _described(plan: Plan, seeds: Sequence[Report]) -> str:
    """What was searched, for PRISMA-S and for the difference from the run before: one line for each seed."""
    through = ", ".join(name for key, name in THROUGH.items() if key in plan.through)
    number = f"{len(seeds)} publication{'' if len(seeds) == 1 else 's'}"
    lines = [f"{_SAID[plan.direction]} of {number}, through {through}:"]
    lines += [
        " ".join(filter(None, (seed.title[:_LONGEST_LINE], seed.doi, seed.pmid and f"PMID {seed.pmid}")))
        for seed in seeds
    ]
    return "\n".join(lines)
