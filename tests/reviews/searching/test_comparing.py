"""While duplicates are still looked for, the pages say so: their numbers are not the last ones."""

from collections.abc import Callable

from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from reviews.models import OutboxEvent, Review, Source, User
from reviews.selectors.comparing import is_comparing
from reviews.services import imports, searches
from tests import factories

RIS = b"TY  - JOUR\nTI  - Zinc for the common cold\nAU  - Berg, A\nPY  - 2020\nER  - \n"


def test_the_pages_say_that_duplicates_are_still_looked_for(
    review: Review,
    file_source: Source,
    lead: User,
    signed_in: Callable[[User], Client],
    relay: Callable[[], int],
) -> None:
    relay()
    run = imports.import_file(by=lead, source=file_source, name="a.ris", file=ContentFile(RIS))
    searches.execute(run.pk)
    address = reverse("reviews:duplicate_totals", args=[review.slug])

    assert is_comparing(review)
    assert b"still being looked for" in signed_in(lead).get(address).content

    relay()
    assert not is_comparing(review)
    assert b"still being looked for" not in signed_in(lead).get(address).content


def test_the_rest_of_a_long_comparison_counts_and_that_of_another_review_does_not(
    review: Review, lead: User, relay: Callable[[], int]
) -> None:
    relay()
    other = factories.review(lead)
    relay()

    OutboxEvent.objects.create(topic="duplicates.waiting", review_id=other.pk, payload={"run": 1, "after": 1})

    assert is_comparing(other)
    assert not is_comparing(review)
