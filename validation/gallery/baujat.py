"""Baujat plots of the BCG trials under equal and under random effects."""

from collections.abc import Iterator

from analysis.meta import Tau2Method
from analysis.meta import baujat as coordinates
from analysis.plots import BaujatData, BaujatPoint, baujat
from validation.gallery._bcg import TITLE, pictures, trials

MODELS: dict[Tau2Method, str] = {"EE": "equal effects", "REML": "random effects"}


def figures() -> Iterator[tuple[str, bytes]]:
    """Every figure with the name of its file."""
    for method in MODELS:
        data = _data(method)
        yield from pictures(f"baujat-{method.lower()}", baujat(data), data)
        yield from pictures(f"baujat-{method.lower()}-narrow", baujat(data, narrow=True), data)
    one = BaujatData("One study", _data("EE").points[:1])
    yield from pictures("baujat-one", baujat(one), one)


def _data(method: Tau2Method) -> BaujatData:
    effects = trials().effects
    found = coordinates(effects.yi, effects.vi, tau2_method=method)
    points = map(BaujatPoint, trials().labels, found.heterogeneity.tolist(), found.influence.tolist())
    return BaujatData(f"{TITLE}, {MODELS[method]}", tuple(points))
