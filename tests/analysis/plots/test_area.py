"""What all figures with two axes share: axes, legend, names that do not cover, words for every number."""

import math

import pytest
from lxml import etree

from analysis.plots import render, svg_for_inline
from analysis.plots.area import Axis, Key, Surround, open_area, spread
from analysis.plots.canvas import Canvas, Label, bubble_radius
from analysis.plots.clipping import clip_area, clip_line
from analysis.plots.theme import LIGHT
from analysis.plots.wording import counted, effect, grouped, p_value, plain, power, short, span, tick_texts
from tests.analysis.plots.areas import DRAWN, axis, covering_texts
from tests.analysis.plots.figures import SVG, extent_is_inside, texts

BOX = (0.0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize("kind", list(DRAWN))
@pytest.mark.parametrize(("k", "narrow"), [(1, False), (2, True), (13, False), (13, True), (200, False)])
def test_every_text_lies_on_the_sheet_and_covers_no_other(kind: str, k: int, narrow: bool) -> None:
    figure, description = DRAWN[kind](k, narrow)
    assert extent_is_inside(figure)
    assert covering_texts(figure) == []
    assert description.endswith(".")
    assert "nan" not in description


@pytest.mark.parametrize("kind", list(DRAWN))
def test_the_same_data_gives_the_same_bytes(kind: str) -> None:
    first, second = (render(DRAWN[kind](5, False)[0], "svg", title="t", description="d") for _ in range(2))
    assert first == second
    assert first.startswith(b"<?xml")


def test_shades_and_marks_are_drawn_for_screen_and_print() -> None:
    figure, _ = DRAWN["gosh"](450, False)
    assert render(figure, "png", theme="dark", title="t", description="d").startswith(b"\x89PNG")
    assert render(figure, "pdf", title="t", description="d").startswith(b"%PDF")


@pytest.mark.parametrize("kind", list(DRAWN))
def test_dark_pages_get_none_of_the_light_ink(kind: str) -> None:
    figure, _ = DRAWN[kind](450 if kind == "gosh" else 5, False)
    before = render(figure, "svg", title="t", description="d")
    dark = render(figure, "svg", theme="dark", title="t", description="d").decode()
    # White is also the colour in which matplotlib masks; the page's other colours are ours alone.
    for colour in (LIGHT.text, LIGHT.square, LIGHT.line, LIGHT.contour_1, LIGHT.prediction):
        assert colour not in dark
    assert render(figure, "svg", title="t", description="d") == before


@pytest.mark.parametrize("kind", list(DRAWN))
def test_a_picture_of_many_studies_stays_small_and_may_stand_in_a_page(kind: str) -> None:
    svg = render(DRAWN[kind](200, False)[0], "svg", title="t", description="d")
    assert len(svg) < 400_000
    inline = etree.fromstring(svg_for_inline(svg))
    assert inline.xpath("//*[@style]") == []
    assert len(list(inline.iter(f"{SVG}text"))) > 5


@pytest.mark.parametrize("kind", list(DRAWN))
def test_a_narrow_sheet_is_as_wide_as_a_telephone_shows_legibly(kind: str) -> None:
    wide, narrow = (DRAWN[kind](5, is_narrow)[0] for is_narrow in (False, True))
    assert float(wide.get_size_inches()[0]) == pytest.approx(6.4)
    # At 390 pixels, text of 8 points is then as high as one of 10 pixels.
    assert float(narrow.get_size_inches()[0]) == pytest.approx(4.1)
    assert set(texts(narrow)) & set(texts(wide))


def test_an_entry_too_long_for_the_legend_is_cut() -> None:
    around = Surround("", (Key("A study whose name does not end " * 4, "line", LIGHT.square),), narrow=True)
    figure = open_area((axis(0, 1), axis(0, 1)), around).finish()
    assert extent_is_inside(figure)
    assert any(word.endswith("…") for word in texts(figure))


def test_opacity_survives_recolouring_and_inlining() -> None:
    canvas = Canvas(1, 1)
    canvas.fill([[(0, 0), (1, 0), (1, 1)]], colour=LIGHT.square, opacity=0.5)
    dark = svg_for_inline(render(canvas.figure, "svg", theme="dark", title="t", description="d"))
    assert 'opacity="0.5"' in dark
    assert LIGHT.square not in dark


def test_ratio_axes_are_labelled_in_ratios_also_where_they_are_narrow() -> None:
    wide = axis(math.log(0.1), math.log(10), "ratio").ticks()
    assert [text for _, text in wide] == ["0.1", "0.2", "0.5", "1", "2", "5", "10"]
    assert wide[0][0] == pytest.approx(math.log(0.1))
    narrow = axis(math.log(1.05), math.log(1.35), "ratio").ticks()
    assert len(narrow) >= 3
    assert [math.exp(value) for value, _ in narrow] == pytest.approx([float(text) for _, text in narrow])


def test_ratios_too_large_to_print_are_shown_as_powers_of_e() -> None:
    assert "exp(400)" in [text for _, text in axis(0.0, 1000.0, "ratio").ticks()]


def test_percentages_have_their_sign() -> None:
    assert [text for _, text in axis(0.0, 0.5, "percent").ticks()] == [f"{p}%" for p in range(0, 51, 10)]


def test_ready_ticks_outside_the_limits_are_left_out() -> None:
    assert Axis(0, 1, "", fixed=((0.5, "half"), (2.0, "two"))).ticks() == [(0.5, "half")]


def test_a_reversed_axis_runs_downwards() -> None:
    area = open_area((axis(0, 1), Axis(0, 1, "", is_reversed=True)), Surround(""))
    _, top, _, bottom = area.box
    assert area.y.at(0) == top
    assert area.y.at(1) == bottom
    assert area.x.at(0) < area.x.at(1)


def test_a_legend_too_long_for_one_line_breaks() -> None:
    keys = tuple(Key(f"An entry with a long name {i}", "dot", LIGHT.square) for i in range(6))
    figure = open_area((axis(0, 1), axis(0, 1)), Surround("Title", keys, ("A note.",))).finish()
    assert covering_texts(figure) == []
    assert extent_is_inside(figure)
    assert "An entry with a long name 5" in texts(figure)


def test_long_names_of_axes_break() -> None:
    name = (
        "A moderator whose name says everything that anybody could ever want to know about it and then more"
    )
    figure = open_area((Axis(0, 1, name), Axis(0, 1, name)), Surround("")).finish()
    assert covering_texts(figure) == []
    assert extent_is_inside(figure)


def test_limits_are_never_of_no_width() -> None:
    assert spread([0.0]) == (-1.0, 1.0)
    assert spread([5.0, 5.0]) == (2.5, 7.5)
    low, high = spread([1e9, 1e9 + 1e-3])
    assert low < 1e9 < high
    assert spread([0.0, 10.0], margin=0.1) == (-1.0, 11.0)
    low, high = spread([1e-12])
    assert low < 1e-12 < high


def test_names_stand_beside_their_marks_and_not_on_others() -> None:
    canvas = Canvas(4, 4)
    crowd = [Label(2.0 + 0.01 * i, 2.0, 0.05, f"Name {i}") for i in range(30)]
    written = canvas.names(crowd, (0, 0, 4, 4))
    assert written[0] == "Name 0"
    assert len(written) < 30
    assert covering_texts(canvas.figure) == []


def test_names_avoid_lines_where_they_can() -> None:
    canvas = Canvas(4, 4)
    canvas.names([Label(2.0, 2.0, 0.05, "Name")], (0, 0, 4, 4), lines=[[(2.2, 0.0), (2.2, 4.0)]])
    assert float(canvas.figure.axes[0].texts[0].get_position()[0]) < 2.0


def test_the_area_of_a_bubble_is_proportional_to_its_weight() -> None:
    assert bubble_radius(25.0, 100.0, 5) == pytest.approx(bubble_radius(100.0, 100.0, 5) / 2)
    assert bubble_radius(0.0, 100.0, 5) > 0
    assert bubble_radius(100.0, 100.0, 200) < bubble_radius(100.0, 100.0, 5)
    assert bubble_radius(100.0, 100.0, 5, narrow=True) < bubble_radius(100.0, 100.0, 5)


def test_a_line_is_cut_at_the_frame() -> None:
    assert clip_line([(-1.0, 0.5), (2.0, 0.5)], BOX) == [[(0.0, 0.5), (1.0, 0.5)]]
    assert clip_line([(0.0, 2.0), (1.0, 3.0)], BOX) == []
    assert clip_line([(0.2, 0.2), (0.8, 0.8)], BOX) == [[(0.2, 0.2), (0.8, 0.8)]]
    leaves_and_returns = [(0.5, 0.5), (2.0, 0.5), (2.0, 0.9), (0.5, 0.9)]
    assert clip_line(leaves_and_returns, BOX) == [[(0.5, 0.5), (1.0, 0.5)], [(1.0, 0.9), (0.5, 0.9)]]


def test_a_shape_is_cut_at_the_frame() -> None:
    assert sorted(clip_area([(-1, -1), (2, -1), (2, 2), (-1, 2)], BOX)) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert clip_area([(2, 2), (3, 2), (3, 3)], BOX) == []


def test_numbers_in_sentences_can_be_read() -> None:
    assert [plain(v) for v in (0.0, 0.5, 0.0629, 0.03, -2.345, 12345678.0, 1.5e-9)] == [
        "0", "0.50", "0.0629", "0.03", "−2.35", "1.23 × 10⁷", "1.5 × 10⁻⁹",
    ]  # fmt: skip
    assert plain(math.inf) == "∞"
    assert effect(1000.0, is_log=True) == "∞"
    assert effect(math.log(0.5), is_log=True) == "0.50"
    assert [short(v) for v in (13.0, 0.25, 0.125, 100.0)] == ["13", "0.25", "0.125", "100"]
    assert power(-2e10) == "−2 × 10¹⁰"
    assert [p_value(0.0001), p_value(0.0456)] == ["< 0.001", "= 0.046"]
    assert [counted(1, "study", "studies"), counted(12000, "subset", "subsets")] == [
        "1 study",
        "12\u2009000 subsets",
    ]
    assert grouped(-15000) == "−15\u2009000"
    assert [span(1.0, 1.0), span(1.0, 2.0)] == ["is 1", "runs from 1 to 2"]


def test_ticks_have_one_precision() -> None:
    assert tick_texts([0.0, 0.25, 0.5]) == ["0.00", "0.25", "0.50"]
    assert tick_texts([-1.0, 0.0, 1.0]) == ["−1", "0", "1"]
    assert tick_texts([0.0, 1e8]) == ["0", "1 × 10⁸"]
    assert tick_texts([]) == []
