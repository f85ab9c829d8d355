"""Peto's one-step odds ratio."""

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.checks import Vector, checked_level
from analysis.meta.counts import Tables, checked_correction, checked_tables
from analysis.meta.effects import ZeroCellRule
from analysis.meta.errors import TooFewStudies
from analysis.meta.mantel_haenszel import FixedPool, summed


def peto(
    ai: ArrayLike,
    n1i: ArrayLike,
    ci: ArrayLike,
    n2i: ArrayLike,
    *,
    add: float = 0.5,
    to: ZeroCellRule = "only0",
    drop00: bool = True,
    add_pool: float = 0.0,
    to_pool: ZeroCellRule = "only0",
    drop00_pool: bool = False,
    level: float = 0.95,
) -> FixedPool:
    """Pool 2 x 2 tables by Peto's method.

    Parameters
    ----------
    ai, n1i, ci, n2i : array_like of shape (k,)
        Events and participants, experimental arm first.
    add, to, drop00
        Correction of empty cells for the studies' own effects; their number gives the degrees of freedom
        of Q, whose sum is that of the pooled tables.
    add_pool, to_pool, drop00_pool
        Correction of the tables that are pooled; none by default.
    level : float
        Of the confidence interval, as a proportion.

    Returns
    -------
    FixedPool
        On the log odds ratio scale; its weights are the hypergeometric variances.

    Raises
    ------
    TooFewStudies
        No study has both events and non-events, so that no table says anything.
    UnknownOption, ShapeMismatch, NotFinite, ImpossibleData

    Notes
    -----
    The estimate is the sum of observed minus expected events over the sum of their hypergeometric
    variances, one scoring step from no effect. It needs no correction of empty cells and does well with
    rare events, small effects and arms of similar size; otherwise it is biased towards no effect.

    References
    ----------
    Yusuf, Peto, Lewis, Collins and Sleight (1985), doi:10.1016/s0033-0620(85)80003-7, appendix.

    Examples
    --------
    >>> round(peto([4, 6], [123, 306], [11, 29], [139, 303]).estimate, 3)
    -1.24
    """
    checked_level(level)
    raw = checked_tables(ai, n1i, ci, n2i)
    rule = checked_correction(add, to, drop00)
    tables, kept = raw.corrected(checked_correction(add_pool, to_pool, drop00_pool, suffix="_pool"))
    with np.errstate(divide="ignore", invalid="ignore"):
        excess, weights = observed_minus_expected(tables)
        total = float(np.sum(weights))
        if not total > 0:
            raise TooFewStudies(
                "No study has both events and non-events, so the tables hold no odds ratio; "
                "leave the outcome unpooled."
            )
        _, own = observed_minus_expected(raw.corrected(rule)[0])
        return summed(
            "OR",
            "Peto",
            float(np.sum(excess)) / total,
            float(1 / np.sqrt(total)),
            weights,
            kept=kept,
            effects=(excess / weights, 1 / weights),
            k_effects=int(np.count_nonzero(own > 0)),
            level=level,
        )


def observed_minus_expected(tables: Tables) -> tuple[Vector, Vector]:
    """Events of the first arm above their expectation given the margins, and the hypergeometric variance."""
    n1, n2 = tables.n1, tables.n2
    n, events = n1 + n2, tables.a + tables.c
    variance = (n1 / n) * (n2 / n) * events * np.divide(n - events, n - 1, out=np.zeros_like(n), where=n > 1)
    return tables.a - n1 * (events / n), variance
