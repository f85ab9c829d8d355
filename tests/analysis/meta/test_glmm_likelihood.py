"""The parts of the mixed models, against sums and integrals done the long way."""

from math import comb, exp, log, pi, sqrt

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.meta import UnknownOption, glmm_odds_ratios, glmm_proportions
from analysis.meta.glmm.cumulants import Binomial, Hypergeometric, Poisson
from analysis.meta.glmm.likelihood import Model, Point, with_random_effect
from analysis.meta.glmm.quadrature import hermite_nodes
from analysis.meta.glmm.two_effects import TwoEffects, maximise_two

Columns = tuple[list[int], list[int], list[int], list[int]]
Vector = NDArray[np.float64]
TABLES: Columns = ([1, 4, 6, 2], [20, 30, 41, 15], [3, 9, 11, 6], [21, 30, 40, 18])


def weights_of_tables(n1: int, n2: int, events: int) -> dict[int, int]:
    return {a: comb(n1, a) * comb(n2, events - a) for a in range(max(0, events - n2), min(n1, events) + 1)}


def test_hypergeometric_cumulants_are_sums_over_all_tables() -> None:
    family = Hypergeometric(np.array([20.0, 8.0]), np.array([21.0, 9.0]), np.array([4.0, 12.0]))
    eta = np.array([[-0.7, 1.3]])
    found = np.array(family.cumulants(eta, 4))[:, 0]

    for study, (n1, n2, events) in enumerate([(20, 21, 4), (8, 9, 12)]):
        weights = weights_of_tables(n1, n2, events)
        terms = {a: w * exp(eta[0, study] * a) for a, w in weights.items()}
        total = sum(terms.values())
        mean = sum(a * term for a, term in terms.items()) / total
        second, third, fourth = (
            sum((a - mean) ** power * term for a, term in terms.items()) / total for power in (2, 3, 4)
        )
        by_hand = [log(total / comb(n1 + n2, events)), mean, second, third, fourth - 3 * second**2]
        assert found[:, study] == pytest.approx(by_hand, rel=1e-11)


def test_long_and_short_supports_are_summed_alike() -> None:
    family = Hypergeometric(np.array([4000.0, 900.0]), np.array([5000.0, 900.0]), np.array([2500.0, 700.0]))
    at = np.linspace(-0.5, 0.5, 14).reshape(1, 2, 7)
    family.cumulants(at, 4)

    short, long = family._all_at_once(at[0], 4), family._study_by_study(at[0], 4)

    for order in range(4):
        assert np.allclose(short[order], long[order], rtol=1e-9, atol=1e-9)
    assert np.allclose(short[4], long[4], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("family", "x"),
    [
        (Binomial(np.array([[10.0, 400.0]])), np.array([[3.0, 17.0]])),
        (Poisson(), np.array([[3.0, 17.0]])),
        (
            Hypergeometric(np.array([10.0, 40.0]), np.array([12.0, 30.0]), np.array([6.0, 25.0])),
            np.array([[3.0, 17.0]]),
        ),
    ],
    ids=["binomial", "poisson", "hypergeometric"],
)
def test_cumulants_are_derivatives_of_each_other(
    family: Binomial | Poisson | Hypergeometric, x: Vector
) -> None:
    eta, step = np.array([[-0.4, 0.3]]), 1e-5
    found = family.cumulants(eta, 4)
    above, below = family.cumulants(eta + step, 4), family.cumulants(eta - step, 4)

    for order in range(4):
        slope = (above[order] - below[order]) / (2 * step)
        assert np.allclose(found[order + 1], slope, rtol=1e-6)
    best, place, curvature = family.saturated(x)
    value, mean, spread = family.cumulants(place, 2)
    assert np.allclose(mean, x, rtol=1e-9)
    assert np.allclose(best, x * place - value, rtol=1e-9)
    assert np.allclose(curvature, spread, rtol=1e-9)


def test_derivatives_of_the_quadrature_are_those_of_differences() -> None:
    a, n1, c, n2 = (np.array(column, dtype=float) for column in TABLES)
    model = Model(
        Binomial(np.stack([n1, n2])),
        np.stack([a, c]),
        np.zeros((2, 4)),
        np.ones(2),
        np.array([[0.5, -0.5]]),
        np.array([0.5, -0.5]),
    )

    def at(level: float, mu: float, tau: float) -> tuple[Vector, Vector, Vector]:
        point = Point(np.full(4, level), np.array([mu]), tau)
        found = with_random_effect(model, point, nodes=5, start=np.zeros(4))
        return found.value, found.gradient, found.hessian

    start, step = (-1.2, -0.6, 0.8), 1e-5
    _, gradient, hessian = at(*start)
    for place in range(3):
        moved = np.eye(3)[place] * step
        above, below = at(*(start + moved)), at(*(start - moved))
        assert np.allclose(gradient[place], (above[0] - below[0]) / (2 * step), rtol=1e-6, atol=1e-9)
        assert np.allclose(hessian[place], (above[1] - below[1]) / (2 * step), rtol=1e-6, atol=1e-8)
    assert np.allclose(hessian, np.swapaxes(hessian, 0, 1), rtol=1e-8, atol=1e-10)


def conditional_log_likelihood(tables: Columns, mu: float, tau: float) -> float:
    """The exact conditional likelihood by a fine Riemann sum, from the definition."""
    z = np.linspace(-9, 9, 2001)
    density = np.exp(-(z**2) / 2) / sqrt(2 * pi) * (z[1] - z[0])
    total = 0.0
    for a, n1, c, n2 in zip(*tables, strict=True):
        weights = weights_of_tables(n1, n2, a + c)
        theta = mu + tau * z
        below = sum(weight * np.exp(theta * cell) for cell, weight in weights.items())
        total += log(float(np.sum(density * weights[a] * np.exp(theta * a) / below)))
    return total


def test_the_exact_conditional_estimate_is_where_the_plain_integral_is_highest() -> None:
    tables = ([1, 9, 6, 2], [20, 30, 41, 15], [6, 4, 11, 6], [21, 30, 40, 18])
    found = glmm_odds_ratios(*tables, model="CM.EL", nodes=61)
    mu, tau, step = found.estimate, sqrt(found.tau2), 1e-3
    values = {
        (i, j): conditional_log_likelihood(tables, mu + i * step, tau + j * step)
        for i in (-1, 0, 1)
        for j in (-1, 0, 1)
    }

    assert found.log_likelihood == pytest.approx(values[0, 0], abs=1e-9)
    assert values[0, 0] == max(values.values())
    h_mu = (values[1, 0] - 2 * values[0, 0] + values[-1, 0]) / step**2
    h_tau = (values[0, 1] - 2 * values[0, 0] + values[0, -1]) / step**2
    cross = (values[1, 1] - values[1, -1] - values[-1, 1] + values[-1, -1]) / (4 * step**2)
    assert found.se == pytest.approx(sqrt(-h_tau / (h_mu * h_tau - cross**2)), rel=1e-4)


def test_the_wald_test_of_the_exact_model_weighs_conditional_estimates() -> None:
    found = glmm_odds_ratios(*TABLES, model="CM.EL", method="EE")

    effects, weights = [], []
    for a, n1, c, n2 in zip(*TABLES, strict=True):
        tables = weights_of_tables(n1, n2, a + c)
        low, high = -20.0, 20.0
        for _ in range(200):
            eta = (low + high) / 2
            terms = {cell: weight * exp(eta * cell) for cell, weight in tables.items()}
            total = sum(terms.values())
            mean = sum(cell * term for cell, term in terms.items()) / total
            low, high = (eta, high) if mean < a else (low, eta)
        effects.append(eta)
        weights.append(sum((cell - mean) ** 2 * term for cell, term in terms.items()) / total)
    by_hand = np.average(effects, weights=weights)
    q = sum(weight * (effect - by_hand) ** 2 for effect, weight in zip(effects, weights, strict=True))
    assert found.q_wald.statistic == pytest.approx(q, rel=1e-9)


def test_more_nodes_come_nearer_to_the_integral() -> None:
    x, n = [1, 12, 3, 16, 5, 2], [20, 20, 20, 20, 20, 20]
    few, some, many = (glmm_proportions(x, n, nodes=nodes).tau2 for nodes in (3, 11, 61))

    assert abs(some - many) < abs(few - many)
    assert glmm_proportions(x, n, nodes=101).tau2 == pytest.approx(many, rel=1e-8)


def test_the_nodes_integrate_polynomials_exactly() -> None:
    nodes, log_weights = hermite_nodes(4)
    weights = np.exp(log_weights - nodes**2 / 2)

    assert [np.sum(weights * nodes**power) for power in (0, 2, 4, 6)] == pytest.approx([1, 1, 3, 15])
    with pytest.raises(UnknownOption):
        hermite_nodes(102)


def test_two_random_effects_agree_with_a_plain_double_integral() -> None:
    a, n1, c, n2 = (
        np.array(column, dtype=float) for column in ([1, 9, 6], [20, 30, 41], [6, 4, 20], [21, 30, 40])
    )
    half = np.array([0.5, -0.5])
    model = TwoEffects(Binomial(np.stack([n1, n2])), np.stack([a, c]), np.zeros((2, 3)), half, half)
    found = maximise_two(model, np.array([-1.0, -0.5, 0.5, 0.5]), nodes=25)

    level, mu, sigma, tau = found.theta
    z = np.linspace(-8, 8, 401)
    density = np.exp(-(z**2) / 2) / sqrt(2 * pi) * (z[1] - z[0])
    total = 0.0
    for row in range(3):
        above = level + mu / 2 + sigma * z[:, None] + tau / 2 * z[None, :]
        below = level - mu / 2 + sigma * z[:, None] - tau / 2 * z[None, :]
        inside = np.exp(
            a[row] * above
            - n1[row] * np.logaddexp(0, above)
            + c[row] * below
            - n2[row] * np.logaddexp(0, below)
        )
        total += log(float(density @ inside @ density))
    assert found.value == pytest.approx(total, abs=1e-8)
