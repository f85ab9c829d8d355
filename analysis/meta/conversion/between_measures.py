"""Between effect measures: standardised differences, odds ratios and correlations."""

import math
from typing import Literal

from analysis.meta.checks import checked_option
from analysis.meta.conversion.record import (
    Converted,
    checked_above,
    checked_finite,
    checked_size,
    converted,
)
from analysis.meta.errors import ImpossibleData, MissingArgument

OddsRatioMethod = Literal["logistic", "cox"]
_BORENSTEIN = "Borenstein, Hedges, Higgins and Rothstein 2009, doi:10.1002/9780470743386, chapter 7"
_HASSELBLAD = "Hasselblad and Hedges 1995, doi:10.1037/0033-2909.117.1.167"
_COX = (
    "Cox and Snell 1989, Analysis of binary data; Sánchez-Meca and others 2003, doi:10.1037/1082-989X.8.4.448"
)
# The standard deviation of the logistic distribution, and Cox's approximation to the normal one.
_FACTORS: dict[OddsRatioMethod, float] = {"logistic": math.pi / math.sqrt(3), "cox": 1.65}
_LATENT: dict[OddsRatioMethod, str] = {"logistic": "logistically", "cox": "normally"}


def smd_from_log_or(log_or: float, vi: float, *, method: OddsRatioMethod = "logistic") -> Converted:
    """Standardised mean difference from a log odds ratio.

    Parameters
    ----------
    log_or, vi : float
        Log odds ratio and its variance.
    method : {"logistic", "cox"}
        Divide by pi / sqrt(3) (Hasselblad and Hedges), or by 1.65 (Cox).

    Returns
    -------
    Converted
        `smd` and `vi`.

    Raises
    ------
    ImpossibleData, NotFinite, UnknownOption

    References
    ----------
    Hasselblad and Hedges (1995), doi:10.1037/0033-2909.117.1.167. Cox and Snell (1989).
    Sánchez-Meca, Marín-Martínez and Chacón-Moscoso (2003), doi:10.1037/1082-989X.8.4.448.

    Examples
    --------
    >>> round(smd_from_log_or(0.9069, 0.0676)["smd"], 4)
    0.5
    """
    factor = _factor(method)
    checked_finite(log_or=log_or)
    checked_above(0, vi=vi)
    return converted(
        {"smd": log_or / factor, "vi": vi / factor**2},
        method=f"smd_from_log_or_{method}",
        assumption=_latent(method),
        inputs={"log_or": log_or, "vi": vi},
        reference=_HASSELBLAD if method == "logistic" else _COX,
    )


def log_or_from_smd(smd: float, vi: float, *, method: OddsRatioMethod = "logistic") -> Converted:
    """Log odds ratio from a standardised mean difference.

    Parameters
    ----------
    smd, vi : float
        Standardised mean difference and its variance.
    method : {"logistic", "cox"}

    Returns
    -------
    Converted
        `log_or` and `vi`.

    Raises
    ------
    ImpossibleData, NotFinite, UnknownOption

    References
    ----------
    As `smd_from_log_or`.

    Examples
    --------
    >>> round(log_or_from_smd(0.5, 0.0205)["log_or"], 4)
    0.9069
    """
    factor = _factor(method)
    checked_finite(smd=smd)
    checked_above(0, vi=vi)
    return converted(
        {"log_or": smd * factor, "vi": vi * factor**2},
        method=f"log_or_from_smd_{method}",
        assumption=_latent(method),
        inputs={"smd": smd, "vi": vi},
        reference=_HASSELBLAD if method == "logistic" else _COX,
    )


def r_from_smd(smd: float, vi: float, *, n1: float | None = None, n2: float | None = None) -> Converted:
    """Correlation from a standardised mean difference.

    Parameters
    ----------
    smd, vi : float
    n1, n2 : float, optional
        Participants; equal groups where not given.

    Returns
    -------
    Converted
        `r` and `vi`.

    Raises
    ------
    ImpossibleData, NotFinite, MissingArgument

    References
    ----------
    Borenstein and others (2009), doi:10.1002/9780470743386, eq. 7.7 to 7.9.

    Examples
    --------
    >>> round(r_from_smd(0.5, 0.0205)["r"], 4)
    0.2425
    """
    checked_finite(smd=smd)
    checked_above(0, vi=vi)
    a, sizes = _imbalance(n1, n2)
    return converted(
        {"r": smd / math.sqrt(smd**2 + a), "vi": a**2 * vi / (smd**2 + a) ** 3},
        method="r_from_smd",
        assumption="The groups are halves, by a cut, of one continuous and normally distributed variable.",
        inputs={"smd": smd, "vi": vi, **sizes},
        reference=_BORENSTEIN,
    )


def smd_from_r(r: float, vi: float, *, n1: float | None = None, n2: float | None = None) -> Converted:
    """Standardised mean difference from a correlation.

    Parameters
    ----------
    r, vi : float
        Correlation and its variance.
    n1, n2 : float, optional
        Participants of the two groups that the difference is between; equal groups where not given.

    Returns
    -------
    Converted
        `smd` and `vi`.

    Raises
    ------
    ImpossibleData, NotFinite, MissingArgument

    References
    ----------
    Borenstein and others (2009), doi:10.1002/9780470743386, eq. 7.5 and 7.6.

    Examples
    --------
    >>> round(smd_from_r(0.5, 0.0058)["smd"], 4)
    1.1547
    """
    _checked_r(r)
    checked_above(0, vi=vi)
    a, sizes = _imbalance(n1, n2)
    return converted(
        {"smd": r * math.sqrt(a / (1 - r**2)), "vi": a * vi / (1 - r**2) ** 3},
        method="smd_from_r",
        assumption="A continuous, normally distributed variable was cut into the two groups.",
        inputs={"r": r, "vi": vi, **sizes},
        reference=_BORENSTEIN,
    )


def z_from_r(r: float, n: float) -> Converted:
    """Fisher's z from a correlation.

    Parameters
    ----------
    r : float
    n : float
        Participants, above 3.

    Returns
    -------
    Converted
        `z` and `vi`.

    Raises
    ------
    ImpossibleData, NotFinite

    References
    ----------
    Fisher (1921), Metron 1, 3-32.

    Examples
    --------
    >>> round(z_from_r(0.5, 103)["z"], 4)
    0.5493
    """
    _checked_r(r)
    checked_above(3, n=n)
    return converted(
        {"z": math.atanh(r), "vi": 1 / (n - 3)},
        method="z_from_r",
        assumption="Both variables are normally distributed together.",
        inputs={"r": r, "n": n},
        reference="Fisher 1921, Metron 1, 3-32",
    )


def r_from_z(z: float, vi: float) -> Converted:
    """Correlation from Fisher's z.

    Parameters
    ----------
    z, vi : float

    Returns
    -------
    Converted
        `r` and `vi`, the latter by the delta method: intervals are better turned back limit by limit.

    Raises
    ------
    ImpossibleData, NotFinite

    Examples
    --------
    >>> round(r_from_z(0.5493, 0.01)["r"], 4)
    0.5
    """
    checked_finite(z=z)
    checked_above(0, vi=vi)
    r = math.tanh(z)
    return converted(
        {"r": r, "vi": (1 - r**2) ** 2 * vi},
        method="r_from_z",
        assumption="Both variables are normally distributed together.",
        inputs={"z": z, "vi": vi},
        reference="Fisher 1921, Metron 1, 3-32",
    )


def _factor(method: OddsRatioMethod) -> float:
    checked_option("method", method, tuple(_FACTORS))
    return _FACTORS[method]


def _latent(method: OddsRatioMethod) -> str:
    return f"The event cuts a {_LATENT[method]} distributed outcome that spreads equally in both groups."


def _imbalance(n1: float | None, n2: float | None) -> tuple[float, dict[str, float]]:
    """(n1 + n2)^2 / (n1 n2), which is 4 for equal groups."""
    if n1 is None and n2 is None:
        return 4.0, {}
    if n1 is None or n2 is None:
        raise MissingArgument(f"Of n1 ({n1}) and n2 ({n2}) one is missing; give both or neither.")
    checked_size(n1=n1, n2=n2)
    return (n1 + n2) ** 2 / (n1 * n2), {"n1": n1, "n2": n2}


def _checked_r(r: float) -> None:
    checked_finite(r=r)
    if not -1 < r < 1:
        raise ImpossibleData(f"r is {r:g}; it must lie between -1 and 1, ends excluded.")
