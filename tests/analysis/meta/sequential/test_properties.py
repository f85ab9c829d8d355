"""What must hold for any looks and any studies."""

import doctest
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from analysis.meta.sequential import (
    boundaries,
    crossing,
    crossing_probabilities,
    diversity,
    e_values,
    evalues,
    futility_boundaries,
    information,
    monitoring,
    restricted,
    restricted_boundary,
    spending,
    spending_boundaries,
    spent,
    trial_sequential,
    trials,
)

QUICK = settings(max_examples=40, deadline=None)
SPENDING = st.sampled_from(["obrien_fleming", "pocock"])
ALPHA = st.sampled_from([0.001, 0.01, 0.05, 0.1, 0.3])
TIMES = st.lists(st.integers(1, 999), min_size=0, max_size=7, unique=True).map(
    lambda looks: [look / 1000 for look in sorted(looks)] + [1.0]
)
STUDIES = st.lists(
    st.tuples(st.integers(-200, 200).map(lambda v: v / 100), st.integers(1, 100).map(lambda v: v / 50)),
    min_size=1,
    max_size=8,
)


@QUICK
@given(times=TIMES, total=ALPHA, kind=SPENDING)
def test_spending_rises_and_ends_at_its_total(times: Any, total: float, kind: Any) -> None:
    used = spent([0.0, *times], total=total, spending=kind)

    assert np.all(np.diff(used) >= 0)
    assert used[0] == 0
    assert used[-1] == total


@QUICK
@given(times=TIMES, alpha=ALPHA, kind=SPENDING, sides=st.sampled_from([1, 2]))
def test_alpha_is_spent_exactly_whatever_the_looks(times: Any, alpha: float, kind: Any, sides: int) -> None:
    found = spending_boundaries(times, alpha=alpha, sides=sides, spending=kind)

    assert crossing_probabilities(found).rejected == pytest.approx(alpha, rel=1e-9)
    assert found.looks[-1].alpha_spent == pytest.approx(alpha, rel=1e-14)
    assert found.looks[-1].efficacy is not None


@QUICK
@given(count=st.integers(1, 12), alpha=ALPHA, sides=st.sampled_from([1, 2]))
def test_obrien_fleming_boundaries_fall_over_equal_looks(count: int, alpha: float, sides: int) -> None:
    found = spending_boundaries(np.arange(1, count + 1) / count, alpha=alpha, sides=sides).efficacy

    assert np.all(np.diff(found[np.isfinite(found)]) < 0)


@QUICK
@given(times=TIMES, alpha=ALPHA)
def test_no_boundary_is_below_the_single_look_of_one_side(times: Any, alpha: float) -> None:
    found = spending_boundaries(times, alpha=alpha).efficacy
    single = spending_boundaries([1.0], alpha=alpha).efficacy[0]

    assert found[-1] >= single - 1e-12


@settings(max_examples=15, deadline=None)
@given(times=TIMES, beta=st.sampled_from([0.05, 0.1, 0.2]), kind=SPENDING, binding=st.booleans())
def test_both_errors_hold_whatever_the_looks(times: Any, beta: float, kind: Any, binding: bool) -> None:
    found = futility_boundaries(
        times, alpha=0.025, beta=beta, sides=1, spending=kind, beta_spending=kind, binding=binding
    )
    assert found.drift is not None
    assert found.inflation is not None

    assert found.inflation >= 1
    assert crossing_probabilities(found, drift=found.drift).reached_upper == pytest.approx(1 - beta, abs=1e-9)
    assert crossing_probabilities(found, obey_futility=binding).rejected == pytest.approx(0.025, abs=1e-10)


@QUICK
@given(alpha=ALPHA, beta=st.sampled_from([0.01, 0.1, 0.2, 0.5]))
def test_the_restricted_boundary_asks_for_more_than_a_single_look(alpha: float, beta: float) -> None:
    found = restricted_boundary(alpha=alpha, beta=beta)
    stricter = restricted_boundary(alpha=alpha, beta=beta / 2)

    assert found.v_max > float(ndtri(1 - alpha / 2) + ndtri(1 - beta)) ** 2
    assert stricter.v_max > found.v_max
    assert stricter.h > found.h


@QUICK
@given(data=STUDIES, seed=st.randoms(use_true_random=False), sides=st.sampled_from([1, 2]))
def test_the_final_e_value_does_not_depend_on_the_order(data: Any, seed: Any, sides: int) -> None:
    shuffled = list(data)
    seed.shuffle(shuffled)

    def last(rows: Any) -> Any:
        yi, vi = zip(*rows, strict=True)
        return e_values(yi, vi, effect=0.4, measure="MD", benefit="higher", sides=sides)

    one, two = last(data), last(shuffled)

    assert two.looks[-1].log_e == pytest.approx(one.looks[-1].log_e, rel=1e-9, abs=1e-9)
    assert two.looks[-1].ci.low == pytest.approx(one.looks[-1].ci.low, rel=1e-9, abs=1e-9)


@QUICK
@given(data=STUDIES)
def test_turning_every_sign_turns_benefit_into_harm(data: Any) -> None:
    yi, vi = (np.array(column) for column in zip(*data, strict=True))
    chosen: dict[str, Any] = {"required": 150.0 * yi.size, "measure": "GEN", "tau2_method": "DL"}

    one = trial_sequential(yi, vi, [100] * yi.size, benefit="higher", **chosen)
    two = trial_sequential(-yi, vi, [100] * yi.size, benefit="lower", **chosen)

    assert two.verdict is one.verdict
    assert [look.z for look in two.looks] == pytest.approx([-look.z for look in one.looks])


@QUICK
@given(data=STUDIES, tau2=st.sampled_from([0.0, 0.01, 1.0, 50.0]))
def test_diversity_is_a_proportion_that_grows_with_tau2(data: Any, tau2: float) -> None:
    yi, vi = zip(*data, strict=True)

    assert 0 <= diversity(yi, vi, tau2) <= diversity(yi, vi, tau2 + 0.5) < 1


def test_the_examples_in_docstrings_run() -> None:
    for module in (boundaries, crossing, evalues, information, monitoring, restricted, spending, trials):
        outcome = doctest.testmod(module)
        assert outcome.attempted > 0
        assert outcome.failed == 0
