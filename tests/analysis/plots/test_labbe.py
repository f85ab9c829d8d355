"""L'Abbé: circles by weight, and lines along which the effect is the same."""

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.plots.labbe import LabbeData, LabbeMeasure, LabbePoint, along, labbe
from analysis.plots.theme import LIGHT
from tests.analysis.plots.areas import circles, labbe_data, lines
from tests.analysis.plots.figures import texts

RISKS = np.array([0.1, 0.3, 0.6])


def _odds(p: np.ndarray) -> np.ndarray:
    return np.asarray(p / (1 - p), dtype=float)


@pytest.mark.parametrize("value", [-0.7, 0.0, 0.4])
def test_along_a_line_the_effect_is_the_same(value: float) -> None:
    assert np.log(_odds(along("OR", value, RISKS)) / _odds(RISKS)) == pytest.approx(np.full(3, value))
    assert np.log(along("RR", value, RISKS) / RISKS) == pytest.approx(np.full(3, value))
    assert np.log(along("IRR", value, RISKS) / RISKS) == pytest.approx(np.full(3, value))
    assert along("RD", value, RISKS) - RISKS == pytest.approx(np.full(3, value))
    assert along("IRD", value, RISKS) - RISKS == pytest.approx(np.full(3, value))


def test_the_arcsine_difference_stops_at_no_and_at_full_risk() -> None:
    shift = np.arcsin(np.sqrt(along("AS", 0.2, RISKS))) - np.arcsin(np.sqrt(RISKS))
    assert shift == pytest.approx(np.full(3, 0.2))
    assert along("AS", -2.0, RISKS) == pytest.approx(np.zeros(3))
    assert along("AS", 2.0, RISKS) == pytest.approx(np.ones(3))


@pytest.mark.parametrize("measure", ["RR", "OR", "RD", "AS", "IRR", "IRD"])
@pytest.mark.parametrize("log_axes", [False, True])
def test_every_measure_has_its_pooled_line_inside_the_frame(measure: LabbeMeasure, log_axes: bool) -> None:
    data = replace(labbe_data(8), measure=measure, log_axes=log_axes, summary=-0.05, ci_low=-0.1, ci_high=0.0)
    figure = labbe(data)
    pooled = [line for line in lines(figure, LIGHT.prediction) if len(line[0]) > 2]
    assert pooled
    diagonal = next(line for line in lines(figure, LIGHT.line) if line[0][0] != line[0][1])
    (left, right), (bottom, top) = diagonal
    assert all(left - 1e-9 <= x <= right + 1e-9 for xs, _ in pooled for x in xs)
    assert all(top - 1e-9 <= y <= bottom + 1e-9 for _, ys in pooled for y in ys)


def test_a_risk_ratio_is_a_straight_line_of_its_slope() -> None:
    figure = labbe(labbe_data(8))
    (xs, ys), *_ = [line for line in lines(figure, LIGHT.prediction) if len(line[0]) > 2]
    (left, right), (bottom, top) = next(
        line for line in lines(figure, LIGHT.line) if line[0][0] != line[0][1]
    )
    slope = ((bottom - ys[-1]) / (bottom - top)) / ((xs[-1] - left) / (right - left))
    assert slope == pytest.approx(math.exp(-0.4))


def test_heavy_studies_are_drawn_first_so_that_none_is_hidden() -> None:
    points = (LabbePoint("light", 0.2, 0.3, 1.0), LabbePoint("heavy", 0.2, 0.3, 100.0))
    figure = labbe(LabbeData("", points, "RR"))
    radii = [patch.get_radius() for patch in figure.axes[0].patches if hasattr(patch, "get_radius")]
    assert radii[0] > radii[1]
    assert radii[0] == pytest.approx(4 * radii[1], rel=0.2)


def test_lines_that_end_in_one_corner_are_named_on_the_way() -> None:
    points = (LabbePoint("A", 0.95, 0.9), LabbePoint("B", 0.5, 0.4))
    words = texts(labbe(LabbeData("", points, "OR")))
    assert {"0.1", "0.25", "0.5", "2", "4", "10"} <= set(words)


def test_no_events_at_all_and_all_events_are_drawn() -> None:
    for risk in (0.0, 1.0):
        data = LabbeData("Death", (LabbePoint("A", risk, risk, 0.0),), "OR", 0.0)
        assert len(circles(labbe(data))) == 1
        assert "0 below the line of no effect, 0 above it" in data.description


def test_a_huge_effect_does_not_overflow() -> None:
    for measure in ("RR", "OR", "IRR"):
        data = replace(labbe_data(3), measure=measure, summary=900.0, ci_low=-900.0, ci_high=900.0)
        assert "∞" in data.description
        assert lines(labbe(data), LIGHT.prediction)


def test_no_pool_draws_no_pooled_line() -> None:
    data = replace(labbe_data(3), summary=None, ci_low=None, ci_high=None)
    assert lines(labbe(data), LIGHT.prediction) == []
    assert "Pooled" not in data.description
    assert "No study contributes a result" in texts(labbe(replace(data, points=())))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": (LabbePoint("A", 1.2, 0.5),)}, "'A' has a risk above 1"),
        ({"points": (LabbePoint("A", -0.1, 0.5),)}, "'A' has a negative"),
        ({"points": (LabbePoint("A", 0.0, 0.5),), "log_axes": True}, "logarithmic axes cannot show"),
        ({"points": (LabbePoint("A", math.nan, 0.5),)}, "risk_1 of 'A' is nan"),
        ({"measure": "HR"}, "measure is 'HR'"),
    ],
)
def test_impossible_values_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        labbe(replace(labbe_data(3), **change))  # type: ignore[arg-type]  # one field at a time


def test_rates_may_be_above_one() -> None:
    data = LabbeData("", (LabbePoint("A", 3.0, 4.0),), "IRR", 0.0)
    assert "4" in texts(labbe(data))
