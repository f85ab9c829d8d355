"""What goes into a synthesis and what comes out: values only, ready to be stored, shown and checked."""

from dataclasses import dataclass
from typing import Literal, get_args

from analysis.meta.checks import checked_level, checked_option
from analysis.meta.codec import Json, decode, encode
from analysis.meta.effects import ZERO_CELL_RULES, ZeroCellRule
from analysis.meta.errors import UnknownOption
from analysis.meta.measures import MEASURES, Measure
from analysis.meta.tau2 import TAU2_METHODS, Tau2Method

Model = Literal["random", "common"]
Status = Literal["pooled", "single", "none"]
CiChoice = Literal["auto", "wald", "t", "hk", "hk_adhoc"]
CiUsed = Literal["wald", "t", "hk", "hk_adhoc"]
CiReason = Literal["common_model", "counts", "k_below_3", "tau2_zero"]
PredictionChoice = Literal["V", "HTS", "HK", "HK-PR", "none"]
PredictionReason = Literal["not_requested", "common_model", "k_below_3"]
RandomTau2Method = Literal["DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"]
Pooling = Literal["inverse", "mh", "peto", "glmm"]
POOLINGS: tuple[Pooling, ...] = ("inverse", "mh", "peto", "glmm")
# Measures that each way of pooling counts can give.
POOLED_MEASURES: dict[Pooling, tuple[Measure, ...]] = {
    "mh": ("OR", "RR", "RD"),
    "peto": ("OR",),
    "glmm": ("OR", "PLO"),
}
BiasMethod = Literal[
    "egger", "thompson_sharp", "begg", "peters", "harbord", "ruecker_thompson", "pustejovsky_rodgers"
]
BiasChoice = Literal["none", BiasMethod]
BIAS_CHOICES: tuple[BiasChoice, ...] = ("none", *get_args(BiasMethod))
BiasReason = Literal[
    "not_requested",
    "k_below_10",
    "k_below_3",
    "no_variation",
    "needs_events",
    "unsuited",
    "not_computable",
]
TrimFillReason = Literal["k_below_3", "counts", "no_variation", "no_convergence"]
LeftOut = Literal["double_zero", "not_estimable", "zero_variance"]
Note = Literal["continuity_correction", "double_zero_kept", "ci_zero_width", "clipped"]


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm's data: events and total, or mean, SD and n."""

    events: int | None = None
    total: int | None = None
    mean: float | None = None
    sd: float | None = None
    n: int | None = None


@dataclass(frozen=True, slots=True)
class StudyData:
    """One study: one arm, or experimental then control. `subgroup` None means not reported."""

    id: str
    label: str
    arms: tuple[Arm, ...]
    subgroup: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """How to pool. Every default is stated in docs/statistical-methods.md.

    Raises
    ------
    UnknownOption
        On a value outside its closed set.
    """

    measure: Measure
    pooling: Pooling = "inverse"
    model: Model = "random"
    tau2_method: RandomTau2Method = "REML"
    ci_method: CiChoice = "auto"
    level: float = 0.95
    prediction: PredictionChoice = "V"
    add: float = 0.5
    to: ZeroCellRule = "only0"
    drop00: bool = False
    subgroup_tau2: Literal["separate", "common"] = "separate"
    bias_test: BiasChoice = "none"
    bias_test_on_request: bool = False
    pft_size: Literal["harmonic", "barendregt_doi"] = "harmonic"

    def __post_init__(self) -> None:
        checked_option("measure", self.measure, tuple(MEASURES))
        checked_option("pooling", self.pooling, POOLINGS)
        checked_option("model", self.model, ("random", "common"))
        checked_option("tau2_method", self.tau2_method, TAU2_METHODS[1:])
        checked_option("ci_method", self.ci_method, ("auto", "wald", "t", "hk", "hk_adhoc"))
        checked_option("prediction", self.prediction, ("V", "HTS", "HK", "HK-PR", "none"))
        checked_option("to", self.to, ZERO_CELL_RULES)
        checked_option("subgroup_tau2", self.subgroup_tau2, ("separate", "common"))
        checked_option("bias_test", self.bias_test, BIAS_CHOICES)
        checked_option("pft_size", self.pft_size, ("harmonic", "barendregt_doi"))
        checked_level(self.level)
        self._refuse_misfits()
        if not 0 <= self.add < float("inf"):
            raise UnknownOption(f"add is {self.add!r}; give a number of at least 0, such as 0.5.")

    def _refuse_misfits(self) -> None:
        if self.pooling == "inverse":
            return
        allowed = POOLED_MEASURES[self.pooling]
        if self.measure not in allowed:
            raise UnknownOption(
                f"pooling is {self.pooling!r} for {self.measure}; it is for {', '.join(allowed)} only."
            )
        if self.pooling in ("mh", "peto") and self.model != "common":
            raise UnknownOption(
                f"pooling is {self.pooling!r} with random effects; it has no between-study variance, "
                "so choose the common effect."
            )
        if self.pooling == "glmm" and self.subgroup_tau2 == "common":
            raise UnknownOption("subgroup_tau2 is 'common' with pooling 'glmm'; choose 'separate'.")


@dataclass(frozen=True, slots=True)
class StudyResult:
    """One study's effect.

    `yi` and `vi` are on the analysis scale; `estimate`, `ci_low`, `ci_high` on the display scale (normal
    interval on the analysis scale). They are None where `left_out` says why. `weight_percent` is that of the
    model used, None where nothing was pooled.
    """

    id: str
    label: str
    subgroup: str | None
    arms: tuple[Arm, ...]
    yi: float | None
    vi: float | None
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    weight_percent: float | None
    corrected: bool
    double_zero: bool
    clipped: bool
    left_out: LeftOut | None


@dataclass(frozen=True, slots=True)
class Pooled:
    """A pooled estimate, on both scales.

    `statistic` and `p_value` test no effect and are None for proportions, which have none, and where the
    interval has no width. `df` is None for z. `clipped`: a value lay beyond the display scale.
    """

    estimate: float
    ci_low: float
    ci_high: float
    analysis_estimate: float
    analysis_ci_low: float
    analysis_ci_high: float
    se: float
    statistic_name: Literal["z", "t"]
    statistic: float | None
    df: int | None
    p_value: float | None
    ci_method: CiUsed
    clipped: bool


@dataclass(frozen=True, slots=True)
class PredictionResult:
    """Prediction interval on both scales; `marked` where it rests on fewer than five studies."""

    method: Literal["V", "HTS", "HK", "HK-PR"]
    low: float
    high: float
    analysis_low: float
    analysis_high: float
    df: int
    marked: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """The synthesis of one set of studies: all of them, or one subgroup.

    Under the common-effect model, and where there is no pool, `tau2`, `tau` and their limits are None.
    `i2` and `h` rest on what `i2_basis` says; `i2_q` is always from Q. Percentages are 0 to 100.
    `ci_reason` says why "auto" chose Wald; `alternative` is the Wald result where Hartung-Knapp was used
    and is the narrower one. `back_n` is the sample size of a double arcsine's back-transformation.
    """

    status: Status
    k: int
    pooled: Pooled | None
    alternative: Pooled | None
    ci_reason: CiReason | None
    prediction: PredictionResult | None
    prediction_reason: PredictionReason | None
    tau2: float | None
    tau: float | None
    tau2_se: float | None
    tau2_ci_low: float | None
    tau2_ci_high: float | None
    q: float | None
    q_df: int | None
    q_p: float | None
    i2: float | None
    i2_basis: Literal["tau2", "q"] | None
    i2_q: float | None
    h: float | None
    back_n: float | None
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Subgroup:
    """One group and its own synthesis: of status "none" where its studies alone determine no estimate."""

    name: str
    study_ids: tuple[str, ...]
    summary: Summary


@dataclass(frozen=True, slots=True)
class SubgroupTest:
    """Test that the groups' effects are equal: Q, chi-square with `df`; `i2` in percent."""

    q: float
    df: int
    p_value: float
    i2: float
    tau2: Literal["separate", "common"] | None


@dataclass(frozen=True, slots=True)
class BiasTest:
    """Funnel plot asymmetry.

    Attributes
    ----------
    method : str
        Key of the test in `BIAS_TESTS`.
    k : int
        Studies that the test could use: some cannot use those with only or no events.
    statistic, p_value : float or None
        t of the slope with `df`, or z of the rank correlation (`df` None). None where the line goes through
        every effect, so that nothing is left to judge it by.
    slope, slope_se, intercept, intercept_se : float or None
        Of a regression.
    below_ten : bool
        Whether `k` is below ten, so that the test says little.
    p_method : {"t", "normal", "exact"}
        How the p-value was found; "exact" counts the permutations of ranks.
    tau : float or None
        Kendall's tau-b of a rank correlation.
    tau2, tau2_method
        Residual between-study variance of a regression with additive heterogeneity.
    """

    method: BiasMethod
    k: int
    statistic: float | None
    df: int | None
    p_value: float | None
    slope: float | None
    slope_se: float | None
    intercept: float | None
    intercept_se: float | None
    below_ten: bool
    p_method: Literal["t", "normal", "exact"] = "t"
    tau: float | None = None
    tau2: float | None = None
    tau2_method: Tau2Method | None = None


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """The pool without one study; a study without which the others have no pool has no entry."""

    study_id: str
    pooled: Pooled
    tau2: float | None
    i2: float
    q: float
    q_p: float


@dataclass(frozen=True, slots=True)
class StudyInfluence:
    """What one study does to the pool; `influence` says what each number is.

    `tau2_without` and `q_without` are those of the others. A number without a finite value is None.
    """

    study_id: str
    rstudent: float | None
    dffits: float | None
    cook_d: float | None
    cov_r: float | None
    dfbs: float | None
    weight_percent: float
    tau2_without: float | None
    q_without: float | None
    is_influential: bool


@dataclass(frozen=True, slots=True)
class FilledStudy:
    """The mirror image of a study, on the analysis scale."""

    yi: float
    vi: float


@dataclass(frozen=True, slots=True)
class TrimFilled:
    """Trim and fill: `k0` studies missing on `side`, and the pool with their mirror images."""

    estimator: Literal["L0"]
    side: Literal["left", "right"]
    k0: int
    k0_se: float | None
    filled: tuple[FilledStudy, ...]
    pooled: Pooled


@dataclass(frozen=True, slots=True)
class Synthesis:
    """Everything that a page, a figure, a table or a check in R needs of one pooling.

    `not_in_subgroup_test` lists pooled studies whose subgroup is not reported: they count in `overall` only.
    `subgroup_test` is None without subgroups, and where fewer than two groups have a study. `influence` and
    `trim_fill` are of pools by inverse variance; results stored before they were known have neither.
    """

    engine_version: str
    settings: Settings
    studies: tuple[StudyResult, ...]
    overall: Summary
    subgroups: tuple[Subgroup, ...]
    subgroup_test: SubgroupTest | None
    not_in_subgroup_test: tuple[str, ...]
    bias: BiasTest | None
    bias_reason: BiasReason | None
    leave_one_out: tuple[LeaveOneOut, ...]
    influence: tuple[StudyInfluence, ...] = ()
    trim_fill: TrimFilled | None = None
    trim_fill_reason: TrimFillReason | None = None

    @property
    def status(self) -> Status:
        """Pooled, a single study, or none."""
        return self.overall.status

    @property
    def k(self) -> int:
        """Studies that contribute."""
        return self.overall.k

    @property
    def pooled(self) -> Pooled | None:
        """The overall pooled estimate, if there is one."""
        return self.overall.pooled

    def to_dict(self) -> dict[str, Json]:
        """As JSON values, exactly."""
        encoded = encode(self)
        assert isinstance(encoded, dict)
        return encoded

    @classmethod
    def from_dict(cls, value: dict[str, Json]) -> "Synthesis":
        """Rebuild from `to_dict`.

        Raises
        ------
        ShapeMismatch
        """
        return decode(cls, value)
