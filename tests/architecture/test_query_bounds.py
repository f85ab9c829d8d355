"""Every page of a review answers in a bounded number of queries, however much the review holds."""

from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reviews.models import Review, User
from screening.models import StageName, Verdict
from screening.services import decisions
from tests import factories
from tests.architecture.test_doorway import ADDRESSES

# The overview gathers every room of the review; nothing needs more than it.
MOST = 60
PAGES = [name for name, arguments in ADDRESSES if not arguments]


def _queries(client: Client, address: str) -> int | None:
    """How many queries a GET of the page takes; None where it takes no GET."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(address)
        b"".join(answer)  # a download asks its queries while it is read
    return None if answer.status_code == 405 else len(captured)


def _fill(review: Review, people: tuple[User, User], how_many: int, relay: Callable[[], int]) -> None:
    reports = factories.reports(review, how_many)
    relay()
    for number, report in enumerate(reports):
        for person in people:
            verdict = Verdict.EXCLUDE if number % 3 == 0 else Verdict.INCLUDE
            decisions.submit(by=person, report=report, stage=StageName.TITLE_ABSTRACT, verdict=verdict)
    relay()


def test_no_page_needs_more_queries_when_the_review_grows(
    started_review: Review,
    lead: User,
    reviewer: User,
    second_reviewer: User,
    relay: Callable[[], int],
    signed_in: Callable[[User], Client],
) -> None:
    client = signed_in(lead)
    addresses = {name: reverse(name, args=[started_review.slug]) for name in PAGES}
    counts: list[dict[str, int]] = []
    for how_many in (4, 8):
        _fill(started_review, (reviewer, second_reviewer), how_many, relay)
        asked = {name: _queries(client, address) for name, address in addresses.items()}
        counts.append({name: queries for name, queries in asked.items() if queries is not None})
    few, many = counts
    assert len(many) > 15
    assert {name: queries for name, queries in many.items() if queries > MOST} == {}
    # A queue that has begun asks a little more than an empty one; a query for each row would be eight more.
    assert {name: (few[name], queries) for name, queries in many.items() if queries - few[name] >= 6} == {}
