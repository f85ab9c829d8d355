"""Drapery: a curve has its point at the estimate and crosses P = 0.05 at the limits of the 95% interval."""

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.plots.drapery import Curve, DraperyData, drapery
from analysis.plots.theme import LIGHT
from tests.analysis.plots.areas import drapery_data, frame, lines, tick_positions
from tests.analysis.plots.figures import texts


def test_the_p_value_at_the_limits_of_an_interval_is_its_complement() -> None:
    normal, t = Curve("z", 0.3, 0.2), Curve("t", 0.3, 0.2, df=4)
    z, t4 = 1.959963984540054, 2.7764451051977934  # R: qnorm(0.975), qt(0.975, 4)
    assert normal.p_values(np.array([0.3, 0.3 + 0.2 * z, 0.3 - 0.2 * z])) == pytest.approx([1.0, 0.05, 0.05])
    assert t.p_values(np.array([0.3, 0.3 + 0.2 * t4])) == pytest.approx([1.0, 0.05])


def test_the_curve_of_the_pool_is_drawn_at_its_values() -> None:
    data = DraperyData("", (Curve("A", 0.0, 1.0),), Curve("Pooled", 0.0, 1.0), "Difference")
    figure = drapery(data)
    at = tick_positions(figure)
    unit_x, unit_y = (at["2"][0] - at["0"][0]) / 2, (at["0.2"][1] - at["1.0"][1]) / 0.8
    xs, ys = next(line for line in lines(figure, LIGHT.diamond) if len(line[0]) > 10)
    top = min(range(len(ys)), key=lambda i: ys[i])
    assert xs[top] == pytest.approx(at["0"][0])
    effects = (np.array(xs) - at["0"][0]) / unit_x
    p = 1 - (np.array(ys) - at["1.0"][1]) / unit_y
    assert p == pytest.approx(Curve("", 0.0, 1.0).p_values(effects), abs=1e-9)


def test_every_study_has_a_curve_inside_the_frame() -> None:
    figure = drapery(drapery_data(13))
    left, top, right, bottom = frame(figure)
    curves = [line for line in lines(figure, LIGHT.square) if len(line[0]) > 2]
    assert len(curves) == 13
    assert all(left - 1e-9 <= x <= right + 1e-9 for xs, _ in curves for x in xs)
    assert all(top <= y <= bottom + 1e-9 for _, ys in curves for y in ys)


def test_levels_of_confidence_stand_beside_their_p_values() -> None:
    figure = drapery(drapery_data(5))
    at = tick_positions(figure)
    assert at["80%"][1] == pytest.approx(at["0.2"][1])
    assert {"90%", "95%", "Confidence", "Pooled", "In a new study"} <= set(texts(figure))


def test_the_description_gives_interval_and_p_value() -> None:
    data = DraperyData("", (Curve("A", 0.0, 1.0),), Curve("Pooled", -0.5, 0.25), "Log odds", is_log=True)
    # exp(-0.5 -/+ 1.96 * 0.25); 2 * pnorm(-2) = 0.0455.
    assert (
        "Pooled: highest at 0.61, P above 0.05 from 0.37 to 0.99, at no effect P = 0.046." in data.description
    )
    by_t = replace(data, pooled=Curve("Pooled", -0.5, 0.25, df=4), null_line=None)
    assert "from 0.30 to 1.21." in by_t.description


def test_no_study_one_study_and_no_pool() -> None:
    none = replace(drapery_data(2), studies=())
    assert "No study contributes a result" in texts(drapery(none))
    assert none.description == "No study contributes a result."
    alone = DraperyData("", (Curve("A", 0.0, 0.5),), None, "Difference", null_line=None)
    assert "Pooled" not in texts(drapery(alone))
    assert "1 study" in alone.description
    assert alone.description.endswith("The estimate is 0.")


def test_one_vague_study_does_not_flatten_the_others() -> None:
    data = DraperyData(
        "", (Curve("A", 0.0, 0.1), Curve("B", 0.1, 0.1), Curve("C", 0.0, 1e6)), None, "Difference"
    )
    figure = drapery(data)
    left, _, right, _ = frame(figure)
    sharp = next(line for line in lines(figure, LIGHT.square) if len(line[0]) > 2)
    assert max(sharp[0]) - min(sharp[0]) > 0.5 * (right - left)


@pytest.mark.parametrize(
    ("curve", "message"),
    [
        (Curve("A", math.nan, 0.1), "estimate of 'A' is nan"),
        (Curve("A", 0.0, 0.0), "'A' has se 0"),
        (Curve("A", 0.0, 0.1, df=0.0), "'A' has se 0.1 and df 0"),
        (Curve("A", 0.0, math.inf), "se of 'A' is inf"),
    ],
)
def test_impossible_values_are_refused(curve: Curve, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        drapery(replace(drapery_data(2), studies=(curve,)))
    with pytest.raises(ValueError, match=message):
        drapery(replace(drapery_data(2), prediction=curve))
