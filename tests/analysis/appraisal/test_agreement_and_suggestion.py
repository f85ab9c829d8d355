"""Agreement on pooled answers, and which tool fits which design."""

import pytest

from analysis.appraisal import StudyDesign, agreement, answer_agreement, disagreements, suggest_tool


def test_probably_and_certainly_agree() -> None:
    found = answer_agreement({"1.1": "Y", "1.2": "PN", "1.3": "NI"}, {"1.1": "PY", "1.2": "N", "1.3": "N"})
    assert (found.n, found.agreed) == (3, 2)
    assert found.proportion == pytest.approx(2 / 3)


def test_questions_of_one_assessor_only_are_left_out_of_agreement_and_named_as_different() -> None:
    first, second = {"1.1": "Y", "2.3": "N"}, {"1.1": "Y", "2.7": "NI"}
    assert answer_agreement(first, second).n == 1
    assert disagreements(first, second) == ("2.3", "2.7")


def test_kappa_of_a_known_table() -> None:
    # 20 low/low, 5 low/high, 10 high/low, 15 high/high: observed .70, expected .50, kappa .40.
    pairs = [("l", "l")] * 20 + [("l", "h")] * 5 + [("h", "l")] * 10 + [("h", "h")] * 15
    assert agreement(pairs).kappa == pytest.approx(0.4)


def test_kappa_is_undefined_without_items_or_without_variation() -> None:
    assert agreement([]).kappa is None
    assert agreement([]).proportion is None
    assert agreement([("l", "l")] * 4).kappa is None


def test_rob2_is_not_offered_for_a_single_arm_trial_and_says_what_fits() -> None:
    found = suggest_tool("single_arm")
    assert (found.applicable, found.reason) == (False, "no_randomisation_no_comparator")
    assert found.tool == "jbi-case-series"
    assert "minors" in found.alternatives


def test_rob2_is_offered_for_randomised_trials_with_a_warning_on_clusters() -> None:
    assert suggest_tool("parallel_rct").reason == "randomised_parallel_groups"
    assert suggest_tool("cluster_rct").applicable
    assert suggest_tool("cluster_rct").reason == "cluster_variant_differs"


@pytest.mark.parametrize("design", list(StudyDesign))
def test_every_design_has_a_suggestion(design: StudyDesign) -> None:
    found = suggest_tool(design)
    assert found.applicable == (found.tool == "rob2-parallel")


def test_an_unknown_design_is_refused() -> None:
    with pytest.raises(ValueError, match="folklore"):
        suggest_tool("folklore")
