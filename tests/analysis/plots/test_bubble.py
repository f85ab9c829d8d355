"""Bubbles by weight around the line of a regression, with its two bands."""

import math
from dataclasses import replace

import pytest
from matplotlib.patches import Circle

from analysis.plots.bubble import BubbleData, BubbleLine, BubblePoint, bubble
from analysis.plots.theme import LIGHT
from tests.analysis.plots.areas import bubble_data, bubble_line, circles, frame, lines, tick_positions
from tests.analysis.plots.figures import texts


def _line_of_mean(data: BubbleData) -> tuple[list[float], list[float]]:
    return lines(bubble(data), LIGHT.text)[0]


def test_the_line_has_its_values_on_the_axes() -> None:
    data = bubble_data(13)
    at = tick_positions(bubble(data))
    xs, ys = _line_of_mean(data)
    assert xs == pytest.approx([at["10"][0], at["50"][0]])
    # exp(0) = 1 at the left end; one unit down at the right end.
    assert ys[0] == pytest.approx(at["1"][1])
    unit = (at["0.5"][1] - at["1"][1]) / math.log(2)
    assert ys[1] - ys[0] == pytest.approx(unit)


def test_the_area_of_a_circle_shows_the_weight() -> None:
    points = (BubblePoint("A", 1.0, 0.0, 100.0), BubblePoint("B", 2.0, 0.5, 25.0))
    figure = bubble(BubbleData("", points, None, "Dose", "Difference"))
    first, second = [patch for patch in figure.axes[0].patches if isinstance(patch, Circle)][:2]
    assert first.get_radius() == pytest.approx(2 * second.get_radius())


def test_both_bands_are_named_and_a_missing_one_is_not() -> None:
    assert {"95% confidence", "95% prediction"} <= set(texts(bubble(bubble_data(13))))
    without = replace(bubble_line(), pi_low=(), pi_high=())
    words = texts(bubble(replace(bubble_data(13), line=without, level=0.9)))
    assert "90% confidence" in words
    assert not any("prediction" in word for word in words)


def test_a_prediction_band_far_beyond_the_studies_is_cut_off() -> None:
    line = replace(bubble_line(), pi_low=(-1e6, -1e6), pi_high=(1e6, 1e6))
    figure = bubble(replace(bubble_data(13), line=line))
    left, top, right, bottom = frame(figure)
    assert all(top - 1e-9 <= y <= bottom + 1e-9 for _, ys in lines(figure, LIGHT.prediction) for y in ys)
    heights = [y for _, y in circles(figure)]
    assert max(heights) - min(heights) > 0.2 * (bottom - top)
    assert right > left


def test_the_description_gives_the_ends_of_the_line() -> None:
    text = bubble_data(13).description
    assert "The mean effect is 1.00 (0.74 to 1.35) at 10 and 0.37 (0.25 to 0.55) at 50." in text
    assert "13 studies" in text
    assert "No regression line" in bubble_data(1).description


def test_no_study_says_so() -> None:
    data = BubbleData("Death", (), None, "Dose", "Difference")
    assert "No study contributes a result" in texts(bubble(data))
    assert data.description == "No study contributes a result."


def test_one_value_of_the_moderator_and_equal_effects_are_drawn() -> None:
    points = tuple(BubblePoint(f"S{i}", 5.0, 0.0, 0.0) for i in range(3))
    figure = bubble(BubbleData("", points, None, "Dose", "Difference", null_line=None))
    assert len(circles(figure)) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": (BubblePoint("A", math.nan, 0.0),)}, "x of 'A' is nan"),
        ({"points": (BubblePoint("A", 0.0, 0.0, -1.0),)}, "weight of 'A' is -1"),
        ({"line": BubbleLine((1.0, 2.0), (0.0,), (0.0, 0.0), (0.0, 0.0))}, "estimate has shape"),
        ({"line": BubbleLine((1.0,), (math.nan,), (0.0,), (0.0,))}, r"estimate\[0\] is nan"),
        ({"line": replace(bubble_line(), pi_high=())}, "pi_high has shape"),
    ],
)
def test_impossible_values_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bubble(replace(bubble_data(5), **change))  # type: ignore[arg-type]  # one field at a time
