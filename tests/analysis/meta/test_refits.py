"""Many pools of counts at once are the pools of each."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.meta import mantel_haenszel, pool, two_by_two
from analysis.meta.refits import CountRefits

TRIAL = st.tuples(st.integers(0, 9), st.integers(9, 25), st.integers(0, 9), st.integers(9, 25))
TRIALS = st.lists(TRIAL, min_size=1, max_size=5)
QUICK = settings(max_examples=40, deadline=None)


def refits(rows: Any, **options: Any) -> tuple[CountRefits, np.ndarray]:
    a, n1, c, n2 = (np.array(column) for column in zip(*rows, strict=True))
    chosen: dict[str, Any] = {
        "measure": "OR",
        "pooling": "IV",
        "add": None,
        "to": "only0",
        "drop00": False,
        "tau2_method": "DL",
        "ci_method": "wald",
        "level": 0.9,
        **options,
    }
    return CountRefits(np.concatenate([n1, n2]), **chosen), np.concatenate([a, c])


@QUICK
@given(rows=TRIALS, measure=st.sampled_from(["OR", "RR", "RD"]))
def test_mantel_haenszel_of_many_is_that_of_each(rows: Any, measure: Any) -> None:
    trials, events = refits(rows, measure=measure, pooling="MH")
    sets = np.stack([events, np.minimum(events + 1, trials.totals)])

    found = trials.refit(sets)

    for at, one in enumerate(sets):
        k = trials.k
        single = mantel_haenszel(
            one[:k], trials.totals[:k], one[k:], trials.totals[k:], measure=measure, level=0.9
        )
        assert found.estimate[at] == pytest.approx(single.estimate, rel=1e-9, abs=1e-12, nan_ok=True)
        assert found.margin[at] == pytest.approx(single.ci.width / 2, rel=1e-9, abs=1e-12, nan_ok=True)
        assert found.p_value[at] == pytest.approx(single.p_value, rel=1e-7, nan_ok=True)


@QUICK
@given(
    rows=TRIALS,
    measure=st.sampled_from(["OR", "RR", "AS", "PETO"]),
    to=st.sampled_from(["only0", "all", "if0all", "none"]),
    drop00=st.booleans(),
)
def test_inverse_variance_of_many_is_that_of_each(rows: Any, measure: Any, to: Any, drop00: bool) -> None:
    trials, events = refits(rows, measure=measure, to=to, drop00=drop00)
    sets = np.stack([events, np.minimum(events + 1, trials.totals)])

    found = trials.refit(sets)

    for at, one in enumerate(sets):
        k = trials.k
        effects = two_by_two(
            one[:k],
            trials.totals[:k],
            one[k:],
            trials.totals[k:],
            measure=measure,
            to=to,
            drop00=drop00,
        )
        rows_used = effects.usable & (effects.vi > 0)
        if not rows_used.any():
            assert np.isnan(found.estimate[at])
            continue
        single = pool(effects.yi[rows_used], effects.vi[rows_used], tau2_method="DL", level=0.9)
        assert found.estimate[at] == pytest.approx(single.estimate, rel=1e-8, abs=1e-10)
        assert found.margin[at] == pytest.approx(single.ci.width / 2, rel=1e-8)


def test_no_effect_and_no_spread_reads_as_no_effect() -> None:
    trials, events = refits([(5, 10, 5, 10), (3, 10, 3, 10)], ci_method="hk", tau2_method="EE")

    assert trials.refit(events[None, :]).ratios.tolist() == [0.0]
