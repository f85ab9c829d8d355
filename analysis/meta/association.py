"""Chi-square tests on 2 x 2 tables: no association at all, and one odds ratio for all tables."""

from dataclasses import dataclass

import numpy as np

from analysis.meta.checks import Flags, Vector
from analysis.meta.counts import Tables
from analysis.meta.distributions import chi2_upper_p


@dataclass(frozen=True, slots=True)
class ChiSquareTest:
    """A chi-square statistic; NaN, as its p-value, where there is nothing to test."""

    statistic: float
    df: int
    p_value: float


@dataclass(frozen=True, slots=True)
class OddsTests:
    """Tests that go with a pooled odds ratio; `k_homogeneity` counts the tables of the last two."""

    cmh: ChiSquareTest
    cochran: ChiSquareTest
    breslow_day: ChiSquareTest
    tarone: ChiSquareTest
    k_homogeneity: int


def association(excess: float, spread: float, *, correct: bool) -> ChiSquareTest:
    """Squared excess of events over their expectation; half an event less where `correct`."""
    if not spread > 0:
        return ChiSquareTest(np.nan, 1, np.nan)
    statistic = (abs(excess) - (0.5 if correct else 0.0)) ** 2 / spread
    return ChiSquareTest(statistic, 1, chi2_upper_p(statistic, 1))


def odds_tests(tables: Tables, log_or: float, *, correct: bool) -> OddsTests:
    """Tests of association, and of homogeneity about a common odds ratio.

    Parameters
    ----------
    tables : Tables
    log_or : float
        The Mantel-Haenszel estimate; not finite where there is none.
    correct : bool
        Continuity correction in the tests of association.

    Returns
    -------
    OddsTests

    Notes
    -----
    Breslow and Day sum the squared distances of the first cell from its expectation under the common odds
    ratio; Tarone takes off what estimating that ratio by Mantel-Haenszel rather than by maximum likelihood
    adds. Tables with an empty margin carry no information and are left out.

    References
    ----------
    Breslow and Day (1980), Statistical methods in cancer research, volume 1, equation 4.30.
    Tarone (1985), doi:10.1093/biomet/72.1.91.
    """
    n1, n2 = tables.n1, tables.n2
    n, events = n1 + n2, tables.a + tables.c
    others = n - events
    excess = float(np.sum(tables.a - n1 * (events / n)))
    spread = (n1 / n) * (n2 / n) * (events / n) * others
    # One participant in all has no variance; its margins are empty, so 0 / 0 stands for 0.
    conditional = np.divide(spread * n, n - 1, out=np.zeros_like(n), where=n > 1)
    breslow_day, tarone, k = _homogeneity(tables, log_or, (events > 0) & (others > 0))
    return OddsTests(
        cmh=association(excess, float(np.sum(conditional)), correct=correct),
        cochran=association(excess, float(np.sum(spread)), correct=correct),
        breslow_day=breslow_day,
        tarone=tarone,
        k_homogeneity=k,
    )


def _homogeneity(tables: Tables, log_or: float, used: Flags) -> tuple[ChiSquareTest, ChiSquareTest, int]:
    if not np.isfinite(log_or):
        nothing = ChiSquareTest(np.nan, 0, np.nan)
        return nothing, nothing, 0
    a, n1, n2 = tables.a[used], tables.n1[used], tables.n2[used]
    events = a + tables.c[used]
    expected = expected_cell(float(np.exp(log_or)), n1, n2, events)
    precision = 1 / expected + 1 / (n1 - expected) + 1 / (events - expected) + 1 / (n2 - events + expected)
    df = a.size - 1
    breslow_day = float(np.sum((a - expected) ** 2 * precision))
    tarone = breslow_day - float(np.sum(a - expected) ** 2 / np.sum(1 / precision))
    return _test(breslow_day, df), _test(max(tarone, 0.0), df), a.size


def expected_cell(odds_ratio: float | Vector, n1: Vector, n2: Vector, events: Vector) -> Vector:
    """The first cell of tables with these margins and exactly this odds ratio.

    The root in range of (1 - psi) A^2 + (n2 - m + psi (n1 + m)) A - psi n1 m = 0, in whichever of its two
    forms subtracts nothing: near psi = 1 the quadratic term vanishes, near 0 the constant one does.
    """
    linear = n2 - events + odds_ratio * (n1 + events)
    constant = odds_ratio * n1 * events
    root = np.sqrt(np.maximum(linear**2 + 4 * (1 - odds_ratio) * constant, 0.0))
    falling = linear < 0  # so that psi < 1
    sum_form = np.where(falling, 1.0, linear + root)
    other = np.where(falling, 1 - odds_ratio, 1.0)
    # Without events, or without participants beside them, the sum is 0 and so is the cell.
    first = np.divide(2 * constant, sum_form, out=np.zeros_like(constant), where=sum_form > 0)
    return np.asarray(np.where(falling, (root - linear) / (2 * other), first), dtype=np.float64)


def _test(statistic: float, df: int) -> ChiSquareTest:
    return ChiSquareTest(statistic, df, chi2_upper_p(statistic, df) if df > 0 else np.nan)
