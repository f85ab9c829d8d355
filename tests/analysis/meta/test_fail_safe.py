"""Fail-safe numbers against fsn() of metafor 3.8-1, and at the edges."""

import math

import pytest

from analysis.meta import (
    NotFinite,
    TooFewStudies,
    UnknownOption,
    fail_safe_orwin,
    fail_safe_rosenberg,
    fail_safe_rosenthal,
)
from tests.analysis.meta import bcg


def test_rosenthal_is_that_of_metafor() -> None:
    data = bcg.risk_ratios()

    found = fail_safe_rosenthal(data.yi, data.vi)

    assert (found.number, found.k, found.tolerance) == (598, 13, 75)
    assert found.p_value == pytest.approx(8.81395689626115e-30, rel=1e-10)
    assert fail_safe_rosenthal(data.yi, data.vi, alpha=0.01).number == 293


def test_orwin_is_that_of_metafor() -> None:
    data = bcg.risk_ratios()

    found = fail_safe_orwin(data.yi)

    assert found.number == 13
    assert found.mean == pytest.approx(-0.740650381210936, rel=1e-12)
    assert found.target == pytest.approx(-0.370325190605468, rel=1e-12)
    assert fail_safe_orwin(data.yi, target=math.log(0.9)).number == 79


def test_orwin_weights_by_variances_where_they_are_given() -> None:
    data = bcg.risk_ratios()

    assert fail_safe_orwin(data.yi, data.vi).mean == pytest.approx(-0.430285163654091, rel=1e-12)


def test_rosenberg_is_that_of_metafor() -> None:
    data = bcg.risk_ratios()

    found = fail_safe_rosenberg(data.yi, data.vi)

    assert found.number == 370
    assert found.p_value == pytest.approx(2.28862930697316e-26, rel=1e-10)
    assert found.mean == pytest.approx(-0.430285163654091, rel=1e-12)


@pytest.mark.parametrize(("target", "number"), [(0.0, math.inf), (-0.1, 3), (0.5, 0)])
def test_orwins_target_takes_the_sign_of_the_mean(target: float, number: float) -> None:
    assert fail_safe_orwin([0.2, 0.3, 0.1], target=target).number == number


def test_no_effect_needs_no_study_to_lose_it() -> None:
    yi, vi = [0.2, -0.2], [0.01, 0.01]

    assert fail_safe_rosenthal(yi, vi).number == 0
    assert fail_safe_rosenberg(yi, vi).number == 0
    # Half of a mean of 0 is 0, which no number of null studies moves.
    assert fail_safe_orwin(yi).number == math.inf


def test_one_study_has_a_number() -> None:
    assert fail_safe_rosenthal([0.2], [0.01]).number == 1
    assert fail_safe_rosenberg([0.2], [0.01]).number == 1


def test_numbers_are_rounded_up_unless_they_are_whole() -> None:
    assert fail_safe_orwin([0.3, 0.3, 0.3], target=0.1).number == 6
    assert fail_safe_orwin([0.3, 0.3, 0.3], target=0.11).number == 6
    assert fail_safe_orwin([0.3, 0.3, 0.3], target=0.09).number == 7


def test_each_number_says_what_it_means() -> None:
    yi, vi = [0.3, 0.5, 0.4], [0.01, 0.02, 0.04]

    assert fail_safe_rosenthal(yi, vi).meaning == (
        "Adding 24 studies with a mean z of 0 raises the one-sided p-value to 0.05."
    )
    assert fail_safe_rosenberg(yi, vi).meaning == (
        "Adding 16 studies with an effect of 0 and average weight raises the two-sided p-value to 0.05."
    )
    assert fail_safe_orwin(yi).meaning == ("Adding 3 studies with a mean effect of 0 brings the mean to 0.2.")
    assert fail_safe_orwin(yi, target=0).meaning.startswith("Adding no number of studies")


def test_what_has_no_answer_is_refused() -> None:
    with pytest.raises(UnknownOption, match="alpha"):
        fail_safe_rosenthal([0.1], [0.1], alpha=0.5)
    with pytest.raises(UnknownOption, match="alpha"):
        fail_safe_rosenberg([0.1], [0.1], alpha=1)
    with pytest.raises(NotFinite, match="target"):
        fail_safe_orwin([0.1], target=math.nan)
    with pytest.raises(TooFewStudies):
        fail_safe_orwin([])
