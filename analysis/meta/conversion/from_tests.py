"""Standardised mean differences from test statistics and p-values."""

import math
from typing import Literal

import numpy as np

from analysis.meta.conversion.record import Converted, checked_finite, checked_size, converted
from analysis.meta.conversion.spread import t_from_p
from analysis.meta.effects.means import exact_correction
from analysis.meta.errors import ImpossibleData


def smd_from_t(t: float, n1: float, n2: float) -> Converted:
    """Standardised mean difference from the statistic of an unpaired t test.

    Parameters
    ----------
    t : float
        Positive where the first group has the higher mean.
    n1, n2 : float
        Participants.

    Returns
    -------
    Converted
        `g` (Hedges, exact correction), `vi` (large-sample), and `d`.

    Raises
    ------
    ImpossibleData, NotFinite

    References
    ----------
    Hedges (1981), doi:10.3102/10769986006002107. Borenstein and others (2009),
    doi:10.1002/9780470743386, eq. 4.20 (variance, here at g instead of d).

    Examples
    --------
    >>> round(smd_from_t(2.0, 30, 30)["g"], 4)
    0.5097
    """
    checked_finite(t=t)
    checked_size(n1=n1, n2=n2)
    d = t * math.sqrt(1 / n1 + 1 / n2)
    g = float(exact_correction(np.array([n1 + n2 - 2.0]))[0]) * d
    return converted(
        {"g": g, "vi": 1 / n1 + 1 / n2 + g**2 / (2 * (n1 + n2)), "d": d},
        method="smd_from_t",
        assumption="The statistic is of an unpaired t test with equal variances, without covariates.",
        inputs={"t": t, "n1": n1, "n2": n2},
        reference="Hedges 1981, doi:10.3102/10769986006002107",
    )


def smd_from_f(f: float, n1: float, n2: float, *, sign: Literal[-1, 1]) -> Converted:
    """Standardised mean difference from the F statistic of a one-way analysis of two groups.

    Parameters
    ----------
    f : float
        With 1 and n1 + n2 - 2 degrees of freedom.
    n1, n2 : float
    sign : {1, -1}
        1 where the first group has the higher mean; F does not tell.

    Returns
    -------
    Converted
        As `smd_from_t`.

    Raises
    ------
    ImpossibleData, NotFinite

    Examples
    --------
    >>> round(smd_from_f(4.0, 30, 30, sign=-1)["g"], 4)
    -0.5097
    """
    checked_finite(f=f)
    if f < 0:
        raise ImpossibleData(f"f is {f:g}; an F statistic is at least 0.")
    found = smd_from_t(_checked_sign(sign) * math.sqrt(f), n1, n2)
    return converted(
        found.values,
        method="smd_from_f",
        assumption="F compares exactly these two groups (1 degree of freedom), without covariates.",
        inputs={"f": f, "n1": n1, "n2": n2, "sign": sign},
        reference=found.reference,
    )


def smd_from_p(p: float, n1: float, n2: float, *, sign: Literal[-1, 1]) -> Converted:
    """Standardised mean difference from the p-value of an unpaired t test.

    Parameters
    ----------
    p : float
        Two-sided and exact.
    n1, n2 : float
    sign : {1, -1}
        1 where the first group has the higher mean.

    Returns
    -------
    Converted
        As `smd_from_t`.

    Raises
    ------
    ImpossibleData, NotFinite

    Examples
    --------
    >>> round(smd_from_p(0.0502, 30, 30, sign=1)["g"], 2)
    0.51
    """
    checked_size(n1=n1, n2=n2)
    found = smd_from_t(_checked_sign(sign) * t_from_p(p, df=n1 + n2 - 2), n1, n2)
    return converted(
        found.values,
        method="smd_from_p",
        assumption="The p-value is two-sided, exact, and of an unpaired t test with equal variances.",
        inputs={"p": p, "n1": n1, "n2": n2, "sign": sign},
        reference=found.reference,
    )


def _checked_sign(sign: int) -> int:
    if sign not in (-1, 1):
        raise ImpossibleData(f"sign is {sign}; give 1 where the first group has the higher mean, else -1.")
    return sign
