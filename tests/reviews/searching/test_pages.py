"""The pages of sources, runs, records and duplicates."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reviews.models import (
    DuplicateSuggestion,
    MergeEvent,
    Record,
    Review,
    RunState,
    SearchRun,
    Source,
    User,
)
from reviews.services import duplicates, imports, searches
from tests import factories
from tests.fakes.eutils import FakeEutils
from tests.reviews.searching.test_imports import ris

SignIn = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def _at(review: Review, name: str, *args: object) -> str:
    return reverse(f"reviews:{name}", args=[review.slug, *args])


@pytest.fixture
def pages(review: Review, pair: DuplicateSuggestion) -> dict[str, str]:
    """Every page that reads, with something on it."""
    run, record = SearchRun.objects.latest("id"), Record.objects.latest("id")
    return {
        "sources": _at(review, "sources"),
        "runs": _at(review, "runs"),
        "runs_csv": _at(review, "runs_csv"),
        "run": _at(review, "run", run.pk),
        "run_problems": _at(review, "run_problems", run.pk),
        "records": _at(review, "records"),
        "records_csv": _at(review, "records_csv"),
        "record_raw": _at(review, "record_raw", record.pk),
        "duplicates": _at(review, "duplicates"),
        "merged": _at(review, "merged"),
        "merges_csv": _at(review, "merges_csv"),
    }


READ = (
    "sources", "runs", "runs_csv", "run", "run_problems", "records", "records_csv", "record_raw",
    "duplicates", "merged", "merges_csv",
)  # fmt: skip
ACTS = ("search_now", "pause_source", "run_again", "merge", "keep_apart", "reopen_pair", "undo_merge")


@pytest.mark.parametrize("name", READ)
def test_members_read_and_strangers_do_not(
    name: str,
    pages: dict[str, str],
    observer: User,
    outsider: User,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    anonymous = Client().get(pages[name])
    assert anonymous.status_code == 302
    assert anonymous.headers["Location"].startswith("/accounts/login/")
    assert signed_in(outsider).get(pages[name]).status_code == 404
    member = signed_in(observer)
    assert member.post(pages[name]).status_code == 405
    with django_assert_max_num_queries(14):
        answer = member.get(pages[name])
        assert answer.status_code == 200
        assert b"".join(answer) if answer.streaming else answer.content


@pytest.mark.parametrize("name", ACTS)
def test_only_who_may_search_acts(
    name: str, review: Review, observer: User, outsider: User, signed_in: SignIn
) -> None:
    address = _at(review, name, 1)
    assert Client().post(address).status_code == 302
    assert signed_in(outsider).post(address).status_code == 404
    assert signed_in(observer).post(address).status_code == 403
    assert signed_in(observer).get(address).status_code == 405


@pytest.mark.parametrize("name", ["run", "record", "run_problems", "record_raw"])
def test_a_row_of_another_review_is_not_there(
    name: str, pair: DuplicateSuggestion, lead: User, signed_in: SignIn
) -> None:
    other = factories.review(lead)
    last: Any = SearchRun if name.startswith("run") else Record
    assert signed_in(lead).get(_at(other, name, last.objects.latest("id").pk)).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "day", "sentence"),
    [
        ("a.pdf", b"%PDF-1.7", "2024-05-01", "It looks like: pdf"),
        ("a.ris", ris("One"), "2999-01-01", "still to come"),
        ("a.ris", b"", "2024-05-01", "empty"),
    ],
)
def test_what_cannot_be_imported_is_said_beside_the_field(
    review: Review,
    file_source: Source,
    lead: User,
    signed_in: SignIn,
    *,
    name: str,
    content: bytes,
    day: str,
    sentence: str,
) -> None:
    answer = signed_in(lead).post(
        _at(review, "import_file", file_source.pk),
        {"file": SimpleUploadedFile(name, content), "searched_on": day},
    )
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not SearchRun.objects.exists()


def test_a_file_over_the_bound_is_refused(
    review: Review, file_source: Source, lead: User, signed_in: SignIn, settings: Any
) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    answer = signed_in(lead).post(
        _at(review, "import_file", file_source.pk),
        {"file": SimpleUploadedFile("a.ris", ris("One")), "searched_on": "2024-05-01"},
    )
    assert answer.status_code == 422
    assert b"at most" in answer.content


def test_a_search_now_leads_to_its_run_and_a_second_one_is_refused(
    review: Review, source: Source, reviewer: User, signed_in: SignIn, pubmed: FakeEutils
) -> None:
    client = signed_in(reviewer)
    first = client.post(_at(review, "search_now", source.pk))
    run = SearchRun.objects.get()
    assert first.headers["Location"] == _at(review, "run", run.pk)
    assert b"Waiting for the worker" in client.get(_at(review, "sources")).content

    again = client.post(_at(review, "search_now", source.pk), follow=True)
    assert b"being searched already" in again.content

    searches.execute(run.pk)
    page = client.get(_at(review, "run", run.pk)).content.decode()
    assert "&quot;report&quot;[All Fields]" in page


def test_a_polled_run_answers_304_until_it_moves(
    review: Review, source: Source, reviewer: User, signed_in: SignIn
) -> None:
    client = signed_in(reviewer)
    run = searches.request_run(by=reviewer, source=source)
    address = _at(review, "run", run.pk) + "?line=1"
    first = client.get(address, headers=HTMX)
    same = {"If-None-Match": first.headers["ETag"], **HTMX}
    assert client.get(address, headers=same).status_code == 304

    SearchRun.objects.filter(pk=run.pk).update(
        state=RunState.RUNNING, started_at=timezone.now(), found=400, received=200
    )

    moved = client.get(address, headers=same)
    assert moved.status_code == 200
    assert b"200 of 400" in moved.content


def test_a_failed_run_shows_its_sentence_and_is_run_again(
    review: Review, source: Source, reviewer: User, observer: User, signed_in: SignIn
) -> None:
    run = searches.request_run(by=reviewer, source=source)
    SearchRun.objects.filter(pk=run.pk).update(state=RunState.FAILED, error="PubMed did not answer.")
    address = _at(review, "run", run.pk)
    assert b"PubMed did not answer." in signed_in(reviewer).get(address).content
    assert b"Search again" not in signed_in(observer).get(address).content

    answer = signed_in(reviewer).post(_at(review, "run_again", run.pk))

    assert answer.headers["Location"] == _at(review, "run", SearchRun.objects.latest("id").pk)
    assert SearchRun.objects.count() == 2


def test_a_failed_import_is_read_again_once(
    review: Review, file_source: Source, reviewer: User, signed_in: SignIn
) -> None:
    run = imports.import_file(
        by=reviewer, source=file_source, name="a.ris", file=SimpleUploadedFile("a.ris", ris("One"))
    )
    SearchRun.objects.filter(pk=run.pk).update(state=RunState.FAILED, error="The disk was away.")
    client = signed_in(reviewer)
    assert client.post(_at(review, "run_again", run.pk)).status_code == 302
    refused = client.post(_at(review, "run_again", run.pk), follow=True)
    assert b"Import it again only if that is meant" in refused.content
    assert SearchRun.objects.count() == 2


def test_problems_are_listed_and_downloaded_without_formulas(
    review: Review, file_source: Source, reviewer: User, signed_in: SignIn
) -> None:
    run = imports.import_file(
        by=reviewer,
        source=file_source,
        name="a.ris",
        file=SimpleUploadedFile("a.ris", ris("=HYPERLINK(1)").replace(b"ER  - \n\n", b"") + ris("Two")),
    )
    searches.execute(run.pk)
    client = signed_in(reviewer)
    assert b"The end of the record is missing" in client.get(_at(review, "run", run.pk)).content
    lines = b"".join(client.get(_at(review, "records_csv"))).decode()
    assert "'=HYPERLINK(1)" in lines
    assert ",=HYPERLINK" not in lines


def test_a_source_is_paused_and_resumed(
    started_review: Review, source: Source, reviewer: User, signed_in: SignIn
) -> None:
    client = signed_in(reviewer)
    client.post(_at(started_review, "pause_source", source.pk), {"pause": "1"})
    assert b"<strong>paused</strong>" in client.get(_at(started_review, "sources")).content
    client.post(_at(started_review, "pause_source", source.pk), {"pause": "0"})
    source.refresh_from_db()
    assert not source.is_paused


def _titles(page: bytes) -> list[str]:
    return re.findall(r'class="rows__title" href="[^"]*">([^<]*)<', page.decode())


def test_records_are_found_by_words_source_run_and_place(
    review: Review, pair: DuplicateSuggestion, lead: User, signed_in: SignIn
) -> None:
    other = factories.source(review, "Another base")
    factories.report(review, "Vitamin C", source=other, doi="10.1000/xyz", authors=["Müller, Anna"])
    duplicates.decide_merge(by=lead, suggestion=pair)
    client = signed_in(lead)
    address = _at(review, "records")
    late = SearchRun.objects.latest("id").pk
    both = ["Zinc for colds in adults: results", "Zinc for colds in adults"]
    for query, titles in {
        "q=zinc+colds": both,
        "q=10.1000": ["Vitamin C"],
        "q=nothing": [],
        f"source={other.pk}": ["Vitamin C"],
        f"run={late}": ["Vitamin C"],
        "place=merged": both[:1],
        "place=standing": ["Vitamin C", both[1]],
        "place=nonsense&source=x": ["Vitamin C", *both],
    }.items():
        assert _titles(client.get(f"{address}?{query}").content) == titles, query


def test_the_list_of_records_pages_by_key(
    review: Review, file_source: Source, lead: User, signed_in: SignIn
) -> None:
    factories.reports(review, 120, source=file_source)
    client = signed_in(lead)
    address = _at(review, "records")
    seen: list[str] = []
    more: str | None = ""
    while more is not None:
        page = client.get(address + more).content.decode()
        seen += _titles(page.encode())
        link = re.search(r'href="(\?before=\d+)" rel="next"', page)
        more = link.group(1) if link else None
    assert len(seen) == len(set(seen)) == 120
    back = re.search(r'href="(\?after=\d+)" rel="prev"', page)
    assert back is not None
    assert _titles(client.get(address + back.group(1)).content) == seen[50:100]


def test_the_htmx_list_is_the_fragment_alone(pages: dict[str, str], lead: User, signed_in: SignIn) -> None:
    answer = signed_in(lead).get(pages["records"], headers=HTMX)
    content = answer.content
    assert "HX-Request" in answer.headers["Vary"]
    assert b"<html" not in content
    assert b"Zinc for colds" in content


def test_records_of_an_unfinished_run_are_nowhere(
    review: Review, file_source: Source, lead: User, signed_in: SignIn
) -> None:
    filed = factories.report(review, "Not counted yet", source=file_source).filed.get()
    Record.objects.filter(pk=filed.record_id).update(seq=None)
    client = signed_in(lead)
    assert b"Not counted yet" not in client.get(_at(review, "records")).content
    assert client.get(_at(review, "record", filed.record_id)).status_code == 404
    assert client.get(_at(review, "record_raw", filed.record_id)).status_code == 404


def test_a_record_shows_where_it_was_found_and_what_was_merged(
    review: Review, pair: DuplicateSuggestion, lead: User, signed_in: SignIn
) -> None:
    duplicates.decide_merge(by=lead, suggestion=pair)
    client = signed_in(lead)
    record = Record.objects.latest("id")
    page = client.get(_at(review, "record", record.pk), follow=True).content.decode()
    assert "confirmed by a person; alike, but with different DOIs" in page
    assert "titles 91 % alike" in page
    assert _at(review, "undo_merge", MergeEvent.objects.get().pk) in page
    raw = client.get(_at(review, "record_raw", record.pk))
    assert raw.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert raw.content.decode() == record.title
