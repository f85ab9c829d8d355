"""Trial sequential analysis: a cumulative meta-analysis against boundaries for its repeated looks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.meta.batched import PoolMany, pool_many
from analysis.meta.checks import Vector, checked_effects, checked_option
from analysis.meta.intervals import Interval
from analysis.meta.sequential.boundaries import (
    FUTILITIES,
    Boundaries,
    Boundary,
    Futility,
    monitored_boundaries,
    spending_boundaries,
)
from analysis.meta.sequential.checks import (
    SIDES,
    SMALLEST_STEP,
    Dates,
    Side,
    checked_amounts,
    checked_null,
    checked_positive,
    checked_times,
    date_order,
    look_sizes,
)
from analysis.meta.sequential.spending import Spending
from analysis.meta.sequential.verdicts import Assumption, Verdict
from analysis.meta.tau2 import Tau2Method


@dataclass(frozen=True, slots=True)
class TrialSequentialLook:
    """The cumulative meta-analysis at one look.

    Attributes
    ----------
    k : int
        Studies so far.
    participants : float
    fraction : float
        Of the required information; not cut off at 1.
    estimate, se, tau2, z, p_value : float
        Inverse-variance pooling with a Wald test, `p_value` two-sided and not adjusted.
    efficacy : float or None
        Boundary for |z|, or for z towards benefit where the test is one-sided. None where it is not
        reachable, and at looks after the one that reached the required information.
    futility : float or None
        Boundary for futility.
    alpha_spent : float
        Cumulative.
    ci : Interval or None
        Estimate plus and minus `efficacy` standard errors; None without a boundary.
    crossed : Verdict or None
        The boundary that this look is beyond: benefit, harm, futility, or none.
    """

    k: int
    participants: float
    fraction: float
    estimate: float
    se: float
    tau2: float
    z: float
    p_value: float
    efficacy: float | None
    futility: float | None
    alpha_spent: float
    ci: Interval | None
    crossed: Verdict | None


@dataclass(frozen=True, slots=True)
class TrialSequential:
    """A trial sequential analysis.

    Attributes
    ----------
    verdict : Verdict
        By the stopping rule: the first crossing counts, whatever came later.
    decided_at : int or None
        Position in `looks` of the look that decided; None while inconclusive.
    looks : tuple of TrialSequentialLook
    order : tuple of int
        Positions of the given studies in the order in which they were added.
    required : float
        Participants as given; times `inflation` where futility is monitored.
    inflation : float
    alpha, beta : float
        `beta` counts with a futility boundary only.
    level : float
        Of the adjusted intervals.
    sides, spending, futility, beta_spending, tau2_method, measure, benefit
        As asked for.
    assumptions : tuple of str
        Codes; `ASSUMPTIONS` has their sentences.
    """

    verdict: Verdict
    decided_at: int | None
    looks: tuple[TrialSequentialLook, ...]
    order: tuple[int, ...]
    required: float
    inflation: float
    alpha: float
    beta: float
    level: float
    sides: int
    spending: Spending
    futility: Futility
    beta_spending: Spending
    tau2_method: Tau2Method
    measure: str
    benefit: Side
    assumptions: tuple[Assumption, ...]


def trial_sequential(
    yi: ArrayLike,
    vi: ArrayLike,
    ni: ArrayLike,
    *,
    required: float,
    measure: str,
    benefit: Side,
    dates: Dates | None = None,
    looks: Sequence[int] | None = None,
    tau2_method: Tau2Method = "REML",
    alpha: float = 0.05,
    beta: float = 0.1,
    sides: int = 2,
    spending: Spending = "obrien_fleming",
    futility: Futility = "none",
    beta_spending: Spending = "obrien_fleming",
) -> TrialSequential:
    """Set a cumulative meta-analysis against sequential boundaries.

    Parameters
    ----------
    yi, vi : array_like of shape (k,)
        Effects on the analysis scale and their sampling variances.
    ni : array_like of shape (k,)
        Participants, in the unit of `required`.
    required : float
        Required information size, such as `information_size(...).required`, without an inflation for
        futility, which is found here.
    measure : str
        Code of the effect measure; "GEN" for any other effect with a null value of 0.
    benefit : {"lower", "higher"}
        The sign of effects that help.
    dates : sequence of date, str or number, shape (k,), optional
        When each study became known. Ties, and studies without `dates`, keep the order given.
    looks : sequence of int, optional
        Number of studies known at each look, the last with all k; every study is a look otherwise. The
        updates of a review are its looks.
    tau2_method : {"EE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"}
    alpha, beta : float
    sides : {1, 2}
    spending, beta_spending : {"obrien_fleming", "pocock"}
    futility : {"none", "nonbinding", "binding"}
        "binding" only where `sides` is 1.

    Returns
    -------
    TrialSequential

    Raises
    ------
    NoNullValue
        For a measure of single groups, which cannot be compared with no effect.
    UnknownOption, ShapeMismatch, NotFinite, NotPositive, IllScaled, ImpossibleData, TooFewStudies,
    NonConvergence

    Notes
    -----
    The boundaries rest on the looks that took place, by `spending_boundaries`; information beyond what is
    required counts as all of it, and later looks have no boundary. Z is that of a Wald test, since the theory
    knows no t. With futility the required information is raised by the inflation that the looks so far, and a
    last one at full information, ask for. Cochrane discourages formal sequential methods as the basis of
    conclusions; show the result as a sensitivity analysis.

    References
    ----------
    Wetterslev, Thorlund, Brok and Gluud (2008), doi:10.1016/j.jclinepi.2007.03.013.
    Wetterslev, Jakobsen and Gluud (2017), doi:10.1186/s12874-017-0315-7.
    Lan and DeMets (1983), doi:10.1093/biomet/70.3.659.

    Examples
    --------
    >>> found = trial_sequential(
    ...     [-0.4, -0.5, -0.4],
    ...     [0.02, 0.02, 0.02],
    ...     [400, 400, 400],
    ...     required=2000,
    ...     measure="RR",
    ...     benefit="lower",
    ... )
    >>> found.verdict.value, found.decided_at, round(found.looks[1].efficacy, 3)
    ('benefit', 1, 3.357)
    """
    checked_null(measure)
    checked_option("benefit", benefit, SIDES)
    checked_option("futility", futility, FUTILITIES)
    effects, variances = checked_effects(yi, vi)
    amounts = checked_amounts("ni", ni, effects.size)
    checked_positive("required", required)
    order = date_order(dates, effects.size)
    sizes = look_sizes(looks, effects.size)
    pools = _cumulative(effects, variances, order, sizes, tau2_method)
    participants = np.cumsum(amounts[list(order)])[np.array(sizes) - 1]
    found = _boundaries(participants / required, alpha, beta, sides, spending, futility, beta_spending)
    inflation = 1.0 if found.inflation is None else found.inflation
    rows = _rows(pools, participants, required * inflation, found, benefit)
    verdict, decided_at = _verdict(rows, binding=futility == "binding")
    return TrialSequential(
        verdict=verdict,
        decided_at=decided_at,
        looks=rows,
        order=order,
        required=required * inflation,
        inflation=inflation,
        alpha=alpha,
        beta=beta,
        level=1 - 2 * alpha / sides,
        sides=sides,
        spending=spending,
        futility=futility,
        beta_spending=beta_spending,
        tau2_method=tau2_method,
        measure=measure,
        benefit=benefit,
        assumptions=_assumptions(futility),
    )


def _assumptions(futility: Futility) -> tuple[Assumption, ...]:
    always: tuple[Assumption, ...] = (
        "anticipated_effect",
        "required_size_fixed",
        "independent_increments",
        "known_variances",
        "one_outcome",
    )
    if futility == "none":
        return always
    return (*always, "futility_stops" if futility == "binding" else "futility_may_be_disregarded")


def _cumulative(
    yi: Vector, vi: Vector, order: Sequence[int], sizes: Sequence[int], method: Tau2Method
) -> PoolMany:
    chosen = list(order)
    known = np.arange(yi.size) < np.array(sizes)[:, None]
    return pool_many(yi[chosen], vi[chosen], weights_mask=known, tau2_method=method)


def _monitored(fractions: Vector) -> Vector:
    """The looks up to the one that has all information, which counts as 1."""
    enough = np.flatnonzero(fractions >= 1 - SMALLEST_STEP)
    if enough.size == 0:
        return fractions
    return np.append(fractions[: enough[0]], 1.0)


def _boundaries(
    fractions: Vector,
    alpha: float,
    beta: float,
    sides: int,
    spending: Spending,
    futility: Futility,
    beta_spending: Spending,
) -> Boundaries:
    if futility == "none":
        times = checked_times(_monitored(fractions), name="looks")
        return spending_boundaries(times, alpha=alpha, sides=sides, spending=spending)

    def times_at(inflation: float) -> Vector:
        times = _monitored(fractions / inflation)
        return checked_times(times if times[-1] == 1 else np.append(times, 1.0), name="looks")

    return monitored_boundaries(
        times_at,
        alpha=alpha,
        beta=beta,
        sides=sides,
        spending=spending,
        beta_spending=beta_spending,
        binding=futility == "binding",
    )


def _rows(
    pools: PoolMany, participants: Vector, required: float, found: Boundaries, benefit: Side
) -> tuple[TrialSequentialLook, ...]:
    z, p_values = pools.statistic, pools.p_value
    rows = []
    for at in range(participants.size):
        past = at >= len(found.looks)
        look = Boundary(1.0, None, None, found.alpha, None) if past else found.looks[at]
        estimate, se = float(pools.estimate[at]), float(pools.se[at])
        margin = None if look.efficacy is None else look.efficacy * se
        rows.append(
            TrialSequentialLook(
                k=int(pools.k[at]),
                participants=float(participants[at]),
                fraction=float(participants[at] / required),
                estimate=estimate,
                se=se,
                tau2=float(pools.tau2[at]),
                z=float(z[at]),
                p_value=float(p_values[at]),
                efficacy=look.efficacy,
                futility=look.futility,
                alpha_spent=look.alpha_spent,
                ci=None if margin is None else Interval(estimate - margin, estimate + margin),
                crossed=_crossed(float(z[at]), look, sides=found.sides, benefit=benefit),
            )
        )
    return tuple(rows)


def _crossed(z: float, look: Boundary, *, sides: int, benefit: Side) -> Verdict | None:
    helps = z if benefit == "higher" else -z
    high = math.inf if look.efficacy is None else look.efficacy
    if helps >= high:
        return Verdict.BENEFIT
    if sides == 2 and -helps >= high:
        return Verdict.HARM
    if look.time == 1 or look.futility is None:
        return None
    return Verdict.FUTILITY if (abs(z) if sides == 2 else helps) <= look.futility else None


def _verdict(rows: Sequence[TrialSequentialLook], *, binding: bool) -> tuple[Verdict, int | None]:
    """The first crossing; one for futility gives way to a later one for an effect unless it is binding."""
    futile = None
    for at, row in enumerate(rows):
        if row.crossed is Verdict.FUTILITY and futile is None:
            futile = at
            if binding:
                break
        elif row.crossed in (Verdict.BENEFIT, Verdict.HARM):
            return row.crossed, at
    if futile is not None:
        return Verdict.FUTILITY, futile
    for at, row in enumerate(rows):
        if row.fraction >= 1 - SMALLEST_STEP:
            return Verdict.INFORMATION_REACHED, at
    return Verdict.INCONCLUSIVE, None
