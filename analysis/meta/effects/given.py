"""Effects that a report gives by itself: with a variance, a standard error, or an interval."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.checks import Vector, checked_level, checked_option
from analysis.meta.distributions import critical
from analysis.meta.effects.reading import same_length
from analysis.meta.effects.types import Effects
from analysis.meta.errors import ImpossibleData, MissingArgument, NotFinite, ShapeMismatch
from analysis.meta.measures import EFFECT_MEASURES, EffectMeasure

GivenAs = Literal["analysis", "ratio"]


def given_effects(
    yi: ArrayLike | None = None,
    *,
    vi: ArrayLike | None = None,
    sei: ArrayLike | None = None,
    ci_low: ArrayLike | None = None,
    ci_high: ArrayLike | None = None,
    ni: ArrayLike | None = None,
    level: float = 0.95,
    given_as: GivenAs = "analysis",
    measure: EffectMeasure = "GEN",
) -> Effects:
    """Effects as reported, brought to yi and vi.

    Parameters
    ----------
    yi : array_like of shape (k,), optional
        Effects; where missing (NaN, or not given at all) the middle of the interval on the analysis scale.
    vi, sei : array_like of shape (k,), optional
        Sampling variances or standard errors, on the analysis scale. `vi` wins, then `sei`, then the
        interval, study by study.
    ci_low, ci_high : array_like of shape (k,), optional
        Limits of Wald intervals, on the scale of `yi`.
    ni : array_like of shape (k,), optional
        Participants.
    level : float
        Of the intervals.
    given_as : {"analysis", "ratio"}
        "ratio": `yi` and the limits are ratios above 0, such as hazard ratios; their logarithms are taken.
    measure : str
        What the effects are, a key of `EFFECT_MEASURES`.

    Returns
    -------
    Effects
        NaN in both where a study gives neither a variance, nor a standard error, nor an interval.

    Raises
    ------
    UnknownOption, MissingArgument, ShapeMismatch, NotFinite, ImpossibleData

    Examples
    --------
    A hazard ratio of 0.60 with the 95 % interval 0.45 to 0.80:

    >>> found = given_effects([0.6], ci_low=[0.45], ci_high=[0.8], given_as="ratio", measure="HR")
    >>> found.yi.round(4).tolist(), found.sei.round(4).tolist()
    ([-0.5108], [0.1468])
    """
    checked_level(level)
    checked_option("measure", measure, tuple(EFFECT_MEASURES))
    checked_option("given_as", given_as, ("analysis", "ratio"))
    columns = {"yi": yi, "vi": vi, "sei": sei, "ci_low": ci_low, "ci_high": ci_high, "ni": ni}
    present = {name: _column(name, column) for name, column in columns.items() if column is not None}
    if "yi" not in present and not {"ci_low", "ci_high"} <= set(present):
        raise MissingArgument("Give yi, or ci_low and ci_high; from neither an effect can be read.")
    same_length(*present.values())
    k = next(iter(present.values())).size
    nothing = np.full(k, np.nan)
    read = {name: present.get(name, nothing) for name in columns}
    if given_as == "ratio":
        for name in ("yi", "ci_low", "ci_high"):
            read[name] = _logarithm(name, read[name])
    effect, variance = _resolved(read, level)
    lost = ~(np.isfinite(effect) & np.isfinite(variance))
    effect, variance = np.where(lost, np.nan, effect), np.where(lost, np.nan, variance)
    none = np.zeros(k, dtype=np.bool_)
    return Effects(effect, variance, read["ni"], none, none, measure=measure)


def _resolved(read: dict[str, Vector], level: float) -> tuple[Vector, Vector]:
    low, high = read["ci_low"], read["ci_high"]
    bad = np.flatnonzero(low >= high)
    if bad.size:
        raise ImpossibleData(
            f"Study {bad[0]}: the interval runs from {low[bad[0]]:g} to {high[bad[0]]:g} "
            "on the analysis scale; the lower limit must be below the upper."
        )
    for name in ("vi", "sei", "ni"):
        bad = np.flatnonzero(read[name] <= 0)
        if bad.size:
            raise ImpossibleData(f"{name}[{bad[0]}] is {read[name][bad[0]]:g}; it must be above 0.")
    bad = np.flatnonzero((read["yi"] < low) | (read["yi"] > high))
    if bad.size:
        raise ImpossibleData(
            f"Study {bad[0]}: the effect {read['yi'][bad[0]]:g} lies outside its interval, "
            f"{low[bad[0]]:g} to {high[bad[0]]:g} on the analysis scale; check the numbers and their scale."
        )
    with np.errstate(over="ignore", under="ignore"):
        by_interval = ((high - low) / (2 * critical(level=level, df=None))) ** 2
        variance = np.where(np.isnan(read["sei"]), by_interval, read["sei"] ** 2)
    variance = np.where(np.isnan(read["vi"]), variance, read["vi"])
    bad = np.flatnonzero((variance == 0) | np.isinf(variance))
    if bad.size:
        raise ImpossibleData(
            f"Study {bad[0]}: its variance is {variance[bad[0]]:g}; the standard error or interval is out of "
            "all proportion, check it."
        )
    return np.where(np.isnan(read["yi"]), (low + high) / 2, read["yi"]), variance


def _column(name: str, values: ArrayLike) -> Vector:
    vector = np.asarray(values, dtype=np.float64)
    if vector.ndim != 1:
        raise ShapeMismatch(f"{name} has shape {vector.shape}; pass one value for each study.")
    if np.isinf(vector).any():
        raise NotFinite(f"{name} holds an infinite value; leave it missing (NaN).")
    return vector


def _logarithm(name: str, values: Vector) -> Vector:
    bad = np.flatnonzero(values <= 0)
    if bad.size:
        raise ImpossibleData(
            f"{name}[{bad[0]}] is {values[bad[0]]:g}, but a ratio is above 0; "
            "give logarithms with given_as='analysis'."
        )
    return np.log(values)
