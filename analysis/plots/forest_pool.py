"""Forest plots of bare effects and pools: generic inverse variance, where nothing is known of the arms."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta import Pool, PoolMany, interval
from analysis.plots.forest_data import (
    Effect,
    EffectTest,
    ForestData,
    Heterogeneity,
    PooledRow,
    Prediction,
    StudyRow,
)
from analysis.plots.numbers import number


def forest_of_pool(
    pool: Pool,
    labels: Sequence[str],
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    title: str,
    measure: str = "Effect",
    log_scale: bool = False,
    null_line: float | None = None,
    favours: tuple[str, str] | None = None,
    axis_label: str = "",
) -> ForestData:
    """Lay out effects of which only estimate and standard error are known (generic inverse variance).

    Parameters
    ----------
    pool : Pool
        Of these effects.
    labels : sequence of str, length k
    yi, vi : array_like of shape (k,)
        Effects and variances on the scale of the analysis.
    title : str
    measure : str
        Name of the effect, e.g. "Hazard ratio".
    log_scale : bool
        Whether `yi` are logarithms; ratios are then shown.
    null_line : float, optional
        As displayed; by default 1 or 0.
    favours : (str, str), optional
    axis_label : str

    Returns
    -------
    ForestData

    Raises
    ------
    ValueError
        If labels, effects and weights are not of one length.

    Examples
    --------
    >>> from analysis.meta import pool
    >>> yi, vi = [-0.9, -1.6, -0.4], [0.3, 0.2, 0.1]
    >>> data = forest_of_pool(pool(yi, vi), ["A", "B", "C"], yi, vi, title="Death", log_scale=True)
    >>> round(data.rows[0].effect.estimate, 2), data.method
    (0.41, 'IV, random')
    """
    effects, errors = np.asarray(yi, dtype=np.float64), np.sqrt(np.asarray(vi, dtype=np.float64))
    if not len(labels) == effects.size == errors.size == pool.weights.size:
        raise ValueError(f"{len(labels)} labels for {effects.size} effects and {pool.weights.size} weights")

    def shown(value: float) -> float:
        return _exp(value) if log_scale else value

    rows: list[StudyRow] = []
    for label, y, se, weight in zip(
        labels, effects.tolist(), errors.tolist(), pool.weights.tolist(), strict=True
    ):
        ci = interval(y, se, level=pool.level, df=None)
        effect = Effect(shown(y), shown(ci.low), shown(ci.high))
        rows.append(StudyRow(label, effect=effect, weight_percent=weight, log_effect=(y, se)))
    level, q = f"{100 * pool.level:g}%", pool.heterogeneity
    is_common = pool.tau2.method == "EE"
    total = PooledRow(
        f"Total ({level} CI)",
        Effect(shown(pool.estimate), shown(pool.ci.low), shown(pool.ci.high)),
        heterogeneity=Heterogeneity(q.q, q.q_df, q.q_p, q.i2, None if is_common else pool.tau2.value),
        test=EffectTest(pool.statistic, pool.p_value, pool.df),
    )
    new = pool.prediction
    return ForestData(
        title=title,
        measure_label=f"{measure} [{level} CI]",
        rows=tuple(rows),
        total=total,
        prediction=None if new is None else Prediction(shown(new.low), shown(new.high)),
        log_scale=log_scale,
        null_line=(1.0 if log_scale else 0.0) if null_line is None else null_line,
        favours=favours,
        axis_label=axis_label,
        method="IV, common" if is_common else "IV, random",
    )


def forest_of_pools(
    pools: PoolMany,
    labels: Sequence[str],
    *,
    title: str,
    total: Pool | None = None,
    study_header: str = "Study left out",
    measure: str = "Effect",
    log_scale: bool = False,
    null_line: float | None = None,
    favours: tuple[str, str] | None = None,
    axis_label: str = "",
) -> ForestData:
    """Lay out many pools, one a row: those of `leave_one_out`, of `cumulative`, or of any choices.

    Parameters
    ----------
    pools : PoolMany
        B pools.
    labels : sequence of str, length B
        What was left out, added or chosen.
    title : str
    total : Pool, optional
        The diamond under the rows.
    study_header : str
        What the labels name.
    measure, log_scale, null_line, favours, axis_label
        As for `forest_of_pool`.

    Returns
    -------
    ForestData
        A pool without studies is shown as not estimable.

    Raises
    ------
    ValueError
        If there is not one label a pool.

    Examples
    --------
    >>> from analysis.meta import leave_one_out
    >>> found = leave_one_out([0.0, 1.0, 3.0], [0.5, 0.5, 0.5])
    >>> [row.effect.estimate for row in forest_of_pools(found, ["A", "B", "C"], title="Score").rows]
    [2.0, 1.5, 0.5]
    """
    if len(labels) != pools.estimate.size:
        raise ValueError(f"{len(labels)} labels for {pools.estimate.size} pools; give one for each")

    def shown(value: float) -> float:
        return _exp(value) if log_scale else value

    numbers = zip(*(values.tolist() for values in (pools.estimate, pools.ci_low, pools.ci_high)), strict=True)
    facts = zip(*(values.tolist() for values in (pools.k, pools.tau2, pools.i2)), strict=True)
    rows = []
    for label, triple, (k, tau2, i2) in zip(labels, numbers, facts, strict=True):
        effect = Effect(*(shown(value) for value in triple)) if k else None
        rows.append(StudyRow(label, _columns(k, tau2, i2), effect))
    level, diamond = f"{100 * pools.level:g}%", None
    if total is not None:
        columns = _columns(total.k, total.tau2.value, total.heterogeneity.i2)
        ends = (total.estimate, total.ci.low, total.ci.high)
        diamond = PooledRow(f"Total ({level} CI)", Effect(*(shown(value) for value in ends)), columns)
    return ForestData(
        title=title,
        measure_label=f"{measure} [{level} CI]",
        rows=tuple(rows),
        column_headers=("k", "tau²", "I²"),
        total=diamond,
        log_scale=log_scale,
        null_line=(1.0 if log_scale else 0.0) if null_line is None else null_line,
        favours=favours,
        axis_label=axis_label,
        study_header=study_header,
    )


def _columns(k: float, tau2: float, i2: float) -> tuple[str, str, str]:
    if not k:
        return "0", "", ""
    return f"{k:.0f}", number(tau2, 3), "" if k == 1 else f"{number(i2, 0)}%"


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf
