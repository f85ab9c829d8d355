"""Many merges as one act: the sets of merged reports are read and locked once, joined, and written once."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from reviews import audit, events, sequence
from reviews.models import (
    BulkMerge,
    DuplicateSuggestion,
    MergeEvent,
    MergeKind,
    Report,
    SuggestionState,
    User,
)
from reviews.services import duplicate_keys, records

# What a person said of two reports that a rule must not gainsay.
APART = (SuggestionState.DISTINCT, SuggestionState.RELATED)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why two reports are held to be one."""

    rule: str
    evidence: dict[str, Any] = field(default_factory=dict)
    score: float | None = None


class Sets:
    """The merged sets that some reports belong to, locked until the caller's transaction ends."""

    def __init__(self, review_id: int, report_ids: Iterable[int]) -> None:
        if not connection.in_atomic_block:
            raise RuntimeError("merged sets are locked for a transaction, and there is none")
        self.review_id = review_id
        self._joined: list[tuple[int, int, Reason]] = []
        roots = lock(review_id, set(report_ids))
        rows = Report.objects.filter(Q(pk__in=roots) | Q(canonical__in=roots), review_id=review_id)
        self._root: dict[int, int] = {}
        self._members: dict[int, set[int]] = defaultdict(set)
        self._pmids: dict[int, set[str]] = defaultdict(set)
        for pk, canonical, pmid in rows.order_by("id").values_list("pk", "canonical_id", "pmid"):
            root = canonical or pk
            self._root[pk] = root
            self._members[root].add(pk)
            if pmid:
                self._pmids[root].add(pmid)
        self._apart = _told_apart(self._root)

    def __contains__(self, report_id: int) -> bool:
        return report_id in self._root

    def root(self, report_id: int) -> int:
        """The report that stands for this one."""
        return self._root[report_id]

    def members(self, report_id: int) -> set[int]:
        """The whole set that the report belongs to."""
        return self._members[self._root[report_id]]

    def are_apart(self, one: int, other: int) -> bool:
        """Whether a person said that the two, or parts of them, are different."""
        there = self.members(other)
        return any(self._apart[pk] & there for pk in self.members(one))

    def have_two_pmids(self, one: int, other: int) -> bool:
        """Whether together they would have two: two articles, also where a third report stands between."""
        return len(self._pmids[self.root(one)] | self._pmids[self.root(other)]) > 1

    def join(self, one: int, other: int, reason: Reason) -> bool:
        """Let the first stand for both; False where they are one already."""
        kept, absorbed = self.root(one), self.root(other)
        if kept == absorbed:
            return False
        for pk in self._members[absorbed]:
            self._root[pk] = kept
        self._members[kept] |= self._members.pop(absorbed)
        self._pmids[kept] |= self._pmids.pop(absorbed, set())
        self._joined.append((kept, absorbed, reason))
        return True

    def write(self, *, by: User | None, bulk: BulkMerge | None = None) -> list[MergeEvent]:
        """Write what was joined: projections, facts, audit and events; `bulk` is saved with them."""
        if not self._joined:
            return []
        roots = sorted({self._root[kept] for kept, _, _ in self._joined})
        members = {pk: root for root in roots for pk in self._members[root]}
        for root in roots:
            Report.objects.filter(pk__in=self._members[root] - {root}).exclude(canonical_id=root).update(
                canonical_id=root
            )
        records.refresh_reports(roots)
        duplicate_keys.refresh(self.review_id, roots)
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
        state=SuggestionState.MERGED, decided_by=by, decided_at=timezone.now()
    )


def reopen_questions(report_ids: Collection[int]) -> None:
    """After an undo: what the merge had answered of reports that stand apart again is open again."""
    asked = DuplicateSuggestion.objects.filter(
        first__in=report_ids, second__in=report_ids, state=SuggestionState.MERGED
    ).select_related("first", "second")
    again = [
        one.pk
        for one in asked.only("first__canonical", "second__canonical").order_by("id")
        if (one.first.canonical_id or one.first_id) != (one.second.canonical_id or one.second_id)
    ]
    DuplicateSuggestion.objects.filter(pk__in=again).update(
        state=SuggestionState.OPEN, decided_by=None, decided_at=None
    )
