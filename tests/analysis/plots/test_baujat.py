"""Baujat: a study stands where its heterogeneity and its influence say."""

import pytest

from analysis.meta import baujat as coordinates
from analysis.plots.baujat import MOST_NAMED, BaujatData, BaujatPoint, baujat
from tests.analysis.plots.areas import BCG_VI, BCG_YI, LABELS, circles, frame, tick_positions
from tests.analysis.plots.figures import texts


def _bcg() -> BaujatData:
    found = coordinates(BCG_YI, BCG_VI, tau2_method="EE")
    points = zip(LABELS, found.heterogeneity.tolist(), found.influence.tolist(), strict=True)
    return BaujatData("Tuberculosis", tuple(BaujatPoint(*point) for point in points))


def test_studies_stand_at_their_coordinates() -> None:
    data = _bcg()
    figure = baujat(data)
    at = tick_positions(figure)
    inches = (at["50"][0] - at["40"][0]) / 10
    left, *_ = frame(figure)
    assert len(circles(figure)) == 13
    for (x, _), point in zip(circles(figure), data.points, strict=True):
        assert x - left == pytest.approx(point.heterogeneity * inches, abs=1e-9)


def test_the_studies_that_matter_are_named() -> None:
    # Trial 7 (Vandiviere) and the large trials 4 and 8 in Madras and England.
    words = texts(baujat(_bcg()))
    assert {"Trial 8", "Trial 4", "Trial 6"} <= set(words)
    assert "Trial 4 (" in _bcg().description
    assert "13 studies" in _bcg().description


def test_of_many_studies_only_the_furthest_are_named() -> None:
    points = tuple(BaujatPoint(f"S{i}", float(i), float(i)) for i in range(100))
    words = texts(baujat(BaujatData("", points)))
    assert "S99" in words
    assert sum(word.startswith("S") for word in words) <= MOST_NAMED


def test_equal_effects_have_no_heterogeneity_to_show() -> None:
    data = BaujatData("", tuple(BaujatPoint(f"S{i}", 0.0, 0.0) for i in range(3)))
    assert len(circles(baujat(data))) == 3
    assert "All effects are equal" in data.description


@pytest.mark.parametrize(("k", "message"), [(0, "No study contributes"), (1, "One study")])
def test_too_few_studies_say_so(k: int, message: str) -> None:
    data = BaujatData("Death", tuple(BaujatPoint("S", 1.0, 1.0) for _ in range(k)))
    assert any(message in word for word in texts(baujat(data)))
    assert message in data.description


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_values_without_a_place_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="'S1'"):
        baujat(BaujatData("", (BaujatPoint("S0", 1, 1), BaujatPoint("S1", 1, value))))


def test_extreme_values_fit() -> None:
    data = BaujatData("", (BaujatPoint("A", 1e-9, 1e12), BaujatPoint("B", 2e-9, 3e12)))
    assert "1 × 10¹²" in texts(baujat(data))
