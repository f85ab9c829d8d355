"""The page of a record: its whole history in order, and nobody's vote before it is open."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reviews.models import (
    Citation,
    CitationDirection,
    NoticeKind,
    Record,
    RecordNotice,
    RelationKind,
    Report,
    Review,
    RunState,
    SearchRun,
    Sighting,
    User,
)
from reviews.services import duplicates, relations
from tests import factories
from tests.screening.support import opened, vote

SignIn = Callable[[User], Client]
Relay = Callable[[], int]


def _record(report: Report) -> Record:
    return Record.objects.get(filed__report=report)


def _page(client: Client, review: Review, record: Record) -> str:
    return client.get(reverse("analysis:record", args=[review.slug, record.pk])).content.decode()


def _history(page: str) -> str:
    return page[page.index('class="history"') : page.index("Download the history")]


def test_the_old_address_leads_to_the_page(review: Review, lead: User, signed_in: SignIn) -> None:
    record = _record(factories.report(review, "Zinc for colds"))
    answer = signed_in(lead).get(reverse("reviews:record", args=[review.slug, record.pk]), follow=True)
    assert answer.status_code == 200
    assert "Zinc for colds" in answer.content.decode()


def test_a_colleagues_vote_is_not_told_before_the_report_is_settled(
    started_review: Review, reviewer: User, second_reviewer: User, lead: User, signed_in: SignIn
) -> None:
    (report,) = opened(started_review)
    vote(reviewer, report, "exclude")
    record = _record(report)

    assert "Voted: exclude" in _page(signed_in(reviewer), started_review, record)
    for person in (second_reviewer, lead):
        page = _page(signed_in(person), started_review, record)
        assert "Voted" not in page
        assert "Undecided" in page

    vote(second_reviewer, report, "exclude")
    page = _page(signed_in(lead), started_review, record)
    assert page.count("Voted: exclude") == 2
    assert "Excluded" in page


def test_a_conflict_looks_like_any_open_report(
    started_review: Review, reviewer: User, second_reviewer: User, third_reviewer: User, signed_in: SignIn
) -> None:
    (report,) = opened(started_review)
    vote(reviewer, report, "exclude")
    vote(second_reviewer, report, "include")
    page = _page(signed_in(third_reviewer), started_review, _record(report))
    assert "Undecided" in page
    assert "onflict" not in page[page.index("<main") :]


def test_the_history_tells_finding_merging_and_linking_in_order(
    review: Review, lead: User, signed_in: SignIn
) -> None:
    other = factories.source(review, "Embase")
    first = factories.report(review, "Zinc for colds")
    second = factories.report(review, "Zinc for the common cold", source=other)
    abstract = factories.report(review, "Zinc at the congress")
    event = duplicates.merge(by=None, kept=first, absorbed=second, rule="same_doi", evidence={"doi": True})
    relations.relate(by=lead, first=abstract, second=first, kind=RelationKind.ABSTRACT)
    client = signed_in(lead)

    page = _page(client, review, _record(first))
    told = _history(page)
    words = ["Found in Database", "Found in Embase", "Merged: “Zinc for the common cold”", "Linked"]
    assert [told.index(word) for word in words] == sorted(told.index(word) for word in words)
    assert "the same DOI and titles alike; same DOI" in told
    assert "By rule" in told
    assert "One publication in 2 records" in page

    client.post(reverse("reviews:undo_merge", args=[review.slug, event.pk]))
    told = _history(_page(client, review, _record(second)))
    assert "Merge undone: “Zinc for the common cold” stands for itself again" in told
    assert "Found in Database" not in told


def test_which_record_gave_which_field_is_told(review: Review, lead: User, signed_in: SignIn) -> None:
    other = factories.source(review, "Embase")
    first = factories.report(review, "Zinc for colds", abstract="Short.")
    second = factories.report(
        review, "Zinc for colds", abstract="A much longer one.", source=other, doi="10.1/x"
    )
    duplicates.merge(by=lead, kept=first, absorbed=second, rule="by hand")

    page = _page(signed_in(lead), review, _record(first))

    row = page[page.index('<th scope="row">DOI</th>') :]
    assert "Embase" in row[: row.index("</tr>")]
    assert "A much longer one." in page


def test_notices_sightings_and_citations_stand_in_the_history(
    review: Review, lead: User, signed_in: SignIn
) -> None:
    seed, report = factories.report(review, "The seed"), factories.report(review, "Zinc for colds")
    record = _record(report)
    later = SearchRun.objects.create(
        review=review,
        source=record.source,
        trigger="hand",
        state="complete",
        seq=90,
        finished_at=timezone.now(),
    )
    Sighting.objects.create(record=record, run=later, seq=90)
    RecordNotice.objects.create(
        review=review, record=record, run=later, kind=NoticeKind.RETRACTED, detail="PMID 99", seq=91
    )
    Citation.objects.create(record=record, seed=seed, direction=CitationDirection.FORWARD, run=later)

    told = _history(_page(signed_in(lead), review, record))

    for words in (
        "Found again in",
        "Retracted, says",
        "PMID 99",
        "Reached by citation chasing",
        "Cites “The seed”",
    ):
        assert words in told


def test_a_revision_says_what_changed(review: Review, lead: User, signed_in: SignIn) -> None:
    report = factories.report(review, "Zinc for colds")
    record = _record(report)
    values = {
        field.attname: getattr(record, field.attname)
        for field in Record._meta.concrete_fields
        if field.attname not in {"id", "content_hash", "title", "revises_id"}
    }
    revised = Record.objects.create(
        title="Zinc for colds: corrected", revises=record, content_hash="other", **values
    )
    report.filed.create(record=revised)
    told = _history(_page(signed_in(lead), review, record))
    assert "Revised in" in told
    assert "Changed: title" in told


def test_a_record_of_an_undone_run_keeps_its_page(review: Review, lead: User, signed_in: SignIn) -> None:
    record = _record(factories.report(review, "Zinc for colds"))
    SearchRun.objects.filter(pk=record.run_id).update(state=RunState.UNDONE)
    Record.objects.filter(pk=record.pk).update(seq=None)
    page = _page(signed_in(lead), review, record)
    assert "This record counts for nothing now" in page


def test_the_history_is_a_file_too_with_the_same_blinding(
    started_review: Review, reviewer: User, second_reviewer: User, signed_in: SignIn
) -> None:
    (report,) = opened(started_review)
    vote(reviewer, report, "exclude")
    address = reverse("analysis:record_history", args=[started_review.slug, _record(report).pk])
    mine = b"".join(signed_in(reviewer).get(address)).decode()
    theirs = b"".join(signed_in(second_reviewer).get(address)).decode()
    assert "Voted: exclude" in mine
    assert "Voted" not in theirs
    assert "Found in" in theirs
