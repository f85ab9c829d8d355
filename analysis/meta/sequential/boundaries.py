"""Monitoring boundaries that spend error by information (Lan and DeMets), for benefit and for futility."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from analysis.meta.checks import Vector
from analysis.meta.errors import NonConvergence, UnknownOption
from analysis.meta.sequential.checks import checked_error, checked_sides, checked_times
from analysis.meta.sequential.recursion import Wedge, efficacy_boundaries, wedge
from analysis.meta.sequential.roots import bracketed_root
from analysis.meta.sequential.spending import Spending, spent

Futility = Literal["none", "nonbinding", "binding"]
FUTILITIES: tuple[Futility, ...] = ("none", "nonbinding", "binding")

_WIDEST_INFLATION = 100.0
# Type II error by which both boundaries may miss each other at the last look.
_EXACT = 1e-9


@dataclass(frozen=True, slots=True)
class Boundary:
    """The boundary at one look, for the Z statistic.

    Attributes
    ----------
    time : float
        Information fraction.
    efficacy : float or None
        |Z| (Z where the test is one-sided) at or above it rejects no effect; None where not reachable.
    futility : float or None
        |Z| (Z where one-sided) at or below it speaks against the anticipated effect; None where there is
        none yet.
    alpha_spent : float
        Cumulative type I error, of all sides.
    beta_spent : float or None
        Cumulative type II error; None without futility.
    """

    time: float
    efficacy: float | None
    futility: float | None
    alpha_spent: float
    beta_spent: float | None


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Boundaries of a monitored test.

    Attributes
    ----------
    looks : tuple of Boundary
    alpha : float
        Of all sides together.
    beta : float or None
        None without futility.
    sides : {1, 2}
    spending : {"obrien_fleming", "pocock"}
    beta_spending : {"obrien_fleming", "pocock"} or None
    futility : {"none", "nonbinding", "binding"}
    inflation : float or None
        Information at fraction 1, over that of a test with one look and the same alpha and beta; None
        without futility.
    drift : float or None
        Mean of Z at fraction 1 under the anticipated effect; None without futility.
    """

    looks: tuple[Boundary, ...]
    alpha: float
    beta: float | None
    sides: int
    spending: Spending
    beta_spending: Spending | None
    futility: Futility
    inflation: float | None
    drift: float | None

    @property
    def times(self) -> Vector:
        """Information fractions of the looks."""
        return np.array([look.time for look in self.looks])

    @property
    def efficacy(self) -> Vector:
        """Efficacy boundaries; infinite where not reachable."""
        return np.array([math.inf if look.efficacy is None else look.efficacy for look in self.looks])


def spending_boundaries(
    times: ArrayLike, *, alpha: float = 0.05, sides: int = 2, spending: Spending = "obrien_fleming"
) -> Boundaries:
    """Efficacy boundaries that spend alpha by information.

    Parameters
    ----------
    times : array_like of shape (m,)
        Information fractions of the looks, rising, above 0 and at most 1.
    alpha : float
        Of all sides together.
    sides : {1, 2}
    spending : {"obrien_fleming", "pocock"}

    Returns
    -------
    Boundaries

    Raises
    ------
    UnknownOption, ShapeMismatch

    Notes
    -----
    The boundary c_k solves P(no crossing before look k, Z_k >= c_k) = what may be spent at look k, by the
    recursion of Armitage, McPherson and Rowe over the density of the score, integrated by composite
    Gauss-Legendre quadrature whose panels follow the steps of information; boundaries are exact to about
    1e-12. The two sides of a two-sided test are symmetric and spend alpha / 2 each. A look at which less than
    1e-14 may be spent has no reachable boundary.

    References
    ----------
    Lan and DeMets (1983), doi:10.1093/biomet/70.3.659.
    Armitage, McPherson and Rowe (1969), doi:10.2307/2343787.
    O'Brien and Fleming (1979), doi:10.2307/2530245. Pocock (1977), doi:10.1093/biomet/64.2.191.

    Examples
    --------
    >>> spending_boundaries([0.25, 0.5, 0.75, 1.0]).efficacy.round(4).tolist()
    [4.3326, 2.9631, 2.359, 2.0141]
    """
    fractions = checked_times(times)
    checked_error("alpha", alpha)
    checked_sides(sides)
    used = spent(fractions, total=alpha / sides, spending=spending)
    efficacy = efficacy_boundaries(fractions, used, sides=sides)
    return Boundaries(
        looks=tuple(
            Boundary(time, _reachable(z), None, sides * done, None)
            for time, z, done in zip(fractions.tolist(), efficacy.tolist(), used.tolist(), strict=True)
        ),
        alpha=alpha,
        beta=None,
        sides=sides,
        spending=spending,
        beta_spending=None,
        futility="none",
        inflation=None,
        drift=None,
    )


def futility_boundaries(
    times: ArrayLike,
    *,
    alpha: float = 0.05,
    beta: float = 0.1,
    sides: int = 2,
    spending: Spending = "obrien_fleming",
    beta_spending: Spending = "obrien_fleming",
    binding: bool = False,
) -> Boundaries:
    """Efficacy boundaries that spend alpha, and futility boundaries that spend beta.

    Parameters
    ----------
    times : array_like of shape (m,)
        Information fractions, rising to exactly 1, where both boundaries meet.
    alpha, beta : float
    sides : {1, 2}
    spending, beta_spending : {"obrien_fleming", "pocock"}
    binding : bool
        Whether monitoring must stop at futility. If it must not (the default), alpha holds either way; if it
        must, the efficacy boundary is lower, and alpha is exceeded where futility is disregarded.

    Returns
    -------
    Boundaries
        With `inflation`, the factor by which looking and giving up raise the information needed.

    Raises
    ------
    UnknownOption, ShapeMismatch, NonConvergence

    Notes
    -----
    The futility boundary f_k solves P(no crossing before look k, Z_k <= f_k) = what may be spent of beta at
    look k, under the drift (z_alpha + z_beta) sqrt(inflation), and the inflation is the one at which f and c
    meet at fraction 1, so that the power is 1 - beta. A two-sided test has the futility region |Z| <= f, from
    the first look with f above 0, and the chance to end on the wrong side under the anticipated effect is
    neglected; it has no binding form here.

    References
    ----------
    Pampallona, Tsiatis and Kim (2001), doi:10.1177/009286150103500408.

    Examples
    --------
    >>> found = futility_boundaries([0.5, 0.75, 1.0], alpha=0.025, beta=0.2, sides=1)
    >>> [round(look.futility, 3) for look in found.looks], round(found.inflation, 3)
    ([0.633, 1.404, 2.014], 1.133)
    """
    fractions = checked_times(times)
    if fractions[-1] != 1:
        raise UnknownOption(f"times ends at {fractions[-1]:g}; boundaries for futility are planned up to 1.")
    return monitored_boundaries(
        lambda _: fractions,
        alpha=alpha,
        beta=beta,
        sides=sides,
        spending=spending,
        beta_spending=beta_spending,
        binding=binding,
    )


def monitored_boundaries(
    times_at: Callable[[float], Vector],
    *,
    alpha: float,
    beta: float,
    sides: int,
    spending: Spending,
    beta_spending: Spending,
    binding: bool,
) -> Boundaries:
    """`futility_boundaries` where the information fractions themselves depend on the inflation.

    Parameters
    ----------
    times_at : callable
        From the inflation factor to fractions that end at 1.
    alpha, beta, sides, spending, beta_spending, binding
        As in `futility_boundaries`.

    Returns
    -------
    Boundaries
    """
    checked_error("alpha", alpha)
    checked_error("beta", beta)
    checked_sides(sides)
    if binding and sides == 2:
        raise UnknownOption("binding is True and sides 2; binding futility is for one-sided tests.")
    if alpha / sides + beta >= 1:
        raise UnknownOption(f"beta is {beta:g} and alpha {alpha:g} on {sides} sides; that asks for no power.")

    def errors_spent(fractions: Vector) -> tuple[Vector, Vector]:
        return (
            spent(fractions, total=alpha / sides, spending=spending),
            spent(fractions, total=beta, spending=beta_spending),
        )

    def at(inflation: float) -> Wedge:
        fractions = times_at(inflation)
        drift = drift_at_full_information(alpha_per_side=alpha / sides, beta=beta, inflation=inflation)
        return wedge(fractions, *errors_spent(fractions), drift=drift, sides=sides, binding=binding)

    inflation = inflation_root(lambda factor: at(factor).shortfall)
    if abs(at(inflation).shortfall) > _EXACT:
        raise NonConvergence("The boundaries for efficacy and futility do not meet; take fewer looks.")
    fractions = times_at(inflation)
    return Boundaries(
        looks=_wedge_looks(fractions, at(inflation), *errors_spent(fractions), sides=sides),
        alpha=alpha,
        beta=beta,
        sides=sides,
        spending=spending,
        beta_spending=beta_spending,
        futility="binding" if binding else "nonbinding",
        inflation=inflation,
        drift=drift_at_full_information(alpha_per_side=alpha / sides, beta=beta, inflation=inflation),
    )


def _wedge_looks(
    fractions: Vector, found: Wedge, alpha_spent: Vector, beta_spent: Vector, *, sides: int
) -> tuple[Boundary, ...]:
    lowest = 0.0 if sides == 2 else -math.inf
    futility = [z if z > lowest else None for z in found.futility.tolist()]
    return tuple(
        Boundary(time, _reachable(z), stop, sides * alpha_done, beta_done)
        for time, z, stop, alpha_done, beta_done in zip(
            fractions.tolist(),
            found.efficacy.tolist(),
            futility,
            alpha_spent.tolist(),
            beta_spent.tolist(),
            strict=True,
        )
    )


def drift_at_full_information(*, alpha_per_side: float, beta: float, inflation: float) -> float:
    """Mean of Z at information fraction 1 under the effect that was anticipated."""
    return float(-ndtri(alpha_per_side) - ndtri(beta)) * math.sqrt(inflation)


def inflation_root(shortfall: Callable[[float], float]) -> float:
    """The inflation at which a shortfall of power, which falls with information, comes down to 0.

    A test with one look needs no inflation, and none can do with less.
    """
    if shortfall(1.0) <= 0:
        return 1.0
    low, high = 1.0, 1.1
    while shortfall(high) > 0:
        low, high = high, 1.5 * high
        if high > _WIDEST_INFLATION:
            raise NonConvergence(
                f"No inflation up to {_WIDEST_INFLATION:g} reaches the power; check the looks."
            )
    return bracketed_root(shortfall, low, high, tolerance=1e-13)


def _reachable(score: float) -> float | None:
    return score if math.isfinite(score) else None
