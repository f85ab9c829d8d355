"""What a run's fetcher hands over, batch by batch, and the lists that it works through."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reviews.formats import ParsedRecord, RowProblem
from reviews.models import RunList, SearchRun
from reviews.services.findings import Finding

_STRETCH = 5_000


@dataclass(frozen=True, slots=True)
class Bundle:
    """One batch and the run's state after it; all of it is written in one transaction.

    `seen` are identifiers of records that the source holds and found again, so that nothing was fetched.
    `lists` take the place of what the run has under these names, `more` is added to it. `then` is called
    inside the transaction once the records are stored, for what only one kind of source knows.
    """

    records: tuple[ParsedRecord, ...] = ()
    problems: tuple[RowProblem, ...] = ()
    checkpoint: dict[str, Any] = field(default_factory=dict)
    run_fields: dict[str, Any] = field(default_factory=dict)
    seen: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    lists: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    more: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    then: Callable[[], None] | None = None


def replace_list(run: SearchRun, name: str, *, items: Sequence[Any]) -> None:
    """Write a list of the run, in place of an earlier one."""
    RunList.objects.filter(run=run, name=name).delete()
    add_to_list(run, name, items=items)


def add_to_list(run: SearchRun, name: str, *, items: Sequence[Any]) -> None:
    """Add to a list of the run; stretches keep their order."""
    first = RunList.objects.filter(run=run, name=name).count()
    stretches = [items[at : at + _STRETCH] for at in range(0, len(items), _STRETCH)] or [[]]
    RunList.objects.bulk_create(
        RunList(run=run, name=name, number=first + number, items=list(stretch))
        for number, stretch in enumerate(stretches)
    )


def read_list(run: SearchRun, name: str) -> list[Any]:
    """The whole list; empty where nothing was written."""
    return list(stretches_of(run, name))


def stretches_of(run: SearchRun, name: str) -> Iterator[Any]:
    """The items of a list one by one, a stretch of it in memory at a time."""
    rows = RunList.objects.filter(run=run, name=name).order_by("number").values_list("items", flat=True)
    for items in rows.iterator(chunk_size=1):
        yield from items


def names_of_lists(run: SearchRun) -> list[str]:
    """Which lists were begun, to go on after a stop."""
    return list(RunList.objects.filter(run=run).order_by("name").values_list("name", flat=True).distinct())


def drop_lists(run: SearchRun) -> None:
    """Once the run has ended, its records and sightings say what the lists said."""
    RunList.objects.filter(run=run).delete()
