"""What a forest plot says in each style: estimates, tests, heterogeneity, and a description for the blind."""

import math
from statistics import median

from analysis.plots.forest_data import Effect, EffectTest, ForestData, GroupTest, Heterogeneity
from analysis.plots.forest_style import HOUSE, ForestStyle
from analysis.plots.numbers import THIN, compact, number

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
# An interval narrower than this many units of the last digit tells nothing; four digits are the most.
_LEAST_WIDTH = 5.0
_MOST_DECIMALS = 4
NOT_ESTIMABLE = "not estimable"


def decimals_of(data: ForestData) -> int:
    """Return the digits of all estimates of a plot: those asked for, else as many as the intervals need."""
    if data.decimals is not None:
        return data.decimals
    if data.percent:
        return 1
    effects = [row.effect for row in data.studies if row.effect is not None]
    widths = [width for e in effects if math.isfinite(width := e.ci_high - e.ci_low) and width > 0]
    typical = median(widths) if widths else 1.0
    digits = 2
    while digits < _MOST_DECIMALS and typical < _LEAST_WIDTH * 10.0**-digits:
        digits += 1
    return digits


def effect_text(effect: Effect, data: ForestData, style: ForestStyle) -> str:
    """Return an estimate with its interval, as the style sets it: ``0.49 [0.34, 0.70]``."""
    estimate = compact(_shown(effect.estimate, data), decimals_of(data))
    return f"{estimate} {interval_text(effect.ci_low, effect.ci_high, data, style)}"


def interval_text(low: float, high: float, data: ForestData, style: ForestStyle) -> str:
    """Return an interval in the style's brackets; a hyphen never meets a minus."""
    before, between, after = style.brackets
    first, last = (compact(_shown(value, data), decimals_of(data)) for value in (low, high))
    if between == "-" and (low < 0 or high < 0):
        between = " to "
    return f"{before}{first}{between}{last}{after}"


def measure_header(data: ForestData, style: ForestStyle) -> str:
    """Return the heading of the estimates, broken before the interval."""
    before, _, after = style.brackets
    name, opening, interval = data.measure_label.partition(" [")
    if not opening or "\n" in data.measure_label:
        return data.measure_label
    if style.name == "RevMan5" and data.method:
        how, comma, model = data.method.partition(", ")
        return f"{name}\n{how}{comma}{model[:1].upper()}{model[1:]}, {interval.removesuffix(']')}"
    return f"{name}\n{before}{interval.removesuffix(']')}{after}"


def p_text(p: float, style: ForestStyle) -> str:
    """Return a p-value with its relation, as the style sets it.

    Parameters
    ----------
    p : float
    style : ForestStyle
        RevMan 5 goes down to ``P < 0.00001``, the others to 0.001; JAMA has no leading zero; the BMJ has no
        spaces.

    Returns
    -------
    str
    """
    if style.name == "RevMan5":
        for floor, words in ((1e-5, "P < 0.00001"), (1e-4, "P < 0.0001")):
            if p < floor:
                return words
        return f"P = {number(p, 2 if p >= 0.01 else 3 if p >= 0.001 else 4)}"
    if p < 0.001:
        relation, digits = "<", "0.001"
    elif p > 0.99:
        relation, digits = ">", "0.99"
    else:
        near = style is HOUSE and 0.045 <= p < 0.055
        relation, digits = "=", number(p, 3 if p < 0.01 or near else 2)
    if style.name == "BMJ":
        return f"P{relation}{digits}"
    if style.name == "JAMA":
        return f"P {relation} {digits.removeprefix('0')}"
    return f"p {relation} {digits}"


def heterogeneity_text(found: Heterogeneity, style: ForestStyle) -> str:
    """Return tau², the test and I² of a pool as the style sets them."""
    p, q, i2 = p_text(found.p_value, style), number(found.q, 2), number(found.i2, 0)
    tau2 = _tau2_text(found, style)
    if style.name == "BMJ":
        tau2 = tau2.replace(" = ", "=")
        return f"Test for heterogeneity: {tau2}{', ' if tau2 else ''}χ²={q}, df={found.df}, {p}, I²={i2}%"
    if style.name == "JAMA":
        df = str(found.df).translate(_SUBSCRIPTS)
        return f"Heterogeneity: {tau2}{'; ' if tau2 else ''}χ²{df} = {q} ({p}); I² = {i2}%"
    before = f"{tau2}; " if tau2 else ""
    if style.name == "RevMan5":
        return f"Heterogeneity: {before}Chi² = {q}, df = {found.df} ({p}); I² = {i2}%"
    return f"Heterogeneity: {before}Q = {q}, df = {found.df} ({p}); I² = {i2}{THIN}%"


def effect_test_text(found: EffectTest, style: ForestStyle) -> str:
    """Return the test of the pooled effect as the style sets it."""
    p = p_text(found.p_value, style)
    name = "z" if found.df is None else "t"
    df = "" if found.df is None else f", df = {found.df:g}"
    if style.name == "RevMan5":
        return f"Test for overall effect: {name.upper()} = {number(abs(found.statistic), 2)}{df} ({p})"
    value = number(found.statistic, 2)
    if style.name == "BMJ":
        return f"Test for overall effect: {name}={value}{df.replace(' = ', '=')}, {p}"
    if style.name == "JAMA":
        below = "" if found.df is None else f"{found.df:.0f}".translate(_SUBSCRIPTS)
        return f"Overall effect: {name}{below} = {value} ({p})"
    return f"Overall effect: {name} = {value}{df} ({p})"


def group_test_text(found: GroupTest, style: ForestStyle) -> str:
    """Return the test for differences between subgroups as the style sets it."""
    p, q, i2 = p_text(found.p_value, style), number(found.q, 2), number(found.i2, 0)
    if style.name == "BMJ":
        return f"Test for subgroup differences: χ²={q}, df={found.df}, {p}, I²={i2}%"
    if style.name == "JAMA":
        df = str(found.df).translate(_SUBSCRIPTS)
        return f"Subgroup differences: χ²{df} = {q} ({p}); I² = {i2}%"
    if style.name == "RevMan5":
        return f"Test for subgroup differences: Chi² = {q}, df = {found.df} ({p}), I² = {i2}%"
    return f"Subgroup differences: Q = {q}, df = {found.df} ({p}); I² = {i2}{THIN}%"


def test_lines(data: ForestData, style: ForestStyle) -> list[str]:
    """Return the lines about the total: heterogeneity, overall effect, subgroup differences, ready ones."""
    found = []
    if data.total is not None and data.total.heterogeneity is not None:
        found.append(heterogeneity_text(data.total.heterogeneity, style))
    if data.total is not None and data.total.test is not None:
        found.append(effect_test_text(data.total.test, style))
    if data.group_test is not None:
        found.append(group_test_text(data.group_test, style))
    return [*found, *data.footer]


def note_lines(data: ForestData) -> list[str]:
    """Return the small print: corrections, who is left out and why, ready notes."""
    found = []
    if any(row.is_corrected for row in data.studies):
        found.append("* with continuity correction")
    by_reason: dict[str, list[str]] = {}
    pairs = [(row.left_out, row.label) for row in data.studies if row.left_out]
    for reason, label in pairs + [(study.reason, study.label) for study in data.left_out]:
        by_reason.setdefault(reason, []).append(label)
    found += [f"Not pooled, {reason}: {'; '.join(labels)}." for reason, labels in by_reason.items()]
    return [*found, *data.notes]


def forest_description(data: ForestData) -> str:
    """Say in words what a forest plot shows, for ``<desc>`` and other texts beside the figure.

    Parameters
    ----------
    data : ForestData

    Returns
    -------
    str
        Number of studies, pooled estimate, prediction interval, subgroups and tests; one sentence each.
    """
    k = len(data.studies)
    name = data.measure_label.replace("\n", " ").partition(" [")[0]
    found = [f"Forest plot of {k} {'study' if k == 1 else 'studies'}; {name}"]
    if data.total is not None:
        found.append(f"{data.total.label}: {effect_text(data.total.effect, data, HOUSE)}")
    if data.prediction is not None:
        between = interval_text(data.prediction.low, data.prediction.high, data, HOUSE)
        found.append(f"{data.prediction.label}: {between}")
    for group in data.groups:
        if group.subtotal is not None:
            found.append(f"{group.heading}: {effect_text(group.subtotal.effect, data, HOUSE)}")
    return ". ".join(line.rstrip(".") for line in [*found, *test_lines(data, HOUSE)]) + "."


def _tau2_text(found: Heterogeneity, style: ForestStyle) -> str:
    if found.tau2 is None:
        return ""
    name = {"RevMan5": "Tau²", "house": "tau²"}.get(style.name, "τ²")
    digits = 3 if found.tau2 < 0.095 or (style is HOUSE and found.tau2 < 10) else 2
    text = f"{name} = {compact(found.tau2, digits)}"
    if found.tau2_low is None or found.tau2_high is None:
        return text
    low, high = compact(found.tau2_low, digits), compact(found.tau2_high, digits)
    return f"{text} ({100 * found.level:g}% CI {low} to {high})"


def _shown(value: float, data: ForestData) -> float:
    return value * 100 if data.percent else value
