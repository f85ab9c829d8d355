"""Tests for small-study effects: metabias() of the R package meta."""

from collections.abc import Callable
from typing import Any

import numpy as np

from analysis.meta import (
    Effects,
    MetaError,
    NoVariation,
    RankTest,
    RegressionTest,
    TooFewStudies,
    begg,
    deeks,
    egger,
    harbord,
    macaskill,
    peters,
    pustejovsky_rodgers,
    schwarzer,
    thompson_sharp,
)
from analysis.meta.checks import Vector
from analysis.meta.distributions import two_sided_p
from validation.reference.compare import CLOSED, ITERATIVE, Checker
from validation.reference.loader import Case, Library

# Measures by the names of meta; those that are not here have the same name in both.
MEASURES = {"PLOGIT": "PLO", "PRAW": "PR", "ASD": "AS", "": "GEN"}
# What meta says where it finds no answer, and what the engine says. "no result" is its rule not to test
# below k.min studies; the engine computes whatever can be computed.
FAULTS: dict[str, type[MetaError]] = {
    "singular matrix 'a' in solve": TooFewStudies,
    "subscript out of bounds": TooFewStudies,
    "Test for small-study effects not feasible as all studies have the same precision.": NoVariation,
}
# meta leaves metafor at its default, which ends REML with a step below 1e-5; 6e-6 is the worst in the corpus.
LOOSE_TAU2 = 1e-4
# Beyond this R's statistic is a slope divided by rounding noise.
EXACT_FIT = 1e12


def check(case: Case, library: Library, checker: Checker) -> None:
    name, found = case["id"], _effects(case, library)
    try:
        ours: RegressionTest | RankTest | MetaError = _run(case, library, found)
    except MetaError as error:
        ours = error
    if case.get("error") == "no result":
        few = np.count_nonzero(found.usable) < case["options"]["k.min"]
        named = not isinstance(ours, MetaError) or isinstance(ours, TooFewStudies | NoVariation)
        checker.equal(f"{name} too few for meta", few and named, True)
    elif "error" in case:
        # Any other error is R's own: the engine names a fault or has an answer.
        expected = FAULTS.get(case["error"], type(ours))
        checker.equal(f"{name} error", type(ours), expected)
    elif isinstance(ours, RankTest):
        _check_ranks(name, ours, case["out"], checker)
    elif isinstance(ours, MetaError):
        raise ours
    elif ours.model == "rma":
        keep = found.usable
        _check_additive(name, ours, found.yi[keep], found.vi[keep], case["out"], checker)
    else:
        _check_regression(name, ours, case["out"], checker)


def _effects(case: Case, library: Library) -> Effects:
    measure = MEASURES.get(case["options"]["sm"], case["options"]["sm"])
    options: dict[str, Any] = {}
    if measure == "SMD":
        options = {"vtype": "UB"}
    elif measure in ("OR", "RR"):
        options = {"drop00": not case["options"].get("allstudies", False)}
    if measure in ("PR", "RR", "RD"):
        options["convention"] = "meta"
    return library.effects(case["view"], measure, **options)


def _run(case: Case, library: Library, found: Effects) -> RegressionTest | RankTest:
    keep = found.usable
    yi, vi = found.yi[keep], found.vi[keep]
    columns = {
        key: np.asarray(values, dtype=np.float64)[keep]
        for key, values in library.columns(case["view"]).items()
        if key in ("xi", "ni", "ai", "n1i", "ci", "n2i")
    }
    arms = [columns[key] for key in ("ai", "n1i", "ci", "n2i") if key in columns]
    events, totals = _both_arms(columns)
    given = case["options"]
    tests: dict[str, Callable[[], RegressionTest | RankTest]] = {
        "Egger": lambda: egger(yi, vi),
        "Thompson": lambda: thompson_sharp(yi, vi, tau2_method=given["method.tau"]),
        "Begg": lambda: begg(yi, vi, p_value="normal", continuity=given.get("correct", False)),
        "Schwarzer": lambda: schwarzer(*arms, continuity=given.get("correct", False)),
        # For risk ratios meta takes the information of arms of equal size.
        "Harbord": lambda: harbord(*arms, measure=given["sm"], information="equal_arms"),
        "Peters": lambda: peters(yi, vi, events=events, totals=totals),
        "Macaskill": lambda: macaskill(yi, vi, totals=columns["n1i"] + columns["n2i"]),
        "Pustejovsky": lambda: pustejovsky_rodgers(yi, vi, totals1=columns["n1i"], totals2=columns["n2i"]),
        "Deeks": lambda: deeks(yi, totals1=columns["n1i"], totals2=columns["n2i"]),
    }
    return tests[given["method.bias"]]()


def _both_arms(columns: dict[str, Vector]) -> tuple[Vector, Vector]:
    """Events and participants of each study; empty where the outcome is not counted."""
    if "xi" in columns:
        return columns["xi"], columns["ni"]
    if "ai" in columns:
        return columns["ai"] + columns["ci"], columns["n1i"] + columns["n2i"]
    return np.empty(0), np.empty(0)


def _check_ranks(name: str, ours: RankTest, out: Any, checker: Checker) -> None:
    checker.equal(f"{name} df", out["df"], None)
    checker.equal(f"{name} score", ours.score, out["estimate"][0])
    checker.close(f"{name} score se", ours.score_se, out["estimate"][1], tolerance=CLOSED)
    checker.close(f"{name} statistic", ours.statistic, out["statistic"], tolerance=CLOSED)
    checker.close(f"{name} pval", ours.p_value, out["pval"], tolerance=100 * CLOSED)


def _check_regression(name: str, ours: RegressionTest, out: Any, checker: Checker) -> None:
    assert ours.dispersion is not None
    if ours.dispersion == 0:
        checker.equal(f"{name} exact fit", abs(out["statistic"]) > EXACT_FIT, True)
        return
    checker.equal(f"{name} df", ours.df, out["df"])
    for key, value, theirs in (
        ("statistic", ours.statistic, out["statistic"]),
        ("slope", ours.slope, out["estimate"][0]),
        ("slope se", ours.slope_se, out["estimate"][1]),
        ("intercept", ours.intercept, out["intercept"]),
        ("dispersion", ours.dispersion**2, out["tau2"]),
    ):
        checker.close(f"{name} {key}", value, theirs, tolerance=CLOSED)
    checker.close(f"{name} pval", ours.p_value, out["pval"], tolerance=100 * CLOSED)


def _check_additive(
    name: str, ours: RegressionTest, yi: Vector, vi: Vector, out: Any, checker: Checker
) -> None:
    """meta stops REML early, so all else is compared at its tau2; tau2 itself is, to 1e-6, in family d."""
    assert ours.tau2 is not None
    checker.equal(f"{name} df", ours.df, out["df"])
    checker.close(f"{name} tau2", ours.tau2, out["tau2"], tolerance=ITERATIVE, at_zero=LOOSE_TAU2)
    for slope, se, intercept, statistic, p_value, tau2 in (
        (*out["estimate"], out["intercept"], out["statistic"], out["pval"], out["tau2"]),
        (ours.slope, ours.slope_se, ours.intercept, ours.statistic, ours.p_value, ours.tau2),
    ):
        beta, errors = _line(yi, vi, tau2)
        checker.close(f"{name} slope", beta[1], slope, tolerance=CLOSED)
        checker.close(f"{name} slope se", errors[1], se, tolerance=CLOSED)
        checker.close(f"{name} intercept", beta[0], intercept, tolerance=CLOSED)
        checker.close(f"{name} statistic", beta[1] / errors[1], statistic, tolerance=CLOSED)
        p = two_sided_p(float(beta[1] / errors[1]), df=ours.df)
        checker.close(f"{name} pval", p, p_value, tolerance=100 * CLOSED)


def _line(yi: Vector, vi: Vector, tau2: float) -> tuple[Vector, Vector]:
    """Coefficients and standard errors of the additive model on sqrt(vi), by a QR decomposition."""
    root = np.sqrt(1 / (vi + tau2))
    q, r = np.linalg.qr(np.column_stack([root, root * np.sqrt(vi)]))
    inverse = np.linalg.inv(r)
    return inverse @ (q.T @ (root * yi)), np.sqrt(np.sum(inverse**2, axis=1))
