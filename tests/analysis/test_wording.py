"""Remarks beside a result, from what the engine stores."""

from analysis import wording
from analysis.comparison import Outcome
from analysis.meta import Arm, Settings, StudyData, synthesise

Row = tuple[int, int, int, int]


def _result(*rows: Row, groups: str = "", **settings: str) -> Outcome:
    studies = [
        StudyData(
            str(at),
            f"Trial {at}",
            (Arm(events=a, total=m), Arm(events=c, total=n)),
            groups[at : at + 1] or None,
        )
        for at, (a, m, c, n) in enumerate(rows)
    ]
    found = synthesise(studies, Settings(measure="OR", **settings))  # type: ignore[arg-type]  # by their names
    used = {"measure": "OR", "level": 0.95, "model": "random", "tau2_method": "REML", **settings}
    return Outcome(inputs={}, settings=used, status=found.status, outputs=found.to_dict())


def test_a_group_without_a_pool_is_named() -> None:
    rows: list[Row] = [(1, 20, 4, 20), (2, 20, 3, 20), (0, 30, 0, 31), (0, 9, 0, 9)]
    result = _result(*rows, groups="aabb", pooling="mh", model="common")

    assert "b: these studies alone determine no estimate, so nothing is pooled." in wording.remarks(result)


def test_a_study_without_which_there_is_no_pool_is_named() -> None:
    result = _result((1, 20, 0, 20), (2, 20, 3, 20), (4, 30, 0, 31), pooling="mh", model="common")

    assert wording.remarks(result)[-1] == "Without Trial 1 the others determine no estimate."


def test_usual_studies_need_no_such_remark() -> None:
    result = _result((1, 20, 4, 20), (2, 20, 3, 20), (4, 30, 1, 31), (1, 25, 6, 30), ci_method="t")

    assert not [remark for remark in wording.remarks(result) if "determine" in remark]
    assert wording.method(result) == "random effects (REML), Wald interval with t"
