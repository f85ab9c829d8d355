"""Fragility of pooled two-arm effects: against brute force, by its own promises, and at the edges."""

import doctest
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.meta import (
    ImpossibleData,
    ShapeMismatch,
    TooFewStudies,
    UnknownOption,
    fragility,
    mantel_haenszel,
    pool,
    two_by_two,
)
from analysis.meta.fragility import Fragility, Reversal, fragility_index
from tests.analysis.meta import bcg
from tests.analysis.meta.sequential import perioxy

_, *PERIOXY = zip(*perioxy.TRIALS, strict=True)
BCG = (bcg.EVENTS1, bcg.TOTALS1, bcg.EVENTS2, bcg.TOTALS2)
SMALL = ([4, 2], [50, 50], [14, 10], [50, 50])


def changed(data: Any, reversal: Reversal) -> list[np.ndarray]:
    ai, n1i, ci, n2i = (np.array(column) for column in data)
    for change in reversal.modifications:
        arm = ai if change.arm == 1 else ci
        assert arm[change.trial] == change.events_before
        arm[change.trial] = change.events_after
    return [ai, n1i, ci, n2i]


def side(data: Any, *, measure: Any, method: Any, ci_method: Any = "wald", **rule: Any) -> int:
    """-1, 0 or 1: where the interval lies, by the engine's door for one pool."""
    effects = two_by_two(*data, measure=measure, **rule)
    rows = effects.usable & (effects.vi > 0)
    found = pool(effects.yi[rows], effects.vi[rows], tau2_method=method, ci_method=ci_method).ci
    return int(found.low > 0) - int(found.high < 0)


TARGET = {"not_significant": 0, "lower": -1, "higher": 1}


@pytest.mark.parametrize("data", [PERIOXY, BCG, SMALL])
@pytest.mark.parametrize(("method", "ci_method"), [("EE", "wald"), ("DL", "wald"), ("REML", "hk")])
@pytest.mark.parametrize("measure", ["RR", "OR"])
def test_the_changes_do_turn_the_pooled_effect_and_are_counted(
    data: Any, method: str, ci_method: str, measure: str
) -> None:
    found = fragility_index(*data, measure=measure, tau2_method=method, ci_method=ci_method, refits=500)  # type: ignore[arg-type]  # literals

    for reversal in found.reversals:
        assert reversal.changes is not None or reversal.modifications == ()
        after = side(changed(data, reversal), measure=measure, method=method, ci_method=ci_method)
        if reversal.changes is not None:
            assert after == TARGET[reversal.target]
            moved = sum(abs(one.events_after - one.events_before) for one in reversal.modifications)
            assert moved == reversal.changes >= reversal.at_least
    assert found.significant == (side(data, measure=measure, method=method, ci_method=ci_method) != 0)


def test_perioperative_oxygen_hangs_on_one_patient_under_a_common_effect() -> None:
    found = fragility_index(*PERIOXY, measure="RR", tau2_method="EE")

    assert found.significant
    assert found.index == 1
    assert found.reversals[0].is_minimum
    assert found.quotient == pytest.approx(1 / 7219)
    assert found.participants == 7219


def test_an_effect_that_is_not_significant_is_turned_to_either_side() -> None:
    found = fragility_index(*PERIOXY, measure="RR", tau2_method="DL")

    assert not found.significant
    lower, higher = found.reversals
    assert (lower.target, higher.target) == ("lower", "higher")
    assert lower.changes == found.index == 11
    assert lower.ci is not None
    assert lower.ci.high < 0
    assert higher.ci is not None
    assert higher.ci.low > 0


def brute_force(data: Any, most: int) -> int | None:
    """The smallest number of changes that ends significance, by trying every one with `pool`."""
    ai, n1i, ci, n2i = (np.array(column) for column in data)
    start, totals = np.concatenate([ai, ci]), np.concatenate([n1i, n2i])
    spans = [range(-most, most + 1)] * start.size
    sets = sorted((offsets for offsets in itertools.product(*spans)), key=lambda o: sum(map(abs, o)))
    for offsets in sets:
        events = start + offsets
        if np.all((events >= 0) & (events <= totals)):
            now = side([events[: ai.size], n1i, events[ai.size :], n2i], measure="OR", method="DL")
            if now == 0:
                return sum(map(abs, offsets))
    return None


@pytest.mark.parametrize(
    "data", [SMALL, ([0, 1], [20, 30], [7, 9], [20, 30]), ([3, 9], [40, 40], [12, 20], [40, 40])]
)
def test_a_proven_minimum_is_that_of_brute_force(data: Any) -> None:
    found = fragility_index(*data, measure="OR", tau2_method="DL", refits=50_000)

    assert found.significant
    assert found.reversals[0].is_minimum
    expected = brute_force(data, 3)
    assert found.index is not None
    assert found.index == expected if expected is not None else found.index > 3


@pytest.mark.parametrize("to", ["only0", "all", "if0all"])
def test_the_rule_for_empty_cells_is_applied_anew_after_each_change(to: Any) -> None:
    data = ([1, 6], [40, 60], [9, 15], [40, 60])

    found = fragility_index(*data, measure="OR", tau2_method="EE", to=to)

    reversal = found.reversals[0]
    assert found.significant
    assert reversal.estimate is not None
    effects = two_by_two(*changed(data, reversal), measure="OR", to=to)
    assert reversal.estimate == pytest.approx(pool(effects.yi, effects.vi, tau2_method="EE").estimate)
    assert side(changed(data, reversal), measure="OR", method="EE", to=to) == 0


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_mantel_haenszel_is_turned_by_its_own_interval(measure: Any) -> None:
    found = fragility_index(*PERIOXY, measure=measure, pooling="MH", tau2_method="REML", ci_method="hk")

    before = mantel_haenszel(*PERIOXY, measure=measure)
    assert found.estimate == pytest.approx(before.estimate, rel=1e-12)
    assert (found.ci.low, found.ci.high) == pytest.approx((before.ci.low, before.ci.high), rel=1e-12)
    assert found.p_value == pytest.approx(before.p_value, rel=1e-9)
    assert (found.tau2_method, found.ci_method) == ("EE", "wald")
    for reversal in found.reversals:
        after = mantel_haenszel(*changed(PERIOXY, reversal), measure=measure).ci
        assert int(after.low > 0) - int(after.high < 0) == TARGET[reversal.target]


def test_the_correction_is_that_of_the_measure_unless_given() -> None:
    data = ([0, 4], [30, 30], [8, 9], [30, 30])

    for measure in ("AS", "RR"):
        effects = two_by_two(*data, measure=measure)
        expected = pool(effects.yi, effects.vi, tau2_method="EE").estimate
        found = fragility_index(*data, measure=measure, tau2_method="EE")
        assert found.estimate == pytest.approx(expected, rel=1e-12)


def test_trials_without_any_event_drop_out_where_that_is_asked_for() -> None:
    kept = fragility_index([0, 3], [40, 40], [0, 12], [40, 40], measure="RR", tau2_method="EE")
    dropped = fragility_index(
        [0, 3], [40, 40], [0, 12], [40, 40], measure="RR", tau2_method="EE", drop00=True
    )

    alone = fragility_index([3], [40], [12], [40], measure="RR", tau2_method="EE")
    assert dropped.estimate == pytest.approx(alone.estimate)
    assert kept.estimate != pytest.approx(alone.estimate)


def test_the_search_gives_up_where_it_was_told_to_and_says_how_far_it_came() -> None:
    found = fragility_index(*BCG, measure="RR", max_changes=5, refits=2000)

    assert found.index is None
    assert found.quotient is None
    reversal = found.reversals[0]
    assert (reversal.changes, reversal.at_least, reversal.modifications) == (None, 3, ())
    assert reversal.ci is None
    assert not reversal.is_minimum


def test_with_few_refits_nothing_is_proven_but_an_index_is_found() -> None:
    found = fragility_index(*PERIOXY, measure="RR", tau2_method="DL", refits=1)

    assert found.index == 11
    assert found.reversals[0].at_least == 1


def test_one_trial_and_equal_arms_have_a_defined_result() -> None:
    found = fragility_index([5], [20], [5], [20], measure="RR")

    assert not found.significant
    assert found.estimate == 0
    assert found.reversals[0].changes == found.reversals[1].changes


def test_a_trial_too_small_ever_to_be_significant_has_no_index() -> None:
    found = fragility_index([1], [2], [1], [2], measure="RR", max_changes=50)

    assert found.index is None
    assert [reversal.changes for reversal in found.reversals] == [None, None]


TRIAL = st.tuples(st.integers(0, 12), st.integers(12, 30), st.integers(0, 12), st.integers(12, 30))
TRIALS = st.lists(TRIAL, min_size=1, max_size=4)
QUICK = settings(max_examples=25, deadline=None)


def index_of(rows: Any, **options: Any) -> Fragility:
    return fragility_index(*zip(*rows, strict=True), tau2_method="DL", refits=300, **options)


@QUICK
@given(rows=TRIALS)
def test_swapping_the_arms_mirrors_the_reversals(rows: Any) -> None:
    one = index_of(rows, measure="OR")
    two = index_of([(c, n2, a, n1) for a, n1, c, n2 in rows], measure="OR")

    assert one.significant == two.significant
    assert two.estimate == pytest.approx(-one.estimate, abs=1e-12)
    assert {r.at_least for r in two.reversals} == {r.at_least for r in one.reversals}


@QUICK
@given(rows=TRIALS, seed=st.randoms(use_true_random=False))
def test_what_is_proven_does_not_depend_on_the_order_of_trials(rows: Any, seed: Any) -> None:
    shuffled = list(rows)
    seed.shuffle(shuffled)

    one, two = index_of(rows, measure="RR"), index_of(shuffled, measure="RR")

    for left, right in zip(one.reversals, two.reversals, strict=True):
        assert left.at_least == right.at_least
        if left.is_minimum and right.changes is not None:
            assert left.changes is not None
            assert left.changes <= right.changes


def test_what_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(UnknownOption, match="measure is 'MD'"):
        fragility_index(*SMALL, measure="MD")  # type: ignore[arg-type]  # the point of the test
    with pytest.raises(UnknownOption, match="measure is 'PETO'"):
        fragility_index(*SMALL, measure="PETO", pooling="MH")
    with pytest.raises(UnknownOption, match="max_changes is 0"):
        fragility_index(*SMALL, max_changes=0)
    for wrong in (float("nan"), float("inf"), 2.5):
        with pytest.raises(UnknownOption, match="max_changes is"):
            fragility_index(*SMALL, max_changes=wrong)  # type: ignore[arg-type]  # the point of the test
    with pytest.raises(ImpossibleData, match="n1i holds a number beyond"):
        fragility_index([1], [1e19], [3], [20])
    with pytest.raises(UnknownOption, match="refits is 0"):
        fragility_index(*SMALL, refits=0)
    with pytest.raises(UnknownOption, match="level is 95"):
        fragility_index(*SMALL, level=95)
    with pytest.raises(ImpossibleData, match="no whole number"):
        fragility_index([1.5], [20], [3], [20])
    with pytest.raises(ImpossibleData):
        fragility_index([21], [20], [3], [20])
    with pytest.raises(ShapeMismatch):
        fragility_index([1, 2], [20], [3], [20])
    with pytest.raises(TooFewStudies, match="No trial is given"):
        fragility_index([], [], [], [])
    with pytest.raises(TooFewStudies, match="determine no pooled effect"):
        fragility_index([0], [20], [0], [20], to="none")


def test_the_examples_in_docstrings_run() -> None:
    outcome = doctest.testmod(fragility)
    assert outcome.attempted > 0
    assert outcome.failed == 0
