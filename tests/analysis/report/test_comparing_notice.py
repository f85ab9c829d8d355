"""The overview and the flow say while duplicates are still looked for that their numbers will change."""

from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from reviews import events
from reviews.models import Connector, DuplicateSuggestion, Review, Source, User
from reviews.services import imports, searches
from tests import factories

Relay = Callable[[], int]
SignIn = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
RIS = b"TY  - JOUR\nTI  - Zinc for the common cold\nAU  - Berg, A\nPY  - 2020\nER  - \n"
SENTENCE = (
    "Duplicates among the new records are still being looked for: the numbers change until that is done."
)


@pytest.fixture
def imported(started_review: Review, lead: User, relay: Relay) -> Review:
    """One record that came in and was not compared yet."""
    relay()
    source = Source.objects.filter(protocol__review=started_review, connector=Connector.FILE)[0]
    run = imports.import_file(by=lead, source=source, name="a.ris", file=ContentFile(RIS))
    searches.execute(run.pk)
    return started_review


@pytest.mark.parametrize("name", ["overview", "flow"])
def test_the_page_says_it_until_the_comparison_has_ended(
    imported: Review, observer: User, signed_in: SignIn, relay: Relay, *, name: str
) -> None:
    client = signed_in(observer)
    first = client.get(reverse(f"analysis:{name}", args=[imported.slug]))
    assert first.text.count(SENTENCE) == 1
    live = reverse(f"analysis:{name}_live", args=[imported.slug])
    assert client.get(live, {"seen": first.context["key"]}, headers=HTMX).status_code == 204

    relay()

    later = client.get(live, {"seen": first.context["key"]}, headers=HTMX)
    assert later.status_code == 200
    assert SENTENCE not in later.text
    assert reverse("reviews:comparing", args=[imported.slug]) not in first.text  # the page asks by itself


def test_the_key_moves_although_the_comparison_adds_no_fact(
    imported: Review, observer: User, signed_in: SignIn, relay: Relay
) -> None:
    """What was on its way is delivered, then only the rest of a comparison ends."""
    relay()
    client, pages = signed_in(observer), ("overview", "flow")
    before = [client.get(reverse(f"analysis:{name}", args=[imported.slug])).context["key"] for name in pages]
    events.emit("duplicates.waiting", review_id=imported.pk, run=0, after=0)
    during = [client.get(reverse(f"analysis:{name}", args=[imported.slug])).context["key"] for name in pages]

    assert all(one != other for one, other in zip(before, during, strict=True))


def test_the_live_overview_brings_the_numbers_on_the_tabs(
    imported: Review, lead: User, signed_in: SignIn, relay: Relay
) -> None:
    relay()
    client = signed_in(lead)
    page = client.get(reverse("analysis:overview", args=[imported.slug]))
    assert 'id="waiting-search" class="review-bar__waiting" hidden' in page.text
    one, other = factories.reports(imported, 2)
    DuplicateSuggestion.objects.create(
        review=imported, first=one, second=other, rule="alike", score=0.9, evidence={"title": 0.9}
    )

    part = client.get(
        reverse("analysis:overview_live", args=[imported.slug]), {"seen": page.context["key"]}, headers=HTMX
    )

    assert '<span id="waiting-search" class="review-bar__waiting" hx-swap-oob="true">1<span' in part.text
    assert "hx-swap-oob" not in page.text
