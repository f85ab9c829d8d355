"""Syntheses that pool the counts themselves."""

import pytest

from analysis.meta import (
    Arm,
    NoInformation,
    Settings,
    StudyData,
    UnknownOption,
    glmm_proportions,
    mantel_haenszel,
    synthesise,
)
from tests.analysis.meta import bcg

EVENTS, TOTALS = [0, 7, 15, 4, 3], [20, 30, 15, 60, 9]


def proportions() -> list[StudyData]:
    rows = enumerate(zip(EVENTS, TOTALS, strict=True))
    return [StudyData(str(row), f"Study {row}", (Arm(events=x, total=n),)) for row, (x, n) in rows]


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_mantel_haenszel_is_that_of_the_tables(measure: str) -> None:
    found = synthesise(bcg.studies(), Settings(measure, pooling="mh", model="common"))  # type: ignore[arg-type]

    tables = mantel_haenszel(
        bcg.EVENTS1,
        bcg.TOTALS1,
        bcg.EVENTS2,
        bcg.TOTALS2,
        measure=measure,  # type: ignore[arg-type]
    )
    assert found.pooled is not None
    assert found.pooled.analysis_estimate == tables.estimate
    assert found.pooled.se == tables.se
    assert found.overall.q == tables.q
    assert [study.weight_percent for study in found.studies] == pytest.approx(tables.weights)
    assert (found.overall.tau2, found.overall.prediction, found.overall.ci_reason) == (
        None,
        None,
        "common_model",
    )
    assert len(found.leave_one_out) == 13
    assert found.subgroup_test is not None
    assert type(found).from_dict(found.to_dict()) == found


def test_peto_is_that_of_the_tables() -> None:
    found = synthesise(bcg.studies(), Settings("OR", pooling="peto", model="common", ci_method="wald"))

    assert found.pooled is not None
    assert found.pooled.analysis_estimate == pytest.approx(-0.474446310940636, rel=1e-9)
    assert found.pooled.se == pytest.approx(0.0406590807446483, rel=1e-9)
    assert found.overall.ci_reason is None


def test_a_mixed_model_needs_no_correction_and_gives_no_weights() -> None:
    found = synthesise(proportions(), Settings("PLO", pooling="glmm"))

    model = glmm_proportions(EVENTS, TOTALS)
    assert found.pooled is not None
    assert found.pooled.analysis_estimate == model.estimate
    assert found.overall.tau2 == model.tau2
    assert found.overall.prediction is not None
    assert found.overall.ci_reason == "counts"
    assert {study.weight_percent for study in found.studies} == {None}
    assert type(found).from_dict(found.to_dict()) == found


def test_one_study_is_its_own_estimate_however_it_is_pooled() -> None:
    found = synthesise(bcg.studies()[:1], Settings("OR", pooling="mh", model="common"))

    assert found.status == "single"


def test_counts_that_determine_nothing_are_refused_with_advice() -> None:
    arms = (Arm(events=0, total=20), Arm(events=3, total=20))
    empty = [StudyData(name, name, arms) for name in ("A", "B")]

    with pytest.raises(NoInformation, match="risk difference"):
        synthesise(empty, Settings("OR", pooling="mh", model="common"))


def tables(*rows: tuple[int, int, int, int], groups: str = "") -> list[StudyData]:
    return [
        StudyData(
            f"s{at}",
            f"Study {at}",
            (Arm(events=a, total=m), Arm(events=c, total=n)),
            groups[at : at + 1] or None,
        )
        for at, (a, m, c, n) in enumerate(rows)
    ]


def test_no_events_at_all_have_a_risk_difference_of_nothing_without_a_standard_error() -> None:
    with pytest.raises(NoInformation, match="no standard error"):
        synthesise(tables((0, 20, 0, 20), (0, 9, 0, 8)), Settings("RD", pooling="mh", model="common"))


def test_a_study_without_which_there_is_no_pool_is_not_left_out_and_the_pool_stands() -> None:
    data = tables((1, 20, 0, 20), (2, 20, 3, 20), (4, 30, 0, 31))

    found = synthesise(data, Settings("OR", pooling="mh", model="common"))

    assert found.pooled is not None
    assert [entry.study_id for entry in found.leave_one_out] == ["s0", "s2"]
    assert type(found).from_dict(found.to_dict()) == found


@pytest.mark.parametrize(("measure", "pooling"), [("OR", "mh"), ("RD", "mh"), ("OR", "peto"), ("OR", "glmm")])
def test_a_group_without_events_has_no_pool_and_stays_out_of_the_test(measure: str, pooling: str) -> None:
    rows = ((1, 20, 4, 20), (2, 20, 3, 20), (0, 30, 0, 31), (0, 9, 0, 9), (3, 40, 5, 41), (6, 30, 7, 33))
    chosen = Settings(measure, pooling=pooling, model="common")  # type: ignore[arg-type]

    found = synthesise(tables(*rows, groups="aabbcc"), chosen)

    assert found.pooled is not None
    assert [group.summary.status for group in found.subgroups] == ["pooled", "none", "pooled"]
    assert found.subgroup_test is not None
    assert found.subgroup_test.df == 1


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"measure": "MD", "pooling": "mh", "model": "common"}, "OR, RR, RD only"),
        ({"measure": "RR", "pooling": "peto", "model": "common"}, "OR only"),
        ({"measure": "OR", "pooling": "mh"}, "common effect"),
        ({"measure": "PLO", "pooling": "glmm", "subgroup_tau2": "common"}, "separate"),
        ({"measure": "OR", "pooling": "exact"}, "inverse, mh, peto, glmm"),
    ],
)
def test_what_does_not_go_together_is_refused(given: dict[str, str], fault: str) -> None:
    with pytest.raises(UnknownOption, match=fault):
        Settings(**given)  # type: ignore[arg-type]
