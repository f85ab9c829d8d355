"""Whatever studies and settings: a result that can be stored, or a fault with a name. Warnings are errors."""

import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.meta import MEASURES, Arm, MetaError, Settings, StudyData, Synthesis, synthesise
from analysis.meta.effects import ZERO_CELL_RULES
from analysis.meta.measures import Measure
from analysis.meta.results import BIAS_CHOICES, POOLED_MEASURES, POOLINGS
from analysis.meta.tau2 import TAU2_METHODS

QUICK = settings(max_examples=150, deadline=None)

_SIZE = st.one_of(st.integers(1, 30), st.integers(1, 10**7))
COUNTS = _SIZE.flatmap(
    lambda n: st.builds(
        lambda events: Arm(events=events, total=n),
        st.one_of(st.sampled_from([0, n, min(1, n)]), st.integers(0, n)),
    )
)
_MAGNITUDE = st.sampled_from([1e-30, 1e-9, 1e-3, 1.0, 1e3, 1e9, 1e30])
_VALUE = st.integers(-40, 40)
MEANS = st.builds(
    lambda mean, sd, scale, n: Arm(mean=mean * scale, sd=sd * scale, n=n),
    _VALUE,
    st.integers(1, 30),
    _MAGNITUDE,
    _SIZE,
)
# Studies of one order of magnitude, so that most of them can be pooled.
ALIKE = st.builds(
    lambda mean, sd, n: Arm(mean=float(mean), sd=float(sd), n=n), _VALUE, st.integers(1, 30), _SIZE
)


@st.composite
def problems(draw: Any) -> tuple[list[StudyData], dict[str, Any]]:
    measure: Measure = draw(st.sampled_from(list(MEASURES)))
    spec = MEASURES[measure]
    arm = COUNTS if spec.kind != "continuous" else draw(st.sampled_from([ALIKE, ALIKE, MEANS]))
    rows = draw(st.lists(st.tuples(*[arm] * spec.arms), max_size=6))
    groups = draw(st.lists(st.sampled_from(["a", "b", None]), min_size=len(rows), max_size=len(rows)))
    studies = [StudyData(str(row), f"Study {row}", arms, groups[row]) for row, arms in enumerate(rows)]
    fitting = [way for way in POOLINGS if way == "inverse" or measure in POOLED_MEASURES[way]]
    pooling = draw(st.sampled_from(fitting))
    options = {
        "measure": measure,
        "pooling": pooling,
        "model": "common" if pooling in ("mh", "peto") else draw(st.sampled_from(["random", "common"])),
        "tau2_method": draw(st.sampled_from(TAU2_METHODS[1:])),
        "ci_method": draw(st.sampled_from(["auto", "wald", "t", "hk", "hk_adhoc"])),
        "level": draw(st.sampled_from([0.5, 0.95, 0.999])),
        "prediction": draw(st.sampled_from(["V", "HTS", "HK", "HK-PR", "none"])),
        "add": draw(st.sampled_from([0.0, 0.5, 1e-6])),
        "to": draw(st.sampled_from(ZERO_CELL_RULES)),
        "drop00": draw(st.booleans()),
        "subgroup_tau2": "separate" if pooling == "glmm" else draw(st.sampled_from(["separate", "common"])),
        "bias_test": draw(st.sampled_from(BIAS_CHOICES)),
        "bias_test_on_request": True,
        "pft_size": draw(st.sampled_from(["harmonic", "barendregt_doi"])),
    }
    return studies, options


@QUICK
@given(problem=problems())
def test_every_synthesis_can_be_stored_or_has_a_named_fault(problem: Any) -> None:
    studies, options = problem
    chosen = Settings(**options)
    try:
        found = synthesise(studies, chosen)
    except MetaError:
        return

    stored = found.to_dict()
    assert Synthesis.from_dict(stored) == found
    assert found.k == sum(study.left_out is None for study in found.studies)
    assert (found.bias is None) == (found.bias_reason is not None)
    if found.pooled is not None:
        pooled = found.pooled
        assert pooled.ci_low <= pooled.estimate <= pooled.ci_high
        assert math.isfinite(pooled.analysis_estimate)
        assert pooled.p_value is None or 0 <= pooled.p_value <= 1
