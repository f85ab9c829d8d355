"""A spec never stays behind its data, and no choice is lost on the way."""

from collections.abc import Callable

import pytest
from django.db import connection

from analysis.contributions import Inputs
from analysis.models import Spec, SpecVersion
from analysis.selectors import specs as selectors
from analysis.services import runs, specs, studies
from reviews.models import Outcome, Review, User
from reviews.services import protocols
from tests import factories
from tests.analysis.living import makers
from tests.analysis.living.conftest import Loop


def test_a_characteristic_touches_a_spec_that_began_to_filter_in_a_later_version(
    review: Review, outcome: Outcome, live: Loop, lead: User
) -> None:
    field = makers.characteristic(review)
    for label in ("Adams 2020", "Brown 2021"):
        study = makers.study(review, label)
        makers.agree(study, outcome, (9, 25))
        makers.characterise(study, field, "ALL")
    spec = makers.spec(review, outcome)
    live()
    specs.revise(by=lead, spec=spec, filters={field.key: "ALL"}, reason="Only these")
    live()
    assert makers.runs_of(spec)[-1].difference["k"][1] == 2
    makers.characterise(study, field, "B-ALL")
    live()
    assert makers.runs_of(spec)[-1].difference["k"] == [2, 1]


def test_two_choices_made_from_one_page_are_both_kept(review: Review, outcome: Outcome, lead: User) -> None:
    spec = makers.spec(review, outcome)
    specs.choose_result(by=lead, spec=spec, study_id=1, result="treated, as reported", reason="As planned")
    specs.choose_result(by=lead, spec=spec, study_id=2, result="enrolled, as reported", reason="As planned")
    chosen = SpecVersion.objects.filter(spec=spec).latest("number").settings["chosen"]
    assert chosen == {"1": "treated, as reported", "2": "enrolled, as reported"}


def test_a_run_names_no_cause_that_an_earlier_run_has_answered(
    review: Review, outcome: Outcome, live: Loop, relay: Callable[[], int]
) -> None:
    first, second = (makers.study(review, label) for label in ("Adams 2020", "Brown 2021"))
    spec = makers.spec(review, outcome)
    live()
    makers.agree(first, outcome, (9, 25))
    relay()
    claim = runs._claim(spec.pk)
    assert claim is not None
    answer = runs._compute(spec.pk)
    makers.agree(second, outcome, (8, 20))
    relay()
    runs._finish(claim, answer)
    runs.recompute(spec.pk)
    labels = [[change["label"] for change in run.cause["changes"]] for run in makers.runs_of(spec)[-2:]]
    assert labels == [["Adams 2020"], ["Brown 2021"]]


@pytest.mark.usefixtures("flushable")
def test_the_inputs_of_a_run_are_read_at_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    review = factories.review(factories.user())
    spec = makers.spec(review, factories.outcome(review))
    seen: list[bool] = []
    read = runs.read_inputs

    def watched(version: SpecVersion) -> Inputs:
        seen.append(connection.in_atomic_block)
        return read(version)

    monkeypatch.setattr(runs, "read_inputs", watched)
    assert runs.recompute(spec.pk) is not None
    assert seen == [True]


def test_an_outcome_renamed_before_the_start_has_its_new_name_after_it(
    review: Review, outcome: Outcome, live: Loop, lead: User
) -> None:
    spec = makers.spec(review, outcome)
    live()
    protocols.edit_row(by=lead, review=review, row=outcome, name="Complete response")
    protocols.start_screening(by=lead, review=review)
    live()
    run = makers.runs_of(spec)[-1]
    assert run.result.inputs["outcome"] == "Complete response"
    assert selectors.causes(run) == ("The protocol was frozen",)


def test_a_page_follows_when_two_of_its_studies_are_said_to_share_people(
    review: Review, outcome: Outcome, live: Loop, lead: User
) -> None:
    first, second = (makers.study(review, label) for label in ("Adams 2020", "Brown 2021"))
    for study in (first, second):
        makers.agree(study, outcome, (9, 25))
    spec = makers.spec(review, outcome)
    live()
    before = selectors.page(spec)
    studies.share_population(by=lead, first=first, second=second, extent="part")
    live()
    after = selectors.page(Spec.objects.get(pk=spec.pk))
    assert before
    assert after
    assert after.shown
    assert after.shown.overlaps
    assert after.shown.run.number == 1, "the same inputs are no new run"
    rev = Spec.objects.get(pk=spec.pk).wanted_rev
    studies.share_population(by=lead, first=first, second=second, extent="full")
    again = selectors.page(Spec.objects.get(pk=spec.pk))
    assert again
    assert Spec.objects.get(pk=spec.pk).wanted_rev == rev
    assert len({before.key, after.key, again.key}) == 3
