"""From a stored result to the figures of small-study effects: funnel, filled funnel, radial plot."""

import math
from dataclasses import replace

from analysis import comparison, wording
from analysis.figure_data.effects import axis_label, pooled_studies
from analysis.plots import FunnelData, FunnelPoint, RadialData, RadialPoint
from analysis.synthesis_settings import MEASURE_WORDS, NO_EFFECT, RATIOS
from analysis.wording_figures import trim_fill


def funnel_of(result: comparison.Outcome) -> FunnelData:
    """The funnel plot of a pooled result, on the scale of the analysis."""
    measure = result.settings["measure"]
    points = tuple(
        FunnelPoint(study["label"], study["yi"], math.sqrt(study["vi"])) for study in pooled_studies(result)
    )
    return FunnelData(
        title=result.inputs["spec"],
        points=points,
        summary=result.outputs["overall"]["pooled"]["analysis_estimate"],
        axis_label=axis_label(measure),
        is_log=measure in RATIOS,
        null_line=0.0,
        contours=measure in NO_EFFECT,
        notes=tuple(wording.bias(result)[:1]),
    )


def filled_funnel_of(result: comparison.Outcome) -> FunnelData:
    """The funnel plot with the mirror images of studies that it lacks."""
    found = result.outputs["trim_fill"]
    filled = tuple(
        FunnelPoint(f"Filled study {number}", study["yi"], math.sqrt(study["vi"]))
        for number, study in enumerate(found["filled"], start=1)
    )
    return replace(
        funnel_of(result),
        filled=filled,
        filled_summary=found["pooled"]["analysis_estimate"],
        notes=(trim_fill(result),),
    )


def radial_of(result: comparison.Outcome) -> RadialData:
    """The radial plot of a pooled result."""
    measure, overall = result.settings["measure"], result.outputs["overall"]
    pooled = overall["pooled"]
    return RadialData(
        title=result.inputs["spec"],
        points=tuple(
            RadialPoint(study["label"], study["yi"], study["vi"]) for study in pooled_studies(result)
        ),
        summary=pooled["analysis_estimate"],
        ci_low=pooled["analysis_ci_low"],
        ci_high=pooled["analysis_ci_high"],
        tau2=overall["tau2"] or 0.0,
        measure_label=MEASURE_WORDS[measure] if measure in NO_EFFECT else axis_label(measure),
        is_log=measure in RATIOS,
        level=result.settings["level"],
    )
