"""How robust a synthesis is: influence of studies, trim and fill, studies added one by one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.meta.arms import Sample, study_sample
from analysis.meta.bias import TrimFill, trim_and_fill
from analysis.meta.checks import Vector
from analysis.meta.errors import MetaError, NoVariation, ShapeMismatch
from analysis.meta.influence import influence
from analysis.meta.measures import MEASURES
from analysis.meta.results import (
    FilledStudy,
    Settings,
    StudyData,
    StudyInfluence,
    Summary,
    Synthesis,
    TrimFilled,
    TrimFillReason,
)
from analysis.meta.summary import as_pooled, summarise_part
from analysis.meta.tau2 import Tau2Method

LEAST_FOR_INFLUENCE = 3


def study_influences(
    ids: Sequence[str], sample: Sample, rows: Sequence[int], settings: Settings, overall: Summary
) -> tuple[StudyInfluence, ...]:
    """Measure what each pooled study does to the pool.

    Parameters
    ----------
    ids : sequence of str
        Of all studies.
    sample : Sample
    rows : sequence of int
        Usable studies.
    settings : Settings
    overall : Summary
        The pool of all; the influences are about its kind of interval.

    Returns
    -------
    tuple of StudyInfluence
        Empty below three studies, where counts are pooled, and where a pool without a study has no solution.
    """
    if len(rows) < LEAST_FOR_INFLUENCE or settings.pooling != "inverse" or overall.pooled is None:
        return ()
    index = list(rows)
    try:
        with np.errstate(over="ignore", under="ignore"):
            found = influence(
                sample.effects.yi[index],
                sample.effects.vi[index],
                tau2_method=_method(settings),
                ci_method=overall.pooled.ci_method,
            )
    except MetaError:
        # The pool of all stands without these numbers.
        return ()
    random = settings.model == "random"
    return tuple(
        StudyInfluence(
            study_id=ids[row],
            rstudent=_finite(found.rstudent[i]),
            dffits=_finite(found.dffits[i]),
            cook_d=_finite(found.cook_d[i]),
            cov_r=_finite(found.cov_r[i]),
            dfbs=_finite(found.dfbs[i]),
            weight_percent=100 * float(found.hat[i]),
            tau2_without=_finite(found.left_out.tau2[i]) if random else None,
            q_without=_finite(found.left_out.q[i]),
            is_influential=bool(found.influential[i]),
        )
        for i, row in enumerate(index)
    )


def trim_fill_result(
    sample: Sample, rows: Sequence[int], settings: Settings, overall: Summary
) -> tuple[TrimFilled | None, TrimFillReason | None]:
    """Estimate how many studies the funnel lacks, and pool with their mirror images.

    Parameters
    ----------
    sample : Sample
    rows : sequence of int
        Usable studies.
    settings : Settings
    overall : Summary

    Returns
    -------
    TrimFilled or None
    reason : str or None
        Why there is none.

    Notes
    -----
    The linear estimator L0; the side is that against the slope on the standard error. Mirror images stay
    within what the measure can hold.
    """
    if len(rows) < LEAST_FOR_INFLUENCE:
        return None, "k_below_3"
    if settings.pooling != "inverse":
        return None, "counts"
    assert overall.pooled is not None
    index = list(rows)
    try:
        with np.errstate(over="ignore", under="ignore"):
            found = trim_and_fill(
                sample.effects.yi[index],
                sample.effects.vi[index],
                tau2_method=_method(settings),
                ci_method=overall.pooled.ci_method,
                level=settings.level,
                limits=_limits(settings),
            )
    except NoVariation:
        return None, "no_variation"
    except MetaError:
        # The pool of all stands without its mirror images.
        return None, "no_convergence"
    return _filled(found, settings, size=overall.back_n), None


def accumulate(
    synthesis: Synthesis, *, by: Sequence[float] | None = None
) -> tuple[tuple[str, Synthesis], ...]:
    """Pool the first study, the first two, and so on, each time as the synthesis pools all.

    Parameters
    ----------
    synthesis : Synthesis
    by : sequence of float, of shape (studies,), optional
        What the studies are ordered by, such as the year; equal values keep the order of the synthesis, as
        all do where nothing is passed.

    Returns
    -------
    tuple of (str, Synthesis)
        Label of the study that a step adds, and the synthesis up to it: its studies and `overall`. Subgroups,
        tests and leaving out are not repeated. A step whose model has no solution has no pool.

    Raises
    ------
    ShapeMismatch
        `by` has another length than the studies.

    Notes
    -----
    All of Mantel-Haenszel, Peto and mixed models have steps, which `cumulative` with its variances has not.

    References
    ----------
    Lau et al. (1992), doi:10.1056/NEJM199207233270406.

    Examples
    --------
    >>> from analysis.meta import Arm, Settings, StudyData, synthesise
    >>> arms = [(Arm(events=4, total=123), Arm(events=11, total=139)),
    ...         (Arm(events=6, total=306), Arm(events=29, total=303))]
    >>> found = synthesise([StudyData(str(i), f"Trial {i}", a) for i, a in enumerate(arms)], Settings("RR"))
    >>> [(label, step.k) for label, step in accumulate(found, by=[1951, 1949])]
    [('Trial 1', 1), ('Trial 0', 2)]
    """
    studies = synthesis.studies
    if by is not None and len(by) != len(studies):
        raise ShapeMismatch(f"by has {len(by)} values for {len(studies)} studies; pass one a study.")
    keys = [0.0] * len(studies) if by is None else [float(key) for key in by]
    used = [row for row, study in enumerate(studies) if study.left_out is None]
    order = sorted(used, key=lambda row: keys[row])
    data = [StudyData(study.id, study.label, study.arms, study.subgroup) for study in studies]
    sample = study_sample(data, synthesis.settings)
    return tuple(
        (studies[row].label, _step(synthesis, sample, order[: place + 1])) for place, row in enumerate(order)
    )


def _step(synthesis: Synthesis, sample: Sample, rows: list[int]) -> Synthesis:
    members = tuple(synthesis.studies[row] for row in rows)
    overall = summarise_part(sample, rows, synthesis.settings).summary
    if overall.status == "none":
        members = ()
    return replace(
        synthesis,
        studies=members,
        overall=overall,
        subgroups=(),
        subgroup_test=None,
        not_in_subgroup_test=(),
        leave_one_out=(),
        influence=(),
        trim_fill=None,
        trim_fill_reason=None,
    )


def _method(settings: Settings) -> Tau2Method:
    return "EE" if settings.model == "common" else settings.tau2_method


def _limits(settings: Settings) -> tuple[float, float] | None:
    """Ends of the analysis scale where it has any."""
    spec = MEASURES[settings.measure]
    if spec.scale in {"arcsine", "sine_squared"}:
        return 0.0, float(np.pi / 2)
    if settings.measure == "PLN":
        return -np.inf, 0.0
    if spec.scale == "identity" and spec.lowest is not None and spec.highest is not None:
        return spec.lowest, spec.highest
    return None


def _filled(found: TrimFill, settings: Settings, *, size: float | None) -> TrimFilled:
    filled: Vector = found.yi[found.filled]
    return TrimFilled(
        estimator="L0",
        side=found.side,
        k0=found.k0,
        k0_se=found.se_k0,
        filled=tuple(
            FilledStudy(float(yi), float(vi)) for yi, vi in zip(filled, found.vi[found.filled], strict=True)
        ),
        pooled=as_pooled(found.adjusted, settings, size=size),
    )


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
