"""Boundaries against published tables, against themselves under simulation, and at the edges."""

import numpy as np
import pytest
from scipy.special import erfc

from analysis.meta import NotFinite, ShapeMismatch, UnknownOption
from analysis.meta.sequential import (
    Boundaries,
    crossing_probabilities,
    futility_boundaries,
    inflation_factor,
    spending_boundaries,
    spent,
)

PRINTED = 5e-5


def equal_looks(count: int) -> np.ndarray:
    return np.arange(1, count + 1) / count


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (2, [2.9626, 1.9686]),
        (3, [3.7103, 2.5114, 1.9930]),
        (5, [4.8769, 3.3570, 2.6803, 2.2898, 2.0310]),  # Reboussin and others 2000, ldbounds
    ],
)
def test_obrien_fleming_type_boundaries_are_the_published_ones(count: int, expected: list[float]) -> None:
    assert spending_boundaries(equal_looks(count)).efficacy == pytest.approx(expected, abs=PRINTED)


def test_four_looks_are_those_of_gsdesign() -> None:
    found = spending_boundaries(equal_looks(4)).efficacy

    assert found == pytest.approx([4.33263, 2.96313, 2.35904, 2.01409], abs=5e-6)


def test_pocock_type_boundaries_are_those_of_gsdesign() -> None:
    found = spending_boundaries(equal_looks(4), spending="pocock").efficacy

    assert found == pytest.approx([2.3683, 2.3675, 2.3582, 2.3500], abs=PRINTED)


def test_unequal_looks_are_those_of_rtsa() -> None:
    found = spending_boundaries([0.5, 0.75, 1.0]).efficacy

    assert found == pytest.approx([2.963, 2.359, 2.014], abs=5e-4)


@pytest.mark.parametrize(("power", "expected"), [(0.8, 1.020), (0.9, 1.018)])
def test_looking_inflates_the_information_as_in_rtsa(power: float, expected: float) -> None:
    assert inflation_factor([0.5, 0.75, 1.0], power=power) == pytest.approx(expected, abs=5e-4)


def test_nonbinding_futility_is_that_of_rtsa() -> None:
    found = futility_boundaries([0.5, 0.75, 1.0], alpha=0.025, beta=0.2, sides=1)

    assert found.inflation is not None
    assert found.times * found.inflation == pytest.approx([0.567, 0.850, 1.133], abs=5e-4)
    assert [look.futility for look in found.looks] == pytest.approx([0.633, 1.404, 2.014], abs=6e-4)


def test_boundaries_spend_alpha_to_the_last_digit() -> None:
    times = [0.01, 0.2, 0.2004, 0.55, 0.56, 0.9, 0.99999, 1.0]

    for sides in (1, 2):
        for spending in ("obrien_fleming", "pocock"):
            found = spending_boundaries(times, alpha=0.05, sides=sides, spending=spending)
            assert crossing_probabilities(found).rejected == pytest.approx(0.05, abs=1e-12)


def test_a_correlated_normal_at_two_looks_gives_the_same_probability() -> None:
    """By one-dimensional integration over the first look, with a rule of its own."""
    found = spending_boundaries([0.3, 1.0], alpha=0.1, spending="pocock")
    first, last = found.efficacy
    grid = np.linspace(-first, first, 200_001)
    density = np.exp(-0.5 * grid**2) / np.sqrt(2 * np.pi)
    scale = np.sqrt(0.7)
    from_below = _normal_cdf((-last - grid * np.sqrt(0.3)) / scale)
    from_above = _normal_cdf((grid * np.sqrt(0.3) - last) / scale)

    spent_last = np.trapezoid(density * (from_below + from_above), grid)

    assert spent_last == pytest.approx(0.1 - 0.1 * np.log1p((np.e - 1) * 0.3), abs=1e-9)


def _normal_cdf(x: np.ndarray) -> np.ndarray:
    return np.asarray(0.5 * erfc(-x / np.sqrt(2)))


def test_simulated_paths_cross_as_often_as_computed() -> None:
    found = futility_boundaries([0.4, 0.7, 1.0], alpha=0.05, beta=0.2, sides=1, binding=True)
    drift = 1.3
    expected = crossing_probabilities(found, drift=drift)
    rng = np.random.default_rng(20240)
    steps = np.sqrt(np.diff(found.times, prepend=0.0))
    scores = np.cumsum(
        rng.standard_normal((200_000, 3)) * steps + drift * np.diff(found.times, prepend=0.0), axis=1
    )
    z = scores / np.sqrt(found.times)
    futility = np.array([look.futility for look in found.looks], dtype=float)
    open_, upper = np.ones(len(z), dtype=bool), []
    for at in range(3):
        upper.append(np.mean(open_ & (z[:, at] >= found.efficacy[at])))
        open_ &= (z[:, at] < found.efficacy[at]) & (z[:, at] > futility[at])

    assert upper == pytest.approx(expected.upper.tolist(), abs=4e-3)


@pytest.mark.parametrize("binding", [False, True])
def test_futility_has_the_power_that_was_asked_for(binding: bool) -> None:
    found = futility_boundaries(equal_looks(5), alpha=0.025, beta=0.1, sides=1, binding=binding)
    assert found.drift is not None

    under_effect = crossing_probabilities(found, drift=found.drift)
    under_none = crossing_probabilities(found, obey_futility=binding)

    assert under_effect.reached_upper == pytest.approx(0.9, abs=1e-10)
    assert under_effect.futility.sum() == pytest.approx(0.1, abs=1e-10)
    assert under_none.rejected == pytest.approx(0.025, abs=1e-12)


def test_two_sided_futility_begins_where_it_leaves_zero_and_costs_no_alpha() -> None:
    found = futility_boundaries(equal_looks(10))
    futility = [look.futility for look in found.looks]

    assert futility[:4] == [None] * 4
    assert futility[-1] == found.looks[-1].efficacy
    assert crossing_probabilities(found, obey_futility=False).rejected == pytest.approx(0.05, abs=1e-12)
    assert crossing_probabilities(found).rejected < 0.05
    assert found.drift is not None
    assert crossing_probabilities(found, drift=found.drift).reached_upper >= 0.9


def test_one_look_is_the_ordinary_test() -> None:
    for found in (spending_boundaries([1.0]), futility_boundaries([1.0])):
        assert found.efficacy == pytest.approx([1.959963984540054], abs=1e-12)
    assert futility_boundaries([1.0]).inflation == 1
    assert inflation_factor([1.0]) == 1


def test_a_very_early_look_has_no_reachable_boundary_and_changes_nothing() -> None:
    with_early, without = spending_boundaries([0.01, 0.5, 1.0]), spending_boundaries([0.5, 1.0])

    assert with_early.looks[0].efficacy is None
    assert np.isinf(with_early.efficacy[0])
    assert with_early.efficacy[1:] == pytest.approx(without.efficacy, abs=1e-13)


def test_monitoring_that_has_not_ended_has_spent_only_its_part() -> None:
    found = spending_boundaries([0.2, 0.6])

    assert found.looks[-1].alpha_spent < 0.05
    assert crossing_probabilities(found).rejected == pytest.approx(found.looks[-1].alpha_spent, abs=1e-13)


def test_many_looks_and_crowded_looks_are_integrated_as_well() -> None:
    many = spending_boundaries(equal_looks(200))
    crowded = spending_boundaries([0.5, 0.500002, 1.0])

    assert crossing_probabilities(many).rejected == pytest.approx(0.05, abs=1e-11)
    assert crossing_probabilities(crowded).rejected == pytest.approx(0.05, abs=1e-11)


@pytest.mark.parametrize(
    ("times", "error", "words"),
    [
        ([], ShapeMismatch, "fraction for each look"),
        ([[0.5, 1.0]], ShapeMismatch, "fraction for each look"),
        ([0.0, 1.0], UnknownOption, "above 0"),
        ([0.5, 1.2], UnknownOption, "not above 1"),
        ([0.5, float("nan")], UnknownOption, "above 0"),
        ([0.7, 0.5], UnknownOption, r"times\[1\] adds"),
        ([0.5, 0.5], UnknownOption, "merge"),
        ([0.5, 0.5 + 1e-9], UnknownOption, "merge"),
    ],
)
def test_impossible_looks_are_refused(times: list[float], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        spending_boundaries(times)


def test_impossible_errors_and_sides_are_refused() -> None:
    with pytest.raises(UnknownOption, match="alpha is 5"):
        spending_boundaries([1.0], alpha=5)
    with pytest.raises(UnknownOption, match="sides is 3"):
        spending_boundaries([1.0], sides=3)
    with pytest.raises(UnknownOption, match="spending is 'haybittle'"):
        spending_boundaries([1.0], spending="haybittle")  # type: ignore[arg-type]  # the point of the test
    with pytest.raises(UnknownOption, match="asks for no power"):
        futility_boundaries([1.0], alpha=0.5, beta=0.8)
    with pytest.raises(UnknownOption, match="one-sided"):
        futility_boundaries([1.0], binding=True)
    with pytest.raises(UnknownOption, match="planned up to 1"):
        futility_boundaries([0.5])
    with pytest.raises(UnknownOption, match="power at 1"):
        inflation_factor([0.5])
    with pytest.raises(UnknownOption, match="without any effect"):
        inflation_factor([1.0], power=0.01)


def test_spending_ends_at_its_total_and_refuses_what_is_no_fraction() -> None:
    assert spent([0.0, 1.0], total=0.025).tolist() == [0.0, 0.025]
    assert spent([0.0, 1.0], total=0.025, spending="pocock").tolist() == [0.0, 0.025]
    with pytest.raises(UnknownOption, match="from 0 to 1"):
        spent([1.1], total=0.025)


def test_a_result_says_what_it_was_asked() -> None:
    found = futility_boundaries(
        [0.5, 1.0], alpha=0.1, beta=0.2, sides=1, spending="pocock", beta_spending="obrien_fleming"
    )

    assert isinstance(found, Boundaries)
    assert (found.alpha, found.beta, found.sides, found.futility) == (0.1, 0.2, 1, "nonbinding")
    assert (found.spending, found.beta_spending) == ("pocock", "obrien_fleming")
    assert [look.beta_spent for look in found.looks][-1] == 0.2


def test_a_drift_whose_square_is_no_number_is_named() -> None:
    found = spending_boundaries([0.5, 1.0])

    assert crossing_probabilities(found, drift=1e9).reached_upper == pytest.approx(1.0)
    for drift in (1e200, float("nan"), float("inf")):
        with pytest.raises(NotFinite, match="drift is"):
            crossing_probabilities(found, drift=drift)
