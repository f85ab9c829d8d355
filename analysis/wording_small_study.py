"""The test of small-study effects in words."""

from collections.abc import Mapping
from typing import Any

from reviews.templatetags.perennial import decimal, p_value, pct

Values = Mapping[str, Any]

NAMES = {
    "egger": "Egger's regression test",
    "thompson_sharp": "Thompson and Sharp's regression test",
    "begg": "Begg and Mazumdar's rank correlation test",
    "peters": "Peters' regression test",
    "harbord": "Harbord's score test",
    "ruecker_thompson": "Rücker's arcsine regression test",
    "pustejovsky_rodgers": "Pustejovsky and Rodgers' regression test",
}
REASONS = {
    "not_requested": "No test of small-study effects is asked for.",
    "k_below_10": "Not tested: below 10 studies the test tells too little. The settings can ask for it.",
    "k_below_3": "Not tested: the test needs at least 3 studies that it can use.",
    "no_variation": "Not tested: all studies are of the same size, so effects cannot be set against it.",
    "needs_events": "Not tested: Peters' test needs events of total.",
    "unsuited": "Not tested: the test that is asked for was not made for this measure.",
    "not_computable": "Not tested: the numbers are too far apart for the test to be computed.",
}
_FEW = "It was asked for although fewer than 10 studies contribute, and tells little."


def small_study(outputs: Values) -> list[str]:
    """The test with its numbers and what they mean, or why it was not done."""
    test = outputs["bias"]
    if test is None:
        return [REASONS[outputs["bias_reason"]]]
    name = NAMES[test["method"]]
    if test["statistic"] is None:
        return [f"{name}: the studies lie exactly on the line, so no test value can be given."]
    found = [f"{name}: {_numbers(test)}, k = {test['k']}.", _meaning(test)]
    return [*found, _FEW] if test["below_ten"] else found


def _numbers(test: Values) -> str:
    p = p_value(test["p_value"])
    equals = "" if p[0] in "<>" else "= "
    if test["df"] is not None:
        return f"t = {decimal(test['statistic'], 2)}, df = {test['df']} (p {equals}{p})"
    tau = f"Kendall's τ = {decimal(test['tau'], 2)}"
    if test["p_method"] == "exact":
        return f"{tau} (exact p {equals}{p})"
    return f"{tau}, z = {decimal(test['statistic'], 2)} (p {equals}{p})"


def _meaning(test: Values) -> str:
    """One sentence for readers who do not know p-values; it holds for each of the tests."""
    if test["statistic"] == 0:
        return "Smaller studies give neither higher nor lower values than larger ones."
    direction = "higher" if test["statistic"] > 0 else "lower"
    return (
        f"Smaller studies tend to {direction} values than larger ones; if size made no difference, chance "
        f"alone would show a tendency at least as strong in {pct(test['p_value'])} of such analyses."
    )
