"""Two-arm counts pooled many times over, each time with a few of the events changed."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.meta.batched import pool_many
from analysis.meta.checks import Flags, Vector
from analysis.meta.distributions import critical
from analysis.meta.effects import Addition, ZeroCellRule, two_by_two
from analysis.meta.intervals import CiMethod
from analysis.meta.tau2 import Tau2Method

RefitMeasure = Literal["OR", "RR", "RD", "AS", "PETO"]
Pooling = Literal["IV", "MH"]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Refitted:
    """B pooled estimates on the analysis scale; every array has the shape (B,).

    Attributes
    ----------
    estimate, margin : ndarray
        Pooled effect and half the width of its interval; NaN where the counts determine none.
    p_value : ndarray
    """

    estimate: Vector
    margin: Vector
    p_value: Vector

    @property
    def ratios(self) -> Vector:
        """Estimate over half the width of its interval: beyond 1 on either side it is significant."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = self.estimate / self.margin
        # No effect without any spread is no effect.
        return np.asarray(np.where(self.estimate == 0, 0.0, ratios))


@dataclass(frozen=True, slots=True, eq=False)
class CountRefits:
    """Trials with fixed totals, and how to pool them.

    Attributes
    ----------
    totals : ndarray of int, shape (2 k,)
        Participants of the first arms, then of the second arms.
    measure : {"OR", "RR", "RD", "AS", "PETO"}
    pooling : {"IV", "MH"}
        Inverse variance, or Mantel-Haenszel (OR, RR and RD), which adds to no cell and knows neither tau2
        nor another interval than Wald's.
    add, to, drop00
        Rule for empty cells, as in `two_by_two`.
    tau2_method, ci_method, level
        As in `pool`.
    """

    totals: Counts
    measure: RefitMeasure
    pooling: Pooling
    add: Addition | None
    to: ZeroCellRule
    drop00: bool
    tau2_method: Tau2Method
    ci_method: CiMethod
    level: float

    @property
    def k(self) -> int:
        """Trials."""
        return self.totals.size // 2

    def refit(self, events: Counts) -> Refitted:
        """Pool B sets of events.

        Parameters
        ----------
        events : ndarray of int, shape (B, 2 k)
            Of the first arms, then of the second arms.

        Returns
        -------
        Refitted
        """
        if self.pooling == "MH":
            return self._mantel_haenszel(events.astype(np.float64))
        yi, vi = self._effects(events)
        usable = np.isfinite(yi) & np.isfinite(vi) & (vi > 0)
        found = pool_many(
            np.where(usable, yi, 0.0),
            np.where(usable, vi, 1.0),
            weights_mask=usable,
            tau2_method=self.tau2_method,
            ci_method=self.ci_method,
            level=self.level,
        )
        return Refitted(found.estimate, found.ci_high - found.estimate, found.p_value)

    def _effects(self, events: Counts) -> tuple[Vector, Vector]:
        """Effects of every trial of every set, each pair of counts worked out once."""
        k = self.k
        first, second = events[:, :k], events[:, k:]
        empty = (first == 0) | (second == 0) | (first == self.totals[:k]) | (second == self.totals[k:])
        # The one rule that looks beyond the trial: an empty cell anywhere corrects all.
        everywhere = np.zeros((events.shape[0], 1), dtype=np.bool_)
        if self.to == "if0all":
            everywhere = empty.any(axis=1, keepdims=True)
        trial = np.broadcast_to(np.arange(k), first.shape)
        width = int(self.totals.max()) + 1
        keys = ((trial * width + first) * width + second) * 2 + everywhere
        _, where, back = np.unique(keys, return_index=True, return_inverse=True)
        yi, vi = np.empty((2, where.size))
        for rule, rows in self._rules(np.broadcast_to(everywhere, first.shape).ravel()[where]):
            chosen = where[rows]
            at = trial.ravel()[chosen]
            found = two_by_two(
                first.ravel()[chosen],
                self.totals[:k][at],
                second.ravel()[chosen],
                self.totals[k:][at],
                measure=self.measure,
                add=self.add,
                to=rule,
                drop00=self.drop00,
            )
            yi[rows], vi[rows] = found.yi, found.vi
        return yi[back].reshape(first.shape), vi[back].reshape(first.shape)

    def _rules(self, corrected: Flags) -> list[tuple[ZeroCellRule, NDArray[np.intp]]]:
        if self.to != "if0all":
            return [(self.to, np.arange(corrected.size))]
        return [("all", np.flatnonzero(corrected)), ("none", np.flatnonzero(~corrected))]

    def _mantel_haenszel(self, events: Vector) -> Refitted:
        k = self.k
        cells = events[:, :k], events[:, k:], self.totals[:k].astype(float), self.totals[k:].astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            estimate, variance = {"OR": _odds_ratio, "RR": _risk_ratio, "RD": _risk_difference}[self.measure](
                *cells
            )
            se = np.sqrt(variance)
            defined = np.isfinite(estimate) & np.isfinite(se)
            estimate, se = np.where(defined, estimate, np.nan), np.where(defined, se, np.nan)
            statistic = np.abs(estimate / se)
        return Refitted(estimate, critical(level=self.level, df=None) * se, 2 * ndtr(-statistic))


def _odds_ratio(a: Vector, c: Vector, n1: Vector, n2: Vector) -> tuple[Vector, Vector]:
    """Log odds ratio with the variance of Robins, Breslow and Greenland (1986)."""
    n, b, d = n1 + n2, n1 - a, n2 - c
    r, s = a * d / n, b * c / n
    p, q = (a + d) / n, (b + c) / n
    sum_r, sum_s = r.sum(axis=1), s.sum(axis=1)
    mixed = (p * s + q * r).sum(axis=1) / (sum_r * sum_s)
    variance = ((p * r).sum(axis=1) / sum_r**2 + mixed + (q * s).sum(axis=1) / sum_s**2) / 2
    return np.log(sum_r / sum_s), variance


def _risk_ratio(a: Vector, c: Vector, n1: Vector, n2: Vector) -> tuple[Vector, Vector]:
    """Log risk ratio with the variance of Greenland and Robins (1985)."""
    n = n1 + n2
    sum_r, sum_s = (a * n2 / n).sum(axis=1), (c * n1 / n).sum(axis=1)
    spread = (n1 * n2 * (a + c) / n**2 - a * c / n).sum(axis=1)
    return np.log(sum_r / sum_s), spread / (sum_r * sum_s)


def _risk_difference(a: Vector, c: Vector, n1: Vector, n2: Vector) -> tuple[Vector, Vector]:
    """Risk difference with the variance of Sato, Greenland and Robins (1989)."""
    n = n1 + n2
    weight = float((n1 * n2 / n).sum())
    estimate = ((a * n2 - c * n1) / n).sum(axis=1) / weight
    tilt = ((n1**2 * c - n2**2 * a + n1 * n2 * (n2 - n1) / 2) / n**2).sum(axis=1)
    spread = ((a * (n2 - c) + c * (n1 - a)) / (2 * n)).sum(axis=1)
    return estimate, (estimate * tilt + spread) / weight**2
