"""Generalised linear mixed models of proportions: metaprop(method = "GLMM") of the R package meta.

meta fits through lme4 with its usual settings, which stop about 1e-5 short of the maximum; the engine's own
maximum is compared to 1e-6 with exact integrals in family b3.
"""

from typing import Any

import numpy as np

from analysis.meta import Glmm, Separation, between_groups, glmm_proportions, i2_interval
from analysis.meta.subgroups import group_members
from validation.reference.compare import CLOSED, Checker
from validation.reference.loader import Case, Library

LME4 = 2e-4
# glm() stops where the deviance moves by less than 1e-8 of itself, before its standard error has settled.
GLM_SE = 5e-5
# The Wald statistic rests on the fit of the model with an effect for each study, where glm() stops too.
GLM_WALD = 1e-6


def check(case: Case, library: Library, checker: Checker) -> None:
    columns, name, out = library.columns(case["view"]), case["id"], case["out"]
    try:
        common = glmm_proportions(columns["xi"], columns["ni"], method="EE")
    except Separation:
        # No events at all: R stops at a logit of -25 with a standard error of 40,000.
        checker.equal(f"{name} nothing to estimate", out["common"]["seTE"] > 1e3, True)
        return
    random = _fit(case, columns["xi"], columns["ni"])
    checker.equal(f"{name} k", random.k, out["k"])
    _check_line(f"{name} common", common, out["common"], checker, tolerance=CLOSED, error=GLM_SE)
    _check_line(f"{name} random", random, out["random"], checker, tolerance=LME4, error=LME4)
    df = out["random"]["df"]
    checker.equal(f"{name} df", "Inf" if random.df is None else random.df, df)
    checker.close(f"{name} tau2", random.tau2, out["tau2"], tolerance=LME4)
    _check_prediction(random, out["predict"], name, checker)
    _check_homogeneity(random, _has_empty(columns), out, name, checker)
    if "subgroup" in case["options"]:
        _check_subgroups(case, columns, checker)


def _fit(case: Case, xi: Any, ni: Any) -> Glmm:
    test = "t" if case["options"].get("method.random.ci") == "HK" else "z"
    return glmm_proportions(xi, ni, test=test, prediction="V")  # type: ignore[arg-type]  # a literal


def _check_line(
    name: str, found: Glmm, out: Any, checker: Checker, *, tolerance: float, error: float
) -> None:
    # However near 0 an estimate or limit is, it is that far off in standard errors.
    share, of_limits = tolerance * found.se, error * found.se
    checker.close(f"{name} TE", found.estimate, out["TE"], tolerance=tolerance, at_zero=share)
    checker.close(f"{name} seTE", found.se, out["seTE"], tolerance=error)
    checker.close(f"{name} lower", found.ci.low, out["lower"], tolerance=error, at_zero=of_limits)
    checker.close(f"{name} upper", found.ci.high, out["upper"], tolerance=error, at_zero=of_limits)


def _check_prediction(found: Glmm, out: Any, name: str, checker: Checker) -> None:
    if out["lower"] is None:
        checker.equal(f"{name} few studies", found.k < 3, True)
        return
    assert found.prediction is not None
    for key, ours in (
        ("lower", found.prediction.low),
        ("upper", found.prediction.high),
        ("se", found.prediction.se),
    ):
        share = LME4 * found.prediction.se
        checker.close(f"{name} predict {key}", ours, out[key], tolerance=LME4, at_zero=share)
    checker.equal(f"{name} predict df", found.prediction.df, out["df"])


def _has_empty(columns: dict[str, list[Any]]) -> bool:
    events, totals = np.asarray(columns["xi"]), np.asarray(columns["ni"])
    return bool(np.any((events == 0) | (events == totals)))


def _check_homogeneity(found: Glmm, has_empty: bool, out: Any, name: str, checker: Checker) -> None:
    checker.close(f"{name} Q LRT", found.q_lrt.statistic, out["Q"][1], tolerance=CLOSED)
    checker.equal(f"{name} Q df", [found.q_wald.df, found.q_lrt.df], out["df_Q"])
    checker.close(f"{name} Q LRT p", found.q_lrt.p_value, out["pval_Q"][1], tolerance=100 * CLOSED)
    if has_empty:
        # A study with only or no events has an infinite effect of its own; R's Wald statistic depends on
        # where glm() happens to stop.
        return
    q, df = found.q_wald.statistic, found.q_wald.df
    checker.close(f"{name} Q Wald", q, out["Q"][0], tolerance=GLM_WALD)
    checker.close(f"{name} I2", max(0.0, (q - df) / q), out["I2_frac"], tolerance=GLM_WALD)
    limits = i2_interval(q, df)
    assert limits is not None
    checker.close(f"{name} I2_lower", limits.low / 100, out["I2_lower"], tolerance=GLM_WALD)
    checker.close(f"{name} I2_upper", limits.high / 100, out["I2_upper"], tolerance=GLM_WALD)


def _check_subgroups(case: Case, columns: dict[str, list[Any]], checker: Checker) -> None:
    out, name = case["out"]["subgroup"], f"{case['id']} subgroup"
    column = columns[case["options"]["subgroup"]]
    members = group_members([str(value) for value in column], len(column))
    events, totals = np.asarray(columns["xi"]), np.asarray(columns["ni"])
    found = []
    for index, level in enumerate(str(level) for level in out["levels"]):
        rows = members[level]
        each = _fit(case, events[rows], totals[rows])
        found.append(each)
        checker.equal(f"{name} k {level}", each.k, out["k"][index])
        for key, ours in (
            ("TE_random", each.estimate),
            ("seTE_random", each.se),
            ("lower_random", each.ci.low),
            ("upper_random", each.ci.high),
        ):
            # Limits near 0 carry the error of the standard error, which is about 1.
            checker.close(f"{name} {key} {level}", ours, out[key][index], tolerance=LME4, at_zero=LME4)
        if each.k > 1:
            checker.close(f"{name} tau2 {level}", each.tau2, out["tau2"][index], tolerance=10 * LME4)
    test = between_groups([each.estimate for each in found], [each.se for each in found])
    checker.close(f"{name} Q", test.statistic, out["Q_between_random"][0], tolerance=10 * LME4, at_zero=LME4)
