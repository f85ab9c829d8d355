"""R's side of the benchmark: found or installed, run once, its times read."""

import math
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("engine.R")
# metafor needs the other three for its generalised linear mixed models.
PACKAGES = {
    "metafor": "r-cran-metafor",
    "lme4": "r-cran-lme4",
    "BiasedUrn": "r-cran-biasedurn",
    "numDeriv": "r-cran-numderiv",
}
_LOCK_SECONDS = 600  # another install may hold dpkg's lock


@dataclass(frozen=True, slots=True)
class Timing:
    """CPU seconds of one task; `factor` above 1 where R did only that share of it and was extrapolated."""

    seconds: float
    factor: float


@dataclass(frozen=True, slots=True)
class Timings:
    """What R took, by task."""

    version: str
    by_task: dict[str, Timing]

    def of(self, name: str) -> Timing | None:
        """The time of one task; None where R failed at it."""
        return self.by_task.get(name)


def prepare() -> str:
    """Install R and its packages where apt and the rights are there; what is still missing, or nothing."""
    missing = _missing()
    if missing and shutil.which("apt-get") and os.geteuid() == 0:
        apt = ["apt-get", "-o", f"DPkg::Lock::Timeout={_LOCK_SECONDS}", "-qq"]
        wanted = ["r-base-core", *(PACKAGES[name] for name in missing if name in PACKAGES)]
        for command in (
            [*apt, "update"],
            [*apt, "install", "-y", "--no-install-recommends", *wanted],
        ):
            environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL)
        missing = _missing()
    if not missing:
        return ""
    debian = " ".join(["r-base-core", *PACKAGES.values()])
    return f"Missing for the benchmark: {', '.join(missing)}. On Debian: apt-get install {debian}"


def _missing() -> list[str]:
    if shutil.which("Rscript") is None:
        return ["Rscript", *PACKAGES]
    return [
        name
        for name in PACKAGES
        if subprocess.run(
            ["Rscript", "--vanilla", "-e", f"quit(status = !requireNamespace('{name}', quietly = TRUE))"],
            check=False,
            capture_output=True,
        ).returncode
    ]


def measure(directory: Path, tasks: list[str]) -> Timings:
    """Run R once for all tasks; its messages go to the terminal."""
    done = subprocess.run(
        ["Rscript", "--vanilla", str(SCRIPT), str(directory), *tasks],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    head, *rows = [line.split(",") for line in done.stdout.splitlines() if line]
    timings = {
        name: Timing(float(seconds), float(factor)) for name, seconds, factor in rows if seconds != "NA"
    }
    assert all(math.isfinite(each.seconds) for each in timings.values())
    return Timings(version=f"R {head[1]}, metafor {head[2]}", by_task=timings)
