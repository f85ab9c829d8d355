"""Pools that are made from the counts themselves and not from effects, in the shape of any other pool."""

import numpy as np

from analysis.meta.arms import Sample
from analysis.meta.checks import Vector
from analysis.meta.distributions import chi2_upper_p
from analysis.meta.errors import NoInformation
from analysis.meta.glmm import Glmm, GlmmMethod, glmm_odds_ratios, glmm_proportions
from analysis.meta.heterogeneity import Heterogeneity
from analysis.meta.mantel_haenszel import FixedPool, mantel_haenszel
from analysis.meta.peto import peto
from analysis.meta.pooling import Pool
from analysis.meta.results import Settings
from analysis.meta.tau2 import Tau2

Rows = list[int]


def pool_counts(sample: Sample, rows: Rows, settings: Settings) -> Pool:
    """Pool by Mantel-Haenszel, Peto or a generalised linear mixed model, as the settings say.

    Parameters
    ----------
    sample : Sample
    rows : list of int
        Usable studies, at least two.
    settings : Settings
        With a `pooling` other than "inverse".

    Returns
    -------
    Pool
        With a Wald interval. A GLMM gives no study a weight: its `weights` are empty.

    Raises
    ------
    NoInformation
        The counts of all studies together determine no estimate.
    NonConvergence, Separation
    """
    if settings.pooling == "glmm":
        return _of_glmm(_glmm(sample, rows, settings), settings)
    cells = {name: column[rows] for name, column in sample.columns.items()}
    given = {"add": settings.add, "to": settings.to, "drop00": settings.drop00, "level": settings.level}
    if settings.pooling == "peto":
        found = peto(**cells, **given)  # type: ignore[arg-type]  # columns and options by their names
    else:
        found = mantel_haenszel(**cells, measure=settings.measure, **given)  # type: ignore[arg-type]  # as above
    if not np.isfinite(found.estimate):
        raise NoInformation(
            "All studies together have no events, or nothing but events, in one arm, so that no ratio can be "
            "estimated; pool the risk difference, or by inverse variance with a correction of empty cells."
        )
    if not found.se > 0:
        raise NoInformation(
            "All studies together have no events, or nothing but events, so that the estimate has no "
            "standard error; pool by inverse variance with a correction of empty cells."
        )
    return _of_fixed(found, len(rows), settings)


def _glmm(sample: Sample, rows: Rows, settings: Settings) -> Glmm:
    cells = {name: column[rows] for name, column in sample.columns.items()}
    method: GlmmMethod = "EE" if settings.model == "common" else "ML"
    if settings.measure == "PLO":
        return glmm_proportions(cells["xi"], cells["ni"], method=method, level=settings.level)
    return glmm_odds_ratios(
        cells["ai"],
        cells["n1i"],
        cells["ci"],
        cells["n2i"],
        method=method,
        drop00=settings.drop00,
        level=settings.level,
    )


def _of_fixed(found: FixedPool, k: int, settings: Settings) -> Pool:
    weights: Vector = np.zeros(k)
    weights[found.used] = found.weights
    return Pool(
        k=k,
        estimate=found.estimate,
        se=found.se,
        se_wald=found.se,
        se_hk=found.se,
        statistic=found.statistic,
        df=None,
        p_value=found.p_value,
        ci=found.ci,
        ci_method="wald",
        level=settings.level,
        tau2=Tau2("EE", 0.0, None),
        heterogeneity=Heterogeneity(
            q=found.q,
            q_df=found.q_df,
            q_p=found.q_p,
            i2=found.i2,
            h2=found.h2,
            i2_q=found.i2,
            h2_q=found.h2,
        ),
        weights=weights,
        prediction=None,
        log_likelihood=float("nan"),
    )


def _of_glmm(found: Glmm, settings: Settings) -> Pool:
    q, df = found.q_wald.statistic, found.q_wald.df
    i2_q = 100 * max(0.0, (q - df) / q) if q > 0 else 0.0
    h2_q = q / df if df > 0 else 1.0
    random = settings.model == "random"
    return Pool(
        k=found.k,
        estimate=found.estimate,
        se=found.se,
        se_wald=found.se,
        se_hk=found.se,
        statistic=found.statistic,
        df=None,
        p_value=found.p_value,
        ci=found.ci,
        ci_method="wald",
        level=settings.level,
        tau2=Tau2("ML" if random else "EE", found.tau2, found.se_tau2),
        heterogeneity=Heterogeneity(
            q=q,
            q_df=df,
            q_p=chi2_upper_p(q, df),
            i2=found.i2 if random else i2_q,
            h2=found.h2 if random else h2_q,
            i2_q=i2_q,
            h2_q=h2_q,
        ),
        weights=np.empty(0),
        prediction=None,
        log_likelihood=found.log_likelihood,
    )
