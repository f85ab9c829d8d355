"""Trial sequential analysis against RTSA's worked example, and its stopping rule."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from analysis.meta import (
    ImpossibleData,
    NotFinite,
    NotPositive,
    ShapeMismatch,
    TooFewStudies,
    UnknownOption,
    pool,
)
from analysis.meta.errors import NoNullValue
from analysis.meta.sequential import ASSUMPTIONS, TrialSequential, Verdict, trial_sequential
from tests.analysis.meta.sequential import perioxy


def monitor(yi: list[float], *, vi: float = 0.02, ni: float = 400, **options: Any) -> TrialSequential:
    chosen: dict[str, Any] = {"required": 2000, "measure": "RR", "benefit": "lower", **options}
    return trial_sequential(yi, [vi] * len(yi), [ni] * len(yi), **chosen)


def test_perioperative_oxygen_is_inconclusive_at_the_published_boundary() -> None:
    data = perioxy.risk_ratios()

    found = trial_sequential(
        data.yi,
        data.vi,
        data.ni,
        required=14860,
        measure="RR",
        benefit="lower",
        dates=perioxy.YEARS,
        tau2_method="DL",
    )

    last = found.looks[-1]
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.decided_at is None
    assert last.z == pytest.approx(-1.3282, abs=5e-5)
    assert last.fraction == pytest.approx(0.4858, abs=5e-5)
    assert last.efficacy == pytest.approx(3.1284, abs=5e-5)
    assert found.required - last.participants == 7641
    assert [found.order[0], found.order[-1]] == [5, 14]  # Greif 2000 to Williams 2013


def test_each_look_is_the_pooling_of_the_studies_known_by_then() -> None:
    data = perioxy.risk_ratios()

    found = trial_sequential(
        data.yi,
        data.vi,
        data.ni,
        required=20000,
        measure="RR",
        benefit="lower",
        dates=perioxy.YEARS,
        looks=[3, 9, 15],
    )

    assert [look.k for look in found.looks] == [3, 9, 15]
    for look in found.looks:
        known = list(found.order[: look.k])
        pooled = pool(data.yi[known], data.vi[known], tau2_method="REML")
        assert look.estimate == pytest.approx(pooled.estimate, rel=1e-7)
        assert look.se == pytest.approx(pooled.se_wald, rel=1e-7)
        assert look.z == pytest.approx(pooled.statistic, rel=1e-7)
        assert look.participants == data.ni[known].sum()


def test_the_adjusted_interval_is_as_wide_as_the_boundary_says() -> None:
    found = monitor([-0.1, -0.2, -0.1])
    look = found.looks[-1]

    assert look.efficacy is not None
    assert look.ci is not None
    assert look.ci.high - look.estimate == pytest.approx(look.efficacy * look.se)
    assert found.level == 0.95


@pytest.mark.parametrize(
    ("yi", "benefit", "verdict"),
    [
        ([-0.4, -0.5, -0.4], "lower", Verdict.BENEFIT),
        ([-0.4, -0.5, -0.4], "higher", Verdict.HARM),
        ([0.4, 0.5, 0.4], "lower", Verdict.HARM),
        ([0.4, 0.5, 0.4], "higher", Verdict.BENEFIT),
    ],
)
def test_the_direction_that_helps_turns_a_crossing_into_benefit_or_harm(
    yi: list[float], benefit: str, verdict: Verdict
) -> None:
    found = monitor(yi, benefit=benefit)

    assert found.verdict is verdict
    assert found.decided_at == 1


def test_the_first_crossing_counts_even_where_later_looks_come_back() -> None:
    found = monitor([-0.5, -0.5, 0.6, 0.6], tau2_method="EE")

    assert found.verdict is Verdict.BENEFIT
    assert found.decided_at == 1
    assert found.looks[-1].crossed is None


def test_a_one_sided_test_finds_no_harm() -> None:
    found = monitor([0.5, 0.5, 0.5, 0.5, 0.5], sides=1, alpha=0.025)

    assert found.verdict is Verdict.INFORMATION_REACHED
    assert found.level == pytest.approx(0.95)


def test_information_reached_without_a_crossing_ends_monitoring() -> None:
    found = monitor([0.02, -0.03, 0.01, 0.02, -0.02, 0.03])

    assert found.verdict is Verdict.INFORMATION_REACHED
    assert found.decided_at == 4
    assert found.looks[4].alpha_spent == pytest.approx(0.05)
    assert found.looks[5].efficacy is None
    assert found.looks[5].ci is None
    assert found.looks[5].fraction == pytest.approx(1.2)


def test_a_last_look_beyond_the_required_information_counts_as_all_of_it() -> None:
    found = monitor([0.0, 0.1], ni=1500)

    assert [look.fraction for look in found.looks] == pytest.approx([0.75, 1.5])
    assert found.looks[1].alpha_spent == pytest.approx(0.05)
    assert found.verdict is Verdict.INFORMATION_REACHED


def test_one_study_with_all_information_has_the_ordinary_test() -> None:
    found = monitor([-0.3], ni=2000)

    assert found.looks[0].efficacy == pytest.approx(1.959963984540054, abs=1e-12)
    assert found.verdict is Verdict.BENEFIT


def test_a_tiny_first_look_has_no_boundary_and_no_interval() -> None:
    found = monitor([-3.0], ni=20)

    assert found.looks[0].efficacy is None
    assert found.looks[0].ci is None
    assert found.verdict is Verdict.INCONCLUSIVE


def test_futility_raises_what_is_required_and_can_be_crossed() -> None:
    found = monitor([0.03, -0.02, 0.0, 0.01], futility="nonbinding")

    assert found.inflation > 1
    assert found.required == pytest.approx(2000 * found.inflation)
    assert found.verdict is Verdict.FUTILITY
    assert found.decided_at is not None
    look = found.looks[found.decided_at]
    assert look.futility is not None
    assert abs(look.z) <= look.futility


def test_nonbinding_futility_gives_way_to_a_later_effect_and_binding_does_not() -> None:
    yi = [0.0, 0.0, 0.0, -1.0, -1.0]
    late: dict[str, Any] = {"tau2_method": "EE", "sides": 1, "alpha": 0.025}

    free = monitor(yi, futility="nonbinding", **late)
    bound = monitor(yi, futility="binding", **late)

    assert free.looks[2].crossed is Verdict.FUTILITY
    assert free.verdict is Verdict.BENEFIT
    assert bound.verdict is Verdict.FUTILITY
    assert "futility_stops" in bound.assumptions
    assert "futility_may_be_disregarded" in free.assumptions


def test_dates_set_the_order_and_ties_keep_the_one_given() -> None:
    days = [date(2021, 5, 1), date(2019, 1, 1), date(2021, 5, 1), date(2018, 7, 9)]

    assert monitor([0.1, 0.2, 0.3, 0.4], dates=days).order == (3, 1, 0, 2)
    assert monitor([0.1, 0.2], dates=["2021-05", "2019-12"]).order == (1, 0)
    assert monitor([0.1, 0.2]).order == (0, 1)


def test_a_result_says_what_it_rests_on() -> None:
    found = monitor([0.1, 0.2], spending="pocock")

    assert (found.spending, found.alpha, found.tau2_method, found.measure) == ("pocock", 0.05, "REML", "RR")
    assert "independent_increments" in found.assumptions
    assert set(found.assumptions) <= set(ASSUMPTIONS)


@pytest.mark.parametrize("measure", ["PR", "PLO", "PFT"])
def test_pooled_proportions_of_single_groups_are_refused(measure: str) -> None:
    with pytest.raises(NoNullValue, match="describes one group") as caught:
        monitor([0.1, 0.2], measure=measure)
    assert caught.value.code == "no_null_value"


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"required": 0}, UnknownOption, "required is 0"),
        ({"required": float("inf")}, UnknownOption, "required is inf"),
        ({"benefit": "negative"}, UnknownOption, "benefit"),
        ({"measure": "XX"}, UnknownOption, "measure is 'XX'"),
        ({"futility": "always"}, UnknownOption, "futility"),
        ({"tau2_method": "XX"}, UnknownOption, "tau2_method"),
        ({"ni": 0}, ImpossibleData, r"ni\[0\] is 0"),
        ({"vi": 0.0}, NotPositive, "vi"),
        ({"dates": [2001]}, ShapeMismatch, "dates has 1"),
        ({"dates": [2001, float("nan")]}, ImpossibleData, r"dates\[1\] is missing"),
        ({"dates": [2001, "2002"]}, ShapeMismatch, "mixes kinds"),
        ({"looks": [1]}, UnknownOption, "to all 2"),
        ({"looks": [2, 1]}, UnknownOption, "rising"),
        ({"looks": []}, UnknownOption, "looks is"),
    ],
)
def test_what_cannot_be_monitored_is_refused_by_name(
    options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        monitor([0.1, 0.2], **options)


def test_no_study_and_no_number_are_refused() -> None:
    with pytest.raises(TooFewStudies):
        monitor([])
    with pytest.raises(NotFinite):
        monitor([0.1, float("nan")])
    with pytest.raises(ShapeMismatch, match="ni has shape"):
        trial_sequential([0.1], [0.1], [10, 20], required=100, measure="RR", benefit="lower")
    with pytest.raises(UnknownOption, match=r"looks\[1\] adds .* merge"):
        trial_sequential([0.1] * 2, [0.1] * 2, [1e8, 1], required=1e9, measure="RR", benefit="lower")


def test_equal_effects_and_huge_variances_have_a_defined_result() -> None:
    equal = monitor([0.0, 0.0, 0.0])
    vague = monitor([1e3, -1e3, 5.0], vi=1e12)

    assert all(look.z == 0 for look in equal.looks)
    assert vague.verdict is Verdict.INCONCLUSIVE
    assert np.isfinite([look.z for look in vague.looks]).all()


@pytest.mark.parametrize("looks", [[1.5, 2], [float("nan"), 2], [2, 2]])
def test_looks_are_whole_numbers_of_studies(looks: Any) -> None:
    with pytest.raises(UnknownOption, match="looks is"):
        trial_sequential(
            [0.1, 0.2], [0.1, 0.1], [9, 9], required=99, measure="OR", benefit="lower", looks=looks
        )
