"""Sensitivity: leave1out(), cumul(), influence(), blup(), baujat() and gosh() of metafor."""

import numpy as np

from analysis.meta import (
    Baujat,
    Cumulative,
    Gosh,
    Influence,
    baujat,
    blup,
    cumulative,
    gosh,
    influence,
    leave_one_out,
)
from analysis.meta.batched import PoolMany
from analysis.meta.checks import Vector
from analysis.meta.intervals import CiMethod
from validation.reference.compare import ITERATED, Checker, tolerance_of
from validation.reference.family_b1 import check_failure
from validation.reference.loader import NAMED_INTERVALS, Case, Library


def check(case: Case, library: Library, checker: Checker) -> None:
    yi, vi, _ = library.used(case["view"], case["measure"])
    if "error" in case:
        check_failure(case, lambda: _answer(case, library, yi, vi), checker)
        return
    found = _answer(case, library, yi, vi)
    match found:
        case PoolMany():
            _check_pools(case, found, checker)
        case Cumulative():
            checker.equal(f"{case['id']} order", found.order.tolist(), case["order_index0"])
            _check_pools(case, found.pools, checker)
        case Influence():
            _check_influence(case, found, yi, vi, checker)
        case Baujat():
            _close(case, checker, x=found.heterogeneity, y=found.influence)
        case Gosh():
            _check_gosh(case, found, checker)


def _answer(
    case: Case, library: Library, yi: Vector, vi: Vector
) -> PoolMany | Cumulative | Influence | Baujat | Gosh:
    method, interval = case["method"], _interval(case)
    match case["analysis"]:
        case "leave1out":
            return leave_one_out(yi, vi, tau2_method=method, ci_method=interval)
        case "cumul":
            by = _order(case, library, vi)
            return cumulative(yi, vi, by=by, tau2_method=method, ci_method=interval)
        case "influence":
            return influence(yi, vi, tau2_method=method, ci_method=interval)
        case "baujat":
            return baujat(yi, vi, tau2_method=method, ci_method=interval)
        case "gosh_all":
            return gosh(yi, vi, tau2_method=method)
    raise NotImplementedError(case["analysis"])


def _order(case: Case, library: Library, vi: Vector) -> list[float] | Vector:
    if case["order_by"] == "precision":
        return vi
    keep = library.effects(case["view"], case["measure"]).usable
    column = library.columns(case["view"])[case["order_by"]]
    return [value for value, kept in zip(column, keep, strict=True) if kept]


def _interval(case: Case) -> CiMethod:
    return NAMED_INTERVALS[(case.get("options") or {}).get("test", "z")]


def _check_pools(case: Case, found: PoolMany, checker: Checker) -> None:
    _close(
        case,
        checker,
        estimate=found.estimate,
        se=found.se,
        ci_lb=found.ci_low,
        ci_ub=found.ci_high,
        Q=found.q,
        Q_p=found.q_p,
        tau2=found.tau2,
        I2=found.i2,
    )


def _check_influence(case: Case, found: Influence, yi: Vector, vi: Vector, checker: Checker) -> None:
    _close(
        case,
        checker,
        rstudent=found.rstudent,
        dffits=found.dffits,
        cook_d=found.cook_d,
        cov_r=found.cov_r,
        tau2_del=found.left_out.tau2,
        QE_del=found.left_out.q,
        weight_pct=100 * found.hat,
        dfbs=found.dfbs,
    )
    flags = found.influential.tolist()
    for row in _without_convergence(case):
        flags[row] = None
    checker.equal(f"{case['id']} is_infl", flags, case["out"]["is_infl"])
    if "blup" in case["out"]:
        own = blup(yi, vi, tau2_method=case["method"], ci_method=_interval(case))
        for key, ours in (("pred", own.estimate), ("se", own.se)):
            name = f"{case['id']} blup {key}"
            checker.close(name, list(ours), case["out"]["blup"][key], tolerance=tolerance_of(case["method"]))


def _check_gosh(case: Case, found: Gosh, checker: Checker) -> None:
    row_of = {"".join("1" if one else "0" for one in mask): row for row, mask in enumerate(found.included)}
    rows = np.array([row_of[mask] for mask in case["out"]["include_mask"]])
    checker.equal(f"{case['id']} subsets", found.included.shape[0], case["out"]["n_subsets"])
    checker.equal(f"{case['id']} k", found.pools.k[rows].tolist(), case["out"]["k"])
    pools = found.pools
    numbers = {"estimate": pools.estimate, "QE": pools.q, "I2": pools.i2, "H2": pools.h2, "tau2": pools.tau2}
    _close(case, checker, **{key: value[rows] for key, value in numbers.items()})


def _close(case: Case, checker: Checker, **numbers: Vector) -> None:
    lost = _without_convergence(case)
    for key, values in numbers.items():
        name, ours = f"{case['id']} {key}", list(values)
        for row in lost:
            if case["out"][key][row] is None:
                checker.equal(f"{name}[{row}] answered", bool(np.isfinite(ours[row])), True)
                ours[row] = None
        checker.close(name, ours, case["out"][key], tolerance=tolerance_of(case["method"]))


def _without_convergence(case: Case) -> list[int]:
    """Studies whose line R leaves empty, as its iteration did not end without them; the engine's does."""
    if case["method"] not in ITERATED or case["analysis"] not in ("influence", "baujat"):
        return []
    return [row for row, value in enumerate(case["out"][_REFITTED[case["analysis"]]]) if value is None]


# What each analysis reports of the fits without a study.
_REFITTED = {"influence": "tau2_del", "baujat": "y"}
