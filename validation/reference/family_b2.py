"""Mantel-Haenszel and Peto: rma.mh() and rma.peto() of metafor."""

from typing import Any

import numpy as np

from analysis.meta import FixedPool, mantel_haenszel, mantel_haenszel_rates, peto, shown
from validation.reference.compare import CLOSED, Checker
from validation.reference.family_b1 import check_failure
from validation.reference.loader import Case, Library


def check(case: Case, library: Library, checker: Checker) -> None:
    columns = library.columns(case["view"])
    if "error" in case:
        check_failure(case, lambda: _fit(case, columns), checker)
        return
    found = _fit(case, columns)
    out, name = case["out"], case["id"]
    checker.equal(f"{name} k", found.k, out["k"])
    checker.equal(f"{name} k_yi", found.k_effects, out["k_yi"])
    # Where no study has an effect there is no Q, and no -1 degrees of freedom.
    checker.equal(f"{name} Q_df", found.q_df, max(0, out["Q_df"]))
    for key, ours in (
        ("estimate", found.estimate),
        ("se", found.se),
        ("stat", found.statistic),
        ("ci_lb", found.ci.low),
        ("ci_ub", found.ci.high),
        ("Q", found.q),
        ("I2", found.i2),
        ("H2", found.h2),
    ):
        checker.close(f"{name} {key}", ours, out[key], tolerance=CLOSED)
    # p-values far in the tail multiply the error of the statistic.
    for key, ours in (("pval", found.p_value), ("Q_p", found.q_p)):
        checker.close(f"{name} {key}", ours, out[key], tolerance=100 * CLOSED)
    _check_tests(name, found, out, checker)
    if "weights_pct" in out:
        checker.close(f"{name} weights", list(found.weights), out["weights_pct"], tolerance=CLOSED)
    if "back" in out:
        for key, ours in (("estimate", found.estimate), ("ci_lb", found.ci.low), ("ci_ub", found.ci.high)):
            value = None if np.isnan(ours) else shown(ours, scale="exp").value
            checker.close(f"{name} back {key}", value, out["back"][key], tolerance=CLOSED)


def _fit(case: Case, columns: dict[str, list[Any]]) -> FixedPool:
    given = case["options"]
    options: dict[str, Any] = {}
    for key in ("add", "to", "drop00"):
        if key in given:
            options[key], options[f"{key}_pool"] = given[key]
    options["level"] = given.get("level", 95) / 100
    if case["method"] == "Peto":
        return peto(*(columns[key] for key in ("ai", "n1i", "ci", "n2i")), **options)
    options |= {"measure": case["measure"], "correct": given.get("correct", True)}
    if case["measure"] in ("IRR", "IRD"):
        return mantel_haenszel_rates(*(columns[key] for key in ("x1i", "t1i", "x2i", "t2i")), **options)
    return mantel_haenszel(*(columns[key] for key in ("ai", "n1i", "ci", "n2i")), **options)


def _check_tests(name: str, found: FixedPool, out: Any, checker: Checker) -> None:
    for key, test in (
        ("MH", found.cmh),
        ("CO", found.cochran),
        ("BD", found.breslow_day),
        ("TA", found.tarone),
    ):
        if key in out:
            statistic, p_value = (test.statistic, test.p_value) if test else (None, None)
            checker.close(f"{name} {key}", statistic, out[key], tolerance=CLOSED)
            checker.close(f"{name} {key}_p", p_value, out[f"{key}_p"], tolerance=100 * CLOSED)
    if "k_pos" in out:
        checker.equal(f"{name} k_pos", found.k_homogeneity, out["k_pos"])
