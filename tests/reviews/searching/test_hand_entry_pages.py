"""Entering references, and the plan of a citation chase."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from reviews.models import Connector, Review, SearchRun, Source, SourceKind, User
from tests import factories

SignIn = Callable[[User], Client]


def _hand(review: Review) -> Source:
    return factories.source(review, "Websites", connector=Connector.HAND, kind=SourceKind.WEBSITE)


def test_numbers_are_queued_to_be_looked_up(review: Review, reviewer: User, signed_in: SignIn) -> None:
    url = reverse("reviews:hand_entry", args=[review.slug, _hand(review).pk])

    answer = signed_in(reviewer).post(url, {"identifiers": "10.1000/abc\nPMID 123456"})

    run = SearchRun.objects.latest("pk")
    assert answer.status_code == 302
    assert answer["Location"] == reverse("reviews:run", args=[review.slug, run.pk])


def test_a_reference_is_typed_where_nobody_knows_it(
    review: Review, reviewer: User, signed_in: SignIn
) -> None:
    url = reverse("reviews:hand_entry", args=[review.slug, _hand(review).pk])

    answer = signed_in(reviewer).post(
        url, {"typed": "1", "typed-title": "Zinc, a leaflet", "typed-year": "2019"}
    )

    assert answer.status_code == 302
    assert SearchRun.objects.latest("pk").query_sent == "Zinc, a leaflet"


def test_what_makes_no_sense_is_said_where_it_was_typed(
    review: Review, reviewer: User, signed_in: SignIn
) -> None:
    client, url = signed_in(reviewer), reverse("reviews:hand_entry", args=[review.slug, _hand(review).pk])

    nothing = client.post(url, {"identifiers": "hello"})
    wrong = client.post(url, {"typed": "1", "typed-title": "Zinc", "typed-doi": "hello"})

    assert (nothing.status_code, wrong.status_code) == (422, 422)
    assert "Write DOIs, PMIDs or trial numbers" in nothing.content.decode()
    assert "is no DOI" in wrong.content.decode()
    assert '<details class="typed" open>' in wrong.content.decode()
    assert '<details class="typed">' in nothing.content.decode()


def test_references_are_entered_for_such_a_source_and_by_those_who_search(
    review: Review, file_source: Source, observer: User, outsider: User, reviewer: User, signed_in: SignIn
) -> None:
    url = reverse("reviews:hand_entry", args=[review.slug, _hand(review).pk])
    other = reverse("reviews:hand_entry", args=[review.slug, file_source.pk])

    assert signed_in(reviewer).get(url).status_code == 200
    assert signed_in(reviewer).get(other).status_code == 404
    assert signed_in(observer).get(url).status_code == 403
    assert signed_in(outsider).get(url).status_code == 404


def test_the_plan_of_a_chase_is_kept_with_its_source(review: Review, lead: User, signed_in: SignIn) -> None:
    client = signed_in(lead)
    values = {
        "name": "Citations",
        "kind": "citations",
        "connector": "citations",
        "schedule": "never",
        "direction": "forward",
        "through": ["openalex"],
    }

    client.post(reverse("reviews:protocol_add", args=[review.slug, "source"]), values)

    source = Source.objects.get(protocol__review=review, connector=Connector.CITATIONS)
    edit = client.get(reverse("reviews:protocol_edit", args=[review.slug, "source", source.pk]))
    assert source.options == {"direction": "forward", "through": ["openalex"]}
    assert edit.context["form"]["direction"].value() == "forward"
    assert edit.context["form"]["through"].value() == ["openalex"]


def test_a_chase_says_from_what_it_starts(
    started_review: Review, reviewer: User, observer: User, outsider: User, signed_in: SignIn
) -> None:
    seed = factories.report(started_review, "Zinc for colds")
    source = factories.source(
        started_review,
        "Citations",
        connector=Connector.CITATIONS,
        kind=SourceKind.CITATIONS,
        options={"seeds": [seed.pk], "direction": "backward", "through": ["pubmed"]},
    )
    empty = factories.source(
        started_review, "Other citations", connector=Connector.CITATIONS, kind=SourceKind.CITATIONS
    )
    url = reverse("analysis:chase", args=[started_review.slug, source.pk])

    page = signed_in(reviewer).get(url).content.decode()
    nothing = signed_in(reviewer).get(reverse("analysis:chase", args=[started_review.slug, empty.pk]))
    begun = signed_in(reviewer).post(url)

    assert "Zinc for colds" in page
    assert "What they cite" in page
    assert "Nothing to start from yet" in nothing.content.decode()
    assert begun["Location"] == reverse(
        "reviews:run", args=[started_review.slug, SearchRun.objects.latest("pk").pk]
    )
    assert signed_in(observer).get(url).status_code == 403
    assert signed_in(outsider).get(url).status_code == 404
