"""Newton's method for likelihoods in which each study may have a parameter of its own."""

from dataclasses import dataclass

import numpy as np

from analysis.meta.checks import Vector
from analysis.meta.errors import NonConvergence
from analysis.meta.glmm.likelihood import Local, Model, Point, with_random_effect, without_random_effect

_MOST_STEPS = 200
_HALVINGS = 40
# A step below this leaves its square, which is rounding.
_SMALL_STEP = 1e-8
# On the log scale of odds and rates: exp(30) is no effect, and a standard deviation of 30 no spread.
_LARGEST = 30.0
_ZERO_TAU = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """Where the likelihood is highest.

    Attributes
    ----------
    point : Point
    value : float
        Log likelihood without the constants of the counts.
    information : ndarray of shape (q, q)
        Observed information of the betas and, where the effect is random and tau above 0, of tau; the
        studies' own parameters are profiled out.
    own_information : ndarray of shape (k, k), or None
        Of the studies' own parameters, all others profiled out.
    steps : int
    """

    point: Point
    value: float
    information: Vector
    own_information: Vector | None
    steps: int


def maximise(model: Model, start: Point, *, nodes: int | None) -> Maximum:
    """Maximise the likelihood from a starting point.

    Parameters
    ----------
    model : Model
    start : Point
    nodes : int or None
        Of the quadrature; None where there is no random effect.

    Returns
    -------
    Maximum

    Raises
    ------
    NonConvergence

    Notes
    -----
    Newton's steps solve the arrow of study parameters against shared ones. Where the curvature of the
    shared ones has the wrong sign its eigenvalues are turned, so that every step leads uphill, and steps
    are halved until they do. The likelihood is even in tau: an optimum on the boundary is an ordinary
    maximum at 0.
    """
    point, local = start, _local(model, start, nodes, np.zeros(model.k))
    for count in range(1, _MOST_STEPS + 1):
        step, regular = _step(model, local)
        largest = max(float(np.max(np.abs(part), initial=0.0)) for part in step)
        if largest < _SMALL_STEP and (regular or point.tau == 0):
            point = _moved(point, step, 1.0)
            if nodes is None:
                # Cheap, and closed forms keep all their digits.
                local = without_random_effect(model, point)
            return _maximum(model, point, local, count, nodes)
        point, local, stuck = _search(model, point, local, step, nodes)
        if nodes is not None and abs(point.tau) < _ZERO_TAU and not _rises(local):
            # By evenness tau stays at 0 from here; digits below rounding are not worth chasing.
            point = Point(point.alpha, point.beta, 0.0)
            local = _local(model, point, nodes, np.zeros(model.k))
        if stuck:
            if largest < 1e-5:
                return _maximum(model, point, local, count, nodes)
            break
        _refuse_divergence(point)
    raise NonConvergence(
        f"The likelihood has no maximum that Newton's method finds (tau = {abs(point.tau):.3g}, "
        f"{_MOST_STEPS} steps at most); check the counts, or pool by another method."
    )


def _local(model: Model, point: Point, nodes: int | None, start: Vector) -> Local:
    if nodes is None:
        return without_random_effect(model, point)
    return with_random_effect(model, point, nodes=nodes, start=start)


def _rises(local: Local) -> bool:
    """Whether, near tau = 0, the likelihood rises with tau by more than rounding."""
    along_tau, along_beta = (float(np.sum(local.hessian[place, place])) for place in (-1, -2))
    return along_tau > 1e-8 * abs(along_beta)


def _step(model: Model, local: Local) -> tuple[tuple[Vector, Vector], bool]:
    """Steps of the studies' own and of the shared parameters, and whether the curvature is regular."""
    shared, gradient = _profiled(model, local)
    values, vectors = np.linalg.eigh(shared)
    floor = 1e-10 * max(float(np.max(np.abs(values), initial=0.0)), 1e-10)
    turned = np.maximum(np.abs(values), floor)
    move = vectors @ ((vectors.T @ gradient) / turned)
    regular = bool(np.all(values > 0))
    if model.own is None:
        return (np.zeros(0), move), regular
    pull = local.gradient[0] + move @ local.hessian[0, 1:]
    return (pull / _own_curvature(local), move), regular


def _own_curvature(local: Local) -> Vector:
    """Curvature of each study's own parameter; 1 where the data do not speak of it."""
    found = -local.hessian[0, 0]
    used: Vector = np.where(found > 1e-12, found, np.maximum(np.abs(found), 1.0))
    return used


def _profiled(model: Model, local: Local) -> tuple[Vector, Vector]:
    """Information and gradient of the shared parameters, the studies' own profiled out."""
    if model.own is None:
        return -local.hessian.sum(axis=2), local.gradient.sum(axis=1)
    own = _own_curvature(local)
    cross = local.hessian[0, 1:]
    information = -local.hessian[1:, 1:].sum(axis=2) - (cross / own) @ cross.T
    return information, local.gradient[1:].sum(axis=1) + cross @ (local.gradient[0] / own)


def _moved(point: Point, step: tuple[Vector, Vector], size: float) -> Point:
    own, shared = step
    alpha = point.alpha + size * own if own.size else point.alpha
    count = point.beta.size
    tau = point.tau + size * float(shared[count]) if shared.size > count else point.tau
    return Point(alpha, point.beta + size * shared[:count], tau)


def _search(
    model: Model, point: Point, local: Local, step: tuple[Vector, Vector], nodes: int | None
) -> tuple[Point, Local, bool]:
    """The first of ever smaller steps that leads uphill, and whether none did."""
    value = float(np.sum(local.value))
    largest = max(float(np.max(np.abs(part), initial=0.0)) for part in step)
    size = min(1.0, 2.0 / largest) if largest > 0 else 1.0
    slack = 1e-13 * (1 + float(np.sum(np.abs(local.value))))
    for _ in range(_HALVINGS):
        there = _moved(point, step, size)
        found = _local(model, there, nodes, local.modes)
        if float(np.sum(found.value)) >= value - slack:
            return there, found, False
        size /= 2
    return point, local, True


def _refuse_divergence(point: Point) -> None:
    if abs(point.tau) > _LARGEST or float(np.max(np.abs(point.beta), initial=0.0)) > _LARGEST:
        raise NonConvergence(
            f"The estimates grow without bound (tau = {abs(point.tau):.3g}, effects up to "
            f"{float(np.max(np.abs(point.beta))):.3g}): the counts are too extreme for this model; "
            "use fewer subgroups or another method."
        )


def _maximum(model: Model, point: Point, local: Local, steps: int, nodes: int | None) -> Maximum:
    information, _ = _profiled(model, local)
    tau = abs(point.tau)
    if nodes is not None and tau < _ZERO_TAU:
        tau, information = 0.0, information[:-1, :-1]
    return Maximum(
        point=Point(point.alpha, point.beta, tau),
        value=float(np.sum(local.value)),
        information=information,
        own_information=_own_information(local, information.shape[0]) if model.own is not None else None,
        steps=steps,
    )


def _own_information(local: Local, shared: int) -> Vector:
    cross = local.hessian[0, 1 : shared + 1]
    middle = -local.hessian[1 : shared + 1, 1 : shared + 1].sum(axis=2)
    own: Vector = np.diag(-local.hessian[0, 0])
    return own - cross.T @ np.linalg.solve(middle, cross)
