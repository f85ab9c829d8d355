"""The maximum of many likelihoods, and the root of many generalised Q statistics."""

import numpy as np

from analysis.meta.batched.problems import Problems
from analysis.meta.batched.scan import down_crossings
from analysis.meta.batched.terms import Terms, terms
from analysis.meta.checks import Vector
from analysis.meta.errors import NonConvergence

# Newton's error after a step is about that step's square: a step of 1e-9 leaves 1e-18.
LAST_STEP = 1e-9
MOST_STEPS = 100


def likelihood_maxima(problems: Problems, *, likelihood: str) -> Vector:
    """The tau2 >= 0 with the highest likelihood of each problem, shape (B,).

    Parameters
    ----------
    problems : Problems
        Each with more studies than columns, and of full rank.
    likelihood : {"ML", "REML"}

    Raises
    ------
    NonConvergence
    """
    problem, left, right, guess = down_crossings(problems, likelihood=likelihood)
    tau2 = np.zeros(problem.size)
    inside = np.flatnonzero(right > 0)
    if inside.size:
        tau2[inside] = _newton(
            problems.take(problem[inside]), left[inside], right[inside], guess[inside], likelihood=likelihood
        )
    found = np.zeros(problems.count)
    found[problem] = tau2
    several = np.flatnonzero(np.bincount(problem, minlength=problems.count) > 1)
    if several.size:
        at = np.flatnonzero(np.isin(problem, several))
        heights = log_likelihoods(problems.take(problem[at]), tau2[at], likelihood=likelihood)
        # Sorted by height, the last one written for each problem is the highest.
        order = np.argsort(heights, kind="stable")
        found[problem[at][order]] = tau2[at][order]
    return found


def log_likelihoods(problems: Problems, tau2: Vector, *, likelihood: str) -> Vector:
    """The part of the log-likelihood that depends on tau2, shape (B,)."""
    fit = terms(problems, tau2)
    logs = np.log(problems.v + tau2)
    determinant = logs.sum(axis=0) if problems.mask is None else (logs * problems.mask).sum(axis=0)
    value = determinant + fit.rss()
    return np.asarray(-0.5 * (value if likelihood == "ML" else value + fit.log_det()))


def _newton(problems: Problems, left: Vector, right: Vector, guess: Vector, *, likelihood: str) -> Vector:
    """Newton's method on the score, held inside its bracket; what has converged leaves."""
    tau2 = np.clip(guess, left, right)
    found = np.empty(tau2.size)
    scale = 1e-6 * problems.smallest()
    active = np.arange(tau2.size)
    for _ in range(MOST_STEPS):
        fit = terms(problems, tau2)
        value, slope = _score(fit, likelihood=likelihood)
        left, right = np.where(value > 0, tau2, left), np.where(value > 0, right, tau2)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = value / -slope
        ahead = tau2 + step
        good = (slope < 0) & (ahead >= left) & (ahead <= right)
        following = np.where(good, ahead, 0.5 * (left + right))
        close = LAST_STEP * (np.abs(following) + scale)
        done = np.abs(following - tau2) <= close
        found[active[done]] = following[done]
        keep = np.flatnonzero(~done)
        if keep.size == 0:
            return found
        active, tau2, left, right, scale = active[keep], following[keep], left[keep], right[keep], scale[keep]
        problems = problems.take(keep)
    raise NonConvergence(
        f"{likelihood}: no maximum found in {MOST_STEPS} steps; check effects and variances."
    )


def _score(fit: Terms, *, likelihood: str) -> tuple[Vector, Vector]:
    """Twice the slope of the log-likelihood in tau2, and twice its curvature."""
    if likelihood == "ML":
        return fit.ypp() - fit.w.sum(axis=0), (fit.w * fit.w).sum(axis=0) - 2 * fit.yppp()
    return fit.ypp() - fit.trace_p(), fit.trace_pp() - 2 * fit.yppp()


def q_roots(problems: Problems, target: Vector) -> Vector:
    """The tau2 at which each generalised Q, which only falls, comes down to its target; 0 if it starts below.

    Parameters
    ----------
    problems : Problems
    target : ndarray of shape (B,), above 0

    Raises
    ------
    NonConvergence

    Notes
    -----
    Q is a sum of c / (d + tau2) with c >= 0 and d > 0 (the eigenvalues of the residuals' covariance), so
    1 / Q is concave and rising: Newton's method on 1 / Q from 0 on approaches the root from below and never
    passes it.
    """
    tau2 = np.zeros(problems.count)
    found = np.zeros(problems.count)
    active = np.arange(problems.count)
    scale = 1e-6 * problems.smallest()
    for _ in range(MOST_STEPS):
        fit = terms(problems, tau2)
        q = fit.rss()
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = q * (q / target - 1) / fit.ypp()
        step = np.where(q > target, step, 0.0)
        if not np.all(np.isfinite(step)):
            break
        following = tau2 + step
        done = step <= LAST_STEP * (following + scale)
        found[active[done]] = following[done]
        keep = np.flatnonzero(~done)
        if keep.size == 0:
            return found
        active, tau2, target, scale = active[keep], following[keep], target[keep], scale[keep]
        problems = problems.take(keep)
    raise NonConvergence("The generalised Q statistic does not come down to its target; check the variances.")
