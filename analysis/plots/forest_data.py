"""What stands on a forest plot: values as displayed, and ready text."""

from dataclasses import dataclass
from typing import Literal

Judgement = Literal["low", "some_concerns", "high"]


@dataclass(frozen=True, slots=True)
class Effect:
    """An estimate with its interval, as displayed: ratios not logged, proportions from 0 to 1."""

    estimate: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True)
class ArmNumbers:
    """One arm: events of total, or mean and SD of total. A style decides in which columns they stand."""

    total: int
    events: int | None = None
    mean: float | None = None
    sd: float | None = None


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """How much the studies of a pool differ; I² in percent.

    Attributes
    ----------
    q, i2 : float
    df : int
    p_value : float
    tau2, tau2_low, tau2_high : float or None
        None under the common-effect model; the limits also where there is no interval.
    level : float
        Of the interval of tau².
    """

    q: float
    df: int
    p_value: float
    i2: float
    tau2: float | None = None
    tau2_low: float | None = None
    tau2_high: float | None = None
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class EffectTest:
    """Test of no effect: z where `df` is None, else t."""

    statistic: float
    p_value: float
    df: float | None = None


@dataclass(frozen=True, slots=True)
class GroupTest:
    """Test that the subgroups' effects are equal: chi-square with `df`, I² in percent."""

    q: float
    df: int
    p_value: float
    i2: float


@dataclass(frozen=True, slots=True)
class StudyRow:
    """One study.

    Attributes
    ----------
    label : str
        Study name.
    columns : tuple of str
        Ready text for the left columns, e.g. events and totals.
    effect : Effect or None
        None where the study's effect cannot be estimated; the row says so.
    weight_percent : float or None
        Share of the pooled estimate; None where there is no pool.
    is_corrected : bool
        Whether a continuity correction was used; marked and explained.
    arms : tuple of ArmNumbers
        Numbers for columns that the style lays out, experimental first; none where `columns` are ready.
    log_effect : (float, float) or None
        Effect and standard error on the scale of the analysis, where nothing is known of the arms.
    judgements : tuple of "low", "some_concerns", "high" or None
        Risk of bias, one for each of the plot's domains.
    left_out : str
        Why the study stands in the table and yet has no part in the pool.
    """

    label: str
    columns: tuple[str, ...] = ()
    effect: Effect | None = None
    weight_percent: float | None = None
    is_corrected: bool = False
    arms: tuple[ArmNumbers, ...] = ()
    log_effect: tuple[float, float] | None = None
    judgements: tuple[Judgement | None, ...] = ()
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class PooledRow:
    """A subtotal or the total: a diamond. The style words its heterogeneity and test, if they are given."""

    label: str
    effect: Effect
    columns: tuple[str, ...] = ()
    heterogeneity: Heterogeneity | None = None
    test: EffectTest | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """The prediction interval, as displayed."""

    low: float
    high: float
    label: str = "Prediction interval"


@dataclass(frozen=True, slots=True)
class StudyGroup:
    """A subgroup: heading, studies, subtotal or None, and lines such as its heterogeneity."""

    heading: str
    rows: tuple[StudyRow, ...]
    subtotal: PooledRow | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A study that has no row in the table, and why."""

    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class ForestData:
    """Everything on a forest plot; nothing is computed from it but positions, sums and printed digits.

    Attributes
    ----------
    title : str
        Outcome, and measure if needed.
    measure_label : str
        Heading of the estimates, e.g. "Risk ratio [95% CI]"; each style has its own brackets.
    rows : tuple of StudyRow
        Studies without subgroups.
    groups : tuple of StudyGroup
        Studies in subgroups, after ``rows``.
    column_headers : tuple of str
        Headings of the left columns, where the rows have ready text.
    total : PooledRow or None
        None where nothing is pooled; a single study then says so.
    prediction : Prediction or None
    footer : tuple of str
        Heterogeneity, tests, methods as ready lines, after those that the style words itself.
    notes : tuple of str
        Further lines, in small print: who does not contribute, and why.
    log_scale : bool
        Whether the axis is logarithmic (ratios).
    null_line : float or None
        1 for ratios, 0 for differences, None for proportions.
    favours : (str, str) or None
        Words under the left and the right side of the null line.
    axis_label : str
    percent : bool
        Print proportions as percentages.
    decimals : int or None
        Digits of the estimates; by default 1 for percentages and 2 else, more where intervals are narrow.
    study_header : str
    arms : tuple of str
        Names of the arms, where the rows have numbers of them.
    method : str
        Method and model in a word or two, e.g. "IV, random"; for styles that head the estimates with it.
    group_test : GroupTest or None
    left_out : tuple of LeftOut
    domains : tuple of str
        Domains of risk of bias, lettered A, B, ... in this order; none draws no such columns.
    axis_limits : (float, float) or None
        Limits of the axis, as displayed; chosen from the studies where None.
    """

    title: str
    measure_label: str
    rows: tuple[StudyRow, ...] = ()
    groups: tuple[StudyGroup, ...] = ()
    column_headers: tuple[str, ...] = ()
    total: PooledRow | None = None
    prediction: Prediction | None = None
    footer: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    log_scale: bool = False
    null_line: float | None = None
    favours: tuple[str, str] | None = None
    axis_label: str = ""
    percent: bool = False
    decimals: int | None = None
    study_header: str = "Study"
    arms: tuple[str, ...] = ()
    method: str = ""
    group_test: GroupTest | None = None
    left_out: tuple[LeftOut, ...] = ()
    domains: tuple[str, ...] = ()
    axis_limits: tuple[float, float] | None = None

    @property
    def studies(self) -> tuple[StudyRow, ...]:
        """All studies in the order of the plot."""
        return self.rows + tuple(row for group in self.groups for row in group.rows)
