"""The data of the benchmark: the BCG trials, and studies drawn with a fixed seed; written for R as CSV."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.meta import two_by_two

Column = NDArray[np.float64]
ROOT = Path(__file__).resolve().parents[1]
TRIALS = ROOT / "analysis" / "demo" / "bcg_trials.csv"
SEED = 20261122
TAU2 = 0.1  # of the studies drawn; log odds ratios have sampling variances from 0.02 to 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """What the tasks compute with: tables by name, and each trial's allocation.

    Attributes
    ----------
    tables : dict of str to dict of str to ndarray
        bcg (ai n1i ci n2i year ablat yi vi), large (k = 1000), hundred, twenty (yi vi), proportions (xi ni).
    allocation : tuple of str
    """

    tables: dict[str, dict[str, Column]]
    allocation: tuple[str, ...]

    def columns(self, table: str, *names: str) -> list[Column]:
        """Columns of one table."""
        return [self.tables[table][name] for name in names]


def load() -> Data:
    """Read the trials and draw the rest."""
    with TRIALS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = {
        "ai": "bcg_cases",
        "n1i": "bcg_total",
        "ci": "control_cases",
        "n2i": "control_total",
        "year": "year",
        "ablat": "latitude",
    }
    trials = {name: np.array([float(row[column]) for row in rows]) for name, column in names.items()}
    ratios = two_by_two(trials["ai"], trials["n1i"], trials["ci"], trials["n2i"], measure="RR")
    rng = np.random.default_rng(SEED)
    tables = {
        "bcg": trials | {"yi": ratios.yi, "vi": ratios.vi},
        "large": _drawn(rng, 1000),
        "hundred": _drawn(rng, 100),
        "twenty": _drawn(rng, 20),
        "proportions": _proportions(rng, 20),
    }
    return Data(tables=tables, allocation=tuple(row["allocation"] for row in rows))


def write(data: Data, directory: Path) -> None:
    """One CSV a table, every digit kept."""
    for name, table in data.tables.items():
        extra = {"alloc": list(data.allocation)} if name == "bcg" else {}
        columns = {key: [repr(float(value)) for value in values] for key, values in table.items()} | extra
        with (directory / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))


def _drawn(rng: np.random.Generator, k: int) -> dict[str, Column]:
    vi = rng.uniform(0.02, 0.5, k)
    return {"yi": rng.normal(0.3, np.sqrt(vi + TAU2)), "vi": vi}


def _proportions(rng: np.random.Generator, k: int) -> dict[str, Column]:
    ni = rng.integers(15, 120, k).astype(np.float64)
    chance = 1 / (1 + np.exp(-rng.normal(-1.0, 0.7, k)))
    return {"xi": rng.binomial(ni.astype(np.int64), chance).astype(np.float64), "ni": ni}
