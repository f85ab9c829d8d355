"""Meta-regression and subgroups: rma.uni() of metafor with moderators, and in each level of one."""

from typing import Any

import numpy as np

from analysis.meta import between_groups, estimate_tau2, fit_common_tau2, pool, pool_by_group, q_profile
from analysis.meta.checks import Vector
from analysis.meta.design import Design, design_matrix
from analysis.meta.errors import IllScaled, RankDeficient, TooFewStudies
from analysis.meta.linear import fit
from analysis.meta.regression import Regression, regress
from validation.reference.compare import CLOSED, ITERATED, Checker, tolerance_of
from validation.reference.family_b1 import (
    as_list,
    check_back,
    check_failure,
    check_pool,
    check_profile,
    settings_of,
)
from validation.reference.formula import Formula, read_formula
from validation.reference.loader import Case, Library

# More than this R does not lose without refusing the columns.
_LOST_AT_MOST = 2e-6
# What is left of a constant that the columns add up to.
ROUNDING = 1e-9


def check(case: Case, library: Library, checker: Checker) -> None:
    if case["analysis"] == "metareg":
        _check_regression(case, library, checker)
    else:
        _check_subgroups(case, library, checker)


def _check_regression(case: Case, library: Library, checker: Checker) -> None:
    formula = read_formula(case["formula"])
    found = library.effects(case["view"], case["measure"])
    moderators, rows = _moderators(formula, library, case["view"], found.usable)
    dropped = [int(row) for row in np.flatnonzero(found.usable) if row not in rows]
    checker.equal(f"{case['id']} rows dropped", dropped, case.get("rows_dropped_index0", []))
    yi, vi = found.yi[rows], found.vi[rows]
    if "error" in case:
        check_failure(
            case, lambda: regress(yi, vi, _design(moderators, formula), **settings_of(case)), checker
        )
        return
    design = _design(moderators, formula)
    columns = _columns(case, design, yi, vi, checker)
    try:
        fitted = regress(yi, vi, design.matrix[:, columns], names=case["coef_names"], **settings_of(case))
    except IllScaled:
        # R warns where variances are too far apart for its sums to hold.
        warned = any("Ratio of largest to smallest" in text for text in case["out"].get("warnings", []))
        checker.equal(f"{case['id']} ill scaled", warned, True)
        return
    tolerance = tolerance_of(case["method"]) + _rounding_of_r(design.matrix[:, columns], vi)
    if _without_constant(design.matrix[:, columns]):
        _check_through_origin(case, yi, vi, design.matrix[:, columns], checker, tolerance=tolerance)
        return
    _compare_regression(case, fitted, checker, tolerance=tolerance)
    if "tau2_ci" in case["out"]:
        check_profile(
            case, q_profile(yi, vi, level=case["level"] / 100, design=design.matrix[:, columns]), checker
        )


def _design(moderators: dict[str, Any], formula: Formula) -> Design:
    return design_matrix(moderators, interactions=formula.interactions, intercept=formula.intercept)


def _columns(case: Case, design: Design, yi: Vector, vi: Vector, checker: Checker) -> list[int]:
    """Columns that R kept: it drops with a warning what the engine refuses by name."""
    names = list(case["coef_names"])
    if list(design.names) != names:
        try:
            kept = regress(yi, vi, design).names
        except (RankDeficient, TooFewStudies):
            kept = ()
        checker.equal(f"{case['id']} redundant columns", kept, ())
    return [design.names.index(name) for name in names]


def _rounding_of_r(matrix: Vector, vi: Vector) -> float:
    """What R loses by solving normal equations in the moderators' own units.

    With years around 1987 that spread over 3 it gets a QE of 23.2111926624 where exact rational arithmetic
    gives the engine's 23.2111934010. Columns of unit length take away the part that is harmless.
    """
    rows = matrix / np.sqrt(vi)[:, None]
    singular = np.linalg.svd(rows / np.linalg.norm(rows, axis=0), compute_uv=False)
    # Weights far apart cost digits as well, as many as their ratio has.
    lost = 100 * (singular[0] / singular[-1]) ** 2 + np.max(vi) / np.min(vi)
    return min(_LOST_AT_MOST, float(np.finfo(np.float64).eps * lost))


def _compare_regression(case: Case, found: Regression, checker: Checker, *, tolerance: float) -> None:
    out, name = case["out"], case["id"]
    test = found.moderator_test
    checker.equal(f"{name} k, p, ddf", [found.k, found.p, found.df], [out["k"], out["p"], out["ddf"]])
    if np.all(found.se == 0):
        _check_exact_fit(case, found, checker)
        return
    for key, ours in (
        ("beta", found.coefficients),
        ("se", found.se),
        ("stat", found.statistic),
        ("ci_lb", found.ci_low),
        ("ci_ub", found.ci_high),
        ("tau2", found.tau2.value),
        ("se_tau2", found.tau2.se),
        ("I2", found.i2),
        ("H2", found.h2),
        ("QM", test.statistic),
        ("QE", found.residual_q),
        ("loglik", found.log_likelihood),
    ):
        checker.close(f"{name} {key}", ours, out[key], tolerance=tolerance)
    _check_r2(case, found.r2, found.tau2_total, out["R2"], checker, tolerance=tolerance)
    checker.close(f"{name} pval", found.p_value, out["pval"], tolerance=100 * tolerance)
    checker.close(f"{name} QM_p", test.p_value, out["QM_p"], tolerance=100 * tolerance)
    checker.close(f"{name} QE_p", found.residual_p, out["QE_p"], tolerance=100 * tolerance)
    checker.equal(f"{name} QM_df", [test.df, test.df_error], out["QM_df"])
    checker.equal(f"{name} QE_df", found.residual_df, out["QE_df"])
    if out["vcov"] is not None:
        for row, theirs in enumerate(out["vcov"]):
            checker.close(f"{name} vcov[{row}]", found.covariance[row], theirs, tolerance=tolerance)
    if "fitted" in out:
        checker.close(f"{name} fitted", found.fitted, out["fitted"]["pred"], tolerance=tolerance)
        checker.close(f"{name} fitted se", found.fitted_se, out["fitted"]["se"], tolerance=tolerance)
        for row, theirs in enumerate(out["resid_standardized"]):
            ours = found.standardised[row]
            # A study that alone determines a coefficient has 0/0, for which R gives rounding over rounding.
            if found.hat[row] > 1 - 1e-9:
                checker.equal(f"{name} resid[{row}]", np.isnan(ours), True)
            else:
                checker.close(f"{name} resid[{row}]", ours, theirs, tolerance=tolerance)


def _check_exact_fit(case: Case, found: Regression, checker: Checker) -> None:
    """Where residuals are 0, R's Knapp-Hartung tests are rounding over rounding; the engine has none."""
    out, name = case["out"], case["id"]
    rounding = 1e-10 * float(np.max(np.abs(found.fitted)))
    checker.close(f"{name} beta", found.coefficients, out["beta"], tolerance=CLOSED, at_zero=rounding)
    checker.close(f"{name} se", found.se, out["se"], tolerance=0.0, at_zero=rounding)
    checker.close(f"{name} tau2", found.tau2.value, out["tau2"], tolerance=CLOSED)
    checker.close(f"{name} QE", found.residual_q, out["QE"], tolerance=CLOSED)
    checker.equal(f"{name} no test", bool(np.any(np.isfinite(found.statistic))), False)


def _without_constant(matrix: Vector) -> bool:
    """Whether no sum of the columns is the same for all studies, as in a regression through the origin."""
    ones = np.ones(len(matrix))
    rest = ones - matrix @ np.linalg.lstsq(matrix, ones, rcond=None)[0]
    return bool(np.max(np.abs(rest)) > ROUNDING)


def _check_through_origin(
    case: Case, yi: Vector, vi: Vector, matrix: Vector, checker: Checker, *, tolerance: float
) -> None:
    """R centres the effects before it takes QE and tau2, and takes those for the effects as they are.

    So its tau2 and QE are held to ours for centred effects, and its coefficients to ours at its tau2.
    """
    out, name = case["out"], case["id"]
    ours = regress(yi, vi, matrix, **settings_of(case))
    checker.equal(f"{name} k, p, ddf", [ours.k, ours.p, ours.df], [out["k"], out["p"], out["ddf"]])
    centred = regress(yi - np.mean(yi), vi, matrix, **settings_of(case))
    for key, value in (
        ("tau2", centred.tau2.value),
        ("se_tau2", centred.tau2.se),
        ("I2", centred.i2),
        ("H2", centred.h2),
        ("QE", centred.residual_q),
    ):
        checker.close(f"{name} centred {key}", value, out[key], tolerance=tolerance)
    at_theirs = fit(yi, 1 / (vi + out["tau2"]), matrix)
    checker.close(f"{name} beta", at_theirs.beta, out["beta"], tolerance=tolerance)
    if case["test"] in ("z", "t"):
        checker.close(f"{name} se", np.sqrt(np.diag(at_theirs.cov)), out["se"], tolerance=tolerance)


def _check_r2(
    case: Case, ours: float | None, whole: float | None, theirs: Any, checker: Checker, *, tolerance: float
) -> None:
    """R2, which metafor takes from a second fit, of the mean alone."""
    if case["method"] in ITERATED and ours is not None:
        if theirs is None:
            # That second fit did not converge.
            return
        if whole == 0:
            # Nothing to explain, where R divides two tau2 of about 1e-14 at which its iteration stopped.
            checker.equal(f"{case['id']} R2", ours, 0.0)
            return
    # 100 less a ratio in percent: its error is relative to 100.
    checker.close(f"{case['id']} R2", ours, theirs, tolerance=tolerance, at_zero=100 * tolerance)


def _moderators(
    formula: Formula, library: Library, view: str, usable: Any
) -> tuple[dict[str, Any], list[int]]:
    """Moderators of the studies that have all of them and an effect."""
    columns = {name: library.columns(view)[name] for name in formula.moderators}
    categories = library.tables[view]["categorical_moderators"]
    rows = [
        int(row)
        for row in np.flatnonzero(usable)
        if all(column[row] is not None for column in columns.values())
    ]
    return {
        name: [str(column[row]) if name in categories else float(column[row]) for row in rows]
        for name, column in columns.items()
    }, rows


def _check_subgroups(case: Case, library: Library, checker: Checker) -> None:
    found = library.effects(case["view"], case["measure"])
    column: list[Any] = library.columns(case["view"])[case["moderator"]]
    rows = [row for row in range(found.yi.size) if found.usable[row] and column[row] is not None]
    yi, vi, groups = found.yi[rows], found.vi[rows], [str(column[row]) for row in rows]
    name, tolerance = case["id"], tolerance_of(case["method"])
    settings = settings_of(case)
    if "error" in case:
        check_failure(case, lambda: fit_common_tau2(yi, vi, groups, **settings), checker)
        return
    out = case["out"]
    pools = pool_by_group(yi, vi, groups, **settings)
    for theirs in out["separate_tau2"]:
        ours = pools[str(theirs["level"])]
        where = f"{name} {theirs['level']}"
        check_pool(where, ours, theirs, checker, tolerance=tolerance)
        ni = found.ni[[row for row, group in zip(rows, groups, strict=True) if group == str(theirs["level"])]]
        for back in as_list(theirs.get("back")):
            check_back(case, ours, ni, back, {}, checker)
    ordered = [pools[str(level)] for level in out["levels"]]
    test = between_groups([each.estimate for each in ordered], [each.se for each in ordered])
    theirs = out["Q_between_separate"]
    checker.close(f"{name} Q_between", test.statistic, theirs["Q"], tolerance=tolerance)
    checker.close(f"{name} Q_between p", test.p_value, theirs["p"], tolerance=100 * tolerance)
    checker.equal(f"{name} Q_between df", test.df, theirs["df"])
    check_pool(f"{name} overall", pool(yi, vi, **settings), out["overall"], checker, tolerance=tolerance)
    _check_common(case, yi, vi, groups, checker)


def _check_common(case: Case, yi: Vector, vi: Vector, groups: list[str], checker: Checker) -> None:
    theirs, name = case["out"]["common_tau2"], f"{case['id']} common"
    found = fit_common_tau2(yi, vi, groups, **settings_of(case))
    tolerance = tolerance_of(case["method"])
    checker.close(f"{name} tau2", found.tau2.value, theirs["tau2"], tolerance=tolerance)
    order = [found.levels.index(str(name)) for name in case["out"]["levels"]]
    for key, ours in (
        ("estimate", found.estimates),
        ("se", found.se),
        ("ci_lb", found.ci_low),
        ("ci_ub", found.ci_high),
    ):
        checker.close(f"{name} {key}", [ours[place] for place in order], theirs[key], tolerance=tolerance)
    whole = estimate_tau2(yi, vi, method=case["method"]).value
    _check_r2(case, found.r2, whole, theirs["R2"], checker, tolerance=tolerance)
    test = found.test
    checker.close(f"{name} QM", test.statistic, theirs["QM_between"], tolerance=tolerance)
    checker.equal(f"{name} QM df", [test.df, test.df_error], theirs["QM_df"])
    checker.close(f"{name} QM p", test.p_value, theirs["QM_p"], tolerance=100 * tolerance)
    checker.close(f"{name} QE", found.residual_q, theirs["QE"], tolerance=CLOSED)
    checker.equal(f"{name} QE df", found.residual_df, theirs["QE_df"])
