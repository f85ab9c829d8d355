"""Finding among many, and joining without chaining."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.dedupe import made
from reviews.dedupe import (
    BULK_ACCEPT,
    MAX_BLOCK,
    KeyIndex,
    block,
    clusters,
    conflict,
    entry,
    find,
    is_identifying,
    key_number,
    key_numbers,
    keys_of,
)
from tests.reviews.dedupe.examples import ARTICLE, find_all


def test_new_records_are_compared_with_the_index_and_with_each_other() -> None:
    index = KeyIndex([entry(1, ARTICLE)])
    new = [entry(2, ARTICLE), entry(3, replace(ARTICLE, title="Bridges of the north", pages="7"))]

    matches = find([*new, entry(4, ARTICLE)], index)

    assert [(m.first, m.second) for m in matches if m.verdict.kind == "same"] == [(1, 2), (1, 4), (2, 4)]
    assert {other.key for other in index.candidates(entry(9, ARTICLE))} >= {1, 2, 4}


def test_a_record_is_no_candidate_of_its_own() -> None:
    index = KeyIndex([entry(1, ARTICLE)])

    assert index.candidates(entry(1, ARTICLE)) == []


def test_pairs_that_share_a_key_come_once() -> None:
    one, other = entry(1, ARTICLE), entry(2, ARTICLE)

    assert list(block([one, other])) == [(one, other)]


def test_a_crowded_block_is_skipped() -> None:
    crowd = [entry(n, replace(ARTICLE, title=f"Editorial view of marsh {n}", pages="")) for n in range(150)]
    index = KeyIndex(crowd)

    assert index.candidates(entry(999, replace(ARTICLE, title="Editorial view of marsh 200", pages=""))) == []


def test_of_a_crowded_identifier_the_first_are_compared() -> None:
    crowd = [entry(n, replace(ARTICLE, title=f"Editorial view of marsh {n}", pmid="77")) for n in range(150)]
    index = KeyIndex(crowd)

    assert len(index.candidates(entry(999, replace(ARTICLE, pmid="77")))) == MAX_BLOCK


def test_keys_fit_a_column_and_say_which_of_them_identify() -> None:
    long = replace(ARTICLE, title="Fever " * 80, authors=("Berg" * 60,), doi="10.1000/" + "a" * 300, pmid="1")
    item = entry(1, long)

    assert all(len(key) <= 130 for key in keys_of(item))
    assert {key.split(":")[0] for key in keys_of(item) if is_identifying(key)} == {"pmid", "doi", "same"}


def test_the_numbers_of_keys_are_the_same_in_every_process() -> None:
    item = entry(1, replace(ARTICLE, pmid="12"))

    assert key_numbers(item) == tuple(key_number(key) for key in keys_of(item))
    assert key_number("pmid:12") == 2580664649863619673
    assert all(0 <= number < 2**63 for number in key_numbers(item))


def test_a_record_without_pmid_does_not_chain_two_pmids_together() -> None:
    entries = [entry(1, replace(ARTICLE, pmid="1")), entry(2, ARTICLE), entry(3, replace(ARTICLE, pmid="2"))]

    assert clusters(entries, find_all(entries)) == [[1, 2]]


def test_one_of_many_copies_is_enough_to_stand_against_a_group() -> None:
    without_place = replace(ARTICLE, volume="", issue="", pages="", journal="")
    copies = [entry(number, without_place) for number in range(1, 9)]
    elsewhere = entry(10, replace(ARTICLE, journal="Annals of Other Things", volume="3", pages="7-9"))
    assert conflict(copies, [elsewhere]) is None
    assert conflict([*copies, entry(9, ARTICLE)], [elsewhere]) == (entry(9, ARTICLE), elsewhere)


def test_a_record_without_pages_does_not_chain_an_abstract_to_its_article() -> None:
    entries = [
        entry(1, replace(ARTICLE, issue="3", pages="195-205")),
        entry(2, replace(ARTICLE, issue="", pages="")),
        entry(3, replace(ARTICLE, issue="9", pages="2710-2710")),
    ]

    assert clusters(entries, find_all(entries)) in ([[1, 2]], [[2, 3]])


def test_what_a_person_accepts_in_bulk_joins_too() -> None:
    one, other = replace(ARTICLE, doi="10.1000/a"), replace(ARTICLE, doi="10.1000/b", pages="")
    entries = [entry(1, one), entry(2, other)]
    matches = find_all(entries)

    assert [match.verdict.kind for match in matches] == ["likely"]
    assert clusters(entries, matches) == []
    assert clusters(entries, matches, accept=matches[0].verdict.score) == [[1, 2]]


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=25)
def test_groups_depend_neither_on_the_order_of_records_nor_of_matches(seed: int) -> None:
    references = made.corpus(60, seed=seed, repeats=0.5, neighbours=0.7)
    entries = [entry(number, reference) for number, reference in enumerate(references)]
    matches = find_all(entries)
    mixed = random.Random(seed).sample(entries, len(entries))
    again = find_all(mixed)

    assert clusters(entries, matches) == clusters(mixed, again) == clusters(entries, matches[::-1])


@pytest.mark.parametrize("seed", [21, 22])
def test_groups_of_made_references_hold_one_work_each(seed: int) -> None:
    references = made.corpus(3000, seed=seed, repeats=0.4, neighbours=0.6)
    entries = [entry(number, reference) for number, reference in enumerate(references)]

    matches = find_all(entries)

    lost = sum(len({references[key].work for key in group}) - 1 for group in clusters(entries, matches))
    removed = sum(len(group) - 1 for group in clusters(entries, matches))
    redundant = len(references) - len({reference.work for reference in references})
    assert lost <= 1
    assert removed / redundant > 0.96


@pytest.mark.parametrize("change", made.NEIGHBOURS, ids=lambda change: change.__name__.strip("_"))
def test_a_neighbour_of_a_work_is_never_merged_with_it(change: made.Change) -> None:
    rng = random.Random(5)

    for work in made.works(200, rng):
        entries = [entry(1, work), entry(2, change(rng, work))]
        assert clusters(entries, find_all(entries)) == []


@pytest.mark.parametrize("change", made.CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_a_fault_of_exports_rarely_hides_a_repetition_and_is_then_asked_about(change: made.Change) -> None:
    rng = random.Random(6)
    works = list(made.works(300, rng))

    kinds: dict[str, int] = defaultdict(int)
    for work in works:
        for match in find_all([entry(1, work), entry(2, change(rng, work))]):
            kinds[match.verdict.kind] += 1

    assert kinds["same"] >= 0.97 * len(works)
    assert kinds["same"] + kinds["likely"] == len(works)


def test_scores_of_questions_are_near_the_share_of_repetitions_among_them() -> None:
    references = made.corpus(5000, seed=31, repeats=0.4, neighbours=0.6)
    entries = [entry(number, reference) for number, reference in enumerate(references)]

    asked = [match for match in find_all(entries) if match.verdict.kind == "likely"]

    sure = [match for match in asked if match.verdict.score >= BULK_ACCEPT]
    right = [match for match in sure if references[match.first].work == references[match.second].work]
    doubtful = [match for match in asked if match.verdict.score < 0.2]
    wrong = [match for match in doubtful if references[match.first].work != references[match.second].work]
    assert len(right) >= 0.9 * len(sure) > 0
    assert len(wrong) >= 0.8 * len(doubtful) > 0
