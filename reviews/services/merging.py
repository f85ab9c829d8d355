"""Many merges as one act: the sets of merged reports are read and locked once, joined, and written once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import F, Q
from django.utils import timezone

from reviews import audit, events, sequence
from reviews.dedupe import Entry, conflict, contradicts
from reviews.models import (
    BulkMerge,
    DuplicateSuggestion,
    MergeEvent,
    MergeKind,
    Report,
    ReportRelation,
    SuggestionState,
    User,
)
from reviews.selectors.counted import counting
from reviews.services import duplicate_keys, records

# What a person said of two reports that a rule must not gainsay.
APART = (SuggestionState.DISTINCT, SuggestionState.RELATED)
# The rule of a pair that no rule found alike: a person spoke of it unasked.
TOLD = "told"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why two reports are held to be one."""

    rule: str
    evidence: dict[str, Any] = field(default_factory=dict)
    score: float | None = None


class Sets:
    """The merged sets that some reports belong to, locked until the caller's transaction ends.

    Those that are not locked show what merges would do; they cannot be written. `known` are reports that the
    caller has read already.
    """

    def __init__(
        self,
        review_id: int,
        report_ids: Iterable[int],
        *,
        is_locked: bool = True,
        known: Mapping[int, Entry] | None = None,
    ) -> None:
        if is_locked and not connection.in_atomic_block:
            raise RuntimeError("merged sets are locked for a transaction, and there is none")
        self.review_id = review_id
        self._is_locked = is_locked
        self._joined: list[tuple[int, int, Reason]] = []
        self._known = known or {}
        self._entries: dict[int, Entry] = {}
        ids = set(report_ids)
        roots = lock(review_id, ids) if is_locked else _roots(review_id, ids)
        rows = Report.objects.filter(Q(pk__in=roots) | Q(canonical__in=roots), review_id=review_id)
        self._root: dict[int, int] = {}
        self._members: dict[int, set[int]] = defaultdict(set)
        for pk, canonical in rows.order_by("id").values_list("pk", "canonical_id"):
            root = canonical or pk
            self._root[pk] = root
            self._members[root].add(pk)
        self._apart = _told_apart(self._root)

    def __contains__(self, report_id: int) -> bool:
        return report_id in self._root

    def root(self, report_id: int) -> int:
        """The report that stands for this one."""
        return self._root[report_id]

    def members(self, report_id: int) -> set[int]:
        """The whole set that the report belongs to."""
        return self._members[self._root[report_id]]

    def roots(self, *report_ids: int) -> dict[int, int]:
        """Every report of the sets that these belong to, with the one that stands for it."""
        return {pk: self.root(one) for one in report_ids for pk in self.members(one)}

    def are_apart(self, one: int, other: int) -> bool:
        """Whether a person said that the two, or parts of them, are different."""
        there = self.members(other)
        return any(self._apart[pk] & there for pk in self.members(one))

    def conflict(self, one: int, other: int) -> tuple[int, int] | None:
        """Two reports that cannot be one and would be, by this merge, over others that are like both."""
        if self.root(one) == self.root(other):
            return None
        self._read()
        if pmids := self._two_pmids(one, other):
            return pmids
        found = conflict(self._agreeing(one), self._agreeing(other))
        return (found[0].key, found[1].key) if found else None

    def _two_pmids(self, one: int, other: int) -> tuple[int, int] | None:
        """A member of either set, where both have PMIDs and share none, whoever put them there."""
        here, there = (
            {item.pmid: item for pk in sorted(self.members(end)) if (item := self._entries[pk]).pmid}
            for end in (one, other)
        )
        if not here or not there or here.keys() & there.keys():
            return None
        return next(iter(here.values())).key, next(iter(there.values())).key

    def _read(self) -> None:
        if not self._entries:
            self._entries = {pk: self._known[pk] for pk in self._root.keys() & self._known.keys()}
            missing = self._root.keys() - self._known.keys()
            self._entries |= {item.key: item for item in duplicate_keys.entries(missing)}

    def _agreeing(self, report_id: int) -> list[Entry]:
        """The set of a report without those that contradict it: of them a person said that they are one."""
        end = self._entries[report_id]
        members = [self._entries[pk] for pk in sorted(self.members(report_id))]
        return [item for item in members if item is end or not contradicts(end, item)]

    def join(self, one: int, other: int, reason: Reason) -> bool:
        """Let the first stand for both; False where they are one already."""
        kept, absorbed = self.root(one), self.root(other)
        if kept == absorbed:
            return False
        for pk in self._members[absorbed]:
            self._root[pk] = kept
        self._members[kept] |= self._members.pop(absorbed)
        self._joined.append((kept, absorbed, reason))
        return True

    def write(self, *, by: User | None, bulk: BulkMerge | None = None) -> list[MergeEvent]:
        """Write what was joined: projections, facts, audit and events; `bulk` is saved with them."""
        if not self._is_locked:
            raise RuntimeError("merged sets that are not locked are not written")
        if not self._joined:
            return []
        roots = sorted({self._root[kept] for kept, _, _ in self._joined})
        members = {pk: root for root in roots for pk in self._members[root]}
        for root in roots:
            Report.objects.filter(pk__in=self._members[root] - {root}).exclude(canonical_id=root).update(
                canonical_id=root
            )
        records.refresh_reports(roots)
        _close_questions(by, members)
        return self._write_facts(by, bulk)

    def _write_facts(self, by: User | None, bulk: BulkMerge | None) -> list[MergeEvent]:
        first = sequence.take(self.review_id, len(self._joined)) - len(self._joined) + 1
        if bulk is not None:
            bulk.seq = first
            bulk.save(force_insert=True)
        made = MergeEvent.objects.bulk_create(
            MergeEvent(
                review_id=self.review_id,
                kind=MergeKind.MERGE,
                kept_id=kept,
                absorbed_id=absorbed,
                rule=reason.rule,
                evidence=reason.evidence,
                score=reason.score,
                by=by,
                bulk=bulk,
                seq=first + place,
            )
            for place, (kept, absorbed, reason) in enumerate(self._joined)
        )
        for event in made:
            tell(by=by, event=event, topic="reports.merged", rule=event.rule)
        self._joined = []
        return made


def tell(*, by: User | None, event: MergeEvent, topic: str, **more: str) -> None:
    """Audit a merge or a split, and emit its event."""
    audit.record(
        by=by,
        verb=topic,
        target=event,
        review_id=event.review_id,
        seq=event.seq,
        new={"kept": event.kept_id, "absorbed": event.absorbed_id, **more},
    )
    events.emit(topic, review_id=event.review_id, kept=event.kept_id, absorbed=event.absorbed_id)


def lock(review_id: int, report_ids: set[int]) -> set[int]:
    """Lock the reports and those that stand for them, all in one order so that merges cannot dead-lock.

    Returns those that stand.
    """
    reports = Report.objects.filter(review_id=review_id)
    wanted = set(report_ids)
    while True:
        found = reports.filter(pk__in=wanted).values_list("pk", "canonical_id")
        wanted |= {canonical for _, canonical in found if canonical}
        locked = {
            row.pk: row.canonical_id or row.pk
            for row in reports.select_for_update(no_key=True)
            .filter(pk__in=wanted)
            .only("pk", "canonical_id")
            .order_by("pk")
        }
        roots = set(locked.values())
        if roots <= locked.keys():
            return roots
        wanted |= roots  # merged between the reading and the lock: once more, with the new one


def _roots(review_id: int, report_ids: set[int]) -> set[int]:
    found = Report.objects.filter(review_id=review_id, pk__in=report_ids)
    return {canonical or pk for pk, canonical in found.values_list("pk", "canonical_id")}


def _told_apart(root: dict[int, int]) -> dict[int, set[int]]:
    apart: dict[int, set[int]] = defaultdict(set)
    said = DuplicateSuggestion.objects.filter(first__in=root, second__in=root, state__in=APART).order_by()
    for first, second in said.values_list("first_id", "second_id"):
        apart[first].add(second)
        apart[second].add(first)
    return apart


def _close_questions(by: User | None, root: dict[int, int]) -> None:
    """Whatever was asked or said of two reports that are one now is answered."""
    asked = DuplicateSuggestion.objects.filter(first__in=root, second__in=root).exclude(
        state=SuggestionState.MERGED
    )
    answered = [
        pk
        for pk, first, second in asked.order_by("id").values_list("pk", "first_id", "second_id")
        if root[first] == root[second]
    ]
    DuplicateSuggestion.objects.filter(pk__in=answered).update(
        state_before=F("state"),
        decided_by_before=F("decided_by"),
        decided_at_before=F("decided_at"),
        state=SuggestionState.MERGED,
        decided_by=by,
        decided_at=timezone.now(),
    )


def restore_answers(report_ids: Collection[int]) -> None:
    """After an undo: what the merge had answered of reports that stand apart again is as it was before."""
    ids = set(report_ids)
    found = Report.objects.filter(pk__in=ids).values_list("pk", "canonical_id")
    root = {pk: canonical or pk for pk, canonical in found}
    asked = DuplicateSuggestion.objects.filter(
        first__in=ids, second__in=ids, state=SuggestionState.MERGED
    ).order_by("id")
    apart = [one for one in asked.defer("evidence") if root[one.first_id] != root[one.second_id]]
    DuplicateSuggestion.objects.filter(pk__in=[one.pk for one in apart]).update(
        state=F("state_before"),
        decided_by=F("decided_by_before"),
        decided_at=F("decided_at_before"),
        state_before="",
        decided_by_before=None,
        decided_at_before=None,
    )
    linked_now = linked(root)
    unanswered: dict[int, set[int]] = {}
    for one in apart:
        roots = {root[one.first_id], root[one.second_id]}
        is_linked = one.state_before == SuggestionState.RELATED and frozenset(roots) in linked_now
        if one.state_before != SuggestionState.DISTINCT and not is_linked:
            unanswered[one.pk] = roots
    # What nobody had asked is no question now: without a link, the two are different.
    told = {one.pk for one in apart if one.rule == TOLD} & unanswered.keys()
    DuplicateSuggestion.objects.filter(pk__in=told).update(state=SuggestionState.DISTINCT)
    ask_again({pk: roots for pk, roots in unanswered.items() if pk not in told})


def linked(root: Mapping[int, int], *, without: int = 0) -> set[frozenset[int]]:
    """Pairs of standing reports of which a relation is said that nobody took back, `without` left out."""
    said = ReportRelation.objects.filter(
        first__in=root, second__in=root, undoes__isnull=True, undone_by__isnull=True
    ).exclude(pk=without)
    ends = said.order_by().values_list("first_id", "second_id")
    return {frozenset((root[one], root[other])) for one, other in ends}


def ask_again(pairs: Mapping[int, set[int]]) -> None:
    """Questions that no answer holds for any more, by their standing reports: they are open, or wait aside
    where one of the two left the counts meanwhile."""
    here = counting({root for roots in pairs.values() for root in roots})
    for state in (SuggestionState.OPEN, SuggestionState.AWAY):
        is_open = state == SuggestionState.OPEN
        found = [pk for pk, roots in pairs.items() if roots.issubset(here) == is_open]
        DuplicateSuggestion.objects.filter(pk__in=found).update(state=state, decided_by=None, decided_at=None)
