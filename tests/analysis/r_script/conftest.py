"""Runs of the engine as the platform stores them, and one R process that runs many scripts."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from analysis import bridge
from analysis.contributions import Contribution, Inputs, Numbers
from analysis.r_script import Heading, script
from analysis.synthesis_settings import complete

HEADING = Heading(
    review="BCG against tuberculosis",
    analysis="Cases",
    run=3,
    computed="2026-03-01 12:00 UTC",
    settings_line="Odds ratio, random effects",
)
# Each file by itself, so that one that stops does not stop the others; output goes to a file beside it.
_DRIVER = """\
for (path in commandArgs(trailingOnly = TRUE)) {
  sink(paste0(path, ".out"))
  fault <- tryCatch({ source(path, local = new.env(), encoding = "UTF-8"); "" }, error = conditionMessage)
  sink()
  writeLines(fault, paste0(path, ".fault"))
}
"""

_HAS_PACKAGES = "quit(status = !all(sapply(c('metafor', 'lme4'), requireNamespace, quietly = TRUE)))"

RunInR = Callable[[Mapping[str, str]], dict[str, str]]


def inputs(
    arms: Sequence[tuple[Numbers, ...]], groups: Sequence[str | None] = (), labels: Sequence[str] = ()
) -> Inputs:
    """Studies in the order of `arms`, all of which contribute."""
    return Inputs(
        outcome="Tuberculosis",
        direction="lower",
        spec="Cases",
        subgroup_label="Allocation" if groups else "",
        contributing=tuple(
            Contribution(
                row, labels[row] if labels else f"Trial {row}", arm, groups[row] if groups else None, ""
            )
            for row, arm in enumerate(arms)
        ),
        others=(),
    )


def script_of(given: Inputs, **settings: Any) -> str:
    """The script of a run, from what the services would store of it."""
    binary = "events" in given.contributing[0].arms[0] if given.contributing else True
    outcome_type = "binary" if binary else "continuous"
    values = complete(settings, measure=settings["measure"], outcome_type=outcome_type)
    computed = bridge.compute(given, values)
    return script(
        HEADING,
        inputs=given.to_dict(),
        settings=values,
        outputs=computed.outputs,
        status=computed.status,
        engine_version=bridge.ENGINE_VERSION,
    )


@pytest.fixture(scope="session")
def rscript() -> str:
    """R with metafor: a user may have none and skips, CI must have it."""
    found = shutil.which("Rscript")
    if found is not None:
        known = [found, "-e", _HAS_PACKAGES]
        if subprocess.run(known, capture_output=True, check=False, timeout=120).returncode == 0:
            return found
    if os.environ.get("CI"):
        pytest.fail("CI needs Rscript with the packages metafor and lme4")
    pytest.skip("there is no Rscript with the packages metafor and lme4 on this machine")


@pytest.fixture
def run_in_r(rscript: str, tmp_path: Path) -> RunInR:
    """Run scripts by name in one R process; what each stopped with, empty where all its numbers agree."""

    def run(scripts: Mapping[str, str]) -> dict[str, str]:
        paths = {name: tmp_path / f"{number}.R" for number, name in enumerate(scripts)}
        for name, path in paths.items():
            path.write_text(scripts[name], encoding="utf-8")
        driver = tmp_path / "driver.R"
        driver.write_text(_DRIVER, encoding="utf-8")
        subprocess.run(
            [rscript, "--vanilla", str(driver), *map(str, paths.values())],
            check=True,
            capture_output=True,
            timeout=600,
            cwd=tmp_path,
        )
        return {name: _fault(path) for name, path in paths.items()}

    return run


def _fault(path: Path) -> str:
    fault = path.with_name(f"{path.name}.fault").read_text(encoding="utf-8").strip()
    if not fault:
        return ""
    lines = path.with_name(f"{path.name}.out").read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join([fault, *[line for line in lines if line.rstrip().endswith("FALSE")][:12]])
