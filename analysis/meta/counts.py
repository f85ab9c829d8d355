"""Counts of two-arm studies as they enter pooling: 2 x 2 tables, and events over person-time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.checks import Flags, Vector, checked_option
from analysis.meta.effects import ZERO_CELL_RULES, ZeroCellRule
from analysis.meta.errors import ImpossibleData, NotFinite, ShapeMismatch, UnknownOption


@dataclass(frozen=True, slots=True, eq=False)
class Correction:
    """What is added to empty cells before they are used.

    Attributes
    ----------
    add : float
    to : {"only0", "all", "if0all", "none"}
    drop00 : bool
        Leave out studies that have no events, or nothing but events, in both arms.
    """

    add: float
    to: ZeroCellRule
    drop00: bool

    def where(self, empty: Flags) -> Flags:
        """Which studies are corrected, given which have an empty cell."""
        if self.to == "none" or self.add == 0:
            return np.zeros_like(empty)
        if self.to == "all" or (self.to == "if0all" and bool(np.any(empty))):
            return np.ones_like(empty)
        return empty if self.to == "only0" else np.zeros_like(empty)


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Events a and non-events b of the first arm, c and d of the second; each of shape (k,)."""

    a: Vector
    b: Vector
    c: Vector
    d: Vector

    @property
    def n1(self) -> Vector:
        """Participants of the first arm."""
        return self.a + self.b

    @property
    def n2(self) -> Vector:
        """Participants of the second arm."""
        return self.c + self.d

    @property
    def uninformative(self) -> Flags:
        """Where both arms have no events, or nothing but events."""
        found: Flags = ((self.a == 0) & (self.c == 0)) | ((self.b == 0) & (self.d == 0))
        return found

    def corrected(self, rule: Correction) -> tuple["Tables", Flags]:
        """The tables after the rule, and which of the original studies are left."""
        cells = (self.a, self.b, self.c, self.d)
        keep = ~self.uninformative if rule.drop00 else np.ones(self.a.size, dtype=np.bool_)
        empty = ((self.a == 0) | (self.b == 0) | (self.c == 0) | (self.d == 0)) & keep
        more = rule.add * rule.where(empty)
        return Tables(*((cell + more)[keep] for cell in cells)), keep


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """Events x1, x2 over person-time t1, t2 of two arms; each of shape (k,)."""

    x1: Vector
    t1: Vector
    x2: Vector
    t2: Vector

    @property
    def uninformative(self) -> Flags:
        """Where neither arm has events."""
        found: Flags = (self.x1 == 0) & (self.x2 == 0)
        return found

    def corrected(self, rule: Correction) -> tuple["Rates", Flags]:
        """The counts after the rule, times unchanged, and which of the original studies are left."""
        keep = ~self.uninformative if rule.drop00 else np.ones(self.x1.size, dtype=np.bool_)
        more = rule.add * rule.where(((self.x1 == 0) | (self.x2 == 0)) & keep)
        return Rates((self.x1 + more)[keep], self.t1[keep], (self.x2 + more)[keep], self.t2[keep]), keep


def checked_correction(add: float, to: ZeroCellRule, drop00: bool, *, suffix: str = "") -> Correction:
    """A correction whose rule is known and whose amount is not negative.

    Raises
    ------
    UnknownOption
    """
    checked_option(f"to{suffix}", to, ZERO_CELL_RULES)
    if not 0 <= add < np.inf:
        raise UnknownOption(f"add{suffix} is {add!r}; give a number from 0 on, such as 0.5.")
    return Correction(add, to, drop00)


def checked_tables(ai: ArrayLike, n1i: ArrayLike, ci: ArrayLike, n2i: ArrayLike) -> Tables:
    """2 x 2 tables from events and totals of two arms.

    Parameters
    ----------
    ai, n1i, ci, n2i : array_like of shape (k,)
        Events and participants, experimental arm first.

    Returns
    -------
    Tables

    Raises
    ------
    ShapeMismatch, NotFinite, ImpossibleData
    """
    a, n1, c, n2 = _vectors({"ai": ai, "n1i": n1i, "ci": ci, "n2i": n2i})
    for events, total, names in ((a, n1, ("ai", "n1i")), (c, n2, ("ci", "n2i"))):
        _refuse_events(events, total, names)
    return Tables(a, n1 - a, c, n2 - c)


def checked_events(xi: ArrayLike, ni: ArrayLike) -> tuple[Vector, Vector]:
    """Events and totals of single-arm studies, as `checked_tables`."""
    x, n = _vectors({"xi": xi, "ni": ni})
    _refuse_events(x, n, ("xi", "ni"))
    return x, n


def checked_rates(x1i: ArrayLike, t1i: ArrayLike, x2i: ArrayLike, t2i: ArrayLike) -> Rates:
    """Events and person-time of two arms.

    Parameters
    ----------
    x1i, t1i, x2i, t2i : array_like of shape (k,)
        Events, and person-time in any one unit, experimental arm first.

    Returns
    -------
    Rates

    Raises
    ------
    ShapeMismatch, NotFinite, ImpossibleData
    """
    x1, t1, x2, t2 = _vectors({"x1i": x1i, "t1i": t1i, "x2i": x2i, "t2i": t2i})
    _refuse_time(x1, t1, ("x1i", "t1i"))
    _refuse_time(x2, t2, ("x2i", "t2i"))
    return Rates(x1, t1, x2, t2)


def checked_incidence(xi: ArrayLike, ti: ArrayLike) -> tuple[Vector, Vector]:
    """Events and person-time of single-arm studies, as `checked_rates`."""
    x, t = _vectors({"xi": xi, "ti": ti})
    _refuse_time(x, t, ("xi", "ti"))
    return x, t


def _vectors(named: dict[str, ArrayLike]) -> list[Vector]:
    vectors = {name: np.asarray(values, dtype=np.float64) for name, values in named.items()}
    first = next(iter(vectors.values()))
    for name, vector in vectors.items():
        if vector.ndim != 1 or vector.shape != first.shape:
            shapes = ", ".join(f"{each} {value.shape}" for each, value in vectors.items())
            raise ShapeMismatch(f"Shapes differ: {shapes}; pass vectors of one length, a value per study.")
        if not np.isfinite(vector).all():
            row = int(np.flatnonzero(~np.isfinite(vector))[0])
            raise NotFinite(f"{name}[{row}] is {vector[row]}; leave out studies whose counts are not known.")
    return list(vectors.values())


def _refuse_events(events: Vector, total: Vector, names: tuple[str, str]) -> None:
    wrong = (total < 1) | (events < 0) | (events > total)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ImpossibleData(
            f"{names[0]}[{row}] is {events[row]:g} and {names[1]}[{row}] {total[row]:g}; "
            "events lie between 0 and the total, which is at least 1."
        )


def _refuse_time(events: Vector, time: Vector, names: tuple[str, str]) -> None:
    wrong = (time <= 0) | (events < 0)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ImpossibleData(
            f"{names[0]}[{row}] is {events[row]:g} and {names[1]}[{row}] {time[row]:g}; "
            "events are not negative and person-time is above 0."
        )
