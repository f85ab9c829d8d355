"""The supervisor with small real processes in place of web and worker."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from config.supervisor import Program, Supervisor

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120.0  # a test that passes needs a fraction of it

# Starts two children and stops on SIGTERM, as a worker with its pool does.
FAMILY = """
import subprocess, sys, time
kids = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) for _ in range(2)]
print("kids", *[kid.pid for kid in kids], flush=True)
time.sleep(600)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(600)
"""


class Log:
    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __call__(self, name: str, line: str) -> None:
        self.lines.append((name, line))

    def saying(self, pattern: str) -> list[re.Match[str]]:
        return [match for name, line in self.lines if (match := re.search(pattern, f"{name}: {line}"))]


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def supervise(log: Log) -> Callable[..., None]:
    """Run programs until `done` says so; a test that waits in vain fails instead of hanging."""

    def run(*programs: Program, done: Callable[[Supervisor], bool]) -> None:
        supervisor = Supervisor(programs, environ=os.environ, cwd=ROOT, announce=log)
        deadline = time.monotonic() + PATIENCE_SECONDS
        late = False

        def look() -> None:
            nonlocal late
            late = time.monotonic() > deadline
            if late or done(supervisor):
                os.kill(os.getpid(), signal.SIGTERM)

        supervisor.run(on_tick=look)
        assert not late, log.lines

    return run


def python(name: str, code: str, **options: float | bool) -> Program:
    return Program(name, (sys.executable, "-c", code), **options)  # type: ignore[arg-type]  # the test's own


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(
        ["ps", "-o", "state=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return state.stdout.strip() not in {"", "Z"}


def test_a_child_that_crashes_is_started_again(supervise: Callable[..., None], log: Log) -> None:
    supervise(
        python("web", "print('hello'); raise SystemExit(3)"),
        done=lambda _: len(log.saying("web: hello")) >= 2,
    )
    assert log.saying(r"web failed with exit code 3; it is started again in 0\.5 s")


def test_the_wait_before_a_restart_doubles(supervise: Callable[..., None], log: Log) -> None:
    supervise(python("web", "raise SystemExit(1)"), done=lambda _: len(log.saying("started again")) >= 3)
    waits = [match[1] for match in log.saying(r"started again in (\S+) s")]
    assert waits[:3] == ["0.5", "1", "2"]


def test_a_stop_leaves_no_grandchild(supervise: Callable[..., None], log: Log) -> None:
    supervise(python("worker", FAMILY), done=lambda _: bool(log.saying("worker: kids")))
    kids = [int(pid) for pid in log.saying(r"kids (.*)")[0][1].split()]
    assert len(kids) == 2
    wait_until(lambda: not any(map(is_alive, kids)))  # they are killed, and die when it is their turn


def test_grandchildren_of_a_killed_child_end_before_its_restart(
    supervise: Callable[..., None], log: Log
) -> None:
    killed: list[int] = []

    def kill_once(_: Supervisor) -> bool:
        started = log.saying(r"worker started \(pid (\d+)\)")
        if log.saying("worker: kids") and not killed:
            killed.append(int(started[0][1]))
            os.kill(killed[0], signal.SIGKILL)
        return len(log.saying("worker: kids")) >= 2

    supervise(python("worker", FAMILY), done=kill_once)
    first_kids = [int(pid) for pid in log.saying(r"kids (.*)")[0][1].split()]
    assert log.saying("worker was ended by SIGKILL")
    wait_until(lambda: not any(map(is_alive, first_kids)))


def test_a_child_deaf_to_sigterm_is_killed_after_its_grace(supervise: Callable[..., None], log: Log) -> None:
    supervise(python("web", STUBBORN, stop_seconds=0.2), done=lambda _: bool(log.saying("web: deaf")))
    pid = int(log.saying(r"web started \(pid (\d+)\)")[0][1])
    assert not is_alive(pid)


def test_children_stop_in_the_opposite_order(supervise: Callable[..., None], log: Log) -> None:
    sleep = "import time; print('up', flush=True); time.sleep(600)"
    supervise(
        *(python(name, sleep) for name in ("web", "worker", "scheduler")),
        done=lambda _: len(log.saying(": up")) == 3,
    )
    assert [match[1] for match in log.saying(r"(\w+) stopped")] == ["scheduler", "worker", "web"]


def test_a_job_runs_once_and_its_failure_is_told(supervise: Callable[..., None], log: Log) -> None:
    job = Program("demo", (sys.executable, "-c", "raise SystemExit(2)"), once=True)
    supervise(job, done=lambda _: bool(log.saying("demo failed with exit code 2")))
    assert len(log.saying("demo started")) == 1


def test_a_job_added_later_runs_beside_the_services(supervise: Callable[..., None], log: Log) -> None:
    job = python("demo", "print('built')", once=True)
    added: list[Program] = []

    def done(supervisor: Supervisor) -> bool:
        if log.saying("web: up") and not added:
            added.append(job)
            supervisor.add(job)
        return bool(log.saying("demo ended"))

    supervise(python("web", "import time; print('up', flush=True); time.sleep(600)"), done=done)
    assert log.saying("demo: built")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_children_stop_when_the_supervisor_itself_is_killed() -> None:
    script = (
        "import os, sys; from pathlib import Path; from config.supervisor import Program, Supervisor\n"
        "child = Program('web', (sys.executable, '-c', 'import time; time.sleep(600)'))\n"
        "say = lambda name, line: print(line, flush=True)\n"
        "Supervisor([child], environ=os.environ, cwd=Path.cwd(), announce=say).run()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout as out:
        told = re.search(r"pid (\d+)", out.readline())
    assert told is not None
    child = int(told[1])
    wait_until(lambda: not command_of(child).count("launch.py"))
    parent.kill()
    parent.wait()
    wait_until(lambda: not is_alive(child))


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
