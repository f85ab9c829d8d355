"""Many models at once: the same numbers as one by one."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.meta import (
    TAU2_METHODS,
    IllScaled,
    NonConvergence,
    NotFinite,
    NotPositive,
    ShapeMismatch,
    UnknownOption,
    estimate_tau2,
    estimate_tau2_many,
    pool,
    pool_many,
)
from analysis.meta.batched import problems as problems_module
from tests.analysis.meta import bcg

METHODS = st.sampled_from(list(TAU2_METHODS))
EFFECT = st.integers(-300, 300).map(lambda value: value / 100)
# From hundredths to hundreds: wide enough for likelihoods with two hills.
VARIANCE = st.integers(-200, 200).map(lambda value: 10 ** (value / 100))
DATA = st.lists(st.tuples(EFFECT, VARIANCE), min_size=3, max_size=6)
QUICK = settings(max_examples=40, deadline=None)


def columns(data: Any) -> tuple[np.ndarray, np.ndarray]:
    yi, vi = (np.array(column) for column in zip(*data, strict=True))
    return yi, vi


def subsets(k: int) -> np.ndarray:
    """All but the empty one."""
    return ((np.arange(1, 2**k)[:, None] >> np.arange(k)) & 1).astype(bool)


@QUICK
@given(data=DATA, method=METHODS)
def test_every_subset_has_the_tau2_that_it_has_alone(data: Any, method: Any) -> None:
    yi, vi = columns(data)
    mask = subsets(yi.size)

    found = estimate_tau2_many(yi, vi, weights_mask=mask, method=method)

    alone = [estimate_tau2(yi[row], vi[row], method=method).value for row in mask]
    assert found == pytest.approx(alone, rel=1e-9, abs=1e-12)


@QUICK
@given(data=DATA, method=METHODS, seed=st.integers(0, 2**31))
def test_every_subset_has_the_residual_tau2_that_it_has_alone(data: Any, method: Any, seed: int) -> None:
    yi, vi = columns(data)
    x = np.column_stack([np.ones(yi.size), np.random.default_rng(seed).normal(2000, 5, yi.size)])
    mask = subsets(yi.size)
    mask = mask[mask.sum(axis=1) >= 2]

    found = estimate_tau2_many(yi, vi, weights_mask=mask, method=method, design=x)

    alone = [estimate_tau2(yi[row], vi[row], method=method, design=x[row]).value for row in mask]
    assert found == pytest.approx(alone, rel=1e-6, abs=1e-9)


@QUICK
@given(data=DATA, method=METHODS, seed=st.integers(0, 2**31))
def test_rows_of_their_own_and_masks_of_shared_studies_give_the_same(
    data: Any, method: Any, seed: int
) -> None:
    yi, vi = columns(data)
    rng = np.random.default_rng(seed)
    mask = rng.random((5, yi.size)) < 0.7
    mask[:, 0] = True
    scattered = np.where(mask, yi, np.nan), np.where(mask, vi, -1.0)

    shared = estimate_tau2_many(yi, vi, weights_mask=mask, method=method)
    own = estimate_tau2_many(*scattered, weights_mask=mask, method=method)

    assert own == pytest.approx(shared, rel=1e-9, abs=1e-12)


@QUICK
@given(
    data=DATA, method=METHODS, ci_method=st.sampled_from(["wald", "t", "hk", "hk_adhoc"]), level=st.just(0.9)
)
def test_every_subset_pools_as_it_does_alone(data: Any, method: Any, ci_method: Any, level: float) -> None:
    yi, vi = columns(data)
    mask = subsets(yi.size)
    options: dict[str, Any] = {"tau2_method": method, "ci_method": ci_method, "level": level}

    many = pool_many(yi, vi, weights_mask=mask, **options)

    for place, row in enumerate(mask):
        one = pool(yi[row], vi[row], **options)
        spread = one.heterogeneity
        assert many.k[place] == one.k
        assert [many.estimate[place], many.se[place], many.tau2[place]] == pytest.approx(
            [one.estimate, one.se, one.tau2.value], rel=1e-8, abs=1e-10
        )
        assert [many.q[place], many.i2[place], many.h2[place], many.q_p[place]] == pytest.approx(
            [spread.q, spread.i2, spread.h2, spread.q_p], rel=1e-7, abs=1e-9
        )
        assert [many.se_wald[place], many.se_hk[place]] == pytest.approx(
            [one.se_wald, one.se_hk], rel=1e-8, abs=1e-10
        )
        if one.se > 1e-6 * one.se_wald:
            assert [many.ci_low[place], many.ci_high[place], many.p_value[place]] == pytest.approx(
                [one.ci.low, one.ci.high, one.p_value], rel=1e-6, abs=1e-8
            )


def test_two_hills_of_the_likelihood_end_on_the_higher_one() -> None:
    outliers = np.array([0.5, 0.55, 0.6, 0.65, 0.7])
    yi = np.column_stack([outliers, np.zeros(5), np.zeros(5)])
    vi = np.array([0.054, 0.001, 0.002])

    found = estimate_tau2_many(yi, vi)

    assert found == pytest.approx([estimate_tau2(row, vi).value for row in yi], rel=1e-10)
    assert found.min() == 0
    assert found.max() > 0.05


def test_clusters_far_apart_keep_their_digits() -> None:
    rng = np.random.default_rng(5)
    yi = np.concatenate([rng.normal(0, 1e-4, 5), 1e4 + rng.normal(0, 1e-4, 5)])
    vi = rng.uniform(1e-10, 1e-9, 10)
    mask = np.zeros((3, 10), dtype=bool)
    mask[0, :5] = mask[1, 5:] = mask[2, :] = True

    found = estimate_tau2_many(yi, vi, weights_mask=mask)

    assert found == pytest.approx([estimate_tau2(yi[row], vi[row]).value for row in mask], rel=1e-6)


def test_one_design_for_each_problem_is_a_permutation() -> None:
    data = bcg.risk_ratios()
    rng = np.random.default_rng(3)
    year = np.array([1948, 1949, 1960, 1977, 1973, 1953, 1973, 1980, 1968, 1961, 1974, 1969, 1976.0])
    designs = np.array([np.column_stack([np.ones(13), rng.permutation(year)]) for _ in range(20)])

    found = estimate_tau2_many(data.yi, data.vi, design=designs)

    alone = [estimate_tau2(data.yi, data.vi, design=design).value for design in designs]
    assert found == pytest.approx(alone, rel=1e-9)


def test_parts_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bcg.risk_ratios()
    mask = subsets(13)[::37]
    whole = pool_many(data.yi, data.vi, weights_mask=mask)

    monkeypatch.setattr(problems_module.Problems.chunks, "__defaults__", (100,))
    parts = pool_many(data.yi, data.vi, weights_mask=mask)

    assert parts.estimate == pytest.approx(whole.estimate, rel=1e-12)
    assert parts.tau2 == pytest.approx(whole.tau2, rel=1e-12)


def test_a_set_without_studies_has_no_numbers_and_one_with_one_has_its_own() -> None:
    mask = np.array([[False, False, False], [False, True, False]])

    found = pool_many([0.1, 0.3, 0.9], [0.1, 0.04, 0.1], weights_mask=mask, ci_method="hk")

    assert np.isnan([found.estimate[0], found.se[0], found.tau2[0], found.q[0], found.q_p[0]]).all()
    assert (found.estimate[1], found.se[1], found.tau2[1]) == pytest.approx((0.3, 0.2, 0.0))
    assert (found.q_p[1], found.df[1], found.h2[1]) == (1.0, np.inf, 1.0)


def test_studies_that_cannot_tell_columns_apart_have_no_tau2() -> None:
    design = np.column_stack([np.ones(4), [0.0, 0.0, 0.0, 1.0]])
    mask = np.array([[True, True, True, True], [True, True, True, False]])

    found = estimate_tau2_many([0.1, 0.5, 0.9, 0.4], [0.1] * 4, weights_mask=mask, design=design)

    assert np.isnan(found).tolist() == [False, True]


def test_one_problem_may_come_as_vectors() -> None:
    assert estimate_tau2_many([0.0, 2.0], [0.5, 0.5]) == pytest.approx([1.5])


def test_bad_problems_are_named() -> None:
    yi, vi = [0.1, 0.2, 0.3], [0.1, 0.1, 0.1]

    with pytest.raises(ShapeMismatch, match="weights_mask"):
        estimate_tau2_many(yi, vi, weights_mask=[True, False, True])
    with pytest.raises(ShapeMismatch, match="design"):
        estimate_tau2_many(yi, vi, design=np.ones((2, 1)))
    with pytest.raises(ShapeMismatch, match="vi"):
        estimate_tau2_many(yi, vi[:2])
    with pytest.raises(ShapeMismatch, match="problems"):
        estimate_tau2_many([yi, yi], vi, weights_mask=np.ones((3, 3), dtype=bool))
    with pytest.raises(NotFinite, match=r"yi\[1\]"):
        estimate_tau2_many([0.1, np.nan], [0.1, 0.1])
    with pytest.raises(NotPositive, match=r"vi\[0, 1\]"):
        estimate_tau2_many([0.1, 0.2], [[0.1, 0.0]])
    with pytest.raises(UnknownOption, match="PM"):
        estimate_tau2_many(yi, vi, method="GENQ")  # type: ignore[arg-type]  # the refusal is the test
    with pytest.raises(IllScaled, match="Effects reach"):
        estimate_tau2_many([0.0, 1e200], [0.5, 0.5])
    with pytest.raises(IllScaled, match="check the smallest"):
        estimate_tau2_many([0.0, 1.0, 2.0], [1e-11, 0.5, 1e3])


def test_no_problems_and_no_studies_give_no_numbers() -> None:
    assert pool_many([1.0, 2.0], [0.1, 0.2], weights_mask=np.zeros((0, 2), dtype=bool)).estimate.size == 0
    assert np.isnan(estimate_tau2_many([], [])).all()


@pytest.mark.parametrize("method", ["REML", "PM"])
def test_too_few_steps_are_no_estimate(method: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.meta.batched.likelihood.MOST_STEPS", 1)
    monkeypatch.setattr("analysis.meta.tau2.single.MOST_STEPS", 1)

    with pytest.raises(NonConvergence):
        estimate_tau2_many([0.0, 2.0, 5.0], [0.5, 0.1, 0.3], method=method)
    with pytest.raises(NonConvergence):
        estimate_tau2([0.0, 2.0, 5.0], [0.5, 0.1, 0.3], method=method)
