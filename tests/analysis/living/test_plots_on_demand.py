"""Figures beyond the forest plot are drawn when somebody looks, and each says what it shows."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from lxml import etree

from analysis import study_years, wording_figures
from analysis.figure_data import sketch_of
from analysis.models import Figure, Run, Spec
from analysis.selectors import figures as stored
from analysis.selectors.figures import Drawing
from analysis.services import figures
from reviews import events
from reviews.models import Outcome, Review, User
from tests.analysis.living import makers
from tests.analysis.living.conftest import Loop

TRIALS = {
    "Aronson 1948": ((4, 123), (11, 139)),
    "Ferguson & Simes 1949": ((6, 306), (29, 303)),
    "Rosenthal 1960": ((3, 231), (11, 220)),
    "Hart & Sutherland 1977": ((62, 13598), (248, 12867)),
    "Frimodt-Moller 1973": ((33, 5069), (47, 5808)),
}
ON_DEMAND = ("leave_one_out", "cumulative", "baujat", "gosh", "labbe", "drapery", "radial")


@pytest.fixture
def spec(review: Review, outcome: Outcome, live: Loop) -> Spec:
    """Risk ratios of five trials of BCG vaccination, computed."""
    for label, arms in TRIALS.items():
        makers.agree(makers.study(review, label, roles=("experimental", "comparator")), outcome, *arms)
    made = makers.spec(review, outcome, settings={"measure": "RR"})
    live()
    return made


def _run(spec: Spec) -> Run:
    return makers.runs_of(spec)[-1]


def _svg(spec: Spec, plot: str, style: str = "light") -> str:
    found = stored.of_result(_run(spec).result, Drawing(plot, style, "svg"))
    assert found is not None
    return " ".join(str(part) for part in etree.fromstring(found).itertext())


def _text(client: Client, spec: Spec, part: str) -> str:
    answer = client.get(reverse("analysis:analysis_part", args=[spec.review.slug, spec.pk, part]))
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.parametrize("plot", ON_DEMAND)
def test_each_is_drawn_in_both_themes_for_wide_and_narrow_screens_and_for_download(
    plot: str, spec: Spec
) -> None:
    assert figures.draw_plot(_run(spec).pk, plot) == 6
    assert figures.draw_plot(_run(spec).pk, plot) == 0
    assert "cannot be drawn" not in _svg(spec, plot)
    assert "Response" in _svg(spec, plot)
    assert _svg(spec, f"{plot}_narrow", "dark")


def test_a_run_draws_none_of_them_by_itself(spec: Spec) -> None:
    figures.draw_current(spec.pk)
    drawn = set(Figure.objects.values_list("plot", flat=True))
    assert drawn == {"forest", "forest_narrow", "funnel"}


@pytest.mark.parametrize(
    ("plot", "words"),
    [
        ("forest_revman5", ("Study or Subgroup", "Favours experimental")),
        ("forest_bmj", ("No/total", "Favours experimental")),
        ("forest_jama", ("Source", "Favors experimental")),
    ],
)
def test_the_forest_plot_comes_in_the_styles_of_journals(
    plot: str, words: tuple[str, ...], spec: Spec
) -> None:
    assert figures.draw_plot(_run(spec).pk, plot) == 3
    shown = _svg(spec, plot)
    assert [word for word in words if word not in shown] == []


def test_studies_are_added_by_year(spec: Spec) -> None:
    figures.draw_plot(_run(spec).pk, "cumulative")
    shown = _svg(spec, "cumulative")
    places = [shown.index(label) for label in ("Aronson", "Ferguson", "Rosenthal", "Frimodt", "Hart &")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("labels", "order", "words"),
    [
        (["B 1990", "A 1985"], [1, 0], "by the year in their name."),
        (["B 1990", "A", "C 1970"], [2, 0, 1], "last those that name none: A."),
        (["B", "A"], [0, 1], "in the order in which they were included"),
        (["NCT01234567", "Trial 20001"], [0, 1], "in the order in which they were included"),
    ],
)
def test_the_order_is_by_year_else_by_inclusion(labels: list[str], order: list[int], words: str) -> None:
    studies = [{"id": number, "label": label} for number, label in enumerate(labels)]
    keys = study_years.sort_keys(studies)
    assert sorted(range(len(labels)), key=lambda place: keys[place]) == order
    assert words in study_years.order_words(studies)


def test_the_filled_funnel_shows_what_trim_and_fill_adds(
    review: Review, outcome: Outcome, live: Loop, observer: User, signed_in: Callable[[User], Client]
) -> None:
    for letter, pair in zip(
        "ABCDEF", ((10, 100), (18, 150), (22, 200), (9, 40), (9, 30), (8, 20)), strict=True
    ):
        makers.agree(makers.study(review, f"Study {letter}"), outcome, pair)
    spec = makers.spec(review, outcome)
    live()
    found = _run(spec).result.outputs["trim_fill"]
    assert found["k0"] > 0
    text = _text(signed_in(observer), spec, "small-study")
    assert f"Trim and fill (L0) adds {found['k0']} stud" in text
    assert f"on the {found['side']}; with" in text
    figures.draw_plot(_run(spec).pk, "trim_fill")
    assert "Filled" in _svg(spec, "trim_fill")


def test_a_page_asks_for_each_figure_once_and_shows_it_when_it_is_drawn(
    spec: Spec, observer: User, signed_in: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(events, "send", lambda *args: asked.append(args))
    client = signed_in(observer)
    assert "The figure is being drawn" in _text(client, spec, "sensitivity")
    _text(client, spec, "sensitivity")
    assert [plot for _, _, plot in asked] == list(stored.PARTS["sensitivity"])
    figures.draw_plot(_run(spec).pk, "gosh")
    text = _text(client, spec, "sensitivity")
    assert "gosh-light.svg" in text
    assert "gosh_narrow-dark.svg" in text
    assert "Estimate and I² of all 31 subsets" in text
    assert "Influence of each study" in text
    assert "Cook’s distance" in text


def test_two_studies_have_no_such_figures_and_the_page_says_why(
    review: Review, outcome: Outcome, live: Loop, observer: User, signed_in: Callable[[User], Client]
) -> None:
    for letter in "AB":
        makers.agree(makers.study(review, f"Study {letter}"), outcome, (9, 25))
    spec = makers.spec(review, outcome)
    live()
    client = signed_in(observer)
    for part in ("sensitivity", "small-study"):
        text = _text(client, spec, part)
        assert "at least 3 studies must be pooled." in text
        assert "<img" not in text
    assert "Influence needs at least 3 studies" in _text(client, spec, "sensitivity")
    assert figures.draw_plot(_run(spec).pk, "baujat") == 0
    url = reverse("analysis:figure", args=[review.slug, spec.pk, 1, "baujat-light.svg"])
    assert client.get(url).status_code == 404


def test_counts_pooled_as_counts_have_no_figures_of_variances(
    review: Review,
    outcome: Outcome,
    spec: Spec,
    live: Loop,
    observer: User,
    signed_in: Callable[[User], Client],
) -> None:
    counted = makers.spec(
        review,
        outcome,
        name="Mantel-Haenszel",
        settings={"measure": "RR", "pooling": "mh", "model": "common"},
    )
    live()
    text = _text(signed_in(observer), counted, "sensitivity")
    assert "Influence is measured for pools by inverse variance" in text
    assert "only for pools by inverse variance" in text
    for plot in ("leave_one_out", "cumulative", "labbe", "drapery", "radial"):
        assert figures.draw_plot(_run(counted).pk, plot) == 6
        assert "cannot be drawn" not in _svg(counted, plot)


def test_pools_that_no_part_of_the_studies_has_are_not_drawn(
    spec: Spec, observer: User, signed_in: Callable[[User], Client]
) -> None:
    held = stored.held(_run(spec).result)
    alone = replace(held, outputs={**held.outputs, "leave_one_out": []})
    (first, *others) = stored.part_of("sensitivity", alone, set())
    assert first.missing == "whichever study is left out, the others determine no estimate."
    assert [plot.missing for plot in others] == [""] * 5


def test_a_result_of_an_earlier_engine_says_what_comes_with_the_next_run(spec: Spec) -> None:
    held = stored.held(_run(spec).result)
    later = ("influence", "trim_fill", "trim_fill_reason")
    older = replace(held, outputs={name: value for name, value in held.outputs.items() if name not in later})
    assert wording_figures.influence(older) == (
        "Influence: this run is of an earlier engine; the next one brings it."
    )
    assert wording_figures.why_not("trim_fill", older).startswith("this run is of an earlier engine")
    assert wording_figures.trim_fill(older) == ""
    assert sketch_of("cumulative", older).description.startswith("Forest plot of 5 studies")


def test_a_download_waits_on_a_page_that_tries_again_and_is_then_a_file(
    spec: Spec, observer: User, signed_in: Callable[[User], Client]
) -> None:
    client = signed_in(observer)
    url = reverse("analysis:figure", args=[spec.review.slug, spec.pk, 1, "forest_jama-light.pdf"])
    waiting = client.get(url, {"download": "1"})
    assert (waiting.status_code, waiting.headers["Refresh"]) == (202, "2")
    assert "Back to the analysis" in waiting.content.decode()
    figures.draw_plot(_run(spec).pk, "forest_jama")
    answer = client.get(url, {"download": "1"})
    assert answer.content[:4] == b"%PDF"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="response-forest_jama.pdf"'
    menu = client.get(reverse("analysis:analysis", args=[spec.review.slug, spec.pk])).content.decode()
    assert "RevMan 5, PNG" not in menu  # the page itself is not drawn yet
    figures.draw_current(spec.pk)
    menu = client.get(reverse("analysis:analysis", args=[spec.review.slug, spec.pk])).content.decode()
    assert "RevMan 5, PNG" in menu


def test_data_that_no_axis_can_show_are_answered_by_a_figure_that_says_so(
    spec: Spec,
) -> None:
    result = makers.runs_of(spec)[-1].result
    result.outputs["studies"][0]["yi"] = 1e300
    figures.draw_result(result)
    assert "cannot be drawn" in _svg(spec, "funnel")
