"""One pace for all: threads, processes, and whichever cache the install has."""

import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from reviews.services import pacing
from tests.e2e.install import ROOT, given
from tests.fakes.eutils import FakeEutils

_REQUESTS = 3  # of each of two threads of two processes
_KEY = "0123456789abcdef0123456789abcdef1234"


@pytest.mark.parametrize(("key", "rate"), [("", 3), (_KEY, 10)], ids=["without key", "with key"])
def test_processes_and_threads_share_the_pace_through_the_installs_cache(
    tmp_path: Path, key: str, rate: int
) -> None:
    with FakeEutils() as fake, given(tmp_path) as environ:
        own = {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ENTREZ_BASE_URL": fake.base_url,
            "ENTREZ_API_KEY": key,
        }
        told = {**environ, **own}
        subprocess.run([sys.executable, "manage.py", "createcachetable"], cwd=ROOT, env=told, check=True)
        command = [sys.executable, "-m", "tests.reviews.searching.hurried", str(_REQUESTS)]
        hurried = [
            subprocess.Popen(command, cwd=ROOT, env=told, stdout=subprocess.PIPE, text=True) for _ in range(2)
        ]
        slots = [line for process in hurried for line in process.communicate(timeout=120)[0].split()]

    assert [process.returncode for process in hurried] == [0, 0]
    assert len(slots) == len(set(slots)) == len(fake.requests) == 4 * _REQUESTS
    moments = sorted(float(slot.split(":")[1]) for slot in slots)
    # Written in milliseconds: a slot may seem a thousandth of a second nearer than it is.
    assert min(later - earlier for earlier, later in pairwise(moments)) > 1 / rate


class _Full:
    """A cache that takes nothing for a long while."""

    def __init__(self) -> None:
        self.asked = 0

    def add(self, key: str, value: int, *, timeout: int) -> bool:
        self.asked += 1
        return self.asked > 100


def test_a_cache_that_cannot_be_written_holds_nobody_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(pacing, "cache", _Full())
    monkeypatch.setattr(time, "sleep", slept.append)

    pacing.SharedLimiter(3, clock=lambda: 1000.0).wait()

    assert max(slept) < 30
