"""The thirteen trials of BCG against tuberculosis: their effects, and both pictures of a figure."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
from matplotlib.figure import Figure

import analysis.demo
from analysis.meta import Effects, effect_sizes
from analysis.plots import render

TITLE = "BCG vaccine against tuberculosis"
RISK_RATIO = "Risk ratio (log scale)"


class Described(Protocol):
    """What a figure is drawn from."""

    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """The trials by year, and their log risk ratios."""

    labels: tuple[str, ...]
    years: np.ndarray
    cases: np.ndarray
    totals: np.ndarray
    latitudes: np.ndarray
    effects: Effects


@cache
def trials() -> Trials:
    """Read the trials and compute their effects."""
    path = Path(analysis.demo.__file__).parent / "bcg_trials.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["year"])
    cases = np.array([[float(row["bcg_cases"]), float(row["control_cases"])] for row in rows])
    totals = np.array([[float(row["bcg_total"]), float(row["control_total"])] for row in rows])
    return Trials(
        labels=tuple(row["trial"] for row in rows),
        years=np.array([float(row["year"]) for row in rows]),
        cases=cases,
        totals=totals,
        latitudes=np.array([float(row["latitude"]) for row in rows]),
        effects=effect_sizes("RR", ai=cases[:, 0], n1i=totals[:, 0], ci=cases[:, 1], n2i=totals[:, 1]),
    )


def pictures(name: str, figure: Figure, data: Described) -> Iterator[tuple[str, bytes]]:
    """The light and the dark picture, with the figure's own words for those who cannot see it."""
    for theme in ("light", "dark"):
        about = {"title": data.title or name, "description": data.description}
        yield f"{name}-{theme}", render(figure, "svg", theme=theme, **about)
