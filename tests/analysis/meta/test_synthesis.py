"""The one call that the application makes: its rules, its refusals, and what it says of few studies."""

from dataclasses import replace
from typing import Any

import pytest

from analysis.meta import (
    ENGINE_VERSION,
    MEASURES,
    Arm,
    ImpossibleData,
    Settings,
    StudyData,
    Synthesis,
    fit_common_tau2,
    peters,
    pool,
    synthesise,
)
from tests.analysis.meta import bcg
from tests.analysis.meta.examples import single_arm, two_means

RISK_RATIO = Settings(measure="RR")


@pytest.mark.parametrize("tau2_method", ["DL", "REML"])
@pytest.mark.parametrize(
    ("counts", "printed", "i2"),
    [
        pytest.param([(16, 21), (32, 38)], (81, 69, 89), 0, id="complete response, unspecified ALL"),
        pytest.param([(6, 6), (6, 6), (15, 19)], (83, 65, 93), 0, id="CRS, CD19/CD22"),
        pytest.param([(0, 6), (0, 6)], (7, 1, 37), 0, id="ICANS, CD19/CD22"),
        pytest.param([(11, 21), (1, 38)], (16, 1, 88), 91, id="ICANS, unspecified ALL"),
    ],
)
def test_the_published_results_come_out(
    counts: list[tuple[int, int]], printed: tuple[int, int, int], i2: int, tau2_method: Any
) -> None:
    """Wiguna et al. 2025, doi:10.31584/jhsmr.20251201: the four rows whose data its text states."""
    found = synthesise(
        single_arm(*counts), Settings(measure="PLO", tau2_method=tau2_method, ci_method="wald")
    ).overall

    assert found.pooled is not None
    assert found.i2 is not None
    percents = (found.pooled.estimate, found.pooled.ci_low, found.pooled.ci_high)
    assert tuple(round(100 * value) for value in percents) == printed
    assert round(found.i2) == i2


def test_bcg_is_that_of_metafor_with_cochrane_defaults() -> None:
    found = synthesise(bcg.studies(), RISK_RATIO)

    assert found.engine_version == ENGINE_VERSION
    assert (found.status, found.k) == ("pooled", 13)
    pooled, overall = found.pooled, found.overall
    assert pooled is not None
    assert (pooled.ci_method, pooled.statistic_name, pooled.df) == ("hk", "t", 12)
    assert overall.ci_reason is None
    assert (pooled.estimate, pooled.ci_low, pooled.ci_high) == pytest.approx(
        (0.48942093982603, 0.330072248483599, 0.725698259822339), rel=1e-9
    )
    assert overall.tau2 == pytest.approx(0.313243258136481, rel=1e-9)
    assert (overall.tau2_ci_low, overall.tau2_ci_high) == pytest.approx(
        (0.119718361141248, 1.11147908406093), rel=1e-9
    )
    assert overall.i2 == pytest.approx(92.221384521269, rel=1e-9)
    assert overall.i2_q == pytest.approx(92.1173468545621, rel=1e-9)
    assert overall.i2_basis == "tau2"
    assert overall.prediction is not None
    assert (overall.prediction.analysis_low, overall.prediction.analysis_high) == pytest.approx(
        (-1.9953419585091, 0.566277274192826), rel=1e-9
    )
    assert (overall.prediction.df, overall.prediction.marked) == (12, False)
    assert sum(study.weight_percent or 0 for study in found.studies) == pytest.approx(100)


def test_no_study_is_no_pool() -> None:
    for measure in MEASURES:
        found = synthesise([], Settings(measure=measure))

        assert (found.status, found.k, found.pooled) == ("none", 0, None)
        assert (found.studies, found.subgroups, found.leave_one_out) == ((), (), ())
        assert (found.overall.q, found.overall.prediction) == (None, None)


def test_one_study_is_its_own_estimate_and_no_pool() -> None:
    found = synthesise(single_arm((9, 25)), Settings(measure="PLO"))

    assert (found.status, found.k, found.pooled) == ("single", 1, None)
    assert found.studies[0].estimate == pytest.approx(0.36)
    assert found.studies[0].weight_percent is None
    assert (found.overall.tau2, found.overall.i2, found.overall.prediction) == (None, None, None)


def test_two_studies_have_wald_intervals_and_no_prediction() -> None:
    overall = synthesise(single_arm((9, 25), (2, 30)), Settings(measure="PLO")).overall

    assert overall.pooled is not None
    assert overall.pooled.ci_method == "wald"
    assert overall.ci_reason == "k_below_3"
    assert (overall.prediction, overall.prediction_reason) == (None, "k_below_3")


def test_no_heterogeneity_means_wald_intervals() -> None:
    overall = synthesise(single_arm((9, 25), (9, 25), (10, 25)), Settings(measure="PLO")).overall

    assert overall.tau2 == 0
    assert overall.ci_reason == "tau2_zero"
    assert overall.pooled is not None
    assert overall.pooled.ci_method == "wald"


def test_a_prediction_from_fewer_than_five_studies_is_marked() -> None:
    four = synthesise(single_arm((9, 25), (2, 30), (12, 14), (5, 9)), Settings(measure="PLO")).overall
    five = synthesise(single_arm((9, 25), (2, 30), (12, 14), (5, 9), (1, 8)), Settings(measure="PLO")).overall

    assert four.prediction is not None
    assert five.prediction is not None
    assert (four.prediction.marked, five.prediction.marked) == (True, False)


def test_where_hartung_knapp_is_narrower_the_wald_interval_is_given_too() -> None:
    studies = two_means((1.0, 0.0), (1.1, 0.0), (0.9, 0.0), (1.0, 0.05))

    narrow = synthesise(studies, Settings(measure="MD", ci_method="hk")).overall
    wide = synthesise(bcg.studies(), Settings(measure="RR", ci_method="hk")).overall

    assert narrow.pooled is not None
    assert narrow.alternative is not None
    assert narrow.alternative.ci_method == "wald"
    assert narrow.alternative.ci_high - narrow.alternative.ci_low > (
        narrow.pooled.ci_high - narrow.pooled.ci_low
    )
    assert wide.alternative is None


def test_an_interval_without_width_is_noted_and_has_no_test() -> None:
    studies = [replace(study, id=f"{study.id}{copy}") for study in two_means((1.0, 0.0)) for copy in "ab"]

    overall = synthesise(studies, Settings(measure="MD", ci_method="hk")).overall

    assert "ci_zero_width" in overall.notes
    assert overall.pooled is not None
    assert (overall.pooled.statistic, overall.pooled.p_value) == (None, None)
    assert overall.alternative is not None


def test_the_common_effect_model_has_no_tau2_and_no_prediction() -> None:
    overall = synthesise(bcg.studies(), Settings(measure="RR", model="common")).overall

    assert overall.pooled is not None
    assert overall.pooled.analysis_estimate == pytest.approx(-0.430285163654091, rel=1e-9)
    assert (overall.tau2, overall.tau, overall.tau2_ci_low) == (None, None, None)
    assert (overall.i2_basis, overall.i2) == ("q", overall.i2_q)
    assert (overall.ci_reason, overall.prediction_reason) == ("common_model", "common_model")


def test_ratios_are_tested_and_proportions_are_not() -> None:
    ratio = synthesise(bcg.studies(), RISK_RATIO).pooled
    proportion = synthesise(single_arm((9, 25), (2, 30)), Settings(measure="PLO")).pooled

    assert ratio is not None
    assert ratio.p_value is not None
    assert proportion is not None
    assert (proportion.statistic, proportion.p_value) == (None, None)


def test_corrected_studies_are_flagged_one_by_one() -> None:
    found = synthesise(single_arm((0, 6), (3, 6)), Settings(measure="PLO"))

    assert [study.corrected for study in found.studies] == [True, False]
    assert found.overall.notes == ("continuity_correction",)


def test_double_zero_trials_are_kept_with_a_note_or_left_out_on_request() -> None:
    empty = StudyData("zero", "Zero", (Arm(events=0, total=22), Arm(events=0, total=20)))
    studies = [*bcg.studies(), empty]

    kept = synthesise(studies, RISK_RATIO)
    dropped = synthesise(studies, replace(RISK_RATIO, drop00=True))

    assert kept.k == 14
    assert "double_zero_kept" in kept.overall.notes
    assert dropped.k == 13
    assert dropped.studies[-1].left_out == "double_zero"
    assert (dropped.studies[-1].yi, dropped.studies[-1].weight_percent) == (None, None)
    assert dropped.overall == synthesise(bcg.studies(), replace(RISK_RATIO, drop00=True)).overall


def test_without_correction_studies_that_cannot_be_computed_are_left_out_by_name() -> None:
    logit = synthesise(single_arm((0, 6), (3, 6), (2, 6)), Settings(measure="PLO", to="none"))
    raw = synthesise(single_arm((0, 6), (3, 6), (2, 6)), Settings(measure="PR", to="none"))

    assert (logit.k, logit.studies[0].left_out) == (2, "not_estimable")
    assert (raw.k, raw.studies[0].left_out) == (2, "zero_variance")
    assert raw.studies[0].estimate == 0.0


def test_raw_proportions_are_shown_between_0_and_1() -> None:
    found = synthesise(single_arm((1, 8), (0, 9)), Settings(measure="PR"))

    assert found.pooled is not None
    assert found.pooled.ci_low == 0.0
    assert found.pooled.analysis_ci_low < 0
    assert found.pooled.clipped
    assert "clipped" in found.overall.notes


@pytest.mark.parametrize("size", ["harmonic", "barendregt_doi"])
def test_the_double_arcsine_says_by_which_sample_size_it_came_back(size: Any) -> None:
    overall = synthesise(single_arm((1, 8), (3, 90)), Settings(measure="PFT", pft_size=size)).overall

    assert overall.pooled is not None
    expected = 2 / (1 / 8 + 1 / 90) if size == "harmonic" else 1 / (4 * overall.pooled.se**2)
    assert overall.back_n == pytest.approx(expected)
    assert 0 < overall.pooled.estimate < 1


def test_studies_without_a_subgroup_count_in_the_overall_and_not_in_the_test() -> None:
    studies = bcg.studies()
    studies[0] = replace(studies[0], subgroup=None)

    found = synthesise(studies, RISK_RATIO)

    assert found.k == 13
    assert found.not_in_subgroup_test == ("s1",)
    assert sum(group.summary.k for group in found.subgroups) == 12
    assert found.subgroup_test is not None
    assert found.subgroup_test == synthesise(studies[1:], RISK_RATIO).subgroup_test


def test_subgroups_have_their_own_tau2_by_default_and_one_on_request() -> None:
    wald = replace(RISK_RATIO, ci_method="wald")
    separate = synthesise(bcg.studies(), wald)
    common = synthesise(bcg.studies(), replace(wald, subgroup_tau2="common"))

    assert [group.name for group in separate.subgroups] == ["random", "alternate", "systematic"]
    assert separate.subgroup_test is not None
    assert separate.subgroup_test.q == pytest.approx(1.86144494615456, rel=1e-9)
    assert common.subgroup_test is not None
    assert common.subgroup_test.q == pytest.approx(1.76751140193171, rel=1e-9)
    assert {group.summary.tau2 for group in common.subgroups} == {
        fit_common_tau2(bcg.risk_ratios().yi, bcg.risk_ratios().vi, bcg.ALLOCATION).tau2.value
    }
    assert {group.summary.tau2_ci_low for group in common.subgroups} == {None}
    assert (separate.subgroup_test.tau2, common.subgroup_test.tau2) == ("separate", "common")


def test_a_group_of_one_is_tested_by_its_own_estimate() -> None:
    found = synthesise(
        single_arm((9, 25), (2, 30), (12, 14), subgroups=("a", "a", "b")), Settings(measure="PLO")
    )

    assert [group.summary.status for group in found.subgroups] == ["pooled", "single"]
    assert found.subgroup_test is not None
    assert found.subgroup_test.df == 1


def test_one_group_has_nothing_to_be_compared_with() -> None:
    found = synthesise(single_arm((9, 25), (2, 30), subgroups=("a", "a")), Settings(measure="PLO"))

    assert len(found.subgroups) == 1
    assert found.subgroup_test is None


def test_bias_is_tested_from_ten_studies_or_on_request_and_says_why_not() -> None:
    ask = replace(RISK_RATIO, bias_test="egger")
    nine = bcg.studies()[:9]

    assert synthesise(bcg.studies(), RISK_RATIO).bias_reason == "not_requested"
    assert synthesise(nine, ask).bias_reason == "k_below_10"
    assert synthesise(nine[:2], replace(ask, bias_test_on_request=True)).bias_reason == "k_below_3"
    requested = synthesise(nine, replace(ask, bias_test_on_request=True)).bias
    assert requested is not None
    assert (requested.below_ten, requested.k) == (True, 9)
    full = synthesise(bcg.studies(), ask).bias
    assert full is not None
    assert full.statistic == pytest.approx(-1.40128200228933, rel=1e-9)
    assert not full.below_ten


def test_peters_reads_events_of_both_arms_and_means_have_none() -> None:
    found = synthesise(bcg.studies(), Settings(measure="OR", bias_test="peters")).bias
    means = synthesise(two_means((1, 0), (2, 0), (3, 1)), Settings(measure="MD", bias_test="peters"))

    assert found is not None
    assert found.statistic == pytest.approx(-1.36247619939701, rel=1e-9)
    assert means.bias_reason == "needs_events"


def test_peters_without_mixed_studies_says_why_not() -> None:
    settings = Settings(measure="PLO", bias_test="peters", bias_test_on_request=True)

    assert synthesise(single_arm((6, 6), (5, 5), (15, 19)), settings).bias_reason == "k_below_3"
    assert synthesise(single_arm((1, 6), (2, 6), (3, 6)), settings).bias_reason == "no_variation"


def test_peters_in_a_synthesis_is_peters_alone() -> None:
    counts = [(1, 6), (2, 8), (3, 20), (9, 30)]
    settings = Settings(measure="PLO", bias_test="peters", bias_test_on_request=True)
    found = synthesise(single_arm(*counts), settings)
    yi = [study.yi for study in found.studies if study.yi is not None]
    vi = [study.vi for study in found.studies if study.vi is not None]

    alone = peters(yi, vi, events=[x for x, _ in counts], totals=[n for _, n in counts])

    assert found.bias is not None
    assert found.bias.statistic == pytest.approx(alone.statistic)


def test_each_study_is_left_out_once_and_not_out_of_two() -> None:
    found = synthesise(bcg.studies(), replace(RISK_RATIO, ci_method="wald"))
    data = bcg.risk_ratios()

    assert [entry.study_id for entry in found.leave_one_out] == [study.id for study in found.studies]
    expected = pool(data.yi[1:], data.vi[1:])
    assert found.leave_one_out[0].pooled.analysis_estimate == pytest.approx(expected.estimate)
    assert found.leave_one_out[0].tau2 == pytest.approx(expected.tau2.value)
    assert synthesise(bcg.studies()[:2], RISK_RATIO).leave_one_out == ()


@pytest.mark.parametrize(
    ("chosen", "arms", "words"),
    [
        (RISK_RATIO, (Arm(events=1, total=5),), "1 arms"),
        (RISK_RATIO, (Arm(events=1, total=5), Arm(events=6, total=5)), "arm 2: 6 events of 5"),
        (RISK_RATIO, (Arm(events=1, total=5), Arm(events=1)), "missing"),
        (Settings(measure="PLO"), (Arm(events=1, total=0),), "1 events of 0"),
        (Settings(measure="MD"), (Arm(mean=1, sd=0, n=5), Arm(mean=1, sd=1, n=5)), "arm 1"),
        (Settings(measure="MD"), (Arm(mean=1, sd=1, n=5), Arm(mean=1, n=5)), "missing"),
        (Settings(measure="MD"), (Arm(mean=1, sd=1, n=5), Arm(mean=float("nan"), sd=1, n=5)), "arm 2"),
    ],
)
def test_impossible_arm_data_are_refused_with_the_study_s_name(
    chosen: Settings, arms: tuple[Arm, ...], words: str
) -> None:
    with pytest.raises(ImpossibleData, match=words) as refusal:
        synthesise([StudyData("s1", "Jacoby 2018", arms)], chosen)
    assert "Jacoby 2018" in str(refusal.value)


def test_a_study_given_twice_is_refused() -> None:
    with pytest.raises(ImpossibleData, match="twice"):
        synthesise([*single_arm((1, 5)), *single_arm((2, 5))], Settings(measure="PLO"))


def test_a_group_whose_interval_has_no_width_is_compared_by_its_wald_error() -> None:
    equal = [replace(study, subgroup="equal") for study in bcg.studies()[:1]]
    equal += [replace(equal[0], id=f"copy{copy}") for copy in range(2)]
    others = [replace(study, subgroup="other") for study in bcg.studies()[1:]]

    by_hk = synthesise([*equal, *others], Settings(measure="RR", ci_method="hk"))
    by_wald = synthesise([*equal, *others], Settings(measure="RR", ci_method="wald"))

    assert "ci_zero_width" in by_hk.subgroups[0].summary.notes
    assert by_hk.subgroup_test is not None
    assert by_wald.subgroup_test is not None
    assert by_hk.subgroup_test.q < 2 * by_wald.subgroup_test.q


def test_a_limit_beyond_all_numbers_is_clipped_and_stored() -> None:
    studies = [
        StudyData(f"s{row}", f"Study {row}", (Arm(events=x, total=10**9), Arm(events=y, total=10**9)))
        for row, (x, y) in enumerate([(1, 10**8), (10**8, 1), (10**8, 1)])
    ]

    found = synthesise(studies, Settings(measure="OR", prediction="HTS", level=0.9999))

    assert "clipped" in found.overall.notes
    assert Synthesis.from_dict(found.to_dict()) == found


def test_too_few_participants_for_an_sd_are_refused_by_name() -> None:
    arm = Arm(mean=1.0, sd=1.0, n=1)
    with pytest.raises(ImpossibleData, match=r"Tiny 2020: fewer than 4"):
        synthesise([StudyData("s1", "Tiny 2020", (arm, arm))], Settings(measure="MD"))
