"""Rare events: how each way to pool odds ratios fares when many arms have none."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.meta import MetaError, glmm_odds_ratios, mantel_haenszel, peto, pool_many, two_by_two
from validation.simulation.measures import Measured, Values, coverage, mean_of

STUDIES = 10
CRITICAL = 1.959963984540054
BASELINE_SD = 0.5  # of the logit of the control risk between studies
Estimates = tuple[Values, Values]  # log odds ratios and their standard errors


@dataclass(frozen=True, slots=True)
class Scenario:
    """Ten trials: the median risk under control, the true odds ratio, participants per arm, tau2."""

    risk: float
    odds_ratio: float
    controls_per_treated: int
    tau2: float


SCENARIOS = tuple(
    Scenario(risk, odds_ratio, ratio, tau2)
    for tau2, ratios in ((0.0, (1, 4)), (0.2, (1,)))
    for ratio in ratios
    for odds_ratio in (1.0, 0.5)
    for risk in (0.005, 0.01, 0.05)
)


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Counts of many meta-analyses, each of shape (replicates, studies)."""

    ai: Values
    n1i: Values
    ci: Values
    n2i: Values


@dataclass(frozen=True, slots=True)
class RareEvents:
    """One scenario: bias of the log odds ratio and coverage in percent, by method."""

    scenario: Scenario
    no_event_arms: float
    bias: dict[str, Measured]
    coverage: dict[str, Measured]


def simulate(*, replicates: int, model_replicates: int, seed: int) -> list[RareEvents]:
    """Every scenario by every method.

    Parameters
    ----------
    replicates, model_replicates : int
        Meta-analyses in each scenario, and how many of them the generalised linear mixed models get, which
        take a thousand times as long.
    seed : int

    Returns
    -------
    list of RareEvents
    """
    rng = np.random.default_rng(seed)
    return [_scenario(rng, each, replicates, model_replicates) for each in SCENARIOS]


def _scenario(
    rng: np.random.Generator, scenario: Scenario, replicates: int, model_replicates: int
) -> RareEvents:
    tables = drawn(rng, scenario, replicates)
    truth = float(np.log(scenario.odds_ratio))
    found = {name: method(tables) for name, method in METHODS.items()}
    for name, model in MODELS.items():
        found[name] = _by_model(tables, model, model_replicates)
    return RareEvents(
        scenario=scenario,
        no_event_arms=float(100 * np.mean(np.concatenate([tables.ai, tables.ci]) == 0)),
        bias={name: mean_of(estimate - truth) for name, (estimate, _) in found.items()},
        coverage={
            name: coverage(estimate - CRITICAL * se, estimate + CRITICAL * se, truth)
            for name, (estimate, se) in found.items()
        },
    )


def drawn(rng: np.random.Generator, scenario: Scenario, replicates: int) -> Tables:
    """Binomial counts: 50 to 500 treated a trial; logits of risk and log odds ratios are normal."""
    shape = (replicates, STUDIES)
    treated = np.floor(np.exp(rng.uniform(np.log(50), np.log(500), shape)))
    controls = treated * scenario.controls_per_treated
    logit = np.log(scenario.risk / (1 - scenario.risk)) + rng.normal(0, BASELINE_SD, shape)
    effect = np.log(scenario.odds_ratio) + rng.normal(0, np.sqrt(scenario.tau2), shape)
    return Tables(
        ai=_binomial(rng, treated, logit + effect),
        n1i=treated,
        ci=_binomial(rng, controls, logit),
        n2i=controls,
    )


def _binomial(rng: np.random.Generator, n: Values, logit: Values) -> Values:
    return rng.binomial(n.astype(np.int64), 1 / (1 + np.exp(-logit))).astype(np.float64)


def _inverse_variance(method: str) -> Callable[[Tables], Estimates]:
    def pooled(tables: Tables) -> Estimates:
        """With a half in every cell of trials with an empty one; trials without any event drop out."""
        columns = (tables.ai, tables.n1i, tables.ci, tables.n2i)
        effects = two_by_two(*(column.ravel() for column in columns), measure="OR", drop00=True)
        shape = tables.ai.shape
        yi, vi, mask = (values.reshape(shape) for values in (effects.yi, effects.vi, effects.usable))
        found = pool_many(yi, vi, weights_mask=mask, tau2_method="EE" if method == "EE" else "REML")
        return found.estimate, found.se

    return pooled


def _one_by_one(tables: Tables, count: int, fit: Callable[..., tuple[float, float]]) -> Estimates:
    """NaN where the counts determine no estimate."""
    found = np.full((2, count), np.nan)
    for row in range(count):
        try:
            found[:, row] = fit(tables.ai[row], tables.n1i[row], tables.ci[row], tables.n2i[row])
        except MetaError:
            continue
    return found[0], found[1]


def _mantel_haenszel(*table: Values) -> tuple[float, float]:
    found = mantel_haenszel(*table, measure="OR")
    return found.estimate, found.se


def _peto(*table: Values) -> tuple[float, float]:
    found = peto(*table)
    return found.estimate, found.se


METHODS: dict[str, Callable[[Tables], Estimates]] = {
    "inverse variance, common": _inverse_variance("EE"),
    "inverse variance, REML": _inverse_variance("REML"),
    "Mantel-Haenszel": lambda tables: _one_by_one(tables, len(tables.ai), _mantel_haenszel),
    "Peto": lambda tables: _one_by_one(tables, len(tables.ai), _peto),
}
MODELS: dict[str, Literal["UM.FS", "CM.EL"]] = {"GLMM UM.FS": "UM.FS", "GLMM CM.EL": "CM.EL"}


def _by_model(tables: Tables, model: Literal["UM.FS", "CM.EL"], count: int) -> Estimates:
    def fit(*table: Values) -> tuple[float, float]:
        found = glmm_odds_ratios(*table, model=model)
        return found.estimate, found.se

    return _one_by_one(tables, min(count, len(tables.ai)), fit)
