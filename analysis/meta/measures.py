"""What the engine can compute: each measure with its data, its arms and the scale on which it is shown."""

from dataclasses import dataclass
from typing import Literal, get_args

Measure = Literal[
    "PR", "PLN", "PLO", "PAS", "PFT", "OR", "RR", "RD", "AS", "MD", "SMD", "SMDH", "ROM"
]  # fmt: skip
EffectMeasure = Literal[
    "PR", "PLN", "PLO", "PAS", "PFT",
    "OR", "RR", "RD", "AS", "PETO",
    "MD", "SMD", "SMDH", "ROM", "MN", "MNLN",
    "COR", "UCOR", "ZCOR",
    "IR", "IRLN", "IRS", "IRFT", "IRR", "IRD", "IRSD",
    "HR", "GEN",
]  # fmt: skip
Kind = Literal["proportion", "binary", "continuous", "mean", "correlation", "rate", "rate_ratio", "given"]
Scale = Literal["identity", "exp", "logistic", "arcsine", "sine_squared", "tanh", "square", "rate_arcsine"]

# The arguments of `effect_sizes` that a kind of data needs.
COLUMNS: dict[Kind, tuple[str, ...]] = {
    "proportion": ("xi", "ni"),
    "binary": ("ai", "n1i", "ci", "n2i"),
    "continuous": ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i"),
    "mean": ("mi", "sdi", "ni"),
    "correlation": ("ri", "ni"),
    "rate": ("xi", "ti"),
    "rate_ratio": ("x1i", "t1i", "x2i", "t2i"),
    "given": ("yi",),
}


@dataclass(frozen=True, slots=True)
class MeasureSpec:
    """Facts about one measure.

    Attributes
    ----------
    code : str
    kind : str
        Which data it reads, see `COLUMNS`; "given" reads effects that are computed already.
    arms : int
        1 for single-arm data, 2 for experimental against control.
    scale : str
        How the analysis scale turns into the display scale.
    no_effect : float or None
        The display value that means no difference; proportions, means and rates have none.
    zero_cells : bool
        Whether the continuity correction applies by default.
    lowest, highest : float or None
        Ends of what the display scale can hold.
    """

    code: EffectMeasure
    kind: Kind
    arms: int
    scale: Scale
    no_effect: float | None
    zero_cells: bool
    lowest: float | None = None
    highest: float | None = None


EFFECT_MEASURES: dict[EffectMeasure, MeasureSpec] = {
    spec.code: spec
    for spec in (
        MeasureSpec("PR", "proportion", 1, "identity", None, True, 0.0, 1.0),
        MeasureSpec("PLN", "proportion", 1, "exp", None, True, 0.0, 1.0),
        MeasureSpec("PLO", "proportion", 1, "logistic", None, True, 0.0, 1.0),
        # The arcsines are defined at 0 and n as they stand, so nothing is added to their cells.
        MeasureSpec("PAS", "proportion", 1, "sine_squared", None, False, 0.0, 1.0),
        MeasureSpec("PFT", "proportion", 1, "arcsine", None, False, 0.0, 1.0),
        MeasureSpec("OR", "binary", 2, "exp", 1.0, True, 0.0),
        MeasureSpec("RR", "binary", 2, "exp", 1.0, True, 0.0),
        MeasureSpec("RD", "binary", 2, "identity", 0.0, True, -1.0, 1.0),
        MeasureSpec("AS", "binary", 2, "identity", 0.0, False),
        MeasureSpec("PETO", "binary", 2, "exp", 1.0, True, 0.0),
        MeasureSpec("MD", "continuous", 2, "identity", 0.0, False),
        MeasureSpec("SMD", "continuous", 2, "identity", 0.0, False),
        MeasureSpec("SMDH", "continuous", 2, "identity", 0.0, False),
        MeasureSpec("ROM", "continuous", 2, "exp", 1.0, False, 0.0),
        MeasureSpec("MN", "mean", 1, "identity", None, False),
        MeasureSpec("MNLN", "mean", 1, "exp", None, False, 0.0),
        MeasureSpec("COR", "correlation", 1, "identity", 0.0, False, -1.0, 1.0),
        MeasureSpec("UCOR", "correlation", 1, "identity", 0.0, False, -1.0, 1.0),
        MeasureSpec("ZCOR", "correlation", 1, "tanh", 0.0, False, -1.0, 1.0),
        MeasureSpec("IR", "rate", 1, "identity", None, True, 0.0),
        MeasureSpec("IRLN", "rate", 1, "exp", None, True, 0.0),
        MeasureSpec("IRS", "rate", 1, "square", None, False, 0.0),
        MeasureSpec("IRFT", "rate", 1, "rate_arcsine", None, False, 0.0),
        MeasureSpec("IRR", "rate_ratio", 2, "exp", 1.0, True, 0.0),
        MeasureSpec("IRD", "rate_ratio", 2, "identity", 0.0, True),
        MeasureSpec("IRSD", "rate_ratio", 2, "identity", 0.0, False),
        MeasureSpec("HR", "given", 2, "exp", 1.0, False, 0.0),
        MeasureSpec("GEN", "given", 1, "identity", None, False),
    )
}
_OFFERED: tuple[Measure, ...] = get_args(Measure)
# What a synthesis of studies with arms offers; `effect_sizes` computes all of EFFECT_MEASURES.
MEASURES: dict[Measure, MeasureSpec] = {code: EFFECT_MEASURES[code] for code in _OFFERED}
