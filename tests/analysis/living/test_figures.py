"""Figures follow the current run, are stored once, and say in words what they show."""

from collections.abc import Callable

from lxml import etree

from analysis.models import Eligibility, Figure
from analysis.selectors import appraisals
from analysis.selectors import figures as stored
from analysis.selectors.figures import Drawing
from analysis.services import figures
from reviews.models import Outcome, Review
from tests.analysis.living import makers
from tests.analysis.living.conftest import Loop

LIGHT, DARK = Drawing("forest", "light", "svg"), Drawing("forest", "dark", "svg")


def _text(svg: bytes) -> str:
    return " ".join(str(part) for part in etree.fromstring(svg).itertext())


def _stored() -> dict[Drawing, bytes]:
    return {Drawing(row.plot, row.style, row.format): bytes(row.content) for row in Figure.objects.all()}


def test_a_run_is_drawn_once_in_every_form(review: Review, outcome: Outcome, live: Loop) -> None:
    for letter in "ABC":
        makers.agree(makers.study(review, f"Study {letter}"), outcome, (9, 25))
    makers.study(review, "Silent 2020")
    spec = makers.spec(review, outcome)
    live()
    assert figures.draw_current(spec.pk) == 10
    assert figures.draw_current(spec.pk) == 0
    result = makers.runs_of(spec)[-1].result
    assert stored.drawn(review.pk, stored.data_hash(result)) == {
        Drawing(plot, style, fmt)
        for plot in ("forest", "funnel")
        for style, fmt in (("light", "svg"), ("dark", "svg"), ("light", "png"), ("light", "pdf"))
    } | {Drawing("forest_narrow", style, "svg") for style in ("light", "dark")}
    light, dark = stored.of_result(result, LIGHT), stored.of_result(result, DARK)
    assert light is not None
    assert dark is not None
    assert light != dark
    shown = _text(light)
    assert "Study B" in shown
    assert "3 of 4 included studies; 1 without a result" in shown
    assert "Not yet extracted: Silent 2020" in shown


def test_the_figure_of_an_overtaken_run_is_another_one(review: Review, outcome: Outcome, live: Loop) -> None:
    studies = [makers.study(review, f"Study {letter}") for letter in "AB"]
    for study in studies:
        makers.agree(study, outcome, (9, 25))
    spec = makers.spec(review, outcome)
    live()
    figures.draw_current(spec.pk)
    for study in studies:
        makers.move(study, Eligibility.EXCLUDED)
        live()
        figures.draw_current(spec.pk)
    pooled, single, none = (stored.of_result(run.result, LIGHT) for run in makers.runs_of(spec))
    assert pooled is not None
    assert single is not None
    assert none is not None
    assert "Total, random effects" in _text(pooled)
    assert "One study, not pooled" in _text(single)
    assert "Total, " not in _text(single)
    assert "No study contributes a result" in _text(none)


def test_a_refused_result_has_no_figure(review: Review, outcome: Outcome, live: Loop) -> None:
    makers.agree(makers.study(review, "Impossible 2020"), outcome, (30, 20))
    spec = makers.spec(review, outcome)
    live()
    assert figures.draw_current(spec.pk) == 0
    assert not Figure.objects.exists()


def test_drawing_a_result_again_gives_the_same_bytes(review: Review, outcome: Outcome, live: Loop) -> None:
    for letter in "AB":
        makers.agree(makers.study(review, f"Study {letter}"), outcome, (9, 25))
    spec = makers.spec(review, outcome)
    live()
    run = makers.runs_of(spec)[-1]
    figures.draw_run(run.pk)
    before = _stored()
    assert len(before) == 6
    Figure.objects.all().delete()
    figures.draw_run(run.pk)
    assert before == _stored()


def test_subgroups_stand_on_the_figure_with_those_not_reported(
    review: Review, outcome: Outcome, live: Loop
) -> None:
    field = makers.characteristic(review)
    for letter, group in zip("ABCDE", ("ALL", "ALL", "B-ALL", "B-ALL", ""), strict=True):
        study = makers.study(review, f"Study {letter}")
        makers.agree(study, outcome, (9 + ord(letter) % 5, 25))
        if group:
            makers.characterise(study, field, group)
    spec = makers.spec(review, outcome, subgroup_field=field)
    live()
    figures.draw_current(spec.pk)
    svg = stored.of_result(makers.runs_of(spec)[-1].result, LIGHT)
    assert svg is not None
    for words in ("Leukaemia: ALL", "Leukaemia: B-ALL", "Leukaemia: not reported", "Subgroup differences"):
        assert words in _text(svg)


def test_agreed_judgements_are_drawn_as_traffic_light_and_summary(
    review: Review, outcome: Outcome, relay: Callable[[], int]
) -> None:
    trial = makers.study(review, "Trial 2020", roles=("experimental", "comparator"))
    domains = {"D1": "low", "D2": "low", "D3": "some_concerns", "D4": "low", "D5": "low"}
    makers.judge(trial, outcome, **domains, overall="some_concerns")
    relay()
    assert figures.draw_judgements(review.pk, outcome.pk) == 8
    assert figures.draw_judgements(review.pk, outcome.pk) == 0
    lights = appraisals.traffic_light(review, outcome)
    key = stored.judgements_hash(outcome, lights)
    svg = stored.find(review.pk, key, Drawing("traffic_light", "light", "svg"))
    assert svg is not None
    assert "Overall risk of bias of 1 result: Trial 2020: some concerns." in _text(svg)
    assert stored.find(review.pk, key, Drawing("rob_summary", "dark", "svg")) is not None


def test_nothing_is_drawn_where_nothing_is_judged(review: Review, outcome: Outcome) -> None:
    assert figures.draw_judgements(review.pk, outcome.pk) == 0
