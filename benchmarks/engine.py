"""Measure the engine beside R's metafor: CPU seconds, medians, goals; exits 1 where a goal is missed.

Run as: python -m benchmarks.engine [TASK ...]. R is installed where that can be done, see rscript.py.
"""

import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from analysis.meta import MetaError
from benchmarks import rscript
from benchmarks.data import Data, load, write
from benchmarks.tasks import TASKS, Action, Task

_BATCH_SECONDS = 0.2  # of one batch; the median is over five
_BATCHES = 5
_LONG_SECONDS = 1.0  # what takes longer runs three times


@dataclass(frozen=True, slots=True)
class Line:
    """One task: CPU seconds of R, of the engine and of the bare arithmetic, or why there are none."""

    task: Task
    r: rscript.Timing | None
    engine: float | None
    limit: float | None
    fault: str

    @property
    def times(self) -> float | None:
        return self.r.seconds / self.engine if self.r and self.engine else None

    @property
    def verdict(self) -> str:
        if self.fault:
            return f"FAILED: {self.fault}"
        if self.task.seconds is not None and self.engine is not None:
            return "met" if self.engine < self.task.seconds else "MISSED"
        if self.task.times is None or self.times is None:
            return "FAILED: R gave no time"
        return "met" if self.times >= self.task.times else "MISSED"


def median_cpu(action: Action) -> float:
    """Median CPU seconds of one call, warmed up."""
    action()
    once = _burn(action, 1)
    if once > _LONG_SECONDS:
        return statistics.median([once, _burn(action, 1), _burn(action, 1)])
    times = max(1, round(_BATCH_SECONDS / max(once, 1e-6)))
    return statistics.median(_burn(action, times) for _ in range(_BATCHES))


def _burn(action: Action, times: int) -> float:
    start = time.process_time()
    for _ in range(times):
        action()
    return (time.process_time() - start) / times


def measure(task: Task, data: Data, r: rscript.Timing | None) -> Line:
    """Time one task; a fault of the engine is named in its line and stops nothing else."""
    limit = median_cpu(task.limit(data))
    try:
        engine = median_cpu(task.engine(data))
    except (AttributeError, TypeError, ArithmeticError, ValueError, AssertionError, MetaError) as fault:
        return Line(task, r, None, limit, f"{type(fault).__name__}: {fault}")
    return Line(task, r, engine, limit, "")


def main(only: list[str]) -> int:
    unknown = set(only) - {task.name for task in TASKS}
    if unknown:
        sys.stderr.write(f"No such task: {', '.join(sorted(unknown))}.\n")
        return 2
    chosen = [task for task in TASKS if not only or task.name in only]
    missing = rscript.prepare()
    if missing:
        sys.stderr.write(f"{missing}\n")
        return 2
    data = load()
    with tempfile.TemporaryDirectory() as folder:
        write(data, Path(folder))
        timings = rscript.measure(Path(folder), [task.name for task in chosen])
    sys.stdout.write(f"{timings.version}; CPU seconds, medians\n{_HEADER}\n")
    lines = []
    for task in chosen:
        lines.append(measure(task, data, timings.of(task.name)))
        sys.stdout.write(f"{_text(lines[-1])}\n")
        sys.stdout.flush()
    if any(line.r and line.r.factor != 1 for line in lines):
        sys.stdout.write("~ R did a share of the subsets and is extrapolated.\n")
    return 0 if all(line.verdict == "met" for line in lines) else 1


_HEADER = f"{'':38}{'R':>11}{'engine':>11}{'faster':>11}{'goal':>9}{'bare':>11}{'/ bare':>8}"


def _text(line: Line) -> str:
    goal = f"{line.task.times:g} x" if line.task.times else f"< {line.task.seconds:g} s"
    r = "" if line.r is None else f"{'~' if line.r.factor != 1 else ''}{_seconds(line.r.seconds)}"
    times = (
        "" if line.times is None else f"{line.times:,.0f} x" if line.times >= 10 else f"{line.times:.1f} x"
    )
    share = "" if not line.engine or not line.limit else f"{line.engine / line.limit:.1f}"
    cells = f"{line.task.words:38}{r:>11}{_seconds(line.engine):>11}{times:>11}{goal:>9}"
    return f"{cells}{_seconds(line.limit):>11}{share:>8}  {line.verdict}"


def _seconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3g} s" if value >= 1 else f"{1000 * value:.3g} ms"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
