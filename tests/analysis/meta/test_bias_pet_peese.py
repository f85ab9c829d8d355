"""PET-PEESE against lm() of R 4.2.2, its rule, and its edges."""

import numpy as np
import pytest

from analysis.meta import IllScaled, NoVariation, TooFewStudies, UnknownOption, pet_peese
from tests.analysis.meta import bcg


def test_both_parts_are_those_of_lm() -> None:
    data = bcg.risk_ratios()

    found = pet_peese(data.yi, data.vi)

    assert (found.pet.code, found.peese.code) == ("pet", "peese")
    assert found.pet.intercept == pytest.approx(-0.19092864235982, rel=1e-10)
    assert found.pet.intercept_se == pytest.approx(0.220084949548725, rel=1e-10)
    assert found.peese.intercept == pytest.approx(-0.379953506428271, rel=1e-10)
    assert [found.peese.limit.low, found.peese.limit.high] == pytest.approx(
        [-0.726070069766683, -0.0338369430898586], rel=1e-9
    )


def test_pet_decides_in_the_direction_of_the_mean() -> None:
    data = bcg.risk_ratios()

    found = pet_peese(data.yi, data.vi)

    assert found.direction == "less"
    assert found.p_value == pytest.approx(0.404183981705598 / 2, rel=1e-10)
    assert (found.chosen, found.estimate, found.se) == ("pet", found.pet.intercept, found.pet.intercept_se)
    assert found.ci == found.pet.limit


def test_peese_is_chosen_where_pet_finds_an_effect() -> None:
    data = bcg.risk_ratios()

    found = pet_peese(data.yi, data.vi, alpha=0.25)

    assert (found.chosen, found.estimate) == ("peese", found.peese.intercept)
    assert found.ci == found.peese.limit


def test_an_effect_in_the_other_direction_is_none() -> None:
    data = bcg.risk_ratios()

    found = pet_peese(data.yi, data.vi, alpha=0.25, direction="greater")

    assert found.chosen == "pet"
    assert found.p_value == pytest.approx(1 - 0.404183981705598 / 2, rel=1e-10)


def test_an_exact_line_decides_without_a_standard_error() -> None:
    se = np.array([0.1, 0.2, 0.3, 0.4])

    found = pet_peese(1 + 2 * se, se**2)

    assert (found.chosen, found.p_value) == ("peese", 0.0)


def test_additive_error_gives_a_normal_test() -> None:
    data = bcg.risk_ratios()

    found = pet_peese(data.yi, data.vi, model="rma", tau2_method="DL")

    assert found.df is None
    assert found.pet.tau2 is not None
    assert found.pet.tau2 > 0


def test_signs_mirror() -> None:
    data = bcg.risk_ratios()

    plain, mirrored = pet_peese(data.yi, data.vi), pet_peese(-data.yi, data.vi)

    assert mirrored.estimate == pytest.approx(-plain.estimate, rel=1e-12)
    assert (mirrored.direction, mirrored.chosen) == ("greater", plain.chosen)
    assert mirrored.p_value == pytest.approx(plain.p_value, rel=1e-12)


def test_what_cannot_be_estimated_is_refused() -> None:
    with pytest.raises(UnknownOption, match="alpha"):
        pet_peese([0.1, 0.2, 0.3], [0.1, 0.2, 0.3], alpha=5)
    with pytest.raises(UnknownOption, match="direction"):
        pet_peese([0.1, 0.2, 0.3], [0.1, 0.2, 0.3], direction="up")  # type: ignore[arg-type]
    with pytest.raises(TooFewStudies):
        pet_peese([0.1, 0.2], [0.1, 0.2])
    with pytest.raises(NoVariation):
        pet_peese([0.1, 0.2, 0.3], [0.1, 0.1, 0.1])


def test_effects_that_no_sum_could_hold_are_named() -> None:
    for yi, vi in (([0.1, 1e300, 0.2], [0.1, 0.2, 0.3]), ([0.1, 0.3, 0.2], [0.1, 1e-300, 0.3])):
        with pytest.raises(IllScaled):
            pet_peese(yi, vi)
