"""The influence panel: a mark a study in each small plot, and names for those pointed out."""

import math
from dataclasses import replace

import pytest
from matplotlib.patches import Circle, Polygon

from analysis.meta import influence as measures
from analysis.plots import render
from analysis.plots.influence import InfluenceData, InfluencePanel, influence
from analysis.plots.theme import LIGHT
from tests.analysis.plots.areas import BCG_VI, BCG_YI, LABELS, covering_texts, lines
from tests.analysis.plots.figures import extent_is_inside, texts


def _data(k: int = 13, flagged: int | None = 3) -> InfluenceData:
    labels = tuple(f"Study {i + 1}" for i in range(k))
    hat = tuple(1 / k + 0.01 * math.sin(i) for i in range(k))
    cook = tuple(0.1 * (i % 5) for i in range(k))
    panels = (InfluencePanel("Hat value", hat, 1 / k, (3 / k,)), InfluencePanel("Cook's distance", cook))
    return InfluenceData("Death", labels, panels, tuple(i == flagged for i in range(k)))


def test_every_study_has_a_mark_in_every_panel() -> None:
    patches = influence(_data()).axes[0].patches
    assert sum(isinstance(patch, Circle) for patch in patches) == 2 * 12
    assert sum(isinstance(patch, Polygon) for patch in patches) == 2


def test_lines_stand_at_their_values() -> None:
    figure = influence(_data())
    circles = [p.center for p in figure.axes[0].patches if isinstance(p, Circle)][:2]
    inches = (circles[1][1] - circles[0][1]) / (0.01 * math.sin(1))
    (_, limit), *_ = lines(figure, LIGHT.muted)
    # The first study has the hat value of the reference, 1 / 13.
    assert limit[0] - circles[0][1] == pytest.approx((3 / 13 - 1 / 13) * inches)


def test_influential_studies_are_named_below_and_in_words() -> None:
    assert "Influential (triangles): 4 Study 4." in texts(influence(_data()))
    assert _data().description.endswith("Influential: 4 Study 4.")
    assert "Influential (triangles): none." in texts(influence(_data(flagged=None)))


def test_the_bcg_trials_have_their_largest_hat_value_told() -> None:
    found = measures(BCG_YI, BCG_VI)
    panel = InfluencePanel("Hat value", tuple(found.hat.tolist()), 1 / 13, (3 / 13,))
    data = InfluenceData("TB", LABELS, (panel,), tuple(found.influential.tolist()))
    # R's influence(rma(yi, vi, data = dat.bcg)): the largest trial, in Madras.
    assert "(Trial 8)." in data.description


@pytest.mark.parametrize("k", [2, 13, 60, 200])
def test_any_number_of_studies_is_legible(k: int) -> None:
    for narrow in (False, True):
        figure = influence(_data(k), narrow=narrow)
        assert covering_texts(figure) == []
        assert extent_is_inside(figure)
    figure = influence(_data(k))
    svg = render(figure, "svg", title="t", description="d")
    assert svg == render(influence(_data(k)), "svg", title="t", description="d")


def test_measures_without_a_value_and_equal_values_are_drawn() -> None:
    panels = (
        InfluencePanel("Gaps", (1.0, math.nan, math.inf)),
        InfluencePanel("None", (math.nan,) * 3),
        InfluencePanel("Equal", (0.0,) * 3, 0.0),
    )
    data = replace(_data(3, None), panels=panels)
    figure = influence(data)
    assert sum(isinstance(patch, Circle) for patch in figure.axes[0].patches) == 4
    assert "None:" not in data.description


def test_fewer_than_two_studies_say_so() -> None:
    none = InfluenceData("Death", (), (), ())
    for data in (none, _data(1, None)):
        assert "Influence needs two studies or more" in texts(influence(data))
        assert data.description == "Influence needs two studies or more."


def test_impossible_values_are_refused() -> None:
    with pytest.raises(ValueError, match="influential has 1 flags for 13 studies"):
        influence(replace(_data(), influential=(True,)))
    with pytest.raises(ValueError, match="panel 'Hat' has 1 values for 13 studies"):
        influence(replace(_data(), panels=(InfluencePanel("Hat", (1.0,)),)))
    with pytest.raises(ValueError, match="limit of 'Hat' is inf"):
        influence(replace(_data(), panels=(InfluencePanel("Hat", (1.0,) * 13, limits=(math.inf,)),)))
