"""Subgroups of the R package meta."""

from collections.abc import Sequence
from typing import Any

from analysis.meta import FixedPool, Pool, between_groups, estimate_tau2, pool
from analysis.meta.subgroups import group_design, group_members
from validation.reference import family_f_pools
from validation.reference.compare import CLOSED, Checker, tolerance_of
from validation.reference.loader import Case, Library


def check(case: Case, library: Library, checker: Checker) -> None:
    family_f_pools.check(case, library, checker)
    options, out, name = case["options"], case["out"]["subgroup"], f"{case['id']} subgroup"
    found = family_f_pools.effects_of(case, library)
    rows = family_f_pools.pooled_rows(case, library, found)
    columns = library.columns(case["view"])
    column = columns[options["subgroup"]]
    yi, vi = found.yi[rows], found.vi[rows]
    members = group_members([str(column[row]) for row in rows], len(rows))
    shared = None
    if options["tau.common"]:
        design = group_design(members, len(rows))
        shared = estimate_tau2(yi, vi, method=options["method.tau"], design=design)
    tolerance = tolerance_of(options["method.tau"])
    plain: list[Pool] = []
    common: list[Pool | FixedPool] = []
    random: list[Pool] = []
    for level in (str(level) for level in out["levels"]):
        places = members[level]
        fixed = family_f_pools.fixed_pool(case, columns, [rows[place] for place in places])
        plain.append(pool(yi[places], vi[places], tau2_method="EE"))
        common.append(fixed or plain[-1])
        random.append(pool(yi[places], vi[places], tau2_method=options["method.tau"], tau2=shared))
    checker.equal(f"{name} k", [each.k for each in random], out["k"])
    _each(checker, name, common, out, suffix="common", tolerance=CLOSED)
    _each(checker, name, random, out, suffix="random", tolerance=tolerance)
    errors = [each.se for each in random]
    checker.close(f"{name} seTE_random", errors, out["seTE_random"], tolerance=tolerance)
    checker.close(f"{name} Q", [each.heterogeneity.q for each in plain], out["Q"], tolerance=CLOSED)
    for index, each in enumerate(random):
        # meta has no tau2 of its own and no I2 for a group of one study.
        if each.k > 1 or out["tau2"][index] is not None:
            checker.close(f"{name} tau2", each.tau2.value, out["tau2"][index], tolerance=tolerance)
        if each.k > 1:
            theirs = out["I2_frac"][index]
            checker.close(f"{name} I2", each.heterogeneity.i2_q / 100, theirs, tolerance=CLOSED)


def _each(
    checker: Checker,
    name: str,
    pools: Sequence[Pool | FixedPool],
    out: Any,
    *,
    suffix: str,
    tolerance: float,
) -> None:
    for key, ours in (
        ("TE", [each.estimate for each in pools]),
        ("lower", [each.ci.low for each in pools]),
        ("upper", [each.ci.high for each in pools]),
    ):
        checker.close(f"{name} {key} {suffix}", ours, out[f"{key}_{suffix}"], tolerance=tolerance)
    test = between_groups([each.estimate for each in pools], [each.se for each in pools])
    checker.close(f"{name} Q {suffix}", test.statistic, out[f"Q_between_{suffix}"][0], tolerance=tolerance)
    p_value = out[f"pval_Q_between_{suffix}"][0]
    checker.close(f"{name} p {suffix}", test.p_value, p_value, tolerance=100 * tolerance)
    checker.equal(f"{name} df {suffix}", test.df, out["df_Q_between"][0])
