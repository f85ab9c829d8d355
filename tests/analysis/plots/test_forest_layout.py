"""Nothing overlaps, nothing leaves the sheet, whatever the studies are called and however wide they are."""

import math
from dataclasses import replace

import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Polygon, Rectangle

from analysis.plots import Effect, ForestData, LeftOut, PooledRow, Prediction, StudyRow, forest, render
from analysis.plots.forest_axis import plot_scale
from analysis.plots.forest_style import STYLES, StyleName
from analysis.plots.sheet import Sheet
from analysis.plots.theme import LIGHT
from tests.analysis.plots.figures import misplaced, ratio, study, texts
from validation.gallery.forest import examples, hard_cases

EXAMPLES = examples()
HARD = hard_cases()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_no_text_of_an_example_overlaps_or_leaves_the_sheet(name: str, style: StyleName) -> None:
    figure = forest(EXAMPLES[name], style=style)
    assert misplaced(figure) == []


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", HARD)
def test_no_text_of_a_hard_case_overlaps_or_leaves_the_sheet(name: str, style: StyleName) -> None:
    figure = forest(HARD[name], style=style)
    assert misplaced(figure) == []


@pytest.mark.parametrize("name", ["bcg", "bcg-bias", "bcg-subgroups", "means"])
def test_nothing_overlaps_on_a_telephone(name: str) -> None:
    figure = forest(EXAMPLES[name], narrow=True)
    assert misplaced(figure) == []
    assert figure.get_size_inches()[0] < 5.6


@pytest.mark.parametrize("null", [0.02, 0.1, 1.0, 10.0, 50.0])
@pytest.mark.parametrize("style", STYLES)
def test_words_on_either_side_never_meet_wherever_the_null_line_is(null: float, style: StyleName) -> None:
    words = ("Favours an intensive programme of care at home", "Favours the usual care of the region")
    data = replace(ratio(*(study(i) for i in range(4)), pooled=False), null_line=null, favours=words)
    figure = forest(data, style=style)
    assert misplaced(figure) == []


def test_the_check_of_places_finds_faults() -> None:
    sheet = Sheet(2.0, 1.0)
    for x, word in ((0.2, "one"), (0.3, "two"), (1.9, "three")):
        sheet.text(x, 0.5, word)
    assert misplaced(sheet.figure) == ["outside: three", "one on two"]


def test_two_hundred_studies_stay_readable_and_the_file_small() -> None:
    figure = forest(HARD["many"])
    words = texts(figure)
    assert sum(word.startswith("Study ") for word in words) == 200
    assert {text.get_fontsize() for text in figure.axes[0].texts} <= {8.0, 9.0, 11.0}
    # The ticks stand over the plot too.
    assert words.count("0.5") == 2
    assert figure.get_size_inches()[1] < 45
    assert len(render(figure, "svg", title="t", description="d")) < 600_000


def test_a_figure_too_high_for_pixels_is_drawn_with_fewer() -> None:
    figure = forest(ratio(study(0), study(1)))
    figure.set_size_inches(0.5, 400)
    png = render(figure, "png", title="t", description="d")
    assert int.from_bytes(png[20:24], "big") == 32_000


def test_long_names_take_two_lines_and_the_numbers_stay_on_the_first() -> None:
    name = "The cooperative trial of the northern and southern provinces"
    figure = forest(ratio(replace(study(0), label=name), study(1)))
    by_text = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    first, second = (text for text in by_text if text and text in name and len(text) > 12)
    assert f"{first} {second}" == name
    assert by_text[first][1] == by_text["1/100"][1]
    assert by_text[second][1] - by_text[first][1] == pytest.approx(0.155, abs=0.01)


def _shapes(data: ForestData, colour: str) -> list[Polygon]:
    patches = forest(data).axes[0].patches
    return [p for p in patches if isinstance(p, Polygon) and to_hex(p.get_facecolor()) == colour]


def test_a_diamond_that_leaves_the_axis_is_cut_straight() -> None:
    inside = ratio(study(0), study(1))
    beyond = replace(inside, total=PooledRow("Total", Effect(0.8, 0.001, 1.07)), axis_limits=(0.2, 3.0))
    whole, cut = (_shapes(data, LIGHT.diamond)[0].get_xy()[:-1] for data in (inside, beyond))
    assert len(whole) == 4
    assert len(cut) == 5
    left = cut[cut[:, 0] == cut[:, 0].min()]
    share = math.log(0.2 / 0.001) / math.log(0.8 / 0.001)
    assert left[:, 1].max() - left[:, 1].min() == pytest.approx(2 * 0.075 * share)


def test_a_pooled_estimate_off_the_axis_is_an_arrow() -> None:
    data = replace(ratio(study(0), study(1)), axis_limits=(1.1, 3.0), prediction=None)
    (arrow,) = _shapes(data, LIGHT.diamond)
    assert len(arrow.get_xy()[:-1]) == 3


def test_a_diamond_without_width_can_be_seen() -> None:
    data = replace(ratio(study(0), study(1)), total=PooledRow("Total", Effect(0.8, 0.8, 0.8)))
    xs = _shapes(data, LIGHT.diamond)[0].get_xy()[:, 0]
    assert xs.max() - xs.min() == pytest.approx(0.06)


def test_a_huge_interval_of_two_studies_does_not_flatten_them() -> None:
    rows = (study(0), study(1))
    wild = replace(ratio(*rows), total=PooledRow("Total", Effect(0.8, 1e-9, 1e9)), prediction=None)
    scale = plot_scale(wild, (0.0, 3.1))
    effect = rows[0].effect
    assert effect is not None
    assert scale.at(effect.ci_high) - scale.at(effect.ci_low) > 0.3
    assert "[0.00, 10⁹]" in " ".join(texts(forest(wild)))


def test_a_prediction_interval_that_leaves_the_axis_has_arrows() -> None:
    data = replace(ratio(study(0), study(1)), prediction=Prediction(1e-9, 1e9))
    assert len(_shapes(data, LIGHT.prediction)) == 2


def test_an_interval_narrower_than_its_square_is_seen_on_it() -> None:
    precise = StudyRow("A", effect=Effect(1.0, 0.99, 1.01), weight_percent=90.0)
    data = ForestData("", "Risk ratio", (precise, study(1)), log_scale=True, null_line=1.0)
    figure = forest(replace(data, rows=(precise, replace(study(1), columns=()))))
    patches = [p for p in figure.axes[0].patches if isinstance(p, Rectangle)]
    square = max(
        (p for p in patches if to_hex(p.get_facecolor()) == LIGHT.square), key=lambda p: p.get_width()
    )
    inner = [line for line in figure.axes[0].lines if to_hex(line.get_color()) == LIGHT.page]
    assert len(inner) == 1
    assert inner[0].get_zorder() > square.get_zorder()


def test_rare_events_have_an_axis_of_their_own_and_others_the_whole() -> None:
    rare = (StudyRow("A", effect=Effect(0.01, 0.002, 0.03)), StudyRow("B", effect=Effect(0.02, 0.01, 0.05)))
    common = (*rare, StudyRow("C", effect=Effect(0.3, 0.1, 0.6)))
    assert plot_scale(ForestData("", "", rare, percent=True), (0, 1)).high == pytest.approx(0.054)
    assert plot_scale(ForestData("", "", common, percent=True), (0, 1)).high == 1.0
    words = texts(forest(ForestData("", "Proportion, %", rare, percent=True)))
    assert {"0%", "1%", "5%"} <= set(words)


@pytest.mark.parametrize("limits", [(2.0, 1.0), (0.0, 1.0), (-1.0, 1.0)])
def test_limits_that_no_axis_can_have_are_refused(limits: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="axis_limits"):
        forest(replace(ratio(study(0)), axis_limits=limits))


@pytest.mark.parametrize(("low", "high"), [(0.93, 1.08), (0.7, 1.4), (0.2, 4.0), (1e-4, 1e4), (1e-12, 1e12)])
def test_every_log_axis_has_three_to_nine_ticks_and_one_at_no_effect(low: float, high: float) -> None:
    data = replace(ratio(study(0), study(1)), axis_limits=(low, high), prediction=None, total=None)
    ticks = plot_scale(data, (0.0, 3.1)).ticks()
    assert 3 <= len(ticks) <= 9
    assert 1.0 in [round(tick, 9) for tick in ticks]
    assert misplaced(forest(data)) == []


def test_a_sign_of_relation_is_never_parted_from_its_numbers() -> None:
    words = texts(forest(EXAMPLES["bcg-subgroups"], narrow=True))
    assert not any(word.endswith(("=", "<", ">")) for word in words)
    assert any("Q = 110.21" in word for word in words)


def test_an_infinite_interval_is_drawn_and_one_that_is_no_number_is_refused() -> None:
    wide = StudyRow("Wide", effect=Effect(1.0, -math.inf, math.inf))
    assert "1.00 [−∞, ∞]" in texts(forest(ForestData("", "Mean difference", (wide,))))
    broken = StudyRow("Broken", effect=Effect(1.0, math.nan, 2.0))
    with pytest.raises(ValueError, match="row 'Broken' has Effect"):
        forest(ForestData("", "Mean difference", (broken,)))


def test_words_without_a_space_are_broken_to_their_column() -> None:
    row = StudyRow("Unbrokenname" * 8, effect=Effect(1.0, 0.5, 2.0), weight_percent=100.0)
    left_out = (LeftOut("Alongname" * 30, "no result"),)
    data = ForestData("Title" * 40, "Odds ratio [95% CI]", (row,), left_out=left_out)
    for style in STYLES:
        assert misplaced(forest(data, style=style)) == []
