"""One pool beside the platform's: of all studies, or of one subgroup."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.r_script.literals import call, comment, number, numbers, text

Json = Mapping[str, Any]

# Standard error and degrees of freedom of each prediction interval, of a pool called p.
_PREDICTION = {
    "V": ("p$wald$se", "p$k - 1"),
    "HTS": ("p$wald$se", "p$k - 2"),
    "HK": ("{hk}$se", "p$k - 1"),
    "HK-PR": ("{hk}$se", "p$k - 2"),
}
_WHY_WALD = {
    "k_below_3": "Wald: below three studies Hartung-Knapp says next to nothing.",
    "tau2_zero": "Wald: tau2 is 0, where Hartung-Knapp is mostly too narrow.",
    "counts": "Wald: the model of the counts has no other interval.",
    "common_model": "Wald: Hartung-Knapp belongs to random effects.",
}


def overall(found: Json, *, settings: Json, weights: Sequence[float]) -> str:
    """The pool of all studies, with the weights."""
    inverse = settings.get("pooling", "inverse") == "inverse"
    lines = [
        "# -- All studies",
        "p <- pool(used)",
        "print(p$used)" if inverse else "print(p$fit)",
        *compared(found, settings=settings, name="all studies", rows="used"),
    ]
    if weights:
        r = "weights(p$used)" if inverse else "weights(p$fit)"
        lines.append(call("compare", 'paste("weight of", used$study)', numbers(weights), r))
    return "\n".join(lines)


def compared(found: Json, *, settings: Json, name: str, rows: str) -> list[str]:
    """Compare a pool called p of the rows with the platform's summary of them."""
    lines = [comment(_WHY_WALD[found["ci_reason"]])] if found["ci_reason"] else []
    lines += _size(settings, rows=rows)
    lines += _pooled(found["pooled"], fit="p$used", name=name)
    if found["alternative"]:
        lines += _pooled(found["alternative"], fit="p$wald", name=f"{name}, Wald")
    lines += _prediction(found["prediction"], found["pooled"], name=name)
    return lines + _heterogeneity(found, settings=settings, name=name, rows=rows)


def _size(settings: Json, *, rows: str) -> list[str]:
    if settings["measure"] != "PFT":
        return ["n <- NA"]
    if settings["pft_size"] == "harmonic":
        return [f"n <- 1 / mean(1 / {rows}$ni)  # harmonic mean, for the way back from the double arcsine"]
    return [
        "n <- 1 / (4 * p$wald$se^2)  # Barendregt and Doi's size, for the way back from the double arcsine"
    ]


def _compare(name: str, what: str, platform: float | None, r: str, scale: str = "") -> str:
    tail = f", {scale}" if scale else ""
    return f"compare({text(f'{name}: {what}')}, {number(platform)}, {r}{tail})"


def _pooled(found: Json, *, fit: str, name: str) -> list[str]:
    se = f"{fit}$se"
    # A pool without width has no scale of its own.
    scale = "p$wald$se"
    lines = [
        _compare(name, "estimate, analysis scale", found["analysis_estimate"], f"{fit}$beta", scale),
        _compare(name, "standard error", found["se"], se, scale),
        _compare(name, "lower limit, analysis scale", found["analysis_ci_low"], f"{fit}$ci.lb", scale),
        _compare(name, "upper limit, analysis scale", found["analysis_ci_high"], f"{fit}$ci.ub", scale),
        _compare(name, "estimate", found["estimate"], f"shown({fit}$beta, n)", scale),
        _compare(name, "lower limit", found["ci_low"], f"shown({fit}$ci.lb, n)", scale),
        _compare(name, "upper limit", found["ci_high"], f"shown({fit}$ci.ub, n)", scale),
    ]
    if found["statistic"] is not None:
        lines.append(_compare(name, found["statistic_name"], found["statistic"], f"{fit}$zval"))
        lines.append(_compare(name, "p", found["p_value"], f"{fit}$pval"))
    return lines


def _prediction(found: Json | None, pooled: Json, *, name: str) -> list[str]:
    if found is None:
        return []
    se, df = _PREDICTION[found["method"]]
    error = se.format(hk="p$used" if pooled["ci_method"] in {"hk", "hk_adhoc"} else "p$hk")
    return [
        comment(f"Prediction interval, method {found['method']}."),
        f"half <- qt(0.5 + level / 2, {df}) * sqrt(p$tau2 + {error}^2)",
        "pi.low <- as.numeric(p$used$beta) - half",
        "pi.high <- as.numeric(p$used$beta) + half",
        _compare(name, "prediction, low, analysis scale", found["analysis_low"], "pi.low", "half"),
        _compare(name, "prediction, high, analysis scale", found["analysis_high"], "pi.high", "half"),
        _compare(name, "prediction, low", found["low"], "shown(pi.low, n)", "1e-3"),
        _compare(name, "prediction, high", found["high"], "shown(pi.high, n)", "1e-3"),
    ]


def _heterogeneity(found: Json, *, settings: Json, name: str, rows: str) -> list[str]:
    unit = f"stats::median({rows}$vi)"
    i2_q = "if (p$used$QE > 0) 100 * max(0, (p$used$QE - p$k + 1) / p$used$QE) else 0"
    i2 = "p$used$I2" if found["i2_basis"] == "tau2" else i2_q
    lines = [
        _compare(name, "Q", found["q"], "p$used$QE"),
        _compare(name, "p of Q", found["q_p"], "p$used$QEp"),
        _compare(name, f"I2 from {found['i2_basis']}, %", found["i2"], i2),
        _compare(name, "I2 from Q, %", found["i2_q"], i2_q),
        _compare(name, "H", found["h"], "sqrt(p$used$H2)"),
    ]
    if found["tau2"] is not None and settings.get("pooling") == "glmm":
        lines.append(_compare(name, "tau2", found["tau2"], "p$tau2", unit))
    elif found["tau2"] is not None:
        lines.append(_compare(name, "tau2", found["tau2"], "p$tau2", unit))
        lines.append(_compare(name, "standard error of tau2", found["tau2_se"], "p$se.tau2", unit))
    if found["tau2_ci_low"] is not None:
        lines.append(f"profile <- q_profile({rows})")
        lines.append(_compare(name, "tau2, lower limit", found["tau2_ci_low"], "profile[1]", unit))
        lines.append(_compare(name, "tau2, upper limit", found["tau2_ci_high"], "profile[2]", unit))
    return lines
