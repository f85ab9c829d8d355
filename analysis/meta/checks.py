"""The public edge of the engine: vectors are checked here once, and trusted afterwards."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.meta.errors import NotFinite, NotPositive, ShapeMismatch, TooFewStudies, UnknownOption

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


def checked_effects(yi: ArrayLike, vi: ArrayLike, *, at_least: int = 1) -> tuple[Vector, Vector]:
    """Return effects and variances as float vectors.

    Parameters
    ----------
    yi : array_like of shape (k,)
        Effects on the analysis scale.
    vi : array_like of shape (k,)
        Their sampling variances.
    at_least : int
        The fewest studies with which the caller can do anything.

    Returns
    -------
    tuple of ndarray of shape (k,)

    Raises
    ------
    ShapeMismatch, NotFinite, NotPositive, TooFewStudies
    """
    effects = np.asarray(yi, dtype=np.float64)
    variances = np.asarray(vi, dtype=np.float64)
    if effects.ndim != 1 or effects.shape != variances.shape:
        raise ShapeMismatch(
            f"yi has shape {effects.shape} and vi {variances.shape}; pass two vectors of one length."
        )
    for name, vector in (("yi", effects), ("vi", variances)):
        bad = np.flatnonzero(~np.isfinite(vector))
        if bad.size:
            raise NotFinite(
                f"{name}[{bad[0]}] is {vector[bad[0]]}; leave out studies whose effect cannot be computed."
            )
    bad = np.flatnonzero(variances <= 0)
    if bad.size:
        raise NotPositive(
            f"vi[{bad[0]}] is {variances[bad[0]]}; a variance must be above 0 "
            "(add to empty cells, or leave the study out)."
        )
    if effects.size < at_least:
        raise TooFewStudies(f"{effects.size} studies given, at least {at_least} needed.")
    return effects, variances


def checked_option(name: str, value: str, allowed: Sequence[str]) -> None:
    """Refuse a value outside a closed set, and name the set."""
    if value not in allowed:
        raise UnknownOption(f"{name} is {value!r}; choose one of {', '.join(allowed)}.")


def checked_level(level: float) -> None:
    """Refuse a confidence level outside (0, 1), such as 95."""
    if not 0 < level < 1:
        raise UnknownOption(f"level is {level!r}; give a proportion between 0 and 1, such as 0.95.")


def checked_seed(seed: int) -> None:
    """Refuse a seed that would not give the same numbers again, or none at all."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise UnknownOption(f"seed is {seed!r}; give a whole number of at least 0.")
