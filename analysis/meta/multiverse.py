"""Every defensible way to pool the same data, in one call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.batched import PoolMany, pool_many
from analysis.meta.checks import Flags, Vector, checked_level, checked_option
from analysis.meta.effects import Addition, Effects, ZeroCellRule, effect_sizes
from analysis.meta.errors import ImpossibleData, ShapeMismatch, TooFewStudies, UnknownOption
from analysis.meta.intervals import CI_METHODS, CiMethod
from analysis.meta.measures import COLUMNS, EFFECT_MEASURES, EffectMeasure
from analysis.meta.tau2 import TAU2_METHODS, Tau2Method


@dataclass(frozen=True, slots=True)
class ZeroCells:
    """One policy for empty cells: how much is added, to which studies, and whether empty trials drop out."""

    add: Addition | None = None
    to: ZeroCellRule | None = None
    drop00: bool = False


@dataclass(frozen=True, slots=True)
class Specification:
    """One way to pool: a measure, what is done about empty cells, which studies, which estimators."""

    measure: EffectMeasure
    zero_cells: ZeroCells
    inclusion: str
    tau2_method: Tau2Method
    ci_method: CiMethod


@dataclass(frozen=True, slots=True, eq=False)
class Multiverse:
    """Results of S specifications on their measures' analysis scales; every array has the shape (S,).

    Attributes
    ----------
    specifications : tuple of Specification
        In the order measures, policies, filters, estimators, intervals, the last moving fastest.
    k : ndarray
        Studies pooled. Where there are none, all numbers are NaN.
    estimate, se, ci_low, ci_high, p_value, tau2, i2 : ndarray
    level : float
    """

    specifications: tuple[Specification, ...]
    k: Vector
    estimate: Vector
    se: Vector
    ci_low: Vector
    ci_high: Vector
    p_value: Vector
    tau2: Vector
    i2: Vector
    level: float

    def of_measure(self, measure: EffectMeasure) -> Flags:
        """Which specifications use this measure; only such are on one scale."""
        return np.array([each.measure == measure for each in self.specifications], dtype=np.bool_)

    def share_excluding(self, value: float = 0.0) -> float:
        """Share of the specifications with an estimate whose interval excludes `value`; NaN without any."""
        known = np.isfinite(self.estimate)
        outside = (self.ci_low[known] > value) | (self.ci_high[known] < value)
        return float(np.mean(outside)) if outside.size else float("nan")


def multiverse(
    columns: Mapping[str, ArrayLike],
    *,
    measures: Sequence[EffectMeasure],
    tau2_methods: Sequence[Tau2Method] = ("REML",),
    ci_methods: Sequence[CiMethod] = ("wald", "hk"),
    zero_cells: Sequence[ZeroCells] = (ZeroCells(),),
    inclusion: Mapping[str, ArrayLike] | None = None,
    level: float = 0.95,
) -> Multiverse:
    """Pool by every combination of measure, estimator, interval, zero-cell policy and inclusion filter.

    Parameters
    ----------
    columns : mapping of str to array_like of shape (k,)
        Arm data by the names that `effect_sizes` has for them, such as ai, n1i, ci and n2i.
    measures : sequence of str
        All of one kind of data.
    tau2_methods : sequence of {"EE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"}
    ci_methods : sequence of {"wald", "t", "hk", "hk_adhoc"}
    zero_cells : sequence of ZeroCells
        Used as they are for measures of counts; measures without cells are computed once a policy too, so
        that the table is complete.
    inclusion : mapping of str to array_like of bool, shape (k,), optional
        Filters by their names, such as "low risk of bias"; all studies where it is not given.
    level : float

    Returns
    -------
    Multiverse

    Raises
    ------
    UnknownOption, ShapeMismatch, ImpossibleData, TooFewStudies, and those of `effect_sizes` and `pool`

    Notes
    -----
    Combinations that differ only in the interval share one fit, and all sets of effects share one batch for
    each estimator: 1,000 specifications cost little more than one.

    References
    ----------
    Steegen, Tuerlinckx, Gelman and Vanpaemel (2016), doi:10.1177/1745691616658637.
    Voracek, Kossmeier and Tran (2019), doi:10.1027/2151-2604/a000357.

    Examples
    --------
    >>> trials = {"ai": [0, 3, 1], "n1i": [50, 60, 70], "ci": [2, 5, 0], "n2i": [50, 62, 70]}
    >>> found = multiverse(trials, measures=("OR", "RD"), ci_methods=("wald",))
    >>> found.estimate.round(3), found.share_excluding()
    (array([-0.457, -0.009]), 0.0)
    """
    for name, given, allowed in (
        ("measures", measures, tuple(EFFECT_MEASURES)),
        ("tau2_methods", tau2_methods, TAU2_METHODS),
        ("ci_methods", ci_methods, CI_METHODS),
    ):
        if not given:
            raise UnknownOption(f"{name} is empty; name at least one.")
        for each in given:
            checked_option(name, each, allowed)
    checked_level(level)
    for measure in measures:
        _checked_columns(columns, measure)
    effects = [_effects(columns, measure, policy) for measure in measures for policy in zero_cells]
    filters = _filters(inclusion, effects[0].k)
    yi, vi, masks = _stacked(effects, filters)
    by_estimator = [
        [
            pool_many(yi, vi, weights_mask=masks, tau2_method=method, ci_method=interval, level=level)
            for interval in ci_methods
        ]
        for method in tau2_methods
    ]
    specifications = tuple(
        Specification(measure, policy, name, method, interval)
        for measure in measures
        for policy in zero_cells
        for name in filters
        for method in tau2_methods
        for interval in ci_methods
    )
    return _gathered(specifications, by_estimator, level=level)


def _checked_columns(columns: Mapping[str, ArrayLike], measure: EffectMeasure) -> None:
    """Refuse columns that the measure does not read: they are mostly a slip in a name.

    Raises
    ------
    UnknownOption
    """
    known = COLUMNS[EFFECT_MEASURES[measure].kind]
    for name in columns:
        checked_option("column", name, known)


def _effects(columns: Mapping[str, ArrayLike], measure: EffectMeasure, policy: ZeroCells) -> Effects:
    options: dict[str, object] = {}
    if EFFECT_MEASURES[measure].zero_cells:
        options = {"add": policy.add, "to": policy.to}
        if EFFECT_MEASURES[measure].arms == 2:
            options["drop00"] = policy.drop00
    return effect_sizes(measure, **columns, **options)  # type: ignore[arg-type]  # columns by their names


def _filters(inclusion: Mapping[str, ArrayLike] | None, k: int) -> dict[str, Flags]:
    if k == 0:
        raise TooFewStudies("There are no studies; give at least one.")
    if not inclusion:
        return {"all": np.ones(k, dtype=np.bool_)}
    for name, flags in inclusion.items():
        given = np.asarray(flags)
        if given.shape != (k,):
            raise ShapeMismatch(
                f"The filter {name!r} has shape {given.shape}; pass one truth value a study, {k}."
            )
        # A missing value would count as true.
        bad = np.flatnonzero(~np.isin(given, (0, 1)))
        if bad.size:
            raise ImpossibleData(f"The filter {name!r} holds {given[bad[0]]!r}; pass true or false.")
    return {name: np.asarray(flags, dtype=np.bool_) for name, flags in inclusion.items()}


def _stacked(effects: Sequence[Effects], filters: Mapping[str, Flags]) -> tuple[Vector, Vector, Flags]:
    """One row for each set of effects and filter; a study that cannot be pooled is masked out."""
    count = len(filters)
    yi = np.repeat(np.stack([each.yi for each in effects]), count, axis=0)
    vi = np.repeat(np.stack([each.vi for each in effects]), count, axis=0)
    usable = np.repeat(np.stack([each.usable & (each.vi > 0) for each in effects]), count, axis=0)
    masks = usable & np.tile(np.stack(list(filters.values())), (len(effects), 1))
    return yi, vi, masks


def _gathered(
    specifications: tuple[Specification, ...], found: Sequence[Sequence[PoolMany]], *, level: float
) -> Multiverse:
    def column(name: str) -> Vector:
        # (estimators, intervals, rows) -> rows first, intervals fastest.
        stacked = np.array([[getattr(each, name) for each in row] for row in found], dtype=np.float64)
        return np.moveaxis(stacked, 2, 0).reshape(-1)

    names = ("k", "estimate", "se", "ci_low", "ci_high", "p_value", "tau2", "i2")
    return Multiverse(specifications=specifications, level=level, **{name: column(name) for name in names})
