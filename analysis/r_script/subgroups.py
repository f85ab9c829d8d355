"""Subgroups, each with its pool, and the test that they differ."""

from collections.abc import Mapping
from typing import Any

from analysis.r_script.literals import comment, number, text
from analysis.r_script.summary import compared

Json = Mapping[str, Any]

_SHARED = """\
# One tau2 for all groups: that of a model with a mean for each.
grouped <- used[!is.na(used$group), ]
means <- outer(grouped$group, unique(grouped$group), "==") + 0
shared <- if (nrow(grouped) > ncol(means)) tau2_of(grouped, means) else list(tau2 = 0, se.tau2 = NA)"""

# Below this share of the Wald standard error a Hartung-Knapp one has no width, and the Wald one weighs.
_WEIGH = "se <- c(se, if (p$used$se > 1e-07 * p$wald$se) p$used$se else p$wald$se)"


def section(outputs: Json, *, settings: Json) -> str:
    """Every subgroup with a study, and the test between them; empty without subgroups."""
    groups = outputs["subgroups"]
    if not groups:
        return ""
    is_shared = settings["subgroup_tau2"] == "common" and settings["model"] == "random" and len(groups) > 1
    lines = ["# -- Subgroups", "estimates <- se <- numeric(0)"]
    if outputs["not_in_subgroup_test"]:
        lines.append(comment("Studies whose group is not reported (NA) count in the overall result only."))
    lines.append(_SHARED if is_shared else "shared <- NULL")
    for group in groups:
        lines += _group(group, settings=settings)
    return "\n".join(lines + _test(outputs["subgroup_test"]))


def _group(group: Json, *, settings: Json) -> list[str]:
    name, found = group["name"], group["summary"]
    lines = [f"rows <- used[used$group %in% {text(name)}, ]"]
    if found["status"] == "single":
        between = "(if (is.null(shared)) 0 else shared$tau2)"
        return [
            *lines,
            comment(f"{name}: one study, its own estimate."),
            "estimates <- c(estimates, rows$yi)",
            f"se <- c(se, sqrt(rows$vi + {between}))",
        ]
    if found["status"] == "none":
        return [*lines, comment(f"{name}: these studies alone determine no estimate.")]
    return [
        *lines,
        "p <- pool(rows, shared)",
        *compared(found, settings=settings, name=name, rows="rows"),
        "estimates <- c(estimates, as.numeric(p$used$beta))",
        _WEIGH,
    ]


def _test(found: Json | None) -> list[str]:
    if found is None:
        return []
    return [
        'between <- rma(yi = estimates, sei = se, method = "EE")',
        f'compare("between subgroups: Q", {number(found["q"])}, between$QE)',
        f'compare("between subgroups: df", {number(found["df"])}, length(estimates) - 1)',
        f'compare("between subgroups: p", {number(found["p_value"])}, between$QEp)',
        f'compare("between subgroups: I2, %", {number(found["i2"])}, '
        "if (between$QE > 0) 100 * max(0, (between$QE - between$k + 1) / between$QE) else 0)",
    ]
