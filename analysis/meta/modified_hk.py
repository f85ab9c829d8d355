"""When a Hartung-Knapp interval is too narrow to be believed: rules that fall back on another."""

from dataclasses import dataclass
from typing import Literal

from numpy.typing import ArrayLike

from analysis.meta.checks import checked_option
from analysis.meta.intervals import Interval
from analysis.meta.pooling import Pool, pool
from analysis.meta.tau2 import Tau2Method

Modification = Literal["none", "se", "iqwig6", "ci"]
MODIFICATIONS: tuple[Modification, ...] = ("none", "se", "iqwig6", "ci")


@dataclass(frozen=True, slots=True)
class ModifiedHartungKnapp:
    """A Hartung-Knapp interval, or what its modification put in its place.

    Attributes
    ----------
    modification : {"none", "se", "iqwig6", "ci"}
    is_modified : bool
        Whether the rule applied.
    estimate, se, statistic, p_value : float
        Of the interval given; `df` is None for z.
    ci : Interval
    hartung_knapp, wald : Pool
        Both fits.
    """

    modification: Modification
    is_modified: bool
    estimate: float
    se: float
    statistic: float
    df: int | None
    p_value: float
    ci: Interval
    hartung_knapp: Pool
    wald: Pool


def modified_hartung_knapp(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    modification: Modification = "se",
    tau2_method: Tau2Method = "REML",
    level: float = 0.95,
) -> ModifiedHartungKnapp:
    """Pool with a Hartung-Knapp interval and a rule for when it is too narrow.

    Parameters
    ----------
    yi, vi : array_like of shape (k,), k >= 1
    modification : {"none", "se", "iqwig6", "ci"}
        "se": where its standard error is below the Wald one, that one, with t(k - 1).
        "iqwig6": the same, where the interval is narrower than the Wald interval with DerSimonian and
        Laird's tau2. "ci": the wider of the Hartung-Knapp and the Wald interval.
    tau2_method : {"DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"}
    level : float

    Returns
    -------
    ModifiedHartungKnapp

    Raises
    ------
    UnknownOption, and those of `pool`

    Notes
    -----
    "se" is the `ci_method` "hk_adhoc" of `pool`.

    References
    ----------
    Knapp and Hartung (2003), doi:10.1002/sim.1482.
    Wiksten, Rucker and Schwarzer (2016), doi:10.1002/sim.6879.

    Examples
    --------
    >>> found = modified_hartung_knapp([0.3, 0.3, 0.4], [0.1, 0.1, 0.1])
    >>> found.is_modified, round(found.ci.low, 3), round(found.ci.high, 3)
    (True, -0.452, 1.119)
    """
    checked_option("modification", modification, MODIFICATIONS)
    wald = pool(yi, vi, tau2_method=tau2_method, level=level)
    plain = pool(yi, vi, tau2_method=tau2_method, ci_method="hk", level=level, tau2=wald.tau2)
    # With the Wald standard error but t(k - 1), which is what two of the rules fall back on.
    wide = pool(yi, vi, tau2_method=tau2_method, ci_method="t", level=level, tau2=wald.tau2)
    chosen = plain
    if modification == "se" and plain.se < wald.se:
        chosen = wide
    elif modification == "ci" and plain.ci.width < wald.ci.width:
        chosen = wald
    elif modification == "iqwig6":
        classic = pool(yi, vi, tau2_method="DL", level=level)
        chosen = wide if plain.ci.width < classic.ci.width else plain
    return ModifiedHartungKnapp(
        modification=modification,
        is_modified=chosen is not plain,
        estimate=chosen.estimate,
        se=chosen.se,
        statistic=chosen.statistic,
        df=chosen.df,
        p_value=chosen.p_value,
        ci=chosen.ci,
        hartung_knapp=plain,
        wald=wald,
    )
