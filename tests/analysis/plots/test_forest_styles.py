"""What readers of RevMan, the BMJ and JAMA look for stands where they look for it."""

from dataclasses import replace

import pytest
from lxml import etree
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon
from matplotlib.text import Text

from analysis.plots import (
    ArmNumbers,
    Effect,
    ForestData,
    PooledRow,
    StudyRow,
    forest,
    forest_description,
    render,
)
from analysis.plots.forest_style import STYLES, StyleName
from analysis.plots.rob import PALETTES
from analysis.plots.theme import DARK, LIGHT
from tests.analysis.plots.figures import SVG, texts


def _trials(*, judged: bool = False) -> ForestData:
    counts = [(4, 123, 11, 139), (6, 306, 29, 303), (62, 13598, 248, 12867)]
    effects = [(0.41, 0.13, 1.26), (0.2, 0.09, 0.49), (0.24, 0.18, 0.31)]
    rows = tuple(
        StudyRow(
            f"Trial {i}",
            effect=Effect(*effects[i]),
            weight_percent=(20.0, 30.0, 50.0)[i],
            arms=(ArmNumbers(n1, events=a), ArmNumbers(n2, events=c)),
            judgements=(("low", "some_concerns"), ("high", None), ("low", "low"))[i] if judged else (),
        )
        for i, (a, n1, c, n2) in enumerate(counts)
    )
    return ForestData(
        title="Tuberculosis",
        measure_label="Risk ratio [95% CI]",
        rows=rows,
        total=PooledRow("Total (95% CI)", Effect(0.25, 0.18, 0.35)),
        log_scale=True,
        null_line=1.0,
        favours=("Favours vaccine", "Favours none"),
        arms=("Vaccine", "None"),
        method="IV, random",
        domains=("Randomisation", "Overall") if judged else (),
    )


def _means() -> ForestData:
    arms = (ArmNumbers(155, mean=55.0, sd=47.25), ArmNumbers(156, mean=75.5, sd=64.0))
    row = StudyRow("Edinburgh", effect=Effect(-20.5, -33.0, -8.0), weight_percent=100.0, arms=arms)
    total = PooledRow("Total (95% CI)", Effect(-20.5, -33.0, -8.0))
    return ForestData("Stay", "Mean difference [95% CI]", (row,), total=total, arms=("A", "B"), null_line=0.0)


def _at(figure: Figure, word: str) -> Text:
    return next(text for text in figure.axes[0].texts if text.get_text() == word)


def _row_of(figure: Figure, label: str) -> list[str]:
    y = _at(figure, label).get_position()[1]
    found = [text for text in figure.axes[0].texts if text.get_position()[1] == pytest.approx(y, abs=0.02)]
    return [text.get_text() for text in sorted(found, key=lambda text: text.get_position()[0])]


def test_revman_has_events_and_totals_apart_and_the_events_in_a_row_of_their_own() -> None:
    figure = forest(_trials(), style="RevMan5")
    assert _row_of(figure, "Study or Subgroup")[:6] == [
        "Study or Subgroup", "Events", "Total", "Events", "Total", "Weight",
    ]  # fmt: skip
    assert _row_of(figure, "Trial 2") == [
        "Trial 2", "62", "13598", "248", "12867", "50.0%", "0.24 [0.18, 0.31]",
    ]  # fmt: skip
    assert _row_of(figure, "Total (95% CI)") == [
        "Total (95% CI)", "14027", "13309", "100.0%", "0.25 [0.18, 0.35]",
    ]  # fmt: skip
    assert _row_of(figure, "Total events") == ["Total events", "72", "288"]
    assert texts(figure).count("IV, Random, 95% CI") == 2


def test_the_bmj_has_events_of_total_and_its_numbers_after_the_plot() -> None:
    figure = forest(_trials(), style="BMJ")
    assert _row_of(figure, "Trial 2") == [
        "Trial 2", "62/13\u2009598", "248/12\u2009867", "50.0", "0.24 (0.18 to 0.31)",
    ]  # fmt: skip
    assert _row_of(figure, "Total (95% CI)")[1:3] == ["72/14\u2009027", "288/13\u2009309"]
    plot = _at(figure, "1").get_position()[0]
    assert _at(figure, "0.24 (0.18 to 0.31)").get_position()[0] > plot


def test_jama_has_the_estimate_before_the_plot_and_favors_above_it() -> None:
    figure = forest(_trials(), style="JAMA")
    assert _row_of(figure, "Trial 1") == ["Trial 1", "6/306", "29/303", "0.20 (0.09-0.49)", "30.0"]
    favors = _at(figure, "←\u00a0Favors vaccine")
    assert favors.get_position()[1] < _at(figure, "Trial 0").get_position()[1]
    assert "Favours" not in "".join(texts(figure))


def test_the_house_style_has_the_events_beside_the_totals() -> None:
    figure = forest(_trials())
    assert _row_of(figure, "Total (95% CI)") == [
        "Total (95% CI)", "72", "14\u2009027", "288", "13\u2009309", "100.0%", "0.25 [0.18, 0.35]",
    ]  # fmt: skip
    assert "Total events" not in texts(figure)


def test_names_of_the_arms_stand_over_the_middle_of_their_columns() -> None:
    figure = forest(_trials(), style="RevMan5")
    events, total = (
        [t.get_position()[0] for t in figure.axes[0].texts if t.get_text() == word]
        for word in ("Events", "Total")
    )
    first = _at(figure, "Vaccine").get_position()[0]
    assert events[0] < total[0] < events[1] < total[1]
    assert events[0] - 0.6 < first < total[0]


def test_means_stand_apart_in_revman_and_together_in_jama() -> None:
    revman = forest(_means(), style="RevMan5")
    assert _row_of(revman, "Edinburgh")[:7] == ["Edinburgh", "55", "47.25", "155", "75.5", "64", "156"]
    assert _row_of(revman, "Total (95% CI)")[:3] == ["Total (95% CI)", "155", "156"]
    jama = forest(_means(), style="JAMA")
    assert _row_of(jama, "Edinburgh") == [
        "Edinburgh", "155", "55 (47.25)", "156", "75.5 (64)", "−20.50 (−33.00 to −8.00)", "100.0",
    ]  # fmt: skip


def test_effects_without_arms_show_logarithm_and_standard_error() -> None:
    row = StudyRow("A", effect=Effect(0.5, 0.25, 1.0), weight_percent=100.0, log_effect=(-0.693, 0.354))
    figure = forest(ForestData("", "Hazard ratio [95% CI]", (row,), log_scale=True, null_line=1.0))
    assert _row_of(figure, "A") == ["A", "−0.693", "0.354", "100.0%", "0.50 [0.25, 1.00]"]
    assert {"log[Hazard", "ratio]", "SE"} <= set(texts(figure))


def test_printed_weights_of_subgroups_add_up_to_what_is_printed_for_the_total() -> None:
    data = _trials()
    thirds = tuple(replace(row, weight_percent=100 / 3) for row in data.rows)
    words = texts(forest(replace(data, rows=thirds)))
    assert [word for word in words if word.endswith("%")] == ["33.4%", "33.3%", "33.3%", "100.0%"]


def test_judgements_have_letters_signs_and_a_legend() -> None:
    figure = forest(_trials(judged=True), style="RevMan5")
    words = texts(figure)
    assert _row_of(figure, "Trial 0")[-2:] == ["+", "−"]
    assert _row_of(figure, "Trial 1")[-1] == "×"
    assert {"A", "B", "Risk of bias. A: Randomisation; B: Overall.", "Not judged"} <= set(words)
    circles = [patch for patch in figure.axes[0].patches if isinstance(patch, Circle)]
    # Six judgements, one of them open, and a legend of three levels and the open circle.
    assert len(circles) == 10
    assert sum(to_hex(circle.get_facecolor(), keep_alpha=True).endswith("00") for circle in circles) == 2


def test_judgements_have_a_palette_for_the_colour_blind() -> None:
    figure = forest(_trials(judged=True), palette="colour_blind")
    fills = {to_hex(p.get_facecolor()) for p in figure.axes[0].patches if isinstance(p, Circle)}
    assert {level.fill for level in PALETTES["colour_blind"]} <= fills


def test_more_judgements_than_domains_are_refused() -> None:
    data = replace(_trials(judged=True), domains=("Only one",))
    with pytest.raises(ValueError, match="has 2 judgements for 1 domains"):
        forest(data)


@pytest.mark.parametrize("style", STYLES)
def test_each_style_has_its_diamond_in_both_themes_and_text_for_readers(style: StyleName) -> None:
    data = _trials(judged=True)
    figure = forest(data, style=style)
    diamond = STYLES[style].diamond
    shapes = [patch for patch in figure.axes[0].patches if isinstance(patch, Polygon)]
    assert sum(to_hex(shape.get_facecolor()) == diamond for shape in shapes) == 1
    title, description = data.title, forest_description(data)
    light = render(figure, "svg", title=title, description=description)
    assert light == render(forest(data, style=style), "svg", title=title, description=description)
    dark = render(figure, "svg", theme="dark", title=title, description=description)
    root = etree.fromstring(dark)
    assert [root[0].text, root[1].text] == [title, description]
    assert DARK.text in dark.decode()
    assert LIGHT.text not in dark.decode()
    assert "Trial 0" in ["".join(map(str, text.itertext())) for text in root.iter(f"{SVG}text")]


def test_the_narrow_form_has_neither_arms_nor_judgements_in_any_style() -> None:
    for style in STYLES:
        words = texts(forest(_trials(judged=True), style=style, narrow=True))
        assert not {"Events", "Weight", "A", "62/13\u2009598"} & set(words)
        assert "Trial 2" in words
