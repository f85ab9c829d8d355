"""What holds for every service: all hits come, through faults and over pages, or the lack has a name."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import cycle
from typing import Any

import pytest

from reviews.connectors import (
    ClinicalTrials,
    Connector,
    Crossref,
    EndlessPages,
    EuropePmc,
    JsonClient,
    Listing,
    OpenAlex,
    ServiceError,
    Step,
    UnexpectedAnswer,
    walk,
)
from reviews.formats import ParsedRecord, normalise_doi
from tests.fakes.clinicaltrials import FakeClinicalTrials, trials
from tests.fakes.crossref import FakeCrossref
from tests.fakes.europepmc import FakeEuropePmc
from tests.fakes.json_server import STORM, FakeService
from tests.fakes.openalex import FakeOpenAlex, openalex_id
from tests.fakes.serve import with_faults
from tests.fakes.works import works
from tests.reviews.connectors.conftest import Ask

HITS = 47


@dataclass(frozen=True)
class Case:
    """One service: its server, its client with small pages, and the identifiers of its hits."""

    fake: Callable[[], FakeService]
    connector: Callable[[JsonClient], Connector]
    name: Callable[[int], str]


CASES = {
    "europepmc": Case(
        lambda: FakeEuropePmc(works=works(HITS)),
        lambda client: EuropePmc(client, page_size=10),
        lambda number: f"MED:{30_000_000 + number}",
    ),
    "openalex": Case(
        lambda: FakeOpenAlex(works=works(HITS)),
        lambda client: OpenAlex(client, api_key="paid", page_size=10),
        openalex_id,
    ),
    "crossref": Case(
        lambda: FakeCrossref(works=works(HITS)),
        lambda client: Crossref(client, page_size=10),
        lambda number: f"10.5555/made.{number}",
    ),
    "crossref in parts": Case(
        lambda: FakeCrossref(works=works(HITS), reach=12),
        lambda client: Crossref(client, page_size=5, reach=12),
        lambda number: f"10.5555/made.{number}",
    ),
    "clinicaltrials": Case(
        lambda: FakeClinicalTrials(trials=trials(HITS)),
        lambda client: ClinicalTrials(client, page_size=10),
        lambda number: f"NCT{number:08d}",
    ),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def fake(case: Case) -> Iterator[Any]:
    with case.fake() as server:
        yield server


@pytest.fixture
def connector(case: Case, fake: FakeService, ask: Ask) -> Connector:
    return case.connector(ask(fake))


def _walked(connector: Connector, **options: Any) -> list[Step]:
    listing = options.pop("listing", None) or connector.begin("zinc colds", since=options.get("since"))
    return list(walk(connector, "zinc colds", listing=listing, **options))


def _ids(steps: list[Step]) -> list[str]:
    return [record.external_id for step in steps for record in step.records]


def test_a_search_brings_every_hit_once(case: Case, connector: Connector) -> None:
    steps = _walked(connector)

    assert sorted(_ids(steps)) == sorted(case.name(number) for number in range(1, HITS + 1))
    assert [problem for step in steps for problem in step.problems] == []
    assert len(steps) > 3
    assert steps[-1].cursor == ""
    assert [record.row for step in steps for record in step.records] == list(range(1, HITS + 1))


def test_a_storm_of_faults_loses_nothing(case: Case, fake: FakeService, connector: Connector) -> None:
    faults = cycle(STORM)
    fake.fail(*(next(faults) if place % 3 else None for place in range(60)))

    steps = _walked(connector)

    assert sorted(_ids(steps)) == sorted(case.name(number) for number in range(1, HITS + 1))
    assert [problem for step in steps for problem in step.problems] == []


def test_the_same_cursor_gives_the_same_page_again(connector: Connector) -> None:
    listing = connector.begin("zinc colds")
    first = connector.page("zinc colds", cursor=listing.cursor)
    second = connector.page("zinc colds", cursor=first.cursor)
    connector.page("zinc colds", cursor=second.cursor)

    assert connector.page("zinc colds", cursor=first.cursor) == second
    assert connector.page("zinc colds", cursor=listing.cursor) == first


def test_a_walk_goes_on_where_it_was_interrupted(case: Case, fake: FakeService, connector: Connector) -> None:
    listing = connector.begin("zinc colds")
    begun = walk(connector, "zinc colds", listing=listing)
    before = [next(begun), next(begun)]
    asked = len(fake.requests)

    after = _walked(
        connector,
        listing=listing,
        cursor=before[-1].cursor,
        position=before[-1].position,
        seen=frozenset(_ids(before)),
    )

    assert sorted(_ids(before + after)) == sorted(case.name(number) for number in range(1, HITS + 1))
    assert [problem for step in after for problem in step.problems] == []
    rows = [record.row for step in before + after for record in step.records]
    assert rows == list(range(1, HITS + 1))
    assert len(fake.requests) > asked


def test_a_walk_begins_again_where_the_service_forgot_its_cursor(case: Case, connector: Connector) -> None:
    listing = connector.begin("zinc colds")
    before = [next(walk(connector, "zinc colds", listing=listing))]

    after = _walked(
        connector, listing=listing, cursor="forgotten!", position=10, seen=frozenset(_ids(before))
    )

    assert sorted(_ids(before + after)) == sorted(case.name(number) for number in range(1, HITS + 1))
    assert len(set(_ids(before + after))) == HITS


def test_an_empty_result_is_a_walk_of_one_step(connector: Connector) -> None:
    listing = connector.begin("xylophone")

    steps = list(walk(connector, "xylophone", listing=listing))

    assert listing.count == 0
    assert [(step.records, step.problems, step.cursor) for step in steps] == [((), (), "")]


def test_a_count_that_promises_more_is_a_named_shortfall(fake: Any, connector: Connector) -> None:
    fake.count_override = HITS + 3
    listing = connector.begin("zinc colds")
    fake.count_override = HITS + 3 if not isinstance(fake, FakeCrossref) else None

    steps = _walked(connector, listing=listing)

    problems = [problem for step in steps for problem in step.problems]
    assert [problem.code for problem in problems] == ["not_delivered"]
    assert problems[0].detail == f"{connector.name} announced {HITS + 3} records and delivered {HITS}."
    assert not problems[0].kept


def test_a_preview_counts_and_shows_the_first_hits(connector: Connector) -> None:
    preview = connector.preview("zinc colds", hits=3)

    assert preview.count == HITS
    assert len(preview.first) == 3
    assert preview.first[0].title.startswith("Zinc for colds")


def test_since_a_day_only_what_is_new_comes(connector: Connector) -> None:
    listing = connector.begin("zinc colds", since=date(2024, 1, 8))
    steps = _walked(connector, listing=listing, since=date(2024, 1, 8))

    assert 0 < listing.count < HITS
    assert len(_ids(steps)) == listing.count
    assert [problem for step in steps for problem in step.problems] == []


def test_records_are_fetched_by_their_identifiers(case: Case, connector: Connector) -> None:
    page = connector.by_ids((case.name(3), "10.9999/unknown", case.name(1)))

    assert [(record.row, record.external_id) for record in page.records] == [
        (1, case.name(3)),
        (3, case.name(1)),
    ]
    assert [(problem.row, problem.code, problem.detail) for problem in page.problems] == [
        (2, "not_delivered", "10.9999/unknown")
    ]


def test_every_record_keeps_its_source_and_plain_identifiers(connector: Connector) -> None:
    for record in connector.preview("zinc colds").first:
        assert record.raw.startswith("{")
        assert record.external_id
        assert record.doi == normalise_doi(record.doi)
        assert record.url.startswith("https://")
        assert "<" not in record.title


def test_an_answer_without_the_documented_parts_is_an_error(fake: FakeService, connector: Connector) -> None:
    fake.fail("nothing")
    with pytest.raises(UnexpectedAnswer, match="could not be understood"):
        connector.begin("zinc colds")
    fake.fail("nothing")
    with pytest.raises(UnexpectedAnswer):
        connector.preview("zinc colds")


def test_a_service_that_stays_away_is_an_error_with_a_sentence(
    fake: FakeService, connector: Connector
) -> None:
    fake.stay_away()
    with pytest.raises(ServiceError, match="did not answer properly after 5 attempts"):
        connector.begin("zinc colds")


def test_the_same_content_is_the_same_record_again(connector: Connector) -> None:
    one: tuple[ParsedRecord, ...] = connector.preview("zinc colds").first

    assert connector.preview("zinc colds").first == one


@pytest.mark.parametrize(
    ("server", "make"),
    [
        (FakeEuropePmc(works=works(HITS), endless=True), lambda client: EuropePmc(client, page_size=10)),
        (
            FakeOpenAlex(works=works(HITS), loops=True),
            lambda client: OpenAlex(client, api_key="free", page_size=10),
        ),
        (
            FakeClinicalTrials(trials=trials(HITS), endless=True),
            lambda client: ClinicalTrials(client, page_size=10),
        ),
    ],
    ids=["europepmc", "openalex", "clinicaltrials"],
)
def test_pages_without_end_are_refused_by_name(
    server: FakeService, make: Callable[[JsonClient], Connector], ask: Ask
) -> None:
    with server:
        connector = make(ask(server))
        with pytest.raises(EndlessPages, match="the same page again and again"):
            _walked(connector, listing=Listing(HITS, "", (), "*"))


@pytest.mark.parametrize("seed", range(4))
def test_a_long_search_is_complete_through_faults_at_random(seed: int, ask: Ask) -> None:
    with with_faults(FakeEuropePmc(works=works(1500)), 0.25, seed=seed, requests=500) as fake:
        steps = _walked(EuropePmc(ask(fake), page_size=25))

    assert sorted(_ids(steps)) == sorted(f"MED:{30_000_000 + number}" for number in range(1, 1501))
    assert len(fake.requests) > 62
