"""Meta-regression: effects on moderators, with a between-study variance for what they leave unexplained."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, stdtr

from analysis.meta.checks import Vector, checked_effects, checked_level, checked_option
from analysis.meta.design import INTERCEPT, Design
from analysis.meta.distributions import critical
from analysis.meta.errors import NotFinite, RankDeficient, ShapeMismatch, TooFewStudies
from analysis.meta.heterogeneity import heterogeneity
from analysis.meta.intervals import CI_METHODS, CiMethod, dispersion
from analysis.meta.linear import fit, intercept, log_likelihood
from analysis.meta.regression.result import Regression, joint_test
from analysis.meta.scale import refuse_extremes
from analysis.meta.tau2.estimate import Tau2, estimate_tau2, tau2_of_mean
from analysis.meta.tau2_methods import TAU2_METHODS, Tau2Method

# A column of which less than this share is new, in length, says what those before it say.
_NOTHING_NEW = 1e-9
# Relative size of residuals, and of coefficients beside them, below which only rounding is left.
_ROUNDING = 1e-12


def regress(
    yi: ArrayLike,
    vi: ArrayLike,
    design: Design | ArrayLike,
    *,
    names: Sequence[str] | None = None,
    tau2_method: Tau2Method = "REML",
    ci_method: CiMethod = "wald",
    level: float = 0.95,
) -> Regression:
    """Regress effects on moderators.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
        Effects on the analysis scale and their sampling variances.
    design : Design or array_like of shape (k, p)
        As `design_matrix` gives it, or the columns themselves, a column of ones for an intercept among them.
    names : sequence of str, length p, optional
        Of the columns of a matrix.
    tau2_method : {"EE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"}
        Under "EE" the moderators explain all heterogeneity.
    ci_method : {"wald", "t", "hk", "hk_adhoc"}
        Wald with z or t(k - p), Knapp-Hartung with t(k - p), and that with a factor of at least 1.
    level : float

    Returns
    -------
    Regression

    Raises
    ------
    TooFewStudies
        Not more studies than coefficients; under "EE", fewer.
    RankDeficient
        A column that repeats what the ones before it say; the message names it.
    ShapeMismatch, UnknownOption, NotFinite, NotPositive, IllScaled, NonConvergence

    Notes
    -----
    Fitted in orthonormal columns, so that years or 1/n as moderators cost no precision. I2 takes the typical
    within-study variance (k - p) / tr(P). Coefficients describe differences between studies, not within.
    Where every effect lies on the line, Knapp-Hartung standard errors are exactly 0: a coefficient of 0 then
    has NaN for a test, any other an infinite statistic.

    References
    ----------
    Berkey, Hoaglin, Mosteller and Colditz (1995), doi:10.1002/sim.4780140406.
    Knapp and Hartung (2003), doi:10.1002/sim.1482.
    Raudenbush (2009), in The Handbook of Research Synthesis and Meta-Analysis, chapter 16 (R2).

    Examples
    --------
    >>> from analysis.meta.design import design_matrix
    >>> latitude = design_matrix({"latitude": [44, 55, 42, 13]})
    >>> found = regress([-0.9, -1.6, -1.3, 0.0], [0.3, 0.2, 0.4, 0.1], latitude)
    >>> found.names
    ('(Intercept)', 'latitude')
    >>> found.coefficients.round(3)
    array([ 0.487, -0.037])
    """
    effects, variances = checked_effects(yi, vi)
    checked_option("tau2_method", tau2_method, TAU2_METHODS)
    checked_option("ci_method", ci_method, CI_METHODS)
    checked_level(level)
    matrix, labels = named_columns(design, names, effects.size)
    refuse_extremes(effects, variances, p=len(labels))
    _refuse_too_few(effects.size, len(labels), tau2_method)
    basis, back = full_rank(matrix, labels)
    between = estimate_tau2(effects, variances, method=tau2_method, design=basis)
    return _report(effects, variances, matrix, labels, basis, back, between, ci_method=ci_method, level=level)


def named_columns(
    design: Design | ArrayLike, names: Sequence[str] | None, k: int
) -> tuple[Vector, tuple[str, ...]]:
    """The matrix of a design and the names of its columns.

    Raises
    ------
    ShapeMismatch, NotFinite
    """
    if isinstance(design, Design):
        matrix, given = design.matrix, design.names
    else:
        matrix = np.asarray(design, dtype=np.float64)
        given = tuple(names) if names is not None else ()
    if matrix.ndim != 2 or matrix.shape[0] != k or matrix.shape[1] < 1:
        raise ShapeMismatch(f"design has shape {matrix.shape}; pass one row for each of {k} studies.")
    if not np.all(np.isfinite(matrix)):
        row, column = (int(place[0]) for place in np.nonzero(~np.isfinite(matrix)))
        raise NotFinite(f"design[{row}, {column}] is {matrix[row, column]}; leave that study out.")
    labels = given or tuple(
        INTERCEPT if np.all(matrix[:, column] == 1) else f"x{column}" for column in range(matrix.shape[1])
    )
    if len(labels) != matrix.shape[1]:
        raise ShapeMismatch(f"{len(labels)} names for {matrix.shape[1]} columns; give one for each.")
    return matrix, labels


def full_rank(matrix: Vector, names: Sequence[str]) -> tuple[Vector, Vector]:
    """Q and R of the design, Q with orthonormal columns.

    Raises
    ------
    RankDeficient
        Naming the columns that repeat what those before them say.
    """
    scale = np.linalg.norm(matrix, axis=0)
    q, r = np.linalg.qr(matrix / np.where(scale > 0, scale, 1.0))
    new = np.abs(np.diag(r))
    bad = [names[column] for column in range(len(names)) if column >= new.size or new[column] < _NOTHING_NEW]
    if bad:
        raise RankDeficient(f"{', '.join(bad)} repeats what the columns before say; leave it out.")
    return q, r * scale


def _refuse_too_few(k: int, p: int, method: Tau2Method) -> None:
    if k < p or (k == p and method != "EE"):
        raise TooFewStudies(
            f"{k} studies cannot bear {p} coefficients{'' if method == 'EE' else ' and tau2'}; "
            "use fewer moderators."
        )


def _report(
    yi: Vector,
    vi: Vector,
    matrix: Vector,
    names: tuple[str, ...],
    basis: Vector,
    back: Vector,
    between: Tau2,
    *,
    ci_method: CiMethod,
    level: float,
) -> Regression:
    k, p = matrix.shape
    total = vi + between.value
    model = fit(yi, 1 / total, basis)
    used: CiMethod = "wald" if k == p else ci_method
    df = None if used == "wald" else k - p
    inverse = np.linalg.inv(back)
    wald = inverse @ model.cov @ inverse.T
    beta, rss = _without_rounding(inverse @ model.beta, model.rss, wald, _ROUNDING**2 * np.sum(yi**2 / total))
    factor = dispersion(rss, max(k - p, 1), method=used)
    random = between.method != "EE"
    spread = heterogeneity(yi, vi, tau2=between.value if random else None, design=basis)
    whole = tau2_of_mean(yi, vi, between.method).value if random else None
    fitted = basis @ model.beta
    own = np.einsum("ki,ij,kj->k", basis, model.cov, basis)
    table = _table(beta, wald * factor, df=df, level=level)
    return Regression(
        k=k,
        p=p,
        names=names,
        **table,
        covariance=wald * factor,
        df=df,
        ci_method=used,
        level=level,
        tau2=between,
        tau2_total=whole,
        i2=spread.i2,
        h2=spread.h2,
        r2=explained(yi, vi, spread.q, p, between.value, whole)
        if np.any(np.all(matrix == 1, axis=0))
        else None,
        moderator_test=joint_test(beta, wald * factor, tested_columns(matrix), df),
        residual_q=spread.q,
        residual_df=spread.q_df,
        residual_p=spread.q_p,
        fitted=fitted,
        fitted_se=np.sqrt(own * factor),
        residuals=yi - fitted,
        standardised=_standardised(yi - fitted, total - own, total),
        hat=own / total,
        weights=100 / (total * float(np.sum(1 / total))),
        log_likelihood=log_likelihood(model, total, basis, restricted=between.method == "REML"),
        covariance_wald=wald,
        factor_hk=factor if used == "hk_adhoc" or k == p else dispersion(rss, k - p, method="hk"),
    )


def _without_rounding(beta: Vector, rss: float, wald: Vector, rounding: float) -> tuple[Vector, float]:
    """Coefficients and residual sum of squares, where a fit is exact without the rounding left of them."""
    if rss > rounding:
        return beta, rss
    return np.where(beta**2 <= rounding * np.diag(wald), 0.0, beta), 0.0


def tested_columns(matrix: Vector) -> list[int]:
    """Positions of all columns but the intercept; that of the intercept where there is nothing else."""
    columns = [column for column in range(matrix.shape[1]) if not np.all(matrix[:, column] == 1)]
    return columns or [0]


class _Table(TypedDict):
    coefficients: Vector
    se: Vector
    statistic: Vector
    p_value: Vector
    ci_low: Vector
    ci_high: Vector


def _table(beta: Vector, covariance: Vector, *, df: int | None, level: float) -> _Table:
    """Each coefficient with its test and interval."""
    se = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = beta / se
    lower = -np.abs(statistic)
    margin = critical(level=level, df=df) * se
    return {
        "coefficients": beta,
        "se": se,
        "statistic": statistic,
        "p_value": np.asarray(2 * (ndtr(lower) if df is None else stdtr(df, lower))),
        "ci_low": beta - margin,
        "ci_high": beta + margin,
    }


def _standardised(residuals: Vector, variances: Vector, total: Vector) -> Vector:
    """Residuals over their standard errors; NaN where a study alone determines a coefficient: 0 over 0."""
    free = variances > 1e-10 * total
    return np.asarray(np.where(free, residuals / np.sqrt(np.where(free, variances, 1.0)), np.nan))


def explained(yi: Vector, vi: Vector, q: float, p: int, tau2: float, whole: float | None) -> float | None:
    """R2 in percent: of tau2, or, where `whole` is None, of the weighted sum of squares, adjusted for p.

    None where nothing is left to adjust by.
    """
    if whole is not None:
        return 100 * max(0.0, (whole - tau2) / whole) if whole > 0 else 0.0
    k = yi.size
    around_mean = fit(yi, 1 / vi, intercept(k)).rss
    if k <= p:
        return None
    if around_mean <= 0:
        return 0.0
    return 100 * max(0.0, 1 - q / (k - p) / (around_mean / (k - 1)))
