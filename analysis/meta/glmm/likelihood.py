"""The marginal likelihood of counts with one normal random effect for each study, and its derivatives.

Study i has one count per arm with natural parameter

    eta = offset + own alpha_i + sum of fixed_p beta_p + slope tau z_i,    z_i ~ N(0, 1),

where own, fixed and slope are known numbers of the arm. Proportions, conditional odds ratios and rates have
one arm and no alpha; the unconditional models have two arms and a level alpha_i of each study.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.meta.checks import Vector
from analysis.meta.errors import NonConvergence
from analysis.meta.glmm.cumulants import Family
from analysis.meta.glmm.quadrature import hermite_nodes

Complex = NDArray[np.complex128]

# Complex-step derivatives have no truncation error as long as the step's square underflows against 1.
_STEP = 1e-30
_MODE_STEPS = 100
_SMALL_STEP = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Counts and coefficients; see the module.

    Attributes
    ----------
    family : Family
    x, offset : ndarray of shape (arms, k)
    own : ndarray of shape (arms,) or None
        None where studies have no level of their own.
    fixed : ndarray of shape (p, arms)
    slope : ndarray of shape (arms,)
    """

    family: Family
    x: Vector
    offset: Vector
    own: Vector | None
    fixed: Vector
    slope: Vector

    @property
    def k(self) -> int:
        """Studies."""
        return int(self.x.shape[1])

    @property
    def directions(self) -> Vector:
        """How eta moves with alpha (where there is one) and each beta: shape (q, arms)."""
        return self.fixed if self.own is None else np.vstack([self.own[None], self.fixed])


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """Parameters: alpha of shape (k,), beta of shape (p,), and the standard deviation tau."""

    alpha: Vector
    beta: Vector
    tau: float


@dataclass(frozen=True, slots=True, eq=False)
class Local:
    """Log likelihood of each study with first and second derivatives at a point.

    Attributes
    ----------
    value : ndarray of shape (k,)
        Without the constants of the counts.
    gradient : ndarray of shape (q, k)
        By alpha where there is one, the betas, and tau where the effect is random.
    hessian : ndarray of shape (q, q, k)
    modes : ndarray of shape (k,)
        Of the random effect, in standard deviations.
    """

    value: Vector
    gradient: Vector
    hessian: Vector
    modes: Vector


def linear(model: Model, point: Point) -> Vector:
    """The natural parameters without the random effect, shape (arms, k)."""
    eta = model.offset + (point.beta @ model.fixed)[:, None]
    return eta if model.own is None else eta + model.own[:, None] * point.alpha


def without_random_effect(model: Model, point: Point) -> Local:
    """The likelihood at tau = 0, with derivatives by alpha and beta only."""
    eta = linear(model, point)
    value, mean, spread = model.family.cumulants(eta, 2)
    ways = model.directions
    curvature = np.einsum("pa,qa,ak->pqk", ways, ways, spread)
    return Local(
        value=(model.x * eta - value).sum(axis=0),
        gradient=ways @ (model.x - mean),
        hessian=-curvature,
        modes=np.zeros(model.k),
    )


def with_random_effect(model: Model, point: Point, *, nodes: int, start: Vector) -> Local:
    """The likelihood by adaptive Gauss-Hermite quadrature.

    Parameters
    ----------
    model : Model
    point : Point
    nodes : int
    start : ndarray of shape (k,)
        Where to look for the modes.

    Returns
    -------
    Local

    Raises
    ------
    NonConvergence

    Notes
    -----
    Nodes sit about the mode of each study's integrand, scaled by its curvature, and move with the
    parameters. The gradient is that of the sum itself: analytic, with the movement of the nodes by implicit
    differentiation. The second derivatives are complex-step derivatives of that gradient, exact to
    rounding; the imaginary parts never enter a family, which is asked at real parameters only.
    """
    base, tau, slope = linear(model, point), point.tau, model.slope[:, None]
    z = _modes(model, base, tau, start)
    eta = base + slope * (tau * z)
    _, k1, k2, k3, k4 = model.family.cumulants(eta, 4)
    ways = np.vstack([model.directions, np.zeros(model.slope.size)])
    by_tau = np.zeros(ways.shape[0])
    by_tau[-1] = 1.0
    # First derivatives of the mode and of eta at the mode, real, for each direction of the complex step.
    left = model.x - k1
    moved = ways[:, :, None] + by_tau[:, None, None] * (slope * z)
    pull = by_tau[:, None] * (slope * left).sum(axis=0) - tau * (moved * (slope * k2)).sum(axis=1)
    dz = pull / (1 + tau**2 * (slope**2 * k2).sum(axis=0))
    deta = moved + slope * (tau * dz)[:, None]
    shift = 1j * _STEP
    lifted = _Lifted(
        z=z + shift * dz,
        tau=(tau + shift * by_tau)[:, None],
        base=base + shift * ways[:, :, None],
        left=left - shift * (k2 * deta),
        k2=k2 + shift * (k3 * deta),
        k3=k3 + shift * (k4 * deta),
    )
    value, gradient = _value_and_gradient(model, lifted, ways, by_tau, nodes)
    return Local(
        value=value[0].real,
        gradient=gradient[0].real,
        hessian=gradient.imag / _STEP,
        modes=z,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Lifted:
    """What the gradient needs at the mode, one complex step (first axis, q) at a time."""

    z: Complex  # (q, k)
    tau: Complex  # (q, 1)
    base: Complex  # (q, arms, k)
    left: Complex  # x - K', (q, arms, k)
    k2: Complex
    k3: Complex


def _value_and_gradient(
    model: Model, at: _Lifted, ways: Vector, by_tau: Vector, nodes: int
) -> tuple[Complex, Complex]:
    slope = model.slope[:, None]
    tau = at.tau[:, None]  # (q, 1, 1), to go with the direction p of the gradient
    moved = ways[:, :, None] + by_tau[:, None, None] * (slope * at.z[:, None, None])
    weighted = slope * at.k2
    curvature = (slope * weighted).sum(axis=1)[:, None]
    pull = by_tau[:, None] * (slope * at.left).sum(axis=1)[:, None] - tau * (moved * weighted[:, None]).sum(
        axis=2
    )
    total = 1 + tau**2 * curvature
    dz = pull / total
    deta = moved + slope * (tau * dz)[:, :, None]
    dtotal = 2 * tau * by_tau[:, None] * curvature + tau**2 * ((slope**2 * at.k3)[:, None] * deta).sum(axis=2)
    dlog_scale = -0.5 * dtotal / total
    scale = total[:, 0] ** -0.5
    t, log_weights = hermite_nodes(nodes)
    z = at.z[..., None] + scale[..., None] * t
    eta = at.base[..., None] + slope[..., None] * (at.tau * 1.0)[:, None, :, None] * z[:, None]
    k0, k1, k2 = model.family.cumulants(eta[0].real, 2)
    imaginary = 1j * eta.imag
    x = model.x[..., None]
    exponent = (x * eta - (k0 + k1 * imaginary)).sum(axis=1) - 0.5 * z**2 + log_weights
    left = x - k1 - k2 * imaginary
    top = exponent[0].real.max(axis=-1)[:, None]
    terms = np.exp(exponent - top)
    total_terms = terms.sum(axis=-1)
    share = terms / total_terms[..., None]
    along = (slope[..., None] * left).sum(axis=1)  # (q, k, nodes)
    rise = at.tau[..., None] * along - z
    mean_left = (share[:, None] * left).sum(axis=-1)
    gradient = (
        dlog_scale
        + np.einsum("pa,qak->qpk", ways, mean_left)
        + by_tau[:, None] * (share * z * along).sum(axis=-1)[:, None]
        + dz * (share * rise).sum(axis=-1)[:, None]
        + (scale[:, None] * dlog_scale) * (share * rise * t).sum(axis=-1)[:, None]
    )
    return np.log(scale) + np.log(total_terms) + top[:, 0], gradient


def _modes(model: Model, base: Vector, tau: float, start: Vector) -> Vector:
    """The mode of each study's integrand, which is log-concave, by Newton with bounded steps."""
    slope, z = model.slope[:, None], start
    pushed = tau * slope
    bound = 3 / max(float(np.max(np.abs(pushed))), 0.1)
    for _ in range(_MODE_STEPS):
        _, mean, spread = model.family.cumulants(base + pushed * z, 2)
        rise = (pushed * (model.x - mean)).sum(axis=0) - z
        step = rise / (1 + (pushed**2 * spread).sum(axis=0))
        z = np.asarray(z + np.clip(step, -bound, bound), dtype=np.float64)
        if np.max(np.abs(step)) < _SMALL_STEP:
            # Newton doubles the digits: the step just taken left rounding.
            return z
    raise NonConvergence(
        f"The mode of a random effect was not found with tau = {tau:.3g}; check the counts of the studies."
    )
