"""The queue of possible duplicates, the list of merges, and the totals."""

from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from reviews.models import (
    BulkMerge,
    DuplicateSuggestion,
    MergeEvent,
    Report,
    ReportRelation,
    Review,
    Source,
    SuggestionState,
    User,
)
from reviews.selectors.duplicate_totals import duplicate_totals
from reviews.selectors.duplicates import facets
from reviews.services import bulk_merging, duplicates, imports, searches
from tests import factories

SignIn = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def _at(review: Review, name: str, *args: object) -> str:
    return reverse(f"reviews:{name}", args=[review.slug, *args])


@pytest.fixture
def chain(review: Review, file_source: Source) -> list[DuplicateSuggestion]:
    """Three publications that two open pairs connect."""
    titles = [f"Zinc for colds in adults, report {number}" for number in (1, 2, 3)]
    made = factories.reports(review, 3, titles, source=file_source)
    return [
        DuplicateSuggestion.objects.create(
            review=review, first=one, second=other, rule="alike", score=score, evidence={"title": 0.95}
        )
        for one, other, score in ((made[0], made[1], 0.95), (made[1], made[2], 0.93))
    ]


def test_merging_shows_the_next_pair_and_an_undo(
    review: Review, pair: DuplicateSuggestion, reviewer: User, signed_in: SignIn
) -> None:
    client = signed_in(reviewer)
    page = client.get(_at(review, "duplicates")).content.decode()
    assert "Are these one publication?" in page
    assert "<ins>: results</ins>" in page

    merged = client.post(_at(review, "merge", pair.pk), headers=HTMX).content.decode()
    assert "Every pair is decided" in merged
    back = _at(review, "take_back_merge", MergeEvent.objects.get().pk)
    assert back in merged

    undone = client.post(back, headers=HTMX).content.decode()
    assert "Are these one publication?" in undone
    pair.refresh_from_db()
    assert pair.state == SuggestionState.OPEN
    assert not Report.objects.filter(canonical__isnull=False).exists()


def test_the_focus_stays_on_the_button_that_was_pressed_and_after_an_undo_goes_to_the_pair(
    review: Review, chain: list[DuplicateSuggestion], reviewer: User, signed_in: SignIn
) -> None:
    client, heading = signed_in(reviewer), 'class="pair__why" tabindex="-1"'
    page = client.get(_at(review, "duplicates")).content.decode()
    merged = client.post(_at(review, "merge", chain[0].pk), headers=HTMX).content.decode()
    for button in ("pair-merge", "pair-different", "pair-skip"):
        assert page.count(f'id="{button}"') == merged.count(f'id="{button}"') == 1
    assert f"{heading}>" in page
    assert f"{heading}>" in merged

    back = _at(review, "take_back_merge", MergeEvent.objects.get().pk)
    assert f"{heading} autofocus>" in client.post(back, headers=HTMX).content.decode()


def test_without_script_the_queue_goes_on_by_redirect_and_keeps_its_filter(
    review: Review, pair: DuplicateSuggestion, reviewer: User, signed_in: SignIn
) -> None:
    client = signed_in(reviewer)
    answer = client.post(_at(review, "keep_apart", pair.pk) + "?least=0.5")
    assert answer.headers["Location"].endswith("?least=0.5")
    page = client.get(answer.headers["Location"]).content.decode()
    assert "Kept apart." in page
    again = client.post(_at(review, "reopen_pair", pair.pk), follow=True).content.decode()
    assert "Are these one publication?" in again


def test_a_pair_can_be_linked_and_the_link_taken_back(
    review: Review, pair: DuplicateSuggestion, reviewer: User, signed_in: SignIn
) -> None:
    client = signed_in(reviewer)
    words = {"kind": "abstract", "lesser": "right"}
    page = client.post(_at(review, "relate", pair.pk), words, headers=HTMX).content.decode()
    said = ReportRelation.objects.get()
    assert (said.first, said.second) == (pair.second, pair.first)
    assert "Linked: conference abstract of the article." in page

    client.post(_at(review, "unrelate", said.pk), headers=HTMX)
    pair.refresh_from_db()
    assert pair.state == SuggestionState.OPEN


def test_a_relation_that_nobody_knows_is_refused_in_words(
    review: Review, pair: DuplicateSuggestion, reviewer: User, signed_in: SignIn
) -> None:
    answer = signed_in(reviewer).post(_at(review, "relate", pair.pk), {"kind": "cousin"}, headers=HTMX)
    assert "“cousin” is not a relation of publications." in answer.content.decode()
    assert not ReportRelation.objects.exists()


def test_a_pair_that_another_person_settled_is_passed_over(
    review: Review, pair: DuplicateSuggestion, reviewer: User, second_reviewer: User, signed_in: SignIn
) -> None:
    duplicates.decide_distinct(by=second_reviewer, suggestion=pair)
    answer = signed_in(reviewer).post(_at(review, "merge", pair.pk), headers=HTMX)
    assert answer.status_code == 200
    assert b"Somebody has settled this pair meanwhile." in answer.content


def test_a_pair_can_be_skipped(
    review: Review, pair: DuplicateSuggestion, reviewer: User, signed_in: SignIn
) -> None:
    page = signed_in(reviewer).get(_at(review, "duplicates") + f"?after={pair.pk}").content
    assert b"That was the last pair" in page


def test_the_queue_is_narrowed_by_rule_score_and_sources(
    review: Review, pair: DuplicateSuggestion, file_source: Source, reviewer: User, signed_in: SignIn
) -> None:
    client = signed_in(reviewer)
    other = factories.source(review)
    fits = f"rule=other_doi&least=0.9&sources={file_source.pk}-{file_source.pk}"
    assert b"Are these one publication?" in client.get(_at(review, "duplicates") + f"?{fits}").content
    for query in ("least=0.95", "most=0.5", f"sources={file_source.pk}-{other.pk}"):
        page = client.get(_at(review, "duplicates") + f"?{query}").content
        assert b"No pair fits the filter" in page
    for nonsense in ("least=much", "sources=all", "most=7"):
        page = client.get(_at(review, "duplicates") + f"?{nonsense}").content
        assert b"Are these one publication?" in page


def test_what_was_chosen_is_chosen_still_when_its_last_pair_is_decided(
    review: Review, chain: list[DuplicateSuggestion], reviewer: User, signed_in: SignIn
) -> None:
    DuplicateSuggestion.objects.filter(pk=chain[0].pk).update(rule="other_doi")
    client = signed_in(reviewer)
    decided = client.post(_at(review, "keep_apart", chain[0].pk) + "?rule=other_doi", headers=HTMX)
    assert b"No pair fits the filter" in decided.content
    page = client.get(_at(review, "duplicates") + "?rule=other_doi").content.decode()
    assert '<option value="other_doi" selected>alike, but with different DOIs (0)</option>' in page


def test_a_decision_does_not_read_every_pair_for_the_filter(
    review: Review, chain: list[DuplicateSuggestion], reviewer: User, signed_in: SignIn
) -> None:
    client = signed_in(reviewer)
    assert b"(2)</option>" in client.get(_at(review, "duplicates")).content
    for page in (
        client.post(_at(review, "keep_apart", chain[0].pk), headers=HTMX).content.decode(),
        client.get(_at(review, "duplicates") + f"?after={chain[1].pk}", headers=HTMX).content.decode(),
    ):
        assert '<details class="pair-filter" id="pair-filter" hx-preserve></details>' in page
        assert "<option" not in page


def test_the_choices_of_the_filter_are_counted_by_pair(
    review: Review, lead: User, file_source: Source
) -> None:
    other, third = factories.source(review, "Embase"), factories.source(review, "Scopus")
    here, there = factories.reports(review, 4, source=file_source), factories.reports(review, 3, source=other)
    last = factories.reports(review, 1, source=third)[0]
    for rule, one, two in (("alike", 0, 0), ("alike", 1, 1), ("other_doi", 2, 2)):
        DuplicateSuggestion.objects.create(
            review=review, first=here[one], second=there[two], rule=rule, score=0.5
        )
    DuplicateSuggestion.objects.create(
        review=review, first=here[0], second=here[3], rule="other_doi", score=0.5, state="distinct"
    )
    # The first is found by a third source too, and two that were asked about are one by now.
    duplicates.merge(by=lead, kept=here[0], absorbed=last, rule="by hand")
    duplicates.merge(by=lead, kept=here[2], absorbed=there[2], rule="by hand")

    found = facets(review)

    assert [(rule, n) for rule, _, n in found.rules] == [("alike", 2)]
    assert found.sources == [
        (f"{file_source.pk}-{other.pk}", f"{file_source.name} and Embase", 2),
        (f"{other.pk}-{third.pk}", "Embase and Scopus", 1),
    ]


def test_several_connected_pairs_are_shown_and_merged_as_a_group(
    review: Review, chain: list[DuplicateSuggestion], reviewer: User, signed_in: SignIn
) -> None:
    client = signed_in(reviewer)
    page = client.get(_at(review, "duplicates")).content.decode()
    assert "One of a group of 3" in page

    ids = [chain[0].first_id, chain[0].second_id, chain[1].second_id]
    client.post(_at(review, "merge_group"), {"report": ids}, headers=HTMX)
    assert Report.objects.filter(canonical=chain[0].first).count() == 2

    client.post(_at(review, "take_back_bulk", BulkMerge.objects.get(undoes=None).pk), headers=HTMX)
    assert not Report.objects.filter(canonical__isnull=False).exists()
    assert DuplicateSuggestion.objects.filter(state=SuggestionState.OPEN).count() == 2


def test_a_group_says_which_of_its_publications_contradict_each_other(
    review: Review, chain: list[DuplicateSuggestion], reviewer: User, signed_in: SignIn
) -> None:
    client = signed_in(reviewer)
    Report.objects.update(title="Zinc for colds in adults")
    assert b"Contradicts number" not in client.get(_at(review, "duplicates")).content
    Report.objects.filter(pk=chain[0].first_id).update(pmid="11")
    Report.objects.filter(pk=chain[1].second_id).update(pmid="22")
    page = client.get(_at(review, "duplicates")).content.decode()
    assert page.index("Contradicts number 3") < page.index("Contradicts number 1")


def test_of_a_group_what_was_told_apart_stays_apart_and_is_said(
    review: Review, chain: list[DuplicateSuggestion], reviewer: User, signed_in: SignIn
) -> None:
    ids = [chain[0].first_id, chain[0].second_id, chain[1].second_id]
    duplicates.remember_distinct(by=reviewer, review_id=review.pk, one=ids[0], other=ids[2])
    page = signed_in(reviewer).post(_at(review, "merge_group"), {"report": ids}, headers=HTMX).content
    assert b"Merged, but for those that stand apart." in page
    assert Report.objects.get(pk=ids[2]).canonical is None


def test_a_merge_is_undone_from_the_list_once(
    review: Review, pair: DuplicateSuggestion, reviewer: User, signed_in: SignIn
) -> None:
    event = duplicates.decide_merge(by=reviewer, suggestion=pair)
    client = signed_in(reviewer)
    first = client.post(_at(review, "undo_merge", event.pk), follow=True).content
    assert b"both publications stand for themselves again" in first
    assert b"Undone by" in first
    assert (
        b"This merge was undone already."
        in client.post(_at(review, "undo_merge", event.pk), follow=True).content
    )


def test_an_act_in_bulk_is_undone_from_the_list(
    review: Review, chain: list[DuplicateSuggestion], reviewer: User, signed_in: SignIn
) -> None:
    bulk = bulk_merging.accept(by=reviewer, review=review, threshold=0.9)
    client = signed_in(reviewer)
    assert "with a score of at least 0.90" in client.get(_at(review, "merged")).content.decode()
    page = client.post(_at(review, "undo_bulk", bulk.pk), follow=True).content.decode()
    assert "their pairs are as before" in page
    again = client.post(_at(review, "undo_bulk", bulk.pk), follow=True).content.decode()
    assert "These merges were undone already." in again


def test_the_observer_sees_pairs_and_no_buttons(
    review: Review, pair: DuplicateSuggestion, observer: User, signed_in: SignIn
) -> None:
    page = signed_in(observer).get(_at(review, "duplicates")).content
    assert b"Are these one publication?" in page
    assert b"Different" not in page


def test_a_newer_version_of_a_record_is_no_duplicate(review: Review, file_source: Source, lead: User) -> None:
    for title in ("Early title", "Late title"):
        entry = f"TY  - JOUR\nTI  - {title}\nAU  - Adams, J\nAN  - 7788\nER  - \n"
        file = ContentFile(entry.encode(), "a.ris")
        run = imports.import_file(by=lead, source=file_source, name="a.ris", file=file)
        searches.execute(run.pk)

    totals = duplicate_totals(review)

    assert (totals.records, totals.publications, totals.duplicates) == (1, 1, 0)
    assert [(line.records, line.within) for line in totals.sources] == [(1, 0)]


def test_the_totals_say_what_each_source_alone_found(
    review: Review, lead: User, signed_in: SignIn, file_source: Source
) -> None:
    other = factories.source(review, "Embase")
    here = factories.reports(review, 3, source=file_source)
    there = factories.reports(review, 2, source=other)
    duplicates.merge(by=None, kept=here[0], absorbed=there[0], rule="same_doi")
    duplicates.merge(by=lead, kept=here[1], absorbed=here[2], rule="confirmed: alike")

    client = signed_in(lead)
    page = client.get(_at(review, "duplicate_totals")).content.decode()
    lines = b"".join(client.get(_at(review, "duplicate_totals_csv"))).decode().splitlines()

    assert "What each source brought" in page
    assert "publications,,,3,," in lines
    assert "found only by a source,Embase,,1,," in lines
    assert f"found by both,{file_source.name},Embase,1,," in lines
    assert "merged automatically,the same DOI and titles alike,,1,0,0" in lines
    assert "merged automatically,alike in title and in other fields,,0,1,0" in lines
