"""Many pairs accepted in one act never make one of publications that contradict each other."""

from collections.abc import Sequence
from typing import Any

import pytest

from reviews.models import DuplicateSuggestion, Report, Review, SuggestionState, User
from reviews.services import bulk_merging, duplicates
from reviews.services.bulk_previewing import preview
from tests import factories

TITLE = "Zinc lozenges for the common cold in adults: a randomised trial"
HERE = {"journal": "Journal of Tests", "volume": "26", "pages": "1606-1615", "year": 2020}
ELSEWHERE = {"journal": "Annals of Other Things", "volume": "3", "pages": "11-19", "year": 2020}


def _report(review: Review, **values: Any) -> Report:
    return factories.report(review, TITLE, **{"authors": ["Family, G", "Second, H"], **values})


def _ask(review: Review, one: Report, other: Report, score: float) -> DuplicateSuggestion:
    return DuplicateSuggestion.objects.create(
        review=review, first=one, second=other, rule="alike", score=score, evidence={"title": 1.0}
    )


def _states(asked: Sequence[DuplicateSuggestion]) -> list[str]:
    return [DuplicateSuggestion.objects.get(pk=one.pk).state for one in asked]


@pytest.fixture
def chain(review: Review) -> tuple[list[Report], list[DuplicateSuggestion]]:
    """Two articles in different places, and a record without a place that is like both."""
    made = [_report(review, **HERE), _report(review, year=2020), _report(review, **ELSEWHERE)]
    return made, [_ask(review, made[0], made[1], 0.95), _ask(review, made[1], made[2], 0.93)]


def test_a_chain_does_not_join_two_that_contradict(
    review: Review, lead: User, chain: tuple[list[Report], list[DuplicateSuggestion]]
) -> None:
    (first, between, last), asked = chain

    bulk = bulk_merging.accept(by=lead, review=review, threshold=0.9)

    assert bulk.pairs == 1
    assert Report.objects.get(pk=between.pk).canonical == first
    assert Report.objects.get(pk=last.pk).canonical is None
    assert _states(asked) == [SuggestionState.MERGED, SuggestionState.OPEN]


def test_the_preview_tells_what_is_held_back_and_why(
    review: Review, lead: User, chain: tuple[list[Report], list[DuplicateSuggestion]]
) -> None:
    _, asked = chain

    found = preview(review, 0.9)

    assert (found.pairs, found.reports, found.leaves, found.groups, found.held) == (1, 2, 1, 0, 1)
    (held,) = found.held_shown
    assert held.pair.suggestion == asked[1]
    assert held.is_over_others
    assert [row.label for row in held.against] == ["Title", "Journal", "Volume", "Pages"]
    assert bulk_merging.accept(by=lead, review=review, threshold=0.9).pairs == found.pairs


def test_two_pmids_over_a_record_without_one_are_held_back(review: Review, lead: User) -> None:
    made = [_report(review, pmid="11"), _report(review), _report(review, pmid="22")]
    asked = [_ask(review, made[0], made[1], 0.95), _ask(review, made[1], made[2], 0.95)]
    assert preview(review, 0.9).held == 1
    bulk_merging.accept(by=lead, review=review, threshold=0.9)
    assert _states(asked) == [SuggestionState.MERGED, SuggestionState.OPEN]


def test_what_was_told_apart_is_held_back_with_that_reason(review: Review, lead: User) -> None:
    made = [_report(review, **HERE) for _ in range(3)]
    asked = [_ask(review, made[0], made[1], 0.95), _ask(review, made[1], made[2], 0.93)]
    duplicates.remember_distinct(by=lead, review_id=review.pk, one=made[0].pk, other=made[2].pk)

    (held,) = preview(review, 0.9).held_shown

    assert (held.pair.suggestion, held.against, held.is_over_others) == (asked[1], [], False)


def test_a_preview_counts_groups_and_writes_nothing(review: Review) -> None:
    made = [_report(review, **HERE) for _ in range(5)]
    asked = [_ask(review, made[a], made[b], 0.95) for a, b in ((0, 1), (1, 2), (0, 2), (3, 4))]
    found = preview(review, 0.9)
    assert (found.pairs, found.reports, found.leaves, found.groups, found.held) == (4, 5, 2, 1, 0)
    assert _states(asked) == [SuggestionState.OPEN] * 4


def test_only_the_pairs_above_the_limit_of_one_act_are_left_for_later(
    review: Review, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_merging, "MOST", 2)
    made = [_report(review, **HERE) for _ in range(6)]
    for number in (0, 2, 4):
        _ask(review, made[number], made[number + 1], 0.95)
    found = preview(review, 0.9)
    assert (found.pairs, found.left_for_later) == (2, 1)
    assert bulk_merging.accept(by=lead, review=review, threshold=0.9, upto=found.upto).pairs == 2


def test_where_all_pairs_are_held_back_nothing_is_merged(review: Review, lead: User) -> None:
    one, other = _report(review, pmid="11"), _report(review, pmid="22")
    _ask(review, one, other, 0.95)
    assert (preview(review, 0.9).pairs, preview(review, 0.9).held) == (0, 1)
    with pytest.raises(bulk_merging.NothingToMerge):
        bulk_merging.accept(by=lead, review=review, threshold=0.9)


def test_a_person_may_merge_a_group_that_was_looked_at(
    review: Review, lead: User, chain: tuple[list[Report], list[DuplicateSuggestion]]
) -> None:
    made, asked = chain
    bulk_merging.accept_group(by=lead, review=review, report_ids=[report.pk for report in made])
    assert Report.objects.filter(canonical=made[0]).count() == 2
    assert _states(asked) == [SuggestionState.MERGED] * 2
