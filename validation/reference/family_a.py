"""Effect sizes: escalc() of metafor."""

from typing import Any

import numpy as np

from analysis.meta import EFFECT_MEASURES, Effects, interval, shown
from validation.reference.compare import CLOSED, Checker
from validation.reference.family_b1 import check_failure
from validation.reference.loader import Case, Library

# R passes over a vtype that the measure has no use for; the engine refuses it.
VARIANCES_TO_CHOOSE = frozenset({"PR", "PLN", "PLO", "RD", "MD", "SMD", "SMDH", "ROM", "COR", "UCOR"})
# Measures of which R may give an effect or a variance alone.
HALVES = frozenset({"IRSD", "COR", "ZCOR", "UCOR"})


def check(case: Case, library: Library, checker: Checker) -> None:
    options: dict[str, Any] = dict(case["options"] or {})
    if "arm" in case:
        options["arm"] = case["arm"]
    if case["measure"] not in VARIANCES_TO_CHOOSE:
        options.pop("vtype", None)
    if "error" in case:
        check_failure(case, lambda: library.effects(case["view"], case["measure"], **options), checker)
        return
    found = library.effects(case["view"], case["measure"], **options)
    out, name = case["out"], case["id"]
    # R keeps a variance beside a root of a rate that `drop00` took away, and a correlation of three people
    # that has none; here both are absent.
    pairs = list(zip(out["yi"], out["vi"], strict=True))
    if case["measure"] in HALVES:
        pairs = [(None, None) if y is None or v is None else (y, v) for y, v in pairs]
    yi, vi = ([pair[place] for pair in pairs] for place in (0, 1))
    checker.close(f"{name} yi", list(found.yi), yi, tolerance=CLOSED, at_zero=1e-12)
    lost = _logarithms(found) if options.get("vtype") == "UB" and case["measure"] == "SMD" else 0.0
    checker.close(f"{name} vi", list(found.vi), vi, tolerance=CLOSED, at_zero=1e-14 + lost)
    if "ci_lb" in out:
        _check_intervals(case, found.yi, found.vi, found.ni, checker)


def _logarithms(found: Effects) -> float:
    """What R loses in groups of many thousands, as a difference of large logarithms of gamma functions."""
    largest = float(np.nanmax(found.ni))
    return float(np.finfo(np.float64).eps * largest * np.log(largest) * np.nanmax(found.yi**2))


def _check_intervals(case: Case, yi: Any, vi: Any, ni: Any, checker: Checker) -> None:
    out, name = case["out"], case["id"]
    scale = EFFECT_MEASURES[case["measure"]].scale
    for row in range(len(out["yi"])):
        if out["yi"][row] is None or out["vi"][row] is None:
            continue
        limits = interval(float(yi[row]), float(np.sqrt(vi[row])), level=0.95, df=None)
        checker.close(f"{name} ci_lb[{row}]", limits.low, out["ci_lb"][row], tolerance=CLOSED)
        checker.close(f"{name} ci_ub[{row}]", limits.high, out["ci_ub"][row], tolerance=CLOSED)
        if "back_yi" in out:
            size = float(ni[row])
            for key, value in (("yi", yi[row]), ("ci_lb", limits.low), ("ci_ub", limits.high)):
                back = shown(float(value), scale=scale, n=size).value
                checker.close(f"{name} back_{key}[{row}]", back, out[f"back_{key}"][row], tolerance=CLOSED)
