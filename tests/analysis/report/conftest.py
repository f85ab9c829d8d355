"""A review with one analysis, the whole loop at one call, and its pages."""

from collections.abc import Callable

import pytest
from django.core.cache import cache

from analysis.models import Spec, Study
from analysis.services import runs
from reviews.models import Outcome, Review, User
from tests.analysis.living import makers
from tests.analysis.report.makers import contribute

Loop = Callable[[], None]
AddStudy = Callable[[str, int], Study]


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


@pytest.fixture
def outcome(started_review: Review) -> Outcome:
    return Outcome.objects.get(protocol__review=started_review)


@pytest.fixture
def live(relay: Callable[[], int]) -> Loop:
    """Deliver what the outbox holds, then compute what is stale, as the workers do."""

    def turn() -> None:
        relay()
        runs.recompute_stale()
        relay()

    return turn


@pytest.fixture
def add_study(
    started_review: Review,
    outcome: Outcome,
    reviewer: User,
    second_reviewer: User,
    relay: Callable[[], int],
    live: Loop,
) -> AddStudy:
    """Include a study by votes, agree on its result, and let the analyses follow."""

    def add(author: str, events: int) -> Study:
        people = [reviewer, second_reviewer]
        study = contribute(started_review, people, relay, author=author, outcome=outcome, data=(events, 20))
        live()
        return study

    return add


@pytest.fixture
def analysis(started_review: Review, outcome: Outcome, add_study: AddStudy) -> Spec:
    """An analysis of two studies, fresh."""
    spec = makers.spec(started_review, outcome, is_headline=True)
    add_study("Adams", 8)
    add_study("Brown", 11)
    spec.refresh_from_db()
    return spec
