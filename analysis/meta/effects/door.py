"""One door to all effect sizes: the measure decides which columns are read."""

from collections.abc import Callable
from typing import Any

from numpy.typing import ArrayLike

from analysis.meta.checks import checked_option
from analysis.meta.effects.binary import two_by_two
from analysis.meta.effects.correlation import correlation_effects
from analysis.meta.effects.given import GivenAs, given_effects
from analysis.meta.effects.means import BiasCorrection, mean_differences, single_means
from analysis.meta.effects.proportion import proportions
from analysis.meta.effects.rates import incidence_rates, rate_comparisons
from analysis.meta.effects.types import Addition, Convention, Effects, VarianceType, ZeroCellRule
from analysis.meta.errors import MissingArgument, UnknownOption
from analysis.meta.measures import COLUMNS, EFFECT_MEASURES, EffectMeasure, Kind, MeasureSpec

_BY_KIND: dict[Kind, Callable[..., Effects]] = {
    "proportion": proportions,
    "binary": two_by_two,
    "continuous": mean_differences,
    "mean": single_means,
    "correlation": correlation_effects,
    "rate": incidence_rates,
    "rate_ratio": rate_comparisons,
}
_OPTIONS: dict[Kind, frozenset[str]] = {
    "proportion": frozenset({"add", "to", "vtype", "convention"}),
    "binary": frozenset({"add", "to", "drop00", "vtype", "convention"}),
    "continuous": frozenset({"vtype", "correction"}),
    "mean": frozenset(),
    "correlation": frozenset({"vtype"}),
    "rate": frozenset({"add", "to", "convention"}),
    "rate_ratio": frozenset({"add", "to", "drop00", "convention"}),
    "given": frozenset({"level", "given_as"}),
}
# What every measure may be given, for it changes nothing: R's tables of options name them throughout.
_NEUTRAL: dict[str, Any] = {
    "add": None,
    "to": None,
    "drop00": False,
    "vtype": "LS",
    "convention": "metafor",
    "correction": None,
    "level": 0.95,
    "given_as": "analysis",
}
_REPORTED = ("yi", "vi", "sei", "ci_low", "ci_high")


def effect_sizes(
    measure: EffectMeasure,
    *,
    ai: ArrayLike | None = None,
    n1i: ArrayLike | None = None,
    ci: ArrayLike | None = None,
    n2i: ArrayLike | None = None,
    xi: ArrayLike | None = None,
    ni: ArrayLike | None = None,
    m1i: ArrayLike | None = None,
    sd1i: ArrayLike | None = None,
    m2i: ArrayLike | None = None,
    sd2i: ArrayLike | None = None,
    mi: ArrayLike | None = None,
    sdi: ArrayLike | None = None,
    ri: ArrayLike | None = None,
    ti: ArrayLike | None = None,
    x1i: ArrayLike | None = None,
    t1i: ArrayLike | None = None,
    x2i: ArrayLike | None = None,
    t2i: ArrayLike | None = None,
    yi: ArrayLike | None = None,
    vi: ArrayLike | None = None,
    sei: ArrayLike | None = None,
    ci_low: ArrayLike | None = None,
    ci_high: ArrayLike | None = None,
    add: Addition | None = None,
    to: ZeroCellRule | None = None,
    drop00: bool = False,
    vtype: VarianceType | None = None,
    correction: BiasCorrection | None = None,
    convention: Convention = "metafor",
    level: float = 0.95,
    given_as: GivenAs = "analysis",
) -> Effects:
    """Effect sizes and sampling variances of k studies, from arm data or from what a report gives.

    Parameters
    ----------
    measure : str
        A key of `EFFECT_MEASURES`: PR PLN PLO PAS PFT, OR RR RD AS PETO, MD SMD SMDH ROM, MN MNLN,
        COR UCOR ZCOR, IR IRLN IRS IRFT, IRR IRD IRSD, HR, GEN.
    ai, n1i, ci, n2i : array_like of shape (k,)
        Events and participants of two arms (OR, RR, RD, AS, PETO).
    xi, ni : array_like of shape (k,)
        Events and participants of one arm (PR, PLN, PLO, PAS, PFT).
    m1i, sd1i, n1i, m2i, sd2i, n2i : array_like of shape (k,)
        Means, standard deviations and participants of two arms (MD, SMD, SMDH, ROM).
    mi, sdi, ni : array_like of shape (k,)
        The same of one arm (MN, MNLN).
    ri, ni : array_like of shape (k,)
        Correlations and participants (COR, UCOR, ZCOR).
    xi, ti : array_like of shape (k,)
        Events and person-time of one arm (IR, IRLN, IRS, IRFT).
    x1i, t1i, x2i, t2i : array_like of shape (k,)
        The same of two arms (IRR, IRD, IRSD).
    yi, vi, sei, ci_low, ci_high : array_like of shape (k,)
        Effects that reports give themselves, instead of arm data, for any measure; see `given_effects`.
    add : float or "tacc", optional
        Added to the cells of the studies that `to` names; None: 1/2, or 0 for the arcsines and square roots.
    to : {"only0", "all", "if0all", "none"}, optional
        None: "only0".
    drop00 : bool
        Leave out trials without information about the effect (two-arm events and rates).
    vtype : {"LS", "LS2", "UB", "HO", "AV", "AVHO"}, optional
        Kind of sampling variance, see the function of the measure; None: "LS".
    correction : {"exact", "approximate", "none", "second_order"}, optional
        Of small-sample bias, for SMD and ROM.
    convention : {"metafor", "meta"}
        How R's two packages correct empty cells.
    level : float
        Of reported intervals.
    given_as : {"analysis", "ratio"}
        Scale of reported effects.

    Returns
    -------
    Effects

    Raises
    ------
    UnknownOption
        A measure or option that does not exist, or that the measure does not have.
    MissingArgument
        A column that the measure needs was not given.
    ShapeMismatch, NotFinite, ImpossibleData

    Notes
    -----
    An argument that the measure does not read is refused and not ignored: it is mostly a slip in the measure.

    Examples
    --------
    >>> found = effect_sizes("RR", ai=[4, 6], n1i=[123, 306], ci=[11, 29], n2i=[139, 303])
    >>> found.yi.round(4).tolist(), found.vi.round(4).tolist()
    ([-0.8893, -1.5854], [0.3256, 0.1946])
    """
    given = locals()
    del given["measure"]
    checked_option("measure", measure, tuple(EFFECT_MEASURES))
    spec = EFFECT_MEASURES[measure]
    if spec.kind == "given" or any(given[name] is not None for name in _REPORTED):
        return _reported(spec, given)
    columns = COLUMNS[spec.kind]
    _refuse_surplus(measure, given, (*columns, *_OPTIONS[spec.kind]))
    missing = [name for name in columns if given[name] is None]
    if missing:
        raise MissingArgument(f"{measure} reads {', '.join(columns)}; {', '.join(missing)} not given.")
    options = {name: given[name] for name in _OPTIONS[spec.kind] if given[name] is not None}
    return _BY_KIND[spec.kind](*(given[name] for name in columns), measure=measure, **options)


def _reported(spec: MeasureSpec, given: dict[str, Any]) -> Effects:
    read = (*_REPORTED, "ni", *_OPTIONS["given"])
    _refuse_surplus(spec.code, given, read)
    return given_effects(**{name: given[name] for name in read}, measure=spec.code)


def _refuse_surplus(measure: EffectMeasure, given: dict[str, Any], read: tuple[str, ...]) -> None:
    for name, value in given.items():
        if name not in read and value is not None and not _is_neutral(name, value):
            raise UnknownOption(f"{measure} does not read {name}; it reads {', '.join(sorted(read))}.")


def _is_neutral(name: str, value: Any) -> bool:
    return name in _NEUTRAL and isinstance(value, str | bool | float) and value == _NEUTRAL[name]
