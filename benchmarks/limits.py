"""What the same arithmetic costs bare: vectorised NumPy with nothing checked, reported or safeguarded.

No engine can be faster than this by much; how far ours is from it is what correctness and a full result cost.
The number of scoring steps and of evaluations is what such fits need, not what the engine was seen to do.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import gammaln

from benchmarks.data import Column, Data

Action = Callable[[], object]
Prepare = Callable[[Data], Action]

STEPS = 6  # of Fisher scoring, from a moment estimate to full precision
EVALUATIONS = 40  # of a likelihood with two parameters and their gradient, by a quasi-Newton method
NODES = 7
MANY_SUBSETS = 100_000


def _scoring(y: Column, v: Column, mask: Column | float = 1.0) -> Column:
    """Fisher scoring of REML for a mean, over the last axis."""
    tau2 = np.full(np.broadcast(y, mask).shape[:-1], 0.1)
    for _ in range(STEPS):
        w = mask / (v + tau2[..., None])
        w2 = w * w
        s1, s2, s3 = w.sum(-1), w2.sum(-1), (w2 * w).sum(-1)
        mu = (w * y).sum(-1) / s1
        trace_p, trace_pp = s1 - s2 / s1, s2 - 2 * s3 / s1 + (s2 / s1) ** 2
        residuals = (w2 * (y - mu[..., None]) ** 2).sum(-1)
        tau2 = np.maximum(0.0, tau2 + (residuals - trace_p) / trace_pp)
    return tau2


def reml(table: str) -> Prepare:
    """One mean by REML."""

    def prepare(data: Data) -> Action:
        y, v = data.columns(table, "yi", "vi")
        return lambda: _scoring(y, v)

    return prepare


def each_left_out(data: Data) -> Action:
    """REML without each study in turn."""
    y, v = data.columns("hundred", "yi", "vi")
    mask = 1.0 - np.eye(y.size)
    return lambda: _scoring(y, v, mask)


def _masks(k: int) -> Column:
    """All subsets of 13 studies, many of 20."""
    if k <= 13:
        numbers = np.arange(1, 2**k)
        return ((numbers[:, None] >> np.arange(k)) & 1).astype(np.float64)
    return np.random.default_rng(1).integers(0, 2, (MANY_SUBSETS, k)).astype(np.float64)


def subsets_ee(table: str) -> Prepare:
    """Three matrix products: sums of w, wy and wyy of each subset, hence mean and Q."""

    def prepare(data: Data) -> Action:
        y, v = data.columns(table, "yi", "vi")
        columns = np.column_stack([1 / v, y / v, y * y / v])

        def act() -> object:
            sums = _masks(y.size) @ columns
            with np.errstate(invalid="ignore", divide="ignore"):
                mean = sums[:, 1] / sums[:, 0]
                return mean, sums[:, 2] - mean * sums[:, 1]

        return act

    return prepare


def subsets_reml(table: str) -> Prepare:
    """REML of each subset, in pieces that stay in the cache."""

    def prepare(data: Data) -> Action:
        y, v = data.columns(table, "yi", "vi")

        def act() -> object:
            masks = _masks(y.size)
            with np.errstate(invalid="ignore", divide="ignore"):
                return [_scoring(y, v, masks[at : at + 1024]) for at in range(0, len(masks), 1024)]

        return act

    return prepare


def regression(count: int) -> Prepare:
    """REML regressions on an intercept and two columns, `count` designs at once."""

    def prepare(data: Data) -> Action:
        y, v, latitude, year = data.columns("bcg", "yi", "vi", "ablat", "year")
        design = np.column_stack([np.ones(y.size), latitude - latitude.mean(), year - year.mean()])
        rng = np.random.default_rng(1)
        designs = np.stack([design[rng.permutation(y.size)] for _ in range(count)])

        def act() -> object:
            tau2 = np.full(count, 0.1)
            for _ in range(STEPS):
                w = 1 / (v + tau2[:, None])
                wx = designs * w[..., None]
                inverse = np.linalg.inv(np.swapaxes(designs, 1, 2) @ wx)
                beta = inverse @ (np.swapaxes(wx, 1, 2) @ y)[..., None]
                residuals = w * (y - (designs @ beta)[..., 0])
                second = inverse @ (np.swapaxes(wx, 1, 2) @ wx)
                third = inverse @ (np.swapaxes(wx, 1, 2) @ (wx * w[..., None]))
                trace_p = w.sum(-1) - np.trace(second, axis1=1, axis2=2)
                trace_pp = (
                    (w * w).sum(-1)
                    - 2 * np.trace(third, axis1=1, axis2=2)
                    + np.trace(second @ second, axis1=1, axis2=2)
                )
                tau2 = np.maximum(0.0, tau2 + ((residuals * residuals).sum(-1) - trace_p) / trace_pp)
            return tau2

        return act

    return prepare


def quadrature(table: str, arms: int) -> Prepare:
    """Binomial likelihoods with a gradient at seven nodes a study."""

    def prepare(data: Data) -> Action:
        n = data.columns(table, "ni" if table == "proportions" else "n1i")[0]
        eta = np.linspace(-3, 0, NODES * n.size * arms).reshape(arms, NODES, n.size)

        def act() -> object:
            total = 0.0
            for _ in range(EVALUATIONS):
                grown = np.exp(eta)
                value = (eta - n * np.log1p(grown)).sum(0)
                slope = (1 - n * grown / (1 + grown)).sum(0)
                top = value.max(0)
                weight = np.exp(value - top)
                total += float((np.log(weight.sum(0)) + top).sum()) + float((weight * slope).sum())
            return total

        return act

    return prepare


def hypergeometric(data: Data) -> Action:
    """Noncentral hypergeometric likelihoods over the whole support at seven nodes a study."""
    n1, n2, a, c = data.columns("bcg", "n1i", "n2i", "ai", "ci")
    supports = [
        np.arange(max(0.0, events - size2), min(size1, events) + 1)
        for size1, size2, events in zip(n1, n2, a + c, strict=True)
    ]
    cells = np.concatenate(supports)
    ends = np.cumsum([0, *[each.size for each in supports[:-1]]])
    binomials = -gammaln(cells + 1)
    nodes = np.linspace(-1.5, 0.5, NODES)[:, None]

    def act() -> object:
        total = 0.0
        for _ in range(EVALUATIONS):
            weight = np.exp(nodes * cells + binomials - (nodes * 100 - 300))
            total += float(np.add.reduceat(weight, ends, axis=1).sum())
            total += float(np.add.reduceat(weight * cells, ends, axis=1).sum())
        return total

    return act


def multiverse(data: Data) -> Action:
    """Fifty sets of effects, each with five estimators."""
    y, v = data.columns("bcg", "yi", "vi")
    masks = np.ones((50, y.size))

    def act() -> object:
        return [_scoring(y, v, masks) for _ in range(5)]

    return act
