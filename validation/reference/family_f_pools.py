"""Pools of the R package meta: metaprop, metabin, metacont, metacor, metainc, metarate and metagen."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.meta import (
    Effects,
    FixedPool,
    Heterogeneity,
    MetaError,
    Pool,
    Tau2,
    estimate_tau2,
    expected_events,
    harmonic_mean,
    i2_interval,
    kenward_roger,
    mantel_haenszel,
    mantel_haenszel_rates,
    modified_hartung_knapp,
    peto,
    pool,
)
from analysis.meta.checks import Vector
from analysis.meta.distributions import chi2_upper_p
from validation.reference.compare import CLOSED, Checker, tolerance_of
from validation.reference.loader import Case, Library

MEASURES = {
    "PLOGIT": "PLO",
    "PLN": "PLN",
    "PAS": "PAS",
    "PFT": "PFT",
    "PRAW": "PR",
    "OR": "OR",
    "RR": "RR",
    "RD": "RD",
    "ASD": "AS",
    "MD": "MD",
    "SMD": "SMD",
    "ROM": "ROM",
    "ZCOR": "ZCOR",
    "COR": "COR",
    "IRR": "IRR",
    "IRD": "IRD",
    "IR": "IR",
    "IRLN": "IRLN",
    "IRS": "IRS",
    "IRFT": "IRFT",
    "": "GEN",
}
META_PM_TOLERANCE = 1.3e-4
MODIFICATIONS: dict[str, Any] = {"": "none", "se": "se", "IQWiG6": "iqwig6", "ci": "ci"}


@dataclass(frozen=True)
class Line:
    """What meta prints of a pooled estimate."""

    estimate: float
    se: float
    low: float
    high: float
    statistic: float
    p_value: float
    df: float | None


def check(case: Case, library: Library, checker: Checker) -> None:
    if "error" in case:
        _check_failure(case, library, checker)
        return
    found = effects_of(case, library)
    rows = pooled_rows(case, library, found)
    yi, vi = found.yi[rows], found.vi[rows]
    out: Any = case.get("out")
    name = case["id"]
    plain = pool(yi, vi, tau2_method="EE")
    fixed = fixed_pool(case, library.columns(case["view"]), rows)
    if fixed and np.isnan(fixed.estimate):
        # One arm has no events at all: R says minus infinity, and its random effects are lost with it.
        checker.equal(f"{name} no estimate", out["common"]["TE"] in ("Inf", "-Inf", None), True)
        return
    q = _q(case, plain.heterogeneity, fixed)
    tau2 = _tau2(case, yi, vi, q, checker)
    method = "EE" if tau2 is None else case["options"].get("method.tau", "REML")
    tolerance = tolerance_of(method)
    checker.equal(f"{name} k", yi.size, out["k"])
    check_line(f"{name} common", line_of(fixed or plain), out["common"], checker, tolerance=CLOSED)
    check_line(f"{name} random", _random(case, yi, vi, tau2), out["random"], checker, tolerance=tolerance)
    # meta gives neither tau2 nor I2 nor a p-value for one study.
    single = yi.size == 1
    checker.close(f"{name} tau2", None if single else tau2.value, out["tau2"], tolerance=tolerance)
    _check_heterogeneity(case, q, yi.size - 1, checker)
    if "w_common_pct" in out:
        # Weighted by nothing but what was pooled, zeros are studies left out.
        weights = fixed.weights if fixed else plain.weights
        _check_weights(name, weights, out["w_common_pct"], checker, tolerance=CLOSED)
        random = pool(yi, vi, tau2_method=method, tau2=tau2)
        _check_weights(name, random.weights, out["w_random_pct"], checker, tolerance=tolerance)
    if "n_harmonic_mean" in out:
        sizes = found.ni[rows]
        checker.close(f"{name} n", harmonic_mean(sizes), out["n_harmonic_mean"], tolerance=CLOSED)
    _check_prediction(case, yi, vi, tau2, checker, tolerance=tolerance)
    if "study_TE" in out:
        _check_studies(case, found, checker)


def _check_failure(case: Case, library: Library, checker: Checker) -> None:
    """Fisher scoring cycles in R where the engine finds the maximum; whatever else fails there is named."""
    try:
        found = effects_of(case, library)
        rows = pooled_rows(case, library, found)
        answered = bool(np.isfinite(line_of(pool(found.yi[rows], found.vi[rows])).se))
    except MetaError as error:
        answered = bool(str(error))
    checker.equal(f"{case['id']} finite", answered, True)


def effects_of(case: Case, library: Library) -> Effects:
    """The studies' effects by the conventions of meta."""
    options = case["options"]
    measure = MEASURES[options.get("sm", "")]
    given: dict[str, Any] = {}
    if options.get("method") == "Peto":
        # meta adds nothing to cells here, where metafor adds a half.
        measure, given = "PETO", {"drop00": not options.get("allstudies", False), "to": "none"}
    elif measure == "SMD":
        given = {"vtype": "UB"} if options.get("exact.smd", True) else {"correction": "approximate"}
    elif measure == "MD" and options.get("pooledvar"):
        given = {"vtype": "HO"}
    elif measure in ("OR", "RR"):
        given = {"drop00": not options.get("allstudies", False)}
    if "incr" in options and measure in ("OR", "RR", "RD", "PLO", "PLN", "PR"):
        given |= {"add": options["incr"], "to": options.get("method.incr", "only0")}
    if measure in ("PR", "PLN", "RR", "RD", "IRD"):
        given["convention"] = "meta"
    if case["function_name"] == "metarate":
        given["arm"] = options["arm"]
    return library.effects(case["view"], measure, **given)


def pooled_rows(case: Case, library: Library, found: Effects) -> list[int]:
    """Studies with an effect, a variance, and, where subgroups are asked for, a subgroup."""
    rows = np.flatnonzero(found.usable & (found.vi > 0)).tolist()
    if "subgroup" not in case["options"]:
        return rows
    column = library.columns(case["view"])[case["options"]["subgroup"]]
    return [row for row in rows if column[row] is not None]


def fixed_pool(case: Case, columns: dict[str, list[Any]], rows: list[int]) -> FixedPool | None:
    """The common effect by another method than inverse variance, if the case asks for one."""
    options = case["options"]
    match options.get("method", "MH" if case["function_name"] == "metabin" else "Inverse"):
        case "MH" if "x1i" in columns:
            return mantel_haenszel_rates(*_columns(columns, "x1i t1i x2i t2i"), measure=options["sm"])
        case "MH":
            exact = options.get("MH.exact", False)
            drop = options["sm"] in ("OR", "RR") and not options.get("allstudies", False)
            cells: dict[str, Any] = {
                "add": options.get("incr", 0.5),
                "to": options.get("method.incr", "only0"),
            }
            if not exact:
                cells |= {"add_pool": cells["add"], "to_pool": cells["to"]}
            return mantel_haenszel(
                *(np.asarray(column)[rows] for column in _columns(columns, "ai n1i ci n2i")),
                measure=options["sm"],
                convention="meta",
                drop00=drop,
                **cells,
            )
        case "Peto":
            return peto(*(np.asarray(column)[rows] for column in _columns(columns, "ai n1i ci n2i")))
        case "Cochran":
            return expected_events(*_columns(columns, "x1i t1i x2i t2i"))
    return None


def _columns(columns: dict[str, list[Any]], names: str) -> list[list[Any]]:
    return [columns[name] for name in names.split()]


def _q(case: Case, plain: Heterogeneity, fixed: FixedPool | None) -> float:
    """Cochran's Q: about the Mantel-Haenszel estimate where DerSimonian-Laird is asked for."""
    about_mh = (
        isinstance(fixed, FixedPool)
        and fixed.method == "MH"
        and case["function_name"] == "metabin"
        and case["options"]["method.tau"] == "DL"
    )
    return fixed.q if about_mh and fixed else plain.q


def _tau2(case: Case, yi: Vector, vi: Vector, q: float, checker: Checker) -> Tau2:
    method = case["options"].get("method.tau", "REML")
    if method == "PM":
        return _loose_tau2(case, yi, vi, checker)
    if method == "DL":
        weights = 1 / vi
        scale = float(np.sum(weights) - np.sum(weights**2) / np.sum(weights))
        value = max(0.0, (q - (yi.size - 1)) / scale) if yi.size > 1 else 0.0
        return Tau2("DL", value, None)
    return estimate_tau2(yi, vi, method=method)


def _loose_tau2(case: Case, yi: Vector, vi: Vector, checker: Checker) -> Tau2:
    """meta stops Paule-Mandel where tau2 is known to 1.22e-4; all else is compared at its tau2.

    The estimator itself is compared to 1e-6 in family b1.
    """
    theirs = case["out"]["tau2"]
    ours = estimate_tau2(yi, vi, method="PM")
    if theirs is None:
        return ours
    checker.close(f"{case['id']} PM", ours.value, theirs, tolerance=0.0, at_zero=META_PM_TOLERANCE)
    return Tau2("PM", theirs, None)


def _random(case: Case, yi: Vector, vi: Vector, tau2: Tau2) -> Line:
    options = case["options"]
    method = options.get("method.tau", "REML")
    match options.get("method.random.ci", "classic"):
        case "KR" if yi.size > 1:
            adjusted = kenward_roger(yi, vi)
            return Line(
                adjusted.estimate,
                adjusted.se,
                adjusted.ci.low,
                adjusted.ci.high,
                adjusted.statistic,
                adjusted.p_value,
                adjusted.df,
            )
        case "HK" if options.get("adhoc.hakn.ci"):
            rule = MODIFICATIONS[options["adhoc.hakn.ci"]]
            given = modified_hartung_knapp(yi, vi, modification=rule, tau2_method=method)
            return Line(
                given.estimate,
                given.se,
                given.ci.low,
                given.ci.high,
                given.statistic,
                given.p_value,
                given.df,
            )
        case "HK":
            return line_of(pool(yi, vi, tau2_method=method, ci_method="hk", tau2=tau2))
    return line_of(pool(yi, vi, tau2_method=method, tau2=tau2))


def line_of(found: Pool | FixedPool) -> Line:
    df = found.df if isinstance(found, Pool) else None
    return Line(found.estimate, found.se, found.ci.low, found.ci.high, found.statistic, found.p_value, df)


def check_line(name: str, found: Line, out: Any, checker: Checker, *, tolerance: float) -> None:
    """An estimate as meta prints it; without a test where there is no null value, as for proportions."""
    checker.close(f"{name} TE", found.estimate, out["TE"], tolerance=tolerance)
    checker.close(f"{name} seTE", found.se, out["seTE"], tolerance=tolerance)
    checker.close(f"{name} lower", found.low, out["lower"], tolerance=tolerance)
    checker.close(f"{name} upper", found.high, out["upper"], tolerance=tolerance)
    if out["stat"] is not None:
        checker.close(f"{name} stat", found.statistic, out["stat"], tolerance=tolerance)
        checker.close(f"{name} pval", found.p_value, out["pval"], tolerance=100 * tolerance)
    if "df" in out and isinstance(found.df, float):
        checker.close(f"{name} df", found.df, out["df"], tolerance=tolerance)
    elif "df" in out:
        checker.equal(f"{name} df", "Inf" if found.df is None else found.df, out["df"])


def _check_heterogeneity(case: Case, q: float, df: int, checker: Checker) -> None:
    out, name = case["out"], case["id"]
    single = df == 0
    checker.close(f"{name} Q", q, out["Q"][0], tolerance=CLOSED)
    checker.equal(f"{name} df_Q", df, out["df_Q"][0])
    p_value = None if single else chi2_upper_p(q, df)
    checker.close(f"{name} pval_Q", p_value, out["pval_Q"][0], tolerance=100 * CLOSED)
    i2 = None if single else max(0.0, (q - df) / q) if q > 0 else 0.0
    checker.close(f"{name} I2", i2, out["I2_frac"], tolerance=CLOSED)
    limits = i2_interval(q, df)
    ends = (None, None) if limits is None else (limits.low / 100, limits.high / 100)
    for key, ours in zip(("I2_lower", "I2_upper"), ends, strict=True):
        checker.close(f"{name} {key}", ours, out[key], tolerance=CLOSED)


def _check_weights(
    name: str, weights: Vector, theirs: list[Any], checker: Checker, *, tolerance: float
) -> None:
    present = [value for value in theirs if value]
    checker.close(f"{name} w", [value for value in weights if value], present, tolerance=tolerance)


def _check_prediction(
    case: Case, yi: Vector, vi: Vector, tau2: Tau2, checker: Checker, *, tolerance: float
) -> None:
    out, name = case["out"]["predict"], f"{case['id']} predict"
    method = case["options"].get("method.predict", "V").split()[0]
    if out["lower"] is None:
        # meta wants a degree of freedom for each method; the engine's own rule is none below three studies.
        checker.equal(f"{name} few studies", yi.size < 3, True)
        return
    if method == "KR":
        adjusted = kenward_roger(yi, vi)
        low, high, df = adjusted.prediction.low, adjusted.prediction.high, adjusted.df
        se = float(np.sqrt(adjusted.tau2.value + adjusted.se**2))
        checker.close(f"{name} df", df, out["df"], tolerance=tolerance)
    else:
        estimator = case["options"].get("method.tau", "REML")
        ours = pool(yi, vi, tau2_method=estimator, prediction=method, tau2=tau2).prediction
        assert ours is not None
        low, high, se = ours.low, ours.high, ours.se
        checker.equal(f"{name} df", "Inf" if ours.df is None else ours.df, out["df"])
    for key, value in (("lower", low), ("upper", high), ("se", se)):
        checker.close(f"{name} {key}", value, out[key], tolerance=tolerance)


def _check_studies(case: Case, found: Effects, checker: Checker) -> None:
    out, name = case["out"], case["id"]
    yi = [None if np.isnan(value) else float(value) for value in found.yi]
    se = [None if np.isnan(value) else float(np.sqrt(value)) for value in found.vi]
    # An effect that cannot be estimated has an infinite standard error in meta, and none in the engine.
    errors = [None if value == "Inf" else value for value in out["study_seTE"]]
    checker.close(f"{name} study_TE", yi, out["study_TE"], tolerance=CLOSED, at_zero=1e-12)
    checker.close(f"{name} study_seTE", se, errors, tolerance=CLOSED, at_zero=1e-12)
