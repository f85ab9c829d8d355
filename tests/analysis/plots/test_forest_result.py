"""From the engine's results to what stands on the plot."""

import doctest
import importlib
from dataclasses import replace

import pytest

from analysis.meta import (
    MEASURES,
    Arm,
    Measure,
    Settings,
    StudyData,
    cumulative,
    leave_one_out,
    pool,
    synthesise,
)
from analysis.plots import LeftOut, forest
from analysis.plots.forest_pool import forest_of_pool, forest_of_pools
from analysis.plots.forest_result import forest_of
from analysis.plots.forest_series import cumulative_forest, leave_one_out_forest
from tests.analysis.meta import bcg
from tests.analysis.plots.figures import misplaced, texts


def test_a_synthesis_brings_arms_tests_methods_and_left_out_studies() -> None:
    found = synthesise([replace(study, subgroup=None) for study in bcg.studies()], Settings("RR"))
    data = forest_of(
        found, title="Tuberculosis", arms=("BCG", "None"), left_out=(LeftOut("Mute", "result not reported"),)
    )
    assert data.total is not None
    assert found.pooled is not None
    assert data.total.effect.estimate == found.pooled.estimate
    assert data.total.test is not None
    assert (data.total.test.statistic, data.total.test.df) == (found.pooled.statistic, 12)
    assert [row.arms[0].events for row in data.studies] == bcg.EVENTS1
    words = texts(forest(data, style="RevMan5"))
    assert "Test for overall effect: T = 3.95, df = 12 (P = 0.002)" in words
    heterogeneity = "Heterogeneity: Tau² = 0.31 (95% CI 0.12 to 1.11); Chi² = 152.23, df = 12 (P < 0.00001)"
    assert any(word.startswith(heterogeneity) for word in words)
    assert "Not pooled, result not reported: Mute." in words
    assert any(
        word.startswith("Random effects, REML; CI: Hartung-Knapp; PI: t(k − 1); I² from tau²; engine")
        for word in words
    )


def test_each_group_has_its_heading_subtotal_tests_and_the_comparison_stands_at_the_foot() -> None:
    """metafor gives random 110.21 (6), alternate 5.56 (1), systematic 16.59 (3) for Q."""
    found = synthesise(bcg.studies()[1:], Settings("RR"))
    data = forest_of(found, title="", subgroup="Allocation")
    assert [group.heading for group in data.groups] == [
        "Allocation: random", "Allocation: alternate", "Allocation: systematic",
    ]  # fmt: skip
    words = texts(forest(forest_of(synthesise(bcg.studies(), Settings("RR")), title=""), style="RevMan5"))
    for q in ("Chi² = 110.21, df = 6", "Chi² = 5.56, df = 1", "Chi² = 16.59, df = 3"):
        assert sum(q in word for word in words) == 1
    assert sum(word.startswith("Test for subgroup differences: Chi² =") for word in words) == 1
    assert words.count("Total events") == 4


def test_a_study_that_is_not_estimable_keeps_its_row_and_its_reason() -> None:
    empty = StudyData("0", "Empty 1990", (Arm(events=0, total=40), Arm(events=0, total=41)), "random")
    found = synthesise([*bcg.studies(), empty], Settings("RR", drop00=True))
    data = forest_of(found, title="")
    assert [row.label for row in data.groups[0].rows][-1] == "Empty 1990"
    words = texts(forest(data))
    assert "not estimable" in words
    assert "Not pooled, no events in either arm: Empty 1990." in words


def test_studies_whose_group_is_not_known_come_last_without_a_subtotal() -> None:
    unknown = StudyData("0", "Unknown 1990", (Arm(events=3, total=40), Arm(events=5, total=41)))
    alone = StudyData("1", "Alone 1991", (Arm(events=3, total=40), Arm(events=5, total=41)), "by day")
    data = forest_of(synthesise([unknown, alone, *bcg.studies()], Settings("RR")), title="")
    assert [group.heading for group in data.groups] == [
        "by day",
        "random",
        "alternate",
        "systematic",
        "not reported",
    ]
    assert data.groups[-1].subtotal is None
    assert data.groups[0].notes == ("One study, not pooled",)


def test_judgements_are_found_by_study_and_missing_ones_are_open() -> None:
    found = synthesise(bcg.studies()[:2], Settings("RR"))
    data = forest_of(found, title="", domains=("D1", "Overall"), judgements={"s1": ("low", "high")})
    assert [row.judgements for row in data.studies] == [("low", "high"), (None, None)]


def test_one_study_and_none_are_said_and_not_pooled() -> None:
    one = forest_of(synthesise(bcg.studies()[:1], Settings("RR")), title="One")
    assert one.total is None
    assert "One study, not pooled" in texts(forest(one, style="BMJ"))
    none = forest_of(synthesise([], Settings("RR")), title="None")
    assert texts(forest(none, style="JAMA")) == ["None", "No study contributes a result"]


def test_proportions_are_percentages_without_null_line_or_favours() -> None:
    studies = [StudyData(str(i), f"S{i}", (Arm(events=x, total=20),)) for i, x in enumerate((3, 9, 14))]
    data = forest_of(synthesise(studies, Settings("PLO")), title="", favours=("Favours A", "Favours B"))
    assert data.percent
    assert data.null_line is None
    assert data.favours is None
    words = texts(forest(data))
    assert {"Proportion, %", "Events", "Total", "20%"} <= set(words)


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_that_is_pooled_can_be_drawn(measure: Measure) -> None:
    spec = MEASURES[measure]
    counts, means = ((3, 40), (9, 42), (5, 61)), ((12.5, 3.1), (10.25, 2.9), (11.0, 4.0))
    studies = [
        StudyData(
            str(i),
            f"Study {i}",
            tuple(
                Arm(n=n + arm, mean=means[i][0] + arm, sd=means[i][1])
                if spec.kind == "continuous"
                else Arm(events=x + arm, total=n)
                for arm in range(spec.arms)
            ),
        )
        for i, (x, n) in enumerate(counts)
    ]
    data = forest_of(synthesise(studies, Settings(measure)), title=measure)
    figure = forest(data, style="RevMan5")
    assert data.total is not None
    assert (data.null_line is None) == (spec.kind == "proportion")
    assert measure not in data.measure_label
    assert "Total (95% CI)" in texts(figure)
    assert misplaced(figure) == []


def test_a_wald_interval_says_why_and_a_narrower_hartung_knapp_shows_both() -> None:
    two = forest_of(synthesise(bcg.studies()[:2], Settings("RR")), title="")
    assert two.notes[0].startswith("Random effects, REML; CI: Wald (fewer than 3 studies); I² from tau²;")
    counts = ((10, 100, 20, 100), (11, 100, 21, 100), (30, 300, 62, 300), (9, 90, 18, 90))
    studies = [
        StudyData(str(i), f"S{i}", (Arm(events=a, total=n), Arm(events=c, total=m)))
        for i, (a, n, c, m) in enumerate(counts)
    ]
    found = synthesise(studies, Settings("RR", ci_method="hk"))
    assert found.overall.alternative is not None
    (remark,) = forest_of(found, title="").notes[1:]
    low, high = found.overall.alternative.ci_low, found.overall.alternative.ci_high
    assert remark.startswith("The Hartung-Knapp interval is narrower than the Wald one, which gives 0.5")
    assert remark.endswith(f"[{low:.2f}, {high:.2f}].")


@pytest.mark.parametrize(
    ("choice", "heading", "note"),
    [
        (Settings("RR", model="common"), "IV, Common, 95% CI", "Common effect; CI: Wald; I² from Q;"),
        (
            Settings("RR", pooling="mh", model="common"),
            "M-H, Common, 95% CI",
            "Common effect, Mantel-Haenszel; CI: Wald; I² from Q;",
        ),
        (
            Settings("OR", pooling="peto", model="common"),
            "Peto, Common, 95% CI",
            "Common effect, Peto; CI: Wald; I² from Q;",
        ),
    ],
)
def test_the_way_of_pooling_heads_the_estimates(choice: Settings, heading: str, note: str) -> None:
    data = forest_of(synthesise(bcg.studies(), choice), title="")
    assert heading in texts(forest(data, style="RevMan5"))
    assert data.notes[0].startswith(note)
    assert data.total is not None
    assert data.total.heterogeneity is not None
    assert data.total.heterogeneity.tau2 is None


def test_leaving_one_out_has_a_row_a_study_and_all_as_the_diamond() -> None:
    """Without study 1: metafor's leave1out of the log risk ratios gives tau² 0.3362."""
    found = synthesise([replace(study, subgroup=None) for study in bcg.studies()], Settings("RR"))
    data = leave_one_out_forest(found, title="")
    assert len(data.rows) == 13
    assert data.rows[0].columns == ("0.336", "93%")
    assert data.total is not None
    assert data.total.columns == ("0.313", "92%")
    assert data.rows[0].effect is not None
    assert data.rows[0].effect.estimate == found.leave_one_out[0].pooled.estimate


def test_leaving_one_out_of_two_is_refused() -> None:
    with pytest.raises(ValueError, match="pools 2 studies; leaving one out needs at least 3"):
        leave_one_out_forest(synthesise(bcg.studies()[:2], Settings("RR")), title="")


def test_adding_studies_begins_with_one_and_ends_with_all() -> None:
    studies = bcg.studies()
    steps = [(s.label, synthesise(studies[: i + 1], Settings("RR"))) for i, s in enumerate(studies)]
    data = cumulative_forest(steps, title="")
    assert [row.label for row in data.rows[:2]] == ["Trial 1", "+ Trial 2"]
    assert data.rows[0].columns == ("1", "", "")
    assert data.rows[-1].columns == ("13", "0.313", "92%")
    assert data.total is not None
    assert data.rows[-1].effect == data.total.effect
    assert "Study added" in texts(forest(data))
    with pytest.raises(ValueError, match="steps is empty"):
        cumulative_forest([], title="")


def test_a_bare_pool_shows_effects_with_standard_errors() -> None:
    effects = bcg.odds_ratios()
    found = pool(effects.yi, effects.vi, ci_method="hk", prediction="HTS")
    labels = [f"Trial {i}" for i in range(1, 14)]
    data = forest_of_pool(
        found, labels, effects.yi, effects.vi, title="", measure="Odds ratio", log_scale=True
    )
    words = texts(forest(data, style="RevMan5"))
    assert {"−0.939", "0.598", "0.39 [0.12, 1.26]", "100.0%"} <= set(words)
    assert any(word.startswith("Test for overall effect: T = ") for word in words)
    with pytest.raises(ValueError, match="2 labels for 13 effects"):
        forest_of_pool(found, labels[:2], effects.yi, effects.vi, title="")


def test_pools_in_one_go_have_a_row_each() -> None:
    effects = bcg.risk_ratios()
    labels = [f"Trial {i}" for i in range(1, 14)]
    out = leave_one_out(effects.yi, effects.vi)
    data = forest_of_pools(out, labels, title="", total=pool(effects.yi, effects.vi), log_scale=True)
    assert data.rows[0].columns == ("12", "0.336", "93%")
    assert data.total is not None
    assert data.total.columns == ("13", "0.313", "92%")
    added = cumulative(effects.yi, effects.vi)
    data = forest_of_pools(added.pools, labels, title="", study_header="Study added", log_scale=True)
    assert data.rows[0].columns[0] == "1"
    assert data.rows[0].columns[2] == ""
    with pytest.raises(ValueError, match="1 labels for 13 pools"):
        forest_of_pools(out, ["one"], title="")


@pytest.mark.parametrize("module", ["forest", "forest_result", "forest_series", "forest_pool"])
def test_the_examples_run(module: str) -> None:
    outcome = doctest.testmod(importlib.import_module(f"analysis.plots.{module}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0
