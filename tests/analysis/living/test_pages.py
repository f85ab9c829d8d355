"""The pages of analyses: who sees them, what they say, how they follow a new run."""

import csv
import io
import json
from collections.abc import Callable

import pytest
from django import forms
from django.test import Client
from django.urls import reverse

from analysis.models import Eligibility, Run, Spec, SpecVersion
from analysis.services import figures
from reviews.models import Outcome, Review, User
from tests.analysis.living import makers
from tests.analysis.living.conftest import Loop

SignIn = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
GETS = (
    "analysis:analysis",
    "analysis:analysis_data",
    "analysis:analysis_runs",
    "analysis:analysis_result",
)
POSTS = (
    "analysis:analysis_ask",
    "analysis:analysis_headline",
    "analysis:analysis_note",
    "analysis:analysis_retire",
)


@pytest.fixture
def spec(review: Review, outcome: Outcome, live: Loop) -> Spec:
    """An analysis of three studies of four, computed."""
    for letter, events in zip("ABC", (9, 12, 15), strict=True):
        makers.agree(makers.study(review, f"Study {letter}"), outcome, (events, 25))
    makers.study(review, "Silent 2020")
    made = makers.spec(review, outcome)
    live()
    return made


def _url(name: str, review: Review, *args: object) -> str:
    return reverse(name, args=[review.slug, *args])


def _posted(form: forms.Form) -> dict[str, object]:
    """What a browser sends of a form as it opens."""
    shown = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    return {name: value for name, value in shown.items() if value is not None and value is not False}


def _text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.parametrize("name", GETS)
def test_members_read_outsiders_learn_nothing(
    name: str, spec: Spec, review: Review, observer: User, outsider: User, signed_in: SignIn
) -> None:
    url = _url(name, review, spec.pk)
    assert Client().get(url).status_code == 302
    assert signed_in(outsider).get(url).status_code == 404
    assert signed_in(observer).get(url).status_code == 200
    assert signed_in(observer).post(url).status_code == 405


@pytest.mark.parametrize("name", POSTS)
def test_only_who_analyses_acts(
    name: str,
    spec: Spec,
    review: Review,
    reviewer: User,
    outsider: User,
    statistician: User,
    signed_in: SignIn,
) -> None:
    url = _url(name, review, spec.pk)
    assert Client().post(url).status_code == 302
    assert signed_in(outsider).post(url).status_code == 404
    assert signed_in(reviewer).post(url).status_code == 403
    assert signed_in(statistician).get(url).status_code == 405
    assert signed_in(statistician).post(url, {"reason": "Replaced"}).status_code == 302


def test_an_analysis_of_another_review_is_not_found(
    spec: Spec, lead: User, signed_in: SignIn, review: Review
) -> None:
    other = Review.objects.create(slug="other", title="Other", created_by=lead)
    other.memberships.create(user=lead, role="lead")
    assert signed_in(lead).get(_url("analysis:analysis", other, spec.pk)).status_code == 404


def test_the_page_says_who_contributes_and_what_one_may_paste(
    spec: Spec, review: Review, observer: User, signed_in: SignIn
) -> None:
    text = _text(signed_in(observer), _url("analysis:analysis", review, spec.pk))
    assert "3 of 4 included studies; 1 without a result" in text
    assert "Response: 48\u202f% (95\u202f% CI" in text
    assert "3 of 4 included studies, 75 participants; random effects (REML)" in text
    assert "Silent 2020" in text
    assert "Not yet extracted" in text
    assert 'data-freshness="fresh"' in text


def test_the_page_draws_nothing_itself_and_says_that_the_figure_is_on_its_way(
    spec: Spec, review: Review, observer: User, signed_in: SignIn
) -> None:
    client = signed_in(observer)
    url = _url("analysis:analysis", review, spec.pk)
    figure = _url("analysis:figure", review, spec.pk, 1, "forest-light.svg")
    assert "The figure is being drawn" in _text(client, url)
    assert client.get(figure).status_code == 202
    figures.draw_current(spec.pk)
    assert figure in _text(client, url)
    answer = client.get(figure)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/svg+xml"
    again = client.get(figure, HTTP_IF_NONE_MATCH=answer.headers["ETag"])
    assert again.status_code == 304
    assert not again.content
    assert client.get(_url("analysis:figure", review, spec.pk, 1, "forest-light.pdf")).content[:4] == b"%PDF"
    assert client.get(_url("analysis:figure", review, spec.pk, 1, "forest-blue.svg")).status_code == 404


def test_the_fragment_answers_204_until_a_run_comes_and_then_shows_it(
    spec: Spec, review: Review, observer: User, signed_in: SignIn, live: Loop
) -> None:
    client = signed_in(observer)
    page = client.get(_url("analysis:analysis", review, spec.pk)).context["page"]
    url = _url("analysis:analysis_live", review, spec.pk, "result")
    assert client.get(url, {"seen": page.key}, headers=HTMX).status_code == 204
    study = review.studies.get(label="Study A")
    makers.move(study, Eligibility.EXCLUDED)
    live()
    answer = client.get(url, {"seen": page.key}, headers=HTMX)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "2 of 3 included studies" in text
    assert "<html" not in text


def test_a_stale_analysis_says_since_when(
    spec: Spec, review: Review, observer: User, signed_in: SignIn, relay: Callable[[], int]
) -> None:
    makers.move(review.studies.get(label="Study A"), Eligibility.EXCLUDED)
    relay()
    text = _text(signed_in(observer), _url("analysis:analysis", review, spec.pk))
    assert 'data-freshness="stale"' in text
    assert "Out of date, <time" in text


def test_the_history_names_cause_and_difference(
    spec: Spec, review: Review, observer: User, signed_in: SignIn, live: Loop
) -> None:
    makers.move(review.studies.get(label="Study A"), Eligibility.EXCLUDED)
    live()
    client = signed_in(observer)
    text = _text(client, _url("analysis:analysis_part", review, spec.pk, "history"))
    assert "Study A was taken out" in text
    assert "Out: Study A" in text
    assert "The estimate rose from 48" in text
    rows = list(csv.DictReader(io.StringIO(_text(client, _url("analysis:analysis_runs", review, spec.pk)))))
    assert [(row["run"], row["k"], row["included"]) for row in rows] == [("1", "3", "4"), ("2", "2", "3")]
    earlier = _text(client, _url("analysis:analysis", review, spec.pk) + "?run=1")
    assert "An earlier run" in earlier
    assert "3 of 4 included studies" in earlier
    assert client.get(_url("analysis:analysis", review, spec.pk) + "?run=9").status_code == 404


def test_sensitivity_and_small_study_effects_have_their_tabs(
    spec: Spec, review: Review, observer: User, signed_in: SignIn
) -> None:
    client = signed_in(observer)
    assert "Without" in _text(client, _url("analysis:analysis_part", review, spec.pk, "sensitivity"))
    assert "No test of small-study effects is asked for" in _text(
        client, _url("analysis:analysis_part", review, spec.pk, "small-study")
    )
    assert client.get(_url("analysis:analysis_part", review, spec.pk, "nonsense")).status_code == 404


def test_downloads_hold_every_study_and_run_no_formula(
    spec: Spec, review: Review, outcome: Outcome, observer: User, signed_in: SignIn, live: Loop
) -> None:
    makers.agree(makers.study(review, "=1+1"), outcome, (3, 10))
    live()
    client = signed_in(observer)
    rows = list(csv.DictReader(io.StringIO(_text(client, _url("analysis:analysis_data", review, spec.pk)))))
    assert [row["study"] for row in rows] == ["'=1+1", "Study A", "Study B", "Study C", "Silent 2020"]
    assert (rows[1]["events_1"], rows[1]["total_1"], rows[4]["contributes"]) == ("9", "25", "no")
    whole = json.loads(_text(client, _url("analysis:analysis_result", review, spec.pk)))
    assert whole["outputs"]["overall"]["k"] == 4
    assert whole["settings"]["tau2_method"] == "REML"
    assert len(whole["input_sha256"]) == 64


def test_a_refusal_of_the_engine_shows_its_sentence_and_no_figure(
    spec: Spec, review: Review, outcome: Outcome, observer: User, signed_in: SignIn, live: Loop
) -> None:
    makers.agree(review.studies.get(label="Study B"), outcome, (30, 25))
    live()
    text = _text(signed_in(observer), _url("analysis:analysis", review, spec.pk))
    assert "The engine refused these data" in text
    assert "<img" not in text


def test_the_list_shows_each_analysis_and_follows(
    spec: Spec, review: Review, observer: User, signed_in: SignIn, live: Loop
) -> None:
    client = signed_in(observer)
    answer = client.get(_url("analysis:analyses", review))
    assert "3 of 4 included studies" in answer.content.decode()
    url = _url("analysis:analyses_live", review)
    seen = answer.context["key"]
    assert client.get(url, {"seen": seen}, headers=HTMX).status_code == 204
    makers.move(review.studies.get(label="Study A"), Eligibility.EXCLUDED)
    live()
    assert "2 of 3 included studies" in client.get(url, {"seen": seen}, headers=HTMX).content.decode()


def test_an_analysis_is_added_with_the_defaults_that_the_form_states(
    review: Review, outcome: Outcome, statistician: User, reviewer: User, signed_in: SignIn
) -> None:
    url = _url("analysis:analysis_add", review)
    assert signed_in(reviewer).get(url).status_code == 403
    client = signed_in(statistician)
    assert outcome.name in _text(client, url)
    form = client.get(url, {"outcome": outcome.pk}).context["form"]
    posted = _posted(form)
    refused = client.post(f"{url}?outcome={outcome.pk}", {**posted, "name": ""})
    assert refused.status_code == 422
    assert client.post(f"{url}?outcome={outcome.pk}", posted).status_code == 302
    version = SpecVersion.objects.get(spec__review=review)
    assert version.settings == {
        "measure": "PLO",
        "pooling": "inverse",
        "model": "random",
        "tau2_method": "REML",
        "ci_method": "auto",
        "level": 0.95,
        "prediction": "V",
        "add": 0.5,
        "to": "only0",
        "drop00": False,
        "subgroup_tau2": "separate",
        "bias_test": "none",
        "bias_test_on_request": False,
        "pft_size": "harmonic",
        "chosen": {},
    }
    again = client.post(f"{url}?outcome={outcome.pk}", posted)
    assert again.status_code == 422
    assert "Another analysis of this review" in again.content.decode()


def test_settings_change_with_a_reason_and_not_without(
    spec: Spec, review: Review, statistician: User, signed_in: SignIn
) -> None:
    client = signed_in(statistician)
    url = _url("analysis:analysis_revise", review, spec.pk)
    form = client.get(url).context["form"]
    posted = _posted(form)
    changed = {**posted, "tau2_method": "DL"}
    assert client.post(url, changed).status_code == 422
    same = client.post(url, {**posted, "reason": "No reason"})
    assert same.status_code == 422
    assert "nothing was changed" in same.content.decode()
    assert client.post(url, {**changed, "reason": "As the protocol says"}).status_code == 302
    version = SpecVersion.objects.filter(spec=spec).latest("number")
    assert (version.number, version.settings["tau2_method"]) == (2, "DL")
    assert version.reason == "As the protocol says"


def test_pages_take_few_queries(
    spec: Spec,
    review: Review,
    outcome: Outcome,
    observer: User,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    for number in range(5):
        makers.spec(review, outcome, name=f"Analysis {number}")
    client = signed_in(observer)
    with django_assert_max_num_queries(10):  # type: ignore[attr-defined]
        client.get(_url("analysis:analyses", review))
    for part in ("result", "sensitivity", "small-study", "history"):
        with django_assert_max_num_queries(10):  # type: ignore[attr-defined]
            client.get(_url("analysis:analysis_part", review, spec.pk, part))
    assert Run.objects.filter(spec=spec).count() == 1


def test_a_note_stands_beside_the_figure(spec: Spec, statistician: User, signed_in: SignIn) -> None:
    client = signed_in(statistician)
    client.post(reverse("analysis:analysis_note", args=[spec.review.slug, spec.pk]), {"note": "Only four"})
    page = client.get(reverse("analysis:analysis", args=[spec.review.slug, spec.pk]))
    assert b"Only four" in page.content
