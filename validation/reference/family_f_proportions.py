"""Intervals of single proportions: the study limits of metaprop() of the R package meta."""

import numpy as np
from scipy.special import expit

from analysis.meta import proportion_interval
from validation.reference.compare import CLOSED, Checker
from validation.reference.loader import Case, Library


def check(case: Case, library: Library, checker: Checker) -> None:
    """Limits of the cases "metaprop study CI".

    R gives them as logits. They are compared as proportions, since where all have the event Wilson's limit
    is 1, and R has the logit of 1 less a rounding error.
    """
    columns, options = library.columns(case["view"]), case["options"]
    found = proportion_interval(
        columns["xi"],
        columns["ni"],
        method=options["method.ci"],
        level=options["level"],
        convention="meta",
    )
    for key, ours in (("study_lower_prop", found.low), ("study_upper_prop", found.high)):
        theirs = [float(expit(float(value))) for value in case["out"][key]]
        checker.close(f"{case['id']} {key}", list(ours), theirs, tolerance=CLOSED)
        inside = np.flatnonzero((ours > 1e-12) & (ours < 1 - 1e-12))
        checker.close(
            f"{case['id']} {key} logit",
            [float(np.log(ours[row] / (1 - ours[row]))) for row in inside],
            [case["out"][key][row] for row in inside],
            tolerance=CLOSED,
        )
