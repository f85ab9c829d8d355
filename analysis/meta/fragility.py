"""How few patients' outcomes carry the significance of a pooled two-arm effect."""

from dataclasses import dataclass
from math import comb
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.checks import Flags, Vector, checked_level, checked_option
from analysis.meta.effects import ZERO_CELL_RULES, Addition, ZeroCellRule, two_by_two
from analysis.meta.errors import ImpossibleData, TooFewStudies, UnknownOption
from analysis.meta.intervals import CI_METHODS, CiMethod, Interval
from analysis.meta.refits import CountRefits, Counts, Pooling, RefitMeasure, Refitted
from analysis.meta.tau2 import TAU2_METHODS, Tau2Method

FRAGILITY_MEASURES: dict[Pooling, tuple[RefitMeasure, ...]] = {
    "IV": ("OR", "RR", "RD", "AS", "PETO"),
    "MH": ("OR", "RR", "RD"),
}
Target = Literal["not_significant", "lower", "higher"]
# Counts looked at in one go, so that memory stays flat.
_CELLS = 1_000_000
# Of patients and of changes: far more than there are, far less than an integer holds.
_LARGEST = 10**12


@dataclass(frozen=True, slots=True)
class Modification:
    """Patients of one arm whose outcome is changed.

    Attributes
    ----------
    trial : int
        Position among the trials given.
    arm : {1, 2}
    events_before, events_after : int
    """

    trial: int
    arm: int
    events_before: int
    events_after: int


@dataclass(frozen=True, slots=True)
class Reversal:
    """The fewest changed outcomes after which the pooled effect reads otherwise.

    Attributes
    ----------
    target : {"not_significant", "lower", "higher"}
        What becomes of the effect: its interval holds no effect, or lies below or above it.
    changes : int or None
        Patients changed; None where none within `max_changes` was found.
    at_least : int
        No fewer changes can do: all smaller sets of changes were tried.
    modifications : tuple of Modification
    estimate, p_value : float or None
        Of the changed trials.
    ci : Interval or None
    """

    target: Target
    changes: int | None
    at_least: int
    modifications: tuple[Modification, ...]
    estimate: float | None
    ci: Interval | None
    p_value: float | None

    @property
    def is_minimum(self) -> bool:
        """Whether the number of changes is proven to be the smallest, and not only the smallest found."""
        return self.changes == self.at_least


@dataclass(frozen=True, slots=True)
class Fragility:
    """Fragility of a meta-analysis.

    Attributes
    ----------
    significant : bool
        Whether the interval excludes no effect before any change.
    index : int or None
        The smaller number of changes of the `reversals`; None where none was found.
    quotient : float or None
        `index` over the participants.
    reversals : tuple of Reversal
        One, to "not_significant", where the effect is significant; else two, to "lower" and to "higher".
    estimate, p_value : float
        Before any change, on the analysis scale.
    ci : Interval
    participants, events : int
    measure, pooling, level, max_changes
        As asked for.
    tau2_method : str
        "EE" under Mantel-Haenszel.
    ci_method : str
        "wald" under Mantel-Haenszel.
    """

    significant: bool
    index: int | None
    quotient: float | None
    reversals: tuple[Reversal, ...]
    estimate: float
    ci: Interval
    p_value: float
    participants: int
    events: int
    measure: RefitMeasure
    pooling: Pooling
    tau2_method: Tau2Method
    ci_method: CiMethod
    level: float
    max_changes: int


def fragility_index(
    ai: ArrayLike,
    n1i: ArrayLike,
    ci: ArrayLike,
    n2i: ArrayLike,
    *,
    measure: RefitMeasure = "RR",
    pooling: Pooling = "IV",
    add: Addition | None = None,
    to: ZeroCellRule = "only0",
    drop00: bool = False,
    tau2_method: Tau2Method = "REML",
    ci_method: CiMethod = "wald",
    level: float = 0.95,
    max_changes: int = 200,
    refits: int = 5_000,
) -> Fragility:
    """Fewest patients whose outcome, were it another, would turn the significance of the pooled effect.

    Parameters
    ----------
    ai, n1i, ci, n2i : array_like of int, shape (k,)
        Events and totals of the first and of the second arms.
    measure : {"OR", "RR", "RD", "AS", "PETO"}
    pooling : {"IV", "MH"}
        Inverse variance, or Mantel-Haenszel without any correction of cells (OR, RR and RD).
    add, to, drop00
        Under "IV": rule for empty cells, as in `two_by_two`, applied anew after each change.
    tau2_method : {"EE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"}
        Under "IV".
    ci_method : {"wald", "t", "hk", "hk_adhoc"}
        Under "IV".
    level : float
        The effect is significant where the interval of this level excludes no effect.
    max_changes : int
        Where to give up.
    refits : int
        How many sets of changes may be tried exhaustively, smallest sets first, before the search goes on by
        the best single change at a time.

    Returns
    -------
    Fragility

    Raises
    ------
    UnknownOption, ShapeMismatch, NotFinite, ImpossibleData, TooFewStudies, NonConvergence

    Notes
    -----
    A change turns one event into a non-event or the other way round, in either arm of any trial; totals stay.
    Sets of one, two, three... changes are all tried while `refits` allows, which proves a small index to be
    the smallest. From there on, as in the method's first description, the single change that brings the
    interval's limit nearest to no effect (or the effect nearest to significance) is made for good, and the
    next one sought; that index may be too large, and `at_least` says by how much.

    References
    ----------
    Atal, Porcher, Boutron and Ravaud (2019), doi:10.1016/j.jclinepi.2019.03.012.

    Examples
    --------
    >>> found = fragility_index([4, 2], [50, 50], [14, 10], [50, 50], measure="RR")
    >>> found.significant, found.index, found.reversals[0].is_minimum
    (True, 3, True)
    """
    checked_option("pooling", pooling, tuple(FRAGILITY_MEASURES))
    checked_option("measure", measure, FRAGILITY_MEASURES[pooling])
    checked_option("to", to, ZERO_CELL_RULES)
    checked_option("tau2_method", tau2_method, TAU2_METHODS)
    checked_option("ci_method", ci_method, CI_METHODS)
    checked_level(level)
    for name, value in (("max_changes", max_changes), ("refits", refits)):
        if not (1 <= value <= _LARGEST and value == int(value)):
            raise UnknownOption(f"{name} is {value!r}; give a whole number of at least 1.")
    events, totals = _checked_counts(ai, n1i, ci, n2i)
    if pooling == "MH":
        tau2_method, ci_method = "EE", "wald"
    refits_of = CountRefits(totals, measure, pooling, add, to, drop00, tau2_method, ci_method, level)
    search = _Search(refits_of, events, max_changes, refits)
    before = refits_of.refit(events[None, :])
    if not np.isfinite(before.estimate[0]):
        raise TooFewStudies("The counts determine no pooled effect; add to empty cells, or pool differently.")
    significant = bool(abs(before.ratios[0]) > 1)
    targets: tuple[Target, ...] = ("not_significant",) if significant else ("lower", "higher")
    reversals = tuple(search.reversal(target) for target in targets)
    index = min((found.changes for found in reversals if found.changes is not None), default=None)
    return Fragility(
        significant=significant,
        index=index,
        quotient=None if index is None else index / int(totals.sum()),
        reversals=reversals,
        estimate=float(before.estimate[0]),
        ci=_interval(before),
        p_value=float(before.p_value[0]),
        participants=int(totals.sum()),
        events=int(events.sum()),
        measure=measure,
        pooling=pooling,
        tau2_method=tau2_method,
        ci_method=ci_method,
        level=level,
        max_changes=max_changes,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """The search for changes of `events` that reach a target."""

    trials: CountRefits
    events: Counts
    max_changes: int
    refits: int

    def reversal(self, target: Target) -> Reversal:
        events, tried = self._exhaustive(target)
        if events is None and tried < self.max_changes:
            events = self._stepwise(target)
        if events is None:
            return Reversal(target, None, tried + 1, (), None, None, None)
        after = self.trials.refit(events[None, :])
        k = self.trials.k
        return Reversal(
            target=target,
            changes=int(np.abs(events - self.events).sum()),
            at_least=tried + 1,
            modifications=tuple(
                Modification(int(at % k), 1 + int(at // k), int(self.events[at]), int(events[at]))
                for at in np.flatnonzero(events != self.events)
            ),
            estimate=float(after.estimate[0]),
            ci=_interval(after),
            p_value=float(after.p_value[0]),
        )

    def _exhaustive(self, target: Target) -> tuple[Counts | None, int]:
        """The best of the smallest sets that reach the target, and the size up to which none does."""
        sets = np.zeros((1, self.events.size), dtype=np.int64)
        last, refits, moves = np.full(1, -1), self.refits, 2 * self.events.size
        for size in range(1, self.max_changes + 1):
            refits -= _sets_of(size, self.events.size)
            if refits < 0:
                return None, size - 1
            # Move 2 c adds an event to count c and move 2 c + 1 takes one away; a set never does both.
            onward = np.where(last < 0, 0, 2 * (last // 2 + 1))
            counts = moves - onward + (last >= 0)
            parents = np.repeat(np.arange(last.size), counts)
            place = np.arange(parents.size) - np.repeat(np.cumsum(counts) - counts, counts)
            again = (last[parents] >= 0) & (place == 0)
            last = np.where(again, last[parents], onward[parents] + place - (last[parents] >= 0))
            sets = sets[parents]
            sets[np.arange(last.size), last // 2] += 1 - 2 * (last % 2)
            possible = self._possible(self.events + sets)
            sets, last = sets[possible], last[possible]
            best, distance = self._best(self.events + sets, target)
            if best is not None and distance <= 0:
                return best, size - 1
        return None, self.max_changes

    def _stepwise(self, target: Target) -> Counts | None:
        """Make the best single change, again and again."""
        events, one = self.events, np.eye(self.events.size, dtype=np.int64)
        steps = np.concatenate([one, -one])
        for _ in range(self.max_changes):
            candidates = events + steps
            # Going back is never progress, and would let the search run in circles.
            nearer = (np.abs(candidates - self.events) < np.abs(events - self.events)).any(axis=1)
            best, distance = self._best(candidates[self._possible(candidates) & ~nearer], target)
            if best is None:
                return None
            events = best
            if distance <= 0:
                return events
        return None

    def _possible(self, events: Counts) -> Flags:
        return np.asarray(((events >= 0) & (events <= self.trials.totals)).all(axis=1))

    def _best(self, candidates: Counts, target: Target) -> tuple[Counts | None, float]:
        rows = max(1, _CELLS // candidates.shape[1])
        parts = [
            _distances(self.trials.refit(candidates[first : first + rows]).ratios, target)
            for first in range(0, candidates.shape[0], rows)
        ]
        distances = np.concatenate(parts) if parts else np.empty(0)
        if not np.any(np.isfinite(distances)):
            return None, np.inf
        at = int(np.nanargmin(distances))
        return candidates[at], float(distances[at])


def _checked_counts(ai: ArrayLike, n1i: ArrayLike, ci: ArrayLike, n2i: ArrayLike) -> tuple[Counts, Counts]:
    for name, given in (("ai", ai), ("n1i", n1i), ("ci", ci), ("n2i", n2i)):
        if np.any(np.asarray(given, dtype=np.float64) > _LARGEST):
            raise ImpossibleData(f"{name} holds a number beyond {_LARGEST}; no trial has as many patients.")
    # two_by_two refuses what else no trial can have, and names it.
    two_by_two(ai, n1i, ci, n2i, measure="OR")
    events = np.concatenate([np.asarray(ai, dtype=np.float64), np.asarray(ci, dtype=np.float64)])
    totals = np.concatenate([np.asarray(n1i, dtype=np.float64), np.asarray(n2i, dtype=np.float64)])
    if events.size == 0:
        raise TooFewStudies("No trial is given; fragility needs at least 1.")
    for name, counts in (("events", events), ("totals", totals)):
        bad = np.flatnonzero(counts != np.round(counts))
        if bad.size:
            raise ImpossibleData(f"{name}: {counts[bad[0]]:g} is no whole number of patients to change.")
    return events.astype(np.int64), totals.astype(np.int64)


def _distances(ratios: Vector, target: Target) -> Vector:
    """How far from the target, as a ratio; reached at 0 or below, missing where there is no pool."""
    if target == "not_significant":
        return np.abs(ratios) - 1
    # Significance is strict, its absence is not.
    return np.asarray(np.nextafter(1.0, 2.0) - (ratios if target == "higher" else -ratios))


def _interval(found: Refitted) -> Interval:
    estimate, margin = float(found.estimate[0]), float(found.margin[0])
    return Interval(estimate - margin, estimate + margin)


def _sets_of(size: int, counts: int) -> int:
    """How many sets of this size there are, were every count free to move: integer vectors of that 1-norm."""
    return sum(2**moved * comb(counts, moved) * comb(size - 1, moved - 1) for moved in range(1, size + 1))
