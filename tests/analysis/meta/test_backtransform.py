"""From the analysis scale to the display scale and its ends."""

import doctest
import math
from typing import Any, get_args

import numpy as np
import pytest

from analysis.meta import (
    MissingArgument,
    NotFinite,
    NotPositive,
    ShapeMismatch,
    UnknownOption,
    backtransform,
    barendregt_doi_size,
    display,
    displayed_pool,
    displayed_studies,
    double_arcsine_to_proportion,
    effect_sizes,
    harmonic_mean,
    pool,
    proportions,
    shown,
    shown_many,
)
from analysis.meta.measures import Scale

# Control arms of the BCG trials.
EVENTS = [11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29]
TOTALS = [139, 303, 220, 12867, 5808, 1451, 629, 88391, 7277, 1665, 27338, 2341, 17854]


@pytest.mark.parametrize("n", [1, 2, 7, 30, 1000])
def test_the_double_arcsine_of_every_count_comes_back(n: int) -> None:
    data = proportions(list(range(n + 1)), [n] * (n + 1), measure="PFT")

    for x, yi in enumerate(data.yi):
        back = double_arcsine_to_proportion(float(yi), n=n)
        assert back.value == pytest.approx(x / n, abs=1e-9)
        assert not back.clipped


def test_the_pooled_double_arcsine_comes_back_as_in_metafor() -> None:
    data = proportions(EVENTS, TOTALS, measure="PFT")
    found = pool(data.yi, data.vi)

    assert found.estimate == pytest.approx(0.170218163458132, rel=1e-9)
    size = harmonic_mean(data.ni)
    back = [double_arcsine_to_proportion(v, n=size).value for v in (found.estimate, found.ci.low)]
    assert back == pytest.approx([0.0280169415989653, 0.00792980359033835], rel=1e-8)
    size = barendregt_doi_size(found.se)
    back = [double_arcsine_to_proportion(v, n=size).value for v in (found.estimate, found.ci.low)]
    assert back == pytest.approx([0.0258512891968131, 0.00585213766580278], rel=1e-8)


def test_values_beyond_the_transform_are_clipped_and_say_so() -> None:
    assert double_arcsine_to_proportion(-0.1, n=10) == shown(-0.1, scale="arcsine", n=10)
    assert double_arcsine_to_proportion(-0.1, n=10).value == 0.0
    assert double_arcsine_to_proportion(-0.1, n=10).clipped
    assert double_arcsine_to_proportion(1.6, n=10).value == 1.0
    assert double_arcsine_to_proportion(1.6, n=10).clipped


def test_an_interval_without_width_comes_back_by_the_squared_sine() -> None:
    assert barendregt_doi_size(0.0) == math.inf
    assert double_arcsine_to_proportion(0.5, n=math.inf).value == pytest.approx(math.sin(0.5) ** 2)


def test_raw_proportions_stay_between_0_and_1_and_differences_do_not_have_to() -> None:
    assert shown(1.2, scale="identity", bounded=True).value == 1.0
    assert shown(1.2, scale="identity", bounded=True).clipped
    assert shown(1.2, scale="identity").value == 1.2
    assert shown(0.0, scale="exp").value == 1.0
    assert shown(0.0, scale="logistic").value == 0.5


def test_a_sample_size_must_be_given_and_positive() -> None:
    with pytest.raises(NotPositive):
        shown(0.5, scale="arcsine")
    with pytest.raises(NotPositive):
        harmonic_mean([])
    with pytest.raises(NotPositive):
        harmonic_mean([3, 0])
    with pytest.raises(NotPositive):
        barendregt_doi_size(-1.0)


def test_the_other_scales_come_back_as_in_metafor() -> None:
    assert [shown(v, scale="rate_arcsine", n=25).value for v in (0.1, 0.2, 0.5)] == pytest.approx(
        [0, 0.0225, 0.2304], rel=1e-12, abs=1e-15
    )
    assert [shown(v, scale="sine_squared").value for v in (-0.1, 0.5, 2.0)] == pytest.approx(
        [0, 0.22984884706593, 1]
    )
    assert [shown(v, scale="square").value for v in (-0.1, 0.5)] == pytest.approx([0, 0.25])
    assert shown(0.549306144334055, scale="tanh").value == pytest.approx(0.5)


def test_values_beyond_the_other_scales_say_so() -> None:
    assert shown(-0.1, scale="sine_squared").clipped
    assert shown(-0.1, scale="square").clipped
    assert shown(0.05, scale="rate_arcsine", n=25).clipped
    assert not shown(0.1, scale="rate_arcsine", n=25).clipped
    assert shown(800.0, scale="exp").clipped
    assert shown(0.3, scale="exp", bounded=True).value == 1.0


def test_a_scale_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownOption, match="scale is 'log'"):
        shown(0.5, scale="log")  # type: ignore[arg-type]  # the refusal is the test
    with pytest.raises(NotPositive, match="person-time"):
        shown(0.5, scale="rate_arcsine")


def test_a_pooled_double_arcsine_outside_its_studies_is_named() -> None:
    # One study of 217154 among small ones, as in Schwarzer and others (2019): the harmonic mean is ruled by
    # the small studies, and the pooled value becomes an exact 0.
    data = effect_sizes("PFT", xi=[3, 22, 10, 5, 12], ni=[217154, 100, 200, 15, 40])
    found = pool(data.yi, data.vi, tau2_method="EE")

    back = displayed_pool(
        "PFT", estimate=found.estimate, low=found.ci.low, high=found.ci.high, yi=data.yi, ni=data.ni
    )

    assert (back.estimate, back.clipped, back.outside_studies, back.reliable) == (0.0, True, True, False)
    assert "PLO or a mixed model" in back.warnings[1]
    assert back.size == pytest.approx(46.87297639392462)


def test_a_pooled_double_arcsine_among_its_studies_is_reliable() -> None:
    data = effect_sizes("PFT", xi=EVENTS, ni=TOTALS)
    found = pool(data.yi, data.vi)
    limits = {"estimate": found.estimate, "low": found.ci.low, "high": found.ci.high}

    harmonic = displayed_pool("PFT", **limits, yi=data.yi, ni=data.ni)
    by_error = displayed_pool("PFT", **limits, se=found.se, size="barendregt_doi")
    by_number = displayed_pool("PFT", **limits, size=1000.0)

    assert harmonic.reliable
    assert harmonic.estimate == pytest.approx(0.0280169415989653, rel=1e-8)
    assert by_error.estimate == pytest.approx(0.0258512891968131, rel=1e-8)
    assert by_number.size == 1000.0
    assert harmonic.warnings == ()


def test_pools_on_other_scales_keep_their_order() -> None:
    odds = displayed_pool("OR", estimate=0.0, low=-0.7, high=0.7, yi=[-1.0, 1.0])
    raw = displayed_pool("PR", estimate=0.05, low=-0.02, high=0.12)

    assert (odds.estimate, odds.low, odds.high) == pytest.approx((1.0, math.exp(-0.7), math.exp(0.7)))
    assert (odds.reliable, odds.size) == (True, None)
    assert (raw.low, raw.clipped) == (0.0, True)


def test_showing_a_pool_needs_finite_values_and_what_the_scale_needs() -> None:
    with pytest.raises(NotFinite, match="estimate is nan"):
        displayed_pool("OR", estimate=math.nan, low=0.0, high=1.0)
    with pytest.raises(MissingArgument, match="ni is not given"):
        displayed_pool("PFT", estimate=0.2, low=0.1, high=0.3)
    with pytest.raises(MissingArgument, match="se is not given"):
        displayed_pool("PFT", estimate=0.2, low=0.1, high=0.3, size="barendregt_doi")
    with pytest.raises(ShapeMismatch, match="ni has shape"):
        displayed_studies("PFT", [0.2, 0.3], ni=[5])
    assert math.isnan(displayed_studies("PLO", [math.nan, 0.0])[0])


SCALES = get_args(Scale)


@pytest.mark.parametrize("scale", SCALES)
def test_many_values_come_back_as_each_alone(scale: Any) -> None:
    values = np.linspace(-0.5, 2.0, 41)
    sizes = np.linspace(3.0, 900.0, 41)

    found = shown_many(values, scale=scale, n=sizes)

    alone = [shown(float(v), scale=scale, n=float(n)).value for v, n in zip(values, sizes, strict=True)]
    assert found == pytest.approx(alone, rel=1e-12, abs=1e-12)
    assert np.isnan(shown_many([np.nan], scale=scale, n=[5.0])[0])


def test_many_values_need_sizes_and_a_scale_that_exists() -> None:
    with pytest.raises(NotPositive, match="must be given and above 0"):
        shown_many([0.2], scale="arcsine")
    with pytest.raises(UnknownOption, match="scale is 'log'"):
        shown_many([0.2], scale="log")  # type: ignore[arg-type]  # the refusal is the test


@pytest.mark.parametrize("module", [backtransform, display])
def test_the_examples_run(module: Any) -> None:
    outcome = doctest.testmod(module)

    assert outcome.attempted > 0
    assert outcome.failed == 0
