"""Trial sequential analysis: the curve of Z, boundaries and the information required, in their places."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from analysis.plots.sequential import BoundaryPoint, Look, SequentialData, sequential
from analysis.plots.theme import LIGHT
from tests.analysis.plots.areas import circles, frame, lines, sequential_data, tick_positions
from tests.analysis.plots.figures import extent_is_inside, texts

# O'Brien-Fleming type, four equal looks, two-sided 0.05: the vignette of R's gsDesign.
OBF = (4.33263, 2.96333, 2.35902, 2.01409)


def _four() -> SequentialData:
    looks = tuple(Look(f"Trial {i}", 1000.0 * i, z) for i, z in enumerate((1.0, 2.0, 2.5), start=1))
    bounds = tuple(BoundaryPoint(1000.0 * (i + 1), c) for i, c in enumerate(OBF))
    return SequentialData("Death", looks, bounds, 4000.0, verdict="Benefit: the boundary is crossed.")


def test_the_boundary_stands_at_its_values_on_both_sides() -> None:
    figure = sequential(_four())
    at = tick_positions(figure)
    zero, unit = lines(figure, LIGHT.line)[0][1][0], (at["−2"][1] - at["2"][1]) / 4
    upper, lower = lines(figure, LIGHT.waiting_edge)[:2]
    assert [(zero - y) / unit for y in upper[1]] == pytest.approx(OBF)
    assert [(zero - y) / unit for y in lower[1]] == pytest.approx([-c for c in OBF])
    steps = [second - first for first, second in pairwise(upper[0])]
    assert steps == pytest.approx([steps[0]] * 3)


def test_the_curve_starts_at_no_information() -> None:
    figure = sequential(_four())
    left, *_ = frame(figure)
    xs, ys = lines(figure, LIGHT.text)[0]
    assert xs[0] == pytest.approx(left)
    assert ys[0] == pytest.approx(lines(figure, LIGHT.line)[0][1][0])
    assert xs[1:] == pytest.approx([x for x, _ in circles(figure)])
    assert ys[1:] == pytest.approx([y for _, y in circles(figure)])


def test_the_required_information_is_a_line_with_its_number() -> None:
    figure = sequential(replace(_four(), required=14860.0))
    left, _, right, _ = frame(figure)
    (xs, _), *_ = lines(figure, LIGHT.prediction)
    assert (xs[0] - left) / (right - left) == pytest.approx(1 / 1.06)
    assert "14\u2009860" in texts(figure)


def test_one_sided_monitoring_has_no_lower_boundary() -> None:
    both, one = (sequential(replace(_four(), sides=sides)) for sides in (2, 1))
    assert len(lines(both, LIGHT.waiting_edge)) == 3  # with the one in the legend
    assert len(lines(one, LIGHT.waiting_edge)) == 2
    assert "Z = ±1.96" in texts(both)
    assert "Z = 1.96" in texts(one)


def test_a_boundary_out_of_reach_is_not_drawn_and_a_high_one_is_cut_off() -> None:
    bounds = (BoundaryPoint(10.0, None), BoundaryPoint(50.0, 30.0), BoundaryPoint(4000.0, 2.0))
    figure = sequential(replace(_four(), boundaries=bounds))
    _, top, _, _ = frame(figure)
    (xs, ys), *_ = lines(figure, LIGHT.waiting_edge)
    assert min(ys) == pytest.approx(top)
    assert len(xs) == 2
    none = sequential(replace(_four(), boundaries=bounds[:1]))
    assert lines(none, LIGHT.waiting_edge) == []
    assert "Monitoring boundary" not in texts(none)


def test_futility_and_directions_are_named() -> None:
    words = texts(sequential(sequential_data(8)))
    assert {"Futility", "Favours control", "Favours drug", "S7"} <= set(words)


def test_the_description_tells_where_the_curve_stands() -> None:
    text = _four().description
    assert "3 looks: cumulative Z is 2.50 after 3000 (Participants)." in text
    assert "Required information: 4000, of which 75.0% is reached." in text
    assert "The monitoring boundary at the last look is ±2.36." in text
    assert text.endswith("Benefit: the boundary is crossed.")


def test_no_look_and_one_look() -> None:
    empty = replace(_four(), looks=())
    assert "No study contributes a result" in texts(sequential(empty))
    assert empty.description == "No study contributes a result."
    first = replace(_four(), looks=(Look("Only", 0.0, 0.0),), boundaries=(), required=None)
    assert extent_is_inside(sequential(first))
    assert "1 look:" in first.description


def test_extreme_z_and_information_fit() -> None:
    data = replace(_four(), looks=(Look("A", 1e-3, -40.0), Look("B", 1e9, 60.0)), boundaries=())
    assert extent_is_inside(sequential(data))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"looks": (Look("A", 20.0, 0.0), Look("B", 10.0, 0.0))}, "information of the looks"),
        ({"boundaries": (BoundaryPoint(-1.0, 2.0),)}, "information of the boundaries"),
        ({"looks": (Look("A", 20.0, math.nan),)}, "z of 'A' is nan"),
        ({"boundaries": (BoundaryPoint(1.0, math.inf),)}, "efficacy"),
        ({"required": 0.0}, "required is 0"),
        ({"sides": 3}, "sides is 3"),
        ({"alpha": 5.0}, "level"),
    ],
)
def test_impossible_values_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sequential(replace(_four(), **change))  # type: ignore[arg-type]  # one field at a time
