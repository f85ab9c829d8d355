"""Leave-one-out, cumulative pools and influence diagnostics against metafor 3.8-1."""

import numpy as np
import pytest

from analysis.meta import (
    ShapeMismatch,
    TooFewStudies,
    baujat,
    blup,
    cumulative,
    influence,
    leave_one_out,
    pool,
    two_by_two,
)
from analysis.meta.intervals import CiMethod
from tests.analysis.meta import bcg

# Prophylactic lidocaine after infarction (metadat 1.2-0, dat.hine1989).
LIDOCAINE = (
    [2, 4, 6, 7, 7, 11],
    [39, 44, 107, 103, 110, 154],
    [1, 4, 4, 5, 3, 4],
    [43, 44, 110, 100, 106, 146],
)


def test_leave_one_out_is_that_of_metafor() -> None:
    data = two_by_two(*LIDOCAINE, measure="OR")

    found = leave_one_out(data.yi, data.vi)

    assert found.estimate == pytest.approx(
        [
            0.553777774270328,
            0.665775815349148,
            0.593685093259966,
            0.636944310439393,
            0.513028232511501,
            0.438428654758898,
        ],
        rel=1e-9,
    )
    assert found.tau2.tolist() == [0.0] * 6


def test_each_entry_is_the_pool_of_the_others() -> None:
    yi, vi = [0.1, 0.9, 0.4], [0.02, 0.03, 0.05]

    found = leave_one_out(yi, vi, tau2_method="DL", ci_method="hk")

    expected = pool([0.1, 0.4], [0.02, 0.05], tau2_method="DL", ci_method="hk")
    assert (found.ci_low[1], found.ci_high[1]) == pytest.approx((expected.ci.low, expected.ci.high))
    assert found.tau2[1] == pytest.approx(expected.tau2.value)


def test_one_study_cannot_be_left_out_of_one() -> None:
    with pytest.raises(TooFewStudies):
        leave_one_out([0.1], [0.1])


def test_studies_are_added_in_the_order_asked_for() -> None:
    data = bcg.odds_ratios()
    years = [1948, 1949, 1960, 1977, 1973, 1953, 1973, 1980, 1968, 1961, 1974, 1969, 1976]

    found = cumulative(data.yi, data.vi, by=years)

    assert found.order[:3].tolist() == [0, 1, 5]
    assert found.pools.k.tolist() == list(range(1, 14))
    assert found.pools.estimate[:3] == pytest.approx(
        [-0.938694140870392, -1.39832051492717, -1.06086133722675], rel=1e-6
    )
    assert found.pools.estimate[-1] == pytest.approx(pool(data.yi, data.vi).estimate, rel=1e-9)


def test_equal_keys_keep_the_order_in_which_studies_are_given() -> None:
    assert cumulative([0.1, 0.2, 0.3], [1, 1, 1], by=[2, 1, 1]).order.tolist() == [1, 2, 0]
    with pytest.raises(ShapeMismatch, match="by has shape"):
        cumulative([0.1, 0.2], [1, 1], by=[1, 2, 3])


@pytest.mark.parametrize(
    ("ci_method", "rstudent", "dffits", "cook_d", "cov_r"),
    [
        ("wald", -0.232033143180541, -0.0444279968845292, 0.00204162848481689, 1.11362549186149),
        ("hk", -0.227551061958, -0.0435698009911, 0.00202638742456, 1.149283687177),
    ],
)
def test_influence_of_the_first_bcg_trial(
    ci_method: CiMethod, rstudent: float, dffits: float, cook_d: float, cov_r: float
) -> None:
    data = bcg.odds_ratios()

    found = influence(data.yi, data.vi, ci_method=ci_method)

    ours = (found.rstudent[0], found.dffits[0], found.cook_d[0], found.cov_r[0])
    assert ours == pytest.approx((rstudent, dffits, cook_d, cov_r), rel=1e-6)
    assert found.hat.sum() == pytest.approx(1)
    assert not found.influential.any()


def test_a_wild_study_is_flagged() -> None:
    found = influence([0.1, 0.2, 0.15, 0.1, 5.0], [0.05] * 5)

    assert found.influential.tolist() == [False, False, False, False, True]


def test_baujat_and_blup_are_those_of_metafor() -> None:
    data = bcg.odds_ratios()

    place = baujat(data.yi, data.vi)
    own = blup(data.yi, data.vi)

    assert place.heterogeneity[:2] == pytest.approx([0.0538908446244, 1.55387065490667], rel=1e-6)
    assert place.influence[:2] == pytest.approx([0.00183331694518253, 0.116218443228139], rel=1e-6)
    assert own.estimate[:2] == pytest.approx([-0.839241235099491, -1.31504385756725], rel=1e-6)
    assert own.se[:2] == pytest.approx([0.427468949406509, 0.365800359327618], rel=1e-6)


def test_without_heterogeneity_every_study_shrinks_onto_the_pool() -> None:
    own = blup([0.1, 0.2, 0.15], [0.5, 0.4, 0.3])

    assert own.estimate == pytest.approx(np.full(3, pool([0.1, 0.2, 0.15], [0.5, 0.4, 0.3]).estimate))
