"""Each style's own digits, brackets and sentences."""

from dataclasses import replace

import pytest

from analysis.plots import Effect, EffectTest, ForestData, GroupTest, Heterogeneity, LeftOut, StudyRow
from analysis.plots.forest_style import BMJ, HOUSE, JAMA, REVMAN5, ForestStyle, forest_style
from analysis.plots.forest_words import (
    decimals_of,
    effect_test_text,
    effect_text,
    forest_description,
    group_test_text,
    heterogeneity_text,
    interval_text,
    measure_header,
    note_lines,
    p_text,
)
from tests.analysis.plots.figures import ratio, study

# Thirteen BCG trials, log risk ratios, REML (metafor 3.8-1).
BCG = Heterogeneity(
    q=152.2330, df=12, p_value=2.0e-26, i2=92.2214, tau2=0.3132, tau2_low=0.1197, tau2_high=1.1115
)


@pytest.mark.parametrize(
    ("style", "p", "printed"),
    [
        (REVMAN5, 0.3604, "P = 0.36"),
        (REVMAN5, 0.0064, "P = 0.006"),
        (REVMAN5, 0.00031, "P = 0.0003"),
        (REVMAN5, 0.00002, "P < 0.0001"),
        (REVMAN5, 2e-26, "P < 0.00001"),
        (BMJ, 0.3604, "P=0.36"),
        (BMJ, 0.0064, "P=0.006"),
        (BMJ, 0.0004, "P<0.001"),
        (JAMA, 0.3604, "P = .36"),
        (JAMA, 0.0064, "P = .006"),
        (JAMA, 0.0004, "P < .001"),
        (JAMA, 0.999, "P > .99"),
        (HOUSE, 0.0496, "p = 0.050"),
        (HOUSE, 0.0494, "p = 0.049"),
        (HOUSE, 0.0004, "p < 0.001"),
    ],
)
def test_a_p_value_has_the_digits_of_its_style_and_is_never_zero(
    style: ForestStyle, p: float, printed: str
) -> None:
    assert p_text(p, style) == printed


@pytest.mark.parametrize(
    ("style", "printed"),
    [
        (
            REVMAN5,
            "Heterogeneity: Tau² = 0.31 (95% CI 0.12 to 1.11); Chi² = 152.23, df = 12 (P < 0.00001); "
            "I² = 92%",
        ),
        (BMJ, "Test for heterogeneity: τ²=0.31 (95% CI 0.12 to 1.11), χ²=152.23, df=12, P<0.001, I²=92%"),
        (JAMA, "Heterogeneity: τ² = 0.31 (95% CI 0.12 to 1.11); χ²₁₂ = 152.23 (P < .001); I² = 92%"),
        (
            HOUSE,
            "Heterogeneity: tau² = 0.313 (95% CI 0.120 to 1.112); Q = 152.23, df = 12 (p < 0.001); "
            "I² = 92\u2009%",
        ),
    ],
)
def test_heterogeneity_is_worded_as_the_style_does(style: ForestStyle, printed: str) -> None:
    assert heterogeneity_text(BCG, style) == printed


def test_the_common_effect_model_has_no_tau2() -> None:
    common = Heterogeneity(q=3.2, df=4, p_value=0.52, i2=0.0)
    assert heterogeneity_text(common, REVMAN5) == "Heterogeneity: Chi² = 3.20, df = 4 (P = 0.52); I² = 0%"
    assert heterogeneity_text(common, BMJ) == "Test for heterogeneity: χ²=3.20, df=4, P=0.52, I²=0%"


def test_the_level_of_the_interval_of_tau2_is_stated() -> None:
    assert "(90% CI" in heterogeneity_text(replace(BCG, level=0.9), REVMAN5)


def test_a_test_of_the_effect_is_z_or_t_with_its_degrees_of_freedom() -> None:
    z, t = EffectTest(-3.974, 7.06e-05), EffectTest(-3.9522, 0.0019, 12)
    assert effect_test_text(z, REVMAN5) == "Test for overall effect: Z = 3.97 (P < 0.0001)"
    assert effect_test_text(t, REVMAN5) == "Test for overall effect: T = 3.95, df = 12 (P = 0.002)"
    assert effect_test_text(t, BMJ) == "Test for overall effect: t=−3.95, df=12, P=0.002"
    assert effect_test_text(t, JAMA) == "Overall effect: t₁₂ = −3.95 (P = .002)"
    assert effect_test_text(z, HOUSE) == "Overall effect: z = −3.97 (p < 0.001)"


def test_subgroups_are_compared_in_the_words_of_the_style() -> None:
    test = GroupTest(1.7675, 2, 0.4132, 0.0)
    words = {
        REVMAN5.name: "Test for subgroup differences: Chi² = 1.77, df = 2 (P = 0.41), I² = 0%",
        BMJ.name: "Test for subgroup differences: χ²=1.77, df=2, P=0.41, I²=0%",
        JAMA.name: "Subgroup differences: χ²₂ = 1.77 (P = .41); I² = 0%",
        HOUSE.name: "Subgroup differences: Q = 1.77, df = 2 (p = 0.41); I² = 0\u2009%",
    }
    assert {style.name: group_test_text(test, style) for style in (REVMAN5, BMJ, JAMA, HOUSE)} == words


def test_estimates_have_the_brackets_of_the_style() -> None:
    data, effect = ratio(study(0)), Effect(0.489, 0.344, 0.696)
    assert effect_text(effect, data, REVMAN5) == "0.49 [0.34, 0.70]"
    assert effect_text(effect, data, BMJ) == "0.49 (0.34 to 0.70)"
    assert effect_text(effect, data, JAMA) == "0.49 (0.34-0.70)"


def test_a_hyphen_never_meets_a_minus() -> None:
    assert interval_text(-2.0, -1.0, ForestData("", "MD"), JAMA) == "(−2.00 to −1.00)"


def test_the_heading_takes_brackets_and_method_of_the_style() -> None:
    data = replace(ratio(study(0)), method="IV, random")
    assert measure_header(data, HOUSE) == "Risk ratio\n[95% CI]"
    assert measure_header(data, BMJ) == "Risk ratio\n(95% CI)"
    assert measure_header(data, REVMAN5) == "Risk ratio\nIV, Random, 95% CI"


@pytest.mark.parametrize(("width", "digits"), [(3.0, 2), (0.04, 3), (0.003, 4), (1e-9, 4), (0.0, 2)])
def test_narrow_intervals_have_more_digits_in_the_whole_column(width: float, digits: int) -> None:
    rows = (StudyRow("A", effect=Effect(0.1, 0.1 - width / 2, 0.1 + width / 2)),)
    assert decimals_of(ForestData("", "Mean difference", rows)) == digits
    assert decimals_of(ForestData("", "Mean difference", rows, decimals=1)) == 1


def test_numbers_beyond_reading_are_powers_of_ten() -> None:
    data = ratio(study(0))
    assert effect_text(Effect(7.39, 0.0, 7.9e13), data, HOUSE) == "7.39 [0.00, 7.9×10¹³]"


def test_studies_left_out_are_listed_by_reason() -> None:
    empty = StudyRow("Empty 1990", left_out="no events in either arm")
    data = replace(
        ratio(study(0), empty, study(1, is_corrected=True)),
        left_out=(LeftOut("Mute 1991", "result not reported"), LeftOut("Mute 1992", "result not reported")),
        notes=("Kept as it is.",),
    )
    assert note_lines(data) == [
        "* with continuity correction",
        "Not pooled, no events in either arm: Empty 1990.",
        "Not pooled, result not reported: Mute 1991; Mute 1992.",
        "Kept as it is.",
    ]


def test_the_description_gives_the_numbers_in_words() -> None:
    said = forest_description(ratio(study(0), study(1)))
    assert said == (
        "Forest plot of 2 studies; Risk ratio. Total (95% CI): 0.80 [0.60, 1.07]. "
        "Prediction interval: [0.40, 1.60]. Heterogeneity: Tau² = 0.10."
    )


def test_an_unknown_style_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="'Lancet' is not one of house, RevMan5, BMJ, JAMA"):
        forest_style("Lancet")  # type: ignore[arg-type]  # the point
