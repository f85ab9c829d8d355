"""How much the studies differ: Cochran's Q, I2 and H2."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.checks import Vector, checked_effects
from analysis.meta.distributions import chi2_upper_p
from analysis.meta.errors import NotPositive
from analysis.meta.linear import Fit, fit, intercept


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """Heterogeneity of one set of studies.

    Attributes
    ----------
    q, q_df, q_p
        Cochran's Q about the equal-effects mean, with its chi-square test.
    i2, h2 : float
        I2 in percent and H2, from tau2 under random effects, from Q under equal effects.
    i2_q, h2_q : float
        The same from Q, whatever the model.
    """

    q: float
    q_df: int
    q_p: float
    i2: float
    h2: float
    i2_q: float
    h2_q: float


def heterogeneity(
    yi: ArrayLike, vi: ArrayLike, *, tau2: float | None, design: Vector | None = None
) -> Heterogeneity:
    """Describe heterogeneity around the model's fit.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
    tau2 : float or None
        None for the equal-effects model.
    design : ndarray of shape (k, p), optional

    Returns
    -------
    Heterogeneity

    Raises
    ------
    ShapeMismatch, NotFinite, NotPositive, TooFewStudies

    Notes
    -----
    I2 = tau2 / (tau2 + v) with the typical within-study variance v = (k - p) / tr(P), which for one mean is
    the one of Higgins and Thompson. I2 from Q is max(0, (Q - df) / Q); with DerSimonian-Laird both agree.

    References
    ----------
    Higgins and Thompson (2002), doi:10.1002/sim.1186, equation 9.

    Examples
    --------
    >>> found = heterogeneity([0.1, 0.2, 0.9], [0.04, 0.04, 0.04], tau2=0.15)
    >>> round(found.q, 3), round(found.i2, 1), round(found.i2_q, 1)
    (9.5, 78.9, 78.9)
    """
    yi, vi = _checked(yi, vi, tau2)
    model = fit(yi, 1 / vi, intercept(yi.size) if design is None else design)
    df = yi.size - model.beta.size
    # A saturated model leaves rounding, not residuals.
    q = max(model.rss, 0.0) if df > 0 else 0.0
    i2_q = 100 * max(0.0, (q - df) / q) if q > 0 else 0.0
    h2_q = q / df if df > 0 else 1.0
    i2, h2 = (i2_q, h2_q) if tau2 is None else _from_tau2(tau2, model, df)
    return Heterogeneity(q=q, q_df=df, q_p=chi2_upper_p(q, df), i2=i2, h2=h2, i2_q=i2_q, h2_q=h2_q)


def _from_tau2(tau2: float, model: Fit, df: int) -> tuple[float, float]:
    if df == 0:
        return 0.0, 1.0
    within = df / model.trace_p
    return 100 * tau2 / (tau2 + within), tau2 / within + 1


def _checked(yi: ArrayLike, vi: ArrayLike, tau2: float | None) -> tuple[Vector, Vector]:
    if tau2 is not None and not 0 <= tau2 < np.inf:
        raise NotPositive(f"tau2 is {tau2}; a between-study variance is finite and not below 0.")
    return checked_effects(yi, vi, at_least=1)
