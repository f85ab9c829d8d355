"""Error spending functions of Lan and DeMets: how much of an error may be used up by which information."""

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from analysis.meta.checks import Vector, checked_option
from analysis.meta.errors import UnknownOption
from analysis.meta.sequential.checks import checked_error

Spending = Literal["obrien_fleming", "pocock"]
SPENDINGS: tuple[Spending, ...] = ("obrien_fleming", "pocock")


def spent(times: ArrayLike, *, total: float, spending: Spending = "obrien_fleming") -> Vector:
    """Error spent up to given information fractions, on one side.

    Parameters
    ----------
    times : array_like of shape (m,)
        Information fractions, from 0 to 1.
    total : float
        The error that is spent at 1: alpha / 2 for each side of a two-sided test, or beta.
    spending : {"obrien_fleming", "pocock"}
        O'Brien-Fleming type: 2 - 2 Phi(z / sqrt(t)) with z the upper total / 2 quantile, next to nothing
        early. Pocock type: total ln(1 + (e - 1) t), nearly even.

    Returns
    -------
    ndarray of shape (m,)
        Rising from 0 to `total`.

    Raises
    ------
    UnknownOption

    References
    ----------
    Lan and DeMets (1983), doi:10.1093/biomet/70.3.659.

    Examples
    --------
    >>> spent([0.5, 1.0], total=0.025).round(5).tolist()
    [0.00153, 0.025]
    """
    checked_option("spending", spending, SPENDINGS)
    checked_error("total", total)
    fractions = np.asarray(times, dtype=np.float64)
    if not np.all((fractions >= 0) & (fractions <= 1)):
        raise UnknownOption(f"times is {times!r}; give information fractions from 0 to 1.")
    if spending == "pocock":
        used = total * np.log1p((math.e - 1) * fractions)
    else:
        with np.errstate(divide="ignore"):
            used = 2 * ndtr(float(ndtri(total / 2)) / np.sqrt(fractions))
    # Rounding at 1 must not leave a boundary of its own.
    return np.where(fractions == 1, total, used)
