"""The model with two random effects per study: its level and its treatment effect (UM.RS).

eta of an arm = offset + level + share mu + sigma z1 + slope tau z2, with z1 and z2 independent standard
normal variates of the study, and share and slope known numbers of the arm.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from analysis.meta.checks import Vector
from analysis.meta.errors import NonConvergence
from analysis.meta.glmm.cumulants import Family
from analysis.meta.glmm.quadrature import product_nodes

Complex = NDArray[np.complex128]
Array = TypeVar("Array", Vector, Complex)

_COMPLEX_STEP = 1e-30
_MODE_STEPS = 100
_MOST_STEPS = 100
_LARGEST = 30.0
_ZERO_SPREAD = 1e-5
# Fourth-order central differences of an exact gradient: truncation about 1e-12, rounding about 1e-11.
_DIFFERENCE = 1e-3
_OFFSETS = np.array([-2.0, -1.0, 1.0, 2.0])
_COEFFICIENTS = np.array([1.0, -8.0, 8.0, -1.0]) / 12


@dataclass(frozen=True, slots=True, eq=False)
class TwoEffects:
    """Counts of two arms, x and offset of shape (2, k), and coefficients of shape (2,)."""

    family: Family
    x: Vector
    offset: Vector
    share: Vector
    slope: Vector


@dataclass(frozen=True, slots=True, eq=False)
class TwoEffectsMaximum:
    """Estimates level, mu, sigma, tau, their observed information, and the log likelihood.

    The information has no rows for spreads that are 0.
    """

    theta: Vector
    information: Vector
    value: float
    steps: int


def maximise_two(model: TwoEffects, start: Vector, *, nodes: int) -> TwoEffectsMaximum:
    """Maximise over level, mu, sigma and tau, by Newton's method with halving.

    Parameters
    ----------
    model : TwoEffects
    start : ndarray of shape (4,)
        Level, mu, sigma, tau.
    nodes : int
        For each random effect; 1 is the Laplace approximation.

    Returns
    -------
    TwoEffectsMaximum

    Raises
    ------
    NonConvergence

    Notes
    -----
    The gradient of the quadrature sum is a complex-step derivative, exact to rounding; the information is a
    fourth-order difference of it. As the likelihood is even in sigma and in tau, an optimum on the boundary
    is an ordinary maximum at 0.
    """
    theta = start.astype(np.float64)
    value, modes = _value(model, theta, nodes, np.zeros((2, model.x.shape[1])))
    for count in range(1, _MOST_STEPS + 1):
        gradient, information = _derivatives(model, theta, nodes, modes)
        values, vectors = np.linalg.eigh(information)
        turned = np.maximum(np.abs(values), 1e-10 * float(np.max(np.abs(values))) + 1e-12)
        step = vectors @ ((vectors.T @ gradient) / turned)
        largest = float(np.max(np.abs(step)))
        near = np.abs(theta[2:]) < _ZERO_SPREAD
        if largest < 1e-8 and np.all(values > 0):
            return _finish(theta + step, information, value, count)
        size = min(1.0, 1.0 / largest)
        theta, value, modes, moved = _search(model, theta, value, step * size, nodes, modes)
        if not moved and largest < 1e-5:
            return _finish(theta, information, value, count)
        if not moved or float(np.max(np.abs(theta[1:]))) > _LARGEST:
            break
        theta[2:] = np.where(near & (np.abs(theta[2:]) < _ZERO_SPREAD), 0.0, theta[2:])
    raise NonConvergence(
        f"The model with two random effects has no maximum that Newton's method finds (sigma = "
        f"{abs(theta[2]):.3g}, tau = {abs(theta[3]):.3g}); use the model with fixed study effects."
    )


def _finish(theta: Vector, information: Vector, value: float, steps: int) -> TwoEffectsMaximum:
    spread = np.abs(theta[2:])
    zero = spread < _ZERO_SPREAD
    kept = np.concatenate([[True, True], ~zero])
    found = np.concatenate([theta[:2], np.where(zero, 0.0, spread)])
    return TwoEffectsMaximum(found, information[np.ix_(kept, kept)], value, steps)


def _search(
    model: TwoEffects, theta: Vector, value: float, step: Vector, nodes: int, modes: Vector
) -> tuple[Vector, float, Vector, bool]:
    for _ in range(40):
        found, there = _value(model, theta + step, nodes, modes)
        if found >= value - 1e-12 * (1 + abs(value)):
            return theta + step, found, there, True
        step = step / 2
    return theta, value, modes, False


def _value(model: TwoEffects, theta: Vector, nodes: int, start: Vector) -> tuple[float, Vector]:
    modes = _modes(model, theta[None], start[None])
    found = _log_likelihood(model, theta[None].astype(np.complex128), modes, nodes)
    return float(found[0].real), modes[0]


def _derivatives(model: TwoEffects, theta: Vector, nodes: int, modes: Vector) -> tuple[Vector, Vector]:
    moves = (_DIFFERENCE * _OFFSETS)[None, :, None] * np.eye(4)[:, None, :]
    points = np.vstack([theta[None], theta + moves.reshape(16, 4)])
    found = _modes(model, points, np.broadcast_to(modes, (17, *modes.shape)))
    lifted = points[:, None, :] + 1j * _COMPLEX_STEP * np.eye(4)
    values = _log_likelihood(model, lifted.reshape(-1, 4), np.repeat(found, 4, axis=0), nodes)
    gradients = values.imag.reshape(17, 4) / _COMPLEX_STEP
    differences = np.tensordot(_COEFFICIENTS, gradients[1:].reshape(4, 4, 4), axes=(0, 1)) / _DIFFERENCE
    return gradients[0], -(differences + differences.T) / 2


def _modes(model: TwoEffects, theta: Vector, start: Vector) -> Vector:
    """Modes of shape (points, 2, k) by Newton with bounded steps; the integrands are log-concave."""
    level, mu, sigma, tau = (theta[:, place, None, None] for place in range(4))
    base = model.offset + level + model.share[:, None] * mu
    pushed = model.slope[:, None] * tau
    z = start
    bound = 3 / np.maximum(np.maximum(np.abs(sigma), np.abs(tau)), 0.1)
    for _ in range(_MODE_STEPS):
        eta = base + sigma * z[:, :1] + pushed * z[:, 1:]
        _, mean, spread = _cumulants(model.family, eta, 2)
        left = model.x - mean
        rise = np.stack([(sigma * left).sum(axis=1), (pushed * left).sum(axis=1)], axis=1) - z
        h11, h12, h22 = _curvature(sigma[:, 0], pushed, spread)
        determinant = h11 * h22 - h12**2
        step = np.stack(
            [
                (h22 * rise[:, 0] - h12 * rise[:, 1]) / determinant,
                (h11 * rise[:, 1] - h12 * rise[:, 0]) / determinant,
            ],
            axis=1,
        )
        z = z + np.clip(step, -bound, bound)
        if np.max(np.abs(step)) < 1e-7:
            # Newton doubles the digits: what is left is rounding.
            return z
    raise NonConvergence("The modes of the random effects were not found; check the counts of the studies.")


def _curvature(sigma: Array, pushed: Array, spread: Array) -> tuple[Array, Array, Array]:
    """The entries of I + A'KA for the two random effects, each of shape (points, k)."""
    return (
        1 + sigma**2 * spread.sum(axis=1),
        sigma * (pushed * spread).sum(axis=1),
        1 + (pushed**2 * spread).sum(axis=1),
    )


def _log_likelihood(model: TwoEffects, theta: Complex, modes: Vector, nodes: int) -> Complex:
    """Adaptive quadrature at points that differ from real ones by at most a complex step."""
    level, mu, sigma, tau = (theta[:, place, None, None] for place in range(4))
    base = model.offset + level + model.share[:, None] * mu
    pushed = model.slope[:, None] * tau
    # One Newton step from the real mode carries the imaginary part, exactly in first order.
    eta = base + sigma * modes[:, :1] + pushed * modes[:, 1:]
    _, k1, k2, k3, _ = _cumulants(model.family, eta.real, 4)
    left = model.x - k1 - 1j * k2 * eta.imag
    rise1 = (sigma * left).sum(axis=1) - modes[:, 0]
    rise2 = (pushed * left).sum(axis=1) - modes[:, 1]
    h11, h12, h22 = _curvature(sigma[:, 0], pushed, k2.astype(np.complex128))
    determinant = h11 * h22 - h12**2
    z1 = modes[:, 0] + (h22 * rise1 - h12 * rise2) / determinant
    z2 = modes[:, 1] + (h11 * rise2 - h12 * rise1) / determinant
    eta = base + sigma * z1[:, None] + pushed * z2[:, None]
    h11, h12, h22 = _curvature(sigma[:, 0], pushed, k2 + 1j * k3 * eta.imag)
    # The inverse of the triangular root of the curvature scales the nodes.
    r11 = np.sqrt(h11)
    r22 = np.sqrt(h22 - h12**2 / h11)
    t, log_weights = product_nodes(nodes)
    n2 = z2[..., None] + t[1] / r22[..., None]
    n1 = z1[..., None] + (t[0] - (h12 / (r11 * r22))[..., None] * t[1]) / r11[..., None]
    eta = base[..., None] + sigma[..., None] * n1[:, None] + pushed[..., None] * n2[:, None]
    k0, k1 = _cumulants(model.family, eta.real, 1)[:2]
    exponent = (model.x[..., None] * eta - k0 - 1j * k1 * eta.imag).sum(axis=1)
    exponent += log_weights - 0.5 * (n1**2 + n2**2)
    top = exponent.real.max(axis=-1)
    total = np.exp(exponent - top[..., None]).sum(axis=-1)
    found: Complex = (np.log(total) + top - np.log(r11 * r22)).sum(axis=-1)
    return found


def _cumulants(family: Family, eta: Vector, orders: int) -> list[Vector]:
    """Cumulants for several points at once, eta of shape (points, 2, k) or (points, 2, k, nodes)."""
    points, arms, k = eta.shape[:3]
    flat = np.moveaxis(eta.reshape(points, arms, k, -1), 0, 2).reshape(arms, k, -1)
    back = (arms, k, points, *eta.shape[3:])
    return [np.moveaxis(value.reshape(back), 2, 0) for value in family.cumulants(flat, orders)]
