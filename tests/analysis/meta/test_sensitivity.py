"""Influence and trim and fill as a synthesis stores them, and studies added one by one."""

import math

import pytest

from analysis.meta import Settings, ShapeMismatch, StudyData, Synthesis, accumulate, synthesise
from tests.analysis.meta import bcg
from tests.analysis.meta.examples import single_arm, two_means

# metafor 3.8-1: influence(rma(measure="RR", ..., method="REML")) and trimfill() of it, dat.bcg.
BCG = Settings(measure="RR", ci_method="wald")


@pytest.fixture(scope="module")
def found() -> Synthesis:
    return synthesise(bcg.studies(), BCG)


def test_each_study_has_its_influence(found: Synthesis) -> None:
    fourth, eighth = found.influence[3], found.influence[7]

    assert [row.study_id for row in found.influence] == [study.id for study in found.studies]
    assert fourth.rstudent == pytest.approx(-1.45120066425, rel=1e-5)
    assert fourth.cook_d == pytest.approx(0.229481639116, rel=1e-5)
    assert eighth.dffits == pytest.approx(0.477460007374, rel=1e-5)
    assert eighth.dfbs == pytest.approx(0.471373883729, rel=1e-5)
    assert eighth.cov_r == pytest.approx(1.0010701389, rel=1e-5)
    assert eighth.tau2_without == pytest.approx(0.273182929387, rel=1e-5)
    assert sum(row.weight_percent for row in found.influence) == pytest.approx(100)
    assert not any(row.is_influential for row in found.influence)


def test_a_study_far_from_the_others_is_pointed_out() -> None:
    studies = two_means((0.0, 0), (0.1, 0), (0.05, 0), (0.02, 0), (6.0, 0))

    rows = synthesise(studies, Settings(measure="MD")).influence

    assert [row.is_influential for row in rows] == [False, False, False, False, True]


def test_the_funnel_is_filled_with_what_it_lacks(found: Synthesis) -> None:
    filled = found.trim_fill

    assert filled is not None
    assert (filled.side, filled.k0) == ("right", 1)
    assert filled.filled[0].yi == pytest.approx(0.310403024014, rel=1e-5)
    assert filled.pooled.analysis_estimate == pytest.approx(-0.65708280076, rel=1e-5)
    assert filled.pooled.estimate == pytest.approx(math.exp(-0.65708280076), rel=1e-5)


def test_mirror_images_of_proportions_stay_possible() -> None:
    studies = single_arm((1, 100), (2, 120), (3, 60), (9, 30), (12, 20), (8, 10))

    for measure in ("PR", "PLN", "PAS", "PFT"):
        filled = synthesise(studies, Settings(measure=measure)).trim_fill
        assert filled is not None
        assert 0 <= filled.pooled.ci_low <= filled.pooled.estimate <= filled.pooled.ci_high <= 1


@pytest.mark.parametrize(
    ("studies", "chosen", "reason"),
    [
        (bcg.studies()[:2], BCG, "k_below_3"),
        (bcg.studies(), Settings(measure="RR", pooling="mh", model="common"), "counts"),
        (single_arm((2, 10), (2, 10), (2, 10)), Settings(measure="PLO"), "no_variation"),
    ],
)
def test_a_funnel_that_cannot_be_filled_says_why(
    studies: list[StudyData], chosen: Settings, reason: str
) -> None:
    found = synthesise(studies, chosen)

    assert (found.trim_fill, found.trim_fill_reason) == (None, reason)


def test_two_studies_and_counts_have_no_influences() -> None:
    assert synthesise(bcg.studies()[:2], BCG).influence == ()
    assert synthesise(bcg.studies(), Settings(measure="OR", pooling="peto", model="common")).influence == ()


def test_a_result_stored_before_these_were_known_is_read(found: Synthesis) -> None:
    stored = found.to_dict()
    for name in ("influence", "trim_fill", "trim_fill_reason"):
        del stored[name]

    read = Synthesis.from_dict(stored)

    assert read.influence == ()
    assert read.overall == found.overall


def test_a_result_without_a_field_that_was_always_there_is_refused(found: Synthesis) -> None:
    stored = found.to_dict()
    del stored["overall"]

    with pytest.raises(ShapeMismatch):
        Synthesis.from_dict(stored)


def test_studies_are_added_by_year_and_end_in_the_pool_of_all(found: Synthesis) -> None:
    years = list(range(1990, 1977, -1))

    steps = accumulate(found, by=years)

    assert [label for label, _ in steps] == [study.label for study in reversed(found.studies)]
    assert [step.k for _, step in steps] == list(range(1, 14))
    assert steps[0][1].pooled is None
    assert found.pooled is not None
    assert steps[-1][1].pooled is not None
    assert steps[-1][1].pooled.estimate == pytest.approx(found.pooled.estimate)


def test_steps_pool_counts_as_the_synthesis_does() -> None:
    chosen = Settings(measure="RR", pooling="mh", model="common")
    found = synthesise(bcg.studies(), chosen)

    steps = accumulate(found)

    assert steps[4][1].overall == synthesise(bcg.studies()[:5], chosen).overall


def test_an_order_of_another_length_is_refused(found: Synthesis) -> None:
    with pytest.raises(ShapeMismatch, match="by has 1 values for 13 studies"):
        accumulate(found, by=[1948])
