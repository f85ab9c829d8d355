"""Drapery plots of the BCG trials, of one study and of many."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from analysis.meta import pool
from analysis.plots import Curve, DraperyData, drapery
from validation.gallery._bcg import RISK_RATIO, TITLE, pictures, trials


def figures() -> Iterator[tuple[str, bytes]]:
    """Every figure with the name of its file."""
    bcg = _bcg()
    one = replace(bcg, title="One study", studies=bcg.studies[:1], pooled=None, prediction=None)
    for name, data in {"bcg": bcg, "one": one, "many": _many()}.items():
        yield from pictures(f"drapery-{name}", drapery(data), data)
        yield from pictures(f"drapery-{name}-narrow", drapery(data, narrow=True), data)


def _bcg() -> DraperyData:
    effects = trials().effects
    found = pool(effects.yi, effects.vi, ci_method="hk")
    studies = map(Curve, trials().labels, effects.yi.tolist(), effects.sei.tolist())
    return DraperyData(
        TITLE,
        tuple(studies),
        Curve("Pooled, random effects", found.estimate, found.se, found.df),
        RISK_RATIO,
        Curve(
            "In a new study", found.estimate, math.hypot(found.se_wald, found.tau2.value**0.5), found.k - 1
        ),
        is_log=True,
    )


def _many() -> DraperyData:
    rng = np.random.default_rng(20)
    se = rng.uniform(0.05, 0.9, 200)
    studies = map(Curve, map("Study {}".format, range(200)), rng.normal(-0.3, se).tolist(), se.tolist())
    return DraperyData("200 made-up studies", tuple(studies), Curve("Pooled", -0.3, 0.02), "Mean difference")
