"""GOSH: a dot a subset, and shades of density where there are too many for dots."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.patches import PathPatch

from analysis.meta import gosh as subsets
from analysis.plots.gosh import MOST_DOTS, SHADES, GoshData, gosh
from tests.analysis.plots.areas import BCG_VI, BCG_YI, circles, frame, gosh_data, tick_positions
from tests.analysis.plots.figures import texts


def _opacities(data: GoshData) -> list[float]:
    figure = gosh(data)
    return [float(p.get_alpha() or 1.0) for p in figure.axes[0].patches if isinstance(p, PathPatch)]


def test_few_subsets_have_a_dot_each_at_their_values() -> None:
    data = GoshData("", np.array([0.0, 1.0, 2.0]), np.array([0.0, 40.0, 80.0]), "Effect")
    figure = gosh(data)
    at = tick_positions(figure)
    (_, y0), (_, y1), (_, y2) = circles(figure)
    assert y0 == pytest.approx(at["0"][1], abs=0.5)
    assert y1 - y0 == pytest.approx(y2 - y1)
    assert [x for x, _ in circles(figure)] == sorted(x for x, _ in circles(figure))


def test_many_subsets_are_shaded_by_their_number() -> None:
    data = replace(gosh_data(5000), marked=None)
    assert len(circles(gosh(data))) == 0
    shades = set(_opacities(data)) & set(SHADES)
    assert {SHADES[0], SHADES[-1]} <= shades
    assert len(shades) >= 4


def test_every_cell_with_a_subset_is_drawn_once() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.uniform(0, 1, 3000), rng.uniform(0, 100, 3000)
    figure = gosh(GoshData("", x, y, "Effect"))
    margins = 0.5
    patches = [patch for patch in figure.axes[0].patches if isinstance(patch, PathPatch)]
    shapes = [patch for patch in patches if patch.get_alpha() != margins]
    left, top, right, bottom = frame(figure)
    area = 0.0
    for shape in shapes:
        for corners in shape.get_path().to_polygons():
            places = np.asarray(corners, dtype=float)
            (x0, y0), (x1, y1) = places.min(axis=0), places.max(axis=0)
            area += (x1 - x0) * (y1 - y0) * (y0 > top - 1e-9)  # not the patch of the legend
    counts, _, _ = np.histogram2d(x, y, bins=(78, 54), range=_ranges(x, y))
    cell = (right - left) * (bottom - top) / (78 * 54)
    assert area / cell == pytest.approx(np.count_nonzero(counts), rel=1e-6)


def _ranges(x: np.ndarray, y: np.ndarray) -> list[tuple[float, float]]:
    low, high = y.min(), y.max()
    room = 0.03 * (high - low)
    width = 0.03 * (x.max() - x.min())
    return [(x.min() - width, x.max() + width), (min(low - room, -0.02 * (high + room)), high + room)]


def test_marked_subsets_have_their_colour_and_their_numbers() -> None:
    data = gosh_data(1000)
    words = texts(gosh(data))
    assert {"With S3", "Without S3", "All studies"} <= set(words)
    assert "With S3: effect" in data.description
    assert "Without S3: effect" in data.description


@pytest.mark.parametrize("share", [0.0, 0.01, 1.0])
def test_a_small_part_of_many_subsets_is_shaded_as_the_rest(share: float) -> None:
    data = gosh_data(1000)
    marked = np.arange(1000) < 1000 * share
    figure = gosh(replace(data, marked=marked))
    assert circles(figure) == []
    assert "nan" not in replace(data, marked=marked).description


def test_a_sample_says_so() -> None:
    assert "100 subsets of 8191 possible" in replace(gosh_data(100), n_possible=8191).description
    assert "possible" not in replace(gosh_data(100), n_possible=100).description


def test_all_subsets_of_the_bcg_trials_show_two_clusters() -> None:
    found = subsets(BCG_YI, BCG_VI)
    several = found.included.sum(axis=1) > 1
    data = GoshData(
        "Tuberculosis",
        found.pools.estimate[several],
        found.pools.i2[several],
        "Risk ratio",
        is_log=True,
        marked=found.included[several, 7],
        marked_label="With Madras",
    )
    assert "8178 subsets" in data.description
    with_madras = float(np.exp(np.median(data.estimates[data.marked])))
    assert f"median {with_madras:.2f}" in data.description


def test_no_subset_says_so() -> None:
    data = GoshData("Death", np.array([]), np.array([]), "Effect")
    assert "No subset of the studies was pooled" in texts(gosh(data))
    assert data.description == "No subset of the studies was pooled."


@pytest.mark.parametrize("n", [1, 3, MOST_DOTS + 1])
def test_equal_estimates_without_heterogeneity_are_drawn(n: int) -> None:
    data = GoshData("", np.zeros(n), np.zeros(n), "Effect")
    figure = gosh(data)
    assert len(circles(figure)) == (n if n <= MOST_DOTS else 0)
    assert "effect 0 to 0" in data.description


def test_impossible_values_are_refused() -> None:
    with pytest.raises(ValueError, match="heterogeneity has shape"):
        gosh(GoshData("", np.zeros(3), np.zeros(2), "Effect"))
    with pytest.raises(ValueError, match=r"estimates\[1\] is nan"):
        gosh(GoshData("", np.array([0.0, np.nan]), np.zeros(2), "Effect"))
    with pytest.raises(ValueError, match="marked has shape"):
        gosh(GoshData("", np.zeros(2), np.zeros(2), "Effect", marked=np.zeros(3, dtype=bool)))
    with pytest.raises(ValueError, match="all studies"):
        gosh(GoshData("", np.zeros(2), np.zeros(2), "Effect", whole=(np.inf, 0.0)))
    with pytest.raises(ValueError, match="beyond"):
        gosh(GoshData("", np.array([1e200]), np.zeros(1), "Effect"))
