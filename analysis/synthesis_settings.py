"""What a spec may say of how to pool: closed sets, defaults, words. KERNEL: no Django, no engine.

The engine refuses an unknown value too; here it is refused before it is stored, and a page can name every
choice without loading the engine (a test holds both sides equal).
"""

from collections.abc import Mapping
from typing import TypeAlias

SettingValue: TypeAlias = str | float | bool | dict[str, str]
SettingValues: TypeAlias = dict[str, SettingValue]

PROPORTIONS = ("PLO", "PFT", "PR", "PLN", "PAS")
BINARY_MEASURES = (*PROPORTIONS, "OR", "RR", "RD", "AS")
CONTINUOUS_MEASURES = ("MD", "SMD", "SMDH", "ROM")
RATIOS = frozenset({"OR", "RR", "ROM"})
# The display value that means no difference; proportions have none.
NO_EFFECT = {"OR": 1.0, "RR": 1.0, "RD": 0.0, "AS": 0.0, "MD": 0.0, "SMD": 0.0, "SMDH": 0.0, "ROM": 1.0}

MEASURE_WORDS = {
    "PR": "Proportion (raw)",
    "PLN": "Proportion (log)",
    "PLO": "Proportion (logit)",
    "PAS": "Proportion (arcsine)",
    "PFT": "Proportion (Freeman-Tukey double arcsine)",
    "OR": "Odds ratio",
    "RR": "Risk ratio",
    "RD": "Risk difference",
    "AS": "Arcsine difference",
    "MD": "Mean difference",
    "SMD": "Standardised mean difference",
    "SMDH": "Standardised mean difference (unequal variances)",
    "ROM": "Ratio of means",
}
# Ratios of events move with their own variance, which Peters' test does not use.
_PETERS = frozenset({"OR", "RR", "RD"})
CHOICES: dict[str, dict[str, str]] = {
    "measure": MEASURE_WORDS,
    "pooling": {
        "inverse": "Inverse variance",
        "mh": "Mantel-Haenszel",
        "peto": "Peto",
        "glmm": "Generalised linear mixed model",
    },
    "model": {"random": "Random effects", "common": "Common effect"},
    "tau2_method": {
        "REML": "Restricted maximum likelihood (REML)",
        "DL": "DerSimonian-Laird",
        "PM": "Paule-Mandel",
        "ML": "Maximum likelihood (ML)",
        "EB": "Empirical Bayes",
        "SJ": "Sidik-Jonkman",
        "HE": "Hedges",
        "HS": "Hunter-Schmidt",
    },
    "ci_method": {
        "auto": "Hartung-Knapp where possible, else Wald",
        "wald": "Wald",
        "t": "Wald with t, k − 1 degrees of freedom",
        "hk": "Hartung-Knapp",
        "hk_adhoc": "Hartung-Knapp, never narrower than Wald",
    },
    "prediction": {
        "V": "t with k − 1 degrees of freedom",
        "HTS": "Higgins, Thompson and Spiegelhalter: t with k − 2",
        "HK": "Hartung-Knapp, t with k − 1",
        "HK-PR": "Hartung-Knapp, t with k − 2",
        "none": "None",
    },
    "to": {
        "only0": "To studies with an empty cell",
        "if0all": "To all studies where one has an empty cell",
        "all": "To all studies",
        "none": "To none",
    },
    "subgroup_tau2": {"separate": "One tau² for each subgroup", "common": "One tau² shared by the subgroups"},
    "bias_test": {
        "none": "None",
        "egger": "Egger's regression",
        "thompson_sharp": "Thompson and Sharp's regression (additive heterogeneity)",
        "begg": "Begg and Mazumdar's rank correlation",
        "peters": "Peters' regression (events of total)",
        "harbord": "Harbord's score test (odds and risk ratios)",
        "ruecker_thompson": "Rücker's arcsine regression (two arms of counts)",
        "pustejovsky_rodgers": "Pustejovsky and Rodgers' regression (standardised mean differences)",
    },
    "pft_size": {"harmonic": "Harmonic mean of the sizes", "barendregt_doi": "Barendregt and Doi"},
}
FLAGS = ("drop00", "bias_test_on_request")
_NUMBERS = {"level": (0.5, 0.999), "add": (0.0, 10.0)}
# Measures that can be pooled from the counts themselves.
POOLED_MEASURES = {"mh": ("OR", "RR", "RD"), "peto": ("OR",), "glmm": ("OR", "PLO")}
# Measures of which a test of small-study effects can be asked; the tests that are not here suit all.
TESTED_MEASURES = {
    "peters": BINARY_MEASURES,
    "harbord": ("OR", "RR"),
    "ruecker_thompson": ("OR", "RR", "RD", "AS"),
    "pustejovsky_rodgers": ("SMD",),
}
DEFAULTS: SettingValues = {
    "pooling": "inverse",
    "model": "random",
    "tau2_method": "REML",
    "ci_method": "auto",
    "level": 0.95,
    "prediction": "V",
    "add": 0.5,
    "to": "only0",
    "drop00": False,
    "subgroup_tau2": "separate",
    "bias_test": "none",
    "bias_test_on_request": False,
    "pft_size": "harmonic",
    # Where a study offers two results, which one counts: id of the study -> key of the result.
    "chosen": {},
}


class BadSetting(ValueError):
    """A setting that no synthesis knows; the message names it, its value and what is allowed."""


def measures_of(outcome_type: str) -> tuple[str, ...]:
    """The measures that data of this type can give."""
    return BINARY_MEASURES if outcome_type == "binary" else CONTINUOUS_MEASURES


def defaults_for(measure: str) -> SettingValues:
    """Every setting of a new spec.

    Neither Peters' nor Egger's test was made for single proportions, whose variance moves with the estimate:
    there a test is only done where it is asked for.
    """
    test = "none" if measure in PROPORTIONS else "peters" if measure in _PETERS else "egger"
    return {"measure": measure, **DEFAULTS, "chosen": {}, "bias_test": test}


def complete(given: Mapping[str, object], *, measure: str, outcome_type: str) -> SettingValues:
    """Fill the defaults in and refuse what is not known.

    Parameters
    ----------
    given : mapping
        Some or all settings; `measure` in it overrules the argument.
    measure : str
        The outcome's own measure.
    outcome_type : {"binary", "continuous"}

    Returns
    -------
    dict
        All settings.

    Raises
    ------
    BadSetting
    """
    wanted = given.get("measure", measure)
    if wanted not in measures_of(outcome_type):
        allowed = ", ".join(measures_of(outcome_type))
        raise BadSetting(f"{wanted} cannot be computed from {outcome_type} data; choose one of {allowed}.")
    values = defaults_for(str(wanted))
    unknown = sorted(set(given) - set(values))
    if unknown:
        raise BadSetting(f"{unknown[0]} is not a setting of a synthesis.")
    values.update({name: _checked(name, value) for name, value in given.items()})
    _refuse_misfits(values)
    return values


def fits(pooling: str, measure: str) -> bool:
    """Whether effects of this measure can be pooled in this way."""
    return pooling == "inverse" or measure in POOLED_MEASURES[pooling]


def suits(bias_test: str, measure: str) -> bool:
    """Whether this test of small-study effects can be asked of effects of this measure."""
    return measure in TESTED_MEASURES.get(bias_test, (measure,))


def _refuse_misfits(values: SettingValues) -> None:
    pooling, measure = str(values["pooling"]), str(values["measure"])
    words = CHOICES["pooling"][pooling]
    if not fits(pooling, measure):
        allowed = ", ".join(MEASURE_WORDS[code].lower() for code in POOLED_MEASURES[pooling])
        raise BadSetting(f"{words} does not pool this measure; it is for: {allowed}.")
    if pooling in ("mh", "peto") and values["model"] != "common":
        raise BadSetting(f"{words} has no between-study variance: choose the common effect.")
    if pooling == "glmm" and values["subgroup_tau2"] == "common":
        raise BadSetting(f"{words}: each subgroup has a tau² of its own.")
    test = str(values["bias_test"])
    if not suits(test, measure):
        allowed = ", ".join(MEASURE_WORDS[code].lower() for code in TESTED_MEASURES[test])
        name = CHOICES["bias_test"][test].partition(" (")[0]
        raise BadSetting(f"{name} does not suit this measure; it is for: {allowed}. Egger's suits all.")


def _checked(name: str, value: object) -> SettingValue:
    if name in CHOICES:
        if not isinstance(value, str) or value not in CHOICES[name]:
            raise BadSetting(f"{name} is {value!r}; choose one of {', '.join(CHOICES[name])}.")
        return value
    if name in FLAGS:
        if not isinstance(value, bool):
            raise BadSetting(f"{name} is {value!r}; say yes or no.")
        return value
    if name in _NUMBERS:
        low, high = _NUMBERS[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise BadSetting(f"{name} is {value!r}; give a number from {low} to {high}.")
        return float(value)
    if not isinstance(value, dict) or not all(
        isinstance(part, str) for item in value.items() for part in item
    ):
        raise BadSetting(f"{name} is {value!r}; it maps studies to results.")
    return dict(value)
