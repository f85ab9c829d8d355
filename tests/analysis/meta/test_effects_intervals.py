"""Intervals of single proportions against R's binom.test and prop.test, Newcombe (1998), and their ends."""

from typing import Any

import numpy as np
import pytest

from analysis.meta import UnknownOption, proportion_interval
from analysis.meta.effects import PROPORTION_INTERVALS


# Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29, methods 1 to 5.
@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("SA", [(0.2522, 0.3638), (0.0527, 0.1500), (0.0, 0.0), (0.0, 0.1009)]),
        ("SACC", [(0.2503, 0.3657), (0.0494, 0.1534), (0.0, 0.0250), (0.0, 0.1181)]),
        ("WS", [(0.2553, 0.3662), (0.0624, 0.1605), (0.0, 0.1611), (0.0061, 0.1718)]),
        ("WSCC", [(0.2535, 0.3682), (0.0598, 0.1644), (0.0, 0.2005), (0.0018, 0.1963)]),
        ("CP", [(0.2527, 0.3676), (0.0578, 0.1617), (0.0, 0.1684), (0.0009, 0.1776)]),
    ],
)
def test_the_examples_of_newcombe_come_out(method: Any, expected: list[tuple[float, float]]) -> None:
    found = proportion_interval([81, 15, 0, 1], [263, 148, 20, 29], method=method)

    assert list(zip(found.low, found.high, strict=True)) == [
        pytest.approx(pair, abs=6e-5) for pair in expected
    ]


@pytest.mark.parametrize(
    ("method", "low", "high"),
    [
        ("CP", 0.252736745585271, 0.367621922601351),
        ("WS", 0.255288519878274, 0.3662095769828),
        ("WSCC", 0.253508682295185, 0.368176201043004),
    ],
)
def test_the_limits_are_those_of_r(method: Any, low: float, high: float) -> None:
    found = proportion_interval([81], [263], method=method)

    assert (found.low[0], found.high[0]) == pytest.approx((low, high), rel=1e-9)


def test_another_level_is_that_of_r() -> None:
    found = proportion_interval([15], [148], level=0.9)

    assert (found.low[0], found.high[0]) == pytest.approx((0.0635184488193509, 0.151768370240628), rel=1e-9)


@pytest.mark.parametrize("method", PROPORTION_INTERVALS)
def test_limits_enclose_the_proportion_and_mirror_each_other(method: Any) -> None:
    x = np.arange(13)
    found = proportion_interval(x, np.full(13, 12), method=method)

    assert np.all((found.low >= 0) & (found.high <= 1))
    assert found.low == pytest.approx((1 - found.high)[::-1], abs=1e-12)
    inside = slice(1, 12) if method == "NAsm" else slice(None)
    assert np.all(
        (found.low <= found.estimate + 1e-15)[inside] & (found.estimate <= found.high + 1e-15)[inside]
    )


def test_the_convention_of_meta_keeps_the_formula_where_there_are_no_events() -> None:
    newcombe = proportion_interval([0, 6], [6, 6], method="WSCC")
    meta = proportion_interval([0, 6], [6, 6], method="WSCC", convention="meta")

    assert (newcombe.low[0], newcombe.high[1]) == (0.0, 1.0)
    assert meta.low[0] == pytest.approx(0.0155, abs=1e-4)


def test_the_normal_interval_may_lie_on_any_scale() -> None:
    logit = proportion_interval([4], [16], method="NAsm")
    double_arcsine = proportion_interval([4], [16], method="NAsm", measure="PFT")

    assert logit.low[0] == pytest.approx(1 / (1 + 3 * np.exp(1.959963984540054 * np.sqrt(1 / 4 + 1 / 12))))
    assert double_arcsine.low[0] < logit.low[0] < logit.high[0] < 0.6


def test_unknown_methods_and_levels_are_refused() -> None:
    with pytest.raises(UnknownOption, match="CP, WS, WSCC"):
        proportion_interval([1], [6], method="exact")  # type: ignore[arg-type]  # the refusal is the test
    with pytest.raises(UnknownOption, match="level is 95"):
        proportion_interval([1], [6], level=95)


def test_no_study_has_no_interval() -> None:
    assert proportion_interval([], []).low.size == 0
