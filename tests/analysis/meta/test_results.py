"""Settings that are refused, and results that survive storage."""

import json
from typing import Any

import pytest

from analysis.meta import Settings, ShapeMismatch, StudyData, Synthesis, UnknownOption, synthesise
from tests.analysis.meta import bcg
from tests.analysis.meta.examples import single_arm, two_means

RISK_RATIO = Settings(measure="RR")


@pytest.mark.parametrize(
    "wrong",
    [
        {"measure": "HR"},
        {"model": "fixed"},
        {"tau2_method": "EE"},
        {"ci_method": "z"},
        {"level": 95},
        {"prediction": "S"},
        {"to": "some"},
        {"subgroup_tau2": "both"},
        {"bias_test": "deeks"},
        {"pft_size": "n"},
        {"add": -1},
        {"add": float("nan")},
    ],
)
def test_unknown_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UnknownOption):
        Settings(**{"measure": "OR", **wrong})


@pytest.mark.parametrize(
    ("studies", "chosen"),
    [
        ([], Settings(measure="OR")),
        (single_arm((9, 25)), Settings(measure="PFT")),
        (bcg.studies(), Settings(measure="RR", bias_test="egger")),
        (bcg.studies(), Settings(measure="RR", bias_test="begg", ci_method="t")),
        (bcg.studies(), Settings(measure="RD", bias_test="ruecker_thompson")),
        (two_means((1, 0), (2, 0), (3, 1)), Settings(measure="SMD", subgroup_tau2="common")),
        (single_arm((0, 6), (3, 6)), Settings(measure="PLO", model="common")),
    ],
)
def test_a_synthesis_survives_storage_exactly(studies: list[StudyData], chosen: Settings) -> None:
    found = synthesise(studies, chosen)

    text = json.dumps(found.to_dict(), allow_nan=False, sort_keys=True)

    assert Synthesis.from_dict(json.loads(text)) == found
    assert json.dumps(synthesise(studies, chosen).to_dict(), sort_keys=True) == text


def test_a_bias_test_that_was_stored_before_there_were_others_is_read() -> None:
    stored = synthesise(bcg.studies(), Settings(measure="OR", bias_test="peters")).to_dict()
    bias = stored["bias"]
    assert isinstance(bias, dict)
    before = {name: value for name, value in bias.items() if not name.startswith(("p_method", "tau"))}

    found = Synthesis.from_dict({**stored, "bias": before}).bias

    assert len(before) == 10
    assert found is not None
    assert (found.method, found.p_method, found.tau, found.tau2) == ("peters", "t", None, None)
    assert found.statistic == pytest.approx(-1.36247619939701, rel=1e-9)


@pytest.mark.parametrize(
    "change",
    [
        {"overall": None},
        {"unknown": 1},
        {"studies": {}},
        {"engine_version": 1},
        {"bias_reason": "other"},
        {"leave_one_out": [1]},
    ],
)
def test_a_damaged_result_is_refused(change: dict[str, Any]) -> None:
    stored = synthesise(bcg.studies(), RISK_RATIO).to_dict()

    with pytest.raises(ShapeMismatch):
        Synthesis.from_dict({**stored, **change})


def test_true_is_no_number_in_a_stored_result() -> None:
    stored = synthesise(bcg.studies(), RISK_RATIO).to_dict()
    overall = stored["overall"]
    assert isinstance(overall, dict)

    for field in ("k", "q"):
        with pytest.raises(ShapeMismatch):
            Synthesis.from_dict({**stored, "overall": {**overall, field: True}})
