"""A spec follows its data: runs, results, differences, and nothing lost when a worker is."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.core.management import call_command

from analysis import bridge
from analysis.bridge import ENGINE_VERSION
from analysis.models import Eligibility, Result, Spec
from analysis.selectors import specs as selectors
from analysis.services import runs, specs
from reviews.models import FeedEntry, OutboxEvent, Outcome, Review
from tests import factories
from tests.analysis.living import makers
from tests.analysis.living.conftest import Loop


def _fresh(spec: Spec) -> bool:
    spec.refresh_from_db()
    return spec.done_rev == spec.wanted_rev and spec.lease_until is None and not spec.error


def test_two_published_studies_give_the_published_result(
    review: Review, outcome: Outcome, live: Loop
) -> None:
    for label, pair in (("Jacoby 2018", (16, 21)), ("Ortiz 2020", (32, 38))):
        makers.agree(makers.study(review, label), outcome, pair)
    spec = makers.spec(review, outcome, settings={"ci_method": "wald"})
    live()
    (run,) = makers.runs_of(spec)
    pooled = run.result.outputs["overall"]["pooled"]
    assert run.result.status == "pooled"
    assert [round(100 * pooled[name]) for name in ("estimate", "ci_low", "ci_high")] == [81, 69, 89]
    assert run.cause["changes"][0] == {"kind": "spec_created"}
    assert _fresh(spec)


def test_exclude_include_exclude_is_three_runs_and_two_results(
    review: Review, outcome: Outcome, live: Loop
) -> None:
    studies = [makers.study(review, f"Study {letter}") for letter in "ABC"]
    for number, study in enumerate(studies):
        makers.agree(study, outcome, (5 + number, 20))
    spec = makers.spec(review, outcome)
    live()
    first = makers.runs_of(spec)[-1]
    for verdict in (Eligibility.EXCLUDED, Eligibility.INCLUDED, Eligibility.EXCLUDED):
        makers.move(studies[2], verdict)
        live()
    after = makers.runs_of(spec)[1:]
    assert [run.number for run in after] == [2, 3, 4]
    assert len({run.result_id for run in after}) == 2
    assert after[0].result_id == after[2].result_id != after[1].result_id == first.result_id
    assert Result.objects.count() == 2
    assert [run.difference["k"] for run in after] == [[3, 2], [2, 3], [3, 2]]
    assert [run.difference["included"] for run in after] == [[3, 2], [2, 3], [3, 2]]
    gone = [{"id": studies[2].pk, "label": "Study C"}]
    assert [run.difference["studies_out"] for run in after] == [gone, [], gone]
    assert [run.difference["studies_in"] for run in after] == [[], gone, []]
    assert [run.difference["direction"] for run in after] == ["down", "up", "down"]
    assert [run.cause["changes"][0]["kind"] for run in after] == [
        "study_removed",
        "study_included",
        "study_removed",
    ]
    assert [run.before_id for run in after] == [first.pk, after[0].pk, after[1].pk]


def test_one_study_is_its_own_estimate_and_none_says_so(review: Review, outcome: Outcome, live: Loop) -> None:
    studies = [makers.study(review, f"Study {letter}") for letter in "AB"]
    for study in studies:
        makers.agree(study, outcome, (9, 25))
    spec = makers.spec(review, outcome)
    live()
    makers.move(studies[0], Eligibility.EXCLUDED)
    live()
    single = makers.runs_of(spec)[-1]
    assert single.result.status == "single"
    assert single.result.outputs["overall"]["pooled"] is None
    assert single.difference["estimate"][1]["estimate"] == pytest.approx(0.36)
    makers.move(studies[1], Eligibility.EXCLUDED)
    live()
    none = makers.runs_of(spec)[-1]
    assert none.result.status == "none"
    assert none.difference["estimate"][1] is None
    assert none.difference["k"] == [1, 0]
    assert none.difference["direction"] is None


def test_a_corrected_datum_gives_a_run_that_names_it(review: Review, outcome: Outcome, live: Loop) -> None:
    study = makers.study(review, "Yang 2022")
    makers.agree(study, outcome, (9, 25))
    spec = makers.spec(review, outcome)
    live()
    makers.agree(study, outcome, (10, 25))
    live()
    run = makers.runs_of(spec)[-1]
    assert run.difference["changed"] == [
        {"id": study.pk, "label": "Yang 2022", "before": "9/25", "after": "10/25"}
    ]
    assert run.difference["direction"] == "up"
    assert run.cause["changes"] == [{"kind": "datum_agreed", "study": study.pk, "label": "Yang 2022"}]


def test_news_that_changes_no_input_makes_no_run_but_leaves_the_spec_fresh(
    review: Review, outcome: Outcome, live: Loop
) -> None:
    study = makers.study(review, "Yang 2022")
    makers.agree(study, outcome, (9, 25))
    spec = makers.spec(review, outcome)
    live()
    makers.agree(study, outcome, (9, 25))
    live()
    assert len(makers.runs_of(spec)) == 1
    assert _fresh(spec)


def test_a_study_without_a_result_is_counted_among_the_included(
    review: Review, outcome: Outcome, live: Loop
) -> None:
    makers.agree(makers.study(review, "Yang 2022"), outcome, (9, 25))
    makers.study(review, "Later 2024")
    spec = makers.spec(review, outcome)
    live()
    (run,) = makers.runs_of(spec)
    assert [study["label"] for study in run.result.inputs["studies"]] == ["Yang 2022"]
    assert [(other["label"], other["status"]) for other in run.result.inputs["others"]] == [
        ("Later 2024", "not_extracted")
    ]
    assert run.difference["included"] == [None, 2]


def test_several_changes_before_a_turn_are_one_run_with_all_causes(
    review: Review, outcome: Outcome, live: Loop
) -> None:
    spec = makers.spec(review, outcome)
    live()
    for letter in "ABC":
        makers.agree(makers.study(review, f"Study {letter}"), outcome, (4, 20))
    live()
    second = makers.runs_of(spec)[1:]
    assert len(second) == 1
    kinds = [change["kind"] for change in second[0].cause["changes"]]
    assert kinds == ["study_included", "datum_agreed"] * 3


def test_only_the_specs_that_read_an_outcome_are_touched_by_its_data(
    review: Review, outcome: Outcome, live: Loop
) -> None:
    other = factories.outcome(review, name="relapse")
    mine, theirs = makers.spec(review, outcome), makers.spec(review, other, name="Relapse")
    study = makers.study(review, "Yang 2022")
    live()
    before = Spec.objects.get(pk=theirs.pk).wanted_rev
    makers.agree(study, outcome, (9, 25))
    live()
    assert Spec.objects.get(pk=theirs.pk).wanted_rev == before
    assert makers.runs_of(mine)[-1].result.status == "single"


def test_a_characteristic_touches_the_specs_that_divide_or_filter_by_one(
    review: Review, outcome: Outcome, live: Loop
) -> None:
    field = makers.characteristic(review)
    plain = makers.spec(review, outcome, name="All")
    divided = makers.spec(review, outcome, name="By leukaemia", subgroup_field=field)
    filtered = makers.spec(review, outcome, name="ALL alone", filters={"leukaemia": "ALL"})
    studies = [makers.study(review, f"Study {letter}") for letter in "ABC"]
    for study in studies:
        makers.agree(study, outcome, (9, 25))
    live()
    count = len(makers.runs_of(plain))
    makers.characterise(studies[0], field, "ALL")
    makers.characterise(studies[1], field, "B-ALL")
    live()
    assert len(makers.runs_of(plain)) == count
    by_group = makers.runs_of(divided)[-1].result
    assert [study["subgroup"] for study in by_group.inputs["studies"]] == ["ALL", "B-ALL", None]
    assert by_group.outputs["overall"]["k"] == 3
    assert by_group.outputs["not_in_subgroup_test"] == [str(studies[2].pk)]
    alone = makers.runs_of(filtered)[-1].result.inputs
    assert [study["label"] for study in alone["studies"]] == ["Study A"]
    assert [other["status"] for other in alone["others"]] == ["outside", "filter_not_reported"]


def test_a_revised_spec_is_a_new_result_and_the_old_one_stays(
    review: Review, outcome: Outcome, live: Loop
) -> None:
    for letter in "AB":
        makers.agree(makers.study(review, f"Study {letter}"), outcome, (9, 25))
    spec = makers.spec(review, outcome)
    live()
    old = makers.runs_of(spec)[0].result
    specs.revise(by=review.created_by, spec=spec, settings={"tau2_method": "DL"}, reason="As planned")
    live()
    run = makers.runs_of(spec)[-1]
    assert run.number == 2
    assert run.difference["settings"] == ["tau2_method"]
    assert run.cause["changes"] == [{"kind": "spec_revised", "version": 2, "reason": "As planned"}]
    assert Result.objects.get(pk=old.pk).settings["tau2_method"] == "REML"


def test_computing_a_stored_result_again_gives_the_same_numbers(
    review: Review, outcome: Outcome, live: Loop
) -> None:
    for letter, pair in zip("ABCD", ((3, 20), (9, 25), (14, 30), (2, 8)), strict=True):
        makers.agree(makers.study(review, f"Study {letter}"), outcome, pair)
    spec = makers.spec(review, outcome)
    live()
    result = makers.runs_of(spec)[0].result
    again = bridge.compute(runs.read_inputs(result.spec_version), result.settings)
    assert again.outputs == result.outputs
    assert bridge.synthesis_of(result.outputs).to_dict() == result.outputs


def test_a_refusal_of_the_engine_is_a_result_with_its_sentence(
    review: Review, outcome: Outcome, live: Loop
) -> None:
    study = makers.study(review, "Impossible 2020")
    makers.agree(study, outcome, (5, 20))
    spec = makers.spec(review, outcome)
    live()
    makers.agree(study, outcome, (30, 20))
    live()
    run = makers.runs_of(spec)[-1]
    assert run.result.status == "refused"
    assert run.result.outputs["refused"]["code"] == "impossible_data"
    assert "Impossible 2020" in run.result.outputs["refused"]["sentence"]
    assert run.difference["estimate"][1] is None
    assert _fresh(spec)


def test_a_run_is_told_once_to_the_feed_however_often_its_handler_runs(
    review: Review, outcome: Outcome, live: Loop
) -> None:
    makers.agree(makers.study(review, "Study A"), outcome, (9, 25))
    makers.spec(review, outcome)
    live()
    OutboxEvent.objects.filter(topic="run.finished").update(relayed_at=None)
    event = OutboxEvent.objects.get(topic="run.finished")
    event.deliveries.all().delete()
    live()
    entry = FeedEntry.objects.get(kind="run_finished")
    assert entry.params["k"] == 1
    assert entry.params["estimate"]["estimate"] == pytest.approx(0.36)


def test_every_handler_may_run_twice(review: Review, outcome: Outcome, live: Loop) -> None:
    makers.agree(makers.study(review, "Study A"), outcome, (9, 25))
    spec = makers.spec(review, outcome)
    live()
    for event in OutboxEvent.objects.all():
        event.deliveries.all().delete()
    OutboxEvent.objects.update(relayed_at=None)
    live()
    assert len(makers.runs_of(spec)) == 1
    assert _fresh(spec)


def test_a_retired_spec_is_computed_no_more(review: Review, outcome: Outcome, live: Loop) -> None:
    spec = makers.spec(review, outcome)
    live()
    specs.retire(by=review.created_by, spec=spec, reason="Replaced")
    makers.agree(makers.study(review, "Study A"), outcome, (9, 25))
    live()
    assert len(makers.runs_of(spec)) == 1


def test_a_new_engine_version_is_a_new_result_after_the_command(
    review: Review, outcome: Outcome, live: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    makers.agree(makers.study(review, "Study A"), outcome, (9, 25))
    spec = makers.spec(review, outcome)
    live()
    monkeypatch.setattr(bridge, "ENGINE_VERSION", "9.0.0")
    call_command("recompute_analyses", stdout=io.StringIO())
    live()
    first, second = makers.runs_of(spec)
    assert (first.result.engine_version, second.result.engine_version) == (ENGINE_VERSION, "9.0.0")
    assert second.cause["changes"] == [{"kind": "engine_changed"}]


def test_many_causes_are_told_by_kind(review: Review, outcome: Outcome, live: Loop) -> None:
    spec = makers.spec(review, outcome)
    live()
    for number in range(5):
        makers.agree(makers.study(review, f"Study {number}"), outcome, (4, 20))
    live()
    assert selectors.causes(makers.runs_of(spec)[-1]) == (
        "5 studies were included",
        "5 results were agreed or corrected",
    )


def test_a_spec_that_is_stale_already_sends_no_second_message(
    review: Review,
    outcome: Outcome,
    live: Loop,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]],
) -> None:
    spec = makers.spec(review, outcome)
    live()
    sent: list[tuple[object, ...]] = []
    monkeypatch.setattr("reviews.events.send", lambda *message: sent.append(message))
    for number in range(3):
        with django_capture_on_commit_callbacks(execute=True):
            specs.touch(Spec.objects.filter(pk=spec.pk), {"kind": "study_changed", "label": str(number)})
    assert sent == [("analysis.tasks.recompute", spec.pk)]
