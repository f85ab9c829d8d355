"""Exponential families of counts: the cumulant function of the natural parameter, and its derivatives.

A count x with natural parameter eta has log probability x eta - K(eta) + constant. Everything that the
likelihoods of this package need of a family is K and its derivatives, which are the cumulants.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaln, xlog1py, xlogy

from analysis.meta.association import expected_cell
from analysis.meta.checks import Vector

Indices = NDArray[np.int64]

# exp(500) is far above any count, and its square still fits into a double.
_LARGEST_EXPONENT = 500.0
_LARGEST_RATIO = 100.0
# Tails beyond this many standard deviations hold less than rounding.
_REACH = 9.0
# Terms per study from which one study at a time is faster than all at once.
_LONG = 600


class Family(Protocol):
    """What a likelihood asks of a family; counts have shape (arms, k)."""

    def cumulants(self, eta: Vector, orders: int) -> list[Vector]:
        """K, K', ... up to `orders` derivatives at `eta`, of shape (arms, k) or (arms, k, nodes)."""
        ...

    def saturated(self, x: Vector) -> tuple[Vector, Vector, Vector]:
        """For each count the maximum of x eta - K(eta), where it lies, and its curvature.

        At the ends of the range the maximum is a limit; the curvature is 0 there, and the place finite
        but without meaning.
        """
        ...

    def constant(self, x: Vector) -> float:
        """What the log probability of the counts has beside x eta - K(eta)."""
        ...


class Binomial:
    """Counts out of `totals`, an array of shape (arms, k)."""

    def __init__(self, totals: Vector) -> None:
        self.totals = totals

    def cumulants(self, eta: Vector, orders: int) -> list[Vector]:
        """K = n log(1 + exp(eta)) and derivatives; see `Family`."""
        n = self.totals if eta.ndim == 2 else self.totals[:, :, None]
        p = expit(eta)
        found = [n * np.logaddexp(0.0, eta), n * p]
        if orders >= 2:
            spread = p * expit(-eta)
            found.append(n * spread)
            if orders >= 3:
                found += [found[2] * (1 - 2 * p), found[2] * (1 - 6 * spread)]
        return found

    def saturated(self, x: Vector) -> tuple[Vector, Vector, Vector]:
        """At p = x / n; see `Family`."""
        n = self.totals
        share = np.divide(x, n, out=np.full_like(x, 0.5), where=n > 0)
        best: Vector = np.asarray(xlogy(x, share) + xlog1py(n - x, -share), dtype=np.float64)
        inside = (x > 0) & (x < n)
        place: Vector = np.log(np.where(inside, x, 1.0)) - np.log(np.where(inside, n - x, 1.0))
        curvature: Vector = np.where(inside, x * (1 - share), 0.0)
        return best, place, curvature

    def constant(self, x: Vector) -> float:
        """Log of the binomial coefficients."""
        return float(np.sum(_log_choose(self.totals, x)))


class Poisson:
    """Counts without an upper end; person-time belongs into the offset."""

    def cumulants(self, eta: Vector, orders: int) -> list[Vector]:
        """K and every derivative are exp(eta); see `Family`."""
        mean = np.exp(np.minimum(eta, _LARGEST_EXPONENT))
        return [mean] * (orders + 1 if orders < 3 else 5)

    def saturated(self, x: Vector) -> tuple[Vector, Vector, Vector]:
        """At mean x; see `Family`."""
        return xlogy(x, x) - x, np.log(np.where(x > 0, x, 1.0)), x.copy()

    def constant(self, x: Vector) -> float:
        """Less the log factorials."""
        return -float(np.sum(gammaln(x + 1)))


class Hypergeometric:
    """The first cell of 2 x 2 tables given all margins; eta is the log odds ratio.

    The sums over the support are taken where a term is not negligible for any parameter asked so far, laid
    end to end, so that tables with 1e5 participants cost what their standard deviation costs.
    """

    def __init__(self, n1: Vector, n2: Vector, events: Vector) -> None:
        self.n1, self.n2, self.events = n1, n2, events
        self.low, self.high = support(n1, n2, events)
        # log of the number of tables, so that K(0) = 0.
        self._all = _log_choose(n1 + n2, events)
        # Parameters that the cells kept so far are good for.
        self._least = np.full(n1.shape, np.inf)
        self._most = np.full(n1.shape, -np.inf)

    def cumulants(self, eta: Vector, orders: int) -> list[Vector]:
        """K = log of the sum of the weights of all tables times exp(eta a); see `Family`."""
        at = eta[0] if eta.ndim == 3 else eta[0][:, None]
        self._cover(at)
        long = self._cells.size * at.shape[1] > _LONG * at.shape[0]
        found = self._study_by_study(at, orders) if long else self._all_at_once(at, orders)
        # The weights are those of cells less their centre; K'' and above do not notice.
        found[0] += self._centre[:, None] * at
        found[1] += self._centre[:, None]
        return [value[None] if eta.ndim == 3 else value[None, :, 0] for value in found]

    def _all_at_once(self, at: Vector, orders: int) -> list[Vector]:
        """Sums over all supports laid end to end: few calls, for many studies with few cells."""
        exponent = self._cells[:, None] * at[self._study]
        exponent += self._weights[:, None]
        top = np.maximum.reduceat(exponent, self._starts, axis=0)
        exponent -= top[self._study]
        terms = np.exp(exponent, out=exponent)
        total = np.add.reduceat(terms, self._starts, axis=0)
        mean = np.add.reduceat(terms * self._cells[:, None], self._starts, axis=0) / total
        found = [top + np.log(total), mean]
        if orders >= 2:
            away = self._cells[:, None] - mean[self._study]
            moments: list[Vector] = []
            for _ in range(1 if orders == 2 else 3):
                terms *= away if moments else away * away
                moments.append(np.add.reduceat(terms, self._starts, axis=0) / total)
            found.append(moments[0])
            if orders >= 3:
                found += [moments[1], moments[2] - 3 * moments[0] ** 2]
        return found

    def _study_by_study(self, at: Vector, orders: int) -> list[Vector]:
        """Sums over one support at a time, which stays in the cache: for studies with many cells."""
        count = orders + 1 if orders < 3 else 5
        found = [np.empty(at.shape) for _ in range(count)]
        ends = [*self._starts[1:], self._cells.size]
        for row, (start, end) in enumerate(zip(self._starts, ends, strict=True)):
            cells = self._cells[start:end]
            exponent = np.multiply.outer(at[row], cells)
            exponent += self._weights[start:end]
            top = exponent.max(axis=1)
            exponent -= top[:, None]
            np.exp(exponent, out=exponent)
            # Powers of numbers up to 1, so that the moments about the centre keep their digits.
            unit = max(1.0, float(np.max(np.abs(cells))))
            sums = exponent @ np.vander(cells / unit, count, increasing=True)
            raw = (sums[:, 1:] / sums[:, :1]).T
            found[0][row] = top + np.log(sums[:, 0])
            for order, value in enumerate(_cumulants_of_moments(raw), start=1):
                found[order][row] = value * unit**order
        return found

    def saturated(self, x: Vector) -> tuple[Vector, Vector, Vector]:
        """The conditional maximum likelihood estimate of each table, by Newton; see `Family`."""
        a = x[0]
        inside = (a > self.low) & (a < self.high)
        cells = (a, self.n1 - a, self.events - a, self.n2 - self.events + a)
        safe = [np.where(inside, cell, 1.0) for cell in cells]
        eta = np.log(safe[0] / safe[1] * (safe[3] / safe[2]))[None]
        for _ in range(50):
            _, mean, spread = self.cumulants(eta, 2)
            step = np.where(inside, (x - mean) / np.where(inside, spread, 1.0), 0.0)
            eta = eta + np.clip(step, -2.0, 2.0)
            if np.max(np.abs(step), initial=0.0) < 1e-10:
                break
        value, _, spread = self.cumulants(eta, 2)
        ends = -self._log_weight(a, np.arange(a.size))[None]
        return np.where(inside, x * eta - value, ends), eta, np.where(inside, spread, 0.0)

    def constant(self, x: Vector) -> float:
        """Log probabilities of the tables without an effect."""
        return float(np.sum(self._log_weight(x[0], np.arange(x.shape[1]))))

    def _cover(self, eta: Vector) -> None:
        """See to it that the cells kept hold all but rounding of the probability at `eta`."""
        low, high = eta.min(axis=1), eta.max(axis=1)
        if np.all(low >= self._least) and np.all(high <= self._most):
            return
        # Room for the next steps, about one standard deviation of a cell, so that cells are rarely laid out.
        self._least = np.minimum(self._least, low - 1 / self._expected(low)[1])
        self._most = np.maximum(self._most, high + 1 / self._expected(high)[1])
        (first, below), (last, above) = self._expected(self._least), self._expected(self._most)
        start = np.floor(np.maximum(first - _REACH * (1 + below), self.low))
        end = np.ceil(np.minimum(last + _REACH * (1 + above), self.high))
        widths = (end - start).astype(np.int64) + 1
        self._starts = np.concatenate([[0], np.cumsum(widths)[:-1]])
        self._study = np.repeat(np.arange(widths.size), widths)
        cells = start[self._study] + (np.arange(self._study.size) - self._starts[self._study])
        self._weights = self._log_weight(cells, self._study)
        self._centre = np.floor((start + end) / 2)
        self._cells = cells - self._centre[self._study]

    def _expected(self, eta: Vector) -> tuple[Vector, Vector]:
        """About where the first cell is expected, and about its standard deviation."""
        ratio = np.exp(np.clip(eta, -_LARGEST_RATIO, _LARGEST_RATIO))
        centre = expected_cell(ratio, self.n1, self.n2, self.events)
        cells = np.stack([centre, self.n1 - centre, self.events - centre, self.n2 - self.events + centre])
        return centre, (1 / np.maximum(cells, 0.5)).sum(axis=0) ** -0.5

    def _log_weight(self, cells: Vector, study: Indices) -> Vector:
        """Log probability of cells without an effect."""
        n1, n2, events = self.n1[study], self.n2[study], self.events[study]
        return _log_choose(n1, cells) + _log_choose(n2, events - cells) - self._all[study]


def support(n1: Vector, n2: Vector, events: Vector) -> tuple[Vector, Vector]:
    """Smallest and largest first cell of tables with these margins."""
    return np.maximum(0.0, events - n2), np.minimum(n1, events)


def _cumulants_of_moments(raw: Vector) -> list[Vector]:
    """Cumulants 1, 2 ... from as many moments about 0."""
    first = raw[0]
    found = [first]
    if raw.shape[0] > 1:
        found.append(raw[1] - first**2)
    if raw.shape[0] > 3:
        found.append(raw[2] - 3 * first * raw[1] + 2 * first**3)
        fourth = raw[3] - 4 * first * raw[2] + 6 * first**2 * raw[1] - 3 * first**4
        found.append(fourth - 3 * found[1] ** 2)
    return found


def _log_choose(n: Vector, x: Vector) -> Vector:
    return np.asarray(gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1), dtype=np.float64)
