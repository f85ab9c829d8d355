"""Bubble plots: the effect of BCG by latitude and by year."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from analysis.meta import pool, regress
from analysis.plots import BubbleData, BubbleLine, BubblePoint, bubble
from validation.gallery._bcg import RISK_RATIO, TITLE, pictures, trials


def figures() -> Iterator[tuple[str, bytes]]:
    """Every figure with the name of its file."""
    moderators = {
        "latitude": (trials().latitudes, "Distance from the equator (degrees)"),
        "year": (trials().years, "Year of publication"),
    }
    for name, (values, label) in moderators.items():
        data = _data(values, label)
        yield from pictures(f"bubble-{name}", bubble(data), data)
        yield from pictures(f"bubble-{name}-narrow", bubble(data, narrow=True), data)


def _data(values: NDArray[np.float64], label: str) -> BubbleData:
    effects = trials().effects
    weights = pool(effects.yi, effects.vi).weights
    found = regress(effects.yi, effects.vi, np.column_stack([np.ones(values.size), values]))
    grid = np.linspace(values.min(), values.max(), 81)
    fitted = found.predict(np.column_stack([np.ones(grid.size), grid]))
    bands = (fitted.estimate, fitted.ci_low, fitted.ci_high, fitted.pi_low, fitted.pi_high)
    line = BubbleLine(tuple(grid.tolist()), *(tuple(band.tolist()) for band in bands))
    points = map(BubblePoint, trials().labels, values.tolist(), effects.yi.tolist(), weights.tolist())
    return BubbleData(TITLE, tuple(points), line, label, RISK_RATIO, is_log=True)
