"""A PMID that PubMed has never heard of, typed by hand or out of a file, is told once."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from reviews.models import Connector, Record, Review, RunMode, RunState, SearchRun, Source, User
from reviews.services import searches
from tests import factories
from tests.fakes.eutils import FakeEutils

WORDS = ("pmid_not_known", "PMID 99999: A leaflet of the hospital ({source})", True)


@pytest.fixture
def leaflet(review: Review, file_source: Source) -> Record:
    factories.report(review, "A leaflet of the hospital", source=file_source, pmid="99999")
    return Record.objects.get()


def run_of(source: Source, by: User, mode: RunMode | None = None) -> SearchRun:
    run = searches.request_run(by=by, source=source, mode=mode)
    searches.execute(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE, run.error
    return run


def problems(run: SearchRun) -> list[tuple[str, str, bool]]:
    return list(run.problem_rows.values_list("code", "detail", "kept"))


@pytest.mark.parametrize("refuses", [False, True])
def test_the_first_look_names_it_and_no_later_one(
    pubmed: FakeEutils, source: Source, leaflet: Record, lead: User, refuses: bool
) -> None:
    pubmed.refuses_unknown = refuses

    first = run_of(source, lead)

    assert (first.new, first.problems) == (30, 1)
    assert problems(first) == [(WORDS[0], WORDS[1].format(source=leaflet.source.name), True)]
    assert problems(run_of(source, lead, RunMode.SWEEP)) == []
    assert problems(run_of(source, lead, RunMode.FULL)) == []


def test_another_source_that_looks_at_the_same_does_not_name_it_again(
    pubmed: FakeEutils, source: Source, leaflet: Record, review: Review, lead: User
) -> None:
    run_of(source, lead)
    other = factories.source(review, "PubMed, older", connector=Connector.PUBMED, query="report")
    assert problems(run_of(other, lead)) == []


def test_a_record_that_came_after_the_first_look_is_named_by_the_next(
    pubmed: FakeEutils, source: Source, file_source: Source, review: Review, lead: User
) -> None:
    assert problems(run_of(source, lead)) == []
    factories.report(review, "Typed by hand", source=file_source, pmid="88888")
    factories.report(review, "Right", source=file_source, pmid="30000004")

    assert problems(run_of(source, lead, RunMode.SWEEP)) == [
        (WORDS[0], f"PMID 88888: Typed by hand ({file_source.name})", True)
    ]


def test_the_page_of_the_run_says_it(
    pubmed: FakeEutils,
    source: Source,
    leaflet: Record,
    review: Review,
    lead: User,
    signed_in: Callable[[User], Client],
) -> None:
    run = run_of(source, lead)
    page = signed_in(lead).get(reverse("reviews:run", args=[review.slug, run.pk])).content.decode()
    assert "PubMed does not know this PMID" in page
    assert "PMID 99999: A leaflet of the hospital" in page
