"""Few studies: intervals of the mean and prediction intervals, from two studies to twenty."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtrit

from analysis.meta import PoolMany, pool_many
from validation.simulation.measures import Measured, Values, coverage, mean_of

MEAN = 0.3
STUDIES = (2, 3, 5, 10, 20)
# None, little and much beside sampling variances from 0.02 to 0.6, with a median of 0.11.
TAU2 = (0.0, 0.02, 0.2)
LEVEL = 0.95
PREDICTIONS = ("V", "HTS", "HK", "HK-PR")


@dataclass(frozen=True, slots=True)
class FewStudies:
    """One cell: `k` studies with a between-study variance.

    Attributes
    ----------
    coverage : dict of str to Measured
        Percent, by interval: "wald", "hk", "hk_adhoc", and "auto", the rule of the platform.
    width : dict of str to float
        Median width over that of the Wald interval.
    prediction : dict of str to Measured
        Percent of new studies' true effects inside, by method; empty below three studies.
    bias, tau2_mean : Measured
        Of the estimate, and the mean estimate of the between-study variance.
    tau2_zero : Measured
        Percent of estimates that are 0.
    """

    k: int
    tau2: float
    coverage: dict[str, Measured]
    width: dict[str, float]
    prediction: dict[str, Measured]
    bias: Measured
    tau2_mean: Measured
    tau2_zero: Measured


def simulate(*, replicates: int, seed: int) -> list[FewStudies]:
    """Every combination of `STUDIES` and `TAU2`, estimated by REML.

    Parameters
    ----------
    replicates : int
        Meta-analyses in each cell.
    seed : int
        Cell after cell draws from one generator.

    Returns
    -------
    list of FewStudies
    """
    rng = np.random.default_rng(seed)
    return [_cell(rng, k=k, tau2=tau2, replicates=replicates) for tau2 in TAU2 for k in STUDIES]


def _cell(rng: np.random.Generator, *, k: int, tau2: float, replicates: int) -> FewStudies:
    vi = variances(rng, (replicates, k))
    yi = rng.normal(MEAN, np.sqrt(vi + tau2))
    found = {
        method: pool_many(yi, vi, tau2_method="REML", ci_method=method, level=LEVEL)
        for method in ("wald", "hk", "hk_adhoc")
    }
    wald = found["wald"]
    limits = {name: (each.ci_low, each.ci_high) for name, each in found.items()}
    limits["auto"] = _auto(wald, found["hk"], k=k)
    widths = {name: float(np.median(high - low)) for name, (low, high) in limits.items()}
    return FewStudies(
        k=k,
        tau2=tau2,
        coverage={name: coverage(low, high, MEAN) for name, (low, high) in limits.items()},
        width={name: width / widths["wald"] for name, width in widths.items()},
        prediction={name: _predicted(wald, name, k=k, tau2=tau2) for name in PREDICTIONS} if k > 2 else {},
        bias=mean_of(wald.estimate - MEAN),
        tau2_mean=mean_of(wald.tau2),
        tau2_zero=mean_of(100.0 * (wald.tau2 == 0)),
    )


def variances(rng: np.random.Generator, shape: tuple[int, int]) -> Values:
    """Sampling variances from 0.02 to 0.6: a quarter of a chi-square variate, cut off at both ends.

    References
    ----------
    Brockwell and Gordon (2001), doi:10.1002/sim.650.
    """
    return np.clip(0.25 * rng.chisquare(1, shape), 0.02, 0.6)


def _auto(wald: PoolMany, hk: PoolMany, *, k: int) -> tuple[Values, Values]:
    """Hartung-Knapp from three studies on where tau2 is above 0, else Wald."""
    chosen = (wald.tau2 > 0) & (k >= 3)
    return np.where(chosen, hk.ci_low, wald.ci_low), np.where(chosen, hk.ci_high, wald.ci_high)


def prediction_limits(found: PoolMany, method: str, *, k: int) -> tuple[Values, Values]:
    """The intervals of `prediction_interval`, for many pools at once."""
    se = found.se_hk if method in {"HK", "HK-PR"} else found.se_wald
    df = k - 1 if method in {"V", "HK"} else max(1, k - 2)
    margin = stdtrit(df, 0.5 + LEVEL / 2) * np.sqrt(found.tau2 + se**2)
    return found.estimate - margin, found.estimate + margin


def _predicted(found: PoolMany, method: str, *, k: int, tau2: float) -> Measured:
    low, high = prediction_limits(found, method, k=k)
    if tau2 == 0:
        return coverage(low, high, MEAN)
    # The chance that a new true effect falls inside is exact: nothing more needs to be drawn.
    tau = np.sqrt(tau2)
    return mean_of(100 * (ndtr((high - MEAN) / tau) - ndtr((low - MEAN) / tau)))
