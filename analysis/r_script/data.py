"""The studies of a run as a data.frame, and their effects as R's escalc() computes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.r_script.literals import call, comment, flag, number, numbers, text, texts
from analysis.synthesis_settings import CONTINUOUS_MEASURES, PROPORTIONS

# What escalc() calls our columns, arm by arm.
_COLUMNS: Mapping[str, Sequence[tuple[str, int, str]]] = {
    "proportion": (("xi", 0, "events"), ("ni", 0, "total")),
    "binary": (("ai", 0, "events"), ("n1i", 0, "total"), ("ci", 1, "events"), ("n2i", 1, "total")),
    "continuous": (
        ("m1i", 0, "mean"),
        ("sd1i", 0, "sd"),
        ("n1i", 0, "n"),
        ("m2i", 1, "mean"),
        ("sd2i", 1, "sd"),
        ("n2i", 1, "n"),
    ),
}


def kind_of(measure: str) -> str:
    """Which columns the measure is computed from."""
    if measure in PROPORTIONS:
        return "proportion"
    return "continuous" if measure in CONTINUOUS_MEASURES else "binary"


def data_frame(studies: Sequence[Mapping[str, Any]], *, measure: str) -> str:
    """The contributing studies as an R data.frame called dat."""
    columns = [
        f"study = {texts([study['label'] for study in studies])}",
        f"group = {texts([study['subgroup'] for study in studies])}",
    ]
    for name, arm, quantity in _COLUMNS[kind_of(measure)]:
        columns.append(f"{name} = {numbers([study['arms'][arm].get(quantity) for study in studies])}")
    return "dat <- data.frame(\n  " + ",\n  ".join(columns) + ",\n  stringsAsFactors = FALSE\n)"


# Later versions of escalc() have other defaults for these two: a script must give the same with all of them.
_BY_FORMULA = {
    "ROM": """\
# Without the correction for bias that escalc() makes by default from metafor 5 on.
dat$yi <- suppressWarnings(log(dat$m1i / dat$m2i))
dat$vi <- dat$sd1i^2 / (dat$n1i * dat$m1i^2) + dat$sd2i^2 / (dat$n2i * dat$m2i^2)""",
    "SMDH": """\
# As escalc() of metafor 3 computes it; version 4 changed the variance.
m <- dat$n1i + dat$n2i - 2
J <- exp(lgamma(m / 2) - log(m / 2) / 2 - lgamma((m - 1) / 2))
average <- (dat$sd1i^2 + dat$sd2i^2) / 2
dat$yi <- J * (dat$m1i - dat$m2i) / sqrt(average)
spread <- (dat$sd1i^4 / (dat$n1i - 1) + dat$sd2i^4 / (dat$n2i - 1)) / (8 * average^2)
dat$vi <- J^2 * (dat$yi^2 * spread + (dat$sd1i^2 / (dat$n1i - 1) + dat$sd2i^2 / (dat$n2i - 1)) / average)""",
}


def column_arguments(measure: str) -> str:
    """The data's columns as arguments of escalc() and of the functions that pool counts."""
    return ", ".join(f"{name} = {name}" for name, _, _ in _COLUMNS[kind_of(measure)])


def effects(settings: Mapping[str, Any]) -> str:
    """From the data to yi, vi and ni, and to the studies that can be used."""
    measure = settings["measure"]
    kind = kind_of(measure)
    left_out = comment("What cannot be computed, or has no variance, is left out of everything below.")
    used = "used <- dat[is.finite(dat$yi) & is.finite(dat$vi) & dat$vi > 0, ]"
    total = [] if kind == "proportion" else ["dat$ni <- dat$n1i + dat$n2i"]
    if measure in _BY_FORMULA:
        return "\n".join([_BY_FORMULA[measure], *total, left_out, used])
    arguments = [
        f"measure = {text(measure)}, {column_arguments(measure)}, data = dat",
        *_zero_cells(settings, kind=kind),
    ]
    lines = [
        call("effects <- suppressWarnings(escalc", *arguments) + ")",
        "dat$yi <- as.numeric(effects$yi)",
        "dat$vi <- as.numeric(effects$vi)",
    ]
    return "\n".join([*lines, *total, left_out, used])


def _zero_cells(settings: Mapping[str, Any], *, kind: str) -> list[str]:
    if kind == "continuous":
        return []
    if settings["measure"] in {"PFT", "PAS", "AS"}:
        drop = f", drop00 = {flag(settings['drop00'])}" if kind == "binary" else ""
        return [f'add = 0, to = "none"{drop}']  # the arcsines are defined at 0 and n as they are
    given = f"add = {number(settings['add'])}, to = {text(settings['to'])}"
    return [given if kind == "proportion" else f"{given}, drop00 = {flag(settings['drop00'])}"]


def display(settings: Mapping[str, Any]) -> str:
    """The function that brings the analysis scale to the scale that people read."""
    measure = settings["measure"]
    if measure == "PFT":
        return "shown <- function(x, n) transf.ipft(x, n)"
    body = {
        "PR": "pmin(pmax(x, 0), 1)",
        "PLN": "pmin(exp(x), 1)",
        "PLO": "plogis(x)",
        "PAS": "sin(pmin(pmax(x, 0), pi / 2))^2",
        "OR": "exp(pmin(x, 700))",
        "RR": "exp(pmin(x, 700))",
        "ROM": "exp(pmin(x, 700))",
    }.get(measure, "x")
    return f"shown <- function(x, n) {body}"
