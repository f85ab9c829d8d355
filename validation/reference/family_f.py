"""The R package meta, by what a case is of."""

from validation.reference import (
    family_f_bias,
    family_f_glmm,
    family_f_pools,
    family_f_proportions,
    family_f_subgroups,
)
from validation.reference.compare import Checker
from validation.reference.loader import Case, Library


def check(case: Case, library: Library, checker: Checker) -> None:
    if case["function_name"] == "metabias":
        family_f_bias.check(case, library, checker)
    elif case["function_name"] == "metaprop study CI":
        family_f_proportions.check(case, library, checker)
    elif case["options"].get("method") == "GLMM" or "GLMM" in case["id"]:
        family_f_glmm.check(case, library, checker)
    elif "subgroup" in case["options"]:
        family_f_subgroups.check(case, library, checker)
    else:
        family_f_pools.check(case, library, checker)
