"""The 2 x 2 tables that tests for binary outcomes read, checked once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.checks import Vector
from analysis.meta.effects import Flags
from analysis.meta.errors import ImpossibleData, NotFinite, ShapeMismatch


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Events and totals of two arms, each of shape (k,)."""

    events1: Vector
    totals1: Vector
    events2: Vector
    totals2: Vector

    @property
    def total(self) -> Vector:
        """Participants of each study."""
        return self.totals1 + self.totals2

    @property
    def events(self) -> Vector:
        """Events of each study."""
        return self.events1 + self.events2

    @property
    def informative(self) -> Flags:
        """Where there are both events and non-events: the others say nothing about a ratio."""
        return np.asarray((self.events > 0) & (self.events < self.total), dtype=np.bool_)

    def rows(self, keep: Flags) -> "Tables":
        """The tables of some studies."""
        return Tables(self.events1[keep], self.totals1[keep], self.events2[keep], self.totals2[keep])


def checked_tables(events1: ArrayLike, totals1: ArrayLike, events2: ArrayLike, totals2: ArrayLike) -> Tables:
    """Two arms of counts.

    Raises
    ------
    ShapeMismatch, NotFinite, ImpossibleData
    """
    return Tables(
        *checked_counts(events1, totals1, names=("events1", "totals1")),
        *checked_counts(events2, totals2, names=("events2", "totals2"), k=np.size(events1)),
    )


def checked_counts(
    events: ArrayLike, totals: ArrayLike, *, names: tuple[str, str], k: int | None = None
) -> tuple[Vector, Vector]:
    """Events between 0 and a total above 0.

    Raises
    ------
    ShapeMismatch, NotFinite, ImpossibleData
    """
    x = np.asarray(events, dtype=np.float64)
    n = np.asarray(totals, dtype=np.float64)
    if x.ndim != 1 or x.shape != n.shape or (k is not None and x.size != k):
        raise ShapeMismatch(
            f"{names[0]} has shape {x.shape} and {names[1]} {n.shape}; pass vectors with one value a study."
        )
    if not (np.isfinite(x).all() and np.isfinite(n).all()):
        raise NotFinite(f"{names[0]} and {names[1]} hold a value that is not finite; leave that study out.")
    bad = np.flatnonzero((n <= 0) | (x < 0) | (x > n))
    if bad.size:
        row = bad[0]
        raise ImpossibleData(
            f"{names[0]}[{row}] is {x[row]:g} of {n[row]:g}; events lie between 0 and the total, "
            "and the total is above 0."
        )
    return x, n


def checked_sizes(name: str, totals: ArrayLike, *, k: int) -> Vector:
    """Numbers of participants above 0.

    Raises
    ------
    ShapeMismatch, NotFinite, ImpossibleData
    """
    n = np.asarray(totals, dtype=np.float64)
    if n.shape != (k,):
        raise ShapeMismatch(f"{name} has shape {n.shape}; yi has {k} effects, give one number for each.")
    if not np.isfinite(n).all():
        raise NotFinite(f"{name} holds a value that is not finite; leave that study out.")
    if np.any(n <= 0):
        raise ImpossibleData(f"{name} holds {n.min():g}; a study has participants.")
    return n
