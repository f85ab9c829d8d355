"""scripts/setup.sh on machines that lack something: one line, and nothing made."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("sh", "dirname", "rm", "mkdir", "touch")

# What python3 of such a machine answers to the questions of the script.
TOO_OLD = '#!/bin/sh\ncase "$*" in *version_info*) exit 1;; -V) echo Python 3.9.2;; esac\n'
WITHOUT_VENV = '#!/bin/sh\ncase "$*" in *ensurepip*) exit 1;; esac\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    copy = tmp_path / "checkout"
    (copy / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "setup.sh", copy / "scripts")
    return copy


@pytest.mark.parametrize(
    ("python3", "sentence"),
    [
        (None, "Python 3.11 or newer is missing; no python3 was found."),
        (TOO_OLD, "Python 3.11 or newer is missing; python3 is Python 3.9.2."),
        (WITHOUT_VENV, "the modules venv and ensurepip of"),
    ],
)
def test_what_is_missing_is_said_in_one_line(
    checkout: Path, tmp_path: Path, python3: str | None, sentence: str
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (tools / tool).symlink_to(found)
    if python3 is not None:
        (tools / "python3").write_text(python3, encoding="utf-8")
        (tools / "python3").chmod(0o755)
    script = checkout / "scripts" / "setup.sh"
    ended = subprocess.run(
        ["/bin/sh", str(script), "base"],
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith(f"Perennial: {sentence}")
    assert not (checkout / "var").exists()
