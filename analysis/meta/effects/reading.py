"""Arm data are checked here once, at the public edge, and trusted afterwards."""

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.checks import Flags, Vector
from analysis.meta.errors import IllScaled, ImpossibleData, NotFinite, ShapeMismatch

# Fourth powers of a standard deviation, and squares of means in such units, stay below the largest number.
_LARGEST_MOMENT = 1e60


def finite(values: ArrayLike) -> Vector:
    """One finite number for each study."""
    vector = np.asarray(values, dtype=np.float64)
    if vector.ndim != 1:
        raise ShapeMismatch(f"Arm data have shape {vector.shape}; pass one value for each study.")
    if not np.isfinite(vector).all():
        raise NotFinite("Arm data hold a value that is missing or infinite; leave that study out.")
    return vector


def same_length(*vectors: Vector) -> None:
    """Refuse columns of different numbers of studies."""
    sizes = {vector.size for vector in vectors}
    if len(sizes) > 1:
        counts = " and of ".join(str(size) for size in sorted(sizes))
        raise ShapeMismatch(f"Arm data of {counts} studies were given together.")


def counts(events: ArrayLike, totals: ArrayLike) -> tuple[Vector, Vector]:
    """Events and participants."""
    x, n = finite(events), finite(totals)
    same_length(x, n)
    bad = _first((n < 1) | (x < 0) | (x > n))
    if bad is not None:
        raise ImpossibleData(
            f"Study {bad}: {x[bad]:g} events of {n[bad]:g}; "
            "events lie between 0 and the total, which is at least 1."
        )
    return x, n


def moments(mean: ArrayLike, sd: ArrayLike, n: ArrayLike) -> tuple[Vector, Vector, Vector]:
    """Mean, standard deviation and participants.

    Raises
    ------
    ShapeMismatch, NotFinite, ImpossibleData, IllScaled
    """
    m, s, k = finite(mean), finite(sd), finite(n)
    same_length(m, s, k)
    bad = _first((s <= 0) | (k < 1))
    if bad is not None:
        raise ImpossibleData(
            f"Study {bad}: SD {s[bad]:g} with n {k[bad]:g}; the SD is above 0 and n at least 1."
        )
    bad = _first((np.abs(m) > _LARGEST_MOMENT) | (s > _LARGEST_MOMENT) | (s < 1 / _LARGEST_MOMENT))
    if bad is not None:
        raise IllScaled(
            f"Study {bad}: mean {m[bad]:g}, SD {s[bad]:g}; such numbers have no squares in double precision, "
            "so give them in a larger or smaller unit."
        )
    return m, s, k


def rates(events: ArrayLike, times: ArrayLike) -> tuple[Vector, Vector]:
    """Events and person-time."""
    x, t = finite(events), finite(times)
    same_length(x, t)
    bad = _first((x < 0) | (t <= 0))
    if bad is not None:
        raise ImpossibleData(
            f"Study {bad}: {x[bad]:g} events in a person-time of {t[bad]:g}; "
            "events are at least 0 and the person-time is above 0."
        )
    return x, t


def correlations(ri: ArrayLike, ni: ArrayLike) -> tuple[Vector, Vector]:
    """Correlations and participants."""
    r, n = finite(ri), finite(ni)
    same_length(r, n)
    bad = _first((np.abs(r) > 1) | (n < 1))
    if bad is not None:
        raise ImpossibleData(
            f"Study {bad}: correlation {r[bad]:g} with n {n[bad]:g}; "
            "it lies between -1 and 1, n is at least 1."
        )
    return r, n


def _first(bad: Flags) -> int | None:
    return int(np.argmax(bad)) if bad.any() else None
