"""The weighted straight line that every regression test of funnel asymmetry fits."""

from dataclasses import dataclass

from analysis.meta.checks import Vector
from analysis.meta.errors import NoVariation

# Relative spread of a predictor, and relative size of residuals, below which only rounding is left.
_FLAT = 1e-9
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Line:
    """y = intercept + slope * x by weighted least squares, variances for a dispersion of 1.

    `rss` is the weighted residual sum of squares, exactly 0 where what is left of y is its rounding, and so
    is the slope where all y are the same.
    """

    intercept: float
    slope: float
    intercept_var: float
    slope_var: float
    rss: float


def weighted_line(yi: Vector, x: Vector, weights: Vector) -> Line:
    """Fit a line; the predictor is centred first, so that its scale and offset cost no digits.

    Parameters
    ----------
    yi, x, weights : ndarray of shape (k,), k >= 2

    Returns
    -------
    Line

    Raises
    ------
    NoVariation
        The predictor is the same in every study.
    """
    total = float(weights.sum())
    centre = float(weights @ x) / total
    level = float(weights @ yi) / total
    away = x - centre
    weighted = weights * away
    sxx = float(weighted @ away)
    if float(away @ away) <= _FLAT**2 * float(x @ x) or sxx <= 0:
        raise NoVariation("The predictor is the same in every study; there is no slope to estimate.")
    off = yi - level
    slope = float(weighted @ off) / sxx
    residuals = off - slope * away
    rss = float(weights @ (residuals * residuals))
    rounding = _ROUNDING**2 * float(weights @ (yi * yi))
    if rss <= rounding:
        rss = 0.0
        slope = 0.0 if slope**2 * sxx <= rounding else slope
    return Line(
        intercept=level - slope * centre,
        slope=slope,
        intercept_var=1 / total + centre**2 / sxx,
        slope_var=1 / sxx,
        rss=rss,
    )
