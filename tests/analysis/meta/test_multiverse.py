"""Every combination at once gives what each gives alone."""

import numpy as np
import pytest

from analysis.meta import (
    ImpossibleData,
    ShapeMismatch,
    UnknownOption,
    ZeroCells,
    multiverse,
    pool,
    two_by_two,
)
from tests.analysis.meta import bcg

BCG = {"ai": bcg.EVENTS1, "n1i": bcg.TOTALS1, "ci": bcg.EVENTS2, "n2i": bcg.TOTALS2}
RARE = {"ai": [0, 3, 1, 0], "n1i": [50, 60, 70, 40], "ci": [2, 5, 0, 0], "n2i": [50, 62, 70, 41]}


def test_each_specification_is_the_pool_of_its_settings() -> None:
    random = np.array([each == "random" for each in bcg.ALLOCATION])
    found = multiverse(
        BCG,
        measures=("OR", "RR", "RD"),
        tau2_methods=("EE", "DL", "REML", "PM"),
        ci_methods=("wald", "hk", "hk_adhoc"),
        inclusion={"all": np.ones(13, dtype=bool), "random": random},
    )

    assert len(found.specifications) == found.k.size == 3 * 2 * 4 * 3
    assert len(set(found.specifications)) == len(found.specifications)
    for row, each in enumerate(found.specifications):
        effects = two_by_two(*BCG.values(), measure=each.measure)  # type: ignore[arg-type]  # OR, RR or RD
        keep = random if each.inclusion == "random" else np.ones(13, dtype=bool)
        alone = pool(
            effects.yi[keep], effects.vi[keep], tau2_method=each.tau2_method, ci_method=each.ci_method
        )
        ours = (found.estimate[row], found.se[row], found.ci_low[row], found.p_value[row], found.tau2[row])
        expected = (alone.estimate, alone.se, alone.ci.low, alone.p_value, alone.tau2.value)
        assert ours == pytest.approx(expected, rel=1e-7, abs=1e-12)
        assert found.k[row] == alone.k


def test_zero_cell_policies_are_specifications_of_their_own() -> None:
    policies = (
        ZeroCells(),
        ZeroCells(add=0.1),
        ZeroCells(to="none"),
        ZeroCells(drop00=True),
        ZeroCells("tacc"),
    )

    found = multiverse(RARE, measures=("OR",), zero_cells=policies, ci_methods=("wald",))

    assert [each.zero_cells for each in found.specifications] == list(policies)
    assert found.k.tolist() == [4, 4, 1, 3, 4]
    assert np.unique(found.estimate).size == 5


def test_a_filter_that_leaves_nothing_gives_no_number() -> None:
    found = multiverse(RARE, measures=("RR",), ci_methods=("wald",), inclusion={"none": [False] * 4})

    assert found.k.tolist() == [0]
    assert np.isnan(found.estimate).all()
    assert np.isnan(found.share_excluding())


def test_the_share_of_specifications_that_exclude_no_effect() -> None:
    found = multiverse(BCG, measures=("OR", "RD"), tau2_methods=("EE", "REML"), ci_methods=("wald",))

    outside = [low > 0 or high < 0 for low, high in zip(found.ci_low, found.ci_high, strict=True)]
    assert found.share_excluding() == pytest.approx(np.mean(outside))
    assert found.of_measure("RD").tolist() == [False, False, True, True]


def test_what_does_not_exist_or_does_not_fit_is_refused() -> None:
    with pytest.raises(UnknownOption, match="measures"):
        multiverse(BCG, measures=("XX",))  # type: ignore[arg-type]
    with pytest.raises(UnknownOption, match="empty"):
        multiverse(BCG, measures=("OR",), tau2_methods=())
    with pytest.raises(ShapeMismatch, match="random"):
        multiverse(BCG, measures=("OR",), inclusion={"random": [True]})
    with pytest.raises(UnknownOption, match="ai"):
        multiverse(BCG, measures=("SMD",))
    with pytest.raises(UnknownOption, match="events"):
        multiverse({**BCG, "events": [1]}, measures=("OR",))


def test_a_filter_with_a_missing_value_is_refused_and_does_not_count_as_true() -> None:
    with pytest.raises(ImpossibleData, match="filter 'low risk' holds"):
        multiverse(RARE, measures=("OR",), inclusion={"low risk": [1, 1, 0, np.nan]})
