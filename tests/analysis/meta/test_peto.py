"""Peto's odds ratio against metafor 3.8-1 and at the edges."""

import doctest
import sys

import numpy as np
import pytest

from analysis.meta import TooFewStudies, UnknownOption, mantel_haenszel, peto
from tests.analysis.meta import bcg

CLOSED = 1e-10


def test_tables_of_bcg_pool_as_in_metafor() -> None:
    found = peto(bcg.EVENTS1, bcg.TOTALS1, bcg.EVENTS2, bcg.TOTALS2)

    assert found.estimate == pytest.approx(-0.474446310940636, rel=CLOSED)
    assert found.se == pytest.approx(0.0406590807446483, rel=CLOSED)
    assert found.q == pytest.approx(167.730167511489, rel=CLOSED)
    assert (found.method, found.measure, found.q_df) == ("Peto", "OR", 12)


def test_the_z_test_is_the_mantel_haenszel_test_without_correction() -> None:
    tables = (bcg.EVENTS1, bcg.TOTALS1, bcg.EVENTS2, bcg.TOTALS2)
    found, other = peto(*tables), mantel_haenszel(*tables, correct=False)

    assert other.cmh is not None
    assert found.statistic**2 == pytest.approx(other.cmh.statistic, rel=1e-12)


def test_an_arm_without_events_has_an_estimate() -> None:
    found = peto([0, 0], [10, 12], [5, 3], [12, 12])

    assert found.estimate < 0
    assert found.ci.high < 0


def test_studies_without_events_weigh_nothing() -> None:
    found = peto([3, 0, 0], [10, 9, 5], [5, 2, 0], [12, 8, 5])

    # metafor 3.8-1, rma.peto() of the same tables.
    assert found.estimate == pytest.approx(-0.9473272, abs=1e-7)
    assert found.se == pytest.approx(0.7475516, abs=1e-7)
    assert found.q == pytest.approx(1.1003531, abs=1e-7)
    assert (found.k, found.k_effects) == (3, 2)
    assert found.weights[2] == 0
    assert np.sum(found.weights) == pytest.approx(100)


def test_no_events_at_all_are_refused() -> None:
    with pytest.raises(TooFewStudies, match="no odds ratio"):
        peto([0, 0], [10, 5], [0, 0], [12, 5])


def test_a_level_in_percent_is_refused() -> None:
    with pytest.raises(UnknownOption, match="level"):
        peto([1], [10], [2], [10], level=95)


def test_the_examples_run() -> None:
    outcome = doctest.testmod(sys.modules["analysis.meta.peto"])

    assert outcome.attempted >= 1
    assert outcome.failed == 0
