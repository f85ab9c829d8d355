"""L'Abbé plots of the BCG trials: each measure has its own lines of equal effect."""

from collections.abc import Iterator
from typing import Literal

from analysis.meta import effect_sizes, pool
from analysis.plots import LabbeData, LabbePoint, labbe
from validation.gallery._bcg import TITLE, pictures, trials

Shown = Literal["RR", "OR", "RD", "AS"]
NAMES: dict[Shown, str] = {
    "RR": "Risk ratio",
    "OR": "Odds ratio",
    "RD": "Risk difference",
    "AS": "Arcsine difference",
}


def figures() -> Iterator[tuple[str, bytes]]:
    """Every figure with the name of its file."""
    for measure in NAMES:
        for log_axes in (False, True):
            data = _data(measure, log_axes=log_axes)
            axes = "log" if log_axes else "linear"
            yield from pictures(f"labbe-{measure.lower()}-{axes}", labbe(data), data)
            yield from pictures(f"labbe-{measure.lower()}-{axes}-narrow", labbe(data, narrow=True), data)


def _data(measure: Shown, *, log_axes: bool) -> LabbeData:
    held = trials()
    (a, c), (n1, n2) = held.cases.T, held.totals.T
    effects = effect_sizes(measure, ai=a, n1i=n1, ci=c, n2i=n2)
    found = pool(effects.yi, effects.vi)
    points = map(LabbePoint, held.labels, (a / n1).tolist(), (c / n2).tolist(), found.weights.tolist())
    return LabbeData(
        TITLE,
        tuple(points),
        measure,
        found.estimate,
        found.ci.low,
        found.ci.high,
        "Risk without BCG",
        "Risk with BCG",
        NAMES[measure],
        log_axes=log_axes,
    )
