"""A pooled value on the display scale, with everything that makes its back-transformation doubtful."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.backtransform import Shown, barendregt_doi_size, harmonic_mean, shown, shown_many
from analysis.meta.checks import Vector, checked_option
from analysis.meta.errors import MissingArgument, NotFinite, ShapeMismatch
from analysis.meta.measures import EFFECT_MEASURES, EffectMeasure

SizeRule = Literal["harmonic", "barendregt_doi"]
_SIZED = ("arcsine", "rate_arcsine")
# Rounding alone may leave a common value of all studies this far beside them, relative to their size.
_ROOM = 1e-9


@dataclass(frozen=True, slots=True)
class DisplayedPool:
    """A pooled estimate and its interval as people read them.

    Attributes
    ----------
    estimate, low, high : float
        On the display scale of the measure.
    size : float or None
        Sample size (person-time for rates) put into the inverse of a double arcsine.
    clipped : bool
        One of the three lay outside what the display scale can hold and was set to its end.
    outside_studies : bool
        The estimate lies outside the range of the studies' own display values, which no average can.
    outside_interval : bool
        The estimate lies outside its own interval.
    warnings : tuple of str
        The same in words, and what to do.
    """

    estimate: float
    low: float
    high: float
    size: float | None
    clipped: bool
    outside_studies: bool
    outside_interval: bool
    warnings: tuple[str, ...]

    @property
    def reliable(self) -> bool:
        """Nothing speaks against the back-transformation."""
        return not (self.clipped or self.outside_studies or self.outside_interval)


def displayed_pool(
    measure: EffectMeasure,
    *,
    estimate: float,
    low: float,
    high: float,
    yi: ArrayLike | None = None,
    ni: ArrayLike | None = None,
    se: float | None = None,
    size: SizeRule | float = "harmonic",
) -> DisplayedPool:
    """Bring a pooled estimate and its interval to the display scale, and say what is wrong with it.

    Parameters
    ----------
    measure : str
        A key of `EFFECT_MEASURES`.
    estimate, low, high : float
        On the analysis scale.
    yi, ni : array_like of shape (k,), optional
        Effects of the pooled studies, to compare with, and their sample sizes (person-times for IRFT).
    se : float, optional
        Standard error of the estimate, for `size` "barendregt_doi".
    size : {"harmonic", "barendregt_doi"} or float
        For PFT and IRFT: harmonic mean of `ni`, 1 / (4 se^2), or a number.

    Returns
    -------
    DisplayedPool

    Raises
    ------
    UnknownOption, MissingArgument, NotFinite, NotPositive, ShapeMismatch

    Notes
    -----
    Every other scale is one increasing function, so the pooled value stays among the studies. The inverse of
    the Freeman-Tukey double arcsine depends on a sample size, and no size fits all studies: with very
    different sizes the pooled proportion can fall outside the range of the studies', become exactly 0 or 1,
    or leave its own interval. These failures are known, cannot be repaired by another size in general, and
    are reported here; a generalised linear mixed model or the logit has none of them.

    References
    ----------
    Schwarzer, Chemaitelly, Abu-Raddad and Rücker (2019), doi:10.1002/jrsm.1348.
    Miller (1978), doi:10.1080/00031305.1978.10479283. Barendregt and others (2013),
    doi:10.1136/jech-2013-203104.

    Examples
    --------
    >>> displayed_pool("OR", estimate=0.0, low=-0.5, high=0.5).estimate
    1.0
    """
    checked_option("measure", measure, tuple(EFFECT_MEASURES))
    if not np.isfinite([estimate, low, high]).all():
        raise NotFinite(f"estimate is {estimate}, with the interval {low} to {high}; all must be finite.")
    spec = EFFECT_MEASURES[measure]
    number = _size(ni, se, size) if spec.scale in _SIZED else None
    bounded = (spec.lowest, spec.highest) == (0.0, 1.0)
    parts = [shown(value, scale=spec.scale, n=number, bounded=bounded) for value in (estimate, low, high)]
    outside = yi is not None and _outside(parts[0], measure, yi, ni)
    values = [part.value for part in parts]
    flags = (any(part.clipped for part in parts), outside, not values[1] <= values[0] <= values[2])
    return DisplayedPool(values[0], values[1], values[2], number, *flags, _words(measure, *flags))


def displayed_studies(measure: EffectMeasure, yi: ArrayLike, *, ni: ArrayLike | None = None) -> Vector:
    """Effects of single studies on the display scale.

    Parameters
    ----------
    measure : str
        A key of `EFFECT_MEASURES`.
    yi : array_like of shape (k,)
    ni : array_like of shape (k,), optional
        For PFT sample sizes, for IRFT person-times.

    Returns
    -------
    ndarray of shape (k,)
        NaN where `yi` is.

    Raises
    ------
    UnknownOption, MissingArgument, NotPositive, ShapeMismatch

    Examples
    --------
    >>> displayed_studies("PLO", [0.0, 1.0]).round(4).tolist()
    [0.5, 0.7311]
    """
    checked_option("measure", measure, tuple(EFFECT_MEASURES))
    scale = EFFECT_MEASURES[measure].scale
    effects = np.asarray(yi, dtype=np.float64)
    if effects.ndim != 1:
        raise ShapeMismatch(f"yi has shape {effects.shape}; pass one value for each study.")
    sizes = _sizes(ni, effects.size) if scale in _SIZED else None
    return shown_many(effects, scale=scale, n=sizes)


def _outside(estimate: Shown, measure: EffectMeasure, yi: ArrayLike, ni: ArrayLike | None) -> bool:
    studies = displayed_studies(measure, yi, ni=ni)
    studies = studies[np.isfinite(studies)]
    if studies.size == 0:
        return False
    room = _ROOM * max(1.0, float(np.abs(studies).max()))
    return not studies.min() - room <= estimate.value <= studies.max() + room


def _size(ni: ArrayLike | None, se: float | None, size: SizeRule | float) -> float:
    if isinstance(size, str):
        checked_option("size", size, ("harmonic", "barendregt_doi"))
        if size == "harmonic":
            if ni is None:
                raise MissingArgument("ni is not given; the double arcsine needs sample sizes to be undone.")
            return harmonic_mean(ni)
        if se is None:
            raise MissingArgument("se is not given; size 'barendregt_doi' is 1 / (4 se^2).")
        return barendregt_doi_size(se)
    return float(size)


def _sizes(ni: ArrayLike | None, k: int) -> Vector:
    if ni is None:
        raise MissingArgument("ni is not given; the double arcsine needs sample sizes to be undone.")
    sizes = np.asarray(ni, dtype=np.float64)
    if sizes.shape != (k,):
        raise ShapeMismatch(f"ni has shape {sizes.shape}, but there are {k} effects; pass one size for each.")
    return sizes


def _words(measure: EffectMeasure, clipped: bool, studies: bool, interval: bool) -> tuple[str, ...]:
    found = []
    advice = (
        "; the inverse of the double arcsine is known to fail like this, use PLO or a mixed model"
        if measure in ("PFT", "IRFT")
        else ""
    )
    if clipped:
        found.append(f"A value lay outside what {measure} can display and was set to the end{advice}.")
    if studies:
        found.append(f"The displayed estimate lies outside the range of the studies{advice}.")
    if interval:
        found.append(f"The displayed estimate lies outside its own interval{advice}.")
    return tuple(found)
