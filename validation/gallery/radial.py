"""Radial plots of the BCG trials under equal and under random effects."""

from collections.abc import Iterator

from analysis.meta import Tau2Method, pool
from analysis.plots import RadialData, RadialPoint, radial
from validation.gallery._bcg import TITLE, pictures, trials

MODELS: dict[Tau2Method, str] = {"EE": "equal effects", "REML": "random effects"}


def figures() -> Iterator[tuple[str, bytes]]:
    """Every figure with the name of its file."""
    for method in MODELS:
        data = _data(method)
        yield from pictures(f"radial-{method.lower()}", radial(data), data)
        yield from pictures(f"radial-{method.lower()}-narrow", radial(data, narrow=True), data)


def _data(method: Tau2Method) -> RadialData:
    effects = trials().effects
    found = pool(effects.yi, effects.vi, tau2_method=method)
    points = map(RadialPoint, trials().labels, effects.yi.tolist(), effects.vi.tolist())
    return RadialData(
        f"{TITLE}, {MODELS[method]}",
        tuple(points),
        found.estimate,
        found.ci.low,
        found.ci.high,
        found.tau2.value,
        "Risk ratio",
        is_log=True,
    )
