"""All subsets, and samples of them."""

from typing import Any

import numpy as np
import pytest

from analysis.meta import TooManySubsets, UnknownOption, gosh, pool
from tests.analysis.meta import bcg


def test_every_subset_is_pooled_once() -> None:
    data = bcg.odds_ratios()

    found = gosh(data.yi, data.vi, tau2_method="REML")

    assert found.is_complete
    assert found.included.shape == (8191, 13)
    assert np.unique(found.included, axis=0).shape[0] == 8191
    for row in (0, 4096, 5461, 8190):
        mask = found.included[row]
        alone = pool(data.yi[mask], data.vi[mask])
        assert found.pools.k[row] == alone.k
        assert found.pools.estimate[row] == pytest.approx(alone.estimate, rel=1e-9)
        assert found.pools.tau2[row] == pytest.approx(alone.tau2.value, rel=1e-7, abs=1e-12)
        assert found.pools.i2[row] == pytest.approx(alone.heterogeneity.i2, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize(("k", "subsets"), [(5, 20), (13, 1000), (40, 500)])
def test_a_sample_holds_different_subsets_and_is_repeatable(k: int, subsets: int) -> None:
    yi, vi = np.linspace(-1, 1, k), np.full(k, 0.1)

    first, second = gosh(yi, vi, subsets=subsets, seed=7), gosh(yi, vi, subsets=subsets, seed=7)

    assert not first.is_complete
    assert first.seed == 7
    assert np.unique(first.included, axis=0).shape[0] == first.included.shape[0] == subsets
    assert first.included.any(axis=1).all()
    assert np.array_equal(first.included, second.included)
    assert not np.array_equal(first.included, gosh(yi, vi, subsets=subsets, seed=8).included)


def test_a_sample_as_large_as_all_is_all() -> None:
    assert gosh([0.1, 0.2, 0.3], [1, 1, 1], subsets=7).is_complete


def test_too_many_subsets_are_refused_before_they_fill_the_memory() -> None:
    with pytest.raises(TooManySubsets, match="draw between"):
        gosh(np.zeros(21), np.ones(21))
    with pytest.raises(TooManySubsets):
        gosh([0.1, 0.2], [1, 1], subsets=0)


@pytest.mark.parametrize("seed", [-1, None, 0.5, True])
def test_a_seed_that_repeats_nothing_is_refused(seed: Any) -> None:
    with pytest.raises(UnknownOption, match="seed is"):
        gosh([0.1, 0.2, 0.3], [0.1, 0.1, 0.1], subsets=3, seed=seed)


def test_a_part_of_a_subset_is_refused() -> None:
    with pytest.raises(TooManySubsets):
        gosh([0.1, 0.2, 0.3], [0.1, 0.1, 0.1], subsets=2.5)  # type: ignore[arg-type]  # the point of the test
