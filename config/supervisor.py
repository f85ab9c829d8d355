"""Keeps a few child processes running and takes all of them down with it. Standard library only."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.2  # how soon a death or a signal is noticed
FIRST_DELAY_SECONDS = 0.5  # before the first restart; doubled at each further one
LONGEST_DELAY_SECONDS = 30.0
STEADY_SECONDS = 30.0  # a child that lived this long starts its next back-off anew

LAUNCH = Path(__file__).with_name("launch.py")  # by path: importing it by name would load Celery first

Announce = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Program:
    """One child: what to run, whether it is started again, and how long it may take to stop."""

    name: str
    argv: tuple[str, ...]
    stop_seconds: float = 10.0
    once: bool = False  # a job that ends, not a service that stays
    inherit_fds: tuple[int, ...] = ()


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    start_at: float | None = None  # monotonic time of the next start, None for "not to be started"
    reader: threading.Thread | None = field(default=None, repr=False)

    @property
    def running(self) -> bool:
        return self.process is not None


class Supervisor:
    """Runs programs in the order given and stops them in the opposite order.

    Every child leads its own process group: Ctrl-C in a terminal reaches the supervisor only, which then
    stops them in order, and what a dead child leaves behind (a worker's pool) is ended with its group. On
    Linux a child is told to stop also when the supervisor itself is killed.
    """

    def __init__(
        self, programs: Sequence[Program], *, environ: Mapping[str, str], cwd: Path, announce: Announce
    ) -> None:
        self._children = [_Child(program) for program in programs]
        self._environ = {**environ, "PYTHONUNBUFFERED": "1"}
        self._cwd = cwd
        self._announce = announce
        self._stopping = threading.Event()
        self._hurry = False

    def add(self, program: Program) -> None:
        """Start one more program at the next tick; for jobs that wait for the services to answer."""
        self._children.append(_Child(program, start_at=time.monotonic()))

    def run(self, *, on_tick: Callable[[], None] | None = None) -> None:
        """Start everything, keep it running, and return once a signal came and no child is left."""
        previous = {
            number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            for child in self._children:
                self._start(child)
            while not self._stopping.wait(TICK_SECONDS):
                self._watch()
                if on_tick is not None:
                    on_tick()
        finally:
            self._stop_all()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        # A second signal is someone who will not wait.
        self._hurry = self._stopping.is_set()
        self._stopping.set()

    def _start(self, child: _Child) -> None:
        program = child.program
        child.process = subprocess.Popen(
            (sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), *program.argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environ,
            cwd=self._cwd,
            pass_fds=program.inherit_fds,
            process_group=0,
        )
        child.started = time.monotonic()
        child.start_at = None
        assert child.process.stdout is not None  # because of PIPE above
        child.reader = threading.Thread(
            target=self._relay, args=(program.name, child.process.stdout), daemon=True
        )
        child.reader.start()
        self._announce("supervisor", f"{program.name} started (pid {child.process.pid})")

    def _relay(self, name: str, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._announce(name, line.decode("utf-8", "replace").rstrip("\n"))

    def _watch(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.process is not None and child.process.poll() is not None:
                self._bury(child, now=now)
            elif child.start_at is not None and now >= child.start_at:
                self._start(child)

    def _bury(self, child: _Child, *, now: float) -> None:
        """Clear what a dead child left, and set when it is started again."""
        process, program = child.process, child.program
        assert process is not None  # the callers look first
        _signal_group(process.pid, signal.SIGKILL)
        child.process = None
        if program.once:
            self._announce("supervisor", f"{program.name} {_how_it_ended(process.returncode)}")
            return
        if now - child.started >= STEADY_SECONDS:
            child.failures = 0
        delay = min(FIRST_DELAY_SECONDS * 2**child.failures, LONGEST_DELAY_SECONDS)
        child.failures += 1
        child.start_at = now + delay
        ended = _how_it_ended(process.returncode)
        self._announce("supervisor", f"{program.name} {ended}; it is started again in {delay:g} s")

    def _stop_all(self) -> None:
        for child in reversed(self._children):
            if child.running:
                self._stop(child)
        for child in self._children:
            if child.reader is not None:
                child.reader.join(timeout=2)

    def _stop(self, child: _Child) -> None:
        """Ask the leader to stop, wait as long as its program may take, then end its whole group."""
        process = child.process
        assert process is not None  # the caller looks first
        if process.poll() is None:
            process.terminate()
        deadline = time.monotonic() + child.program.stop_seconds
        while process.poll() is None and time.monotonic() < deadline and not self._hurry:
            time.sleep(TICK_SECONDS / 4)
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()
        child.process = None
        self._announce("supervisor", f"{child.program.name} stopped")


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return
    except PermissionError:
        # macOS answers so for a group of which only a dead, unreaped leader is left.
        logger.debug("group %s holds no live process", group)


def _how_it_ended(returncode: int) -> str:
    if returncode < 0:
        return f"was ended by {signal.Signals(-returncode).name}"
    return "ended" if returncode == 0 else f"failed with exit code {returncode}"
