"""Influence panels of the BCG trials, and of two of them."""

import math
from collections.abc import Iterator

from analysis.meta import influence as measures
from analysis.plots.influence import InfluenceData, InfluencePanel, influence
from validation.gallery._bcg import TITLE, pictures, trials


def figures() -> Iterator[tuple[str, bytes]]:
    """Every figure with the name of its file."""
    for name, k in {"bcg": 13, "two": 2}.items():
        data = _data(k)
        yield from pictures(f"influence-{name}", influence(data), data)
        yield from pictures(f"influence-{name}-narrow", influence(data, narrow=True), data)


def _data(k: int) -> InfluenceData:
    effects = trials().effects
    found = measures(effects.yi[:k], effects.vi[:k])
    bound = 3 * math.sqrt(1 / (k - 1))
    panels = (
        InfluencePanel("Studentised residual", tuple(found.rstudent.tolist()), 0.0, (-1.96, 1.96)),
        InfluencePanel("DFFITS", tuple(found.dffits.tolist()), 0.0, (-bound, bound)),
        InfluencePanel("Cook's distance", tuple(found.cook_d.tolist()), 0.0, (0.4549,)),
        InfluencePanel("Covariance ratio", tuple(found.cov_r.tolist()), 1.0),
        InfluencePanel("τ² without the study", tuple(found.left_out.tau2.tolist()), found.pool.tau2.value),
        InfluencePanel("Q without the study", tuple(found.left_out.q.tolist()), found.pool.heterogeneity.q),
        InfluencePanel("Hat value", tuple(found.hat.tolist()), 1 / k, (3 / k,)),
        InfluencePanel("DFBETAS", tuple(found.dfbs.tolist()), 0.0, (-1.0, 1.0)),
    )
    return InfluenceData(TITLE, trials().labels[:k], panels, tuple(found.influential.tolist()))
