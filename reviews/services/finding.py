"""Looking for duplicates among what a run brought: rules merge, likeness asks a person.

Every report has its keys in the database. What a run brought is compared with whatever shares a key with it,
chunk by chunk: the work grows with what is new and not with what is held, and a worker that dies loses one
chunk.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from reviews.dedupe import Entry, Match, judge
from reviews.models import (
    DuplicateKey,
    DuplicateSuggestion,
    Record,
    RecordReport,
    Report,
    SuggestionState,
)
from reviews.services import bulk, duplicate_keys
from reviews.services.merging import Reason, Sets

_CHUNK = 500
# Merges of one transaction: a vote must not wait longer than for so many.
_MERGES = 100
_CACHED = 20_000
_MANY = 2_000


@dataclass(frozen=True, slots=True)
class Found:
    """What one stretch of the work did; `after` is where the next begins, None where all is done."""

    merged: int
    after: int | None


def find_duplicates(*, review_id: int, run_id: int) -> int:
    """Compare all that a run brought with all that stands; returns how many reports were merged.

    Opens short transactions of its own, so the caller holds none. Doing it again changes nothing.
    """
    found = find_some(review_id=review_id, run_id=run_id)
    merged = found.merged
    while found.after is not None:
        found = find_some(review_id=review_id, run_id=run_id, after=found.after)
        merged += found.merged
    return merged


def find_some(*, review_id: int, run_id: int, after: int = 0, seconds: float = 60.0) -> Found:
    """The same for the reports after one's id, until the time is up; at least one chunk is done."""
    until = time.monotonic() + seconds
    if after == 0:
        while _write_keys(review_id):
            if time.monotonic() > until:
                return Found(merged=0, after=0)
        _follow_revisions(review_id, run_id)
    search = _Search(review_id, run_id)
    if after == 0 and search.is_large:
        bulk.gather_statistics(Record, Report, RecordReport, DuplicateKey)
    merged = 0
    while chunk := search.chunk(after):
        merged += _settle(review_id, search.compare(chunk), search.entries)
        after = chunk[-1]
        if time.monotonic() > until:
            return Found(merged, after)
    return Found(merged, None)


def _write_keys(review_id: int) -> bool:
    """Give the next reports without keys theirs, before anything is compared: of two runs that are compared
    at once, the later then sees the earlier."""
    ids = list(
        duplicate_keys.without_keys(review_id)
        .order_by("id")
        .values_list("pk", flat=True)[: duplicate_keys.CHUNK]
    )
    duplicate_keys.refresh(review_id, ids)
    return len(ids) == duplicate_keys.CHUNK


def _follow_revisions(review_id: int, run_id: int) -> None:
    """The fields of a report change with a revision, and its keys with them."""
    revised = Record.objects.filter(run_id=run_id, revises__isnull=False, seq__isnull=False)
    filed = revised.values_list("filed__report_id", "filed__report__canonical_id")
    ids = {pk for pair in filed for pk in pair if pk is not None}
    duplicate_keys.refresh(review_id, sorted(ids))


class _Search:
    """The reports of one run and those they may be the same as, each read and brought to normal form once."""

    def __init__(self, review_id: int, run_id: int) -> None:
        self._review_id = review_id
        brought = Record.objects.filter(review_id=review_id, run_id=run_id, seq__isnull=False)
        self._ids = sorted(set(brought.values_list("filed__report_id", flat=True)))
        self._brought = set(self._ids)
        self.entries: dict[int, Entry] = {}

    @property
    def is_large(self) -> bool:
        """Whether it may change what the tables look like."""
        return len(self._ids) > _MANY

    def chunk(self, after: int) -> list[int]:
        return [pk for pk in self._ids if pk > after][:_CHUNK]

    def compare(self, chunk: Sequence[int]) -> list[Match]:
        """Pairs that are the same, likely so, or related: each pair once, the earlier report first."""
        items = self._read(chunk)
        partners = duplicate_keys.partners(self._review_id, items)
        others = {pk for found in partners.values() for pk in found}
        counted = self._counted(others)
        known = {item.key: item for item in self._read(sorted(counted))}
        matches = []
        for item in items:
            for pk in sorted(partners[item.key] & counted):
                # A pair within the run is compared when the later of the two has its turn.
                if pk in self._brought and pk > item.key:
                    continue
                first, second = sorted((known[pk], item), key=lambda one: one.key)
                verdict = judge(first, second)
                if verdict is not None:
                    matches.append(Match(first.key, second.key, verdict))
        return matches

    def _counted(self, ids: set[int]) -> set[int]:
        held = duplicate_keys.counted(Report.objects.filter(pk__in=ids - self._brought))
        return set(held.values_list("pk", flat=True)) | (ids & self._brought)

    def _read(self, ids: Sequence[int]) -> list[Entry]:
        # Merges change nothing in what was read, so it does not matter when a stretch reads anew.
        if len(self.entries) > _CACHED:
            self.entries.clear()
        missing = [pk for pk in ids if pk not in self.entries]
        self.entries |= {item.key: item for item in duplicate_keys.entries(missing)}
        return [self.entries[pk] for pk in ids]


def _settle(review_id: int, matches: Iterable[Match], known: Mapping[int, Entry]) -> int:
    """Merge what is the same, then ask about what is left: a merge often answers the question."""
    best_first = sorted(matches, key=lambda one: (-one.verdict.score, one.first, one.second))
    same = [one for one in best_first if one.verdict.kind == "same"]
    questions = [one for one in best_first if one.verdict.kind != "same"]
    merged = 0
    for start in range(0, len(same), _MERGES):
        done, doubtful = _merge(review_id, same[start : start + _MERGES], known)
        merged += done
        questions += doubtful
    for start in range(0, len(questions), _MERGES):
        _ask(review_id, questions[start : start + _MERGES])
    return merged


@transaction.atomic
def _merge(review_id: int, matches: Sequence[Match], known: Mapping[int, Entry]) -> tuple[int, list[Match]]:
    """Merge as things stand now; returns how many, and the pairs that only a person may merge."""
    sets = Sets(review_id, _reports_of(matches), known=known)
    merged, doubtful = 0, []
    for match in matches:
        if sets.are_apart(match.first, match.second):
            continue
        if sets.conflict(match.first, match.second):
            doubtful.append(match)
            continue
        kept, absorbed = sorted((sets.root(match.first), sets.root(match.second)))
        verdict = match.verdict
        merged += sets.join(kept, absorbed, Reason(verdict.rule, verdict.evidence, verdict.score))
    sets.write(by=None)
    return merged, doubtful


def _reports_of(matches: Iterable[Match]) -> set[int]:
    return {pk for match in matches for pk in (match.first, match.second)}


@transaction.atomic
def _ask(review_id: int, matches: Sequence[Match]) -> None:
    """Ask once of two publications, however many of their copies are alike."""
    sets = Sets(review_id, _reports_of(matches))
    members = {pk for match in matches for pk in sets.members(match.first) | sets.members(match.second)}
    asked = {
        _pair(sets, first, second)
        for first, second in _open_among(members).values_list("first_id", "second_id")
    }
    fresh = []
    for match in matches:
        pair = _pair(sets, match.first, match.second)
        if pair[0] == pair[1] or pair in asked or sets.are_apart(*pair):
            continue
        asked.add(pair)
        fresh.append(
            DuplicateSuggestion(
                review_id=review_id,
                first_id=pair[0],
                second_id=pair[1],
                rule=match.verdict.rule,
                evidence=_evidence(match),
                score=match.verdict.score,
            )
        )
    DuplicateSuggestion.objects.bulk_create(fresh, ignore_conflicts=True)


def _evidence(match: Match) -> dict[str, str | int | float | bool | None]:
    """With what the two may be to each other, where that is not one."""
    relation = match.verdict.relation
    return {**match.verdict.evidence, "relation": relation} if relation else dict(match.verdict.evidence)


def _open_among(report_ids: set[int]) -> QuerySet[DuplicateSuggestion]:
    return DuplicateSuggestion.objects.filter(
        first__in=report_ids, second__in=report_ids, state=SuggestionState.OPEN
    )


def _pair(sets: Sets, one: int, other: int) -> tuple[int, int]:
    first, second = sorted((sets.root(one), sets.root(other)))
    return first, second
