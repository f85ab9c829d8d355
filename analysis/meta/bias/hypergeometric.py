"""Mean and variance of Fisher's noncentral hypergeometric distribution, for many tables at once."""

import numpy as np

from analysis.meta.bias.tables import Tables
from analysis.meta.checks import Vector

# Counts further from the middle than this, in standard deviations and in events, have no mass in a float.
_DEVIATIONS = 10.0
_EVENTS = 40.0


def conditional_moments(tables: Tables, log_or: float) -> tuple[Vector, Vector]:
    """Moments of the events of the first arm, given all margins and one odds ratio.

    Parameters
    ----------
    tables : Tables of k studies
    log_or : float
        Finite.

    Returns
    -------
    tuple of ndarray of shape (k,)
        Mean and variance; the variance is 0 where the margins leave one table only.

    Notes
    -----
    Masses are summed over the whole support where it is small, else over more than 10 standard deviations
    on both sides of the large-sample mean.
    """
    m, n1, n2 = tables.events, tables.totals1, tables.totals2
    low, high = _window(m, n1, n2, log_or)
    counts = (high - low + 1).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    study = np.repeat(np.arange(m.size), counts)
    u = low[study] + np.arange(study.size) - starts[study]
    # Each mass over the one before it: no factorials, whose logarithms would cost digits in large studies.
    above = (n1[study] - u + 1) * (m[study] - u + 1)
    below = u * ((n2 - m)[study] + u)
    above[starts] = below[starts] = 1.0
    log_mass = np.cumsum(np.log(above / below) + log_or)
    log_mass -= np.maximum.reduceat(log_mass, starts)[study]
    mass = np.exp(log_mass)
    mass /= np.add.reduceat(mass, starts)[study]
    mean = np.add.reduceat(mass * u, starts)
    return mean, np.add.reduceat(mass * (u - mean[study]) ** 2, starts)


def _window(m: Vector, n1: Vector, n2: Vector, log_or: float) -> tuple[Vector, Vector]:
    low, high = np.maximum(0.0, m - n2), np.minimum(n1, m)
    middle = _large_sample_mean(m, n1, n2, log_or)
    cells = np.stack([middle, n1 - middle, m - middle, n2 - m + middle])
    deviation = np.sqrt(1 / np.sum(1 / np.maximum(cells, 0.5), axis=0))
    reach = np.ceil(_DEVIATIONS * deviation + _EVENTS)
    return np.maximum(low, np.floor(middle) - reach), np.minimum(high, np.floor(middle) + reach)


def _large_sample_mean(m: Vector, n1: Vector, n2: Vector, log_or: float) -> Vector:
    """The count at which the table has the given odds ratio: a root of a quadratic.

    Of psi <= 1 only, for the other arm mirrors it: the root is then found without cancellation.
    """
    if log_or > 0:
        return m - _large_sample_mean(m, n2, n1, -log_or)
    psi = np.exp(log_or)
    b = (n2 - m) + psi * (n1 + m)
    root = np.sqrt(b**2 + 4 * (1 - psi) * psi * n1 * m)
    return np.asarray(2 * psi * n1 * m / (b + root), dtype=np.float64)
