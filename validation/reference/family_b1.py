"""Inverse-variance pooling: rma.uni() of metafor."""

from collections.abc import Callable
from typing import Any

from analysis.meta import (
    EFFECT_MEASURES,
    MetaError,
    Pool,
    Tau2Interval,
    barendregt_doi_size,
    harmonic_mean,
    pool,
    q_profile,
    shown,
)
from analysis.meta.checks import Vector
from validation.reference.compare import CLOSED, ITERATIVE, Checker, tolerance_of
from validation.reference.exact import exact_q, lost_by_r, lower_maximum
from validation.reference.loader import (
    NAMED_INTERVALS,
    Case,
    Library,
)

# metafor's plain prediction interval follows the distribution of the confidence interval.
PREDICTIONS: dict[tuple[str, str], Any] = {
    ("metafor_default", "z"): "S",
    ("metafor_default", "t"): "V",
    ("metafor_default", "knha"): "HK",
    ("metafor_default", "adhoc"): "HK",
    ("riley", "z"): "HTS",
    ("riley", "t"): "HTS",
    ("riley", "knha"): "HK-PR",
    ("riley", "adhoc"): "HK-PR",
    ("t_km1", "z"): "V",
    ("t_km1", "t"): "V",
    ("t_km1", "knha"): "HK",
    ("t_km1", "adhoc"): "HK",
}


def check(case: Case, library: Library, checker: Checker) -> None:
    yi, vi, ni = used(case, library)
    if "error" in case:
        check_failure(case, lambda: pool(yi, vi, **settings_of(case)), checker)
        return
    out, name, tolerance = case["out"], case["id"], tolerance_of(case["method"])
    found = pool_beside(yi, vi, out["tau2"], **settings_of(case))
    check_pool(name, found, out, checker, tolerance=tolerance, data=(yi, vi))
    checker.close(f"{name} loglik", found.log_likelihood, out["loglik"], tolerance=tolerance)
    if "weights_pct" in out:
        checker.close(f"{name} weights", list(found.weights), out["weights_pct"], tolerance=tolerance)
    predictions = _check_predictions(case, yi, vi, found, checker)
    if "tau2_ci" in out:
        check_profile(case, q_profile(yi, vi, level=out["tau2_ci"]["level"] / 100), checker)
    for back in as_list(out.get("back")):
        check_back(case, found, ni, back, predictions, checker)


def pool_beside(yi: Vector, vi: Vector, theirs: float | None, **settings: Any) -> Pool:
    """Our pool, or ours at R's tau2 where R stopped at a lower maximum: all that follows can be compared."""
    found = pool(yi, vi, **settings)
    lower = lower_maximum(theirs, found.tau2.value, yi, vi, settings["tau2_method"])
    return found if lower is None else pool(yi, vi, tau2=lower, **settings)


def check_failure(case: Case, fit: Callable[[], object], checker: Checker) -> None:
    """Where R fails, the engine names the fault or finds what R's iteration misses; it never breaks off."""
    try:
        fit()
        named = True
    except MetaError as error:
        named = bool(str(error))
    checker.equal(f"{case['id']} error", named, True)


def used(case: Case, library: Library) -> tuple[Vector, Vector, Vector]:
    """Effects, variances and sizes of the studies that the case pools; rates name the arm."""
    options = {} if case.get("arm") is None else {"arm": case["arm"]}
    found = library.effects(case["view"], case["measure"], **options)
    keep = found.usable
    return found.yi[keep], found.vi[keep], found.ni[keep]


def as_list(value: Any) -> list[Any]:
    """The double arcsine has two back-transformations, the others have one or none."""
    return value if isinstance(value, list) else [] if value is None else [value]


def settings_of(case: Case) -> dict[str, Any]:
    return {
        "tau2_method": case["method"],
        "ci_method": NAMED_INTERVALS[case["test"]],
        "level": case["level"] / 100,
    }


def check_pool(
    name: str,
    found: Pool,
    out: Any,
    checker: Checker,
    *,
    tolerance: float,
    data: tuple[Vector, Vector] | None = None,
) -> None:
    """Everything that a pooled model of metafor reports and the engine has too; `data` prove R's rounding."""
    spread = found.heterogeneity
    looser = _rounding_of_r(f"{name} exact Q", spread.q, out["Q"], data, checker)
    of_q = ("Q", "I2", "H2") if found.tau2.method == "EE" else ("Q",)
    pairs = {
        "estimate": found.estimate,
        "se": found.se,
        "stat": found.statistic,
        "ci_lb": found.ci.low,
        "ci_ub": found.ci.high,
        "tau2": found.tau2.value,
        "se_tau2": found.tau2.se,
        "I2": spread.i2,
        "H2": spread.h2,
        "Q": spread.q,
        "Q_p": spread.q_p,
    }
    checker.equal(f"{name} k", found.k, out["k"])
    for key, ours in pairs.items():
        allowed = tolerance + (looser if key in of_q else 0.0)
        checker.close(f"{name} {key}", ours, out[key], tolerance=allowed)
    # p-values far in the tail multiply the error of the statistic.
    checker.close(f"{name} pval", found.p_value, out["pval"], tolerance=100 * tolerance)
    checker.equal(f"{name} ddf", found.df, out["ddf"])
    checker.equal(f"{name} Q_df", spread.q_df, out["Q_df"])


def _rounding_of_r(
    name: str, ours: float, theirs: float | None, data: tuple[Vector, Vector] | None, checker: Checker
) -> float:
    """How much further from R's Q ours may be, as ours is the one that exact arithmetic gives."""
    if theirs is None or data is None or abs(ours - theirs) <= CLOSED * theirs:
        return 0.0
    checker.close(name, ours, exact_q(*data), tolerance=CLOSED)
    return 10 * lost_by_r(theirs, *data)


def _check_predictions(
    case: Case, yi: Vector, vi: Vector, model: Pool, checker: Checker
) -> dict[str, tuple[float, float]]:
    limits: dict[str, tuple[float, float]] = {}
    # For one study R repeats the confidence interval; the engine gives none.
    if "pi" not in case["out"] or yi.size == 1:
        return limits
    for key, theirs in case["out"]["pi"].items():
        method = PREDICTIONS[key, case["test"]]
        found = pool(yi, vi, prediction=method, tau2=model.tau2, **settings_of(case)).prediction
        assert found is not None
        tolerance = tolerance_of(case["method"])
        checker.close(f"{case['id']} pi {key} lb", found.low, theirs["lb"], tolerance=tolerance)
        checker.close(f"{case['id']} pi {key} ub", found.high, theirs["ub"], tolerance=tolerance)
        checker.equal(f"{case['id']} pi {key} df", found.df, theirs["df"])
        limits[key] = (found.low, found.high)
    return limits


def check_profile(case: Case, found: Tau2Interval, checker: Checker) -> None:
    """The Q-profile interval of tau2, and those of I2 and H2 which follow from it."""
    theirs = case["out"]["tau2_ci"]
    name = f"{case['id']} tau2_ci"
    checker.close(f"{name} lb", found.low, theirs["tau2_lb"], tolerance=ITERATIVE)
    checker.close(f"{name} ub", found.high, theirs["tau2_ub"], tolerance=ITERATIVE)
    checker.equal(f"{name} empty", found.empty, theirs["null_set"])
    for key, ours in (
        ("I2_lb", found.i2_low),
        ("I2_ub", found.i2_high),
        ("H2_lb", found.h2_low),
        ("H2_ub", found.h2_high),
    ):
        checker.close(f"{name} {key}", ours, theirs[key], tolerance=ITERATIVE)


def check_back(
    case: Case,
    found: Pool,
    ni: Vector,
    back: Any,
    predictions: dict[str, tuple[float, float]],
    checker: Checker,
) -> None:
    """Estimate and limits on the display scale."""
    scale = EFFECT_MEASURES[case["measure"]].scale
    size = None
    if scale == "arcsine":
        # The second way takes the se of the model's Wald interval or whichever the model reports.
        size = harmonic_mean(ni) if "hm" in back["how"] else barendregt_doi_size(found.se)
    name, tolerance = f"{case['id']} back", tolerance_of(case["method"])
    pairs = {"estimate": found.estimate, "ci_lb": found.ci.low, "ci_ub": found.ci.high}
    for key, value in pairs.items():
        checker.close(
            f"{name} {key}", shown(value, scale=scale, n=size).value, back[key], tolerance=tolerance
        )
    for key, theirs in back.get("pi", {}).items():
        if key in predictions:
            low, high = (shown(value, scale=scale, n=size).value for value in predictions[key])
            checker.close(f"{name} pi {key} lb", low, theirs["lb"], tolerance=tolerance)
            checker.close(f"{name} pi {key} ub", high, theirs["ub"], tolerance=tolerance)
