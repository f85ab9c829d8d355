"""Rounding, weights that add up, and axes that hold what they must."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.plots.numbers import compact, number, percentages, reported, thousands
from analysis.plots.scales import Scale, limits, tick_label
from analysis.plots.sheet import shorten, text_width, wrap


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [(0.125, 2, "0.13"), (-0.125, 2, "−0.13"), (2.675, 2, "2.68"), (-0.001, 2, "0.00"), (1e-7, 1, "0.0")],
)
def test_halves_are_rounded_away_from_zero_with_a_real_minus(
    value: float, decimals: int, printed: str
) -> None:
    assert number(value, decimals) == printed


@given(st.lists(st.floats(0.001, 1000), min_size=1, max_size=40))
def test_printed_percentages_add_up(weights: list[float]) -> None:
    assert sum(round(10 * float(printed)) for printed in percentages(weights)) == 1000


def test_no_weights_print_nothing() -> None:
    assert percentages([]) == []
    assert percentages([0.0, 0.0]) == ["", ""]


@given(
    st.lists(st.tuples(st.floats(0.01, 100), st.floats(0.01, 3)), min_size=1, max_size=20),
    st.booleans(),
)
def test_limits_hold_every_estimate_and_what_must_be_inside(
    studies: list[tuple[float, float]], is_log: bool
) -> None:
    intervals = [(e * math.exp(-s), e, e * math.exp(s)) for e, s in studies]
    low, high = limits(intervals, always=[1.0], is_log=is_log)
    assert low < high
    assert all(low <= value <= high for value in [1.0, *(estimate for estimate, _ in studies)])


def test_an_infinite_interval_does_not_stretch_the_axis() -> None:
    low, high = limits([(0.5, 1.0, math.inf), (0.5, 1.0, 2.0)], always=[1.0], is_log=True)
    assert 0.1 < low < high < 20


def test_log_ticks_are_one_two_five_and_lie_where_they_should() -> None:
    scale = Scale(0.09, 11, 0.0, 2.0, is_log=True)
    assert scale.ticks() == pytest.approx([0.1, 0.2, 0.5, 1, 2, 5, 10])
    assert scale.at(math.sqrt(0.09 * 11)) == pytest.approx(1.0)


def test_wide_log_axes_have_few_ticks() -> None:
    assert len(Scale(1e-4, 1e4, 0.0, 1.0, is_log=True).ticks()) <= 9


def test_tick_labels_have_no_needless_zeros() -> None:
    assert [tick_label(value) for value in (-2.0, 0.5, 10.0, 0.25)] == ["−2", "0.5", "10", "0.25"]


def test_wrapping_keeps_to_the_width_and_never_parts_a_number_from_its_words() -> None:
    lines = wrap("Wrong design of the study (n\u00a0=\u00a012\u2009025)", 1.2, 9.0)
    assert all(text_width(line, 9.0) <= 1.2 for line in lines)
    assert lines[-1] == "(n\u00a0=\u00a012\u2009025)"


def test_shortening_ends_in_an_ellipsis_only_where_something_is_cut() -> None:
    assert shorten("Short", 3.0, 9.0) == "Short"
    assert shorten("Something much longer than that", 1.0, 9.0).endswith("…")


def test_infinity_has_its_sign_and_not_a_number_is_refused() -> None:
    assert [number(math.inf, 2), number(-math.inf, 2)] == ["∞", "−∞"]
    with pytest.raises(ValueError, match="not a number"):
        number(math.nan, 2)


def test_a_ratio_of_zero_does_not_break_a_log_axis() -> None:
    low, high = limits([(0.0, 0.0, math.inf), (0.5, 1.0, 2.0)], always=[1.0], is_log=True)
    assert 0 < low < 1 < high < math.inf
    low, high = limits([(0.0, 0.0, math.inf)], always=[], is_log=True)
    assert 0 < low < 1 < high < math.inf


@pytest.mark.parametrize(
    ("value", "printed"),
    [(0.485, "0.49"), (999_999.0, "999999.00"), (1e6, "10⁶"), (-1.25e7, "−1.2×10⁷"), (math.inf, "∞")],
)
def test_a_million_and_more_is_a_power_of_ten(value: float, printed: str) -> None:
    assert compact(value, 2) == printed


@pytest.mark.parametrize(
    ("value", "from_digits", "printed"),
    [
        (999, 4, "999"),
        (1541, 4, "1\u2009541"),
        (1541, 5, "1541"),
        (88391, 5, "88\u2009391"),
        (88391, 0, "88391"),
    ],
)
def test_thousands_are_set_apart_from_a_number_of_digits_on(
    value: int, from_digits: int, printed: str
) -> None:
    assert thousands(value, from_digits=from_digits) == printed


@pytest.mark.parametrize(
    ("value", "printed"),
    [(55.0, "55"), (47.25, "47.25"), (3.14159, "3.14"), (0.0123456, "0.0123"), (-2.5, "−2.5"), (0.0, "0")],
)
def test_means_are_printed_as_reported_without_padding(value: float, printed: str) -> None:
    assert reported(value) == printed


def test_a_short_log_axis_has_even_ticks() -> None:
    assert Scale(0.93, 1.08, 0.0, 1.0, is_log=True).ticks() == pytest.approx([0.95, 1.0, 1.05])


def test_a_very_long_log_axis_has_powers_of_ten_apart_with_no_effect_among_them() -> None:
    ticks = Scale(1e-12, 1e12, 0.0, 1.0, is_log=True).ticks()
    assert len(ticks) <= 9
    assert 1.0 in ticks
    assert [tick_label(tick) for tick in ticks][-1] == "10¹²"
