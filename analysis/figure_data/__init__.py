"""From stored results to what their figures show. Imported by workers alone: it loads matplotlib."""

from analysis.figure_data.forest import forest_of
from analysis.figure_data.judgements import judgements_of
from analysis.figure_data.sketches import Sketch, sketch_of
from analysis.figure_data.small_study import funnel_of

__all__ = ["Sketch", "forest_of", "funnel_of", "judgements_of", "sketch_of"]
