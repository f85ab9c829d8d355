"""Publications that belong together without being one: said by people, never merged, always reversible."""

import pytest

from reviews.errors import InvalidInput, NotAllowed
from reviews.models import (
    DuplicateSuggestion,
    Record,
    RelationKind,
    ReportRelation,
    Review,
    SearchRun,
    SuggestionState,
    User,
)
from reviews.selectors.relations import relations_of
from reviews.services import duplicates, finding, relations
from tests import factories

TITLE = "Zinc for the common cold in adults: a randomised trial"


def test_a_relation_answers_the_question_and_names_the_lesser_first(
    pair: DuplicateSuggestion, reviewer: User
) -> None:
    said = relations.decide_related(
        by=reviewer, suggestion=pair, kind=RelationKind.ABSTRACT, is_second_lesser=True
    )

    pair.refresh_from_db()
    assert (pair.state, pair.decided_by) == (SuggestionState.RELATED, reviewer)
    assert (said.first, said.second, said.kind) == (pair.second, pair.first, "abstract")
    with pytest.raises(duplicates.AlreadySettled):
        relations.decide_related(by=reviewer, suggestion=pair, kind=RelationKind.COMMENT)


def test_what_was_taken_back_is_a_question_again(pair: DuplicateSuggestion, reviewer: User) -> None:
    said = relations.decide_related(by=reviewer, suggestion=pair, kind=RelationKind.PREPRINT)

    relations.take_back(by=reviewer, relation=said)

    pair.refresh_from_db()
    assert pair.state == SuggestionState.OPEN
    assert relations_of(pair.first, [pair.first_id]) == []
    assert ReportRelation.objects.count() == 2
    with pytest.raises(relations.AlreadyTakenBack):
        relations.take_back(by=reviewer, relation=said)


def test_no_rule_merges_what_a_person_related(review: Review, reviewer: User) -> None:
    values = {"authors": ["Family, G"], "journal": "Journal of Tests", "volume": "3", "pages": "1-9"}
    first = factories.report(review, TITLE, **values)
    second = factories.report(review, TITLE, **values)
    relations.relate(by=reviewer, first=second, second=first, kind=RelationKind.SAME_STUDY)

    last = SearchRun.objects.filter(review=review).latest("id")
    assert finding.find_duplicates(review_id=review.pk, run_id=last.pk) == 0

    assert duplicates.are_told_apart(first.pk, second.pk)
    assert not DuplicateSuggestion.objects.filter(state=SuggestionState.OPEN).exists()


def test_a_relation_said_of_a_copy_is_one_of_its_publication(review: Review, lead: User) -> None:
    article, copy, abstract = factories.reports(review, 3)
    relations.relate(by=lead, first=abstract, second=copy, kind=RelationKind.ABSTRACT)
    duplicates.merge(by=lead, kept=article, absorbed=copy, rule="by hand")

    found = relations_of(article, [article.pk, copy.pk])

    assert [(one.other, one.is_lesser) for one in found] == [(abstract, False)]
    with pytest.raises(relations.AlreadyRelated):
        relations.relate(by=lead, first=abstract, second=article, kind=RelationKind.ABSTRACT)


def test_refusals_say_why(review: Review, lead: User, observer: User) -> None:
    a, b, c = factories.reports(review, 3)
    duplicates.merge(by=lead, kept=a, absorbed=b, rule="by hand")
    with pytest.raises(duplicates.AlreadyMerged):
        relations.relate(by=lead, first=b, second=a, kind=RelationKind.COMMENT)
    with pytest.raises(InvalidInput, match="not a relation"):
        relations.relate(by=lead, first=c, second=a, kind="cousin")
    with pytest.raises(NotAllowed):
        relations.relate(by=observer, first=c, second=a, kind=RelationKind.COMMENT)


def test_taking_back_what_nobody_had_asked_leaves_no_question(review: Review, lead: User) -> None:
    a, b = factories.reports(review, 2)
    said = relations.relate(by=lead, first=b, second=a, kind=RelationKind.SAME_STUDY)
    relations.take_back(by=lead, relation=said)
    assert DuplicateSuggestion.objects.get().state == SuggestionState.DISTINCT


def test_a_pair_of_two_links_is_a_question_again_when_both_are_taken_back(
    pair: DuplicateSuggestion, lead: User
) -> None:
    first = relations.decide_related(by=lead, suggestion=pair, kind=RelationKind.ABSTRACT)
    second = relations.relate(by=lead, first=pair.second, second=pair.first, kind=RelationKind.SAME_STUDY)
    for said, state in ((first, SuggestionState.RELATED), (second, SuggestionState.OPEN)):
        relations.take_back(by=lead, relation=said)
        pair.refresh_from_db()
        assert pair.state == state


def test_a_link_that_is_taken_back_leaves_the_answer_that_stood_before(
    pair: DuplicateSuggestion, lead: User, reviewer: User
) -> None:
    duplicates.decide_distinct(by=reviewer, suggestion=pair)
    pair.refresh_from_db()
    told_at = pair.decided_at
    for kind in (RelationKind.ABSTRACT, RelationKind.SAME_STUDY):
        relations.relate(by=lead, first=pair.first, second=pair.second, kind=kind)
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by) == (SuggestionState.RELATED, lead)

    for said in ReportRelation.objects.order_by("seq"):
        relations.take_back(by=lead, relation=said)

    pair.refresh_from_db()
    assert (pair.state, pair.decided_by, pair.decided_at) == (SuggestionState.DISTINCT, reviewer, told_at)
    duplicates.reopen(by=lead, suggestion=pair)
    said = relations.decide_related(by=lead, suggestion=pair, kind=RelationKind.ABSTRACT)
    relations.take_back(by=lead, relation=said)
    pair.refresh_from_db()
    assert pair.state == SuggestionState.OPEN


@pytest.mark.parametrize("answer", ["related", "distinct"])
def test_a_question_about_what_left_the_counts_waits_aside_when_its_answer_is_taken_back(
    pair: DuplicateSuggestion, lead: User, answer: str
) -> None:
    if answer == "related":
        said = relations.decide_related(by=lead, suggestion=pair, kind=RelationKind.ABSTRACT)
    else:
        duplicates.decide_distinct(by=lead, suggestion=pair)
    Record.objects.filter(filed__report=pair.second).update(seq=None)
    if answer == "related":
        relations.take_back(by=lead, relation=said)
    else:
        duplicates.reopen(by=lead, suggestion=pair)
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by) == (SuggestionState.AWAY, None)
