"""What is merged and asked does not depend on when a stretch ended, nor merges on what came first."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from benchmarks.dedupe.made import Reference, corpus
from reviews import sequence
from reviews.dedupe import contradicts, judge
from reviews.formats import ParsedRecord
from reviews.models import (
    DuplicateSuggestion,
    MergeEvent,
    Record,
    Report,
    Review,
    RunState,
    SearchRun,
    SuggestionState,
    User,
)
from reviews.services import duplicate_keys, finding, records
from tests import factories

Groups = list[list[str]]


def _parsed(number: int, one: Reference) -> ParsedRecord:
    return ParsedRecord(
        external_id="", title=one.title, abstract="", authors=one.authors, year=one.year, journal=one.journal,
        volume=one.volume, issue=one.issue, pages=one.pages, doi=one.doi, pmid="", language="",
        publication_types=(), keywords=(f"number {number}",), url="", raw="", row=number,
    )  # fmt: skip


def _import(review: Review, rows: Sequence[ParsedRecord]) -> int:
    """One complete run with these rows; returns its id."""
    with transaction.atomic():
        run = SearchRun.objects.create(
            review=review, source=factories.source(review), trigger="file", state=RunState.COMPLETE
        )
        records.store(run=run, parsed=rows)
        seq = sequence.take(review.pk)
        Record.objects.filter(run=run).update(seq=seq)
        SearchRun.objects.filter(pk=run.pk).update(seq=seq)
    return run.pk


def _in_stretches(review: Review, run: int, every: int) -> Iterator[int]:
    """Compare, and end a stretch after so many chunks; yields where each began."""
    after: int | None = 0
    while after is not None:
        yield after
        found = finding.Found(0, after)
        for _ in range(every):
            if found.after is None:
                break
            found = finding.find_some(review_id=review.pk, run_id=run, after=found.after, seconds=0)
        after = found.after


def _names(review: Review) -> dict[int, str]:
    filed = Record.objects.filter(review=review).order_by("-row")
    return {report: keywords[0] for report, keywords in filed.values_list("filed__report", "keywords")}


def _groups(review: Review) -> Groups:
    names = _names(review)
    members: dict[int, list[str]] = defaultdict(list)
    for pk, canonical in (
        Report.objects.filter(review=review).order_by("pk").values_list("pk", "canonical_id")
    ):
        members[canonical or pk].append(names[pk])
    return sorted(sorted(group) for group in members.values() if len(group) > 1)


def _questions(review: Review) -> list[tuple[Any, ...]]:
    names = _names(review)
    asked = DuplicateSuggestion.objects.filter(review=review).order_by("pk")
    found = asked.values_list("first", "second", "rule", "score", "state")
    return sorted((names[first], names[second], *rest) for first, second, *rest in found)


def _rows(seed: int, count: int) -> list[ParsedRecord]:
    made = corpus(count, seed=seed, repeats=0.55, neighbours=0.4)
    return [_parsed(number, one) for number, one in enumerate(made, start=1)]


@pytest.mark.parametrize(("chunk", "count"), [(1, 40), (7, 90)])
def test_merges_and_questions_are_the_same_wherever_stretches_end(
    lead: User, monkeypatch: pytest.MonkeyPatch, chunk: int, count: int
) -> None:
    monkeypatch.setattr(finding, "_CHUNK", chunk)
    rows = _rows(seed=11, count=count)
    outcomes = []
    for cached, every in ((20_000, 1), (20_000, 4), (20_000, 10_000), (5, 10_000)):
        review = factories.review(lead)
        run = _import(review, rows)
        monkeypatch.setattr(finding, "_CACHED", cached)
        if every == 10_000:
            finding.find_duplicates(review_id=review.pk, run_id=run)
        else:
            assert len(list(_in_stretches(review, run, every))) > 1
        merges = MergeEvent.objects.filter(review=review).order_by("seq", "pk").values_list("rule", "score")
        outcomes.append((_groups(review), _questions(review), list(merges)))

    assert len(outcomes[0][0]) > 5
    assert outcomes[0][1]
    assert all(one == outcomes[0] for one in outcomes)


def _compare_as(lead: User, files: Sequence[Sequence[ParsedRecord]]) -> Review:
    review = factories.review(lead)
    for rows in files:
        finding.find_duplicates(review_id=review.pk, run_id=_import(review, rows))
    return review


def _alike(review: Review) -> tuple[Groups, Groups]:
    """What rules hold to be one, over however many: where nothing in it contradicts, where something does."""
    reports = Report.objects.filter(review=review).order_by("pk")
    entries = list(duplicate_keys.entries(reports.values_list("pk", flat=True)))
    whole = [{item.key} for item in entries]
    for a, b in combinations(entries, 2):
        verdict = judge(a, b)
        if verdict is not None and verdict.kind == "same":
            touched = [one for one in whole if one & {a.key, b.key}]
            whole = [one for one in whole if not one & {a.key, b.key}] + [set().union(*touched)]
    torn = [{a.key, b.key} for a, b in combinations(entries, 2) if contradicts(a, b)]
    names = _names(review)
    kinds: tuple[Groups, Groups] = [], []
    for one in whole:
        if len(one) > 1:
            kinds[any(pair <= one for pair in torn)].append(sorted(names[pk] for pk in one))
    return sorted(kinds[0]), sorted(kinds[1])


# Of two that contradict each other and are both the same as a third, the first to come is merged with it
# and the other asked about: a machine takes no merge back.
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(1, 10_000), files=st.integers(2, 8))
@example(seed=6583, files=2)
@example(seed=711, files=2)
def test_merges_are_the_same_in_whichever_order_and_number_of_files_records_come(
    db: None, lead: User, seed: int, files: int
) -> None:
    rows = _rows(seed, count=50)
    size = -(-len(rows) // files)
    parts = [rows[start : start + size] for start in range(0, len(rows), size)]

    for order in ([rows], parts, [part[::-1] for part in parts[::-1]]):
        review = _compare_as(lead, order)
        plain, torn = _alike(review)
        merged, asked = _groups(review), [{first, second} for first, second, *_ in _questions(review)]
        assert len(plain) > 5
        assert [group for group in merged if group in plain] == plain
        assert all(any(set(group) <= set(one) for one in torn) for group in merged if group not in plain)
        assert all(any(pair <= set(one) for pair in asked) for one in torn)


def test_a_copy_is_known_by_a_report_whose_fields_a_merge_changed(review: Review) -> None:
    """A record that only says less is found whichever of two richer copies stands for them."""
    values = {"authors": ["Family, Given A", "Second, Given B"], "year": 2020, "journal": "Journal of Tests"}
    title = "Humanised chimeric antigen receptor cells for refractory leukaemia in adults"
    first = factories.report(review, title, pmid="11", volume="", pages="", **values)
    factories.report(review, f"{title}: a trial", pmid="11", volume="26", pages="1606-1615", **values)
    last = SearchRun.objects.filter(review=review).latest("id").pk
    finding.find_duplicates(review_id=review.pk, run_id=last)
    assert Report.objects.get(pk=first.pk).pages == "1606-1615"
    third = factories.report(review, title, volume="", pages="", **values)

    last = SearchRun.objects.filter(review=review).latest("id").pk
    assert finding.find_duplicates(review_id=review.pk, run_id=last) == 1

    third.refresh_from_db()
    assert third.canonical == first
    assert not DuplicateSuggestion.objects.filter(state=SuggestionState.OPEN).exists()
