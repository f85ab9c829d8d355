"""Who contributes is decided by a stated rule, and two results of one study are a question."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.contributions import Inputs, Question, collect, digest
from analysis.synthesis_settings import BadSetting, complete


@dataclass(frozen=True)
class _Arm:
    role: str = "single"
    events: int | None = 9
    total: int | None = 25
    mean: float | None = None
    sd: float | None = None
    n: int | None = None


@dataclass(frozen=True)
class _Row:
    study_id: int
    label: str = "Study"
    status: str = "agreed"
    reason: str = ""
    arms: tuple[_Arm, ...] = (_Arm(),)
    fields: dict[str, str] = field(default_factory=dict)
    population: str = "treated"
    timepoint: str = "as reported"
    definition: str = ""


def _collect(*rows: _Row, measure: str = "PLO", chosen: dict[str, str] | None = None) -> Inputs:
    question = Question(measure=measure, subgroup=None, filters={}, chosen=chosen or {})
    return collect(rows, question, outcome="o", direction="higher", spec="s", subgroup_label="")


def test_two_results_of_one_study_are_a_question_until_one_is_chosen() -> None:
    rows = (_Row(1, population="treated"), _Row(1, population="evaluable", arms=(_Arm(events=9, total=20),)))
    asked = _collect(*rows)
    assert asked.contributing == ()
    assert asked.others[0].status == "question"
    assert asked.others[0].options == ("evaluable, as reported", "treated, as reported")
    settled = _collect(*rows, chosen={"1": "evaluable, as reported"})
    assert settled.contributing[0].arms == ({"events": 9, "total": 20},)
    assert _collect(*rows, chosen={"1": "enrolled, as reported"}).others[0].status == "question"


def test_a_comparison_needs_both_arms_and_takes_the_experimental_first() -> None:
    two = (_Arm("comparator", 4, 20), _Arm("experimental", 7, 21))
    (study,) = _collect(_Row(1, arms=two), measure="RR").contributing
    assert study.arms == ({"events": 7, "total": 21}, {"events": 4, "total": 20})
    assert _collect(_Row(1), measure="RR").others[0].status == "one_arm"


def test_what_is_still_to_be_extracted_outweighs_what_is_known_to_be_missing() -> None:
    rows = (_Row(1, status="not_reported"), _Row(1, status="not_extracted", population="evaluable"))
    assert _collect(*rows).others[0].status == "not_extracted"


@given(st.permutations([_Row(number, label=f"Study {number}") for number in range(5)]))
def test_the_order_of_rows_does_not_change_the_inputs(rows: list[_Row]) -> None:
    ordered = sorted(rows, key=lambda row: row.study_id)
    assert digest(_collect(*rows).to_dict()) == digest(_collect(*ordered).to_dict())


@given(st.lists(st.sampled_from(["agreed", "not_reported", "unusable", "not_extracted"]), max_size=12))
def test_every_included_study_is_in_one_place(statuses: list[str]) -> None:
    found = _collect(*(_Row(number, status=status) for number, status in enumerate(statuses)))
    places = [item.id for item in found.contributing] + [item.id for item in found.others]
    assert sorted(places) == list(range(len(statuses)))
    assert len(found.contributing) == statuses.count("agreed")


@pytest.mark.parametrize(
    ("given_settings", "sentence"),
    [
        ({"measure": "MD"}, "MD cannot be computed from binary data"),
        ({"tau2_method": "XX"}, "tau2_method is 'XX'; choose one of REML, DL, PM"),
        ({"level": 1.5}, "level is 1.5"),
        ({"weights": "mine"}, "weights is not a setting"),
    ],
)
def test_unknown_settings_are_refused_by_name(given_settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadSetting, match=sentence):
        complete(given_settings, measure="PLO", outcome_type="binary")
