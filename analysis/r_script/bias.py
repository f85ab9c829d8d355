"""The test of small-study effects."""

from collections.abc import Mapping
from typing import Any

from analysis.r_script.data import kind_of
from analysis.r_script.fitting import tau2_function
from analysis.r_script.literals import comment, number, text

Json = Mapping[str, Any]

_NAMES = {
    "egger": "Egger's test",
    "thompson_sharp": "Thompson and Sharp's test",
    "begg": "Begg and Mazumdar's test",
    "peters": "Peters' test",
    "harbord": "Harbord's test",
    "ruecker_thompson": "Ruecker's test of arcsine differences",
    "pustejovsky_rodgers": "Pustejovsky and Rodgers' test",
}
_EVENTS = {"proportion": "used$xi", "binary": "used$ai + used$ci"}
_LINES = {
    "egger": 'line <- suppressWarnings(regtest(used$yi, used$vi, model = "lm"))$fit',
    "peters": """\
events <- {events}
mixed <- events > 0 & events < used$ni  # studies with only or no events have no weight
tested <- data.frame(yi = used$yi, n = used$ni, cases = events, others = used$ni - events)[mixed, ]
line <- lm(yi ~ I(1 / n), weights = 1 / (1 / cases + 1 / others), data = tested)""",
    "harbord": """\
m <- used$ai + used$ci
tested <- used[m > 0 & m < used$ni, ]  # studies with only or no events have no score
m <- tested$ai + tested$ci
arms <- as.numeric(tested$n1i) * tested$n2i
{score}
line <- lm(I(Z / V) ~ I(1 / sqrt(V)), weights = V)""",
    "pustejovsky_rodgers": """\
line <- lm(yi ~ sqrt(1 / n1i + 1 / n2i), weights = 1 / vi, data = used)""",
}
# Score and information of the log odds ratio, and of the log risk ratio, at no effect.
_SCORES = {
    "OR": """\
Z <- tested$ai - m * tested$n1i / tested$ni
V <- arms * m * (tested$ni - m) / (tested$ni^2 * (tested$ni - 1))""",
    "RR": """\
Z <- (tested$ai * tested$ni - m * tested$n1i) / (tested$ni - m)
V <- arms * m / (tested$ni * (tested$ni - m))""",
}
_ADDITIVE = """\
{data}
between <- tau2_of(tested, cbind(1, sqrt(tested$vi)))
fit <- suppressWarnings(rma(yi, vi, data = tested, method = method, tau2 = between$tau2, test = "t"))
test <- regtest(fit, model = "rma")
line <- test$fit"""
_TESTED = {
    "thompson_sharp": "tested <- used",
    "ruecker_thompson": """\
# The variance of arcsine differences is known from the sizes of the arms alone.
tested <- data.frame(
  yi = asin(sqrt(used$ai / used$n1i)) - asin(sqrt(used$ci / used$n2i)),
  vi = 1 / (4 * used$n1i) + 1 / (4 * used$n2i)
)""",
}
_RANKS = """\
# Variances that differ in their last digits only are ties.
ranks <- suppressWarnings(ranktest(used$yi, signif(used$vi, 12){exact}))
print(ranks)"""


def section(found: Json | None, *, settings: Json) -> str:
    """The test of metafor, or the regression as R's lm() fits it; empty where no test was done."""
    if found is None:
        return ""
    method = found["method"]
    head = f"# -- Small-study effects: {_NAMES[method]}"
    if method == "begg":
        return "\n".join([head, *_ranks(found)])
    if method in _TESTED:
        return "\n".join([head, *_additive(found, settings=settings)])
    return "\n".join([head, *_line(found, settings=settings)])


def _compare(what: str, platform: float | None, r: str) -> str:
    return f"compare({text(f'small-study test: {what}')}, {number(platform)}, {r})"


def _ranks(found: Json) -> list[str]:
    exact = "" if found["p_method"] == "exact" else ", exact = FALSE"
    return [
        _RANKS.format(exact=exact),
        _compare("studies", found["k"], "nrow(used)"),
        _compare("Kendall's tau", found["tau"], "ranks$tau"),
        _compare("p", found["p_value"], "ranks$pval"),
    ]


def _additive(found: Json, *, settings: Json) -> list[str]:
    lines = tau2_function(settings, method=found["tau2_method"])
    lines += [
        _ADDITIVE.format(data=_TESTED[found["method"]]),
        "print(test)",
        _compare("studies", found["k"], "line$k"),
        _compare("df", found["df"], "line$k - 2"),
        _compare("tau2", found["tau2"], "between$tau2"),
    ]
    for name, key, r in (
        ("intercept", "intercept", "line$beta[1]"),
        ("slope", "slope", "line$beta[2]"),
        ("standard error of the intercept", "intercept_se", "line$se[1]"),
        ("standard error of the slope", "slope_se", "line$se[2]"),
        ("t", "statistic", "test$zval"),
        ("p", "p_value", "test$pval"),
    ):
        lines.append(_compare(name, found[key], r))
    return lines


def _line(found: Json, *, settings: Json) -> list[str]:
    measure = settings["measure"]
    words = {"events": _EVENTS.get(kind_of(measure), ""), "score": _SCORES.get(measure, "")}
    lines = [
        _LINES[found["method"]].format(**words),
        "line.table <- coef(suppressWarnings(summary(line)))",
        "print(line.table)",
        _compare("studies", found["k"], "length(line$residuals)"),
        _compare("df", found["df"], "line$df.residual"),
        _compare("intercept", found["intercept"], "line.table[1, 1]"),
        _compare("slope", found["slope"], "line.table[2, 1]"),
    ]
    if found["statistic"] is None:
        return [*lines, comment("A line through every effect leaves rounding for a standard error.")]
    return [
        *lines,
        _compare("standard error of the intercept", found["intercept_se"], "line.table[1, 2]"),
        _compare("standard error of the slope", found["slope_se"], "line.table[2, 2]"),
        _compare("t", found["statistic"], "line.table[2, 3]"),
        _compare("p", found["p_value"], "line.table[2, 4]"),
    ]
