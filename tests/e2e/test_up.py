"""`manage.py up` as a person runs it: real processes on a free port and in a directory of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.install import PATIENCE_SECONDS, ROOT, Up, embedded, running, wait_until

pytestmark = pytest.mark.e2e


def processes_of(var: Path) -> list[str]:
    """Command lines of all processes that work on this directory, whoever their parent now is."""
    mark = f"PERENNIAL_VAR={var}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_text(encoding="utf-8", errors="replace"))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it ended while we looked, or belongs to someone else
    return found


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    with running(var=tmp_path, environ=embedded(tmp_path)) as running_up:
        yield running_up


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes left in /proc")
def test_up_serves_restarts_a_killed_worker_and_leaves_nothing_behind(up: Up, tmp_path: Path) -> None:
    assert up.status("health/") == 200
    # Supervisor, gunicorn and its worker, Celery and its two processes, beat.
    wait_until(lambda: len(processes_of(tmp_path)) == 7, up=up)

    killed = up.pid_of("worker")
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: len(up.said("worker started")) == 2, up=up)
    assert up.said("worker was ended by SIGKILL")
    assert up.pid_of("worker") != killed
    assert up.status("health/") == 200

    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(timeout=PATIENCE_SECONDS) == 0
    assert up.said(r"supervisor \| (\w+) stopped") == ["scheduler", "worker", "web"]
    # What was killed with its group dies when it is its turn.
    wait_until(lambda: not processes_of(tmp_path), up=up)


def test_a_second_up_names_the_first_or_the_taken_port(up: Up, tmp_path: Path) -> None:
    port = up.url.rsplit(":", 1)[1].rstrip("/")
    same_directory = refused(var=tmp_path, port=port)
    assert f"already runs from {tmp_path}: {up.url}" in same_directory

    other = tmp_path / "other"
    other.mkdir()
    same_port = refused(var=other, port=port)
    assert f"Port {port} on 127.0.0.1 is taken" in same_port
    assert f"PORT={int(port) + 1}" in same_port


def refused(*, var: Path, port: str) -> str:
    second = subprocess.run(
        [sys.executable, "manage.py", "up", "--port", port],
        cwd=ROOT,
        env=embedded(var),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert second.returncode == 1
    return second.stderr
