"""Funnel plots: plain, with contours, filled studies or a regression, and of one and of many studies."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from analysis.meta import pool, regression_test, trim_and_fill
from analysis.plots import FunnelData, FunnelPoint, RegressionLine, funnel
from validation.gallery._bcg import RISK_RATIO, TITLE, pictures, trials


def figures() -> Iterator[tuple[str, bytes]]:
    """Every figure with the name of its file."""
    for name, data in examples().items():
        yield from pictures(f"funnel-{name}", funnel(data), data)
        yield from pictures(f"funnel-{name}-narrow", funnel(data, narrow=True), data)


def examples() -> dict[str, FunnelData]:
    """The BCG trials in four ways, and made-up studies."""
    effects = trials().effects
    found = pool(effects.yi, effects.vi)
    points = tuple(map(FunnelPoint, trials().labels, effects.yi.tolist(), effects.sei.tolist()))
    plain = FunnelData(TITLE, points, found.estimate, RISK_RATIO, is_log=True)
    contours = replace(plain, contours=True)
    test = regression_test(effects.yi, effects.vi, predictor=effects.sei, model="rma")
    line = RegressionLine(test.intercept, test.slope)
    note = f"Regression on the standard error: P = {test.p_value:.3f}."
    return {
        "plain": plain,
        "contours": contours,
        "filled": _filled(contours),
        "egger": replace(contours, line=line, notes=(note,)),
        "heterogeneity": replace(plain, tau2=found.tau2.value, notes=("The limits include τ².",)),
        "one": replace(contours, points=points[:1]),
        "many": _many(),
        "none": replace(plain, points=(), summary=None),
    }


def _filled(data: FunnelData) -> FunnelData:
    effects = trials().effects
    found = trim_and_fill(effects.yi, effects.vi, side="right")
    extra = zip(found.yi[found.filled].tolist(), np.sqrt(found.vi[found.filled]).tolist(), strict=True)
    filled = tuple(FunnelPoint(f"Filled {i}", *point) for i, point in enumerate(extra, start=1))
    return replace(data, filled=filled, filled_summary=found.adjusted.estimate)


def _many() -> FunnelData:
    rng = np.random.default_rng(20)
    se = rng.uniform(0.05, 0.9, 200)
    points = zip(rng.normal(-0.3, se).tolist(), se.tolist(), strict=True)
    studies = tuple(FunnelPoint(f"Study {i}", *point) for i, point in enumerate(points))
    return FunnelData("200 made-up studies", studies, -0.3, "Mean difference", contours=True)
