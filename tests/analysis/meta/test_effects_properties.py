"""What must hold for any arm data: order, sides, units, and the way back."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.meta import (
    EFFECT_MEASURES,
    displayed_studies,
    effect_sizes,
    incidence_rates,
    mean_differences,
    proportion_interval,
    rate_comparisons,
    two_by_two,
)
from analysis.meta.effects import PROPORTION_INTERVALS

ARM = st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
TRIALS = st.lists(st.tuples(ARM, ARM), min_size=1, max_size=6)
MOMENTS = st.tuples(
    st.integers(-400, 400).map(lambda value: value / 40),
    st.integers(1, 200).map(lambda value: value / 40),
    st.integers(2, 60),
)
MEANS = st.lists(st.tuples(MOMENTS, MOMENTS), min_size=1, max_size=6)
RATE = st.tuples(st.integers(0, 30), st.integers(1, 5000).map(lambda value: value / 10))
RATES = st.lists(st.tuples(RATE, RATE), min_size=1, max_size=6)
BINARY = st.sampled_from(["OR", "RR", "RD", "AS", "PETO"])
CONTINUOUS = st.sampled_from(["MD", "SMD", "SMDH"])
ADDED = st.sampled_from([0.0, 0.25, 0.5, "tacc"])
RULES = st.sampled_from(["only0", "all", "if0all", "none"])
QUICK = settings(max_examples=40, deadline=None)


def arms(trials: Any) -> list[Any]:
    """Columns of the first arm, then of the second."""
    return [column for arm in zip(*trials, strict=True) for column in zip(*arm, strict=True)]


@QUICK
@given(trials=TRIALS, measure=BINARY, add=ADDED, to=RULES, drop00=st.booleans())
def test_swapping_the_arms_turns_the_sign(trials: Any, measure: Any, add: Any, to: Any, drop00: bool) -> None:
    x1, n1, x2, n2 = arms(trials)

    one = two_by_two(x1, n1, x2, n2, measure=measure, add=add, to=to, drop00=drop00)
    two = two_by_two(x2, n2, x1, n1, measure=measure, add=add, to=to, drop00=drop00)

    assert two.yi == pytest.approx(-one.yi, abs=1e-12, nan_ok=True)
    assert two.vi == pytest.approx(one.vi, rel=1e-10, nan_ok=True)
    assert two.corrected.tolist() == one.corrected.tolist()


@QUICK
@given(trials=TRIALS, measure=BINARY, add=ADDED, to=RULES)
def test_the_order_of_trials_does_not_matter(trials: Any, measure: Any, add: Any, to: Any) -> None:
    one = two_by_two(*arms(trials), measure=measure, add=add, to=to)
    two = two_by_two(*arms(trials[::-1]), measure=measure, add=add, to=to)

    assert two.yi[::-1].tolist() == pytest.approx(one.yi.tolist(), rel=1e-14, nan_ok=True)
    assert two.vi[::-1].tolist() == pytest.approx(one.vi.tolist(), rel=1e-14, nan_ok=True)


@QUICK
@given(trials=TRIALS, measure=BINARY, to=RULES)
def test_effects_are_finite_with_a_variance_above_zero_or_missing(trials: Any, measure: Any, to: Any) -> None:
    found = two_by_two(*arms(trials), measure=measure, to=to)

    assert np.array_equal(np.isnan(found.yi), np.isnan(found.vi))
    assert np.all(found.vi[found.usable] >= 0)
    if to == "only0":
        assert found.usable.all()


@QUICK
@given(trials=TRIALS, measure=st.sampled_from(["OR", "RD", "AS", "PETO"]))
def test_counting_the_other_outcome_turns_the_sign(trials: Any, measure: Any) -> None:
    x1, n1, x2, n2 = arms(trials)

    one = two_by_two(x1, n1, x2, n2, measure=measure)
    two = two_by_two(np.subtract(n1, x1), n1, np.subtract(n2, x2), n2, measure=measure)

    assert two.yi == pytest.approx(-one.yi, abs=1e-7)
    assert two.vi == pytest.approx(one.vi, rel=1e-10)


@QUICK
@given(trials=MEANS, measure=CONTINUOUS)
def test_swapping_arms_of_means_turns_the_sign(trials: Any, measure: Any) -> None:
    columns = arms(trials)

    one = mean_differences(*columns, measure=measure)
    two = mean_differences(*columns[3:], *columns[:3], measure=measure)

    assert two.yi == pytest.approx(-one.yi, abs=1e-12)
    assert two.vi == pytest.approx(one.vi, rel=1e-12)


@QUICK
@given(
    trials=MEANS,
    measure=CONTINUOUS,
    factor=st.sampled_from([0.01, 2.54, 1000.0]),
    shift=st.sampled_from([-5.0, 0.0, 32.0]),
)
def test_another_unit_rescales_differences_and_leaves_standardised_ones(
    trials: Any, measure: Any, factor: float, shift: float
) -> None:
    m1, s1, n1, m2, s2, n2 = (np.array(column) for column in arms(trials))
    scale = factor if measure == "MD" else 1.0

    one = mean_differences(m1, s1, n1, m2, s2, n2, measure=measure)
    two = mean_differences(
        m1 * factor + shift, s1 * factor, n1, m2 * factor + shift, s2 * factor, n2, measure=measure
    )

    assert two.yi == pytest.approx(one.yi * scale, rel=1e-8, abs=1e-8 * scale)
    assert two.vi == pytest.approx(one.vi * scale**2, rel=1e-8)


@QUICK
@given(trials=RATES, factor=st.sampled_from([1 / 365.25, 12.0, 1000.0]))
def test_another_unit_of_time_leaves_the_ratio_of_rates(trials: Any, factor: float) -> None:
    x1, t1, x2, t2 = (np.array(column, dtype=float) for column in arms(trials))

    one, two = rate_comparisons(x1, t1, x2, t2), rate_comparisons(x1, t1 * factor, x2, t2 * factor)
    rate, rescaled = incidence_rates(x1, t1, measure="IR"), incidence_rates(x1, t1 * factor, measure="IR")

    assert two.yi == pytest.approx(one.yi, abs=1e-10)
    assert two.vi == pytest.approx(one.vi)
    assert rescaled.yi * factor == pytest.approx(rate.yi)


@QUICK
@given(trials=RATES, measure=st.sampled_from(["IRR", "IRD", "IRSD"]))
def test_swapping_rates_turns_the_sign(trials: Any, measure: Any) -> None:
    x1, t1, x2, t2 = arms(trials)

    one = rate_comparisons(x1, t1, x2, t2, measure=measure)
    two = rate_comparisons(x2, t2, x1, t1, measure=measure)

    assert two.yi == pytest.approx(-one.yi, abs=1e-12)
    assert two.vi == pytest.approx(one.vi, rel=1e-12)


@QUICK
@given(
    data=st.lists(ARM, min_size=1, max_size=6),
    measure=st.sampled_from(["PR", "PLN", "PLO", "PAS", "PFT", "IR", "IRLN", "IRS", "IRFT"]),
)
def test_every_single_arm_comes_back_from_its_scale(data: Any, measure: Any) -> None:
    x, n = zip(*data, strict=True)
    columns: dict[str, Any] = {"ni": n} if EFFECT_MEASURES[measure].kind == "proportion" else {"ti": n}

    found = effect_sizes(measure, xi=x, add=0, to="none", **columns)
    back = displayed_studies(measure, found.yi, ni=n)

    # A variance of 0 at the ends is a number, only a logarithm of 0 is not.
    assert back[found.usable] == pytest.approx(np.divide(x, n)[found.usable], abs=1e-8)
    assert found.usable.sum() >= sum(0 < events < total for events, total in data)


@QUICK
@given(arm=ARM, method=st.sampled_from(PROPORTION_INTERVALS), wide=st.sampled_from([0.9, 0.95, 0.999]))
def test_a_higher_level_gives_a_wider_interval(arm: tuple[int, int], method: Any, wide: float) -> None:
    x, n = [arm[0]], [arm[1]]

    narrow = proportion_interval(x, n, method=method, level=0.8)
    wider = proportion_interval(x, n, method=method, level=wide)

    assert wider.low[0] <= narrow.low[0] + 1e-12
    assert wider.high[0] >= narrow.high[0] - 1e-12
