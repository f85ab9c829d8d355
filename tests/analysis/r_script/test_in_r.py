"""Every setting that the platform offers, on awkward data, computed again in R with metafor."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from analysis.contributions import Inputs, Numbers
from analysis.synthesis_settings import BINARY_MEASURES, CHOICES, CONTINUOUS_MEASURES, PROPORTIONS, suits
from tests.analysis.meta import bcg
from tests.analysis.r_script.conftest import RunInR, inputs, script_of

Arms = tuple[Numbers, ...]
Cases = dict[str, tuple[Inputs, dict[str, Any]]]


def _bcg(measure: str, rows: Sequence[int]) -> list[Arms]:
    treated: list[Numbers] = [{"events": bcg.EVENTS1[row], "total": bcg.TOTALS1[row]} for row in rows]
    control: list[Numbers] = [{"events": bcg.EVENTS2[row], "total": bcg.TOTALS2[row]} for row in rows]
    found: list[Arms] = [(one, two) for one, two in zip(treated, control, strict=True)]
    return [(arms[0],) for arms in found] if measure in PROPORTIONS else found


def _means(k: int, *, seed: int, spread: float = 3.0) -> list[Arms]:
    rng = np.random.default_rng(seed)
    found: list[Arms] = []
    for _ in range(k):
        size = int(rng.integers(8, 60))
        found.append(
            (
                {"mean": round(rng.normal(10, spread), 2), "sd": round(rng.uniform(2, 5), 2), "n": size},
                {"mean": round(rng.normal(8, spread), 2), "sd": round(rng.uniform(2, 5), 2), "n": size + 3},
            )
        )
    return found


def _arms(measure: str, k: int) -> list[Arms]:
    return _means(k, seed=k) if measure in CONTINUOUS_MEASURES else _bcg(measure, range(k))


def _counts(*rows: tuple[int, ...]) -> list[Arms]:
    """Events and totals, arm by arm."""
    return [tuple({"events": row[at], "total": row[at + 1]} for at in range(0, len(row), 2)) for row in rows]


def _faults(run_in_r: RunInR, cases: Cases) -> dict[str, str]:
    scripts = {name: script_of(given, **settings) for name, (given, settings) in cases.items()}
    found = run_in_r(scripts)
    assert len(found) == len(cases)
    return {name: fault for name, fault in found.items() if fault}


def _models() -> Iterator[dict[str, Any]]:
    """Common effect and three estimators a measure, which go round; odds ratios have every combination."""
    intervals = itertools.cycle(CHOICES["ci_method"])
    methods = itertools.cycle(CHOICES["tau2_method"])
    for measure in (*BINARY_MEASURES, *CONTINUOUS_MEASURES):
        yield {"measure": measure, "model": "common"}
        for method in itertools.islice(methods, 3):
            yield {"measure": measure, "tau2_method": method, "ci_method": next(intervals)}
        next(intervals)
    for method, interval in itertools.product(CHOICES["tau2_method"], CHOICES["ci_method"]):
        yield {"measure": "OR", "tau2_method": method, "ci_method": interval}


def test_every_measure_with_every_estimator_and_interval_agrees(run_in_r: RunInR) -> None:
    predictions = itertools.cycle(CHOICES["prediction"])
    tests = itertools.cycle(["egger", "peters", "none"])
    groups = [None, "a", "b", "a", "b", "c", "a"]
    cases: Cases = {}
    for model in _models():
        test = next(tests)
        settings = {
            "prediction": next(predictions),
            "bias_test": "egger" if model["measure"] in CONTINUOUS_MEASURES else test,
            "bias_test_on_request": True,
            "subgroup_tau2": "common" if len(cases) % 2 else "separate",
            **model,
        }
        cases[str(model)] = (inputs(_arms(model["measure"], 7), groups), settings)
    assert _faults(run_in_r, cases) == {}


def test_every_test_of_small_study_effects_agrees(run_in_r: RunInR) -> None:
    sparse = _counts(
        (0, 20, 4, 21), (3, 30, 6, 28), (0, 15, 0, 14), (12, 12, 9, 12), (5, 40, 5, 38), (8, 8, 9, 9)
    )
    cases: Cases = {}
    methods = itertools.cycle(CHOICES["tau2_method"])
    for measure, test in itertools.product((*BINARY_MEASURES, *CONTINUOUS_MEASURES), CHOICES["bias_test"]):
        if not suits(test, measure):
            continue
        asked = {"measure": measure, "bias_test": test, "bias_test_on_request": True}
        given = inputs(_arms(measure, 8))
        cases[f"{measure} {test}"] = (given, {**asked, "tau2_method": next(methods)})
        cases[f"{measure} {test}, common effect"] = (given, {**asked, "model": "common"})
        if measure in BINARY_MEASURES and measure not in PROPORTIONS:
            cases[f"{measure} {test}, sparse"] = (inputs(sparse), {**asked, "tau2_method": "DL"})
        if measure in ("OR", "RR"):
            pooled = {"pooling": "mh", "model": "common", "tau2_method": next(methods)}
            cases[f"{measure} {test}, counts"] = (given, {**asked, **pooled})
    for test in ("begg", "thompson_sharp", "egger"):
        tied = _counts((1, 20, 4, 20), (3, 20, 6, 20), (4, 20, 1, 20), (5, 40, 5, 38), (2, 30, 7, 31))
        cases[f"ties {test}"] = (
            inputs(tied),
            {"measure": "OR", "bias_test": test, "bias_test_on_request": True},
        )
    assert len(cases) > 120
    assert _faults(run_in_r, cases) == {}


def test_predictions_levels_and_sizes_agree(run_in_r: RunInR) -> None:
    cases: Cases = {}
    for method, ci, level in itertools.product(CHOICES["prediction"], ("wald", "t", "hk_adhoc"), (0.8, 0.99)):
        settings = {"measure": "RR", "prediction": method, "ci_method": ci, "level": level}
        cases[f"{method} {ci} {level}"] = (inputs(_arms("RR", 5)), settings)
    for size, k in itertools.product(CHOICES["pft_size"], (2, 3, 9)):
        cases[f"PFT {size} {k}"] = (inputs(_arms("PFT", k)), {"measure": "PFT", "pft_size": size})
    assert _faults(run_in_r, cases) == {}


def test_empty_cells_are_treated_as_the_settings_say(run_in_r: RunInR) -> None:
    two = _counts(
        (0, 20, 4, 21), (3, 30, 6, 28), (0, 15, 0, 14), (12, 12, 9, 12), (5, 40, 5, 38), (8, 8, 9, 9)
    )
    one = _counts((0, 20), (7, 30), (15, 15), (4, 60), (3, 9))
    cases: Cases = {}
    for measure, to, add, drop in itertools.product(
        BINARY_MEASURES, CHOICES["to"], (0.5, 0.1), (False, True)
    ):
        if drop and measure in PROPORTIONS:
            continue
        arms = one if measure in PROPORTIONS else two
        settings = {"measure": measure, "to": to, "add": add, "drop00": drop, "tau2_method": "DL"}
        cases[f"{measure} {to} {add} {drop}"] = (inputs(arms), settings)
    assert _faults(run_in_r, cases) == {}


def test_few_studies_and_extreme_data_agree(run_in_r: RunInR) -> None:
    equal = _counts((10, 100, 20, 100), (10, 100, 20, 100), (10, 100, 20, 100))
    cases: Cases = {
        "nobody": (inputs([]), {"measure": "OR"}),
        "one": (inputs(_arms("OR", 1), ["a"]), {"measure": "OR"}),
        "two": (inputs(_arms("OR", 2), ["a", "b"]), {"measure": "OR"}),
        "two, one of them lost": (
            inputs(_counts((0, 9, 0, 9), (1, 9, 4, 9))),
            {"measure": "RR", "drop00": True},
        ),
        "all lost": (inputs(_counts((0, 9, 0, 9))), {"measure": "RR", "drop00": True}),
        "equal effects": (inputs(equal), {"measure": "OR", "ci_method": "hk"}),
        "equal effects, auto": (inputs(equal, ["a", "a", "b"]), {"measure": "OR"}),
        "large means": (inputs(_scaled(1e6)), {"measure": "MD"}),
        "small means": (inputs(_scaled(1e-5)), {"measure": "MD", "tau2_method": "PM"}),
        "variances far apart": (
            inputs(_counts((167, 175), (2, 191), (83, 85), (1, 14), (62, 147), (1, 900))),
            {"measure": "PR", "tau2_method": "ML", "to": "all", "add": 0.0},
        ),
        "groups of one": (
            inputs(_arms("RD", 3), ["a", "b", "c"]),
            {"measure": "RD", "subgroup_tau2": "common"},
        ),
        "a line through all": (
            inputs(_counts((4, 40, 8, 40), (4, 40, 8, 40), (9, 90, 8, 90))),
            {"measure": "OR", "bias_test": "peters", "bias_test_on_request": True},
        ),
        "refused": (inputs(_counts((30, 20, 4, 21))), {"measure": "OR"}),
    }
    assert _faults(run_in_r, cases) == {}


def _scaled(factor: float) -> list[Arms]:
    return [
        tuple(arm | {"mean": (arm["mean"] or 0) * factor, "sd": (arm["sd"] or 0) * factor} for arm in arms)
        for arms in _means(6, seed=3)
    ]


def test_a_number_that_is_not_rs_stops_the_script(run_in_r: RunInR) -> None:
    text = script_of(inputs(_arms("OR", 5)), measure="OR")
    line = next(line for line in text.splitlines() if line.startswith('compare("all studies: estimate",'))
    what, platform, rest = line.split(", ", 2)
    false = text.replace(line, f"{what}, {float(platform) * (1 + 1e-4)!r}, {rest}")
    found = run_in_r({"as stored": text, "falsified": false})
    assert found["as stored"] == ""
    assert "R's numbers differ from the platform's" in found["falsified"]
    assert "all studies: estimate" in found["falsified"]


def test_pools_of_the_counts_agree(run_in_r: RunInR) -> None:
    groups = ["a", "b", "a", "b", "c", "a", "b"]
    sparse = _counts((0, 20, 4, 21), (3, 30, 6, 28), (0, 15, 0, 14), (5, 40, 5, 38), (8, 9, 9, 9))
    cases: Cases = {}
    for measure, pooling in (("OR", "mh"), ("RR", "mh"), ("RD", "mh"), ("OR", "peto")):
        for level in (0.9, 0.95):
            settings = {"measure": measure, "pooling": pooling, "model": "common", "level": level}
            cases[f"{measure} {pooling} {level}"] = (inputs(_arms(measure, 7), groups), settings)
        for drop00 in (False, True):
            given = {"measure": measure, "pooling": pooling, "model": "common", "drop00": drop00}
            cases[f"{measure} {pooling} {drop00}"] = (inputs(sparse), given)
    assert _faults(run_in_r, cases) == {}


def test_parts_of_the_studies_without_a_pool_are_left_out_of_the_script_too(run_in_r: RunInR) -> None:
    rare = _counts(
        (1, 20, 4, 20), (2, 20, 0, 20), (0, 30, 0, 31), (0, 9, 0, 9), (3, 40, 0, 41), (6, 30, 0, 33)
    )
    common = {"measure": "OR", "model": "common"}
    cases: Cases = {
        "groups, Peto": (inputs(rare, ["a", "a", "b", "b", "c", "c"]), {**common, "pooling": "peto"}),
        "leaving out": (inputs(rare), {**common, "pooling": "mh"}),
        "both": (inputs(rare, ["a", "a", "b", "b", "c", "c"]), {**common, "pooling": "mh"}),
    }
    scripts = [script_of(given, **settings) for given, settings in cases.values()]
    assert "these studies alone determine no estimate" in scripts[0]
    assert "left <- c(2, 3, 4, 5, 6)" in scripts[1]
    assert _faults(run_in_r, cases) == {}


def test_mixed_models_agree_as_far_as_r_goes(run_in_r: RunInR) -> None:
    groups = ["a", "b", "a", "b", "c", "a", "b"]
    single = _counts((0, 20), (7, 30), (15, 15), (4, 60), (3, 9), (12, 50))
    cases: Cases = {}
    for model in ("random", "common"):
        settings = {"pooling": "glmm", "model": model}
        cases[f"OR {model}"] = (inputs(_arms("OR", 7), groups), {"measure": "OR", **settings})
        cases[f"PLO {model}"] = (inputs(single), {"measure": "PLO", **settings})
    assert _faults(run_in_r, cases) == {}
