"""The measures beyond the first eight, against metafor 3.8-1; pinned with 15 digits from its escalc()."""

import doctest
from typing import Any

import numpy as np
import pytest

from analysis.meta import (
    EFFECT_MEASURES,
    ImpossibleData,
    MissingArgument,
    NotFinite,
    ShapeMismatch,
    UnknownOption,
    correlation_effects,
    effect_sizes,
    given_effects,
    incidence_rates,
    mean_differences,
    proportions,
    rate_comparisons,
    single_means,
    two_by_two,
)
from analysis.meta.effects import binary, correlation, door, given, limits, means, proportion, rates
from analysis.meta.measures import COLUMNS

CLOSED = 1e-12
STROKE = ([55, 27], [47, 7], [155, 31], [75, 29], [64, 4], [156, 32])
WARFARIN = ([9, 8], [413, 263], [19, 11], [435, 245])
TRIALS = ([4, 0], [123, 30], [11, 2], [139, 31])
SINGLE = ([0, 3, 12], [6, 20, 12])
COLUMN_VALUES: dict[str, Any] = {
    "ai": [4, 0], "n1i": [123, 30], "ci": [11, 2], "n2i": [139, 31], "xi": [3, 0], "ni": [20, 6],
    "m1i": [5.0, 4.0], "sd1i": [1.0, 2.0], "m2i": [4.0, 4.0], "sd2i": [1.0, 3.0], "mi": [5.0, 4.0],
    "sdi": [1.0, 2.0], "ri": [0.3, -0.6], "ti": [50.0, 25.0], "x1i": [9, 8], "t1i": [413, 263],
    "x2i": [19, 11], "t2i": [435, 245], "yi": [0.1, 0.2],
}  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "yi", "vi"),
    [
        ("IRR", [-0.69531596370257, -0.389349552751572], [0.16374269005848, 0.215909090909091]),
        ("IRD", [-0.0218863933650608, -0.0144797082331031], [0.000153174135682105, 0.000298915725121376]),
        ("IRSD", [-0.0613728584395796, -0.0374830972668114], [0.00118003952019148, 0.00197097850547063]),
    ],
)
def test_compared_rates_are_those_of_metafor(measure: Any, yi: list[float], vi: list[float]) -> None:
    found = rate_comparisons(*WARFARIN, measure=measure)

    assert found.yi == pytest.approx(yi, rel=CLOSED)
    assert found.vi == pytest.approx(vi, rel=CLOSED)
    assert found.ni.tolist() == [848, 508]


@pytest.mark.parametrize(
    ("measure", "yi", "vi", "corrected"),
    [
        ("IR", [0.0217917675544794, 0.02], [5.27645703498291e-05, 0.0008], True),
        ("IRLN", [-3.82622301562481, -3.91202300542815], [0.111111111111111, 2], True),
        ("IRS", [0.147620349391537, 0], [0.000605326876513317, 0.01], False),
        ("IRFT", [0.151612930206953, 0.1], [0.000605326876513317, 0.01], False),
    ],
)
def test_single_rates_are_those_of_metafor(
    measure: Any, yi: list[float], vi: list[float], corrected: bool
) -> None:
    found = incidence_rates([9, 0], [413, 25], measure=measure)

    assert found.yi == pytest.approx(yi, rel=CLOSED)
    assert found.vi == pytest.approx(vi, rel=CLOSED)
    assert found.corrected.tolist() == [False, corrected]


def test_rates_without_events_are_corrected_and_double_zeros_dropped_on_request() -> None:
    data = ([0, 0, 8], [40, 413, 263], [0, 19, 11], [35, 435, 245])

    kept, dropped = rate_comparisons(*data), rate_comparisons(*data, drop00=True)

    assert kept.yi == pytest.approx([-0.133531392624522, -3.61166320800199, -0.389349552751572], rel=CLOSED)
    assert kept.vi == pytest.approx([4, 2.05128205128205, 0.215909090909091], rel=CLOSED)
    assert dropped.usable.tolist() == [False, True, True]
    assert dropped.corrected.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("measure", "vtype", "yi", "vi"),
    [
        ("AS", "LS", [-0.103835577095252, -0.256813917420807], [0.00383108147628239, 0.0163978494623656]),
        ("PETO", "LS", [-0.860383347316419, -1.3453125], [0.282836181928359, 1.378125]),
        ("RD", "UB", [-0.04661636544423, -0.0619959677419355], [0.000785964429469541, 0.00285223657539889]),
        ("RD", "AV", [-0.04661636544423, -0.0619959677419355], [0.000753752613408397, 0.00318739590090126]),
    ],
)
def test_two_arm_effects_are_those_of_metafor(
    measure: Any, vtype: Any, yi: list[float], vi: list[float]
) -> None:
    found = two_by_two(*TRIALS, measure=measure, vtype=vtype)

    assert found.yi == pytest.approx(yi, rel=CLOSED)
    assert found.vi == pytest.approx(vi, rel=CLOSED)


@pytest.mark.parametrize(
    ("measure", "vtype", "yi", "vi"),
    [
        ("ROM", "LS", [-0.31015492830384, -0.071458963982145], [0.00937908326060819, 0.00276276785368056]),
        ("ROM", "HO", [-0.31015492830384, -0.071458963982145], [0.0103261248170054, 0.00262373627831679]),
        ("ROM", "AV", [-0.31015492830384, -0.071458963982145], [0.0071114736356545, 0.0351285348234149]),
        ("ROM", "AVHO", [-0.31015492830384, -0.071458963982145], [0.00710771098861547, 0.0350957514047995]),
        ("SMDH", "LS", [-0.355341601578235, -0.346489075525832], [0.0130909644811581, 0.0657368644497482]),
        ("SMD", "AV", [-0.355169640940107, -0.347940022739099], [0.0130632871416965, 0.0645023652236631]),
    ],
)
def test_means_of_two_arms_are_those_of_metafor(
    measure: Any, vtype: Any, yi: list[float], vi: list[float]
) -> None:
    found = mean_differences(*STROKE, measure=measure, vtype=vtype)

    assert found.yi == pytest.approx(yi, rel=CLOSED)
    assert found.vi == pytest.approx(vi, rel=CLOSED)


def test_the_ratio_of_means_can_be_freed_of_its_second_order_bias() -> None:
    plain = mean_differences(*STROKE, measure="ROM")
    less_biased = mean_differences(*STROKE, measure="ROM", correction="second_order")

    expected = 0.5 * ((47 / 55) ** 2 / 155 - (64 / 75) ** 2 / 156)
    assert less_biased.yi[0] - plain.yi[0] == pytest.approx(expected, rel=1e-9)
    assert less_biased.vi.tolist() == plain.vi.tolist()


def test_means_of_opposite_signs_have_no_ratio_and_negative_means_no_logarithm() -> None:
    found = mean_differences([-1, 5], [1, 1], [10, 10], [2, 4], [1, 1], [10, 10], measure="ROM")

    assert found.usable.tolist() == [False, True]
    assert single_means([-1, 5], [1, 1], [10, 10], measure="MNLN").usable.tolist() == [False, True]


def test_cohens_d_is_the_uncorrected_difference() -> None:
    found = mean_differences([10.0], [2.0], [20], [9.0], [2.0], [20], measure="SMD", correction="none")

    assert found.yi[0] == pytest.approx(0.5)
    assert found.vi[0] == pytest.approx(0.1 + 0.25 / 80)


def test_single_means_and_correlations_are_those_of_metafor() -> None:
    plain, logged = (
        single_means([55, 27], [47, 7], [155, 31]),
        single_means([55], [47], [155], measure="MNLN"),
    )
    raw, z = (correlation_effects([0.3, -0.6], [12, 30], measure=code) for code in ("COR", "ZCOR"))
    averaged = correlation_effects([0.3, -0.6, 0.95], [12, 30, 5], measure="COR", vtype="AV")

    assert plain.vi == pytest.approx([14.2516129032258, 1.58064516129032], rel=CLOSED)
    assert (logged.yi[0], logged.vi[0]) == pytest.approx((4.00733318523247, 0.00471127699280192), rel=CLOSED)
    assert raw.vi == pytest.approx([0.0752818181818182, 0.0141241379310345], rel=CLOSED)
    assert z.yi == pytest.approx([0.309519604203112, -0.693147180559945], rel=CLOSED)
    assert z.vi == pytest.approx([0.111111111111111, 0.037037037037037], rel=CLOSED)
    assert averaged.vi[2] == pytest.approx(0.229366304631709, rel=CLOSED)


def test_correlations_without_a_variance_are_not_usable() -> None:
    assert correlation_effects([0.5, 1.0, 0.5], [3, 10, 4]).usable.tolist() == [False, False, True]
    assert correlation_effects([0.5, 0.5], [3, 4], measure="COR").usable.tolist() == [False, True]
    assert correlation_effects([0.5], [4], measure="UCOR").usable.tolist() == [False]
    averaged = correlation_effects([0.5, 0.3], [4, 20], measure="UCOR", vtype="AV")
    assert averaged.usable.tolist() == [False, True]


def test_olkin_and_pratts_correlation_has_no_bias() -> None:
    rng = np.random.default_rng(20)
    n, rho = 8, 0.6
    x, noise = rng.normal(size=(2, 40_000, n))
    y = rho * x + np.sqrt(1 - rho**2) * noise
    x, y = x - x.mean(1, keepdims=True), y - y.mean(1, keepdims=True)
    r = (x * y).sum(1) / np.sqrt((x**2).sum(1) * (y**2).sum(1))

    found = correlation_effects(r, np.full(r.size, n), measure="UCOR", vtype="UB")

    error = found.yi.std() / np.sqrt(r.size)
    assert abs(found.yi.mean() - rho) < 4 * error
    assert rho - r.mean() > 10 * error
    assert found.vi.mean() == pytest.approx(found.yi.var(), rel=0.03)


@pytest.mark.parametrize(
    ("measure", "vtype", "yi", "vi"),
    [
        (
            "PLN",
            "LS",
            [-2.63905732961526, -1.89711998488588, -0.0392207131532813],
            [1.85714285714286, 0.283333333333333, 0.00307692307692307],
        ),
        (
            "PAS",
            "LS",
            [0, 0.397699415092072, 1.5707963267949],
            [0.0416666666666667, 0.0125, 0.0208333333333333],
        ),
        (
            "PR",
            "UB",
            [0.0714285714285714, 0.15, 0.961538461538462],
            [0.0110544217687075, 0.00671052631578947, 0.0030818540433925],
        ),
        (
            "PR",
            "AV",
            [0.0714285714285714, 0.15, 0.961538461538462],
            [0.0342857142857143, 0.012, 0.0184615384615385],
        ),
        (
            "PLO",
            "AV",
            [-2.56494935746154, -1.73460105538811, 3.2188758248682],
            [0.595238095238095, 0.208333333333333, 0.32051282051282],
        ),
        (
            "PLN",
            "AV",
            [-2.63905732961526, -1.89711998488588, -0.0392207131532813],
            [0.214285714285714, 0.075, 0.115384615384615],
        ),
    ],
)
def test_proportions_are_those_of_metafor(measure: Any, vtype: Any, yi: list[float], vi: list[float]) -> None:
    found = proportions(*SINGLE, measure=measure, vtype=vtype)

    assert found.yi == pytest.approx(yi, rel=1e-11)
    assert found.vi == pytest.approx(vi, rel=1e-11)


def test_log_proportions_follow_the_convention_of_meta_on_request() -> None:
    found = proportions([0, 10], [6, 10], measure="PLN", convention="meta")

    assert found.yi == pytest.approx([np.log(0.5 / 6.5), 0.0])
    assert found.sei == pytest.approx([np.sqrt(2 - 1 / 6.5), 0.0690065559342355], rel=1e-12)


def test_risk_ratios_where_all_have_the_event_stay_in_the_convention_of_meta() -> None:
    data = ([10, 0], [10, 10], [12, 0], [12, 10])
    metafor = two_by_two(*data, measure="RR", drop00=True)
    meta = two_by_two(*data, measure="RR", drop00=True, convention="meta")

    assert metafor.usable.tolist() == [False, False]
    assert meta.usable.tolist() == [True, False]
    assert meta.yi[0] == 0.0
    assert meta.vi[0] == pytest.approx(1 / 10 - 1 / 10.5 + 1 / 12 - 1 / 12.5)


def test_the_treatment_arm_correction_adds_by_the_size_of_the_other_arm() -> None:
    found = two_by_two([0], [100], [3], [50], measure="OR", add="tacc")

    first, second = 100 / 150, 50 / 150
    odds = (first / (100 + first)) / ((3 + second) / (47 + second))
    assert found.yi[0] == pytest.approx(np.log(odds))
    assert (found.add, found.corrected.tolist()) == ("tacc", [True])


def test_the_treatment_arm_correction_of_balanced_trials_is_one_half() -> None:
    halves = two_by_two([0, 4], [30, 30], [2, 1], [30, 30], measure="RR")
    shares = two_by_two([0, 4], [30, 30], [2, 1], [30, 30], measure="RR", add="tacc")

    assert shares.yi == pytest.approx(halves.yi)
    assert shares.vi == pytest.approx(halves.vi)


def test_an_unbalanced_double_zero_trial_has_no_effect_under_the_treatment_arm_correction() -> None:
    constant = two_by_two([0], [300], [0], [100], measure="OR")
    shares = two_by_two([0], [300], [0], [100], measure="OR", add="tacc")

    assert constant.yi[0] == pytest.approx(-1.0952, abs=1e-3)
    assert shares.yi[0] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("measure", list(EFFECT_MEASURES))
def test_the_door_reads_the_columns_of_every_measure(measure: Any) -> None:
    columns = {name: COLUMN_VALUES[name] for name in COLUMNS[EFFECT_MEASURES[measure].kind]}
    if measure in ("HR", "GEN"):
        columns["vi"] = [0.5, 0.4]

    found = effect_sizes(measure, **columns)

    assert (found.k, found.measure) == (2, measure)
    assert found.usable[0]
    nothing: dict[str, Any] = {name: [] for name in columns}
    assert effect_sizes(measure, **nothing).k == 0


def test_the_door_gives_what_the_function_of_the_measure_gives() -> None:
    door = effect_sizes("RD", ai=TRIALS[0], n1i=TRIALS[1], ci=TRIALS[2], n2i=TRIALS[3], vtype="UB", to="all")
    direct = two_by_two(*TRIALS, measure="RD", vtype="UB", to="all")

    assert door.yi.tolist() == direct.yi.tolist()
    assert door.vi.tolist() == direct.vi.tolist()
    assert (door.vtype, door.add, door.to) == ("UB", 0.5, "all")


def test_the_door_names_what_is_missing_and_what_is_not_read() -> None:
    with pytest.raises(MissingArgument, match="n2i not given"):
        effect_sizes("OR", ai=[1], n1i=[5], ci=[1])
    with pytest.raises(UnknownOption, match="OR does not read m1i"):
        effect_sizes("OR", ai=[1], n1i=[5], ci=[1], n2i=[5], m1i=[2])
    with pytest.raises(UnknownOption, match="MD does not read add"):
        effect_sizes("MD", m1i=[1], sd1i=[1], n1i=[9], m2i=[1], sd2i=[1], n2i=[9], add=0.5)
    with pytest.raises(UnknownOption, match="PLO does not read drop00"):
        effect_sizes("PLO", xi=[1], ni=[5], drop00=True)
    with pytest.raises(UnknownOption, match="measure is 'XYZ'"):
        effect_sizes("XYZ", xi=[1], ni=[5])  # type: ignore[arg-type]  # the refusal is the test
    with pytest.raises(UnknownOption, match="add is -1"):
        effect_sizes("PLO", xi=[1], ni=[5], add=-1)
    with pytest.raises(UnknownOption, match="add is 'tacc'; this measure takes a number"):
        effect_sizes("PLO", xi=[1], ni=[5], add="tacc")


def test_a_hazard_ratio_with_its_interval_becomes_a_logarithm_with_a_variance() -> None:
    found = effect_sizes("HR", yi=[0.6, np.nan], ci_low=[0.45, 0.5], ci_high=[0.8, 2.0], given_as="ratio")

    assert found.yi == pytest.approx([np.log(0.6), 0.0], abs=1e-12)
    assert found.sei == pytest.approx(np.log([0.8 / 0.45, 4.0]) / (2 * 1.959963984540054))
    assert np.isnan(found.ni).all()


def test_reported_effects_take_the_variance_then_the_standard_error_then_the_interval() -> None:
    nan = np.nan
    found = given_effects(
        [1.0, 1.0, 1.0, 1.0],
        vi=[0.25, nan, nan, nan],
        sei=[9.0, 0.5, nan, nan],
        ci_low=[0.0, 0.0, 0.0, nan],
        ci_high=[2.0, 2.0, 2.0, nan],
        level=0.9,
    )

    assert found.vi[:3] == pytest.approx([0.25, 0.25, (1 / 1.6448536269514722) ** 2])
    assert found.usable.tolist() == [True, True, True, False]


def test_reported_effects_may_stand_beside_computed_ones_of_the_same_measure() -> None:
    found = effect_sizes("OR", ci_low=[0.5], ci_high=[2.0], given_as="ratio", ni=[200])

    assert (found.measure, found.ni.tolist()) == ("OR", [200])
    assert found.yi[0] == pytest.approx(0.0)


def test_impossible_reports_are_refused() -> None:
    with pytest.raises(ImpossibleData, match="lower limit must be below"):
        given_effects([1.0], ci_low=[2.0], ci_high=[1.0])
    with pytest.raises(ImpossibleData, match=r"outside its interval, 0\.1 to 0\.5"):
        given_effects([0.2, 0.6], ci_low=[0.1, 0.1], ci_high=[0.5, 0.5])
    with pytest.raises(ImpossibleData, match=r"ni\[0\] is -5"):
        given_effects([0.2], vi=[0.1], ni=[-5])
    for sei in (1e-300, 1e300):
        with pytest.raises(ImpossibleData, match="out of all proportion"):
            given_effects([0.2], sei=[sei])
    with pytest.raises(ImpossibleData, match="a ratio is above 0"):
        given_effects([-0.3], vi=[1.0], given_as="ratio")
    with pytest.raises(ImpossibleData, match=r"vi\[0\] is 0"):
        given_effects([1.0], vi=[0.0])
    with pytest.raises(MissingArgument, match="Give yi"):
        given_effects(vi=[1.0])
    with pytest.raises(NotFinite, match="yi holds an infinite value"):
        given_effects([np.inf], vi=[1.0])
    with pytest.raises(ShapeMismatch, match="yi has shape"):
        given_effects([[1.0]], vi=[1.0])
    with pytest.raises(UnknownOption, match="level is 95"):
        given_effects([1.0], ci_low=[0.0], ci_high=[2.0], level=95)


def test_impossible_rates_and_correlations_are_refused() -> None:
    with pytest.raises(ImpossibleData, match="person-time is above 0"):
        incidence_rates([1], [0])
    with pytest.raises(ImpossibleData, match="events are at least 0"):
        rate_comparisons([1], [10], [-1], [10])
    with pytest.raises(ImpossibleData, match="between -1 and 1"):
        correlation_effects([1.2], [10])
    with pytest.raises(ShapeMismatch):
        rate_comparisons([1], [10], [1, 2], [10, 10])


def test_huge_and_tiny_counts_keep_their_digits() -> None:
    found = two_by_two([10**7], [10**9], [2 * 10**7], [10**9], measure="OR")

    assert found.yi[0] == pytest.approx(np.log((1 / 99) / (2 / 98)), rel=1e-12)
    assert incidence_rates([1], [1e-9]).yi[0] == pytest.approx(np.log(1e9))


@pytest.mark.parametrize("module", [binary, correlation, door, given, limits, means, proportion, rates])
def test_the_examples_of_the_effects_run(module: Any) -> None:
    outcome = doctest.testmod(module)

    assert outcome.attempted > 0
    assert outcome.failed == 0
