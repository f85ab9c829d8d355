"""KERNEL: figures. Results in, figure out, bytes from `render`: no Django, no ORM, never pyplot."""

from analysis.plots.baujat import BaujatData, BaujatPoint, baujat
from analysis.plots.bubble import BubbleData, BubbleLine, BubblePoint, bubble
from analysis.plots.drapery import Curve, DraperyData, drapery
from analysis.plots.forest import forest
from analysis.plots.forest_data import (
    ArmNumbers,
    Effect,
    EffectTest,
    ForestData,
    GroupTest,
    Heterogeneity,
    LeftOut,
    PooledRow,
    Prediction,
    StudyGroup,
    StudyRow,
)
from analysis.plots.forest_style import STYLES, ForestStyle
from analysis.plots.forest_words import forest_description
from analysis.plots.funnel import FunnelData, FunnelPoint, RegressionLine, funnel
from analysis.plots.gosh import GoshData, gosh
from analysis.plots.influence import InfluenceData, InfluencePanel, influence
from analysis.plots.labbe import LabbeData, LabbePoint, labbe
from analysis.plots.prisma import prisma
from analysis.plots.prisma_boxes import FlowBox, FlowStep, flow_steps
from analysis.plots.radial import RadialData, RadialPoint, radial
from analysis.plots.render import render
from analysis.plots.rob import RobData, RobRow, rob_summary, traffic_light
from analysis.plots.sequential import BoundaryPoint, Look, SequentialData, sequential
from analysis.plots.svg import svg_for_inline

__all__ = [
    "STYLES",
    "ArmNumbers",
    "BaujatData",
    "BaujatPoint",
    "BoundaryPoint",
    "BubbleData",
    "BubbleLine",
    "BubblePoint",
    "Curve",
    "DraperyData",
    "Effect",
    "EffectTest",
    "FlowBox",
    "FlowStep",
    "ForestData",
    "ForestStyle",
    "FunnelData",
    "FunnelPoint",
    "GoshData",
    "GroupTest",
    "Heterogeneity",
    "InfluenceData",
    "InfluencePanel",
    "LabbeData",
    "LabbePoint",
    "LeftOut",
    "Look",
    "PooledRow",
    "Prediction",
    "RadialData",
    "RadialPoint",
    "RegressionLine",
    "RobData",
    "RobRow",
    "SequentialData",
    "StudyGroup",
    "StudyRow",
    "baujat",
    "bubble",
    "drapery",
    "flow_steps",
    "forest",
    "forest_description",
    "funnel",
    "gosh",
    "influence",
    "labbe",
    "prisma",
    "radial",
    "render",
    "rob_summary",
    "sequential",
    "svg_for_inline",
    "traffic_light",
]
