"""PET-PEESE: the effect that regression on the standard error expects of an infinitely large study."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, stdtr

from analysis.meta.bias.regression import (
    BiasModel,
    RegressionTest,
    ratio,
    regression_test,
)
from analysis.meta.checks import checked_effects, checked_option
from analysis.meta.errors import UnknownOption
from analysis.meta.intervals import CiMethod, Interval
from analysis.meta.scale import refuse_extremes
from analysis.meta.tau2 import Tau2Method

Direction = Literal["mean", "greater", "less"]


@dataclass(frozen=True, slots=True)
class PetPeese:
    """The conditional estimator and its two parts.

    Attributes
    ----------
    chosen : {"pet", "peese"}
        PEESE where PET finds an effect in the direction asked for, else PET.
    estimate, se, ci
        Intercept of the chosen regression.
    df : int or None
        None for z.
    p_value : float
        One-sided, of PET's intercept; it decides at `alpha`.
    alpha : float
    direction : {"greater", "less"}
        Of the one-sided test.
    pet, peese : RegressionTest
        Regression on the standard error, and on the variance.
    """

    chosen: Literal["pet", "peese"]
    estimate: float
    se: float
    ci: Interval
    df: int | None
    p_value: float
    alpha: float
    direction: Literal["greater", "less"]
    pet: RegressionTest
    peese: RegressionTest


def pet_peese(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    alpha: float = 0.05,
    direction: Direction = "mean",
    model: BiasModel = "lm",
    tau2_method: Tau2Method = "REML",
    ci_method: CiMethod = "wald",
    level: float = 0.95,
) -> PetPeese:
    """Estimate the effect beyond small-study effects by PET, PEESE and the rule that chooses between them.

    Parameters
    ----------
    yi, vi : array_like of shape (k,), k >= 3
        Effects on the analysis scale and their sampling variances.
    alpha : float
        Of the one-sided test of PET's intercept; 0.05 and 0.10 are in use.
    direction : {"mean", "greater", "less"}
        In which direction an effect is looked for: that of the inverse-variance mean, above or below 0.
    model : {"lm", "rma"}
        Multiplicative or additive error.
    tau2_method, ci_method
        For "rma", as in `regression_test`.
    level : float

    Returns
    -------
    PetPeese

    Raises
    ------
    TooFewStudies, NoVariation, ShapeMismatch, NotFinite, NotPositive, IllScaled, UnknownOption,
    NonConvergence

    Notes
    -----
    Where there is no effect, the bias is about linear in the standard error and PET is nearly unbiased;
    where there is one, the bias is closer to linear in the variance and PEESE is better. Both are
    unreliable with few or very heterogeneous studies.

    References
    ----------
    Stanley and Doucouliagos (2014), doi:10.1002/jrsm.1095.
    Stanley (2017), doi:10.1177/1948550617693062.

    Examples
    --------
    >>> found = pet_peese([0.1, 0.3, 0.6, 0.5, 0.9], [0.01, 0.04, 0.09, 0.16, 0.2])
    >>> found.chosen, round(found.estimate, 3)
    ('pet', -0.098)
    """
    effects, variances = checked_effects(yi, vi)
    refuse_extremes(effects, variances)
    checked_option("direction", direction, ("mean", "greater", "less"))
    if not 0 < alpha < 0.5:
        raise UnknownOption(f"alpha is {alpha!r}; give a proportion above 0 and below 0.5.")
    pet, peese = (
        replace(
            regression_test(
                effects,
                variances,
                predictor,
                model=model,
                tau2_method=tau2_method,
                ci_method=ci_method,
                level=level,
            ),
            code=code,
        )
        for code, predictor in (("pet", np.sqrt(variances)), ("peese", variances))
    )
    above = direction == "greater" or (direction == "mean" and float(np.sum(effects / variances)) >= 0)
    statistic = ratio(pet.intercept, pet.intercept_se) * (1 if above else -1)
    p_value = float(ndtr(-statistic) if pet.df is None else stdtr(pet.df, -statistic))
    best = peese if p_value < alpha else pet
    return PetPeese(
        chosen="peese" if best is peese else "pet",
        estimate=best.intercept,
        se=best.intercept_se,
        ci=best.limit,
        df=best.df,
        p_value=p_value,
        alpha=alpha,
        direction="greater" if above else "less",
        pet=pet,
        peese=peese,
    )
