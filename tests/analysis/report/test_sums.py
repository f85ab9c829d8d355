"""Numbers of records on different pages, which a librarian adds up, are those of the flow."""

from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from analysis.selectors.flow import flow
from analysis.selectors.overview import alive
from reviews.models import Review, SearchRun, Source, User
from reviews.selectors.duplicate_totals import duplicate_totals
from reviews.selectors.records import RecordFilter, records_page
from reviews.selectors.searches import source_lines
from reviews.services import imports, searches, undoing
from tests import factories

SignIn = Callable[[User], Client]


@pytest.fixture
def sources(review: Review, lead: User) -> list[Source]:
    """Of two sources one gave three records, and of one of them a newer version in a second file."""
    made = [factories.source(review, name) for name in ("Embase", "Scopus")]
    _import(lead, made[0], {"1": "Zinc for colds", "2": "Honey for coughs", "3": "Steam for noses"})
    _import(lead, made[0], {"2": "Honey for coughs: results", "3": "Steam for noses"})
    _import(lead, made[1], {"9": "Another trial of something else"})
    return made


def _import(lead: User, source: Source, titles: dict[str, str]) -> SearchRun:
    entries = (
        f"TY  - JOUR\nTI  - {title}\nAU  - Adams, J\nAN  - {number}\nER  - \n"
        for number, title in titles.items()
    )
    file = ContentFile("".join(entries).encode(), "a.ris")
    run = imports.import_file(by=lead, source=source, name="a.ris", file=file)
    searches.execute(run.pk)
    return run


def _numbers(review: Review) -> set[int]:
    page = records_page(review, RecordFilter())
    return {
        sum(line.records for line in source_lines(review)),
        flow(review).identified,
        alive(review).records,
        duplicate_totals(review).records,
        page.total - page.versions,
    }


def test_newer_versions_are_no_records_more_on_any_page(review: Review, sources: list[Source]) -> None:
    assert _numbers(review) == {4}
    lines = {line.source.name: (line.records, line.versions) for line in source_lines(review)}
    assert (lines["Embase"], lines["Scopus"]) == ((3, 1), (1, 0))


def test_a_version_whose_first_run_was_undone_is_the_record(
    review: Review, lead: User, sources: list[Source]
) -> None:
    first = SearchRun.objects.filter(source=sources[0]).earliest("pk")
    undoing.undo(by=lead, run=first)
    assert _numbers(review) == {3}
    undoing.restore(by=lead, run=first)
    assert _numbers(review) == {4}


def test_the_runs_add_up_to_the_flow(review: Review, sources: list[Source]) -> None:
    assert (
        sum(SearchRun.objects.filter(review=review).values_list("new", flat=True)) == flow(review).identified
    )


def test_the_pages_name_newer_versions_apart(
    review: Review, lead: User, sources: list[Source], signed_in: SignIn
) -> None:
    client = signed_in(lead)
    page = client.get(reverse("reviews:sources", args=[review.slug])).content.decode()
    assert "3 records</a>, 1 in a newer version" in page
    assert "4 records of complete runs in all" in page
    rows = client.get(reverse("reviews:records", args=[review.slug]) + f"?source={sources[0].pk}")
    assert "4 rows found: 3 records, and 1 newer version" in rows.content.decode()
