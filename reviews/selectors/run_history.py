"""The runs of one source as a history: what each found, and how its query differs from the one before."""

import difflib
import re
from dataclasses import dataclass

from reviews.models import RunMode, RunState, RunTrigger, SearchRun, Source

SHOWN = 50
_WORD = re.compile(r"\s+|[^\s()\[\]\"]+|[()\[\]\"]")
_NO_SEARCH = (RunState.INSPECTING, RunState.READY, RunState.DISCARDED)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of two queries: `op` is same, added or removed."""

    op: str
    text: str


@dataclass(frozen=True, slots=True)
class RunInHistory:
    """One run, with the difference of its query to that of the search before it."""

    run: SearchRun
    query: tuple[Segment, ...]
    is_changed: bool

    @property
    def is_search(self) -> bool:
        return self.run.trigger != RunTrigger.FILE

    @property
    def mode(self) -> str:
        """What the run looked at, in words."""
        return RunMode(self.run.mode).label if self.is_search else "File"

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """Names and numbers of what the run brought; those that are nought say nothing, new apart."""
        run = self.run
        named = (
            ("new", run.new),
            ("known", run.known),
            ("revised", run.revised),
            ("retracted", run.retracted),
            ("no longer found", run.vanished),
            ("problems", run.problems),
        )
        return tuple((name, number) for name, number in named if number or name == "new")


def query_difference(before: str, after: str) -> tuple[Segment, ...]:
    """Two queries as one text, word by word: what stayed, what came, what went."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    found: list[Segment] = []
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    for op, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if op == "equal":
            found.append(Segment("same", "".join(old[old_start:old_end])))
            continue
        if old_end > old_start:
            found.append(Segment("removed", "".join(old[old_start:old_end])))
        if new_end > new_start:
            found.append(Segment("added", "".join(new[new_start:new_end])))
    return tuple(found)


def history(source: Source, *, before: int | None = None, limit: int = SHOWN) -> list[RunInHistory]:
    """The latest runs of a source, or those before one of them, the newest first."""
    rows = (
        SearchRun.objects.filter(source=source)
        .exclude(state__in=_NO_SEARCH)
        .select_related("source", "requested_by")
        .defer("checkpoint", "inspection", "mapping")
        .order_by("-id")
    )
    page = list((rows.filter(pk__lt=before) if before else rows)[:limit])
    searches = [run for run in page if run.trigger != RunTrigger.FILE]
    earlier = [*searches[1:], _search_before(source, searches[-1])] if searches else []
    previous = dict(zip([run.pk for run in searches], earlier, strict=True))
    return [_line(run, previous.get(run.pk)) for run in page]


def _search_before(source: Source, run: SearchRun) -> SearchRun | None:
    found = SearchRun.objects.filter(source=source, pk__lt=run.pk).exclude(trigger=RunTrigger.FILE)
    return found.only("id", "query_sent").order_by("-id").first()


def _line(run: SearchRun, previous: SearchRun | None) -> RunInHistory:
    if previous is None:
        return RunInHistory(run, (Segment("same", run.query_sent),), is_changed=False)
    is_changed = previous.query_sent != run.query_sent
    if not is_changed:
        return RunInHistory(run, (Segment("same", run.query_sent),), is_changed=False)
    return RunInHistory(run, query_difference(previous.query_sent, run.query_sent), is_changed=True)
