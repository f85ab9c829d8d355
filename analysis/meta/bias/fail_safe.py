"""Fail-safe N: how many unpublished studies without an effect would overturn a pooled one."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from analysis.meta.checks import checked_effects
from analysis.meta.distributions import two_sided_p
from analysis.meta.errors import NotFinite, UnknownOption

FailSafeMethod = Literal["rosenthal", "orwin", "rosenberg"]

# A number of studies this close to a whole one is that one.
_WHOLE = 2.0**-26


@dataclass(frozen=True, slots=True)
class FailSafe:
    """A fail-safe number of studies.

    Attributes
    ----------
    method : {"rosenthal", "orwin", "rosenberg"}
    k : int
    number : float
        A whole number, rounded up; infinite where no number of null studies can do it.
    alpha : float or None
        Significance level to be lost; None for Orwin's.
    p_value : float or None
        Of the observed studies: one-sided for Rosenthal's, two-sided for Rosenberg's, None for Orwin's.
    mean : float or None
        Of the observed effects, weighted for Rosenberg's and where Orwin's was given variances.
    target : float or None
        To which Orwin's number brings the mean.
    """

    method: FailSafeMethod
    k: int
    number: float
    alpha: float | None
    p_value: float | None
    mean: float | None
    target: float | None

    @property
    def tolerance(self) -> int:
        """Rosenthal's 5 k + 10, above which he held a result to be robust."""
        return 5 * self.k + 10

    @property
    def meaning(self) -> str:
        """What the number says, in one sentence."""
        studies = "no number of" if math.isinf(self.number) else f"{self.number:.0f}"
        if self.method == "orwin":
            return f"Adding {studies} studies with a mean effect of 0 brings the mean to {self.target:.4g}."
        kind = "a mean z of 0" if self.method == "rosenthal" else "an effect of 0 and average weight"
        sides = "one" if self.method == "rosenthal" else "two"
        return f"Adding {studies} studies with {kind} raises the {sides}-sided p-value to {self.alpha:g}."


def fail_safe_rosenthal(yi: ArrayLike, vi: ArrayLike, *, alpha: float = 0.05) -> FailSafe:
    """Rosenthal's file-drawer number: null studies that make the combined z lose significance.

    Parameters
    ----------
    yi, vi : array_like of shape (k,), k >= 1
        Effects on the analysis scale and their sampling variances.
    alpha : float
        One-sided, below 0.5.

    Returns
    -------
    FailSafe

    Raises
    ------
    ShapeMismatch, NotFinite, NotPositive, TooFewStudies, UnknownOption

    Notes
    -----
    Stouffer's z = sum z_i / sqrt(k) falls to the critical value after k (z / z_alpha)^2 - k studies with a
    mean z of 0. It ignores the size of effects and their heterogeneity; an analysis for the record rather
    than for a decision.

    References
    ----------
    Rosenthal (1979), doi:10.1037/0033-2909.86.3.638.

    Examples
    --------
    >>> fail_safe_rosenthal([0.3, 0.5, 0.4], [0.01, 0.02, 0.04]).number
    24.0
    """
    effects, variances = checked_effects(yi, vi)
    critical = _critical(alpha, sides=1)
    k = effects.size
    z = abs(float(np.sum(effects / np.sqrt(variances)))) / math.sqrt(k)
    number = _whole(k * (z / critical) ** 2 - k)
    return FailSafe("rosenthal", k, number, alpha=alpha, p_value=float(ndtr(-z)), mean=None, target=None)


def fail_safe_orwin(yi: ArrayLike, vi: ArrayLike | None = None, *, target: float | None = None) -> FailSafe:
    """Orwin's number: null studies that bring the mean effect down to a target.

    Parameters
    ----------
    yi : array_like of shape (k,), k >= 1
    vi : array_like of shape (k,), optional
        Sampling variances, for a mean weighted by 1 / vi; without them all effects weigh the same.
    target : float, optional
        Half of the mean by default. Its sign is taken to be that of the mean.

    Returns
    -------
    FailSafe

    Raises
    ------
    ShapeMismatch, NotFinite, NotPositive, TooFewStudies

    References
    ----------
    Orwin (1983), doi:10.3102/10769986008002157.

    Examples
    --------
    >>> fail_safe_orwin([0.3, 0.5, 0.4], target=0.1).number
    9.0
    """
    effects, variances = checked_effects(yi, np.ones(np.shape(yi)) if vi is None else vi)
    weights = 1 / variances
    mean = float(weights @ effects) / float(weights.sum())
    goal = mean / 2 if target is None else float(target)
    if not math.isfinite(goal):
        raise NotFinite(f"target is {target}; give the effect that would be too small to matter.")
    goal = math.copysign(goal, mean) if mean else goal
    k = effects.size
    number = math.inf if goal == 0 else _whole(k * (mean - goal) / goal)
    return FailSafe("orwin", k, number, alpha=None, p_value=None, mean=mean, target=goal)


def fail_safe_rosenberg(yi: ArrayLike, vi: ArrayLike, *, alpha: float = 0.05) -> FailSafe:
    """Rosenberg's number: null studies of average weight that make the weighted mean lose significance.

    Parameters
    ----------
    yi, vi : array_like of shape (k,), k >= 1
        Effects on the analysis scale and their sampling variances.
    alpha : float
        Two-sided.

    Returns
    -------
    FailSafe

    Raises
    ------
    ShapeMismatch, NotFinite, NotPositive, TooFewStudies, UnknownOption

    Notes
    -----
    Under equal effects. The weight to be added is (sum w y / z_alpha)^2 - sum w, in units of the mean weight.

    References
    ----------
    Rosenberg (2005), doi:10.1111/j.0014-3820.2005.tb01004.x, equation 5.

    Examples
    --------
    >>> fail_safe_rosenberg([0.3, 0.5, 0.4], [0.01, 0.02, 0.04]).number
    16.0
    """
    effects, variances = checked_effects(yi, vi)
    critical = _critical(alpha, sides=2)
    weights = 1 / variances
    total, weighted, k = float(weights.sum()), float(weights @ effects), effects.size
    number = _whole(k * ((weighted / critical) ** 2 - total) / total)
    return FailSafe(
        "rosenberg",
        k,
        number,
        alpha=alpha,
        p_value=two_sided_p(weighted / math.sqrt(total), df=None),
        mean=weighted / total,
        target=None,
    )


def _critical(alpha: float, *, sides: int) -> float:
    if not 0 < alpha < sides / 2:
        raise UnknownOption(f"alpha is {alpha!r}; give a proportion above 0 and below {sides / 2:g}.")
    return float(-ndtri(alpha / sides))


def _whole(number: float) -> float:
    """The next whole number of studies, at least 0."""
    if math.isinf(number):
        return math.inf
    nearest = float(round(max(0.0, number)))
    return nearest if abs(number - nearest) < _WHOLE else float(max(0, math.ceil(number)))
