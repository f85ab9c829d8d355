"""The forest plot says what it was given, for any number of studies."""

from dataclasses import replace

import pytest
from matplotlib.patches import Polygon, Rectangle

from analysis.plots import Effect, ForestData, PooledRow, StudyGroup, StudyRow, forest
from analysis.plots.theme import LIGHT
from tests.analysis.plots.figures import extent_is_inside, ratio, study, texts


def _polygons(data: ForestData, colour: str) -> list[Polygon]:
    patches = forest(data).axes[0].patches
    return [p for p in patches if isinstance(p, Polygon) and _hex(p.get_facecolor()) == colour]


def _squares(data: ForestData) -> list[Rectangle]:
    patches = forest(data).axes[0].patches
    return [p for p in patches if isinstance(p, Rectangle) and _hex(p.get_facecolor()) == LIGHT.square]


def _hex(rgba: object) -> str:
    assert isinstance(rgba, tuple)
    return "#" + "".join(f"{round(255 * part):02x}" for part in rgba[:3])


@pytest.mark.parametrize("k", [2, 13, 60])
def test_every_study_has_its_row_its_square_and_its_numbers(k: int) -> None:
    data = ratio(*(study(i) for i in range(k)))
    words = texts(forest(data))
    assert [word for word in words if word.startswith("Study ")] == [f"Study {i}" for i in range(k)]
    assert len(_squares(data)) == k
    assert len(_polygons(data, LIGHT.diamond)) == 1
    assert "0.80 [0.60, 1.07]" in words
    assert "[0.40, 1.60]" in words
    assert extent_is_inside(forest(data))


def test_height_grows_with_the_studies_and_width_does_not() -> None:
    small, large = (forest(ratio(*(study(i) for i in range(k)))).get_size_inches() for k in (10, 20))
    assert large[0] == small[0]
    assert large[1] - small[1] == pytest.approx(10 * 0.215)


def test_one_study_is_not_pooled_and_has_no_diamond() -> None:
    data = ratio(study(0, weight=None), pooled=False)
    words = texts(forest(data))
    assert "One study, not pooled" in words
    assert "Weight" not in words
    assert _polygons(data, LIGHT.diamond) == []
    assert len(_squares(data)) == 1


def test_no_study_says_so_and_shows_neither_axis_nor_diamond() -> None:
    data = replace(ratio(pooled=False), notes=("0 of 18 included studies contribute.",), footer=())
    words = texts(forest(data))
    assert words == ["Infection", "No study contributes a result", "0 of 18 included studies contribute."]
    assert _polygons(data, LIGHT.diamond) == []


def test_the_area_of_a_square_is_proportional_to_the_weight() -> None:
    heavy, light = _squares(ratio(study(0, weight=80.0), study(1, weight=20.0)))
    assert heavy.get_width() ** 2 / light.get_width() ** 2 == pytest.approx(4.0)


def test_printed_weights_add_up_to_one_hundred() -> None:
    words = texts(forest(ratio(*(study(i, weight=100 / 3) for i in range(3)))))
    assert [word for word in words if word.startswith("33.")] == ["33.4%", "33.3%", "33.3%"]


def test_an_interval_beyond_the_axis_ends_in_an_arrow() -> None:
    tame = ratio(*(study(i) for i in range(6)))
    wild = ratio(*(study(i) for i in range(6)), study(6, spread=9.0))
    assert _polygons(tame, LIGHT.interval) == []
    assert len(_polygons(wild, LIGHT.interval)) == 2


def test_subgroups_have_heading_subtotal_and_notes() -> None:
    subtotal = PooledRow("Subtotal (95% CI)", Effect(0.7, 0.5, 0.98))
    data = replace(
        ratio(),
        groups=(
            StudyGroup("Random", (study(0), study(1)), subtotal, ("Tau² = 0.39",)),
            StudyGroup("Systematic", (study(2),)),
        ),
    )
    words = texts(forest(data))
    order = ["Random", "Study 0", "Study 1", "Subtotal (95% CI)", "Tau² = 0.39", "Systematic", "Study 2"]
    assert [word for word in words if word in order] == order
    assert len(_polygons(data, LIGHT.diamond)) == 2


def test_proportions_are_percentages_on_the_whole_axis_without_a_null_line() -> None:
    rows = (StudyRow("A", ("9", "10"), Effect(0.9, 0.55, 1.0), 40.0), StudyRow("B", ("1", "12"), None))
    data = ForestData("Response", "Proportion, % [95% CI]", rows, percent=True, column_headers=("n", "N"))
    words = texts(forest(data))
    assert "90.0 [55.0, 100.0]" in words
    assert "not estimable" in words
    assert {"0%", "20%", "100%"} <= set(words)
    assert extent_is_inside(forest(data))


def test_corrected_studies_are_marked_and_explained() -> None:
    long = replace(study(0, is_corrected=True), label="A very long name of a study " * 4)
    words = texts(forest(ratio(long, study(1))))
    assert sum(word.endswith("…*") for word in words) == 1
    assert "* with continuity correction" in words


def test_negative_numbers_have_a_real_minus() -> None:
    data = ForestData("", "Mean difference", (StudyRow("A", (), Effect(-1.005, -2.0, -0.001)),))
    assert "−1.01 [−2.00, 0.00]" in texts(forest(data))


def test_words_under_a_null_line_at_the_edge_stay_on_the_sheet() -> None:
    rows = tuple(StudyRow(f"S{i}", (), Effect(0.1, 0.05 + i / 1000, 0.2), 50.0) for i in range(2))
    favours = ("Favours a treatment with a long name", "Favours a comparator with a longer name still")
    data = ForestData("", "Risk ratio", rows, log_scale=True, null_line=1.0, favours=favours)
    assert extent_is_inside(forest(data))


def test_a_dollar_sign_is_a_dollar_sign() -> None:
    assert "Cost in $ and $$" in texts(forest(ratio(replace(study(0), label="Cost in $ and $$"), study(1))))


def test_the_narrow_form_keeps_study_estimate_and_plot_only() -> None:
    data = ratio(*(study(i) for i in range(5)))
    figure = forest(data, narrow=True)
    words = texts(figure)
    assert "0.80 [0.60, 1.07]" in words
    assert not {"Weight", "Treated", "1/100"} & set(words)
    assert figure.get_size_inches()[0] < 5.5
    assert extent_is_inside(figure)


def test_a_row_with_other_columns_than_the_headings_is_refused() -> None:
    with pytest.raises(ValueError, match="has 1 columns, not 2"):
        forest(ratio(replace(study(0), columns=("1/100",)), study(1)))


def test_an_infinite_interval_is_drawn_and_printed() -> None:
    data = ratio(study(0), replace(study(1), effect=Effect(1.0, 0.0, float("inf"))))
    assert "1.00 [0.00, ∞]" in texts(forest(data))


def test_the_label_of_the_total_is_broken_and_never_cut() -> None:
    total = PooledRow("Total, random effects with a long description", Effect(0.8, 0.6, 1.07))
    words = texts(forest(replace(ratio(study(0), study(1)), total=total), narrow=True))
    assert {"Total, random effects", "with a long description"} <= set(words)
