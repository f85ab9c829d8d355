"""Leave-one-out."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.r_script.literals import call, comment, numbers

Json = Mapping[str, Any]


def section(outputs: Json, *, settings: Json) -> str:
    """The pool without each study in turn; empty where the platform has none."""
    entries = outputs["leave_one_out"]
    if not entries:
        return ""
    used = [study["id"] for study in outputs["studies"] if study["left_out"] is None]
    left = [used.index(entry["study_id"]) + 1 for entry in entries]
    lines = ["# -- Leave-one-out"]
    if len(left) < len(used):
        lines.append(comment("A study without which the others determine no estimate is not left out."))
    lines += [
        f"left <- {'seq_len(nrow(used))' if len(left) == len(used) else numbers(left)}",
        "without <- lapply(left, function(i) pool(used[-i, ]))",
        "of <- function(get) vapply(without, function(p) as.numeric(get(p)), 0)",
        "n <- " + _sizes(settings),
        "wald.se <- of(function(p) p$wald$se)",
    ]
    lines += [
        _compare(entries, "pooled", name, r=r, scale=scale)
        for name, r, scale in (
            ("analysis_estimate", "of(function(p) p$used$beta)", "wald.se"),
            ("analysis_ci_low", "of(function(p) p$used$ci.lb)", "wald.se"),
            ("analysis_ci_high", "of(function(p) p$used$ci.ub)", "wald.se"),
            ("se", "of(function(p) p$used$se)", "wald.se"),
            ("estimate", "shown(of(function(p) p$used$beta), n)", "1e-3"),
            ("ci_low", "shown(of(function(p) p$used$ci.lb), n)", "1e-3"),
            ("ci_high", "shown(of(function(p) p$used$ci.ub), n)", "1e-3"),
            ("statistic", "of(function(p) p$used$zval)", "1"),
            ("p_value", "of(function(p) p$used$pval)", "1"),
        )
    ]
    lines += [
        _compare(entries, None, "q", r="of(function(p) p$used$QE)", scale="1"),
        _compare(entries, None, "q_p", r="of(function(p) p$used$QEp)", scale="1"),
        _compare(entries, None, "i2", r=_i2(settings), scale="1"),
        _compare(entries, None, "tau2", r="of(function(p) p$tau2)", scale="stats::median(used$vi)"),
    ]
    return "\n".join(lines)


def _compare(entries: Sequence[Json], part: str | None, name: str, *, r: str, scale: str) -> str:
    platform = [(entry[part] if part else entry)[name] for entry in entries]
    words = name.replace("_", " ")
    what = f'paste0("without ", used$study[left], ": {words}")'
    return call("compare", what, numbers(platform), r, scale)


def _sizes(settings: Json) -> str:
    if settings["measure"] != "PFT":
        return "NA"
    if settings["pft_size"] == "harmonic":
        return "vapply(left, function(i) 1 / mean(1 / used$ni[-i]), 0)"
    return "of(function(p) 1 / (4 * p$wald$se^2))"


def _i2(settings: Json) -> str:
    if settings["model"] == "random":
        return "of(function(p) p$used$I2)"
    return "of(function(p) if (p$used$QE > 0) 100 * max(0, (p$used$QE - p$k + 1) / p$used$QE) else 0)"
