"""What must hold for any data: order, scale, sign, and the sides of a comparison."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.meta import (
    TAU2_METHODS,
    Arm,
    Settings,
    StudyData,
    Synthesis,
    double_arcsine_to_proportion,
    estimate_tau2,
    pool,
    proportions,
    q_profile,
    synthesise,
    two_by_two,
)
from analysis.meta.intervals import CI_METHODS

METHODS = st.sampled_from(TAU2_METHODS)
INTERVALS = st.sampled_from(CI_METHODS)
EFFECT = st.integers(-300, 300).map(lambda value: value / 100)
VARIANCE = st.integers(1, 400).map(lambda value: value / 200)
DATA = st.lists(st.tuples(EFFECT, VARIANCE), min_size=2, max_size=9)
TABLE = st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
TRIALS = st.lists(st.tuples(TABLE, TABLE), min_size=1, max_size=6)
QUICK = settings(max_examples=40, deadline=None)


@QUICK
@given(data=DATA, method=METHODS, interval=INTERVALS, seed=st.randoms(use_true_random=False))
def test_the_order_of_studies_does_not_matter(data: Any, method: Any, interval: Any, seed: Any) -> None:
    shuffled = list(data)
    seed.shuffle(shuffled)

    one = pool(*zip(*data, strict=True), tau2_method=method, ci_method=interval)
    two = pool(*zip(*shuffled, strict=True), tau2_method=method, ci_method=interval)

    assert two.estimate == pytest.approx(one.estimate, rel=1e-7, abs=1e-9)
    assert two.se == pytest.approx(one.se, rel=1e-6, abs=1e-7)
    assert two.tau2.value == pytest.approx(one.tau2.value, rel=1e-6, abs=1e-9)


@QUICK
@given(data=DATA, method=METHODS, factor=st.sampled_from([1e-3, 0.5, 7.0, 1e4]))
def test_rescaled_effects_give_the_rescaled_pool(data: Any, method: Any, factor: float) -> None:
    yi, vi = (np.array(column) for column in zip(*data, strict=True))

    one = pool(yi, vi, tau2_method=method)
    two = pool(yi * factor, vi * factor**2, tau2_method=method)

    assert two.estimate == pytest.approx(one.estimate * factor, rel=1e-6, abs=1e-8 * factor)
    assert two.tau2.value == pytest.approx(one.tau2.value * factor**2, rel=1e-6, abs=1e-9 * factor**2)
    assert two.heterogeneity.i2 == pytest.approx(one.heterogeneity.i2, rel=1e-6, abs=1e-6)


@QUICK
@given(
    data=DATA,
    method=METHODS,
    interval=INTERVALS,
    levels=st.lists(st.integers(50, 99), min_size=2, max_size=2, unique=True).map(sorted),
)
def test_a_higher_level_of_confidence_widens_the_intervals_and_nothing_else(
    data: Any, method: Any, interval: Any, levels: Any
) -> None:
    low, high = (
        pool(
            *zip(*data, strict=True),
            tau2_method=method,
            ci_method=interval,
            level=level / 100,
            prediction="V",
        )
        for level in levels
    )

    assert (high.estimate, high.se, high.p_value, high.tau2) == (low.estimate, low.se, low.p_value, low.tau2)
    assert high.ci.low <= low.ci.low <= low.ci.high <= high.ci.high
    if low.prediction and high.prediction:
        assert high.prediction.low <= low.prediction.low <= low.prediction.high <= high.prediction.high
    wide, narrow = (q_profile(*zip(*data, strict=True), level=level / 100) for level in reversed(levels))
    assert wide.low <= narrow.low + 1e-9
    assert narrow.high <= wide.high + 1e-9 or narrow.empty


@QUICK
@given(data=DATA, method=METHODS, shift=EFFECT)
def test_a_shift_moves_the_estimate_and_nothing_else(data: Any, method: Any, shift: float) -> None:
    yi, vi = (np.array(column) for column in zip(*data, strict=True))

    one = pool(yi, vi, tau2_method=method)
    two = pool(yi + shift, vi, tau2_method=method)

    assert two.estimate == pytest.approx(one.estimate + shift, abs=1e-7)
    assert two.tau2.value == pytest.approx(one.tau2.value, rel=1e-6, abs=1e-9)


@QUICK
@given(data=DATA, method=METHODS)
def test_the_estimate_lies_among_the_effects_and_weights_add_up(data: Any, method: Any) -> None:
    yi, vi = zip(*data, strict=True)

    found = pool(yi, vi, tau2_method=method)

    assert min(yi) - 1e-9 <= found.estimate <= max(yi) + 1e-9
    assert found.weights.sum() == pytest.approx(100)
    assert found.tau2.value >= 0
    assert 0 <= found.heterogeneity.i2 <= 100
    assert found.ci.low <= found.estimate <= found.ci.high


@QUICK
@given(data=DATA)
def test_paule_mandel_lies_in_its_own_profile_interval(data: Any) -> None:
    yi, vi = zip(*data, strict=True)

    interval = q_profile(yi, vi)
    tau2 = estimate_tau2(yi, vi, method="PM").value

    assert interval.low <= interval.high
    if not interval.empty:
        assert interval.low - 1e-9 <= tau2 <= interval.high + 1e-9


@QUICK
@given(trials=TRIALS, measure=st.sampled_from(["OR", "RR", "RD"]))
def test_swapping_the_arms_turns_the_effect_round(trials: Any, measure: Any) -> None:
    (x1, n1), (x2, n2) = (zip(*arm, strict=True) for arm in zip(*trials, strict=True))

    one = two_by_two(x1, n1, x2, n2, measure=measure)
    two = two_by_two(x2, n2, x1, n1, measure=measure)

    assert two.yi == pytest.approx(-one.yi, abs=1e-12)
    assert two.vi == pytest.approx(one.vi, rel=1e-12)


@QUICK
@given(trials=TRIALS)
def test_counting_the_other_outcome_turns_the_odds_ratio_round(trials: Any) -> None:
    (x1, n1), (x2, n2) = (zip(*arm, strict=True) for arm in zip(*trials, strict=True))

    one = two_by_two(x1, n1, x2, n2, measure="OR")
    two = two_by_two(np.subtract(n1, x1), n1, np.subtract(n2, x2), n2, measure="OR")

    assert two.yi == pytest.approx(-one.yi, abs=1e-12)


@QUICK
@given(arm=TABLE)
def test_every_proportion_comes_back_from_the_double_arcsine(arm: tuple[int, int]) -> None:
    x, n = arm
    yi = float(proportions([x], [n], measure="PFT").yi[0])

    assert double_arcsine_to_proportion(yi, n=n).value == pytest.approx(x / n, abs=1e-9)


@QUICK
@given(
    arms=st.lists(TABLE, min_size=0, max_size=6),
    measure=st.sampled_from(["PR", "PLO", "PFT"]),
    model=st.sampled_from(["random", "common"]),
    ci_method=st.sampled_from(["auto", "wald", "hk", "hk_adhoc"]),
    groups=st.lists(st.sampled_from(["a", "b", None]), min_size=6, max_size=6),
)
def test_any_single_arm_data_give_a_result_that_can_be_stored(
    arms: list[tuple[int, int]], measure: Any, model: Any, ci_method: Any, groups: list[str | None]
) -> None:
    studies = [
        StudyData(str(row), str(row), (Arm(events=x, total=n),), groups[row])
        for row, (x, n) in enumerate(arms)
    ]
    chosen = Settings(
        measure=measure, model=model, ci_method=ci_method, bias_test="peters", bias_test_on_request=True
    )

    found = synthesise(studies, chosen)

    assert Synthesis.from_dict(found.to_dict()) == found
    assert found.k == len(arms)
    assert found.status == ("none" if not arms else "single" if len(arms) == 1 else "pooled")
    if found.pooled is not None:
        pooled = found.pooled
        assert 0 <= pooled.ci_low <= pooled.estimate <= pooled.ci_high <= 1


@QUICK
@given(trials=TRIALS, measure=st.sampled_from(["OR", "RR", "RD"]), drop00=st.booleans())
def test_any_two_arm_data_give_a_result_that_can_be_stored(trials: Any, measure: Any, drop00: bool) -> None:
    studies = [
        StudyData(str(row), str(row), tuple(Arm(events=x, total=n) for x, n in trial))
        for row, trial in enumerate(trials)
    ]
    chosen = Settings(measure=measure, drop00=drop00, bias_test="egger", bias_test_on_request=True)

    found = synthesise(studies, chosen)

    assert Synthesis.from_dict(found.to_dict()) == found
    assert found.k == sum(study.left_out is None for study in found.studies)
    assert found == synthesise(studies, replace(chosen))
