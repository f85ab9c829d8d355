"""The download of a run as a script in R: who gets it, and which run it holds."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from analysis.models import Spec
from reviews.models import Outcome, Review, User
from tests.analysis.living import makers
from tests.analysis.living.conftest import Loop

SignIn = Callable[[User], Client]


@pytest.fixture
def spec(review: Review, outcome: Outcome, live: Loop) -> Spec:
    """An analysis with two runs: of three studies, then of four, one of them with a hostile name."""
    for letter, events in zip("ABC", (9, 12, 15), strict=True):
        makers.agree(makers.study(review, f"Study {letter}"), outcome, (events, 25))
    made = makers.spec(review, outcome)
    live()
    makers.agree(makers.study(review, '"); quit(); ("'), outcome, (3, 10))
    live()
    return made


def _url(spec: Spec, number: int) -> str:
    return reverse("analysis:analysis_r_script", args=[spec.review.slug, spec.pk, number])


def test_members_get_the_script_of_the_run_they_ask_for(
    spec: Spec, observer: User, signed_in: SignIn
) -> None:
    client = signed_in(observer)
    first, second = (client.get(_url(spec, number)) for number in (1, 2))
    assert first["Content-Disposition"] == f'attachment; filename="analysis-{spec.pk}-run-1.R"'
    assert first["Content-Type"] == "text/plain; charset=utf-8"
    texts = [answer.content.decode() for answer in (first, second)]
    assert f"# Review: {spec.review.title}" in texts[0]
    assert 'compare("all studies: tau2",' in texts[0]
    assert 'compare("studies used", 3, nrow(used))' in texts[0]
    assert 'compare("studies used", 4, nrow(used))' in texts[1]
    assert r'"\"); quit(); (\""' in texts[1]
    assert all("stopifnot(" in text for text in texts)


def test_outsiders_and_other_runs_get_nothing(
    spec: Spec, observer: User, outsider: User, signed_in: SignIn
) -> None:
    assert Client().get(_url(spec, 1)).status_code == 302
    assert signed_in(outsider).get(_url(spec, 1)).status_code == 404
    assert signed_in(observer).get(_url(spec, 3)).status_code == 404
    assert signed_in(observer).post(_url(spec, 1)).status_code == 405


def test_the_page_offers_it(spec: Spec, observer: User, signed_in: SignIn) -> None:
    page = signed_in(observer).get(reverse("analysis:analysis", args=[spec.review.slug, spec.pk]))
    assert f'href="{_url(spec, 2)}"' in page.content.decode()
