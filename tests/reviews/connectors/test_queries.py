"""How each service is asked: words or its own parameters, keys, long queries, searches in parts."""

from datetime import date, datetime, timedelta

import pytest

from reviews.connectors import (
    ClinicalTrials,
    Crossref,
    EuropePmc,
    KeyRefused,
    Listing,
    OpenAlex,
    ServiceRefused,
    TooManyHits,
    UnknownParameter,
    walk,
)
from reviews.connectors.parameters import read_parameters
from reviews.errors import InvalidInput
from tests.fakes.clinicaltrials import FakeClinicalTrials, trials
from tests.fakes.crossref import FakeCrossref
from tests.fakes.europepmc import FakeEuropePmc
from tests.fakes.openalex import FakeOpenAlex
from tests.fakes.works import work, works
from tests.reviews.connectors.conftest import Ask

KNOWN = {"query", "filter"}


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("  zinc AND colds ", {"query": "zinc AND colds"}),
        ("dose=5 mg", {"query": "dose=5 mg"}),
        ("filter=type:article", {"filter": "type:article"}),
        ("query=a&filter=x&filter=y", {"query": "a", "filter": "x,y"}),
        ("https://api.example.org/works?query=zinc%20colds&rows=20&mailto=a@b", {"query": "zinc colds"}),
        ("https://api.example.org/works?page=2&filter=x&per-page=5", {"filter": "x"}),
    ],
)
def test_a_query_is_words_or_parameters(query: str, asked: dict[str, str]) -> None:
    assert read_parameters(query, service="It", plain="query", known=KNOWN) == asked


@pytest.mark.parametrize("query", ["query=a&colour=red", "https://x.org/?colour=red", "https://x.org/works"])
def test_a_parameter_that_nobody_knows_is_named(query: str) -> None:
    with pytest.raises(UnknownParameter, match="Known are: filter, query"):
        read_parameters(query, service="It", plain="query", known=KNOWN)


# -- Europe PMC ---------------------------------------------------------------------------------------
def test_a_long_query_goes_to_europe_pmc_by_post(ask: Ask) -> None:
    with FakeEuropePmc() as fake:
        long = " AND ".join(["zinc"] * 400)
        assert EuropePmc(ask(fake)).begin(long).count == 30

    assert [(request.method, request.path) for request in fake.requests] == [("POST", "searchPOST")]
    assert fake.requests[0].query["query"] == long


def test_an_error_of_europe_pmc_with_status_200_is_an_error(ask: Ask) -> None:
    with FakeEuropePmc() as fake, pytest.raises(ServiceRefused, match="Invalid cursorMark"):
        EuropePmc(ask(fake)).page("zinc", cursor="nonsense!")


def test_europe_pmc_ends_where_it_repeats_the_cursor(ask: Ask) -> None:
    with FakeEuropePmc(works=works(12), echoes_at_end=True) as fake:
        service = EuropePmc(ask(fake), page_size=5)
        steps = list(walk(service, "zinc", listing=service.begin("zinc")))

    assert [len(step.records) for step in steps] == [5, 5, 2]


def test_europe_pmc_is_asked_for_what_was_updated_too(ask: Ask) -> None:
    old = work(1, updated=datetime(2024, 6, 1))
    with FakeEuropePmc(works=[old, work(2)]) as fake:
        listing = EuropePmc(ask(fake)).begin("zinc", since=date(2024, 5, 1))

    assert listing.count == 1


# -- OpenAlex -----------------------------------------------------------------------------------------
def test_openalex_without_a_key_counts_but_gives_no_pages(ask: Ask) -> None:
    with FakeOpenAlex() as fake:
        service = OpenAlex(ask(fake))
        listing = service.begin("zinc")
        assert listing.count == 30
        with pytest.raises(KeyRefused, match="valid API key"):
            service.page("zinc", cursor=listing.cursor)


def test_openalex_lists_everything_again_where_the_key_may_not_ask_for_dates(ask: Ask) -> None:
    since = date(2024, 1, 5)
    with FakeOpenAlex() as fake:
        service = OpenAlex(ask(fake), api_key="free", page_size=10)
        listing = service.begin("zinc", since=since)
        steps = list(walk(service, "zinc", listing=listing, since=since))

    assert listing.count == 30
    assert "listed again" in listing.warnings[0]
    assert sum(len(step.records) for step in steps) == 30


def test_openalex_takes_filters(ask: Ask) -> None:
    with FakeOpenAlex() as fake:
        service = OpenAlex(ask(fake), api_key="paid")
        service.begin("search=zinc&filter=type:article", since=date(2024, 1, 5))

    assert fake.requests[0].query["filter"] == "type:article,from_created_date:2024-01-05"
    assert fake.requests[0].query["mailto"] == "lead@example.org"


def test_an_identifier_that_would_break_a_filter_is_not_delivered(ask: Ask) -> None:
    with FakeOpenAlex() as fake:
        page = OpenAlex(ask(fake)).by_ids(("10.5555/a,b", "10.5555/made.1", "pmid:30000002"))

    assert [record.row for record in page.records] == [2, 3]
    assert [problem.detail for problem in page.problems] == ["10.5555/a,b"]


# -- Crossref -----------------------------------------------------------------------------------------
def test_crossref_gives_the_first_by_rank_where_that_is_asked_for(ask: Ask) -> None:
    with FakeCrossref(works=works(60)) as fake:
        service = Crossref(ask(fake), page_size=20)
        listing = service.begin("query.bibliographic=zinc colds&first=50")
        steps = list(walk(service, "query.bibliographic=zinc colds&first=50", listing=listing))

    assert listing.count == 50
    assert listing.warnings == ("Only the first 50 of 60 records are taken, by rank.",)
    assert "the first 50 by rank" in listing.translation
    assert [len(step.records) for step in steps] == [20, 20, 10]
    assert [problem for step in steps for problem in step.problems] == []


@pytest.mark.parametrize(
    "query", ["query=zinc&first=many", "query=zinc&first=20000", "first=10", "filter=from-created-date:2020"]
)
def test_what_crossref_cannot_be_asked_is_said(query: str, ask: Ask) -> None:
    with FakeCrossref() as fake, pytest.raises(InvalidInput):
        Crossref(ask(fake)).begin(query)

    assert fake.requests == []


def test_crossref_is_cut_by_hours_where_one_search_is_too_large(ask: Ask) -> None:
    crowded = [
        work(number, created=datetime(2024, 3, 1) + timedelta(hours=number // 8)) for number in range(1, 100)
    ]
    with FakeCrossref(works=crowded, reach=10) as fake:
        service = Crossref(ask(fake), page_size=4, reach=10)
        steps = list(walk(service, "zinc", listing=service.begin("zinc")))

    found = [record.external_id for step in steps for record in step.records]
    assert sorted(found) == sorted(one.doi for one in crowded)
    assert [problem for step in steps for problem in step.problems] == []


def test_more_dois_in_one_hour_than_crossref_delivers_have_a_name(ask: Ask) -> None:
    crowded = [work(number, created=datetime(2024, 3, 1, 5)) for number in range(1, 30)]
    with FakeCrossref(works=crowded, reach=10) as fake:
        service = Crossref(ask(fake), page_size=4, reach=10)
        listing = service.begin("zinc")
        with pytest.raises(TooManyHits):
            list(walk(service, "zinc", listing=listing))


def test_a_doi_with_signs_in_it_is_asked_for_whole(ask: Ask) -> None:
    odd = work(1, doi="10.5555/(sici)1097(199)1:2<3::aid#4>5?6;2-s")
    with FakeCrossref(works=[odd]) as fake:
        page = Crossref(ask(fake)).by_ids((odd.doi,))

    assert [record.doi for record in page.records] == [odd.doi]


# -- ClinicalTrials.gov -------------------------------------------------------------------------------
def test_a_register_is_asked_by_area_and_window(ask: Ask) -> None:
    with FakeClinicalTrials(trials=trials(30)) as fake:
        service = ClinicalTrials(ask(fake))
        query = "query.cond=colds&query.intr=zinc&filter.advanced=AREA[Phase]PHASE2"
        listing = service.begin(query, since=date(2024, 1, 21))

    assert listing.count == 11
    assert listing.translation.startswith("query.cond: colds and query.intr: zinc")
    assert fake.requests[0].query["filter.advanced"] == (
        "(AREA[Phase]PHASE2) AND AREA[LastUpdatePostDate]RANGE[2024-01-21,MAX]"
    )


# -- All ----------------------------------------------------------------------------------------------
def test_a_search_of_everything_is_refused_before_anything_is_fetched(ask: Ask) -> None:
    with FakeCrossref() as fake:
        service = Crossref(ask(fake))
        with pytest.raises(TooManyHits, match="Crossref finds 9000000 records"):
            list(walk(service, "zinc", listing=Listing(9_000_000, "", (), "[0]")))

    assert fake.requests == []
