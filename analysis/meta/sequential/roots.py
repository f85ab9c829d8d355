"""A root of one function of one variable, without scipy.optimize, whose import costs half a second."""

from collections.abc import Callable

from analysis.meta.errors import NonConvergence

_STEPS = 200


def bracketed_root(function: Callable[[float], float], low: float, high: float, *, tolerance: float) -> float:
    """The point between `low` and `high` at which a function changes sign.

    Parameters
    ----------
    function : callable
        Of opposite signs at the two ends; it may jump.
    low, high : float
    tolerance : float
        Relative to the root, or absolute where the root is below 1.

    Returns
    -------
    float

    Raises
    ------
    NonConvergence

    References
    ----------
    Chandrupatla (1997), doi:10.1016/S0965-9978(96)00051-8.
    """
    a, b = low, high
    fa, fb = function(a), function(b)
    if fa * fb > 0:
        raise NonConvergence(f"No change of sign between {low:g} and {high:g}.")
    c, fc, share = a, fa, 0.5
    for _ in range(_STEPS):
        best, f_best = (a, fa) if abs(fa) < abs(fb) else (b, fb)
        margin = tolerance * max(1.0, abs(best)) / max(abs(b - a), 1e-300)
        if f_best == 0 or margin >= 0.5:
            return best
        x = a + min(max(share, margin), 1 - margin) * (b - a)
        fx = function(x)
        if (fx > 0) == (fa > 0):
            c, fc = a, fa
        else:
            c, b, fc, fb = b, a, fb, fa
        a, fa = x, fx
        share = _share(a, b, c, fa, fb, fc)
    raise NonConvergence(f"No root found between {low:g} and {high:g}.")


def _share(a: float, b: float, c: float, fa: float, fb: float, fc: float) -> float:
    """Where to step between a and b: by inverse quadratic interpolation if it is safe, else halfway."""
    if fc in (fa, fb) or fa == fb:
        return 0.5
    along, rise = (a - b) / (c - b), (fa - fb) / (fc - fb)
    if not (rise * rise < along and (1 - rise) ** 2 < 1 - along):
        return 0.5
    return fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
