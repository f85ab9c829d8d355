"""Conversions against the worked examples of the Handbook and the papers, and by turning them round."""

import doctest
import json
import math
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from analysis.meta import (
    ImpossibleData,
    MissingArgument,
    NotFinite,
    UnknownOption,
    combined_groups,
    log_or_from_smd,
    mean_differences,
    mean_sd_from_ci,
    mean_sd_from_quantiles,
    r_from_smd,
    r_from_z,
    sd_from_p,
    sd_from_se,
    sd_from_t,
    sd_of_change,
    se_from_ci,
    skewness_test,
    smd_from_f,
    smd_from_log_or,
    smd_from_p,
    smd_from_r,
    smd_from_t,
    z_from_r,
)
from analysis.meta.conversion import between_measures, from_tests, quantiles, spread

QUICK = settings(max_examples=40, deadline=None)
EFFECT = st.integers(-200, 200).map(lambda value: value / 100)
VARIANCE = st.integers(1, 200).map(lambda value: value / 400)
SIZE = st.integers(2, 400)


def test_the_handbook_turns_a_standard_error_into_an_sd() -> None:
    found = sd_from_se(0.5, 100)

    assert found["sd"] == 5.0
    assert (found.method, dict(found.inputs)) == ("sd_from_se", {"se": 0.5, "n": 100.0})
    assert "standard error of the mean" in found.assumption
    assert "Handbook" in found.reference


def test_the_handbook_turns_an_interval_into_a_mean_and_an_sd() -> None:
    # Section 6.5.2.2: 25 participants, 95 % interval 30 to 34.2, t quantile 2.064, SD 5.09.
    by_t = mean_sd_from_ci(30.0, 34.2, 25)
    by_z = mean_sd_from_ci(30.0, 34.2, 25, distribution="z")

    assert (by_t["mean"], by_t["sd"]) == pytest.approx((32.1, 5.09), abs=5e-3)
    assert by_z["sd"] == pytest.approx(5 * 4.2 / 3.92, abs=1e-3)
    assert by_t.method == "mean_sd_from_ci_t"


def test_the_handbook_turns_p_and_t_into_an_sd() -> None:
    # Section 6.5.2.3: difference 3.8, p 0.008, groups of 25 and 22: t 2.78, SE 1.37, SD 4.69.
    by_p, by_t = sd_from_p(3.8, 0.008, 25, 22), sd_from_t(3.8, 2.78, 25, 22)

    assert (by_p["t"], by_p["se"], by_p["sd"]) == pytest.approx((2.78, 1.37, 4.69), abs=0.01)
    assert by_t["sd"] == pytest.approx(4.69, abs=0.02)
    assert sd_from_t(-3.8, 2.78, 25, 22)["sd"] == by_t["sd"]


def test_the_handbook_finds_the_sd_of_changes() -> None:
    # Section 6.5.2.8: the SDs 6.4 and 7.1 with a change of SD 4.5 correlate with 0.78, and so in reverse.
    assert sd_of_change(6.4, 7.1, 0.78)["sd"] == pytest.approx(4.5, abs=0.05)
    assert sd_of_change(4.0, 4.0, 0.0)["sd"] == pytest.approx(4 * math.sqrt(2))


def test_combined_groups_are_the_sample_of_all_participants() -> None:
    rng = np.random.default_rng(5)
    first, second = rng.normal(3, 2, 17), rng.normal(8, 5, 40)
    both = np.concatenate([first, second])

    found = combined_groups(first.mean(), first.std(ddof=1), 17, second.mean(), second.std(ddof=1), 40)

    assert (found["mean"], found["sd"]) == pytest.approx((both.mean(), both.std(ddof=1)))
    assert found["n"] == 57


def test_a_ratio_and_its_interval_become_a_logarithm_and_a_standard_error() -> None:
    found = se_from_ci(0.45, 0.80, estimate=0.60, ratio=True)

    assert found["estimate"] == pytest.approx(math.log(0.6))
    assert found["se"] == pytest.approx(math.log(0.8 / 0.45) / (2 * 1.959963984540054))
    assert found.warnings == ()
    assert se_from_ci(0.5, 2.0, ratio=True)["estimate"] == pytest.approx(0.0)


def test_an_estimate_beside_the_middle_of_its_interval_is_marked() -> None:
    slip = se_from_ci(0.45, 0.80, estimate=0.70, ratio=True)
    wrong_scale = se_from_ci(0.45, 2.80, estimate=1.12, ratio=False)

    assert "from the middle of its interval" in slip.warnings[0]
    assert wrong_scale.warnings
    assert se_from_ci(-1.0, 3.0, estimate=1.0, df=9)["se"] == pytest.approx(2 / 2.2621571627409915)


# Scenarios by hand from the formulas: n = 100.
def test_quantiles_give_the_published_estimates() -> None:
    given: dict[str, Any] = {"median": 50.0, "n": 100}
    wide, narrow = ndtri(99.625 / 100.25), ndtri(74.875 / 100.25)

    by_range = mean_sd_from_quantiles(**given, low=20.0, high=90.0)
    by_quartiles = mean_sd_from_quantiles(**given, q1=43.0, q3=60.0)
    five = mean_sd_from_quantiles(**given, low=20.0, q1=43.0, q3=60.0, high=90.0)

    weight = 4 / (4 + 100**0.75)
    assert by_range["mean"] == pytest.approx(weight * 55 + (1 - weight) * 50)
    assert by_range["sd"] == pytest.approx(70 / (2 * wide))
    weight = 0.7 + 0.39 / 100
    assert by_quartiles["mean"] == pytest.approx(weight * 51.5 + (1 - weight) * 50)
    assert by_quartiles["sd"] == pytest.approx(17 / (2 * narrow))
    first, second = 2.2 / (2.2 + 100**0.75), 0.7 - 0.72 / 100**0.55
    assert five["mean"] == pytest.approx(first * 55 + second * 51.5 + (1 - first - second) * 50)
    assert five["sd"] == pytest.approx(70 / (4 * wide) + 17 / (4 * narrow))
    assert five.method == "luo_wan_five_numbers"


def test_the_older_means_and_the_weighted_sd_are_a_choice() -> None:
    given: dict[str, Any] = {"median": 50.0, "n": 100}
    five: dict[str, Any] = {"low": 20.0, "q1": 43.0, "q3": 60.0, "high": 90.0}

    assert mean_sd_from_quantiles(**given, low=20.0, high=90.0, mean_method="wan")["mean"] == 52.5
    assert mean_sd_from_quantiles(**given, q1=43.0, q3=60.0, mean_method="wan")["mean"] == 51.0
    assert mean_sd_from_quantiles(**given, **five, mean_method="wan")["mean"] == 52.0
    weighted = mean_sd_from_quantiles(**given, **five, sd_method="shi")
    wide, narrow, power = ndtri(99.625 / 100.25), ndtri(74.875 / 100.25), 100**0.6
    expected = 70 / ((2 + 0.14 * power) * wide) + 17 / ((2 + 2 / (0.07 * power)) * narrow)
    assert weighted["sd"] == pytest.approx(expected)
    assert weighted.method == "luo_shi_five_numbers"


@pytest.mark.parametrize("sd_method", ["wan", "shi"])
@pytest.mark.parametrize("shown", [("low", "high"), ("q1", "q3"), ("low", "q1", "q3", "high")])
def test_quantiles_of_normal_data_lead_back_to_mean_and_sd(shown: tuple[str, ...], sd_method: Any) -> None:
    rng = np.random.default_rng(7)
    n = 81
    samples = np.sort(rng.normal(20, 4, size=(400, n)), axis=1)
    places = {"low": 0, "q1": 20, "q3": 60, "high": 80}

    def ends(row: Any) -> dict[str, Any]:
        return {name: float(row[places[name]]) for name in shown}

    found = [mean_sd_from_quantiles(float(row[40]), n, **ends(row), sd_method=sd_method) for row in samples]

    assert np.mean([one["mean"] for one in found]) == pytest.approx(20, abs=0.1)
    assert np.mean([one["sd"] for one in found]) == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize("shown", [("low", "high"), ("q1", "q3"), ("low", "q1", "q3", "high")])
def test_the_skewness_test_keeps_its_level_and_sees_lognormal_data(shown: tuple[str, ...]) -> None:
    rng = np.random.default_rng(11)
    n = 101
    places = {"low": 0, "q1": 25, "q3": 75, "high": 100}
    normal = np.sort(rng.normal(size=(1000, n)), axis=1)

    def share(samples: Any) -> float:
        verdicts = [
            skewness_test(float(row[50]), n, **{name: float(row[places[name]]) for name in shown}).skewed
            for row in samples
        ]
        return float(np.mean(verdicts))

    assert 0.03 < share(normal) < 0.07
    assert share(np.exp(normal)) > 0.6


def test_lopsided_quantiles_carry_a_warning() -> None:
    assert "look skewed" in mean_sd_from_quantiles(30.0, 60, q1=10.0, q3=100.0).warnings[0]
    assert mean_sd_from_quantiles(55.0, 60, q1=10.0, q3=100.0).warnings == ()


def test_impossible_quantiles_are_refused() -> None:
    with pytest.raises(MissingArgument, match="q1 and q3, low and high"):
        mean_sd_from_quantiles(5.0, 20)
    with pytest.raises(MissingArgument, match="Of q1 and q3 one is missing"):
        mean_sd_from_quantiles(5.0, 20, q1=3.0)
    with pytest.raises(ImpossibleData, match="should ascend"):
        mean_sd_from_quantiles(5.0, 20, q1=6.0, q3=9.0)
    with pytest.raises(ImpossibleData, match="should ascend"):
        mean_sd_from_quantiles(5.0, 20, q1=4.0, q3=9.0, low=4.5, high=12.0)
    with pytest.raises(ImpossibleData, match="should ascend"):
        mean_sd_from_quantiles(5.0, 20, low=5.0, high=5.0)
    with pytest.raises(ImpossibleData, match="fewer than 3"):
        mean_sd_from_quantiles(5.0, 2, low=1.0, high=9.0)
    with pytest.raises(NotFinite, match="median is nan"):
        mean_sd_from_quantiles(math.nan, 20, low=1.0, high=9.0)


def test_test_statistics_lead_to_the_difference_that_the_moments_give() -> None:
    m1, m2, sd, n1, n2 = 12.0, 10.0, 3.0, 24, 31
    direct = mean_differences([m1], [sd], [n1], [m2], [sd], [n2], measure="SMD")
    t = (m1 - m2) / (sd * math.sqrt(1 / n1 + 1 / n2))

    by_t, by_f = smd_from_t(t, n1, n2), smd_from_f(t**2, n1, n2, sign=1)

    assert (by_t["g"], by_t["vi"]) == pytest.approx((direct.yi[0], direct.vi[0]))
    assert by_f["g"] == pytest.approx(by_t["g"])
    assert smd_from_f(t**2, n1, n2, sign=-1)["g"] == pytest.approx(-by_t["g"])


def test_an_exact_p_value_leads_to_the_same_difference() -> None:
    # t = 2.0 with 58 degrees of freedom has p = 0.050198 (R: 2 * pt(-2, 58)).
    found = smd_from_p(0.05019046804144837, 30, 30, sign=-1)

    assert found["g"] == pytest.approx(-smd_from_t(2.0, 30, 30)["g"], rel=1e-8)
    assert smd_from_p(1.0, 30, 30, sign=1)["g"] == 0.0


def test_borensteins_examples_of_converted_effects_come_out() -> None:
    # Chapter 7: log odds ratio 0.9069 (variance 0.0676), d 0.5 (0.0205), r 0.5 (0.0058).
    smd, log_or = smd_from_log_or(0.9069, 0.0676), log_or_from_smd(0.5, 0.0205)
    from_r, to_r = smd_from_r(0.5, 0.0058), r_from_smd(1.1547, 0.0550)

    assert (smd["smd"], smd["vi"]) == pytest.approx((0.5, 0.0205), abs=1e-4)
    assert (log_or["log_or"], log_or["vi"]) == pytest.approx((0.9069, 0.0676), abs=2e-4)
    assert (from_r["smd"], from_r["vi"]) == pytest.approx((1.1547, 0.0550), abs=1e-4)
    assert (to_r["r"], to_r["vi"]) == pytest.approx((0.5, 0.0058), abs=1e-4)


def test_coxs_factor_is_another_choice() -> None:
    assert smd_from_log_or(1.65, 1.65**2, method="cox").values == {"smd": 1.0, "vi": 1.0}
    assert log_or_from_smd(1.0, 1.0, method="cox")["log_or"] == 1.65


@QUICK
@given(smd=EFFECT, vi=VARIANCE, method=st.sampled_from(["logistic", "cox"]), n1=SIZE, n2=SIZE)
def test_conversions_between_measures_can_be_turned_round(
    smd: float, vi: float, method: Any, n1: int, n2: int
) -> None:
    odds = log_or_from_smd(smd, vi, method=method)
    back = smd_from_log_or(odds["log_or"], odds["vi"], method=method)
    r = r_from_smd(smd, vi, n1=n1, n2=n2)
    again = smd_from_r(r["r"], r["vi"], n1=n1, n2=n2)
    z = z_from_r(r["r"], 50)

    assert (back["smd"], back["vi"]) == pytest.approx((smd, vi))
    assert (again["smd"], again["vi"]) == pytest.approx((smd, vi))
    assert r_from_z(z["z"], z["vi"])["r"] == pytest.approx(r["r"])


def test_what_was_converted_can_be_stored_and_not_changed() -> None:
    found = sd_from_se(0.5, 100)

    assert json.loads(json.dumps(found.to_dict()))["values"] == {"sd": 5.0}
    with pytest.raises(TypeError):
        found.values["sd"] = 6.0  # type: ignore[index]  # the refusal is the test


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: sd_from_se(0.0, 10), ImpossibleData, "se is 0"),
        (lambda: sd_from_se(math.inf, 10), NotFinite, "se is inf"),
        (lambda: sd_from_se(1.0, 1), ImpossibleData, "at least 2 participants"),
        (lambda: mean_sd_from_ci(3.0, 3.0, 10), ImpossibleData, "lower limit must be below"),
        (lambda: mean_sd_from_ci(1.0, 3.0, 10, level=95), UnknownOption, "level is 95"),
        (lambda: se_from_ci(-0.1, 2.0, ratio=True), ImpossibleData, "low is -0.1"),
        (lambda: sd_from_t(0.0, 2.0, 10, 10), ImpossibleData, "no SD can be recovered"),
        (lambda: sd_from_p(1.0, 0.0, 10, 10), ImpossibleData, "p is 0"),
        (lambda: sd_of_change(1.0, 1.0, 1.0), ImpossibleData, "correlation is 1"),
        (lambda: smd_from_f(-1.0, 10, 10, sign=1), ImpossibleData, "f is -1"),
        (lambda: smd_from_f(1.0, 10, 10, sign=cast(Any, 0)), ImpossibleData, "sign is 0"),
        (lambda: smd_from_r(1.0, 0.1), ImpossibleData, "ends excluded"),
        (lambda: z_from_r(0.5, 3), ImpossibleData, "n is 3"),
        (lambda: smd_from_log_or(1.0, 0.0), ImpossibleData, "vi is 0"),
        (lambda: r_from_smd(0.5, 0.02, n1=10), MissingArgument, "n2 .None. one is missing"),
        (lambda: smd_from_r(0.5, 0.02, n2=10), MissingArgument, "n1 .None."),
        (lambda: r_from_z(20.0, 0.1), NotFinite, "vi is 0"),
        (lambda: se_from_ci(0.1, 0.5, df=1e-3), ImpossibleData, "df is 0.001"),
        (lambda: combined_groups(1e300, 1.0, 10, 0.0, 1.0, 10), NotFinite, "mean1 is 1e.300"),
        (lambda: smd_from_t(1e300, 10, 10), NotFinite, "at most 1e.50"),
        (lambda: smd_from_log_or(1.0, 1.0, method=cast(Any, "probit")), UnknownOption, "logistic, cox"),
    ],
)
def test_impossible_reports_are_refused(call: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_the_sd_of_changes_keeps_its_digits_where_both_measurements_agree() -> None:
    for correlation in (1 - 2.0**-40, 1 - 2.0**-52):
        found = sd_of_change(0.1, 0.1, correlation)

        assert found["sd"] == pytest.approx(0.1 * math.sqrt(2 * (1 - correlation)), rel=1e-12)


@pytest.mark.parametrize("n", [1001, 1001.5, 1002, 1e4, 1e8, 1e15])
def test_the_correction_of_large_groups_is_next_to_nothing(n: float) -> None:
    found = smd_from_t(2.0, n, n)

    df = 2 * n - 2
    assert found["g"] / found["d"] == pytest.approx(1 - 3 / (4 * df) - 7 / (32 * df**2), rel=1e-10)


@pytest.mark.parametrize("module", [between_measures, from_tests, quantiles, spread])
def test_the_examples_of_the_conversions_run(module: Any) -> None:
    outcome = doctest.testmod(module)

    assert outcome.attempted > 2
    assert outcome.failed == 0
