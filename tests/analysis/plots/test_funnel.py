"""The funnel stands where the numbers say, and tells filled studies from found ones."""

import math
from dataclasses import replace

import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from analysis.plots import FunnelData, FunnelPoint, funnel
from analysis.plots.funnel import RegressionLine
from analysis.plots.theme import LIGHT
from tests.analysis.plots.areas import circles, frame, lines
from tests.analysis.plots.figures import extent_is_inside, texts

Z = 1.959963984540054


def _funnel(*, contours: bool = False, points: int = 5) -> FunnelData:
    studies = tuple(FunnelPoint(f"S{i}", -0.5 + i / 10, 0.1 + i / 10) for i in range(points))
    return FunnelData("Bias", studies, -0.3, "Risk ratio", is_log=True, contours=contours, notes=("k = 5",))


def _inches_per_unit(figure: Figure) -> tuple[float, float]:
    (x0, y0), (x1, y1) = circles(figure)[:2]
    return (x1 - x0) / 0.1, (y1 - y0) / 0.1


@pytest.mark.parametrize("contours", [False, True])
def test_the_funnel_has_a_point_a_study_and_precision_upwards(contours: bool) -> None:
    figure = funnel(_funnel(contours=contours))
    assert len(circles(figure)) == 5
    assert [y for _, y in circles(figure)] == sorted(y for _, y in circles(figure))
    assert extent_is_inside(figure)
    assert ("P < 0.01" in texts(figure)) == contours


def test_the_limits_lie_1_96_standard_errors_from_the_summary() -> None:
    figure = funnel(_funnel())
    inches, _ = _inches_per_unit(figure)
    (middle, _), *_ = lines(figure, LIGHT.text)
    limits = [xs for xs, _ in lines(figure, LIGHT.muted)]
    largest = 0.5 * 1.08
    assert middle[0] == pytest.approx(middle[1])
    assert [xs[-1] - middle[1] for xs in limits] == pytest.approx(
        [-Z * largest * inches, Z * largest * inches]
    )
    assert [xs[0] - middle[0] for xs in limits] == pytest.approx([0.0, 0.0])


def test_the_limits_may_include_heterogeneity_and_have_another_level() -> None:
    figure = funnel(replace(_funnel(), tau2=0.04, level=0.9))
    inches, _ = _inches_per_unit(figure)
    (middle, _), *_ = lines(figure, LIGHT.text)
    (_, _), (right, _) = lines(figure, LIGHT.muted)
    assert right[0] - middle[0] == pytest.approx(1.6448536 * 0.2 * inches)
    assert right[-1] - middle[0] == pytest.approx(1.6448536 * math.sqrt(0.54**2 + 0.04) * inches)


def test_filled_studies_are_open_circles_with_their_own_pool() -> None:
    filled = (FunnelPoint("Filled", 0.4, 0.3),)
    data = replace(_funnel(), filled=filled, filled_summary=-0.2)
    figure = funnel(data)
    hollow = [
        patch
        for patch in figure.axes[0].patches
        if isinstance(patch, Circle) and to_hex(patch.get_facecolor()) == LIGHT.page
    ]
    # One in the plot, one in the legend.
    assert len(hollow) == 2
    words = texts(figure)
    assert {"Study", "Filled", "Pooled", "Pooled with filled"} <= set(words)
    assert "Trim and fill adds 1 study (open circles); pooled with them: 0.82." in data.description
    assert extent_is_inside(figure)


def test_the_regression_line_passes_through_its_values() -> None:
    figure = funnel(replace(_funnel(), line=RegressionLine(-0.4, 0.5)))
    across, down = _inches_per_unit(figure)
    (xs, ys), *_ = lines(figure, LIGHT.prediction)
    x0, y0 = circles(figure)[0]
    assert xs[0] - x0 == pytest.approx((-0.4 + 0.5) * across)
    assert (xs[1] - xs[0]) / (ys[1] - ys[0]) == pytest.approx(0.5 * across / down)
    assert ys[0] == pytest.approx(y0 - 0.1 * down)


def test_a_line_that_leaves_the_plot_is_cut_off() -> None:
    figure = funnel(replace(_funnel(), line=RegressionLine(-0.4, 50.0)))
    left, top, right, bottom = frame(figure)
    (xs, ys), *_ = lines(figure, LIGHT.prediction)
    assert left - 1e-9 <= min(xs) <= max(xs) <= right + 1e-9
    assert top - 1e-9 <= min(ys) <= max(ys) <= bottom + 1e-9


def test_ratios_are_labelled_as_ratios() -> None:
    words = texts(funnel(_funnel()))
    assert "1" in words
    assert f"{math.log(0.5):.1f}" not in words


def test_the_description_counts_what_a_reader_would() -> None:
    points = (FunnelPoint("A", 0.0, 0.1), FunnelPoint("B", -0.17, 0.1), FunnelPoint("C", -0.3, 0.1))
    data = FunnelData("", points, -0.1, "Log odds", contours=True)
    text = data.description
    assert "Funnel plot of 3 studies: effect against standard error, which is 0.1." in text
    assert "2 of 3 lie below it, and 1 outside the pseudo 95% limits" in text
    assert "1 with P > 0.10, 1 with 0.05 < P < 0.10, 1 with P < 0.01" in text


def test_one_study_and_none() -> None:
    assert len(circles(funnel(_funnel(points=1, contours=True)))) == 1
    empty = _funnel(points=0)
    assert "No study contributes a result" in texts(funnel(empty))
    assert empty.description == "No study contributes a result."


@pytest.mark.parametrize("sei", [0.0, 1e-12, 1e6])
def test_equal_effects_of_any_precision_are_drawn(sei: float) -> None:
    points = tuple(FunnelPoint(f"S{i}", 0.0, sei) for i in range(3))
    figure = funnel(FunnelData("", points, 0.0, "Mean difference", contours=True))
    assert len(circles(figure)) == 3
    assert extent_is_inside(figure)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": (FunnelPoint("A", math.nan, 0.1),)}, "yi of 'A' is nan"),
        ({"points": (FunnelPoint("A", 0.0, -0.1),)}, "sei of 'A' is -0.1"),
        ({"filled": (FunnelPoint("F", math.inf, 0.1),)}, "yi of 'F' is inf"),
        ({"summary": math.nan}, "summary"),
        ({"tau2": -1.0}, "tau2 is -1"),
        ({"level": 1.0}, "level is 1"),
    ],
)
def test_impossible_values_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        funnel(replace(_funnel(), **change))  # type: ignore[arg-type]  # one field at a time
