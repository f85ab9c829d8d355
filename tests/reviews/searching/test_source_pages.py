"""The form of a source: tried before it is kept, with help for its query, on one schedule."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reviews.models import Connector, Review, RunMode, RunState, RunTrigger, SearchRun, Source, User
from tests import factories
from tests.fakes.corpus import articles
from tests.fakes.eutils import FakeEutils

SignIn = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def entrez(settings: LazySettings) -> Iterator[FakeEutils]:
    cache.clear()
    with FakeEutils(corpus=articles(12)) as fake:
        settings.ENTREZ_BASE_URL = fake.base_url
        yield fake


def _add(review: Review) -> str:
    return reverse("reviews:protocol_add", args=[review.slug, "source"])


def _values(**more: Any) -> dict[str, Any]:
    return {
        "name": "PubMed",
        "kind": "database",
        "connector": "pubmed",
        "query": "report",
        "schedule": "never",
        **more,
    }


def test_a_query_is_tried_before_the_source_is_kept(
    review: Review, lead: User, signed_in: SignIn, entrez: FakeEutils
) -> None:
    before = Source.objects.count()

    answer = signed_in(lead).post(_add(review), _values(preview="1"), headers=HTMX)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<strong>12</strong> records today" in page
    assert page.count('class="preview__title"') == 5
    assert "<html" not in page
    assert Source.objects.count() == before


def test_without_script_the_form_comes_back_filled_with_the_answer(
    review: Review, lead: User, signed_in: SignIn, entrez: FakeEutils
) -> None:
    answer = signed_in(lead).post(_add(review), _values(name="", preview="1"))

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<strong>12</strong> records today" in page
    assert "report</textarea>" in page
    assert "This field is required" not in page


def test_what_pubmed_did_not_find_is_said(
    review: Review, lead: User, signed_in: SignIn, entrez: FakeEutils
) -> None:
    answer = signed_in(lead).post(_add(review), _values(query="tumuoor", preview="1"), headers=HTMX)

    page = answer.content.decode()
    assert "Phrase not found: tumuoor" in page
    assert "Nothing is found" in page


def test_a_service_that_does_not_answer_is_a_sentence_and_no_fault(
    review: Review, lead: User, signed_in: SignIn, settings: LazySettings
) -> None:
    settings.ENTREZ_BASE_URL = "http://127.0.0.1:9/"

    answer = signed_in(lead).post(_add(review), _values(preview="1"), headers=HTMX)

    assert answer.status_code == 200
    assert "PubMed did not answer" in answer.content.decode()


def test_files_have_nothing_to_preview(review: Review, lead: User, signed_in: SignIn) -> None:
    answer = signed_in(lead).post(_add(review), _values(connector="file", preview="1"), headers=HTMX)

    assert "cannot be searched from here" in answer.content.decode()


def test_more_hits_than_the_source_lists_are_no_loss(
    review: Review, lead: User, signed_in: SignIn, entrez: FakeEutils
) -> None:
    sentence = "A search fetches all of them, however few the source lists at once."
    client = signed_in(lead)
    entrez.corpus = articles(9_999)
    assert sentence not in client.post(_add(review), _values(preview="1"), headers=HTMX).text

    entrez.corpus = articles(10_000)
    many = client.post(_add(review), _values(preview="1"), headers=HTMX).text

    assert many.count('class="preview__title"') == 5
    assert "the first 9,999 records are listed" in many
    assert sentence in many


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"schedule": "interval", "interval_days": "7", "weekday": "2"}, (7, None, "")),
        ({"schedule": "weekday", "weekday": "2", "interval_days": "7"}, (None, 2, "")),
        ({"schedule": "cron", "cron": "0  4 * * MON", "weekday": "1"}, (None, None, "0 4 * * MON")),
        ({"schedule": "never", "interval_days": "7", "cron": "x"}, (None, None, "")),
    ],
)
def test_one_schedule_is_kept(
    review: Review, lead: User, signed_in: SignIn, given: dict[str, str], kept: tuple[Any, ...]
) -> None:
    answer = signed_in(lead).post(_add(review), _values(**given))

    source = Source.objects.get(protocol__review=review, connector=Connector.PUBMED)
    assert answer.headers["Location"] == reverse("reviews:source_history", args=[review.slug, source.pk])
    assert (source.interval_days, source.weekday, source.cron) == kept
    assert (source.next_run_at is not None) == source.has_schedule


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"schedule": "interval"}, "Fill this in, or choose another schedule."),
        ({"schedule": "cron", "cron": "every day"}, "is no schedule"),
        ({"schedule": "weekday", "weekday": "0", "query": ""}, "needs a query"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused_in_words(
    review: Review, lead: User, signed_in: SignIn, given: dict[str, str], sentence: str
) -> None:
    answer = signed_in(lead).post(_add(review), _values(**given))

    assert answer.status_code == 422
    assert sentence in answer.content.decode()


@pytest.mark.parametrize(
    ("given", "said", "button"),
    [
        ({}, "PubMed is added to the protocol. Nothing is searched yet: search it now.", "Search now"),
        (
            {"connector": "file", "name": "Embase"},
            "Embase is added to the protocol. Import what was exported from it.",
            "Import a file",
        ),
        (
            {"connector": "hand", "name": "Letters", "kind": "organisation"},
            "Letters is added to the protocol. Enter its references now.",
            "Enter references",
        ),
        (
            {"connector": "citations", "name": "Citations", "kind": "citations"},
            "Citations is added to the protocol. Chase the citations of included studies now.",
            "Chase citations",
        ),
        (
            {"query": ""},
            "PubMed is added to the protocol. It needs a query before it can be searched.",
            None,
        ),
    ],
)
def test_a_new_source_is_followed_by_its_page_where_its_run_is_the_first_button(
    review: Review, lead: User, signed_in: SignIn, given: dict[str, str], said: str, button: str | None
) -> None:
    page = signed_in(lead).post(_add(review), _values(**given), follow=True).text

    assert said in page
    primary = re.findall(r'class="button button--primary"[^>]*>(?:<svg.*?</svg>)?([^<]+)<', page, re.DOTALL)
    assert primary == ([button] if button else [])


def test_a_source_that_is_changed_is_followed_by_its_page_too(
    review: Review, lead: User, signed_in: SignIn
) -> None:
    source = factories.source(review, "PubMed", connector=Connector.PUBMED, query="report")
    SearchRun.objects.create(review=review, source=source, trigger=RunTrigger.HAND, state=RunState.COMPLETE)
    address = reverse("reviews:protocol_edit", args=[review.slug, "source", source.pk])

    answer = signed_in(lead).post(address, _values(query="zinc"), follow=True)

    assert answer.redirect_chain[0][0] == reverse("reviews:source_history", args=[review.slug, source.pk])
    assert "PubMed is saved in the protocol.</p>" in answer.text


def test_the_form_goes_back_to_where_it_was_opened(review: Review, lead: User, signed_in: SignIn) -> None:
    client, back = signed_in(lead), '<a href="{}">Back without saving</a>'
    source = factories.source(review, "PubMed", connector=Connector.PUBMED, query="report")
    edit = reverse("reviews:protocol_edit", args=[review.slug, "source", source.pk])
    sources, protocol = (reverse(f"reviews:{name}", args=[review.slug]) for name in ("sources", "protocol"))
    own = reverse("reviews:source_history", args=[review.slug, source.pk])

    assert f"{_add(review)}?from=search" in client.get(sources).text
    for address, wanted in (
        (_add(review), protocol),
        (f"{_add(review)}?from=search", sources),
        (edit, protocol),
        (f"{edit}?from=search", own),
    ):
        assert back.format(wanted) in client.get(address).text


def test_the_form_shows_the_schedule_that_is_kept(review: Review, lead: User, signed_in: SignIn) -> None:
    source = factories.source(review, "PubMed", connector=Connector.PUBMED, query="report", weekday=4)

    page = signed_in(lead).get(reverse("reviews:protocol_edit", args=[review.slug, "source", source.pk]))

    form = page.context["form"]
    assert (form["schedule"].value(), form["weekday"].value()) == ("weekday", 4)


def test_mesh_and_fields_are_looked_up_at_pubmed(
    review: Review, lead: User, signed_in: SignIn, entrez: FakeEutils
) -> None:
    client = signed_in(lead)
    help_url = reverse("reviews:query_help", args=[review.slug])

    whole = client.get(help_url).content.decode()
    unknown = client.get(help_url, {"words": "qqqq"}, headers=HTMX).content.decode()
    fields = client.get(reverse("reviews:query_fields", args=[review.slug]), headers=HTMX).content.decode()

    assert "[TIAB]" in whole
    assert "data-insert" not in whole
    assert "MeSH knows no heading for “qqqq”" in unknown
    assert 'data-insert="[TIAB]"' in fields


def test_help_says_when_pubmed_cannot_be_asked(
    review: Review, lead: User, signed_in: SignIn, settings: LazySettings
) -> None:
    cache.clear()
    settings.ENTREZ_BASE_URL = "http://127.0.0.1:9/"

    page = signed_in(lead).get(reverse("reviews:query_help", args=[review.slug]), {"words": "asthma"})

    assert page.status_code == 200
    assert "MeSH could not be asked" in page.content.decode()


def test_only_those_who_may_see_the_help(
    review: Review, observer: User, outsider: User, client: Client, signed_in: SignIn
) -> None:
    url = reverse("reviews:query_help", args=[review.slug])

    assert client.get(url).status_code == 302
    assert signed_in(outsider).get(url).status_code == 404
    assert signed_in(observer).get(url).status_code == 403
    assert signed_in(observer).get(_add(review)).status_code == 403


def _run(source: Source, query: str, **more: Any) -> SearchRun:
    return SearchRun.objects.create(
        review=source.protocol.review,
        source=source,
        trigger=RunTrigger.HAND,
        state=RunState.COMPLETE,
        query_sent=query,
        window_to=timezone.localdate(),
        **more,
    )


def test_the_history_marks_what_changed_in_the_query(
    review: Review, observer: User, signed_in: SignIn
) -> None:
    source = factories.source(review, "PubMed", connector=Connector.PUBMED, query="zinc")
    _run(source, "zinc AND colds", found=12, new=12, translation="zinc[All Fields]")
    _run(source, "zinc AND coughs", found=3, new=1, known=2, retracted=1, warnings=["Phrase not found: x"])

    page = signed_in(observer).get(reverse("reviews:source_history", args=[review.slug, source.pk]))

    text = page.content.decode()
    assert "<del>colds</del>" in text
    assert "<ins>coughs</ins>" in text
    assert "<strong>1</strong> retracted" in text
    assert "Phrase not found: x" in text
    assert "zinc[All Fields]" in text


def test_an_empty_history_says_what_will_be_here(review: Review, reviewer: User, signed_in: SignIn) -> None:
    source = factories.source(review, "PubMed", connector=Connector.PUBMED, query="zinc")

    page = signed_in(reviewer).get(reverse("reviews:source_history", args=[review.slug, source.pk]))

    assert "No run yet" in page.content.decode()
    assert "Search now" in page.content.decode()


def test_sources_say_their_schedule_and_what_may_be_done(
    review: Review, lead: User, reviewer: User, observer: User, signed_in: SignIn
) -> None:
    source = factories.source(review, "PubMed", connector=Connector.PUBMED, query="zinc", weekday=0, hour=4)
    _run(source, "zinc", finished_at=timezone.now())
    url = reverse("reviews:sources", args=[review.slug])

    leads, reviewers, observers = (
        signed_in(person).get(url).content.decode() for person in (lead, reviewer, observer)
    )

    assert "Each Monday at 04:00" in observers
    assert "List everything again" in reviewers
    assert "Search now" not in observers
    assert "Add a source" in leads
    assert "Add a source" not in reviewers


def test_everything_can_be_listed_again_by_hand(review: Review, reviewer: User, signed_in: SignIn) -> None:
    source = factories.source(review, "PubMed", connector=Connector.PUBMED, query="zinc")
    _run(source, "zinc", finished_at=timezone.now())
    url = reverse("reviews:search_now", args=[review.slug, source.pk])

    signed_in(reviewer).post(url, {"mode": "full"})

    assert source.runs.latest("pk").mode == RunMode.FULL
