"""From a stored result to the figures of sensitivity: studies left out, added, or in all subsets."""

import math

import numpy as np
from scipy.special import stdtrit

from analysis import bridge, comparison, study_years, wording
from analysis.figure_data.effects import Values, axis_label, pooled_studies, tau2_method
from analysis.meta import accumulate, baujat, gosh
from analysis.plots import (
    BaujatData,
    BaujatPoint,
    Curve,
    DraperyData,
    ForestData,
    GoshData,
    LabbeData,
    LabbePoint,
)
from analysis.plots.forest_series import cumulative_forest, leave_one_out_forest
from analysis.synthesis_settings import MEASURE_WORDS, NO_EFFECT, RATIOS
from analysis.wording_figures import GOSH_ALL, GOSH_SAMPLE

_GOSH_SEED = 20_120_301  # any number, but the same one for ever: the figure must not change


def leave_one_out_of(result: comparison.Outcome) -> ForestData:
    """The pools without each study in turn."""
    found = bridge.synthesis_of(result.outputs)
    return leave_one_out_forest(found, title=result.inputs["spec"], axis_label=result.inputs["outcome"])


def cumulative_of(result: comparison.Outcome) -> ForestData:
    """The pools as the studies came, by year or by inclusion."""
    found = bridge.synthesis_of(result.outputs)
    keys = study_years.sort_keys([{"id": study.id, "label": study.label} for study in found.studies])
    return cumulative_forest(
        accumulate(found, by=keys), title=result.inputs["spec"], axis_label=result.inputs["outcome"]
    )


def baujat_of(result: comparison.Outcome) -> BaujatData:
    """Which studies make the heterogeneity, and which move the estimate."""
    studies = pooled_studies(result)
    found = baujat(
        [study["yi"] for study in studies],
        [study["vi"] for study in studies],
        tau2_method=tau2_method(result),
        ci_method=result.outputs["overall"]["pooled"]["ci_method"],
    )
    points = tuple(
        BaujatPoint(study["label"], float(heterogeneity), float(influence))
        for study, heterogeneity, influence in zip(studies, found.heterogeneity, found.influence, strict=True)
    )
    return BaujatData(title=result.inputs["spec"], points=points)


def gosh_of(result: comparison.Outcome) -> GoshData:
    """Estimate and heterogeneity of all subsets of the studies, or of a sample that is always the same."""
    studies, overall = pooled_studies(result), result.outputs["overall"]
    measure = result.settings["measure"]
    found = gosh(
        [study["yi"] for study in studies],
        [study["vi"] for study in studies],
        subsets=None if len(studies) <= GOSH_ALL else GOSH_SAMPLE,
        seed=_GOSH_SEED,
        tau2_method=tau2_method(result),
    )
    return GoshData(
        title=result.inputs["spec"],
        estimates=found.pools.estimate,
        heterogeneity=found.pools.i2,
        x_label=axis_label(measure),
        is_log=measure in RATIOS,
        whole=(overall["pooled"]["analysis_estimate"], overall["i2"]),
        n_possible=2 ** len(studies) - 1,
    )


def drapery_of(result: comparison.Outcome) -> DraperyData:
    """The P values of every possible effect, for the studies, the pool and a new study."""
    measure, overall = result.settings["measure"], result.outputs["overall"]
    pooled = overall["pooled"]
    return DraperyData(
        title=result.inputs["spec"],
        studies=tuple(
            Curve(study["label"], study["yi"], math.sqrt(study["vi"])) for study in pooled_studies(result)
        ),
        pooled=Curve("Pooled", pooled["analysis_estimate"], pooled["se"], pooled["df"]),
        axis_label=axis_label(measure),
        prediction=_new_study(overall["prediction"], pooled, level=result.settings["level"]),
        is_log=measure in RATIOS,
        null_line=0.0 if measure in NO_EFFECT else None,
    )


def labbe_of(result: comparison.Outcome) -> LabbeData:
    """The risk in one arm against the risk in the other."""
    measure, pooled = result.settings["measure"], result.outputs["overall"]["pooled"]
    return LabbeData(
        title=result.inputs["spec"],
        points=tuple(_labbe_point(study) for study in pooled_studies(result)),
        measure=measure,
        summary=pooled["analysis_estimate"],
        ci_low=pooled["analysis_ci_low"],
        ci_high=pooled["analysis_ci_high"],
        x_label="Risk, comparator",
        y_label="Risk, experimental",
        measure_label=MEASURE_WORDS[measure],
        notes=(f"{wording.contributors(result)}.",),
    )


def _new_study(interval: Values | None, pooled: Values, *, level: float) -> Curve | None:
    if interval is None:
        return None
    half = interval["analysis_high"] - pooled["analysis_estimate"]
    se = half / float(stdtrit(interval["df"], 0.5 + level / 2))
    if not (np.isfinite(se) and se > 0):
        return None
    return Curve("Effect in a new study", pooled["analysis_estimate"], se, interval["df"])


def _labbe_point(study: Values) -> LabbePoint:
    first, second = study["arms"]
    weight = study["weight_percent"]
    return LabbePoint(
        study["label"],
        first["events"] / first["total"],
        second["events"] / second["total"],
        1.0 if weight is None else weight,
    )
