"""Published proportions of CAR-T trials by every method: what the review printed, and what meta gives."""

import numpy as np
from scipy.special import expit

from analysis.meta import Separation, effect_sizes, glmm_proportions, pool
from analysis.meta.intervals import CiMethod
from validation.reference.compare import CLOSED, Checker, tolerance_of
from validation.reference.family_f_glmm import GLM_WALD, LME4
from validation.reference.loader import Case, Library


def check(case: Case, library: Library, checker: Checker) -> None:
    for given in case["methods"]:
        if given["method"].startswith("GLMM"):
            _check_glmm(case, given, checker)
        else:
            _check_inverse_variance(case, given, checker)


def _check_inverse_variance(case: Case, given: Case, checker: Checker) -> None:
    _, scale, method, interval = given["method"].split()
    if scale != "logit":
        raise NotImplementedError(given["method"])
    name = f"{case['id']} {given['method']}"
    found = effect_sizes("PLO", xi=case["xi"], ni=case["ni"])
    ci_method: CiMethod = "hk" if interval == "HK" else "wald"
    random = pool(found.yi, found.vi, tau2_method=method, ci_method=ci_method)
    common = pool(found.yi, found.vi, tau2_method="EE")
    # meta stops Paule-Mandel where tau2 is known to 1.22e-4.
    tolerance = 1e-4 if method == "PM" else tolerance_of(method)
    for key, ours, allowed in (
        ("estimate", expit(random.estimate), tolerance),
        ("ci_lb", expit(random.ci.low), tolerance),
        ("ci_ub", expit(random.ci.high), tolerance),
        ("tau2", random.tau2.value, tolerance),
        ("I2", random.heterogeneity.i2_q, CLOSED),
        ("Q", random.heterogeneity.q, CLOSED),
        ("common_estimate", expit(common.estimate), CLOSED),
        ("common_ci_lb", expit(common.ci.low), CLOSED),
        ("common_ci_ub", expit(common.ci.high), CLOSED),
    ):
        checker.close(f"{name} {key}", float(ours), given[key], tolerance=allowed)


def _check_glmm(case: Case, given: Case, checker: Checker) -> None:
    name, test = f"{case['id']} {given['method']}", "t" if given["method"].endswith("HK") else "z"
    try:
        found = glmm_proportions(case["xi"], case["ni"], test=test)  # type: ignore[arg-type]  # a literal
    except Separation:
        # No events at all: R stops somewhere near 0 with an interval from 0 to 1.
        checker.equal(f"{name} says nothing", given["ci_ub"] > 1 - 1e-6, True)
        return
    for key, ours in (
        ("estimate", expit(found.estimate)),
        ("ci_lb", expit(found.ci.low)),
        ("ci_ub", expit(found.ci.high)),
        ("tau2", found.tau2),
    ):
        checker.close(f"{name} {key}", float(ours), given[key], tolerance=LME4)
    checker.close(f"{name} Q LRT", found.q_lrt.statistic, given["Q"][1], tolerance=CLOSED)
    if np.all((np.asarray(case["xi"]) > 0) & (np.asarray(case["xi"]) < np.asarray(case["ni"]))):
        checker.close(f"{name} Q Wald", found.q_wald.statistic, given["Q"][0], tolerance=GLM_WALD)
