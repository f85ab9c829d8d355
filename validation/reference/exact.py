"""What R loses by rounding, shown by rational arithmetic, and where its iteration stops below a maximum."""

from fractions import Fraction

import numpy as np

from analysis.meta import Tau2
from analysis.meta.checks import Vector
from analysis.meta.linear import fit, intercept, log_likelihood
from analysis.meta.tau2.estimate import standard_error
from analysis.meta.tau2_methods import Tau2Method

# A likelihood higher by more than this is another maximum and no rounding.
_HIGHER = 1e-6
# R's sums of squares keep at least these digits where variances lie 1e8 and more apart.
_LOST_AT_MOST = 1e-6


def exact_q(yi: Vector, vi: Vector) -> float:
    """Q of the common-effect mean without any rounding but that of the data."""
    effects = [Fraction(float(value)) for value in yi]
    weights = [1 / Fraction(float(value)) for value in vi]
    total = sum(weights)
    mean = sum(weight * effect for weight, effect in zip(weights, effects, strict=True)) / total
    return float(sum(weight * (effect - mean) ** 2 for weight, effect in zip(weights, effects, strict=True)))


def lost_by_r(theirs: float | None, yi: Vector, vi: Vector) -> float:
    """Relative error of R's Q, if it is no larger than what R's matrices may lose; else 0."""
    if theirs is None:
        return 0.0
    exact = exact_q(yi, vi)
    error = abs(theirs - exact) / exact if exact > 0 else 0.0
    return error if error <= _LOST_AT_MOST else 0.0


def lower_maximum(
    theirs: float | None,
    ours: float,
    yi: Vector,
    vi: Vector,
    method: Tau2Method,
    design: Vector | None = None,
) -> Tau2 | None:
    """R's tau2, where the likelihood at ours is clearly higher: R's scoring stopped at a lower maximum."""
    if theirs is None or method not in ("ML", "REML") or ours == theirs:
        return None
    columns = intercept(yi.size) if design is None else np.linalg.qr(design)[0]
    here, there = (likelihood(tau2, yi, vi, method, columns) for tau2 in (ours, theirs))
    if not here > there + _HIGHER:
        return None
    return Tau2(method, theirs, standard_error(yi, vi, method, theirs, columns))


def likelihood(tau2: float, yi: Vector, vi: Vector, method: str, columns: Vector) -> float:
    """The likelihood that ML or REML maximises, at any tau2."""
    total = vi + tau2
    return log_likelihood(fit(yi, 1 / total, columns), total, columns, restricted=method == "REML")
