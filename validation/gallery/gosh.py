"""GOSH plots: all 8191 subsets of the BCG trials, and the few subsets of three of them."""

from collections.abc import Iterator
from dataclasses import replace

from analysis.meta import gosh as subsets
from analysis.meta import pool
from analysis.plots import GoshData, gosh
from validation.gallery._bcg import RISK_RATIO, TITLE, pictures, trials


def figures() -> Iterator[tuple[str, bytes]]:
    """Every figure with the name of its file."""
    everything = _data(13)
    examples = {
        "all": replace(everything, marked=None),
        "marked": everything,
        "few": replace(_data(4), marked=None),
    }
    for name, data in examples.items():
        yield from pictures(f"gosh-{name}", gosh(data), data)
        yield from pictures(f"gosh-{name}-narrow", gosh(data, narrow=True), data)


def _data(k: int) -> GoshData:
    held = trials()
    yi, vi = held.effects.yi[:k], held.effects.vi[:k]
    found, whole = subsets(yi, vi), pool(yi, vi, tau2_method="EE")
    several = found.included.sum(axis=1) > 1
    # The latest trial, Madras, which is the largest: it alone makes a cluster.
    marked = k - 1
    return GoshData(
        TITLE,
        found.pools.estimate[several],
        found.pools.i2[several],
        RISK_RATIO,
        is_log=True,
        marked=found.included[several, marked],
        marked_label=f"With {held.labels[marked]}",
        other_label=f"Without {held.labels[marked]}",
        whole=(whole.estimate, whole.heterogeneity.i2),
    )
