"""Correlations: as they are, without their bias, or by Fisher's transformation."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import hyp2f1

from analysis.meta.checks import checked_option
from analysis.meta.effects.reading import correlations
from analysis.meta.effects.types import Effects, VarianceType, effects_without_cells

CorrelationMeasure = Literal["COR", "UCOR", "ZCOR"]
CORRELATION_MEASURES: tuple[CorrelationMeasure, ...] = get_args(CorrelationMeasure)
_VARIANCES: dict[str, tuple[VarianceType, ...]] = {
    "COR": ("LS", "AV"),
    "UCOR": ("LS", "UB", "AV"),
    "ZCOR": ("LS",),
}


def correlation_effects(
    ri: ArrayLike, ni: ArrayLike, *, measure: CorrelationMeasure = "ZCOR", vtype: VarianceType = "LS"
) -> Effects:
    """Correlations of k studies.

    Parameters
    ----------
    ri : array_like of shape (k,)
        Pearson correlations, -1 to 1.
    ni : array_like of shape (k,)
        Participants.
    measure : {"COR", "UCOR", "ZCOR"}
        Raw; with the bias of r removed (Olkin and Pratt's estimator); Fisher's z.
    vtype : {"LS", "UB", "AV"}
        COR, UCOR: large-sample (1 - r^2)^2 / (n - 1), or the same with the mean correlation of all studies
        ("AV"). UCOR also "UB", unbiased.

    Returns
    -------
    Effects
        NaN where n is too small for a variance: 3 for ZCOR and COR, 4 for UCOR; and for z of r = 1.

    Raises
    ------
    UnknownOption, ShapeMismatch, NotFinite, ImpossibleData

    References
    ----------
    Fisher (1921), Metron 1, 3-32. Olkin and Pratt (1958), doi:10.1214/aoms/1177706717, eq. 2.3.
    Hedges (1989), doi:10.1037/0021-9010.74.3.469 (unbiased variance).

    Examples
    --------
    >>> correlation_effects([0.5], [28]).yi.round(6).tolist()
    [0.549306]
    """
    checked_option("measure", measure, CORRELATION_MEASURES)
    checked_option("vtype", vtype, _VARIANCES[measure])
    r, n = correlations(ri, ni)
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "ZCOR":
            yi, vi = np.arctanh(r), np.where(n > 3, 1 / (n - 3), np.nan)
            return effects_without_cells(yi, vi, ni=n, measure=measure, vtype=vtype)
        left = 1 - r**2
        yi = r if measure == "COR" else np.where(n > 4, r * hyp2f1(0.5, 0.5, (n - 2) / 2, left), np.nan)
        if vtype == "UB":
            vi = yi**2 - 1 + (n - 3) / (n - 2) * left * hyp2f1(1.0, 1.0, n / 2, left)
        else:
            known = np.isfinite(yi)
            plugged = np.sum((n * yi)[known]) / np.sum(n[known]) if vtype == "AV" else yi
            vi = np.where(n > 3, (1 - plugged**2) ** 2 / (n - 1), np.nan)
    return effects_without_cells(yi, vi, ni=n, measure=measure, vtype=vtype)
