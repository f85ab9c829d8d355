"""The settings that are offered are those that the engine knows, one by one."""

import itertools

import pytest

from analysis import bridge
from analysis.contributions import Contribution, Inputs, Numbers
from analysis.meta import MEASURES, MetaError, UnknownOption
from analysis.meta.small_study import suits as engine_suits
from analysis.synthesis_settings import (
    BINARY_MEASURES,
    CHOICES,
    DEFAULTS,
    MEASURE_WORDS,
    BadSetting,
    complete,
    defaults_for,
    suits,
)


def test_every_choice_offered_is_known_to_the_engine() -> None:
    for name, choices in CHOICES.items():
        for choice in choices:
            if name != "pooling":
                bridge.settings_of({**defaults_for("PLO"), name: choice})
    assert set(MEASURE_WORDS) == set(MEASURES)


def test_what_can_be_pooled_in_which_way_is_the_same_on_both_sides() -> None:
    accepted = 0
    combinations = itertools.product(
        CHOICES["pooling"], BINARY_MEASURES, CHOICES["model"], ("separate", "common")
    )
    for pooling, measure, model, shared in combinations:
        given = {"pooling": pooling, "measure": measure, "model": model, "subgroup_tau2": shared}
        try:
            complete(given, measure=measure, outcome_type="binary")
        except BadSetting:
            with pytest.raises(UnknownOption):
                bridge.settings_of({**defaults_for(measure), **given})
        else:
            bridge.settings_of({**defaults_for(measure), **given})
            accepted += 1
    # Inverse variance always; under a common effect Mantel-Haenszel for 3, Peto for 1; a mixed model for 2.
    assert accepted == len(BINARY_MEASURES) * 4 + (3 + 1) * 2 + 2 * 2


def test_what_each_test_of_small_study_effects_suits_is_the_same_on_both_sides() -> None:
    accepted = 0
    for measure, test in itertools.product(MEASURE_WORDS, CHOICES["bias_test"]):
        outcome_type = "binary" if measure in BINARY_MEASURES else "continuous"
        given = {"measure": measure, "bias_test": test}
        known = engine_suits(test, measure)  # type: ignore[arg-type]  # strings from the settings
        assert suits(test, measure) == known
        if known:
            assert complete(given, measure=measure, outcome_type=outcome_type)["bias_test"] == test
            accepted += 1
        else:
            with pytest.raises(BadSetting, match="does not suit this measure; it is for: "):
                complete(given, measure=measure, outcome_type=outcome_type)
    # None, Egger, Thompson-Sharp, Begg: 13; Peters: 9; Harbord: 2; Ruecker: 4; Pustejovsky-Rodgers: 1.
    assert accepted == 13 * 4 + 9 + 2 + 4 + 1


def test_the_usual_test_suits_its_measure() -> None:
    for measure in MEASURE_WORDS:
        assert suits(str(defaults_for(measure)["bias_test"]), measure)


def test_every_default_is_the_engine_s_own() -> None:
    engine = bridge.settings_of({"measure": "PLO"})
    for name, value in DEFAULTS.items():
        if name != "chosen":
            assert getattr(engine, name) == value


def test_a_setting_that_the_engine_does_not_know_is_its_error() -> None:
    with pytest.raises(MetaError):
        bridge.settings_of({**defaults_for("PLO"), "tau2_method": "XX"})


def test_numbers_that_overflow_are_refused_with_a_sentence_and_not_tried_for_ever() -> None:
    apart: tuple[Numbers, ...] = ({"mean": 1e6, "sd": 1e-6, "n": 10}, {"mean": 0.0, "sd": 1e-6, "n": 10})
    usual: tuple[Numbers, ...] = ({"mean": 1.0, "sd": 1.0, "n": 10}, {"mean": 0.0, "sd": 1.0, "n": 10})
    studies = tuple(
        Contribution(number, f"Study {number}", arms, None, "")
        for number, arms in enumerate((apart, usual, usual))
    )
    inputs = Inputs("pain", "lower", "Pain", "", studies, ())
    computed = bridge.compute(inputs, defaults_for("SMD"))
    assert computed.status == "refused"
    assert computed.outputs["refused"]["code"] == "ill_scaled"
    assert "check the smallest one" in computed.outputs["refused"]["sentence"]
