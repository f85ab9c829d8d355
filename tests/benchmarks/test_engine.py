"""The benchmark's own rules; how fast anything is, is not tested here."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from analysis.meta import estimate_tau2
from benchmarks import engine, limits, rscript
from benchmarks.data import load, write
from benchmarks.tasks import TASKS, Action, Task


def _task(*, times: float | None = None, seconds: float | None = None) -> Task:
    return Task("name", "words", times, seconds, lambda data: lambda: None, lambda data: lambda: None)


def _line(task: Task, *, r: float | None, took: float | None, fault: str = "") -> engine.Line:
    timing = None if r is None else rscript.Timing(r, 1)
    return engine.Line(task, timing, took, 0.1, fault)


@pytest.mark.parametrize(
    ("task", "r", "took", "verdict"),
    [
        (_task(times=4), 8.0, 2.0, "met"),
        (_task(times=4), 8.0, 2.1, "MISSED"),
        (_task(seconds=0.3), None, 0.2, "met"),
        (_task(seconds=0.3), 9.0, 0.3, "MISSED"),
        (_task(times=4), None, 2.0, "FAILED: R gave no time"),
    ],
)
def test_a_goal_is_met_or_missed_or_cannot_be_told(
    task: Task, r: float | None, took: float, verdict: str
) -> None:
    assert _line(task, r=r, took=took).verdict == verdict


def test_a_fault_of_the_engine_is_named_in_its_line_and_stops_nothing() -> None:
    def broken(data: object) -> Action:
        raise AttributeError("no such function")

    task = Task("name", "words", 4, None, broken, lambda data: lambda: None)
    line = engine.measure(task, load(), rscript.Timing(1.0, 1))
    assert line.verdict == "FAILED: AttributeError: no such function"


def test_r_knows_every_task_by_its_name() -> None:
    text = rscript.SCRIPT.read_text(encoding="utf-8")
    listed = text[text.index("tasks <- list(") : text.index("\n)\n", text.index("tasks <- list("))]
    assert re.findall(r"^  (\w+) = ", listed, flags=re.MULTILINE) == [task.name for task in TASKS]


def test_r_gets_every_digit_of_the_data(tmp_path: Path) -> None:
    data = load()
    write(data, tmp_path)
    with (tmp_path / "bcg.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["yi"]) for row in rows] == data.tables["bcg"]["yi"].tolist()
    assert [row["alloc"] for row in rows] == list(data.allocation)
    assert {name: len(table["yi"]) for name, table in data.tables.items() if "yi" in table} == {
        "bcg": 13,
        "large": 1000,
        "hundred": 100,
        "twenty": 20,
    }


def test_the_bare_arithmetic_finds_the_engines_tau2() -> None:
    """A limit that computed something else would bound nothing."""
    data = load()
    bare = limits.reml("bcg")(data)()
    yi, vi = data.columns("bcg", "yi", "vi")
    assert isinstance(bare, np.floating)
    assert float(bare) == pytest.approx(estimate_tau2(yi, vi).value, rel=1e-4)
