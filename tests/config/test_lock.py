from pathlib import Path

import pytest

from config.lock import AlreadyHeldError, DirectoryLock


def test_a_held_lock_refuses_a_second_holder_and_says_who_has_it(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path / "up.lock") as lock:
        lock.note("http://127.0.0.1:8000/ (pid 7)")
        with pytest.raises(AlreadyHeldError, match="pid 7"):
            DirectoryLock(tmp_path / "up.lock")


def test_a_closed_lock_can_be_taken_again(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path / "up.lock"):
        pass
    with DirectoryLock(tmp_path / "up.lock") as again:
        again.note("second")
    assert (tmp_path / "up.lock").read_text(encoding="utf-8") == "second"
