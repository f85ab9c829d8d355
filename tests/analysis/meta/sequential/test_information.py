"""Required information against RTSA's vignette, and at the edges."""

import pytest

from analysis.meta import (
    IllScaled,
    ImpossibleData,
    MissingArgument,
    NotPositive,
    TooFewStudies,
    UnknownOption,
    pool,
)
from analysis.meta.errors import NoNullValue
from analysis.meta.sequential import diversity, inflation_factor, information_size, trials_needed
from tests.analysis.meta.sequential import perioxy


@pytest.mark.parametrize(
    ("control_risk", "power", "diversity_", "i2", "expected"),
    [
        (0.1, 0.9, None, None, 36136),
        (0.2, 0.8, None, None, 12080),
        (0.1, 0.8, None, None, 26993),
        (0.2, 0.8, 0.3, None, 17258),
        (0.2, 0.8, None, 0.2, 15100),
    ],
)
def test_a_risk_ratio_needs_what_rtsa_says(
    control_risk: float, power: float, diversity_: float | None, i2: float | None, expected: int
) -> None:
    found = information_size(
        "RR", effect=0.9, control_risk=control_risk, power=power, diversity=diversity_, i2=i2
    )

    assert found.required == expected


def test_a_mean_difference_needs_what_rtsa_says_also_when_looked_at() -> None:
    plain = information_size("MD", effect=0.5, sd=1)
    looked_at = information_size("MD", effect=0.5, sd=1, inflation=inflation_factor([0.5, 0.75, 1.0]))

    assert plain.required == 169
    assert looked_at.required == 173
    assert information_size("SMD", effect=0.5).required == 169


def test_trials_under_heterogeneity_are_those_of_rtsa() -> None:
    found = trials_needed("RR", effect=0.9, tau2=0.05, control_risk=0.1, power=0.8)

    assert (found.trials, found.participants_per_trial, found.participants) == (36, 41747, 1502892)
    assert found.minimum_trials == 36


def test_the_worked_example_of_perioperative_oxygen() -> None:
    data = perioxy.risk_ratios()
    pooled = pool(data.yi, data.vi, tau2_method="DL")

    def size(**adjust: float) -> int:
        return information_size("RR", effect=0.8, control_risk=0.15, **adjust).required  # type: ignore[arg-type]  # names vary

    d2 = diversity(data.yi, data.vi, pooled.tau2.value)

    assert pooled.tau2.value == pytest.approx(0.065262, abs=5e-7)
    assert d2 == pytest.approx(0.632957, abs=5e-7)
    assert size() == 5454
    assert size(i2=pooled.heterogeneity.i2 / 100) == 10563
    assert size(diversity=d2) == 14860
    assert size(diversity=1 - 0.0040776 / pooled.se_hk**2) == pytest.approx(17660, abs=3)


def test_further_trials_of_perioperative_oxygen_are_those_of_rtsa() -> None:
    data = perioxy.risk_ratios()
    pooled = pool(data.yi, data.vi, tau2_method="DL")

    found = trials_needed(
        "RR", effect=0.8, control_risk=0.15, tau2=pooled.tau2.value, existing_variance=pooled.se_hk**2
    )

    assert (found.trials, found.participants) == (9, 184_896)


def test_more_trials_need_fewer_participants() -> None:
    sizes = [
        trials_needed("RR", effect=0.9, tau2=0.05, control_risk=0.1, trials=trials).participants
        for trials in (48, 60, 100)
    ]

    assert sizes == sorted(sizes, reverse=True)
    with pytest.raises(UnknownOption, match="no number of participants"):
        trials_needed("RR", effect=0.9, tau2=0.05, control_risk=0.1, trials=47)


def test_nothing_is_missing_where_the_estimate_is_precise_enough() -> None:
    found = trials_needed("MD", effect=0.5, tau2=0.1, sd=1, existing_variance=1e-3)

    assert (found.trials, found.participants_per_trial, found.participants) == (0, 0, 0)


def test_without_heterogeneity_one_trial_does_and_has_the_information_size() -> None:
    found = trials_needed("MD", effect=0.5, tau2=0.0, sd=1)

    assert (found.trials, found.participants) == (1, information_size("MD", effect=0.5, sd=1).required)


@pytest.mark.parametrize("measure", ["OR", "RD"])
def test_other_binary_measures_lead_to_the_same_participants_as_the_same_risks(measure: str) -> None:
    ratio = information_size("RR", effect=0.8, control_risk=0.25)
    effect = {"OR": (0.2 / 0.8) / (0.25 / 0.75), "RD": -0.05}[measure]

    found = information_size(measure, effect=effect, control_risk=0.25)  # type: ignore[arg-type]  # a literal

    assert found.experimental_risk == pytest.approx(0.2)
    assert found.required == ratio.required


def test_unequal_arms_need_more() -> None:
    even = information_size("MD", effect=0.5, sd=1)
    uneven = information_size("MD", effect=0.5, sd=1, experimental_share=2 / 3)

    assert uneven.exact == pytest.approx(even.exact * (1 / 4) / (2 / 9))


def test_a_one_sided_test_needs_as_much_as_a_two_sided_one_of_twice_the_alpha() -> None:
    one = information_size("MD", effect=0.5, sd=1, alpha=0.025, sides=1)
    two = information_size("MD", effect=0.5, sd=1, alpha=0.05, sides=2)

    assert one.required == two.required


def test_a_result_holds_every_step() -> None:
    found = information_size("RR", effect=0.9, control_risk=0.2, power=0.8, diversity=0.3)

    assert found.participants == 12080
    assert found.exact == pytest.approx(12079.3, abs=1)
    assert (found.adjustment, found.heterogeneity, found.inflation) == ("diversity", 0.3, 1.0)


def test_diversity_is_nothing_without_heterogeneity_and_at_least_i2() -> None:
    data = perioxy.risk_ratios()
    pooled = pool(data.yi, data.vi, tau2_method="DL")

    assert diversity(data.yi, data.vi, 0.0) == 0
    assert diversity(data.yi, data.vi, pooled.tau2.value) >= pooled.heterogeneity.i2 / 100
    assert diversity([0.3], [0.1], 0.1) == pytest.approx(0.5)


@pytest.mark.parametrize("measure", ["PR", "PLO", "PFT"])
def test_a_single_proportion_has_no_information_size_and_the_sentence_says_why(measure: str) -> None:
    with pytest.raises(NoNullValue, match=r"no value for 'no effect'.*cumulative pooled estimate"):
        information_size(measure, effect=0.5, control_risk=0.2)  # type: ignore[arg-type]  # the point of the test


def test_what_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(MissingArgument, match="control_risk"):
        information_size("RR", effect=0.9)
    with pytest.raises(MissingArgument, match="sd"):
        information_size("MD", effect=0.9)
    with pytest.raises(ImpossibleData, match="risk of 1"):
        information_size("RR", effect=2.0, control_risk=0.6)
    with pytest.raises(ImpossibleData, match="another risk"):
        information_size("RR", effect=1.0, control_risk=0.6)
    with pytest.raises(ImpossibleData, match="effect is 0"):
        information_size("MD", effect=0.0, sd=1)
    for tiny in (1e-9, 1e-200):
        with pytest.raises(ImpossibleData, match="give a larger one"):
            information_size("MD", effect=tiny, sd=1)
        with pytest.raises(ImpossibleData, match="give a larger one"):
            trials_needed("MD", effect=tiny, sd=1, tau2=1.0)
    with pytest.raises(UnknownOption, match="both given"):
        information_size("MD", effect=1, sd=1, diversity=0.2, i2=0.2)
    with pytest.raises(UnknownOption, match="diversity is 30"):
        information_size("MD", effect=1, sd=1, diversity=30)
    with pytest.raises(UnknownOption, match="inflation is"):
        information_size("MD", effect=1, sd=1, inflation=0.9)
    with pytest.raises(UnknownOption, match="power is"):
        information_size("MD", effect=1, sd=1, power=0.02)
    with pytest.raises(UnknownOption, match="tau2 is -1"):
        diversity([0.1], [0.1], -1)
    with pytest.raises(UnknownOption, match="measure"):
        information_size("IRR", effect=0.5, control_risk=0.1)  # type: ignore[arg-type]  # the point of the test
    with pytest.raises(NotPositive):
        diversity([0.1], [0.0], 0.1)
    with pytest.raises(TooFewStudies):
        diversity([], [], 0.1)


@pytest.mark.parametrize("trials", [float("nan"), float("inf"), 2.5, 1e300])
def test_a_number_of_trials_is_a_whole_one(trials: float) -> None:
    with pytest.raises(UnknownOption, match="give a whole number"):
        trials_needed("MD", effect=0.8, sd=1.0, tau2=0.1, trials=trials)  # type: ignore[arg-type]  # the point


def test_a_diversity_that_cannot_be_told_from_one_is_named() -> None:
    with pytest.raises(IllScaled, match="cannot be told from 1"):
        diversity([0.1, 0.2], [0.1, 1e-30], 0.1)
