"""What is measured: each task as the engine does it, its goal beside R, and its bare arithmetic."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis import meta
from benchmarks import limits
from benchmarks.data import Data

Action = Callable[[], object]
MANY_SUBSETS = 100_000
PERMUTATIONS = 1000


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the benchmark.

    Attributes
    ----------
    name : str
        R's name of it too.
    words : str
    times : float or None
        How many times faster than R it must be.
    seconds : float or None
        The most CPU seconds that it may take, whatever R takes.
    engine, limit : callable
        From the data to the action that is timed. `limit` does the arithmetic alone, in NumPy, with nothing
        checked, no safeguard and no result.
    """

    name: str
    words: str
    times: float | None
    seconds: float | None
    engine: Callable[[Data], Action]
    limit: Callable[[Data], Action]


def _pooled(table: str) -> Callable[[Data], Action]:
    def prepare(data: Data) -> Action:
        yi, vi = data.columns(table, "yi", "vi")
        return lambda: meta.pool(yi, vi, tau2_method="REML")

    return prepare


def _without_each(name: str) -> Callable[[Data], Action]:
    def prepare(data: Data) -> Action:
        yi, vi = data.columns("hundred", "yi", "vi")
        act = _door(name)
        return lambda: act(yi, vi, tau2_method="REML")

    return prepare


def _gosh(table: str, method: str, subsets: int | None) -> Callable[[Data], Action]:
    def prepare(data: Data) -> Action:
        yi, vi = data.columns(table, "yi", "vi")
        act = _door("gosh")
        return lambda: act(yi, vi, tau2_method=method, subsets=subsets)

    return prepare


def _regression(data: Data) -> Action:
    yi, vi, latitude, year = data.columns("bcg", "yi", "vi", "ablat", "year")
    act, design_of = _door("regress"), _door("design_matrix")
    return lambda: act(yi, vi, design_of({"ablat": latitude, "year": year}), ci_method="hk")


def _permutation(data: Data) -> Action:
    yi, vi, latitude, year = data.columns("bcg", "yi", "vi", "ablat", "year")
    act, design_of = _door("permutation_test"), _door("design_matrix")
    design = design_of({"ablat": latitude, "year": year})
    return lambda: act(yi, vi, design, ci_method="hk", n=PERMUTATIONS, exact=False, seed=1)


def _proportions(data: Data) -> Action:
    xi, ni = data.columns("proportions", "xi", "ni")
    act = _door("glmm_proportions")
    return lambda: act(xi, ni)


def _odds_ratio(model: str) -> Callable[[Data], Action]:
    def prepare(data: Data) -> Action:
        ai, n1i, ci, n2i = data.columns("bcg", "ai", "n1i", "ci", "n2i")
        act = _door("glmm_odds_ratios")
        return lambda: act(ai, n1i, ci, n2i, model=model)

    return prepare


def _multiverse(data: Data) -> Action:
    names = ("ai", "n1i", "ci", "n2i")
    columns = dict(zip(names, data.columns("bcg", *names), strict=True))
    act, policy = _door("multiverse"), _door("ZeroCells")
    policies = [
        policy(add=0.5, to="only0"),
        policy(add=0.5, to="if0all"),
        policy(add=0.5, to="all"),
        policy(add="tacc", to="only0"),
        policy(add=0.1, to="only0"),
    ]
    is_random = np.array([each == "random" for each in data.allocation])

    def act_all() -> object:
        found = act(
            columns,
            measures=("OR", "RR", "RD", "AS", "PETO"),
            tau2_methods=("DL", "PM", "REML", "ML", "EB"),
            ci_methods=("wald", "t", "hk", "hk_adhoc"),
            zero_cells=policies,
            inclusion={"all": np.ones(is_random.size, dtype=bool), "random": is_random},
        )
        assert len(getattr(found, "specifications", ())) == 1000
        return found

    return act_all


def _door(name: str) -> Callable[..., object]:
    """A function of the engine, looked up when its task runs: one that is missing fails its own task only."""
    found: Callable[..., object] = getattr(meta, name)
    return found


TASKS: tuple[Task, ...] = (
    Task("reml_small", "REML, 13 trials", 4, None, _pooled("bcg"), limits.reml("bcg")),
    Task("reml_large", "REML, 1,000 studies", 50, None, _pooled("large"), limits.reml("large")),
    Task("regression", "REML regression on two, Hartung-Knapp", 4, None, _regression, limits.regression(1)),
    Task(
        "leave_one_out", "leave-one-out, 100", 50, None, _without_each("leave_one_out"), limits.each_left_out
    ),
    Task("influence", "influence, 100", 50, None, _without_each("influence"), limits.each_left_out),
    Task(
        "glmm_proportions", "GLMM, 20 proportions", 3, None, _proportions, limits.quadrature("proportions", 1)
    ),
    Task(
        "glmm_unconditional",
        "GLMM UM.FS, 13 trials",
        3,
        None,
        _odds_ratio("UM.FS"),
        limits.quadrature("bcg", 2),
    ),
    Task("glmm_conditional", "GLMM CM.EL, 13 trials", 20, None, _odds_ratio("CM.EL"), limits.hypergeometric),
    Task("permutation", "1,000 permutations", 150, None, _permutation, limits.regression(PERMUTATIONS)),
    Task(
        "gosh_ee", "all 8,191 subsets of 13, EE", 30, None, _gosh("bcg", "EE", None), limits.subsets_ee("bcg")
    ),
    Task(
        "gosh_reml",
        "all 8,191 subsets of 13, REML",
        150,
        None,
        _gosh("bcg", "REML", None),
        limits.subsets_reml("bcg"),
    ),
    Task(
        "gosh_ee_many",
        "100,000 subsets of 20, EE",
        30,
        None,
        _gosh("twenty", "EE", MANY_SUBSETS),
        limits.subsets_ee("twenty"),
    ),
    Task(
        "gosh_reml_many",
        "100,000 subsets of 20, REML",
        150,
        None,
        _gosh("twenty", "REML", MANY_SUBSETS),
        limits.subsets_reml("twenty"),
    ),
    Task("multiverse", "multiverse, 1,000 ways", None, 0.3, _multiverse, limits.multiverse),
)
