"""Trim and fill: how many studies a symmetric funnel would lack, and the pool with their mirror images."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.bias.line import weighted_line
from analysis.meta.checks import Vector, checked_effects, checked_option
from analysis.meta.effects import Flags
from analysis.meta.errors import NonConvergence, NoVariation, UnknownOption
from analysis.meta.intervals import CiMethod
from analysis.meta.pooling import Pool, pool
from analysis.meta.tau2 import Tau2Method, estimate_tau2

TrimEstimator = Literal["L0", "R0", "Q0"]
Side = Literal["left", "right"]

# Distances from the centre smaller than this, relative to the effects, are rounding.
_ROUNDING = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class TrimFill:
    """A funnel made symmetric.

    Attributes
    ----------
    estimator : {"L0", "R0", "Q0"}
    side : {"left", "right"}
        Where studies are missing.
    side_chosen : bool
        Whether the engine chose the side, by the sign of the slope on the standard error.
    k0 : int
        Studies missing; `se_k0` its standard error, None where its variance is estimated below 0.
    p_k0 : float or None
        For R0: probability of a k0 as large where no study is missing.
    iterations : int
    centre : float
        The estimate about which studies were mirrored.
    yi, vi : ndarray of shape (k + k0,)
        The studies in the order given, then the mirror images.
    filled : ndarray of bool, shape (k + k0,)
        Where the mirror images are.
    observed, adjusted : Pool
        The pool of the studies, and with the mirror images.
    """

    estimator: TrimEstimator
    side: Side
    side_chosen: bool
    k0: int
    se_k0: float | None
    p_k0: float | None
    iterations: int
    centre: float
    yi: Vector
    vi: Vector
    filled: Flags
    observed: Pool
    adjusted: Pool


def trim_and_fill(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    estimator: TrimEstimator = "L0",
    side: Side | None = None,
    tau2_method: Tau2Method = "REML",
    search_method: Tau2Method | None = None,
    ci_method: CiMethod = "wald",
    level: float = 0.95,
    limits: tuple[float, float] | None = None,
) -> TrimFill:
    """Estimate how many studies are missing on one side of the funnel, and pool with their mirror images.

    Parameters
    ----------
    yi, vi : array_like of shape (k,), k >= 2
        Effects on the analysis scale and their sampling variances.
    estimator : {"L0", "R0", "Q0"}
        L0, the linear one, is the most robust; R0 has a test of its own; Q0 has no solution in many data.
    side : {"left", "right"}, optional
        Where studies are thought to be missing. By default opposite to the slope on the standard error.
    tau2_method : str
        Of the pools, any that `estimate_tau2` knows.
    search_method : str, optional
        Of the estimates during the search for k0; by default `tau2_method`.
    ci_method : {"wald", "hk", "hk_adhoc"}
    level : float
    limits : tuple of two float, optional
        Bounds of the effect; mirror images beyond them are moved there.

    Returns
    -------
    TrimFill

    Raises
    ------
    TooFewStudies, NoVariation, UnknownOption, ShapeMismatch, NotFinite, NotPositive
    NonConvergence
        Q0 has no real solution, the search runs in a circle, or it would trim every study.

    Notes
    -----
    An analysis of sensitivity, not an estimate of what the missing studies found: it reads all asymmetry as
    missing studies, and is poor where effects are heterogeneous. Studies are ranked by their distance from
    the centre, the k0 most extreme are trimmed, the centre is estimated again, until k0 stays.

    References
    ----------
    Duval and Tweedie (2000), doi:10.1111/j.0006-341X.2000.00455.x.
    Duval and Tweedie (2000), doi:10.1080/01621459.2000.10473905.

    Examples
    --------
    >>> found = trim_and_fill([0.1, 0.2, 0.15, 0.6, 0.9, 1.2], [0.01, 0.02, 0.02, 0.1, 0.2, 0.3])
    >>> found.k0, found.side, round(found.adjusted.estimate, 3)
    (2, 'left', 0.16)
    """
    checked_option("estimator", estimator, tuple(_ESTIMATORS))
    effects, variances = checked_effects(yi, vi, at_least=2)
    if limits is not None and not limits[0] < limits[1]:
        raise UnknownOption(f"limits is {limits!r}; give the lower bound before the upper one.")
    observed = pool(effects, variances, tau2_method=tau2_method, ci_method=ci_method, level=level)
    search = search_method or tau2_method
    used = _side(effects, variances, search) if side is None else side
    checked_option("side", used, ("left", "right"))
    found = _search(effects, variances, sign=-1.0 if used == "right" else 1.0, method=search, by=estimator)
    images = found.images if limits is None else np.clip(found.images, *limits)
    all_yi, all_vi = np.concatenate([effects, images]), np.concatenate([variances, found.variances])
    return TrimFill(
        estimator=estimator,
        side=used,
        side_chosen=side is None,
        k0=found.k0,
        se_k0=found.se,
        p_k0=0.5 ** (found.k0 + 1) if estimator == "R0" else None,
        iterations=found.iterations,
        centre=found.centre,
        yi=all_yi,
        vi=all_vi,
        filled=np.arange(all_yi.size) >= effects.size,
        observed=observed,
        adjusted=pool(all_yi, all_vi, tau2_method=tau2_method, ci_method=ci_method, level=level)
        if found.k0
        else observed,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    k0: int
    se: float | None
    iterations: int
    centre: float
    images: Vector
    variances: Vector


def _side(yi: Vector, vi: Vector, method: Tau2Method) -> Side:
    """Small studies with large effects lack their likes on the left."""
    errors = np.sqrt(vi)
    if yi.size < 3:
        raise NoVariation("Two studies always lie on a line; say on which side studies are missing.")
    design = np.column_stack([np.ones(yi.size), errors])
    try:
        tau2 = estimate_tau2(yi, vi, method=method, design=design).value
        slope = weighted_line(yi, errors, 1 / (vi + tau2)).slope
    except NoVariation as error:
        raise NoVariation(
            "All studies have the same precision, so no slope tells the side; pass side='left' or 'right'."
        ) from error
    return "right" if slope < 0 else "left"


def _search(yi: Vector, vi: Vector, *, sign: float, method: Tau2Method, by: TrimEstimator) -> _Found:
    """Trim on the right of the effects times `sign` until the number trimmed stays."""
    order = np.argsort(sign * yi, kind="stable")
    effects, variances = sign * yi[order], vi[order]
    k, k0, seen = yi.size, 0, {0}
    floor = _ROUNDING * float(np.max(np.abs(yi)))
    for iteration in range(1, k + 2):
        centre = _centre(effects[: k - k0], variances[: k - k0], method)
        away = effects - centre
        away[np.abs(away) <= floor] = 0.0
        before, (k0, se) = k0, _missing(away, by)
        if k0 >= k:
            raise NonConvergence(f"{by} would trim all of the {k} studies; there is no centre left.")
        if k0 == before:
            images = sign * (centre - away[k - k0 :])
            return _Found(k0, se, iteration, sign * centre, images, variances[k - k0 :])
        if k0 in seen:
            break
        seen.add(k0)
    raise NonConvergence(f"{by}: the number of missing studies runs in a circle ({before}, {k0}, ...).")


def _centre(yi: Vector, vi: Vector, method: Tau2Method) -> float:
    weights = 1 / (vi + estimate_tau2(yi, vi, method=method).value)
    return float(weights @ yi) / float(weights.sum())


def _missing(away: Vector, by: TrimEstimator) -> tuple[int, float | None]:
    """Studies missing opposite to the right, and the standard error of that number."""
    k = away.size
    ranks = np.empty(k)
    ranks[np.argsort(np.abs(away), kind="stable")] = np.arange(1, k + 1)
    raw, variance = _ESTIMATORS[by](away, ranks)
    # As R rounds: to the nearest, halves to even.
    return max(0, round(raw)), math.sqrt(variance) if variance >= 0 else None


def _linear(away: Vector, ranks: Vector) -> tuple[float, float]:
    k = away.size
    raw = (4 * float(ranks[away > 0].sum()) - k * (k + 1)) / (2 * k - 1)
    return raw, 16 * _rank_sum_variance(k, raw) / (2 * k - 1) ** 2


def _rightmost(away: Vector, ranks: Vector) -> tuple[float, float]:
    below = ranks[away < 0]
    raw = away.size - float(below.max()) - 1 if below.size else 0.0
    return raw, 2 * max(0.0, raw) + 2


def _quadratic(away: Vector, ranks: Vector) -> tuple[float, float]:
    k = away.size
    inner = 2 * k**2 - 4 * float(ranks[away > 0].sum()) + 0.25
    if inner < 0:
        raise NonConvergence("Q0 has no real solution for these studies; take L0 or R0.")
    raw = k - 0.5 - math.sqrt(inner)
    scale = (k - 0.5) ** 2 - raw * (2 * k - raw - 1)
    return raw, 4 * _rank_sum_variance(k, raw) / scale if scale > 0 else -1.0


def _rank_sum_variance(k: int, k0: float) -> float:
    """Variance of the sum of the positive ranks where k0 of them are surely positive."""
    return (
        k * (k + 1) * (2 * k + 1)
        + 10 * k0**3
        + 27 * k0**2
        + 17 * k0
        - 18 * k * k0**2
        - 18 * k * k0
        + 6 * k**2 * k0
    ) / 24


_ESTIMATORS: dict[TrimEstimator, Callable[[Vector, Vector], tuple[float, float]]] = {
    "L0": _linear,
    "R0": _rightmost,
    "Q0": _quadratic,
}
