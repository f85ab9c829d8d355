"""Which counts, offsets and coefficients make up each model, and where its estimates may start."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.meta.checks import Flags, Vector
from analysis.meta.counts import Correction, Rates, Tables
from analysis.meta.errors import ImpossibleData
from analysis.meta.glmm.cumulants import Binomial, Hypergeometric, Poisson, support
from analysis.meta.glmm.fitting import fit_one_effect, fit_two_effects, refuse_separation
from analysis.meta.glmm.likelihood import Model, Point
from analysis.meta.glmm.results import Choices, Estimates, Glmm, refuse_none, report, typical_variance
from analysis.meta.glmm.two_effects import TwoEffects

# Enough to say where the effects roughly are when no cell may be empty.
_HALF = 0.5
_SHARE = np.array([0.5, -0.5])


@dataclass(frozen=True, slots=True, eq=False)
class _Rough:
    """A quick estimate from the studies' own effects: mean and standard deviation."""

    mean: float
    spread: float


def fit_single_arm(
    family: Binomial | Poisson, x: Vector, offset: Vector, own: tuple[Vector, Vector], choices: Choices
) -> Glmm:
    """Logit proportions or log rates with a random intercept.

    Parameters
    ----------
    family : Binomial or Poisson
    x, offset : ndarray of shape (k,)
    own : tuple of ndarray of shape (k,)
        The studies' effects and variances after correction.
    choices : Choices
    """
    refuse_none(x.size)
    binomial = isinstance(family, Binomial)
    high = family.totals[0] if isinstance(family, Binomial) else np.full(x.size, np.inf)
    refuse_separation(
        x,
        np.zeros(x.size),
        high,
        random=choices.method == "ML",
        what="The events are" if binomial else "The events of the rates are",
    )
    model = _conditional(family, x, offset)
    found = _from_rough(model, rough(*own), choices, k=x.size)
    return report(found, choices, typical_variance(own[1]))


def fit_tables(
    tables: Tables, own: tuple[Vector, Vector], choices: Choices, *, coding: float, random_levels: bool
) -> Glmm:
    """Odds ratios by one of the four models; `own` as in `fit_single_arm`."""
    refuse_none(tables.a.size)
    events = tables.a + tables.c
    low, high = support(tables.n1, tables.n2, events)
    if random_levels:
        x, totals = np.stack([tables.a, tables.c]), np.stack([tables.n1, tables.n2])
        for arm in range(2):
            refuse_separation(
                x[arm],
                np.zeros(x.shape[1]),
                totals[arm],
                random=False,
                what=f"The events of arm {arm + 1} are",
            )
        return _random_levels(Binomial(totals), x, np.zeros_like(x), own, choices, coding=coding)
    some = low < high
    refuse_none(int(np.count_nonzero(some)))
    a, n1, n2, events = tables.a[some], tables.n1[some], tables.n2[some], events[some]
    # The binomial approximation knows no limit but that of the events.
    approximate = choices.model == "CM.AL"
    refuse_separation(
        a,
        np.zeros(a.size) if approximate else low[some],
        events if approximate else high[some],
        random=choices.method == "ML",
        what="Given the totals, the events of the first arm are",
    )
    guess, k = rough(*own), tables.a.size
    if choices.model == "UM.FS":
        x, totals = np.stack([a, events - a]), np.stack([n1, n2])
        levels = np.log((events + _HALF) / (n1 + n2 - events + _HALF))
        model = _fixed_levels(Binomial(totals), x, np.zeros_like(x), coding)
        found = _from_rough(model, guess, choices, k=k, levels=levels)
    elif approximate:
        found = _from_rough(_conditional(Binomial(events[None]), a, np.log(n1 / n2)), guess, choices, k=k)
    else:
        _refuse_fractions(tables)
        family = Hypergeometric(n1, n2, events)
        found = _from_rough(_conditional(family, a, np.zeros(a.size)), guess, choices, k=k)
    return report(found, choices, typical_variance(own[1]))


def fit_rates(
    rates: Rates, own: tuple[Vector, Vector], choices: Choices, *, coding: float, random_levels: bool
) -> Glmm:
    """Rate ratios by one of the three models; `own` as in `fit_single_arm`."""
    refuse_none(rates.x1.size)
    if random_levels:
        x, times = np.stack([rates.x1, rates.x2]), np.stack([rates.t1, rates.t2])
        for arm in range(2):
            refuse_separation(
                x[arm],
                np.zeros(x.shape[1]),
                np.full(x.shape[1], np.inf),
                random=False,
                what=f"The events of arm {arm + 1} are",
            )
        return _random_levels(Poisson(), x, np.log(times), own, choices, coding=coding)
    some = ~rates.uninformative
    refuse_none(int(np.count_nonzero(some)))
    x1, x2, t1, t2 = rates.x1[some], rates.x2[some], rates.t1[some], rates.t2[some]
    refuse_separation(
        x1,
        np.zeros(x1.size),
        x1 + x2,
        random=choices.method == "ML",
        what="Given the totals, the events of the first arm are",
    )
    guess, k = rough(*own), rates.x1.size
    if choices.model == "UM.FS":
        model = _fixed_levels(Poisson(), np.stack([x1, x2]), np.log(np.stack([t1, t2])), coding)
        levels = np.log((x1 + x2) / (t1 + t2))
        found = _from_rough(model, guess, choices, k=k, levels=levels)
    else:
        model = _conditional(Binomial((x1 + x2)[None]), x1, np.log(t1 / t2))
        found = _from_rough(model, guess, choices, k=k)
    return report(found, choices, typical_variance(own[1]))


def rough(yi: Vector, vi: Vector) -> _Rough:
    """Mean and DerSimonian-Laird spread of the effects that are defined."""
    usable = np.isfinite(yi) & np.isfinite(vi)
    effects, weights = yi[usable], 1 / vi[usable]
    if effects.size < 2:
        return _Rough(float(effects[0]) if effects.size else 0.0, 0.0)
    total = float(np.sum(weights))
    mean = float(np.sum(weights * effects)) / total
    excess = float(np.sum(weights * (effects - mean) ** 2)) - (effects.size - 1)
    tau2 = max(excess, 0.0) / (total - float(np.sum(weights**2)) / total)
    again = 1 / (1 / weights + tau2)
    return _Rough(float(np.sum(again * effects) / np.sum(again)), float(np.sqrt(tau2)))


def own_tables(raw: Tables, rule: Correction) -> tuple[Vector, Vector]:
    """Log odds ratios and variances of the studies after the rule."""
    tables, _ = raw.corrected(rule)
    cells = (tables.a, tables.b, tables.c, tables.d)
    with np.errstate(divide="ignore", invalid="ignore"):
        yi = np.log(cells[0] / cells[1]) - np.log(cells[2] / cells[3])
        return yi, 1 / cells[0] + 1 / cells[1] + 1 / cells[2] + 1 / cells[3]


def own_rates(raw: Rates, rule: Correction) -> tuple[Vector, Vector]:
    """Log rate ratios and variances of the studies after the rule."""
    rates, _ = raw.corrected(rule)
    with np.errstate(divide="ignore", invalid="ignore"):
        yi = np.log(rates.x1 / rates.t1) - np.log(rates.x2 / rates.t2)
        return yi, 1 / rates.x1 + 1 / rates.x2


def own_arm(
    x: Vector, rest: Vector, rule: Correction, *, kind: Literal["proportion", "rate"]
) -> tuple[Vector, Vector]:
    """Logits of `x` against `rest` non-events, or log rates of `x` over time `rest`, with variances."""
    empty: Flags = (x == 0) | (rest == 0) if kind == "proportion" else x == 0
    more = rule.add * rule.where(empty)
    with np.errstate(divide="ignore", invalid="ignore"):
        if kind == "rate":
            return np.log((x + more) / rest), 1 / (x + more)
        return np.log((x + more) / (rest + more)), 1 / (x + more) + 1 / (rest + more)


def _conditional(family: Binomial | Poisson | Hypergeometric, x: Vector, offset: Vector) -> Model:
    """One count per study, whose natural parameter is the study's effect."""
    return Model(family, x[None], offset[None], None, np.ones((1, 1)), np.ones(1))


def _fixed_levels(family: Binomial | Poisson, x: Vector, offset: Vector, coding: float) -> Model:
    return Model(family, x, offset, np.ones(2), _SHARE[None], np.array([coding, coding - 1]))


def _from_rough(
    model: Model, guess: _Rough, choices: Choices, *, k: int, levels: Vector | None = None
) -> Estimates:
    start = Point(np.zeros(0) if levels is None else levels, np.array([guess.mean]), guess.spread)
    return fit_one_effect(model, start, choices, k=k)


def _random_levels(
    family: Binomial | Poisson,
    x: Vector,
    offset: Vector,
    own: tuple[Vector, Vector],
    choices: Choices,
    *,
    coding: float,
) -> Glmm:
    if isinstance(family, Binomial):
        levels = np.log((x + _HALF) / (family.totals - x + _HALF)).mean(axis=0)
    else:
        levels = (np.log(x + _HALF) - offset).mean(axis=0)
    guess = rough(*own)
    start = np.array([np.mean(levels), guess.mean, np.std(levels), guess.spread])
    model = TwoEffects(family, x, offset, _SHARE, np.array([coding, coding - 1]))
    return report(fit_two_effects(model, start, choices), choices, typical_variance(own[1]))


def _refuse_fractions(tables: Tables) -> None:
    for name, cell in (("ai", tables.a), ("n1i", tables.n1), ("ci", tables.c), ("n2i", tables.n2)):
        odd = np.flatnonzero(cell != np.round(cell))
        if odd.size:
            raise ImpossibleData(
                f"{name}[{odd[0]}] is {cell[odd[0]]:g}; the exact conditional model needs whole numbers."
            )
