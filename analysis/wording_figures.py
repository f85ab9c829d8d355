"""The figures beside the forest plot in words: what each shows, what it is for, why one is missing."""

from collections.abc import Callable, Mapping
from typing import Any

from analysis import comparison, study_years, wording
from analysis.synthesis_settings import PROPORTIONS
from reviews.templatetags.perennial import THIN, thin

LEAST_STUDIES = 3
# All subsets of so many studies are pooled for a GOSH plot; of more, a sample of the size beside it.
GOSH_ALL, GOSH_SAMPLE = 12, 2_000
TITLES = {
    "forest": "Forest plot",
    "funnel": "Funnel plot",
    "trim_fill": "Funnel plot with filled studies",
    "radial": "Radial plot",
    "leave_one_out": "Forest plot without one study at a time",
    "cumulative": "Cumulative forest plot",
    "baujat": "Baujat plot",
    "gosh": "GOSH plot",
    "labbe": "L’Abbé plot",
    "drapery": "Drapery plot",
    "forest_revman5": "Forest plot",
    "forest_bmj": "Forest plot",
    "forest_jama": "Forest plot",
}
_BY_VARIANCE = "by inverse variance, and this analysis pools the counts themselves"
_FROM_VARIANCES = frozenset({"baujat", "gosh"})
_TWO_ARM_EVENTS = frozenset({"OR", "RR", "RD", "AS"})
_OLDER = "this run is of an earlier engine; the next one brings it."
_NOT_FILLED = {
    "k_below_3": f"at least {LEAST_STUDIES} studies must be pooled.",
    "counts": f"only for pools {_BY_VARIANCE}.",
    "no_variation": "all studies are equally precise, so no side can be told.",
    "no_convergence": "trim and fill comes to no end with these studies.",
}
_NO_INFLUENCE = "Influence needs at least 3 studies that are pooled."


def applies(plot: str, result: comparison.Outcome) -> bool:
    """Whether a figure of this kind belongs to this kind of data at all."""
    return plot != "labbe" or result.settings["measure"] in _TWO_ARM_EVENTS


def why_not(plot: str, result: comparison.Outcome) -> str:
    """Why a result has no such figure; empty where it has."""
    if result.status == "refused":
        return "The engine refused these data."
    if result.status != "pooled" or result.outputs["overall"]["k"] < LEAST_STUDIES:
        return f"at least {LEAST_STUDIES} studies must be pooled."
    if plot == "leave_one_out" and not result.outputs["leave_one_out"]:
        return "whichever study is left out, the others determine no estimate."
    if plot == "trim_fill":
        return _why_not_filled(result)
    if plot in _FROM_VARIANCES and _pools_counts(result):
        return f"only for pools {_BY_VARIANCE}."
    return ""


def trim_fill(result: comparison.Outcome) -> str:
    """How many studies the funnel lacks, on which side, and the estimate with them; else empty."""
    found = result.outputs.get("trim_fill")
    if not found:
        return ""
    if not found["k0"]:
        return f"Trim and fill (L0) looks for missing studies on the {found['side']} and adds none."
    noun = "study" if found["k0"] == 1 else "studies"
    estimate = wording.with_interval(found["pooled"], result.settings)
    return (
        f"Trim and fill (L0) adds {found['k0']} {noun} on the {found['side']}; "
        f"with {'it' if found['k0'] == 1 else 'them'} the estimate is {estimate}."
    )


def influence(result: comparison.Outcome) -> str:
    """Why there is no table of influence; empty where there is one."""
    if result.outputs.get("influence"):
        return ""
    if result.status != "pooled" or result.outputs["overall"]["k"] < LEAST_STUDIES:
        return _NO_INFLUENCE
    if _pools_counts(result):
        return f"Influence is measured for pools {_BY_VARIANCE}."
    if "influence" not in result.outputs:
        return f"Influence: {_OLDER}"
    return "Without one of the studies the model has no solution, so no influence can be given."


def says(plot: str, result: comparison.Outcome) -> str:
    """What a figure is for, in a sentence or two."""
    made = _SAYS[plot]
    return made if isinstance(made, str) else made(result)


def alt(plot: str, result: comparison.Outcome) -> str:
    """The figure for those who cannot see it; the file itself has a longer description."""
    facts = _ALT.get(plot)
    text = facts(result) if facts else says(plot, result)
    return f"{TITLES[plot]}. {text}"


def _pools_counts(result: comparison.Outcome) -> bool:
    return bool(result.settings.get("pooling", "inverse") != "inverse")


def _why_not_filled(result: comparison.Outcome) -> str:
    found = result.outputs.get("trim_fill")
    if found:
        return "" if found["k0"] else "without a study to fill in it would be the funnel plot again."
    reason = result.outputs.get("trim_fill_reason")
    return _NOT_FILLED[reason] if reason else _OLDER


def _cumulative(result: comparison.Outcome) -> str:
    return f"The pool as each study came. {study_years.order_words(contributing(result))}"


def contributing(result: comparison.Outcome) -> list[dict[str, Any]]:
    """Id and label of the pooled studies, in the order of the result."""
    return [
        {"id": study["id"], "label": study["label"]}
        for study in result.outputs["studies"]
        if study["left_out"] is None
    ]


def _gosh(result: comparison.Outcome) -> str:
    k = result.outputs["overall"]["k"]
    which = (
        f"all {thin(2**k - 1)} subsets of the studies"
        if k <= GOSH_ALL
        else f"{thin(GOSH_SAMPLE)} random subsets of the studies, always the same ones"
    )
    return f"Estimate and I² of {which}. Separate clouds mean studies that do not go together."


def _radial(result: comparison.Outcome) -> str:
    return (
        "Each study’s z-value against its precision: its slope from the origin is its effect. "
        f"{wording.level(result.settings)} of studies would lie in the band if all shared the pooled effect."
    )


def _leave_one_out(result: comparison.Outcome) -> str:
    anew = ", with tau² estimated anew each time" if result.settings["model"] == "random" else ""
    return f"The pool of all the other studies{anew}."


def _leave_one_out_alt(result: comparison.Outcome) -> str:
    pools = [entry["pooled"] for entry in result.outputs["leave_one_out"]]
    low = min(pools, key=lambda pool: float(pool["estimate"]))
    high = max(pools, key=lambda pool: float(pool["estimate"]))
    ends = (wording.display(pool["estimate"], result.settings) for pool in (low, high))
    return f"Without one study at a time the estimate is {' to '.join(ends)}."


def _funnel(result: comparison.Outcome) -> str:
    shades = (
        "" if result.settings["measure"] in PROPORTIONS else " Shades say how small a study’s own P value is."
    )
    return (
        "Each study’s effect against its standard error, with the limits within which "
        f"95{THIN}% would lie.{shades}"
    )


_SAYS: Mapping[str, str | Callable[[comparison.Outcome], str]] = {
    "funnel": _funnel,
    "trim_fill": "The same funnel with the mirror images of studies that it seems to lack, as open circles. "
    "All asymmetry is read as missing studies, which it need not be.",
    "radial": _radial,
    "leave_one_out": _leave_one_out,
    "cumulative": _cumulative,
    "baujat": "To the right: studies that make the heterogeneity. Upwards: studies that move the estimate.",
    "gosh": _gosh,
    "labbe": "Risk in one arm against risk in the other; the area of a circle is the study’s weight. "
    "Below the diagonal the experimental arm has the lower risk.",
    "drapery": "The P value of every possible effect, for each study and for the pool: where a curve meets "
    "a line lie the ends of that confidence interval.",
}
_ALT: Mapping[str, Callable[[comparison.Outcome], str]] = {
    "leave_one_out": _leave_one_out_alt,
    "cumulative": _cumulative,
    "trim_fill": trim_fill,
}
