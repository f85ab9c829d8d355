"""A worker that dies when all is stored and nothing counts yet: the next one only completes the run."""

from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile

from reviews.models import Connector, Review, RunState, SearchRun, Source, SourceKind, User
from reviews.services import chasing, hand_entry, imports, searches
from tests import factories
from tests.fakes.eutils import FakeEutils
from tests.reviews.searching.killing import kill_before_completion
from tests.reviews.searching.services import Services, services

__all__ = ["services"]

pytestmark = pytest.mark.usefixtures("db")

Begin = Callable[[], SearchRun]


@pytest.fixture
def chase(services: Services, review: Review, lead: User) -> Begin:
    def begin() -> SearchRun:
        source = factories.source(
            review,
            "Citations",
            connector=Connector.CITATIONS,
            kind=SourceKind.CITATIONS,
            options={"through": ["openalex"]},
        )
        known = factories.report(review, "Zinc 5", doi="10.5555/made.5", pmid="30000005")
        unknown = factories.report(review, "Without identifiers", doi="", pmid="")
        return chasing.request(by=lead, source=source, seeds=[known.pk, unknown.pk])

    return begin


@pytest.fixture
def entry(services: Services, pubmed: FakeEutils, review: Review, lead: User) -> Begin:
    def begin() -> SearchRun:
        shelf = factories.source(review, "A list", connector=Connector.HAND, kind=SourceKind.WEBSITE)
        return hand_entry.add(by=lead, source=shelf, identifiers="10.5555/made.3\nnothing at all")

    return begin


@pytest.fixture
def typed(services: Services, review: Review, lead: User) -> Begin:
    def begin() -> SearchRun:
        shelf = factories.source(review, "A list", connector=Connector.HAND, kind=SourceKind.WEBSITE)
        return hand_entry.add_typed(by=lead, source=shelf, title="A leaflet of the hospital")

    return begin


@pytest.fixture
def search(pubmed: FakeEutils, source: Source, lead: User) -> Begin:
    return lambda: searches.request_run(by=lead, source=source)


@pytest.fixture
def file(file_source: Source, lead: User) -> Begin:
    content = b"TY  - JOUR\nTI  - One\nER  - \nTY  - JOUR\nTI  - Two\nTY  - JOUR\nTI  - Three\n"
    return lambda: imports.import_file(
        by=lead, source=file_source, name="a.ris", file=ContentFile(content, "a.ris")
    )


@pytest.mark.parametrize("kind", ["chase", "entry", "typed", "search", "file"])
def test_nothing_is_counted_or_told_twice(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    run: SearchRun = request.getfixturevalue(kind)()

    kill_before_completion(run, monkeypatch)
    before = (run.found, run.received, run.new, run.known, run.problems)
    assert run.received

    searches.execute(run.pk)

    run.refresh_from_db()
    assert run.state == RunState.COMPLETE
    assert (run.found, run.received, run.new, run.known, run.problems) == before
    assert run.problem_rows.count() == run.problems
