"""Radial: slopes are effects, and the scale on the right says which."""

import math
from dataclasses import replace

import pytest
from matplotlib.figure import Figure

from analysis.plots.radial import ARC_GAP, RadialData, RadialPoint, radial
from analysis.plots.theme import LIGHT
from tests.analysis.plots.areas import BCG_VI, BCG_YI, LABELS, circles, lines, tick_positions
from tests.analysis.plots.figures import extent_is_inside, texts


def _bcg(tau2: float = 0.0) -> RadialData:
    points = tuple(map(RadialPoint, LABELS, BCG_YI, BCG_VI))
    # R's rma(yi, vi, data = dat.bcg, method = "EE").
    return RadialData("TB", points, -0.4303, -0.5097, -0.3509, tau2, "Risk ratio", is_log=True)


def _origin_and_end(figure: Figure) -> tuple[tuple[float, float], tuple[float, float]]:
    (xs, ys), *_ = [line for line in lines(figure, LIGHT.text) if len(line[0]) == 2]
    return (xs[0], ys[0]), (xs[-1], ys[-1])


def test_a_line_from_the_origin_through_a_study_has_its_effect_as_slope() -> None:
    data = _bcg()
    figure = radial(data)
    (x0, y0), (x1, y1) = _origin_and_end(figure)
    pooled = (y1 - y0) / (x1 - x0)
    for (x, y), yi in zip(circles(figure), BCG_YI, strict=True):
        assert (y - y0) / (x - x0) / pooled == pytest.approx(yi / data.summary)


def test_the_scale_of_effects_lies_where_lines_from_the_origin_meet_it() -> None:
    data = _bcg()
    figure = radial(data)
    (x0, y0), (x1, y1) = _origin_and_end(figure)
    _, y = tick_positions(figure)["0.6"]
    slope = (y - y0) / (x1 + ARC_GAP - x0)
    assert slope / ((y1 - y0) / (x1 - x0)) == pytest.approx(math.log(0.6) / data.summary)


def test_studies_outside_the_band_are_named() -> None:
    # |y - mu| / sqrt(v) > 1.96.
    outside = {
        label
        for label, y, v in zip(LABELS, BCG_YI, BCG_VI, strict=True)
        if abs(y + 0.4303) / math.sqrt(v) > 1.959964
    }
    named = {word for word in texts(radial(_bcg())) if word.startswith("Trial")}
    assert named <= outside
    assert {"Trial 4", "Trial 8"} <= named
    assert f"{len(outside)} of 13 lie outside the 95% band" in _bcg().description


def test_heterogeneity_widens_every_standard_error() -> None:
    data = _bcg(tau2=0.3132)
    assert data.place(data.points[0])[0] == pytest.approx(1 / math.sqrt(BCG_VI[0] + 0.3132))
    assert "Precision, 1/√(v + τ²)" in texts(radial(data))
    assert "Precision, 1/√v" in texts(radial(_bcg()))


def test_one_study_and_none() -> None:
    one = replace(_bcg(), points=_bcg().points[:1])
    assert len(circles(radial(one))) == 1
    assert "1 study" in one.description
    none = replace(_bcg(), points=())
    assert "No study contributes a result" in texts(radial(none))
    assert none.description == "No study contributes a result."


def test_equal_effects_and_extreme_precision_are_drawn() -> None:
    same = replace(_bcg(), points=tuple(RadialPoint(f"S{i}", 0.0, 1e-10) for i in range(3)), summary=0.0)
    assert len(circles(radial(same))) == 3
    assert tick_positions(radial(same))
    apart = replace(_bcg(), points=(RadialPoint("A", 30.0, 1e6), RadialPoint("B", -30.0, 1e-6)))
    assert len(circles(radial(apart))) == 2
    # Effects of 1e9 have long numbers on the scale; it makes room for them.
    far = replace(_bcg(), points=(RadialPoint("A", 1e9, 1.0),), summary=1e9, ci_low=1e8, ci_high=2e9)
    assert extent_is_inside(radial(far))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": (RadialPoint("A", 0.1, 0.0),)}, "vi of 'A' is 0"),
        ({"points": (RadialPoint("A", math.nan, 1.0),)}, "yi of 'A' is nan"),
        ({"tau2": -0.1}, "tau2 is -0.1"),
        ({"summary": math.inf}, "summary"),
        ({"summary": 1e200}, "summary of 'the radial plot' is 1e[+]200; beyond 1e[+]100"),
        ({"level": 95.0}, "level is 95"),
    ],
)
def test_impossible_values_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        radial(replace(_bcg(), **change))  # type: ignore[arg-type]  # one field at a time
