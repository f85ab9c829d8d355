"""The result of computing effects, and the closed sets of options that all measures share."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.meta.checks import Flags, Vector
from analysis.meta.measures import EffectMeasure

ZeroCellRule = Literal["only0", "all", "if0all", "none"]
ZERO_CELL_RULES: tuple[ZeroCellRule, ...] = ("only0", "all", "if0all", "none")
VarianceType = Literal["LS", "LS2", "UB", "HO", "AV", "AVHO"]
# R's two packages correct empty cells differently; "meta" exists so that its results can be checked.
Convention = Literal["metafor", "meta"]
# A constant for every cell, or Sweeting's correction by the sizes of the arms.
Addition = float | Literal["tacc"]


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Effects of k studies, on the analysis scale of `measure`.

    Attributes
    ----------
    yi, vi : ndarray of shape (k,)
        Effects and sampling variances; NaN where not computable.
    ni : ndarray of shape (k,)
        Participants (person-time for rates), before any correction; NaN where not known.
    corrected : ndarray of bool, shape (k,)
        Where a continuity correction was added.
    double_zero : ndarray of bool, shape (k,)
        Two arms without events, or two arms with nothing but events.
    measure : str
        Code of the measure, a key of `EFFECT_MEASURES`.
    vtype : str
        Kind of sampling variance.
    add : float or "tacc"
        What was added to cells where `corrected`.
    to : str
        Which studies were to be corrected.
    """

    yi: Vector
    vi: Vector
    ni: Vector
    corrected: Flags
    double_zero: Flags
    measure: EffectMeasure = "GEN"
    vtype: VarianceType = "LS"
    add: Addition = 0.0
    to: ZeroCellRule = "none"

    @property
    def k(self) -> int:
        """Number of studies, computable or not."""
        return self.yi.size

    @property
    def sei(self) -> Vector:
        """Standard errors, shape (k,)."""
        return np.sqrt(self.vi)

    @property
    def usable(self) -> Flags:
        """Where an effect and a variance could be computed."""
        return np.isfinite(self.yi) & np.isfinite(self.vi)


def effects_without_cells(
    yi: Vector, vi: Vector, *, ni: Vector, measure: EffectMeasure, vtype: VarianceType = "LS"
) -> Effects:
    """Effects of measures that have no empty cells; a value that is not finite becomes NaN in both."""
    nothing = np.zeros(yi.size, dtype=np.bool_)
    yi, vi = both_or_neither(yi, vi)
    return Effects(yi, vi, ni, nothing, nothing, measure=measure, vtype=vtype)


def both_or_neither(yi: Vector, vi: Vector) -> tuple[Vector, Vector]:
    """NaN in both vectors where one of them is not finite."""
    lost = ~(np.isfinite(yi) & np.isfinite(vi))
    return (np.where(lost, np.nan, yi), np.where(lost, np.nan, vi)) if lost.any() else (yi, vi)
