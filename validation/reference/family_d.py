"""Small-study effects: regtest(), ranktest(), trimfill() and fsn() of metafor."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from analysis.meta import (
    FailSafe,
    MetaError,
    NonConvergence,
    NoVariation,
    RegressionTest,
    begg,
    fail_safe_orwin,
    fail_safe_rosenberg,
    fail_safe_rosenthal,
    regression_test,
    trim_and_fill,
)
from analysis.meta.checks import Vector
from validation.reference.compare import CLOSED, ITERATIVE, Checker, tolerance_of
from validation.reference.family_b1 import check_pool
from validation.reference.loader import NAMED_INTERVALS, Case, Library

# What R's rounding leaves of residuals, relative to the effects, where there are none.
EXACT_FIT = 1e-11
# What R says where it stops, and the fault that the engine names. R's other errors are its own: of a rank
# check that stumbles over the scale of 1/n, and of Fisher scoring; there the engine has an answer.
FAULTS: dict[tuple[str, str], tuple[type[MetaError], ...]] = {
    ("regtest", "Model matrix no longer of full rank"): (NoVariation,),
    # Q0 takes the root of a negative number, or no slope tells the side.
    ("trimfill", "missing value where TRUE/FALSE needed"): (NonConvergence, NoVariation),
}


def check(case: Case, library: Library, checker: Checker) -> None:
    yi, vi, ni = library.used(case["view"], case["measure"])
    run = CHECKS[case["test_name"]]
    if "error" not in case:
        run(case, yi, vi, ni, checker)
        return
    expected = [
        faults
        for (test, text), faults in FAULTS.items()
        if test == case["test_name"] and case["error"].startswith(text)
    ]
    try:
        run({**case, "out": None}, yi, vi, ni, checker)
        fault = None
    except MetaError as error:
        fault = error
    if expected:
        # Where all effects are the same, R ranks rounding errors, and fails or not as they fall.
        same = fault is None and np.ptp(yi) == 0
        checker.equal(f"{case['id']} error", same or type(fault) in expected[0], True)
    else:
        checker.equal(f"{case['id']} answered where R has none", fault, None)


def _regression(case: Case, yi: Vector, vi: Vector, ni: Vector, checker: Checker) -> None:
    options: dict[str, Any] = {"model": case["model"]}
    if case["model"] == "rma":
        options["tau2_method"] = case["method"]
        options["ci_method"] = NAMED_INTERVALS[case.get("test", "z")]
    found = regression_test(yi, vi, _predictor(case["predictor"], vi, ni), **options)
    out, name = case["out"], case["id"]
    if out is None:
        checker.equal(f"{name} finite", math.isfinite(found.statistic), True)
        return
    tolerance = tolerance_of(case.get("method", "")) if case["model"] == "rma" else CLOSED
    if found.slope_se == 0:
        _check_exact_fit(case, found, yi, checker)
        return
    for key, ours in (
        ("stat", found.statistic),
        ("intercept", found.intercept),
        ("intercept_se", found.intercept_se),
        ("slope", found.slope),
        ("slope_se", found.slope_se),
    ):
        checker.close(f"{name} {key}", ours, out[key], tolerance=tolerance)
    checker.close(f"{name} pval", found.p_value, out["pval"], tolerance=100 * tolerance)
    checker.equal(f"{name} ddf", found.df, out.get("ddf"))
    checker.equal(f"{name} distribution", "z" if found.df is None else "t", out["stat_dist"])
    if case["model"] == "lm":
        checker.close(f"{name} sigma", found.dispersion, out["sigma"], tolerance=tolerance)
    else:
        checker.close(f"{name} tau2", found.tau2, out["tau2"], tolerance=tolerance)
    limit = out["limit_estimate"]
    if limit is not None:
        checker.close(f"{name} limit", found.intercept, limit["estimate"], tolerance=tolerance)
        checker.close(f"{name} limit lb", found.limit.low, limit["ci_lb"], tolerance=tolerance)
        checker.close(f"{name} limit ub", found.limit.high, limit["ci_ub"], tolerance=tolerance)


def _check_exact_fit(case: Case, found: RegressionTest, yi: Vector, checker: Checker) -> None:
    """A line goes through every effect: R's test is rounding over rounding, the engine's infinite or 0."""
    out, name = case["out"], case["id"]
    checker.equal(f"{name} exact fit", math.isinf(found.statistic) or found.slope == 0, True)
    rounding = EXACT_FIT * max(float(np.max(np.abs(yi))), abs(found.slope))
    for key, ours in (("slope", found.slope), ("intercept", found.intercept)):
        checker.close(f"{name} {key}", ours, out[key], tolerance=CLOSED, at_zero=rounding)
        checker.close(f"{name} {key}_se", 0.0, out[f"{key}_se"], tolerance=0.0, at_zero=rounding)


def _predictor(name: str, vi: Vector, ni: Vector) -> Vector:
    match name:
        case "sei":
            return np.sqrt(vi)
        case "vi":
            return vi
        case "ni":
            return ni
        case "ninv":
            return 1 / ni
        case "sqrtni":
            return np.sqrt(ni)
        case "sqrtninv":
            return np.sqrt(1 / ni)
    raise ValueError(f"{name} is not a predictor of regtest().")


def _ranks(case: Case, yi: Vector, vi: Vector, _: Vector, checker: Checker) -> None:
    out, name = case["out"], case["id"]
    try:
        found = begg(yi, vi)
    except NoVariation:
        # R gives NA with a warning where all variances are the same.
        checker.equal(f"{name} nothing to correlate", (out["tau"], out["pval"]), (None, None))
        return
    checker.equal(f"{name} ties", found.ties, out["has_ties"])
    checker.equal(f"{name} p_method", found.p_method, out["p_method"].split()[0])
    checker.close(f"{name} tau", found.tau, out["tau"], tolerance=CLOSED)
    if out["pval"] is None:
        # R's count of permutations overflows where studies are many; the engine's does not.
        checker.equal(f"{name} pval", 0 <= found.p_value <= 1, True)
    else:
        checker.close(f"{name} pval", found.p_value, out["pval"], tolerance=CLOSED)


def _trim_and_fill(case: Case, yi: Vector, vi: Vector, _: Vector, checker: Checker) -> None:
    out, name, method = case["out"], case["id"], case["method"]
    side = None if case["side"] == "auto" else case["side"]
    found = trim_and_fill(yi, vi, estimator=case["estimator"], side=side, tau2_method=method)
    if out is None:
        checker.equal(f"{name} k", found.adjusted.k, yi.size + found.k0)
        return
    tolerance = tolerance_of(method)
    checker.equal(f"{name} k0", found.k0, out["k0"])
    checker.equal(f"{name} side", found.side, out["side"])
    # Where a study lies at the centre itself, R ranks it by the sign of a rounding error.
    if not np.any(np.abs(yi - found.centre) <= 1e-12 * np.abs(yi)):
        checker.close(f"{name} se_k0", found.se_k0, out["se_k0"], tolerance=CLOSED)
    checker.close(f"{name} p_k0", found.p_k0, out["p_k0"], tolerance=CLOSED)
    check_pool(name, found.adjusted, out, checker, tolerance=tolerance)
    # R lists the images in the order of the effects, and so does the engine.
    checker.close(f"{name} filled", list(found.yi[found.filled]), out["filled_yi"], tolerance=tolerance)


def _fail_safe(case: Case, yi: Vector, vi: Vector, _: Vector, checker: Checker) -> None:
    out, name = case["out"], case["id"]
    found: FailSafe
    match case["type"]:
        case "Rosenthal":
            found = fail_safe_rosenthal(yi, vi, alpha=case["alpha"])
        case "Orwin":
            found = fail_safe_orwin(yi, vi if case["weighted"] else None, target=case.get("target"))
        case _:
            found = fail_safe_rosenberg(yi, vi, alpha=case["alpha"])
    number = math.inf if out["fsnum"] == "Inf" else out["fsnum"]
    checker.equal(f"{name} fsnum", found.number, number)
    checker.close(f"{name} pval", found.p_value, out["pval"], tolerance=ITERATIVE, at_zero=1e-300)
    checker.close(f"{name} mean_es", found.mean, out["mean_es"], tolerance=CLOSED)
    checker.close(f"{name} target", found.target, out["target"], tolerance=CLOSED)


CHECKS: dict[str, Callable[[Case, Vector, Vector, Vector, Checker], None]] = {
    "regtest": _regression,
    "ranktest": _ranks,
    "trimfill": _trim_and_fill,
    "fsn": _fail_safe,
}
