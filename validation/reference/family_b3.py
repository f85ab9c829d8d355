"""Generalised linear mixed models: rma.glmm() of metafor, and exact maxima of the same likelihoods.

metafor's own estimates are good to about 1e-3 only, as its optimiser stops early. So three things are
compared: our estimates with the exact ones, or the best that R gives, at the tolerance that those are worth;
all that follows from an estimate, at metafor's own estimate, in closed form; and the tests of homogeneity.
"""

from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln

from analysis.meta import MetaError, Separation, interval, shown
from analysis.meta.distributions import chi2_upper_p
from analysis.meta.glmm import Glmm, glmm_odds_ratios, glmm_proportions, glmm_rate_ratios, glmm_rates
from analysis.meta.glmm.results import Estimates, checked_choices, report
from validation.reference.compare import CLOSED, ITERATIVE, Checker
from validation.reference.loader import Case, Library

# metafor stops where the likelihood changes by less than 1e-8 or so, which leaves this much in its estimates,
# and this much, absolutely, in a tau2 near 0.
DEFAULT_CONTROL, DEFAULT_NEAR_ZERO = 5e-3, 1e-4
# On the scale of log tau2 it may stop earlier on its way to 0.
LOG_SCALE_NEAR_ZERO = 1e-3
# Even tightened, lme4 stops up to this far from the exact maximum where that is known.
TIGHT_CONTROL = 1e-5
# The best there is: lme4 for UM.RS and rates; metafor's optimiser over R's integrate() for CM.EL.
BEST_KNOWN = 1e-5
# Standard errors from a finite-difference Hessian: lme4's, and optim's in CM.EL.
DIFFERENCED = 5e-4
# glm() takes the weights of the last step but one into its standard errors.
LAST_WEIGHTS = 1e-4
# glmer()'s likelihood, and Wald statistics from its finite-difference Hessian of as many effects as studies.
GLMER_LRT, GLMER_WALD = 1e-4, 3e-2
# The same with an empty cell: where its infinite effect stops, with a huge variance, moves R's sum this much.
GLMER_WALD_EMPTY = 0.2
# Studies with an infinite effect weigh nothing here; glm() gives them about -25 with a huge variance.
AT_INFINITY = 1e-5
EXACT_NODES = {"exact_agq7": 7, "exact_integral": 61}
PREDICTIONS: dict[str, Any] = {"riley": "HTS", "t_km1": "V"}
ROUNDING = 1e-9


def check(case: Case, library: Library, checker: Checker) -> None:
    name = case["id"]
    columns = library.columns(case["view"])
    try:
        found = fit(case, columns)
    except Separation as error:
        # Where all counts are extreme R fails, or stops on its way to infinity; a named error is better.
        checker.equal(f"{name} {error.code}", diverged(case) or at_the_ends(case, columns), True)
        return
    except MetaError as error:
        checker.equal(f"{name} {error.code}", "error" in case, True)
        return
    if "error" in case:
        # R's optimiser gave up; the engine's answer holds by its own gradient.
        checker.equal(f"{name} answered", found.se > 0, True)
        return
    _check_maximum(case, found, columns, library, checker)
    _check_report(case, found, checker)
    _check_homogeneity(case, found, columns, checker)


def fit(case: Case, columns: dict[str, list[Any]], **more: Any) -> Glmm:
    given = case["options"]
    options: dict[str, Any] = {
        "method": case["method"],
        "test": given["test"],
        "level": given["level"] / 100,
        "nodes": given["nAGQ"],
        "add": given["add"],
        "to": given["to"],
        **more,
    }
    measure = case["measure"]
    if measure == "PLO":
        return glmm_proportions(columns["xi"], columns["ni"], **options)
    if measure == "IRLN":
        return glmm_rates(columns["x1i"], columns["t1i"], **options)
    options |= {"model": case["model"], "drop00": given["drop00"], "coding": given["coding"]}
    if measure == "IRR":
        return glmm_rate_ratios(*(columns[key] for key in ("x1i", "t1i", "x2i", "t2i")), **options)
    if case["model"] == "CM.EL" and "nodes" not in more:
        # nAGQ is not used here: metafor integrates to full accuracy.
        del options["nodes"]
    return glmm_odds_ratios(*(columns[key] for key in ("ai", "n1i", "ci", "n2i")), **options)


def diverged(case: Case) -> bool:
    """Whether R failed, or reports an estimate that no data support."""
    if "error" in case:
        return True
    se = case["out"]["metafor_default"]["se"]
    return se is None or se > 1e3


def at_the_ends(case: Case, columns: dict[str, list[Any]]) -> bool:
    """Whether every count is as low or high as it can be, and the likelihood rises with tau2 for ever."""
    if case["method"] == "EE" or case["model"] == "UM.RS" or case["measure"] not in ("PLO", "OR"):
        return False
    if case["measure"] == "PLO":
        return all(x in (0, n) for x, n in zip(columns["xi"], columns["ni"], strict=True))
    cells = [np.asarray(columns[key]) for key in ("ai", "n1i", "ci", "n2i")]
    a, n1, c, n2 = cells
    least, most = np.maximum(0, a + c - n2), np.minimum(n1, a + c)
    if case["model"] == "CM.AL":
        least, most = np.zeros_like(a), a + c
    return bool(np.all((a == least) | (a == most)))


def _check_maximum(
    case: Case, found: Glmm, columns: dict[str, list[Any]], library: Library, checker: Checker
) -> None:
    name, out = case["id"], case["out"]
    sources = _precise_numbers(case, library)
    for key, nodes in EXACT_NODES.items():
        if key in sources:
            exact = fit(case, columns, nodes=nodes)
            _check_estimates(f"{name} {key}", exact, sources[key], checker, ITERATIVE, ITERATIVE)
            checker.equal(f"{name} {key} boundary", exact.tau2 == 0, sources[key]["boundary"])
    if "lme4_tight" in sources:
        tight = TIGHT_CONTROL if "exact_agq7" in sources else BEST_KNOWN
        _check_estimates(f"{name} lme4", found, sources["lme4_tight"], checker, tight, DIFFERENCED)
    theirs = out["metafor_default"]
    if case["method"] == "EE":
        _check_estimates(name, found, theirs, checker, ITERATIVE, LAST_WEIGHTS)
    elif _exactly_conditional(case) and found.tau2 == 0:
        # metafor works on log tau2, stops on its way to minus infinity, and inverts a singular Hessian:
        # its standard error (6e-07 where the equal-effects model has 0.28) is no number to compare.
        checker.close(f"{name} estimate", found.estimate, theirs["estimate"], tolerance=DEFAULT_CONTROL)
        checker.close(f"{name} tau2", 0.0, theirs["tau2"], tolerance=0, at_zero=LOG_SCALE_NEAR_ZERO)
    elif _exactly_conditional(case):
        _check_estimates(name, found, theirs, checker, BEST_KNOWN, DIFFERENCED)
    else:
        _check_estimates(name, found, theirs, checker, DEFAULT_CONTROL, 10 * DEFAULT_CONTROL)


def _precise_numbers(case: Case, library: Library) -> Any:
    """The case's own, or those of the case that differs in the test only."""
    if case["method"] == "EE" or {*EXACT_NODES, "lme4_tight"} & set(case["out"]):
        return case["out"]
    twin = f"{case['id'].rsplit('/', 1)[0]}/z"
    return next((each.get("out", {}) for each in library.cases("b3") if each["id"] == twin), {})


def _exactly_conditional(case: Case) -> bool:
    return bool(case["model"] == "CM.EL" and case["measure"] == "OR")


def _check_estimates(
    name: str, found: Glmm, out: Any, checker: Checker, tolerance: float, of_se: float
) -> None:
    # An optimiser that stops early is that far off in standard errors, however near 0 the estimate is.
    share = tolerance * found.se if tolerance == DEFAULT_CONTROL else ROUNDING
    checker.close(f"{name} estimate", found.estimate, out["estimate"], tolerance=tolerance, at_zero=share)
    checker.close(f"{name} se", found.se, out["se"], tolerance=of_se)
    # R stops near the boundary, not on it.
    near = DEFAULT_NEAR_ZERO if tolerance == DEFAULT_CONTROL else ROUNDING
    checker.close(f"{name} tau2", found.tau2, out["tau2"], tolerance=tolerance, at_zero=near)
    if "sigma2" in out:
        checker.close(f"{name} sigma2", found.sigma2, out["sigma2"], tolerance=tolerance, at_zero=near)


def _check_report(case: Case, found: Glmm, checker: Checker) -> None:
    """What follows from an estimate, at the numbers that R has."""
    name, theirs = case["id"], case["out"]["metafor_default"]
    level = found.level
    again = at_numbers_of(found, theirs, case)
    checker.equal(f"{name} k", again.k, theirs["k"])
    for key, ours in (
        ("stat", again.statistic),
        ("ci_lb", again.ci.low),
        ("ci_ub", again.ci.high),
        ("I2", again.i2),
        ("H2", again.h2),
    ):
        # R leaves out the heterogeneity of one study, here it is 0.
        if again.k == 1 and key in ("I2", "H2") and theirs[key] is None:
            checker.equal(f"{name} {key}", ours, 0.0 if key == "I2" else 1.0)
            continue
        checker.close(f"{name} {key}", ours, theirs[key], tolerance=CLOSED)
    checker.close(f"{name} pval", again.p_value, theirs["pval"], tolerance=100 * CLOSED)
    spread = (again.se**2 + again.tau2) ** 0.5
    for key, limits in theirs.get("pi", {}).items():
        if key == "riley" and case["model"].startswith("UM"):
            # R takes off one degree of freedom for every parameter, study levels included.
            df = max(1, again.k - 4) if case["model"] == "UM.RS" else 1
            low, high = (edge := interval(again.estimate, spread, level=level, df=df)).low, edge.high
        else:
            method = PREDICTIONS.get(key, "S" if case["options"]["test"] == "z" else "V")
            predicted = at_numbers_of(found, theirs, case, prediction=method).prediction
            assert predicted is not None
            checker.equal(f"{name} pi {key} df", predicted.df, limits["df"])
            low, high = predicted.low, predicted.high
        checker.close(f"{name} pi {key} lb", low, limits["lb"], tolerance=CLOSED)
        checker.close(f"{name} pi {key} ub", high, limits["ub"], tolerance=CLOSED)
    _check_back(case, again, checker)


def at_numbers_of(found: Glmm, theirs: Any, case: Case, **more: Any) -> Glmm:
    """Our report, had the maximisation given these numbers."""
    choices = checked_choices(
        found.measure,
        found.model,
        method=found.method,
        nodes=7,
        test=case["options"]["test"],
        level=found.level,
        prediction=more.get("prediction"),
    )
    numbers = Estimates(
        estimate=theirs["estimate"],
        se=theirs["se"],
        tau=theirs["tau2"] ** 0.5,
        se_tau=None,
        sigma=None,
        log_likelihood=0.0,
        q_wald=found.q_wald.statistic,
        q_lrt=found.q_lrt.statistic,
        k=found.k,
        k_informative=found.k_informative,
        steps=0,
    )
    return report(numbers, choices, found.typical_variance)


def _check_back(case: Case, again: Glmm, checker: Checker) -> None:
    out, name = case["out"], case["id"]
    scale: Any = "logistic" if out["back"]["how"] == "ilogit" else "exp"
    for key, value in (("estimate", again.estimate), ("ci_lb", again.ci.low), ("ci_ub", again.ci.high)):
        ours = shown(value, scale=scale).value
        checker.close(f"{name} back {key}", ours, out["back"][key], tolerance=CLOSED)


def _check_homogeneity(case: Case, found: Glmm, columns: dict[str, list[Any]], checker: Checker) -> None:
    name, theirs = case["id"], case["out"]["metafor_default"]
    if found.k == 1 and theirs["Q_df"] is None:
        checker.equal(f"{name} Q", (found.q_wald.statistic, found.q_lrt.statistic), (0.0, 0.0))
        return
    checker.equal(f"{name} Q_df", found.q_wald.df, theirs["Q_df"])
    random_levels = case["model"] == "UM.RS"
    lrt = GLMER_LRT if random_levels else ITERATIVE
    checker.close(f"{name} Q_LRT", found.q_lrt.statistic, theirs["Q_LRT"], tolerance=lrt)
    checker.close(f"{name} Q_LRT_p", found.q_lrt.p_value, theirs["Q_LRT_p"], tolerance=100 * lrt)
    if _exactly_conditional(case):
        # R inverts a finite-difference Hessian of as many effects as studies, and is off by up to 65 %.
        # Compared instead with sums over all tables, from the definition.
        q = conditional_wald(columns)
        checker.close(f"{name} Q_Wald", found.q_wald.statistic, q, tolerance=CLOSED)
        return
    wald = AT_INFINITY
    if random_levels:
        wald = GLMER_WALD_EMPTY if _has_empty(columns) else GLMER_WALD
    checker.close(
        f"{name} Q_Wald", found.q_wald.statistic, theirs["Q_Wald"], tolerance=wald, at_zero=AT_INFINITY
    )
    if random_levels:
        # Its p-value is R's, if it is that of R's statistic.
        p_value = chi2_upper_p(theirs["Q_Wald"], theirs["Q_df"])
        checker.close(f"{name} Q_Wald_p", p_value, theirs["Q_Wald_p"], tolerance=CLOSED)
        return
    checker.close(
        f"{name} Q_Wald_p", found.q_wald.p_value, theirs["Q_Wald_p"], tolerance=100 * wald, at_zero=1e-6
    )


def _has_empty(columns: dict[str, list[Any]]) -> bool:
    """Whether a study has no events in an arm, or nothing but events."""
    if "x1i" in columns:
        return bool(np.any(np.array([columns["x1i"], columns["x2i"]]) == 0))
    a, n1, c, n2 = (np.asarray(columns[key]) for key in ("ai", "n1i", "ci", "n2i"))
    return bool(np.any((a == 0) | (a == n1) | (c == 0) | (c == n2)))


def conditional_wald(columns: dict[str, list[Any]]) -> float:
    """Wald statistic of the conditional estimates of each table, weighted by their information.

    Tables whose estimate is infinite have no information.
    """
    effects, weights = [], []
    for a, n1, c, n2 in zip(*(columns[key] for key in ("ai", "n1i", "ci", "n2i")), strict=True):
        cells = np.arange(max(0, a + c - n2), min(n1, a + c) + 1)
        if a in (cells[0], cells[-1]):
            continue
        rest = a + c - cells
        logs = -(gammaln(cells + 1) + gammaln(n1 - cells + 1) + gammaln(rest + 1) + gammaln(n2 - rest + 1))

        def moments(eta: float, cells: Any = cells, logs: Any = logs) -> tuple[float, float]:
            terms = np.exp(logs + eta * cells - np.max(logs + eta * cells))
            mean = float(np.average(cells, weights=terms))
            return mean, float(np.average((cells - mean) ** 2, weights=terms))

        found = brentq(lambda eta, a=a, moments=moments: moments(eta)[0] - a, -50, 50, xtol=1e-14)
        effects.append(found)
        weights.append(moments(found)[1])
    mean = np.average(effects, weights=weights)
    return float(np.sum(np.array(weights) * (np.array(effects) - mean) ** 2))
