"""What a merge had answered is, after its undo, just what it was before: who said it, when, and what."""

import random
from typing import Any

import pytest

from reviews.models import (
    DuplicateSuggestion,
    MergeEvent,
    Record,
    RelationKind,
    Report,
    Review,
    SuggestionState,
    User,
)
from reviews.services import bulk_merging, duplicates, relations, undoing
from tests import factories

Answers = list[tuple[Any, ...]]


def _answers() -> Answers:
    rows = DuplicateSuggestion.objects.order_by("pk")
    return list(rows.values_list("pk", "state", "decided_by_id", "decided_at"))


def _ask(review: Review, one: Report, other: Report, score: float = 0.95) -> DuplicateSuggestion:
    return DuplicateSuggestion.objects.create(
        review=review, first=one, second=other, rule="alike", score=score, evidence={"title": 0.95}
    )


def test_not_duplicates_holds_again_when_a_merge_over_it_is_taken_back(
    pair: DuplicateSuggestion, reviewer: User, lead: User
) -> None:
    duplicates.decide_distinct(by=reviewer, suggestion=pair)
    before = _answers()
    event = duplicates.merge(by=lead, kept=pair.first, absorbed=pair.second, rule="by hand")

    duplicates.take_back(by=lead, event=event)

    assert _answers() == before
    assert duplicates.are_told_apart(pair.first_id, pair.second_id)


def test_an_act_in_bulk_that_is_undone_gives_every_answer_back(review: Review, reviewer: User) -> None:
    a, b, c = factories.reports(review, 3, ["Zinc for colds"] * 3)
    for one, other in ((a, b), (b, c)):
        _ask(review, one, other)
    far = _ask(review, a, c, score=0.2)
    before = _answers()
    bulk = bulk_merging.accept(by=reviewer, review=review, threshold=0.9)
    far.refresh_from_db()
    assert far.state == SuggestionState.MERGED

    bulk_merging.undo(by=reviewer, bulk=bulk)

    assert _answers() == before


def test_a_link_is_said_still_when_a_merge_over_it_is_undone(
    pair: DuplicateSuggestion, reviewer: User, lead: User
) -> None:
    relations.decide_related(by=reviewer, suggestion=pair, kind=RelationKind.ABSTRACT)
    before = _answers()
    event = duplicates.merge(by=lead, kept=pair.first, absorbed=pair.second, rule="by hand")
    duplicates.split(by=lead, event=event)
    assert _answers() == before


def test_a_link_taken_back_while_the_two_are_one_does_not_come_back(
    pair: DuplicateSuggestion, lead: User
) -> None:
    said = relations.decide_related(by=lead, suggestion=pair, kind=RelationKind.ABSTRACT)
    event = duplicates.merge(by=lead, kept=pair.first, absorbed=pair.second, rule="by hand")
    relations.take_back(by=lead, relation=said)
    duplicates.take_back(by=lead, event=event)
    assert DuplicateSuggestion.objects.get().state == SuggestionState.OPEN


def test_without_a_question_the_two_of_a_link_taken_back_meanwhile_are_different(
    review: Review, lead: User
) -> None:
    a, b = factories.reports(review, 2)
    said = relations.relate(by=lead, first=b, second=a, kind=RelationKind.SAME_STUDY)
    event = duplicates.merge(by=lead, kept=a, absorbed=b, rule="by hand")
    relations.take_back(by=lead, relation=said)
    duplicates.take_back(by=lead, event=event)
    assert DuplicateSuggestion.objects.get().state == SuggestionState.DISTINCT


def test_the_undo_of_a_merge_from_the_list_tells_the_two_apart(
    pair: DuplicateSuggestion, reviewer: User, lead: User
) -> None:
    event = duplicates.decide_merge(by=reviewer, suggestion=pair)
    duplicates.split(by=lead, event=event)
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by) == (SuggestionState.DISTINCT, lead)


def test_a_question_about_what_left_the_counts_meanwhile_waits_aside(
    pair: DuplicateSuggestion, lead: User
) -> None:
    event = duplicates.decide_merge(by=lead, suggestion=pair)
    places = dict(Record.objects.values_list("pk", "seq"))
    gone = Record.objects.filter(filed__report=pair.second)
    gone.update(seq=None)

    duplicates.take_back(by=lead, event=event)
    pair.refresh_from_db()
    assert pair.state == SuggestionState.AWAY

    for record in gone:
        Record.objects.filter(pk=record.pk).update(seq=places[record.pk])
    undoing.follow_pairs(review_id=pair.review_id)
    pair.refresh_from_db()
    assert pair.state == SuggestionState.OPEN


@pytest.mark.parametrize("seed", range(6))
def test_any_merge_taken_back_at_once_leaves_all_answers_as_they_were(
    review: Review, lead: User, reviewer: User, seed: int
) -> None:
    rng = random.Random(seed)
    reports = factories.reports(review, 6)
    for number, one in enumerate(reports):
        for other in reports[number + 1 :]:
            asked = _ask(review, one, other)
            answer = rng.choice(("none", "distinct", "related"))
            if answer == "distinct":
                duplicates.decide_distinct(by=reviewer, suggestion=asked)
            elif answer == "related":
                relations.decide_related(by=reviewer, suggestion=asked, kind=RelationKind.SAME_STUDY)
    standing: list[tuple[MergeEvent, Answers]] = []
    for _ in range(12):
        before = _answers()
        kept, absorbed = rng.sample(reports, 2)
        roots = [Report.objects.get(pk=one.pk).canonical_id or one.pk for one in (kept, absorbed)]
        if roots[0] == roots[1]:
            duplicates.take_back(by=lead, event=standing.pop()[0])
            continue
        event = duplicates.merge(by=lead, kept=kept, absorbed=absorbed, rule="by hand")
        if rng.random() < 0.5:
            duplicates.take_back(by=lead, event=event)
            assert _answers() == before
        else:
            standing.append((event, before))
    while standing:
        event, before = standing.pop()
        duplicates.take_back(by=lead, event=event)
        assert _answers() == before
